"""The batcher: takes whatever has gathered while the last commit ran, and commits it once (design 4).

There is no timer to gather: alone at night a bet waits for nobody. One flight is under way as a rule; a second starts
when more waits than a batch may hold or the first is slow, and never with a player who is in the first. Queues are
bounded, deadlines honoured, and one command that cannot be decided does not take the others with it.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from wallet_core.domain.commands import Command
from wallet_core.domain.decision import Decision
from wallet_core.engine.batch import Batch
from wallet_core.engine.clock import Clock
from wallet_core.storage.store import Store, Unavailable, VersionConflict

CONFLICTS_MAX = 20
"""How often a batch is decided anew because another process was faster, before its callers are told to ask again."""

BACKOFF = 0.002
"""Seconds, times the number of conflicts so far, of which a random part is waited."""


PATIENCE = 0.1
"""Seconds a flight may take before others no longer wait for it to gather: many times what a commit takes."""


class Overloaded(Exception):
    """The queue is full: refuse at once, rather than answer too late."""


class Expired(Exception):
    """The deadline passed before the command's turn; it was not executed."""


class Stopped(Exception):
    """The process is going away; ask another, or ask again."""


class _Item(NamedTuple):
    command: Command
    deadline: float
    answer: asyncio.Future[Decision]


def _unobserved(_size: int, _seconds: float) -> None:
    """See nothing."""


class Batcher:
    """Commands in, decisions out; between them a queue and at most `lanes` commits at a time."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        lanes: int = 1,
        batch_max: int = 512,
        queue_max: int = 10_000,
        patience: float = PATIENCE,
        observe: Callable[[int, float], None] = _unobserved,
    ) -> None:
        """Take the store and the limits; `observe` is told the size and seconds of each commit."""
        self._store = store
        self._clock = clock
        self._lanes = lanes
        self._batch_max = batch_max
        self._queue_max = queue_max
        self._patience = patience
        self._observe = observe
        self._queue: deque[_Item] = deque()
        self._busy: set[str] = set()
        self._flights: set[asyncio.Task[None]] = set()
        self._passed = 0  # how many at the head of the queue were passed over, their players being under way
        self._woken = False
        self._latest = 0.0  # when the last flight began
        self._alarm: asyncio.TimerHandle | None = None  # set while something waits for it
        self._stopping = False

    @property
    def depth(self) -> int:
        """How many commands wait."""
        return len(self._queue)

    async def submit(self, command: Command, deadline: float) -> Decision:
        """Return the decision once it is durable; raises what `put` does, and what its future may."""
        return await self.put(command, deadline)

    def put(self, command: Command, deadline: float) -> asyncio.Future[Decision]:
        """Put a command in the queue; return the future of its decision.

        Args:
            command: what to decide.
            deadline: in seconds of time.monotonic().

        Raises:
            Overloaded, Stopped: it was not executed.

        The future's exceptions:
            Expired: it was not executed.
            Unavailable: the database went away; it may or may not have been. Sending it again tells.
        """
        if self._stopping:
            raise Stopped
        if len(self._queue) >= self._queue_max:
            raise Overloaded
        answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self._queue.append(_Item(command, deadline, answer))
        self._wake()
        return answer

    async def preview(self, command: Command) -> Decision:
        """Return what the decision would be now; nothing is written."""
        batch = Batch([command], self._clock)
        await self._store.preview(batch)
        return batch.decisions[0]

    async def stop(self) -> None:
        """Take no more, and finish what is in the queue."""
        self._stopping = True
        while self._flights or self._queue:
            self._dispatch()
            if self._flights:
                await asyncio.wait(self._flights)

    def _wake(self) -> None:
        """Dispatch in the next turn of the loop, so that whoever asks in this one goes along."""
        if not self._woken:
            self._woken = True
            asyncio.get_running_loop().call_soon(self._dispatch)

    def _dispatch(self) -> None:
        self._woken = False
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        loop = asyncio.get_running_loop()
        while self._queue and len(self._flights) < self._lanes:
            if self._flights and len(self._queue) - self._passed <= self._batch_max:
                # Let it gather, for one big commit is cheaper than two small ones; but not for ever.
                slow = self._latest + self._patience
                if loop.time() < slow:
                    self._alarm = loop.call_at(slow, self._dispatch)
                    return
            items = self._gather()
            self._latest = loop.time()  # also when all that wait are under way: not every newcomer looks through them
            if not items:
                return
            flight = loop.create_task(self._fly(items))
            self._flights.add(flight)

    def _gather(self) -> list[_Item]:
        """Take the next batch: in order, without players whose last batch is still under way."""
        items: list[_Item] = []
        waiting: list[_Item] = []
        now = time.monotonic()
        while self._queue and len(items) < self._batch_max:
            item = self._queue.popleft()
            if item.answer.done():
                continue  # the caller is gone
            if item.deadline <= now:
                item.answer.set_exception(Expired())
            elif item.command.player_id in self._busy:
                waiting.append(item)
            else:
                items.append(item)
        self._queue.extendleft(reversed(waiting))
        self._passed = len(waiting)
        self._busy.update(item.command.player_id for item in items)
        return items

    async def _fly(self, items: list[_Item]) -> None:
        try:
            await self._commit(items)
        finally:
            self._busy.difference_update(item.command.player_id for item in items)
            flight = asyncio.current_task()
            if flight is not None:
                self._flights.discard(flight)
            self._passed = 0
            self._wake()

    async def _commit(self, items: list[_Item]) -> None:
        """Commit the items as one batch; when that cannot be, one by one, so that each gets its own answer."""
        try:
            decisions = await self._decided(items)
        except Exception as error:  # noqa: BLE001  whatever it is, it belongs to a caller
            if len(items) > 1 and not isinstance(error, Unavailable):
                for item in items:
                    await self._commit([item])
                return
            for item in items:
                if not item.answer.done():
                    item.answer.set_exception(error)
            return
        for item, decision in zip(items, decisions, strict=True):
            if not item.answer.done():
                item.answer.set_result(decision)

    async def _decided(self, items: list[_Item]) -> list[Decision]:
        batch = Batch([item.command for item in items], self._clock)
        started = time.perf_counter()
        for conflicts in range(1, CONFLICTS_MAX + 1):
            try:
                await self._store.apply(batch)
            except VersionConflict as conflict:
                if conflicts == CONFLICTS_MAX:
                    raise Unavailable("others are faster") from conflict
                await asyncio.sleep(BACKOFF * conflicts * random.random())  # noqa: S311  spreads, hides nothing
            else:
                break
        self._observe(len(items), time.perf_counter() - started)
        return batch.decisions
