"""Holds: a player's cash set aside, never anonymously (rulebook 12). PLACED, then perhaps EXTENDED or ESCALATED, until
it is CAPTURED, RELEASED or EXPIRED; a capture of a part leaves the rest held. The commands are in hold_commands.py and
withdrawals.py.

HELD:<reason> is the sum of the live holds of that reason. A hold remembers which cash pockets it was taken from, and
gives back to those. Bonus pockets are never touched (R-HOLD-04). Times are microseconds.
"""

from enum import Enum, IntEnum

from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain.accounts import HELD
from wallet_core.domain.decision import Parts, Reason, Refused
from wallet_core.domain.desk import Desk
from wallet_core.domain.entries import Entry, Journal, Keyed, Kind, Posting
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.pockets import add
from wallet_core.domain.write_off import waterfall

HOUR = 3_600_000_000
DAY = 24 * HOUR

HOLDS = "~holds"
"""Whose id space the ids of holds are: that of withdrawals, too."""


DISCREET = ("discreet", "true")
"""Stands among the words of every transaction about a discreet hold."""


class HoldReason(IntEnum):
    """The class of a hold (rulebook 3.1); numbers of wallet.v1.HoldReason."""

    WITHDRAWAL = 1  # asked for, not yet paid: withdrawals.py alone places, captures and releases it
    CDD = 2
    AML = 3
    DISPUTE = 4
    PSP_RISK = 5
    UNKNOWN = 6  # a payment whose fate is not known
    RG_REFUND = 7
    REVIEW = 8  # a check, and no more said: so a player is shown what must not be told (R-HOLD-06)


QUIET: dict[HoldReason, int] = {
    HoldReason.WITHDRAWAL: DAY,
    HoldReason.CDD: 72 * HOUR,
    HoldReason.AML: 72 * HOUR,
    HoldReason.DISPUTE: 10 * DAY,
    HoldReason.PSP_RISK: 45 * DAY,
    HoldReason.UNKNOWN: DAY,
    HoldReason.RG_REFUND: DAY,
    HoldReason.REVIEW: 72 * HOUR,
}
"""How long a hold of a class may go without an event before it hangs (R-HOLD-07)."""


class Basis(IntEnum):
    """What a hold rests on; numbers of wallet.v1.HoldBasis."""

    TERMS = 1
    PLAYER = 2  # asked for by the player
    LAW = 3
    ORDER = 4  # of a court or an authority


LEGAL = frozenset({Basis.LAW, Basis.ORDER})
"""What has no expiry but a review date (R-HOLD-02)."""


class State(IntEnum):
    """Numbers of wallet.v1.HoldState."""

    PLACED = 1
    EXTENDED = 2
    PART_CAPTURED = 3
    ESCALATED = 4  # its review came due, and nothing has happened since
    CAPTURED = 5
    RELEASED = 6  # what was not captured before
    EXPIRED = 7  # released by time


LIVE = frozenset({State.PLACED, State.EXTENDED, State.PART_CAPTURED, State.ESCALATED})
"""States in which money is held."""


class Event(Enum):
    """What happens to a hold."""

    EXTEND = "EXTEND"
    CAPTURE_PART = "CAPTURE_PART"
    CAPTURE = "CAPTURE"
    RELEASE = "RELEASE"
    EXPIRE = "EXPIRE"
    ESCALATE = "ESCALATE"


# (state, event) -> the next state; there is none of a hold that is over. A test counts.
TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.PLACED, Event.EXTEND): State.EXTENDED,
    (State.EXTENDED, Event.EXTEND): State.EXTENDED,
    (State.PART_CAPTURED, Event.EXTEND): State.PART_CAPTURED,
    (State.ESCALATED, Event.EXTEND): State.EXTENDED,
    **dict.fromkeys(((state, Event.ESCALATE) for state in LIVE), State.ESCALATED),
    **dict.fromkeys(((state, Event.CAPTURE_PART) for state in LIVE), State.PART_CAPTURED),
    **dict.fromkeys(((state, Event.CAPTURE) for state in LIVE), State.CAPTURED),
    **dict.fromkeys(((state, Event.RELEASE) for state in LIVE), State.RELEASED),
    **dict.fromkeys(((state, Event.EXPIRE) for state in LIVE), State.EXPIRED),
}


class Hold(Keyed, frozen=True, gc=False):
    """One hold of one player (R-HOLD-01).

    Attributes:
        amount: ledger units that were ever held; a freeze's grows with every credit.
        captured: what of it has gone to the house.
        sources: what is still held, by the cash pocket it came from and would go back to.
        clause: of the terms, the law or the order it rests on.
        owner: who answers for it.
        text_key: of the words the player is shown.
        evidence: where it is kept.
        account_freeze: it holds all cash of its wallet, and every credit until it is over (R-HOLD-03). Until then its
            player may not play: what comes in before it is swept must stay.
        discreet: its reason must not be told to the player (tipping-off, R-HOLD-06).
        review_at: when its owner is told next; 0 for never.
        expires_at: when it releases itself; 0 for never.
    """

    player_id: str
    hold_id: str
    currency: str
    reason: HoldReason
    state: State
    amount: int
    captured: int
    sources: Parts
    basis: Basis
    clause: str
    owner: str
    case_id: str
    text_key: str
    evidence: str
    account_freeze: bool
    discreet: bool
    placed_at: int
    review_at: int
    expires_at: int
    changed_at: int

    @property
    def key(self) -> tuple[str, ...]:
        """What it is found by."""
        return self.player_id, self.hold_id

    @property
    def account(self) -> str:
        """The name of its pocket."""
        return f"{HELD}:{self.reason.name}"

    @property
    def live(self) -> bool:
        """Whether it may still change."""
        return self.state in LIVE

    @property
    def held(self) -> int:
        """What it still holds."""
        return sum(amount for _, amount in self.sources)

    @property
    def freezing(self) -> bool:
        """Whether it is one of those its player's row counts."""
        return self.account_freeze and self.live

    @property
    def legal(self) -> bool:
        """Whether it has no expiry, but a review date (R-HOLD-02)."""
        return self.basis in LEGAL


class Change(Struct, frozen=True):
    """What becomes of a hold: the hold afterwards, the parts that move for the player, and the journal."""

    hold: Hold
    parts: Parts
    entries: tuple[Entry, ...]


def find(desk: Desk, hold_id: str) -> Hold:
    """Return the player's hold.

    Raises:
        Refused: PLAYER_UNKNOWN, HOLD_NOT_FOUND.
    """
    hold = desk.book.noun(Hold, desk.someone.player_id, hold_id)
    if hold is None:
        raise Refused(Reason.HOLD_NOT_FOUND, f"The player has no hold {hold_id}.")
    return hold


def after(hold: Hold, event: Event, at: int) -> State:
    """Return the state an event leads to. A hold whose time is over can only be given back (R-TIME-08).

    Raises:
        Refused: HOLD_STATE.
    """
    state = TRANSITIONS.get((hold.state, event))
    if state is None:
        raise Refused(Reason.HOLD_STATE, f"The hold is {hold.state.name}; nothing more can be done with it.")
    if 0 < hold.expires_at <= at and event not in {Event.RELEASE, Event.EXPIRE}:
        raise Refused(Reason.HOLD_STATE, "The hold's time is over; it is being released.")
    return state


def next_review(hold: Hold, at: int, *, heard: bool) -> int:
    """Return when the hold's owner is to be told next (R-HOLD-02, R-HOLD-07), after the microsecond `at`.

    Args:
        hold: whose time may have an end: then at a half and at four fifths of it.
        at: now.
        heard: something has just happened to it, so that it hangs when nothing more does for as long as its class may.
    """
    span = hold.expires_at - hold.placed_at
    moments = [hold.placed_at + span * share // 10 for share in (5, 8)] if hold.expires_at else []
    if heard:
        moments.append(at + QUIET[hold.reason])
    return min((moment for moment in moments if moment > at), default=0)


def take(desk: Desk, hold: Hold, sources: Parts) -> Change:
    """Return the hold with money of cash pockets moved to it (P-12).

    Raises:
        Refused: INVALID_AMOUNT, its pocket would overflow.
    """
    amount = sum(part for _, part in sources)
    _room(desk, hold, ((hold.account, amount),))
    held = replace(hold, amount=hold.amount + amount, sources=add(hold.sources, sources), changed_at=desk.at)
    parts = (*((pocket, -part) for pocket, part in sources), (hold.account, amount))
    return Change(held, parts, entries(parts, hold.hold_id))


def give_back(desk: Desk, hold: Hold, event: Event) -> Change:
    """Return the hold with all it still holds back where it came from (P-14).

    Raises:
        Refused: HOLD_STATE; INVALID_AMOUNT, a pocket would overflow.
    """
    state = after(hold, event, desk.at)
    _room(desk, hold, hold.sources)
    parts = ((hold.account, -hold.held), *hold.sources)
    over = replace(hold, state=state, sources=(), review_at=0, changed_at=desk.at)
    return Change(over, parts, entries(parts, hold.hold_id))


def capture(desk: Desk, hold: Hold, amount: int | None, account: str, detail: str) -> Change:
    """Return the hold with an amount, or all it still holds, gone to a house account (P-13, R-HOLD-05). A freeze goes
    on with nothing held: only its release ends it (R-HOLD-03).

    Raises:
        Refused: HOLD_STATE, INVALID_AMOUNT; AMOUNT_EXCEEDS_REFERENCE, it does not hold so much.
    """
    held = hold.held
    taken = held if amount is None else amount
    whole = taken == held and not hold.account_freeze
    state = after(hold, Event.CAPTURE if whole else Event.CAPTURE_PART, desk.at)
    if taken <= 0:
        raise Refused(Reason.INVALID_AMOUNT)
    gone = waterfall(taken, hold.sources)
    if gone is None:
        raise Refused(Reason.AMOUNT_EXCEEDS_REFERENCE, "The hold does not hold so much; capture what is left.")
    parts = ((hold.account, -taken),)
    changed = replace(
        hold, state=state, captured=hold.captured + taken, sources=add(hold.sources, gone, -1), changed_at=desk.at
    )
    review_at = (changed.review_at if hold.legal else next_review(changed, desk.at, heard=True)) if changed.live else 0
    lines = (*entries(parts, hold.hold_id), Entry(account, taken, detail))
    return Change(replace(changed, review_at=review_at), parts, lines)


def entries(parts: Parts, hold_id: str) -> tuple[Entry, ...]:
    """Return the lines of parts; a HELD line says of which hold it is."""
    return tuple(Entry(pocket, part, hold_id if pocket.startswith(HELD) else "") for pocket, part in parts)


def posting(desk: Desk, kind: Kind, change: Change, *words: tuple[str, str]) -> Posting:
    """Put the hold in the book, counted on the player's row if it freezes; return what moves it, and the words why."""
    hold = change.hold
    before = desk.book.noun(Hold, *hold.key)
    freezes = hold.freezing - (before is not None and before.freezing)
    if freezes:
        desk.book.put(replace(desk.someone, frozen=desk.someone.frozen + freezes))
    desk.book.put(hold)
    info = told(hold, ("hold_reason", hold.reason.name), *words)
    amount = max((abs(part) for _, part in change.parts), default=0)
    journal = Journal(hold.currency, change.entries)
    parts = tuple(part for part in change.parts if part[1])
    return Posting(kind, hold.currency, amount, parts, (journal,) if parts else (), info)


def told(hold: Hold, *words: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the words of a transaction about a hold; DISCREET where its player must not be told them (R-HOLD-06)."""
    return ("hold_id", hold.hold_id), *words, *((DISCREET,) if hold.discreet else ())


def _room(desk: Desk, hold: Hold, more: Parts) -> None:
    if any(desk.held(hold.currency, pocket) + part > INT64_MAX for pocket, part in more):
        raise Refused(Reason.INVALID_AMOUNT, "A pocket would hold more than it can.")
