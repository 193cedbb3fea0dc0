"""Payments: cash in and out against the payment provider's clearing account (P-01), in their simplest truthful form.

What a withdrawal means for the player's bonuses is decided, told and confirmed before it is booked (R-BONUS-22).
"""

from wallet_core.domain import endings
from wallet_core.domain.accounts import CASH, PSP_CLEARING
from wallet_core.domain.commands import Pay, Recorded
from wallet_core.domain.debts import recovery
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.desk import Desk, Poster
from wallet_core.domain.entries import Entry, Journal, Kind, Posting
from wallet_core.domain.leaving import kept
from wallet_core.domain.money import CURRENCIES, INT64_MAX
from wallet_core.domain.players import Player, context, wallet_currency
from wallet_core.domain.pockets import balances, cash_parts, withdrawable


def _pay(desk: Desk, command: Pay) -> Posting:
    """Return what a deposit or withdrawal posts.

    Raises:
        Refused: WRONG_CURRENCY, INVALID_AMOUNT, INVALID_PRECISION (cashier amounts have display precision),
            PLAYER_BLOCKED, INSUFFICIENT_FUNDS; BONUS_STATE, a bonus blocks the withdrawal, or is not yet given up.
    """
    player = desk.someone
    currency = CURRENCIES[wallet_currency(player, command.currency)]
    pockets = desk.book.pockets(player.player_id, currency.code)
    held, amount = balances(currency.code, pockets), command.amount
    if not 0 < amount <= INT64_MAX - held.cash:
        raise Refused(Reason.INVALID_AMOUNT)
    if amount % currency.quantum:
        raise Refused(
            Reason.INVALID_PRECISION, f"Payments in {currency.code} have at most {currency.display} decimals."
        )
    if not (player.may_play if command.kind is Kind.DEPOSIT else player.may_withdraw):
        raise Refused(Reason.PLAYER_BLOCKED)
    if command.kind is Kind.DEPOSIT:
        credited = ((CASH, amount),)
        back = recovery(_recovered(player, command), credited, held.debt) if held.debt else ()
        entries = (Entry(CASH, amount), Entry(PSP_CLEARING, -amount, command.psp_id), *back)
        journal = Journal(currency.code, entries)
        return Posting(command.kind, currency.code, amount, ((CASH, amount),), (journal,), command.info)
    sources = cash_parts(pockets, amount)
    stays = kept(command.policies, player, held, desk.book.bonuses(player.player_id))
    if sources is None or amount > withdrawable(held, stays):
        raise Refused(Reason.INSUFFICIENT_FUNDS)
    forfeited, words = endings.withdrawn(desk, currency.code, confirmed=command.confirmed)
    taken = tuple((pocket, -part) for pocket, part in sources)
    entries = (*(Entry(*part) for part in taken), Entry(PSP_CLEARING, amount, command.psp_id), *forfeited)
    journal = Journal(currency.code, entries)
    return Posting(command.kind, currency.code, amount, taken, (journal,), (*command.info, *words))


def _recovered(player: Player, command: Pay) -> int:
    """Return how many percent of a deposit pay back what the player owes (R-DEBT-03)."""
    return command.policies.said("debt.recovery_deposit", context(player), command.terms.debt_recovery_deposit)


POSTINGS: dict[type[Recorded], Poster] = {Pay: _pay}
"""What a payment posts."""
