"""Hub88's and Caleta's own rules before a real core: repetitions to the byte, free bets, tokens that are replaced."""

import uuid
from decimal import Decimal

import msgspec
import pytest

from adapters.conformance.dialect import Seat
from adapters.conformance.dialects import dialects
from adapters.conformance.wires import posted
from adapters.faults import Fault
from tests.providers.door import at_once, move, opened

HUB88, CALETA = dialects()["hub88"], dialects()["caleta"]
replace = msgspec.structs.replace


@pytest.fixture(params=[HUB88, CALETA], ids=lambda dialect: dialect.name)
def dialect(request):
    return request.param


@pytest.fixture
async def caleta(doors):
    """A door of Caleta's, whatever the dialect of the others."""
    return await doors(CALETA)


def saying(wire, **members):
    """The same message with other members; None leaves one out."""
    said = msgspec.json.decode(wire.body) | members
    return replace(wire, body=msgspec.json.encode({name: value for name, value in said.items() if value is not None}))


def check(token):
    return posted("/wallet/check", {"token": token, "request_uuid": str(uuid.uuid4())})


def shown(reply):
    assert reply.members["status"] == "RS_OK", reply.body
    return Decimal(reply.members["balance"]).scaleb(-5)


@pytest.fixture
async def staked(door, seat):
    """A bet of 10.00 in a round of its own."""
    bet = move("bet", seat)
    assert shown(await door.send(door.dialect.bet(bet))) == Decimal(90)
    return bet


def won(bet, **members):
    return move("win", bet.seat, of=bet, round=bet.round, **members)


async def test_a_repeated_message_has_the_very_same_answer(door, staked):
    win = door.dialect.win(won(staked, amount="5.00"))
    first = [await door.send(wire) for wire in (door.dialect.bet(staked), win)]
    await door.send(door.dialect.bet(move("bet", staked.seat)))
    second = [await door.send(wire) for wire in (door.dialect.bet(staked), win)]

    assert [reply.body for reply in first] == [reply.body for reply in second]


async def test_twenty_copies_at_once_have_one_answer(door, seat):
    wire = door.dialect.bet(move("bet", seat))

    assert len({reply.body for reply in await at_once(*(door.send(wire) for _ in range(20)))}) == 1


async def test_a_win_finds_its_player_by_its_bet(door, staked):
    nameless = saying(door.dialect.win(won(staked, amount="5.00")), user=None, supplier_user=None, token=None)

    assert shown(await door.send(nameless)) == Decimal(95)


@pytest.mark.parametrize("amount", ["1.0", "1e5", '"1"', "true", "null", "[1]", "01"])
async def test_an_amount_that_is_no_whole_number_is_refused(door, seat, amount):
    bet = door.dialect.bet(move("bet", seat, amount="0.12345"))
    reply = await door.send(replace(bet, body=bet.body.replace(b"12345", amount.encode())))

    assert reply.members["status"] in ("RS_ERROR_WRONG_TYPES", "RS_ERROR_WRONG_SYNTAX")
    assert await door.cash(seat) == Decimal(100)


async def test_an_error_has_no_members_but_status_and_uuid(door, seat):
    reply = await door.send(door.dialect.bet(move("bet", seat, currency="SEK")))

    assert set(reply.members) == {"status", "request_uuid"}


async def test_a_free_bet_costs_nothing_and_its_win_is_real(door, seat):
    bet = move("bet", seat)
    taken = await door.send(saying(door.dialect.bet(bet), is_free=True))
    paid = await door.send(saying(door.dialect.win(won(bet, amount="3.00")), is_free=True))

    assert (shown(taken), shown(paid)) == (Decimal(100), Decimal(103))
    assert dict((await door.stored(bet)).info)["free_amount"] == "1000000"


async def test_the_win_of_a_free_bet_falls_with_it(door, seat):
    bet = move("bet", seat)
    await door.send(saying(door.dialect.bet(bet), is_free=True))
    await door.send(door.dialect.rollback(move("rollback", seat, of=bet, round=bet.round)))

    door.refused(await door.send(saying(door.dialect.win(won(bet)), is_free=True)), "REFERENCE_ROLLED_BACK")


async def test_a_free_bet_is_the_players_where_that_is_set(dialect, core):
    async with opened(dialect, core.target, core.adapter_token, core, own={"free_bets": "player"}) as door:
        reply = await door.send(saying(dialect.bet(move("bet", await door.seat())), is_free=True))

    assert shown(reply) == Decimal(90)


async def test_the_signature_is_of_these_bytes_and_in_this_header(door, seat):
    bet = move("bet", seat)
    signed = door.signed(door.dialect.bet(bet))
    name, other = door.dialect.signature, {"hub88": CALETA, "caleta": HUB88}[door.dialect.name].signature
    plain = {"Content-Type": "application/json"}
    spaced = replace(signed, body=signed.body.replace(b":", b": "))
    reordered = replace(signed, body=msgspec.json.encode(msgspec.json.decode(signed.body), order="sorted"))

    assert len({wire.body for wire in (signed, spaced, reordered)}) == 3
    for wire in (
        replace(signed, headers=plain | {other: signed.headers[name]}),
        replace(signed, headers=plain | {name: signed.headers[name].rstrip("=")}),
        spaced,
        reordered,
    ):
        door.refused(await door.raw(wire), Fault.INVALID_SIGNATURE)
    assert await door.stored(bet) is None


async def test_an_uncertain_answer_echoes_the_message(dead):
    bet = move("bet", Seat("p", "t"))
    for wire in (dead.dialect.bet(bet), dead.dialect.win(won(bet)), dead.dialect.balance(bet)):
        reply = await dead.send(wire)
        assert reply.members["request_uuid"] == msgspec.json.decode(wire.body)["request_uuid"]


async def test_a_repeated_check_has_the_same_new_token(caleta):
    token = (await caleta.seat()).token
    wire = check(token)
    replies = await at_once(*(caleta.send(wire) for _ in range(5)))

    assert len({reply.members["token"] for reply in replies}) == 1
    assert token not in replies[0].body.decode()


async def test_a_replaced_token_settles_and_stakes_no_more(caleta):
    first = await caleta.seat()
    second = replace(first, token=(await caleta.send(check(first.token))).members["token"])
    bet = move("bet", second)
    await caleta.send(CALETA.bet(bet))
    third = replace(first, token=(await caleta.send(check(second.token))).members["token"])

    late = await caleta.send(CALETA.bet(move("bet", second)))
    assert late.members["status"] == "RS_ERROR_TOKEN_EXPIRED"
    for asked in (CALETA.balance(move("balance", second)), check(second.token)):
        assert (await caleta.send(asked)).members["status"] == "RS_ERROR_INVALID_TOKEN"
    win = await caleta.send(CALETA.win(won(bet, amount="4.00")))
    undone = await caleta.send(CALETA.rollback(move("rollback", first, of=bet, round=bet.round)))
    taken = await caleta.send(CALETA.bet(move("bet", third, amount="1.00")))
    assert [shown(reply) for reply in (win, undone, taken)] == [Decimal(94), Decimal(104), Decimal(103)]


async def test_an_expired_token_is_called_so_by_caleta_for_bets_only(caleta):
    seat = await caleta.seat()
    await caleta.close(seat)

    bet = await caleta.send(CALETA.bet(move("bet", seat)))
    balance = await caleta.send(CALETA.balance(move("balance", seat)))
    assert bet.members["status"] == "RS_ERROR_TOKEN_EXPIRED"
    assert balance.members["status"] == "RS_ERROR_INVALID_TOKEN"
