"""Storm the wallet for long: python -m tests.fault.soak [--database sqlite|postgresql] [--minutes 30] [--seed N].

The same seed tells the same stories and does the same harm in the same order; what meets what is up to the machine.
Both databases, if none is named, one after the other: side by side they would take each other's time.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import uvloop

from tests.fault import house as houses
from tests.fault.chaos import Mood
from tests.fault.house import DURABLE, House
from tests.fault.judged import judged
from tests.fault.pen import Cast
from tests.fault.siege import Siege, laid
from tests.fault.verdict import verdict
from tests.support.postgres import Cluster
from wallet_core.storage.migrate import migrate

CAST = Cast(hot=10, rich=100, poor=300, plain=6, roving=4)
QUIET = (200, 1_500)
AGAIN = 2_000
MINUTE = 60.0


@asynccontextmanager
async def _house(database: str, cores: int, folder: Path) -> AsyncIterator[House]:
    cluster = Cluster() if database == "postgresql" else None
    try:
        if cluster:
            await asyncio.to_thread(cluster.start, *DURABLE)
        address = cluster.dsn if cluster else f"sqlite://{folder}/books.db"
        await migrate(address)
        async with houses.opened(address, folder, cores=cores if cluster else 1, cluster=cluster) as house:
            yield house
    finally:
        if cluster:
            cluster.close()


def _memory(house: House) -> list[float]:
    """Return the megabytes of each core; of one that is just being started, none."""
    found = []
    for core in house.cores:
        with suppress(psutil.NoSuchProcess):
            found.append(round(psutil.Process(core.pid).memory_info().rss / 1e6, 1))
    return found


def _told(siege: Siege) -> str:
    counts, harm = siege.record.counts, siege.chaos.counts
    return (
        f"{counts['stories']} stories, {counts['requests']} requests, {counts['acknowledged']} acknowledged,"
        f" {counts['retries']} retries, {len(siege.record.wrong)} wrong; harm: "
        + ", ".join(f"{name} {count}" for name, count in sorted(harm.items()))
        + f"; core starts {sum(core.starts for core in siege.house.cores)}, core MB {_memory(siege.house)}"
    )


async def _minutes(siege: Siege) -> None:
    """Print a line a minute."""
    for minute in range(1, 1_000_000):
        await asyncio.sleep(MINUTE)  # the clock of the report
        print(f"minute {minute}: {_told(siege)}", flush=True)


async def soak(given: argparse.Namespace, database: str) -> dict[str, object]:
    """Storm one database; return what is to be said of it."""
    mood = Mood(QUIET, kills=not given.no_kills, forgets=not given.no_kills)
    folder = Path(tempfile.mkdtemp(prefix="wallet-soak-"))
    async with _house(database, given.cores, folder) as house:
        begun, before = time.monotonic(), _memory(house)
        print(f"{database}, seed {given.seed}: {len(house.cores)} cores, MB {before}", flush=True)
        async with laid(house, given.seed, CAST, mood, busy=given.busy) as siege:
            report = asyncio.ensure_future(_minutes(siege))
            over = begun + given.minutes * MINUTE
            try:
                await siege.storm(lambda _: time.monotonic() < over)
            finally:
                report.cancel()
            print(f"the storm is over: {_told(siege)}", flush=True)
            after = _memory(house)
            ledger, raw = await siege.books(AGAIN)
    findings = [*verdict(siege.record, ledger, CAST.purses), *judged(siege.counter.log, raw)]
    if not findings:
        shutil.rmtree(folder)
    return {
        "database": database,
        "seed": given.seed,
        "verdict": f"broken, see {folder}" if findings else "clean",
        "findings": findings,
        "seconds": round(time.monotonic() - begun),
        "transactions": len(ledger.rows),
        "of patrons": len(raw.rows["transactions"]),
        "patrons": len(siege.counter.log.players),
        "bonuses": len(raw.rows["bonuses"]),
        **siege.record.counts,
        "harm": dict(sorted(siege.chaos.counts.items())),
        "core_starts": sum(core.starts for core in house.cores),
        "core_mb": {"before": before, "after": after},
    }


async def main(given: argparse.Namespace) -> int:
    """Return the exit status: whether anything was found."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    said = [await soak(given, database) for database in given.database or ["sqlite", "postgresql"]]
    print(json.dumps(said, indent=2))
    return int(any(each["findings"] for each in said))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.soak", description="Storm the wallet with faults.")
    parser.add_argument(
        "--database", action="append", choices=["sqlite", "postgresql"], help="one database; both if none is named"
    )
    parser.add_argument("--minutes", type=float, default=30.0, help="on each database; %(default)s if not given")
    parser.add_argument("--seed", default=os.environ.get("WALLET_TEST_SEED") or str(random.randrange(10**9)))
    parser.add_argument("--cores", type=int, default=2, help="processes on PostgreSQL; %(default)s if not given")
    parser.add_argument("--busy", type=int, default=24, help="stories told at once; %(default)s if not given")
    parser.add_argument("--no-kills", action="store_true", help="only lines misbehave: to see a core's memory")
    raise SystemExit(uvloop.run(main(parser.parse_args())))
