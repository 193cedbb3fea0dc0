"""A running adapter before a real core, seen from a provider's side of the socket."""

import asyncio
import io
from contextlib import asynccontextmanager
from decimal import Decimal

import aiohttp
import msgspec
import yarl
from wallet.v1.wallet_pb2 import GetBalanceRequest, GetTransactionRequest

from adapters import money
from adapters.providers import module
from adapters.server import serving
from adapters.settings import Adapter, Serving
from tests.providers.dialects import SECRET
from tests.providers.wire import Reply
from wallet_core.client import Refused, Wallet


class Door:
    """`send` signs and sends; the other helpers ask the core itself."""

    def __init__(self, dialect, url, http, core):
        self.dialect = dialect
        self.url = url
        self.core = core
        self._http = http

    async def send(self, wire, **signing):
        return await self.raw(wire, self.dialect.sign(wire, **signing))

    async def raw(self, wire, headers):
        """Without a signature of ours. `encoded`: the target goes out as it was signed."""
        url = yarl.URL(self.url + wire.target, encoded=True)
        body = io.BytesIO(wire.body) if wire.body else None
        async with self._http.request(
            wire.method, url, data=body, headers=wire.headers | headers, skip_auto_headers=["Content-Type"]
        ) as answer:
            return Reply(answer.status, answer.headers["Content-Type"], await answer.read())

    async def cash(self, player):
        reply = await self.core.operator.get_balance(GetBalanceRequest(player_id=player, currency_code="EUR"))
        return Decimal(money.text(reply.balances.cash, 2))

    async def stored(self, transaction_id):
        """The outcome stored under a provider's id, None where there is none."""
        query = GetTransactionRequest(
            provider_id=self.dialect.provider_id, external_key=self.dialect.key(transaction_id)
        )
        try:
            return (await self.core.operator.get_transaction(query)).transaction
        except Refused as refused:
            if refused.reason == "TRANSACTION_NOT_FOUND":
                return None
            raise

    def refused(self, reply, code):
        """Assert that `reply` says `code`, in the provider's status and word."""
        assert self.dialect.expected(code) == (reply.status, self.dialect.code(reply)), reply.body


@asynccontextmanager
async def opened(dialect, target, token, core=None, *, secrets=(SECRET,), provider_id=None, **settings):
    """An adapter of `dialect` on a free port, with `settings` of Serving."""
    speaker = module(dialect.protocol)
    own = msgspec.convert(getattr(dialect, "settings", {}), speaker.Settings)
    provider_id = provider_id or dialect.provider_id
    common = Serving(provider_id=provider_id, protocol=dialect.protocol, secrets=["env:TEST"], **settings)
    adapter = Adapter(dialect.protocol, common, tuple(secrets), own)
    wallet = Wallet(target, token)
    try:
        async with (
            aiohttp.ClientSession() as http,
            serving(adapter, speaker.connect(provider_id, secrets, own), wallet) as url,
        ):
            yield Door(dialect, url, http, core)
    finally:
        await wallet.close()


async def at_once(*calls):
    return await asyncio.gather(*calls)
