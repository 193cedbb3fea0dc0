"""What every command goes through: its settings, the loop, and a sentence for what a person can put right."""

from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvloop

from wallet_core import config
from wallet_core.config import ConfigError
from wallet_core.storage.store import Unavailable

T = TypeVar("T")

FAILED = 1
MISUSED = 2

ConfigFile = Annotated[Path | None, typer.Option("--config", envvar="WALLET_CONFIG", help="A TOML file of settings.")]
Database = Annotated[str, typer.Option("--database", help="Instead of the configured one.")]


def settings(path: Path | None) -> config.Settings:
    """Return the settings of the file, if one is given, and the environment; or end with a sentence."""
    try:
        return config.load(path)
    except ConfigError as error:
        typer.echo(f"settings: {error}", err=True)
        raise typer.Exit(MISUSED) from None


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run on the fastest loop there is; turn what a person can put right into a sentence."""
    try:
        return uvloop.run(work)
    except ConfigError as error:
        typer.echo(f"settings: {error}", err=True)
        raise typer.Exit(MISUSED) from None
    except Unavailable as error:
        typer.echo(f"the database is not there ({error}); check its address and whether it runs", err=True)
        raise typer.Exit(FAILED) from None
