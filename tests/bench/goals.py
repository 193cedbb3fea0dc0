"""The goals as a table, and what was measured beside each."""

from collections.abc import Callable, Sequence
from statistics import median

import msgspec

from tests.bench.measure import Fact, Row

PLACES = ("SQLite", "PostgreSQL")

QUIET = 0.2
"""Cores' worth of foreign load that does not matter."""

FLAT = 100.0
"""KiB a minute that still counts as flat: six MiB an hour."""


class Found:
    """What was measured with one database, as goals ask for it."""

    def __init__(self, found: Sequence[Row | Fact], place: str) -> None:
        self._rows = {
            (row.bench, row.contestant.key): row for row in found if isinstance(row, Row) and row.place == place
        }
        self._facts = {(fact.bench, fact.key): fact for fact in found if isinstance(fact, Fact) and fact.place == place}

    def rate(self, bench: str, key: str) -> float:
        return self._rows[bench, key].rate

    def ratio(self, bench: str, key: str, other: str) -> float:
        """Return the median of the runs' ratios to their neighbours in the same round."""
        mine, others = self._rows[bench, key].runs, self._rows[bench, other].runs
        return median(run.rate / neighbour.rate for run, neighbour in zip(mine, others, strict=True))

    def cheaper(self, bench: str, key: str, other: str) -> float:
        """Return the CPU an item of the other takes by what one of this takes, of all processes together.

        It is what the ratio of rates comes to when both use the machine up, and foreign load does not blur it.
        """
        return sum(self._rows[bench, other].cpu.values()) / sum(self._rows[bench, key].cpu.values())

    def milliseconds(self, bench: str, key: str) -> float:
        return self._rows[bench, key].seconds("p99") * 1e3

    def fact(self, bench: str, key: str) -> float:
        return self._facts[bench, key].value


class Goal(msgspec.Struct, frozen=True):
    """What is to be reached.

    Attributes:
        sign: `≥` or `≤`; empty where the figure is only shown.
        bounds: by database; none where there is no goal for it.
        figure: takes it from what was found. A KeyError: it was not measured this time.
    """

    what: str
    sign: str
    bounds: tuple[float | None, float | None]
    unit: str
    figure: Callable[[Found], float]

    def met(self, place: str, figure: float) -> bool | None:
        """Return whether the figure reaches the goal; none if there is no goal."""
        bound = self.bounds[PLACES.index(place)]
        if bound is None:
            return None
        return figure >= bound if self.sign == "≥" else figure <= bound


def _both(bound: float | None) -> tuple[float | None, float | None]:
    return bound, bound


GOALS = (
    Goal("signed HTTP, adapter, core: 128 connections", "≥", _both(10_000), "/s", lambda f: f.rate("HTTP", "wallet")),
    Goal(
        "  by the plain ledger behind aiohttp and gRPC",
        "≥",
        (None, 8),
        "x",
        lambda f: f.ratio("HTTP", "wallet", "plain-grpc"),
    ),
    Goal("    the same in CPU", "", _both(None), "x", lambda f: f.cheaper("HTTP", "wallet", "plain-grpc")),
    Goal("  by the plain ledger behind aiohttp", "", _both(None), "x", lambda f: f.ratio("HTTP", "wallet", "plain")),
    Goal(
        "unary Play, by health Check of the same server",
        "≥",
        _both(0.9),
        "x",
        lambda f: f.ratio("gRPC", "play", "health"),
    ),
    Goal("  the same in CPU", "", _both(None), "x", lambda f: f.cheaper("gRPC", "play", "health")),
    Goal(
        "  by a call that passes our interceptors",
        "",
        _both(None),
        "x",
        lambda f: f.ratio("gRPC", "play", "providers"),
    ),
    Goal("PlayMany of 100", "≥", _both(20_000), "/s", lambda f: f.rate("gRPC", "many")),
    Goal("engine in process, 1,024 callers", "≥", (32_000, 25_000), "/s", lambda f: f.rate("engine", "engine@1024")),
    Goal("p99 by HTTP at 1,000/s", "≤", _both(10), "ms", lambda f: f.milliseconds("HTTP", "at 1000")),
    Goal("p99 by HTTP at half of the maximum", "≤", _both(40), "ms", lambda f: f.milliseconds("HTTP", "at half")),
    Goal("one hot player in the engine, by many", "≥", _both(0.25), "x", lambda f: f.ratio("engine", "hot", "uniform")),
    Goal("one hot player by HTTP, by many", "≥", _both(0.25), "x", lambda f: f.ratio("HTTP", "hot", "wallet")),
    Goal("grown books, by empty ones", "≥", _both(0.8), "x", lambda f: f.ratio("grown", "grown", "empty")),
    Goal("  the same in CPU", "", _both(None), "x", lambda f: f.cheaper("grown", "grown", "empty")),
    Goal("  bytes a transaction", "", _both(None), "B", lambda f: f.fact("grown", "bytes")),
    *(
        goal
        for name in ("core", "adapter")
        for goal in (
            Goal(
                f"memory: {name}, when warm", "≤", _both(FLAT), "KiB/min", lambda f, name=name: f.fact("memory", name)
            ),
            Goal(
                f"memory: {name}, warming up (see --minutes)",
                "",
                _both(None),
                "KiB/min",
                lambda f, name=name: f.fact("memory", f"{name}, briefly"),
            ),
        )
    ),
)


class Standing(msgspec.Struct, frozen=True):
    """A goal at one database."""

    what: str
    place: str
    sign: str
    bound: float | None
    unit: str
    measured: float | None
    met: bool | None


def standings(found: Sequence[Row | Fact]) -> list[Standing]:
    """Return every goal at every database; what was not measured has no figure."""
    standing = []
    for goal in GOALS:
        for place, bound in zip(PLACES, goal.bounds, strict=True):
            try:
                figure = goal.figure(Found(found, place))
            except KeyError:
                figure = None
            met = None if figure is None else goal.met(place, figure)
            standing.append(Standing(goal.what, place, goal.sign, bound, goal.unit, figure, met))
    return standing


def lines(standing: Sequence[Standing]) -> list[str]:
    """Return the table, a line a goal."""
    shown = [f"{'':<50} {'goal':>20}  " + "".join(f"{place:>20}      " for place in PLACES)]
    for first, *rest in zip(*[iter(standing)] * len(PLACES), strict=True):
        both = (first, *rest)
        if any(each.measured is not None for each in both):
            shown.append(f"{first.what:<50} {_goal(both):>20}  " + "".join(map(_measured, both)))
    return shown


def disturbance(found: Sequence[Row | Fact]) -> str:
    """Return how much of the machine others took meanwhile."""
    foreign = [row.foreign for row in found if isinstance(row, Row)]
    if not foreign:
        return "foreign load was not measured"
    said = f"foreign load while rates were measured: {median(foreign):.2f} cores, {max(foreign):.2f} at worst"
    return said if median(foreign) < QUIET else f"{said}: rates and latencies say little, CPU and its ratios do"


def _goal(both: Sequence[Standing]) -> str:
    bounds = [each.bound for each in both if each.bound is not None]
    if not bounds:
        return ""
    return f"{both[0].sign} {' / '.join(_number(bound) for bound in dict.fromkeys(bounds))} {both[0].unit}"


def _measured(standing: Standing) -> str:
    if standing.measured is None:
        return f"{'-':>20}      "
    word = {True: "met ", False: "not ", None: "    "}[standing.met]
    return f"{_number(standing.measured) + ' ' + standing.unit:>20} {word} "


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
