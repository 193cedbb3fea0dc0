"""Debts: what a player owes, and how credits pay it back."""

from wallet_core.domain.accounts import CASH, DEBT
from wallet_core.domain.decision import Parts
from wallet_core.domain.entries import Entry
from wallet_core.domain.write_off import waterfall


def recovery(percent: int, credited: Parts, debt: int) -> tuple[Entry, ...]:
    """Return the lines that pay back debt from the cash of a credit, rounded down (P-21, R-DEBT-03)."""
    if not debt:
        return ()
    cash = [part for part in credited if part[0].startswith(CASH)]
    recovered = min(sum(part for _, part in cash) * percent // 100, debt)
    parts = waterfall(recovered, cash) or ()
    return (*(Entry(pocket, -part) for pocket, part in parts), Entry(DEBT, recovered)) if recovered else ()
