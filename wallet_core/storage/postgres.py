"""PostgreSQL 15 to 18 by asyncpg: a batch is loaded without locks and saved by one statement under a version guard."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from itertools import chain
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

import asyncpg

from wallet_core.domain.book import Needs, Row
from wallet_core.domain.entries import Keyed
from wallet_core.storage import bulk
from wallet_core.storage.reads import Reads, bound, named
from wallet_core.storage.store import Changes, Store, Unavailable, VersionConflict, Work
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

# A plan made while a table is small scans it whole, and is kept: three to five times slower once it is not. So the hot
# connections plan once, by index and nested loop only. Held by a test that explains every statement.
HOT_SETTINGS = {
    "application_name": "wallet",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_memoize": "off",
    "jit": "off",
}

READ_CONNECTIONS = 4
CONNECT_TIMEOUT = 5.0  # seconds a host gets; one that hangs is left for the next
COMMAND_TIMEOUT = 30.0  # seconds; a database that hangs is not there
HANG_UP = 1.2  # of those; the server itself ends a save by then, unless that is at its commit
QUERY_TIMEOUT = 3600.0  # a check of large books takes its time; asyncpg reads None as the default above

# By SQLSTATE. Serialization failure, deadlock, a row another process has just made, and our own guard's division.
CONFLICTS = frozenset({"40001", "40P01", "23505", "22012"})
# By class: connection exceptions, out of resources, operator intervention, system error, and read-only (a former
# primary).
GONE = ("08", "53", "57", "58", "25006")


@contextmanager
def interpreted() -> Iterator[None]:
    """Give PostgreSQL's errors our names, at this one place, by SQLSTATE."""
    try:
        yield
    except asyncpg.PostgresError as error:
        state = error.sqlstate or ""
        if state in CONFLICTS:
            raise VersionConflict from error
        if state.startswith(GONE):
            raise Unavailable(state) from error
        raise
    except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise Unavailable(type(error).__name__) from error


_LOADED: tuple[tuple[Table[Any], int], ...] = (
    (PLAYERS, 1),
    (POCKETS, 1),  # all of a player's
    (LIVE_BONUSES, 1),
    (SESSIONS, 2),
    (TRANSACTIONS, 2),
    (ROUNDS, 3),
    (HOLDERS, 1),
)


@cache
def _loading(nouns: tuple[type[Keyed], ...]) -> tuple[str, tuple[Callable[[Any], Row], ...]]:
    """Return the statement that reads a batch's rows, those of nouns too, and what reads a row of each table."""
    loaded = (*_LOADED, *((SOUGHT[kind], len(SOUGHT[kind].key)) for kind in nouns))
    return bulk.loading(loaded), tuple(table.read for table, _ in loaded)


class Postgres(Reads):
    """The books in a PostgreSQL database."""

    def __init__(self, hot: asyncpg.Pool, reads: asyncpg.Pool) -> None:
        """Take two pools: `hot` with pinned plans, one connection a lane, and `reads`."""
        self._hot = hot
        self._reads = reads

    async def apply(self, work: Work) -> None:
        """Load, decide, and save by one statement."""
        with interpreted():
            async with self._hot.acquire() as connection:
                planned = bulk.plan(await self._decide(connection, work))
                if planned:
                    await _save(connection, bulk.postgres(tuple(planned)), bulk.arguments(planned))

    async def preview(self, work: Work) -> None:
        """Load and decide; save nothing."""
        with interpreted():
            async with self._hot.acquire() as connection:
                await self._decide(connection, work)

    async def _decide(self, connection: Any, work: Work) -> Changes:
        wanted = work.needs()
        while (further := work.follow(await self._load(connection, wanted))) is not None:
            wanted.add(further)  # and all of it again: one statement sees one moment, two may see a commit between them
        return work.decide()

    async def _load(self, connection: Any, needs: Needs) -> list[Row]:
        players = list(needs.players)
        nouns = tuple(sorted(needs.nouns, key=lambda kind: kind.__name__))
        statement, read = _loading(nouns)
        found = await connection.fetch(
            statement,
            players,
            players,
            players,
            *_columns(needs.sessions, 2),
            *_columns(needs.transactions, 2),
            *_columns(needs.rounds, 3),
            list(needs.keys),
            *chain.from_iterable(_columns(needs.nouns[kind], len(SOUGHT[kind].key)) for kind in nouns),
        )
        return [read[kind](row) for kind, row in found]

    async def _fetch(self, name: str, *, many: Sequence[bytes] | None = None, **parameters: Any) -> list[Sequence[Any]]:
        statement = named(name)
        if many is not None:
            parameters["many"] = list(many)
            statement = statement.replace("{in}", "= any(:many)")
        text, values = bound(statement, "$", parameters)
        with interpreted():
            return list(await self._reads.fetch(text, *values))

    async def query(self, sql: str) -> list[dict[str, object]]:
        """Return the rows of a check or report."""
        with interpreted():
            return [dict(row) for row in await self._reads.fetch(sql, timeout=QUERY_TIMEOUT)]

    async def close(self) -> None:
        """Let go of the connections; what is under way is finished first."""
        await asyncio.gather(self._hot.close(), self._reads.close())


def _columns(keys: Collection[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Return the keys column by column."""
    return [list(column) for column in zip(*keys, strict=True)] if keys else [[] for _ in range(width)]


async def _no_reset(_connection: Any) -> None:
    """Leave a connection as it is: nothing of ours changes a session, and a reset is a round trip a batch."""


async def _read_only(connection: Any) -> None:
    """Forbid writes. As a setting of the connection's start it would look like a standby to target_session_attrs."""
    await connection.execute("set default_transaction_read_only = on")


async def _save(connection: Any, statement: str, values: Sequence[Any]) -> None:
    """Save, or hang up when the database hangs.

    A commit is never cancelled: one that waits for its standby would then be there without it, be found by whoever
    sends the same again, be acknowledged, and be lost with the primary. One that was hung up on is seen by nobody until
    the standby has it. What comes before the commit is under the server's statement_timeout, which ends there.
    """
    hung = asyncio.get_running_loop().call_later(COMMAND_TIMEOUT * HANG_UP, connection.terminate)
    try:
        await connection.fetchval(statement, *values, timeout=QUERY_TIMEOUT)
    finally:
        hung.cancel()


async def connect(dsn: str, **options: Any) -> asyncpg.Connection:
    """Connect to the first host of the address that answers, and is what the address asks for.

    asyncpg's timeout is for all hosts together: the first that hangs would take all of it.
    """
    parts = urlsplit(dsn)
    user, at, hosts = parts.netloc.rpartition("@")
    *others, last = hosts.split(",")
    for host in others:
        with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InternalClientError):
            return await _connect(parts._replace(netloc=f"{user}{at}{host}"), options)
    return await _connect(parts._replace(netloc=f"{user}{at}{last}"), options)


async def _connect(address: SplitResult, options: dict[str, Any]) -> asyncpg.Connection:
    return await asyncpg.connect(urlunsplit(address), timeout=CONNECT_TIMEOUT, **options)


async def open_postgres(dsn: str, *, lanes: int) -> Store:
    """Connect to the books at `dsn`, with a connection a lane and some for reads.

    Raises:
        Unavailable: it is not there.
    """
    with interpreted():
        hot = await asyncpg.create_pool(
            dsn,
            connect=connect,
            min_size=lanes,
            max_size=lanes,
            server_settings=HOT_SETTINGS | {"statement_timeout": f"{COMMAND_TIMEOUT * 1000:.0f}"},
            command_timeout=COMMAND_TIMEOUT,
            reset=_no_reset,
        )
        try:
            reads = await asyncpg.create_pool(
                dsn,
                connect=connect,
                min_size=1,
                max_size=READ_CONNECTIONS,
                server_settings={"application_name": "wallet-reads"},
                init=_read_only,
                command_timeout=COMMAND_TIMEOUT,
                reset=_no_reset,
            )
        except BaseException:
            hot.terminate()
            raise
    return Postgres(hot, reads)
