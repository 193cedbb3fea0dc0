"""Pockets: a player's guarded balances in one currency, and why some of it may not leave."""

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct

from wallet_core.domain.accounts import BONUS, CASH, DEBT, HELD
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


PRODUCTS = ("CASINO", "LIVE", "SPORTS", "POKER", "MARKETPLACE")
"""What may have a sub-wallet, CASH:<product> (R-SUB-01)."""

CASH_ORDER = (CASH, *(f"{CASH}:{product}" for product in PRODUCTS))
"""The cash pockets, in the order in which they pay what is taken from their sum (R-SUB-05)."""


def balances(currency: str, pockets: Mapping[str, Pocket], profile: Profile | None = None) -> Balances:
    """Return all that the pockets say: cash with that of sub-wallets, bonus of all instances; what is held is neither.

    What of it a provider is shown depends on the game, too (`exposure.exposed`).
    """
    cash_pocket, debt_pocket = pockets.get(CASH), pockets.get(DEBT)
    cash = cash_pocket.amount if cash_pocket else 0
    debt = -debt_pocket.amount if debt_pocket else 0
    bonus = 0
    if len(pockets) > (cash_pocket is not None) + (debt_pocket is not None):  # else the plain case: nothing to look for
        for account, pocket in pockets.items():
            family, _, which = account.partition(":")
            if not which:
                continue
            if family == BONUS:
                bonus += pocket.amount
            elif family == CASH:
                cash += pocket.amount
    return shown(currency, cash, bonus, debt, profile)


def shown(currency: str, cash: int, bonus: int, debt: int, profile: Profile | None) -> Balances:
    """Return the balances with what a provider of that profile is shown."""
    negative = profile is not None and profile.overdraw is Overdraw.NEGATIVE
    return Balances(
        currency=currency, shown=cash + bonus - (debt if negative else 0), cash=cash, bonus=bonus, debt=debt
    )


class Kept(Struct, frozen=True):
    """What of the cash may not leave: what is owed, and what wagering locks (R-DEBT-04, R-FUND-16)."""

    debt: int = 0
    wagering: int = 0


def withdrawable(held: Balances, kept: Kept, *, frozen: bool = False) -> int:
    """Return the cash that may leave, of all sub-wallets together (R-SUB-05)."""
    return 0 if frozen else max(0, held.cash - kept.debt - kept.wagering)


def cash_parts(pockets: Mapping[str, Pocket], amount: int) -> Parts | None:
    """Return which cash pockets pay an amount, in the posted order (R-SUB-05); none where they have not enough."""
    parts, rest = [], amount
    for account in CASH_ORDER:
        pocket = pockets.get(account)
        taken = min(rest, pocket.amount) if pocket else 0
        if taken > 0:
            parts.append((account, taken))
            rest -= taken
    return None if rest else tuple(parts)


def cash_taken(pockets: Mapping[str, Pocket], parts: Parts) -> Parts:
    """Return which cash pockets give back what parts of cash had brought: those themselves, then the others in posted
    order (R-RB-09, R-SUB-05); less where there is not enough.
    """
    left = {account: pockets[account].amount for account in CASH_ORDER if account in pockets}
    taken: dict[str, int] = {}
    rest = sum(part for pocket, part in parts if pocket.startswith(CASH))
    for account, wanted in (
        *((pocket, part) for pocket, part in parts if pocket in left),
        *dict.fromkeys(left, rest).items(),
    ):
        part = min(wanted, rest, left[account])
        left[account] -= part
        rest -= part
        taken[account] = taken.get(account, 0) + part
    return tuple(part for part in taken.items() if part[1])


class LockReason(Enum):
    """Why money may not leave, where no hold says it."""

    FROZEN = "FROZEN"
    BLOCKED = "BLOCKED"
    WAGERING = "WAGERING"
    DEBT = "DEBT"
    BONUS = "BONUS"


LOCKS = frozenset(reason.value for reason in LockReason)


class Lock(Struct, frozen=True):
    """An amount that may not leave (R-UX-01).

    Attributes:
        reason: the class of the hold, or a name of LockReason.
        text: key of the words a player is shown (R-UX-11).
    """

    reason: str
    amount: int
    text: str


def why_not(amounts: Mapping[str, int], kept: Kept, *, shut: str = "") -> tuple[Lock, ...]:
    """Return what may not leave, and why.

    The cash and what is held, less every lock but that of bonuses, is what may leave.

    Args:
        amounts: by account, of one currency.
        kept: of its cash.
        shut: why none of the cash may leave, a freeze or a block (R-HOLD-03); empty where some may.
    """
    locked: dict[tuple[str, str], int] = {}
    for account, amount in sorted(amounts.items()):
        family, _, which = account.partition(":")
        if family == HELD:
            locked[which, f"hold.{which.lower()}"] = amount
    rest = sum(amount for account, amount in amounts.items() if account.partition(":")[0] == CASH)
    bonus = sum(amount for account, amount in amounts.items() if account.partition(":")[0] == BONUS)
    wanted = (
        (shut, rest if shut else 0),
        (LockReason.WAGERING.value, kept.wagering),
        (LockReason.DEBT.value, kept.debt),
    )
    for reason, amount in wanted:
        family = "lock" if reason in LOCKS else "hold"
        place, part = (reason, f"{family}.{reason.lower()}"), min(rest, amount)
        locked[place] = locked.get(place, 0) + part
        rest -= part
    locked[LockReason.BONUS.value, "lock.bonus"] = bonus
    return tuple(Lock(reason, amount, text) for (reason, text), amount in locked.items() if amount)


def add(left: Parts, right: Parts, sign: int = 1) -> Parts:
    """Return the parts added pocket by pocket, pockets of `left` first; what comes to nothing is dropped."""
    if not left and sign == 1 and all(amount for _, amount in right):
        return right  # the first stake of a round
    total = dict(left)
    for pocket, amount in right:
        total[pocket] = total.get(pocket, 0) + sign * amount
    return tuple((pocket, amount) for pocket, amount in total.items() if amount)
