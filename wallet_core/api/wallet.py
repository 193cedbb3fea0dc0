"""WalletService: plays, and what is known of them afterwards."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from grpc import StatusCode
from grpc.aio import ServicerContext
from msgspec.structs import replace
from wallet.v1 import wallet_pb2 as pb
from wallet.v1.wallet_pb2_grpc import WalletServiceServicer

from wallet_core.api import convert, discretion, fields, plays, queries
from wallet_core.api.call import CURRENT
from wallet_core.api.core import Core, answered
from wallet_core.api.errors import Denied, fault_of
from wallet_core.api.identify import Nobody, Who
from wallet_core.domain import commands as c
from wallet_core.domain import restricted
from wallet_core.domain.decision import MESSAGES, Decision, Outcome, Reason, Refusal, Refused, Result
from wallet_core.domain.entries import Kind
from wallet_core.domain.policies import NotPublished
from wallet_core.domain.profiles import UNKNOWN_ROLLBACK
from wallet_core.engine import graves
from wallet_core.engine.batcher import Overloaded, Stopped

PLAYS_MAX = 1_000
NOT_FOUND = Reason.REFERENCE_NOT_FOUND


class WalletService(WalletServiceServicer):
    """The money calls of providers."""

    def __init__(self, core: Core) -> None:
        """Take the core."""
        self._core = core

    async def Play(self, request: pb.PlayRequest, context: ServicerContext[Any, Any]) -> pb.PlayResponse:
        """Decide one play."""
        return await self._one(request)

    async def CloseRound(
        self, request: pb.CloseRoundRequest, context: ServicerContext[Any, Any]
    ) -> pb.CloseRoundResponse:
        """Close a round: a note under its key that does so."""
        return pb.CloseRoundResponse(response=await self._one(plays.closing(request)))

    async def PlayMany(self, request: pb.PlayManyRequest, context: ServicerContext[Any, Any]) -> pb.PlayManyResponse:
        """Decide many plays, each by itself."""
        if len(request.plays) > PLAYS_MAX:
            raise fields.invalid(f"plays: at most {PLAYS_MAX}.")
        reply = pb.PlayManyResponse()
        for found in await self._decisions(request.plays):
            self._outcome(reply.outcomes.add(), found)
        return reply

    async def PreviewPlay(
        self, request: pb.PreviewPlayRequest, context: ServicerContext[Any, Any]
    ) -> pb.PreviewPlayResponse:
        """Answer what a play would lead to."""
        play = plays.play(request.play, self._core.providers, self._core.terms, self._core.policies)
        (who,) = await self._core.identities.of([_who(request.play, play)])
        if isinstance(who, str):
            decision = await self._previewed(replace(play, player_id=who))
        elif isinstance(who, Refusal):
            decision = Decision(play.player_id, refusal=who)
        else:
            reason = UNKNOWN_ROLLBACK[play.profile.unknown_rollback] if _lone_rollback(play) else NOT_FOUND
            nothing = Result(play.actions[0].external_key, Outcome.NOOP, b"", (), 0, "")
            decision = _refused(reason) if reason else Decision("", results=(nothing,))
        prompt = restricted.touched(play, decision) and await self._prompted(play, decision.player_id)
        return pb.PreviewPlayResponse(response=convert.response(decision), restricted_funds_prompt=prompt)

    async def RollbackBatch(
        self, request: pb.RollbackBatchRequest, context: ServicerContext[Any, Any]
    ) -> pb.RollbackBatchResponse:
        """Roll back every play of a batch."""
        fields.key(request.batch_id, "batch_id")
        fields.key(request.external_key_prefix, "external_key_prefix")
        try:
            undone = await self._undone(request)
        except NotPublished:  # some are of rounds by policies that this process has not seen; what is done stays done
            await self._core.in_force.refresh()
            undone = await self._undone(request)
        reply = pb.RollbackBatchResponse()
        for external_key, decision in undone:
            rollback = reply.rollbacks.add(external_key=external_key)
            self._outcome(rollback.outcome, decision)
        return reply

    async def GetBalance(
        self, request: pb.GetBalanceRequest, context: ServicerContext[Any, Any]
    ) -> pb.GetBalanceResponse:
        """Answer what a player has."""
        return await queries.balance(self._core, request)

    async def GetTransaction(
        self, request: pb.GetTransactionRequest, context: ServicerContext[Any, Any]
    ) -> pb.GetTransactionResponse:
        """Answer the transaction under a key."""
        return pb.GetTransactionResponse(transaction=await queries.transaction(self._core, request))

    async def ExplainTransaction(
        self, request: pb.ExplainTransactionRequest, context: ServicerContext[Any, Any]
    ) -> pb.ExplainTransactionResponse:
        """Answer why a stake was paid as it was."""
        return await queries.explanation(self._core, request)

    async def ListTransactions(
        self, request: pb.ListTransactionsRequest, context: ServicerContext[Any, Any]
    ) -> pb.ListTransactionsResponse:
        """Answer a page of a player's transactions."""
        rows, token = await queries.transactions(
            self._core, request.player_id, request.page, request.provider_id, request.round_id
        )
        profile = self._core.providers.profile
        found = [convert.transaction(discretion.transaction(row), profile(row.provider_id)) for row in rows]
        return pb.ListTransactionsResponse(transactions=found, next_page_token=token)

    async def _undone(self, request: pb.RollbackBatchRequest) -> list[tuple[str, Decision]]:
        return await graves.roll_back_batch(
            self._core.batcher,
            self._core.store,
            provider_id=request.provider_id,
            batch_id=request.batch_id,
            prefix=request.external_key_prefix,
            profile=self._core.providers.named(request.provider_id).profile,
            deadline=CURRENT.get().expires,
            policies=self._core.policies,
        )

    async def _previewed(self, play: c.Play) -> Decision:
        try:
            return await self._core.batcher.preview(play)
        except NotPublished:
            await self._core.in_force.refresh()
            return await self._core.batcher.preview(replace(play, policies=self._core.policies))

    async def _prompted(self, play: c.Play, player_id: str) -> bool:
        player = await self._core.store.player(player_id)
        return player is not None and restricted.prompted(play, player)

    async def _one(self, request: pb.PlayRequest) -> pb.PlayResponse:
        (found,) = await self._decisions([request])
        if isinstance(found, Exception):
            raise found
        return answered(found)

    async def _decisions(self, requests: Sequence[pb.PlayRequest]) -> list[Decision | Exception]:
        """Return what becomes of each, in their order; what goes wrong with one is its own."""
        found: list[Decision | Exception | None] = [None] * len(requests)
        commands: list[tuple[int, c.Play, Who]] = []
        for index, request in enumerate(requests):
            try:
                command = self._command(request)
            except Refused as refused:
                found[index] = Decision("", refusal=refused.refusal)
            except Exception as error:  # noqa: BLE001  it is this play's, and the others go on
                found[index] = error
            else:
                commands.append((index, command, _who(request, command)))
        players = await self._core.identities.of([who for _, _, who in commands])
        whose = {index: (command, who) for (index, command, _), who in zip(commands, players, strict=True)}
        await self._decided(whose, found)
        ahead = {index: each for index, each in whose.items() if isinstance(found[index], NotPublished)}
        if ahead:  # of rounds that began in another process, by policies that this one has not seen
            await self._core.in_force.refresh()
            policies = self._core.policies
            renewed = {index: (replace(play, policies=policies), who) for index, (play, who) in ahead.items()}
            await self._decided(renewed, found)
        return [each for each in found if each is not None]

    async def _decided(
        self, whose: Mapping[int, tuple[c.Play, str | Refusal | Nobody]], found: list[Decision | Exception | None]
    ) -> None:
        """Have plays decided, and put what comes of each in its place."""
        begun: dict[int, asyncio.Future[Decision]] = {}
        for index, (command, who) in whose.items():
            started = self._begin(command, who)
            if isinstance(started, asyncio.Future):
                begun[index] = started
            else:
                found[index] = started
        await _answered(begun, found)

    def _begin(self, command: c.Play, who: str | Refusal | Nobody) -> asyncio.Future[Decision] | Decision | Exception:
        """Have the play decided; return what will be its decision, or what it is already."""
        if isinstance(who, Refusal):
            return Decision(command.player_id, refusal=who)
        if isinstance(who, Nobody):
            return asyncio.ensure_future(self._buried(command))
        try:
            return self._put(command, who)
        except (Overloaded, Stopped) as fault:
            return fault

    def _command(self, request: pb.PlayRequest) -> c.Play:
        """Return the command; that the caller may name the provider is asked here for each play of many."""
        caller = CURRENT.get().caller
        if caller is not None and not caller.may_name(request.provider_id):
            raise Denied(StatusCode.PERMISSION_DENIED, f"{caller.name} may not name the provider.")
        return plays.play(request, self._core.providers, self._core.terms, self._core.policies)

    def _put(self, play: c.Play, player_id: str) -> asyncio.Future[Decision]:
        """Put the play in the queue: a future costs a tenth of a task."""
        named = play if play.player_id == player_id else replace(play, player_id=player_id)
        return self._core.batcher.put(named, CURRENT.get().expires)

    async def _buried(self, play: c.Play) -> Decision:
        """Leave a tombstone for a rollback that names nobody and finds nothing (R-PROV-10)."""
        action = play.actions[0]
        if not _lone_rollback(play):
            return _refused(NOT_FOUND)

        def roll_back(player_id: str) -> asyncio.Future[Decision]:
            return self._put(play, player_id)

        decision = await graves.bury(
            self._core.batcher,
            self._core.store,
            provider_id=play.provider_id,
            external_key=action.references[0],
            profile=play.profile,
            roll_back=roll_back,
            deadline=CURRENT.get().expires,
        )
        if decision.player_id:
            return decision
        return replace(decision, results=(replace(decision.results[0], external_key=action.external_key),))

    def _outcome(self, message: pb.PlayOutcome, found: Decision | Exception) -> None:
        if isinstance(found, Exception):
            status = fault_of(found, CURRENT.get().request_id)
            message.fault.code, message.fault.message = status.code.value[0], status.message
            return
        if found.refusal is not None:
            self._core.metrics.refusals.labels(found.refusal.reason.name).inc()
        convert.answer(message.response, found)


async def _answered(begun: dict[int, asyncio.Future[Decision]], found: list[Decision | Exception | None]) -> None:
    """Put what was begun in its place, one by one: a batch answers all of its own in one turn of the loop."""
    try:
        for index, decision in begun.items():
            try:
                found[index] = await decision
            except Exception as error:  # noqa: BLE001  it is this play's, and the others go on
                found[index] = error
    finally:
        for decision in begun.values():
            decision.cancel()  # only where the caller is gone: what still waits is not begun


def _who(request: pb.PlayRequest, play: c.Play) -> Who:
    original, nameless = request.original_key, not request.player_id and not play.session_id
    undoing = nameless and _lone_rollback(play)
    if undoing and not original:
        original = play.actions[0].references[0]  # whoever's it is
    return Who(play.provider_id, request.player_id, play.session_id, original, undoing)


def _lone_rollback(play: c.Play) -> bool:
    return len(play.actions) == 1 and play.actions[0].kind is Kind.ROLLBACK


def _refused(reason: Reason) -> Decision:
    return Decision("", refusal=Refusal(reason, MESSAGES[reason]))
