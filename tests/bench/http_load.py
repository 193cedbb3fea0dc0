"""HTTP requests as fast as one process can: python -m tests.bench.http_load, ordered about by `generator.py`.

HTTP/1.1 by hand over sockets that stay open, one request under way on each, signed before the clock starts: some ten
microseconds a request. Every answer is held to be 200 and a bet that was applied now.

A closed loop sends when the last answer is there. An open loop sends at its rate whatever happens, and a request's
latency begins when it was due: what waits for a free socket waits at the server's expense (no coordinated omission).
It looks every millisecond what is due, so its latencies are up to a millisecond too long, never too short.
"""

import asyncio
import time
from collections import deque

import uvloop

from tests.bench import bets
from tests.bench.callers import FIRST, SPARE, WARM
from tests.bench.generator import Go, Refused, obey
from tests.bench.measure import Played, played

TICK = 0.001
WANTED = b'"outcome":"applied"'
AGAIN = b'"replayed":true'
LENGTH = b"content-length: "


def size(data: bytes) -> int | None:
    """Return how long the answer that begins here is; none while that cannot be seen."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return None
    found = data[:head].lower().find(LENGTH)
    if found < 0:
        raise Refused(f"an answer without a length: {data[:head]!r}")
    begin = found + len(LENGTH)
    end = data.find(b"\r", begin)
    return head + 4 + int(data[begin:end])


class Connection(asyncio.Protocol):
    """One socket; `load` is told what comes."""

    def __init__(self) -> None:
        self.load: Load | None = None
        self._rest = b""
        self._since = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def send(self, request: bytes, since: float) -> None:
        """Send a request, whose latency counts from then."""
        self._since = since
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        try:
            whole = size(data)
        except Refused as refused:
            self.load.fail(refused)
            return
        if whole is None or len(data) < whole:
            self._rest = data
            return
        self._rest = b""
        if not data.startswith(b"HTTP/1.1 200 ") or WANTED not in data or AGAIN in data:
            self.load.fail(Refused(data[:1000].decode(errors="replace")))
            return
        self.load.answered(self, self._since)

    def connection_lost(self, error: Exception | None) -> None:
        self.load.fail(Refused(f"a connection was lost: {error}"))

    def close(self) -> None:
        self._transport.abort()


class Load:
    """Requests on their way over some sockets."""

    def __init__(self, requests: list[bytes]) -> None:
        self._requests = requests
        self._latencies: list[float] = []
        self._late = 0.0
        self._under_way = 0
        self._began = 0.0
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def over(self, connections: list[Connection]) -> Played:
        """Send until there is no more to send and all is answered; return what was seen."""
        for connection in connections:
            connection.load = self
        self._began = time.perf_counter()
        self.start(connections)
        await self._done
        seconds = time.perf_counter() - self._began
        return played(len(self._latencies), seconds, self._latencies, self._late)

    def start(self, connections: list[Connection]) -> None:
        raise NotImplementedError

    def answered(self, connection: Connection, since: float) -> None:
        raise NotImplementedError

    def fail(self, refused: Refused) -> None:
        """End the run: a figure with such an answer in it is none."""
        if not self._done.done():
            self._done.set_exception(refused)

    def _send(self, connection: Connection, since: float) -> None:
        self._under_way += 1
        connection.send(self._requests.pop(), since)

    def _count(self, since: float, now: float) -> None:
        self._under_way -= 1
        self._latencies.append(now - since)

    def _end(self) -> None:
        if not self._under_way and not self._done.done():
            self._done.set_result(None)


class Closed(Load):
    """Each socket sends when it was answered."""

    def __init__(self, requests: list[bytes], seconds: float) -> None:
        super().__init__(requests)
        self._seconds = seconds

    def start(self, connections: list[Connection]) -> None:
        for connection in connections[: len(self._requests)]:
            self._send(connection, time.perf_counter())

    def answered(self, connection: Connection, since: float) -> None:
        now = time.perf_counter()
        self._count(since, now)
        if self._requests and now < self._began + self._seconds:
            self._send(connection, now)
        else:
            self._end()


class Open(Load):
    """So many a second, by the clock."""

    def __init__(self, requests: list[bytes], rate: float) -> None:
        super().__init__(requests)
        self._gap = 1 / rate
        self._sent = 0
        self._idle: deque[Connection] = deque()

    def start(self, connections: list[Connection]) -> None:
        self._idle.extend(connections)
        self._tick()

    def _tick(self) -> None:
        if self._requests and not self._done.done():
            late = self._send_due()
            self._late = max(self._late, late)  # there were sockets: it is this process that was late
            asyncio.get_running_loop().call_later(TICK, self._tick)

    def _send_due(self) -> float:
        """Send what is due while there are sockets; return how late the first of it is."""
        now = time.perf_counter()
        late = now - (self._began + self._sent * self._gap) if self._idle else 0.0
        while self._requests and self._idle and (due := self._began + self._sent * self._gap) <= now:
            self._sent += 1
            self._send(self._idle.popleft(), due)
        return late

    def answered(self, connection: Connection, since: float) -> None:
        self._count(since, time.perf_counter())
        waited = not self._idle
        self._idle.append(connection)
        if waited:
            self._send_due()
        if not self._requests:
            self._end()


async def opened(host: str, count: int) -> list[Connection]:
    """Connect so often to host:port."""
    name, _, port = host.rpartition(":")
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Connection, name, int(port)))[1] for _ in range(count)]


async def prepare(order: dict[str, object]) -> Go:
    """Connect, warm up, and build what is to be sent: for so many `seconds`, to `url`, for `players`, over
    `connections`; at a `rate` if there is one.
    """
    host, players, seconds = order["url"].removeprefix("http://"), order["players"], order["seconds"]
    rate = order.get("rate")
    connections = await opened(host, order["connections"])
    if rate is None:
        seen = await Closed(bets.signed(host, players, FIRST), seconds * WARM).over(connections)
        count = int(seen.items / seen.seconds * seconds * SPARE) + FIRST
        load: Load = Closed(bets.signed(host, players, count), seconds)
    else:
        await Open(bets.signed(host, players, int(rate * min(1.0, seconds * WARM)) + 1), rate).over(connections)
        load = Open(bets.signed(host, players, int(rate * seconds)), rate)

    async def go() -> Played:
        try:
            return await load.over(connections)
        finally:
            for connection in connections:
                connection.close()

    return go


if __name__ == "__main__":
    uvloop.run(obey(prepare))
