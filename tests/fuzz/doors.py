"""What must be true of whatever a provider sends, at the adapter's door and at the core's: asked by every fuzzer."""

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path

import msgspec
from google.protobuf.message import Message
from wallet.v1.common_pb2 import Money
from wallet.v1.wallet_pb2 import CloseRoundRequest, PlayRequest

from adapters import providers
from adapters.conformance.dialect import Dialect, Move, Seat
from adapters.conformance.dialects import dialects
from adapters.faults import Rejected
from adapters.provider import Answer, Call, Endpoint, No, Provider, Request
from wallet_core.api import plays
from wallet_core.api.providers import Providers
from wallet_core.config import Provider as Registration
from wallet_core.domain.commands import Play, Terms
from wallet_core.domain.decision import Refused
from wallet_core.domain.money import CURRENCIES, INT64_MAX

NANOS = 10**9
LONGEST = 100
SERVER_ERRORS = range(500, 600)
PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)
INSIDE = re.compile(
    rb"Traceback|asyncpg|sqlite|grpc|site-packages|\.py\b|[a-z]Error\b|line [0-9]|0x[0-9a-f]{6}|"
    + re.escape(str(Path(__file__).parents[2]).encode())
)
"""What nobody outside is told: libraries, places in files, kinds of exceptions, addresses."""

LIVE = "live"
"""The key every provider here signs by."""

OF = {dialect.protocol: dialect for dialect in reversed(dialects().values())}
"""A dialect of each protocol; of several the first."""

# What is served only where it is asked for, so that every endpoint is asked.
SETTINGS = {"thrillgate": {"paths": {"debit": "/wallet/debit", "credit": "/wallet/credit"}}}

PLAINLY = {protocol for protocol, dialect in OF.items() if dialect.plain}
"""Who calls amounts `amount`, and means units of the currency: of these they are read a second time."""

REGISTERED = Providers(
    [Registration(provider_id=name, protocol=name, profile="generic") for name in providers.protocols()]
)


def connected(protocol: str, **settings: object) -> Provider:
    """Return a provider whose id is the name of its protocol."""
    module, dialect = providers.module(protocol), OF[protocol]
    own = msgspec.convert({**dialect.settings, **SETTINGS.get(protocol, {}), **settings}, module.Settings)
    return module.connect(protocol, (dialect.keys(LIVE).checks,), own)


def by_header(dialect: Dialect) -> bool:
    """Whether a request is signed beside it; others bear their signature in the body or the query, or are one."""
    seat = Seat("p-1", "t" * 40)
    move = Move(kind="bet", seat=seat, id="1" * 32, round="2" * 32, amount="1.00", currency="EUR")
    return dialect.signature in dialect.sign(dialect.bet(move), dialect.keys(LIVE).signs, 0.0).headers


def heard(provider: Provider, endpoint: Endpoint, request: Request, *, plainly: bool) -> Call | Answer | Rejected:
    """Return what an endpoint makes of a request: one of the three, exact, and sayable."""
    try:
        found = endpoint.read(request)
    except Rejected as rejected:
        answer = provider.refuse(No(rejected.code, rejected.detail), None)
        assert answer.status not in SERVER_ERRORS
        said(answer, request)
        return rejected
    if isinstance(found, Answer):
        said(found, request)
        return found
    assert isinstance(found, Call)
    asks = found.ask if isinstance(found.ask, list) else [found.ask]
    assert asks
    for ask in asks:
        assert type(ask).FromString(ask.SerializeToString()) == ask
        if isinstance(ask, PlayRequest | CloseRoundRequest):
            taken(ask)
    words = read(request.body) if request.body.lstrip().startswith((b"{", b"[")) else None
    assert not twice(words), request.body
    if not plainly or words is None:
        return found
    given = iter([Fraction(text) for text in priced(words) if len(text) < LONGEST and PLAIN.fullmatch(text)])
    for amount in chain.from_iterable(amounts(ask) for ask in asks):
        assert exact(amount) in given, f"{amount} is none of {request.body!r}"  # `in` goes on where it stopped
    return found


def leaks(answer: bytes, sent: bytes) -> list[bytes]:
    """Return what an answer tells of the inside; what it only repeats is none of it."""
    return [told[0] for told in INSIDE.finditer(answer) if told[0] not in sent]


def said(answer: Answer, request: Request) -> None:
    """Hold an answer to be JSON or a page, with nothing of the inside in it."""
    assert not leaks(answer.body, request.body + request.query.encode("utf-8", "surrogateescape")), answer.body
    if answer.content_type.endswith("json"):
        json.loads(answer.body)


def taken(request: PlayRequest | CloseRoundRequest) -> Play | None:
    """Return the command the core makes of a request, if it makes one: exact, and such as every database holds."""
    try:
        asked = plays.closing(request) if isinstance(request, CloseRoundRequest) else request
        command = plays.play(asked, REGISTERED, Terms())
    except Refused:
        return None
    for wire, action in zip(asked.actions, command.actions, strict=True):
        if action.amount is not None:
            # Without a currency, it is that of the session, the original or the round: until then nanos are counted.
            unit = CURRENCIES[command.currency].unit if command.currency else NANOS
            assert Fraction(action.amount, unit) == exact(wire.amount)
            assert (-INT64_MAX if action.signed else 0) <= action.amount
            assert action.amount <= (INT64_MAX if command.currency else INT64_MAX * NANOS)
    for text in texts(command):
        assert "\0" not in text
        text.encode()
    assert 0 <= command.occurred_at <= INT64_MAX
    return command


def texts(command: Play) -> Iterator[str]:
    yield from (command.player_id, command.provider_id, command.round_id, command.game_id, command.batch_id)
    yield from (command.operator_id, command.brand_id, command.currency)
    for action in command.actions:
        yield from (action.external_key, *action.references, *chain.from_iterable(action.info))


def exact(money: Money) -> Fraction:
    return money.units + Fraction(money.nanos, NANOS)


def amounts(message: Message) -> Iterator[Money]:
    """Yield every amount in a message, in order."""
    if isinstance(message, PlayRequest):
        for action in message.actions:
            if action.HasField("amount"):
                yield action.amount


def read(body: bytes) -> object:
    """Return what a body says, numbers as they are written and objects as tuples of their members: our own reading."""
    return json.loads(body, parse_int=str, parse_float=str, object_pairs_hook=tuple)


def twice(words: object) -> bool:
    """Whether a member occurs twice in an object."""
    if isinstance(words, tuple):
        return len({name for name, _ in words}) < len(words) or any(twice(inner) for _, inner in words)
    return isinstance(words, list) and any(map(twice, words))


def priced(words: object, name: str = "") -> Iterator[str]:
    """Yield the texts and numbers of the members called `amount`, in order."""
    if isinstance(words, str) and name == "amount":
        yield words
    elif isinstance(words, tuple):
        for inner_name, inner in words:
            yield from priced(inner, inner_name)
    elif isinstance(words, list):
        for inner in words:
            yield from priced(inner)
