"""Packs: what a jurisdiction asks of bonuses (rulebook 26.3), as data. Nothing else here knows a country.

The facts are inputs found by research; whoever goes live verifies them first.
"""

from msgspec import Struct

VERTICALS = {
    "CASINO": "casino",
    "LIVE": "casino",
    "SPORTS": "betting",
    "POKER": "poker",
    "BINGO": "bingo",
    "LOTTERY": "lottery",
    "MARKETPLACE": "marketplace",
}
"""The kind of gambling a product is, where a pack forbids mixing them."""


class Pack(Struct, frozen=True):
    """What one jurisdiction allows.

    Attributes:
        countries: whose players it is for, ISO 3166; the pack without a code is for all others.
        allowed: there may be bonuses at all.
        automatic: one may be granted that the player has not asked for (R-BONUS-04).
        max_multiplier: of the bonus, in hundredths; none: any.
        mixed: one bonus may be for several kinds of gambling.
        max_value: the most one may be worth, as (currency, major units); none: any.
        min_days: that a player must be given; 0: any.
        once: a player gets one in a lifetime.
        alike: no player may be offered other terms than the others.
        own_money_free: deposits and what they win may never be locked (R-FUND-16).
        source: where the facts are from.
    """

    code: str
    countries: tuple[str, ...] = ()
    allowed: bool = True
    automatic: bool = True
    max_multiplier: int | None = None
    mixed: bool = True
    max_value: tuple[str, int] | None = None
    min_days: int = 0
    once: bool = False
    alike: bool = False
    own_money_free: bool = False
    source: str = ""


PACKS: dict[str, Pack] = {
    pack.code: pack
    for pack in (
        Pack("", source="no jurisdiction's; the defaults of the rulebook"),
        Pack(
            "GB",
            ("GB",),
            max_multiplier=1_000,
            mixed=False,
            automatic=False,
            own_money_free=True,
            source="socially responsible incentives, in force 19 January 2026 (S1, S1b); funds stay free (S16)",
        ),
        Pack(
            "DK",
            ("DK",),
            max_value=("DKK", 1_000),
            min_days=60,
            alike=True,
            automatic=False,
            source="guidance on sales promotions (S31, S31b, S31c)",
        ),
        Pack("SE", ("SE",), once=True, automatic=False, source="one bonus, at the first play (S30)"),
        Pack("BR", ("BR",), allowed=False, automatic=False, source="no bonus to attract bets (S25b, S27)"),
    )
}

_BY_COUNTRY = {country: pack for pack in PACKS.values() for country in pack.countries}


def of(country: str) -> Pack:
    """Return the pack that a player of a country is under."""
    return _BY_COUNTRY.get(country, PACKS[""])
