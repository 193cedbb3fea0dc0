"""Ten thousand connections that say nothing, or stop in the middle of a word: others are served all the same."""

import asyncio
import itertools
import json
import os
import resource
import socket
import sys
import time
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager

import aiohttp
import grpc
import psutil
import pytest
from wallet.v1.payments_pb2 import DepositRequest
from wallet.v1.players_pb2 import CreatePlayerRequest, Player

from tests.fault.cores import ROOT, TOKENS, caller, core, money, request
from tests.fault.dialects import SECRET, ThrillGate
from tests.storage.books import EUR, PROVIDER, bet

CROWD = 10_000
HALVES = 1_000
"""So many of the crowd have begun to say something."""
OWN = 1_000
"""Descriptors a process needs for itself."""
AT_ONCE = 100
PROMPT = 3.0
"""Seconds. An answer takes milliseconds; the rest is for a machine that has other work to do."""
BYTES_EACH = 32 * 1024
BETS = 20

CONFIG = f"""
[core]
target = "{{target}}"
token = "env:TEST_CORE_TOKEN"

[adapters.acme]
provider_id = "{PROVIDER}"
protocol = "thrillgate"
secrets = ["env:TEST_KEY"]
"""

HALF = b"POST /wallet/transaction HTTP/1.1\r\nHost: wallet\r\nContent-Type: application/json\r\nX-Server-Auth"


@pytest.fixture
def descriptors():
    """How many this process may have open, and each it starts: as many as are needed, if it may ask for so many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CROWD + 2 * OWN
    allowed = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
    yield allowed
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@asynccontextmanager
async def adapter(process, folder):
    """A real adapter before a core; yields its URL and what psutil knows of it."""
    config = folder / "adapters.toml"
    config.write_text(CONFIG.format(target=process.target))
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "adapters", "acme", "--config", str(config)),
        cwd=ROOT,
        env=os.environ | {"TEST_CORE_TOKEN": TOKENS["ADAPTER"], "TEST_KEY": SECRET.decode()},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield json.loads(await started.stdout.readline())["url"], psutil.Process(started.pid)
    finally:
        started.kill()
        await started.communicate()


@asynccontextmanager
async def crowd(address, count, taken_in):
    """So many open connections that say nothing. When `taken_in` returns, the other end has those so far."""
    with ExitStack() as stack:
        sockets = []
        for number in range(1, count + 1):
            sockets.append(stack.enter_context(socket.create_connection(address)))
            if number % AT_ONCE == 0 or number == count:
                await taken_in()
        yield sockets


@asynccontextmanager
async def listening(database, **settings):
    """A core with a player who has money."""
    async with core(database, **settings) as process:
        async with caller(process, "OPERATOR") as operator:
            member = Player(player_id="p", operator_id="acme", brand_id="lucky", currency_codes=["EUR"])
            await operator.create_player(CreatePlayerRequest(player=member))
            await operator.deposit(
                DepositRequest(player_id="p", amount=money(1000 * EUR), psp_id="psp", request_id="1")
            )
        yield process


async def seconds_of(call):
    """Make a call some times over; return how long the slowest took."""
    slowest = 0.0
    for _ in range(BETS):
        started = time.perf_counter()
        await call()
        slowest = max(slowest, time.perf_counter() - started)
    return slowest


async def test_an_adapter_serves_on_beside_ten_thousand_that_say_nothing(sqlite_database, tmp_path, descriptors):
    count, dialect, numbers = min(CROWD, descriptors - OWN), ThrillGate(), itertools.count()
    async with (
        listening(sqlite_database) as process,
        adapter(process, tmp_path) as (url, seen),
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http,
    ):

        async def taken_in():
            async with http.get(f"{url}/healthz") as answer:  # a connection is taken in after those before it
                assert answer.status == 200

        async def place():
            wire = dialect.bet("p", None, f"b{next(numbers)}", "0.01")
            headers = wire.headers | dialect.sign(wire)
            async with http.post(url + wire.target, data=wire.body, headers=headers) as answer:
                assert answer.status == 200, await answer.text()

        alone, before = await seconds_of(place), seen.memory_info().rss
        host, port = url.removeprefix("http://").split(":")
        async with crowd((host, int(port)), count, taken_in) as sockets:
            for each in sockets[:HALVES]:
                each.sendall(HALF)
            await taken_in()
            crowded, bytes_each = await seconds_of(place), (seen.memory_info().rss - before) / count
            assert seen.num_fds() > count
        async with asyncio.timeout(30):
            while seen.num_fds() > OWN:
                await taken_in()
        print(
            f"{count} connections, {HALVES} of them in the middle of a request: {bytes_each / 1024:.1f} KiB each;"
            f" the slowest of {BETS} bets took {crowded * 1000:.1f} ms, without them {alone * 1000:.1f} ms"
        )
        assert crowded < PROMPT
        assert bytes_each < BYTES_EACH


async def test_a_core_serves_on_beside_connections_that_say_nothing(sqlite_database, descriptors):
    count = min(2_000, descriptors - OWN)
    numbers = itertools.count()
    async with listening(sqlite_database) as process, caller(process) as wallet, AsyncExitStack() as stack:

        async def connected():
            own = (("grpc.use_local_subchannel_pool", 1),)
            channel = await stack.enter_async_context(grpc.aio.insecure_channel(process.target, own))
            await channel.channel_ready()

        async def place():
            await wallet.play(request(bet("p", f"b{next(numbers)}", EUR // 100)))

        alone = await seconds_of(place)
        host, port = process.target.split(":")
        async with crowd((host, int(port)), count, connected):
            for _ in range(AT_ONCE):
                await connected()
            crowded = await seconds_of(place)
            assert psutil.Process(process.pid).num_fds() > count + AT_ONCE
        print(
            f"{count} silent connections and {AT_ONCE} channels: the slowest of {BETS} bets took"
            f" {crowded * 1000:.1f} ms, without them {alone * 1000:.1f} ms"
        )
        assert crowded < PROMPT
