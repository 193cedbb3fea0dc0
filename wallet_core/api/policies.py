"""PolicyService: the operator's rules, in layers and in versions."""

from collections.abc import Callable
from typing import Any, TypeVar

from grpc.aio import ServicerContext
from wallet.v1 import policies_pb2 as pb
from wallet.v1.policies_pb2_grpc import PolicyServiceServicer

from wallet_core.api import convert, fields
from wallet_core.api.call import acting
from wallet_core.api.core import Core
from wallet_core.domain.commands import Command
from wallet_core.domain.decision import Decision, Reason, Refused
from wallet_core.domain.entries import NO_PLAYER
from wallet_core.domain.layers import Context, Setting
from wallet_core.domain.policies import NotPublished, Policies
from wallet_core.domain.policy_commands import ApprovePolicies, DraftPolicies, RollBackPolicies
from wallet_core.domain.policy_keys import KEYS, Key, Layer, Of, written
from wallet_core.domain.publications import Draft, Publication

T = TypeVar("T")

DRAFTS_MAX = 100
LAYERS = {int(layer): layer for layer in Layer}


class PolicyService(PolicyServiceServicer):
    """Policies."""

    def __init__(self, core: Core) -> None:
        """Take the core."""
        self._core = core

    async def DraftPolicies(
        self, request: pb.DraftPoliciesRequest, context: ServicerContext[Any, Any]
    ) -> pb.DraftPoliciesResponse:
        """Have settings checked and kept."""
        draft_id = fields.key(request.draft_id, "draft_id")
        author = acting(fields.key(request.author, "author"))
        reason = fields.words(request.reason, "reason")
        settings = tuple(_setting(each, f"settings[{index}]") for index, each in enumerate(request.settings))
        at = fields.moment(request.effective_at, "effective_at") if request.HasField("effective_at") else 0
        decision = await self._decided(
            lambda policies: DraftPolicies(NO_PLAYER, draft_id, author, reason, settings, at, policies)
        )
        return pb.DraftPoliciesResponse(replayed=decision.replayed)

    async def ApprovePolicies(
        self, request: pb.ApprovePoliciesRequest, context: ServicerContext[Any, Any]
    ) -> pb.ApprovePoliciesResponse:
        """Publish a draft."""
        draft_id = fields.key(request.draft_id, "draft_id")
        approver = acting(fields.key(request.approver, "approver"))
        decision = await self._decided(lambda policies: ApprovePolicies(NO_PLAYER, policies, draft_id, approver))
        found = self._published(lambda each: each.draft_id == draft_id)
        return pb.ApprovePoliciesResponse(publication=found, replayed=decision.replayed)

    async def RollBackPolicies(
        self, request: pb.RollBackPoliciesRequest, context: ServicerContext[Any, Any]
    ) -> pb.RollBackPoliciesResponse:
        """Go back to an earlier version."""
        version, request_id = request.version, fields.key(request.request_id, "request_id")
        actor, reason = acting(fields.key(request.actor, "actor")), fields.words(request.reason, "reason")
        decision = await self._decided(
            lambda policies: RollBackPolicies(NO_PLAYER, policies, version, actor, reason, request_id)
        )
        at = decision.results[0].committed_at
        found = self._published(lambda each: each.published_at == at and each.restores == version)
        return pb.RollBackPoliciesResponse(publication=found, replayed=decision.replayed)

    async def ListPublications(
        self, request: pb.ListPublicationsRequest, context: ServicerContext[Any, Any]
    ) -> pb.ListPublicationsResponse:
        """Answer a page of what was drafted and published."""
        size, before = fields.page_size(request.page), fields.cursor(request.page, int)
        await self._core.in_force.refresh()
        policies = self._core.policies
        rows = sorted(policies.publications, key=lambda each: -each.number)
        rows = [each for each in rows if before is None or each.number < before]
        drafts = [] if before is not None else await self._core.store.drafts(DRAFTS_MAX)
        return pb.ListPublicationsResponse(
            drafts=[_draft(each) for each in drafts],
            publications=[_publication(each, policies) for each in rows[:size]],
            next_page_token=fields.page_token(rows[size - 1].number) if len(rows) > size else "",
        )

    async def GetPolicies(
        self, request: pb.GetPoliciesRequest, context: ServicerContext[Any, Any]
    ) -> pb.GetPoliciesResponse:
        """Answer every value in a context."""
        currency = fields.optional_currency(request.currency_code)
        asked = request.context
        of = {Of.CURRENCY: currency, Of.ANY_CURRENCY: currency, Of.BRAND: asked.brand_id, Of.LICENCE: asked.licence}
        needed = of | {Of.NONE: "-", Of.ANY_CURRENCY: "-", Of.GAME: asked.game_id}

        def values(policies: Policies, version: int) -> pb.GetPoliciesResponse:
            response = pb.GetPoliciesResponse(version=version)
            for key in KEYS.values():
                if needed[key.of]:
                    where = _context(asked, of.get(key.of, ""))
                    value = policies.value(key.name, where, version)
                    text = None if value is None else written(key, where.of, value)
                    response.values.add(key=key.name, value=text, unit=key.unit, rule=key.rule)
            return response

        return await self._as_of(request.version if request.HasField("version") else None, values)

    async def ExplainPolicy(
        self, request: pb.ExplainPolicyRequest, context: ServicerContext[Any, Any]
    ) -> pb.ExplainPolicyResponse:
        """Answer one value, and why it is that."""
        key = KEYS.get(request.key)
        if key is None:
            raise Refused(Reason.POLICY_NOT_FOUND, f"key: there is none of that name; one of {', '.join(KEYS)}.")
        where = _context(request.context, _of(key, request))

        def explained(policies: Policies, version: int) -> pb.ExplainPolicyResponse:
            found = policies.explain(key.name, where, version)
            return pb.ExplainPolicyResponse(
                value=None if found.value is None else found.text,
                version=version,
                unit=key.unit,
                rule=key.rule,
                considered=[
                    pb.ConsideredSetting(
                        setting=_wired(each.standing.setting),
                        version=each.standing.version,
                        author=each.standing.author,
                        author_identity=each.standing.identity or each.standing.author,
                        lost=each.lost,
                    )
                    for each in found.considered
                ],
            )

        return await self._as_of(request.version if request.HasField("version") else None, explained)

    async def _decided(self, build: Callable[[Policies], Command]) -> Decision:
        decision = await self._core.in_force.submit(build, self._core.submit)
        if decision.refusal is not None:
            raise Refused(decision.refusal.reason, decision.refusal.message)
        return decision

    def _published(self, which: Callable[[Publication], bool]) -> pb.Publication:
        policies = self._core.policies
        return next(_publication(each, policies) for each in policies.publications if which(each))

    async def _as_of(self, version: int | None, answer: Callable[[Policies, int], T]) -> T:
        """Return an answer as of a version, or the one in force."""
        policies = self._core.policies
        number = policies.version if version is None else version
        try:
            return answer(policies, number)
        except NotPublished:
            await self._core.in_force.refresh()
        try:
            return answer(self._core.policies, number)
        except NotPublished:
            raise Refused(Reason.POLICY_NOT_FOUND, f"version: {number} was never published.") from None


def _setting(wire: pb.PolicySetting, field: str) -> Setting:
    layer = LAYERS.get(wire.layer)
    if layer is None:
        raise fields.invalid(f"{field}.layer: one of wallet.v1.PolicyLayer is needed.")
    return Setting(
        key=fields.text(wire.key, f"{field}.key"),
        layer=layer,
        scope=fields.text(wire.scope, f"{field}.scope"),
        value=fields.text(wire.value, f"{field}.value") if wire.HasField("value") else None,
        of=fields.text(wire.of, f"{field}.of"),
        clause=fields.text(wire.clause, f"{field}.clause"),
        locked=wire.locked,
    )


def _context(wire: pb.PolicyContext, of: str) -> Context:
    if len(wire.segments) > DRAFTS_MAX:
        raise fields.invalid(f"context.segments: at most {DRAFTS_MAX}.")
    return Context(
        brand_id=wire.brand_id,
        product=wire.product,
        provider_id=wire.provider_id,
        game_id=wire.game_id,
        segments=tuple(wire.segments),
        player_id=wire.player_id,
        of=of,
        licence=wire.licence,
        regulator=wire.regulator,
    )


def _of(key: Key, request: pb.ExplainPolicyRequest) -> str:
    match key.of:
        case Of.CURRENCY:
            return fields.currency(request.of).code
        case Of.ANY_CURRENCY:
            return fields.optional_currency(request.of)
        case Of.GAME if not request.context.game_id:
            raise fields.invalid("context.game_id: it is asked of a game.")
        case _:
            return request.of


def _wired(setting: Setting) -> pb.PolicySetting:
    return pb.PolicySetting(
        key=setting.key,
        layer=pb.PolicyLayer.ValueType(setting.layer),
        scope=setting.scope,
        of=setting.of,
        value=setting.value,
        clause=setting.clause,
        locked=setting.locked,
    )


def _publication(row: Publication, policies: Policies) -> pb.Publication:
    return pb.Publication(
        version=row.number,
        draft_id=row.draft_id,
        state=pb.PublicationState.ValueType(policies.state_of(row)),
        author=row.author,
        approver=row.approver,
        reason=row.reason,
        settings=[_wired(each) for each in row.settings],
        effective_at=convert.moment(row.effective_at),
        recorded_at=convert.moment(row.published_at),
        restores=row.restores,
        author_identity=row.author_identity or row.author,
        approver_identity=row.approver_identity or row.approver,
    )


def _draft(row: Draft) -> pb.Publication:
    return pb.Publication(
        draft_id=row.draft_id,
        state=pb.PUBLICATION_STATE_VALIDATED,
        author=row.author,
        reason=row.reason,
        settings=[_wired(each) for each in row.settings],
        effective_at=convert.moment(row.effective_at) if row.effective_at else None,
        recorded_at=convert.moment(row.drafted_at),
        author_identity=row.drafted_by.identity,
    )
