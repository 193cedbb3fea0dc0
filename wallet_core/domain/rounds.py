"""Rounds: the state machine of rulebook 5.2 as a table, and the round's own sums.

A stake sits in the round's IN_PLAY account until the round closes; then it is house revenue. So the round row is also
the balance row of that account: `in_play`, with its own gapless `sequence`.

    OPEN       stakes come in, wins are paid, anything may be rolled back
    CLOSED     its stakes are revenue; what still happens to it makes a new revision
    CANCELLED  every stake was rolled back
    VOIDED     the operator gave the stakes back; a late win pays only what it exceeds the refund by (R-ROUND-09)

STALE, in the rulebook's table, is OPEN and old: a question for a query, not a state.
"""

from enum import IntEnum

from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain.accounts import IN_PLAY, IN_PLAY_BONUS, mixed
from wallet_core.domain.decision import Parts, Reason, Refused
from wallet_core.domain.entries import Entry


class State(IntEnum):
    """Numbers of wallet.v1.RoundState."""

    OPEN = 1
    CLOSED = 2
    CANCELLED = 3
    VOIDED = 4


class Event(IntEnum):
    """What happens to a round."""

    STAKE = 1
    WIN = 2
    CLOSE = 3
    ROLLBACK = 4  # of a stake; others survive
    ROLLBACK_LAST = 5  # of the last surviving stake
    VOID = 6


# (state, event) -> the next state, or the reason it may not happen. Exhaustive: a test counts.
TRANSITIONS: dict[tuple[State, Event], State | Reason] = {
    (State.OPEN, Event.STAKE): State.OPEN,
    (State.OPEN, Event.WIN): State.OPEN,
    (State.OPEN, Event.CLOSE): State.CLOSED,
    (State.OPEN, Event.ROLLBACK): State.OPEN,
    (State.OPEN, Event.ROLLBACK_LAST): State.CANCELLED,
    (State.OPEN, Event.VOID): State.VOIDED,
    (State.CLOSED, Event.STAKE): Reason.ROUND_CLOSED,  # but see LATE
    (State.CLOSED, Event.WIN): State.CLOSED,
    (State.CLOSED, Event.CLOSE): State.CLOSED,
    (State.CLOSED, Event.ROLLBACK): State.CLOSED,
    (State.CLOSED, Event.ROLLBACK_LAST): State.CANCELLED,
    (State.CLOSED, Event.VOID): Reason.ROUND_CLOSED,
    (State.CANCELLED, Event.STAKE): Reason.ROUND_CLOSED,
    (State.CANCELLED, Event.WIN): Reason.REFERENCE_ROLLED_BACK,  # R-PROV-05
    (State.CANCELLED, Event.CLOSE): State.CANCELLED,
    (State.CANCELLED, Event.ROLLBACK): State.CANCELLED,
    (State.CANCELLED, Event.ROLLBACK_LAST): State.CANCELLED,
    (State.CANCELLED, Event.VOID): Reason.ROUND_CLOSED,
    (State.VOIDED, Event.STAKE): Reason.ROUND_CLOSED,
    (State.VOIDED, Event.WIN): State.VOIDED,
    (State.VOIDED, Event.CLOSE): State.VOIDED,
    (State.VOIDED, Event.ROLLBACK): State.VOIDED,
    (State.VOIDED, Event.ROLLBACK_LAST): State.VOIDED,
    (State.VOIDED, Event.VOID): State.VOIDED,
}

# What may still happen to a round that is over, where the profile accepts late stakes: and so also a win that comes
# before its late stake, when it names it. A round that was closed before its first stake arrived takes that one from
# any profile: the provider's messages have only overtaken each other.
LATE: dict[tuple[State, Event], State] = {
    (State.CLOSED, Event.STAKE): State.CLOSED,
    (State.CANCELLED, Event.STAKE): State.OPEN,
    (State.CANCELLED, Event.WIN): State.OPEN,
}

REFUNDED = "REFUNDED"
"""Among the parts of a win that came after its round was voided: what the void has paid already, if only nothing. No
pocket, and no lines."""

LAPSED = "LAPSED"
"""Among parts: what would have been a bonus's that is over, or was its own and is gone. No pocket of the player's."""

SET_OFF = "SET_OFF"
"""Among parts, before whose it is: what a bonus has had already, of an earlier win of the round that was taken back
when nothing was left of it; below zero, where that happens. No pocket.
"""

WAITING = "WAITING"
"""Among what is left of a free win: what its grant pays at its end, or has paid by now. No pocket, and no lines."""

NOWHERE = frozenset({REFUNDED, LAPSED, SET_OFF, WAITING})
"""The families of what stands among parts and is no pocket."""


def nowhere(pocket: str) -> bool:
    """Whether it is none."""
    return pocket.partition(":")[0] in NOWHERE


class Round(Struct, frozen=True, gc=False):
    """A round of one player (R-ROUND-01, R-ROUND-06).

    Attributes:
        revision: grows each time a round that is not open changes again.
        mix: pocket by pocket, the stakes that were not rolled back: what wins are split by (R-FUND-12), also those that
            come after a void has given them back.
        in_play, in_play_bonus: what of them is not house revenue yet, by cash and by bonus money; each is the balance
            of an account of its own, with `sequence` and `sequence_bonus` lines.
        refunded: what a void gave back and no late win has used up.
        stakes: how many were ever accepted.
        standing: how many of them were not rolled back whole.
        wins: how many wins were paid to the round as a whole, naming no bet, and stand.
        policies: the version of the policies it began with.
        counted: by bonus, what of the surviving stakes counts for its wagering, before the game's rate.
        wagered: by bonus, what the round has added to its wagering progress.
        returned: what its wins have given back to bonuses.
        grant: of free rounds, whose round it is; empty for none.
        odds: the lowest that were staked at, in hundredths; 0 for none.
        void: basis points of the stakes that are void.
        written_off: by bonus, what of its wins was taken back, and not there; no later win has used it up.
    """

    player_id: str
    provider_id: str
    round_id: str
    game_id: str
    currency: str
    state: State
    opened_at: int
    changed_at: int
    revision: int = 0
    sequence: int = 0
    in_play: int = 0
    mix: Parts = ()
    won: int = 0
    refunded: int = 0
    stakes: int = 0
    standing: int = 0
    wins: int = 0
    in_play_bonus: int = 0
    sequence_bonus: int = 0
    policies: int = 0
    counted: Parts = ()
    wagered: Parts = ()
    returned: int = 0
    grant: str = ""
    odds: int = 0
    void: int = 0
    written_off: Parts = ()

    @property
    def plain(self) -> bool:
        """Whether cash is all there is to it, and nothing of it counts for a bonus."""
        return not (self.grant or self.counted or self.mixed)

    @property
    def mixed(self) -> bool:
        """Whether anything but plain cash is among its stakes."""
        return mixed(self.mix)

    @property
    def staked(self) -> int:
        """The stakes that were neither rolled back nor given back by a void, all pockets together."""
        return sum(amount for _, amount in self.surviving)

    @property
    def surviving(self) -> Parts:
        """The same, pocket by pocket."""
        return () if self.state is State.VOIDED else self.mix


def void(round_: Round, now: int) -> tuple[Round, tuple[Entry, ...]]:
    """Return the round with its stakes given back, and its side of the journal that does so (P-05).

    Raises:
        Refused: ROUND_CLOSED, it is not open.
    """
    state = after(round_, Event.VOID)
    refunded = round_.refunded + round_.staked
    voided = replace(
        round_,
        state=state,
        refunded=refunded,
        returned=round_.returned + round_.in_play_bonus,
        revision=round_.revision + 1,
        changed_at=now,
    )
    return voided, (Entry(IN_PLAY, -round_.in_play), Entry(IN_PLAY_BONUS, -round_.in_play_bonus))


def after(round_: Round, event: Event, *, late: bool = False) -> State:
    """Return the state the event leads to; `late` is whether it may still happen to a round that is over.

    Raises:
        Refused: ROUND_CLOSED or REFERENCE_ROLLED_BACK, by the table.
    """
    place = round_.state, event
    target = LATE.get(place, TRANSITIONS[place]) if late else TRANSITIONS[place]
    if isinstance(target, State):
        return target
    raise Refused(target)
