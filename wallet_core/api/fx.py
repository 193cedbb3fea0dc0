"""FxService: rates and quotes. A quote's signature is derived from what it says: the same quote has the same again."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from grpc.aio import ServicerContext
from wallet.v1 import fx_pb2 as pb
from wallet.v1.fx_pb2_grpc import FxServiceServicer

from wallet_core.api import convert, fields
from wallet_core.api.call import acting
from wallet_core.api.core import Core
from wallet_core.api.exposure import kept
from wallet_core.domain.accounts import PSP_CLEARING
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.fx import REFUNDABLE, Quote, Side, movable, refundable
from wallet_core.domain.fx_commands import CancelQuote, ExecuteQuote, OpenQuote, ReverseQuote
from wallet_core.domain.fx_refunds import RefundConversion
from wallet_core.domain.fx_terms import FxTerms, in_force
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.players import belongs
from wallet_core.domain.pockets import balances
from wallet_core.domain.rate_commands import PublishRates
from wallet_core.domain.rates import Rates, text_of


class FxService(FxServiceServicer):
    """Rates and quotes."""

    def __init__(self, core: Core) -> None:
        """Take the core."""
        self._core = core

    async def PublishRates(
        self, request: pb.PublishRatesRequest, context: ServicerContext[Any, Any]
    ) -> pb.PublishRatesResponse:
        """Take a source's rates."""
        source = fields.party_id(request.source, "source")
        if not request.HasField("as_of"):
            raise fields.invalid("as_of: when the rates were so is needed.")
        command = PublishRates(
            player_id="",
            source=source,
            as_of=fields.moment(request.as_of, "as_of"),
            pairs=tuple((each.base, each.counter, each.mid) for each in request.rates),
            others=_places(rates for rates in await self._last() if rates.source != source),
            terms=self._core.fx,
        )
        return pb.PublishRatesResponse(response=await self._core.moved(command))

    async def GetRates(self, request: pb.GetRatesRequest, context: ServicerContext[Any, Any]) -> pb.GetRatesResponse:
        """Answer the last rates."""
        asked = fields.text(request.source, "source")
        terms, now = self._core.fx, self._core.clock.now()
        tables = [
            pb.RateTable(
                source=rates.source,
                as_of=convert.moment(rates.as_of),
                published_at=convert.moment(rates.published_at),
                rates=[pb.Rate(base=base, counter=counter, mid=mid) for base, counter, mid in rates.pairs],
                fresh=terms.fresh(rates, now),
            )
            for rates in await self._last()
            if asked in {"", rates.source}
        ]
        return pb.GetRatesResponse(tables=tables, weekend=terms.weekend(now), margin_bps=terms.margin(now))

    async def OpenQuote(self, request: pb.OpenQuoteRequest, context: ServicerContext[Any, Any]) -> pb.OpenQuoteResponse:
        """Promise a rate."""
        player_id, quote_id = _named(request)
        side = request.WhichOneof("amount")
        if side is None:
            raise fields.invalid("sell or buy: one of them is needed.")
        asked = request.sell if side == "sell" else request.buy
        currency = fields.currency(asked.currency_code)
        other = fields.currency(request.currency_code)
        amount = fields.amount(asked, currency, side)
        source, target = (currency, other) if side == "sell" else (other, currency)
        command = OpenQuote(
            player_id=player_id,
            quote_id=quote_id,
            source=source.code,
            target=target.code,
            side=Side[side.upper()],
            amount=amount,
            tables=_places(await self._last()),
            terms=await self._terms(player_id, source.code),
        )
        await self._core.moved(command)
        return pb.OpenQuoteResponse(quote=self._shown(await self._found(player_id, quote_id)))

    async def ExecuteQuote(
        self, request: pb.ExecuteQuoteRequest, context: ServicerContext[Any, Any]
    ) -> pb.ExecuteQuoteResponse:
        """Convert at a quote."""
        player_id, quote_id = _named(request)
        request_id = fields.key(request.request_id, "request_id")
        if not request.HasField("source"):
            raise fields.invalid("source: what the player agreed to give is needed.")
        currency = fields.currency(request.source.currency_code)
        amount = fields.amount(request.source, currency, "source")
        quote = await self._found(player_id, quote_id)
        if not hmac.compare_digest(request.signature.encode(), _signature(self._core.token_key, quote).encode()):
            raise fields.invalid("signature: not the quote's; send the one it was answered with.")
        terms = await self._terms(player_id, quote.source)
        command = ExecuteQuote(player_id, quote_id, request_id, currency.code, amount, terms, self._core.policies)
        response = await self._core.moved(command)
        return pb.ExecuteQuoteResponse(response=response, quote=self._shown(await self._found(player_id, quote_id)))

    async def CancelQuote(
        self, request: pb.CancelQuoteRequest, context: ServicerContext[Any, Any]
    ) -> pb.CancelQuoteResponse:
        """Let a quote go."""
        player_id, quote_id = _named(request)
        await self._core.moved(CancelQuote(player_id, quote_id, fields.key(request.request_id, "request_id")))
        return pb.CancelQuoteResponse(quote=self._shown(await self._found(player_id, quote_id)))

    async def GetQuote(self, request: pb.GetQuoteRequest, context: ServicerContext[Any, Any]) -> pb.GetQuoteResponse:
        """Answer a quote."""
        quote = await self._found(*_named(request))
        message = pb.GetQuoteResponse(quote=self._shown(quote))
        if quote.state in REFUNDABLE:
            rows = await self._core.store.pockets(quote.player_id)
            pockets = {row.account: row for row in rows if row.currency == quote.target}
            player = belongs(await self._core.store.player(quote.player_id), "", "")
            stays = await kept(self._core, player, balances(quote.target, pockets), pockets)
            left = movable(quote.target, pockets, stays, frozen=bool(player.frozen))
            message.refundable.CopyFrom(convert.money(CURRENCIES[quote.source], refundable(quote, left)))
        return message

    async def ListQuotes(
        self, request: pb.ListQuotesRequest, context: ServicerContext[Any, Any]
    ) -> pb.ListQuotesResponse:
        """Answer a page of a player's quotes."""
        player_id = fields.player_id(request.player_id)
        size = fields.page_size(request.page)
        before = fields.cursor(request.page, tuple[int, str])
        belongs(await self._core.store.player(player_id), "", "")
        rows = await self._core.store.quotes(player_id, before=before, limit=size + 1)
        more, rows = len(rows) > size, rows[:size]
        token = fields.page_token((rows[-1].created_at, rows[-1].quote_id)) if more else ""
        return pb.ListQuotesResponse(quotes=[self._shown(row) for row in rows], next_page_token=token)

    async def ReverseQuote(
        self, request: pb.ReverseQuoteRequest, context: ServicerContext[Any, Any]
    ) -> pb.ReverseQuoteResponse:
        """Undo a conversion."""
        player_id, quote_id = _named(request)
        command = ReverseQuote(
            player_id=player_id,
            quote_id=quote_id,
            request_id=fields.key(request.request_id, "request_id"),
            reason=fields.words(request.reason, "reason"),
            actor=acting(fields.key(request.actor, "actor")),
            approver=acting(fields.key(request.approver, "approver")),
        )
        response = await self._core.moved(command)
        return pb.ReverseQuoteResponse(response=response, quote=self._shown(await self._found(player_id, quote_id)))

    async def RefundConversion(
        self, request: pb.RefundConversionRequest, context: ServicerContext[Any, Any]
    ) -> pb.RefundConversionResponse:
        """Give back where it came from what was converted."""
        player_id, quote_id = _named(request)
        psp_id = fields.party_id(request.psp_id, "psp_id")
        request_id = fields.key(request.request_id, "request_id")
        reason, actor = fields.words(request.reason, "reason"), fields.key(request.actor, "actor")
        quote = await self._found(player_id, quote_id)
        currency, amount = CURRENCIES[quote.source], None
        if request.HasField("amount"):
            currency = fields.currency(request.amount.currency_code)
            amount = fields.amount(request.amount, currency, "amount")
        command = RefundConversion(
            player_id=player_id,
            quote_id=quote_id,
            psp_id=psp_id,
            request_id=request_id,
            currency=currency.code,
            amount=amount,
            reason=reason,
            actor=actor,
            confirmed=request.forfeits_confirmed,
            policies=self._core.policies,
        )
        response = await self._core.moved(command)
        lines = await self._core.store.lines(player_id, [UUID(response.results[0].transaction_id).bytes])
        refunded = sum(line.amount for line in lines if line.account == PSP_CLEARING)
        return pb.RefundConversionResponse(
            response=response,
            quote=self._shown(await self._found(player_id, quote_id)),
            refunded=convert.money(CURRENCIES[quote.source], refunded),
        )

    async def _last(self) -> list[Rates]:
        """Return the last table of each source."""
        return await self._core.store.rates([source.name for source in self._core.fx.sources])

    async def _terms(self, player_id: str, currency: str) -> FxTerms:
        """Return the terms a player converts from a currency by.

        Raises:
            Refused: PLAYER_UNKNOWN.
        """
        player = belongs(await self._core.store.player(player_id), "", "")
        return in_force(self._core.fx, self._core.policies, player, currency)

    async def _found(self, player_id: str, quote_id: str) -> Quote:
        """Return the player's quote.

        Raises:
            Refused: QUOTE_NOT_FOUND.
        """
        quote = await self._core.store.quote(player_id, quote_id)
        if quote is None:
            raise Refused(Reason.QUOTE_NOT_FOUND, f"The player has no quote {quote_id}.")
        return quote

    def _shown(self, quote: Quote) -> pb.Quote:
        source, target = CURRENCIES[quote.source], CURRENCIES[quote.target]
        return pb.Quote(
            player_id=quote.player_id,
            quote_id=quote.quote_id,
            side=pb.QuoteSide.ValueType(quote.side),
            state=pb.QuoteState.ValueType(quote.state_at(self._core.clock.now())),
            source=convert.money(source, quote.given),
            target=convert.money(target, quote.credited),
            mid_rate=text_of(quote.mid),
            client_rate=text_of(quote.client),
            rate_source=quote.rate_source,
            rate_at=convert.moment(quote.rate_at),
            mid_value=convert.money(target, quote.mid_value),
            margin=convert.money(target, quote.margin),
            margin_bps=quote.margin_bps,
            created_at=convert.moment(quote.created_at),
            expires_at=convert.moment(quote.expires_at),
            policy_version=quote.policy_version,
            signature=_signature(self._core.token_key, quote),
            transaction_id=convert.identifier(quote.transaction_id),
            refunded=convert.money(source, quote.refunded),
            taken=convert.money(target, quote.taken),
        )


def _signature(key: bytes, quote: Quote) -> str:
    """Return what vouches for all of a quote that never changes; NUL keeps the words apart, for none may hold it."""
    facts = (
        *(quote.player_id, quote.quote_id, quote.source, quote.target, quote.side.name, quote.given, quote.credited),
        *(quote.mid, quote.client, quote.mid_value, quote.margin_bps, quote.rate_source, quote.rate_at),
        *(quote.policy_version, quote.created_at, quote.expires_at),
    )
    signed = hmac.digest(key, "\0".join(("quote", *map(str, facts))).encode(), hashlib.sha256)
    return urlsafe_b64encode(signed).decode().rstrip("=")


def _places(tables: Iterable[Rates]) -> tuple[tuple[str, int], ...]:
    return tuple((rates.source, rates.as_of) for rates in tables)


def _named(
    request: pb.OpenQuoteRequest
    | pb.ExecuteQuoteRequest
    | pb.CancelQuoteRequest
    | pb.GetQuoteRequest
    | pb.ReverseQuoteRequest
    | pb.RefundConversionRequest,
) -> tuple[str, str]:
    return fields.player_id(request.player_id), fields.party_id(request.quote_id, "quote_id")
