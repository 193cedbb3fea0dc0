"""Discretion: what nobody but operators is told: who holds a hold, and of a discreet one why, for its player must not
hear it (tipping-off, R-HOLD-06). To all others its reason is REVIEW, wherever it shows.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace
from wallet.v1.access_pb2 import ROLE_OPERATOR

from wallet_core.api.call import CURRENT
from wallet_core.domain.accounts import HELD
from wallet_core.domain.entries import Line, Transaction
from wallet_core.domain.holds import DISCREET, Hold, HoldReason
from wallet_core.domain.players import Player, Restriction
from wallet_core.domain.pockets import LockReason

REVIEW = f"{HELD}:{HoldReason.REVIEW.name}"

TOLD = frozenset({"hold_id"})
"""What is told of the words of a discreet hold's transactions."""

BACKSTAGE = frozenset({"owner", "case_id", "actor", "why"})
"""What is not told of those of any other hold but a withdrawal, which is the player's own."""


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


def shut(player: Player, live: Sequence[Hold]) -> str:
    """Return the reason that none of a player's cash may leave a wallet, as the caller may be told; empty where some
    may. A freeze of one wallet keeps the cash in all of them.

    Args:
        player: whose cash.
        live: all live holds of the wallet.
    """
    if not player.frozen:
        return "" if player.may_withdraw else LockReason.BLOCKED.value
    open_ = any(hold.account_freeze and not hold.discreet for hold in live)
    return LockReason.FROZEN.value if open_ or operating() else HoldReason.REVIEW.name


def restrictions(player: Player) -> Sequence[Restriction]:
    """Return what restricts a player, as the caller may be told: a freeze is a block, for it may be discreet."""
    found = player.restrictions
    if operating() or Restriction.FROZEN not in found:
        return found
    return sorted({Restriction.BLOCKED, *found} - {Restriction.FROZEN})


def transaction(row: Transaction) -> Transaction:
    """Return a transaction as the caller may be told of it; a key of our own would say what the hold does by itself."""
    if operating() or not any(name == "hold_id" for name, _ in row.info):
        return row
    if not _discreet(row):
        own = ("hold_reason", HoldReason.WITHDRAWAL.name) in row.info
        return row if own else replace(row, info=tuple(word for word in row.info if word[0] not in BACKSTAGE))
    parts = tuple((_pocket(pocket), amount) for pocket, amount in row.parts)
    key = "" if row.external_key.startswith("~") else row.external_key
    return replace(row, external_key=key, parts=parts, info=tuple(word for word in row.info if word[0] in TOLD))


def lines(row: Transaction, found: Sequence[Line]) -> Sequence[Line]:
    """Return the lines of a transaction as the caller may be told of them."""
    if operating() or not _discreet(row):
        return found
    return [replace(line, account=_pocket(line.account), detail="") for line in found]


def _discreet(row: Transaction) -> bool:
    return DISCREET in row.info


def _pocket(account: str) -> str:
    return REVIEW if account.startswith(HELD) else account
