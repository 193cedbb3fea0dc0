"""The ledger one would write without a batcher: a transaction a bet, its rows locked. What the engine is compared with.

It does less than the engine: no rounds, no profiles, no version, no sequence.
"""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg

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


class PlainPostgres:
    """asyncpg with a pool: look the key up, lock the wallet, insert, update, commit."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def bet(self, number: int, player_id: str, amount: int) -> int:
        key = str(number)
        async with self._pool.acquire() as connection, connection.transaction():
            stored = await connection.fetchval(
                "select balance_after from transactions where player_id = $1 and external_key = $2", player_id, key
            )
            if stored is not None:
                return int(stored)
            held = await connection.fetchval("select amount from wallets where player_id = $1 for update", player_id)
            if held < amount:
                raise RuntimeError("insufficient funds")
            await connection.execute(
                "insert into transactions values ($1, $2, $3, 1, $4, 'game', 'EUR', $5, $6, 0)",
                number,
                player_id,
                key,
                f"round {key}",
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


async def plain_postgres(dsn: str, players: int, money: int) -> PlainPostgres:
    pool = await asyncpg.create_pool(dsn, min_size=PARALLEL, max_size=PARALLEL)
    await pool.execute(SCHEMA)
    await pool.execute(f"insert into wallets select n::text, {money} from generate_series(0, {players - 1}) as n")
    await pool.execute("analyze")
    return PlainPostgres(pool)


class PlainSqlite:
    """sqlite3 in one thread, a transaction a hop: already better than a hop a statement."""

    def __init__(self, path: Path) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode = wal", "synchronous = full", "cache_size = -65536"):
            self._connection.execute(f"pragma {pragma}")
        self._connection.executescript(SCHEMA)

    def fill(self, players: int, money: int) -> None:
        self._connection.execute("begin")
        self._connection.executemany("insert into wallets values (?, ?)", ((str(n), money) for n in range(players)))
        self._connection.execute("commit")

    async def bet(self, number: int, player_id: str, amount: int) -> int:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._bet, number, player_id, amount)

    def _bet(self, number: int, player_id: str, amount: int) -> int:
        key, execute = str(number), self._connection.execute
        execute("begin immediate")
        stored = execute(
            "select balance_after from transactions where player_id = ? and external_key = ?", (player_id, key)
        ).fetchone()
        if stored is not None:
            execute("rollback")
            return int(stored[0])
        (held,) = execute("select amount from wallets where player_id = ?", (player_id,)).fetchone()
        if held < amount:
            raise RuntimeError("insufficient funds")
        left = held - amount
        execute(
            "insert into transactions values (?, ?, ?, 1, ?, 'game', 'EUR', ?, ?, 0)",
            (number, player_id, key, f"round {key}", amount, left),
        )
        execute("insert into lines values (?, 0, 'CASH', ?), (?, 1, 'STAKES', ?)", (number, -amount, number, amount))
        execute("update wallets set amount = ? where player_id = ?", (left, player_id))
        execute("commit")
        return int(left)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown()
