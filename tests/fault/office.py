"""The office: what the operator publishes, before the storm and in it. Open rounds keep what they began with."""

import asyncio
import itertools
import random
import time
from collections import Counter as Counts
from contextlib import suppress

from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1 import fx_pb2, points_pb2, policies_pb2, promos_pb2

from tests.fault.cores import money
from tests.fault.counter import Counter
from tests.fault.gifts import BRAND, CENT, GIFTS, TEMPLATES, promotion
from tests.fault.record import Record

MODES = ("WATERFALL", "PROPORTIONAL", "NO_MIX")
ORDERS = ("BONUS,CASH", "CASH,BONUS")
STANDING = (
    ("brand.licence", "LICENCE", "*", BRAND, "storm-licence"),
    ("licence.regulator", "LICENCE", "*", "storm-licence", "STORM"),
    ("bonus.allowed", "LICENCE", "storm-licence", "", "true"),
    ("bonus.max_active", "BRAND", BRAND, "", "9"),
    ("points.rate", "BRAND", BRAND, "EUR", "1000"),
)
"""Key, layer, scope, of, value: what is so from the first publication on. A cent of cash earns a tenth of a point."""

POINTS_PER_STEP = 100
QUIET = (40, 120)
"""Answers between two publications."""


class Office:
    """Publishes under ids of its own, again until it is answered.

    Attributes:
        versions: the last of each template.
        price: the last version of what points buy, and what a hundred of them do; ledger units.
    """

    def __init__(self, counter: Counter, record: Record, seed: str) -> None:
        self._counter = counter
        self._record = record
        self._dice = random.Random(f"{seed} office")
        self._count = 0
        self.versions: Counts[str] = Counts()
        self.price = 0, 0
        self._gifts = itertools.cycle(name for name, gift in GIFTS.items() if not gift.percent)

    def gift(self) -> str:
        """Return which gift is given next: one after another, whoever asks."""
        return next(self._gifts)

    async def open(self) -> None:
        """Publish what all is by."""
        await self._policies("WATERFALL", "BONUS,CASH", standing=True)
        for template_id in TEMPLATES:
            await self._template(template_id)
        await self._price()
        await self._rates()

    async def publish(self, enough: asyncio.Event) -> None:
        """Publish something after so many answers, and again, until there is enough."""
        over = asyncio.ensure_future(enough.wait())
        while not enough.is_set():
            more = asyncio.ensure_future(self._record.acknowledged(self._dice.randrange(*QUIET)))
            await asyncio.wait({over, more}, return_when=asyncio.FIRST_COMPLETED)
            more.cancel()
            with suppress(asyncio.CancelledError, TimeoutError):
                await more
            if not enough.is_set():
                await self._something()

    async def _something(self) -> None:
        match self._dice.randrange(5):
            case 0 | 1:
                await self._policies(self._dice.choice(MODES), self._dice.choice(ORDERS))
            case 2:
                await self._template(self._dice.choice(list(TEMPLATES)))
            case 3:
                await self._price()
            case _:
                await self._rates()

    def _signed(self, word: str) -> dict[str, str]:
        self._count += 1
        return {"reason": "the storm", "actor": "ann", "request_id": f"{word}-{self._count}"}

    async def _policies(self, mode: str, order: str, *, standing: bool = False) -> None:
        """Draft and approve, as two people; all who approve are answered the same."""
        wanted = (("funding.mode", "BRAND", BRAND, "", mode), ("funding.order", "BRAND", BRAND, "", order))
        settings = [
            policies_pb2.PolicySetting(
                key=key,
                layer=f"POLICY_LAYER_{layer}",
                scope=scope,
                of=of,
                value=value,
                clause="the terms" if layer == "LICENCE" else "",
            )
            for key, layer, scope, of, value in (*(STANDING if standing else ()), *wanted)
        ]
        draft_id = self._signed("draft")["request_id"]
        draft = policies_pb2.DraftPoliciesRequest(
            draft_id=draft_id, author="ann", reason="the storm", settings=settings
        )
        await self._counter.call("draft_policies", draft, self._dice)
        approval = policies_pb2.ApprovePoliciesRequest(draft_id=draft_id, approver="bob")
        answers = await asyncio.gather(
            *(self._counter.call("approve_policies", approval, self._dice) for _ in range(2))
        )
        said = {(each.publication.version, each.publication.effective_at.ToMicroseconds()) for each in answers}
        if len(said) > 1:
            self._record.wrong.append(f"{draft_id}: approved as {said}")
        version, effective_at = min(said)
        self._counter.log.published[version] = mode, order, effective_at
        self._record.counts["published"] += 1

    async def _template(self, template_id: str) -> None:
        version = self.versions[template_id] + 1
        request = promos_pb2.PublishTemplateRequest(
            template_id=template_id,
            version=version,
            promotion=promotion(TEMPLATES[template_id], version),
            **self._signed("template"),
        )
        answers = await asyncio.gather(*(self._counter.call("publish_template", request, self._dice) for _ in range(2)))
        if len({each.template.digest for each in answers}) > 1:
            self._record.wrong.append(f"{template_id} {version}: published as {answers}")
        self.versions[template_id] = version

    async def _price(self) -> None:
        version, amount = self.price[0] + 1, self._dice.randrange(5, 15) * CENT
        request = points_pb2.PublishPointsPriceRequest(
            version=version, points=POINTS_PER_STEP, amount=money(amount), **self._signed("price")
        )
        await self._counter.call("publish_points_price", request, self._dice)
        self.price = version, amount

    async def _rates(self) -> None:
        as_of = Timestamp()
        as_of.FromMicroseconds(time.time_ns() // 1_000)
        mid = f"1.{self._dice.randrange(5, 13):02d}{self._dice.randrange(1, 99):02d}"
        rates = [fx_pb2.Rate(base="EUR", counter="USD", mid=mid)]
        request = fx_pb2.PublishRatesRequest(source="push", as_of=as_of, rates=rates)
        await self._counter.call("publish_rates", request, self._dice)


def worth(points: int, price: int) -> int:
    """Return what whole points buy where a hundred of them buy `price`: whole cents, rounded down."""
    exact = points * price // POINTS_PER_STEP
    return exact - exact % CENT
