"""SQLite: the embedded default. One writer thread runs a whole batch in one hop; reads go through aiosqlite.

Write-ahead log and `synchronous=FULL`: a commit that was answered survives a power cut. Another thread copies the log
into the file, so that no commit waits for the disk to take thousands of pages from all over it.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from wallet_core.domain.book import Needs, Row
from wallet_core.storage import bulk
from wallet_core.storage.reads import Reads, bound, named
from wallet_core.storage.store import Store, Unavailable, VersionConflict, Work
from wallet_core.storage.tables import (
    HOLDERS,
    LIVE_BONUSES,
    PLAYERS,
    POCKETS,
    ROUNDS,
    SESSIONS,
    SOUGHT,
    TRANSACTIONS,
    Table,
)

T = TypeVar("T")

PRAGMAS = (
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma busy_timeout = 5000",  # another process may be migrating, or checking
    "pragma cache_size = -65536",  # KiB
    "pragma temp_store = memory",
    "pragma wal_autocheckpoint = 0",  # see `Log`
)
CHECKPOINT = "pragma wal_checkpoint(passive)"  # as much as can be copied without anybody's waiting
ROWS = 10_000
"""Written rows after which the log is copied: some 60 MB, which are soon read after a crash."""
REST = 1_000
"""Pages that may be left to the writer's own turn: some milliseconds."""

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


class Log:
    """The write-ahead log, copied into the file beside the writer.

    It grows while it is copied, and begins anew only when nothing of it is left; so the writer copies the last of it.
    An error is not told: what was committed is safe in the log, and it is tried again with the next rows.
    """

    def __init__(self, path: Path, writer: sqlite3.Connection) -> None:
        """Take the file, and the connection whose thread calls `wrote`."""
        self._path = path
        self._writer = writer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-log")
        self._copying: Future[None] | None = None
        self._rows = 0

    def wrote(self, rows: int) -> None:
        """Take note of so many committed rows."""
        self._rows += rows
        if self._copying is None and self._rows >= ROWS:
            self._rows = 0
            self._copying = self._thread.submit(self._copy)
        elif self._copying is not None and self._copying.done():
            self._copying = None
            with suppress(sqlite3.Error):
                self._writer.execute(CHECKPOINT).fetchall()

    def _copy(self) -> None:
        """Copy until little is left, or no more can be."""
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute("pragma synchronous = full")
            before, copied = 0, REST + 1
            while copied - before > REST:
                before = copied
                ((_, _, copied),) = connection.execute(CHECKPOINT).fetchall()

    def close(self) -> None:
        """Wait for the copy under way; what is left is copied when the last connection closes."""
        self._thread.shutdown()


class Sqlite(Reads):
    """The books in one file.

    A read is one hop: while any statement of the reader is open, all of them see the commits of when it began.
    """

    def __init__(
        self, writer: sqlite3.Connection, log: Log, reader: aiosqlite.Connection, thread: ThreadPoolExecutor
    ) -> None:
        """Take the open connections; `thread` is the only one that touches the writer, and its log."""
        self._writer = writer
        self._log = log
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
                rows = self._save(work)
                self._writer.execute("commit")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("rollback")
                raise
            self._log.wrote(rows)

    def _preview(self, work: Work) -> None:
        with interpreted():
            self._decide(work)

    def _decide(self, work: Work) -> Any:
        rows = self._load(work.needs())
        while (further := work.follow(rows)) is not None:
            rows = [*rows, *self._load(further)]
        return work.decide()

    def _save(self, work: Work) -> int:
        """Write what was decided; return the number of rows."""
        plan = bulk.plan(self._decide(work))
        for shape, rows in plan.items():
            for size, values in bulk.chunks(bulk.given(shape, rows)):
                cursor = self._writer.execute(bulk.sqlite(shape, size), values)
                if shape.verb == bulk.GUARD and cursor.rowcount != size:
                    raise VersionConflict
        return sum(map(len, plan.values()))

    def _load(self, needs: Needs) -> list[Row]:
        players = [(player_id,) for player_id in needs.players]
        keyed: tuple[tuple[Table[Any], int, Sequence[tuple[Any, ...]]], ...] = (
            (PLAYERS, 1, players),
            (POCKETS, 1, players),  # all of a player's
            (LIVE_BONUSES, 1, players),
            (SESSIONS, 2, list(needs.sessions)),
            (TRANSACTIONS, 2, list(needs.transactions)),
            (ROUNDS, 3, list(needs.rounds)),
            (HOLDERS, 1, [(key,) for key in needs.keys]),
        )
        nouns = ((SOUGHT[kind], len(SOUGHT[kind].key), list(keys)) for kind, keys in needs.nouns.items())
        rows: list[Row] = []
        for table, width, keys in chain(keyed, nouns):
            for size, values in bulk.chunks(keys):
                statement = bulk.sqlite_loading(table, width, size)
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
        await asyncio.to_thread(self._log.close)
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
    return Sqlite(writer, Log(path, writer), reader, thread)
