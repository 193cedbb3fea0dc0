"""The commands beside running an adapter: starting a game, keys for a demo, and the table of what each can do."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from adapters import demo, launch, matrix, providers, settings
from adapters.launches import NotLaunched
from adapters.references import ConfigError
from wallet_core.client import Refused, Unavailable, Wallet

FAILED = 1

_Config = Annotated[Path | None, typer.Option("--config", envvar="WALLET_ADAPTERS_CONFIG", help="A TOML file.")]


def start(
    name: Annotated[str, typer.Argument(help="An adapter that has a table under `launches`, too.")],
    player: Annotated[str, typer.Option(help="The player's id.")],
    game: Annotated[str, typer.Option(help="The provider's code for the game.")],
    *,
    config: _Config = None,
    currency: Annotated[str, typer.Option(help="Where the player has several wallets.")] = "",
    lang: Annotated[str, typer.Option(help="As the provider writes it.")] = "en",
    country: Annotated[str, typer.Option(help="The player's, two letters.")] = "",
    ip: Annotated[str, typer.Option(help="The player's.")] = "",
    mobile: Annotated[bool, typer.Option("--mobile", help="For a small screen.")] = False,
    request_id: Annotated[str, typer.Option(help="The same one again: the same session.")] = "",
) -> None:
    """Open a session and ask the provider for the game's URL; print {"session": TOKEN, "url": URL}."""
    if config is None:
        raise ConfigError("--config FILE or WALLET_ADAPTERS_CONFIG is needed")
    launcher = launch.load(config, name)
    core = settings.load(config).core
    tls = settings.tls(core)

    async def started() -> launch.Started:
        wallet = Wallet(core.target, launcher.token, tls=tls)
        try:
            return await launch.start(
                launcher,
                wallet,
                player_id=player,
                game=game,
                currency=currency,
                language=lang,
                country=country,
                ip=ip,
                mobile=mobile,
                request_id=request_id,
            )
        finally:
            await wallet.close()

    try:
        typer.echo(msgspec.json.encode(asyncio.run(started())).decode())
    except (NotLaunched, Refused, Unavailable) as error:
        typer.echo(f"launch: {error}", err=True)
        raise typer.Exit(FAILED) from None


def keys(protocols: Annotated[list[str], typer.Argument(help="Names of protocols.")]) -> None:
    """Make a demo's keys, each of the kind its protocol takes: print {NAME: {"signs": …, "checks": …}}."""
    if unknown := set(protocols) - set(providers.protocols()):
        raise ConfigError(f"no protocol {', '.join(sorted(unknown))}; there are: {', '.join(providers.protocols())}")
    made = {protocol: demo.fresh_keys(protocol) for protocol in protocols}
    text = {name: {"signs": pair.signs.decode(), "checks": pair.checks.decode()} for name, pair in made.items()}
    typer.echo(msgspec.json.encode(text).decode())


def capabilities(
    *, write: Annotated[bool, typer.Option("--write", help="Put it into adapters/README.md instead.")] = False
) -> None:
    """Print what each protocol can do, as tables in Markdown."""
    if write:
        matrix.write()
    else:
        sys.stdout.write(matrix.table())
