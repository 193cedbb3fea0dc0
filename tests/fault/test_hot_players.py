"""Served cores side by side on one PostgreSQL, their callers all playing the same ten players."""

from contextlib import AsyncExitStack

import pytest

from tests.fault import cores
from tests.fault.callers import calling, send_again
from tests.fault.storm import Told, draws, seat, seeded
from tests.storage.books import engine, opened

SEATS, KEYS = 10, 150
COUNTS = "select deadlocks, xact_rollback as undone from pg_stat_database where datname = current_database()"


@pytest.mark.parametrize(("count", "callers_each"), [(2, 32), (4, 16)], ids=["two cores", "four cores"])
async def test_cores_that_play_the_same_players_move_each_key_once(postgres_database, count, callers_each):
    dice, told = seeded(), Told()
    async with engine(postgres_database) as (batcher, _):
        await seat(batcher, SEATS)
    async with AsyncExitStack() as stack:
        wallets = []
        for _ in range(count):
            core = await stack.enter_async_context(cores.core(postgres_database))
            wallets.append(await stack.enter_async_context(cores.caller(core)))
        async with calling(wallets, draws(dice, SEATS, KEYS), told, callers_each) as callers:
            await callers.answered(2000)
        for wallet in wallets:  # whichever core is asked
            await send_again(wallet, told)
    async with opened(postgres_database) as store:
        await told.hold(store, SEATS)
        (counts,) = await store.query(COUNTS)
    print(
        f"{told.count} answers of {len(told.answers)} plays; {counts['undone']} batches undone for a conflict; "
        f"{len(callers.unavailable)} calls were to ask again"
    )
    assert counts["undone"], "they never met"
    assert counts["deadlocks"] == 0
