"""Callers in this process, in a closed loop: each asks again when it was answered."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from tests.bench.measure import Played, played

T = TypeVar("T")

WARM = 0.2
"""The part of the seconds that is played before they count."""

FIRST = 4_000
"""How much is made ready before anything is known of the rate."""

SPARE = 1.3
"""How much more is made ready than the rate just seen would use up."""


class Callers(Generic[T]):
    """So many callers; what they ask is made before."""

    def __init__(
        self,
        count: int,
        make: Callable[[int], list[T]],
        call: Callable[[T], Awaitable[None]],
        *,
        first: int = FIRST,
    ) -> None:
        """Take the number of callers, what makes so many things to ask, and what asks one.

        `call` raises when the answer is not the wanted one, and that ends the run.
        """
        self.label = str(count)
        self._count = count
        self._make = make
        self._call = call
        self._first = first
        self._ready: list[T] = []
        self._seconds = 0.0

    async def prepare(self, seconds: float) -> None:
        """Play a little, and make ready what the rate seen then will need."""
        self._ready, self._seconds = self._make(self._first), seconds * WARM
        seen = await self.go()
        count = int(seen.items / seen.seconds * seconds * SPARE) + self._first
        self._ready, self._seconds = self._make(count), seconds
        gc.collect()
        gc.freeze()  # what is ready is nobody's garbage yet

    async def go(self) -> Played:
        """Play until the time is over, or nothing is left to ask."""
        clock = time.perf_counter
        ready, call, latencies = self._ready, self._call, list[float]()
        began = clock()
        until = began + self._seconds

        async def caller() -> None:
            while ready and (started := clock()) < until:
                await call(ready.pop())
                latencies.append(clock() - started)

        await asyncio.gather(*(caller() for _ in range(self._count)))
        ended = clock()
        gc.unfreeze()
        return played(len(latencies), ended - began, latencies)
