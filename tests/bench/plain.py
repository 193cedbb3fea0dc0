"""The ledger one would write without a batcher: a transaction a bet, its rows locked. What ours is compared with.

It does less: no sessions, no rounds, no profiles, no version, no sequence. `plain_door.py` and `plain_core.py` put it
behind the doors one would write for it.
"""

import asyncio
import sqlite3
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import asyncpg

from wallet_core.storage.migrate import is_sqlite, sqlite_path

SCHEMA = """
    create table wallets (player_id text primary key, amount bigint not null check (amount >= 0));
    create table transactions (
        transaction_id bigint not null, player_id text not null, external_key text not null, kind smallint not null,
        round_id text not null, game_id text not null, currency text not null, amount bigint not null,
        balance_after bigint not null, created_at bigint not null, primary key (player_id, external_key)
    );
    create table lines (
        transaction_id bigint not null, number smallint not null, account text not null, amount bigint not null,
        primary key (transaction_id, number)
    );
"""
PARALLEL = 20
PRAGMAS = ("journal_mode = wal", "synchronous = full", "cache_size = -65536")


class Poor(Exception):
    """The player has too little money."""


class Ledger(Protocol):
    """A plain ledger."""

    async def bet(self, number: int, key: str, player_id: str, round_id: str, amount: int) -> int:
        """Take a bet as transaction `number`; return the balance after it.

        Raises:
            Poor: nothing was taken.
        """
        ...

    async def close(self) -> None: ...


async def lay(database: str, players: Iterable[str], money: int) -> None:
    """Make the tables, and the players with money."""
    wallets = [(player_id, money) for player_id in players]
    if is_sqlite(database):
        connection = sqlite3.connect(sqlite_path(database))
        connection.executescript(SCHEMA)
        connection.executemany("insert into wallets values (?, ?)", wallets)
        connection.commit()
        connection.close()
    else:
        server = await asyncpg.connect(database)
        await server.execute(SCHEMA)
        await server.copy_records_to_table("wallets", records=wallets)
        await server.execute("analyze")
        await server.close()


async def open_ledger(database: str) -> Ledger:
    if is_sqlite(database):
        return PlainSqlite(database)
    return PlainPostgres(await asyncpg.create_pool(database, min_size=PARALLEL, max_size=PARALLEL))


class PlainPostgres:
    """asyncpg with a pool: look the key up, lock the wallet, insert, update, commit."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def bet(self, number: int, key: str, player_id: str, round_id: str, amount: int) -> int:
        async with self._pool.acquire() as connection, connection.transaction():
            stored = await connection.fetchval(
                "select balance_after from transactions where player_id = $1 and external_key = $2", player_id, key
            )
            if stored is not None:
                return int(stored)
            held = await connection.fetchval("select amount from wallets where player_id = $1 for update", player_id)
            if held < amount:
                raise Poor
            await connection.execute(
                "insert into transactions values ($1, $2, $3, 1, $4, 'game', 'EUR', $5, $6, 0)",
                number,
                player_id,
                key,
                round_id,
                amount,
                held - amount,
            )
            await connection.execute(
                "insert into lines values ($1, 0, 'CASH', $2), ($1, 1, 'STAKES', $3)", number, -amount, amount
            )
            await connection.execute("update wallets set amount = $2 where player_id = $1", player_id, held - amount)
            return int(held - amount)

    async def close(self) -> None:
        await self._pool.close()


class PlainSqlite:
    """sqlite3 in one thread, a transaction a hop: already better than a hop a statement."""

    def __init__(self, database: str) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._connection = sqlite3.connect(sqlite_path(database), isolation_level=None, check_same_thread=False)
        for pragma in PRAGMAS:
            self._connection.execute(f"pragma {pragma}")

    async def bet(self, number: int, key: str, player_id: str, round_id: str, amount: int) -> int:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._bet, number, key, player_id, round_id, amount)

    def _bet(self, number: int, key: str, player_id: str, round_id: str, amount: int) -> int:
        execute = self._connection.execute
        execute("begin immediate")
        try:
            stored = execute(
                "select balance_after from transactions where player_id = ? and external_key = ?", (player_id, key)
            ).fetchone()
            if stored is not None:
                execute("rollback")
                return int(stored[0])
            (held,) = execute("select amount from wallets where player_id = ?", (player_id,)).fetchone()
            left = int(held) - amount
            if left < 0:
                raise Poor  # noqa: TRY301  the transaction ends below, as for any error
            execute(
                "insert into transactions values (?, ?, ?, 1, ?, 'game', 'EUR', ?, ?, 0)",
                (number, player_id, key, round_id, amount, left),
            )
            execute(
                "insert into lines values (?, 0, 'CASH', ?), (?, 1, 'STAKES', ?)", (number, -amount, number, amount)
            )
            execute("update wallets set amount = ? where player_id = ?", (left, player_id))
            execute("commit")
        except BaseException:
            execute("rollback")
            raise
        return left

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown()
