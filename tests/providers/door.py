"""A running adapter before a real core, seen from a provider's side of the socket."""

import asyncio
import io
import time
import uuid
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal

import aiohttp
import msgspec
import yarl
from google.protobuf.timestamp_pb2 import Timestamp
from multidict import CIMultiDict
from wallet.v1.common_pb2 import Money
from wallet.v1.holds_pb2 import HOLD_BASIS_ORDER, HOLD_REASON_AML, PlaceHoldRequest
from wallet.v1.players_pb2 import BlockPlayerRequest, ExcludePlayerRequest
from wallet.v1.sessions_pb2 import CloseSessionRequest
from wallet.v1.wallet_pb2 import GetBalanceRequest, GetTransactionRequest

from adapters import money
from adapters.conformance import cases
from adapters.conformance.dialect import Move, Seat
from adapters.conformance.kit import Target
from adapters.conformance.wires import Reply
from adapters.provider import No, Request
from adapters.providers import module
from adapters.server import serving
from adapters.settings import Adapter, Serving
from wallet_core.client import Refused, Wallet

LIVE = "live"
OLDER = "older"
FAR = 4_102_444_800
"""Seconds: no test lives to see it."""


class Door:
    """`send` signs and sends; the other hands make players, and ask the core itself."""

    def __init__(self, dialect, speaker, url, *, http, core, provider_id):
        self.dialect = dialect
        self.speaker = speaker
        self.url = url
        self.http = http
        self.core = core
        self.provider_id = provider_id

    def says(self, kind):
        """The dialect's function of that name."""
        return getattr(self.dialect, kind)

    async def send(self, wire, key=LIVE, now=None):
        return await self.raw(self.signed(wire, key, now))

    def signed(self, wire, key=LIVE, now=None):
        return self.dialect.sign(wire, self.dialect.keys(key).signs, now or time.time())

    async def raw(self, wire, **headers):
        """As it is. `encoded`: the target goes out as it was signed."""
        url = yarl.URL(self.url + wire.target, encoded=True)
        body = io.BytesIO(wire.body) if wire.body else None
        async with self.http.request(
            wire.method, url, data=body, headers={**wire.headers, **headers}, skip_auto_headers=["Content-Type"]
        ) as answer:
            return Reply(answer.status, answer.headers["Content-Type"], await answer.read())

    async def seat(self, balance="100.00", currency="EUR", **members):
        """A new player with a session."""
        player = await self.core.player(balance=balance, currency=currency, **members)
        return Seat(player, await self.core.session(player, self.provider_id), currency)

    async def close(self, seat):
        await self.core.operator.close_session(
            CloseSessionRequest(provider_id=self.provider_id, token=seat.token, reason="OPERATOR")
        )

    async def block(self, seat):
        await self.core.operator.block_player(
            BlockPlayerRequest(player_id=seat.player, reason="a test", actor="test", request_id=uuid.uuid4().hex)
        )

    async def exclude(self, seat):
        await self.core.operator.exclude_player(
            ExcludePlayerRequest(
                player_id=seat.player,
                until=Timestamp(seconds=FAR),
                reason="a test",
                actor="test",
                request_id=uuid.uuid4().hex,
            )
        )

    async def freeze(self, seat):
        """By order; the cash there is goes with it, what comes later until it is swept does not."""
        await self.core.operator.place_hold(
            PlaceHoldRequest(
                player_id=seat.player,
                hold_id=uuid.uuid4().hex,
                amount=Money(currency_code=seat.currency),
                reason=HOLD_REASON_AML,
                basis=HOLD_BASIS_ORDER,
                clause="a test",
                owner="test",
                case_id="test",
                account_freeze=True,
                review_at=Timestamp(seconds=FAR),
            )
        )

    async def cash(self, seat):
        reply = await self.core.operator.get_balance(
            GetBalanceRequest(player_id=seat.player, currency_code=seat.currency)
        )
        return Decimal(money.text(reply.balances.cash, 2))

    async def stored(self, move):
        """What the core keeps of a bet, None where that is nothing."""
        query = GetTransactionRequest(provider_id=self.provider_id, external_key=self.dialect.key(move))
        try:
            return (await self.core.operator.get_transaction(query)).transaction
        except Refused as refused:
            if refused.reason == "TRANSACTION_NOT_FOUND":
                return None
            raise

    def refused(self, reply, *codes):
        """Assert that `reply` says one of `codes`, in the protocol's status and word."""
        assert (reply.status, self.dialect.read(reply).word) in [self.said(code) for code in codes], reply.body

    def said(self, code):
        """The status and the word of a code."""
        answer = self.speaker.refuse(No(code), None)
        return answer.status, self.dialect.read(Reply(answer.status, answer.content_type, answer.body)).word


def move(kind, seat, **members):
    """A Move with ids of its own; a bet of 10.00 unless told otherwise."""
    common = {"id": uuid.uuid4().hex, "round": uuid.uuid4().hex, "amount": "10.00", "currency": seat.currency}
    return Move(kind=kind, seat=seat, **(common | members))


def connected(dialect, provider_id=None, own=None):
    """The protocol, configured: `own` are settings beside the dialect's. Two keys are live, as in a rotation."""
    module_ = module(dialect.protocol)
    configured = msgspec.convert({**dialect.settings, **(own or {})}, module_.Settings)
    secrets = tuple(dialect.keys(name).checks for name in (LIVE, OLDER))
    return module_.connect(provider_id or dialect.name, secrets, configured), secrets, configured


def heard(dialect, wire, speaker=None):
    """What the adapter makes of a Wire: what it asks the core, or its answer. Raises Rejected."""
    speaker = speaker or connected(dialect)[0]
    signed = dialect.sign(wire, dialect.keys(LIVE).signs, time.time())
    path, _, query = signed.target.partition("?")
    request = Request(signed.method, path, query, CIMultiDict(signed.headers), signed.body, time.time())
    (endpoint,) = [each for each in speaker.endpoints if (each.method, each.path) == (signed.method, path)]
    speaker.verify(request)
    return endpoint.read(request)


@asynccontextmanager
async def opened(dialect, target, token, core=None, *, provider_id=None, own=None, **settings):
    """An adapter of `dialect` on a free port: `own` are settings of its protocol, `settings` those of Serving."""
    provider_id = provider_id or dialect.name
    speaker, secrets, configured = connected(dialect, provider_id, own)
    common = Serving(provider_id=provider_id, protocol=dialect.protocol, secrets=["env:TEST"], **settings)
    adapter = Adapter(dialect.name, common, secrets, configured)
    wallet = Wallet(target, token)
    try:
        async with aiohttp.ClientSession() as http, serving(adapter, speaker, wallet) as url:
            yield Door(dialect, speaker, url, http=http, core=core, provider_id=provider_id)
    finally:
        await wallet.close()


@asynccontextmanager
async def target_of(door, case):
    """The wallet behind a door, with the players a case asks for."""
    asked = {step.seat for step in cases.steps(case)}
    seats = {"player": await door.seat()}
    if asked & {"other", cases.CROSSED} or any(
        item.seat == "other" for step in cases.steps(case) for item in step.items
    ):
        seats["other"] = await door.seat()
    if "foreign" in asked:
        seats["foreign"] = await door.seat(currency="SEK")
    if "expired" in asked:
        player = seats["player"]
        seats["expired"] = msgspec.structs.replace(
            player, token=await door.core.session(player.player, door.provider_id)
        )
        await door.close(seats["expired"])
    if "blocked" in asked:
        seats["blocked"] = await door.seat()
        await door.block(seats["blocked"])
    signs = tuple(door.dialect.keys(name).signs for name in (LIVE, OLDER))
    async with AsyncExitStack() as stack:

        async def restart():
            """Another adapter carries on where this one was."""
            door_ = opened(door.dialect, door.core.target, door.core.adapter_token, door.core)
            return (await stack.enter_async_context(door_)).url

        # How fast a busy machine is, is not what is judged here.
        yield Target(url=door.url, secrets=signs, restart=restart, answer_within=30.0, **seats)


async def at_once(*calls):
    return await asyncio.gather(*calls)
