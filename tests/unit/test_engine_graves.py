"""Graves on a real SQLite store: an id alone is rolled back, whichever of the two comes first."""

import asyncio

import pytest

from tests.storage.books import EUR, PROVIDER, bet, cash, create, deadline, deposit, opened, rollback, run, win
from wallet_core.domain.commands import Bury, batch_key
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import Kind, digest
from wallet_core.domain.policies import Policies
from wallet_core.domain.profiles import Profile
from wallet_core.engine.batcher import Batcher
from wallet_core.engine.clock import Clock
from wallet_core.engine.graves import bury, roll_back_batch, sweep, watch
from wallet_core.storage.check import check
from wallet_core.storage.migrate import migrate

FULL = 100 * EUR


@pytest.fixture
async def database(tmp_path):
    database = f"sqlite://{tmp_path}/books.db"
    await migrate(database)
    return database


@pytest.fixture
async def store(database):
    async with opened(database) as store:
        yield store


@pytest.fixture
async def batcher(store):
    batcher = Batcher(store, Clock())
    for player_id in "ab":
        await run(batcher, create(player_id), deposit(player_id, FULL))
    yield batcher
    await batcher.stop()


def undo(batcher, key):
    async def roll_back(player_id):
        return await batcher.submit(rollback(player_id, f"undo {key}", key), deadline())

    return roll_back


async def _bury(batcher, store, key):
    return await bury(
        batcher,
        store,
        provider_id=PROVIDER,
        external_key=key,
        profile=Profile(),
        roll_back=undo(batcher, key),
        deadline=deadline(),
    )


async def _sweep(batcher, store, since=0):
    return await sweep(batcher, store, {}, since=since, deadline=deadline())


async def test_what_was_buried_before_it_came_never_moves_money(batcher, store):
    decision = await _bury(batcher, store, "late")
    (late,) = await run(batcher, bet("a", "late"))

    assert decision.results[0].outcome is Outcome.NOOP
    assert late.refusal.reason is Reason.TOMBSTONED
    assert await cash(store, "a") == FULL
    assert await check(store) == []


async def test_what_had_come_when_it_was_buried_is_rolled_back(batcher, store):
    await run(batcher, bet("a", "early"))
    decision = await _bury(batcher, store, "early")

    assert decision.player_id == "a"
    assert decision.results[0].outcome is Outcome.APPLIED
    assert await cash(store, "a") == FULL
    assert await check(store) == []


async def test_an_id_of_two_players_is_rolled_back_for_both(batcher, store):
    await run(batcher, bet("a", "shared"), bet("b", "shared"))
    await _bury(batcher, store, "shared")

    assert [await cash(store, player) for player in "ab"] == [FULL, FULL]


async def test_burying_twice_buries_once(batcher, store):
    first = await _bury(batcher, store, "late")
    second = await _bury(batcher, store, "late")

    assert first.results[0].transaction_id == second.results[0].transaction_id
    assert len(await store.transactions_by_key(digest(PROVIDER, "late"))) == 1


async def test_a_batch_is_refused_from_now_on_and_what_had_come_is_rolled_back(batcher, store):
    await run(
        batcher,
        bet("a", "1", EUR, batch_id="batch"),
        bet("b", "2", EUR, batch_id="batch"),
        bet("b", "3", EUR, batch_id="other"),
    )
    done = await roll_back_batch(
        batcher, store, provider_id=PROVIDER, batch_id="batch", prefix="undo:", profile=Profile(), deadline=deadline()
    )
    (late,) = await run(batcher, bet("a", "4", EUR, batch_id="batch"))

    assert [(key, decision.results[0].outcome) for key, decision in done] == [
        ("1", Outcome.APPLIED),
        ("2", Outcome.APPLIED),
    ]
    assert [decision.results[0].external_key for _, decision in done] == ["undo:1", "undo:2"]
    assert late.refusal.reason is Reason.TOMBSTONED
    assert [await cash(store, player) for player in "ab"] == [FULL, FULL - EUR]
    assert await check(store) == []


async def test_rolling_a_batch_back_twice_moves_once(batcher, store):
    await run(batcher, bet("a", "1", EUR, batch_id="batch"), win("a", "2", 5 * EUR, "round of 1"))
    asked = {"provider_id": PROVIDER, "batch_id": "batch", "prefix": "undo:", "profile": Profile()}
    for replayed in (False, True):
        ((_, decision),) = await roll_back_batch(batcher, store, **asked, deadline=deadline())
        assert decision.replayed is replayed

    assert await cash(store, "a") == FULL + 5 * EUR


async def test_a_sweep_of_sound_books_finds_nothing(batcher, store):
    await run(batcher, bet("a", "1"), bet("a", "2", EUR, batch_id="batch"))
    await _bury(batcher, store, "1")
    await _bury(batcher, store, "unknown")

    assert await _sweep(batcher, store) == 0
    assert await cash(store, "a") == FULL - EUR


async def _slipped_past(database, batcher, store, original, grave):
    """Let another process commit the original, decided before the tombstone was there, after the tombstone."""
    arrived, buried = asyncio.Event(), asyncio.Event()

    class Slow:
        """A store of another process, which has loaded its batch when the tombstone is committed."""

        async def apply(self, work):
            async with opened(database) as elsewhere:
                await elsewhere.preview(work)  # decides on what is there now: no tombstone
                arrived.set()
                await buried.wait()
                await elsewhere.apply(Decided(work))

        def __getattr__(self, name):
            return getattr(store, name)

    class Decided:
        """A work that does not see the tombstone. PostgreSQL finds nothing against it: no guarded row has changed."""

        def __init__(self, work):
            self.needs, self.decide, self.work = work.needs, work.decide, work

        def follow(self, rows):
            return self.work.follow([row for row in rows if getattr(row, "kind", None) is not Kind.TOMBSTONE])

    slow = Batcher(Slow(), Clock())
    task = asyncio.ensure_future(slow.submit(original, deadline()))
    await arrived.wait()
    await batcher.submit(grave, deadline())
    buried.set()
    decision = await task
    await slow.stop()
    return decision


@pytest.mark.parametrize("original", [bet("a", "raced"), win("a", "raced")], ids=["bet", "win"])
async def test_an_original_that_slipped_past_its_tombstone_is_swept(database, batcher, store, original):
    decision = await _slipped_past(database, batcher, store, original, Bury(PROVIDER, "raced"))
    assert decision.results[0].outcome is Outcome.APPLIED
    assert {violation.law for violation in await check(store)} == {"buried_stay_buried"}

    assert await _sweep(batcher, store) == 1
    assert await cash(store, "a") == FULL
    assert await check(store) == []
    assert await _sweep(batcher, store) == 0


async def test_an_original_that_slipped_past_its_batchs_tombstone_is_swept(database, batcher, store):
    original = bet("a", "raced", EUR, batch_id="batch")
    await _slipped_past(database, batcher, store, original, Bury(PROVIDER, batch_key("batch")))

    assert await _sweep(batcher, store) == 1
    assert await cash(store, "a") == FULL


async def test_a_sweep_looks_at_what_was_left_lately(database, batcher, store):
    await _slipped_past(database, batcher, store, bet("a", "raced"), Bury(PROVIDER, "raced"))
    (grave,) = [row for row in await store.transactions_by_key(digest(PROVIDER, "raced")) if not row.player_id]

    assert await _sweep(batcher, store, since=grave.committed_at + 1) == 0
    assert await _sweep(batcher, store, since=grave.committed_at) == 1


async def test_the_watch_sweeps_everything_when_it_starts(database, batcher, store):
    await _slipped_past(database, batcher, store, bet("a", "raced"), Bury(PROVIDER, "raced"))
    watching = asyncio.ensure_future(watch(batcher, store, Clock(), {}, Policies, interval=3600, patience=60))
    async with asyncio.timeout(20):
        while await cash(store, "a") < FULL:
            assert not watching.done()
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching


async def test_a_rollback_by_a_provider_after_the_sweep_moves_nothing(database, batcher, store):
    await _slipped_past(database, batcher, store, bet("a", "raced"), Bury(PROVIDER, "raced"))
    await _sweep(batcher, store)
    (decision,) = await run(batcher, rollback("a", "undo", "raced"))

    assert decision.results[0].outcome is Outcome.NOOP
    assert await cash(store, "a") == FULL


async def test_tombstones_of_two_providers_are_apart(batcher, store):
    await batcher.submit(Bury("other", "1"), deadline())
    (decision,) = await run(batcher, bet("a", "1"))

    assert decision.refusal is None
    assert digest("other", "1") != digest(PROVIDER, "1")
    assert await _sweep(batcher, store) == 0
