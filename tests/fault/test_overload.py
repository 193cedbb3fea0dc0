"""Too much at once: full queues, hot players, slow batches, floods of one id, commands that come too late."""

import asyncio
import time
from contextlib import asynccontextmanager
from decimal import Decimal

import asyncpg
import pytest
from wallet.v1.wallet_pb2 import OUTCOME_APPLIED, GetTransactionRequest

from adapters.conformance.dialects import dialects
from adapters.faults import Fault
from tests.protocol.words import bet
from tests.providers.door import at_once, move, opened
from tests.support.core import core_on
from wallet_core.client import Refused, Unavailable, Wallet
from wallet_core.storage.check import check

PATIENCE = 60.0
PROMPT = 3.0
"""Seconds. What is answered at once takes milliseconds; the rest is for a machine that has other work to do."""
BATCH = 50
CENT = 10_000  # in ledger units

# Both answer a repeated call as they answered the first.
EITHER = [dialects()[name] for name in ("generic_seamless", "thrillgate")]
either = pytest.mark.parametrize("dialect", EITHER, ids=lambda dialect: dialect.name)


class Hold:
    """Holds the core's commits, or only those of one player, until they are let go."""

    def __init__(self, core, whose):
        self._apply = core.store.apply
        self._whose = whose
        self.begun = asyncio.Event()
        self.go = asyncio.Event()
        self.commits = []  # whose each was, in the order they came

    async def apply(self, work):
        players = work.needs().players
        self.commits.append(frozenset(players))
        if self._whose is None or self._whose in players:
            self.begun.set()
            await self.go.wait()
        await self._apply(work)


@asynccontextmanager
async def held(core, whose=None):
    real, hold = core.store.apply, Hold(core, whose)
    core.store.apply = hold.apply
    try:
        yield hold
    finally:
        hold.go.set()
        core.store.apply = real


@asynccontextmanager
async def direct(core, deadline=PATIENCE):
    """A client that sends each play as a call of its own."""
    wallet = Wallet(core.target, core.adapter_token, coalesce=False, deadline=deadline)
    try:
        yield wallet
    finally:
        await wallet.close()


def metric(core, name):
    return core.metrics.registry.get_sample_value(name)


async def waiting(core, count):
    """Return when that many commands wait."""
    async with asyncio.timeout(PATIENCE):
        while metric(core, "wallet_queue_depth") < count:  # noqa: ASYNC110  the queue sets no event
            await asyncio.sleep(0.001)


def cents(player, count):
    """That many bets of a cent, each in a round of its own."""
    return [bet(player, "0.01", round_id=f"r{number}") for number in range(count)]


def under_way(wallet, plays):
    return [asyncio.ensure_future(wallet.play(play)) for play in plays]


def new(answers):
    """Whether each was applied, and none of them earlier."""
    return all(not answer.replayed and answer.results[0].outcome == OUTCOME_APPLIED for answer in answers)


async def cash(core, player):
    return sum(pocket.amount for pocket in await core.store.pockets(player) if pocket.account == "CASH") // CENT


async def test_a_full_queue_refuses_at_once_and_has_done_nothing_of_it(core_database):
    async with core_on(core_database, queue_max=200, batch_max=BATCH) as core, direct(core) as wallet:
        player = await core.player("10.00")
        bets = cents(player, 400)
        async with held(core) as hold:
            accepted = under_way(wallet, bets[:1])
            await hold.begun.wait()
            accepted += under_way(wallet, bets[1:201])
            await waiting(core, 200)
            seconds = []
            for refused in bets[201:]:
                started = time.perf_counter()
                with pytest.raises(Unavailable, match="RESOURCE_EXHAUSTED"):
                    await wallet.play(refused)
                seconds.append(time.perf_counter() - started)
            hold.go.set()
            assert new(await asyncio.gather(*accepted))
        print(f"refused in {sorted(seconds)[len(seconds) // 2] * 1000:.1f} ms, the slowest in {max(seconds):.3f} s")
        assert max(seconds) < PROMPT
        assert await cash(core, player) == 1000 - 201
        assert new(await asyncio.gather(*under_way(wallet, bets[201:])))
        assert await cash(core, player) == 1000 - 400
        assert await check(core.store) == []


@either
async def test_a_provider_hears_of_a_full_queue_at_once_in_its_own_words(sqlite_core_database, dialect):
    async with (
        core_on(sqlite_core_database, queue_max=BATCH) as core,
        direct(core) as wallet,
        opened(dialect, core.target, core.adapter_token, core) as door,
    ):
        other, seat = await core.player(), await door.seat("1000.00")
        bet = move("bet", seat)
        wire = dialect.bet(bet)
        async with held(core) as hold:
            accepted = under_way(wallet, cents(other, 1))
            await hold.begun.wait()
            accepted += under_way(wallet, cents(other, BATCH))
            await waiting(core, BATCH)
            started = time.perf_counter()
            door.refused(await door.send(wire), Fault.TRY_LATER)
            assert time.perf_counter() - started < PROMPT
            hold.go.set()
            await asyncio.gather(*accepted)
        assert await door.stored(bet) is None
        assert (await door.send(wire)).status == 200
        assert await door.cash(seat) == Decimal("990.00")


@either
async def test_a_flood_of_one_id_is_one_movement_and_one_answer(core_database, dialect):
    async with core_on(core_database) as core, opened(dialect, core.target, core.adapter_token, core) as door:
        seat = await door.seat("1000.00")
        signed = door.signed(dialect.bet(move("bet", seat)))
        replies = await at_once(*(door.raw(signed) for _ in range(2000)))
        assert {reply.status for reply in replies} == {200}
        told = [without_replays(reply.members) for reply in replies]
        assert all(each == told[0] for each in told)
        assert await door.cash(seat) == Decimal("990.00")
        assert len(await core.store.transactions(seat.player, limit=10)) == 2  # the deposit, and the bet
        assert await check(core.store) == []


def without_replays(members):
    """An answer but for the flags that tell the first from the others."""
    if isinstance(members, dict):
        return {name: without_replays(value) for name, value in members.items() if name != "replayed"}
    return [without_replays(value) for value in members] if isinstance(members, list) else members


async def test_a_hot_player_holds_up_others_for_a_bounded_number_of_batches(core_database):
    """One lane is first come, first served; a second one passes the hot player by."""
    async with core_on(core_database, batch_max=BATCH) as core, direct(core) as wallet:
        hot, other = await core.player(), await core.player()
        async with held(core) as hold:
            crowd = asyncio.ensure_future(core.adapter.play_many(cents(hot, 2000)))
            await hold.begun.wait()
            await waiting(core, 2000 - BATCH)
            (theirs,) = under_way(wallet, cents(other, 1))
            await waiting(core, 2001 - BATCH)
            before = len(hold.commits)
            hold.go.set()
            assert new([await theirs])
            batches = next(place for place, players in enumerate(hold.commits) if other in players) - before + 1
            assert new(await crowd)
        print(f"in batch {batches} of {len(hold.commits) - before}")
        assert batches <= (2000 // BATCH if core.database.startswith("sqlite") else 3)
        assert await check(core.store) == []


async def test_the_thousandth_bet_of_a_player_is_as_cheap_as_the_first(postgres_database):
    """By the entries that the indices gave: a plan that goes through all of a player's history gives millions."""
    async with core_on(postgres_database, batch_max=BATCH) as core:
        assert new(await core.adapter.play_many(cents(await core.player(), 2000)))
    connection = await asyncpg.connect(postgres_database)
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    async with asyncio.timeout(PATIENCE):
        while await connection.fetchval(others):  # what a connection counted is told when it has ended
            pass
    entries = await connection.fetch(
        "select indexrelname, idx_tup_read from pg_stat_user_indexes where idx_tup_read > 0"
    )
    await connection.close()
    print(dict(entries))
    assert 0 < sum(count for _, count in entries) < 50 * 2000


async def test_a_slow_batch_holds_up_nobody_else(postgres_database):
    """A second commit begins though less waits than a batch may hold (design 4)."""
    async with core_on(postgres_database) as core, direct(core) as wallet:
        slow, player = await core.player(), await core.player()
        async with held(core, slow) as hold:
            (first,) = under_way(wallet, cents(slow, 1))
            await hold.begun.wait()
            (theirs,) = under_way(wallet, cents(player, 1))
            async with asyncio.timeout(PATIENCE):
                assert new([await theirs])
            assert not first.done()
            hold.go.set()
            assert new([await first])


async def test_what_waits_past_its_deadline_is_not_done(core_database):
    async with (
        core_on(core_database, batch_max=BATCH) as core,
        direct(core) as patient,
        direct(core, 0.3) as hasty,
    ):
        player = await core.player("10.00")
        first, *late, last = cents(player, 102)
        async with held(core) as hold:
            accepted = under_way(patient, [first])
            await hold.begun.wait()
            told = await asyncio.gather(*under_way(hasty, late), return_exceptions=True)
            assert {str(error).partition(":")[0] for error in told} == {"DEADLINE_EXCEEDED"}
            hold.go.set()
            assert new(await asyncio.gather(*accepted, *under_way(patient, [last])))
        assert await cash(core, player) == 1000 - 2
        for play in late:
            key = play.actions[0].external_key
            with pytest.raises(Refused, match="TRANSACTION_NOT_FOUND"):
                await core.operator.get_transaction(
                    GetTransactionRequest(provider_id=play.provider_id, external_key=key)
                )
        assert new(await asyncio.gather(*under_way(patient, late)))
        assert await check(core.store) == []
