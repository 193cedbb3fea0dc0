"""Points: what stakes earn, and what they buy (rulebook 6.5). A currency that is no money (R-CUR-04). The commands are
in points_commands.py.

Ledger units are 10,000ths of a point. They lie in the pocket POINTS of the currency PTS. Points that are taken back and
are not there any more are owed: they stand in the pocket DEBT of PTS, and points to come pay them back, nothing else
(R-PTS-01).
"""

from typing import Any

from msgspec import Struct

from wallet_core.domain.accounts import DEBT, POINTS, POINTS_ISSUED
from wallet_core.domain.entries import NO_PLAYER, Entry, Keyed
from wallet_core.domain.money import CURRENCIES

PTS = "PTS"
"""The code of the currency points are."""

POINT = CURRENCIES[PTS].unit
"""Ledger units of one point."""


class PointsRate(Struct, frozen=True):
    """What stakes earn: `points` 10,000ths of a point for each `per` display units of cash of one currency.

    Attributes:
        version: of the policies it is from.
    """

    points: int = 0
    per: int = 1
    version: int = 0


NO_POINTS = PointsRate()
"""Of players who may not earn (R-PTS-04)."""


def earned(cash_staked: int, quantum: int, rate: PointsRate) -> int:
    """Return what settled cash stakes earn, rounded down to 10,000ths of a point (R-PTS-02).

    What a change of a round earns is the difference of what its stakes earn after and before it: so a rollback takes
    away just what its stake had brought (R-RB-04).

    Args:
        cash_staked: ledger units of the stakes' currency.
        quantum: ledger units of a display unit of it.
        rate: of the version the round began with.
    """
    return cash_staked * rate.points // (quantum * rate.per)


def entries_earned(points: int, owed: int = 0) -> tuple[Entry, ...]:
    """Return the journal, in PTS, of points that come in; of them what is owed is paid back first (R-PTS-01)."""
    back = min(points, owed)
    return _entries(points - back, back)


def entries_lost(points: int, held: int) -> tuple[Entry, ...]:
    """Return the journal, in PTS, of points that are taken back: what is not held is owed (R-PTS-01)."""
    taken = min(points, held)
    return _entries(-taken, taken - points)


def _entries(points: int, debt: int) -> tuple[Entry, ...]:
    lines = (Entry(POINTS, points), Entry(DEBT, debt), Entry(POINTS_ISSUED, -points - debt))
    return tuple(line for line in lines if line.amount)


class PointsPrice(Keyed, frozen=True):
    """One version of what points buy: a row that is only ever added (R-PTS-03).

    Attributes:
        points: whole points …
        amount: … that buy so many ledger units of the currency. Nothing, where they buy nothing any more.
    """

    player_id: str
    currency: str
    version: int
    points: int
    amount: int
    published_at: int = 0
    actor: str = ""
    reason: str = ""

    @property
    def key(self) -> tuple[Any, ...]:
        """What it is found by."""
        return price_key(self.currency, self.version)

    def value(self, points: int) -> int:
        """Return what whole points buy, rounded down to display units."""
        exact = points * self.amount // self.points
        return exact - exact % CURRENCIES[self.currency].quantum


def price_key(currency: str, version: int) -> tuple[Any, ...]:
    """Return the key of a version."""
    return NO_PLAYER, currency, version


def expirable(held: int, came_since: int) -> int:
    """Return what is left of the points that came in before a moment: whatever went, by then or since, was of the
    oldest (R-PTS-03).

    Args:
        held: what the pocket holds.
        came_since: the sum of what came into it at the moment, or later.
    """
    return max(0, held - came_since)
