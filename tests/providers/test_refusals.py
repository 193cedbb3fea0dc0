"""Every bad input: the provider's own error, and afterwards nothing moved and nothing is stored.

What a foreign wallet can be asked, too, is a case of the conformance kit; here is what needs a look inside.
"""

import json
from decimal import Decimal

import msgspec
import pytest

from adapters.conformance.cases import CROSSED
from adapters.conformance.dialect import Seat, Situation
from adapters.faults import Fault
from tests.providers.conftest import DIALECTS, game_of
from tests.providers.door import LIVE, move, opened


def sample(dialect, **seat):
    """A bet as it is sent."""
    bet = dialect.bet(move("bet", Seat("p", "t", **seat), id="1" * 32, round="2" * 32))
    return dialect.sign(bet, dialect.keys(LIVE).signs, 1e9)


def of(content_type, dialects=DIALECTS):
    """The dialects whose requests are sent as that."""
    found = [dialect for dialect in dialects if sample(dialect).headers.get("Content-Type") == content_type]
    return pytest.mark.parametrize("dialect", found, ids=lambda dialect: dialect.name)


def without(*lacking):
    """All dialects but those that lack one of these."""
    found = [dialect for dialect in DIALECTS if not dialect.lacks.keys() & set(lacking)]
    return pytest.mark.parametrize("dialect", found, ids=lambda dialect: dialect.name)


in_json = of("application/json")


@pytest.fixture
async def untouched(door, seat):
    """A bet that must leave no trace."""
    bet = move("bet", seat)
    yield bet
    assert await door.cash(seat) == Decimal("100.00")
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
    "not UTF-8": lambda raw: raw.replace(b'":"', b'":"\xff', 1),
    "UTF-16": lambda raw: raw.decode().encode("utf-16"),
    "a byte order mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "half a surrogate pair": lambda raw: raw.replace(b'":"', b'":"\\ud800', 1),
    "NUL": lambda raw: raw.replace(b'":"', b'":"\\u0000', 1),
    "nested too deeply": nested,
    "form encoding": lambda _: b"player_id=p&amount=10.00",
}


@in_json
@pytest.mark.parametrize("change", BODIES.values(), ids=BODIES)
async def test_a_malformed_body_is_refused(door, untouched, change):
    bet = door.dialect.bet(untouched)
    if door.dialect.signature in door.signed(bet).headers:
        door.refused(await door.send(altered(bet, change)), "INVALID_REQUEST")
    else:  # a body that bears its own signature is spoilt afterwards
        spoilt = altered(door.signed(bet), change)
        door.refused(await door.raw(spoilt), "INVALID_REQUEST", Fault.INVALID_SIGNATURE)


AMOUNTS = ["NaN", "Infinity", "-Infinity", "1e1", "1E+1", "10.", ".5", "010", "+10", "1,00", "0x10", "1_0", ""]
TYPES = ["null", "true", "[10]", "{}", '{"units":10}', "\u0661\u0660"]


@pytest.mark.parametrize("quoted", [False, True], ids=["plain", "quoted"])
@pytest.mark.parametrize("amount", AMOUNTS + TYPES)
async def test_what_is_no_plain_decimal_is_no_amount(door, untouched, amount, quoted):
    amount = json.dumps(amount, ensure_ascii=False) if quoted else amount
    reply = await door.send(door.dialect.bet(msgspec.structs.replace(untouched, amount=amount)))

    door.refused(reply, "INVALID_AMOUNT", "INVALID_REQUEST", Fault.INVALID_SIGNATURE)


@pytest.mark.parametrize("amount", ["0.0000001", "10.0000001", "0.0000000001"])
async def test_an_amount_the_ledger_cannot_hold_is_refused(door, untouched, amount):
    reply = await door.send(door.dialect.bet(msgspec.structs.replace(untouched, amount=amount)))

    door.refused(reply, "INVALID_PRECISION", "INVALID_AMOUNT", "INVALID_REQUEST")


@without(Situation.WRONG_CURRENCY)
@pytest.mark.parametrize("currency", ["XXX", "eur", "Eur", "EURO", "€", ""])
async def test_an_unknown_currency_is_refused(door, untouched, currency):
    reply = await door.send(door.dialect.bet(msgspec.structs.replace(untouched, currency=currency)))

    assert not door.dialect.read(reply).ok


@without(CROSSED, "refused.session-of-another-player")
async def test_a_session_of_another_player_is_refused_and_takes_from_neither(door, untouched):
    other = await door.seat()
    crossed = msgspec.structs.replace(untouched.seat, token=other.token)
    reply = await door.send(door.dialect.bet(msgspec.structs.replace(untouched, seat=crossed)))

    assert not door.dialect.read(reply).ok
    assert await door.cash(other) == Decimal("100.00")


NAMING_GAMES = [dialect for dialect in DIALECTS if game_of(dialect, "roulette") != game_of(dialect, "poker")]


@pytest.mark.parametrize("dialect", NAMING_GAMES, ids=lambda dialect: dialect.name)
async def test_a_game_the_provider_has_not_is_refused(dialect, core):
    provider_id = f"strict-{dialect.name}"
    async with opened(dialect, core.target, core.operator_token, core, provider_id=provider_id) as strict:
        seat = await strict.seat()
        roulette, poker = (msgspec.structs.replace(seat, game=game) for game in ("roulette", "poker"))
        strict.refused(await strict.send(dialect.bet(move("bet", poker))), "GAME_NOT_ALLOWED")
        assert dialect.read(await strict.send(dialect.bet(move("bet", roulette)))).ok
        assert await strict.cash(seat) == Decimal("90.00")


async def test_a_provider_the_token_may_not_name_is_served_nothing(dialect, core):
    provider_id = f"strict-{dialect.name}"
    async with opened(dialect, core.target, core.adapter_token, core, provider_id=provider_id) as strict:
        seat = await strict.seat()
        assert not dialect.read(await strict.send(dialect.bet(move("bet", seat)))).ok
        assert await strict.cash(seat) == Decimal("100.00")


@in_json
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json;charset=utf-16", None]
)
async def test_a_wrong_content_type_is_refused(door, untouched, content_type):
    signed = door.signed(door.dialect.bet(untouched))
    headers = {name: value for name, value in signed.headers.items() if name != "Content-Type"}
    headers |= {"Content-Type": content_type} if content_type else {}

    door.refused(await door.raw(msgspec.structs.replace(signed, headers=headers)), Fault.UNSUPPORTED_CONTENT_TYPE)


async def test_a_megabyte_is_too_large(door, untouched):
    signed = door.signed(door.dialect.bet(untouched))

    door.refused(await door.raw(altered(signed, lambda raw: raw + b" " * 1024 * 1024)), Fault.TOO_LARGE)


async def test_an_error_tells_nothing_of_the_inside(door, untouched):
    replace = msgspec.structs.replace
    nobody = replace(untouched, seat=Seat("x" * 200, "y" * 200))
    bet, secret = door.signed(door.dialect.bet(untouched)), door.dialect.keys(LIVE).signs
    for wire in (
        door.signed(door.dialect.bet(nobody)),
        door.signed(door.dialect.bet(replace(untouched, amount="-1.00"))),
        replace(bet, body=bet.body[:20], target=bet.target[:20]),
        door.dialect.bet(untouched),
    ):
        reply = await door.raw(wire)

        for word in (b"Traceback", b"Error:", b"grpc", b"sql", b".py", b"msgspec", b"R-", secret):
            assert word not in reply.body
