"""Holds, withdrawals in two steps and transfers over a real channel; what of them each caller is shown."""

import asyncio
import time

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1 import holds_pb2 as holds
from wallet.v1 import payments_pb2 as payments
from wallet.v1 import promos_pb2 as promos
from wallet.v1 import wallet_pb2 as wallet
from wallet.v1.common_pb2 import Money, Page
from wallet.v1.holds_pb2_grpc import HoldServiceStub
from wallet.v1.ledger_pb2 import ListJournalsRequest
from wallet.v1.ledger_pb2_grpc import LedgerServiceStub
from wallet.v1.players_pb2 import (
    PLAYER_RESTRICTION_BLOCKED,
    PLAYER_RESTRICTION_FROZEN,
    PLAYER_STATUS_ACTIVE,
    PLAYER_STATUS_BLOCKED,
    BlockPlayerRequest,
    GetPlayerRequest,
    UnblockPlayerRequest,
)
from wallet.v1.players_pb2_grpc import PlayerServiceStub
from wallet.v1.subwallets_pb2 import TransferRequest
from wallet.v1.wallet_pb2_grpc import WalletServiceStub

from tests.protocol.words import bet, key, win
from tests.support.core import core_on, money
from wallet_core import app
from wallet_core.client import Refused
from wallet_core.engine.clock import Clock
from wallet_core.telemetry import Metrics

DAY = 86_400


def ahead(seconds):
    return Timestamp(seconds=int(time.time()) + seconds)


def placing(player, **members):
    defaults = {
        "player_id": player,
        "hold_id": key("h").replace(":", "-"),
        "amount": money("20.00"),
        "reason": holds.HOLD_REASON_DISPUTE,
        "basis": holds.HOLD_BASIS_TERMS,
        "clause": "terms 7.2",
        "owner": "ann",
        "case_id": "case-1",
        "evidence": "mail of 3 May",
        "expires_at": ahead(DAY),
    }
    return holds.PlaceHoldRequest(**(defaults | members))


def legal(player, **members):
    facts = {
        "reason": holds.HOLD_REASON_AML,
        "basis": holds.HOLD_BASIS_ORDER,
        "expires_at": None,
        "review_at": ahead(DAY),
    }
    return placing(player, **(facts | members))


def about(player_id, hold_id, **members):
    return {"player_id": player_id, "hold_id": hold_id, "actor": "ann", "request_id": key("r")} | members


async def told(core, player_id, role="OPERATOR"):
    """What a role is told of the balance: (pocket, amount), and (reason, amount) of what is locked."""
    async with core.channel(role) as (channel, metadata):
        answer = await WalletServiceStub(channel).GetBalance(
            wallet.GetBalanceRequest(player_id=player_id), metadata=metadata
        )
    pockets = {each.pocket: each.amount.units for each in answer.pockets}
    return answer, pockets, {each.reason: each.amount.units for each in answer.locks}


async def test_a_hold_is_placed_extended_captured_and_released(any_core):
    operator, player = any_core.operator, await any_core.player("100.00")
    request = placing(player)
    placed = await operator.place_hold(request)
    row = placed.hold
    assert (row.amount, row.held, row.captured) == (money("20"), money("20"), money("0"))
    assert (row.state, row.reason, row.owner, row.case_id) == (
        holds.HOLD_STATE_PLACED,
        holds.HOLD_REASON_DISPUTE,
        "ann",
        "case-1",
    )
    assert (row.expires_at, row.evidence, row.text_key) == (request.expires_at, "mail of 3 May", "hold.dispute")
    assert row.placed_at.seconds < row.review_at.seconds < row.expires_at.seconds
    assert placed.response.balances_now.cash == money("80")
    assert (await operator.place_hold(request)).response.replayed

    later = holds.ExtendHoldRequest(**about(player, row.hold_id, reason="not clear", expires_at=ahead(2 * DAY)))
    extended = (await operator.extend_hold(later)).hold
    assert (extended.state, extended.expires_at) == (holds.HOLD_STATE_EXTENDED, later.expires_at)

    take = {"decision": "a court said so", "purpose": holds.CAPTURE_PURPOSE_LEGAL_ORDER, "account": "BANK"}
    part = holds.CaptureHoldRequest(**about(player, row.hold_id, amount=money("5.00"), detail="order 9", **take))
    captured = (await operator.capture_hold(part)).hold
    assert (captured.held, captured.captured) == (money("15"), money("5"))

    give = holds.ReleaseHoldRequest(**about(player, row.hold_id, reason="cleared"))
    released = await operator.release_hold(give)
    assert (released.hold.state, released.hold.held) == (holds.HOLD_STATE_RELEASED, money("0"))
    assert released.response.balances_now.cash == money("95")
    assert (await operator.get_hold(holds.GetHoldRequest(player_id=player, hold_id=row.hold_id))).hold == released.hold

    journals = (await operator.list_journals(ListJournalsRequest(player_id=player))).journals
    kinds = [wallet.TransactionKind.Name(each.transaction.kind) for each in journals]
    assert [kind.removeprefix("TRANSACTION_KIND_") for kind in kinds] == [
        "HOLD_RELEASE",
        "HOLD_CAPTURE",
        "NOTE",
        "HOLD",
        "DEPOSIT",
    ]
    assert {line.account: line.detail for line in journals[1].lines} == {"HELD:DISPUTE": row.hold_id, "BANK": "order 9"}


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"hold_id": ""}, "INVALID_REQUEST: hold_id"),
        ({"hold_id": "~h"}, "INVALID_REQUEST: hold_id"),
        ({"amount": None}, "INVALID_REQUEST: amount"),
        ({"amount": money("0")}, "INVALID_AMOUNT"),
        ({"amount": money("100.01")}, "INSUFFICIENT_FUNDS"),
        ({"amount": money("1", "USD")}, "WRONG_CURRENCY"),
        ({"amount": money("1", "XYZ")}, "UNKNOWN_CURRENCY"),
        ({"reason": 0}, "INVALID_REQUEST: reason"),
        ({"reason": 99}, "INVALID_REQUEST: reason"),
        ({"reason": holds.HOLD_REASON_WITHDRAWAL}, "INVALID_REQUEST: reason"),
        ({"basis": 0}, "INVALID_REQUEST: basis"),
        ({"owner": ""}, "INVALID_REQUEST: owner"),
        ({"case_id": ""}, "INVALID_REQUEST: case_id"),
        ({"clause": " "}, "INVALID_REQUEST: clause"),
        ({"evidence": "\0"}, "INVALID_REQUEST: evidence"),
        ({"expires_at": None}, "INVALID_REQUEST: expires_at"),
        ({"expires_at": Timestamp(seconds=-1)}, "INVALID_REQUEST: expires_at"),
        ({"basis": holds.HOLD_BASIS_LAW}, "INVALID_REQUEST: review_at"),
        ({"account_freeze": True}, "INVALID_REQUEST: account_freeze"),
        ({"player_id": "nobody"}, "PLAYER_UNKNOWN"),
    ],
    ids=str,
)
async def test_a_hold_that_cannot_be_is_refused_and_leaves_nothing(core, members, reason):
    player = await core.player("100.00")
    with pytest.raises(Refused, match=reason):
        await core.operator.place_hold(placing(player, **members))
    assert not (await core.operator.list_holds(holds.ListHoldsRequest(player_id=player))).holds


async def test_what_cannot_be_done_with_a_hold_is_refused(core):
    player = await core.player("100.00")
    hold_id = (await core.operator.place_hold(placing(player))).hold.hold_id
    take = {"decision": "so", "purpose": holds.CAPTURE_PURPOSE_CORRECTION, "account": "ADJUSTMENTS"}
    for members, reason in (
        ({"amount": money("20.01")}, "AMOUNT_EXCEEDS_REFERENCE"),
        ({"amount": money("1", "USD")}, "WRONG_CURRENCY"),
        ({"account": "FEES"}, "INVALID_REQUEST: account"),
        ({"purpose": 0}, "INVALID_REQUEST: purpose"),
        ({"decision": ""}, "INVALID_REQUEST: decision"),
        ({"actor": ""}, "INVALID_REQUEST: actor"),
        ({"request_id": ""}, "INVALID_REQUEST: request_id"),
        ({"hold_id": "none"}, "HOLD_NOT_FOUND"),
        ({"hold_id": "none", "amount": money("1")}, "HOLD_NOT_FOUND"),
    ):
        with pytest.raises(Refused, match=reason):
            await core.operator.capture_hold(holds.CaptureHoldRequest(**(about(player, hold_id) | take | members)))
    with pytest.raises(Refused, match="HOLD_NOT_FOUND"):
        await core.operator.get_hold(holds.GetHoldRequest(player_id=player, hold_id="none"))
    with pytest.raises(Refused, match="INVALID_REQUEST: review_at"):
        await core.operator.extend_hold(
            holds.ExtendHoldRequest(
                **about(player, hold_id, reason="so", expires_at=ahead(9 * DAY), review_at=ahead(-1))
            )
        )
    with pytest.raises(Refused, match="PLAYER_UNKNOWN"):
        await core.operator.list_holds(holds.ListHoldsRequest(player_id="nobody"))


async def test_the_pages_of_a_players_holds(any_core):
    player = await any_core.player("100.00")
    placed = [
        (await any_core.operator.place_hold(placing(player, amount=money("1.00")))).hold.hold_id for _ in range(5)
    ]
    found, token = [], ""
    while True:
        request = holds.ListHoldsRequest(player_id=player, page=Page(size=2, token=token))
        page = await any_core.operator.list_holds(request)
        found += [each.hold_id for each in page.holds]
        if not (token := page.next_page_token):
            break
    assert found == placed[::-1]
    with pytest.raises(Refused, match=r"INVALID_REQUEST: page\.token"):
        await any_core.operator.list_holds(holds.ListHoldsRequest(player_id=player, page=Page(token="x")))


async def test_r_hold_06_a_player_is_shown_what_is_held_and_not_who_holds_it(core):
    player = await core.player("100.00")
    placed = (await core.operator.place_hold(placing(player))).hold
    async with core.channel("READER") as (channel, metadata):
        (shown,) = (
            await HoldServiceStub(channel).ListHolds(holds.ListHoldsRequest(player_id=player), metadata=metadata)
        ).holds
        with pytest.raises(grpc.aio.AioRpcError, match="PERMISSION_DENIED"):
            await HoldServiceStub(channel).PlaceHold(placing(player), metadata=metadata)
    assert (shown.reason, shown.held, shown.clause, shown.text_key) == (
        holds.HOLD_REASON_DISPUTE,
        money("20"),
        "terms 7.2",
        "hold.dispute",
    )
    assert (shown.owner, shown.case_id, shown.evidence, shown.HasField("review_at")) == ("", "", "", False)
    assert shown.expires_at == placed.expires_at
    _, pockets, locks = await told(core, player, "READER")
    assert (pockets, locks) == ({"CASH": 80, "HELD:DISPUTE": 20}, {"DISPUTE": 20})


async def test_r_hold_06_of_a_discreet_hold_no_one_but_operators_is_told_the_reason(core):
    player = await core.player("100.00")
    request = legal(player, discreet=True, text_key="hold.aml.told")
    placed = (await core.operator.place_hold(request)).hold
    assert (placed.discreet, placed.reason) == (True, holds.HOLD_REASON_AML)
    await core.operator.place_hold(placing(player, amount=money("5.00"), reason=holds.HOLD_REASON_REVIEW))
    for role in ("READER", "CASHIER"):
        async with core.channel(role) as (channel, metadata):
            shown = (
                await HoldServiceStub(channel).GetHold(
                    holds.GetHoldRequest(player_id=player, hold_id=placed.hold_id), metadata=metadata
                )
            ).hold
        assert (shown.reason, shown.text_key, shown.held) == (holds.HOLD_REASON_REVIEW, "hold.review", money("20"))
        assert (shown.basis, shown.clause, shown.discreet, shown.account_freeze) == (0, "", False, False)
        _, pockets, locks = await told(core, player, role)
        assert (pockets, locks) == ({"CASH": 75, "HELD:REVIEW": 25}, {"REVIEW": 25})
        assert b"AML" not in shown.SerializeToString()
    _, pockets, locks = await told(core, player)
    assert (pockets, locks) == ({"CASH": 75, "HELD:AML": 20, "HELD:REVIEW": 5}, {"AML": 20, "REVIEW": 5})


async def test_r_hold_06_no_transaction_tells_what_a_discreet_hold_does_not(core):
    player = await core.player("100.00")
    placed = (await core.operator.place_hold(legal(player, discreet=True, clause="the secret act"))).hold
    extend = {"reason": "the secret is kept", "review_at": ahead(2 * DAY)}
    await core.operator.extend_hold(holds.ExtendHoldRequest(**about(player, placed.hold_id, **extend)))
    take = {"decision": "the secret order", "purpose": holds.CAPTURE_PURPOSE_LEGAL_ORDER, "account": "BANK"}
    part = about(player, placed.hold_id, amount=money("5.00"), detail="secret 9", **take)
    await core.operator.capture_hold(holds.CaptureHoldRequest(**part))
    release = about(player, placed.hold_id, reason="the secret is out")
    await core.operator.release_hold(holds.ReleaseHoldRequest(**release))
    async with core.channel("READER") as (channel, metadata):
        listed = await WalletServiceStub(channel).ListTransactions(
            wallet.ListTransactionsRequest(player_id=player), metadata=metadata
        )
        one = await WalletServiceStub(channel).GetTransaction(
            wallet.GetTransactionRequest(provider_id="~holds", external_key=placed.hold_id), metadata=metadata
        )
        journals = await LedgerServiceStub(channel).ListJournals(
            ListJournalsRequest(player_id=player), metadata=metadata
        )
    assert len(listed.transactions) == len(journals.journals) == 5
    for answer in (listed, one, journals):
        text = str(answer)
        assert not [word for word in ("AML", "secret", "ann", "case-1", "discreet", "ORDER") if word in text]
        assert "HELD:REVIEW" in text
    assert [line.account for line in journals.journals[0].lines] == ["HELD:REVIEW", "CASH"]
    whole = str(await core.operator.list_journals(ListJournalsRequest(player_id=player)))
    assert all(word in whole for word in ("HELD:AML", "the secret order", "secret 9", "case-1"))


async def test_r_ux_01_a_blocked_player_is_told_that_nothing_may_leave(core):
    """It was all withdrawable, and each withdrawal refused."""
    player = await core.player("100.00")
    block = {"player_id": player, "reason": "so", "actor": "ann"}
    await core.operator.block_player(BlockPlayerRequest(request_id=key("b"), **block))
    answer, _, locks = await told(core, player, "READER")
    assert (answer.withdrawable, locks) == (money("0"), {"BLOCKED": 100})
    await core.operator.unblock_player(UnblockPlayerRequest(request_id=key("u"), **block))
    answer, _, locks = await told(core, player)
    assert (answer.withdrawable, locks) == (money("100"), {})


async def test_r_hold_06_a_discreet_freeze_is_not_told_by_what_it_sweeps(core_database, monkeypatch):
    """Its lock said FROZEN, and the key of a sweep that there is a freeze."""
    async with core_on(core_database) as core:
        player = await core.player("100.00")
        freeze = legal(player, amount=Money(currency_code="EUR"), account_freeze=True, discreet=True)
        await core.operator.place_hold(freeze)
        await core.adapter.play(win(player, "7.00"))
        _, pockets, locks = await told(core, player, "READER")
        assert (pockets, locks) == ({"CASH": 7, "HELD:REVIEW": 100}, {"REVIEW": 107})
    swept = observed(monkeypatch)
    async with core_on(core_database) as core, core.channel("READER") as (channel, metadata):
        await asyncio.wait_for(swept.wait(), 10)
        request = wallet.ListTransactionsRequest(player_id=player)
        listed = await WalletServiceStub(channel).ListTransactions(request, metadata=metadata)
    assert len(listed.transactions) == 4  # the deposit, the freeze, the win, the sweep
    text = str(listed)
    assert not [word for word in ("Sweep", "frozen", "FROZEN", "freeze", "AML") if word in text]


async def test_who_holds_a_hold_no_transaction_tells_but_to_operators(core):
    """R-HOLD-06: GetHold does not, and ListTransactions did."""
    player = await core.player("100.00")
    placed = (await core.operator.place_hold(placing(player))).hold
    await core.operator.release_hold(holds.ReleaseHoldRequest(**about(player, placed.hold_id, reason="a mistake")))
    async with core.channel("READER") as (channel, metadata):
        listed = await WalletServiceStub(channel).ListTransactions(
            wallet.ListTransactionsRequest(player_id=player), metadata=metadata
        )
    words = [dict(row.info) for row in listed.transactions if "hold_id" in row.info]
    assert words == [{"hold_id": placed.hold_id, "hold_reason": "DISPUTE"}] * 2
    whole = await core.operator.list_transactions(wallet.ListTransactionsRequest(player_id=player))
    assert "a mistake" in str(whole)


async def test_r_hold_03_an_account_is_frozen_and_thawed(core):
    player = await core.player("100.00")
    await core.adapter.play(bet(player, "10.00"))
    freeze = legal(player, amount=Money(currency_code="EUR"), account_freeze=True)
    frozen = (await core.operator.place_hold(freeze)).hold
    assert (frozen.account_freeze, frozen.held) == (True, money("90"))
    with pytest.raises(Refused, match="PLAYER_BLOCKED"):
        await core.adapter.play(bet(player, "1.00"))
    await core.adapter.play(win(player, "7.00"))
    answer, pockets, locks = await told(core, player)
    assert answer.withdrawable == money("0")
    assert (pockets["HELD:AML"], locks) == (90, {"AML": 90, "FROZEN": 7})
    unblocked = await core.operator.unblock_player(
        UnblockPlayerRequest(player_id=player, reason="asked", actor="ops", request_id=key("unblock"))
    )
    assert unblocked.player.status == PLAYER_STATUS_BLOCKED  # for it still may not play
    assert unblocked.player.restrictions == [PLAYER_RESTRICTION_FROZEN]
    with pytest.raises(Refused, match="PLAYER_BLOCKED"):
        await core.adapter.play(bet(player, "1.00"))
    async with core.channel("READER") as (channel, metadata):
        read = (
            await PlayerServiceStub(channel).GetPlayer(GetPlayerRequest(player_id=player), metadata=metadata)
        ).player
    assert read.restrictions == [PLAYER_RESTRICTION_BLOCKED]  # nobody but operators is told of a freeze
    told_adapter = (await core.adapter.get_player(GetPlayerRequest(player_id=player))).player
    assert (told_adapter.status, list(told_adapter.restrictions)) == (PLAYER_STATUS_BLOCKED, [])
    await core.operator.release_hold(holds.ReleaseHoldRequest(**about(player, frozen.hold_id, reason="cleared")))
    answer, pockets, locks = await told(core, player)
    assert (answer.withdrawable, locks) == (money("97"), {})
    thawed = (await core.operator.get_player(GetPlayerRequest(player_id=player))).player
    assert (thawed.status, list(thawed.restrictions)) == (PLAYER_STATUS_ACTIVE, [])
    await core.adapter.play(bet(player, "1.00"))


async def test_a_withdrawal_is_requested_settled_in_parts_and_failed(any_core):
    operator, player = any_core.operator, await any_core.player("100.00")
    request = payments.RequestWithdrawalRequest(
        player_id=player, withdrawal_id="w1", amount=money("80.00"), info={"to": "card A"}
    )
    assert (await operator.request_withdrawal(request)).balances_now.cash == money("20")
    with pytest.raises(Refused, match="INSUFFICIENT_FUNDS"):
        await operator.request_withdrawal(
            payments.RequestWithdrawalRequest(player_id=player, withdrawal_id="w2", amount=money("80.00"))
        )
    leg = {"player_id": player, "withdrawal_id": "w1", "psp_id": "bank"}
    settle = payments.SettleWithdrawalRequest(**leg, request_id=key("leg"), amount=money("30.00"))
    await operator.settle_withdrawal(settle)
    assert (await operator.settle_withdrawal(settle)).replayed
    row = (await operator.get_hold(holds.GetHoldRequest(player_id=player, hold_id="w1"))).hold
    assert (row.state, row.held, row.captured) == (holds.HOLD_STATE_PART_CAPTURED, money("50"), money("30"))
    assert not row.HasField("expires_at")
    with pytest.raises(Refused, match="HOLD_STATE"):
        await operator.release_hold(holds.ReleaseHoldRequest(**about(player, "w1", reason="please")))
    for members, reason in (
        ({"amount": money("1", "USD")}, "WRONG_CURRENCY"),
        ({"withdrawal_id": "w9", "amount": money("1")}, "HOLD_NOT_FOUND"),
        ({"withdrawal_id": "w9"}, "HOLD_NOT_FOUND"),
        ({"amount": money("0.001")}, "INVALID_PRECISION"),
        ({"psp_id": ""}, "INVALID_REQUEST: psp_id"),
    ):
        with pytest.raises(Refused, match=reason):
            await operator.settle_withdrawal(
                payments.SettleWithdrawalRequest(**(leg | {"request_id": key("leg")} | members))
            )
    failing = payments.FailWithdrawalRequest(
        player_id=player, withdrawal_id="w1", reason="account closed", actor="bank", request_id=key("f")
    )
    assert (await operator.fail_withdrawal(failing)).balances_now.cash == money("70")
    with pytest.raises(Refused, match="INVALID_REQUEST: amount"):
        await operator.request_withdrawal(payments.RequestWithdrawalRequest(player_id=player, withdrawal_id="w3"))


async def test_cash_is_moved_between_sub_wallets_and_is_one_sum(any_core):
    operator, player = any_core.operator, await any_core.player("100.00")
    request = TransferRequest(
        player_id=player, transfer_id=key("t"), amount=money("60.00"), source="CASH", target="CASH:SPORTS"
    )
    moved = await operator.transfer(request)
    assert moved.balances_now.cash == moved.balances_now.shown == money("100")
    answer, pockets, locks = await told(any_core, player)
    assert (answer.withdrawable, pockets, locks) == (money("100"), {"CASH": 40, "CASH:SPORTS": 60}, {})
    assert (await operator.transfer(request)).replayed
    history = await operator.list_transactions(wallet.ListTransactionsRequest(player_id=player))
    assert history.transactions[0].kind == wallet.TRANSACTION_KIND_TRANSFER
    assert {part.pocket: part.amount.units for part in history.transactions[0].parts} == {
        "CASH": -60,
        "CASH:SPORTS": 60,
    }
    for members, reason in (
        ({"target": "CASH:BINGO"}, "INVALID_REQUEST: target"),
        ({"source": ""}, "INVALID_REQUEST: source"),
        ({"amount": None}, "INVALID_REQUEST: amount"),
        ({"amount": money("40.01")}, "INSUFFICIENT_FUNDS"),
    ):
        facts = {"player_id": player, "amount": money("1"), "source": "CASH", "target": "CASH:POKER"} | members
        with pytest.raises(Refused, match=reason):
            await operator.transfer(TransferRequest(transfer_id=key("t"), **facts))


def observed(monkeypatch):
    """Set once something that was due has been done."""
    done, count = asyncio.Event(), Metrics.observe_due

    def observe(metrics, *what):
        count(metrics, *what)
        done.set()

    monkeypatch.setattr(Metrics, "observe_due", observe)
    return done


async def test_a_core_releases_what_has_expired_by_itself(core_database, monkeypatch):
    async with core_on(core_database) as core:
        player = await core.player("100.00")
        hold = (await core.operator.place_hold(placing(player))).hold
    done = observed(monkeypatch)
    monkeypatch.setattr(app, "Clock", lambda: Clock(lambda: time.time_ns() + 2 * DAY * 1_000_000_000))
    async with core_on(core_database) as core:
        await asyncio.wait_for(done.wait(), 10)
        hold = (await core.operator.get_hold(holds.GetHoldRequest(player_id=player, hold_id=hold.hold_id))).hold
        assert (hold.state, hold.held) == (holds.HOLD_STATE_EXPIRED, money("0"))
        labels = {"due": "hold expired", "outcome": "APPLIED"}
        assert core.metrics.registry.get_sample_value("wallet_due_total", labels) == 1


async def test_r_fund_14_what_is_playable_in_a_game_is_its_products_cash_and_the_bonuses_that_may_pay(core):
    player = await core.player("100.00")
    move = {"player_id": player, "source": "CASH", "amount": money("10.00")}
    for number, product in enumerate(("CASINO", "SPORTS")):
        await core.operator.transfer(TransferRequest(transfer_id=f"t{number}", target=f"CASH:{product}", **move))
    terms = promos.BonusTerms(multiplier=1_000, excluded_game_ids=["roulette"])
    promotion = promos.Promotion(
        title="A gift",
        text="Wager it 10 times.",
        amounts=[promos.PromotionAmounts(currency_code="EUR", fixed=money("30"))],
        terms=terms,
        automatic=True,
    )
    await core.allow_bonuses()
    publish = {"template_id": "gift", "version": 1, "reason": "so", "actor": "ann", "request_id": key("p")}
    await core.operator.publish_template(promos.PublishTemplateRequest(promotion=promotion, **publish))
    grant = {"player_id": player, "template_id": "gift", "version": 1, "currency_code": "EUR"}
    await core.operator.grant_bonus(promos.GrantBonusRequest(reason="so", actor="ann", request_id=key("g"), **grant))
    for game_id, cash, bonus in (("slot", "90", "30"), ("roulette", "90", "0")):
        request = wallet.GetBalanceRequest(player_id=player, provider_id="generic", game_id=game_id)
        answer = await core.operator.get_balance(request)
        shown = answer.balances
        assert answer.playable == shown.shown
        assert (shown.cash, shown.bonus, shown.shown.units) == (money(cash), money(bonus), int(cash) + int(bonus))
    whole = await core.operator.get_balance(wallet.GetBalanceRequest(player_id=player))
    assert not whole.HasField("playable")
    assert (whole.balances.shown, whole.balances.cash) == (money("130"), money("100"))
    nobody = await core.player("0.00")
    request = wallet.GetBalanceRequest(player_id=nobody, provider_id="generic", game_id="slot")
    assert (await core.operator.get_balance(request)).playable == money("0")
