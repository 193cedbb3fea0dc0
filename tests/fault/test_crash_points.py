"""Killed with signal 9 at every step of a batch: before the commit nothing was stored, after it the answer was."""

import json
import signal

import asyncpg
import pytest

from tests.fault import cores
from tests.fault.callers import calling, send_again
from tests.fault.crashing import VARIABLE, Point
from tests.fault.processes import driver
from tests.fault.sent import answered, once, stored
from tests.fault.storm import Told, command, draws, seat, seeded
from tests.storage.books import engine, opened

SEATS, KEYS, BUSY = 6, 400, 48
KILLED = -signal.SIGKILL

# PostgreSQL saves and commits by one statement: what lies between is cut further down, in the server itself.
POINTS = [("sqlite", point) for point in Point] + [("postgres", point) for point in Point if point is not Point.SAVED]


@pytest.fixture
def books(request, dialect):
    return request.getfixturevalue(f"{dialect}_database")


@pytest.mark.parametrize(("dialect", "point"), POINTS, ids=str)
async def test_a_crash_at_any_step_loses_and_doubles_nothing(books, point, tmp_path, monkeypatch):
    dice, told = seeded(), Told()
    words = once(draws(dice, SEATS, KEYS))
    async with engine(books) as (batcher, store):
        await seat(batcher, SEATS)
        turn = dice.randrange(2, 150 if point is Point.ANSWERED else 12)
        monkeypatch.setenv(VARIABLE, f"{turn} {point} {tmp_path}/last-words")
        async with driver(books) as core:
            unanswered = await _storm(core, words, told)
        monkeypatch.delenv(VARIABLE)
        asked = {tuple(key) for key in json.loads((tmp_path / "last-words").read_text())}
        batch = [each for each in unanswered if _key(each) in asked]
        outcomes = await stored(store, batch)

        before = dict(told.answers)
        await _resend(books, unanswered, told)
        await told.hold(store, SEATS)

    print(f"{turn} {point}: {len(before)} answered before, {len(batch)} of the batch not")
    if point is Point.ANSWERED:
        return
    assert batch
    assert bool(outcomes) is (point is Point.COMMITTED)
    assert outcomes == answered(told, outcomes)


async def test_a_served_core_that_crashes_at_one_step_after_another_loses_and_doubles_nothing(database, tmp_path):
    """As above, from outside: callers that know nothing but the client, and a core that is started again and again."""
    dice, told = seeded(), Told()
    last_words = tmp_path / "last-words"
    steps = [point for point in Point if point is not Point.ANSWERED]
    if database.startswith("postgresql"):
        steps.remove(Point.SAVED)
    async with engine(database) as (batcher, _):
        await seat(batcher, SEATS)
    async with cores.core(database) as core, cores.caller(core) as wallet:
        async with calling([wallet], draws(dice, SEATS, KEYS), told, 32) as callers:
            await callers.answered(100)
            await core.kill()
            for point in steps:
                crashing = CrashingCore(database, **{VARIABLE: f"{dice.randrange(3, 15)} {point} {last_words}"})
                crashing.target = core.target
                await crashing.start()
                assert await crashing.ended() == KILLED
                last_words.unlink()
            await core.start()
            await callers.answered(200)
        await send_again(wallet, told)
        async with opened(database) as store:
            await told.hold(store, SEATS)


class CrashingCore(cores.CoreProcess):
    program = ("tests.fault.crashing_core",)


HOLD = """
create function held() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock_shared(1); return null; end $$;
create constraint trigger held after update on players deferrable initially deferred
    for each row execute function held();
"""
"""Who holds the lock holds every save where all its rows are written and only the commit is missing."""

SAVING = "select pid from pg_stat_activity where datname = current_database() and application_name = 'wallet' and {}"
COMMITTING = SAVING.format("wait_event = 'advisory'")
BEHIND = SAVING.format("wait_event_type = 'Lock' and wait_event <> 'advisory'")


class Orphans:
    """Saves whose core has died while PostgreSQL was about to commit them."""

    def __init__(self, holder, pids):
        self._holder = holder
        self._pids = pids

    async def undo(self):
        for pid in self._pids:
            await self._holder.execute("select pg_terminate_backend($1, 10000)", pid)

    async def finish(self):
        await self._holder.execute("select pg_advisory_unlock(1)")

    async def end(self):
        while await _pids(self._holder, SAVING.format(f"pid = any(array{self._pids})")):
            pass

    async def met(self):
        """Wait until a save waits for one of them."""
        while not await _pids(self._holder, BEHIND):
            pass


@pytest.fixture
async def told():
    return Told()


@pytest.fixture
async def orphaned(postgres_database, told):
    """A core has died while its save was about to be committed: the saves, the store, and what it left unanswered."""
    dice = seeded()
    words = once(draws(dice, SEATS, KEYS))
    holder = await asyncpg.connect(postgres_database)
    try:
        async with engine(postgres_database) as (batcher, store):
            await seat(batcher, SEATS)
            await holder.execute(HOLD)
            async with driver(postgres_database) as core:
                await core.keep(BUSY, words, dice.randrange(50, 250), told)
                await holder.execute("select pg_advisory_lock(1)")
                while not (pids := await _pids(holder, COMMITTING)):
                    core.send(next(words))
                unanswered = await core.kill(told)
            assert await stored(store, unanswered) == {}
            yield Orphans(holder, pids), store, unanswered
            await told.hold(store, SEATS)
    finally:
        await holder.close()


async def test_a_save_that_postgres_undoes_after_its_core_has_died_was_never_there(postgres_database, orphaned, told):
    orphans, store, unanswered = orphaned
    await orphans.undo()
    await orphans.finish()
    await orphans.end()

    assert await stored(store, unanswered) == {}
    await _resend(postgres_database, unanswered, told)


async def test_a_save_that_postgres_finishes_after_its_core_has_died_is_the_answer(postgres_database, orphaned, told):
    orphans, store, unanswered = orphaned
    await orphans.finish()
    await orphans.end()
    outcomes = await stored(store, unanswered)
    await _resend(postgres_database, unanswered, told)

    assert outcomes
    assert outcomes == answered(told, outcomes)


async def test_a_save_that_postgres_finishes_while_the_next_core_sends_it_again_is_the_answer(
    postgres_database, orphaned, told
):
    orphans, _, unanswered = orphaned
    async with driver(postgres_database) as core:
        for each in unanswered:
            core.send(each)
        await orphans.met()
        await orphans.finish()

        assert await core.drain(told) == []


async def _resend(database, words, told):
    async with driver(database) as core:
        for each in [*words, *told.answers]:
            core.send(each)
        assert await core.drain(told) == []


async def _pids(connection, sql):
    return [row[0] for row in await connection.fetch(sql)]


async def _storm(core, words, told):
    """Keep plays under way until the process has ended; return those it left unanswered."""
    while True:
        while len(core.under_way) < BUSY:
            core.send(next(words))
        received = await core.receive()
        if received is None:
            return core.under_way
        told.note(*received)


def _key(words):
    play = command(*words)
    return play.player_id, play.actions[0].key.hex()
