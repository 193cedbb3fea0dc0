"""Migrations: plain SQL in dbmate's file format, one folder a database, applied in order, each in its own transaction.

dbmate itself can apply them too: the table of what is applied is its own.
"""

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import aiosqlite
import asyncpg

from wallet_core.storage import postgres, sqlite
from wallet_core.storage.reads import SQL

APPLIED = "create table if not exists schema_migrations (version varchar(128) primary key)"
SQLITE_SCHEME = "sqlite"
ATTEMPTS = 50
PAUSE = 0.02
"""Seconds between two attempts."""


class Migration(NamedTuple):
    """One file: its number, its name, and the statements that apply it."""

    version: str
    name: str
    up: str


def sqlite_path(database: str) -> Path:
    """Return the file of a sqlite:/// address."""
    return Path(unquote(urlsplit(database).path))


def is_sqlite(database: str) -> bool:
    """Whether the address is of SQLite; else it is of PostgreSQL."""
    return urlsplit(database).scheme == SQLITE_SCHEME


def migrations(dialect: str) -> list[Migration]:
    """Return a database's migrations in order."""
    found = []
    for path in sorted((SQL / "migrations" / dialect).glob("*.sql")):
        up = path.read_text(encoding="utf-8").partition("-- migrate:up")[2].partition("-- migrate:down")[0]
        found.append(Migration(path.stem.partition("_")[0], path.stem, up))
    return found


async def pending(database: str) -> list[str]:
    """Return the names of the migrations that are still to be applied."""
    if is_sqlite(database):
        path = sqlite_path(database)
        applied = await _applied_sqlite(path) if path.exists() else set()
        return [each.name for each in migrations("sqlite") if each.version not in applied]
    with postgres.interpreted():
        connection = await postgres.connect(database)
        try:
            applied = await _applied_postgres(connection)
        finally:
            await connection.close()
    return [each.name for each in migrations("postgres") if each.version not in applied]


async def migrate(database: str) -> list[str]:
    """Apply what is pending to the database at `sqlite:///path` or `postgresql://…`; return the names.

    Several processes may do so at once: the row of a migration is written before it runs, so one runs it and the others
    wait for that row and go on.
    """
    if is_sqlite(database):
        return await _migrate_sqlite(sqlite_path(database))
    return await _migrate_postgres(database)


async def _applied_sqlite(path: Path) -> set[str]:
    with sqlite.interpreted():
        async with aiosqlite.connect(path) as connection:
            rows = await connection.execute_fetchall("select name from sqlite_master where name = 'schema_migrations'")
            if not list(rows):
                return set()
            return {row[0] for row in await connection.execute_fetchall("select version from schema_migrations")}


async def _migrate_sqlite(path: Path) -> list[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    done: list[str] = []
    with sqlite.interpreted():
        for left in reversed(range(ATTEMPTS)):
            try:
                await _apply_sqlite(path, done)
            except sqlite3.OperationalError as error:
                # While one process gives a new file its log, others may be told it is busy, and not to wait.
                if error.sqlite_errorname != "SQLITE_BUSY" or not left:
                    raise
                await asyncio.sleep(PAUSE)
            else:
                break
    return done


async def _apply_sqlite(path: Path, done: list[str]) -> None:
    """Apply what is pending, and add its names to `done`."""
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        await connection.execute("pragma busy_timeout = 10000")
        await connection.execute("pragma journal_mode = wal")
        await connection.execute(APPLIED)
        for each in migrations("sqlite"):
            await connection.execute("begin immediate")
            try:
                await connection.execute("insert into schema_migrations (version) values (?)", (each.version,))
            except sqlite3.IntegrityError:
                await connection.execute("rollback")
                continue
            for statement in _statements(each.up):
                await connection.execute(statement)
            await connection.execute("commit")
            done.append(each.name)


def _statements(script: str) -> list[str]:
    """Return a script's statements; executescript would commit the transaction around them."""
    found, rest = [], ""
    for line in script.splitlines(keepends=True):
        rest += line
        if sqlite3.complete_statement(rest):
            found.append(rest)
            rest = ""
    return found


async def _applied_postgres(connection: Any) -> set[str]:
    if await connection.fetchval("select to_regclass('schema_migrations')") is None:
        return set()
    return {row[0] for row in await connection.fetch("select version from schema_migrations")}


async def _migrate_postgres(dsn: str) -> list[str]:
    done = []
    with postgres.interpreted():
        connection = await postgres.connect(dsn)
        try:
            if await connection.fetchval("select to_regclass('schema_migrations')") is None:
                # another process may just have made it: "if not exists" does not see that
                with suppress(asyncpg.UniqueViolationError):
                    await connection.execute(APPLIED)
            for each in migrations("postgres"):
                try:
                    async with connection.transaction():
                        await connection.execute("insert into schema_migrations (version) values ($1)", each.version)
                        await connection.execute(each.up)
                except asyncpg.UniqueViolationError:
                    continue
                done.append(each.name)
        finally:
            await connection.close()
    return done
