"""Callers of served cores who know nothing but the client: they send the same again until they are answered."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

from tests.fault import cores
from tests.fault.storm import Told, Words, command
from wallet_core.client import Unavailable, Wallet

BACKOFF = 0.01  # seconds


class Callers:
    """A storm of them."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._happened = asyncio.Event()
        self._done = False
        self.unavailable: list[str] = []

    async def call(self, wallet: Wallet, words: Iterator[Words]) -> None:
        while not self._done:
            each = next(words)
            while True:
                try:
                    self._told.note(each, await cores.answer(wallet, command(*each)))
                    break
                except Unavailable as error:
                    self.unavailable.append(str(error))
                    self._happened.set()
                    await asyncio.sleep(BACKOFF)
            self._happened.set()

    async def answered(self, more: int) -> None:
        """Wait until so many more answers were given."""
        count = self._told.count + more
        while self._told.count < count:
            await self._something()

    async def unanswered(self, more: int) -> None:
        """Wait until so many more were told that there is no answer."""
        count = len(self.unavailable) + more
        while len(self.unavailable) < count:
            await self._something()

    async def _something(self) -> None:
        self._happened.clear()
        await self._happened.wait()

    def finish(self) -> None:
        """Have each finish what it is at."""
        self._done = True


@asynccontextmanager
async def calling(
    wallets: Sequence[Wallet], words: Iterator[Words], told: Told, count: int, within: float = 90.0
) -> AsyncIterator[Callers]:
    """Have so many callers call each wallet while the block runs, and then finish; all of it within some seconds."""
    callers = Callers(told)
    async with asyncio.timeout(within), asyncio.TaskGroup() as tasks:
        for wallet in wallets:
            for _ in range(count):
                tasks.create_task(callers.call(wallet, words))
        yield callers
        callers.finish()


async def send_again(wallet: Wallet, told: Told) -> None:
    """Send everything once more, as who has lost his memory: each gets the answer it got before."""

    async def send(words: Words) -> None:
        told.note(words, await cores.answer(wallet, command(*words)))

    await asyncio.gather(*(send(words) for words in list(told.answers)))
