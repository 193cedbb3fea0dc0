"""`up`: the core and the adapters as processes of their own, with a demo brand; from nothing, and after any end."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from wallet_core.cli.demo import BRAND, OPERATOR, seed
from wallet_core.cli.folder import Folder
from wallet_core.cli.processes import Child, Failed
from wallet_core.client import Refused, Unavailable, Wallet
from wallet_core.domain.profiles import PROFILES
from wallet_core.storage.migrate import migrate

PORT_BASE = 8080
HOST = "127.0.0.1"
PROTOCOL = "protocol "
PLAIN_PROFILE = "generic"
"""For protocols whose row the profiles do not have."""


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
        known = await _protocols()
        names = _chosen(wanted, known)
        await migrate(database)
        config = _core_config(folder, database, known, port_base)
        core = await Child.start("core", "wallet_core", "serve", "--config", str(config), keep=[lock.file])
        stack.push_async_callback(core.stop)
        children = [core]
        for name in names:
            port = port_base + 1 + known.index(name) if port_base else 0
            config = _adapter_config(folder, name, core.ready["core"], port)
            adapter = await Child.start(name, "adapters", name, "--config", str(config), keep=[lock.file])
            stack.push_async_callback(adapter.stop)
            children.append(adapter)
        await _tell(folder, children, known)
        await _first_end(children)


async def _protocols() -> list[str]:
    """Return the names of all adapters there are."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "adapters", "list", stdout=PIPE)
    said, _ = await process.communicate()
    if process.returncode:
        raise Failed("the adapters cannot be listed; the lines above say why")
    lines = said.decode().splitlines()
    return sorted(line.removeprefix(PROTOCOL) for line in lines if line.startswith(PROTOCOL))


def _chosen(wanted: str, known: Sequence[str]) -> list[str]:
    if wanted == "all":
        return list(known)
    asked = [name for name in wanted.split(",") if name]
    if unknown := set(asked) - set(known):
        raise Failed(f"there is no adapter {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    return sorted(set(asked))


def _core_config(folder: Folder, database: str, providers: Sequence[str], port: int) -> Path:
    """Write the core's settings; return their file."""
    folder.secret("token.key")
    tables = [
        f"database = {_quoted(database)}",
        f'listen = "{HOST}:{port}"',
        f"token_key = {_file(folder, 'token.key')}",
        *_token(folder, "operator", "OPERATOR"),
    ]
    for name in providers:
        profile = name if name in PROFILES else PLAIN_PROFILE
        tables += ["[[providers]]", f'provider_id = "{name}"', f'protocol = "{name}"', f'profile = "{profile}"']
        tables += _token(folder, f"adapter-{name}", "ADAPTER", name)
    return folder.write("core.toml", "\n".join(tables) + "\n")


def _token(folder: Folder, name: str, role: str, provider_id: str = "") -> list[str]:
    folder.secret(f"{name}.token")
    table = ["[[tokens]]", f'name = "{name}"', f'role = "{role}"', f"token = {_file(folder, f'{name}.token')}"]
    return [*table, f'providers = ["{provider_id}"]'] if provider_id else table


def _adapter_config(folder: Folder, name: str, target: str, port: int) -> Path:
    """Write an adapter's settings; return their file."""
    folder.secret(f"provider-{name}.secret")
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
    ]
    return folder.write(f"adapter-{name}.toml", "\n".join(tables) + "\n")


def _file(folder: Folder, name: str) -> str:
    return _quoted(f"file:{folder.path / name}")


def _quoted(text: str) -> str:
    return json.dumps(text)  # what JSON quotes, TOML reads


async def _tell(folder: Folder, children: Sequence[Child], providers: Sequence[str]) -> None:
    """Seed the demo brand and print where everything is."""
    core, *adapters = children
    token = folder.secret("operator.token")
    wallet = Wallet(core.ready["core"], token)
    try:
        players = await seed(wallet, providers)
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
            "secrets": {adapter.name: folder.secret(f"provider-{adapter.name}.secret") for adapter in adapters},
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
