"""Gathering: plays that are asked for at the same time travel as one call.

An RPC costs a hundred times what an item inside one costs. There is no timer: the first goes out at once, a second call
joins it when as many plays wait as the one before carries, or plenty, and what gathered while the window was full goes
out when a place in it is free. Small calls beside large ones would cost a sixth of the rate.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from wallet.v1.wallet_pb2 import PlayManyRequest, PlayManyResponse, PlayRequest, PlayResponse

from wallet_core.client.answers import Unavailable, answer

PLAYS_MAX = 1_000
BYTES_MAX = 1024 * 1024
"""A quarter of a message: the reply may be larger than the request."""

QUEUE_MAX = 20_000
WINDOW = 2
PLENTY = 64
"""So many plays are a call worth its cost, whatever the one before carries."""


class _Waiting(NamedTuple):
    request: PlayRequest
    expires: float  # of the loop's clock
    answer: asyncio.Future[PlayResponse | Unavailable]


class Gatherer:
    """Sends plays together, with at most WINDOW calls under way: more would only split what could travel as one."""

    def __init__(self, send: Callable[[PlayManyRequest, float], Awaitable[PlayManyResponse]]) -> None:
        self._send = send
        self._queue: deque[_Waiting] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._pumping = False
        self._carried = 0  # how many plays the last call took along

    async def send(self, requests: Sequence[PlayRequest], deadline: float) -> list[PlayResponse | Unavailable]:
        """Return an answer for each; what has none by the deadline is Unavailable."""
        loop = asyncio.get_running_loop()
        if len(self._queue) + len(requests) > max(QUEUE_MAX, len(requests)):
            return [Unavailable("Too many plays are waiting here already.") for _ in requests]
        expires = loop.time() + deadline
        waiting = [_Waiting(request, expires, loop.create_future()) for request in requests]
        self._queue.extend(waiting)
        if not self._pumping:  # in the next turn of the loop, so that everybody of this turn goes along
            self._pumping = True
            loop.call_soon(self._pump)
        timer = loop.call_at(expires, _expire, waiting)
        try:
            return [await one.answer for one in waiting]
        finally:
            timer.cancel()
            for one in waiting:
                one.answer.cancel()  # nobody waits for it any more; those still queued are not sent

    def _pump(self) -> None:
        self._pumping = False
        while self._queue and len(self._under_way) < WINDOW:
            if self._under_way and len(self._queue) < min(self._carried, PLENTY):
                return
            if batch := self._take():
                self._carried = len(batch)
                task = asyncio.get_running_loop().create_task(self._exchange(batch))
                self._under_way.add(task)
                task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._pump()

    def _take(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        while self._queue and len(batch) < PLAYS_MAX:
            if self._queue[0].answer.done():
                self._queue.popleft()
                continue
            size += self._queue[0].request.ByteSize()
            if batch and size > BYTES_MAX:
                break
            batch.append(self._queue.popleft())
        return batch

    async def _exchange(self, batch: list[_Waiting]) -> None:
        """Send a batch with the latest deadline in it, so that no caller is cut short by another's."""
        left = max(one.expires for one in batch) - asyncio.get_running_loop().time()
        try:
            reply = await self._send(PlayManyRequest(plays=[one.request for one in batch]), max(left, 0.001))
            answers = [(one, answer(outcome)) for one, outcome in zip(batch, reply.outcomes, strict=True)]
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  everybody who waits must hear of it
            answers = [(one, Unavailable(str(error) or type(error).__name__)) for one in batch]
        for one, found in answers:
            if not one.answer.done():
                one.answer.set_result(found)


def _expire(waiting: Sequence[_Waiting]) -> None:
    for one in waiting:
        if not one.answer.done():
            one.answer.set_result(Unavailable("DEADLINE_EXCEEDED: no answer in time."))
