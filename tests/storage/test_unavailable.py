"""The database is away, and back again: callers are told so, and nobody has to be restarted."""

import asyncio
import signal
import sqlite3

import asyncpg
import pytest
from msgspec.structs import replace

from tests.storage.books import Saves, open_store, opened
from tests.storage.test_conformance import PLAYER
from tests.support.postgres import Cluster
from wallet_core.domain.book import Needs
from wallet_core.storage import postgres, sqlite
from wallet_core.storage.migrate import migrate
from wallet_core.storage.store import Unavailable


@pytest.fixture(scope="module")
def server():
    server = Cluster()
    yield server
    server.close()


@pytest.fixture
def cluster(server):
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL])
async def test_postgres_goes_and_comes_back(cluster, how):
    await migrate(cluster.dsn)
    store = await open_store(cluster.dsn, lanes=2)
    player = replace(PLAYER, player_id=how.name)
    try:
        await store.apply(Saves(player))
        cluster.stop(how)
        for _ in range(3):
            with pytest.raises(Unavailable):
                await store.apply(Saves((player, replace(player, version=9))))
            with pytest.raises(Unavailable):
                await store.preview(Saves(wanted=Needs({"p"}, set(), set(), set())))
            with pytest.raises(Unavailable):
                await store.player(player.player_id)
            with pytest.raises(Unavailable):
                await store.query("select 1")
        cluster.start()
        await store.apply(Saves((player, replace(player, version=4))))
        found = await store.player(player.player_id)
    finally:
        await store.close()

    assert found.version == 4


async def test_postgres_that_goes_while_a_batch_waits_is_unavailable(cluster):
    await migrate(cluster.dsn)
    store = await open_store(cluster.dsn)
    blocker = await asyncpg.connect(cluster.dsn)
    player = replace(PLAYER, player_id="waits")
    try:
        await store.apply(Saves(player))
        await blocker.execute("begin; select from players for update")
        saves = asyncio.create_task(store.apply(Saves((player, replace(player, version=4)))))
        waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        while not (await store.query(waiting))[0]["count"]:
            assert not saves.done()
        cluster.stop(signal.SIGQUIT)
        with pytest.raises(Unavailable):
            await saves
        cluster.start()
        found = await store.player(player.player_id)
    finally:
        blocker.terminate()
        await store.close()

    assert found == player


async def test_postgres_that_hangs_is_unavailable(postgres_database, monkeypatch):
    monkeypatch.setattr(postgres, "COMMAND_TIMEOUT", 0.2)
    store = await open_store(postgres_database)
    blocker = await asyncpg.connect(postgres_database)
    try:
        await store.apply(Saves(PLAYER))
        await blocker.execute("begin; select from players for update")
        with pytest.raises(Unavailable):
            await store.apply(Saves((PLAYER, replace(PLAYER, version=4))))
        await blocker.execute("rollback")
        await store.apply(Saves((PLAYER, replace(PLAYER, version=5))))
        found = await store.player("p")
    finally:
        await blocker.close()
        await store.close()

    assert found.version == 5


async def test_a_check_of_postgres_may_take_longer_than_a_command(postgres_database, monkeypatch):
    monkeypatch.setattr(postgres, "COMMAND_TIMEOUT", 0.2)
    async with opened(postgres_database) as store:
        rows = await store.query("select 1 as one from pg_sleep(0.5)")

    assert rows == [{"one": 1}]


@pytest.mark.parametrize("database", ["sqlite:///no/such/folder/books.db", "postgresql://postgres@127.0.0.1:1/nowhere"])
async def test_what_is_not_there_cannot_be_opened(database):
    with pytest.raises(Unavailable):
        await open_store(database)


async def test_sqlite_that_somebody_else_keeps_locked_is_unavailable_until_it_is_not(
    sqlite_database, tmp_path, monkeypatch
):
    monkeypatch.setattr(sqlite, "PRAGMAS", ("pragma busy_timeout = 50",))
    store = await open_store(sqlite_database)
    keeper = sqlite3.connect(tmp_path / "books.db", isolation_level=None)
    try:
        keeper.execute("begin immediate")
        with pytest.raises(Unavailable):
            await store.apply(Saves(PLAYER))
        assert await store.player("p") is None  # who only reads does not wait
        keeper.execute("rollback")
        await store.apply(Saves(PLAYER))
        found = await store.player("p")
    finally:
        keeper.close()
        await store.close()

    assert found == PLAYER


async def test_sqlite_is_as_durable_as_it_says(sqlite_database):
    """The pragmas of the connection that writes."""
    async with opened(sqlite_database) as store:
        writer, thread = store._writer, store._thread  # noqa: SLF001  the pragmas are that connection's own

        def pragma(name):
            return writer.execute(f"pragma {name}").fetchone()[0]

        loop = asyncio.get_running_loop()
        found = [await loop.run_in_executor(thread, pragma, name) for name in ("journal_mode", "synchronous")]

    assert found == ["wal", 2]
