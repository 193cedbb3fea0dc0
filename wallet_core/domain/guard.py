"""The guard a template is published through: what contradicts itself, in any jurisdiction."""

from collections.abc import Callable

from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.money import CURRENCIES, INT64_MAX, CurrencyKind
from wallet_core.domain.packs import PACKS, VERTICALS
from wallet_core.domain.policies import Split
from wallet_core.domain.promos import Base
from wallet_core.domain.templates import BPS, HUNDRED, Amounts, Period, Promotion, Trigger

DUST_PARTS = 10
"""Dust is at most a tenth of a major unit (R-BONUS-19)."""

MULTIPLIER_MAX = 100_000
PERCENT_MAX = 1_000_000
TRANCHES_MAX = 1_000

CATEGORIES = frozenset(
    {
        *("SLOTS", "JACKPOT_SLOTS", "TABLE", "LIVE", "VIDEO_POKER", "POKER", "CRASH", "INSTANT", "SCRATCH", "KENO"),
        *("BINGO", "LOTTERY", "SPORTS", "VIRTUAL_SPORTS", "ESPORTS"),
    }
)
"""The categories of games a contribution table may name (R-WAGER-05)."""

KEY_WORDS = ("game", "provider", "category", "product", "default")
"""What a key of a contribution table begins with."""


def check(promotion: Promotion) -> None:
    """Pass a promotion that means something; what policies make of it is for `bonus_rules` to say.

    Raises:
        Refused: INVALID_REQUEST, UNKNOWN_CURRENCY, INVALID_AMOUNT.
    """
    if promotion.pack not in PACKS:
        raise Refused(Reason.INVALID_REQUEST, f"pack: there is none of that name; one of {', '.join(sorted(PACKS))}.")
    for wrong, words in _SHAPE:
        if wrong(promotion):
            raise Refused(Reason.INVALID_REQUEST, words)
    for key, bps in promotion.terms.contributions:
        _check_contribution(key, bps)
    for table in promotion.amounts:
        _check_amounts(promotion, table)


def _check_contribution(key: str, bps: int) -> None:
    word, _, of = key.partition(":")  # ids of games and providers may have colons
    provider_id, _, category = of.rpartition(":")
    if word == "provider":
        shaped = provider_id != ""
    else:
        shaped, category = (of != "") is (word != "default"), of
    if word not in KEY_WORDS or not shaped or key.endswith(":"):
        raise Refused(Reason.INVALID_REQUEST, f"contributions: {key!r} is no key; see R-WAGER-05.")
    if word in {"category", "provider"} and category not in CATEGORIES:
        raise Refused(
            Reason.INVALID_REQUEST, f"contributions: {category} is no category; one of {', '.join(sorted(CATEGORIES))}."
        )
    if word == "product" and of not in VERTICALS:
        raise Refused(
            Reason.INVALID_REQUEST, f"contributions: {of} is no product; one of {', '.join(sorted(VERTICALS))}."
        )
    if not 0 <= bps <= BPS:
        raise Refused(Reason.INVALID_REQUEST, f"contributions: {key}: 0 to {BPS} basis points.")


def _check_amounts(promotion: Promotion, table: Amounts) -> None:
    known = CURRENCIES.get(table.currency)
    if known is None or known.kind is CurrencyKind.POINTS:
        raise Refused(Reason.UNKNOWN_CURRENCY, f"amounts: {table.currency} is no currency of money.")
    where = f"amounts: {table.currency}:"
    numbers = (
        *(table.fixed, table.most, table.least_deposit, table.most_deposit, table.max_bet, table.cap, table.dust),
        *(number for tier in table.tiers for number in (tier.deposit, tier.percent, tier.fixed)),
    )
    if not all(0 <= number <= INT64_MAX // BPS for number in numbers):
        raise Refused(Reason.INVALID_AMOUNT, f"{where} every amount is at least 0, and not beyond all use.")
    if [tier.deposit for tier in table.tiers] != sorted({tier.deposit for tier in table.tiers}):
        raise Refused(Reason.INVALID_REQUEST, f"{where} the deposits of the tiers must rise.")
    if table.dust * DUST_PARTS > known.unit:
        raise Refused(Reason.INVALID_AMOUNT, f"{where} dust is at most 0.10 (R-BONUS-19).")
    percent = max((promotion.percent, *(tier.percent for tier in table.tiers)))
    if percent and not table.most and not table.most_deposit:
        raise Refused(Reason.INVALID_REQUEST, f"{where} a part of the deposit needs `most` or `most_deposit`.")
    if not percent and not table.fixed and not any(tier.fixed for tier in table.tiers):
        raise Refused(Reason.INVALID_REQUEST, f"{where} nothing would ever be granted.")


# What contradicts itself in any jurisdiction: (whether it does, what to do).
_SHAPE: tuple[tuple[Callable[[Promotion], bool], str], ...] = (
    (lambda p: not p.title or not p.text, "title, text: the player must be told what is accepted."),
    (lambda p: not p.amounts, "amounts: at least one currency is needed."),
    (lambda p: len({each.currency for each in p.amounts}) < len(p.amounts), "amounts: each currency once."),
    (lambda p: not 0 <= p.terms.multiplier <= MULTIPLIER_MAX, "multiplier: 0 to 1,000 times."),
    (
        lambda p: not p.terms.multiplier and p.terms.split is not Split.ALL_TO_CASH,
        "multiplier: without wagering a bonus is cash: pay it as such (P-11), or send its wins to cash.",
    ),
    (lambda p: not 0 <= p.percent <= PERCENT_MAX, "percent: 0 to 10,000 %."),
    (
        lambda p: min(p.cap_of_bonus, p.cap_of_deposit, p.max_bet_of_bonus, p.ends_at) < 0,
        "cap_of_bonus, cap_of_deposit, max_bet_of_bonus, ends_at: never below 0.",
    ),
    (
        lambda p: (
            p.trigger is not Trigger.DEPOSIT
            and bool(
                p.percent
                or p.cap_of_deposit
                or p.period is Period.DEPOSIT
                or p.terms.base is Base.DEPOSIT_PLUS_BONUS
                or any(each.tiers or each.least_deposit or each.most_deposit for each in p.amounts)
            )
        ),
        "trigger: what depends on a deposit needs DEPOSIT.",
    ),
    (lambda p: not 1 <= p.terms.tranches <= TRANCHES_MAX, f"tranches: 1 to {TRANCHES_MAX}."),
    (lambda p: p.terms.sticky and p.terms.tranches > 1, "sticky: a principal that goes is not released in tranches."),
    (lambda p: p.terms.duration is not None and p.terms.duration <= 0, "duration: more than 0 seconds, or none."),
    (lambda p: p.claim_within is not None and p.claim_within <= 0, "claim_within: more than 0 seconds, or none."),
    (lambda p: p.places < 1, "places: at least 1."),
    (lambda p: p.terms.min_odds != 0 and p.terms.min_odds < HUNDRED, "min_odds: 0 for any, or 100 (1.00) and more."),
    (lambda p: bool(set(p.terms.products) - set(VERTICALS)), f"products: of {', '.join(sorted(VERTICALS))}."),
    (
        lambda p: p.terms.max_bet is not None or p.terms.cap is not None or p.terms.dust != 0,
        "terms: max_bet, cap and dust are amounts: they stand in the currency table.",
    ),
)
