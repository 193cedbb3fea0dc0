"""Real processes that play, from the side of who starts and kills them."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.fault.storm import Told, Words

ROOT = Path(__file__).parents[2]


class Driver:
    """A process of `driver.py`: words in, answers out."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.under_way: list[Words] = []

    def send(self, words: Words) -> None:
        self.under_way.append(words)
        self._process.stdin.write(json.dumps(words).encode() + b"\n")

    async def receive(self) -> tuple[Words, object] | None:
        """Return the next answer; none when the process is gone."""
        line = await self._process.stdout.readline()
        if not line.endswith(b"\n"):
            return None
        (player_id, kind, number), given = json.loads(line)
        words = (player_id, kind, number)
        self.under_way.remove(words)
        return words, given

    async def keep(self, busy: int, words: Iterator[Words], count: int, told: Told) -> list[Words]:
        """Keep `busy` plays under way until `count` were answered; return those that found the database away."""
        lost = []
        for _ in range(count):
            while len(self.under_way) < busy:
                self.send(next(words))
            received = await self.receive()
            assert received is not None, "the process ended"
            if isinstance(received[1], str):
                lost.append(received[0])
            else:
                told.note(*received)
        return lost

    async def drain(self, told: Told) -> list[Words]:
        """Take the answers of all that is under way; return those that found the database away."""
        return await self.keep(0, iter(()), len(self.under_way), told)

    async def kill(self, told: Told) -> list[Words]:
        """Kill it with signal 9; return what it had not answered. What it had is in the pipe, and counts."""
        self._process.kill()
        while received := await self.receive():
            if not isinstance(received[1], str):
                told.note(*received)
        await self._process.wait()
        return self.under_way


@asynccontextmanager
async def driver(database: str, lanes: int = 1) -> AsyncIterator[Driver]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.fault.driver",
        database,
        str(lanes),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert await process.stdout.readline() == b'"ready"\n'
        yield Driver(process)
        process.stdin.close()
        async with asyncio.timeout(30):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
