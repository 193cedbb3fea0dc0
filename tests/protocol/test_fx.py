"""Rates and quotes over a real channel."""

import time

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1 import fx_pb2 as pb
from wallet.v1.common_pb2 import Page
from wallet.v1.fx_pb2_grpc import FxServiceStub
from wallet.v1.ledger_pb2 import ListJournalsRequest
from wallet.v1.policies_pb2 import (
    POLICY_LAYER_BRAND,
    ApprovePoliciesRequest,
    DraftPoliciesRequest,
    PolicySetting,
)
from wallet.v1.wallet_pb2 import OUTCOME_APPLIED, TRANSACTION_KIND_FX

from tests.protocol.words import key
from tests.support.core import calling, core_on, money
from wallet_core.client import Refused, Wallet
from wallet_core.config import Fx, FxSource
from wallet_core.domain.fx import Side, State

FX = Fx(
    daily_count=100,
    sources=[FxSource(name="push", weekend_max_age=60), FxSource(name="other", weekend_max_age=60)],
    weekend_bps=0,
)
ECB = {"EUR/BRL": "5.8123", "EUR/USD": "1.0564"}


@pytest.fixture
async def core(sqlite_core_database):
    async with core_on(sqlite_core_database, fx=FX) as core:
        yield core


@pytest.fixture
async def any_core(core_database):
    async with core_on(core_database, fx=FX) as core:
        yield core


def publishing(mids=ECB, **members):
    pairs = [pb.Rate(base=pair[:3], counter=pair[4:], mid=mid) for pair, mid in mids.items()]
    now = Timestamp()
    now.FromNanoseconds(time.time_ns() // 1_000 * 1_000)
    return pb.PublishRatesRequest(**({"source": "push", "as_of": now, "rates": pairs} | members))


async def converter(core, balance="1000.00"):
    """A player with wallets of three currencies, and rates."""
    await core.operator.publish_rates(publishing())
    return await core.player(balance, currency_codes=["EUR", "BRL", "USD"])


def selling(player, amount="100.00", currency="BRL", **members):
    facts = {"player_id": player, "quote_id": key("q"), "sell": money(amount), "currency_code": currency}
    return pb.OpenQuoteRequest(**(facts | members))


def executing(quote, **members):
    facts = {
        "player_id": quote.player_id,
        "quote_id": quote.quote_id,
        "source": quote.source,
        "signature": quote.signature,
        "request_id": key("x"),
    }
    return pb.ExecuteQuoteRequest(**(facts | members))


@pytest.mark.parametrize(
    ("ours", "wire", "prefix"),
    [(Side, pb.QuoteSide, "QUOTE_SIDE_"), (State, pb.QuoteState, "QUOTE_STATE_")],
    ids=["side", "state"],
)
def test_enums_have_the_names_and_numbers_of_the_wire(ours, wire, prefix):
    on_the_wire = {name.removeprefix(prefix): number for name, number in wire.items() if number}
    assert {member.name: member.value for member in ours} == on_the_wire


async def test_a_player_converts_at_a_quote(any_core):
    player = await converter(any_core)
    request = selling(player)
    quote = (await any_core.operator.open_quote(request)).quote
    assert (quote.state, quote.side) == (pb.QUOTE_STATE_OPEN, pb.QUOTE_SIDE_SELL)
    assert (quote.mid_rate, quote.client_rate, quote.margin_bps) == ("5.8123", "5.725115", 150)
    assert (quote.source, quote.target) == (money("100"), money("572.51", "BRL"))
    assert (quote.mid_value, quote.margin) == (money("581.23", "BRL"), money("8.72", "BRL"))
    assert quote.expires_at.ToMicroseconds() - quote.created_at.ToMicroseconds() == 30_000_000
    assert (await any_core.operator.open_quote(request)).quote == quote

    execution = executing(quote)
    done = await any_core.operator.execute_quote(execution)
    assert done.response.results[0].outcome == OUTCOME_APPLIED
    assert done.response.balances_now.cash == money("900")
    assert done.quote.state == pb.QUOTE_STATE_USED
    assert done.quote.transaction_id == done.response.results[0].transaction_id
    assert (await any_core.operator.execute_quote(execution)).response.replayed
    with pytest.raises(Refused, match="QUOTE_USED"):
        await any_core.operator.execute_quote(executing(quote))

    journal = (await any_core.operator.list_journals(ListJournalsRequest(player_id=player))).journals[0]
    assert journal.transaction.kind == TRANSACTION_KIND_FX
    assert [(line.account, line.detail, line.amount) for line in journal.lines] == [
        ("CASH", "", money("-100")),
        ("FX_POSITION", "BRL", money("100")),
        ("CASH", "", money("572.51", "BRL")),
        ("FX_MARGIN", "EUR", money("8.72", "BRL")),
        ("FX_POSITION", "EUR", money("-581.23", "BRL")),
    ]
    found = await any_core.operator.get_quote(pb.GetQuoteRequest(player_id=player, quote_id=quote.quote_id))
    assert (found.quote, found.refundable) == (done.quote, money("100"))


async def test_so_much_is_bought(core):
    player = await converter(core)
    request = pb.OpenQuoteRequest(player_id=player, quote_id=key("q"), buy=money("572.52", "BRL"), currency_code="EUR")
    quote = (await core.operator.open_quote(request)).quote
    assert (quote.side, quote.source, quote.target) == (pb.QUOTE_SIDE_BUY, money("100.01"), money("572.52", "BRL"))


async def test_a_signature_is_the_quotes_and_nobody_elses(core):
    player = await converter(core)
    quotes = [(await core.operator.open_quote(selling(player))).quote for _ in range(2)]
    assert quotes[0].signature != quotes[1].signature
    for forged in ("", "x", quotes[1].signature, "é"):
        with pytest.raises(Refused, match="INVALID_REQUEST: signature"):
            await core.operator.execute_quote(executing(quotes[0], signature=forged))
    other = await core.player(currency_codes=["EUR", "BRL"])
    with pytest.raises(Refused, match="QUOTE_NOT_FOUND"):
        await core.operator.execute_quote(executing(quotes[0], player_id=other))
    with pytest.raises(Refused, match="INVALID_REQUEST: amount"):
        await core.operator.execute_quote(executing(quotes[0], source=money("99.00")))
    assert (await core.operator.execute_quote(executing(quotes[0]))).response.balances_now.cash == money("900")


async def test_a_cancelled_quote_is_over(core):
    player = await converter(core)
    quote = (await core.operator.open_quote(selling(player))).quote
    cancel = pb.CancelQuoteRequest(player_id=player, quote_id=quote.quote_id, request_id=key("c"))
    for _ in range(2):
        assert (await core.operator.cancel_quote(cancel)).quote.state == pb.QUOTE_STATE_CANCELLED
    with pytest.raises(Refused, match="QUOTE_USED"):
        await core.operator.execute_quote(executing(quote))


async def test_a_conversion_is_reversed_by_two_people(core):
    player = await converter(core)
    quote = (await core.operator.open_quote(selling(player))).quote
    await core.operator.execute_quote(executing(quote))
    facts = {"player_id": player, "quote_id": quote.quote_id, "reason": "mistake", "actor": "ann", "approver": "bob"}
    reversal = pb.ReverseQuoteRequest(**facts, request_id=key("r"))
    for missing in ("reason", "actor", "approver", "request_id", "quote_id"):
        wrong = pb.ReverseQuoteRequest()
        wrong.CopyFrom(reversal)
        wrong.ClearField(missing)
        with pytest.raises(Refused, match=f"INVALID_REQUEST: {missing}"):
            await core.operator.reverse_quote(wrong)
    alone = pb.ReverseQuoteRequest(**(facts | {"approver": "ann"}), request_id=key("r"))
    with pytest.raises(Refused, match="INVALID_REQUEST: approver"):
        await core.operator.reverse_quote(alone)
    done = await core.operator.reverse_quote(reversal)
    assert done.quote.state == pb.QUOTE_STATE_REVERSED
    assert done.response.balances_now.cash == money("1000")


async def test_who_vouches_for_nobody_reverses_nothing_under_two_names(sqlite_core_database):
    """R-SEC-01, A-26: one token is one, whoever it names."""
    async with core_on(sqlite_core_database, fx=FX) as core:
        player = await converter(core)
        quote = (await core.operator.open_quote(selling(player))).quote
        await core.operator.execute_quote(executing(quote))
    facts = {"player_id": player, "quote_id": quote.quote_id, "reason": "mistake", "actor": "ann", "approver": "bob"}
    async with core_on(sqlite_core_database, fx=FX, tokens=[calling("panel", vouches=True), calling("ops")]) as core:
        ops, panel = Wallet(core.target, "ops"), Wallet(core.target, "panel")
        with pytest.raises(Refused, match=r"INVALID_REQUEST: approver: .*vouches.*The actor is ops, and this is ops"):
            await ops.reverse_quote(pb.ReverseQuoteRequest(**facts, request_id="r"))
        same = facts | {"approver": " ANN"}
        with pytest.raises(Refused, match="INVALID_REQUEST: approver"):
            await panel.reverse_quote(pb.ReverseQuoteRequest(**same, request_id="r"))
        done = await panel.reverse_quote(pb.ReverseQuoteRequest(**facts, request_id="r"))
        assert done.quote.state == pb.QUOTE_STATE_REVERSED
        journal = (await panel.list_journals(ListJournalsRequest(player_id=player))).journals[0]
        info = journal.transaction.info
        assert (info["actor"], info["actor_identity"]) == ("ann", "panel:ann")
        assert (info["approver"], info["approver_identity"]) == ("bob", "panel:bob")
        await ops.close()
        await panel.close()


async def test_quotes_are_listed_newest_first(any_core):
    player = await converter(any_core)
    opened = [(await any_core.operator.open_quote(selling(player, f"{number}.00"))).quote for number in (1, 2, 3)]
    first = await any_core.operator.list_quotes(pb.ListQuotesRequest(player_id=player, page=Page(size=2)))
    assert list(first.quotes) == opened[:0:-1]
    page = Page(size=2, token=first.next_page_token)
    second = await any_core.operator.list_quotes(pb.ListQuotesRequest(player_id=player, page=page))
    assert (list(second.quotes), second.next_page_token) == (opened[:1], "")
    with pytest.raises(Refused, match="PLAYER_UNKNOWN"):
        await any_core.operator.list_quotes(pb.ListQuotesRequest(player_id="nobody"))


async def test_rates_are_published_and_read(any_core):
    request = publishing()
    first = await any_core.operator.publish_rates(request)
    assert not first.replayed
    assert (await any_core.operator.publish_rates(request)).replayed
    await any_core.operator.publish_rates(publishing({"EUR/BRL": "5.82"}, source="other"))
    answer = await any_core.operator.get_rates(pb.GetRatesRequest())
    assert [table.source for table in answer.tables] == ["push", "other"]
    assert (list(answer.tables[0].rates), answer.tables[0].as_of) == (list(request.rates), request.as_of)
    assert all(table.fresh for table in answer.tables)
    assert answer.margin_bps == 150
    alone = await any_core.operator.get_rates(pb.GetRatesRequest(source="other"))
    assert [table.source for table in alone.tables] == ["other"]
    with pytest.raises(Refused, match=r"RATE_UNAVAILABLE.*too far apart"):
        await any_core.operator.publish_rates(publishing({"EUR/BRL": "6"}, source="other"))


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"source": ""}, "INVALID_REQUEST: source"),
        ({"source": "stranger"}, "INVALID_REQUEST: source"),
        ({"as_of": None}, "INVALID_REQUEST: as_of"),
        ({"as_of": Timestamp(seconds=1)}, "RATE_UNAVAILABLE"),
        ({"as_of": Timestamp(seconds=250_000_000_000)}, "INVALID_REQUEST: as_of"),
        ({"rates": []}, "INVALID_REQUEST: rates"),
        ({"rates": [pb.Rate(base="EUR", counter="BRL", mid="1e3")]}, "INVALID_REQUEST: rates"),
        ({"rates": [pb.Rate(base="EUR", counter="BRL", mid="5")] * 201}, "INVALID_REQUEST: rates"),
    ],
    ids=["none", "stranger", "when", "old", "future", "empty", "rate", "many"],
)
async def test_rates_that_cannot_be_are_refused(core, members, reason):
    with pytest.raises(Refused, match=reason):
        await core.operator.publish_rates(publishing(**members))
    assert not (await core.operator.get_rates(pb.GetRatesRequest())).tables


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"player_id": ""}, "INVALID_REQUEST: player_id"),
        ({"player_id": "nobody"}, "PLAYER_UNKNOWN"),
        ({"quote_id": ""}, "INVALID_REQUEST: quote_id"),
        ({"quote_id": "~q"}, "INVALID_REQUEST: quote_id"),
        ({"sell": None}, "INVALID_REQUEST: sell or buy"),
        ({"currency_code": ""}, "UNKNOWN_CURRENCY"),
        ({"currency_code": "EUR"}, "INVALID_REQUEST: target"),
        ({"currency_code": "JPY"}, "WRONG_CURRENCY"),
        ({"sell": money("0.001")}, "INVALID_PRECISION"),
        ({"sell": money("-1.00")}, "INVALID_AMOUNT"),
        ({"sell": money("5000.01")}, "LIMIT_REACHED"),
    ],
    ids=["player", "nobody", "quote", "tilde", "amount", "currency", "same", "wallet", "mills", "negative", "limit"],
)
async def test_a_quote_that_cannot_be_is_refused(core, members, reason):
    player = await converter(core)
    with pytest.raises(Refused, match=reason):
        await core.operator.open_quote(selling(player, **members))


async def test_who_may_do_what(core):
    player = await converter(core)
    quote = (await core.operator.open_quote(selling(player))).quote
    asked = pb.GetQuoteRequest(player_id=player, quote_id=quote.quote_id)
    for role, method, request in (
        ("ADAPTER", "GetQuote", asked),
        ("ADAPTER", "OpenQuote", selling(player)),
        ("READER", "OpenQuote", selling(player)),
        ("READER", "ExecuteQuote", executing(quote)),
        ("READER", "RefundConversion", pb.RefundConversionRequest(player_id=player, quote_id=quote.quote_id)),
        ("CASHIER", "PublishRates", publishing()),
        ("CASHIER", "ReverseQuote", pb.ReverseQuoteRequest(player_id=player, quote_id=quote.quote_id)),
    ):
        async with core.channel(role) as (channel, metadata):
            with pytest.raises(grpc.aio.AioRpcError, match="has not the role"):
                await getattr(FxServiceStub(channel), method)(request, metadata=metadata)
    async with core.channel("READER") as (channel, metadata):
        assert (await FxServiceStub(channel).GetQuote(asked, metadata=metadata)).quote == quote
    async with core.channel("CASHIER") as (channel, metadata):
        done = await FxServiceStub(channel).ExecuteQuote(executing(quote), metadata=metadata)
    assert done.quote.state == pb.QUOTE_STATE_USED


async def test_a_published_policy_decides_the_margin(core):
    setting = PolicySetting(key="fx.margin_bps", layer=POLICY_LAYER_BRAND, scope="lucky", value="20")
    await core.operator.draft_policies(
        DraftPoliciesRequest(draft_id="cheap", author="ann", reason="wanted", settings=[setting])
    )
    approval = ApprovePoliciesRequest(draft_id="cheap", approver="bob")
    published = (await core.operator.approve_policies(approval)).publication
    quote = (await core.operator.open_quote(selling(await converter(core)))).quote
    assert (quote.margin_bps, quote.policy_version) == (20, published.version)
    assert (await core.operator.execute_quote(executing(quote))).quote.state == pb.QUOTE_STATE_USED
