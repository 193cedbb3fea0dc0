"""Cashback: what it is a part of, how much, and for which windows it has been computed (R-CASHBK-01, R-CASHBK-02)."""

from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain.entries import Keyed

BPS = 10_000


class Cashback(Struct, frozen=True):
    """How a cashback is computed (R-CASHBK-02): basis points of the base, in the currency's ledger units.

    Attributes:
        least: an amount below it is not paid.
        most: 0 for no cap.
        products: whose games count; empty: all.
    """

    bps: int
    least: int = 0
    most: int = 0
    products: tuple[str, ...] = ()

    def amount(self, base: int, quantum: int) -> int:
        """Return what is paid for a base: whole display units, never more than `most`, nothing below `least`."""
        exact = max(0, base) * self.bps // BPS
        amount = exact - exact % quantum
        amount = min(amount, self.most) if self.most else amount
        return amount if amount >= self.least else 0


class Turnover(Struct, frozen=True):
    """What a player's cash did at one game in a window, by the house's accounts and their signs.

    Attributes:
        stakes: cash stakes that were settled, less those given back.
        wins: cash won, below zero.
        promos: what promotions cost in cash, below zero; previous cashback is of it.
    """

    provider_id: str
    game_id: str
    stakes: int
    wins: int
    promos: int


def base(turnovers: Iterable[Turnover], counts: Callable[[str, str], bool]) -> int:
    """Return what a cashback is a part of (R-CASHBK-01): settled cash stakes less cash wins, of the games that count,
    less what promotions paid in cash, whatever it was for.
    """
    found = 0
    for each in turnovers:
        found += each.promos + (each.stakes + each.wins if counts(each.provider_id, each.game_id) else 0)
    return max(0, found)


class Covered(Keyed, frozen=True):
    """The windows of a campaign that a player's cashback has been computed for, in one currency.

    Attributes:
        covered: [start, end) in microseconds, in order, none touching another.
    """

    player_id: str
    campaign: str
    currency: str
    covered: tuple[tuple[int, int], ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is found by."""
        return self.player_id, self.campaign, self.currency

    def overlaps(self, start: int, end: int) -> bool:
        """Whether any moment of a window is in one of them."""
        return any(start < its_end and its_start < end for its_start, its_end in self.covered)

    def joined(self, start: int, end: int) -> "Covered":
        """Return it with another window, which overlaps none."""
        covered: list[tuple[int, int]] = []
        for window in sorted((*self.covered, (start, end))):
            if covered and covered[-1][1] == window[0]:
                window = covered.pop()[0], window[1]  # noqa: PLW2901
            covered.append(window)
        return replace(self, covered=tuple(covered))
