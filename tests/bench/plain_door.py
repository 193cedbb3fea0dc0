"""The plain ledger behind HTTP: python -m tests.bench.plain_door sqlite:///… | postgresql://… | host:port.

An aiohttp handler that verifies the signature our adapter verifies, and reads and writes the same words. It asks a
database itself, or a core (`plain_core.py`) by a gRPC call a bet.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal

import grpc
import msgspec
import uvloop
from aiohttp import web
from wallet.v1.wallet_pb2 import ACTION_KIND_BET, Action, PlayRequest
from wallet.v1.wallet_pb2_grpc import WalletServiceStub

from tests.bench.bets import SECRET
from tests.bench.plain import Ledger, Poor, open_ledger
from tests.bench.plain_core import ledger_units, wire_money, words
from tests.storage.books import EUR, PROVIDER

WINDOW = 300.0  # seconds a signature is good for
PATIENCE = 10.0


class Bet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked."""

    player_id: str
    token: str
    transaction_id: str
    round_id: str
    game_id: str
    currency: str
    amount: str


Take = Callable[[Bet, int], Awaitable[tuple[str, int]]]
"""Takes a bet of an amount; returns the transaction's id and the balance after it."""

_decoder = msgspec.json.Decoder(Bet)


def signed(request: web.Request, body: bytes) -> bool:
    timestamp = request.headers.get("X-Wallet-Timestamp", "")
    text = f"{request.method}\n{request.path}\n{timestamp}\n{hashlib.sha256(body).hexdigest()}"
    given = request.headers.get("X-Wallet-Signature", "")
    if not hmac.compare_digest(given, hmac.digest(SECRET, text.encode(), "sha256").hex()):
        return False
    return abs(time.time() - int(timestamp)) <= WINDOW


def handler(take: Take) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return what answers POST /v1/bet."""

    async def answer(request: web.Request) -> web.Response:
        body = await request.read()
        if not signed(request, body):
            return web.json_response({"code": "INVALID_SIGNATURE"}, status=401)
        try:
            bet = _decoder.decode(body)
        except msgspec.ValidationError:
            return web.json_response({"code": "INVALID_REQUEST"}, status=400)
        try:
            number, left = await take(bet, int(Decimal(bet.amount) * EUR))
        except Poor:
            return web.json_response({"code": "INSUFFICIENT_FUNDS"}, status=402)
        said = {
            "player_id": bet.player_id,
            "transactions": [
                {"transaction_id": bet.transaction_id, "wallet_transaction_id": number, "outcome": "applied"}
            ],
            "balance": {"currency": bet.currency, "amount": words(left)},
        }
        return web.Response(body=msgspec.json.encode(said), content_type="application/json")

    return answer


def by_ledger(ledger: Ledger) -> Take:
    numbers = itertools.count(1)

    async def take(bet: Bet, amount: int) -> tuple[str, int]:
        number = next(numbers)
        left = await ledger.bet(number, bet.transaction_id, bet.player_id, bet.round_id, amount)
        return str(number), left

    return take


def by_core(channel: grpc.aio.Channel) -> Take:
    stub = WalletServiceStub(channel)

    async def take(bet: Bet, amount: int) -> tuple[str, int]:
        action = Action(kind=ACTION_KIND_BET, external_key=bet.transaction_id, amount=wire_money(amount))
        request = PlayRequest(
            provider_id=PROVIDER,
            player_id=bet.player_id,
            session_token=bet.token,
            currency_code=bet.currency,
            round_id=bet.round_id,
            game_id=bet.game_id,
            actions=[action],
        )
        try:
            reply = await stub.Play(request, timeout=PATIENCE)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.FAILED_PRECONDITION:
                raise Poor from None
            raise
        return reply.results[0].transaction_id, ledger_units(reply.balances_now.cash)

    return take


async def main(behind: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    if "://" in behind:
        ledger = await open_ledger(behind)
        take, close = by_ledger(ledger), ledger.close
    else:
        channel = grpc.aio.insecure_channel(behind)
        take, close = by_core(channel), channel.close
    app = web.Application()
    app.router.add_post("/v1/bet", handler(take))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps({"url": f"http://127.0.0.1:{runner.addresses[0][1]}"}), flush=True)
    await stop.wait()
    await runner.cleanup()
    await close()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
