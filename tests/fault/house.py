"""A whole house of real processes, to be played at and shot at: a database, cores, adapters, and a proxy on every line.

    provider ──proxy──▶ adapter ──proxy──▶ core ──proxy──▶ PostgreSQL (or its own SQLite file)

Every core has an adapter of each provider before it, and all cores have one database behind them.
"""

import asyncio
import hashlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from google.protobuf.duration_pb2 import Duration
from wallet.v1.payments_pb2 import DepositRequest
from wallet.v1.players_pb2 import CreatePlayerRequest, Player
from wallet.v1.sessions_pb2 import OpenSessionRequest

from tests.fault.cores import ROOT, TOKENS, caller, money
from tests.fault.dialects import SECRET
from tests.fault.intents import LIVE, OVER, Purse
from tests.fault.proxy import Proxy, listening, proxied
from tests.fault.speakers import SPEAKERS, Speaker
from tests.support.postgres import Cluster
from wallet_core.client import Unavailable

Q = TypeVar("Q")
A = TypeVar("A")

DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")
STARTS = 5
"""How often a process is started before it is given up: its port may be somebody else's for a moment."""

WITHIN = 60.0
"""Seconds in which a process must have started, or stopped."""

UNEXPECTED = ('"level":"error"', "never retrieved", "never awaited")
"""What a log may not say, whatever is done to the house."""

ANSWER_WITHIN = 1.5
WATCH_EVERY = 0.5
FX = {
    "daily_count": 1_000,
    "daily_volume": 1_000_000_000,
    "round_trips": 1_000,
    "ttl": 5,
    "sources": [{"name": "push", "max_age": 86_400, "weekend_max_age": 86_400}],
}
"""Conversions go on at any hour, as long as the storm does."""


class Process:
    """A process that says where it listens, and can be killed and started again at that address."""

    def __init__(self, module: str, word: str, log: Path, environment: dict[str, str]) -> None:
        """Take its module, the word of its address in what it says first, and where its log goes."""
        self._module = module
        self._word = word
        self._environment = os.environ | environment
        self._process: asyncio.subprocess.Process | None = None
        self.log = log
        self.target = ""
        self.starts = 0

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def arguments(self) -> tuple[dict[str, str], Sequence[str]]:
        """Return further environment and arguments of the next start."""
        raise NotImplementedError

    async def start(self) -> None:
        environment, arguments = self.arguments()
        for _ in range(STARTS):
            with self.log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", self._module, *arguments),
                    cwd=ROOT,
                    env=self._environment | environment,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                )
            said = b""
            with suppress(TimeoutError):
                async with asyncio.timeout(WITHIN):
                    said = await self._process.stdout.readline()
            if said:
                self.target = json.loads(said)[self._word]
                self.starts += 1
                return
            await self.kill()
        raise RuntimeError(f"{self._module} does not start: {self.log.read_text()[-2000:]}")

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.communicate()

    async def stop(self) -> int:
        """Tell it to finish; return the status it ends with."""
        self._process.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(WITHIN):
                await self._process.wait()
        await self.kill()
        return self._process.returncode

    def hold(self, *, still: bool) -> None:
        """Stop it in its tracks, or let it go on as if nothing had happened."""
        os.kill(self.pid, signal.SIGSTOP if still else signal.SIGCONT)

    def faults(self) -> list[str]:
        """Return the lines of its log that speak of what should never happen."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines if any(word in line for word in UNEXPECTED)]


class Core(Process):
    """`python -m wallet_core serve`."""

    def __init__(self, database: str, log: Path) -> None:
        provider_ids = [speaker.provider_id for speaker in SPEAKERS]
        tokens = [
            {
                "name": role.lower(),
                "role": role,
                "sha256": hashlib.sha256(token.encode()).hexdigest(),
                "providers": provider_ids if role == "ADAPTER" else [],
                "vouches": role == "OPERATOR",
            }
            for role, token in TOKENS.items()
        ]
        providers = [
            {"provider_id": speaker.provider_id, "protocol": speaker.protocol, "profile": speaker.profile_name}
            for speaker in SPEAKERS
        ]
        environment = {
            "WALLET_DATABASE": database,
            "WALLET_TOKEN_KEY": "env:KEY",
            "KEY": "k" * 64,
            "WALLET_TOKENS": json.dumps(tokens),
            "WALLET_PROVIDERS": json.dumps(providers),
            "WALLET_LOG_LEVEL": "warning",
            "WALLET_WATCH_EVERY": str(WATCH_EVERY),
            "WALLET_FX": json.dumps(FX),
        }
        super().__init__("wallet_core", "core", log, environment)

    def arguments(self) -> tuple[dict[str, str], Sequence[str]]:
        return {"WALLET_LISTEN": self.target or "127.0.0.1:0"}, ["serve"]


class Adapter(Process):
    """`python -m adapters`."""

    def __init__(self, speaker: Speaker, core_port: int, folder: Path, name: str) -> None:
        config = folder / f"{name}.toml"
        config.write_text(
            f'[core]\ntarget = "127.0.0.1:{core_port}"\ntoken = "env:TOKEN"\n'
            f'[adapters.{speaker.provider_id}]\nprovider_id = "{speaker.provider_id}"\n'
            f'protocol = "{speaker.protocol}"\nsecrets = ["env:SECRET"]\nanswer_within = {ANSWER_WITHIN}\n',
            encoding="utf-8",
        )
        environment = {"TOKEN": TOKENS["ADAPTER"], "SECRET": SECRET.decode()}
        super().__init__("adapters", "url", folder / f"{name}.log", environment)
        self._start = [speaker.provider_id, "--config", str(config)]

    def arguments(self) -> tuple[dict[str, str], Sequence[str]]:
        port = urlsplit(self.target).port if self.target else 0
        return {}, [*self._start, "--port", str(port)]


class House:
    """What runs, and how it is reached.

    Attributes:
        doors: by provider, the URLs of its adapters, each behind a proxy of its own.
        tills: the addresses of the cores, each behind a proxy of its own, for who speaks gRPC.
        lines: the proxies by what they stand between.
        calm: held while something is down that others could not start without.
    """

    def __init__(self, database: str, cluster: Cluster | None) -> None:
        self.database = database
        self.cluster = cluster
        self.cores: list[Core] = []
        self.adapters: list[Adapter] = []
        self.doors: dict[str, list[str]] = {speaker.provider_id: [] for speaker in SPEAKERS}
        self.tills: list[str] = []
        self.lines: dict[str, list[Proxy]] = {"provider": [], "core": [], "database": []}
        self.calm = asyncio.Lock()

    async def seat(self, purses: Sequence[Purse]) -> dict[tuple[str, str, str], str]:
        """Create the players with money and sessions; return the tokens by player, provider and use."""
        tokens = {}
        async with caller(self.cores[0], "OPERATOR") as wallet:

            async def seat(purse: Purse) -> None:
                player, amount = purse.player, money(purse.amount)
                who = Player(player_id=player, operator_id="o", brand_id="b", currency_codes=["EUR"])
                await _answered(wallet.create_player, CreatePlayerRequest(player=who))
                payment = DepositRequest(player_id=player, amount=amount, psp_id="bank", request_id=player)
                await _answered(wallet.deposit, payment)
                for speaker in SPEAKERS:
                    for use, ttl in ((LIVE, Duration(seconds=24 * 3_600)), (OVER, Duration(nanos=1_000_000))):
                        session = OpenSessionRequest(player_id=player, provider_id=speaker.provider_id, ttl=ttl)
                        session.request_id = f"{player} {speaker.provider_id} {use}"
                        opened = await _answered(wallet.open_session, session)
                        tokens[player, speaker.provider_id, use] = opened.token

            await asyncio.gather(*(seat(purse) for purse in purses))
        return tokens

    def heal(self) -> None:
        for proxies in self.lines.values():
            for proxy in proxies:
                proxy.heal()

    def faults(self) -> list[str]:
        return [f"{process.log.name}: {line}" for process in (*self.cores, *self.adapters) for line in process.faults()]


async def _answered(call: Callable[[Q], Awaitable[A]], request: Q) -> A:
    """Call until there is an answer: a core that starts on a busy machine may be slow to begin with."""
    while True:
        with suppress(Unavailable):
            return await call(request)


@asynccontextmanager
async def opened(
    database: str, folder: Path, *, cores: int = 1, cluster: Cluster | None = None
) -> AsyncIterator[House]:
    """Start everything on a migrated database; `cluster` is its server, where it may be killed too."""
    async with AsyncExitStack() as stack:
        house = House(database, cluster)
        for number in range(cores):
            address = database
            if not database.startswith("sqlite"):
                proxy, address = await stack.enter_async_context(proxied(database))
                house.lines["database"].append(proxy)
            house.cores.append(Core(address, folder / f"core-{number}.log"))
        await _start(house.cores, stack)
        for number, core in enumerate(house.cores):
            proxy, port = await stack.enter_async_context(_before(core.target))
            house.lines["core"].append(proxy)
            house.tills.append(f"127.0.0.1:{port}")
            for speaker in SPEAKERS:
                proxy, port = await stack.enter_async_context(_before(core.target))
                house.lines["core"].append(proxy)
                house.adapters.append(Adapter(speaker, port, folder, f"{speaker.provider_id}-{number}"))
        await _start(house.adapters, stack)
        for number, adapter in enumerate(house.adapters):
            proxy, port = await stack.enter_async_context(_before(urlsplit(adapter.target).netloc))
            house.lines["provider"].append(proxy)
            house.doors[SPEAKERS[number % len(SPEAKERS)].provider_id].append(f"http://127.0.0.1:{port}")
        yield house


async def _start(processes: Sequence[Process], stack: AsyncExitStack) -> None:
    for process in processes:
        stack.push_async_callback(process.kill)
    await asyncio.gather(*(process.start() for process in processes))


@asynccontextmanager
async def _before(target: str) -> AsyncIterator[tuple[Proxy, int]]:
    host, _, port = target.rpartition(":")
    async with listening(host, int(port)) as found:
        yield found
