"""`python -m adapters conformance`: the kit before a wallet, and its reports."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from adapters.conformance import config, kit, report, up
from adapters.conformance.dialect import Dialect
from adapters.conformance.dialects import dialects
from adapters.references import ConfigError

_FAILED = 1
_STANDARD = Path("-")

# The wallet that is to be tried with a dialect.
_Aim = Callable[[Dialect], Awaitable[kit.Target]]


def conformance(
    protocols: Annotated[
        list[str] | None, typer.Argument(help="What is spoken there. With --up, by default all that is.")
    ] = None,
    *,
    url: Annotated[str, typer.Option(help="The wallet's address, instead of the configured one.")] = "",
    config_file: Annotated[
        Path | None, typer.Option("--config", help="A TOML file that describes a wallet of one protocol.")
    ] = None,
    up_file: Annotated[
        Path | None,
        typer.Option("--up", help="The line that `python -m wallet_core up` has printed; -: standard input."),
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="Cases whose names begin so. May be repeated.")] = None,
    answer_within: Annotated[
        float, typer.Option(min=0, help="Seconds for an answer; 0: as configured, or as long as the provider waits.")
    ] = 0.0,
    reports: Annotated[
        list[str] | None,
        typer.Option(
            "--report",
            metavar="FORMAT[=FILE]",
            help=f"{', '.join(report.FORMATS)}; without a file: on standard output. May be repeated.",
        ),
    ] = None,
) -> None:
    """Play the provider against a wallet, report, and fail if a case does. See adapters/conformance/README.md."""
    writers = [_writer(text) for text in reports or ["table"]]
    chosen, aim = _aimed(protocols or [], url, config_file, up_file)
    found = asyncio.run(_tried(chosen, aim, only or [], answer_within))
    for write, path in writers:
        _write(write(found), path)
    if report.failed(found):
        raise typer.Exit(_FAILED)


def _aimed(
    names: Sequence[str], url: str, config_file: Path | None, up_file: Path | None
) -> tuple[list[Dialect], _Aim]:
    """What is to be tried, and where. Raises ConfigError."""
    known = dialects()
    if unknown := [name for name in names if name not in known]:
        raise ConfigError(f"no protocol {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
    if up_file is not None and config_file is None:
        line = up.read(_line(up_file))
        chosen = [known[name] for name in names or sorted(known.keys() & line.adapters)]
        aim: _Aim = partial(up.target, line, url=url)
    elif config_file is not None and up_file is None:
        chosen = [known[name] for name in names]
        aim = partial(_the_same, config.load(config_file, url))
    else:
        raise ConfigError("the wallet is described by --config FILE or by --up FILE: say one of them")
    if not chosen or (len(chosen) > 1 and (url or config_file)):
        raise ConfigError("say which protocol is spoken there: one to a --config or --url")
    return chosen, aim


async def _the_same(target: kit.Target, dialect: Dialect) -> kit.Target:  # noqa: ARG001 - it was written for it
    return target


def _line(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.readline() if path == _STANDARD else path.read_bytes()
    except OSError as error:
        raise ConfigError(f"--up: {path}: {error.strerror}") from None


async def _tried(
    chosen: Sequence[Dialect], aim: _Aim, only: Sequence[str], answer_within: float
) -> list[report.Report]:
    """A report a protocol, one after the other. Raises ConfigError."""
    found = []
    for dialect in chosen:
        target = await aim(dialect)
        if answer_within:
            target = msgspec.structs.replace(target, answer_within=answer_within)
        verdicts = await kit.run(dialect, target, only=only)
        if not verdicts:
            raise ConfigError(f"--only: {dialect.name} has no such case")
        found.append(report.reported(dialect.name, verdicts))
    return found


def _writer(text: str) -> tuple[report.Format, Path]:
    name, _, path = text.partition("=")
    if name not in report.FORMATS:
        raise ConfigError(f"no report {name!r}; there are: {', '.join(report.FORMATS)}")
    return report.FORMATS[name], Path(path) if path else _STANDARD


def _write(text: str, path: Path) -> None:
    if path == _STANDARD:
        typer.echo(text, nl=False)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--report: {path}: {error.strerror}") from None
