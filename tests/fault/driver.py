"""A core without its door, to be started, storm and be killed: python -m tests.fault.driver DATABASE LANES.

It reads words of plays, a line each, and writes a line with the words and their answer when that is durable.
Whatever it reads is under way at once. It ends when its input does.

The environment may set its clock off by WALLET_TEST_CLOCK seconds, let plays wait for WALLET_TEST_PATIENCE seconds
at most, and set the switch of `crashing.py`.
"""

import asyncio
import json
import os
import sys
import time

from tests.fault.crashing import Crashing, Point, switch
from tests.fault.storm import answer, command, told
from tests.storage.books import deadline, opened
from wallet_core.engine.batcher import Batcher, Expired
from wallet_core.engine.clock import Clock
from wallet_core.storage.store import Store, Unavailable

OFF = int(os.environ.get("WALLET_TEST_CLOCK", "0")) * 1_000_000_000
PATIENCE = float(os.environ.get("WALLET_TEST_PATIENCE", "0"))
SWITCH = switch()


async def _answer(batcher: Batcher, store: Store, line: bytes) -> None:
    words = json.loads(line)
    try:
        if PATIENCE:
            given: object = told(await batcher.submit(command(*words), deadline(PATIENCE)))
        else:
            given = await answer(batcher, store, (words[0], words[1], words[2]))
    except Expired:
        given = "Expired"
    except Unavailable as error:
        given = f"Unavailable {error}"
    os.write(sys.stdout.fileno(), json.dumps([words, given]).encode() + b"\n")  # a line is less than a pipe holds
    if SWITCH:
        SWITCH.come(Point.ANSWERED)


async def main(database: str, lanes: int) -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with opened(database, lanes) as books:
        store = Crashing(books, SWITCH) if SWITCH else books
        batcher = Batcher(store, Clock(lambda: time.time_ns() + OFF), lanes=lanes, batch_max=32)
        async with asyncio.TaskGroup() as tasks:
            os.write(sys.stdout.fileno(), b'"ready"\n')
            while line := await reader.readline():
                tasks.create_task(_answer(batcher, store, line))
        await batcher.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
