"""Child processes: started, heard, watched, stopped in order."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence

import msgspec

READY_WITHIN = 60.0
STOP_WITHIN = 20.0


class Failed(Exception):
    """It cannot be brought up, or did not stay up; the message says what and why."""


class Child:
    """One child. It ends when this process does: see `child.py`."""

    def __init__(self, name: str, process: Process, ready: Mapping[str, str]) -> None:
        """Take the process, and the line it said when it was ready."""
        self.name = name
        self.ready = ready
        self._process = process
        self._heard = asyncio.get_running_loop().create_task(_drain(process))

    @classmethod
    async def start(cls, name: str, module: str, *arguments: str, keep: Sequence[int] = ()) -> "Child":
        """Start `python -m module arguments` and wait until it says that it is ready.

        Args:
            name: for messages.
            module: to be run.
            arguments: of the module.
            keep: file descriptors it holds open as long as it lives.

        Raises:
            Failed: it ended, or said nothing for too long.
        """
        command = ("-m", "wallet_core.cli.child", module, *arguments)
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdin=PIPE, stdout=PIPE, pass_fds=tuple(keep)
        )
        try:
            async with asyncio.timeout(READY_WITHIN):
                line = await process.stdout.readline() if process.stdout else b""
            return cls(name, process, msgspec.json.decode(line, type=dict[str, str]))
        except (TimeoutError, msgspec.DecodeError):
            await _ended(process)
            raise Failed(f"{name} did not start; its last lines above say why") from None
        except asyncio.CancelledError:
            await _ended(process)
            raise

    async def ended(self) -> str:
        """Return how it ended, once it has."""
        return f"{self.name} ended with code {await self._process.wait()}"

    async def stop(self) -> None:
        """Let it finish what is under way, and end it if it takes too long."""
        await _ended(self._process)
        await self._heard


async def _ended(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(STOP_WITHIN):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _drain(process: Process) -> None:
    """Read what it says after the first line, so that it never waits for a reader."""
    while process.stdout and await process.stdout.read(65_536):
        pass
