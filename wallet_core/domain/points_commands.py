"""Commands about points outside play (rulebook 6.5): what they buy, redemption, expiry, and points given by hand."""

from typing import Any

from wallet_core.domain.accounts import BONUS_COST, CASH, DEBT, POINTS, POINTS_ISSUED
from wallet_core.domain.commands import OPERATOR, Recorded
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.desk import Desk, Poster
from wallet_core.domain.entries import NO_PLAYER, Entry, Journal, Keyed, Kind, Posting
from wallet_core.domain.money import CURRENCIES, INT64_MAX, CurrencyKind
from wallet_core.domain.players import wallet_currency
from wallet_core.domain.points import POINT, PTS, PointsPrice, entries_earned, entries_lost, price_key

PARTNER = "~points"
"""Whose id space the ids of redemptions and expiries are."""


class _Operators(Recorded, frozen=True):
    """A command under a request id of the operator's.

    Attributes:
        reason: in words.
    """

    reason: str
    actor: str
    request_id: str

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return OPERATOR, self.request_id

    @property
    def words(self) -> tuple[tuple[str, str], ...]:
        """What is kept of who and why."""
        return ("reason", self.reason), ("actor", self.actor)


class PublishPointsPrice(_Operators, frozen=True):
    """Post another version of what points buy in a currency. It is no player's."""

    currency: str
    version: int
    points: int
    amount: int

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "POINTS_PRICE", self.currency, str(self.version), str(self.points), str(self.amount), self.actor

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The version, and the one before."""
        return tuple((PointsPrice, price_key(self.currency, version)) for version in (self.version - 1, self.version))


class AdjustPoints(_Operators, frozen=True):
    """Give points by hand, or take them back: `points` in ledger units, below zero to take."""

    points: int

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "POINTS", str(self.points), self.reason, self.actor


class RedeemPoints(Recorded, frozen=True):
    """Exchange whole points for cash at a posted price (P-20): the player has seen both sides and confirmed them.

    Attributes:
        points: whole ones.
        amount: what they are to buy.
        version: of the price the player has seen; it must still be the last.
    """

    request_id: str
    points: int
    currency: str
    amount: int
    version: int

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return PARTNER, self.request_id

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "REDEEM", str(self.points), self.currency, str(self.amount), str(self.version)

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The price, and the one that may have replaced it."""
        return tuple((PointsPrice, price_key(self.currency, version)) for version in (self.version, self.version + 1))

    @property
    def refused(self) -> Posting:
        """What is stored of it when it is refused for good (R-IDEM-04)."""
        return Posting(Kind.POINTS_REDEMPTION, self.currency, self.amount)


class ExpirePoints(Recorded, frozen=True):
    """Take what is left of the points that came in before a moment, the oldest spent first (R-PTS-03).

    Attributes:
        before: microsecond; with the player, its key.
        points: what the ledger says is left of them (`expirable`).
        sequence: how many lines the pocket had when that was read.
    """

    before: int
    points: int
    sequence: int

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and a key that no caller can send (R-IDEM-01)."""
        return PARTNER, f"~expire:{self.before}"

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat: nothing that the key does not say."""
        return ("EXPIRE_POINTS",)


def _publish(desk: Desk, command: PublishPointsPrice) -> Posting:
    known = CURRENCIES.get(command.currency)
    if known is None or known.kind is CurrencyKind.POINTS:
        raise Refused(Reason.UNKNOWN_CURRENCY)
    if command.version < 1 or not 0 < command.points <= INT64_MAX // POINT:
        raise Refused(Reason.INVALID_REQUEST, "version, points: at least 1.")
    if not 0 <= command.amount <= INT64_MAX:
        raise Refused(Reason.INVALID_AMOUNT)
    if desk.book.noun(PointsPrice, *price_key(command.currency, command.version)) is not None:
        raise Refused(Reason.ALREADY_EXISTS, "That version is posted, and never changes; post the next one.")
    if command.version > 1 and desk.book.noun(PointsPrice, *price_key(command.currency, command.version - 1)) is None:
        raise Refused(Reason.RATE_UNAVAILABLE, f"There is no version {command.version - 1} that this one follows.")
    desk.book.put(
        PointsPrice(
            player_id=NO_PLAYER,
            currency=command.currency,
            version=command.version,
            points=command.points,
            amount=command.amount,
            published_at=desk.at,
            actor=command.actor,
            reason=command.reason,
        )
    )
    facts = (("currency", command.currency), ("version", str(command.version)), *command.words)
    return Posting(Kind.NOTE, command.currency, 0, info=facts)


def _adjust(desk: Desk, command: AdjustPoints) -> Posting:
    pockets = desk.book.pockets(desk.someone.player_id, PTS)
    held, owed = (pockets[name].amount if name in pockets else 0 for name in (POINTS, DEBT))
    points, owed = command.points, -owed
    if not points or points > INT64_MAX - held or -points > INT64_MAX - owed:
        raise Refused(Reason.INVALID_AMOUNT, "points: not none, and no more than can be counted.")
    entries = entries_earned(points, owed) if points > 0 else entries_lost(-points, held)
    return _posting(Kind.MANUAL, abs(points), entries, command.words)


def _redeem(desk: Desk, command: RedeemPoints) -> Posting:
    player = desk.someone
    code = wallet_currency(player, command.currency)
    price = desk.book.noun(PointsPrice, *price_key(code, command.version))
    if price is None or not price.amount:
        raise Refused(Reason.RATE_UNAVAILABLE, f"Points buy nothing in {code} at version {command.version}.")
    if desk.book.noun(PointsPrice, *price_key(code, command.version + 1)) is not None:
        raise Refused(Reason.QUOTE_EXPIRED, "The price has been replaced; show the new one to the player.")
    if not 0 < command.points <= INT64_MAX // POINT:
        raise Refused(Reason.INVALID_AMOUNT, "points: whole ones, at least 1.")
    value = price.value(command.points)
    if not value:
        raise Refused(Reason.BELOW_MINIMUM)
    if value != command.amount or value > INT64_MAX - desk.held(code, CASH):
        raise Refused(Reason.INVALID_AMOUNT, "amount: not what the points buy; show that to the player.")
    if not player.may_play:
        raise Refused(Reason.PLAYER_BLOCKED)
    spent = command.points * POINT
    if spent > desk.held(PTS, POINTS):
        raise Refused(Reason.INSUFFICIENT_FUNDS)
    bought = Journal(code, (Entry(CASH, value), Entry(BONUS_COST, -value, PARTNER)))
    facts = (("points", str(command.points)), ("price", str(command.version)))
    journals = (Journal(PTS, entries_lost(spent, spent)), bought)
    return Posting(Kind.POINTS_REDEMPTION, code, value, ((CASH, value),), journals, facts)


def _expire(desk: Desk, command: ExpirePoints) -> Posting:
    pocket = desk.book.pockets(desk.someone.player_id, PTS).get(POINTS)
    if command.before > desk.at:
        raise Refused(Reason.INVALID_REQUEST, "earned_before: a moment that is over.")
    if command.sequence != (pocket.sequence if pocket else 0):
        raise Refused(Reason.IN_PROGRESS, "The player's points have moved meanwhile; send this again.")
    points = min(command.points, pocket.amount if pocket else 0)
    facts = (("reason", "their time is over"), ("earned_before", str(command.before)))
    return _posting(Kind.POINTS_EXPIRY, points, entries_lost(points, points), facts)


def _posting(kind: Kind, amount: int, entries: tuple[Entry, ...], info: tuple[tuple[str, str], ...]) -> Posting:
    parts = tuple((entry.account, entry.amount) for entry in entries if entry.account != POINTS_ISSUED)
    return Posting(kind, PTS, amount, parts, (Journal(PTS, entries),) if entries else (), info)


POSTINGS: dict[type[Recorded], Poster] = {
    PublishPointsPrice: _publish,
    AdjustPoints: _adjust,
    RedeemPoints: _redeem,
    ExpirePoints: _expire,
}
"""What each of these commands posts."""
