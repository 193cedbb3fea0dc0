"""serve, migrate and check as real processes."""

import asyncio
import json
import sqlite3
import sys

import pytest

from tests.support.core import core_on

COMMAND = (sys.executable, "-m", "wallet_core")


async def ran(*arguments, **environment):
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"WALLET_TOKEN_KEY": "env:KEY", "KEY": "k" * 64} | environment,
    )
    said, errors = await process.communicate()
    return process.returncode, said.decode(), errors.decode()


async def test_serve_wants_migrations_and_migrate_makes_them(tmp_path):
    database = f"sqlite://{tmp_path}/books.db"
    code, said, errors = await ran("serve", WALLET_DATABASE=database)
    assert (code, said) == (2, "")
    assert "run: python -m wallet_core migrate" in errors
    code, said, errors = await ran("migrate", "--database", database)
    assert code == 0, errors
    assert said
    assert (await ran("migrate", "--database", database))[:2] == (0, "")


async def test_serve_says_where_it_is_and_stops_when_told(sqlite_core_database):
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        "serve",
        stdout=asyncio.subprocess.PIPE,
        env={
            "WALLET_DATABASE": sqlite_core_database,
            "WALLET_LISTEN": "127.0.0.1:0",
            "WALLET_METRICS": "127.0.0.1:0",
            "WALLET_TOKEN_KEY": "env:KEY",
            "KEY": "k" * 64,
        },
    )
    told = json.loads(await process.stdout.readline())
    assert set(told) == {"core", "metrics"}
    process.terminate()
    assert await process.communicate() == (b"", None)
    assert process.returncode == 0


async def test_check_finds_nothing_in_sound_books_and_the_row_in_others(core_database):
    async with core_on(core_database) as core:
        await core.player()
    code, said, errors = await ran("check", "--database", core_database)
    assert (code, said) == (0, ""), errors
    assert "0 violations" in errors


async def test_check_of_a_file_that_is_not_there_says_so_and_makes_none(tmp_path):
    """A mistyped name was made, and then complained of."""
    code, said, errors = await ran("check", "--database", f"sqlite://{tmp_path}/books.db")
    assert (code, said) == (2, "")
    assert "run: python -m wallet_core migrate" in errors
    assert list(tmp_path.iterdir()) == []


async def test_check_prints_the_row_that_breaks_a_law(sqlite_core_database):
    async with core_on(sqlite_core_database) as core:
        player = await core.player()
    with sqlite3.connect(sqlite_core_database.removeprefix("sqlite://")) as connection:
        connection.execute("update pockets set amount = amount + 1 where player_id = ?", (player,))
    connection.close()
    code, said, _ = await ran("check", "--database", sqlite_core_database)
    assert code == 1
    assert player in said


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        (("serve", "--config", "/does/not/exist"), {}, "--config"),
        (("serve",), {"WALLET_TOKEN_KEY": "", "WALLET_DATABASE": "mysql://"}, "postgresql://"),
        (("check", "--database", "postgresql://nobody@127.0.0.1:1/none"), {}, "the database is not there"),
        (("migrate", "--database", "postgresql://nobody@127.0.0.1:1/none"), {}, "the database is not there"),
    ],
    ids=["file", "scheme", "check", "migrate"],
)
async def test_what_is_wrong_is_a_sentence(arguments, environment, says):
    code, said, errors = await ran(*arguments, **environment)
    assert code
    assert said == ""
    assert says in errors
    assert "Traceback" not in errors
