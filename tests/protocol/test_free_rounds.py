"""FreeRoundService over a real channel, and the plays of its rounds."""

import time

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1 import free_rounds_pb2 as pb
from wallet.v1 import promos_pb2 as promos
from wallet.v1.common_pb2 import Page
from wallet.v1.holds_pb2 import ListHoldsRequest
from wallet.v1.ledger_pb2 import GetTrialBalanceRequest
from wallet.v1.promos_pb2 import GetBonusRequest
from wallet.v1.wallet_pb2 import CATEGORY_FREE_ROUND, OUTCOME_APPLIED, OUTCOME_NOOP

from tests.protocol.words import action, key, play
from tests.support.core import money
from wallet_core.client import Refused, Unavailable

DAY = 86_400


def granting(player, **members):
    facts = {
        "grant_id": key("fr"),
        "provider_id": "thrillgate",
        "rounds": 3,
        "value": money("0.20"),
        "settle": pb.FREE_ROUND_SETTLE_EACH,
        "campaign": "spring",
        "expires_at": Timestamp(seconds=int(time.time()) + DAY),
        "reason": "spring",
        "actor": "ann",
    }
    return pb.GrantFreeRoundsRequest(player_id=player, **(facts | members))


def registering(grant, **members):
    facts = {"provider_id": "thrillgate", "confirmed": True, "reason": "ok", "actor": "gate", "request_id": key("reg")}
    return pb.RegisterFreeRoundsRequest(player_id=grant.player_id, grant_id=grant.grant_id, **(facts | members))


def cancelling(grant, **members):
    facts = {"reason": "a mistake", "actor": "ann", "request_id": key("cancel")}
    return pb.CancelFreeRoundsRequest(player_id=grant.player_id, grant_id=grant.grant_id, **(facts | members))


def free(grant, kind, amount, **members):
    of = {"category": CATEGORY_FREE_ROUND, "free_rounds_id": grant.grant_id if grant else "nothing"}
    player = grant.player_id if grant else members.pop("player")
    return play(player, action(kind, amount, **of), **members)


async def template(core, *, automatic=True):
    """A template that makes winnings a bonus to be wagered ten times."""
    await core.allow_bonuses()
    promotion = promos.Promotion(
        title="Free spins",
        text="What you win is wagered 10 times.",
        amounts=[promos.PromotionAmounts(currency_code="EUR", fixed=money("1"))],
        terms=promos.BonusTerms(multiplier=1_000, base=promos.WAGERING_BASE_WINNINGS),
        automatic=automatic,
    )
    request = promos.PublishTemplateRequest(
        template_id=key("spins"), version=1, promotion=promotion, reason="r", actor="ann", request_id=key("pub")
    )
    return (await core.operator.publish_template(request)).template


async def available(core, **members):
    await core.allow_bonuses()
    player = await core.player("5.00")
    granted = (await core.operator.grant_free_rounds(granting(player, **members))).free_rounds
    return (await core.adapter.register_free_rounds(registering(granted))).free_rounds


async def now(core, grant):
    request = pb.GetFreeRoundsRequest(player_id=grant.player_id, grant_id=grant.grant_id)
    return (await core.operator.get_free_rounds(request)).free_rounds


async def refused(call):
    with pytest.raises(Refused) as found:
        await call
    return found.value.reason


async def test_a_grant_from_its_issue_to_its_last_round(any_core):
    await any_core.allow_bonuses()
    player = await any_core.player("5.00")
    request = granting(player, rounds=1, game_ids=["slot"])
    first = await any_core.operator.grant_free_rounds(request)
    assert (first.free_rounds.state, first.free_rounds.left) == (pb.FREE_ROUND_STATE_ISSUED, 0)
    assert (await any_core.operator.grant_free_rounds(request)).response.replayed
    registered = (await any_core.adapter.register_free_rounds(registering(first.free_rounds))).free_rounds
    assert (registered.state, registered.left) == (pb.FREE_ROUND_STATE_AVAILABLE, 1)
    staked = await any_core.adapter.play(free(registered, "bet", "0.20", game_id="slot"))
    assert staked.balances_now.cash == money("5.00")
    won = await any_core.adapter.play(free(registered, "win", "3.00", close_round=True))
    assert won.balances_now.cash == money("8.00")
    over = await now(any_core, registered)
    assert (over.state, over.left, over.won) == (pb.FREE_ROUND_STATE_COMPLETED, 0, money("3.00"))
    assert (over.reason, over.HasField("over_at"), over.HasField("cap")) == ("all played", True, False)


async def test_winnings_become_a_bonus_at_the_end(any_core):
    spins = await template(any_core)
    grant = await available(
        any_core,
        rounds=1,
        settle=pb.FREE_ROUND_SETTLE_END,
        template_id=spins.template_id,
        template_version=1,
        cap=money("8.50"),
    )
    await any_core.adapter.play(free(grant, "bet", "0.20"))
    assert (await any_core.adapter.play(free(grant, "win", "9.00"))).balances_now.bonus == money("0")
    waits = await now(any_core, grant)
    assert (waits.waiting, waits.bonus_id) == (money("8.50"), "")
    done = await any_core.adapter.play(free(grant, "win", "0", close_round=True))
    assert done.balances_now.bonus == money("8.50")
    over = await now(any_core, grant)
    assert (over.waiting, over.template_id, over.template_version) == (money("0"), spins.template_id, 1)
    bonus = await any_core.operator.get_bonus(GetBonusRequest(player_id=grant.player_id, bonus_id=over.bonus_id))
    assert bonus.bonus.state == promos.BONUS_STATE_ACTIVE


async def test_a_win_that_no_grant_covers_is_held_for_a_dispute(core):
    player = await core.player("5.00")
    won = await core.adapter.play(free(None, "win", "3.00", player=player))
    assert {part.pocket: part.amount for part in won.results[0].parts} == {"HELD:DISPUTE": money("3.00")}
    (hold,) = (await core.operator.list_holds(ListHoldsRequest(player_id=player))).holds
    assert (hold.clause, hold.owner, hold.evidence) == ("R-FREE-06", "providers", "a free win without a grant")


async def test_what_has_been_won_stays_won_when_the_rest_is_cancelled(core):
    grant = await available(core, settle=pb.FREE_ROUND_SETTLE_END)
    await core.adapter.play(free(grant, "bet", "0.20"))
    await core.adapter.play(free(grant, "win", "3.00"))
    request = cancelling(grant)
    cancelled = await core.operator.cancel_free_rounds(request)
    assert cancelled.response.balances_now.cash == money("8.00")
    assert cancelled.free_rounds.state == pb.FREE_ROUND_STATE_CANCELLED
    assert (await core.operator.cancel_free_rounds(request)).response.replayed
    late = await core.adapter.play(free(grant, "win", "1.00", close_round=True))
    assert late.balances_now.cash == money("9.00")
    assert await refused(core.adapter.play(free(grant, "bet", "0.20", round_id="r2"))) == "BONUS_STATE"


async def test_a_players_grants_page_by_page(core):
    await core.allow_bonuses()
    player = await core.player()
    made = [(await core.operator.grant_free_rounds(granting(player))).free_rounds.grant_id for _ in range(3)]
    found, token = [], ""
    while True:
        request = pb.ListFreeRoundsRequest(player_id=player, page=Page(size=2, token=token))
        page = await core.operator.list_free_rounds(request)
        found += [each.grant_id for each in page.free_rounds]
        if not (token := page.next_page_token):
            break
    assert found == made[::-1]
    assert (
        await refused(core.operator.list_free_rounds(pb.ListFreeRoundsRequest(player_id="nobody"))) == "PLAYER_UNKNOWN"
    )


BAD_GRANTS = {
    "no rounds": ({"rounds": 0}, "INVALID_REQUEST"),
    "no provider of ours": ({"provider_id": "nobody"}, "UNKNOWN_PROVIDER"),
    "no word on when it is paid": ({"settle": 0}, "INVALID_REQUEST"),
    "no such word": ({"settle": 9}, "INVALID_REQUEST"),
    "rounds of nothing": ({"value": money("0")}, "INVALID_AMOUNT"),
    "rounds finer than coins": ({"value": money("0.001")}, "INVALID_PRECISION"),
    "another currency": ({"value": money("1", "USD")}, "WRONG_CURRENCY"),
    "points": ({"value": money("1", "PTS")}, "UNKNOWN_CURRENCY"),
    "a cap in another currency": ({"cap": money("1", "USD")}, "WRONG_CURRENCY"),
    "a cap of nothing": ({"cap": money("0")}, "INVALID_AMOUNT"),
    "over by now": ({"expires_at": Timestamp(seconds=1)}, "INVALID_REQUEST"),
    "never over": ({"expires_at": None}, "INVALID_REQUEST"),
    "a template that is not there": ({"template_id": "nothing", "template_version": 1}, "BONUS_NOT_FOUND"),
    "a template without a version": ({"template_id": "nothing"}, "INVALID_REQUEST"),
    "no campaign": ({"campaign": ""}, "INVALID_REQUEST"),
    "no id": ({"grant_id": ""}, "INVALID_REQUEST"),
    "too many games": ({"game_ids": [f"g{number}" for number in range(1_001)]}, "INVALID_REQUEST"),
}


@pytest.mark.parametrize("case", BAD_GRANTS)
async def test_grants_that_are_refused(core, case):
    members, reason = BAD_GRANTS[case]
    player = await core.player()
    assert await refused(core.operator.grant_free_rounds(granting(player, **members))) == reason
    assert not (await core.operator.list_free_rounds(pb.ListFreeRoundsRequest(player_id=player))).free_rounds


async def test_a_provider_speaks_for_its_own_grants_only(core):
    await core.allow_bonuses()
    player = await core.player()
    grant = (await core.operator.grant_free_rounds(granting(player, provider_id="strict"))).free_rounds
    assert await refused(core.adapter.register_free_rounds(registering(grant))) == "BONUS_NOT_FOUND"
    with pytest.raises(Unavailable, match="PERMISSION_DENIED"):
        await core.adapter.register_free_rounds(registering(grant, provider_id="strict"))
    failed = await core.operator.register_free_rounds(registering(grant, provider_id="strict", confirmed=False))
    assert (failed.free_rounds.attempts, failed.free_rounds.state) == (1, pb.FREE_ROUND_STATE_ISSUED)
    assert failed.response.results[0].outcome == OUTCOME_NOOP


async def test_r_bonus_04_the_terms_of_what_winnings_become_are_accepted_first(core):
    spins, player = await template(core, automatic=False), await core.player()
    bonus = {"template_id": spins.template_id, "template_version": 1}
    for digest in ("", "another"):
        request = granting(player, **bonus, accepted_digest=digest)
        assert await refused(core.operator.grant_free_rounds(request)) == "BONUS_NOT_ELIGIBLE"
    granted = await core.operator.grant_free_rounds(granting(player, **bonus, accepted_digest=spins.digest))
    assert granted.free_rounds.template_id == spins.template_id


async def test_r_free_07_what_a_provider_charges_is_booked_once(any_core):
    facts = {"campaign": "spring", "amount": money("12.50"), "reason": "July", "actor": "ann"}
    request = pb.ChargeFreeRoundsRequest(provider_id="thrillgate", invoice=key("invoice"), **facts)
    booked = (await any_core.operator.charge_free_rounds(request)).response
    assert (booked.results[0].outcome, booked.replayed) == (OUTCOME_APPLIED, False)
    assert (await any_core.operator.charge_free_rounds(request)).response.replayed
    rows = (await any_core.operator.trial_balance(GetTrialBalanceRequest(currency_code="EUR"))).rows
    totals = {row.account: row.total for row in rows}
    assert (totals["BONUS_COST"], totals["FEES"]) == (money("-12.50"), money("12.50"))


BAD_CHARGES = {
    "of nobody of ours": ({"provider_id": "nobody"}, "UNKNOWN_PROVIDER"),
    "of nothing": ({"amount": money("0")}, "INVALID_AMOUNT"),
    "less than nothing": ({"amount": money("-1")}, "INVALID_AMOUNT"),
    "without an invoice": ({"invoice": ""}, "INVALID_REQUEST"),
    "without a campaign": ({"campaign": ""}, "INVALID_REQUEST"),
    "in points": ({"amount": money("1", "PTS")}, "UNKNOWN_CURRENCY"),
}


@pytest.mark.parametrize("case", BAD_CHARGES)
async def test_charges_that_are_refused(core, case):
    members, reason = BAD_CHARGES[case]
    facts = {"provider_id": "thrillgate", "invoice": "i", "campaign": "spring", "reason": "July", "actor": "ann"}
    request = pb.ChargeFreeRoundsRequest(**({"amount": money("1")} | facts | members))
    assert await refused(core.operator.charge_free_rounds(request)) == reason
