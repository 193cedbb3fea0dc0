"""TransferService: cash from one pocket of a player to another."""

from typing import Any

from grpc.aio import ServicerContext
from wallet.v1 import subwallets_pb2 as pb
from wallet.v1.subwallets_pb2_grpc import TransferServiceServicer

from wallet_core.api import fields
from wallet_core.api.core import Core
from wallet_core.domain.subwallets import Transfer


class TransferService(TransferServiceServicer):
    """Transfers."""

    def __init__(self, core: Core) -> None:
        """Take the core."""
        self._core = core

    async def Transfer(self, request: pb.TransferRequest, context: ServicerContext[Any, Any]) -> pb.TransferResponse:
        """Move it."""
        player_id = fields.player_id(request.player_id)
        transfer_id = fields.key(request.transfer_id, "transfer_id")
        if not request.HasField("amount"):
            raise fields.invalid("amount: one is needed.")
        currency = fields.currency(request.amount.currency_code)
        command = Transfer(
            player_id=player_id,
            transfer_id=transfer_id,
            currency=currency.code,
            amount=fields.amount(request.amount, currency, "amount"),
            source=fields.key(request.source, "source"),
            target=fields.key(request.target, "target"),
        )
        return pb.TransferResponse(response=await self._core.moved(command))
