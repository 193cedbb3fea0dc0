"""Commands about budgets: what a campaign may cost, and what became of a bonus that its budget counts (R-BONUS-10)."""

from typing import Any

from msgspec.structs import replace

from wallet_core.domain import budgets
from wallet_core.domain.bonuses import PARTNER
from wallet_core.domain.budgets import Budget
from wallet_core.domain.commands import OPERATOR, Recorded
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.desk import Desk, Poster
from wallet_core.domain.entries import Keyed, Kind, Posting
from wallet_core.domain.grants import find
from wallet_core.domain.money import CURRENCIES, INT64_MAX, CurrencyKind
from wallet_core.domain.promos import Bonus


class SetBudget(Recorded, frozen=True):
    """Say what a campaign may cost in a currency: for the first time, more, or less. What was granted stays valid."""

    campaign: str
    currency: str
    amount: int
    reason: str
    actor: str
    request_id: str

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return OPERATOR, self.request_id

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "BUDGET", self.campaign, self.currency, str(self.amount), self.reason, self.actor

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The budget."""
        return ((Budget, budgets.key_of(self.campaign, self.currency)),)


class TrueUpBudget(Recorded, frozen=True):
    """Let a budget count what a bonus has come to: plays change that, and never write a budget.

    Attributes:
        number: how often it was told before; with the bonus's id the key, for what a bonus comes to may be what it was
            before.
    """

    bonus_id: str
    number: int
    campaign: str
    currency: str

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and a key of our own."""
        return PARTNER, f"budget:{self.bonus_id}:{self.number}"

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat: nothing that the key does not say."""
        return ("TRUE_UP",)

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The bonus, and the budget."""
        return (Bonus, (self.player_id, self.bonus_id)), (Budget, budgets.key_of(self.campaign, self.currency))


def _set(desk: Desk, command: SetBudget) -> Posting:
    known = CURRENCIES.get(command.currency)
    if known is None or known.kind is CurrencyKind.POINTS:
        raise Refused(Reason.UNKNOWN_CURRENCY)
    if not 0 <= command.amount <= INT64_MAX:
        raise Refused(Reason.INVALID_AMOUNT, "amount: nothing, or more.")
    before = desk.book.noun(Budget, *budgets.key_of(command.campaign, command.currency))
    budget = before or Budget(command.player_id, command.campaign, command.currency, 0)
    desk.book.put(
        replace(
            budget,
            amount=command.amount,
            version=budget.version + 1,
            changed_at=max(desk.at, budget.changed_at),
            actor=command.actor,
            reason=command.reason,
        )
    )
    words = (("campaign", command.campaign), ("amount", str(command.amount)), ("was", str(budget.amount)))
    info = (*words, ("reason", command.reason), ("actor", command.actor))
    return Posting(Kind.NOTE, command.currency, command.amount, info=info)


def _true_up(desk: Desk, command: TrueUpBudget) -> Posting:
    bonus = find(desk, command.bonus_id)
    budget = desk.book.noun(Budget, *budgets.key_of(command.campaign, command.currency))
    if budget is None or (bonus.campaign, bonus.currency) != (command.campaign, command.currency):
        raise Refused(Reason.BONUS_NOT_FOUND, f"There is no budget that counts {command.bonus_id}.")
    if bonus.trued != command.number or (bonus.reserved, bonus.spent) == budgets.counted(bonus):
        raise Refused(Reason.BONUS_STATE, "The bonus is counted already, or has changed meanwhile.")
    trued = budgets.trued_up(desk.book, budget, bonus, desk.at)
    desk.book.put(trued)
    words = (("bonus", bonus.bonus_id), ("campaign", bonus.campaign))
    info = (*words, ("reserved", str(trued.reserved)), ("spent", str(trued.spent)))
    return Posting(Kind.NOTE, bonus.currency, 0, info=info)


POSTINGS: dict[type[Recorded], Poster] = {SetBudget: _set, TrueUpBudget: _true_up}
"""What each of these commands posts."""
