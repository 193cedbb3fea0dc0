"""PayoutService over a real channel: prizes one by one and together, cashback computed from the ledger."""

import time

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1 import payouts_pb2 as pb
from wallet.v1.ledger_pb2 import GetTrialBalanceRequest
from wallet.v1.players_pb2 import BlockPlayerRequest
from wallet.v1.wallet_pb2 import OUTCOME_APPLIED, OUTCOME_NOOP, GetBalanceRequest, GetTransactionRequest

from tests.protocol.test_free_rounds import refused, template
from tests.protocol.words import bet, key, win
from tests.support.core import core_on, money
from wallet_core import app
from wallet_core.engine.clock import Clock

HOUR = 3_600


def paying(player, amount="50.00", **members):
    facts = {"source": pb.PAYOUT_SOURCE_PROMO, "campaign": "spring", "reference": "r1", "actor": "ann"}
    return pb.PayPromoRequest(player_id=player, amount=money(amount), **(facts | members))


def prizes(*found, pool, **members):
    facts = {"tournament_id": "cup", "actor": "ann"}
    return pb.PayPrizesRequest(prizes=found, pool=money(pool), **(facts | members))


def prize(player, rank, amount, **members):
    return pb.Prize(player_id=player, rank=rank, amount=money(amount), **members)


async def cash(core, player):
    return (await core.operator.get_balance(GetBalanceRequest(player_id=player))).balances.cash


async def block(core, player):
    await core.operator.block_player(
        BlockPlayerRequest(player_id=player, reason="excluded", actor="ann", request_id=key("block"))
    )


async def test_a_payout_in_cash_is_paid_once(any_core):
    player = await any_core.player("10.00")
    paid = await any_core.operator.pay_promo(paying(player, reason="a good customer"))
    assert (paid.results[0].outcome, paid.balances_now.cash) == (OUTCOME_APPLIED, money("60.00"))
    assert (await any_core.operator.pay_promo(paying(player))).replayed
    assert await refused(any_core.operator.pay_promo(paying(player, "51.00"))) == "CONFLICT"
    stored = await any_core.operator.get_transaction(
        GetTransactionRequest(provider_id="~payouts", external_key="PROMO/spring/r1", player_id=player)
    )
    info = dict(stored.transaction.info)
    assert (info["source"], info["campaign"], info["reason"]) == ("PROMO", "spring", "a good customer")
    rows = (await any_core.operator.trial_balance(GetTrialBalanceRequest(currency_code="EUR"))).rows
    assert {row.account: row.total for row in rows}["BONUS_COST"] == money("-50.00")


async def test_a_payout_as_a_bonus_and_one_that_waits_for_its_slot(core):
    spins, player = await template(core), await core.player("0")
    bonus = pb.PayoutBonus(template_id=spins.template_id, template_version=1)
    first = await core.operator.pay_promo(paying(player, bonus=bonus))
    assert (first.results[0].outcome, first.balances_now.bonus) == (OUTCOME_APPLIED, money("50.00"))
    second = await core.operator.pay_promo(paying(player, bonus=bonus, reference="r2"))
    assert (second.results[0].outcome, second.balances_now.bonus) == (OUTCOME_NOOP, money("50.00"))
    missing = pb.PayoutBonus(template_id=spins.template_id, template_version=9)
    assert await refused(core.operator.pay_promo(paying(player, bonus=missing, reference="r3"))) == "BONUS_NOT_FOUND"


async def test_prizes_are_paid_each_by_itself_and_what_is_not_is_said(any_core):
    """R-TOUR-02, R-TOUR-03: E-55."""
    spins = await template(any_core)
    bonus = pb.PayoutBonus(template_id=spins.template_id, template_version=1)
    ann, bob, eve = [await any_core.player("0") for _ in range(3)]
    await block(any_core, bob)
    request = prizes(
        prize(ann, 1, "50.00"),
        prize("nobody", 2, "30.00"),
        prize(bob, 3, "10.00"),
        prize(bob, 4, "6.00", bonus=bonus),
        prize(eve, 4, "4.00", bonus=bonus),
        pool="100.00",
    )
    for again in (False, True):
        found = await any_core.operator.pay_prizes(request)
        assert [outcome.response.refusal.reason for outcome in found.outcomes] == [0, 7, 0, 0, 0]
        paid = [outcome.response for outcome in found.outcomes if not outcome.response.HasField("refusal")]
        assert [each.replayed for each in paid] == [again] * 4
        assert [each.results[0].outcome for each in paid] == [
            OUTCOME_APPLIED,
            OUTCOME_APPLIED,
            OUTCOME_NOOP,
            OUTCOME_APPLIED,
        ]
        assert (found.paid, found.unpaid) == (money("64.00"), money("36.00"))
    assert [await cash(any_core, player) for player in (ann, bob, eve)] == [money("50.00"), money("10.00"), money("0")]


async def test_r_tour_02_a_rank_was_paid_to_another_player_by_another_request(any_core):
    ann, bob = [await any_core.player("0") for _ in range(2)]
    assert (await any_core.operator.pay_prizes(prizes(prize(ann, 1, "50.00"), pool="50.00"))).paid == money("50.00")
    for other in (
        prizes(prize(bob, 1, "50.00"), pool="50.00"),
        prizes(prize(ann, 1, "50.00"), prize(bob, 2, "5.00"), pool="55.00"),
    ):
        assert await refused(any_core.operator.pay_prizes(other)) == "CONFLICT"
    assert [await cash(any_core, player) for player in (ann, bob)] == [money("50.00"), money("0")]
    by_hand = paying(bob, source=pb.PAYOUT_SOURCE_TOURNAMENT)
    assert await refused(any_core.operator.pay_promo(by_hand)) == "INVALID_REQUEST"
    elsewhere = prizes(prize(bob, 1, "5.00"), pool="5.00", tournament_id="another")
    assert (await any_core.operator.pay_prizes(elsewhere)).paid == money("5.00")


BAD_PRIZES = {
    "none": ([], "0", "INVALID_REQUEST"),
    "that do not sum to the pool": ([("p1", 1, "5.00")], "5.01", "INVALID_REQUEST"),
    "twice the same": ([("p1", 1, "5.00"), ("p1", 1, "5.00")], "10.00", "INVALID_REQUEST"),
    "without a rank": ([("p1", 0, "5.00")], "5.00", "INVALID_REQUEST"),
    "of nothing": ([("p1", 1, "0")], "0", "INVALID_AMOUNT"),
    "below nothing": ([("p1", 1, "10.00"), ("p1", 2, "-5.00")], "5.00", "INVALID_AMOUNT"),
    "of nobody": ([("", 1, "5.00")], "5.00", "INVALID_REQUEST"),
}


@pytest.mark.parametrize("case", BAD_PRIZES)
async def test_prizes_of_which_none_is_paid(core, case):
    found, pool, reason = BAD_PRIZES[case]
    player = await core.player("0")
    named = [prize(player if who else "", rank, amount) for who, rank, amount in found]
    assert await refused(core.operator.pay_prizes(prizes(*named, pool=pool))) == reason
    assert await cash(core, player) == money("0")


async def test_prizes_are_in_the_currency_of_the_pool(core):
    player = await core.player("0")
    other = pb.Prize(player_id=player, rank=1, amount=money("5", "USD"))
    assert await refused(core.operator.pay_prizes(prizes(other, pool="5"))) == "WRONG_CURRENCY"


BAD_PAYOUTS = {
    "of nothing": ({"amount": "0"}, "INVALID_AMOUNT"),
    "finer than coins": ({"amount": "0.001"}, "INVALID_PRECISION"),
    "without a source": ({"source": 0}, "INVALID_REQUEST"),
    "of no such source": ({"source": 9}, "INVALID_REQUEST"),
    "of two campaigns": ({"campaign": "a/b"}, "INVALID_REQUEST"),
    "without a reference": ({"reference": ""}, "INVALID_REQUEST"),
    "by nobody": ({"actor": ""}, "INVALID_REQUEST"),
    "a template without a version": ({"bonus": pb.PayoutBonus(template_id="t")}, "INVALID_REQUEST"),
}


@pytest.mark.parametrize("case", BAD_PAYOUTS)
async def test_payouts_that_are_refused(core, case):
    members, reason = BAD_PAYOUTS[case]
    player = await core.player("0")
    assert await refused(core.operator.pay_promo(paying(player, **members))) == reason
    assert await cash(core, player) == money("0")


def moment(seconds):
    return Timestamp(seconds=int(seconds))


async def test_a_cashback_is_computed_from_the_ledger_once_after_its_window_has_settled(core_database, monkeypatch):
    """R-CASHBK-01, R-CASHBK-02."""
    ahead = [0]
    monkeypatch.setattr(app, "Clock", lambda: Clock(lambda: time.time_ns() + ahead[0] * 1_000_000_000))
    async with core_on(core_database) as core:
        player = await core.player("100.00")
        start = time.time() - 60
        await core.adapter.play(bet(player, "40.00"))
        await core.adapter.play(win(player, "5.50", close_round=True))
        await core.operator.pay_promo(paying(player, "4.50"))
        await core.adapter.play(bet(player, "20.00", round_id="r2"))  # not settled
        ahead[0] = HOUR
        end = time.time() + 60
        facts = {
            "player_id": player,
            "campaign": "weekly",
            "currency_code": "EUR",
            "start": moment(start),
            "end": moment(end),
            "bps": 1_000,
            "actor": "ann",
        }
        request = pb.PayCashbackRequest(**facts)
        assert await refused(core.operator.pay_cashback(request)) == "IN_PROGRESS"
        ahead[0] = 7 * HOUR
        before = await cash(core, player)
        paid = await core.operator.pay_cashback(request)
        assert (before, paid.balances_now.cash) == (money("50.00"), money("53.00"))  # a tenth of 40 - 5.50 - 4.50
        assert (await core.operator.pay_cashback(request)).replayed
        conflict = pb.PayCashbackRequest(**(facts | {"bps": 2_000}))
        assert await refused(core.operator.pay_cashback(conflict)) == "CONFLICT"
        of_casino = await core.operator.pay_cashback(
            pb.PayCashbackRequest(**(facts | {"campaign": "sports", "products": ["SPORTS"]}))
        )
        assert of_casino.results[0].outcome == OUTCOME_NOOP
        least = await core.operator.pay_cashback(
            pb.PayCashbackRequest(**(facts | {"campaign": "large", "minimum": money("3.01"), "maximum": money("9")}))
        )
        assert (least.results[0].outcome, await cash(core, player)) == (OUTCOME_NOOP, money("53.00"))


BAD_CASHBACKS = {
    "of nothing": ({"bps": 0}, "INVALID_REQUEST"),
    "of more than was lost": ({"bps": 10_001}, "INVALID_REQUEST"),
    "of no window": ({"end": moment(1)}, "INVALID_REQUEST"),
    "of no such product": ({"products": ["BINGO"]}, "INVALID_REQUEST"),
    "in points": ({"currency_code": "PTS"}, "UNKNOWN_CURRENCY"),
    "in another currency": ({"currency_code": "USD"}, "WRONG_CURRENCY"),
    "with a cap finer than coins": ({"maximum": money("0.001")}, "INVALID_AMOUNT"),
    "with a cap below the least": ({"minimum": money("5"), "maximum": money("4")}, "INVALID_REQUEST"),
    "with a cap in another currency": ({"maximum": money("1", "USD")}, "WRONG_CURRENCY"),
    "of nobody": ({"player_id": "nobody"}, "PLAYER_UNKNOWN"),
}


@pytest.mark.parametrize("case", BAD_CASHBACKS)
async def test_cashbacks_that_are_refused(core, case):
    members, reason = BAD_CASHBACKS[case]
    facts = {
        "player_id": await core.player("0"),
        "campaign": "weekly",
        "currency_code": "EUR",
        "start": moment(1),
        "end": moment(2),
        "bps": 1_000,
        "actor": "ann",
    }
    assert await refused(core.operator.pay_cashback(pb.PayCashbackRequest(**(facts | members)))) == reason
