"""What the kit must be told of a wallet: a TOML file, read once. README.md beside this file shows one."""

import asyncio
import os
import subprocess
import time
import tomllib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from adapters.conformance.dialect import Seat
from adapters.conformance.kit import Target
from adapters.references import ConfigError, secret, token

# Seconds for a restarted wallet to listen again, and between two looks.
_BACK_WITHIN = 60.0
_PAUSE = 0.05
_HTTPS = 443
_HTTP = 80


class Player(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[player]` and its like: what a game's launch would have told the provider."""

    player: str = ""
    # As it is, or as env:NAME or file:PATH.
    token: str = ""
    currency: str = ""
    game: str = ""


class Wallet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file. Its players are those of kit.Target, which says what each must be."""

    # What the provider signs with, as env:NAME or file:PATH; two while a key is rotated.
    secrets: Annotated[list[str], Meta(min_length=1, max_length=2)]
    player: Player
    url: str = ""
    other: Player | None = None
    blocked: Player | None = None
    expired: Player | None = None
    limited: Player | None = None
    foreign: Player | None = None
    other_currency: str = "SEK"
    answer_within: Annotated[float, Meta(ge=0, le=600)] = 0.0
    # A command, word by word, that restarts the wallet and ends.
    restart: list[str] = []


def load(path: Path, url: str = "", environ: Mapping[str, str] = os.environ) -> Target:
    """The wallet that the file describes, at `url` where it is given. Raises ConfigError."""
    try:
        told = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Wallet)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if not told.player.player:
        raise ConfigError(f"{path}: [player]: `player` is needed")
    url = endpoint(url or told.url, f"{path}: url")
    first = _seat(told.player, Seat("", currency="EUR"), f"{path}: [player]", environ)
    seats = {
        name: None if player is None else _seat(player, _beside(name, first), f"{path}: [{name}]", environ)
        for name in ("other", "blocked", "expired", "limited", "foreign")
        for player in (getattr(told, name),)
    }
    return Target(
        url=url,
        secrets=tuple(secret(reference, f"{path}: secrets", environ) for reference in told.secrets),
        player=first,
        other_currency=told.other_currency,
        answer_within=told.answer_within,
        restart=partial(_restarted, told.restart, url) if told.restart else None,
        **seats,
    )


def endpoint(url: str, where: str) -> str:
    """The address of a wallet, without a slash at its end. Raises ConfigError."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise ConfigError(f"{where}: http://host:port or https://host is needed, a path may follow")
    return url.rstrip("/")


def _beside(name: str, first: Seat) -> Seat:
    """What a player has that is not said: another one's own, or the first one's where it is the same person."""
    return first if name == "expired" else Seat("", currency=first.currency, game=first.game)


def _seat(player: Player, known: Seat, where: str, environ: Mapping[str, str]) -> Seat:
    if not (player.player or known.player):
        raise ConfigError(f"{where}: `player` is needed")
    said = player.token
    if said.startswith(("env:", "file:")):
        said = token(said, f"{where} token", environ)
    return Seat(player.player or known.player, said, player.currency or known.currency, player.game or known.game)


async def _restarted(command: Sequence[str], url: str) -> str:
    """Run the command and wait until somebody listens again; the URL. Raises ConfigError."""
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    except OSError as error:
        raise ConfigError(f"restart: {command[0]}: {error.strerror}") from error
    if status := await process.wait():
        raise ConfigError(f"restart: {command[0]} ended with {status}")
    parts = urlsplit(url)
    port = parts.port or (_HTTPS if parts.scheme == "https" else _HTTP)
    until = time.monotonic() + _BACK_WITHIN
    while not await _listens(parts.hostname or "", port):
        if time.monotonic() > until:
            raise ConfigError(f"restart: nobody listens at {url} after {_BACK_WITHIN:.0f} s")
        await asyncio.sleep(_PAUSE)
    return url


async def _listens(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
