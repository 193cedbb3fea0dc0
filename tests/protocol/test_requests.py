"""Malformed requests: each is refused by name, before anything is asked or stored."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1 import wallet_pb2 as pb
from wallet.v1.common_pb2 import Money, Page
from wallet.v1.rounds_pb2 import ListOpenRoundsRequest
from wallet.v1.rounds_pb2_grpc import RoundServiceStub

from tests.protocol.words import action, bet, key, play, rollback, win
from tests.support.core import money
from wallet_core.api.fields import cursor, page_token
from wallet_core.client import Refused
from wallet_core.domain.decision import Refused as DomainRefused


def with_action(**members):
    request = bet("p")
    for name, value in members.items():
        if name == "amount":
            request.actions[0].amount.CopyFrom(value)
        elif name == "info":
            request.actions[0].info.update(value)
        else:
            setattr(request.actions[0], name, value)
    return request


BAD = {
    "no actions": (play("p"), "actions"),
    "too many actions": (play("p", *[action("note") for _ in range(101)]), "actions"),
    "no provider": (bet("p", provider_id=""), "provider_id"),
    "strange provider": (bet("p", provider_id="a b"), "provider_id"),
    "strange player": (bet("p p"), "player_id"),
    "long player": (bet("p" * 65), "player_id"),
    "nobody": (bet(""), "player_id, session_token or original_key"),
    "no kind": (with_action(kind=0), r"actions\[0\].kind"),
    "strange kind": (with_action(kind=77), r"actions\[0\].kind"),
    "no key": (with_action(external_key=""), "external_key"),
    "long key": (with_action(external_key="k" * 256), "external_key"),
    "NUL in a key": (with_action(external_key="a\0b"), "external_key"),
    "a key of our own": (with_action(external_key="~batch:1"), "external_key"),
    "strange category": (with_action(category=99), "category"),
    "a key twice": (play("p", action("note", external_key="k"), action("note", external_key="k")), "external_key"),
    "bet without amount": (play("p", action("bet")), "amount"),
    "bet without round": (bet("p", round_id=""), "round_id"),
    "closing no round": (win("p", round_id="", close_round=True), "round_id"),
    "long round": (bet("p", round_id="r" * 256), "round_id"),
    "an amount of another currency than the minimum's": (
        play("p", action("bet", "1", minimum_balance=money("1", "USD"))),
        "one currency",
    ),
    "two currencies": (play("p", action("bet", "1"), action("win", "1", currency="USD")), "one currency"),
    "another currency than the play's": (bet("p", currency_code="USD"), "one currency"),
    "rollback of nothing": (play("p", action("rollback")), "references"),
    "rollback of two": (play("p", action("rollback", references=["a", "b"])), "references"),
    "strange reference": (rollback("p", "\x1b[31m", external_key="v"), "references"),
    "minimum of a win": (play("p", action("win", "1", minimum_balance=money("1"))), "minimum_balance"),
    "too much info": (with_action(info={str(n): "" for n in range(33)}), "info"),
    "too long info": (with_action(info={"k": "v" * 4096}), "info"),
    "NUL in info": (with_action(info={"k": "\0"}), "info"),
    "before 1970": (bet("p", occurred_at=Timestamp(seconds=-1)), "occurred_at"),
    "strange nanos": (bet("p", occurred_at=Timestamp(nanos=-1)), "occurred_at"),
    "long batch": (bet("p", batch_id="b" * 256), "batch_id"),
    "long token": (bet("", session_token="t" * 256), "session_token"),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_malformed_play_is_refused_naming_the_field(core, name):
    request, field = BAD[name]
    with pytest.raises(Refused, match=rf"INVALID_REQUEST: .*{field}"):
        await core.operator.play(request)


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        (Money(currency_code="XYZ", units=1), "UNKNOWN_CURRENCY"),
        (Money(currency_code="eur", units=1), "UNKNOWN_CURRENCY"),
        (Money(currency_code="EUR", nanos=1), "INVALID_PRECISION"),
        (Money(currency_code="EUR", units=1, nanos=-1_000_000), "INVALID_AMOUNT"),
        (Money(currency_code="EUR", nanos=1_000_000_000), "INVALID_AMOUNT"),
        (Money(currency_code="EUR", nanos=-(2**31)), "INVALID_AMOUNT"),
        (Money(currency_code="EUR", units=2**63 - 1), "INVALID_AMOUNT"),
        (Money(currency_code="EUR", units=-1), "INVALID_AMOUNT"),
    ],
    ids=["unknown", "lower-case", "fine", "two-signs", "nano-unit", "nano-min", "overflow", "negative"],
)
async def test_an_amount_that_is_none_is_refused(core, amount, reason):
    player = await core.player()
    with pytest.raises(Refused, match=reason):
        await core.adapter.play(_of(player, amount, pb.ACTION_KIND_BET))
    with pytest.raises(Refused, match=reason):
        await core.adapter.play(_of(player, amount, pb.ACTION_KIND_ROLLBACK))
    balance = await core.operator.get_balance(pb.GetBalanceRequest(player_id=player))
    assert balance.balances.cash == money("1000")


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        (Money(nanos=1), "INVALID_PRECISION"),
        (Money(units=1, nanos=-1_000_000), "INVALID_AMOUNT"),
        (Money(nanos=1_000_000_000), "INVALID_AMOUNT"),
        (Money(units=2**63 - 1, nanos=999_999_999), "INVALID_AMOUNT|INVALID_PRECISION"),
        (Money(units=2**63 - 1), "INVALID_AMOUNT"),
        (Money(units=-1), "INVALID_AMOUNT"),
    ],
    ids=["fine", "two-signs", "nano-unit", "both", "overflow", "negative"],
)
async def test_an_amount_without_a_currency_that_is_none_is_refused(core, amount, reason):
    player = await core.player()
    for kind in (pb.ACTION_KIND_BET, pb.ACTION_KIND_ROLLBACK):
        with pytest.raises(Refused, match=reason):
            await core.adapter.play(_of(player, amount, kind))
    balance = await core.operator.get_balance(pb.GetBalanceRequest(player_id=player))
    assert balance.balances.cash == money("1000")


def _of(player, amount, kind):
    return play(player, pb.Action(kind=kind, external_key=key(), amount=amount, references=["bet:x"]))


async def test_only_an_adjustment_may_be_below_zero(core):
    player = await core.player("10.00")
    for kind in ("bet", "win", "amend", "rollback"):
        for category in pb.Category.values():
            if (kind, category) == ("win", pb.CATEGORY_ADJUSTMENT):
                continue
            below = action(kind, "-1.00", category=category, references=["bet:x"])
            with pytest.raises(Refused, match="INVALID_AMOUNT"):
                await core.adapter.play(play(player, below))
    for currency, left, owed in (("EUR", "4.00", 0), ("", "0", 2)):
        adjusted = action("win", "-6.00", currency=currency, category=pb.CATEGORY_ADJUSTMENT)
        said = await core.adapter.play(play(player, adjusted))
        assert (said.balances_now.cash, said.balances_now.debt.units) == (money(left), owed)
    query = pb.GetTransactionRequest(provider_id="thrillgate", external_key=adjusted.external_key)
    found = (await core.adapter.get_transaction(query)).transaction
    assert found.amount == money("-6.00")
    assert {part.pocket: part.amount for part in found.parts} == {"CASH": money("-4"), "DEBT": money("-2")}


async def test_a_corrected_request_may_use_the_key_again(core):
    player = await core.player()
    request = bet(player, "0.0000001", external_key=key())
    with pytest.raises(Refused, match="INVALID_PRECISION"):
        await core.adapter.play(request)
    request.actions[0].amount.CopyFrom(money("1"))
    assert (await core.adapter.play(request)).results[0].outcome == pb.OUTCOME_APPLIED


async def test_page_limits(core):
    player = await core.player()
    for page in (Page(size=-1), Page(size=1001), Page(token="%%%"), Page(token="AAAA"), Page(token=page_token((1, 2)))):
        with pytest.raises(Refused, match="INVALID_REQUEST: page"):
            await core.operator.list_transactions(pb.ListTransactionsRequest(player_id=player, page=page))
        async with core.channel() as (channel, metadata):
            with pytest.raises(Exception, match="page"):
                await RoundServiceStub(channel).ListOpenRounds(ListOpenRoundsRequest(page=page), metadata=metadata)
    full = await core.operator.list_transactions(pb.ListTransactionsRequest(player_id=player, page=Page(size=1000)))
    assert len(full.transactions) == 1
    assert not full.next_page_token


def test_a_page_token_says_where():
    assert cursor(Page(token=page_token(bytes(16))), bytes) == bytes(16)
    with pytest.raises(DomainRefused):
        cursor(Page(token=page_token(bytes(16))), int)
