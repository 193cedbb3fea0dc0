"""A TCP proxy that does to a line what networks do: lose, delay, cut in the middle, close by halves, swallow."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from functools import partial
from urllib.parse import urlsplit, urlunsplit

BACKLOG = 512


class Lose(Enum):
    """What is lost next: what the client sends, or what the server answers to it."""

    NOTHING = 0
    REQUEST = 1
    ANSWER = 2


class Proxy:
    """In front of one server.

    Attributes:
        lose: a way; the first bytes that go it are lost, and their connection with them.
        lost: how many were.
        delay: seconds that everything is late by.
    """

    def __init__(self, host: str, port: int) -> None:
        self._upstream = host, port
        self._lines: set[asyncio.Task[None]] = set()
        self._writers: dict[Lose, set[asyncio.StreamWriter]] = {Lose.REQUEST: set(), Lose.ANSWER: set()}
        self._deaf: set[asyncio.StreamWriter] = set()
        self._left: dict[Lose, int] = {}
        self._open = asyncio.Event()
        self._open.set()
        self.lose = Lose.NOTHING
        self.lost = 0
        self.delay = 0.0

    async def accept(self, listener: socket.socket) -> None:
        """Take connections for ever."""
        while True:
            connection, _ = await asyncio.get_running_loop().sock_accept(listener)
            try:
                reader, writer = await asyncio.open_connection(sock=connection)
            except OSError:  # its client is gone already
                connection.close()
                continue
            line = asyncio.ensure_future(self._serve(reader, writer))
            self._lines.add(line)
            line.add_done_callback(self._lines.discard)
            line.add_done_callback(partial(_abort, writer))  # even if it never began

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            server_reader, server_writer = await asyncio.open_connection(*self._upstream)
            ways = [
                asyncio.ensure_future(self._carry(reader, server_writer, Lose.REQUEST)),
                asyncio.ensure_future(self._carry(server_reader, writer, Lose.ANSWER)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                server_writer.transport.abort()
                await asyncio.gather(*ways, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Lose) -> None:
        self._writers[way].add(writer)
        try:
            while data := await reader.read(65536):
                if self.lose is way:
                    self.lose = Lose.NOTHING
                    self.lost += 1
                    return
                if self.delay:
                    await asyncio.sleep(self.delay)
                await self._open.wait()
                if writer in self._deaf:
                    continue
                if (left := self._left.get(way)) is not None:
                    self._left[way] = left - len(data)
                    if left < len(data):
                        del self._left[way]
                        writer.write(data[:left])
                        await writer.drain()
                        return
                writer.write(data)
                await writer.drain()
        finally:
            self._writers[way].discard(writer)
            self._deaf.discard(writer)

    def cut(self, way: Lose, after: int) -> None:
        """Let so many bytes more pass that way, and cut the connection that carries the next."""
        self._left[way] = after

    def half_close(self, way: Lose) -> None:
        """End every open line one way only: who listens there hears the end, who speaks there is not heard any more."""
        for writer in self._writers[way] - self._deaf:
            self._deaf.add(writer)
            with suppress(OSError):  # it has just ended altogether
                writer.write_eof()

    def forget(self) -> None:
        """Carry nothing more for the lines that are open, and tell nobody: the other end's machine is gone."""
        for writers in self._writers.values():
            self._deaf |= writers

    def swallow(self) -> None:
        """Let nothing through, and say nothing, until `heal`."""
        self._open.clear()

    def heal(self) -> None:
        """Carry everything again, on time, what was held back first."""
        self._open.set()
        self._left.clear()
        self.delay = 0.0

    async def hang_up(self) -> None:
        """Cut every line."""
        for line in list(self._lines):
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)


def _abort(writer: asyncio.StreamWriter, _line: asyncio.Task[None]) -> None:
    writer.transport.abort()


@asynccontextmanager
async def listening(host: str, port: int) -> AsyncIterator[tuple[Proxy, int]]:
    """Yield a proxy in front of the server there, and the port to reach it by."""
    proxy = Proxy(host, port)
    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener:
        listener.settimeout(0)
        accepting = asyncio.ensure_future(proxy.accept(listener))
        try:
            yield proxy, listener.getsockname()[1]
        finally:
            accepting.cancel()
            await asyncio.wait([accepting])
            await proxy.hang_up()


@asynccontextmanager
async def proxied(dsn: str) -> AsyncIterator[tuple[Proxy, str]]:
    """Yield a proxy in front of the database, and the address to reach it by."""
    parts = urlsplit(dsn)
    async with listening(parts.hostname or "127.0.0.1", parts.port or 5432) as (proxy, port):
        host = (
            f"{parts.username}@127.0.0.1:{port}"
            if parts.password is None
            else (f"{parts.username}:{parts.password}@127.0.0.1:{port}")
        )
        yield proxy, urlunsplit(parts._replace(netloc=host, query="sslmode=disable"))
