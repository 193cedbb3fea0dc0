"""One suite, both databases: a test that asks for `store` runs on each."""

import pytest

from tests.storage.books import opened
from wallet_core.storage.migrate import migrate


@pytest.fixture
async def sqlite_database(tmp_path):
    """The address of a fresh, migrated file."""
    database = f"sqlite://{tmp_path}/books.db"
    await migrate(database)
    return database


@pytest.fixture(params=["sqlite", "postgres"])
def database(request):
    """The address of fresh, migrated books."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture
async def store(database):
    async with opened(database) as store:
        yield store


@pytest.fixture
async def other(database):
    """The same books, opened by somebody else."""
    async with opened(database) as other:
        yield other
