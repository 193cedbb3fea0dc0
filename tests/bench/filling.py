"""Filling books: players with money, a live session and a past, as fast as the database takes rows.

The rows are the product's own. Every command is decided by the domain, and what it leaves is written by the tables'
own descriptions; only the way into the database is a shorter one (COPY, and SQLite without sync while it fills).
So `check` holds filled books to the laws like any others.
"""

import asyncio
import gc
import os
import random
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import asyncpg

from tests.bench import bets
from tests.bench.bets import GAME, MONEY, PROFILE, STAKE
from tests.storage.books import EUR, PROVIDER, create, deposit
from wallet_core.api.plays import session_id
from wallet_core.domain.commands import Action, Command, OpenSession, Play
from wallet_core.domain.entries import Kind, digest
from wallet_core.domain.profiles import PROFILES
from wallet_core.engine.batch import Batch
from wallet_core.engine.clock import Clock
from wallet_core.storage.migrate import is_sqlite, migrate, sqlite_path
from wallet_core.storage.tables import TABLES

Rows = dict[str, list[list[Any]]]
"""What to write, by table."""

TTL = 30 * 24 * 3600 * EUR
FIRST = 1
"""Transactions of a player before the first play: the deposit."""

CHUNK = 2_000
"""Transactions decided and written together."""

WORKERS = 2
PRAGMAS = ("journal_mode = wal", "synchronous = off", "cache_size = -1048576", "wal_autocheckpoint = 100000")

_clock = Clock()


def life(player_id: str, transactions: int) -> Iterator[Command]:
    """Yield what a player has done: so many transactions, the rounds of three: two bets, and a win that closes."""
    yield create(player_id)
    yield deposit(player_id, MONEY)
    yield OpenSession(player_id, session_id(bets.token(player_id)), PROVIDER, GAME, "EUR", TTL)
    for number in range(transactions - FIRST):
        kind = Kind.WIN if number % 3 == 2 else Kind.BET
        external_key = "tx:" + digest(player_id, str(number)).hex()
        yield Play(
            player_id,
            PROVIDER,
            (Action(kind, external_key, digest(PROVIDER, external_key), STAKE),),
            PROFILES[PROFILE],
            currency="EUR",
            session_id=session_id(bets.token(player_id)),
            round_id=digest(player_id, "round", str(number // 3)).hex(),
            game_id=GAME,
            close_round=kind is Kind.WIN,
        )


def decided(players: Iterable[int], transactions: int) -> Rows:
    """Return the rows that the lives of new players leave."""
    lives = [command for number in players for command in life(bets.player_id(number), transactions)]
    batch = Batch(lives, _clock)
    batch.needs()
    assert batch.follow([]) is None
    changes = batch.decide()
    assert all(decision.refusal is None for decision in batch.decisions)
    rows: Rows = {}
    for row in (*(after for _, after in changes.rows), *changes.lines):
        table = TABLES[type(row)]
        rows.setdefault(table.name, []).append(table.write(row))
    return rows


_NAMES = {table.name: [column.name for column in table.columns] for table in TABLES.values()}


async def _copy(database: str, chunks: Sequence[Sequence[int]], transactions: int) -> None:
    connection = await asyncpg.connect(database, server_settings={"synchronous_commit": "off"})
    for chunk in chunks:
        async with connection.transaction():
            for table, rows in decided(chunk, transactions).items():
                await connection.copy_records_to_table(table, records=rows, columns=_NAMES[table])
    await connection.close()


def _copied(database: str, transactions: int, chunks: Sequence[Sequence[int]]) -> None:
    asyncio.run(_copy(database, chunks, transactions))


def _fill_postgres(database: str, transactions: int, chunks: Sequence[Sequence[int]]) -> None:
    """Each worker decides and copies its part."""
    with _workers() as workers:
        parts = [chunks[begin::WORKERS] for begin in range(WORKERS)]
        list(workers.map(partial(_copied, database, transactions), parts))


def _fill_sqlite(database: str, transactions: int, chunks: Sequence[Sequence[int]]) -> None:
    """Write what workers decide meanwhile: there is one writer."""
    path = sqlite_path(database)
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(f"pragma {pragma}")
    with _workers() as workers:
        waiting, coming = deque(chunks), deque[Future[Rows]]()
        while waiting or coming:
            while waiting and len(coming) <= WORKERS:
                coming.append(workers.submit(decided, waiting.popleft(), transactions))
            _write(connection, coming.popleft().result())
    connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    with path.open("rb") as file:
        os.fsync(file.fileno())  # what was not synced above is not to be synced while others are measured


def _write(connection: sqlite3.Connection, rows: Rows) -> None:
    connection.execute("begin")
    for table, values in rows.items():
        names = _NAMES[table]
        marks = ", ".join("?" for _ in names)
        connection.executemany(f"insert into {table} ({', '.join(names)}) values ({marks})", values)
    connection.execute("commit")


def _workers() -> ProcessPoolExecutor:
    # Nothing here is garbage before its chunk is done: looking for it would take a fifth of the time.
    return ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn"), initializer=gc.disable)


async def fill(database: str, players: int, transactions: int = FIRST) -> None:
    """Migrate new books and fill them: so many players, so many transactions each, in no order of theirs."""
    await migrate(database)
    order = list(range(players))
    random.Random(1).shuffle(order)
    each = max(1, CHUNK // transactions)
    chunks = [order[begin : begin + each] for begin in range(0, players, each)]
    await asyncio.to_thread(_fill_sqlite if is_sqlite(database) else _fill_postgres, database, transactions, chunks)
    if not is_sqlite(database):
        await _vacuum(database)


async def _vacuum(database: str) -> None:
    """Do what autovacuum would have done by then; it does not look at tables where nothing ever was."""
    connection = await asyncpg.connect(database)
    for table in _NAMES:
        if await connection.fetchval(f"select exists (select 1 from {table})"):
            await connection.execute(f"vacuum (analyze) {table}")
    await connection.execute("checkpoint")
    await connection.close()
