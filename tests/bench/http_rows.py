"""Signed bets over HTTP: our adapter and core beside the doors one would write for a plain ledger.

Then the latency of ours when bets come by the clock: at a rate every casino has, and at half of what was just measured.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.bench import bets
from tests.bench.bets import PLAYERS
from tests.bench.generator import Generator, Remote, generator
from tests.bench.measure import Contestant, Meter, Row, contest
from tests.bench.places import Place
from tests.bench.plain import lay
from tests.bench.processes import Running, adapter, core, process

CONNECTIONS = 128
RATE = 1_000


@asynccontextmanager
async def served(folder: Path, database: str) -> AsyncIterator[tuple[Running, Running]]:
    """Run a core on the books and an adapter before it; yield the adapter and the core."""
    async with core(database) as behind, adapter(folder, behind.said["core"]) as door:
        yield door, behind


def load(source: Generator, url: str, *, players: int = PLAYERS, rate: float | None = None) -> Remote:
    """Return the load of signed bets: by the clock if there is a rate, else a closed loop."""
    label = str(CONNECTIONS) if rate is None else f"{rate:,.0f}/s"
    return Remote(source, label, url=url, players=players, connections=CONNECTIONS, rate=rate)


async def measure(place: Place, folder: Path, seconds: float, rounds: int, latency_seconds: float) -> list[Row]:
    """Return the rows of one database."""
    async with AsyncExitStack() as stack:
        source = await stack.enter_async_context(generator("tests.bench.http_load"))
        rivals = await _rivals(stack, source, place)
        door, behind = await stack.enter_async_context(served(folder, await place.books(PLAYERS)))
        cpu = {"generator": source.cpu, "adapter": door.cpu, "core": behind.cpu, **place.cpu()}

        def ours(key: str, name: str, **more: float) -> Contestant:
            return Contestant(key, name, load(source, door.said["url"], **more), cpu, behind.sizes, place.gauges())

        rows = await contest(
            "HTTP",
            place.name,
            [
                *rivals,
                ours("wallet", "adapter, gRPC, core"),
                ours("hot", "adapter, gRPC, core: one hot player", players=1),
            ],
            seconds,
            rounds,
        )
        half = next(row for row in rows if row.contestant.key == "wallet").rate / 2
        for key, rate in ((f"at {RATE}", RATE), ("at half", half)):
            by_clock = [ours(key, "adapter, gRPC, core: by the clock", rate=rate)]
            rows += await contest("HTTP", place.name, by_clock, latency_seconds, 1)
        return rows


async def _rivals(stack: AsyncExitStack, source: Generator, place: Place) -> list[Contestant]:
    """Start the plain ledger behind both doors, each on a database of its own."""
    contestants = []
    for key, name in (("plain-grpc", "plain ledger: aiohttp, gRPC, SQL"), ("plain", "plain ledger: aiohttp, SQL")):
        database = await place.database()
        await lay(database, map(bets.player_id, range(PLAYERS)), bets.MONEY)
        cpu: dict[str, Meter] = {"generator": source.cpu}
        behind = database
        if key == "plain-grpc":
            ledger = await stack.enter_async_context(process("tests.bench.plain_core", database))
            behind, cpu["core"] = ledger.said["core"], ledger.cpu
        door = await stack.enter_async_context(process("tests.bench.plain_door", behind))
        cpu |= {"door": door.cpu, **place.cpu()}
        contestants.append(Contestant(key, name, load(source, door.said["url"]), cpu, gauges=place.gauges()))
    return contestants
