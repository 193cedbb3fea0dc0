"""Refunds of converted deposits over a real channel, on both databases (R-FX-12, E-41)."""

import time
from collections import Counter

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1 import fx_pb2 as pb
from wallet.v1.fx_pb2_grpc import FxServiceStub
from wallet.v1.holds_pb2 import HOLD_BASIS_ORDER, HOLD_REASON_AML, PlaceHoldRequest
from wallet.v1.ledger_pb2 import GetTrialBalanceRequest, Line, ListJournalsRequest, PostJournalRequest
from wallet.v1.payments_pb2 import WithdrawRequest
from wallet.v1.wallet_pb2 import TRANSACTION_KIND_FX_REFUND

from tests.protocol.test_fx import FX, converter, executing, selling
from tests.protocol.words import key
from tests.support.core import core_on, money
from wallet_core.client import Refused


@pytest.fixture
async def core(sqlite_core_database):
    async with core_on(sqlite_core_database, fx=FX) as core:
        yield core


@pytest.fixture
async def any_core(core_database):
    async with core_on(core_database, fx=FX) as core:
        yield core


def refunding(quote, **members):
    facts = {
        "player_id": quote.player_id,
        "quote_id": quote.quote_id,
        "psp_id": "card",
        "request_id": key("r"),
        "reason": "sent by mistake",
        "actor": "ann",
    }
    return pb.RefundConversionRequest(**(facts | members))


async def used(core, player):
    quote = (await core.operator.open_quote(selling(player))).quote
    return (await core.operator.execute_quote(executing(quote))).quote


async def test_a_converted_deposit_goes_back_where_it_came_from(any_core):
    """R-FX-12, E-41: in parts, as what is left of it pays for."""
    player = await converter(any_core)
    quote = await used(any_core, player)
    async with any_core.channel("CASHIER") as (channel, metadata):
        first = await FxServiceStub(channel).RefundConversion(
            refunding(quote, amount=money("30.00")), metadata=metadata
        )
    assert (first.refunded, first.quote.refunded) == (money("30"), money("30"))
    assert (first.quote.taken, first.quote.state) == (money("171.76", "BRL"), pb.QUOTE_STATE_PART_REFUNDED)
    assert first.response.balances_now.cash == money("400.75", "BRL")
    assert first.response.results[0].parts[0].amount == money("-171.76", "BRL")

    asked = pb.GetQuoteRequest(player_id=player, quote_id=quote.quote_id)
    assert (await any_core.operator.get_quote(asked)).refundable == money("70")
    withdrawn = WithdrawRequest(player_id=player, amount=money("300", "BRL"), psp_id="card", request_id=key("w"))
    await any_core.operator.withdraw(withdrawn)
    found = await any_core.operator.get_quote(asked)
    assert found.refundable == money("17.59")  # 272.51 pay for 47.59 in all
    with pytest.raises(Refused, match="INSUFFICIENT_FUNDS"):
        await any_core.operator.refund_conversion(refunding(quote, amount=money("17.60")))
    rest = refunding(quote)
    second = await any_core.operator.refund_conversion(rest)
    assert (second.refunded, second.quote.refunded) == (money("17.59"), money("47.59"))
    again = await any_core.operator.refund_conversion(rest)
    assert again.response.replayed
    assert (again.refunded, again.quote) == (second.refunded, second.quote)
    listed = (await any_core.operator.list_quotes(pb.ListQuotesRequest(player_id=player))).quotes
    assert list(listed) == [second.quote]
    assert listed[0].signature == quote.signature, "what the signature vouches for has not changed"
    with pytest.raises(Refused, match="CONFLICT"):
        await any_core.operator.withdraw(
            WithdrawRequest(player_id=player, amount=money("1"), psp_id="card", request_id=rest.request_id)
        )

    journal = (await any_core.operator.list_journals(ListJournalsRequest(player_id=player))).journals[0]
    assert journal.transaction.kind == TRANSACTION_KIND_FX_REFUND
    assert journal.transaction.amount == money("100.70", "BRL")
    assert [(line.account, line.detail, line.amount) for line in journal.lines] == [
        ("CASH", "", money("-100.70", "BRL")),
        ("FX_POSITION", "EUR", money("100.70", "BRL")),
        ("FX_POSITION", "BRL", money("-17.59")),
        ("PSP_CLEARING", "card", money("17.59")),
    ]
    sums = Counter()
    for row in (await any_core.operator.trial_balance(GetTrialBalanceRequest())).rows:
        sums[row.total.currency_code] += row.total.units * 10**9 + row.total.nanos
    assert not any(sums.values())


async def test_a_refund_and_a_reversal_exclude_each_other(core):
    player = await converter(core)
    refunded, reversed_ = await used(core, player), await used(core, player)
    people = {"reason": "mistake", "actor": "ann", "approver": "bob"}
    undo = pb.ReverseQuoteRequest(player_id=player, quote_id=reversed_.quote_id, request_id=key("u"), **people)
    await core.operator.reverse_quote(undo)
    with pytest.raises(Refused, match="REFERENCE_MISMATCH"):
        await core.operator.refund_conversion(refunding(reversed_))
    whole = await core.operator.refund_conversion(refunding(refunded))
    assert (whole.quote.state, whole.quote.taken) == (pb.QUOTE_STATE_REFUNDED, refunded.target)
    undo = pb.ReverseQuoteRequest(player_id=player, quote_id=refunded.quote_id, request_id=key("u"), **people)
    with pytest.raises(Refused, match="REFERENCE_MISMATCH"):
        await core.operator.reverse_quote(undo)


async def test_nothing_goes_back_of_a_frozen_wallet(core):
    player = await converter(core)
    quote = await used(core, player)
    review = Timestamp(seconds=int(time.time()) + 86_400)
    await core.operator.place_hold(
        PlaceHoldRequest(
            player_id=player,
            hold_id="f",
            amount=money("0", "BRL"),
            reason=HOLD_REASON_AML,
            basis=HOLD_BASIS_ORDER,
            clause="order 7",
            owner="ann",
            case_id="c",
            account_freeze=True,
            review_at=review,
        )
    )
    credit = [
        Line(account="CASH", amount=money("50", "BRL")),
        Line(account="ADJUSTMENTS", amount=money("-50", "BRL")),
    ]
    await core.operator.post_journal(
        PostJournalRequest(player_id=player, lines=credit, reason="r", actor="ann", request_id=key("j"))
    )
    asked = pb.GetQuoteRequest(player_id=player, quote_id=quote.quote_id)
    assert (await core.operator.get_quote(asked)).refundable == money("0")
    with pytest.raises(Refused, match="PLAYER_BLOCKED"):
        await core.operator.refund_conversion(refunding(quote))


WRONG = [
    "player",
    "quote",
    "no-quote",
    "psp",
    "request",
    "reason",
    "actor",
    "other",
    "unknown",
    "points",
    "zero",
    "negative",
    "mills",
    "much",
]


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"player_id": ""}, "INVALID_REQUEST: player_id"),
        ({"quote_id": ""}, "INVALID_REQUEST: quote_id"),
        ({"quote_id": "another"}, "QUOTE_NOT_FOUND"),
        ({"psp_id": ""}, "INVALID_REQUEST: psp_id"),
        ({"request_id": ""}, "INVALID_REQUEST: request_id"),
        ({"reason": ""}, "INVALID_REQUEST: reason"),
        ({"actor": ""}, "INVALID_REQUEST: actor"),
        ({"amount": money("1", "BRL")}, "WRONG_CURRENCY"),
        ({"amount": money("1", "XYZ")}, "UNKNOWN_CURRENCY"),
        ({"amount": money("1", "PTS")}, "UNKNOWN_CURRENCY"),
        ({"amount": money("0")}, "INVALID_AMOUNT"),
        ({"amount": money("-1")}, "INVALID_AMOUNT"),
        ({"amount": money("0.001")}, "INVALID_PRECISION"),
        ({"amount": money("100.01")}, "AMOUNT_EXCEEDS_REFERENCE"),
    ],
    ids=WRONG,
)
async def test_a_refund_that_cannot_be_is_refused(core, members, reason):
    quote = await used(core, await converter(core))
    with pytest.raises(Refused, match=reason):
        await core.operator.refund_conversion(refunding(quote, **members))
    found = await core.operator.get_quote(pb.GetQuoteRequest(player_id=quote.player_id, quote_id=quote.quote_id))
    assert (found.quote, found.refundable) == (quote, money("100"))
