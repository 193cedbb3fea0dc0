"""A siege: a house, providers that play at it, patrons with many pockets, chaos, and in the end the books."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal

import aiohttp
from msgspec import Struct

from tests.fault import raw
from tests.fault.chaos import Chaos, Mood
from tests.fault.cores import TOKENS
from tests.fault.counter import Counter
from tests.fault.counter import opened as counter_opened
from tests.fault.house import House
from tests.fault.intents import Story
from tests.fault.lives import lives
from tests.fault.office import Office
from tests.fault.pen import Cast
from tests.fault.provider import Provider
from tests.fault.record import Record
from tests.fault.script import stories
from tests.fault.verdict import Ledger, read
from tests.storage.books import opened
from wallet_core.cli import statement
from wallet_core.domain.money import CURRENCIES
from wallet_core.storage.store import Store

SETTLE = 120.0
"""Seconds everything gets to be answered, and put right, once the harm is over."""

STATEMENTS = 6
"""Of so many patrons the statement is asked."""


class Siege(Struct):
    """One run: first the storm, then the books.

    Attributes:
        busy: stories told at once.
        counter: where patrons ask, with the log of what they have asked.
    """

    house: House
    cast: Cast
    record: Record
    chaos: Chaos
    provider: Provider
    script: Iterator[Story]
    busy: int
    counter: Counter
    office: Office
    seed: str

    async def storm(self, more: Callable[[int], bool]) -> None:
        """Play until there is no more harm to be done, after so many, and all is answered."""
        enough = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            tellers = [group.create_task(self.provider.tell(self.script, enough)) for _ in range(self.busy)]
            tellers.append(group.create_task(self.office.publish(enough)))
            for name, count in (("plain", self.cast.plain), ("roving", self.cast.roving)):
                for number in range(count):
                    life = lives(f"{name}-{number}", self.counter, self.office, self.seed, enough)
                    tellers.append(group.create_task(life))
            await self.chaos.reign(more)
            self.house.heal()
            enough.set()
            await asyncio.wait(tellers, timeout=SETTLE)
            for teller in tellers:  # what is still under way is a finding
                teller.cancel()

    async def books(self, again: int) -> tuple[Ledger, raw.Raw]:
        """Ask so many requests again, stop everything, and return the books, and what lies in them of the patrons."""
        dice = random.Random(f"{self.seed} orders again")
        for asked in (self.provider.ask_again(again, self.busy), self.counter.ask_again(again, self.busy, dice)):
            await self._settled("what is asked again is not answered", asked)
        async with opened(self.house.database) as store:
            await self._settled("originals that slipped past their rollbacks are not swept", _swept(store))
            said, last = await self._statements()
            for process in (*self.house.adapters, *self.house.cores):
                if status := await process.stop():
                    self.record.wrong.append(f"{process.log.name}: it stopped with {status}")
            self.record.wrong += self.house.faults()
            return await read(store, self.cast.purses), await raw.read(store, said, last)

    async def _statements(self) -> tuple[dict[str, dict[str, str]], dict[tuple[str, str, str], int]]:
        """Return the statements of some patrons, of each transaction what it lacks, and what their pockets end with."""
        said, last = {}, {}
        for player in self.counter.log.players[:: max(1, len(self.counter.log.players) // STATEMENTS)]:
            entries = await statement.asked(self.house.cores[0].target, TOKENS["OPERATOR"], player)
            said[player] = {entry.transaction_id.replace("-", ""): lacking(entry) for entry in entries}
            for line in (line for entry in entries for line in entry.lines if line.after):
                amount, currency = line.after.split()
                last[player, line.account, currency] = int(Decimal(amount) * CURRENCIES[currency].unit)
        return said, {place: amount for place, amount in last.items() if not place[1].startswith("IN_PLAY")}

    async def _settled(self, otherwise: str, work: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(SETTLE):
                await work
        except TimeoutError:
            self.record.wrong.append(otherwise)


def lacking(entry: statement.Entry) -> str:
    """Return what of an entry nobody has explained."""
    whole = all((entry.what, entry.text, entry.rules)) and all(each.text and each.rules for each in entry.why)
    return "" if whole and all(line.words for line in entry.lines) else f"not all of it is explained: {entry}"


async def _swept(store: Store) -> None:
    """Wait until the cores have swept everything."""
    while await store.slipped(0):
        pass


@asynccontextmanager
async def laid(house: House, seed: str, cast: Cast, mood: Mood, *, busy: int) -> AsyncIterator[Siege]:
    """Yield a siege of the house, its players seated; `busy` stories are told at once."""
    record = Record()
    tokens = await house.seat(cast.purses)
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
        counter_opened(house, record, http) as counter,
    ):
        provider = Provider(seed, house.doors, tokens, record, http)
        office = Office(counter, record, seed)
        await office.open()
        chaos = Chaos(house, record, seed, mood)
        yield Siege(house, cast, record, chaos, provider, stories(seed, cast), busy, counter, office, seed)
