"""PointService over a real channel; and that points are money nowhere."""

import time

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1 import payments_pb2
from wallet.v1 import points_pb2 as pb
from wallet.v1.common_pb2 import Money
from wallet.v1.holds_pb2 import HOLD_BASIS_TERMS, HOLD_REASON_DISPUTE, PlaceHoldRequest
from wallet.v1.ledger_pb2 import GetTrialBalanceRequest, Line, ListJournalsRequest, PostJournalRequest
from wallet.v1.payouts_pb2 import PAYOUT_SOURCE_PROMO, PayPromoRequest
from wallet.v1.players_pb2 import CreatePlayerRequest, Player
from wallet.v1.sessions_pb2 import OpenSessionRequest
from wallet.v1.subwallets_pb2 import TransferRequest
from wallet.v1.wallet_pb2 import GetBalanceRequest

from tests.protocol.words import bet, key
from tests.support.core import money
from wallet_core.client import Refused

PTS = Money(currency_code="PTS", units=5)


def adjusting(player, points, **members):
    facts = {"reason": "a gift", "actor": "ann", "request_id": key("points")}
    return pb.AdjustPointsRequest(player_id=player, points=money(points, "PTS"), **(facts | members))


def pricing(version=1, points=100, amount="1.00", **members):
    facts = {"reason": "spring", "actor": "ann", "request_id": key("price")}
    return pb.PublishPointsPriceRequest(version=version, points=points, amount=money(amount), **(facts | members))


def redeeming(player, points, amount, **members):
    facts = {"price_version": 1, "request_id": key("redeem")}
    return pb.RedeemPointsRequest(player_id=player, points=points, amount=money(amount), **(facts | members))


async def refused(call):
    with pytest.raises(Refused) as found:
        await call
    return found.value.reason


async def test_points_are_given_shown_and_exchanged(any_core):
    operator = any_core.operator
    player = await any_core.player("10.00")
    price = await operator.publish_points_price(pricing())
    assert (price.price.version, price.price.published_at.seconds > 0, price.replayed) == (1, True, False)
    await operator.adjust_points(adjusting(player, "250.9999"))
    shown = await operator.get_points(pb.GetPointsRequest(player_id=player))
    assert (shown.points, shown.spendable) == (money("250.9999", "PTS"), 250)
    assert not shown.HasField("owed")
    assert [(each.version, each.points, each.amount) for each in shown.prices] == [(1, 100, money("1.00"))]
    request = redeeming(player, 250, "2.50")
    redeemed = await operator.redeem_points(request)
    assert redeemed.balances_now.cash == money("12.50")
    assert (await operator.redeem_points(request)).replayed
    shown = await operator.get_points(pb.GetPointsRequest(player_id=player))
    assert (shown.points, shown.spendable) == (money("0.9999", "PTS"), 0)
    journals = await operator.list_journals(ListJournalsRequest(player_id=player))
    lines = {(line.account, line.amount.currency_code) for line in journals.journals[0].lines}
    assert lines == {("POINTS", "PTS"), ("POINTS_ISSUED", "PTS"), ("CASH", "EUR"), ("BONUS_COST", "EUR")}
    rows = (await operator.trial_balance(GetTrialBalanceRequest(currency_code="PTS"))).rows
    assert sorted((row.account, row.total) for row in rows) == [
        ("POINTS", money("0.9999", "PTS")),
        ("POINTS_ISSUED", money("-0.9999", "PTS")),
    ]


async def test_points_taken_back_beyond_what_is_there_are_owed(core):
    player = await core.player()
    taken = await core.operator.adjust_points(adjusting(player, "-3"))
    assert {part.pocket: part.amount for part in taken.results[0].parts} == {"DEBT": money("-3", "PTS")}
    shown = await core.operator.get_points(pb.GetPointsRequest(player_id=player))
    assert (shown.points, shown.owed) == (money("0", "PTS"), money("3", "PTS"))
    balance = await core.operator.get_balance(GetBalanceRequest(player_id=player))
    assert not balance.balances.HasField("debt")
    assert balance.withdrawable == money("1000.00")


async def test_old_points_expire_once(any_core):
    operator = any_core.operator
    player = await any_core.player()
    given = await operator.adjust_points(adjusting(player, "30"))
    at = given.results[0].committed_at
    before = (
        Timestamp(seconds=at.seconds, nanos=at.nanos + 1_000)
        if at.nanos < 999_999_000
        else Timestamp(seconds=at.seconds + 1)
    )
    await operator.adjust_points(adjusting(player, "5"))
    request = pb.ExpirePointsRequest(player_id=player, earned_before=before)
    expired = await operator.expire_points(request)
    assert {part.pocket: part.amount for part in expired.results[0].parts} == {"POINTS": money("-30", "PTS")}
    assert (await operator.expire_points(request)).replayed
    ahead = Timestamp(seconds=int(time.time()) + 3_600)
    assert await refused(operator.expire_points(pb.ExpirePointsRequest(player_id=player, earned_before=ahead))) == (
        "INVALID_REQUEST"
    )
    assert await refused(operator.expire_points(pb.ExpirePointsRequest(player_id=player))) == "INVALID_REQUEST"


BAD_REDEMPTIONS = {
    "more than there are": ({"points": 200, "amount": "2.00"}, "INSUFFICIENT_FUNDS"),
    "for more than they buy": ({"amount": "1.01"}, "INVALID_AMOUNT"),
    "at no price": ({"price_version": 0}, "INVALID_REQUEST"),
    "at the last of all prices": ({"price_version": 2**63 - 1}, "INVALID_REQUEST"),
    "at a price to come": ({"price_version": 9}, "RATE_UNAVAILABLE"),
    "under no key": ({"request_id": ""}, "INVALID_REQUEST"),
    "more than can be counted": ({"points": 2**62}, "INVALID_AMOUNT"),
    "of nobody's": ({"player": "nobody"}, "PLAYER_UNKNOWN"),
}


@pytest.mark.parametrize("case", BAD_REDEMPTIONS)
async def test_redemptions_that_are_refused(core, case):
    members, reason = BAD_REDEMPTIONS[case]
    player = await core.player()
    await core.operator.publish_points_price(pricing())
    await core.operator.adjust_points(adjusting(player, "150"))
    request = redeeming(**({"player": player, "points": 100, "amount": "1.00"} | members))
    assert await refused(core.operator.redeem_points(request)) == reason


async def test_prices_and_gifts_that_are_refused(core):
    player = await core.player()
    assert await refused(core.operator.publish_points_price(pricing(2))) == "RATE_UNAVAILABLE"
    assert await refused(core.operator.publish_points_price(pricing(points=0))) == "INVALID_REQUEST"
    for version in (0, -(2**63), 2**63 - 1):
        assert await refused(core.operator.publish_points_price(pricing(version))) == "INVALID_REQUEST"
    assert await refused(core.operator.publish_points_price(pricing(reason=""))) == "INVALID_REQUEST"
    assert await refused(core.operator.adjust_points(adjusting(player, "0"))) == "INVALID_AMOUNT"
    assert await refused(core.operator.adjust_points(adjusting(player, "0.00001"))) == "INVALID_PRECISION"
    in_euro = adjusting(player, "1")
    in_euro.points.currency_code = "EUR"
    assert await refused(core.operator.adjust_points(in_euro)) == "INVALID_REQUEST"


WITH_POINTS = {
    "a wallet": lambda wallet, player: wallet.create_player(
        CreatePlayerRequest(
            player=Player(player_id="new", operator_id="acme", brand_id="lucky", currency_codes=["EUR", "PTS"])
        )
    ),
    "a deposit": lambda wallet, player: wallet.deposit(
        payments_pb2.DepositRequest(player_id=player, amount=PTS, psp_id="test", request_id="d")
    ),
    "a withdrawal": lambda wallet, player: wallet.withdraw(
        payments_pb2.WithdrawRequest(player_id=player, amount=PTS, psp_id="test", request_id="w")
    ),
    "a requested withdrawal": lambda wallet, player: wallet.request_withdrawal(
        payments_pb2.RequestWithdrawalRequest(player_id=player, withdrawal_id="w", amount=PTS)
    ),
    "a bet": lambda wallet, player: wallet.play(bet(player, "1", currency="PTS")),
    "a play": lambda wallet, player: wallet.play(bet(player, "1", currency="PTS", currency_code="PTS")),
    "a balance": lambda wallet, player: wallet.get_balance(GetBalanceRequest(player_id=player, currency_code="PTS")),
    "a session": lambda wallet, player: wallet.open_session(
        OpenSessionRequest(player_id=player, provider_id="generic", currency_code="PTS", request_id="s")
    ),
    "a transfer": lambda wallet, player: wallet.transfer(
        TransferRequest(player_id=player, transfer_id="t", amount=PTS, source="CASH", target="CASH:SPORTS")
    ),
    "a hold": lambda wallet, player: wallet.place_hold(
        PlaceHoldRequest(player_id=player, hold_id="h", amount=PTS, reason=HOLD_REASON_DISPUTE, basis=HOLD_BASIS_TERMS)
    ),
    "a journal": lambda wallet, player: wallet.post_journal(
        PostJournalRequest(
            player_id=player,
            lines=[Line(account="CASH", amount=PTS), Line(account="ADJUSTMENTS", amount=money("-5", "PTS"))],
            reason="r",
            actor="a",
            request_id="j",
        )
    ),
    "a payout": lambda wallet, player: wallet.pay_promo(
        PayPromoRequest(
            player_id=player, source=PAYOUT_SOURCE_PROMO, campaign="c", reference="r", amount=PTS, actor="a"
        )
    ),
    "a redemption": lambda wallet, player: wallet.redeem_points(
        pb.RedeemPointsRequest(player_id=player, points=1, amount=PTS, price_version=1, request_id="x")
    ),
}


@pytest.mark.parametrize("door", WITH_POINTS)
async def test_points_are_money_nowhere(core, door):
    """R-CUR-04."""
    player = await core.player("10.00")
    await core.operator.adjust_points(adjusting(player, "50"))
    with pytest.raises(Refused) as found:
        await WITH_POINTS[door](core.operator, player)
    assert found.value.reason == "UNKNOWN_CURRENCY"
    assert "PTS are points" in found.value.message
    assert (await core.operator.get_points(pb.GetPointsRequest(player_id=player))).spendable == 50
