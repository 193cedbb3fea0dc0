"""Budgets: what a campaign may cost in a currency (R-BONUS-10). The commands are in budget_commands.py.

Money that is promised by a grant is reserved, or the grant is refused; what became cash is spent, the rest comes back.
A budget is a row that players share, so no play writes it: what plays make of a bonus is trued up afterwards, by a
command of its own. Each bonus says what of it the budget counts, so that the sums can be checked.
"""

from typing import Any

from msgspec.structs import replace

from wallet_core.domain.book import Book
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import NO_PLAYER, Keyed
from wallet_core.domain.promos import Bonus
from wallet_core.domain.templates import BPS, Template

EXHAUSTED = "The budget of the campaign is used up (R-BONUS-10)."


class Budget(Keyed, frozen=True):
    """A campaign's budget in one currency; amounts are its ledger units.

    Attributes:
        amount: what the campaign may cost.
        reserved: promised, by bonuses that are not over.
        spent: what became cash. What a bonus has won may make it more than was ever reserved.
        version: grows with every change; the guard against another process.
        actor, reason: of the amount.
    """

    player_id: str
    campaign: str
    currency: str
    amount: int
    reserved: int = 0
    spent: int = 0
    version: int = 0
    changed_at: int = 0
    actor: str = ""
    reason: str = ""

    @property
    def key(self) -> tuple[Any, ...]:
        """What it is found by."""
        return key_of(self.campaign, self.currency)

    @property
    def left(self) -> int:
        """What may still be promised."""
        return max(0, self.amount - self.reserved - self.spent)

    @property
    def used(self) -> int:
        """Basis points of it that are reserved and spent; of nothing, all."""
        return (self.reserved + self.spent) * BPS // self.amount if self.amount else BPS


def key_of(campaign: str, currency: str) -> tuple[Any, ...]:
    """Return the key of a campaign's budget."""
    return NO_PLAYER, campaign, currency


def rows(template: Template) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
    """Return the budgets that a bonus of the template may be of: one for each currency it is offered in."""
    return tuple((Budget, key_of(template.campaign, each.currency)) for each in template.promotion.amounts)


def counted(bonus: Bonus) -> tuple[int, int]:
    """Return what a budget is to count of a bonus as reserved, and as spent."""
    promised = bonus.live or bonus.queued
    return max(0, bonus.granted - bonus.converted) if promised else 0, bonus.converted


def check(book: Book, campaign: str, currency: str) -> None:
    """Pass a promise whose amount is not known yet.

    Raises:
        Refused: BONUS_NOT_ELIGIBLE, nothing is left.
    """
    budget = book.noun(Budget, *key_of(campaign, currency))
    if budget is not None and not budget.left:
        raise Refused(Reason.BONUS_NOT_ELIGIBLE, EXHAUSTED)


def reserve(book: Book, bonus: Bonus, amount: int, at: int) -> Bonus:
    """Put the budget in the book with the amount reserved, if there is one; return the bonus as it is counted then.

    Raises:
        Refused: BONUS_NOT_ELIGIBLE, less is left.
    """
    budget = book.noun(Budget, *key_of(bonus.campaign, bonus.currency))
    if budget is None:
        return bonus
    if amount > budget.left:
        raise Refused(Reason.BONUS_NOT_ELIGIBLE, EXHAUSTED)
    return _recounted(book, budget, bonus, (bonus.reserved + amount, bonus.spent), at)


def trued_up(book: Book, budget: Budget, bonus: Bonus, at: int) -> Bonus:
    """Put the budget in the book with what it is to count of the bonus; return the bonus as it is counted then."""
    return replace(_recounted(book, budget, bonus, counted(bonus), at), trued=bonus.trued + 1)


def _recounted(book: Book, budget: Budget, bonus: Bonus, now: tuple[int, int], at: int) -> Bonus:
    reserved, spent = now
    book.put(
        replace(
            budget,
            reserved=budget.reserved + reserved - bonus.reserved,
            spent=budget.spent + spent - bonus.spent,
            version=budget.version + 1,
            changed_at=max(at, budget.changed_at),
        )
    )
    return replace(bonus, reserved=reserved, spent=spent)
