"""A core without its door, to be started, storm and be killed: python -m tests.fault.driver DATABASE LANES.

It reads words of plays, a line each, and writes a line with the words and their answer when that is durable.
Whatever it reads is under way at once. It ends when its input does.
"""

import asyncio
import json
import os
import sys

from tests.fault.storm import answer
from tests.storage.books import engine
from wallet_core.engine.batcher import Batcher
from wallet_core.storage.store import Store, Unavailable


async def _answer(batcher: Batcher, store: Store, line: bytes) -> None:
    words = json.loads(line)
    try:
        given: object = await answer(batcher, store, (words[0], words[1], words[2]))
    except Unavailable as error:
        given = f"Unavailable {error}"
    os.write(sys.stdout.fileno(), json.dumps([words, given]).encode() + b"\n")  # a line is less than a pipe holds


async def main(database: str, lanes: int) -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with engine(database, lanes=lanes, batch_max=32) as (batcher, store), asyncio.TaskGroup() as tasks:
        os.write(sys.stdout.fileno(), b'"ready"\n')
        while line := await reader.readline():
            tasks.create_task(_answer(batcher, store, line))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
