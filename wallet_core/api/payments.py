"""PaymentService: cash in and out."""

from typing import Any

from grpc.aio import ServicerContext
from wallet.v1 import payments_pb2 as pb
from wallet.v1.payments_pb2_grpc import PaymentServiceServicer

from wallet_core.api import fields
from wallet_core.api.core import Core
from wallet_core.domain.commands import Pay
from wallet_core.domain.entries import Kind


class PaymentService(PaymentServiceServicer):
    """Payments."""

    def __init__(self, core: Core) -> None:
        """Take the core."""
        self._core = core

    async def Deposit(self, request: pb.DepositRequest, context: ServicerContext[Any, Any]) -> pb.DepositResponse:
        """Book money that has arrived."""
        return pb.DepositResponse(response=await self._core.moved(self._pay(Kind.DEPOSIT, request)))

    async def Withdraw(self, request: pb.WithdrawRequest, context: ServicerContext[Any, Any]) -> pb.WithdrawResponse:
        """Book money that has left."""
        return pb.WithdrawResponse(response=await self._core.moved(self._pay(Kind.WITHDRAWAL, request)))

    def _pay(self, kind: Kind, request: pb.DepositRequest | pb.WithdrawRequest) -> Pay:
        player_id = fields.player_id(request.player_id)
        psp_id = fields.party_id(request.psp_id, "psp_id")
        request_id = fields.key(request.request_id, "request_id")
        if not request.HasField("amount"):
            raise fields.invalid("amount: one is needed.")
        info = fields.info(request.info, "info")
        currency = fields.currency(request.amount.currency_code)
        return Pay(
            kind=kind,
            player_id=player_id,
            psp_id=psp_id,
            request_id=request_id,
            currency=currency.code,
            amount=fields.amount(request.amount, currency, "amount"),
            info=info,
            terms=self._core.terms,
        )
