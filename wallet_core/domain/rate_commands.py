"""What is done with rates: a source's table is published, or refused (R-FX-09, R-FX-10)."""

from typing import Any

from wallet_core.domain.commands import Recorded
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.desk import Desk, Poster
from wallet_core.domain.entries import NO_PLAYER, Keyed, Kind, Posting
from wallet_core.domain.fx_terms import SECOND, FxTerms
from wallet_core.domain.rates import Pair, Place, Rates, Table, apart, faults, gains, key_of, text_of

RATES = "~rates"
"""Prefix of those of tables: one id space a source."""

AHEAD = 60 * SECOND
"""How far a source's clock may be before ours."""


class PublishRates(Recorded, frozen=True):
    """Take a source's table of a moment, once for ever.

    Attributes:
        others: the last tables of the other sources.
    """

    source: str
    as_of: int
    pairs: tuple[Pair, ...]
    others: tuple[Place, ...] = ()
    terms: FxTerms = FxTerms()

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key: the same table may be sent by several (R-IDEM-01)."""
        return f"{RATES}:{self.source}", str(self.as_of)

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "RATES", *(word for pair in self.pairs for word in pair)

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The other sources' tables, and where this one goes."""
        return tuple((Rates, key_of(*place)) for place in (*self.others, (self.source, self.as_of)))


def _publish(desk: Desk, command: PublishRates) -> Posting:
    terms, at = command.terms, desk.at
    if all(source.name != command.source for source in terms.sources):
        raise Refused(Reason.INVALID_REQUEST, f"source: {command.source} is not one of the sources in the settings.")
    for fault in faults(command.pairs):
        raise Refused(Reason.INVALID_REQUEST, f"rates: {fault}.")
    rates = Rates(NO_PLAYER, command.source, command.as_of, at, command.pairs)
    if command.as_of > at + AHEAD:
        raise Refused(Reason.INVALID_REQUEST, "as_of: it is still to come; set the source's clock.")
    if not terms.fresh(rates, at):
        raise Refused(Reason.RATE_UNAVAILABLE, "The rates are too old to be quoted from; send newer ones.")
    table = Table(command.pairs)
    for triangle in gains(table, terms.margin_bps):
        raise Refused(Reason.INVALID_REQUEST, f"rates: {triangle} (R-FX-10).")
    for source, as_of in command.others:
        other = desk.book.noun(Rates, *key_of(source, as_of))
        if other is None or source == command.source or not terms.fresh(other, at):
            continue
        theirs = Table(other.pairs)
        for (base, counter), mid in table.pairs.items():
            known = theirs.mid(base, counter)
            if known and apart(mid, known, terms.deviation_bps):
                words = (
                    f"{base}/{counter} is {text_of(mid)}, and {text_of(known)} at {source}: too far apart (R-FX-09)."
                )
                raise Refused(Reason.RATE_UNAVAILABLE, words)
    desk.book.put(rates)
    info = (("source", command.source), ("pairs", str(len(command.pairs))))
    return Posting(Kind.NOTE, command.pairs[0][0], 0, info=info)


POSTINGS: dict[type[Recorded], Poster] = {PublishRates: _publish}
"""What it posts."""
