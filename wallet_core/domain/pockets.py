"""Pockets: a player's guarded balances in one currency."""

from collections.abc import Mapping

from msgspec import Struct

from wallet_core.domain.accounts import CASH, DEBT
from wallet_core.domain.decision import Balances, Parts
from wallet_core.domain.profiles import Overdraw, Profile


class Pocket(Struct, frozen=True, gc=False):
    """One pocket's balance row.

    Attributes:
        amount: ledger units; at least zero but for DEBT, which is at most zero.
        sequence: how many lines it has; gapless (R-LEDGER-04).
    """

    player_id: str
    currency: str
    account: str
    amount: int = 0
    sequence: int = 0


def balances(currency: str, pockets: Mapping[str, Pocket], profile: Profile | None = None) -> Balances:
    """Return what the pockets say, and what a provider of that profile is shown (R-FUND-14)."""
    cash_pocket, debt_pocket = pockets.get(CASH), pockets.get(DEBT)
    cash = cash_pocket.amount if cash_pocket else 0
    debt = -debt_pocket.amount if debt_pocket else 0
    return shown(currency, cash, 0, debt, profile)


def shown(currency: str, cash: int, bonus: int, debt: int, profile: Profile | None) -> Balances:
    """Return the balances with what a provider of that profile is shown."""
    negative = profile is not None and profile.overdraw is Overdraw.NEGATIVE
    return Balances(
        currency=currency, shown=cash + bonus - (debt if negative else 0), cash=cash, bonus=bonus, debt=debt
    )


def withdrawable(held: Balances) -> int:
    """Return the cash that may leave: what is owed stays (R-DEBT-04)."""
    return max(0, held.cash - held.debt)


def add(left: Parts, right: Parts, sign: int = 1) -> Parts:
    """Return the parts added pocket by pocket, pockets of `left` first; what comes to nothing is dropped."""
    if not left and sign == 1 and all(amount for _, amount in right):
        return right  # the first stake of a round
    total = dict(left)
    for pocket, amount in right:
        total[pocket] = total.get(pocket, 0) + sign * amount
    return tuple((pocket, amount) for pocket, amount in total.items() if amount)
