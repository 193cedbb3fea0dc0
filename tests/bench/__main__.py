"""Measure the wallet: python -m tests.bench [engine …] [--seconds 2] [--rounds 2].

Figures of different runs say little: the machine drifts. So what is compared runs in turn, A B A B, and the ratio is of
neighbours.
"""

import argparse
import time

import uvloop

from tests.bench import conditions, engine, wire
from tests.bench.measure import HEAD
from tests.bench.places import Files, Server

BENCHES = {"engine": engine.measure, "wire": wire.measure}


async def main(names: list[str], databases: list[str], seconds: float, rounds: int) -> None:
    files, server = Files(), Server()
    try:
        await server.look()
        for line in conditions.told(files.folder, server.version):
            print(line)
        print(f"\n{HEAD}")
        for name in names:
            for place in (files, server):
                if place.name.lower() in databases:
                    await BENCHES[name](place, files.folder, seconds, rounds)
    finally:
        server.close()
        files.close()


parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the wallet on this machine.")
parser.add_argument(
    "names", nargs="*", default=[], help=f"what to measure: {', '.join(BENCHES)}; all of it if none is named"
)
parser.add_argument(
    "--database", action="append", choices=["sqlite", "postgresql"], help="one database; both if none is named"
)
parser.add_argument("--seconds", type=float, default=2.0, help="how long each run is; %(default)s if not given")
parser.add_argument("--rounds", type=int, default=2, help="how often each is run in turn; %(default)s if not given")
given = parser.parse_args()
if unknown := set(given.names) - set(BENCHES):
    parser.error(f"there is no {', '.join(sorted(unknown))}; there is {', '.join(BENCHES)}")
begun = time.monotonic()
uvloop.run(main(given.names or list(BENCHES), given.database or ["sqlite", "postgresql"], given.seconds, given.rounds))
print(f"\n{time.monotonic() - begun:.0f} seconds")
