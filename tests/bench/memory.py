"""Memory of a core and an adapter under load, by the clock and for minutes: what grows, and how fast.

Caches fill first (SQLite's own takes 64 MiB), so minutes only show that nothing runs away; what is held against the
goal takes --minutes 60. Both databases are under load at once.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import linear_regression

from tests.bench.bets import PLAYERS
from tests.bench.generator import Generator, generator
from tests.bench.http_rows import load, served
from tests.bench.measure import Fact
from tests.bench.places import Place
from tests.bench.processes import Running

RATE = 500
"""Bets a second, on each database."""

SLICE = 5.0
"""Seconds of load between two looks."""

LONG = 30.0
"""Minutes from which on the slope says something."""

PARTS = 10
WARM = 0.4
"""The part of the time before the slope is taken."""

Look = tuple[float, int]
"""Seconds since the start, and bytes."""


async def measure(places: list[Place], folder: Path, minutes: float) -> list[Fact]:
    """Return what grew how fast, of every place's core and adapter."""
    found = await asyncio.gather(*(_watched(place, folder, minutes * 60) for place in places))
    facts = [fact for each in found for fact in each]
    for fact in facts:
        print(fact.line(), flush=True)
    return facts


async def _watched(place: Place, folder: Path, seconds: float) -> list[Fact]:
    async with AsyncExitStack() as stack:
        source = await stack.enter_async_context(generator("tests.bench.http_load"))
        door, behind = await stack.enter_async_context(served(folder, await place.books(PLAYERS)))
        processes = {"core": behind, "adapter": door}
        looks = await _looks(source, processes, door.said["url"], seconds)
    return [_fact(place, name, looks[name], seconds) for name in processes]


async def _looks(source: Generator, processes: dict[str, Running], url: str, seconds: float) -> dict[str, list[Look]]:
    looks: dict[str, list[Look]] = {name: [] for name in processes}
    began = time.monotonic()
    while (at := time.monotonic() - began) < seconds:
        for name, process in processes.items():
            looks[name].append((at, process.resident))
        by_clock = load(source, url, rate=RATE)
        await by_clock.prepare(SLICE)
        await by_clock.go()
    return looks


def slope(looks: Sequence[Look], seconds: float) -> float:
    """Return the KiB a minute it grows by, when it is warm."""
    warm = [look for look in looks if look[0] >= seconds * WARM]
    times, sizes = zip(*warm, strict=True)
    return linear_regression(times, sizes).slope * 60 / 1024


def _fact(place: Place, name: str, looks: Sequence[Look], seconds: float) -> Fact:
    grows = slope(looks, seconds)
    shown = [looks[len(looks) * part // PARTS][1] for part in range(PARTS)] + [looks[-1][1]]
    return Fact(
        "memory",
        place.name,
        name if seconds >= LONG * 60 else f"{name}, briefly",
        grows,
        f"{name} at {RATE}/s for {seconds / 60:g} minutes: {' '.join(f'{each / 2**20:.1f}' for each in shown)} MiB;"
        f" {grows:+,.0f} KiB a minute after {seconds * WARM / 60:.1f}",
    )
