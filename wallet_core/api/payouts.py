"""PayoutService: cashback, prizes, and what else promotions give."""

import asyncio
from typing import Any

from grpc.aio import ServicerContext
from wallet.v1 import payouts_pb2 as pb
from wallet.v1.common_pb2 import Money
from wallet.v1.payouts_pb2_grpc import PayoutServiceServicer
from wallet.v1.wallet_pb2 import PlayOutcome

from wallet_core.api import convert, fields
from wallet_core.api.call import CURRENT
from wallet_core.api.core import Core
from wallet_core.api.errors import fault_of
from wallet_core.api.free_rounds import edition
from wallet_core.domain.cashback import BPS, Cashback, base
from wallet_core.domain.decision import Decision, Outcome, Reason, Refused
from wallet_core.domain.entries import NO_PLAYER
from wallet_core.domain.money import Currency
from wallet_core.domain.payouts import PayCashback, PayPromo, SettlePrizes, Source
from wallet_core.domain.pockets import PRODUCTS

PRIZES_MAX = 1_000


class PayoutService(PayoutServiceServicer):
    """Payouts."""

    def __init__(self, core: Core) -> None:
        """Take the core."""
        self._core = core

    async def PayPromo(self, request: pb.PayPromoRequest, context: ServicerContext[Any, Any]) -> pb.PayPromoResponse:
        """Pay one player."""
        if not request.source or request.source not in pb.PayoutSource.values():
            raise fields.invalid(f"source: one of {', '.join(source.name for source in Source)}.")
        if request.source == pb.PAYOUT_SOURCE_TOURNAMENT:
            raise fields.invalid("source: the prizes of a tournament are settled together, by PayPrizes (R-TOUR-02).")
        currency = fields.currency(request.amount.currency_code)
        command = PayPromo(
            player_id=fields.player_id(request.player_id),
            campaign=fields.party_id(request.campaign, "campaign"),
            currency=currency.code,
            template=await edition(self._core, request.bonus.template_id, request.bonus.template_version),
            actor=fields.key(request.actor, "actor"),
            policies=self._core.policies,
            source=Source(request.source),
            reference=fields.party_id(request.reference, "reference"),
            amount=fields.amount(request.amount, currency, "amount"),
            reason=fields.words(request.reason, "reason") if request.reason else "",
            accepted=_accepted(request.bonus),
        )
        return pb.PayPromoResponse(response=await self._core.moved(command))

    async def PayPrizes(self, request: pb.PayPrizesRequest, context: ServicerContext[Any, Any]) -> pb.PayPrizesResponse:
        """Settle who has won what; then pay each prize by itself."""
        currency = fields.currency(request.pool.currency_code)
        commands = await _prizes(self._core, request, currency)
        tournament = fields.party_id(request.tournament_id, "tournament_id")
        await self._core.moved(SettlePrizes(NO_PLAYER, tournament, currency.code, tuple(commands)))
        found = await asyncio.gather(*map(self._core.submit, commands), return_exceptions=True)
        reply, paid = pb.PayPrizesResponse(), 0
        for command, outcome in zip(commands, found, strict=True):
            message = reply.outcomes.add()
            self._outcome(message, outcome)
            if isinstance(outcome, Decision) and outcome.refusal is None:
                paid += command.amount if outcome.results[0].outcome is Outcome.APPLIED else 0
        pool = sum(command.amount for command in commands)
        reply.paid.CopyFrom(convert.money(currency, paid))
        reply.unpaid.CopyFrom(convert.money(currency, pool - paid))
        return reply

    def _outcome(self, message: PlayOutcome, found: Decision | BaseException) -> None:
        if isinstance(found, Exception):
            status = fault_of(found, CURRENT.get().request_id)
            message.fault.code, message.fault.message = status.code.value[0], status.message
        elif isinstance(found, BaseException):
            raise found
        else:
            convert.answer(message.response, found)

    async def PayCashback(
        self, request: pb.PayCashbackRequest, context: ServicerContext[Any, Any]
    ) -> pb.PayCashbackResponse:
        """Compute a cashback from the ledger, and pay it."""
        player_id = fields.player_id(request.player_id)
        currency = fields.currency(request.currency_code)
        start, end = fields.moment(request.start, "start"), fields.moment(request.end, "end")
        if not 0 < start < end:
            raise fields.invalid("start, end: a window that ends after it begins.")
        cashback = _cashback(request, currency)
        template = await edition(self._core, request.bonus.template_id, request.bonus.template_version)
        policies, products = self._core.policies, frozenset(cashback.products)

        def counts(provider_id: str, game_id: str) -> bool:
            return not products or policies.game(provider_id, game_id).product in products

        turnovers = await self._core.store.turnover(player_id, currency.code, start, end)
        command = PayCashback(
            player_id=player_id,
            campaign=fields.party_id(request.campaign, "campaign"),
            currency=currency.code,
            template=template,
            actor=fields.key(request.actor, "actor"),
            policies=policies,
            start=start,
            end=end,
            cashback=cashback,
            base=base(turnovers, counts),
            accepted=_accepted(request.bonus),
        )
        return pb.PayCashbackResponse(response=await self._core.moved(command))


async def _prizes(core: Core, request: pb.PayPrizesRequest, currency: Currency) -> list[PayPromo]:
    """Return the command of each prize.

    Raises:
        Refused: one is malformed, or they do not sum to the pool; none is paid then.
    """
    if not 1 <= len(request.prizes) <= PRIZES_MAX:
        raise fields.invalid(f"prizes: 1 to {PRIZES_MAX:,}.")
    commands = []
    for index, prize in enumerate(request.prizes):
        field = f"prizes[{index}]"
        if prize.rank < 1:
            raise fields.invalid(f"{field}.rank: 1 or more.")
        command = PayPromo(
            player_id=fields.player_id(prize.player_id, f"{field}.player_id"),
            campaign=fields.party_id(request.tournament_id, "tournament_id"),
            currency=currency.code,
            template=await edition(core, prize.bonus.template_id, prize.bonus.template_version),
            actor=fields.key(request.actor, "actor"),
            policies=core.policies,
            source=Source.TOURNAMENT,
            reference=str(prize.rank),
            amount=_same(prize.amount, currency, f"{field}.amount"),
            accepted=_accepted(prize.bonus),
        )
        if command.amount <= 0:
            raise Refused(Reason.INVALID_AMOUNT, f"{field}.amount: more than nothing.")
        commands.append(command)
    if len({(command.player_id, command.reference) for command in commands}) < len(commands):
        raise fields.invalid("prizes: each rank and player once.")
    if sum(command.amount for command in commands) != fields.amount(request.pool, currency, "pool"):
        raise fields.invalid("pool: not what the prizes sum to.")
    return commands


def _cashback(request: pb.PayCashbackRequest, currency: Currency) -> Cashback:
    if not 1 <= request.bps <= BPS:
        raise fields.invalid(f"bps: 1 to {BPS:,}.")
    products = tuple(sorted(set(request.products)))
    if not set(products) <= set(PRODUCTS):
        raise fields.invalid(f"products: of {', '.join(PRODUCTS)}.")
    least = _same(request.minimum, currency, "minimum") if request.HasField("minimum") else 0
    most = _same(request.maximum, currency, "maximum") if request.HasField("maximum") else 0
    if least < 0 or most < 0 or (request.HasField("maximum") and (not most or most % currency.quantum)):
        raise Refused(Reason.INVALID_AMOUNT, "minimum, maximum: more than nothing, the maximum in display precision.")
    return Cashback(request.bps, least, most, products)


def _accepted(bonus: pb.PayoutBonus) -> str:
    return fields.text(bonus.accepted_digest, "bonus.accepted_digest")


def _same(value: Money, currency: Currency, field: str) -> int:
    """Return the ledger units of an amount in that currency.

    Raises:
        Refused: WRONG_CURRENCY, INVALID_PRECISION, INVALID_AMOUNT.
    """
    if value.currency_code != currency.code:
        raise Refused(Reason.WRONG_CURRENCY, f"{field}: in {currency.code}, as the whole.")
    return fields.amount(value, currency, field)
