"""The provider's own record: what it meant, what it was told, and what of that cannot be."""

import asyncio
from collections import Counter

from msgspec import Struct
from msgspec.structs import astuple

from tests.fault.intents import Form, Request, Story, Transaction
from tests.fault.speakers import BY_ID, OK, Answer
from wallet_core.domain.decision import FATE, Fate, Reason

SILENCE = 120.0
"""Seconds in which far more than is waited for must have been answered."""


class Told(Struct, frozen=True, gc=False):
    """What was acknowledged: the same for ever.

    Attributes:
        reason: OK, or the core's reason.
        id: the wallet's, as bare hex; empty where it was not told.
        balance: what the player was said to have afterwards; empty where it was not said, or of several at once.
    """

    reason: str
    id: str
    balance: str


class Record:
    """Every acknowledged answer, held against what the story expects and what was said before.

    Attributes:
        meant: the transactions of every story that was begun.
        under_way: the stories that were begun and not finished, by number.
        wrong: what should not have been answered.
        counts: answers, and whatever else the client counts.
    """

    def __init__(self) -> None:
        self.meant: list[Transaction] = []
        self.told: dict[Transaction, Told] = {}
        self.under_way: dict[int, Story] = {}
        self.wrong: list[str] = []
        self.counts: Counter[str] = Counter()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def begin(self, story: Story) -> None:
        self.under_way[story.number] = story
        self.meant += story.transactions

    def finish(self, story: Story) -> None:
        del self.under_way[story.number]
        self.counts["stories"] += 1

    def count(self) -> None:
        """Count an answer after which nothing is left to be asked."""
        self.counts["acknowledged"] += 1
        for count, future in self._waiting:
            if count <= self.counts["acknowledged"] and not future.done():
                future.set_result(None)

    def note(self, request: Request, answer: Answer) -> None:
        """Take such an answer."""
        self.count()
        speaker = BY_ID[request.provider_id]
        reasons = {speaker.word(reason): reason for reason in request.expects}
        whole = len(answer.codes) == 1 < len(request.transactions)
        if not whole and request.transactions and len(answer.codes) != len(request.transactions):
            self.wrong.append(f"{request}: answered {answer.codes}, not each of its transactions")
            return
        codes = answer.codes * len(request.transactions) if whole else answer.codes
        for index, code in enumerate(codes):
            if code not in reasons:
                self.wrong.append(f"{request}: answered {code}, not {' or '.join(sorted(reasons))}")
            elif request.transactions:
                self._hold(request.transactions[index], _told(request, answer, index, reasons[code]))

    def _hold(self, transaction: Transaction, told: Told) -> None:
        """Hold what was told against what was told before, as far as it was."""
        before = self.told.get(transaction)
        if before is None:
            if told.reason == OK or FATE[Reason[told.reason]] is Fate.BOUND:
                self.told[transaction] = told
        elif any(old and new and old != new for old, new in zip(astuple(before), astuple(told), strict=True)):
            self.wrong.append(f"{transaction}: answered {before}, and asked again {told}")

    async def acknowledged(self, more: int) -> None:
        """Wait for so many more answers.

        Raises:
            TimeoutError: there was none of them for too long.
        """
        waiting = self.counts["acknowledged"] + more, asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        try:
            async with asyncio.timeout(SILENCE):
                await waiting[1]
        finally:
            self._waiting.remove(waiting)


def _told(request: Request, answer: Answer, index: int, reason: str) -> Told:
    """Return what was told of one transaction.

    A rollback that found nobody's original was told the tombstone; where that original has slipped past it meanwhile,
    it is told, asked again, what was rolled back. So neither id nor balance of it can be held.
    """
    if request.form is Form.NAMELESS:
        return Told(reason, "", "")
    identity = answer.ids[index].replace("-", "") if answer.ids else ""
    return Told(reason, identity, answer.balance if len(request.transactions) == 1 else "")
