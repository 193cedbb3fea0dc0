"""Exchange rates from a file: by the command, and by a core that watches it."""

import asyncio
import sqlite3
import sys
from datetime import UTC, datetime, timedelta

from wallet.v1.fx_pb2 import GetRatesRequest

from tests.support.core import core_on
from wallet_core.config import Fx, FxSource

LONG = 7 * 86_400


def yesterdays():
    """A document whose moment is not to come, whatever the hour."""
    day = (datetime.now(UTC) - timedelta(days=1)).date()
    return f"<a><Cube><Cube time='{day}'><Cube currency='BRL' rate='5.8123'/></Cube></Cube></a>"


async def ran(*arguments, **environment):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "wallet_core", "rates"),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"WALLET_TOKEN_KEY": "env:KEY", "KEY": "k" * 64} | environment,
    )
    said, errors = await process.communicate()
    return process.returncode, said.decode(), errors.decode()


async def test_the_command_publishes_a_file_once(sqlite_core_database, tmp_path):
    file = tmp_path / "daily.xml"
    file.write_text(yesterdays())
    settings = {"WALLET_FX": f'{{"sources": [{{"name": "ecb", "max_age": {LONG}, "weekend_max_age": {LONG}}}]}}'}
    asked = (str(file), "--database", sqlite_core_database)
    code, said, errors = await ran(*asked, **settings)
    assert (code, errors) == (0, "")
    assert said.startswith("ecb: 1 rates as of ")
    assert (await ran(*asked, **settings))[1].endswith("known already\n")
    connection = sqlite3.connect(sqlite_core_database.removeprefix("sqlite://"))
    assert connection.execute("select source, pairs from rates").fetchall() == [("ecb", '[["EUR","BRL","5.8123"]]')]
    connection.close()

    code, said, errors = await ran(*asked, "--source", "stranger", **settings)
    assert (code, said) == (1, "")
    assert errors.startswith("rates: INVALID_REQUEST: source")
    file.write_text("nothing")
    code, said, errors = await ran(*asked, **settings)
    assert (code, said) == (2, "")
    assert "no XML" in errors


async def test_a_core_reads_its_files(sqlite_core_database, tmp_path):
    file = tmp_path / "daily.xml"
    file.write_text(yesterdays())
    sources = [FxSource(name="ecb", max_age=LONG, weekend_max_age=LONG, file=file)]
    async with core_on(sqlite_core_database, fx=Fx(sources=sources)) as core:
        tables = ()
        while not tables:
            tables = (await core.operator.get_rates(GetRatesRequest())).tables
    (table,) = tables
    assert (table.source, table.fresh, table.rates[0].mid) == ("ecb", True, "5.8123")
