"""The primary dies and its synchronous standby takes over: what was acknowledged is there, once."""

import asyncio
import time
from urllib.parse import urlsplit

import asyncpg
import pytest

from tests.fault import cores
from tests.fault.callers import calling, send_again
from tests.fault.storm import FULL, Told, draws, seat, seeded
from tests.storage.books import EUR, bet, cash, create, deadline, deposit, engine, opened, run
from tests.support.postgres import Cluster
from wallet_core.storage import postgres
from wallet_core.storage.check import check
from wallet_core.storage.store import Unavailable

SEATS, KEYS = 6, 400
SETTINGS = ("fsync=on", "wal_retrieve_retry_interval=100ms")  # of 5 s, of which a promotion may have to wait the rest


@pytest.fixture
async def standby(cluster):
    """A standby that every commit of the cluster waits for."""
    standby = await asyncio.to_thread(Cluster, cluster)
    try:
        await asyncio.to_thread(standby.start, *SETTINGS)
        primary = await asyncpg.connect(cluster.dsn)
        try:
            await primary.execute("alter system set synchronous_standby_names = '*'")
            await primary.execute("select pg_reload_conf()")
            while await primary.fetchval("select sync_state from pg_stat_replication") != "sync":
                pass
        finally:
            await primary.close()
        yield standby
    finally:
        standby.close()


@pytest.mark.parametrize("wanted", ["primary", "read-write"])
async def test_a_standby_that_takes_over_has_all_that_was_acknowledged(cluster, standby, wanted):
    dice, told = seeded(), Told()
    async with engine(cluster.dsn) as (batcher, _):
        await seat(batcher, SEATS)
    async with cores.core(_both(cluster, standby, wanted)) as core, cores.caller(core) as wallet:
        async with calling([wallet], draws(dice, SEATS, KEYS), told, 32) as callers:
            await callers.answered(dice.randrange(100, 600))
            await asyncio.to_thread(cluster.kill)
            killed, before = time.monotonic(), told.count
            await _promote(standby)
            await callers.answered(32)
            print(f"{before} answers, none for {time.monotonic() - killed:.2f} s, then more")
            await callers.answered(300)
        await send_again(wallet, told)
    async with opened(standby.dsn) as store:
        await told.hold(store, SEATS)


async def test_a_primary_that_hangs_is_left_for_its_standby(cluster, standby, monkeypatch):
    """It neither answers nor refuses, as a machine without power: whoever waits for it waits for ever."""
    monkeypatch.setattr(postgres, "COMMAND_TIMEOUT", 0.5)
    monkeypatch.setattr(postgres, "CONNECT_TIMEOUT", 0.5)
    async with engine(_both(cluster, standby, "primary")) as (batcher, _):
        await run(batcher, create("p"), deposit("p", FULL))
        (before,) = await run(batcher, bet("p", "before"))
        cluster.freeze()
        try:
            with pytest.raises(Unavailable):
                await batcher.submit(bet("p", "after"), deadline())
            await _promote(standby)
            after = await _until_answered(batcher, bet("p", "after"))
            again = await _until_answered(batcher, bet("p", "before"))
        finally:
            cluster.kill()
    assert again.results[0].transaction_id == before.results[0].transaction_id
    assert not after.replayed
    async with opened(standby.dsn) as store:
        assert await cash(store, "p") == FULL - 2 * EUR
        assert await check(store) == []


async def test_a_commit_that_has_not_reached_the_standby_is_no_answer(cluster, standby, monkeypatch):
    """However often it is sent again: the primary has it, and nobody is told so until the standby has it, too."""
    monkeypatch.setattr(postgres, "COMMAND_TIMEOUT", 0.5)
    async with engine(_both(cluster, standby, "primary")) as (batcher, _):
        await run(batcher, create("p"), deposit("p", FULL))
        await asyncio.to_thread(standby.stop)
        for _ in range(3):
            with pytest.raises(Unavailable):
                await batcher.submit(bet("p", "waits"), deadline())
        await asyncio.to_thread(standby.start, *SETTINGS)
        decision = await _until_answered(batcher, bet("p", "waits"))
        await asyncio.to_thread(cluster.kill)
        await _promote(standby)
        again = await _until_answered(batcher, bet("p", "waits"))
    assert again.replayed
    assert again.results[0].transaction_id == decision.results[0].transaction_id
    async with opened(standby.dsn) as store:
        assert await cash(store, "p") == FULL - EUR
        assert await check(store) == []


async def _until_answered(batcher, command):
    async with asyncio.timeout(30):
        while True:
            try:
                return await batcher.submit(command, deadline())
            except Unavailable:
                await asyncio.sleep(0.01)  # as a provider backs off


async def _promote(standby):
    connection = await asyncpg.connect(standby.dsn)
    try:
        assert await connection.fetchval("select pg_promote()")
    finally:
        await connection.close()


def _both(cluster, standby, wanted):
    hosts = ",".join(urlsplit(each.dsn).netloc.removeprefix("postgres@") for each in (cluster, standby))
    return f"postgresql://postgres@{hosts}/postgres?target_session_attrs={wanted}"
