"""What people do with holds (rulebook 12): place, extend, capture, release. What time does is in hold_times.py.

A withdrawal is a hold, too, but has commands of its own: nobody places, captures or gives back one here (R-PAY-02).
"""

from enum import IntEnum

from msgspec.structs import replace

from wallet_core.domain.accounts import ADJUSTMENTS, BANK, PSP_CLEARING, SUSPENSE
from wallet_core.domain.commands import OPERATOR, Recorded
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.desk import Desk, Poster
from wallet_core.domain.entries import Keyed, Kind, Posting
from wallet_core.domain.holds import (
    HOLDS,
    LEGAL,
    Basis,
    Event,
    Hold,
    HoldReason,
    State,
    after,
    capture,
    find,
    give_back,
    next_review,
    posting,
    take,
    told,
)
from wallet_core.domain.players import wallet_currency
from wallet_core.domain.pockets import CASH_ORDER, cash_parts


class Purpose(IntEnum):
    """What a hold may be captured for (R-HOLD-05); numbers of wallet.v1.CapturePurpose."""

    PAYOUT = 1
    CHARGEBACK = 2
    REFUND = 3
    LEGAL_ORDER = 4
    CORRECTION = 5


CAPTURES: dict[Purpose, frozenset[str]] = {
    Purpose.PAYOUT: frozenset({PSP_CLEARING, BANK}),
    Purpose.CHARGEBACK: frozenset({PSP_CLEARING}),
    Purpose.REFUND: frozenset({PSP_CLEARING, BANK}),
    Purpose.LEGAL_ORDER: frozenset({BANK, SUSPENSE}),
    Purpose.CORRECTION: frozenset({ADJUSTMENTS, SUSPENSE}),
}
"""The house accounts that each purpose may take it to."""


class OfHold(Recorded, frozen=True):
    """A command about one hold."""

    hold_id: str

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[str, ...]], ...]:
        """The hold."""
        return ((Hold, (self.player_id, self.hold_id)),)


class PlaceHold(OfHold, frozen=True):
    """Set cash aside (P-12). Its id is its key, once for ever.

    Attributes:
        amount: ledger units; none for a freeze, which takes all there is.
        review_at: of a legal hold required, else worked out where it is 0.
        expires_at: of every other hold required.
    """

    currency: str
    amount: int | None
    reason: HoldReason
    basis: Basis
    clause: str
    owner: str
    case_id: str
    text_key: str = ""
    evidence: str = ""
    account_freeze: bool = False
    discreet: bool = False
    review_at: int = 0
    expires_at: int = 0

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return HOLDS, self.hold_id

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        facts = (self.amount, self.account_freeze, self.discreet, self.review_at, self.expires_at)
        words = (self.clause, self.owner, self.case_id, self.text_key, self.evidence)
        return "HOLD", self.currency, self.reason.name, self.basis.name, *map(str, facts), *words


class _ByHand(OfHold, frozen=True):
    """What a person does with a hold.

    Attributes:
        why: in the person's words.
    """

    why: str
    actor: str
    request_id: str

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return OPERATOR, self.request_id

    @property
    def words(self) -> tuple[tuple[str, str], ...]:
        """What is kept of who and why."""
        return ("why", self.why), ("actor", self.actor)


class ExtendHold(_ByHand, frozen=True):
    """Hold on: a later end, or of what has none a later review; 0 for the one that does not change."""

    expires_at: int = 0
    review_at: int = 0

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "EXTEND", self.hold_id, str(self.expires_at), str(self.review_at), self.why, self.actor


class CaptureHold(_ByHand, frozen=True):
    """Take what is held, or a part, to a house account (R-HOLD-05); `why` is the decision.

    Attributes:
        amount: none for all that is left.
        detail: of the account: a payment provider, an order.
    """

    amount: int | None
    purpose: Purpose
    account: str
    detail: str = ""

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        facts = (self.purpose.name, self.account, self.detail, str(self.amount))
        return "CAPTURE", self.hold_id, *facts, self.why, self.actor


class ReleaseHold(_ByHand, frozen=True):
    """Give back what is left of a hold (P-14); of a freeze, lift it."""

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "RELEASE", self.hold_id, self.why, self.actor


def _place(desk: Desk, command: PlaceHold) -> Posting:
    player = desk.someone
    currency = wallet_currency(player, command.currency)
    _identified(command)
    _timed(command, desk.at)
    pockets = desk.book.pockets(player.player_id, currency)
    amount = command.amount
    if command.account_freeze:
        amount = sum(pockets[account].amount for account in CASH_ORDER if account in pockets)
    elif amount is None or amount <= 0:
        raise Refused(Reason.INVALID_AMOUNT)
    sources = cash_parts(pockets, amount)
    if sources is None:
        raise Refused(Reason.INSUFFICIENT_FUNDS, "The player has not so much cash to hold.")
    hold = Hold(
        player_id=player.player_id,
        hold_id=command.hold_id,
        currency=currency,
        reason=command.reason,
        state=State.PLACED,
        amount=0,
        captured=0,
        sources=(),
        basis=command.basis,
        clause=command.clause,
        owner=command.owner,
        case_id=command.case_id,
        text_key=command.text_key or f"hold.{command.reason.name.lower()}",
        evidence=command.evidence,
        account_freeze=command.account_freeze,
        discreet=command.discreet,
        placed_at=desk.at,
        review_at=command.review_at,
        expires_at=command.expires_at,
        changed_at=desk.at,
    )
    hold = replace(hold, review_at=hold.review_at or next_review(hold, desk.at, heard=True))
    change = take(desk, hold, sources)
    return posting(desk, Kind.HOLD, change, ("owner", hold.owner), ("case_id", hold.case_id))


def _identified(command: PlaceHold) -> None:
    """Pass a hold that somebody answers for (R-HOLD-01).

    Raises:
        Refused: INVALID_REQUEST.
    """
    for field in ("owner", "case_id", "clause"):
        if not getattr(command, field).strip():
            raise Refused(Reason.INVALID_REQUEST, f"{field}: a hold is never anonymous (R-HOLD-01).")
    if command.reason is HoldReason.WITHDRAWAL:
        raise Refused(Reason.INVALID_REQUEST, "reason: a withdrawal is requested, not placed as a hold.")
    if command.account_freeze and (command.reason is not HoldReason.AML or command.basis not in LEGAL):
        raise Refused(Reason.INVALID_REQUEST, "account_freeze: its reason is AML, its basis a law or an order.")
    if command.account_freeze and command.amount is not None:
        raise Refused(Reason.INVALID_REQUEST, "amount: a freeze takes all there is; leave it out.")


def _timed(command: PlaceHold, at: int) -> None:
    """Pass a hold that ends, or one that rests on the law and is looked at again (R-HOLD-02).

    Raises:
        Refused: INVALID_REQUEST.
    """
    if command.basis in LEGAL:
        if command.expires_at or command.review_at <= at:
            raise Refused(Reason.INVALID_REQUEST, "review_at: a legal hold has no expiry, but a review to come.")
    elif command.expires_at <= at:
        raise Refused(Reason.INVALID_REQUEST, "expires_at: a hold that no law asks for ends at a time to come.")
    elif command.review_at and not at < command.review_at < command.expires_at:
        raise Refused(Reason.INVALID_REQUEST, "review_at: between now and the end, or left out.")


def _by_hand(desk: Desk, hold_id: str) -> Hold:
    """Return a hold that a person may capture or release.

    Raises:
        Refused: HOLD_NOT_FOUND, HOLD_STATE.
    """
    hold = find(desk, hold_id)
    if hold.reason is HoldReason.WITHDRAWAL:
        raise Refused(Reason.HOLD_STATE, "It is a withdrawal: settle it, or fail it.")
    return hold


def _extend(desk: Desk, command: ExtendHold) -> Posting:
    hold = find(desk, command.hold_id)
    state = after(hold, Event.EXTEND, desk.at)
    if hold.expires_at:
        if command.expires_at <= max(hold.expires_at, desk.at):
            raise Refused(Reason.INVALID_REQUEST, "expires_at: later than it ends now.")
        if command.review_at and not desk.at < command.review_at < command.expires_at:
            raise Refused(Reason.INVALID_REQUEST, "review_at: between now and the end, or left out.")
    elif command.expires_at or command.review_at <= desk.at:
        raise Refused(Reason.INVALID_REQUEST, "review_at: the hold has no expiry; say when it is looked at again.")
    later = replace(hold, state=state, expires_at=command.expires_at, changed_at=desk.at)
    review_at = command.review_at or next_review(later, desk.at, heard=True)
    desk.book.put(replace(later, review_at=review_at))
    info = told(hold, ("until", str(later.expires_at or review_at)), *command.words)
    return Posting(Kind.NOTE, hold.currency, 0, info=info)


def _capture(desk: Desk, command: CaptureHold) -> Posting:
    hold = _by_hand(desk, command.hold_id)
    if command.account not in CAPTURES[command.purpose]:
        accounts = ", ".join(sorted(CAPTURES[command.purpose]))
        raise Refused(Reason.INVALID_REQUEST, f"account: a {command.purpose.name} goes to one of {accounts}.")
    change = capture(desk, hold, command.amount, command.account, command.detail)
    words = (("purpose", command.purpose.name), *command.words)
    return posting(desk, Kind.HOLD_CAPTURE, change, *words)


def _release(desk: Desk, command: ReleaseHold) -> Posting:
    change = give_back(desk, _by_hand(desk, command.hold_id), Event.RELEASE)
    return posting(desk, Kind.HOLD_RELEASE, change, *command.words)


POSTINGS: dict[type[Recorded], Poster] = {
    PlaceHold: _place,
    ExtendHold: _extend,
    CaptureHold: _capture,
    ReleaseHold: _release,
}
"""What each of these commands posts."""
