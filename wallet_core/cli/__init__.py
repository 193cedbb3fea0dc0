"""The commands: up, serve, migrate, check, rates, policies, statement."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from wallet_core import app as wiring
from wallet_core import config, telemetry
from wallet_core.cli import policies, statement
from wallet_core.cli import up as upping
from wallet_core.cli.processes import Failed
from wallet_core.cli.running import FAILED, MISUSED, ConfigFile, Database
from wallet_core.cli.running import run as _run
from wallet_core.cli.running import settings as _settings
from wallet_core.domain.decision import Decision
from wallet_core.domain.rates import Pair
from wallet_core.engine.batcher import Batcher
from wallet_core.engine.clock import Clock
from wallet_core.storage import check as checking
from wallet_core.storage import migrate as migrating
from wallet_core.streams import rates as reading

app = typer.Typer(help="A casino wallet: its core, and what keeps it.", no_args_is_help=True, add_completion=False)

_Config = ConfigFile
_Database = Database

app.add_typer(policies.app, name="policies")
app.command()(statement.statement)


@app.command()
def serve(config_file: _Config = None) -> None:
    """Serve gRPC until SIGTERM or SIGINT; print {"core": "host:port"} when ready."""
    settings = _settings(config_file)
    telemetry.configure_logs(settings.log_level)
    _run(_serve(settings))


@app.command()
def migrate(config_file: _Config = None, database: _Database = "") -> None:
    """Bring the database up to date; print what was applied."""
    for name in _run(migrating.migrate(database or _settings(config_file).database)):
        typer.echo(name)


@app.command()
def check(config_file: _Config = None, database: _Database = "") -> None:
    """Ask the books whether they keep the laws; print each row that does not, and fail if there is one."""
    violations = _run(_check(database or _settings(config_file).database))
    for violation in violations:
        typer.echo(msgspec.json.encode(violation, enc_hook=str).decode())
    typer.echo(f"{len(checking.laws())} laws checked, {len(violations)} violations", err=True)
    if violations:
        raise typer.Exit(FAILED)


@app.command()
def rates(
    file: Annotated[Path, typer.Argument(help="The European Central Bank's daily rates, eurofxref-daily.xml.")],
    source: Annotated[str, typer.Option(help="Whose rates they are: a name of [[fx.sources]].")] = reading.ECB,
    config_file: _Config = None,
    database: _Database = "",
) -> None:
    """Publish the exchange rates of a file; print what was published, or fail and say why not."""
    settings = _settings(config_file)
    try:
        found = reading.read(file)
    except reading.Unreadable as unreadable:
        typer.echo(f"rates: {file}: {unreadable}", err=True)
        raise typer.Exit(MISUSED) from None
    decision = _run(_rates(settings, database or settings.database, source, found))
    if decision.refusal is not None:
        typer.echo(f"rates: {decision.refusal.reason.name}: {decision.refusal.message}", err=True)
        raise typer.Exit(FAILED)
    outcome = "known already" if decision.replayed else "published"
    typer.echo(f"{source}: {len(found[1])} rates as of {found[0] // 1_000_000} {outcome}")


@app.command()
def up(
    database: Annotated[
        str,
        typer.Option(help="postgresql://user@host/database, or sqlite:///path; default: a file in the data folder."),
    ] = "",
    data: Annotated[
        Path | None, typer.Option(help="Where tokens and secrets are kept; default: $XDG_STATE_HOME/wallet.")
    ] = None,
    port_base: Annotated[
        int, typer.Option(help="Port of the core; the adapters follow in the order of their names. 0: free ones.")
    ] = upping.PORT_BASE,
    adapters: Annotated[str, typer.Option(help="Names with commas between them, or all.")] = upping.WANTED,
) -> None:
    """Run the core and the adapters with a demo brand; print one line of JSON when all is ready."""
    telemetry.configure_logs()
    folder = (data or config.data_folder()).absolute()
    try:
        _run(upping.up(folder, database or f"sqlite://{folder}/wallet.db", port_base, adapters))
    except Failed as failed:
        typer.echo(f"up: {failed}", err=True)
        raise typer.Exit(FAILED) from None


async def _serve(settings: config.Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with wiring.running(settings) as core:
        telemetry.rest_collector()
        ready = {"core": core.target} | ({"metrics": core.metrics_url} if core.metrics_url else {})
        typer.echo(msgspec.json.encode(ready).decode())
        sys.stdout.flush()
        await stop.wait()


async def _rates(
    settings: config.Settings, database: str, source: str, found: tuple[int, tuple[Pair, ...]]
) -> Decision:
    terms = wiring.fx_terms(settings.fx)
    store = await wiring.open_store(database)
    batcher = Batcher(store, Clock())
    try:
        return await reading.publish(batcher, store, terms, source, found, patience=settings.default_deadline)
    finally:
        await batcher.stop()
        await store.close()


async def _check(database: str) -> list[checking.Violation]:
    store = await wiring.open_store(database)
    try:
        return await checking.check(store)
    finally:
        await store.close()
