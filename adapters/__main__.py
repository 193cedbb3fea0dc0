"""`python -m adapters NAME --config FILE` runs an adapter; `list` shows what there is, `conformance` tries a wallet."""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
import uvloop
from typer.core import TyperGroup

from adapters import commands, demo, providers, settings
from adapters.conformance.command import conformance
from adapters.references import ConfigError, token
from adapters.server import serving
from wallet_core.client import Tls, Wallet
from wallet_core.telemetry import configure_logs, rest_collector

_MISUSED = 2


class _Commands(TyperGroup):
    """A first word that is no command is the name of an adapter to run. A ConfigError is one line and status 2."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(_MISUSED) from None


app = typer.Typer(
    cls=_Commands,
    help="The wallet's doors to game providers. A first word that is no command is an adapter's name: it is run.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.command()(conformance)

app.command("launch")(commands.start)
app.command()(commands.keys)
app.command("matrix")(commands.capabilities)

_ConfigOption = Annotated[Path | None, typer.Option(envvar="WALLET_ADAPTERS_CONFIG", help="A TOML file.")]


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="An adapter of the configuration.")],
    config: _ConfigOption = None,
    host: Annotated[str | None, typer.Option(help="Instead of the configured one.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Instead of the configured one; 0: any free one.", min=0, max=65535)
    ] = None,
) -> None:
    """Run one adapter until SIGTERM or SIGINT; print {"adapter": NAME, "url": URL} when it listens."""
    if config is None:
        raise ConfigError("--config FILE or WALLET_ADAPTERS_CONFIG is needed")
    loaded = settings.load(config)
    adapter = settings.adapter(loaded, name)
    core_token = token(loaded.core.token, "[core] token")
    tls = settings.tls(loaded.core)
    overrides = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
    adapter = msgspec.structs.replace(adapter, serving=msgspec.structs.replace(adapter.serving, **overrides))
    configure_logs()
    uvloop.run(_run(adapter, loaded.core.target, core_token, tls))


@app.command("list")
def list_(
    config: _ConfigOption = None,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="The protocols with their policies and a demo's settings.")
    ] = False,
) -> None:
    """Name the protocols there are, and the adapters of the configuration."""
    if as_json:
        typer.echo(msgspec.json.encode(demo.demos()).decode())
        return
    for protocol in providers.protocols():
        typer.echo(f"protocol {protocol}")
    if config is not None:
        for name in sorted(settings.load(config).adapters):
            typer.echo(f"adapter {name}")


async def _run(adapter: settings.Adapter, target: str, core_token: str, tls: Tls | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        wallet = Wallet(target, core_token, tls=tls)
        stack.push_async_callback(wallet.close)
        url = await _opened(stack, adapter, wallet)
        rest_collector()
        typer.echo(msgspec.json.encode({"adapter": adapter.name, "url": url}).decode())
        sys.stdout.flush()
        await stop.wait()


async def _opened(stack: AsyncExitStack, adapter: settings.Adapter, wallet: Wallet) -> str:
    """Listen as long as `stack` is open; the URL. Raises ConfigError: a secret that is no key, a path that is used
    twice, an address that cannot be listened on.
    """
    here = adapter.serving
    where = f"[adapters.{adapter.name}]"
    try:
        speaker = providers.module(here.protocol).connect(here.provider_id, adapter.secrets, adapter.protocol_settings)
        return await stack.enter_async_context(serving(adapter, speaker, wallet))
    except OSError as error:
        # An event loop puts the address in front of what the system said.
        said = str(error.strerror or error).rpartition(": ")[2]
        raise ConfigError(f"{where}: cannot listen on {here.host}, port {here.port}: {said}") from error
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from error


if __name__ == "__main__":
    app()
