"""100hp before a real core: the life of a txId, each repetition an error of its own, and statuses beyond HTTP's."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from adapters.conformance.dialects import dialects
from adapters.conformance.wires import posted
from tests.providers.door import LIVE, at_once, move, opened

DIALECT = dialects()["hundredhp"]
SECRET = DIALECT.keys(LIVE).signs.decode()


@pytest.fixture
def dialect():
    return DIALECT


def deposit(bet, amount="15.00"):
    return DIALECT.win(move("win", bet.seat, of=bet, amount=amount))


def rollback(bet):
    return DIALECT.rollback(move("rollback", bet.seat, of=bet))


async def test_the_secret_of_the_body_is_asked_for(door, seat):
    for wrong in (SECRET + "x", SECRET[:-1], SECRET.upper(), ""):
        reply = await door.raw(posted("/balance", {"secret": wrong, "sessionId": seat.token}))
        assert (reply.status, reply.members["errCode"]) == (601, 601)


async def test_twenty_copies_at_once_are_one_withdrawal(door, seat):
    bet = DIALECT.bet(move("bet", seat))
    replies = await at_once(*(door.send(bet) for _ in range(20)))

    assert sorted(reply.status for reply in replies) == [200] + [607] * 19
    assert await door.cash(seat) == Decimal("90.00")


async def test_twenty_copies_at_once_are_one_deposit(door, seat):
    bet = move("bet", seat)
    await door.send(DIALECT.bet(bet))
    replies = await at_once(*(door.send(deposit(bet)) for _ in range(20)))

    assert sorted(reply.status for reply in replies) == [200] + [609] * 19
    assert await door.cash(seat) == Decimal("105.00")


async def test_deposit_and_rollback_at_once_end_as_one_of_them(door, seat):
    bet = move("bet", seat)
    await door.send(DIALECT.bet(bet))
    paid, undone = await at_once(door.send(deposit(bet)), door.send(rollback(bet)))

    assert (paid.status, undone.status) in {(200, 609), (608, 200)}
    assert await door.cash(seat) == (Decimal("105.00") if paid.status == 200 else Decimal("100.00"))


async def test_a_balance_is_not_shown_after_the_session(door, seat):
    await door.close(seat)

    assert (await door.send(DIALECT.balance(move("balance", seat)))).status == 604


async def test_a_session_in_another_currency_stakes_nothing(door):
    assert (await door.send(DIALECT.bet(move("bet", await door.seat(currency="SEK"))))).status == 400


async def test_what_is_shown_is_cut_and_not_rounded(door, seat):
    reply = await door.send(DIALECT.bet(move("bet", seat, amount="0.001")))

    assert reply.members["balance"] == "99.99"


async def test_an_account_without_a_currency_books_nothing(core):
    unset = replace(DIALECT, settings={})
    async with opened(unset, core.target, core.adapter_token, core) as door:
        seat = await door.seat()
        assert (await door.send(DIALECT.bet(move("bet", seat)))).status == 400
        assert (await door.send(DIALECT.balance(move("balance", seat)))).status == 200
        assert await door.cash(seat) == Decimal("100.00")
