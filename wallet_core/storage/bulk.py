"""Bulk: the four shapes a batch is saved by (insert, upsert, update, guarded update), built once a table for each
database.

PostgreSQL takes a column as an array and unnests them, so a statement's text does not depend on the number of rows;
SQLite runs one prepared statement row by row, which in process is as fast as anything.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from msgspec import Struct

from wallet_core.domain.players import Player
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.rounds import Round
from wallet_core.domain.sessions import Session
from wallet_core.storage.store import Changes
from wallet_core.storage.tables import LINES, TABLES, Column, Table

REPLACED: frozenset[type[Struct]] = frozenset({Pocket, Session, Round})
"""Rows saved whole, new or not: what guards them is their player's version."""

EXPECTED = Column("expected", "bigint")


class Shape(Struct, frozen=True, eq=True):
    """One statement of a save: what is done to which table."""

    verb: str
    table: str


INSERT, UPSERT, UPDATE, GUARD = "insert", "upsert", "update", "guard"

_TABLES: dict[str, Table[Any]] = {table.name: table for table in TABLES.values()}


def plan(changes: Changes) -> dict[Shape, list[list[Any]]]:
    """Return the rows to write by shape, in the order of their keys; guards come first, then table by table.

    The order is what keeps two processes from waiting for each other in a circle.
    """
    rows: dict[Shape, list[list[Any]]] = {}
    for before, after in changes.rows:
        table = TABLES[type(after)]
        values = table.write(after)
        if type(after) in REPLACED:
            verb = UPSERT
        elif before is None:
            verb = INSERT
        elif isinstance(before, Player):
            verb = GUARD
            values = [*_pick(table, values, _keyed(table)), before.version]
        else:
            verb = UPDATE
            values = _pick(table, values, _keyed(table))
        rows.setdefault(Shape(verb, table.name), []).append(values)
    if changes.lines:
        rows[Shape(INSERT, LINES.name)] = [LINES.write(line) for line in changes.lines]
    for shape, written in rows.items():
        width = len(_TABLES[shape.table].key)
        written.sort(key=lambda values, width=width: values[:width])  # type: ignore[misc]  # a default is inferred as Any
    return dict(sorted(rows.items(), key=lambda item: (item[0].verb != GUARD, item[0].table, item[0].verb)))


def _keyed(table: Table[Any]) -> tuple[Column, ...]:
    return (*table.key, *table.changing)


def _pick(table: Table[Any], values: Sequence[Any], columns: Iterable[Column]) -> list[Any]:
    return [values[table.columns.index(column)] for column in columns]


def _columns(shape: Shape) -> tuple[Column, ...]:
    table = _TABLES[shape.table]
    if shape.verb == GUARD:
        return (*_keyed(table), EXPECTED)
    return _keyed(table) if shape.verb == UPDATE else table.columns


def _sets(table: Table[Any], source: str) -> str:
    return ", ".join(f"{column.name} = {source}{column.name}" for column in table.changing)


@cache
def sqlite(shape: Shape) -> str:
    """Return the statement for one row, its values in the order of the plan's."""
    table = _TABLES[shape.table]
    columns = _columns(shape)
    if shape.verb in {INSERT, UPSERT}:
        marks = ", ".join("?" for _ in columns)
        statement = f"insert into {table.name} ({table.names}) values ({marks})"
        return (
            f"{statement} on conflict do update set {_sets(table, 'excluded.')}" if shape.verb == UPSERT else statement
        )
    numbered = {column.name: f"?{number}" for number, column in enumerate(columns, 1)}
    sets = ", ".join(f"{column.name} = {numbered[column.name]}" for column in table.changing)
    where = " and ".join(f"{column.name} = {numbered[column.name]}" for column in table.key)
    guard = f" and version = {numbered[EXPECTED.name]}" if shape.verb == GUARD else ""
    return f"update {table.name} set {sets} where {where}{guard}"


@cache
def postgres(shapes: tuple[Shape, ...]) -> str:
    """Return one statement that writes every shape, or nothing: a mismatch of the guard divides by zero.

    One statement is one round trip and its own transaction. Parameters are the columns of each shape as arrays, in
    order, and last the number of guarded rows.
    """
    steps, number = [], 1
    for index, shape in enumerate(shapes):
        columns = _columns(shape)
        arrays = ", ".join(f"${number + offset}::{column.type}[]" for offset, column in enumerate(columns))
        steps.append(f"step_{index} as ({_step(shape, columns, arrays)} returning 1)")
        number += len(columns)
    guarded = next((index for index, shape in enumerate(shapes) if shape.verb == GUARD), None)
    met = (
        f"(select count(*) from step_{guarded}) = ${number}::bigint"
        if guarded is not None
        else f"${number}::bigint = 0"
    )
    return f"with {', '.join(steps)} select 1 / (case when {met} then 1 else 0 end)"


def _step(shape: Shape, columns: Sequence[Column], arrays: str) -> str:
    table = _TABLES[shape.table]
    names = ", ".join(column.name for column in columns)
    if shape.verb in {INSERT, UPSERT}:
        statement = f"insert into {table.name} ({names}) select * from unnest({arrays})"
        keys = ", ".join(column.name for column in table.key)
        upsert = f" on conflict ({keys}) do update set {_sets(table, 'excluded.')}"
        return statement + (upsert if shape.verb == UPSERT else "")
    where = " and ".join(f"t.{column.name} = u.{column.name}" for column in table.key)
    guard = " and t.version = u.expected" if shape.verb == GUARD else ""
    sets = _sets(table, "u.")
    return f"update {table.name} as t set {sets} from unnest({arrays}) as u({names}) where {where}{guard}"


def arguments(planned: dict[Shape, list[list[Any]]]) -> list[Any]:
    """Return the parameters of the statement `postgres` makes of the plan's shapes."""
    values: list[Any] = []
    for rows in planned.values():
        values.extend(list(column) for column in zip(*rows, strict=True))
    values.append(sum(len(rows) for shape, rows in planned.items() if shape.verb == GUARD))
    return values
