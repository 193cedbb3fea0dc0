"""The batcher on a real SQLite store. Where a store must be slow or fail, a wrapper makes the real one slow or fail."""

import asyncio
import itertools
import math
import time

import pytest

from tests.storage.books import EUR, PROVIDER, bet, cash, create, deadline, deposit, opened, run
from wallet_core.domain.commands import Bury
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import Kind, digest
from wallet_core.engine.batcher import CONFLICTS_MAX, Batcher, Expired, Overloaded, Stopped
from wallet_core.engine.clock import Clock
from wallet_core.storage.check import check
from wallet_core.storage.migrate import migrate
from wallet_core.storage.store import Unavailable, VersionConflict


class Gate:
    """The store with a gate in front of `apply`: what flies waits at it until it is opened."""

    def __init__(self, store):
        self._store = store
        self._open = asyncio.Event()
        self.flying = []
        self.most = 0
        self.flown = []

    def open(self):
        self._open.set()

    def shut(self):
        self._open.clear()

    async def apply(self, work):
        players = work.needs().players
        self.flying.append(players)
        self.most = max(self.most, len(self.flying))
        await self._open.wait()
        await self._store.apply(work)
        self.flying.remove(players)
        self.flown.append(players)

    def __getattr__(self, name):
        return getattr(self._store, name)


class Fails:
    """The store, but `apply` raises what `error` says of the needs of a batch, before or after the real one."""

    def __init__(self, store, error, *, after=False):
        self._store = store
        self.error = error
        self.after = after
        self.applied = 0

    async def apply(self, work):
        error = self.error(work.needs())
        if error and not self.after:
            raise error
        await self._store.apply(work)
        self.applied += 1
        if error:
            raise error

    def __getattr__(self, name):
        return getattr(self._store, name)


@pytest.fixture
async def store(tmp_path):
    database = f"sqlite://{tmp_path}/books.db"
    await migrate(database)
    async with opened(database) as store:
        setup = Batcher(store, Clock())
        for player_id in "abcdefgh":
            await run(setup, create(player_id), deposit(player_id, 1000 * EUR))
        yield store


@pytest.fixture
async def gate(store):
    gate = Gate(store)
    yield gate
    gate.open()
    await queued()


def submit(batcher, *commands, patience=60.0):
    """Return the tasks of commands that are all in the queue, or under way, when this returns."""
    return [asyncio.ensure_future(batcher.submit(command, deadline(patience))) for command in commands]


async def queued():
    """Let tasks that were made run up to where they wait: a caller's, the flight it makes, the flight's store."""
    for _ in range(5):
        await asyncio.sleep(0)


def bets(player_id, count, amount=EUR):
    return [bet(player_id, f"{player_id}{number}", amount) for number in range(count)]


async def test_one_alone_waits_for_nobody(store):
    sizes = []
    batcher = Batcher(store, Clock(), observe=lambda size, seconds: sizes.append((size, seconds > 0)))
    (decision,) = await run(batcher, bet("a", "1"))

    assert decision.refusal is None
    assert sizes == [(1, True)]


async def test_what_comes_during_a_commit_is_the_next_batch(gate):
    sizes = []
    batcher = Batcher(gate, Clock(), observe=lambda size, _: sizes.append(size))
    tasks = submit(batcher, *bets("a", 1))
    await queued()
    tasks += submit(batcher, *bets("b", 20), *bets("c", 17))
    await queued()
    assert batcher.depth == 37
    gate.open()
    await asyncio.gather(*tasks)

    assert sizes == [1, 37]
    assert gate.most == 1
    assert batcher.depth == 0


async def test_a_batch_is_at_most_so_large(gate):
    sizes = []
    batcher = Batcher(gate, Clock(), batch_max=10, observe=lambda size, _: sizes.append(size))
    tasks = submit(batcher, *bets("a", 36))
    await queued()
    gate.open()
    await asyncio.gather(*tasks)

    assert sizes == [10, 10, 10, 6]


async def test_a_players_commands_are_decided_in_the_order_they_came(store, gate):
    batcher = Batcher(gate, Clock(), batch_max=3, lanes=3)
    tasks = [
        task
        for number in range(30)
        for player in "abcdefgh"
        for task in submit(batcher, bet(player, f"{player}{number}"))
    ]
    await queued()
    gate.open()
    await asyncio.gather(*tasks)

    for player in "abcdefgh":
        history = [row for row in await store.transactions(player, limit=100) if row.kind is Kind.BET]
        assert [row.external_key for row in reversed(history)] == [f"{player}{number}" for number in range(30)]
        assert [row.cash_after for row in reversed(history)] == [(999 - number) * EUR for number in range(30)]
    assert gate.most > 1


async def test_a_second_lane_opens_only_when_a_batch_is_full_and_never_for_a_player_under_way(gate):
    batcher = Batcher(gate, Clock(), lanes=2, batch_max=4, patience=math.inf)
    tasks = submit(batcher, *bets("a", 1))
    await queued()
    tasks += submit(batcher, bet("b", "b0"), bet("a", "a1"), bet("c", "c0"), bet("d", "d0"))
    await queued()
    assert gate.flying == [{"a"}]  # four wait: that is one batch
    tasks += submit(batcher, bet("a", "a2"))
    await queued()
    assert gate.flying == [{"a"}, {"b", "c", "d"}]
    tasks += submit(batcher, *bets("e", 9))
    await queued()
    assert len(gate.flying) == 2  # no third lane
    gate.open()
    await asyncio.gather(*tasks)

    assert gate.flown[2] >= {"a"}
    assert gate.most == 2


async def test_a_second_lane_opens_when_the_first_is_slow_and_never_for_a_player_under_way(gate):
    batcher = Batcher(gate, Clock(), lanes=2, patience=0.001)
    tasks = submit(batcher, *bets("a", 2))
    async with asyncio.timeout(60):
        while gate.flying != [{"a"}]:
            await queued()
        tasks += submit(batcher, bet("b", "b0"), bet("a", "a2"))
        while gate.flying != [{"a"}, {"b"}]:
            await queued()
    gate.open()
    await asyncio.gather(*tasks)

    assert gate.flown[2:] == [{"a"}]


async def test_what_cannot_fly_is_looked_at_once_in_a_while_not_with_every_newcomer(gate):
    looks = []

    class Looked(Batcher):
        def _gather(self):
            looks.append(time.monotonic())
            return super()._gather()

    batcher = Looked(gate, Clock(), lanes=2, patience=0.005)
    tasks = submit(batcher, bet("a", "a0"))
    for number in range(1, 1000):
        await queued()
        tasks += submit(batcher, bet("a", f"a{number}"))
    assert len(looks) > 1
    assert min(after - before for before, after in itertools.pairwise(looks)) >= 0.005
    gate.open()
    await asyncio.gather(*tasks)


async def test_no_player_is_ever_in_two_batches_at_once(store):
    seen = []

    class Watches(Gate):
        async def apply(self, work):
            players = work.needs().players
            assert not any(players & others for others in seen)
            seen.append(players)
            await super().apply(work)
            seen.remove(players)

    watched = Watches(store)
    watched.open()
    batcher = Batcher(watched, Clock(), lanes=4, batch_max=3)
    commands = [bet(player, f"{player}{number}") for number in range(40) for player in "aabacadae"[number % 9]]
    decisions = await asyncio.gather(*submit(batcher, *commands))

    assert all(decision.refusal is None for decision in decisions)


async def test_a_full_queue_refuses_at_once_and_takes_again_when_there_is_room(gate):
    batcher = Batcher(gate, Clock(), queue_max=5, batch_max=5)
    tasks = submit(batcher, *bets("a", 1))
    await queued()
    tasks += submit(batcher, *bets("c", 5))
    await queued()
    with pytest.raises(Overloaded):
        await asyncio.wait_for(batcher.submit(bet("b", "b"), deadline()), 1)
    assert batcher.depth == 5
    gate.open()
    await asyncio.gather(*tasks)

    assert (await batcher.submit(bet("b", "b"), deadline())).refusal is None


async def test_what_is_too_late_is_not_executed(store, gate):
    batcher = Batcher(gate, Clock())
    tasks = submit(batcher, bet("a", "1"))
    await queued()
    late = submit(batcher, bet("a", "2"), bet("b", "3"), patience=-1)
    tasks += submit(batcher, bet("b", "4"))
    await queued()
    gate.open()
    outcomes = await asyncio.gather(*late, return_exceptions=True)
    await asyncio.gather(*tasks)

    assert [type(outcome) for outcome in outcomes] == [Expired, Expired]
    assert (await cash(store, "a"), await cash(store, "b")) == (999 * EUR, 999 * EUR)


async def test_what_is_too_late_when_it_comes_is_not_executed(store):
    batcher = Batcher(store, Clock())
    with pytest.raises(Expired):
        await batcher.submit(bet("a", "1"), time.monotonic() - 1)

    assert await cash(store, "a") == 1000 * EUR
    assert (await batcher.submit(bet("a", "1"), deadline())).refusal is None


async def test_whose_caller_is_gone_before_its_turn_is_not_executed(store, gate):
    batcher = Batcher(gate, Clock())
    tasks = submit(batcher, bet("a", "1"))
    await queued()
    (gone, stays) = submit(batcher, bet("a", "2"), bet("a", "3"))
    await queued()
    gone.cancel()
    gate.open()
    await asyncio.gather(*tasks, stays)

    assert await store.transactions_by_key(bet("a", "2").actions[0].key) == []
    assert await cash(store, "a") == 998 * EUR


async def test_whose_caller_goes_while_it_is_under_way_is_executed_and_the_others_are_answered(store, gate):
    batcher = Batcher(gate, Clock(), batch_max=2)
    (gone,) = submit(batcher, bet("a", "1"))
    await queued()
    stays = submit(batcher, bet("a", "2"), bet("b", "3"))
    gone.cancel()
    await queued()
    gate.open()
    await asyncio.gather(*stays)

    assert await cash(store, "a") == 998 * EUR
    (again,) = await run(batcher, bet("a", "1"))
    assert again.replayed


class Poison(Exception):
    """A fault of ours."""


def poisoned(needs):
    return Poison() if ("a", digest(PROVIDER, "poison")) in needs.transactions else None


@pytest.mark.parametrize("after", [False, True], ids=["before anything is saved", "after it was saved"])
async def test_a_poisoned_command_fails_alone(store, after):
    fails = Fails(store, poisoned, after=after)
    batcher = Batcher(fails, Clock())
    commands = [*bets("a", 3), bet("a", "poison"), *bets("b", 3), bet("a", "last")]
    outcomes = await asyncio.gather(*submit(batcher, *commands), return_exceptions=True)

    assert [index for index, outcome in enumerate(outcomes) if isinstance(outcome, Poison)] == [3]
    assert all(outcome.results[0].outcome is Outcome.APPLIED for outcome in outcomes if not isinstance(outcome, Poison))
    assert await cash(store, "a") == (1000 - 4 - after) * EUR
    assert await cash(store, "b") == 997 * EUR
    assert await check(store) == []


async def test_a_command_that_cannot_be_decided_fails_alone(store):
    """Not by a wrapper: its id is no text, which a door would have refused."""
    batcher = Batcher(store, Clock())
    outcomes = await asyncio.gather(
        *submit(batcher, bet("a", "1"), create("\ud800"), bet("b", "3")), return_exceptions=True
    )

    assert isinstance(outcomes[1], UnicodeEncodeError)
    assert (outcomes[0].refusal, outcomes[2].refusal) == (None, None)


async def test_when_the_database_is_away_all_are_told_and_nothing_is_tried_one_by_one(store):
    fails = Fails(store, lambda needs: Unavailable())
    batcher = Batcher(fails, Clock())
    tasks = submit(batcher, *bets("a", 5))
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {Unavailable}
    assert await cash(store, "a") == 1000 * EUR
    fails.error = lambda needs: None
    decisions = await asyncio.gather(*submit(batcher, *bets("a", 5)))

    assert not any(decision.replayed for decision in decisions)
    assert await cash(store, "a") == 995 * EUR


async def test_when_the_answer_of_a_commit_is_lost_a_retry_gets_the_stored_one(store):
    fails = Fails(store, lambda needs: Unavailable(), after=True)
    batcher = Batcher(fails, Clock())
    lost = await asyncio.gather(*submit(batcher, *bets("a", 5)), return_exceptions=True)
    assert {type(outcome) for outcome in lost} == {Unavailable}
    fails.error = lambda needs: None
    decisions = await asyncio.gather(*submit(batcher, *bets("a", 5)))

    assert all(decision.replayed for decision in decisions)
    assert await cash(store, "a") == 995 * EUR


async def test_a_conflict_is_decided_anew_on_what_is_there_then(store):
    conflicts = iter([VersionConflict(), VersionConflict(), None])
    fails = Fails(store, lambda needs: next(conflicts))
    (decision,) = await run(Batcher(fails, Clock()), bet("a", "1"))

    assert decision.refusal is None
    assert fails.applied == 1
    assert await cash(store, "a") == 999 * EUR


async def test_who_is_always_too_slow_is_told_to_ask_again(store):
    tries = []
    fails = Fails(store, lambda needs: tries.append(needs.players) or VersionConflict())
    with pytest.raises(Unavailable):
        await Batcher(fails, Clock()).submit(bet("a", "1"), deadline())

    assert tries == [{"a"}] * CONFLICTS_MAX
    assert await cash(store, "a") == 1000 * EUR


@pytest.mark.parametrize("count", [1, 25])
async def test_stopping_finishes_what_is_there_and_takes_no_more(store, gate, count):
    batcher = Batcher(gate, Clock(), batch_max=10)
    tasks = submit(batcher, *bets("a", count))
    await queued()
    stops = asyncio.ensure_future(batcher.stop())
    await queued()
    with pytest.raises(Stopped):
        await batcher.submit(bet("b", "b"), deadline())
    assert not stops.done()
    gate.open()
    await stops

    assert all(task.done() and task.result().refusal is None for task in tasks)
    assert await cash(store, "a") == (1000 - count) * EUR


async def test_stopping_with_only_gone_and_late_ones_in_the_queue_ends(gate):
    batcher = Batcher(gate, Clock(), batch_max=1)
    tasks = submit(batcher, bet("a", "1"))
    await queued()
    (gone, late) = (*submit(batcher, bet("a", "2")), *submit(batcher, bet("a", "3"), patience=-1))
    await queued()
    gone.cancel()
    gate.open()
    await asyncio.wait_for(batcher.stop(), 10)

    assert isinstance(late.exception(), Expired)
    assert tasks[0].done()


async def test_stopping_twice_and_stopping_at_rest(store):
    batcher = Batcher(store, Clock())
    await batcher.stop()
    await batcher.stop()
    with pytest.raises(Stopped):
        await batcher.submit(bet("a", "1"), deadline())


async def test_preview_tells_and_changes_nothing(store):
    batcher = Batcher(store, Clock())
    told = await batcher.preview(bet("a", "1", 2000 * EUR))
    assert told.refusal.reason is Reason.INSUFFICIENT_FUNDS
    assert await store.transactions_by_key(bet("a", "1").actions[0].key) == []
    (done,) = await run(batcher, bet("a", "1"))

    assert done.refusal is None


async def test_tombstones_without_a_player_are_one_player_to_the_lanes(gate):
    batcher = Batcher(gate, Clock(), lanes=2, batch_max=1)
    tasks = submit(batcher, *(Bury("acme", str(number)) for number in range(5)))
    await queued()
    assert len(gate.flying) == 1
    gate.open()
    await asyncio.gather(*tasks)

    assert [len(await gate.transactions_by_key(digest("acme", str(number)))) for number in range(5)] == [1] * 5
