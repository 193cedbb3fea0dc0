"""A generator: a process that loads others, so that what it costs is not theirs. Both ends of the pipe to it.

It reads lines of JSON: an order, then "go". It answers the first with "ready" and the second with what it saw.
Between the two it waits, so whoever measures reads the clocks just before and just after.
"""

import asyncio
import gc
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import msgspec

from tests.bench.conditions import own_seconds
from tests.bench.measure import Meter, Played
from tests.bench.processes import ROOT

Go = Callable[[], Awaitable[Played]]


class Refused(Exception):
    """An answer was not the wanted one: what was measured would not be what is claimed."""


class Generator:
    """A generator, from the side of who measures."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.cpu: Meter = partial(own_seconds, process.pid)

    async def order(self, order: dict[str, object]) -> None:
        """Let it prepare a run."""
        await self._ask(order)

    async def go(self) -> Played:
        return msgspec.convert(await self._ask("go"), Played)

    async def _ask(self, what: object) -> object:
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the generator ended: what it found is above")
        return json.loads(line)


class Remote:
    """A load that a generator makes."""

    def __init__(self, generator: Generator, label: str, **order: object) -> None:
        """Take what to order; the seconds are added."""
        self.label = label
        self._generator = generator
        self._order = order

    async def prepare(self, seconds: float) -> None:
        """Let the generator warm up and build what it will send."""
        await self._generator.order(self._order | {"seconds": seconds})

    async def go(self) -> Played:
        """Let it send that."""
        return await self._generator.go()


@asynccontextmanager
async def generator(module: str) -> AsyncIterator[Generator]:
    """Run a module that calls `obey` while the block runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Generator(process)
    finally:
        process.stdin.close()  # its input ends, and so does it
        await process.communicate()


async def obey(prepare: Callable[[dict[str, object]], Awaitable[Go]]) -> None:
    """Be a generator until the input ends; `prepare` makes an order ready to go."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        go = await prepare(json.loads(line))
        gc.collect()
        gc.disable()  # a collection here would be seen as a latency there
        _say("ready")
        assert json.loads(await reader.readline()) == "go"
        seen = await go()
        gc.enable()
        _say(msgspec.structs.asdict(seen))


def _say(what: object) -> None:
    os.write(sys.stdout.fileno(), json.dumps(what).encode() + b"\n")
