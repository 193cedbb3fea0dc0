"""Who is meant: session tokens, player ids and earlier keys to one player, for many requests in one look.

Whose a token is never changes, so it is remembered. Whose a key is may change (another player's transaction may get the
same one), so that is asked each time; only the rare request without player and token does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from wallet_core.domain.decision import MESSAGES, Reason, Refusal
from wallet_core.domain.entries import digest
from wallet_core.storage.store import Store

REMEMBERED = 100_000

Look = Callable[[Sequence[bytes]], Awaitable[dict[bytes, list[str]]]]


class Who(Struct, frozen=True):
    """What a request says about its player; empty for what it does not say.

    Attributes:
        original_key: external key of an earlier transaction.
        undoing: the request undoes that transaction, and nothing else.
    """

    provider_id: str
    player_id: str = ""
    session_id: bytes = b""
    original_key: str = ""
    undoing: bool = False


class Nobody(Struct, frozen=True):
    """The earlier transaction is not here, and nothing else names the player."""


NOBODY = Nobody()


class Identities:
    """Finds players."""

    def __init__(self, store: Store, remembered: int = REMEMBERED) -> None:
        """Take the store to ask, and how many tokens to remember."""
        self._store = store
        self._remembered = remembered
        self._players: dict[bytes, str] = {}

    async def of(self, asked: Sequence[Who]) -> list[str | Refusal | Nobody]:
        """Return the player of each; a refusal where there is none, or where what is said disagrees."""
        tokens = {who.session_id for who in asked if who.session_id and not who.player_id}
        if not tokens and not any(who.original_key for who in asked):
            return [who.player_id or _UNNAMED for who in asked]
        found, holders, undone = await asyncio.gather(
            self._of_tokens(tokens),
            self._of_keys(self._store.players_of_keys, [who for who in asked if not who.undoing]),
            self._of_keys(self._store.players_to_undo, [who for who in asked if who.undoing]),
        )
        return [_settled(who, found, undone if who.undoing else holders) for who in asked]

    async def of_session(self, session_id: bytes) -> str | None:
        """Return whose the session is."""
        return (await self._of_tokens({session_id})).get(session_id)

    async def _of_tokens(self, session_ids: set[bytes]) -> dict[bytes, str]:
        found = {session_id: self._players[session_id] for session_id in session_ids if session_id in self._players}
        if missing := [session_id for session_id in session_ids if session_id not in found]:
            fresh = await self._store.players_of_sessions(missing)
            self._remember(fresh)
            found |= fresh
        return found

    def _remember(self, fresh: dict[bytes, str]) -> None:
        self._players |= fresh
        while len(self._players) > self._remembered:  # the oldest first: its session is the likeliest to be over
            del self._players[next(iter(self._players))]

    async def _of_keys(self, look: Look, asked: Sequence[Who]) -> dict[bytes, list[str]]:
        keys = {digest(who.provider_id, who.original_key) for who in asked if who.original_key}
        return await look(list(keys)) if keys else {}


_UNNAMED = Refusal(Reason.INVALID_REQUEST, "player_id, session_token or original_key: one of them is needed.")
_AMBIGUOUS = Refusal(Reason.INVALID_REQUEST, "original_key: several players have it; name the player_id.")


def _settled(who: Who, players: dict[bytes, str], holders: dict[bytes, list[str]]) -> str | Refusal | Nobody:
    held = holders.get(digest(who.provider_id, who.original_key), []) if who.original_key else []
    player_id, other = who.player_id, Reason.PLAYER_UNKNOWN
    if not player_id and who.session_id:
        player_id, other = players.get(who.session_id, ""), Reason.SESSION_UNKNOWN
        if not player_id and not who.original_key:
            return Refusal(other, MESSAGES[other])
    if player_id:
        return player_id if not held or player_id in held else Refusal(other, MESSAGES[other])
    if not who.original_key:
        return _UNNAMED
    if len(held) > 1:
        return _AMBIGUOUS
    return held[0] if held else NOBODY
