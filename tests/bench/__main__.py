"""Measure the wallet and hold it against its goals: python -m tests.bench [engine gRPC HTTP stages …] [--help].

Figures of different runs say little: the machine drifts. So what is compared runs in turn, A B A B, and a ratio is of
neighbours. All of it takes some five minutes on two cores. Two goals take longer to measure as they are meant:

    python -m tests.bench grown --grown 10        ten million transactions of a million players; half an hour, 20 GB
    python -m tests.bench memory --minutes 60     an hour under load
"""

import argparse
import asyncio
import json
import shutil
import signal
import sys
import time
from pathlib import Path

import msgspec
import uvloop

from tests.bench import conditions, engine, goals, grown, grpc_rows, http_rows, memory, stages
from tests.bench.measure import HEAD, Fact, Row
from tests.bench.places import MEMORY, OPTIONS, Files, Place, Server, new_folder

BENCHES = ("engine", "gRPC", "HTTP", "stages", "grown", "memory")
DATABASES = ("sqlite", "postgresql")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measure the wallet on this machine, and hold it against its goals."
    )
    add = parser.add_argument
    add("names", nargs="*", help=f"what to measure: {', '.join(BENCHES)}; all of it if none is named")
    add("--database", action="append", choices=DATABASES, help="one database; both if none is named")
    add("--seconds", type=float, default=1.2, help="how long each run is; %(default)s")
    add("--rounds", type=int, default=2, help="how often each is run in turn; %(default)s")
    add("--latency-seconds", type=float, default=10.0, help="how long latency is measured by the clock; %(default)s")
    add("--grown", type=float, default=0.1, metavar="MILLIONS", help="transactions of the grown books; %(default)s")
    add("--minutes", type=float, default=2.0, help="how long memory is watched; %(default)s")
    add("--json", type=Path, metavar="FILE", help="write conditions, rows and goals there, too")
    given = parser.parse_args()
    if unknown := set(given.names) - set(BENCHES):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there is {', '.join(BENCHES)}")
    return given


async def measured(given: argparse.Namespace, places: list[Place], folder: Path) -> list[Row | Fact]:
    """Run what is asked for."""
    names = given.names or BENCHES
    found: list[Row | Fact] = []
    for place in places:
        if "engine" in names:
            found += await engine.measure(place, given.seconds, given.rounds)
        if "gRPC" in names:
            found += await grpc_rows.measure(place, given.seconds, given.rounds)
        if "HTTP" in names:
            found += await http_rows.measure(place, folder, given.seconds, given.rounds, given.latency_seconds)
        if "stages" in names:
            found += await stages.measure(place, found)
        if "grown" in names:
            found += await grown.measure(place, given.seconds, given.rounds, given.grown)
    if "memory" in names:
        found += await memory.measure(places, folder, given.minutes)
    return found


async def main(given: argparse.Namespace) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    loop.add_signal_handler(signal.SIGTERM, task.cancel)  # so that what was started ends, and files go
    folder = new_folder()
    server = Server()
    try:
        await server.connect()
        files = Files(folder)
        places = [each for each in (files, server) if each.name.lower() in (given.database or DATABASES)]
        told = conditions.told(folder, server.version, OPTIONS, MEMORY)
        print("\n".join(told), f"\n{HEAD}", sep="\n", flush=True)
        found = await measured(given, places, folder)
    finally:
        await server.close()
        shutil.rmtree(folder)
    standing = goals.standings(found)
    print("", *goals.lines(standing), "", goals.disturbance(found), sep="\n")
    if given.json:
        given.json.write_text(json.dumps(_record(told, found, standing), indent=1, ensure_ascii=False) + "\n")


def _record(told: list[str], found: list[Row | Fact], standing: list[goals.Standing]) -> dict[str, object]:
    return {
        "conditions": told,
        "rows": [each.record() for each in found if isinstance(each, Row)],
        "facts": [msgspec.structs.asdict(each) for each in found if isinstance(each, Fact)],
        "goals": [msgspec.structs.asdict(each) for each in standing],
    }


if __name__ == "__main__":
    begun = time.monotonic()
    try:
        uvloop.run(main(arguments()))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit("interrupted")
    print(f"\n{time.monotonic() - begun:.0f} seconds")
