"""Discretion: what nobody but operators is told, because the player must not hear it: why a discreet hold is there
(tipping-off, R-HOLD-06). To all others its reason is REVIEW, wherever it shows.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace
from wallet.v1.access_pb2 import ROLE_OPERATOR

from wallet_core.api.call import CURRENT
from wallet_core.domain.accounts import HELD
from wallet_core.domain.entries import Line, Transaction
from wallet_core.domain.holds import DISCREET, Hold, HoldReason

REVIEW = f"{HELD}:{HoldReason.REVIEW.name}"

TOLD = frozenset({"hold_id"})
"""What is told of the words of a discreet hold's transactions."""


def operating() -> bool:
    """Whether an operator asks: others are shown what a player may be."""
    caller = CURRENT.get().caller
    return caller is not None and caller.role == ROLE_OPERATOR


def amounts(held: Mapping[str, int], live: Sequence[Hold]) -> dict[str, int]:
    """Return what the accounts of a currency hold, as the caller may be told.

    Args:
        held: by account.
        live: all live holds of that currency.
    """
    told = dict(held)
    if not operating():
        for hold in live:
            if hold.discreet:
                moved = min(hold.held, told.get(hold.account, 0))
                told[hold.account] = told.get(hold.account, 0) - moved
                told[REVIEW] = told.get(REVIEW, 0) + moved
    return told


def transaction(row: Transaction) -> Transaction:
    """Return a transaction as the caller may be told of it."""
    if operating() or not _discreet(row):
        return row
    parts = tuple((_pocket(pocket), amount) for pocket, amount in row.parts)
    return replace(row, parts=parts, info=tuple(word for word in row.info if word[0] in TOLD))


def lines(row: Transaction, found: Sequence[Line]) -> Sequence[Line]:
    """Return the lines of a transaction as the caller may be told of them."""
    if operating() or not _discreet(row):
        return found
    return [replace(line, account=_pocket(line.account), detail="") for line in found]


def _discreet(row: Transaction) -> bool:
    return DISCREET in row.info


def _pocket(account: str) -> str:
    return REVIEW if account.startswith(HELD) else account
