"""Sessions: the token a provider holds for a player. Only its digest is known here, so the books cannot leak it."""

from enum import IntEnum, StrEnum

from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain.commands import OpenSession, SessionUse
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.players import Player, playable, wallet_currency


class State(IntEnum):
    """Numbers of wallet.v1.SessionState. EXPIRED is never stored: it follows from the time."""

    ACTIVE = 1
    ROTATED = 2
    CLOSED = 3
    EXPIRED = 4


class EndReason(StrEnum):
    """Why the player's row says that a session is over (R-SESS-01)."""

    CURRENCY_SWITCH = "CURRENCY_SWITCH"
    EXCLUSION = "EXCLUSION"


class Session(Struct, frozen=True, gc=False):
    """One token of a player at a provider (R-SESS-04).

    Attributes:
        session_id: digest of the token.
        successor: digest of the token that replaced it; empty if none did.
    """

    player_id: str
    session_id: bytes
    provider_id: str
    game_id: str
    currency: str
    state: State
    created_at: int
    expires_at: int
    successor: bytes = b""

    def state_at(self, now: int) -> State:
        """Return the state with expiry seen; the end of the interval is outside it (R-TIME-08)."""
        if self.state is State.ACTIVE and now >= self.expires_at:
            return State.EXPIRED
        return self.state


def ended(session: Session, player: Player) -> EndReason | None:
    """Return what has ended the session with all others of its player; none where it lives, or was over before.

    No session's row is touched by it: the player's is enough (R-CUR-03, R-RG-25).
    """
    if session.state is State.ACTIVE:
        if session.created_at < player.switched_at < session.expires_at:
            return EndReason.CURRENCY_SWITCH
        if session.created_at < player.excluded_at < session.expires_at:
            return EndReason.EXCLUSION
    return None


def seen(session: Session, player: Player) -> Session:
    """Return the session as it is, its player's row considered: CLOSED where that has ended it."""
    if not (player.switched_at or player.excluded_at):
        return session  # the usual case, and every bet asks
    return session if ended(session, player) is None else replace(session, state=State.CLOSED)


# What each use of a token in each state leads to. Settling never asks whether it is live (R-PROV-03).
REFUSED_USES: dict[tuple[State, SessionUse], Reason] = {
    (State.ROTATED, SessionUse.READ): Reason.SESSION_ROTATED,
    (State.ROTATED, SessionUse.BET): Reason.SESSION_ROTATED,
    (State.CLOSED, SessionUse.READ): Reason.SESSION_EXPIRED,
    (State.CLOSED, SessionUse.BET): Reason.SESSION_EXPIRED,
    (State.EXPIRED, SessionUse.READ): Reason.SESSION_EXPIRED,
    (State.EXPIRED, SessionUse.BET): Reason.SESSION_EXPIRED,
}


def opened(command: OpenSession, player: Player, existing: Session | None, now: int) -> Session:
    """Return the new session, in the active currency (R-CUR-03); the existing one when it is the same (R-IDEM-09).

    Raises:
        Refused: CONFLICT, the request id was used for another session; WRONG_CURRENCY; PLAYER_BLOCKED.
    """
    if existing is not None:
        asked = (command.provider_id, command.game_id, command.currency or existing.currency)
        if asked != (existing.provider_id, existing.game_id, existing.currency):
            raise Refused(Reason.CONFLICT)
        return existing
    currency = playable(player, wallet_currency(player, command.currency))
    if not player.may_play:
        raise Refused(Reason.PLAYER_BLOCKED)
    return Session(
        player_id=command.player_id,
        session_id=command.session_id,
        provider_id=command.provider_id,
        game_id=command.game_id,
        currency=currency,
        state=State.ACTIVE,
        created_at=now,
        expires_at=now + command.ttl,
    )


def known(session: Session | None, provider_id: str) -> Session:
    """Return the session if it is this provider's.

    Raises:
        Refused: SESSION_UNKNOWN.
    """
    if session is None or session.provider_id != provider_id:
        raise Refused(Reason.SESSION_UNKNOWN)
    return session


def usable(session: Session, use: SessionUse, now: int) -> None:
    """Pass if the session may be used so.

    Raises:
        Refused: SESSION_EXPIRED or SESSION_ROTATED.
    """
    state = session.state_at(now)
    reason = REFUSED_USES.get((state, use))
    if reason is not None:
        raise Refused(reason)


def rotated(session: Session, successor: bytes, taken: Session | None, now: int) -> tuple[Session, Session]:
    """Return the replaced session and its successor, which keeps the expiry.

    Raises:
        Refused: SESSION_EXPIRED or SESSION_ROTATED, the session is not live; CONFLICT, the new token is `taken`.
    """
    if taken is not None:
        raise Refused(Reason.CONFLICT)
    usable(session, SessionUse.READ, now)
    after = replace(session, session_id=successor, created_at=now)
    return replace(session, state=State.ROTATED, successor=successor), after


def closed(session: Session, player: Player) -> Session:
    """Return the session ended; one that is over already stays as it is."""
    return replace(session, state=State.CLOSED) if seen(session, player).state is State.ACTIVE else session
