"""The engine in process, beside the plain ledger."""

import asyncio
import itertools
import random
import time
from collections import Counter
from pathlib import Path

from tests.bench.measure import Contestant, contest
from tests.bench.places import Place
from tests.bench.plain import PlainSqlite, plain_postgres
from tests.storage.books import EUR, bet, create, deadline, deposit, open_store
from wallet_core.engine.batcher import Batcher
from wallet_core.engine.clock import Clock
from wallet_core.storage.migrate import migrate

PLAYERS = 10_000
MONEY = 1_000_000 * EUR
CALLERS = (1, 16, 128, 1024)
LANES = 2  # as the core is set when nobody sets it


async def seat(batcher: Batcher, players: int) -> None:
    """Create the players, each with money."""
    for start in range(0, players, 1000):
        some = [str(number) for number in range(start, min(start + 1000, players))]
        await asyncio.gather(*(batcher.submit(create(player), deadline()) for player in some))
        await asyncio.gather(*(batcher.submit(deposit(player, MONEY), deadline()) for player in some))


async def measure(place: Place, _folder: Path, seconds: float, rounds: int) -> None:
    """Print the engine's rows of one database."""
    database = await place.database()
    await migrate(database)
    store = await open_store(database, LANES)
    sizes: Counter[int] = Counter()
    batcher = Batcher(store, Clock(), lanes=LANES, observe=lambda size, _: sizes.update((size,)))
    await seat(batcher, PLAYERS)
    if place.postgres:
        plain = await plain_postgres(await place.database(), PLAYERS, MONEY)
    else:
        plain = PlainSqlite(await place.path())
        plain.fill(PLAYERS, MONEY)
    dice, number = random.Random(1), itertools.count()

    async def by_engine() -> None:
        decision = await batcher.submit(bet(str(dice.randrange(PLAYERS)), str(next(number)), EUR // 100), deadline())
        assert decision.refusal is None

    async def by_plain() -> None:
        await plain.bet(next(number), str(dice.randrange(PLAYERS)), EUR // 100)

    cpu = {"python": time.process_time, **place.cpu()}
    contestants = [
        Contestant("plain ledger, a transaction a bet", by_plain, cpu),
        Contestant("engine", by_engine, cpu, batches=sizes),
    ]
    for callers in CALLERS:
        await contest(f"in process, {place.name}", contestants, callers, seconds, rounds)
    await batcher.stop()
    await store.close()
    await plain.close()
