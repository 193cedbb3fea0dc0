"""The clock is set back: a player's transactions stay in order, and time stands still until it has caught up."""

import asyncio
import time

import pytest
from msgspec.structs import replace

from tests.fault.processes import driver
from tests.fault.storm import FULL, Told, answer, draws, players, seat, seeded
from tests.storage.books import PROVIDER, bet, create, deposit, engine, opened, run
from wallet_core.domain.commands import OpenSession
from wallet_core.domain.decision import Reason
from wallet_core.domain.sessions import State
from wallet_core.engine.batcher import Batcher
from wallet_core.engine.clock import Clock

SEATS, KEYS = 6, 400
SECOND = 1_000_000_000
MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
NOON = 1_800_000_000 * SECOND
OFF = "WALLET_TEST_CLOCK"

# A pocket's lines are numbered without a gap: the one order of a player's transactions that no clock has made.
ORDER = """
select distinct l.player_id, l.sequence, t.transaction_id, t.committed_at
from lines l join transactions t on t.player_id = l.player_id and t.transaction_id = l.transaction_id
where l.account = 'CASH' order by l.player_id, l.sequence
"""
TIMES = "select transaction_id, committed_at from transactions"


class Source:
    """The system's clock, and how far it is off."""

    def __init__(self):
        self.off = 0

    def __call__(self):
        return time.time_ns() + self.off


class Hand:
    """A clock whose hand is moved."""

    def __init__(self, at):
        self.at = at

    def __call__(self):
        return self.at


async def _in_order(store):
    """Hold that sequences have no gap, and that ids and times rise with them."""
    for player_id in players(SEATS):
        rows = [row for row in await store.query(ORDER) if row["player_id"] == player_id]
        sequences = [row["sequence"] for row in rows]
        assert sequences == list(range(1, len(rows) + 1))
        order = list(dict.fromkeys((bytes(row["transaction_id"]), row["committed_at"]) for row in rows))
        assert [each for each, _ in order] == sorted({each for each, _ in order})
        assert [at for _, at in order] == sorted({at for _, at in order})
    for row in await store.query(TIMES):
        number = int.from_bytes(bytes(row["transaction_id"])[:8], "big")
        assert (number >> 16) * 1000 + (number & 0xFFF) // 4 == row["committed_at"]


async def test_a_clock_that_is_set_back_in_a_storm_keeps_each_player_in_order(database):
    dice, told, source = seeded(), Told(), Source()
    words = draws(dice, SEATS, KEYS)
    async with opened(database) as store:
        batcher = Batcher(store, Clock(source), batch_max=16)
        await seat(batcher, SEATS)

        async def caller():
            for _ in range(40):
                each = next(words)
                told.note(each, await answer(batcher, store, each))
                if told.count in steps:
                    source.off += steps.pop(told.count)

        steps = dict(zip(dice.sample(range(100, 700), 5), [-HOUR, -MINUTE, -SECOND, SECOND, -HOUR], strict=True))
        await asyncio.gather(*(caller() for _ in range(20)))
        assert steps == {}
        await told.hold(store, SEATS)
        await _in_order(store)
        await batcher.stop()


async def test_a_core_whose_clock_is_behind_what_was_committed_keeps_each_player_in_order(database, monkeypatch):
    """One core after another is killed, and each starts with a clock behind the last one's."""
    dice, told = seeded(), Told()
    words, again = draws(dice, SEATS, KEYS), []
    async with engine(database) as (batcher, _):
        await seat(batcher, SEATS)
    for off in (3600, 0, -3600):
        monkeypatch.setenv(OFF, str(off))
        async with driver(database) as core:
            for each in again:
                core.send(each)
            await core.keep(32, words, dice.randrange(100, 300), told)
            again = await core.kill(told)
    async with driver(database) as core, opened(database) as store:
        for each in [*again, *told.answers]:
            core.send(each)
        assert await core.drain(told) == []
        await told.hold(store, SEATS)
        await _in_order(store)


async def test_cores_whose_clocks_are_an_hour_apart_keep_each_player_in_order(postgres_database, monkeypatch):
    dice, told = seeded(), Told()
    async with engine(postgres_database) as (batcher, store):
        await seat(batcher, SEATS)
        monkeypatch.setenv(OFF, "3600")
        async with driver(postgres_database) as ahead:
            monkeypatch.setenv(OFF, "0")
            async with driver(postgres_database) as behind:

                async def play(core):
                    again = await core.keep(16, draws(dice, SEATS, KEYS), 500, told) + await core.drain(told)
                    while again:  # the other was faster, twenty times over
                        for each in again:
                            core.send(each)
                        again = await core.drain(told)

                await asyncio.gather(play(ahead), play(behind))
        await told.hold(store, SEATS)
        await _in_order(store)


async def _bet(store, clock, key, session_id):
    """Bet in a session; return the reason if it was refused."""
    batcher = Batcher(store, clock)
    (decision,) = await run(batcher, replace(bet("p", key), session_id=session_id))
    await batcher.stop()
    return decision.refusal and decision.refusal.reason


@pytest.fixture
async def store(database):
    async with engine(database) as (_, store):
        yield store


def _session(name, minutes):
    return OpenSession("p", name, PROVIDER, "game", "EUR", minutes * MINUTE // 1000)


@pytest.mark.parametrize("restarted", [False, True], ids=["same core", "next core"])
async def test_a_session_that_has_expired_stays_so_when_the_clock_is_set_back(store, restarted):
    hand = Hand(NOON)
    clock = Clock(hand)
    await run(Batcher(store, clock), create("p"), deposit("p", FULL), _session(b"short", 30))
    assert await _bet(store, clock, "in time", b"short") is None
    hand.at += HOUR
    assert await _bet(store, clock, "late", b"short") is Reason.SESSION_EXPIRED
    hand.at -= HOUR - 10 * MINUTE

    assert await _bet(store, Clock(hand) if restarted else clock, "back", b"short") is Reason.SESSION_EXPIRED


@pytest.mark.parametrize("restarted", [False, True], ids=["same core", "next core"])
async def test_a_session_that_is_opened_when_the_clock_is_set_back_lives_its_time(store, restarted):
    hand = Hand(NOON)
    clock = Clock(hand)
    await run(Batcher(store, clock), create("p"), deposit("p", FULL))
    hand.at -= HOUR
    if restarted:
        clock = Clock(hand)
    (decision,) = await run(Batcher(store, clock), _session(b"new", 30))
    assert decision.row.state_at(clock.now()) is State.ACTIVE

    assert await _bet(store, clock, "first", b"new") is None
    hand.at += HOUR + 29 * MINUTE
    assert await _bet(store, clock, "in time", b"new") is None
    hand.at += 2 * MINUTE
    assert await _bet(store, clock, "late", b"new") is Reason.SESSION_EXPIRED
