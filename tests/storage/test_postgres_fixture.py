"""The PostgreSQL the other tests stand on."""

import signal

import asyncpg
import pytest

from tests.support.postgres import Cluster, database_name


async def test_each_test_has_a_database_of_its_own(postgres_dsn, postgres_database):
    connection = await asyncpg.connect(postgres_database)
    try:
        name = await connection.fetchval("SELECT current_database()")
    finally:
        await connection.close()

    assert name == database_name(postgres_database) != database_name(postgres_dsn)


@pytest.fixture
def cluster():
    cluster = Cluster()
    cluster.start("fsync=on")
    yield cluster
    cluster.close()


@pytest.mark.parametrize("crash", [lambda cluster: cluster.stop(signal.SIGQUIT), Cluster.kill], ids=["quit", "killed"])
async def test_a_crashed_server_comes_back_with_what_was_committed(cluster, crash):
    connection = await asyncpg.connect(cluster.dsn)
    await connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    crash(cluster)
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError, ConnectionError)):
        await connection.fetchval("SELECT n FROM kept")
    connection.terminate()
    cluster.start()
    connection = await asyncpg.connect(cluster.dsn)
    try:
        n = await connection.fetchval("SELECT n FROM kept")
    finally:
        await connection.close()

    assert n == 1
