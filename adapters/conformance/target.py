"""The wallet under test, and whom of its players the kit may play with."""

from collections.abc import Awaitable, Callable

import msgspec

from adapters.conformance.dialect import Seat


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
