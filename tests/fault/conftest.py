"""Databases for the faults: shared where nothing breaks them, a server of its own where the server is killed."""

import pytest

from tests.support.postgres import Cluster
from wallet_core.storage.migrate import migrate


@pytest.fixture
async def sqlite_database(tmp_path):
    database = f"sqlite://{tmp_path}/books.db"
    await migrate(database)
    return database


@pytest.fixture(params=["sqlite", "postgres"])
def database(request):
    """The address of fresh, migrated books."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture
async def cluster():
    """A running PostgreSQL to be killed, its books migrated; what it committed is on the disk."""
    cluster = Cluster()
    try:
        cluster.start("fsync=on")
        await migrate(cluster.dsn)
        yield cluster
    finally:
        cluster.close()
