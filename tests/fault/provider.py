"""A client that behaves like a provider: short of patience, it asks again under the same ids until it is answered."""

import asyncio
import io
import json
import random
from collections.abc import Iterator

import aiohttp
import yarl

from tests.fault.dialects import Reply, Wire
from tests.fault.intents import Request, Send, Story
from tests.fault.record import Record
from tests.fault.speakers import BY_ID, Answer, Speaker

PATIENCE = (0.05, 0.3, 1.0, 2.0)
"""Seconds a first attempt may take; every further one gets half as much again."""

PATIENCE_MAX = 8.0
HASTE = 0.02
BACKOFF, BACKOFF_MAX = 0.02, 0.5
REMEMBERED = 2_000
"""Requests of finished stories that are kept."""

AGAIN = 0.15
"""How often one is asked again, by story."""

Tokens = dict[tuple[str, str, str], str]
"""Of sessions: by player, provider and use."""


class Provider:
    """All of them at once: it tells stories, and records what it is told.

    Attributes:
        finished: requests of stories that are over, a part of them, to be asked again.
    """

    def __init__(
        self, seed: str, doors: dict[str, list[str]], tokens: Tokens, record: Record, http: aiohttp.ClientSession
    ) -> None:
        """Take the URLs of each provider's adapters: an attempt takes any of them."""
        self._seed = seed
        self._doors = doors
        self._tokens = tokens
        self._record = record
        self._http = http
        self.finished: list[Request] = []

    async def tell(self, stories: Iterator[Story], enough: asyncio.Event) -> None:
        """Tell one story after another, each to its end, until there is enough."""
        while not enough.is_set():
            await self._play(next(stories))

    async def ask_again(self, count: int, busy: int) -> None:
        """Ask requests of finished stories again, so many at once, as a provider that has lost its memory."""
        dice = random.Random(f"{self._seed} again")
        forgotten = iter(dice.sample(self.finished, min(count, len(self.finished))))

        async def ask() -> None:
            for request in forgotten:
                await self._again(request, dice)

        await asyncio.gather(*(ask() for _ in range(busy)))

    async def _play(self, story: Story) -> None:
        dice = random.Random(f"{self._seed} {story.number}")
        self._record.begin(story)
        for step in story.steps:
            await asyncio.gather(*(self._send(each, dice) for each in step for _ in range(each.copies)))
        self._record.finish(story)
        self._remember(story, dice)
        if dice.random() < AGAIN:
            await self._again(dice.choice(self.finished), dice)

    async def _again(self, request: Request, dice: random.Random) -> None:
        self._record.counts["asked again later"] += 1
        await self._send(Send(request), dice)

    def _remember(self, story: Story, dice: random.Random) -> None:
        for request in [send.request for step in story.steps for send in step]:
            if len(self.finished) < REMEMBERED:
                self.finished.append(request)
            else:
                self.finished[dice.randrange(REMEMBERED)] = request

    async def _send(self, send: Send, dice: random.Random) -> None:
        """Send a request until it is answered; a hasty one is sent once."""
        if send.hasty:
            await self._attempt(send.request, dice, dice.choice((HASTE, *PATIENCE)))
            return
        patience, pause = dice.choice(PATIENCE), BACKOFF
        while not await self._attempt(send.request, dice, patience):
            self._record.counts["retries"] += 1
            await asyncio.sleep(pause * dice.random())  # as a provider backs off
            patience, pause = min(patience * 1.5, PATIENCE_MAX), min(pause * 2, BACKOFF_MAX)

    async def _attempt(self, request: Request, dice: random.Random, patience: float) -> bool:
        """Send a request once; return whether it was answered for good."""
        self._record.counts["requests"] += 1
        answer = await self._exchange(request, dice.choice(self._doors[request.provider_id]), patience)
        if answer is None:
            return False
        expected = {BY_ID[request.provider_id].word(reason) for reason in request.expects}
        if not answer.final and not expected.issuperset(answer.codes):
            self._record.counts["try later"] += 1
            return False
        self._record.note(request, answer)
        return True

    async def _exchange(self, request: Request, door: str, patience: float) -> Answer | None:
        """Return the answer; none where there is none in time."""
        speaker = BY_ID[request.provider_id]
        player = request.transactions[0].player if request.transactions else ""
        wire = speaker.wire(request, self._tokens.get((player, request.provider_id, request.use), ""))
        return await exchanged(self._http, speaker, wire, door, patience, record=self._record)


async def exchanged(
    http: aiohttp.ClientSession, speaker: Speaker, wire: Wire, door: str, patience: float, *, record: Record
) -> Answer | None:
    """Return what an adapter answers to a provider's words; none where it is nothing in time."""
    try:
        async with (
            asyncio.timeout(patience),
            http.request(
                wire.method,
                yarl.URL(door + wire.target, encoded=True),
                data=io.BytesIO(wire.body),
                headers=wire.headers | speaker.dialect.sign(wire),
            ) as said,
        ):
            reply = Reply(said.status, said.headers["Content-Type"], await said.read())
    except TimeoutError:
        record.counts["timeouts"] += 1
    except (aiohttp.ClientError, OSError):
        record.counts["broken lines"] += 1
    else:
        try:
            return speaker.read(reply)
        except (json.JSONDecodeError, LookupError) as error:
            record.wrong.append(f"{wire}: {reply} cannot be read: {error!r}")
    return None
