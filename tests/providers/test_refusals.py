"""Every bad input: the provider's own error, and afterwards nothing moved and nothing is stored."""

from decimal import Decimal

import msgspec
import pytest

from tests.providers.dialects import SECRET
from tests.providers.door import opened
from tests.providers.wire import Wire

HUGE = "9223372036854775807"


@pytest.fixture
async def untouched(door, player, fresh):
    """The id of a bet that must leave no trace."""
    bet = fresh("bet")
    yield bet
    assert await door.cash(player) == Decimal("100.00")
    assert await door.stored(bet) is None


def altered(wire, change):
    return msgspec.structs.replace(wire, body=change(wire.body))


def nested(raw):
    return raw[:-1] + b',"x":' + b"[" * 50_000 + b"]" * 50_000 + b"}"


def first(raw):
    """The name of the first member."""
    return raw.split(b'"', 2)[1]


def escaped(name):
    return f"\\u{name[0]:04x}".encode() + name[1:]


BODIES = {
    "nothing": lambda _: b"",
    "cut off": lambda raw: raw[:-1],
    "two documents": lambda raw: raw + raw,
    "an array": lambda raw: b"[" + raw + b"]",
    "a member twice": lambda raw: raw[:-1] + b',"' + first(raw) + b'":"somebody-else"}',
    "a member twice, once escaped": lambda raw: raw[:-1] + b',"' + escaped(first(raw)) + b'":"somebody-else"}',
    "not UTF-8": lambda raw: raw.replace(b'"EUR"', b'"EU\xff"'),
    "UTF-16": lambda raw: raw.decode().encode("utf-16"),
    "a byte order mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "half a surrogate pair": lambda raw: raw.replace(b'"EUR"', b'"\\ud800"'),
    "NUL": lambda raw: raw.replace(b'"EUR"', b'"EUR\\u0000"'),
    "nested too deeply": nested,
    "form encoding": lambda _: b"player_id=p&amount=10.00",
}


@pytest.mark.parametrize("change", BODIES.values(), ids=BODIES)
async def test_a_malformed_body_is_refused(door, player, token, untouched, change):
    reply = await door.send(altered(door.dialect.bet(player, token, untouched), change))

    door.refused(reply, "INVALID_REQUEST")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "1e1", "1E+1", "10.", ".5", "010", "+10", "1,00"])
async def test_what_is_no_plain_decimal_is_no_amount(door, player, token, untouched, amount):
    reply = await door.send(door.dialect.bet(player, token, untouched, amount))

    refused = reply.status, door.dialect.code(reply)
    assert refused in (door.dialect.expected("INVALID_AMOUNT"), door.dialect.expected("INVALID_REQUEST"))


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e1", " 10", "10 ", "", "0x10", "1_0", "\u0661\u0660"])
async def test_no_string_smuggles_an_amount_in(door, player, token, untouched, amount):
    quoted = msgspec.Raw(msgspec.json.encode(amount))
    reply = await door.send(door.dialect.bet(player, token, untouched, quoted))

    door.refused(reply, "INVALID_AMOUNT")


@pytest.mark.parametrize("amount", ["null", "true", "[10]", "{}", '{"units":10}'])
async def test_an_amount_of_another_type_is_refused(door, player, token, untouched, amount):
    reply = await door.send(door.dialect.bet(player, token, untouched, msgspec.Raw(amount.encode())))

    assert reply.status == 400


@pytest.mark.parametrize(
    "case",
    [
        ("0.0000001", "INVALID_PRECISION"),
        ("10.0000001", "INVALID_PRECISION"),
        ("0.0000000001", "INVALID_PRECISION"),
        ("-10.00", "INVALID_AMOUNT"),
        (HUGE, "INVALID_AMOUNT"),
        (HUGE + "0", "INVALID_AMOUNT"),
        ("9" * 200, "INVALID_AMOUNT"),
    ],
    ids=lambda case: case[0][:24],
)
async def test_an_amount_the_ledger_cannot_hold_is_refused(door, player, token, untouched, case):
    amount, code = case

    door.refused(await door.send(door.dialect.bet(player, token, untouched, amount)), code)


@pytest.mark.parametrize("currency", ["XXX", "eur", "Eur", "EURO", "€"])
async def test_an_unknown_currency_is_refused(door, player, token, untouched, currency):
    reply = await door.send(door.dialect.bet(player, token, untouched, currency=currency))

    door.refused(reply, "UNKNOWN_CURRENCY")


async def test_a_currency_the_player_has_not_is_refused(door, player, token, fresh):
    reply = await door.send(door.dialect.bet(player, token, fresh("bet"), currency="SEK"))

    door.refused(reply, "WRONG_CURRENCY")
    assert await door.cash(player) == Decimal("100.00")


async def test_an_unknown_player_is_refused(door, player, token, untouched, fresh):
    reply = await door.send(door.dialect.bet(fresh("nobody"), token, untouched))
    refused = reply.status, door.dialect.code(reply)
    assert refused in (door.dialect.expected("PLAYER_UNKNOWN"), door.dialect.expected("SESSION_UNKNOWN"))
    door.refused(await door.send(door.dialect.balance(fresh("nobody"))), "PLAYER_UNKNOWN")


async def test_an_unknown_session_is_refused(door, player, untouched, fresh):
    door.refused(await door.send(door.dialect.bet(player, fresh("token"), untouched)), "SESSION_UNKNOWN")


async def test_a_session_of_another_player_is_refused(door, core, player, untouched):
    other = await core.player(balance="100.00")
    token = await core.session(other, door.dialect.provider_id)

    assert 400 <= (await door.send(door.dialect.bet(player, token, untouched))).status < 500
    assert await door.cash(other) == Decimal("100.00")


async def test_a_game_the_provider_has_not_is_refused(dialect, core, player, fresh):
    """`strict` is registered with one game; the operator's token may name any provider."""
    token = await core.session(player, "strict")
    async with opened(dialect, core.target, core.operator_token, core, provider_id="strict") as strict:
        reply = await strict.send(dialect.bet(player, token, fresh("bet"), **dialect.game("poker")))
        strict.refused(reply, "GAME_NOT_ALLOWED")
        assert (await strict.send(dialect.bet(player, token, fresh("bet"), **dialect.game("roulette")))).status == 200
        assert await strict.cash(player) == Decimal("90.00")


async def test_a_provider_the_token_may_not_name_is_served_nothing(dialect, core, player, fresh):
    token = await core.session(player, "strict")
    async with opened(dialect, core.target, core.adapter_token, core, provider_id="strict") as strict:
        assert (await strict.send(dialect.bet(player, token, fresh("bet")))).status >= 500
        assert await strict.cash(player) == Decimal("100.00")


def unsigned(headers):
    return {name: value for name, value in headers.items() if name == "X-Wallet-Timestamp"}


def flipped(headers):
    return {
        name: value if name == "X-Wallet-Timestamp" else value[:-1] + ("0" if value[-1] != "0" else "1")
        for name, value in headers.items()
    }


def shouted(headers):
    return {name: value.upper() for name, value in headers.items()}


def emptied(headers):
    return dict.fromkeys(headers, "")


@pytest.mark.parametrize("change", [unsigned, flipped, shouted, emptied])
async def test_a_wrong_signature_is_refused(door, player, token, untouched, change):
    bet = door.dialect.bet(player, token, untouched)

    door.refused(await door.raw(bet, change(door.dialect.sign(bet))), "INVALID_SIGNATURE")


async def test_a_signature_of_another_key_is_refused(door, player, token, untouched):
    bet = door.dialect.bet(player, token, untouched)

    door.refused(await door.send(bet, secret=SECRET + b"x"), "INVALID_SIGNATURE")


async def test_a_flipped_byte_of_the_body_is_refused(door, player, token, untouched):
    bet = door.dialect.bet(player, token, untouched, "10.00")
    headers = door.dialect.sign(bet)
    ten, ninety = (bytes(door.dialect.amount(text)) for text in ("10.00", "90.00"))
    dearer = altered(bet, lambda raw: raw.replace(ten, ninety))
    assert dearer != bet

    door.refused(await door.raw(dearer, headers), "INVALID_SIGNATURE")


async def test_a_stale_timestamp_is_refused_where_the_protocol_has_one(door, player, token, fresh):
    bet = fresh("bet")
    reply = await door.send(door.dialect.bet(player, token, bet), now=1_000_000_000)

    if "X-Wallet-Timestamp" in door.dialect.sign(Wire("GET", "/")):
        door.refused(reply, "STALE_TIMESTAMP")
        assert await door.stored(bet) is None
    else:
        assert reply.status == 200


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json;charset=utf-16"]
)
async def test_a_wrong_content_type_is_refused(door, player, token, untouched, content_type):
    bet = msgspec.structs.replace(door.dialect.bet(player, token, untouched), headers={"Content-Type": content_type})

    door.refused(await door.send(bet), "UNSUPPORTED_CONTENT_TYPE")


async def test_a_body_without_a_content_type_is_refused(door, player, token, untouched):
    bet = msgspec.structs.replace(door.dialect.bet(player, token, untouched), headers={})

    door.refused(await door.send(bet), "UNSUPPORTED_CONTENT_TYPE")


async def test_a_megabyte_is_too_large(door, player, token, untouched):
    bet = altered(door.dialect.bet(player, token, untouched), lambda raw: raw + b" " * 1024 * 1024)

    door.refused(await door.send(bet), "TOO_LARGE")


async def test_an_error_tells_nothing_of_the_inside(door, player, token, untouched):
    for wire in (
        door.dialect.bet(player, "x" * 200, untouched),
        altered(door.dialect.bet(player, token, untouched), lambda _: b"{"),
        door.dialect.bet(player, token, untouched, currency="XXX"),
    ):
        reply = await door.send(wire)

        for word in (b"Traceback", b"Error", b"grpc", b"sql", b".py", b"msgspec", b"reason", b"R-", token.encode()):
            assert word not in reply.body
