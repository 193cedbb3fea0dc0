"""HoldService: cash set aside, and what becomes of it."""

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from grpc.aio import ServicerContext
from wallet.v1 import holds_pb2 as pb
from wallet.v1.holds_pb2_grpc import HoldServiceServicer

from wallet_core.api import convert, fields
from wallet_core.api.core import Core
from wallet_core.api.discretion import operating
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.hold_commands import CaptureHold, ExtendHold, PlaceHold, Purpose, ReleaseHold
from wallet_core.domain.holds import Basis, Hold, HoldReason
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.players import belongs


class HoldService(HoldServiceServicer):
    """Holds."""

    def __init__(self, core: Core) -> None:
        """Take the core."""
        self._core = core

    async def PlaceHold(self, request: pb.PlaceHoldRequest, context: ServicerContext[Any, Any]) -> pb.PlaceHoldResponse:
        """Set cash aside."""
        player_id, hold_id = _named(request)
        if not request.HasField("amount"):
            raise fields.invalid("amount: one is needed; of a freeze, its currency.")
        currency = fields.currency(request.amount.currency_code)
        amount = fields.amount(request.amount, currency, "amount")
        command = PlaceHold(
            player_id=player_id,
            hold_id=hold_id,
            currency=currency.code,
            amount=None if request.account_freeze and not amount else amount,
            reason=HoldReason(_chosen(request.reason, pb.HoldReason, "reason")),
            basis=Basis(_chosen(request.basis, pb.HoldBasis, "basis")),
            clause=fields.words(request.clause, "clause"),
            owner=fields.key(request.owner, "owner"),
            case_id=fields.key(request.case_id, "case_id"),
            text_key=fields.text(request.text_key, "text_key"),
            evidence=fields.words(request.evidence, "evidence") if request.evidence else "",
            account_freeze=request.account_freeze,
            discreet=request.discreet,
            review_at=_moment(request, "review_at"),
            expires_at=_moment(request, "expires_at"),
        )
        response = await self._core.moved(command)
        return pb.PlaceHoldResponse(response=response, hold=await self._hold(player_id, hold_id))

    async def ExtendHold(
        self, request: pb.ExtendHoldRequest, context: ServicerContext[Any, Any]
    ) -> pb.ExtendHoldResponse:
        """Hold on."""
        player_id, hold_id = _named(request)
        command = ExtendHold(
            player_id=player_id,
            hold_id=hold_id,
            why=fields.words(request.reason, "reason"),
            actor=fields.key(request.actor, "actor"),
            request_id=fields.key(request.request_id, "request_id"),
            expires_at=_moment(request, "expires_at"),
            review_at=_moment(request, "review_at"),
        )
        response = await self._core.moved(command)
        return pb.ExtendHoldResponse(response=response, hold=await self._hold(player_id, hold_id))

    async def CaptureHold(
        self, request: pb.CaptureHoldRequest, context: ServicerContext[Any, Any]
    ) -> pb.CaptureHoldResponse:
        """Take what is held, or a part of it, to the house."""
        player_id, hold_id = _named(request)
        amount = None
        if request.HasField("amount"):
            hold = await self._found(player_id, hold_id)
            if request.amount.currency_code != hold.currency:
                raise Refused(Reason.WRONG_CURRENCY, f"amount: the hold is in {hold.currency}.")
            amount = fields.amount(request.amount, CURRENCIES[hold.currency], "amount")
        command = CaptureHold(
            player_id=player_id,
            hold_id=hold_id,
            why=fields.words(request.decision, "decision"),
            actor=fields.key(request.actor, "actor"),
            request_id=fields.key(request.request_id, "request_id"),
            amount=amount,
            purpose=Purpose(_chosen(request.purpose, pb.CapturePurpose, "purpose")),
            account=fields.key(request.account, "account"),
            detail=fields.text(request.detail, "detail"),
        )
        response = await self._core.moved(command)
        return pb.CaptureHoldResponse(response=response, hold=await self._hold(player_id, hold_id))

    async def ReleaseHold(
        self, request: pb.ReleaseHoldRequest, context: ServicerContext[Any, Any]
    ) -> pb.ReleaseHoldResponse:
        """Give back what is left of it."""
        player_id, hold_id = _named(request)
        command = ReleaseHold(
            player_id=player_id,
            hold_id=hold_id,
            why=fields.words(request.reason, "reason"),
            actor=fields.key(request.actor, "actor"),
            request_id=fields.key(request.request_id, "request_id"),
        )
        response = await self._core.moved(command)
        return pb.ReleaseHoldResponse(response=response, hold=await self._hold(player_id, hold_id))

    async def GetHold(self, request: pb.GetHoldRequest, context: ServicerContext[Any, Any]) -> pb.GetHoldResponse:
        """Answer a hold."""
        return pb.GetHoldResponse(hold=await self._hold(*_named(request)))

    async def ListHolds(self, request: pb.ListHoldsRequest, context: ServicerContext[Any, Any]) -> pb.ListHoldsResponse:
        """Answer a page of a player's holds."""
        player_id = fields.player_id(request.player_id)
        size = fields.page_size(request.page)
        before = fields.cursor(request.page, tuple[int, str])
        belongs(await self._core.store.player(player_id), "", "")
        rows = await self._core.store.holds(player_id, before=before, limit=size + 1)
        more, rows = len(rows) > size, rows[:size]
        token = fields.page_token((rows[-1].placed_at, rows[-1].hold_id)) if more else ""
        return pb.ListHoldsResponse(holds=[_shown(row) for row in rows], next_page_token=token)

    async def _hold(self, player_id: str, hold_id: str) -> pb.Hold:
        return _shown(await self._found(player_id, hold_id))

    async def _found(self, player_id: str, hold_id: str) -> Hold:
        row = await self._core.store.hold(player_id, hold_id)
        if row is None:
            raise Refused(Reason.HOLD_NOT_FOUND, f"The player has no hold {hold_id}.")
        return row


def _shown(row: Hold) -> pb.Hold:
    return convert.hold(row) if operating() else convert.told_hold(row)


def _named(
    request: pb.PlaceHoldRequest
    | pb.ExtendHoldRequest
    | pb.CaptureHoldRequest
    | pb.ReleaseHoldRequest
    | pb.GetHoldRequest,
) -> tuple[str, str]:
    return fields.player_id(request.player_id), fields.party_id(request.hold_id, "hold_id")


def _chosen(value: int, kind: Any, field: str) -> int:
    """Pass a member of an enum that is not its first, which says nothing."""
    if not value or value not in kind.values():
        names = ", ".join(name for name, number in kind.items() if number)
        raise fields.invalid(f"{field}: one of {names}.")
    return value


def _moment(request: pb.PlaceHoldRequest | pb.ExtendHoldRequest, field: str) -> int:
    value: Timestamp = getattr(request, field)
    return fields.moment(value, field)
