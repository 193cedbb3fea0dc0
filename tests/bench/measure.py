"""Measuring: callers in a closed loop for some seconds, and what it took."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median

from tests.bench.conditions import busy_seconds

Call = Callable[[], Awaitable[object]]

WARM = 0.25
"""The part of the seconds that is played before they count."""


@dataclass
class Figures:
    """What one run showed. CPU is microseconds an item, by whose it is."""

    rate: float
    p50: float
    p99: float
    cpu: dict[str, float]
    foreign: float
    batches: Counter[int] = field(default_factory=Counter)


@dataclass
class Contestant:
    """Something that does items.

    Attributes:
        call: does `items` of them once.
        cpu: the CPU seconds used so far, by whose they are.
        batches: is told the sizes of batches, where there are any.
    """

    name: str
    call: Call
    cpu: dict[str, Callable[[], float]]
    items: int = 1
    batches: Counter[int] = field(default_factory=Counter)


async def run(contestant: Contestant, callers: int, seconds: float) -> Figures:
    """Let so many callers call for so long."""
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    counting = False
    until = loop.time() + seconds * WARM

    async def caller() -> None:
        clock = time.perf_counter
        while loop.time() < until:
            started = clock()
            await contestant.call()
            if counting:
                latencies.append(clock() - started)

    await asyncio.gather(*(caller() for _ in range(callers)))
    contestant.batches.clear()
    counting, until = True, loop.time() + seconds
    busy, cpu = busy_seconds(), _cpu(contestant)
    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    elapsed = time.perf_counter() - started
    used = {name: after - cpu[name] for name, after in _cpu(contestant).items()}
    items = len(latencies) * contestant.items
    latencies.sort()
    return Figures(
        rate=items / elapsed,
        p50=latencies[len(latencies) // 2],
        p99=latencies[len(latencies) * 99 // 100],
        cpu={name: seconds / items * 1e6 for name, seconds in used.items()},
        foreign=max(0.0, (busy_seconds() - busy - sum(used.values())) / elapsed),
        batches=Counter(contestant.batches),
    )


def _cpu(contestant: Contestant) -> dict[str, float]:
    return {name: seconds() for name, seconds in contestant.cpu.items()}


async def contest(title: str, contestants: list[Contestant], callers: int, seconds: float, rounds: int) -> None:
    """Run A B A B … and print a row each, the first being what the others are compared with."""
    runs: dict[str, list[Figures]] = {contestant.name: [] for contestant in contestants}
    for _ in range(rounds):
        for contestant in contestants:
            runs[contestant.name].append(await run(contestant, callers, seconds))
    first = runs[contestants[0].name]
    for contestant in contestants:
        found = runs[contestant.name]
        ratios = [mine.rate / other.rate for mine, other in zip(found, first, strict=True)]
        cpu = " + ".join(f"{median(each.cpu[name] for each in found):.0f} {name}" for name in contestant.cpu)
        print(
            f"{title:<22} {callers:>5} {contestant.name:<34} {median(each.rate for each in found):>9,.0f}"
            f" {min(each.rate for each in found):>8,.0f}-{max(each.rate for each in found):<8,.0f}"
            f" {min(ratios):>5.2f}-{max(ratios):<5.2f}"
            f" {median(each.p50 for each in found) * 1e3:>8.2f} {median(each.p99 for each in found) * 1e3:>8.2f}"
            f" {median(each.foreign for each in found):>7.2f}  {cpu}{histogram(found)}",
            flush=True,
        )


HEAD = (
    f"{'':<22} {'calls':>5} {'':<34} {'items/s':>9} {'min':>8}-{'max':<8} {'ratio':>11}"
    f" {'p50 ms':>8} {'p99 ms':>8} {'foreign':>7}  CPU µs/item, batch sizes"
)


def histogram(found: list[Figures]) -> str:
    """Return the quartiles of the batch sizes an item was in."""
    sizes: Counter[int] = sum((each.batches for each in found), Counter())
    if not sizes:
        return ""
    items = sorted(sizes)
    total, seen, marks = sum(sizes.values()), 0, []
    for size in items:
        seen += sizes[size]
        while len(marks) < 3 and seen >= total * (len(marks) + 1) / 4:
            marks.append(size)
    return f"; {items[0]} [{' '.join(map(str, marks))}] {items[-1]}, {total:,} commits"
