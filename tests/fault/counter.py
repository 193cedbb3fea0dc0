"""The counter: where all but play is asked of the cores, by gRPC through their proxies, again until it is answered.

A play goes this way, too, or by an adapter: then it is the provider that is short of patience.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from wallet.v1.common_pb2 import Money
from wallet.v1.wallet_pb2 import PlayResponse

from tests.fault.cores import TOKENS
from tests.fault.house import House
from tests.fault.orders import Heard, Log, Order
from tests.fault.provider import BACKOFF, BACKOFF_MAX, PATIENCE, PATIENCE_MAX, exchanged
from tests.fault.record import Record
from tests.fault.speakers import BY_ID, OK
from wallet_core.client import Refused, Unavailable, Wallet
from wallet_core.domain.money import CURRENCIES

GENERIC = BY_ID["generic"]
NANOS = 10**9
LATER = frozenset({"IN_PROGRESS", "REFERENCE_NOT_FOUND", "RATE_UNAVAILABLE"})
"""Refusals that are said to pass: who hears one asks again."""


def units(amount: Money) -> int:
    """Return ledger units of its currency."""
    unit = CURRENCIES[amount.currency_code].unit
    return amount.units * unit + amount.nanos * unit // NANOS


class Counter:
    """Asks, and keeps what it is told.

    Attributes:
        log: of orders.
    """

    def __init__(
        self, wallets: Sequence[Wallet], doors: Sequence[str], record: Record, log: Log, http: aiohttp.ClientSession
    ) -> None:
        self._wallets = wallets
        self._doors = doors
        self._record = record
        self._http = http
        self.log = log

    async def ask(self, order: Order, dice: random.Random, copies: int = 1) -> Heard:
        """Ask on so many lines at once, on each until it is answered; return what was heard first of what is kept."""
        self.log.begin(order)
        heard = await asyncio.gather(*(self._until_answered(order, dice) for _ in range(copies)))
        self.log.finish(order)
        return next((each for each in heard if order.binds(each.reason)), heard[0])

    async def ask_again(self, count: int, busy: int, dice: random.Random) -> None:
        """Ask for so much of what has its outcome once more, so many at once: the answer is the first one."""
        forgotten = iter(dice.sample(list(self.log.heard), min(count, len(self.log.heard))))

        async def ask() -> None:
            for key in forgotten:
                await self._until_answered(self.log.orders[key], dice)

        await asyncio.gather(*(ask() for _ in range(busy)))

    async def _until_answered(self, order: Order, dice: random.Random) -> Heard:
        patience, pause = dice.choice(PATIENCE), BACKOFF
        while (heard := await self._attempt(order, dice, patience)) is None:
            patience, pause = await self._pause(dice, patience, pause)
        self._record.count()
        self._record.wrong += self.log.note(order, heard)
        return heard

    async def _pause(self, dice: random.Random, patience: float, pause: float) -> tuple[float, float]:
        self._record.counts["retries"] += 1
        await asyncio.sleep(pause * dice.random())  # as a caller backs off
        return min(patience * 1.5, PATIENCE_MAX), min(pause * 2, BACKOFF_MAX)

    async def _attempt(self, order: Order, dice: random.Random, patience: float) -> Heard | None:
        self._record.counts["requests"] += 1
        if order.wire is not None:
            answer = await exchanged(
                self._http, GENERIC, order.wire, dice.choice(self._doors), patience, record=self._record
            )
            words = {GENERIC.word(reason): reason for reason in order.expects}
            if answer is None or (not answer.final and not set(answer.codes) & words.keys()):
                return None
            reason = words.get(answer.codes[0], answer.codes[0])
            return Heard(reason, tuple(each.replace("-", "") for each in answer.ids) if reason == OK else ())
        try:
            response = await self._call(order.method, order.request, dice, patience)
        except Unavailable:
            return None
        except Refused as refused:
            return None if refused.reason in LATER - order.expects else Heard(refused.reason)
        played = response if isinstance(response, PlayResponse) else getattr(response, "response", None)
        if not isinstance(played, PlayResponse):
            return Heard(OK)
        return Heard(
            OK,
            tuple(each.transaction_id.replace("-", "") for each in played.results),
            tuple(tuple((part.pocket, units(part.amount)) for part in each.parts) for each in played.results),
        )

    async def call(self, method: str, request: Any, dice: random.Random) -> Any:
        """Call what leaves nothing to be judged until it is answered, and return the answer.

        Raises:
            Refused: it is what no caller has expected.
        """
        patience, pause = dice.choice(PATIENCE), BACKOFF
        while True:
            self._record.counts["requests"] += 1
            try:
                response = await self._call(method, request, dice, patience)
            except Unavailable:
                patience, pause = await self._pause(dice, patience, pause)
            except Refused as refused:
                if refused.reason not in LATER:
                    raise
                patience, pause = await self._pause(dice, patience, pause)
            else:
                self._record.count()
                return response

    async def _call(self, method: str, request: Any, dice: random.Random, patience: float) -> Any:
        return await getattr(dice.choice(self._wallets), method)(request, deadline=patience)


@asynccontextmanager
async def opened(house: House, record: Record, http: aiohttp.ClientSession) -> AsyncIterator[Counter]:
    """Yield a counter before all cores of a house."""
    wallets = [Wallet(till, TOKENS["OPERATOR"], deadline=1.0) for till in house.tills]
    try:
        yield Counter(wallets, house.doors[GENERIC.provider_id], record, Log(), http)
    finally:
        for wallet in wallets:
            await wallet.close()
