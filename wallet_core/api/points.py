"""PointService: what a player's points are, and what becomes of them."""

import asyncio
from typing import Any

from grpc.aio import ServicerContext
from wallet.v1 import points_pb2 as pb
from wallet.v1.points_pb2_grpc import PointServiceServicer

from wallet_core.api import convert, fields
from wallet_core.api.core import Core, answered
from wallet_core.domain.accounts import DEBT, POINTS
from wallet_core.domain.decision import Reason
from wallet_core.domain.entries import NO_PLAYER
from wallet_core.domain.money import CURRENCIES, INT64_MAX
from wallet_core.domain.players import belongs
from wallet_core.domain.points import POINT, PTS, PointsPrice, expirable
from wallet_core.domain.points_commands import AdjustPoints, ExpirePoints, PublishPointsPrice, RedeemPoints

UNIT = CURRENCIES[PTS]
TRIES = 3
"""How often an expiry is tried where the player's points move meanwhile."""


class PointService(PointServiceServicer):
    """Points."""

    def __init__(self, core: Core) -> None:
        """Take the core."""
        self._core = core

    async def GetPoints(self, request: pb.GetPointsRequest, context: ServicerContext[Any, Any]) -> pb.GetPointsResponse:
        """Answer what a player has, and what it buys."""
        player_id = fields.player_id(request.player_id)
        player, rows = await asyncio.gather(self._core.store.player(player_id), self._core.store.pockets(player_id))
        player = belongs(player, "", "")
        held = {row.account: row.amount for row in rows if row.currency == PTS}
        prices = await asyncio.gather(*(self._core.store.points_price(code) for code in player.currencies))
        points, owed = held.get(POINTS, 0), -held.get(DEBT, 0)
        return pb.GetPointsResponse(
            player_id=player_id,
            points=convert.money(UNIT, points),
            spendable=points // POINT,
            owed=convert.money(UNIT, owed) if owed else None,
            prices=[_price(each) for each in prices if each is not None],
        )

    async def PublishPointsPrice(
        self, request: pb.PublishPointsPriceRequest, context: ServicerContext[Any, Any]
    ) -> pb.PublishPointsPriceResponse:
        """Post what points buy."""
        currency = fields.currency(request.amount.currency_code)
        command = PublishPointsPrice(
            player_id=NO_PLAYER,
            reason=fields.words(request.reason, "reason"),
            actor=fields.key(request.actor, "actor"),
            request_id=fields.key(request.request_id, "request_id"),
            currency=currency.code,
            version=_version(request.version, "version"),
            points=request.points,
            amount=fields.amount(request.amount, currency, "amount"),
        )
        response = await self._core.moved(command)
        at = response.results[0].committed_at
        price = pb.PointsPrice(version=command.version, points=command.points, amount=request.amount, published_at=at)
        return pb.PublishPointsPriceResponse(price=price, replayed=response.replayed)

    async def RedeemPoints(
        self, request: pb.RedeemPointsRequest, context: ServicerContext[Any, Any]
    ) -> pb.RedeemPointsResponse:
        """Exchange points for cash."""
        currency = fields.currency(request.amount.currency_code)
        command = RedeemPoints(
            player_id=fields.player_id(request.player_id),
            request_id=fields.key(request.request_id, "request_id"),
            points=request.points,
            currency=currency.code,
            amount=fields.amount(request.amount, currency, "amount"),
            version=_version(request.price_version, "price_version"),
        )
        return pb.RedeemPointsResponse(response=await self._core.moved(command))

    async def AdjustPoints(
        self, request: pb.AdjustPointsRequest, context: ServicerContext[Any, Any]
    ) -> pb.AdjustPointsResponse:
        """Give points, or take them back."""
        if request.points.currency_code != PTS:
            raise fields.invalid(f"points: an amount in {PTS} is needed.")
        command = AdjustPoints(
            player_id=fields.player_id(request.player_id),
            reason=fields.words(request.reason, "reason"),
            actor=fields.key(request.actor, "actor"),
            request_id=fields.key(request.request_id, "request_id"),
            points=fields.amount(request.points, UNIT, "points"),
        )
        return pb.AdjustPointsResponse(response=await self._core.moved(command))

    async def ExpirePoints(
        self, request: pb.ExpirePointsRequest, context: ServicerContext[Any, Any]
    ) -> pb.ExpirePointsResponse:
        """Take what is left of old points: read, then decided only if nothing has moved since."""
        player_id = fields.player_id(request.player_id)
        before = fields.moment(request.earned_before, "earned_before")
        if not before:
            raise fields.invalid("earned_before: a moment is needed.")
        for _ in range(TRIES):
            held, came, lines = await self._core.store.points_lots(player_id, before)
            decision = await self._core.submit(ExpirePoints(player_id, before, expirable(held, came), lines))
            if decision.refusal is None or decision.refusal.reason is not Reason.IN_PROGRESS:
                break
        return pb.ExpirePointsResponse(response=answered(decision))


def _version(value: int, field: str) -> int:
    if not 0 < value < INT64_MAX:
        raise fields.invalid(f"{field}: 1 or more.")
    return value


def _price(row: PointsPrice) -> pb.PointsPrice:
    return pb.PointsPrice(
        version=row.version,
        points=row.points,
        amount=convert.money(CURRENCIES[row.currency], row.amount),
        published_at=convert.moment(row.published_at),
    )
