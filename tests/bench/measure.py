"""Measuring: something is loaded for some seconds, and what it took. What is compared runs in turn, A B A B."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol

import msgspec

from tests.bench.conditions import busy_seconds

Meter = Callable[[], float]
"""Says the CPU seconds somebody has used so far."""

Sizes = Callable[[], Awaitable[Counter[int]]]
"""Says how many commits of each size there were so far."""

Gauge = Callable[[], Awaitable[float]]
"""Says how much of something there was so far."""


class Played(msgspec.Struct, frozen=True):
    """What a load saw. Seconds; `late` is how long after its time a request of an open loop was sent at worst.

    Attributes:
        items: how many were answered, all of them well.
    """

    items: int
    seconds: float
    p50: float
    p99: float
    p999: float
    worst: float
    late: float = 0.0


def played(items: int, seconds: float, latencies: Sequence[float], late: float = 0.0) -> Played:
    """Return what was seen, given the latency of each call."""
    ordered = sorted(latencies)
    p50, p99, p999 = (ordered[int(len(ordered) * part)] for part in (0.5, 0.99, 0.999))
    return Played(items, seconds, p50, p99, p999, ordered[-1], late)


class Load(Protocol):
    """What is done to a contestant.

    Attributes:
        label: how much of it, in a word.
    """

    label: str

    async def prepare(self, seconds: float) -> None:
        """Warm up, and make ready what will be sent in so many seconds."""
        ...

    async def go(self) -> Played:
        """Send it."""
        ...


@dataclass
class Contestant:
    """Something that is measured.

    Attributes:
        key: what goals call it.
        cpu: who takes part, and their meters.
        sizes: of its commits, where they are known.
        gauges: what else is asked before and after, printed by the item.
    """

    key: str
    name: str
    load: Load
    cpu: dict[str, Meter]
    sizes: Sizes | None = None
    gauges: dict[str, Gauge] = field(default_factory=dict)


@dataclass
class Figures:
    """What one run showed. CPU is microseconds an item, by whose it is; foreign is cores' worth of others' work."""

    played: Played
    cpu: dict[str, float]
    foreign: float
    sizes: Counter[int]
    gauges: dict[str, float]

    @property
    def rate(self) -> float:
        return self.played.items / self.played.seconds


@dataclass
class Row:
    """A contestant's runs, beside those of the first of its contest."""

    bench: str
    place: str
    contestant: Contestant
    runs: list[Figures]
    first: list[Figures]

    @property
    def rate(self) -> float:
        return median(run.rate for run in self.runs)

    @property
    def ratios(self) -> list[float]:
        """The rate of each run, by that of its neighbour."""
        return [mine.rate / other.rate for mine, other in zip(self.runs, self.first, strict=True)]

    def seconds(self, which: str) -> float:
        """Return the median over the runs of a latency."""
        return median(getattr(run.played, which) for run in self.runs)

    def gauge(self, name: str) -> list[float]:
        return [run.gauges[name] for run in self.runs]

    @property
    def sizes(self) -> Counter[int]:
        return sum((run.sizes for run in self.runs), Counter())

    @property
    def cpu(self) -> dict[str, float]:
        """The median over the runs of what an item took, by whose it is."""
        return {name: median(run.cpu[name] for run in self.runs) for name in self.contestant.cpu}

    @property
    def foreign(self) -> float:
        return median(run.foreign for run in self.runs)

    def line(self) -> str:
        rates = [run.rate for run in self.runs]
        took = " + ".join(f"{each:.0f} {name}" for name, each in self.cpu.items())
        more = "".join(
            f"; {' '.join(f'{each:,.0f}' for each in self.gauge(name))} {name}" for name in self.contestant.gauges
        )
        late = max(run.played.late for run in self.runs)
        if late:
            more += f"; a request was sent {late * 1e3:.1f} ms late at worst"
        return (
            f"{f'{self.bench}, {self.place}':<20} {self.contestant.load.label:>7} {self.contestant.name:<40}"
            f" {self.rate:>8,.0f} {min(rates):>7,.0f}-{max(rates):<7,.0f}"
            f" {min(self.ratios):>5.2f}-{max(self.ratios):<5.2f}"
            f" {self.seconds('p50') * 1e3:>7.2f} {self.seconds('p99') * 1e3:>7.2f} {self.seconds('p999') * 1e3:>7.2f}"
            f" {self.foreign:>7.2f}  {took}{quartiles(self.sizes)}{more}"
        )

    def record(self) -> dict[str, object]:
        """Return all of it, to be written as JSON."""
        return {
            "bench": self.bench,
            "place": self.place,
            "contestant": self.contestant.key,
            "name": self.contestant.name,
            "load": self.contestant.load.label,
            "rate": self.rate,
            "ratios": self.ratios,
            "runs": [
                {
                    **msgspec.structs.asdict(run.played),
                    "rate": run.rate,
                    "cpu_microseconds": run.cpu,
                    "foreign": run.foreign,
                    "commits_by_size": dict(run.sizes),
                    "gauges": run.gauges,
                }
                for run in self.runs
            ],
        }


class Fact(msgspec.Struct, frozen=True):
    """Something that is not a rate."""

    bench: str
    place: str
    key: str
    value: float
    words: str

    def line(self) -> str:
        return f"{f'{self.bench}, {self.place}':<28} {self.words}"


HEAD = (
    f"{'':<20} {'load':>7} {'':<40} {'items/s':>8} {'min':>7}-{'max':<7} {'ratio':>11}"
    f" {'p50 ms':>7} {'p99 ms':>7} {'p99.9':>7} {'foreign':>7}  CPU µs/item; commands in a commit; more"
)


async def run(contestant: Contestant, seconds: float) -> Figures:
    """Warm it up, then load it for so long."""
    await contestant.load.prepare(seconds)
    gauges = {name: await gauge() for name, gauge in contestant.gauges.items()}
    sizes = await _sizes(contestant)
    busy, cpu = busy_seconds(), {name: meter() for name, meter in contestant.cpu.items()}
    seen = await contestant.load.go()
    used = {name: meter() - cpu[name] for name, meter in contestant.cpu.items()}
    foreign = (busy_seconds() - busy - sum(used.values())) / seen.seconds
    return Figures(
        seen,
        cpu={name: each / seen.items * 1e6 for name, each in used.items()},
        foreign=max(0.0, foreign),
        sizes=await _sizes(contestant) - sizes,
        gauges={name: (await gauge() - gauges[name]) / seen.items for name, gauge in contestant.gauges.items()},
    )


async def _sizes(contestant: Contestant) -> Counter[int]:
    return Counter(await contestant.sizes()) if contestant.sizes else Counter()


async def contest(bench: str, place: str, contestants: list[Contestant], seconds: float, rounds: int) -> list[Row]:
    """Run A B A B …; print and return a row each. The first is what the others are compared with."""
    runs: list[list[Figures]] = [[] for _ in contestants]
    for _ in range(rounds):
        for contestant, found in zip(contestants, runs, strict=True):
            found.append(await run(contestant, seconds))
    rows = [Row(bench, place, contestant, found, runs[0]) for contestant, found in zip(contestants, runs, strict=True)]
    for row in rows:
        print(row.line(), flush=True)
    return rows


def quartiles(sizes: Counter[int]) -> str:
    """Return smallest, quartiles and largest of the commits' sizes."""
    if not sizes:
        return ""
    total, seen, marks = sum(sizes.values()), 0, []
    ordered = sorted(sizes)
    for size in ordered:
        seen += sizes[size]
        while len(marks) < 3 and seen >= total * (len(marks) + 1) / 4:
            marks.append(size)
    return f"; {ordered[0]} [{' '.join(map(str, marks))}] {ordered[-1]} in {total:,} commits"
