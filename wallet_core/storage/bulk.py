"""Bulk: the three steps a batch is saved by (insert, update, guarded update), and how each database takes them.

A step is whole rows, whatever it changes of them. PostgreSQL takes them as one array of composites, so that the text of
a statement does not depend on their number. SQLite takes up to 64 rows a statement: at each of its steps Python lets go
of its lock, and a busy loop on the other side is slow to give it back.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any

from msgspec import Struct

from wallet_core.storage.store import Changes
from wallet_core.storage.tables import LINES, TABLES, Table

INSERT, UPDATE, GUARD = "insert", "update", "guard"
"""A guard is the update of a row that a version stands for: nothing is saved where that is another by now."""

EXPECTED = "expected"
"""The version a guarded row must still have: one more value after its columns."""


class Shape(Struct, frozen=True, eq=True, order=True):
    """One statement of a save: what is done to which table."""

    table: str
    verb: str


Plan = dict[Shape, list[tuple[Any, ...]]]

CHUNKS = (64, 16, 4, 1)

_TABLES: dict[str, Table[Any]] = {table.name: table for table in TABLES.values()}
_KEYS = {name: itemgetter(slice(len(table.key))) for name, table in _TABLES.items()}
_SHAPES = {
    table.row: (table, Shape(table.name, INSERT), Shape(table.name, GUARD if table.guard else UPDATE))
    for table in TABLES.values()
}
_LINES = Shape(LINES.name, INSERT)
_GUARDED = {
    table.name: itemgetter(
        *(index for index, column in enumerate(table.columns) if column in table.key or column in table.changing),
        len(table.columns),
    )
    for table in TABLES.values()
    if table.guard
}


def plan(changes: Changes) -> Plan:
    """Return the rows to write by shape, in the order of their keys; guards come first, then table by table.

    The order is what keeps two processes from waiting for each other in a circle.
    """
    rows: Plan = {}
    for before, after in changes.rows:
        table, insert, update = _SHAPES[type(after)]
        values = table.write(after)
        shape = insert if before is None else update
        if shape.verb == GUARD:
            values = (*values, getattr(before, table.guard))
        if shape in rows:
            rows[shape].append(values)
        else:
            rows[shape] = [values]
    if changes.lines:
        rows[_LINES] = [LINES.write(line) for line in changes.lines]
    for shape, written in rows.items():
        written.sort(key=_KEYS[shape.table])
    return {shape: rows[shape] for shape in sorted(rows, key=lambda shape: (shape.verb != GUARD, shape))}


def _sets(table: Table[Any], source: str) -> str:
    return ", ".join(f"{column.name} = {source}{column.name}" for column in table.changing)


def _conflict(table: Table[Any]) -> str:
    """Return what makes an insert an update: the row is there, and found by its key whatever a planner thinks."""
    keys = ", ".join(column.name for column in table.key)
    return f" on conflict ({keys}) do update set {_sets(table, 'excluded.')}"


@cache
def sqlite(shape: Shape, rows: int) -> str:
    """Return the statement for so many rows, its parameters the values that `given` returns."""
    table = _TABLES[shape.table]
    if (
        shape.verb == GUARD
    ):  # it begins with its verb, for sqlite3 counts the rows of no other; so columns have no names
        sent = (*table.key, *table.changing)
        named = {column.name: f"u.column{number}" for number, column in enumerate(sent, 1)}
        sets = ", ".join(f"{column.name} = {named[column.name]}" for column in table.changing)
        same = " and ".join(f"t.{column.name} = {named[column.name]}" for column in table.key)
        return (
            f"update {table.name} as t set {sets} from ({_values(len(sent) + 1, rows)}) as u"
            f" where {same} and t.{table.guard} = u.column{len(sent) + 1}"
        )
    statement = f"insert into {table.name} ({table.names}) {_values(len(table.columns), rows)}"
    return statement if shape.verb == INSERT else statement + _conflict(table)


def given(shape: Shape, rows: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
    """Return of a plan's rows what SQLite is given: of guarded ones the key, what changes, and the version."""
    return list(map(_GUARDED[shape.table], rows)) if shape.verb == GUARD else rows


@cache
def sqlite_loading(table: Table[Any], width: int, rows: int) -> str:
    """Return the statement that reads a table's rows by so many keys of so many columns each."""
    keys = table.columns[:width]
    columns = ", ".join(f"t.{column.name}" for column in table.columns)
    joined = " and ".join(f"t.{column.name} = u.{column.name}" for column in keys)
    return (
        f"with u ({', '.join(column.name for column in keys)}) as ({_values(width, rows)})"
        f" select {columns} from u cross join {table.name} as t on {joined}{table.only}"
    )


def _values(width: int, rows: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"values {', '.join([row] * rows)}"


def chunks(rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, list[Any]]]:
    """Yield the rows' values so many rows at a time, of few different numbers, so that few statements are prepared."""
    start = 0
    for size in CHUNKS:
        while len(rows) - start >= size:
            yield size, list(chain.from_iterable(rows[start : start + size]))
            start += size


@cache
def postgres(shapes: tuple[Shape, ...]) -> str:
    """Return one statement that writes every shape, or nothing: a mismatch of a guard divides by zero.

    One statement is one round trip and its own transaction. Parameters are what `arguments` returns.
    """
    steps, number, guards = [], 1, ["0"]
    for index, shape in enumerate(shapes):
        number += 1
        arrays = f"${number}::saved_{shape.table}[]"
        if shape.verb == GUARD:
            number += 1
            arrays += f", ${number}::bigint[]"
            guards.append(f"(select count(*) from step_{index})")
        steps.append(f"step_{index} as ({_step(shape, arrays)} returning 1)")
    return f"with {', '.join(steps)} select 1 / (case when {' + '.join(guards)} = $1::bigint then 1 else 0 end)"


def _step(shape: Shape, arrays: str) -> str:
    table = _TABLES[shape.table]
    names = table.names
    if shape.verb == GUARD:  # the version is asked again of the row itself: somebody may have been waited for
        same = " and ".join(f"p.{column.name} = u.{column.name}" for column in table.key)
        return (
            f"update {table.name} as t set {_sets(table, 'u.')} from unnest({arrays}) as u({names}, {EXPECTED}),"
            f" lateral (select p.ctid as place from {table.name} as p where {same} offset 0) as found"
            f" where t.ctid = found.place and t.{table.guard} = u.{EXPECTED}"
        )
    statement = f"insert into {table.name} ({names}) select {names} from unnest({arrays})"
    return statement if shape.verb == INSERT else statement + _conflict(table)


def arguments(planned: Plan) -> list[Any]:
    """Return the parameters of the statement `postgres` makes of the plan's shapes: how many rows are guarded, then
    each shape's rows, and after guarded ones the versions they must have.
    """
    values: list[Any] = [0]
    for shape, rows in planned.items():
        if shape.verb == GUARD:
            values[0] += len(rows)
            values.append([row[:-1] for row in rows])
            values.append([row[-1] for row in rows])
        else:
            values.append(rows)
    return values


def loading(tables: Sequence[tuple[Table[Any], int]]) -> str:
    """Return one statement for PostgreSQL that reads rows of several tables, each as its table's number here and the
    row. Of each table, how many of its first columns are given, as an array each, names the rows.

    Each row is sought in a query of its own (offset 0 keeps it so): joined, a table that was empty when it was last
    vacuumed is read whole, for the planner believes that it still is.
    """
    branches, number = [], 0
    for index, (table, width) in enumerate(tables):
        keys = table.columns[:width]
        arrays = ", ".join(f"${number + offset}::{column.type}[]" for offset, column in enumerate(keys, 1))
        number += width
        columns = ", ".join(f"t.{column.name}" for column in table.columns)
        joined = " and ".join(f"t.{column.name} = u.{column.name}" for column in keys)
        names = ", ".join(column.name for column in keys)
        branches.append(
            f"select {index} as kind, t.found from unnest({arrays}) as u({names}),"
            f" lateral (select row({columns}) as found from {table.name} as t where {joined}{table.only} offset 0) as t"
        )
    return " union all ".join(branches)
