"""A read sees every commit that was answered before it began."""

import asyncio

from tests.storage.books import EUR, cash, create, deposit, engine, run


async def test_a_read_sees_what_was_committed_though_others_read_all_the_time(database):
    async with engine(database) as (batcher, store):
        await run(batcher, create("p"))

        async def read():
            while True:
                await store.player("p")

        readers = [asyncio.ensure_future(read()) for _ in range(8)]
        try:
            for number in range(1, 201):
                await run(batcher, deposit("p", EUR, str(number)))
                assert await cash(store, "p") == number * EUR
        finally:
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)
