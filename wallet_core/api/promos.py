"""PromoService: templates, and the life of a bonus outside play."""

from typing import Any, TypeVar

from grpc.aio import ServicerContext
from wallet.v1 import promos_pb2 as pb
from wallet.v1.wallet_pb2 import PlayResponse

from wallet_core.api import fields, promo_words
from wallet_core.api.budgets import Budgets
from wallet_core.domain import bonus_rules, wagering
from wallet_core.domain.commands import OPERATOR
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import NO_PLAYER, digest
from wallet_core.domain.players import belongs
from wallet_core.domain.policies import Policies
from wallet_core.domain.promo_commands import (
    AboutBonus,
    ClaimBonus,
    DeclineBonus,
    ForfeitBonus,
    FreezeBonus,
    GrantBonus,
    OfBonus,
    OfferBonus,
    PublishTemplate,
    Settled,
    UnfreezeBonus,
    VoidBonus,
    instance,
)
from wallet_core.domain.promos import Bonus
from wallet_core.domain.templates import Template

VERSION_MAX = 1_000_000

C = TypeVar("C", bound=AboutBonus)
B = TypeVar("B", bound=OfferBonus)

Begins = pb.OfferBonusRequest | pb.GrantBonusRequest
Ends = (
    pb.DeclineBonusRequest
    | pb.FreezeBonusRequest
    | pb.UnfreezeBonusRequest
    | pb.ForfeitBonusRequest
    | pb.VoidBonusRequest
)


class PromoService(Budgets):
    """Promotions."""

    async def PublishTemplate(
        self, request: pb.PublishTemplateRequest, context: ServicerContext[Any, Any]
    ) -> pb.PublishTemplateResponse:
        """Publish a version of a template."""
        await self._core.in_force.refresh()  # it is completed by policies, for good
        command = PublishTemplate(
            player_id=NO_PLAYER,
            request_id=fields.key(request.request_id, "request_id"),
            template_id=fields.party_id(request.template_id, "template_id"),
            version=_version(request.version),
            promotion=promo_words.promotion(request.promotion),
            unsaid=promo_words.unsaid(request.promotion),
            policies=self._core.policies,
            reason=fields.words(request.reason, "reason"),
            actor=fields.key(request.actor, "actor"),
        )
        decision = await self._core.submit(command)
        if decision.refusal is not None:
            raise Refused(decision.refusal.reason, decision.refusal.message)
        row = await self._template(command.template_id, command.version)
        return pb.PublishTemplateResponse(template=promo_words.template(row), replayed=decision.replayed)

    async def ListTemplates(
        self, request: pb.ListTemplatesRequest, context: ServicerContext[Any, Any]
    ) -> pb.ListTemplatesResponse:
        """Answer a page of templates."""
        size = fields.page_size(request.page)
        rows = await self._core.store.templates(
            fields.party_id(request.template_id, "template_id") if request.template_id else "",
            after=fields.cursor(request.page, tuple[str, int]),
            limit=size + 1,
        )
        more, rows = len(rows) > size, rows[:size]
        token = fields.page_token((rows[-1].template_id, rows[-1].version)) if more else ""
        return pb.ListTemplatesResponse(templates=[promo_words.template(row) for row in rows], next_page_token=token)

    async def OfferBonus(
        self, request: pb.OfferBonusRequest, context: ServicerContext[Any, Any]
    ) -> pb.OfferBonusResponse:
        """Offer a bonus."""
        template = await self._template(_template_id(request.template_id), _version(request.version))
        response, bonus = await self._left(await self._beginning(OfferBonus, request, template))
        return pb.OfferBonusResponse(response=response, bonus=bonus)

    async def GrantBonus(
        self, request: pb.GrantBonusRequest, context: ServicerContext[Any, Any]
    ) -> pb.GrantBonusResponse:
        """Begin a claimed bonus, or one that needs no claim."""
        template = await self._template(_template_id(request.template_id), _version(request.version))
        if request.bonus_id:
            row = await self._found(fields.player_id(request.player_id), fields.key(request.bonus_id, "bonus_id"))
            if (row.template_id, row.version) != (template.template_id, template.version):
                raise fields.invalid(f"bonus_id: it is of {row.template_id}, version {row.version}.")
        response, bonus = await self._left(await self._beginning(GrantBonus, request, template, request.bonus_id))
        return pb.GrantBonusResponse(response=response, bonus=bonus)

    async def ClaimBonus(
        self, request: pb.ClaimBonusRequest, context: ServicerContext[Any, Any]
    ) -> pb.ClaimBonusResponse:
        """Accept an offer and its terms."""
        player_id, bonus_id = fields.player_id(request.player_id), fields.key(request.bonus_id, "bonus_id")
        row = await self._found(player_id, bonus_id)
        command = ClaimBonus(
            player_id=player_id,
            request_id=fields.key(request.request_id, "request_id"),
            bonus_id=bonus_id,
            template=await self._template(row.template_id, row.version),
            accepted=fields.key(request.accepted_digest, "accepted_digest"),
            deposit=_settled(request),
            policies=self._core.policies,
            unique_keys=promo_words.unique_keys(request.unique_keys),
        )
        response, bonus = await self._left(command)
        return pb.ClaimBonusResponse(response=response, bonus=bonus)

    async def DeclineBonus(
        self, request: pb.DeclineBonusRequest, context: ServicerContext[Any, Any]
    ) -> pb.DeclineBonusResponse:
        """Do without what is offered."""
        response, bonus = await self._left(_about(DeclineBonus, request, self._core.policies))
        return pb.DeclineBonusResponse(response=response, bonus=bonus)

    async def FreezeBonus(
        self, request: pb.FreezeBonusRequest, context: ServicerContext[Any, Any]
    ) -> pb.FreezeBonusResponse:
        """Put it on ice."""
        response, bonus = await self._left(_about(FreezeBonus, request, self._core.policies))
        return pb.FreezeBonusResponse(response=response, bonus=bonus)

    async def UnfreezeBonus(
        self, request: pb.UnfreezeBonusRequest, context: ServicerContext[Any, Any]
    ) -> pb.UnfreezeBonusResponse:
        """Let it go on."""
        response, bonus = await self._left(_about(UnfreezeBonus, request, self._core.policies))
        return pb.UnfreezeBonusResponse(response=response, bonus=bonus)

    async def ForfeitBonus(
        self, request: pb.ForfeitBonusRequest, context: ServicerContext[Any, Any]
    ) -> pb.ForfeitBonusResponse:
        """Give it up."""
        response, bonus = await self._left(_about(ForfeitBonus, request, self._core.policies))
        return pb.ForfeitBonusResponse(response=response, bonus=bonus)

    async def VoidBonus(self, request: pb.VoidBonusRequest, context: ServicerContext[Any, Any]) -> pb.VoidBonusResponse:
        """Take it away."""
        response, bonus = await self._left(_about(VoidBonus, request, self._core.policies))
        return pb.VoidBonusResponse(response=response, bonus=bonus)

    async def GetBonus(self, request: pb.GetBonusRequest, context: ServicerContext[Any, Any]) -> pb.GetBonusResponse:
        """Answer all that a bonus screen shows."""
        row = await self._found(fields.player_id(request.player_id), fields.key(request.bonus_id, "bonus_id"))
        provider_id, game_id = fields.text(request.provider_id, "provider_id"), fields.text(request.game_id, "game_id")
        counts = 0
        if game_id:
            game = self._core.policies.game(provider_id, game_id)
            counts = wagering.rate(row.terms, provider_id, game_id, game)
        return pb.GetBonusResponse(bonus=(await self._shown([row]))[0], contribution=counts)

    async def ListBonuses(
        self, request: pb.ListBonusesRequest, context: ServicerContext[Any, Any]
    ) -> pb.ListBonusesResponse:
        """Answer a page of a player's bonuses."""
        player_id = fields.player_id(request.player_id)
        size = fields.page_size(request.page)
        after = fields.cursor(request.page, str) or ""
        belongs(await self._core.store.player(player_id), "", "")
        rows = await self._core.store.bonuses(player_id, after=after, limit=size + 1)
        more, rows = len(rows) > size, rows[:size]
        token = fields.page_token(rows[-1].bonus_id) if more else ""
        return pb.ListBonusesResponse(bonuses=await self._shown(rows), next_page_token=token)

    async def _beginning(self, kind: type[B], request: Begins, template: Template, bonus_id: str = "") -> B:
        """Return the command that begins a bonus.

        Raises:
            Refused: PLAYER_UNKNOWN, or the request is malformed.
        """
        policies, request_id = self._core.policies, fields.key(request.request_id, "request_id")
        deposit = _settled(request)
        player = belongs(await self._core.store.player(fields.player_id(request.player_id)), "", "")
        once = bonus_rules.once(policies, player, template.promotion)
        return kind(
            player_id=player.player_id,
            request_id=request_id,
            bonus_id=bonus_id or instance(template, self._core.clock.now(), deposit, request_id, once=once),
            template=template,
            currency=fields.currency(request.currency_code).code,
            reason=fields.words(request.reason, "reason"),
            actor=fields.key(request.actor, "actor"),
            deposit=deposit,
            unique_keys=promo_words.unique_keys(request.unique_keys),
            policies=policies,
        )

    async def _left(self, command: OfBonus) -> tuple[PlayResponse, pb.Bonus]:
        """Return the answer to a command, and the bonus as it stands.

        Raises:
            PlayRefused: it was refused.
        """
        response = await self._core.moved(command)
        bonus_id = command.bonus_id
        if response.replayed:  # in another period it would be another bonus by now
            rows = await self._core.store.transactions_by_key(digest(OPERATOR, command.request_id))
            bonus_id = next((dict(row.info)["bonus"] for row in rows if row.player_id == command.player_id), bonus_id)
        (bonus,) = await self._shown([await self._found(command.player_id, bonus_id)])
        return response, bonus

    async def _shown(self, rows: list[Bonus]) -> list[pb.Bonus]:
        if not rows:
            return []
        held = {
            (pocket.currency, pocket.account): pocket.amount
            for pocket in await self._core.store.pockets(rows[0].player_id)
        }
        return [promo_words.bonus(row, held.get((row.currency, row.account), 0)) for row in rows]

    async def _found(self, player_id: str, bonus_id: str) -> Bonus:
        """Return the bonus.

        Raises:
            Refused: PLAYER_UNKNOWN, BONUS_NOT_FOUND.
        """
        row = await self._core.store.bonus(player_id, bonus_id)
        if row is None:
            belongs(await self._core.store.player(player_id), "", "")
            raise Refused(Reason.BONUS_NOT_FOUND, f"The player has no bonus {bonus_id}.")
        return row

    async def _template(self, template_id: str, version: int) -> Template:
        """Return the version.

        Raises:
            Refused: BONUS_NOT_FOUND.
        """
        row = await self._core.store.template(template_id, version)
        if row is None:
            raise Refused(Reason.BONUS_NOT_FOUND, f"There is no template {template_id} of version {version}.")
        return row


def _about(kind: type[C], request: Ends, policies: Policies) -> C:
    return kind(
        fields.player_id(request.player_id),
        fields.key(request.request_id, "request_id"),
        fields.key(request.bonus_id, "bonus_id"),
        fields.words(request.reason, "reason"),
        fields.key(request.actor, "actor"),
        policies,
    )


def _settled(request: Begins | pb.ClaimBonusRequest) -> Settled | None:
    if not request.HasField("deposit"):
        return None
    return Settled(
        fields.party_id(request.deposit.psp_id, "deposit.psp_id"),
        fields.key(request.deposit.request_id, "deposit.request_id"),
    )


def _template_id(value: str) -> str:
    return fields.party_id(value, "template_id")


def _version(value: int) -> int:
    if not 1 <= value <= VERSION_MAX:
        raise fields.invalid("version: 1 or more.")
    return value
