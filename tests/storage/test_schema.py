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
    select 'column', table_name, column_name,
        row_number() over (partition by table_name order by ordinal_position)::text, data_type, is_nullable,
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
        tables = (SQL / f"schema.{dialect}.sql").read_text().partition("\n-- A row on its way in")[0]
        lines = tables.splitlines()[1:]
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
            {
                frozenset(row[2] for row in connection.execute(f"pragma index_info({index})"))
                for (index,) in connection.execute(
                    f"select name from pragma_index_list('{table.name}') where \"unique\""
                )
            },
        )
        for table in TABLES.values()
    }
    connection.close()

    for table in TABLES.values():
        columns, unique = found[table.name]
        assert columns == {column.name: column.type for column in table.columns}
        assert frozenset(column.name for column in table.key) in unique


async def test_the_types_of_postgres_have_the_columns_of_the_tables_in_the_code(postgres_database):
    connection = await asyncpg.connect(postgres_database)
    rows = await connection.fetch(
        """
        select t.typname, a.attname, format_type(a.atttypid, a.atttypmod)
        from pg_type as t join pg_attribute as a on a.attrelid = t.typrelid
        where t.typname like 'saved\\_%' and t.typtype = 'c' order by t.typname, a.attnum
        """
    )
    await connection.close()

    assert [tuple(row) for row in rows] == [
        (f"saved_{table.name}", column.name, column.type)
        for table in sorted(TABLES.values(), key=lambda table: table.name)
        for column in table.columns
    ]


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


def _ways(dialect):
    for path in sorted((SQL / "migrations" / dialect).glob("*.sql")):
        up, _, down = path.read_text().removeprefix("-- migrate:up\n").partition("-- migrate:down\n")
        yield up, down


PLAYED = """
    insert into transactions (
        player_id, key, transaction_id, provider_id, external_key, kind, outcome, fingerprint, currency, amount, parts,
        rolled_back, settlements, undone, round_id, game_id, category, refs, info, batch_id, cash_after, bonus_after,
        debt_after, occurred_at, committed_at
    ) values (
        'p', 'k', 't', 'a', 'e', 1, 1, 'f', 'EUR', 7, '[]', '[]', 0, false, 'r', 'g', 1, '[]', '[]', '', 1, 0, 0, 0, 9
    )
"""


FROZEN = """
    insert into players (
        player_id, operator_id, brand_id, currencies, status, country, created_at, changed_at, version
    )
    select player_id, 'o', 'b', '["EUR"]', 2, '', 1, 1, 1
    from (select 'none' as player_id union all select 'one' union all select 'two') as players;
    insert into holds (
        player_id, hold_id, currency, reason, state, amount, captured, sources, basis, clause, owner, case_id,
        text_key, evidence, account_freeze, discreet, placed_at, review_at, expires_at, changed_at
    )
    select player_id, hold_id, 'EUR', 3, state, 0, 0, '[]', 4, '', '', '', '', '', freezes, false, 1, 2, 0, 1
    from (
        select 'none' as player_id, 'a' as hold_id, 1 as state, false as freezes
        union all select 'none', 'b', 6, true
        union all select 'one', 'a', 4, true
        union all select 'one', 'b', 5, true
        union all select 'two', 'a', 1, true
        union all select 'two', 'b', 2, true
        union all select 'two', 'c', 3, false
    ) as holds;
"""
"""Players who were blocked by freezes, and how it is with those by now."""

COUNTED = "select player_id, frozen, status from players order by player_id"


def _before_restrictions(dialect):
    ways = [up for up, _ in _ways(dialect)]
    names = [each.name for each in migrations(dialect)]
    place = next(index for index, name in enumerate(names) if "restrictions" in name)
    return ways[:place], ways[place]


async def test_the_live_freezes_of_players_are_counted_by_a_migration_of_postgres(empty_postgres):
    before, counting = _before_restrictions("postgres")
    connection = await asyncpg.connect(empty_postgres)
    try:
        for up in (*before, FROZEN, counting):
            await connection.execute(up)
        assert [tuple(row) for row in await connection.fetch(COUNTED)] == [("none", 0, 2), ("one", 1, 2), ("two", 2, 2)]
    finally:
        await connection.close()


def test_the_live_freezes_of_players_are_counted_by_a_migration_of_sqlite():
    before, counting = _before_restrictions("sqlite")
    connection = sqlite3.connect(":memory:")
    for up in (*before, FROZEN, counting):
        connection.executescript(up)
    assert connection.execute(COUNTED).fetchall() == [("none", 0, 2), ("one", 1, 2), ("two", 2, 2)]
    connection.close()


async def test_a_migration_of_postgres_can_be_taken_back(empty_postgres):
    connection = await asyncpg.connect(empty_postgres)
    try:
        for up, down in _ways("postgres"):
            before = await _catalog(empty_postgres)
            await connection.execute(up)
            after = await _catalog(empty_postgres)
            if before:
                await connection.execute(down)
                assert await _catalog(empty_postgres) == before
                await connection.execute(up)
                assert await _catalog(empty_postgres) == after
            else:
                await connection.execute(PLAYED)
        assert await connection.fetchval("select sum(amount) from transactions") == 7
    finally:
        await connection.close()


def test_a_migration_of_sqlite_can_be_taken_back():
    connection = sqlite3.connect(":memory:")
    for up, down in _ways("sqlite"):
        before = _master(connection)
        connection.executescript(up)
        after = _master(connection)
        if before:
            connection.executescript(down)
            assert _master(connection) == before
            connection.executescript(up)
            assert _master(connection) == after
        else:
            connection.execute(PLAYED)
    assert connection.execute("select sum(amount) from transactions").fetchone() == (7,)
    connection.close()
