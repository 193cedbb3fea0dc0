"""The table of goals: which are met is said of what was measured, and of nothing else."""

from collections import Counter

import pytest
from prometheus_client import generate_latest

from tests.bench.goals import GOALS, disturbance, lines, standings
from tests.bench.measure import Contestant, Fact, Figures, Played, Row, played, quartiles
from tests.bench.memory import slope
from tests.bench.processes import by_size
from wallet_core.telemetry import Metrics

MEMORY = ("core", "adapter", "core, briefly", "adapter, briefly")


class Nothing:
    label = "1"


def row(key, *rates, first=None, p99=0.001, bench="HTTP", place="PostgreSQL", foreign=0.0):
    """A contestant whose items take their share of a second, half of it in each of two processes."""
    runs = [
        Figures(
            Played(int(rate), 1.0, p99, p99, p99, p99),
            {"core": 5e5 / rate, "adapter": 5e5 / rate},
            foreign,
            Counter(),
            {},
        )
        for rate in rates
    ]
    cpu = {"core": float, "adapter": float}
    return Row(bench, place, Contestant(key, key, Nothing(), cpu), runs, first.runs if first else runs)


def standing(found, what, place="PostgreSQL"):
    (one,) = [each for each in standings(found) if each.what == what and each.place == place]
    return one


@pytest.mark.parametrize(("rate", "met"), [(9_999, False), (10_000, True)])
def test_a_rate_meets_its_goal_or_does_not(rate, met):
    one = standing([row("wallet", rate)], "signed HTTP, adapter, core: 128 connections")
    assert (one.measured, one.met) == (rate, met)


@pytest.mark.parametrize(("p99", "met"), [(0.0101, False), (0.0099, True)])
def test_a_latency_meets_its_goal_or_does_not(p99, met):
    assert standing([row("at 1000", 1000, p99=p99)], "p99 by HTTP at 1,000/s").met is met


def test_a_ratio_is_of_neighbours():
    """The machine was half as fast in the second round."""
    plain = row("plain-grpc", 1000, 500, 1000)
    found = [plain, row("wallet", 9000, 4500, 7000, first=plain)]
    assert found[1].ratios == [9, 9, 7]
    one = standing(found, "  by the plain ledger behind aiohttp and gRPC")
    assert (one.measured, one.met) == (9, True)
    one = standing(found, "    the same in CPU")
    assert (one.measured, one.met) == (7, None)


def test_foreign_load_is_said():
    assert "0.05 cores" in disturbance([row("wallet", 1, foreign=0.05)])
    assert "say little" not in disturbance([row("wallet", 1, foreign=0.05)])
    assert "say little" in disturbance([row("wallet", 1, foreign=0.9)])


def test_what_was_not_measured_has_no_figure():
    found = [row("wallet", 1)]
    assert standing(found, "PlayMany of 100").measured is None
    assert standing(found, "signed HTTP, adapter, core: 128 connections", "SQLite").met is None
    shown = lines(standings(found))
    assert len(shown) == 2
    assert "not" in shown[1]


def test_a_figure_without_a_goal_is_shown():
    found = [Fact("grown", place, "bytes", 1234.0, "") for place in ("SQLite", "PostgreSQL")]
    (_, line) = lines(standings(found))
    assert line.count("1,234 B") == 2
    assert "met" not in line
    assert "not" not in line


def test_every_goal_can_be_measured():
    keys = ["wallet", "hot", "plain", "plain-grpc", "at 1000", "at half", "play", "health", "providers", "many"]
    keys += ["engine@1024", "uniform", "grown", "empty"]
    found = [
        row(key, 1.0, bench=bench, place=place)
        for key in keys
        for bench in ("engine", "gRPC", "HTTP", "grown")
        for place in ("SQLite", "PostgreSQL")
    ]
    found += [
        Fact(bench, place, key, 1.0, "")
        for bench, key in [("grown", "bytes"), *(("memory", key) for key in MEMORY)]
        for place in ("SQLite", "PostgreSQL")
    ]
    assert all(each.measured is not None for each in standings(found))
    assert len(lines(standings(found))) == len(GOALS) + 1


def test_latencies_are_taken_in_their_order():
    seen = played(1000, 2.0, [number / 1000 for number in reversed(range(1000))])
    assert (seen.p50, seen.p99, seen.p999, seen.worst) == (0.5, 0.99, 0.999, 0.999)


def test_the_core_tells_the_sizes_of_its_commits():
    metrics = Metrics()
    for size in (1, 1, 3, 128, 128, 128, 128, 512):
        metrics.observe_commit(size, 0.001)
    sizes = by_size(generate_latest(metrics.registry).decode())
    assert +sizes == Counter({1: 2, 5: 1, 200: 4, 1000: 1})
    assert quartiles(+sizes) == "; 1 [1 200 200] 1000 in 8 commits"


def test_memory_that_grows_has_a_slope():
    """It grows fast at first, which does not count, and then by a MiB a minute."""
    looks = [(second, (100 << 20) * (second > 20) + second * (1 << 20) // 60) for second in range(0, 120, 5)]
    assert slope(looks, 120) == pytest.approx(1024, rel=0.01)
