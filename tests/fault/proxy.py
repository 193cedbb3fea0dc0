"""A TCP proxy that loses what it is told to lose, and then cuts the line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from urllib.parse import urlsplit, urlunsplit


class Lose(Enum):
    """What is lost next: what the client sends, or what the server answers to it."""

    NOTHING = 0
    REQUEST = 1
    ANSWER = 2


class Proxy:
    """In front of one server. `lose` is used up by the first loss, which cuts that connection."""

    def __init__(self, host: str, port: int) -> None:
        self._upstream = host, port
        self._lines: set[asyncio.Task[None]] = set()
        self.lose = Lose.NOTHING
        self.lost = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.current_task()
        self._lines.add(line)
        try:
            with suppress(ConnectionError):
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
                    await asyncio.gather(*ways, return_exceptions=True)
                    server_writer.transport.abort()
        finally:
            writer.transport.abort()
            self._lines.discard(line)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Lose) -> None:
        while data := await reader.read(65536):
            if self.lose is way:
                self.lose = Lose.NOTHING
                self.lost += 1
                return
            writer.write(data)
            await writer.drain()

    async def hang_up(self) -> None:
        for line in list(self._lines):
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)


@asynccontextmanager
async def proxied(dsn: str) -> AsyncIterator[tuple[Proxy, str]]:
    """Yield a proxy in front of the database, and the address to reach it by."""
    parts = urlsplit(dsn)
    proxy = Proxy(parts.hostname or "127.0.0.1", parts.port or 5432)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    host = (
        f"{parts.username}@127.0.0.1:{port}"
        if parts.password is None
        else (f"{parts.username}:{parts.password}@127.0.0.1:{port}")
    )
    try:
        yield proxy, urlunsplit(parts._replace(netloc=host, query="sslmode=disable"))
    finally:
        server.close()
        await proxy.hang_up()
        await server.wait_closed()
