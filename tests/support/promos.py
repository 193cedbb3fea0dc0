"""Templates and commands of bonuses in a line, and what a bonus holds."""

from msgspec.structs import replace

from tests.support.domain import PLAYER, Books, amount_of, units
from tests.support.policies import ALLOWING
from wallet_core.domain.budget_commands import SetBudget, TrueUpBudget
from wallet_core.domain.budgets import Budget, counted
from wallet_core.domain.entries import NO_PLAYER
from wallet_core.domain.policies import Policies, WriteOff
from wallet_core.domain.promo_commands import (
    ActivateBonus,
    ClaimBonus,
    DeclineBonus,
    ExpireBonus,
    ForfeitBonus,
    FreezeBonus,
    GrantBonus,
    OfferBonus,
    PublishTemplate,
    Settled,
    UnfreezeBonus,
    VoidBonus,
    instance,
)
from wallet_core.domain.promos import Bonus, BonusTerms, State
from wallet_core.domain.publications import Publication
from wallet_core.domain.templates import Amounts, Period, Promotion, Template, Trigger

DAY = 86_400
MICRO = 1_000_000

BY_HAND = Promotion(
    title="A gift",
    text="Wager it 10 times.",
    amounts=(Amounts("EUR", fixed=units("80")),),
    terms=BonusTerms(multiplier=1_000),
    opt_in=False,
)
"""Granted by the operator, 80.00."""

MATCH = Promotion(
    title="Welcome",
    text="100 % of your first deposit up to 100, wagered 35 times.",
    amounts=(Amounts("EUR", most=units("100"), least_deposit=units("10"), most_deposit=units("100")),),
    terms=BonusTerms(multiplier=3_500, duration=30 * DAY),
    trigger=Trigger.DEPOSIT,
    percent=10_000,
)
"""Claimed, then granted for a deposit."""


class BonusFirst(Policies, frozen=True):
    """Bonus money pays before cash; bonuses may be granted."""

    version: int = ALLOWING.version
    publications: tuple[Publication, ...] = ALLOWING.publications

    def write_off(self, brand_id, provider_id, game_id, version):
        return WriteOff(order=("BONUS", "CASH"))


def template(promotion: Promotion = BY_HAND, template_id: str = "gift", version: int = 1) -> Template:
    return Template(NO_PLAYER, template_id, version, promotion)


def publish(
    promotion: Promotion = BY_HAND, template_id: str = "gift", version: int = 1, key: str = ""
) -> PublishTemplate:
    request_id = key or f"publish:{template_id}:{version}"
    return PublishTemplate(NO_PLAYER, request_id, template_id, version, promotion, "spring", "ops", ALLOWING)


def settled(key: str = "d1") -> Settled:
    return Settled("bank", key)


def _begun(kind, of, key, *, at=0, deposit=None, currency="EUR", player=PLAYER, once=False, **more):
    paid = settled(deposit) if deposit else None
    bonus_id = instance(of, at, paid, key, once=once)
    facts = {"currency": currency, "reason": "spring", "actor": "ops", "deposit": paid, "policies": ALLOWING, **more}
    return kind(player, key, bonus_id, template=of, **facts)


def offer(of: Template, key: str = "o1", **more: object) -> OfferBonus:
    return _begun(OfferBonus, of, key, **more)


def grant(of: Template, key: str = "g1", **more: object) -> GrantBonus:
    return _begun(GrantBonus, of, key, **more)


def claim(
    of: Template,
    key: str = "c1",
    *,
    deposit: str | None = None,
    bonus_id: str = "",
    player: str = PLAYER,
    **more: object,
) -> ClaimBonus:
    facts = {"accepted": of.digest, "deposit": settled(deposit) if deposit else None, "policies": ALLOWING, **more}
    return ClaimBonus(player, key, bonus_id or instance(of, 0, None, ""), template=of, **facts)


def freeze(bonus_id: str, key: str = "f1") -> FreezeBonus:
    return FreezeBonus(PLAYER, key, bonus_id, "case 1", "risk", ALLOWING)


def unfreeze(bonus_id: str, key: str = "u1") -> UnfreezeBonus:
    return UnfreezeBonus(PLAYER, key, bonus_id, "case 1 cleared", "risk", ALLOWING)


def forfeit(bonus_id: str, key: str = "x1") -> ForfeitBonus:
    return ForfeitBonus(PLAYER, key, bonus_id, "not wanted", "player", ALLOWING)


def decline(bonus_id: str, key: str = "n1") -> DeclineBonus:
    return DeclineBonus(PLAYER, key, bonus_id, "not wanted", "player", ALLOWING)


def void_bonus(bonus_id: str, key: str = "v1") -> VoidBonus:
    return VoidBonus(PLAYER, key, bonus_id, "chargeback, case 2", "risk", ALLOWING)


def expire(bonus_id: str) -> ExpireBonus:
    return ExpireBonus(PLAYER, bonus_id, policies=ALLOWING)


def activate(bonus_id: str, policies: Policies = ALLOWING) -> ActivateBonus:
    template_id, _, version = bonus_id.partition("@")
    return ActivateBonus(PLAYER, bonus_id, template_id, int(version), policies)


def set_budget(amount: str, key: str = "b1", *, campaign: str = "gift", currency: str = "EUR") -> SetBudget:
    """What a campaign may cost."""
    return SetBudget(NO_PLAYER, campaign, currency, units(amount, currency), "spring", "ops", key)


def budget(books: Books, campaign: str = "gift", currency: str = "EUR") -> tuple[str, str, str]:
    """What a budget counts as reserved and spent, and what is left of it."""
    row = books.rows[Budget, NO_PLAYER, campaign, currency]
    return tuple(amount_of(each, currency) for each in (row.reserved, row.spent, row.left))


def untrued(books: Books) -> list[TrueUpBudget]:
    """What is due for a budget, as reads.sql says it (budgets_untrued)."""
    return [
        TrueUpBudget(row.player_id, row.bonus_id, row.trued, row.campaign, row.currency)
        for row in books.rows.values()
        if isinstance(row, Bonus)
        and (Budget, NO_PLAYER, row.campaign, row.currency) in books.rows
        and (row.reserved, row.spent) != counted(row)
    ]


def of(books: Books, bonus_id: str) -> Bonus:
    return books.rows[Bonus, PLAYER, bonus_id]


def state(books: Books, bonus_id: str) -> State:
    return of(books, bonus_id).state


def bonus_money(books: Books) -> str:
    return amount_of(books.held().bonus)


def in_period(promotion: Promotion, period: Period) -> Promotion:
    return replace(promotion, period=period)
