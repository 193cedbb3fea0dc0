"""FX terms: the operator's rules of conversions. Time is part of them: a closed market, and what is too old."""

from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.players import Player, context
from wallet_core.domain.policies import Policies
from wallet_core.domain.rates import Rates

SECOND = 1_000_000
DAY = 86_400 * SECOND
MINUTE = 60 * SECOND
WEEK = 7 * 24 * 60
EPOCH = 3 * 24 * 60
"""Minutes of a week, from Monday 00:00 UTC on; and at which of them 1970 began."""


class Source(Struct, frozen=True):
    """Whose rates are taken, and how old they may be, in microseconds (R-FX-09).

    Attributes:
        weekend_max_age: while the market is closed; 0: then its rates are not taken.
    """

    name: str
    max_age: int = 60 * SECOND
    weekend_max_age: int = 900 * SECOND


class FxTerms(Struct, frozen=True):
    """The operator's rules of conversions; times in microseconds, margins in hundredths of a percent.

    Attributes:
        weekend_bps: more margin while the market is closed.
        ttl: how long a quote stands.
        deviation_bps: how far sources may lie apart before none is believed.
        daily_count, daily_volume: what a player may convert in any 24 hours; the volume in major units of `reference`.
        min_holding: how long what was converted stays before it may be converted on.
        round_trips: how many times there and back in 24 hours end it (AML-12).
        sources: the first that has a usable rate is taken.
        closes, opens: the minutes of the week, from Monday 00:00 UTC on, between which the market is closed. The
            default is from Friday 21:00 to Sunday 22:00, New York's 17:00 in summer and winter.
        version: of the policy these are.
    """

    margin_bps: int = 150
    weekend_bps: int = 100
    ttl: int = 30 * SECOND
    deviation_bps: int = 100
    daily_count: int = 5
    daily_volume: int = 5_000
    reference: str = "EUR"
    min_holding: int = 0
    round_trips: int = 3
    sources: tuple[Source, ...] = ()
    closes: int = (4 * 24 + 21) * 60
    opens: int = (6 * 24 + 22) * 60
    version: int = 0

    def weekend(self, at: int) -> bool:
        """Whether the market is closed."""
        return self.closes <= (at // MINUTE + EPOCH) % WEEK < self.opens

    def margin(self, at: int) -> int:
        """Return the margin of a quote made now."""
        return self.margin_bps + (self.weekend_bps if self.weekend(at) else 0)

    def fresh(self, rates: Rates, at: int) -> bool:
        """Whether a table may be quoted from (R-FX-09); its age at which it may not is outside (R-TIME-08)."""
        for source in self.sources:
            if source.name == rates.source:
                return at - rates.since < (source.weekend_max_age if self.weekend(at) else source.max_age)
        return False


def in_force(terms: FxTerms, policies: Policies, player: Player, currency: str) -> FxTerms:
    """Return the terms of a player who converts from a currency: what policies say (R-CFG-05), else what the terms do.

    `fx.max_age` makes no source's rates last longer; it is of an open market.
    """

    def said(key: str, of: str, otherwise: int) -> int:
        return policies.said(key, context(player, of=of), otherwise)

    unit = CURRENCIES[terms.reference].unit
    oldest = max((source.max_age for source in terms.sources), default=0)
    max_age = said("fx.max_age", "", oldest // SECOND) * SECOND
    return replace(
        terms,
        margin_bps=said("fx.margin_bps", currency, terms.margin_bps),
        weekend_bps=said("fx.weekend_bps", currency, terms.weekend_bps),
        ttl=said("fx.ttl", "", terms.ttl // SECOND) * SECOND,
        daily_count=said("fx.daily_count", "", terms.daily_count),
        daily_volume=said("fx.daily_volume", terms.reference, terms.daily_volume * unit) // unit,
        sources=tuple(replace(source, max_age=min(source.max_age, max_age)) for source in terms.sources),
        version=policies.version,
    )
