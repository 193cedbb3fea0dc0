"""The core behind its door, and an adapter before it: everything on this machine, each a process of its own."""

import asyncio
import io
import itertools
import json
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import aiohttp
import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub
from wallet.v1.payments_pb2 import DepositRequest
from wallet.v1.players_pb2 import CreatePlayerRequest, Player
from wallet.v1.sessions_pb2 import OpenSessionRequest

from tests.bench.conditions import own_seconds
from tests.bench.measure import Contestant, contest
from tests.bench.places import Place
from tests.fault.cores import ROOT, TOKENS, CoreProcess, caller, core, money, request
from tests.providers.dialects import SECRET, Generic
from tests.storage.books import EUR, PROVIDER, bet
from wallet_core.client import Wallet
from wallet_core.storage.migrate import migrate

PLAYERS = 500
MONEY = 1_000_000 * EUR
CALLERS = 128
MANY, MANY_CALLERS = 100, 4

ADAPTER = f"""
[core]
target = "{{target}}"
token = "env:TOKEN"
[adapters.{PROVIDER}]
provider_id = "{PROVIDER}"
protocol = "generic_seamless"
secrets = ["env:SECRET"]
"""


async def _seat(operator: Wallet) -> list[str]:
    """Create the players, each with money; return a token each."""

    async def seat(player_id: str) -> str:
        player = Player(player_id=player_id, operator_id="o", brand_id="b", currency_codes=["EUR"])
        await operator.create_player(CreatePlayerRequest(player=player))
        await operator.deposit(
            DepositRequest(player_id=player_id, amount=money(MONEY), psp_id="bench", request_id=player_id)
        )
        session = OpenSessionRequest(player_id=player_id, provider_id=PROVIDER, request_id=player_id)
        return (await operator.open_session(session)).token

    return list(await asyncio.gather(*(seat(str(number)) for number in range(PLAYERS))))


@asynccontextmanager
async def _adapter(folder: Path, process: CoreProcess) -> AsyncIterator[tuple[str, int]]:
    """Yield the URL of an adapter and its process."""
    config = folder / "adapters.toml"
    config.write_text(ADAPTER.format(target=process.target), encoding="utf-8")
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "adapters",
        PROVIDER,
        "--config",
        str(config),
        cwd=ROOT,
        env=os.environ | {"TOKEN": TOKENS["ADAPTER"], "SECRET": SECRET.decode()},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield json.loads(await running.stdout.readline())["url"], running.pid
    finally:
        running.terminate()
        await running.communicate()


async def measure(place: Place, folder: Path, seconds: float, rounds: int) -> None:
    """Print the rows of one database: over gRPC, then over HTTP."""
    database = await place.database()
    await migrate(database)
    dice, number = random.Random(1), itertools.count()

    def play() -> object:
        return request(bet(str(dice.randrange(PLAYERS)), f"grpc {next(number)}", EUR // 100))

    async with core(database, protocol="generic_seamless", profile="thrillgate") as process:
        cpu: dict[str, Callable[[], float]] = {
            "callers": time.process_time,
            "core": partial(own_seconds, process.pid),
            **place.cpu(),
        }
        async with (
            caller(process, coalesce=False, deadline=60.0) as alone,
            caller(process, deadline=60.0) as together,
            caller(process, "OPERATOR", deadline=60.0) as operator,
            grpc.aio.insecure_channel(process.target) as channel,
            _adapter(folder, process) as (url, adapter),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CALLERS)) as http,
        ):
            tokens = await _seat(operator)
            health, generic = HealthStub(channel), Generic()

            async def check() -> None:
                await health.Check(HealthCheckRequest())

            async def many() -> None:
                outcomes = await together.play_many([play() for _ in range(MANY)])
                assert not any(outcome.HasField("refusal") for outcome in outcomes)

            async def over_http() -> None:
                player = dice.randrange(PLAYERS)
                key = f"http-{next(number)}"
                wire = generic.bet(str(player), tokens[player], key, "0.01", round_id=key)
                headers = wire.headers | generic.sign(wire)
                async with http.post(url + wire.target, data=io.BytesIO(wire.body), headers=headers) as answer:
                    assert answer.status == 200, await answer.text()

            title = f"gRPC, {place.name}"
            unary = [
                Contestant("health Check: a call that does nothing", check, cpu),
                Contestant("Play, a call a bet", lambda: alone.play(play()), cpu),
                Contestant("Play, gathered by the client", lambda: together.play(play()), cpu),
            ]
            await contest(title, unary, CALLERS, seconds, rounds)
            await contest(
                title, [Contestant(f"PlayMany of {MANY}", many, cpu, items=MANY)], MANY_CALLERS, seconds, rounds
            )
            doors = cpu | {"adapter": partial(own_seconds, adapter)}
            signed = [Contestant("generic_seamless, signed bets", over_http, doors)]
            await contest(f"HTTP, {place.name}", signed, CALLERS, seconds, rounds)
