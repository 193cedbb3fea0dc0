"""Payments: cash in and out against the payment provider's clearing account (P-01), in their simplest truthful form."""

from wallet_core.domain.accounts import CASH, PSP_CLEARING
from wallet_core.domain.commands import Pay
from wallet_core.domain.debts import recovery
from wallet_core.domain.decision import Balances, Reason, Refused
from wallet_core.domain.entries import Entry, Journal, Kind, Posting
from wallet_core.domain.money import CURRENCIES, INT64_MAX
from wallet_core.domain.players import Player, Status, wallet_currency
from wallet_core.domain.pockets import withdrawable


def payment(command: Pay, player: Player, held: Balances) -> Posting:
    """Return what a deposit or withdrawal posts.

    Raises:
        Refused: WRONG_CURRENCY, INVALID_AMOUNT, INVALID_PRECISION (cashier amounts have display precision),
            PLAYER_BLOCKED, INSUFFICIENT_FUNDS.
    """
    currency = CURRENCIES[wallet_currency(player, command.currency)]
    amount = command.amount
    if not 0 < amount <= INT64_MAX - held.cash:
        raise Refused(Reason.INVALID_AMOUNT)
    if amount % currency.quantum:
        raise Refused(
            Reason.INVALID_PRECISION, f"Payments in {currency.code} have at most {currency.display} decimals."
        )
    if player.status is Status.BLOCKED:
        raise Refused(Reason.PLAYER_BLOCKED)
    if command.kind is Kind.WITHDRAWAL:
        if amount > withdrawable(held):
            raise Refused(Reason.INSUFFICIENT_FUNDS)
        amount = -amount
    back = recovery(command.terms.debt_recovery_deposit, max(0, amount), held.debt)
    entries = (Entry(CASH, amount), Entry(PSP_CLEARING, -amount, command.psp_id), *back)
    journal = Journal(currency.code, entries)
    return Posting(command.kind, currency.code, command.amount, ((CASH, amount),), (journal,), command.info)
