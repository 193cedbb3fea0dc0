"""PlayerService: who may play."""

from typing import Any, cast

from grpc.aio import ServicerContext
from wallet.v1 import players_pb2 as pb
from wallet.v1.access_pb2 import ROLE_ADAPTER
from wallet.v1.players_pb2_grpc import PlayerServiceServicer

from wallet_core.api import convert, fields
from wallet_core.api.call import CURRENT
from wallet_core.api.core import Core
from wallet_core.domain import commands as c
from wallet_core.domain.player_commands import ExcludePlayer, ReinstatePlayer, SwitchCurrency
from wallet_core.domain.players import Player, belongs

CURRENCIES_MAX = 100


class PlayerService(PlayerServiceServicer):
    """Players."""

    def __init__(self, core: Core) -> None:
        """Take the core."""
        self._core = core

    async def CreatePlayer(
        self, request: pb.CreatePlayerRequest, context: ServicerContext[Any, Any]
    ) -> pb.CreatePlayerResponse:
        """Create a player, or answer the same one again."""
        asked = request.player
        codes = tuple(asked.currency_codes)
        if not 1 <= len(codes) <= CURRENCIES_MAX or len(set(codes)) < len(codes):
            raise fields.invalid(f"player.currency_codes: 1 to {CURRENCIES_MAX}, each once.")
        command = c.CreatePlayer(
            player_id=fields.player_id(asked.player_id, "player.player_id"),
            operator_id=fields.party_id(asked.operator_id, "player.operator_id"),
            brand_id=fields.party_id(asked.brand_id, "player.brand_id"),
            currencies=tuple(fields.currency(code).code for code in codes),
            country=fields.country(asked.country, "player.country"),
        )
        return pb.CreatePlayerResponse(player=await self._changed(command))

    async def GetPlayer(self, request: pb.GetPlayerRequest, context: ServicerContext[Any, Any]) -> pb.GetPlayerResponse:
        """Answer a player."""
        row = belongs(await self._core.store.player(fields.player_id(request.player_id)), "", "")
        caller = CURRENT.get().caller
        adapter = caller is not None and caller.role == ROLE_ADAPTER
        return pb.GetPlayerResponse(player=convert.told(row) if adapter else convert.player(row))

    async def BlockPlayer(
        self, request: pb.BlockPlayerRequest, context: ServicerContext[Any, Any]
    ) -> pb.BlockPlayerResponse:
        """Refuse new stakes and payments."""
        return pb.BlockPlayerResponse(player=await self._changed(_status(request, blocked=True)))

    async def UnblockPlayer(
        self, request: pb.UnblockPlayerRequest, context: ServicerContext[Any, Any]
    ) -> pb.UnblockPlayerResponse:
        """Accept them again."""
        return pb.UnblockPlayerResponse(player=await self._changed(_status(request, blocked=False)))

    async def ExcludePlayer(
        self, request: pb.ExcludePlayerRequest, context: ServicerContext[Any, Any]
    ) -> pb.ExcludePlayerResponse:
        """Let the player stake nothing until a moment it has chosen."""
        until = fields.moment(request.until, "until")
        command = ExcludePlayer(**_said(request), until=until)
        return pb.ExcludePlayerResponse(player=await self._changed(command))

    async def ReinstatePlayer(
        self, request: pb.ReinstatePlayerRequest, context: ServicerContext[Any, Any]
    ) -> pb.ReinstatePlayerResponse:
        """End a self-exclusion whose time is over."""
        return pb.ReinstatePlayerResponse(player=await self._changed(ReinstatePlayer(**_said(request))))

    async def SwitchCurrency(
        self, request: pb.SwitchCurrencyRequest, context: ServicerContext[Any, Any]
    ) -> pb.SwitchCurrencyResponse:
        """Play in another wallet from now on."""
        currency = fields.currency(request.currency_code).code
        command = SwitchCurrency(**_said(request), currency=currency)
        return pb.SwitchCurrencyResponse(player=await self._changed(command))

    async def _changed(self, command: c.CreatePlayer | c.Recorded) -> pb.Player:
        return convert.player(cast("Player", await self._core.changed(command)))


_Request = (
    pb.BlockPlayerRequest
    | pb.UnblockPlayerRequest
    | pb.ExcludePlayerRequest
    | pb.ReinstatePlayerRequest
    | pb.SwitchCurrencyRequest
)


def _status(request: pb.BlockPlayerRequest | pb.UnblockPlayerRequest, *, blocked: bool) -> c.SetStatus:
    return c.SetStatus(**_said(request), blocked=blocked)


def _said(request: _Request) -> dict[str, str]:
    """Return what every request about a player says: of whom, why, by whom, under which id."""
    return {
        "player_id": fields.player_id(request.player_id),
        "reason": fields.words(request.reason, "reason"),
        "actor": fields.key(request.actor, "actor"),
        "request_id": fields.key(request.request_id, "request_id"),
    }
