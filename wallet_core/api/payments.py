"""PaymentService: cash in and out."""

from typing import Any

from grpc.aio import ServicerContext
from wallet.v1 import payments_pb2 as pb
from wallet.v1.payments_pb2_grpc import PaymentServiceServicer

from wallet_core.api import fields
from wallet_core.api.core import Core
from wallet_core.domain.commands import Pay
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import Kind
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.withdrawals import FailWithdrawal, RequestWithdrawal, SettleWithdrawal


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

    async def RequestWithdrawal(
        self, request: pb.RequestWithdrawalRequest, context: ServicerContext[Any, Any]
    ) -> pb.RequestWithdrawalResponse:
        """Set aside what is to be paid out."""
        player_id, withdrawal_id = _named(request)
        if not request.HasField("amount"):
            raise fields.invalid("amount: one is needed.")
        currency = fields.currency(request.amount.currency_code)
        amount = fields.amount(request.amount, currency, "amount")
        info = fields.info(request.info, "info")
        confirmed = request.forfeits_confirmed
        command = RequestWithdrawal(
            *(player_id, withdrawal_id, currency.code, amount, info), confirmed=confirmed, policies=self._core.policies
        )
        return pb.RequestWithdrawalResponse(response=await self._core.moved(command))

    async def SettleWithdrawal(
        self, request: pb.SettleWithdrawalRequest, context: ServicerContext[Any, Any]
    ) -> pb.SettleWithdrawalResponse:
        """Book a payout that has left."""
        player_id, withdrawal_id = _named(request)
        psp_id = fields.party_id(request.psp_id, "psp_id")
        request_id = fields.key(request.request_id, "request_id")
        info = fields.info(request.info, "info")
        amount = None
        if request.HasField("amount"):
            hold = await self._core.store.hold(player_id, withdrawal_id)
            if hold is None:
                raise Refused(Reason.HOLD_NOT_FOUND, f"The player has no withdrawal {withdrawal_id}.")
            if request.amount.currency_code != hold.currency:
                raise Refused(Reason.WRONG_CURRENCY, f"amount: the withdrawal is in {hold.currency}.")
            amount = fields.amount(request.amount, CURRENCIES[hold.currency], "amount")
        command = SettleWithdrawal(player_id, withdrawal_id, psp_id, request_id, amount, info)
        return pb.SettleWithdrawalResponse(response=await self._core.moved(command))

    async def FailWithdrawal(
        self, request: pb.FailWithdrawalRequest, context: ServicerContext[Any, Any]
    ) -> pb.FailWithdrawalResponse:
        """Give back what cannot be paid out."""
        player_id, withdrawal_id = _named(request)
        command = FailWithdrawal(
            player_id,
            withdrawal_id,
            why=fields.words(request.reason, "reason"),
            actor=fields.key(request.actor, "actor"),
            request_id=fields.key(request.request_id, "request_id"),
        )
        return pb.FailWithdrawalResponse(response=await self._core.moved(command))

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
            policies=self._core.policies,
            confirmed=isinstance(request, pb.WithdrawRequest) and request.forfeits_confirmed,
        )


def _named(
    request: pb.RequestWithdrawalRequest | pb.SettleWithdrawalRequest | pb.FailWithdrawalRequest,
) -> tuple[str, str]:
    return fields.player_id(request.player_id), fields.party_id(request.withdrawal_id, "withdrawal_id")
