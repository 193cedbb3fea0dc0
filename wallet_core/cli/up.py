"""`up`: the core and the adapters as processes of their own, with a demo brand; from nothing, and after any end."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from wallet_core.cli.demo import BRAND, OPERATOR, seed
from wallet_core.cli.folder import Folder
from wallet_core.cli.processes import Child, Failed
from wallet_core.client import Refused, Unavailable, Wallet
from wallet_core.domain.profiles import PROFILES
from wallet_core.storage.migrate import migrate

T = TypeVar("T")

PORT_BASE = 8080
HOST = "127.0.0.1"
WANTED = "generic_seamless,thrillgate"
"""What runs when nothing is said: a process each is much for a first look."""

PLAIN_PROFILE = "generic"
"""For protocols whose row the profiles do not have."""


class Protocol(msgspec.Struct, frozen=True):
    """An adapter there is, as it tells of itself.

    Attributes:
        settings: what its demo must be told, beside what every adapter is.
    """

    protocol: str
    profile: str
    settings: dict[str, Any]


class Keys(msgspec.Struct, frozen=True):
    """A provider's key and what the adapter checks with: one secret, or the two halves of a pair."""

    signs: str
    checks: str


async def up(path: Path, database: str, port_base: int, wanted: str) -> None:
    """Run until SIGTERM or SIGINT.

    Args:
        path: of the data folder.
        database: where the books are.
        port_base: the core's port; 0 for free ones.
        wanted: the adapters' names with commas between them, or `all`.

    Raises:
        Failed: something did not start, or did not stay.
    """
    loop = asyncio.get_running_loop()
    work = loop.create_task(_up(path, database, port_base, wanted))
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    stop = loop.create_task(told.wait())
    await asyncio.wait((work, stop), return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    work.cancel()
    try:
        await work
    except asyncio.CancelledError:
        return


async def _up(path: Path, database: str, port_base: int, wanted: str) -> None:
    folder = Folder(path)
    async with AsyncExitStack() as stack:
        lock = stack.enter_context(folder.locked())
        await lock.take()
        known = await _told_by_adapters(list[Protocol], "list", "--json")
        chosen = _chosen(wanted, known)
        await _make_keys(folder, [each.protocol for each in chosen])
        await migrate(database)
        config = _core_config(folder, database, known, port_base)
        core = await Child.start("core", "wallet_core", "serve", "--config", str(config), keep=[lock.file])
        stack.push_async_callback(core.stop)
        adapters: list[Child] = []
        stack.push_async_callback(_stop, adapters)
        configs = {}
        for port, each in enumerate(chosen, port_base + 1):
            configs[each.protocol] = _adapter_config(folder, each, core.ready["core"], port if port_base else 0)
        await _start(adapters, configs, lock.file)
        await _tell(folder, core, adapters)
        await _first_end([core, *adapters])


async def _told_by_adapters(kind: type[T], *arguments: str) -> T:
    """Return what a command of the adapters says; nothing here knows them but by that."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "adapters", *arguments, stdout=PIPE)
    said, _ = await process.communicate()
    if process.returncode:
        raise Failed("the adapters cannot be asked; the lines above say why")
    return msgspec.json.decode(said, type=kind)


def _chosen(wanted: str, known: Sequence[Protocol]) -> list[Protocol]:
    names = [each.protocol for each in known]
    asked = set(names) if wanted == "all" else {name for name in wanted.split(",") if name}
    if unknown := asked - set(names):
        raise Failed(f"there is no adapter {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    return [each for each in known if each.protocol in asked]


async def _make_keys(folder: Folder, names: Sequence[str]) -> None:
    """Have the keys made that are not in the folder yet: each in its protocol's kind."""
    if missing := [name for name in names if not folder.has(f"provider-{name}.secret")]:
        made = await _told_by_adapters(dict[str, Keys], "keys", *missing)
        for name, keys in made.items():
            if keys.signs != keys.checks:
                folder.write(f"provider-{name}.key", keys.signs)
            folder.write(f"provider-{name}.secret", keys.checks)


async def _start(started: list[Child], configs: Mapping[str, Path], lock: int) -> None:
    """Start the adapters, as many at once as there are processors; those that are there are added to `started`."""
    room = asyncio.Semaphore(os.cpu_count() or 1)

    async def start(name: str, config: Path) -> None:
        async with room:
            started.append(await Child.start(name, "adapters", name, "--config", str(config), keep=[lock]))

    starting = [asyncio.ensure_future(start(name, config)) for name, config in configs.items()]
    try:
        await asyncio.gather(*starting)
    finally:
        for each in starting:
            each.cancel()
        await asyncio.gather(*starting, return_exceptions=True)
    started.sort(key=lambda adapter: adapter.name)


async def _stop(children: Sequence[Child]) -> None:
    await asyncio.gather(*(child.stop() for child in children))


def _core_config(folder: Folder, database: str, protocols: Sequence[Protocol], port: int) -> Path:
    """Write the core's settings; return their file."""
    folder.secret("token.key")
    tables = [
        f"database = {_quoted(database)}",
        f'listen = "{HOST}:{port}"',
        f"token_key = {_file(folder, 'token.key')}",
        *_token(folder, "operator", "OPERATOR"),
        "vouches = true",  # one token plays the demo's two operators
    ]
    for each in protocols:
        name, profile = each.protocol, each.profile if each.profile in PROFILES else PLAIN_PROFILE
        tables += ["[[providers]]", f'provider_id = "{name}"', f'protocol = "{name}"', f'profile = "{profile}"']
        tables += _token(folder, f"adapter-{name}", "ADAPTER", name)
    return folder.write("core.toml", "\n".join(tables) + "\n")


def _token(folder: Folder, name: str, role: str, provider_id: str = "") -> list[str]:
    folder.secret(f"{name}.token")
    table = ["[[tokens]]", f'name = "{name}"', f'role = "{role}"', f"token = {_file(folder, f'{name}.token')}"]
    return [*table, f'providers = ["{provider_id}"]'] if provider_id else table


def _adapter_config(folder: Folder, adapter: Protocol, target: str, port: int) -> Path:
    """Write an adapter's settings; return their file."""
    name = adapter.protocol
    tables = [
        "[core]",
        f'target = "{target}"',
        f"token = {_file(folder, f'adapter-{name}.token')}",
        f"[adapters.{name}]",
        f'provider_id = "{name}"',
        f'protocol = "{name}"',
        f'host = "{HOST}"',
        f"port = {port}",
        f"secrets = [{_file(folder, f'provider-{name}.secret')}]",
        *(f"{member} = {_toml(value)}" for member, value in adapter.settings.items()),
    ]
    return folder.write(f"adapter-{name}.toml", "\n".join(tables) + "\n")


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_quoted(name)} = {_toml(each)}" for name, each in value.items()) + " }"
    return json.dumps(value)  # text, numbers, booleans and lists of them are written alike


def _file(folder: Folder, name: str) -> str:
    return _quoted(f"file:{folder.path / name}")


def _quoted(text: str) -> str:
    return json.dumps(text)  # what JSON quotes, TOML reads


async def _tell(folder: Folder, core: Child, adapters: Sequence[Child]) -> None:
    """Seed the demo brand and print where everything is."""
    token = folder.secret("operator.token")
    wallet = Wallet(core.ready["core"], token)
    try:
        players = await seed(wallet, [adapter.name for adapter in adapters])
    except (Refused, Unavailable) as error:
        raise Failed(f"the demo brand cannot be made: {error}") from None
    finally:
        await wallet.close()
    line = {
        "core": core.ready["core"],
        "adapters": {adapter.name: adapter.ready["url"] for adapter in adapters},
        "token": token,
        "demo": {
            "operator": OPERATOR,
            "brand": BRAND,
            "players": players,
            # What the provider signs with.
            "secrets": {
                name: folder.read(
                    f"provider-{name}.key" if folder.has(f"provider-{name}.key") else f"provider-{name}.secret"
                )
                for name in (adapter.name for adapter in adapters)
            },
        },
    }
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


async def _first_end(children: Sequence[Child]) -> None:
    """Wait until a child ends, which none of them should.

    Raises:
        Failed: one did.
    """
    loop = asyncio.get_running_loop()
    waiting = [loop.create_task(child.ended()) for child in children]
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
    raise Failed("; ".join(each.result() for each in done))
