"""The schema files and the migrations say the same, and migrating is safe to repeat and to share."""

import asyncio
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import asyncpg
import pytest

from tests.storage.books import opened
from tests.support.postgres import create_database, drop_database
from wallet_core.storage.migrate import is_sqlite, migrate, migrations, pending
from wallet_core.storage.reads import SQL
from wallet_core.storage.tables import TABLES

CATALOG = """
    select 'column', table_name, column_name, ordinal_position::text, data_type, is_nullable,
        coalesce(column_default, '')
    from information_schema.columns where table_schema = 'public'
    union all
    select 'constraint', conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid), '', ''
    from pg_constraint where connamespace = 'public'::regnamespace
    union all
    select 'index', tablename, indexname, indexdef, '', '', '' from pg_indexes where schemaname = 'public'
    union all
    select 'relation', relname, relkind::text, coalesce(array_to_string(reloptions, ','), ''), '', '', ''
    from pg_class where relnamespace = 'public'::regnamespace
    union all
    select 'trigger or function', tgname, '', '', '', '', '' from pg_trigger
    union all
    select 'trigger or function', proname, '', '', '', '', '' from pg_proc where pronamespace = 'public'::regnamespace
    order by 1, 2, 3, 4
"""


@pytest.fixture
async def empty_postgres(postgres_dsn):
    database = await create_database(postgres_dsn)
    yield database
    await drop_database(postgres_dsn, database)


@pytest.fixture
def empty_sqlite(tmp_path):
    return f"sqlite://{tmp_path}/a folder/empty.db"


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request):
    """The address of a database with nothing in it."""
    return request.getfixturevalue(f"empty_{request.param}")


async def _catalog(dsn):
    connection = await asyncpg.connect(dsn)
    try:
        rows = [tuple(row) for row in await connection.fetch(CATALOG)]
    finally:
        await connection.close()
    return [row for row in rows if not any(str(word).startswith("schema_migrations") for word in row)]


async def test_the_schema_of_postgres_is_what_its_migrations_make(empty_postgres, postgres_database):
    connection = await asyncpg.connect(empty_postgres)
    await connection.execute((SQL / "schema.postgres.sql").read_text())
    await connection.close()
    schema = await _catalog(empty_postgres)

    assert schema == await _catalog(postgres_database)
    assert {row[1] for row in schema if row[0] == "column"} == {table.name for table in TABLES.values()}
    assert not [row for row in schema if row[0] == "trigger or function"]


def _master(connection):
    return connection.execute("select type, name, sql from sqlite_master order by name").fetchall()


async def test_the_schema_of_sqlite_is_what_its_migrations_make(sqlite_database):
    made, migrated = sqlite3.connect(":memory:"), sqlite3.connect(sqlite_database.removeprefix("sqlite://"))
    made.executescript((SQL / "schema.sqlite.sql").read_text())
    schema, found = _master(made), _master(migrated)
    made.close()
    migrated.close()

    assert schema == [row for row in found if "schema_migrations" not in str(row)]
    assert {row[1] for row in schema if row[0] == "table"} == {table.name for table in TABLES.values()}


async def test_the_two_schemas_differ_where_the_databases_do_and_nowhere_else():
    def told(dialect):
        lines = (SQL / f"schema.{dialect}.sql").read_text().splitlines()[1:]
        return [
            line.replace("blob", "bytea").replace(") without rowid;", ")").partition(") with (")[0].rstrip(";)")
            for line in lines
        ]

    assert told("sqlite") == told("postgres")


async def test_the_schema_has_the_columns_of_the_tables_in_the_code(sqlite_database):
    connection = sqlite3.connect(sqlite_database.removeprefix("sqlite://"))
    found = {
        table.name: (
            {
                row[1]: row[2].lower().replace("blob", "bytea")
                for row in connection.execute(f"pragma table_info({table.name})")
            },
            [row[1] for row in connection.execute(f"pragma table_info({table.name})") if row[5]],
        )
        for table in TABLES.values()
    }
    connection.close()

    assert found == {
        table.name: ({column.name: column.type for column in table.columns}, [column.name for column in table.key])
        for table in TABLES.values()
    }


async def test_migrating_twice_does_nothing_the_second_time(empty):
    names = [each.name for each in migrations("sqlite" if is_sqlite(empty) else "postgres")]

    assert await pending(empty) == names
    assert await migrate(empty) == names
    assert await pending(empty) == []
    assert await migrate(empty) == []
    async with opened(empty) as store:
        assert await store.trial_balance() == []


def _migrate(database):
    return asyncio.run(migrate(database))


async def test_several_may_migrate_at_once(empty):
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(4, mp_context=get_context("forkserver")) as pool:
        done = await asyncio.gather(*(loop.run_in_executor(pool, _migrate, empty) for _ in range(8)))

    names = [each.name for each in migrations("sqlite" if is_sqlite(empty) else "postgres")]
    assert sorted(name for each in done for name in each) == names
    assert await pending(empty) == []


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
def test_a_migration_can_be_taken_back(dialect):
    """The files are dbmate's: each has its way down."""
    for path in sorted((SQL / "migrations" / dialect).glob("*.sql")):
        text = path.read_text()
        assert text.startswith("-- migrate:up\n")
        made, dropped = text.partition("-- migrate:down")[::2]
        assert {line.split()[2] for line in made.splitlines() if line.startswith("create table")} == {
            line.split()[2].rstrip(";") for line in dropped.splitlines() if line.startswith("drop table")
        }
