"""Rates: what a source says currencies are worth, as exact integers, and what makes a table fit to quote from.

A rate is an int of 10^-18: how much of the second currency one major unit of the first is worth. What is derived from
published rates (the other way round, by way of a third currency) is cut off, never rounded up, so that no way there and
back gains by itself.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from wallet_core.domain.entries import NO_PLAYER, Keyed
from wallet_core.domain.money import CURRENCIES, CurrencyKind

DIGITS = 18
ONE: int = 10**DIGITS
BPS = 10_000

CLIENT_DIGITS = 6
CLIENT_DIGITS_CRYPTO = 10
"""Decimals of the rate a player gets (R-FX-05)."""

PAIRS_MAX = 200

Place = tuple[str, int]
"""A table of rates: whose, and of when."""

_RATE = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,18}))?")

Pair = tuple[str, str, str]
"""Two currencies, and the rate as it was written: (EUR, BRL, 5.8123)."""


def rate_of(text: str) -> int:
    """Return the rate that is written so.

    Raises:
        ValueError: it is no decimal above zero with at most 12 digits before the point and 18 after it.
    """
    found = _RATE.fullmatch(text)
    rate = int(found[1]) * ONE + int((found[2] or "").ljust(DIGITS, "0")) if found else 0
    if not rate:
        raise ValueError(text)
    return rate


def text_of(rate: int) -> str:
    """Return a rate as a decimal."""
    whole, fraction = divmod(rate, ONE)
    return f"{whole}.{fraction:0{DIGITS}}".rstrip("0").rstrip(".")


class Rates(Keyed, frozen=True):
    """A table of mid rates, published once and never changed.

    Attributes:
        player_id: empty: rates are no player's.
        as_of: when the source says they were so, in microseconds; its tables are told apart by it.
        published_at: when it came here.
        pairs: each pair once, one way round. The base of the first is what goes between two that are no pair.
    """

    player_id: str
    source: str
    as_of: int
    published_at: int
    pairs: tuple[Pair, ...]

    @property
    def key(self) -> tuple[str, str, int]:
        """What it is found by."""
        return self.player_id, self.source, self.as_of

    @property
    def since(self) -> int:
        """From when on it ages: a source's clock cannot make it younger than it is here (R-TIME-02)."""
        return min(self.as_of, self.published_at)


def key_of(source: str, as_of: int) -> tuple[str, str, int]:
    """Return where a source's table of a moment stands."""
    return NO_PLAYER, source, as_of


class Table:
    """A table of rates, ready to be asked."""

    def __init__(self, pairs: Iterable[Pair]) -> None:
        """Take the pairs; they are well-formed (`faults`)."""
        self._rates = {(base, counter): rate_of(text) for base, counter, text in pairs}
        self._pivot = next(iter(self._rates))[0]

    @cached_property
    def currencies(self) -> tuple[str, ...]:
        """Return all that it names, in its order."""
        return tuple(dict.fromkeys(currency for pair in self._rates for currency in pair))

    @property
    def pairs(self) -> Mapping[tuple[str, str], int]:
        """Return what was published."""
        return self._rates

    def mid(self, source: str, target: str) -> int | None:
        """Return what one of `source` is worth in `target`; none where the table does not say."""
        leg = self._leg(source, target)
        if leg is None:
            there, onward = self._leg(source, self._pivot), self._leg(self._pivot, target)
            if there is None or onward is None:
                return None
            leg = there[0] * onward[0], there[1] * onward[1]
        return ONE * leg[0] // leg[1]

    def _leg(self, source: str, target: str) -> tuple[int, int] | None:
        """Return a published rate, or one the other way round, as a fraction."""
        if (source, target) in self._rates:
            return self._rates[source, target], ONE
        if (target, source) in self._rates:
            return ONE, self._rates[target, source]
        return None

    def client(self, source: str, target: str, margin: int) -> int | None:
        """Return what a player gets for one of `source` at a margin of so many hundredths of a percent."""
        mid = self.mid(source, target)
        return None if mid is None else client_rate(mid, margin, source, target)


def gaining(tables: Sequence[Table], source: str, target: str, margin: int) -> str | None:
    """Return a currency by way of which source, target and back would gain; none where none does (R-FX-10).

    Each step is taken at the first table that says it, as quotes are.
    """

    def client(given: str, received: str) -> int | None:
        rates = (table.client(given, received, margin) for table in tables)
        return next((rate for rate in rates if rate is not None), None)

    there = client(source, target)
    if there is None:
        return None
    for third in dict.fromkeys(currency for table in tables for currency in table.currencies):
        if third in {source, target}:
            continue
        onward, back = client(target, third), client(third, source)
        if onward is not None and back is not None and there * onward * back > ONE**3:
            return third
    return None


def client_rate(mid: int, margin: int, source: str, target: str) -> int:
    """Return the rate a player gets: the mid less the margin, cut off to 6 decimals, 10 for crypto (R-FX-05)."""
    crypto = CurrencyKind.CRYPTO in {CURRENCIES[source].kind, CURRENCIES[target].kind}
    step: int = 10 ** (DIGITS - (CLIENT_DIGITS_CRYPTO if crypto else CLIENT_DIGITS))
    return mid * (BPS - margin) // BPS // step * step


def faults(pairs: Iterable[Pair]) -> Iterator[str]:
    """Yield what is wrong with the form of a table, in words; nothing where it is well-formed."""
    seen: set[frozenset[str]] = set()
    for count, (base, counter, text) in enumerate(pairs, 1):
        if count > PAIRS_MAX:
            yield f"more than {PAIRS_MAX} pairs"
            return
        for code in (base, counter):
            known = CURRENCIES.get(code)
            if known is None or known.kind is CurrencyKind.POINTS:
                yield f"{code!r} is no currency that is converted (R-CUR-04)"
        if base == counter or frozenset((base, counter)) in seen:
            yield f"{base}/{counter}: each pair of two currencies once, one way round"
        seen.add(frozenset((base, counter)))
        try:
            rate_of(text)
        except ValueError:
            yield f"{base}/{counter}: the rate is a decimal above zero, such as 5.8123"
    if not seen:
        yield "no pair"


def gains(table: Table, margin: int) -> Iterator[str]:
    """Yield the triangles by which a player would gain (R-FX-10).

    There and back never gains, for the way back is derived. Nor does a triangle over the pivot alone: it is there and
    back three times. So only those with another published pair are looked at, both ways round.
    """
    pivot = table.currencies[0]
    for base, counter in table.pairs:
        if pivot in {base, counter}:
            continue
        for source, target in ((base, counter), (counter, base)):
            third = gaining([table], source, target, margin)
            if third is not None:
                yield f"{source} to {target} to {third} and back gains"


def apart(one: int, other: int, bps: int) -> bool:
    """Whether two rates differ by more than so many hundredths of a percent of the lower one (R-FX-09)."""
    return abs(one - other) * BPS > bps * min(one, other)
