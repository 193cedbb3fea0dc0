"""The chart of accounts (rulebook 3.1): which are authorising, which recording.

A pocket belongs to a player and *authorises*: a balance row guards it, its lines carry a gapless sequence and the
balance after. A house account *records*: the hot path only appends lines, a sum over them is its balance.
Signs: positive is in favour of the player for pockets; house accounts take the balancing sign.

Some pockets are of a family: their name is the family's, a colon, and which one: BONUS:7, HELD:DISPUTE, CASH:SPORTS.
"""

from collections.abc import Sequence
from enum import Enum

from msgspec import Struct


class Guard(Enum):
    """Which row holds an account's balance."""

    POCKET = "POCKET"
    ROUND = "ROUND"
    NONE = "NONE"


class Account(Struct, frozen=True):
    """One account of the chart.

    Attributes:
        manual: may be posted by hand (P-22).
        floor: the balance may not be below zero; only DEBT has none (R-LEDGER-05).
        family: a name of it says which one after a colon.
    """

    name: str
    guard: Guard
    manual: bool
    description: str
    floor: bool = True
    family: bool = False

    @property
    def authorising(self) -> bool:
        """Whether a balance row guards it."""
        return self.guard is not Guard.NONE


CASH = "CASH"
BONUS = "BONUS"
HELD = "HELD"
POINTS = "POINTS"
IN_PLAY = "IN_PLAY"
IN_PLAY_BONUS = "IN_PLAY_BONUS"
DEBT = "DEBT"
STAKES = "STAKES"
WINS = "WINS"
BONUS_STAKES = "BONUS_STAKES"
BONUS_WINS = "BONUS_WINS"
BONUS_ISSUED = "BONUS_ISSUED"
BONUS_COST = "BONUS_COST"
POINTS_ISSUED = "POINTS_ISSUED"
FX_POSITION = "FX_POSITION"
FX_MARGIN = "FX_MARGIN"
PSP_CLEARING = "PSP_CLEARING"
ADJUSTMENTS = "ADJUSTMENTS"
WRITE_OFF = "WRITE_OFF"
FEES = "FEES"
TIPS_PAYABLE = "TIPS_PAYABLE"
SUSPENSE = "SUSPENSE"
BANK = "BANK"

ACCOUNTS: dict[str, Account] = {
    account.name: account
    for account in (
        Account(CASH, Guard.POCKET, manual=True, description="Cash the player can stake or withdraw.", family=True),
        Account(BONUS, Guard.POCKET, manual=False, description="One bonus, not yet the player's.", family=True),
        Account(HELD, Guard.POCKET, manual=False, description="Cash held, by reason; no stake takes it.", family=True),
        Account(POINTS, Guard.POCKET, manual=False, description="Loyalty points: a currency of their own."),
        Account(IN_PLAY, Guard.ROUND, manual=False, description="Cash staked in one open round."),
        Account(
            DEBT,
            Guard.POCKET,
            manual=True,
            description="What the player owes, as a negative amount; never taken by a stake.",
            floor=False,
        ),
        Account(STAKES, Guard.NONE, manual=False, description="Stakes of closed rounds: cash turnover."),
        Account(IN_PLAY_BONUS, Guard.ROUND, manual=False, description="Bonus money staked in one open round."),
        Account(BONUS_STAKES, Guard.NONE, manual=False, description="Bonus stakes of closed rounds: bonus turnover."),
        Account(BONUS_WINS, Guard.NONE, manual=False, description="Winnings paid to bonuses."),
        Account(BONUS_ISSUED, Guard.NONE, manual=False, description="The other side of bonus balances."),
        Account(BONUS_COST, Guard.NONE, manual=False, description="What promotions cost in cash."),
        Account(POINTS_ISSUED, Guard.NONE, manual=False, description="The other side of points."),
        Account(
            FX_POSITION,
            Guard.NONE,
            manual=False,
            description="Currency bought from and sold to players; what is left when it went back is the FX result.",
        ),
        Account(FX_MARGIN, Guard.NONE, manual=False, description="What conversions earn, rounding included."),
        Account(WINS, Guard.NONE, manual=False, description="Cash winnings paid."),
        Account(
            PSP_CLEARING, Guard.NONE, manual=True, description="Money at or in transit through a payment provider."
        ),
        Account(ADJUSTMENTS, Guard.NONE, manual=True, description="The other side of adjustments made by hand."),
        Account(WRITE_OFF, Guard.NONE, manual=True, description="Player debt given up."),
        Account(FEES, Guard.NONE, manual=True, description="Fees taken or paid."),
        Account(TIPS_PAYABLE, Guard.NONE, manual=False, description="Tips that providers are owed."),
        Account(SUSPENSE, Guard.NONE, manual=True, description="Unexplained differences, until explained."),
        Account(BANK, Guard.NONE, manual=True, description="The operator's bank accounts."),
    )
}


def account_of(name: str) -> Account:
    """Return the account of a name, a family's one by its family. Raises KeyError."""
    found = ACCOUNTS.get(name)
    if found is None:
        found = ACCOUNTS[name.partition(":")[0]]
        if not found.family:
            raise KeyError(name)
    return found


def mixed(parts: Sequence[tuple[str, int]]) -> bool:
    """Whether anything but plain cash is among amounts by pocket."""
    return bool(parts) and (len(parts) > 1 or parts[0][0] != CASH)
