"""SQLite: the embedded default. One writer thread runs a whole batch in one hop; reads go through aiosqlite.

Write-ahead log and `synchronous=FULL`: a commit that was answered survives a power cut.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from wallet_core.domain.book import Needs, Row
from wallet_core.storage import bulk
from wallet_core.storage.reads import Reads, bound, named
from wallet_core.storage.store import Store, Unavailable, VersionConflict, Work
from wallet_core.storage.tables import PLAYERS, POCKETS, ROUNDS, SESSIONS, TRANSACTIONS, Table

T = TypeVar("T")

PRAGMAS = (
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma busy_timeout = 5000",  # another process may be migrating, or checking
    "pragma cache_size = -65536",  # KiB
    "pragma temp_store = memory",
    "pragma wal_autocheckpoint = 10000",  # pages: fewer, larger checkpoints than the default 1000; 40 MB are soon read
)

DUPLICATES = frozenset({"SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"})
"""A row that another process has just made. Any other constraint is a fault of ours."""


@contextmanager
def interpreted() -> Iterator[None]:
    """Give SQLite's errors our names, at this one place."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorname in DUPLICATES:
            raise VersionConflict from error
        raise
    except sqlite3.OperationalError as error:
        raise Unavailable(error.sqlite_errorname) from error


class Sqlite(Reads):
    """The books in one file.

    A read is one hop: while any statement of the reader is open, all of them see the commits of when it began.
    """

    def __init__(self, writer: sqlite3.Connection, reader: aiosqlite.Connection, thread: ThreadPoolExecutor) -> None:
        """Take the open connections; `thread` is the only one that touches the writer."""
        self._writer = writer
        self._reader = reader
        self._thread = thread

    async def apply(self, work: Work) -> None:
        """Load, decide and save in one transaction."""
        await self._hop(self._apply, work)

    async def preview(self, work: Work) -> None:
        """Load and decide; save nothing."""
        await self._hop(self._preview, work)

    async def _hop(self, function: Callable[[Work], None], work: Work) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, function, work)

    def _apply(self, work: Work) -> None:
        with interpreted():
            self._writer.execute("begin immediate")
            try:
                self._save(work)
                self._writer.execute("commit")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("rollback")
                raise

    def _preview(self, work: Work) -> None:
        with interpreted():
            self._decide(work)

    def _decide(self, work: Work) -> Any:
        rows = self._load(work.needs())
        while (further := work.follow(rows)) is not None:
            rows = [*rows, *self._load(further)]
        return work.decide()

    def _save(self, work: Work) -> None:
        for shape, rows in bulk.plan(self._decide(work)).items():
            for size, values in bulk.chunks(rows):
                cursor = self._writer.execute(bulk.sqlite(shape, size), values)
                if shape.verb == bulk.GUARD and cursor.rowcount != size:
                    raise VersionConflict

    def _load(self, needs: Needs) -> list[Row]:
        players = [(player_id,) for player_id in needs.players]
        keyed: tuple[tuple[Table[Any], int, Sequence[tuple[Any, ...]]], ...] = (
            (PLAYERS, 1, players),
            (POCKETS, 1, players),  # all of a player's
            (SESSIONS, 2, list(needs.sessions)),
            (TRANSACTIONS, 2, list(needs.transactions)),
            (ROUNDS, 3, list(needs.rounds)),
        )
        rows: list[Row] = []
        for table, width, keys in keyed:
            for size, values in bulk.chunks(keys):
                statement = bulk.sqlite_loading(table.name, width, size)
                rows.extend(map(table.read, self._writer.execute(statement, values).fetchall()))
        return rows

    async def _fetch(self, name: str, *, many: Sequence[bytes] | None = None, **parameters: Any) -> list[Sequence[Any]]:
        statement = named(name)
        if many is not None:
            names = [f"many{index}" for index in range(len(many))]
            parameters.update(zip(names, many, strict=True))
            statement = statement.replace("{in}", "in (" + ", ".join(f":{each}" for each in names) + ")")
        text, values = bound(statement, "?", parameters)
        with interpreted():
            return list(await self._reader.execute_fetchall(text, values))

    async def query(self, sql: str) -> list[dict[str, object]]:
        """Return the rows of a check or report."""
        with interpreted():
            return [dict(row) for row in await self._reader.execute_fetchall(sql)]

    async def close(self) -> None:
        """Let go of the file."""
        await self._reader.close()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._writer.close)
        self._thread.shutdown()


async def open_sqlite(path: Path) -> Store:
    """Open the books in the file `path`; it is made if there is none.

    Raises:
        Unavailable: it cannot be opened.
    """
    thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        for pragma in PRAGMAS:
            connection.execute(pragma)
        return connection

    with interpreted():
        writer = await asyncio.get_running_loop().run_in_executor(thread, connect)
        reader = await aiosqlite.connect(path, isolation_level=None)
        await reader.execute("pragma busy_timeout = 5000")
        await reader.execute("pragma query_only = on")
        reader.row_factory = sqlite3.Row
    return Sqlite(writer, reader, thread)
