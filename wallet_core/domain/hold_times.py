"""What time does with holds: expire, escalate, sweep. `streams/expiry.py` finds what is due and sends these."""

from msgspec.structs import replace

from wallet_core.domain.commands import Recorded
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.desk import Desk, Poster
from wallet_core.domain.entries import Kind, Posting
from wallet_core.domain.hold_commands import OfHold
from wallet_core.domain.holds import HOLDS, Event, after, find, give_back, next_review, posting, take, told
from wallet_core.domain.pockets import CASH_ORDER, cash_parts


class _ByTime(OfHold, frozen=True):
    """What time does with a hold.

    Attributes:
        due: what the hold said when it was looked at. Whoever looks at the same sends the same.
    """

    due: int

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and a key that no caller can send (R-IDEM-01)."""
        return HOLDS, f"~{type(self).__name__}:{self.hold_id}:{self.due}"

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat: nothing that the key does not say."""
        return (type(self).__name__,)


class ExpireHold(_ByTime, frozen=True):
    """Give back what is left of a hold whose time is over: `due` is its expires_at (R-HOLD-02)."""


class EscalateHold(_ByTime, frozen=True):
    """Tell a hold's owner that its review is due: `due` is its review_at (R-HOLD-02, R-HOLD-07)."""


class SweepHold(_ByTime, frozen=True):
    """Take what has been credited since into a freeze: `due` is how many lines its cash pockets had (R-HOLD-03)."""


def _expire(desk: Desk, command: ExpireHold) -> Posting:
    hold = find(desk, command.hold_id)
    if not 0 < command.due == hold.expires_at <= desk.at:
        raise Refused(Reason.HOLD_STATE, "The hold does not end now.")
    return posting(desk, Kind.HOLD_RELEASE, give_back(desk, hold, Event.EXPIRE), ("why", "its time is over"))


def _escalate(desk: Desk, command: EscalateHold) -> Posting:
    hold = find(desk, command.hold_id)
    if not 0 < command.due == hold.review_at <= desk.at:
        raise Refused(Reason.HOLD_STATE, "The hold is not to be reviewed now.")
    state = after(hold, Event.ESCALATE, desk.at)
    desk.book.put(replace(hold, state=state, review_at=next_review(hold, desk.at, heard=False), changed_at=desk.at))
    info = told(hold, ("why", "its review is due"), ("owner", hold.owner))
    return Posting(Kind.NOTE, hold.currency, 0, info=info)


def _sweep(desk: Desk, command: SweepHold) -> Posting:
    hold = find(desk, command.hold_id)
    pockets = desk.book.pockets(hold.player_id, hold.currency)
    found = sum(pockets[account].amount for account in CASH_ORDER if account in pockets)
    sources = cash_parts(pockets, found)
    if not (hold.account_freeze and hold.live and sources):
        raise Refused(Reason.HOLD_STATE, "There is nothing to sweep into the hold.")
    return posting(desk, Kind.HOLD, take(desk, hold, sources), ("why", "the account is frozen"))


POSTINGS: dict[type[Recorded], Poster] = {
    ExpireHold: _expire,
    EscalateHold: _escalate,
    SweepHold: _sweep,
}
"""What each of these commands posts."""
