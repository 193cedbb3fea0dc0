"""The data folder of `up`: tokens and secrets, made once, readable by their owner only; and one user at a time."""

import asyncio
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wallet_core.cli.processes import Failed

LOCK_WITHIN = 30.0
"""Seconds to wait for the processes of an `up` that was killed: they are finishing what was under way."""

LOCK_PAUSE = 0.05

PRIVATE = 0o600
SECRET_BYTES = 32


class Folder:
    """The folder, made if there is none."""

    def __init__(self, path: Path) -> None:
        """Make it."""
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise Failed(f"{path}: {error.strerror}; name another folder with --data") from None
        self.path = path

    def secret(self, name: str) -> str:
        """Return the secret of that name, made the first time."""
        if not self.has(name):
            self.write(name, secrets.token_hex(SECRET_BYTES))
        return self.read(name)

    def has(self, name: str) -> bool:
        """Return whether there is a file of that name."""
        return (self.path / name).exists()

    def read(self, name: str) -> str:
        """Return the text of a file."""
        return (self.path / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> Path:
        """Write a private file, whole or not at all."""
        path, fresh = self.path / name, self.path / f".{name}.new"
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        return path

    @contextmanager
    def locked(self) -> "Iterator[Lock]":
        """Hold the folder's lock file open."""
        file = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, PRIVATE)
        try:
            yield Lock(self.path, file)
        finally:
            os.close(file)


class Lock:
    """A lock that lasts as long as any process holds `file`: children inherit it, so it outlives a parent's kill -9."""

    def __init__(self, path: Path, file: int) -> None:
        """Take the open file."""
        self._path = path
        self.file = file

    async def take(self) -> None:
        """Wait for whoever is still here.

        Raises:
            Failed: they are here to stay.
        """
        until = time.monotonic() + LOCK_WITHIN
        while not self._taken():
            if time.monotonic() > until:
                raise Failed(f"another `up` is using {self._path}; stop it, or name another folder with --data")
            await asyncio.sleep(LOCK_PAUSE)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
