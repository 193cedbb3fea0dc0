"""`python -m adapters <name> --config FILE` runs one adapter; `python -m adapters list` shows what there is."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
import uvloop

from adapters import providers, settings
from adapters.server import serving
from wallet_core.client import Tls, Wallet
from wallet_core.telemetry import configure_logs, rest_collector

_NameArgument = Annotated[str, typer.Argument(help="An adapter of the configuration, or `list`.")]
_ConfigOption = Annotated[Path | None, typer.Option(envvar="WALLET_ADAPTERS_CONFIG", help="A TOML file.")]
_HostOption = Annotated[str | None, typer.Option(help="Instead of the configured one.")]
_PortOption = Annotated[int | None, typer.Option(help="Instead of the configured one; 0: any free one.")]


def main(name: _NameArgument, config: _ConfigOption = None, host: _HostOption = None, port: _PortOption = None) -> None:
    """Run one adapter until SIGTERM or SIGINT."""
    try:
        if name == "list":
            _list(config)
            return
        if config is None:
            raise settings.ConfigError("--config FILE or WALLET_ADAPTERS_CONFIG is needed")  # noqa: TRY301
        loaded = settings.load(config)
        adapter = settings.adapter(loaded, name)
        token = settings.secret(loaded.core.token, "[core] token").decode()
        tls = settings.tls(loaded.core)
    except settings.ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    overrides = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
    adapter = msgspec.structs.replace(adapter, serving=msgspec.structs.replace(adapter.serving, **overrides))
    configure_logs()
    uvloop.run(_run(adapter, loaded.core.target, token, tls))


def _list(config: Path | None) -> None:
    for protocol in providers.protocols():
        typer.echo(f"protocol {protocol}")
    if config is not None:
        for name in sorted(settings.load(config).adapters):
            typer.echo(f"adapter {name}")


async def _run(adapter: settings.Adapter, target: str, token: str, tls: Tls | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    wallet = Wallet(target, token, tls=tls)
    try:
        module = providers.module(adapter.serving.protocol)
        speaker = module.connect(adapter.serving.provider_id, adapter.secrets, adapter.protocol_settings)
        async with serving(adapter, speaker, wallet) as url:
            rest_collector()
            typer.echo(msgspec.json.encode({"adapter": adapter.name, "url": url}).decode())
            sys.stdout.flush()
            await stop.wait()
    finally:
        await wallet.close()


if __name__ == "__main__":
    typer.run(main)
