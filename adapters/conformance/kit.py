"""The runner: cases against a URL, each with fresh ids, and a verdict for each."""

import enum
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from adapters.conformance.dialect import Dialect, Seat


class Outcome(enum.Enum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


class Verdict(msgspec.Struct, frozen=True):
    """What became of a case."""

    # Its name: "bet.repeated".
    case: str
    # Rule id or protocol section.
    source: str
    outcome: Outcome
    # FAILED: which step, what was said and what was expected; NOT_APPLICABLE: why. Holds no secret and no token.
    detail: str = ""
    seconds: float = 0.0


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """The wallet under test. Its players play with nobody else while the kit runs, and have at least 100 units."""

    # Without a path, or with one that goes before the dialect's.
    url: str
    # What the provider signs with (for key pairs: the private key). All must be accepted: two while a key is rotated.
    secrets: tuple[bytes, ...]
    player: Seat
    # Another player of the same currency.
    other: Seat | None = None
    # One who may not stake.
    blocked: Seat | None = None
    # A session of `player` that has ended.
    expired: Seat | None = None
    # One who may stake 1.00 at a time and not 50.00.
    limited: Seat | None = None
    # One with another currency.
    foreign: Seat | None = None
    # A currency the wallet knows and `player` has not.
    other_currency: str = "SEK"
    # Seconds for an answer; 0: what the dialect says the provider waits.
    answer_within: float = 0.0
    # Stops and starts the wallet and returns its URL.
    restart: Callable[[], Awaitable[str]] | None = None


async def run(dialect: Dialect, target: Target, *, only: Sequence[str] = ()) -> list[Verdict]:
    """Play every case of `dialect` against `target`; with `only`, those whose names begin with one of these."""
    raise NotImplementedError
