"""The guard a template is published through: what contradicts itself, and what its jurisdiction forbids."""

from collections.abc import Callable

from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.money import CURRENCIES, INT64_MAX, CurrencyKind
from wallet_core.domain.packs import PACKS, VERTICALS, Pack
from wallet_core.domain.policies import Split
from wallet_core.domain.promos import Base, OnWithdrawal
from wallet_core.domain.templates import BPS, Amounts, Period, Promotion, Tier, Trigger

DAY = 86_400
"""Seconds."""

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

KEY_WORDS = {"game": 2, "provider": 3, "category": 2, "product": 2, "default": 1}
"""The keys of a contribution table by their first word, and how many words each has."""


def check(promotion: Promotion) -> None:
    """Pass a promotion that may be published.

    Raises:
        Refused: INVALID_REQUEST, it contradicts itself; TEMPLATE_FORBIDDEN, its pack forbids it (R-BONUS-02).
    """
    pack = PACKS.get(promotion.pack)
    if pack is None:
        raise Refused(Reason.INVALID_REQUEST, f"pack: there is none of that name; one of {', '.join(sorted(PACKS))}.")
    for wrong, words in _SHAPE:
        if wrong(promotion):
            raise Refused(Reason.INVALID_REQUEST, words)
    for key, bps in promotion.terms.contributions:
        _check_contribution(key, bps)
    for table in promotion.amounts:
        _check_amounts(promotion, table)
    if found := [words for wrong, words in _GUARD if wrong(promotion, pack)]:
        raise Refused(Reason.TEMPLATE_FORBIDDEN, f"Pack {pack.code or 'default'} forbids it: {' '.join(found)}")


def _check_contribution(key: str, bps: int) -> None:
    word, *more = key.split(":")
    if len(more) + 1 != KEY_WORDS.get(word, 0) or not all(more):
        raise Refused(Reason.INVALID_REQUEST, f"contributions: {key!r} is no key; see R-WAGER-05.")
    if word in {"category", "provider"} and more[-1] not in CATEGORIES:
        raise Refused(
            Reason.INVALID_REQUEST, f"contributions: {more[-1]} is no category; one of {', '.join(sorted(CATEGORIES))}."
        )
    if word == "product" and more[0] not in VERTICALS:
        raise Refused(
            Reason.INVALID_REQUEST, f"contributions: {more[0]} is no product; one of {', '.join(sorted(VERTICALS))}."
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
    (lambda p: bool(set(p.terms.products) - set(VERTICALS)), f"products: of {', '.join(sorted(VERTICALS))}."),
    (
        lambda p: p.terms.max_bet is not None or p.terms.cap is not None or p.terms.dust != 0,
        "terms: max_bet, cap and dust are amounts: they stand in the currency table.",
    ),
)


def _too_dear(promotion: Promotion, pack: Pack) -> bool:
    """Whether it may be worth more than the pack allows, or is in a currency that the pack does not measure in."""
    if pack.max_value is None:
        return False
    currency, units = pack.max_value
    limit = units * CURRENCIES[currency].unit
    for table in promotion.amounts:
        tiers = (Tier(0, promotion.percent, table.fixed), *table.tiers)
        dearest = max(tier.fixed + table.most_deposit * tier.percent // BPS for tier in tiers)
        open_ended = any(tier.percent for tier in tiers) and not table.most_deposit
        worth = table.most if table.most and (open_ended or table.most < dearest) else dearest
        if table.currency != currency or worth > limit:
            return True
    return False


# What a pack forbids (R-BONUS-02, R-BONUS-04, R-FUND-16): (whether it does, the rule).
_GUARD: tuple[tuple[Callable[[Promotion, Pack], bool], str], ...] = (
    (lambda _, pack: not pack.allowed, "bonus.allowed: there are no bonuses (R-BONUS-02)."),
    (
        lambda p, pack: (
            pack.max_multiplier is not None
            and (p.terms.multiplier > pack.max_multiplier or p.terms.base is Base.DEPOSIT_PLUS_BONUS)
        ),
        "bonus.wagering.max_multiplier: wagering asks for more than the allowed multiple of the bonus (R-BONUS-02).",
    ),
    (
        lambda p, pack: not pack.mixed and len({VERTICALS[each] for each in p.terms.products}) != 1,
        "bonus.mixed_products: it must name its products, and all of one kind of gambling (R-BONUS-02).",
    ),
    (_too_dear, "bonus.max_value: it may be worth more than is allowed (R-BONUS-02)."),
    (
        lambda p, pack: p.terms.duration is not None and p.terms.duration < pack.min_days * DAY,
        "bonus.min_days: the player must have longer (R-BONUS-02).",
    ),
    (lambda p, pack: pack.once and p.period is not Period.ONCE, "bonus.welcome_only_once: one bonus (R-BONUS-02)."),
    (lambda p, pack: pack.alike and bool(p.segment), "bonus.alike: the terms must be everybody's (R-BONUS-02)."),
    (lambda p, pack: not pack.automatic and not p.opt_in, "bonus.automatic: the player must opt in (R-BONUS-04)."),
    (
        lambda p, pack: pack.own_money_free and p.terms.on_withdrawal is OnWithdrawal.BLOCK,
        "on_withdrawal BLOCK: own money stays free (R-FUND-16).",
    ),
    (
        lambda p, pack: pack.own_money_free and p.terms.split is Split.ALL_TO_BONUS,
        "win.split ALL_TO_BONUS: what own money wins stays free (R-FUND-16).",
    ),
)
