"""Bonus rules: what policies make of a template where it is published, and where a bonus is granted (R-BONUS-02).

A publication is forbidden by what somebody has said, for any brand and product that the template is for. A grant is
held against all that is in force for the player, and there what nobody has said is closed (R-CFG-06). What the terms of
a template leave unsaid, policies say when it is published: the player accepts the terms as they are completed.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from enum import Enum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.layers import Context
from wallet_core.domain.packs import VERTICALS
from wallet_core.domain.players import Player, context
from wallet_core.domain.policies import Policies, Split
from wallet_core.domain.policy_keys import KEYS, default, written
from wallet_core.domain.promos import Base, Counts, MaxBetBasis, MaxBetScope, OnWithdrawal, OpenRounds, Timing
from wallet_core.domain.templates import BPS, Amounts, Period, Promotion, Tier

DAY = 86_400
"""Seconds."""


class Rule(Struct, frozen=True):
    """What a policy forbids.

    Attributes:
        key: of the policy.
        breaks: whether a promotion does, the policy being of that value.
        words: why.
    """

    key: str
    breaks: Callable[[Promotion, Any], bool]
    words: str


ALLOWED = Rule("bonus.allowed", lambda _, allowed: not allowed, "there are no bonuses")

RULES = (
    ALLOWED,
    Rule(
        "bonus.wagering.max_multiplier",
        lambda p, most: most is not None and (p.terms.multiplier > most or p.terms.base is Base.DEPOSIT_PLUS_BONUS),
        "wagering asks for more than the allowed multiple of the bonus",
    ),
    Rule(
        "bonus.mixed_products",
        lambda p, mixed: not mixed and len({VERTICALS[each] for each in p.terms.products}) != 1,
        "it must name its products, and all of one kind of gambling",
    ),
    Rule(
        "bonus.min_days",
        lambda p, days: p.terms.duration is not None and p.terms.duration < days * DAY,
        "the player must have longer",
    ),
    Rule("bonus.welcome_only_once", lambda p, once: once and p.period is not Period.ONCE, "a player has one bonus"),
    Rule("bonus.alike", lambda p, alike: alike and bool(p.segment), "the terms must be everybody's"),
    Rule("bonus.automatic", lambda p, automatic: not automatic and not p.opt_in, "the player must opt in"),
    Rule("bonus.max_active", lambda p, most: p.places > most, "more of its group would be active at a time"),
    Rule(
        "own_money.free",
        lambda p, free: free and p.terms.on_withdrawal is OnWithdrawal.BLOCK,
        "on_withdrawal BLOCK would lock it",
    ),
    Rule(
        "own_money.free",
        lambda p, free: free and p.terms.split is Split.ALL_TO_BONUS,
        "win.split ALL_TO_BONUS would restrict what it wins",
    ),
)
"""What is asked of each template in each context."""

WORDS: dict[str, tuple[str, type[Enum]]] = {
    "max_bet_basis": ("max_bet.basis", MaxBetBasis),
    "max_bet_scope": ("max_bet.scope", MaxBetScope),
    "counts": ("wager.basis", Counts),
    "timing": ("wager.timing", Timing),
    "open_rounds": ("expiry.open_rounds", OpenRounds),
    "on_withdrawal": ("on_withdrawal", OnWithdrawal),
}
"""Fields of BonusTerms that a template may leave unsaid: the key of the policy that says them then, and its words."""


def completed(policies: Policies, promotion: Promotion, unsaid: Collection[str]) -> Promotion:
    """Return a promotion as it is published: what it leaves unsaid as policies say it, its largest bets no larger than
    they allow.

    Raises:
        Refused: INVALID_REQUEST, policies of its brands or products say different things.
    """
    named = _published_in(promotion, promotion.terms.products or ("",))
    words: dict[str, Any] = {}
    for field in sorted(unsaid):
        key, kind = WORDS[field]
        found = sorted({str(policies.value(key, place)) for place in named})
        if len(found) > 1:
            raise Refused(
                Reason.INVALID_REQUEST,
                f"terms.{field}: say it; {key} is {' or '.join(found)} where the template is for.",
            )
        words[field] = kind(found[0])
    amounts = tuple(_bounded(policies, promotion, table) for table in promotion.amounts)
    return replace(promotion, terms=replace(promotion.terms, **words), amounts=amounts)


def _bounded(policies: Policies, promotion: Promotion, table: Amounts) -> Amounts:
    places = [replace(place, of=table.currency) for place in _published_in(promotion, _products(policies, promotion))]
    found = [table.max_bet or None, *(policies.value("max_bet.amount", place) for place in places)]
    most = min((each for each in found if isinstance(each, int)), default=None)
    return replace(table, max_bet=0 if most is None else max(1, most))  # 0 is any; a policy of nothing is not


def published(policies: Policies, promotion: Promotion) -> None:
    """Pass a promotion that nothing forbids which stands where it is for.

    Raises:
        Refused: TEMPLATE_FORBIDDEN, with every rule that it breaks, and whose each is.
    """
    found: dict[str, None] = {}
    for place in _published_in(promotion, _products(policies, promotion)):
        found |= dict.fromkeys(_broken(policies, place, promotion, RULES, closed=False))
        for table in promotion.amounts:
            found |= dict.fromkeys(_too_dear(policies, place, table.currency, _worth(promotion, table)))
    if found:
        raise Refused(Reason.TEMPLATE_FORBIDDEN, f"Policies forbid it: {' '.join(found)}")


def granted(
    policies: Policies,
    player: Player,
    promotion: Promotion,
    currency: str,
    *,
    bonus_id: str,
    worth: int | None = None,
) -> None:
    """Pass a bonus that policies let the player have now.

    Args:
        policies: as they are in force.
        player: who is to have it.
        promotion: what it is of.
        currency: its own.
        bonus_id: its own: where a player has one in a lifetime, it is that one.
        worth: ledger units it is for; none: the most the promotion promises.

    Raises:
        Refused: BONUS_NOT_ELIGIBLE, with every rule that is broken, and what to publish where nobody has said it.
    """
    table = next((each for each in promotion.amounts if each.currency == currency), None)
    found: dict[str, None] = {}
    for place in _granted_in(policies, player, promotion):
        found |= dict.fromkeys(_broken(policies, place, promotion, RULES, closed=True))
        if table is not None:
            priced = _worth(promotion, table) if worth is None else worth
            found |= dict.fromkeys(_too_dear(policies, place, currency, priced))
            found |= dict.fromkeys(_too_large(policies, place, table))
    if not found and once(policies, player, promotion) and bonus_id != once_id(promotion):
        found["bonus.welcome_only_once: a player has one bonus, and it is granted as such (R-BONUS-02)."] = None
    _passed(found)


def allowed(policies: Policies, player: Player) -> None:
    """Pass a player who may be given what is no bonus itself, but a gift: free rounds.

    Raises:
        Refused: BONUS_NOT_ELIGIBLE.
    """
    _passed(_broken(policies, context(player), None, (ALLOWED,), closed=True))


def once(policies: Policies, player: Player, promotion: Promotion) -> bool:
    """Whether the player has one bonus in a lifetime, where the promotion is for."""
    return any(
        policies.value("bonus.welcome_only_once", place) is True for place in _granted_in(policies, player, promotion)
    )


def once_id(promotion: Promotion) -> str:
    """Return the id of the one bonus that a player has in a lifetime."""
    return f"{promotion.pack}@once"


def _passed(broken: Iterable[str]) -> None:
    if found := " ".join(broken):
        raise Refused(Reason.BONUS_NOT_ELIGIBLE, f"Policies forbid it: {found}")


def _products(policies: Policies, promotion: Promotion) -> Sequence[str]:
    """Return the products that a promotion is for, all where it names none; those that nothing sets apart are one."""
    apart = policies.products()
    return tuple(dict.fromkeys(each if each in apart else "" for each in promotion.terms.products or tuple(VERTICALS)))


def _published_in(promotion: Promotion, products: Sequence[str]) -> list[Context]:
    segments = (promotion.segment,) if promotion.segment else ()
    return [
        Context(regulator=promotion.pack, brand_id=brand_id, product=product, segments=segments)
        for brand_id in promotion.brands or ("",)
        for product in products
    ]


def _granted_in(policies: Policies, player: Player, promotion: Promotion) -> list[Context]:
    products = _products(policies, promotion)
    return [context(player, product=product, segment=promotion.segment) for product in products]


def _broken(policies: Policies, place: Context, promotion: Any, rules: Sequence[Rule], *, closed: bool) -> list[str]:
    """Return what forbids a promotion in a context; where it is closed, also what nobody has said."""
    broken = []
    for rule in rules:
        if rule.breaks(promotion, policies.value(rule.key, place)):
            whose = _whose(policies, rule.key, place, closed=closed)
            if whose:
                broken.append(f"{rule.key}: {rule.words} ({KEYS[rule.key].rule}): {whose}.")
    return broken


def _too_dear(policies: Policies, place: Context, currency: str, worth: int) -> list[str]:
    """Return why a bonus is worth too much, or is in a currency in which somebody who says what is too much does not:
    what a weaker layer says of it allows nothing.
    """
    key, version = KEYS["bonus.max_value"], policies.version
    set_in = [of for name, of in policies.content(version) if name == key.name]
    standing = {of: policies.standing(key, replace(place, of=of), version) for of in set_in}
    here = {each.setting.layer for each in standing.get(currency, ())}
    for each in (each for found in standing.values() for each in found):
        if each.setting.layer not in here:
            return [f"{key.name}: what it may be worth in {currency} is not said ({key.rule}): {each.named}."]
    most = policies.explain(key.name, replace(place, of=currency))
    if most.winner is not None and isinstance(most.value, int) and worth > most.value:
        return [f"{key.name}: it may be worth more than is allowed ({key.rule}): {most.winner.named}."]
    return []


def _too_large(policies: Policies, place: Context, table: Amounts) -> list[str]:
    """Return why the largest bet that was published is too large by now."""
    found = policies.explain("max_bet.amount", replace(place, of=table.currency))
    if found.winner is None or not isinstance(found.value, int) or 0 < table.max_bet <= found.value:
        return []
    return [f"max_bet.amount: publish a version with a smaller largest bet (R-BONUS-20): {found.winner.named}."]


def _whose(policies: Policies, name: str, place: Context, *, closed: bool) -> str:
    """Return whose the value of a key is; where nobody has said one and that is closed, what to publish."""
    winner = policies.explain(name, place).winner
    if winner is not None:
        return winner.named
    if not closed:
        return ""
    key = KEYS[name]
    where = " or ".join(layer.name for layer in key.layers[1:3])
    brand = f" for brand {place.brand_id}" if place.brand_id else ""
    return f"it is {written(key, '', default(key, ''))} where nobody says it; publish it at {where}{brand}"


def _worth(promotion: Promotion, table: Amounts) -> int:
    """Return the most that a promotion is worth in a currency; without an end to it, its largest grant."""
    tiers = (Tier(0, promotion.percent, table.fixed), *table.tiers)
    dearest = max(tier.fixed + table.most_deposit * tier.percent // BPS for tier in tiers)
    open_ended = any(tier.percent for tier in tiers) and not table.most_deposit
    return table.most if table.most and (open_ended or table.most < dearest) else dearest
