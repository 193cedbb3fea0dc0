"""Points that expire by themselves, where the operator's policies say after how many days (R-PTS-03).

Once a day, and whenever the policies change, all who hold points are gone through, a page at a time. What is old is
asked of each one's own lines, not of everybody's, and of nobody who is younger than that. The moment from which points
stay is the beginning of a day, so that every process sends the same commands, under the same keys.
"""

import asyncio
from collections.abc import Callable

from wallet_core.domain.decision import Reason
from wallet_core.domain.holds import DAY
from wallet_core.domain.points import expirable
from wallet_core.domain.points_commands import ExpirePoints
from wallet_core.domain.policies import Policies
from wallet_core.engine.batcher import Batcher
from wallet_core.engine.clock import Clock
from wallet_core.storage.store import Store
from wallet_core.streams.expiry import AT_ONCE, Observe, submitted, unobserved

NAME = "points expired"
"""In the log and the metrics."""

MOVED = Reason.IN_PROGRESS.name
"""The player's points have moved meanwhile; what is left of them is asked again."""

TRIES = 3


async def look(
    batcher: Batcher,
    store: Store,
    policies: Policies,
    now: int,
    *,
    patience: float,
    observe: Observe = unobserved,
) -> bool:
    """Expire the points of all players that are old by the beginning of the UTC day of `now`.

    Args:
        batcher: takes the commands.
        store: says who has points, and since when.
        policies: those in force; they say after how many days.
        now: microsecond.
        patience: seconds a command may wait in the queue.
        observe: is told of each.

    Returns:
        Whether nothing was left undone.

    Raises:
        Unavailable, Overloaded, Expired, Stopped: what was not done is found again.
    """
    today, after, left = now - now % DAY, "", False
    rows = await store.points_held(limit=AT_ONCE) if policies.points_expire() else []
    while rows:
        moments = {brand_id: today - days * DAY for _, brand_id, _ in rows if (days := policies.points_days(brand_id))}
        old = {player_id: moments[brand_id] for player_id, brand_id, since in rows if since < moments.get(brand_id, 0)}
        for _ in range(TRIES):
            commands = [each for item in old.items() if (each := await _due(store, *item)) is not None]
            outcomes = await submitted(batcher, NAME, commands, patience, observe)
            moved = {each.player_id for each, outcome in zip(commands, outcomes, strict=True) if outcome == MOVED}
            old = {player_id: before for player_id, before in old.items() if player_id in moved}
        left = left or bool(old)
        after = rows[-1][0]
        rows = await store.points_held(after=after, limit=AT_ONCE)
    return not left


async def _due(store: Store, player_id: str, before: int) -> ExpirePoints | None:
    """Return the command that takes what is left of a player's points from before a moment; none if nothing is."""
    held, came, lines = await store.points_lots(player_id, before)
    points = expirable(held, came)
    return ExpirePoints(player_id, before, points, lines) if points else None


async def watch(
    batcher: Batcher,
    store: Store,
    clock: Clock,
    policies: Callable[[], Policies],
    *,
    interval: float,
    patience: float,
    observe: Observe = unobserved,
) -> None:
    """Expire points for ever.

    Args:
        batcher: takes the commands.
        store: says who has points.
        clock: says when it is.
        policies: says what is in force.
        interval: seconds between two looks at the day and the policies.
        patience: seconds a command may wait in the queue.
        observe: is told of each player whose points were to expire.
    """
    done: tuple[int, int] | None = None
    while True:
        now, rules = clock.now(), policies()
        wanted = now // DAY, rules.version
        if wanted != done and await look(batcher, store, rules, now, patience=patience, observe=observe):
            done = wanted
        await asyncio.sleep(interval)
