"""Where the benches keep their books: databases of their own, on the disk, with fsync on."""

import os
import tempfile
from functools import partial
from pathlib import Path

import asyncpg

from tests.bench.conditions import family_seconds, parent_of
from tests.bench.filling import FIRST, fill
from tests.bench.measure import Gauge, Meter
from tests.support.postgres import Cluster, create_database
from wallet_core.storage.migrate import sqlite_path

MEMORY = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
"""MiB of the machine. A server gets a quarter of them, as its manual says."""

OPTIONS = (
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    f"shared_buffers={MEMORY // 4}MB",
    "max_wal_size=4GB",
)


class Place:
    """One kind of database."""

    name = ""

    async def database(self) -> str:
        """Return the address of an empty database."""
        raise NotImplementedError

    async def books(self, players: int, transactions: int = FIRST) -> str:
        """Return the address of books with so many players, each with so many transactions."""
        database = await self.database()
        await fill(database, players, transactions)
        return database

    def cpu(self) -> dict[str, Meter]:
        """Return how to ask for the server's CPU seconds, if it has one."""
        return {}

    def gauges(self) -> dict[str, Gauge]:
        """Return what else there is to be asked of the server."""
        return {}

    async def settle(self, database: str) -> None:
        """Let the server do what filling has left it to do, if there is one."""

    async def size(self, database: str) -> int:
        """Return the bytes of a database."""
        raise NotImplementedError


class Files(Place):
    """SQLite."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    async def database(self) -> str:
        self._count += 1
        return f"sqlite://{self._folder / f'{self._count}.db'}"

    async def size(self, database: str) -> int:
        path = sqlite_path(database)
        return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*") if not file.name.endswith("-shm"))


class Server(Place):
    """PostgreSQL."""

    name = "PostgreSQL"

    def __init__(self) -> None:
        self._cluster = Cluster()
        self._cluster.start(*OPTIONS)
        self._connection: asyncpg.Connection | None = None
        self._pid = 0
        self.version = ""

    async def connect(self) -> None:
        """Find out the server's version and process."""
        self._connection = await asyncpg.connect(self._cluster.dsn)
        self._pid = parent_of(await self._connection.fetchval("select pg_backend_pid()"))
        self.version = await self._connection.fetchval("show server_version")

    async def database(self) -> str:
        return await create_database(self._cluster.dsn)

    def cpu(self) -> dict[str, Meter]:
        return {"postgres": partial(family_seconds, self._pid)}

    def gauges(self) -> dict[str, Gauge]:
        return {"bytes of WAL": self._written}

    async def _written(self) -> float:
        return float(await self._connection.fetchval("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))

    async def settle(self, database: str) -> None:
        """Do what the server would have done while the books grew: vacuum, and a checkpoint."""
        connection = await asyncpg.connect(database)
        await connection.execute("vacuum (analyze)")
        await connection.execute("checkpoint")
        await connection.close()

    async def size(self, database: str) -> int:
        return int(await self._connection.fetchval("select pg_database_size($1)", database.rpartition("/")[2]))

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
        self._cluster.close()


def new_folder() -> Path:
    """Return a folder for files that the bench makes, on the disk."""
    return Path(tempfile.mkdtemp(prefix="wallet-bench-"))
