"""What is in force: the policies as this process knows them. It looks for new publications every second."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from msgspec.structs import replace

from wallet_core.domain.commands import Command
from wallet_core.domain.decision import Decision, Reason
from wallet_core.domain.policies import NotPublished, Policies
from wallet_core.domain.publications import Draft
from wallet_core.engine.clock import Clock
from wallet_core.storage.store import Store

C = TypeVar("C", bound=Command)

LOOK_EVERY = 1.0
"""Seconds between two looks for what other processes have published."""

ATTEMPTS = 5
"""How often a command that others were faster than is built anew."""


class InForce:
    """The policies, kept up to date."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Take the database and the clock; nothing is known before the first `refresh`."""
        self._store = store
        self._clock = clock
        self._policies = Policies()
        self._until = 0

    def now(self) -> Policies:
        """Return the policies as they are in force at this microsecond (R-CFG-03)."""
        moment = self._clock.now()
        if moment >= self._until:
            self._policies = self._policies.at(moment)
            self._until = self._policies.next_after(moment)
        return self._policies

    async def refresh(self) -> None:
        """Take in what was published since.

        Raises:
            Unavailable: the database is away.
        """
        found = await self._store.publications(after=self._policies.last)
        known = self._policies.last  # somebody else may have looked meanwhile
        if newer := [each for each in found if each.number > known]:
            self._policies = Policies.built((*self._policies.publications, *newer), self._clock.now())
            self._until = 0

    async def drafts(self, limit: int) -> list[Draft]:
        """Return the latest drafts that nobody has approved, the newest first."""
        return await self._store.drafts(limit)

    async def watch(self) -> None:
        """Look for new publications for ever.

        Raises:
            Unavailable: the database is away.
        """
        while True:
            await self.refresh()
            await asyncio.sleep(LOOK_EVERY)

    async def followed(self, command: C, submit: Callable[[C], Awaitable[Decision]]) -> Decision:
        """Submit a command; again by the newest policies, where it meets a round of a version unknown here."""
        try:
            return await submit(command)
        except NotPublished:
            await self.refresh()
            return await submit(replace(command, policies=self.now()))

    async def submit(
        self, build: Callable[[Policies], Command], submit: Callable[[Command], Awaitable[Decision]]
    ) -> Decision:
        """Submit what is built of the newest policies; anew, where somebody else has just published."""
        attempt = 0
        while True:
            await self.refresh()
            decision = await submit(build(self._policies))
            attempt += 1
            overtaken = decision.refusal is not None and decision.refusal.reason is Reason.IN_PROGRESS
            if not overtaken or attempt == ATTEMPTS:
                await self.refresh()
                return decision
