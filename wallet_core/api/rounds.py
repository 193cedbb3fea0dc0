"""RoundService: rounds as they stand, and the voiding of open ones."""

from typing import Any

from grpc.aio import ServicerContext
from wallet.v1 import rounds_pb2 as pb
from wallet.v1.rounds_pb2_grpc import RoundServiceServicer

from wallet_core.api import convert, fields
from wallet_core.api.core import Core
from wallet_core.domain.commands import VoidRound
from wallet_core.domain.decision import Reason, Refused
from wallet_core.storage.store import RoundCursor


class RoundService(RoundServiceServicer):
    """Rounds."""

    def __init__(self, core: Core) -> None:
        """Take the core."""
        self._core = core

    async def GetRound(self, request: pb.GetRoundRequest, context: ServicerContext[Any, Any]) -> pb.GetRoundResponse:
        """Answer a round."""
        row = await self._core.store.round(
            fields.player_id(request.player_id),
            fields.party_id(request.provider_id, "provider_id"),
            fields.key(request.round_id, "round_id"),
        )
        if row is None:
            raise Refused(Reason.ROUND_NOT_FOUND)
        return pb.GetRoundResponse(round=convert.round_(row))

    async def ListOpenRounds(
        self, request: pb.ListOpenRoundsRequest, context: ServicerContext[Any, Any]
    ) -> pb.ListOpenRoundsResponse:
        """Answer a page of open rounds."""
        if request.player_id:
            fields.player_id(request.player_id)
        if request.provider_id:
            fields.party_id(request.provider_id, "provider_id")
        size = fields.page_size(request.page)
        before = fields.moment(request.opened_before, "opened_before") if request.HasField("opened_before") else None
        rows = await self._core.store.open_rounds(
            player_id=request.player_id,
            provider_id=request.provider_id,
            opened_before=before,
            after=fields.cursor(request.page, RoundCursor),
            limit=size + 1,
        )
        more, rows = len(rows) > size, rows[:size]
        token = ""
        if more:
            last = rows[-1]
            token = fields.page_token(RoundCursor(last.opened_at, last.player_id, last.provider_id, last.round_id))
        return pb.ListOpenRoundsResponse(rounds=[convert.round_(row) for row in rows], next_page_token=token)

    async def VoidRound(self, request: pb.VoidRoundRequest, context: ServicerContext[Any, Any]) -> pb.VoidRoundResponse:
        """Give the stakes back."""
        command = VoidRound(
            player_id=fields.player_id(request.player_id),
            provider_id=fields.party_id(request.provider_id, "provider_id"),
            round_id=fields.key(request.round_id, "round_id"),
            reason=fields.words(request.reason, "reason"),
            actor=fields.key(request.actor, "actor"),
            request_id=fields.key(request.request_id, "request_id"),
            policies=self._core.policies,
        )
        return pb.VoidRoundResponse(response=await self._core.moved(command))
