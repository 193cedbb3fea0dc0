"""Two at once on the same books: somebody commits in between, and nobody's change is lost."""

import asyncio
import multiprocessing
import threading

import asyncpg
import pytest
from msgspec.structs import replace

from tests.storage.books import Saves, open_store, opened
from tests.storage.test_conformance import LINE, PLAYER, POCKET, ROUND, SESSION, TRANSACTION
from wallet_core.domain.book import Needs
from wallet_core.domain.entries import NO_PLAYER, Kind
from wallet_core.domain.players import Player
from wallet_core.storage.bulk import plan, postgres
from wallet_core.storage.postgres import HOT_SETTINGS
from wallet_core.storage.store import VersionConflict

RAISED = replace(PLAYER, version=PLAYER.version + 1)
AGAIN = replace(PLAYER, version=PLAYER.version + 1, changed_at=99)


async def test_a_row_that_another_has_changed_is_a_conflict_and_nothing_is_saved(store, other):
    await store.apply(Saves(PLAYER))
    await other.apply(Saves((PLAYER, RAISED)))
    with pytest.raises(VersionConflict):
        await store.apply(Saves((PLAYER, AGAIN), POCKET, SESSION, ROUND, TRANSACTION, lines=[LINE]))

    assert await store.player("p") == RAISED
    assert await store.pockets("p") == []
    assert await store.session("p", SESSION.session_id) is None
    assert await store.transactions("p", limit=1) == []
    assert await store.lines("p", [LINE.transaction_id]) == []


async def test_one_conflict_in_a_batch_holds_back_all_of_it(store, other):
    players = [replace(PLAYER, player_id=name) for name in ("a", "b", "c")]
    await store.apply(Saves(*players))
    await other.apply(Saves((players[1], replace(players[1], version=9))))
    with pytest.raises(VersionConflict):
        await store.apply(Saves(*((player, replace(player, version=4)) for player in players)))

    assert [(await store.player(name)).version for name in ("a", "b", "c")] == [3, 9, 3]


async def test_a_row_that_is_gone_is_a_conflict(store):
    with pytest.raises(VersionConflict):
        await store.apply(Saves((PLAYER, RAISED)))


@pytest.mark.parametrize(
    "row",
    [
        PLAYER,
        TRANSACTION,
        replace(TRANSACTION, player_id=NO_PLAYER, kind=Kind.TOMBSTONE),
    ],
    ids=["player", "transaction", "tombstone"],
)
async def test_a_key_that_another_has_taken_is_a_conflict(store, other, row):
    await other.apply(Saves(row))
    with pytest.raises(VersionConflict):
        await store.apply(Saves(row, POCKET))

    assert await store.pockets("p") == []


async def test_a_transaction_id_that_another_has_taken_is_a_conflict(store, other):
    await other.apply(Saves(TRANSACTION))
    with pytest.raises(VersionConflict):
        await store.apply(Saves(replace(TRANSACTION, key=b"another")))


class Raises(Saves):
    """Counts on the player's row, as every command does."""

    def __init__(self):
        super().__init__(wanted=Needs({"p"}, set(), set(), set()))

    def follow(self, rows):
        self.read = next(row for row in rows if isinstance(row, Player))

    def decide(self):
        self.changes = Saves((self.read, replace(self.read, version=self.read.version + 1))).changes
        return self.changes


async def _raise(store, times):
    conflicts = 0
    while times:
        try:
            await store.apply(Raises())
        except VersionConflict:
            conflicts += 1
        else:
            times -= 1
    return conflicts


async def test_two_connections_lose_no_change(store, other):
    await store.apply(Saves(replace(PLAYER, version=0)))
    await asyncio.gather(_raise(store, 100), _raise(other, 100))

    assert (await store.player("p")).version == 200


def _raise_elsewhere(database):
    async def elsewhere():
        async with opened(database) as store:
            await _raise(store, 100)

    asyncio.run(elsewhere())


async def test_two_processes_lose_no_change(store, database):
    await store.apply(Saves(replace(PLAYER, version=0)))
    other = multiprocessing.get_context("spawn").Process(target=_raise_elsewhere, args=(database,))
    other.start()
    await _raise(store, 100)
    await asyncio.to_thread(other.join)

    assert other.exitcode == 0
    assert (await store.player("p")).version == 200


class Overtaken(Raises):
    """While it decides, somebody else commits to the row it has read."""

    def __init__(self, database):
        super().__init__()
        self.database = database
        self.times = 0

    def decide(self):
        self.times += 1
        if self.times == 1:
            elsewhere = threading.Thread(target=_overtake, args=(self.database,))
            elsewhere.start()
            elsewhere.join()
        return super().decide()


def _overtake(database):
    async def elsewhere():
        async with opened(database) as store:
            await _raise(store, 1)

    asyncio.run(elsewhere())


async def test_postgres_sees_a_commit_between_load_and_save(postgres_database):
    """On SQLite there is no between: the whole batch holds the write lock."""
    async with opened(postgres_database) as store:
        await store.apply(Saves(replace(PLAYER, version=0)))
        work = Overtaken(postgres_database)
        with pytest.raises(VersionConflict):
            await store.apply(work)
        await store.apply(work)

        assert (await store.player("p")).version == 2


class Followed(Saves):
    """Between its two loads, somebody else undoes the bet whose round is still to be read."""

    def __init__(self, database):
        key = TRANSACTION.player_id, TRANSACTION.key
        round_ = ROUND.player_id, ROUND.provider_id, ROUND.round_id
        super().__init__(wanted=Needs(set(), set(), {key}, set()), further=Needs(set(), set(), set(), {round_}))
        self.database = database

    def follow(self, rows):
        if self.further:
            elsewhere = threading.Thread(target=_undo, args=(self.database,))
            elsewhere.start()
            elsewhere.join()
        return super().follow(rows)


UNDONE = replace(TRANSACTION, undone=not TRANSACTION.undone), replace(ROUND, in_play=0)


def _undo(database):
    async def elsewhere():
        async with opened(database) as store:
            await store.apply(Saves(*zip((TRANSACTION, ROUND), UNDONE, strict=True)))

    asyncio.run(elsewhere())


async def test_postgres_decides_on_rows_of_one_moment(postgres_database):
    """A bet as it was and its round as it is: a rollback of it would take the round's stake below zero."""
    async with opened(postgres_database) as store:
        await store.apply(Saves(TRANSACTION, ROUND))
        work = Followed(postgres_database)
        await store.preview(work)

        assert set(work.found) == set(UNDONE)


async def test_postgres_guards_players_in_the_order_of_their_keys(postgres_database):
    """Two batches that wait for each other's rows in the same order cannot deadlock."""
    store = await open_store(postgres_database)
    watcher = await asyncpg.connect(postgres_database)
    blocker = await asyncpg.connect(postgres_database)
    players = [replace(PLAYER, player_id=f"{number:02}") for number in range(20)]
    try:
        await store.apply(Saves(*players[::-1]))
        async with blocker.transaction():
            await blocker.execute("select from players where player_id = '10' for update")
            saves = asyncio.create_task(
                store.apply(Saves(*((player, replace(player, version=4)) for player in players[::-1])))
            )
            waiting = (
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
            )
            while not await watcher.fetchval(waiting):
                assert not saves.done()
            free = await watcher.fetch("select player_id from players order by player_id for update skip locked")
        await saves
    finally:
        await asyncio.gather(store.close(), watcher.close(), blocker.close())

    assert [row[0] for row in free] == [f"{number:02}" for number in range(11, 20)]


def test_the_steps_of_a_save_are_in_one_order_whatever_came_first():
    """Two new rows of two tables, in either order, made a statement each: two to prepare, and a circle to wait in."""
    tombstone = replace(TRANSACTION, player_id=NO_PLAYER, kind=Kind.TOMBSTONE)
    rows = [PLAYER, tombstone, POCKET, SESSION, ROUND, (RAISED, AGAIN), (TRANSACTION, TRANSACTION)]
    statements = {postgres(tuple(plan(Saves(*order, lines=[LINE]).changes))) for order in (rows, rows[::-1])}

    assert len(statements) == 1


async def test_postgres_makers_of_a_player_and_a_tombstone_do_not_wait_in_a_circle(postgres_database):
    tombstone = replace(TRANSACTION, player_id=NO_PLAYER, kind=Kind.TOMBSTONE)
    stores = [await open_store(postgres_database) for _ in range(2)]
    watcher = await asyncpg.connect(postgres_database, server_settings=HOT_SETTINGS)
    deadlocks = "select deadlocks from pg_stat_database where datname = current_database()"
    try:
        for number in range(50):
            new = [
                replace(PLAYER, player_id=str(number)),
                replace(tombstone, key=bytes([number]), transaction_id=bytes([number])),
            ]
            outcomes = await asyncio.gather(
                stores[0].apply(Saves(*new)), stores[1].apply(Saves(*new[::-1])), return_exceptions=True
            )
            assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "VersionConflict"]
            assert not any(
                isinstance(outcome and outcome.__cause__, asyncpg.DeadlockDetectedError) for outcome in outcomes
            )
        found = await watcher.fetchval(deadlocks)
    finally:
        await asyncio.gather(watcher.close(), *(store.close() for store in stores))

    assert found == 0
