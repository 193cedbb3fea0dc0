"""Cores side by side on one PostgreSQL, playing the same players under the same keys."""

import asyncio
from contextlib import AsyncExitStack

import asyncpg
import pytest

from tests.fault.processes import driver
from tests.fault.storm import FULL, Told, draws, players, seat, seeded
from tests.storage.books import EUR, PROVIDER, bet, cash, create, deadline, deposit, engine, run
from wallet_core.domain.commands import Bury, batch_key
from wallet_core.engine.graves import sweep
from wallet_core.storage.check import check


async def _deadlocks(dsn):
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval("select deadlocks from pg_stat_database where datname = current_database()")
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("processes", "seats", "keys", "plays"),
    [
        pytest.param(2, 1, 60, 300, id="two processes, one player"),
        pytest.param(2, 10, 120, 1500, id="two processes, ten players"),
        pytest.param(4, 10, 120, 600, id="four processes, ten players"),
    ],
)
async def test_a_storm_of_the_same_keys_moves_each_once(postgres_database, processes, seats, keys, plays):
    dice, told = seeded(), Told()
    async with engine(postgres_database) as (batcher, store):
        await seat(batcher, seats)
        async with AsyncExitStack() as stack:
            drivers = [await stack.enter_async_context(driver(postgres_database, 2)) for _ in range(processes)]

            async def play(driver, words):
                lost = await driver.keep(32, words, plays, told) + await driver.drain(told)
                while lost:  # others were faster, twenty times over: the same again, until it is answered
                    for again in lost:
                        driver.send(again)
                    lost = await driver.drain(told)

            streams = [draws(dice, seats, keys) for _ in drivers]
            await asyncio.gather(*(play(*each) for each in zip(drivers, streams, strict=True)))
        await told.hold(store, seats)

    assert told.count >= processes * plays > len(told.answers)
    assert await _deadlocks(postgres_database) == 0


async def test_a_rollback_by_id_alone_that_races_its_original_wins_in_the_end(postgres_database):
    """Whichever process comes first: after a sweep no bet that was buried has moved money."""
    dice, seats, keys = seeded(), 5, 100
    pairs = [(player_id, number) for player_id in players(seats) for number in range(keys)]
    dice.shuffle(pairs)
    async with engine(postgres_database) as (batcher, store):
        await seat(batcher, seats)
        held = {player_id: await cash(store, player_id) for player_id in players(seats)}
        async with driver(postgres_database) as plays, driver(postgres_database) as buries:

            async def storm(driver, kind, some):
                for player_id, number in some:
                    driver.send((player_id, kind, number))
                assert await driver.drain(Told()) == []

            for start in range(0, len(pairs), 4):  # a few at a time, so that each meets its own
                some = pairs[start : start + 4]
                await asyncio.gather(storm(plays, "bet", some), storm(buries, "bury", some))
        slipped = await sweep(batcher, store, {}, since=0, deadline=deadline())
        print(f"{slipped} of {len(pairs)} originals slipped past their tombstones")

        assert {player_id: await cash(store, player_id) for player_id in players(seats)} == held
        assert await check(store) == []
        assert await sweep(batcher, store, {}, since=0, deadline=deadline()) == 0


@pytest.mark.parametrize("batched", [False, True], ids=["by its id", "by its batch"])
async def test_an_original_that_is_saved_after_the_tombstone_it_did_not_see_is_swept(postgres_database, batched):
    """The race, held open: the original is decided, and its save waits for a row, while the tombstone is committed."""
    original = bet("p", "raced", EUR, batch_id="batch")
    grave = Bury(PROVIDER, batch_key("batch") if batched else "raced")
    blocker = await asyncpg.connect(postgres_database)
    waiting = (
        "select count(*) as locks from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    )
    try:
        async with engine(postgres_database) as (batcher, store), engine(postgres_database) as (other, _):
            await run(batcher, create("p"), deposit("p", FULL))
            async with blocker.transaction():
                await blocker.execute("select from players for update")
                raced = asyncio.ensure_future(other.submit(original, deadline()))
                while (await store.query(waiting))[0]["locks"] == 0:
                    assert not raced.done()
                await run(batcher, grave)
            assert (await raced).refusal is None
            slipped = await cash(store, "p")
            found = await sweep(batcher, store, {}, since=0, deadline=deadline())

            assert (slipped, found) == (FULL - EUR, 1)
            assert await cash(store, "p") == FULL
            assert await check(store) == []
            assert await sweep(batcher, store, {}, since=0, deadline=deadline()) == 0
    finally:
        await blocker.close()
