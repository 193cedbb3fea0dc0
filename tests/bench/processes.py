"""The processes that are measured: a core, an adapter, a generator. None outlives the bench."""

import asyncio
import hashlib
import json
import os
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import aiohttp

from tests.bench.bets import PROFILE, SECRET
from tests.bench.conditions import own_seconds
from tests.bench.measure import Meter
from tests.storage.books import PROVIDER

ROOT = Path(__file__).parents[2]
TOKENS = {role: f"the-{role.lower()}-token" for role in ("OPERATOR", "ADAPTER")}
CHILD = "wallet_core.cli.child"

ADAPTER = f"""
[core]
target = "{{target}}"
token = "env:TOKEN"
[adapters.{PROVIDER}]
provider_id = "{PROVIDER}"
protocol = "generic_seamless"
secrets = ["env:SECRET"]
"""


class Running(NamedTuple):
    """A process that has said it is ready."""

    pid: int
    said: dict[str, str]

    @property
    def cpu(self) -> Meter:
        return partial(own_seconds, self.pid)

    @property
    def resident(self) -> int:
        """Bytes of it that are in memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="utf-8").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    async def sizes(self) -> Counter[int]:
        """Return how many commits of at most each size its metrics count; of a core."""
        async with aiohttp.ClientSession() as http, http.get(self.said["metrics"]) as answer:
            return by_size(await answer.text())


def by_size(metrics: str) -> Counter[int]:
    """Return the commits by the upper end of their bucket. What is larger than all of them counts as the largest."""
    found = re.findall(r'^wallet_batch_size_bucket\{le="([0-9.]+)"\} ([0-9.]+)$', metrics, re.MULTILINE)
    sizes: Counter[int] = Counter()
    before = 0
    for upper, so_far in found:
        sizes[int(float(upper))] = int(float(so_far)) - before
        before = int(float(so_far))
    return sizes


@asynccontextmanager
async def process(*arguments: str, **environment: str) -> AsyncIterator[Running]:
    """Run `python -m arguments` while the block runs; it says in a line of JSON when it is ready."""
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        CHILD,  # it ends when this process does, however that ends
        *arguments,
        cwd=ROOT,
        env=os.environ | environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        line = await started.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(arguments)} did not start")
        yield Running(started.pid, json.loads(line))
    finally:
        if started.returncode is None:
            started.terminate()
        await started.communicate()


@asynccontextmanager
async def core(database: str) -> AsyncIterator[Running]:
    """Run a core as it comes, but for its log: `core` is its address, `metrics` the URL of its numbers."""
    tokens = [
        {
            "name": role.lower(),
            "role": role,
            "sha256": hashlib.sha256(token.encode()).hexdigest(),
            "providers": [PROVIDER] if role == "ADAPTER" else [],
        }
        for role, token in TOKENS.items()
    ]
    providers = [{"provider_id": PROVIDER, "protocol": "generic_seamless", "profile": PROFILE}]
    async with process(
        "wallet_core",
        "serve",
        WALLET_DATABASE=database,
        WALLET_LISTEN="127.0.0.1:0",
        WALLET_METRICS="127.0.0.1:0",
        WALLET_TOKEN_KEY="env:KEY",
        KEY="k" * 64,
        WALLET_TOKENS=json.dumps(tokens),
        WALLET_PROVIDERS=json.dumps(providers),
        WALLET_LOG_LEVEL="error",
    ) as running:
        yield running


@asynccontextmanager
async def adapter(folder: Path, target: str) -> AsyncIterator[Running]:
    """Run an adapter before the core at `target`: `url` is where it listens."""
    config = folder / f"adapter-{target.replace(':', '-')}.toml"
    config.write_text(ADAPTER.format(target=target), encoding="utf-8")
    async with process(
        "adapters", PROVIDER, "--config", str(config), TOKEN=TOKENS["ADAPTER"], SECRET=SECRET.decode()
    ) as running:
        yield running
