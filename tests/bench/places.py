"""Where the benches keep their books: databases of their own, on the disk, with fsync on."""

import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import asyncpg

from tests.bench.conditions import family_seconds, parent_of
from tests.support.postgres import Cluster, create_database

OPTIONS = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=1GB", "max_wal_size=4GB")


class Place:
    """One kind of database."""

    name = ""
    postgres = False

    async def database(self) -> str:
        """Return the address of new books, still to be migrated."""
        raise NotImplementedError

    def cpu(self) -> dict[str, Callable[[], float]]:
        """Return how to ask for the server's CPU seconds, if it has one."""
        return {}

    def close(self) -> None:
        raise NotImplementedError


class Files(Place):
    """SQLite."""

    name = "SQLite"

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="wallet-bench-"))
        self._count = 0

    async def path(self) -> Path:
        self._count += 1
        return self.folder / f"{self._count}.db"

    async def database(self) -> str:
        return f"sqlite://{await self.path()}"

    def close(self) -> None:
        shutil.rmtree(self.folder)


class Server(Place):
    """PostgreSQL."""

    name = "PostgreSQL"
    postgres = True

    def __init__(self) -> None:
        self._cluster = Cluster()
        self._cluster.start(*OPTIONS)
        self._pid = 0
        self.version = ""

    async def look(self) -> None:
        """Find out the server's version and process."""
        connection = await asyncpg.connect(self._cluster.dsn)
        self._pid = parent_of(await connection.fetchval("select pg_backend_pid()"))
        self.version = await connection.fetchval("show server_version")
        await connection.close()

    async def database(self) -> str:
        return await create_database(self._cluster.dsn)

    def cpu(self) -> dict[str, Callable[[], float]]:
        return {"postgres": partial(family_seconds, self._pid)}

    def close(self) -> None:
        self._cluster.close()
