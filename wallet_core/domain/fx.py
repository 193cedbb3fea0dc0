"""FX: what an amount is in another currency, at which price and for how long (rulebook 10). Nothing converts by itself.

A quote is the player's for some seconds, for one amount, once. Amounts are in display units on both sides, so that
what a player agrees to is what is posted; what rounding leaves is part of the margin.
"""

from collections.abc import Mapping
from enum import IntEnum

from msgspec import Struct

from wallet_core.domain.accounts import CASH
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import Keyed
from wallet_core.domain.fx_terms import DAY, FxTerms
from wallet_core.domain.money import CURRENCIES, INT64_MAX, Currency
from wallet_core.domain.pockets import Kept, Pocket, balances, withdrawable
from wallet_core.domain.rates import ONE, Rates, Table, apart, client_rate, gaining


class Side(IntEnum):
    """Which amount was asked for; numbers of wallet.v1.QuoteSide."""

    SELL = 1  # so much is given
    BUY = 2  # so much is received (R-FX-07)


class State(IntEnum):
    """Numbers of wallet.v1.QuoteState. EXPIRED is never stored: it follows from the time."""

    OPEN = 1
    USED = 2
    CANCELLED = 3
    REVERSED = 4
    EXPIRED = 5
    REFUNDED = 6  # all that was given has gone back where it came from
    PART_REFUNDED = 7


class Price(Struct, frozen=True):
    """What a conversion costs, in ledger units (R-FX-05..07).

    Attributes:
        client: the rate the player gets.
        given: of the source currency.
        credited: of the target currency.
        mid_value: what is given is worth without the margin, in the target currency.
    """

    client: int
    given: int
    credited: int
    mid_value: int


class Quote(Keyed, frozen=True):
    """A promise to one player (R-FX-02). All is written once but the last five: what has become of it.

    Attributes:
        mid, client: rates of `rates.ONE`.
        rate_source, rate_at: whose table, and of when.
        margin_bps: the margin that was asked; what it came to with the rounding is `margin`.
        policy_version: of the terms it was made by.
        reference, volume: what it counts for limits, at the rate of its table, never valued again (R-FX-13).
        transaction_id: of its execution.
        refunded, taken: what of `given` has gone back, and what of `credited` that took (R-FX-12).
    """

    player_id: str
    quote_id: str
    source: str
    target: str
    side: Side
    given: int
    credited: int
    mid: int
    client: int
    mid_value: int
    margin_bps: int
    rate_source: str
    rate_at: int
    policy_version: int
    reference: str
    volume: int
    created_at: int
    expires_at: int
    state: State
    changed_at: int
    transaction_id: bytes = b""
    refunded: int = 0
    taken: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """What it is found by."""
        return self.player_id, self.quote_id

    @property
    def margin(self) -> int:
        """What the house earns by it, in the target currency, what rounding leaves included (R-FX-06)."""
        return self.mid_value - self.credited

    def state_at(self, now: int) -> State:
        """Return the state with expiry seen; the end of the interval is outside it (R-FX-04, R-TIME-08)."""
        return State.EXPIRED if self.state is State.OPEN and now >= self.expires_at else self.state


class Converted(Struct, frozen=True):
    """One conversion that was made."""

    quote_id: str
    at: int
    source: str
    target: str
    reference: str
    volume: int


class Conversions(Keyed, frozen=True):
    """A player's conversions of the last 24 hours, oldest first; they are what limits count (R-FX-11)."""

    player_id: str
    done: tuple[Converted, ...] = ()

    @property
    def key(self) -> tuple[str]:
        """What it is found by."""
        return (self.player_id,)

    def within(self, at: int) -> tuple[Converted, ...]:
        """Return those that count at the microsecond: exactly 24 hours (R-TIME-04)."""
        return tuple(each for each in self.done if at - each.at < DAY)


def price(source: str, target: str, side: Side, amount: int, *, mid: int, margin: int) -> Price:
    """Return what a conversion of or to an amount costs at a mid rate and a margin.

    Raises:
        Refused: BELOW_MINIMUM, nothing would be credited; INVALID_AMOUNT, it would not fit.
    """
    client = client_rate(mid, margin, source, target)
    given, credited = CURRENCIES[source], CURRENCIES[target]
    if client <= 0:
        raise Refused(Reason.BELOW_MINIMUM)
    if side is Side.SELL:
        units = amount * client * credited.unit // (ONE * given.unit * credited.quantum)
        found = Price(client, amount, units * credited.quantum, _worth(given, credited, amount, mid))
    else:
        units = -(-amount * ONE * given.unit // (client * credited.unit * given.quantum))
        spent = units * given.quantum
        found = Price(client, spent, amount, _worth(given, credited, spent, mid))
    if not found.credited:
        raise Refused(Reason.BELOW_MINIMUM)
    if max(found.given, found.mid_value) > INT64_MAX:
        raise Refused(Reason.INVALID_AMOUNT)
    return found


def _worth(source: Currency, target: Currency, amount: int, mid: int) -> int:
    """Return what an amount is at a mid rate, in whole display units, half to even (R-FX-06)."""
    whole = ONE * source.unit * target.quantum
    units, rest = divmod(amount * mid * target.unit, whole)
    if 2 * rest > whole or (2 * rest == whole and units % 2):
        units += 1
    return units * target.quantum


def chosen(tables: tuple[Rates, ...], terms: FxTerms, source: str, target: str, at: int) -> tuple[Rates, Table, int]:
    """Return the table to quote a pair from, ready to be asked, and its mid rate.

    Args:
        tables: the last of each source.
        terms: which sources are believed, in which order, and for how long.
        source: what is given.
        target: what is received.
        at: the present.

    Raises:
        Refused: RATE_UNAVAILABLE: there is none, sources are too far apart, or a triangle gains (R-FX-09, R-FX-10).
    """
    names = [each.name for each in terms.sources]
    usable = sorted((rates for rates in tables if terms.fresh(rates, at)), key=lambda rates: names.index(rates.source))
    fresh = [(rates, table, table.mid(source, target)) for rates in usable for table in (Table(rates.pairs),)]
    found = [(rates, table, mid) for rates, table, mid in fresh if mid]
    if not found:
        raise Refused(Reason.RATE_UNAVAILABLE)
    mids = [mid for _, _, mid in found]
    if apart(min(mids), max(mids), terms.deviation_bps):
        raise Refused(
            Reason.RATE_UNAVAILABLE, f"The sources are apart on {source}/{target}; no quotes until they agree."
        )
    third = gaining([table for _, table, _ in fresh], source, target, terms.margin(at))
    if third is not None:
        raise Refused(Reason.RATE_UNAVAILABLE, f"{source}, {target}, {third} and back would gain at this margin.")
    return found[0]


def volume(table: Table, reference: str, source: str, amount: int) -> int:
    """Return what an amount counts for limits, in ledger units of their currency (R-FX-13).

    Raises:
        Refused: RATE_UNAVAILABLE, the table does not say.
    """
    mid = ONE if source == reference else table.mid(source, reference)
    if mid is None:
        raise Refused(Reason.RATE_UNAVAILABLE, f"There is no rate of {source}/{reference}, in which limits count.")
    return _worth(CURRENCIES[source], CURRENCIES[reference], amount, mid)


def allowed(done: tuple[Converted, ...], terms: FxTerms, quote: Quote, at: int) -> None:
    """Pass a conversion that keeps the limits (R-FX-11); `done` are those of the last 24 hours.

    Raises:
        Refused: LIMIT_REACHED, with words that say which.
    """
    if len(done) >= terms.daily_count:
        raise Refused(Reason.LIMIT_REACHED, f"At most {terms.daily_count} conversions in 24 hours.")
    spent = sum(each.volume for each in done if each.reference == quote.reference)
    if spent + quote.volume > terms.daily_volume * CURRENCIES[quote.reference].unit:
        raise Refused(
            Reason.LIMIT_REACHED, f"At most {terms.daily_volume} {quote.reference} are converted in 24 hours."
        )
    if any(each.target == quote.source and at - each.at < terms.min_holding for each in done):
        raise Refused(Reason.LIMIT_REACHED, "What was converted is to be held for a while first.")
    if round_trips(done) >= terms.round_trips:
        raise Refused(Reason.LIMIT_REACHED, "There and back too many times in 24 hours (AML-12).")


def round_trips(done: tuple[Converted, ...]) -> int:
    """Return how many times it went there and back."""
    there: list[tuple[str, str]] = []
    found = 0
    for each in done:
        if (each.target, each.source) in there:
            there.remove((each.target, each.source))
            found += 1
        else:
            there.append((each.source, each.target))
    return found


REFUNDABLE = frozenset({State.USED, State.PART_REFUNDED})
"""States in which there may be something to go back."""


def movable(currency: str, pockets: Mapping[str, Pocket], kept: Kept, *, frozen: bool = False) -> int:
    """Return the cash that may go into another currency, or back where it came from: of the main pocket, and no more
    than may leave (R-FX-14, R-DEBT-04).
    """
    cash = pockets.get(CASH)
    return min(cash.amount if cash else 0, withdrawable(balances(currency, pockets), kept, frozen=frozen))


def refundable(quote: Quote, left: int) -> int:
    """Return how much more of what was given may go back where it came from, when so much cash of the target is left.

    At the stored quote, and of all refunds together: what all that was taken and is left pays for, rounded down to
    display units (R-FX-12).
    """
    quantum = CURRENCIES[quote.source].quantum
    paid = quote.given * min(quote.taken + left, quote.credited) // quote.credited
    return paid // quantum * quantum - quote.refunded


def cost(quote: Quote, amount: int, left: int) -> int:
    """Return what it takes to give back an amount that is refundable.

    It is what all refunds together cost, rounded up to display units, less what was taken before: so the house never
    loses by rounding, parts cost what the whole does, and the whole costs just what was credited. Where less than a
    display unit is in the way, all that is left is enough.
    """
    quantum = CURRENCIES[quote.target].quantum
    whole = -(-quote.credited * (quote.refunded + amount) // (quote.given * quantum)) * quantum
    return min(whole - quote.taken, left)
