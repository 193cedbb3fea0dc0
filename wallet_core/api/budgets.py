"""Budgets of campaigns: the part of PromoService that is about them."""

from typing import Any

from grpc.aio import ServicerContext
from wallet.v1 import promos_pb2 as pb
from wallet.v1.promos_pb2_grpc import PromoServiceServicer

from wallet_core.api import convert, fields
from wallet_core.api.core import Core
from wallet_core.domain.budget_commands import SetBudget
from wallet_core.domain.budgets import Budget
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import NO_PLAYER
from wallet_core.domain.money import CURRENCIES


class Budgets(PromoServiceServicer):
    """Budgets."""

    def __init__(self, core: Core) -> None:
        """Take the core."""
        self._core = core

    async def SetBudget(self, request: pb.SetBudgetRequest, context: ServicerContext[Any, Any]) -> pb.SetBudgetResponse:
        """Say what a campaign may cost."""
        currency = fields.currency(request.amount.currency_code)
        command = SetBudget(
            player_id=NO_PLAYER,
            campaign=fields.party_id(request.campaign, "campaign"),
            currency=currency.code,
            amount=fields.amount(request.amount, currency, "amount"),
            reason=fields.words(request.reason, "reason"),
            actor=fields.key(request.actor, "actor"),
            request_id=fields.key(request.request_id, "request_id"),
        )
        decision = await self._core.submit(command)
        if decision.refusal is not None:
            raise Refused(decision.refusal.reason, decision.refusal.message)
        budget = await self._budget(command.campaign, command.currency)
        return pb.SetBudgetResponse(budget=budget, replayed=decision.replayed)

    async def GetBudget(self, request: pb.GetBudgetRequest, context: ServicerContext[Any, Any]) -> pb.GetBudgetResponse:
        """Answer a budget."""
        campaign, currency = fields.party_id(request.campaign, "campaign"), fields.currency(request.currency_code)
        return pb.GetBudgetResponse(budget=await self._budget(campaign, currency.code))

    async def ListBudgets(
        self, request: pb.ListBudgetsRequest, context: ServicerContext[Any, Any]
    ) -> pb.ListBudgetsResponse:
        """Answer a page of budgets."""
        size = fields.page_size(request.page)
        rows = await self._core.store.budgets(
            fields.party_id(request.campaign, "campaign") if request.campaign else "",
            after=fields.cursor(request.page, tuple[str, str]) or ("", ""),
            limit=size + 1,
        )
        more, rows = len(rows) > size, rows[:size]
        token = fields.page_token((rows[-1].campaign, rows[-1].currency)) if more else ""
        return pb.ListBudgetsResponse(budgets=[_shown(row) for row in rows], next_page_token=token)

    async def _budget(self, campaign: str, currency: str) -> pb.Budget:
        row = await self._core.store.budget(campaign, currency)
        if row is None:
            raise Refused(Reason.BONUS_NOT_FOUND, f"The campaign {campaign} has no budget in {currency}: no limit.")
        return _shown(row)


def _shown(row: Budget) -> pb.Budget:
    currency = CURRENCIES[row.currency]
    sums = {name: convert.money(currency, getattr(row, name)) for name in ("amount", "reserved", "spent", "left")}
    return pb.Budget(
        campaign=row.campaign,
        changed_at=convert.moment(row.changed_at),
        reason=row.reason,
        actor=row.actor,
        used_bps=row.used,
        **sums,
    )
