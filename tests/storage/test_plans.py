"""The plans of the hot statements, pinned: by index and nested loop, on an empty database and on a full one."""

import json
import sqlite3

import asyncpg
import pytest

from tests.support.postgres import create_database, drop_database
from wallet_core.domain.entries import Keyed
from wallet_core.storage import bulk, postgres
from wallet_core.storage.bulk import GUARD, INSERT, UPDATE, Shape
from wallet_core.storage.migrate import migrate
from wallet_core.storage.tables import TABLES

PLAYERS, EACH = 5_000, 12  # transactions a player

FILL = f"""
    insert into players
        select 'player ' || n, 'o', 'b', '["EUR"]', 1, '', n, n, n from generate_series(1, {PLAYERS}) as n;
    insert into pockets select player_id, 'EUR', a, 0, 1 from players, unnest(array['CASH', 'DEBT']) as a;
    insert into sessions
        select player_id, sha256((player_id || n)::bytea), 'acme', 'game', 'EUR', 1, n, n, ''
        from players, generate_series(1, 2) as n;
    insert into rounds
        select player_id, 'acme', 'round ' || n, 'game', 'EUR', 1 + n % 4, n, n, 0, 2, 0, '[]', 0, 0, 1, 1, 1
        from players, generate_series(1, {EACH}) as n;
    insert into transactions
        select player_id, substr(sha256((player_id || n)::bytea), 1, 16),
            substr(sha256((n || player_id)::bytea), 1, 16), 'acme', n::text, 1 + n % 4, 1, null, '', 'EUR', 1, '[]',
            '[]', 1, false, 'round ' || n, 'game', 1, '[]', '[]', '', 0, 0, 0, n, n
        from players, generate_series(1, {EACH}) as n;
    insert into lines
        select player_id, transaction_id, n, 'CASH', '', 'EUR', 0, null, null
        from transactions, generate_series(1, 2) as n;
"""

# Rows that have a version are guarded, lines never change, and every other row is inserted or updated.
GUARDED = tuple(sorted(table.name for table in TABLES.values() if table.guard))
SHAPES = (
    *(Shape(name, GUARD) for name in GUARDED),
    *(Shape(table.name, INSERT) for table in TABLES.values()),
    *(Shape(table.name, UPDATE) for table in TABLES.values() if table.changing and not table.guard),
)

STATEMENTS = {
    "load": postgres._loading(())[0],  # noqa: SLF001  the very text
    "load nouns": postgres._loading(tuple(kind for kind in TABLES if issubclass(kind, Keyed)))[0],  # noqa: SLF001
    **{f"{shape.verb} {shape.table}": bulk.postgres((shape,)) for shape in SHAPES},
    "save everything": bulk.postgres(SHAPES),
}

SCANS = {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}
OTHERS = {
    "Aggregate",
    "Append",
    "Bitmap Index Scan",
    "CTE Scan",
    "Function Scan",
    "ModifyTable",
    "Nested Loop",
    "Result",
    "Subquery Scan",
    "Tid Scan",  # of the one row that an index scan has found
}


@pytest.fixture(scope="module", params=["empty", "empty, vacuumed", "full", "full, never analysed"])
async def connection(request, postgres_dsn):
    database = await create_database(postgres_dsn)
    await migrate(database)
    connection = await asyncpg.connect(database, server_settings=postgres.HOT_SETTINGS)
    if request.param.startswith("full"):
        await connection.execute(FILL)
        assert await connection.fetchval("select count(*) from transactions") == PLAYERS * EACH >= 50_000
    if request.param in {"empty, vacuumed", "full"}:
        await connection.execute("vacuum analyze")
    yield connection
    await connection.close()
    await drop_database(postgres_dsn, database)


async def _plan(connection, statement):
    """Return the nodes of the generic plan, each with its parent."""
    await connection.execute(f"prepare asked as {statement}")
    try:
        count = await connection.fetchval(
            "select cardinality(parameter_types) from pg_prepared_statements where name = 'asked'"
        )
        execute = f"execute asked({', '.join(['null'] * count)})"
        plan = json.loads(await connection.fetchval(f"explain (format json) {execute}"))
    finally:
        await connection.execute("deallocate asked")
    return list(_nodes(plan[0]["Plan"]))


def _nodes(node):
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


@pytest.mark.parametrize("name", STATEMENTS)
async def test_a_hot_statement_goes_by_index_and_nested_loop(connection, name):
    nodes = await _plan(connection, STATEMENTS[name])

    assert {node["Node Type"] for node in nodes} <= SCANS | OTHERS
    assert all("Index Cond" in node or "Recheck Cond" in node for node in nodes if node["Node Type"] in SCANS)


@pytest.mark.parametrize("table", GUARDED)
@pytest.mark.parametrize("name", ["guard {}", "save everything"])
async def test_the_guard_takes_its_rows_in_the_order_it_is_given(connection, name, table):
    nodes = await _plan(connection, STATEMENTS[name.format(table)])
    (guard,) = [node for node in nodes if node.get("Operation") == "Update" and node["Relation Name"] == table]
    scans = [node for node in _nodes(guard) if "Scan" in node["Node Type"] and node["Node Type"] != "Subquery Scan"]

    assert [node["Node Type"] for node in scans] == ["Function Scan", "Index Scan", "Tid Scan"]  # from outside inwards
    assert scans[1]["Index Name"] == f"{table}_pkey"


async def test_the_guards_come_first_and_nothing_is_written_when_they_fail(connection):
    nodes = await _plan(connection, bulk.postgres(SHAPES[::-1]))
    counted = [
        node for node in nodes if node.get("Parent Relationship") == "InitPlan" and node["Node Type"] == "Aggregate"
    ]

    assert len(counted) == len(GUARDED)  # an init plan is run whole, and before all else
    assert all(node["Plans"][0]["Node Type"] == "CTE Scan" for node in counted)


async def test_the_guards_are_asked_in_the_order_of_their_tables():
    """Whoever writes a budget and a player takes the budget first, so that two never wait for each other."""
    statement = bulk.postgres(SHAPES)
    places = [statement.index(f"update {name} as t") for name in GUARDED]
    counts = [statement.index(f"(select count(*) from step_{index})") for index in range(len(GUARDED))]
    assert (places, counts) == (sorted(places), sorted(counts))


async def test_a_save_is_prepared_once_and_kept():
    """A connection of asyncpg keeps a hundred statements of at most 15 KiB."""
    assert len(bulk.postgres(SHAPES)) < 15 * 1024


async def test_the_connections_of_a_store_are_set_so(postgres_database):
    store = await postgres.open_postgres(postgres_database, lanes=2)
    try:
        async with store._hot.acquire() as hot:  # noqa: SLF001  the connections themselves are asked
            found = {name: await hot.fetchval(f"show {name}") for name in postgres.HOT_SETTINGS}
            durable = [await hot.fetchval(f"show {name}") for name in ("synchronous_commit", "transaction_isolation")]
    finally:
        await store.close()

    assert found == postgres.HOT_SETTINGS
    assert durable == ["on", "read committed"]


@pytest.mark.parametrize("rows", bulk.CHUNKS)
def test_sqlite_seeks_each_row_by_an_index(sqlite_database, rows):
    connection = sqlite3.connect(sqlite_database.removeprefix("sqlite://"))
    statements = [bulk.sqlite_loading(table, width, rows) for table, width in postgres._LOADED]  # noqa: SLF001  the same
    statements += [bulk.sqlite(shape, rows) for shape in SHAPES]
    try:
        for statement in statements:
            steps = [
                row[3] for row in connection.execute(f"explain query plan {statement}", [None] * statement.count("?"))
            ]
            assert not [step for step in steps if step.startswith("SCAN t")], statement
            assert statement.startswith("insert") or [step for step in steps if step.startswith("SEARCH t USING")]
    finally:
        connection.close()
