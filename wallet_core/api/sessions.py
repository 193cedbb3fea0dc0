"""SessionService: tokens. They are derived, so a repeat gets the same one; only their digests reach the books."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from typing import Any, cast

from google.protobuf.duration_pb2 import Duration
from grpc.aio import ServicerContext
from wallet.v1 import sessions_pb2 as pb
from wallet.v1.sessions_pb2_grpc import SessionServiceServicer

from wallet_core.api import convert, fields, plays, queries
from wallet_core.api.core import Core
from wallet_core.api.exposure import exposure
from wallet_core.domain.commands import CloseSession, OpenSession, RotateSession, SessionUse
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.players import belongs
from wallet_core.domain.pockets import balances
from wallet_core.domain.sessions import Session, seen, usable

TOKEN_LENGTH = 43
TTL_DEFAULT = 12 * 3_600 * 1_000_000
TTL_MAX = 30 * 24 * 3_600 * 1_000_000
USES = {0: SessionUse.READ} | {int(use): use for use in SessionUse}
CLOSE_REASONS = frozenset(
    ["LOGOUT", "INACTIVITY", "TIME_LIMIT", "EXCLUSION", "RISK", "NEW_LOGIN", "OPERATOR", "CURRENCY_SWITCH", "DEPLOY"]
)


class SessionService(SessionServiceServicer):
    """Sessions."""

    def __init__(self, core: Core) -> None:
        """Take the core."""
        self._core = core

    async def OpenSession(
        self, request: pb.OpenSessionRequest, context: ServicerContext[Any, Any]
    ) -> pb.OpenSessionResponse:
        """Open a session; the token of a request id is always the same."""
        player_id = fields.player_id(request.player_id)
        provider_id = fields.party_id(request.provider_id, "provider_id")
        request_id = fields.key(request.request_id, "request_id")
        game_id = fields.text(request.game_id, "game_id")
        ttl = _ttl(request.ttl) if request.HasField("ttl") else TTL_DEFAULT
        currency = fields.optional_currency(request.currency_code)
        self._core.providers.named(provider_id)
        token = _token(self._core.token_key, "session", player_id, provider_id, request_id)
        command = OpenSession(player_id, plays.session_id(token), provider_id, game_id, currency, ttl)
        session = cast("Session", await self._core.changed(command))
        player = belongs(await self._core.store.player(player_id), "", "")
        return pb.OpenSessionResponse(token=token, session=convert.session(session, player, self._core.clock.now()))

    async def ResolveSession(
        self, request: pb.ResolveSessionRequest, context: ServicerContext[Any, Any]
    ) -> pb.ResolveSessionResponse:
        """Answer who is behind a token, and replace it where asked to."""
        core, token = self._core, request.token
        provider_id = fields.party_id(request.provider_id, "provider_id")
        use = USES.get(request.use)
        if use is None:
            raise fields.invalid("use: READ, BET or SETTLE.")
        if request.rotate:
            fields.key(request.request_id, "request_id")
        if request.player_id:
            fields.player_id(request.player_id)
        currency = fields.optional_currency(request.currency_code)
        profile = core.providers.named(provider_id).profile
        session, player = await queries.known(core, token, provider_id)
        belongs(player, request.operator_id, request.brand_id)
        if request.player_id not in {"", player.player_id}:
            raise Refused(Reason.PLAYER_UNKNOWN)
        if currency not in {"", session.currency}:
            raise Refused(Reason.WRONG_CURRENCY, f"The session plays in {session.currency}.")
        if request.rotate:
            successor = _token(core.token_key, "rotate", token, request.request_id)
            command = RotateSession(session.player_id, session.session_id, provider_id, plays.session_id(successor))
            session, token = cast("Session", await core.changed(command)), successor
        else:
            usable(seen(session, player), use, core.clock.now())
        rows = await core.store.pockets(session.player_id)
        purse = {row.account: row for row in rows if row.currency == session.currency}
        found = await exposure(core, player, purse, provider_id, session.game_id)
        held = found.of(balances(session.currency, purse), profile)
        return pb.ResolveSessionResponse(
            session=convert.session(session, player, core.clock.now()),
            player=convert.told(player),
            balances=convert.balances(held),
            token=token,
            display_digits=CURRENCIES[session.currency].display,
        )

    async def CloseSession(
        self, request: pb.CloseSessionRequest, context: ServicerContext[Any, Any]
    ) -> pb.CloseSessionResponse:
        """End a session."""
        provider_id = fields.party_id(request.provider_id, "provider_id")
        if request.reason not in CLOSE_REASONS:
            raise fields.invalid(f"reason: one of {', '.join(sorted(CLOSE_REASONS))}.")
        self._core.providers.named(provider_id)
        session, player = await queries.known(self._core, request.token, provider_id)
        command = CloseSession(session.player_id, session.session_id, provider_id, request.reason)
        closed = cast("Session", await self._core.changed(command))
        return pb.CloseSessionResponse(session=convert.session(closed, player, self._core.clock.now()))


def _ttl(asked: Duration) -> int:
    ttl = asked.seconds * 1_000_000 + asked.nanos // 1_000
    if not 0 < ttl <= TTL_MAX:
        raise fields.invalid("ttl: more than nothing, at most 30 days.")
    return ttl


def _token(key: bytes, *words: str) -> str:
    """Return the token of the words; NUL keeps them apart, for no field may hold it."""
    derived = hmac.digest(key, "\0".join(words).encode(), hashlib.sha256)
    return urlsafe_b64encode(derived).decode()[:TOKEN_LENGTH]
