"""The chart of accounts (rulebook 3.1): which are authorising, which recording.

A pocket belongs to a player and *authorises*: a balance row guards it, its lines carry a gapless sequence and the
balance after. A house account *records*: the hot path only appends lines, a sum over them is its balance.
Signs: positive is in favour of the player for pockets; house accounts take the balancing sign.
"""

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
    """

    name: str
    guard: Guard
    manual: bool
    description: str
    floor: bool = True

    @property
    def authorising(self) -> bool:
        """Whether a balance row guards it."""
        return self.guard is not Guard.NONE


CASH = "CASH"
IN_PLAY = "IN_PLAY"
DEBT = "DEBT"
STAKES = "STAKES"
WINS = "WINS"
PSP_CLEARING = "PSP_CLEARING"
ADJUSTMENTS = "ADJUSTMENTS"
WRITE_OFF = "WRITE_OFF"
FEES = "FEES"
SUSPENSE = "SUSPENSE"
BANK = "BANK"

ACCOUNTS: dict[str, Account] = {
    account.name: account
    for account in (
        Account(CASH, Guard.POCKET, manual=True, description="Cash the player can stake or withdraw."),
        Account(IN_PLAY, Guard.ROUND, manual=False, description="Cash staked in one open round."),
        Account(
            DEBT,
            Guard.POCKET,
            manual=True,
            description="What the player owes, as a negative amount; never taken by a stake.",
            floor=False,
        ),
        Account(STAKES, Guard.NONE, manual=False, description="Stakes of closed rounds: cash turnover."),
        Account(WINS, Guard.NONE, manual=False, description="Cash winnings paid."),
        Account(
            PSP_CLEARING, Guard.NONE, manual=True, description="Money at or in transit through a payment provider."
        ),
        Account(ADJUSTMENTS, Guard.NONE, manual=True, description="The other side of adjustments made by hand."),
        Account(WRITE_OFF, Guard.NONE, manual=True, description="Player debt given up."),
        Account(FEES, Guard.NONE, manual=True, description="Fees taken or paid."),
        Account(SUSPENSE, Guard.NONE, manual=True, description="Unexplained differences, until explained."),
        Account(BANK, Guard.NONE, manual=True, description="The operator's bank accounts."),
    )
}
