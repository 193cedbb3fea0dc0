"""Lives: one patron after another, each for so many steps, until there is enough."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import islice

from tests.fault import errands, gambling, holdings, roving
from tests.fault.counter import Counter
from tests.fault.office import Office
from tests.fault.patron import Patron
from tests.fault.script import drawn

LIFE = 60
"""Steps: longer ones would take the auditor long."""

Step = Callable[[Patron], Awaitable[None]]
MEETING: list[Step] = [
    *(gambling.spin, gambling.end, gambling.undo, errands.withdraw, errands.settle, errands.gift, errands.forfeit),
    *(holdings.hold, holdings.decide, holdings.convert, errands.freeze),
]
"""What may meet."""


async def two_at_once(patron: Patron) -> None:
    await asyncio.gather(*(step(patron) for step in patron.dice.sample(MEETING, 2)))


STEPS: dict[Step, int] = {
    Patron.deposit: 3,
    errands.withdraw: 3,
    errands.settle: 4,
    errands.gift: 9,
    errands.match: 3,
    errands.freeze: 3,
    errands.forfeit: 1,
    errands.void_bonus: 1,
    holdings.hold: 4,
    holdings.decide: 4,
    holdings.convert: 4,
    holdings.reverse: 1,
    holdings.redeem: 2,
    holdings.points: 1,
    gambling.spin: 26,
    gambling.end: 6,
    gambling.whole: 4,
    gambling.undo: 6,
    gambling.void: 2,
    two_at_once: 8,
}
"""What is done, and how often. An auditor can follow all of it."""

ROVING: dict[Step, int] = STEPS | {roving.transfer: 5, roving.payout: 3, roving.free_rounds: 6}


async def lives(name: str, counter: Counter, office: Office, seed: str, enough: asyncio.Event) -> None:
    """Live one life after another under that name; whose name begins with `plain` is audited."""
    audited = name.startswith("plain")
    steps = STEPS if audited else ROVING
    generation = 0
    while not enough.is_set():
        patron = Patron(f"{name}.{generation}", counter, office, seed)
        counter.log.players.append(patron.player)
        if audited:
            counter.log.audited.add(patron.player)
        await patron.seat()
        for step in islice(drawn(patron.dice, steps), LIFE):
            if enough.is_set():
                return
            await step(patron)
        generation += 1
