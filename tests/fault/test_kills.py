"""Killed with signal 9 under load: what was acknowledged is there, once; what was not is safe to send again."""

import asyncio
import signal

import pytest

from tests.fault import cores
from tests.fault.processes import driver
from tests.fault.storm import Told, answer, command, draws, seat, seeded
from tests.storage.books import engine, opened
from wallet_core import client
from wallet_core.engine.batcher import Batcher
from wallet_core.engine.clock import Clock
from wallet_core.storage.store import Unavailable

SEATS, KEYS, KILLS = 6, 400, 6


async def test_a_core_that_is_killed_loses_and_doubles_nothing(database):
    dice, told = seeded(), Told()
    words, again = draws(dice, SEATS, KEYS), []
    async with engine(database) as (batcher, _):
        await seat(batcher, SEATS)
    for _ in range(KILLS):
        async with driver(database, lanes=2) as core:
            for lost in again:  # what the last one did not answer is sent again, as a provider would
                core.send(lost)
            await core.keep(64, words, dice.randrange(50, 250), told)
            again = await core.kill(told)
    async with driver(database) as core, opened(database) as store:
        for given in [*again, *told.answers]:  # and in the end everything, as a provider that has lost its memory
            core.send(given)
        assert await core.drain(told) == []
        await told.hold(store, SEATS)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGQUIT], ids=lambda how: how.name)
async def test_a_postgres_that_is_killed_loses_and_doubles_nothing(cluster, how):
    dice, told = seeded(), Told()
    async with opened(cluster.dsn, lanes=2) as store:
        batcher = Batcher(store, Clock(), lanes=2, batch_max=16)
        await seat(batcher, SEATS)
        done, away = asyncio.Event(), asyncio.Event()

        async def caller(words):
            while not done.is_set():
                each = next(words)
                while True:
                    try:
                        told.note(each, await answer(batcher, store, each))
                        break
                    except Unavailable:
                        away.set()
                        await asyncio.sleep(0.01)  # as a client backs off

        words = draws(dice, SEATS, KEYS)
        callers = [asyncio.ensure_future(caller(words)) for _ in range(32)]
        try:
            for _ in range(3):
                await _answered(told, told.count + dice.randrange(100, 400), callers)
                away.clear()
                await asyncio.to_thread(cluster.stop, how)
                await away.wait()
                await asyncio.to_thread(cluster.start, "fsync=on")
            await _answered(told, told.count + 200, callers)
        finally:
            done.set()
            await asyncio.wait(callers, timeout=30)
        await asyncio.gather(*callers)
        await told.hold(store, SEATS)
        await batcher.stop()


async def _answered(told, count, callers):
    """Wait until so many answers were given; a caller that failed says why."""
    async with asyncio.timeout(60):
        while told.count < count:
            await asyncio.sleep(0)
            for caller in callers:
                if caller.done():
                    caller.result()


async def test_a_served_core_that_is_killed_loses_and_doubles_nothing(database):
    """As above, from outside: a real core process, and callers that know nothing but the client."""
    dice, told = seeded(), Told()
    async with engine(database) as (batcher, _):
        await seat(batcher, SEATS)
    async with cores.core(database) as core, cores.caller(core, deadline=5.0) as wallet:
        done, words = asyncio.Event(), draws(dice, SEATS, KEYS)

        async def caller():
            while not done.is_set():
                each = next(words)
                while True:
                    try:
                        told.note(each, await cores.answer(wallet, command(*each)))
                        break
                    except client.Unavailable:
                        await asyncio.sleep(0.01)  # as a provider backs off

        callers = [asyncio.ensure_future(caller()) for _ in range(64)]
        try:
            for _ in range(KILLS):
                await _answered(told, told.count + dice.randrange(50, 300), callers)
                await core.kill()
                await core.start()
            await _answered(told, told.count + 200, callers)
        finally:
            done.set()
            await asyncio.wait(callers, timeout=30)
        await asyncio.gather(*callers)
        for each, given in told.answers.items():  # everything again: each gets its stored answer
            assert await cores.answer(wallet, command(*each)) == given
        async with opened(database) as store:
            await told.hold(store, SEATS)
        assert await core.stop() == 0
