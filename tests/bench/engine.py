"""The engine in process, beside the plain ledger: bets of many players, and of one."""

import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.bench import bets
from tests.bench.bets import PLAYERS
from tests.bench.callers import Callers
from tests.bench.measure import Contestant, Gauge, Meter, Row, contest
from tests.bench.places import Place
from tests.bench.plain import Ledger, lay, open_ledger
from tests.storage.books import deadline, open_store
from wallet_core.domain.commands import Play
from wallet_core.engine.batcher import Batcher
from wallet_core.engine.clock import Clock
from wallet_core.storage.migrate import is_sqlite

CALLERS = (1, 128, 1024)
HOT_CALLERS = 128
LANES = 2  # as the core is set when nobody sets it


class Engine:
    """A batcher on books, as contestants of several loads."""

    def __init__(self, batcher: Batcher, sizes: Counter[int], cpu: dict[str, Meter], gauges: dict[str, Gauge]) -> None:
        self._batcher = batcher
        self._sizes = sizes
        self._cpu = cpu
        self._gauges = gauges

    def contestant(self, key: str, name: str, callers: int, players: int) -> Contestant:
        def made(count: int) -> list[Play]:
            return [bets.command(*drawn) for drawn in bets.draws(players, count)]

        return Contestant(key, name, Callers(callers, made, self._bet), self._cpu, self._so_far, self._gauges)

    async def _bet(self, play: Play) -> None:
        decision = await self._batcher.submit(play, deadline())
        if decision.refusal is not None or decision.replayed:
            raise RuntimeError(f"{decision}")

    async def _so_far(self) -> Counter[int]:
        return self._sizes.copy()


@asynccontextmanager
async def engine(place: Place, database: str) -> AsyncIterator[Engine]:
    """Run an engine on the books while the block does."""
    store = await open_store(database, LANES)
    sizes: Counter[int] = Counter()
    lanes = 1 if is_sqlite(database) else LANES
    batcher = Batcher(store, Clock(), lanes=lanes, observe=lambda size, _: sizes.update((size,)))
    try:
        yield Engine(batcher, sizes, {"python": time.process_time, **place.cpu()}, place.gauges())
    finally:
        await batcher.stop()
        await store.close()


def _plain(ledger: Ledger, place: Place, callers: int) -> Contestant:
    numbers = itertools.count(time.time_ns())

    async def bet(drawn: tuple[str, str]) -> None:
        player, key = drawn
        await ledger.bet(next(numbers), key, player, key, bets.STAKE)

    load = Callers(callers, lambda count: list(bets.draws(PLAYERS, count)), bet)
    return Contestant(
        "plain",
        "plain ledger, a transaction a bet",
        load,
        {"python": time.process_time, **place.cpu()},
        gauges=place.gauges(),
    )


async def measure(place: Place, seconds: float, rounds: int) -> list[Row]:
    """Return the engine's rows of one database."""
    rows = []
    plain_books = await place.database()
    await lay(plain_books, map(bets.player_id, range(PLAYERS)), bets.MONEY)
    ledger = await open_ledger(plain_books)
    async with engine(place, await place.books(PLAYERS)) as ours:
        for callers in CALLERS:
            contestants = [
                _plain(ledger, place, callers),
                ours.contestant(f"engine@{callers}", "engine", callers, PLAYERS),
            ]
            rows += await contest("engine", place.name, contestants, seconds, rounds)
        hot = [
            ours.contestant("uniform", f"engine, {PLAYERS:,} players", HOT_CALLERS, PLAYERS),
            ours.contestant("hot", "engine, one hot player", HOT_CALLERS, 1),
        ]
        rows += await contest("engine", place.name, hot, seconds, rounds)
    await ledger.close()
    return rows
