"""A siege: a house, providers that play at it, chaos, and in the end the books."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import aiohttp
from msgspec import Struct

from tests.fault.chaos import Chaos, Mood
from tests.fault.house import House
from tests.fault.intents import Story
from tests.fault.pen import Cast
from tests.fault.provider import Provider
from tests.fault.record import Record
from tests.fault.script import stories
from tests.fault.verdict import Ledger, read
from tests.storage.books import opened
from wallet_core.storage.store import Store

SETTLE = 120.0
"""Seconds everything gets to be answered, and put right, once the harm is over."""


class Siege(Struct):
    """One run: first the storm, then the books.

    Attributes:
        busy: stories told at once.
    """

    house: House
    cast: Cast
    record: Record
    chaos: Chaos
    provider: Provider
    script: Iterator[Story]
    busy: int

    async def storm(self, more: Callable[[int], bool]) -> None:
        """Play until there is no more harm to be done, after so many, and all is answered."""
        enough = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            tellers = [group.create_task(self.provider.tell(self.script, enough)) for _ in range(self.busy)]
            await self.chaos.reign(more)
            self.house.heal()
            enough.set()
            await asyncio.wait(tellers, timeout=SETTLE)
            for teller in tellers:  # what is still under way is a finding
                teller.cancel()

    async def books(self, again: int) -> Ledger:
        """Ask so many requests again, stop everything, and return the books."""
        await self._settled("what is asked again is not answered", self.provider.ask_again(again, self.busy))
        async with opened(self.house.database) as store:
            await self._settled("originals that slipped past their rollbacks are not swept", _swept(store))
            for process in (*self.house.adapters, *self.house.cores):
                if status := await process.stop():
                    self.record.wrong.append(f"{process.log.name}: it stopped with {status}")
            self.record.wrong += self.house.faults()
            return await read(store, self.cast.purses)

    async def _settled(self, otherwise: str, work: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(SETTLE):
                await work
        except TimeoutError:
            self.record.wrong.append(otherwise)


async def _swept(store: Store) -> None:
    """Wait until the cores have swept everything."""
    while await store.slipped(0):
        pass


@asynccontextmanager
async def laid(house: House, seed: str, cast: Cast, mood: Mood, *, busy: int) -> AsyncIterator[Siege]:
    """Yield a siege of the house, its players seated; `busy` stories are told at once."""
    record = Record()
    tokens = await house.seat(cast.purses)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        provider = Provider(seed, house.doors, tokens, record, http)
        yield Siege(house, cast, record, Chaos(house, record, seed, mood), provider, stories(seed, cast), busy)
