"""Free rounds: grants of rounds that stake nothing, and their states as a table (rulebook 6.4). What a play makes of
them is in free_play.py, the commands are in free_round_commands.py.

    ISSUED     granted; the provider has not confirmed it, and the player is not shown it (R-FREE-02)
    AVAILABLE  the provider has it
    IN_USE     the first round has begun
    COMPLETED  every round has been played to its end
    EXPIRED    its time is over
    CANCELLED  taken back, or never confirmed

A round that is rolled back after the last has ended may be played again: the grant is IN_USE once more.

Rounds that are not played are worth nothing in the ledger (R-FREE-09).
"""

from enum import Enum, IntEnum
from typing import Any

from msgspec import Struct

from wallet_core.domain.awards import Promise
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import Keyed
from wallet_core.domain.holds import Hold


class State(IntEnum):
    """Numbers of wallet.v1.FreeRoundState."""

    ISSUED = 1
    AVAILABLE = 2
    IN_USE = 3
    COMPLETED = 4
    EXPIRED = 5
    CANCELLED = 6


LIVE = frozenset({State.ISSUED, State.AVAILABLE, State.IN_USE})
"""States that may still change."""


class Event(Enum):
    """What happens to a grant."""

    CONFIRM = "CONFIRM"  # the provider has registered it
    BEGIN = "BEGIN"  # one of its rounds begins
    COMPLETE = "COMPLETE"  # the last has ended
    REOPEN = "REOPEN"  # one that had ended is rolled back
    EXPIRE = "EXPIRE"
    CANCEL = "CANCEL"  # by the operator, or the provider would not register it


# (state, event) -> the next state; of a grant that is over, only one that was played may come back. A test counts.
TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.ISSUED, Event.CONFIRM): State.AVAILABLE,
    (State.AVAILABLE, Event.BEGIN): State.IN_USE,
    (State.IN_USE, Event.BEGIN): State.IN_USE,
    (State.IN_USE, Event.COMPLETE): State.COMPLETED,
    (State.COMPLETED, Event.REOPEN): State.IN_USE,
    **dict.fromkeys(((state, Event.EXPIRE) for state in LIVE), State.EXPIRED),
    **dict.fromkeys(((state, Event.CANCEL) for state in LIVE), State.CANCELLED),
}


class Settle(IntEnum):
    """When its winnings are paid (R-FREE-04); numbers of wallet.v1.FreeRoundSettle."""

    EACH = 1
    END = 2


class Grant(Keyed, frozen=True, gc=False):
    """One grant of free rounds to one player (R-FREE-01). Its id is the reward's at the provider.

    Attributes:
        value: ledger units that each round is worth; nobody pays them.
        games: that it may be played at; empty: any of the provider's.
        promise: the bonus its winnings become; none: cash.
        cap: the most that is ever won by it; 0: any.
        campaign: what its winnings are a cost of.
        expires_at: microsecond; rounds that began before are paid (R-FREE-05).
        attempts: how often the provider has refused to register it.
        used: rounds that began, or won; `open` of them have not ended.
        paid: how many rounds have won.
        won: all winnings less what was taken back; `waiting` of it is paid at the end.
        over_at: microsecond; 0 while it is live.
        reason: why it is over, for people.
        bonus_id: of the bonus that its winnings go to, or went to last; empty before the first.
    """

    player_id: str
    grant_id: str
    provider_id: str
    currency: str
    state: State
    rounds: int
    value: int
    games: tuple[str, ...]
    settle: Settle
    promise: Promise | None
    cap: int
    campaign: str
    issued_at: int
    expires_at: int
    changed_at: int
    attempts: int = 0
    used: int = 0
    open: int = 0
    paid: int = 0
    won: int = 0
    waiting: int = 0
    over_at: int = 0
    reason: str = ""
    bonus_id: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What it is found by."""
        return self.player_id, self.grant_id

    @property
    def live(self) -> bool:
        """Whether it may still change."""
        return self.state in LIVE

    @property
    def left(self) -> int:
        """How many rounds may still begin."""
        return self.rounds - self.used if self.state in {State.AVAILABLE, State.IN_USE} else 0

    def over(self, at: int) -> bool:
        """Whether no round may begin at a moment: at the very end its time is over (R-TIME-08)."""
        return at >= self.expires_at or 0 < self.over_at <= at


WON = "@free"
"""How the id of a bonus begins that is winnings: as no template's does."""


class FreeWin(Struct, frozen=True):
    """A win of a free round, or what of one is taken back.

    Attributes:
        amount: ledger units, at least 0.
        key: of the win's transaction, also where it is amended or taken back.
        at: microsecond of the win, or of what is made of it.
        began: microsecond its round began.
        counts: whether its round has won by it alone: it is one more of those that won, or one less.
        alone: it is of no round that is its grant's.
    """

    player_id: str
    provider_id: str
    currency: str
    amount: int
    key: bytes
    at: int
    began: int
    counts: bool = True
    alone: bool = False


def bonus_of(grant: Grant, at: int) -> str:
    """Return the id of the next bonus that a grant's winnings become, at a microsecond."""
    return f"{WON}.{at}:{grant.grant_id}" if grant.bonus_id else f"{WON}:{grant.grant_id}"


def dispute_of(key: bytes) -> str:
    """Return the id of the hold of a disputed win; `key` is that of the win's transaction."""
    return f"free:{key.hex()}"


def rows(player_id: str, grant_id: str, *keys: bytes) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
    """Return the rows that a play about a grant reads; its bonus is named in the grant.

    Args:
        player_id: whose play it is.
        grant_id: as the provider says it; empty where it says none.
        keys: of the transactions of the free wins that come, or are rolled back.
    """
    found: list[tuple[type[Keyed], tuple[Any, ...]]] = [(Hold, (player_id, dispute_of(key))) for key in keys]
    if grant_id:
        found.append((Grant, (player_id, grant_id)))
    return tuple(found)


def after(grant: Grant, event: Event) -> State:
    """Return the state the event leads to.

    Raises:
        Refused: BONUS_STATE, by the table.
    """
    state = TRANSITIONS.get((grant.state, event))
    if state is None:
        raise Refused(
            Reason.BONUS_STATE, f"The free rounds are {grant.state.name}; {event.name} does not happen to them then."
        )
    return state
