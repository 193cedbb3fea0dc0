"""Debts: what a player owes, and how credits pay it back."""

from wallet_core.domain.accounts import CASH, DEBT
from wallet_core.domain.entries import Entry


def recovery(percent: int, credited: int, debt: int) -> tuple[Entry, ...]:
    """Return the lines that pay back debt from a credit, rounded down (P-21, R-DEBT-03)."""
    recovered = min(credited * percent // 100, debt)
    return (Entry(CASH, -recovered), Entry(DEBT, recovered)) if recovered else ()
