"""FreeRoundService: grants of free rounds."""

from typing import Any

from grpc.aio import ServicerContext
from wallet.v1 import free_rounds_pb2 as pb
from wallet.v1.free_rounds_pb2_grpc import FreeRoundServiceServicer

from wallet_core.api import convert, fields
from wallet_core.api.core import Core
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import NO_PLAYER
from wallet_core.domain.free_round_commands import (
    CancelFreeRounds,
    ChargeFreeRounds,
    GrantFreeRounds,
    RegisterFreeRounds,
)
from wallet_core.domain.free_rounds import Grant, Settle
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.players import belongs
from wallet_core.domain.templates import Template

GAMES_MAX = 1_000


class FreeRoundService(FreeRoundServiceServicer):
    """Free rounds."""

    def __init__(self, core: Core) -> None:
        """Take the core."""
        self._core = core

    async def GrantFreeRounds(
        self, request: pb.GrantFreeRoundsRequest, context: ServicerContext[Any, Any]
    ) -> pb.GrantFreeRoundsResponse:
        """Grant rounds."""
        player_id, grant_id = _named(request)
        if not request.settle or request.settle not in pb.FreeRoundSettle.values():
            raise fields.invalid("settle: FREE_ROUND_SETTLE_EACH or FREE_ROUND_SETTLE_END.")
        if len(request.game_ids) > GAMES_MAX:
            raise fields.invalid(f"game_ids: at most {GAMES_MAX:,}.")
        currency = fields.currency(request.value.currency_code)
        cap = 0
        if request.HasField("cap"):
            if request.cap.currency_code != currency.code:
                raise Refused(Reason.WRONG_CURRENCY, f"cap: the grant is in {currency.code}.")
            cap = fields.amount(request.cap, currency, "cap")
            if not cap:
                raise Refused(Reason.INVALID_AMOUNT, "cap: more than nothing; leave it out for none.")
        provider_id = fields.party_id(request.provider_id, "provider_id")
        self._core.providers.named(provider_id)
        command = GrantFreeRounds(
            player_id=player_id,
            grant_id=grant_id,
            provider_id=provider_id,
            currency=currency.code,
            rounds=request.rounds,
            value=fields.amount(request.value, currency, "value"),
            games=tuple(sorted({fields.key(each, "game_ids") for each in request.game_ids})),
            settle=Settle(request.settle),
            template=await edition(self._core, request.template_id, request.template_version),
            cap=cap,
            campaign=fields.party_id(request.campaign, "campaign"),
            expires_at=fields.moment(request.expires_at, "expires_at"),
            actor=fields.key(request.actor, "actor"),
            reason=fields.words(request.reason, "reason"),
            policies=self._core.policies,
            accepted=fields.text(request.accepted_digest, "accepted_digest"),
        )
        response = await self._core.moved(command)
        return pb.GrantFreeRoundsResponse(response=response, free_rounds=await self._shown(player_id, grant_id))

    async def RegisterFreeRounds(
        self, request: pb.RegisterFreeRoundsRequest, context: ServicerContext[Any, Any]
    ) -> pb.RegisterFreeRoundsResponse:
        """Take the provider's word on a grant."""
        player_id, grant_id = _named(request)
        command = RegisterFreeRounds(
            player_id=player_id,
            grant_id=grant_id,
            reason=fields.words(request.reason, "reason"),
            actor=fields.key(request.actor, "actor"),
            request_id=fields.key(request.request_id, "request_id"),
            provider_id=fields.party_id(request.provider_id, "provider_id"),
            confirmed=request.confirmed,
        )
        response = await self._core.moved(command)
        return pb.RegisterFreeRoundsResponse(response=response, free_rounds=await self._shown(player_id, grant_id))

    async def CancelFreeRounds(
        self, request: pb.CancelFreeRoundsRequest, context: ServicerContext[Any, Any]
    ) -> pb.CancelFreeRoundsResponse:
        """Take back what has not been played."""
        player_id, grant_id = _named(request)
        command = CancelFreeRounds(
            player_id=player_id,
            grant_id=grant_id,
            reason=fields.words(request.reason, "reason"),
            actor=fields.key(request.actor, "actor"),
            request_id=fields.key(request.request_id, "request_id"),
        )
        response = await self._core.moved(command)
        return pb.CancelFreeRoundsResponse(response=response, free_rounds=await self._shown(player_id, grant_id))

    async def ChargeFreeRounds(
        self, request: pb.ChargeFreeRoundsRequest, context: ServicerContext[Any, Any]
    ) -> pb.ChargeFreeRoundsResponse:
        """Book a provider's charge."""
        currency = fields.currency(request.amount.currency_code)
        command = ChargeFreeRounds(
            player_id=NO_PLAYER,
            provider_id=fields.party_id(request.provider_id, "provider_id"),
            invoice=fields.key(request.invoice, "invoice"),
            campaign=fields.party_id(request.campaign, "campaign"),
            currency=currency.code,
            amount=fields.amount(request.amount, currency, "amount"),
            reason=fields.words(request.reason, "reason"),
            actor=fields.key(request.actor, "actor"),
        )
        self._core.providers.named(command.provider_id)
        return pb.ChargeFreeRoundsResponse(response=await self._core.moved(command))

    async def GetFreeRounds(
        self, request: pb.GetFreeRoundsRequest, context: ServicerContext[Any, Any]
    ) -> pb.GetFreeRoundsResponse:
        """Answer a grant."""
        return pb.GetFreeRoundsResponse(free_rounds=await self._shown(*_named(request)))

    async def ListFreeRounds(
        self, request: pb.ListFreeRoundsRequest, context: ServicerContext[Any, Any]
    ) -> pb.ListFreeRoundsResponse:
        """Answer a page of a player's grants."""
        player_id = fields.player_id(request.player_id)
        size = fields.page_size(request.page)
        before = fields.cursor(request.page, tuple[int, str])
        belongs(await self._core.store.player(player_id), "", "")
        rows = await self._core.store.free_rounds(player_id, before=before, limit=size + 1)
        more, rows = len(rows) > size, rows[:size]
        token = fields.page_token((rows[-1].issued_at, rows[-1].grant_id)) if more else ""
        return pb.ListFreeRoundsResponse(free_rounds=[_grant(row) for row in rows], next_page_token=token)

    async def _shown(self, player_id: str, grant_id: str) -> pb.FreeRounds:
        row = await self._core.store.free_round(player_id, grant_id)
        if row is None:
            raise Refused(Reason.BONUS_NOT_FOUND, f"The player has no free rounds {grant_id}.")
        return _grant(row)


async def edition(core: Core, template_id: str, version: int) -> Template | None:
    """Return the version of a template; none where no template is named.

    Raises:
        Refused: BONUS_NOT_FOUND; INVALID_REQUEST, its version is missing.
    """
    if not template_id:
        return None
    if version < 1:
        raise fields.invalid("template_version: 1 or more.")
    row = await core.store.template(fields.party_id(template_id, "template_id"), version)
    if row is None:
        raise Refused(Reason.BONUS_NOT_FOUND, f"There is no template {template_id} of version {version}.")
    return row


def _named(
    request: pb.GrantFreeRoundsRequest
    | pb.RegisterFreeRoundsRequest
    | pb.CancelFreeRoundsRequest
    | pb.GetFreeRoundsRequest,
) -> tuple[str, str]:
    return fields.player_id(request.player_id), fields.party_id(request.grant_id, "grant_id")


def _grant(row: Grant) -> pb.FreeRounds:
    currency = CURRENCIES[row.currency]
    promise = row.promise
    return pb.FreeRounds(
        player_id=row.player_id,
        grant_id=row.grant_id,
        provider_id=row.provider_id,
        state=pb.FreeRoundState.ValueType(row.state),
        rounds=row.rounds,
        left=row.left,
        value=convert.money(currency, row.value),
        game_ids=row.games,
        settle=pb.FreeRoundSettle.ValueType(row.settle),
        template_id=promise.template_id if promise else "",
        template_version=promise.version if promise else 0,
        bonus_id=row.bonus_id,
        cap=convert.money(currency, row.cap) if row.cap else None,
        won=convert.money(currency, row.won),
        waiting=convert.money(currency, row.waiting),
        campaign=row.campaign,
        issued_at=convert.moment(row.issued_at),
        expires_at=convert.moment(row.expires_at),
        over_at=convert.moment(row.over_at) if row.over_at else None,
        reason=row.reason,
        attempts=row.attempts,
    )
