"""What is done with a player's row: block, exclude, reinstate, switch the active currency (rulebook 15, R-CUR-03).

Self-exclusion ends bonuses, too (R-BONUS-24): offers lapse, what waits or has no open round is forfeited in the journal
of the exclusion. What has open rounds is honoured until the last of them closes (`bonuses.settle`); what is frozen
stays for those who froze it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from wallet_core.domain import endings
from wallet_core.domain.commands import OPERATOR, Recorded, SetStatus
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.desk import Desk, Poster
from wallet_core.domain.entries import Entry, Journal, Keyed, Kind, Posting
from wallet_core.domain.money import CURRENCIES, CurrencyKind
from wallet_core.domain.players import Status, wallet_currency
from wallet_core.domain.promos import EXCLUDED, TRANSITIONS, Event, Offers

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _OfPlayer(Recorded, frozen=True):
    """A command about a player, by somebody and for a reason (R-STAT-01)."""

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


class ExcludePlayer(_OfPlayer, frozen=True):
    """The player asks not to be let play: from this microsecond on, and irrevocably until another (R-RG-24)."""

    until: int

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "EXCLUDE", str(self.until), self.reason, self.actor

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """What is offered to the player; the other bonuses come with its row."""
        return ((Offers, (self.player_id,)),)


class ReinstatePlayer(_OfPlayer, frozen=True):
    """The player has asked back after the end of a self-exclusion, and may play again (R-RG-24)."""

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "REINSTATE", self.reason, self.actor


class SwitchCurrency(_OfPlayer, frozen=True):
    """Play in another of the player's wallets from now on (R-CUR-03)."""

    currency: str

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "SWITCH", self.currency, self.reason, self.actor


def _status(desk: Desk, command: SetStatus) -> Posting:
    """Block or unblock a player: whatever else restricts it stands."""
    player = desk.someone
    desk.book.put(replace(player, status=Status.BLOCKED if command.blocked else Status.ACTIVE))
    info = (("blocked", str(command.blocked)), ("reason", command.reason), ("actor", command.actor))
    return Posting(Kind.NOTE, player.currencies[0], 0, info=info)


def _exclude(desk: Desk, command: ExcludePlayer) -> Posting:
    player = desk.someone
    if command.until <= desk.at:
        raise Refused(Reason.INVALID_REQUEST, "until: a time to come.")
    if command.until < player.excluded_until:
        raise Refused(Reason.INVALID_REQUEST, "until: the player is excluded for longer; that cannot be shortened.")
    since = player.excluded_at if player.excluded else desk.at
    desk.book.put(replace(player, excluded_at=since, excluded_until=command.until))
    journals, ended = _ended(desk)
    until = (_EPOCH + timedelta(microseconds=command.until)).isoformat()
    words = (("excluded_until", until), *((("ended", ended),) if ended else ()), *command.words)
    kind = Kind.BONUS_FORFEIT if journals else Kind.NOTE
    return Posting(kind, player.currencies[0], 0, journals=journals, info=words)


def _ended(desk: Desk) -> tuple[tuple[Journal, ...], str]:
    """Put the bonuses that an exclusion ends into the book (R-BONUS-24); return their journals, and their ids."""
    player_id = desk.someone.player_id
    waiting = [*desk.book.offers(player_id), *desk.book.queued(player_id)]
    idle = [each for each in desk.book.bonuses(player_id) if not each.rounds]
    entries: dict[str, tuple[Entry, ...]] = {}
    ended = []
    for bonus in (*waiting, *idle):
        event = Event.FORFEIT if (bonus.state, Event.FORFEIT) in TRANSITIONS else Event.LAPSE
        if (bonus.state, event) not in TRANSITIONS:
            continue  # frozen
        over, lines = endings.end(desk, bonus, event, EXCLUDED)
        desk.book.put(replace(over, changed_at=desk.at))
        entries[bonus.currency] = (*entries.get(bonus.currency, ()), *lines)
        ended.append(bonus.bonus_id)
    return tuple(Journal(code, lines) for code, lines in entries.items() if lines), " ".join(ended)


def _reinstate(desk: Desk, command: ReinstatePlayer) -> Posting:
    player = desk.someone
    if not player.excluded:
        raise Refused(Reason.INVALID_REQUEST, "player_id: the player is not excluded.")
    if desk.at < player.excluded_until:
        raise Refused(Reason.PLAYER_BLOCKED, "The player's self-exclusion is irrevocable until its time is over.")
    desk.book.put(replace(player, excluded_until=0))
    return Posting(Kind.NOTE, player.currencies[0], 0, info=(("reinstated", "True"), *command.words))


def _switch(desk: Desk, command: SwitchCurrency) -> Posting:
    """Make a wallet the active one; again, it changes nothing, and ends no session."""
    player = desk.someone
    currency = wallet_currency(player, command.currency)
    if CURRENCIES[currency].kind is CurrencyKind.POINTS:
        raise Refused(Reason.WRONG_CURRENCY, "Nothing is played in points (R-CUR-04).")
    if currency != player.currency:
        desk.book.put(replace(player, currency=currency, switched_at=desk.at))
    return Posting(Kind.NOTE, currency, 0, info=(("active_currency", currency), *command.words))


POSTINGS: dict[type[Recorded], Poster] = {
    SetStatus: _status,
    ExcludePlayer: _exclude,
    ReinstatePlayer: _reinstate,
    SwitchCurrency: _switch,
}
"""What each of these commands posts."""
