"""Graves: tombstones that know no player, and the originals they must not miss.

A rollback may name an id alone, before its original has arrived; a batch may be cancelled whole. Then a tombstone
without a player lies under the key, and every later original finds it. An original that was being decided in another
process at that very moment does not: so whoever leaves a tombstone looks again, and `watch` looks once more when such
an original can no longer be under way. It is then rolled back by the front door, like any other.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from wallet_core.domain.commands import Action, Bury, Play, batch_key
from wallet_core.domain.decision import Decision
from wallet_core.domain.entries import Kind, Transaction, digest
from wallet_core.domain.policies import Policies
from wallet_core.domain.profiles import Profile
from wallet_core.engine.batcher import Batcher
from wallet_core.engine.clock import Clock
from wallet_core.storage.store import Store

RollBack = Callable[[str], Awaitable[Decision]]

SWEPT = "~swept:"
"""Prefix of the keys of these rollbacks: no provider can send it."""

NO_POLICIES = Policies()

LOOK_BACK = 600_000_000
"""Microseconds a watch looks back: far longer than any command may be under way."""


async def bury(
    batcher: Batcher,
    store: Store,
    *,
    provider_id: str,
    external_key: str,
    profile: Profile,
    roll_back: RollBack,
    deadline: float,
) -> Decision:
    """Leave a tombstone for an id nobody has; roll back the original if it has arrived meanwhile.

    Args:
        batcher: takes the tombstone.
        store: is asked for the original.
        provider_id: of the original.
        external_key: of the original.
        profile: what the provider is told of an unknown original.
        roll_back: rolls it back, given whose it is.
        deadline: in seconds of time.monotonic().
    """
    decision = await batcher.submit(Bury(provider_id, external_key, profile.unknown_rollback), deadline)
    key = digest(provider_id, external_key)
    for player_id in (await store.players_to_undo([key])).get(key, []):
        decision = await roll_back(player_id)
    return decision


async def roll_back_batch(
    batcher: Batcher,
    store: Store,
    *,
    provider_id: str,
    batch_id: str,
    prefix: str,
    profile: Profile,
    deadline: float,
    policies: Policies = NO_POLICIES,
) -> list[tuple[str, Decision]]:
    """Refuse what is still to come of a batch, and roll back what has come; return (external key, decision) of each."""
    await batcher.submit(Bury(provider_id, batch_key(batch_id)), deadline)
    originals = await store.batch(provider_id, batch_id)
    decisions = await asyncio.gather(
        *(batcher.submit(undoing(original, profile, prefix, policies), deadline) for original in originals)
    )
    return [(original.external_key, decision) for original, decision in zip(originals, decisions, strict=True)]


def undoing(original: Transaction, profile: Profile, prefix: str, policies: Policies) -> Play:
    """Return the play that rolls an original back, under the key a rollback by the provider would have."""
    external_key = f"{prefix}{original.external_key}"
    action = Action(
        kind=Kind.ROLLBACK,
        external_key=external_key,
        key=digest(original.provider_id, external_key),
        references=(original.external_key,),
    )
    return Play(
        original.player_id, original.provider_id, (action,), profile, currency=original.currency, policies=policies
    )


async def sweep(
    batcher: Batcher,
    store: Store,
    profiles: Mapping[str, Profile],
    *,
    since: int,
    deadline: float,
    policies: Policies = NO_POLICIES,
) -> int:
    """Roll back every original that slipped past a tombstone left since then; return how many there were."""
    slipped = await store.slipped(since)
    for original in slipped:
        profile = profiles.get(original.provider_id, Profile())
        await batcher.submit(undoing(original, profile, SWEPT, policies), deadline)
    return len(slipped)


async def watch(
    batcher: Batcher,
    store: Store,
    clock: Clock,
    profiles: Mapping[str, Profile],
    policies: Callable[[], Policies],
    *,
    interval: float,
    patience: float,
) -> None:
    """Sweep for ever: everything once at the start, then what was left lately.

    Args:
        batcher: takes the rollbacks.
        store: is asked for tombstones and originals.
        clock: says what lately is.
        profiles: by provider id.
        policies: says what is in force.
        interval: seconds between sweeps.
        patience: seconds a rollback may wait in the queue.
    """
    since = 0
    while True:
        started = clock.now()
        until = time.monotonic() + patience
        await sweep(batcher, store, profiles, since=since, deadline=until, policies=policies())
        since = started - LOOK_BACK
        await asyncio.sleep(interval)
