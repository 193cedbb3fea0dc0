"""What is done to the house while it is played at: processes are killed and held, lines misbehave, all by a seed.

Killings come one after another, and so do the troubles of lines; the two take no notice of each other, but that nothing
is started while the line to its database is in trouble. How long it is quiet between two is counted in answers.
"""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TypeVar

from msgspec import Struct

from tests.fault.house import DURABLE, House
from tests.fault.proxy import Lose, Proxy
from tests.fault.record import Record
from tests.fault.script import drawn

T = TypeVar("T")
WAYS = (Lose.REQUEST, Lose.ANSWER)
BRIEF = 0.1
"""Seconds that whatever lasts lasts at least."""


class Mood(Struct, frozen=True):
    """How bad it is.

    Attributes:
        quiet: answers between two harms, at least and at most.
        lasting: seconds that what lasts lasts at most.
        kills: whether processes are killed and held.
        forgets: whether lines are forgotten: it takes their ends most of a minute to notice.
    """

    quiet: tuple[int, int]
    lasting: float = 2.5
    kills: bool = True
    forgets: bool = True


async def kill_core(house: House, dice: random.Random, mood: Mood) -> None:
    core = dice.choice(house.cores)
    await core.kill()
    await core.start()


async def hold_core(house: House, dice: random.Random, mood: Mood) -> None:
    """It stands still, and its callers go elsewhere; then it goes on with what it was about to do."""
    core = dice.choice(house.cores)
    core.hold(still=True)
    try:
        await asyncio.sleep(dice.uniform(BRIEF, mood.lasting))
    finally:
        core.hold(still=False)


async def kill_adapter(house: House, dice: random.Random, mood: Mood) -> None:
    adapter = dice.choice(house.adapters)
    await adapter.kill()
    await adapter.start()


async def kill_database(house: House, dice: random.Random, mood: Mood) -> None:
    await asyncio.to_thread(house.cluster.stop, dice.choice((signal.SIGKILL, signal.SIGQUIT)))
    await asyncio.to_thread(house.cluster.start, *DURABLE)


async def drop(proxy: Proxy, dice: random.Random, mood: Mood) -> None:
    await proxy.hang_up()


async def delay(proxy: Proxy, dice: random.Random, mood: Mood) -> None:
    proxy.delay = dice.uniform(0.01, 0.2)
    await asyncio.sleep(dice.uniform(BRIEF, mood.lasting))
    proxy.heal()


async def half_close(proxy: Proxy, dice: random.Random, mood: Mood) -> None:
    proxy.half_close(dice.choice(WAYS))


async def cut(proxy: Proxy, dice: random.Random, mood: Mood) -> None:
    proxy.cut(dice.choice(WAYS), dice.randrange(2_000))


async def swallow(proxy: Proxy, dice: random.Random, mood: Mood) -> None:
    proxy.swallow()
    await asyncio.sleep(dice.uniform(BRIEF, mood.lasting))
    proxy.heal()


async def forget(proxy: Proxy, dice: random.Random, mood: Mood) -> None:
    proxy.forget()


KILLS = {kill_core: 4, hold_core: 3, kill_adapter: 3, kill_database: 2}
TROUBLES = {drop: 4, delay: 3, half_close: 3, cut: 4, swallow: 3, forget: 1}
"""What can be done, and how often it is."""


class Chaos:
    """Does it.

    Attributes:
        counts: what was done, by its name and, of lines, what they lead to.
    """

    def __init__(self, house: House, record: Record, seed: str, mood: Mood) -> None:
        self._house = house
        self._record = record
        self._seed = seed
        self._mood = mood
        self.counts: Counter[str] = Counter()

    async def reign(self, more: Callable[[int], bool]) -> None:
        """Kill, and trouble lines, each while there is to be more after so many."""
        kills = {
            kill: often
            for kill, often in KILLS.items()
            if self._mood.kills and (self._house.cluster or kill is not kill_database)
        }
        troubles = {
            (trouble, to): often
            for trouble, often in TROUBLES.items()
            for to, lines in self._house.lines.items()
            if lines and (self._mood.forgets or trouble is not forget)
        }
        await asyncio.gather(
            self._each("kills", kills, self._kill, more), self._each("troubles", troubles, self._trouble, more)
        )

    async def _each(
        self,
        name: str,
        weights: dict[T, int],
        do: Callable[[random.Random, T], Awaitable[None]],
        more: Callable[[int], bool],
    ) -> None:
        dice = random.Random(f"{self._seed} {name}")
        for count, what in enumerate(drawn(dice, weights)):
            if not more(count):
                return
            try:
                await self._record.acknowledged(dice.randrange(*self._mood.quiet))
            except TimeoutError:
                self._record.wrong.append(f"nobody is answered any more, after {dict(self.counts)}")
                return
            await do(dice, what)

    async def _kill(self, dice: random.Random, kill: Callable) -> None:
        async with self._house.calm:
            await kill(self._house, dice, self._mood)
        self.counts[kill.__name__] += 1

    async def _trouble(self, dice: random.Random, what: tuple[Callable, str]) -> None:
        trouble, to = what
        async with AsyncExitStack() as stack:
            if to == "database":
                await stack.enter_async_context(self._house.calm)
            await trouble(dice.choice(self._house.lines[to]), dice, self._mood)
        self.counts[f"{trouble.__name__} {to}"] += 1
