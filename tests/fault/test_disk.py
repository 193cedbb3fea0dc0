"""SQLite on a disk that is full, fails or takes its time: callers are told, nothing is half-written, and it goes on."""

import mmap
import resource
import shutil
import struct
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from wallet.v1.wallet_pb2 import GetBalanceRequest

from tests.fault import cores
from tests.fault.callers import calling, send_again
from tests.fault.processes import driver
from tests.fault.sent import once, stored
from tests.fault.storm import Told, draws, players, seat, seeded
from tests.storage.books import PROVIDER, engine, opened
from wallet_core.storage.check import check
from wallet_core.storage.migrate import sqlite_path

SEATS, KEYS = 6, 2000
SHIM = Path(__file__).with_name("slow_disk.c")


class Disk:
    """The other side of `slow_disk.c`."""

    def __init__(self, shim, numbers):
        numbers.write_bytes(bytes(32))
        with numbers.open("r+b") as file:
            self._numbers = mmap.mmap(file.fileno(), 32)
        self.environment = {"LD_PRELOAD": str(shim), "WALLET_TEST_DISK": str(numbers)}

    def set(self, *, delay=0.0, full=False, broken=False):
        struct.pack_into("3q", self._numbers, 0, int(delay * 1e6), full, broken)

    @property
    def flushes(self):
        return struct.unpack_from("q", self._numbers, 24)[0]


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler: install gcc and libc6-dev")
    built = tmp_path_factory.mktemp("shim") / "slow_disk.so"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", SHIM, "-o", built], check=True)
    return built


@pytest.fixture
def disk(shim, tmp_path):
    return Disk(shim, tmp_path / "disk")


async def test_a_file_that_may_not_grow_is_unavailable_until_it_may(sqlite_database):
    """A limit of the process, as of a quota; SQLite calls it an error of the disk."""

    def limit(core):
        grown = Path(f"{sqlite_path(sqlite_database)}-wal").stat().st_size
        resource.prlimit(core.pid, resource.RLIMIT_FSIZE, (grown + 100_000, resource.RLIM_INFINITY))

    def lift(core):
        with suppress(ProcessLookupError):  # one that was killed took its limit with it
            resource.prlimit(core.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    await _fault(sqlite_database, {}, limit, lift)


async def test_a_full_disk_is_unavailable_until_there_is_room(sqlite_database, disk):
    await _fault(sqlite_database, disk.environment, lambda _: disk.set(full=True), lambda _: disk.set())


async def test_a_disk_that_cannot_flush_is_unavailable_until_it_can(sqlite_database, disk):
    await _fault(sqlite_database, disk.environment, lambda _: disk.set(broken=True), lambda _: disk.set())


async def _fault(database, environment, begin, end):
    """Storm before, during and after the fault."""
    dice, told = seeded(), Told()
    async with engine(database) as (batcher, _):
        await seat(batcher, SEATS)
    async with cores.core(database, **environment) as core, cores.caller(core) as wallet:
        async with calling([wallet], draws(dice, SEATS, KEYS), told, 32) as callers, opened(database) as store:
            for _ in range(2):
                await callers.answered(dice.randrange(100, 300))
                begin(core)
                await callers.unanswered(dice.randrange(100, 300))
                assert await check(store) == []
                for player_id in players(SEATS):  # who only reads needs no room
                    await wallet.get_balance(GetBalanceRequest(provider_id=PROVIDER, player_id=player_id))
                end(core)
            await callers.answered(300)
            begin(core)
            await callers.unanswered(100)
            await core.kill()
            end(core)
            await core.start()
            await callers.answered(300)
        assert {each.partition(":")[0] for each in callers.unavailable} == {"UNAVAILABLE"}
        await send_again(wallet, told)
        assert await core.stop() == 0
    async with opened(database) as store:
        await told.hold(store, SEATS)


async def test_a_slow_disk_makes_batches_larger_and_loses_no_call(sqlite_database, disk):
    dice, told = seeded(), Told()
    async with engine(sqlite_database) as (batcher, _):
        await seat(batcher, SEATS)
    disk.set(delay=0.02)
    async with cores.core(sqlite_database, **disk.environment) as core, cores.caller(core) as wallet:
        async with calling([wallet], draws(dice, SEATS, KEYS), told, 64) as callers:
            await callers.answered(100)
            count, flushes = told.count, disk.flushes
            await callers.answered(1500)
            count, flushes = told.count - count, disk.flushes - flushes
        assert callers.unavailable == []
        assert await core.stop() == 0
    print(f"{count} answers, {flushes} flushes of 20 ms and more")
    assert count > 4 * flushes
    async with opened(sqlite_database) as store:
        await told.hold(store, SEATS)


async def test_what_waits_for_a_slow_disk_past_its_deadline_is_not_executed(sqlite_database, disk, monkeypatch):
    dice, told, expired = seeded(), Told(), []
    words = once(draws(dice, SEATS, KEYS, "bet win"))
    disk.set(delay=0.15)
    async with engine(sqlite_database) as (batcher, store):
        await seat(batcher, SEATS)
        with monkeypatch.context() as patch:
            for name, value in (disk.environment | {"WALLET_TEST_PATIENCE": "0.1"}).items():
                patch.setenv(name, value)
            async with driver(sqlite_database) as core:
                for _ in range(5):
                    for _ in range(64):
                        core.send(next(words))
                    while core.under_way:
                        each, given = await core.receive()
                        if given == "Expired":
                            expired.append(each)
                        else:
                            told.note(each, given)
        print(f"{told.count} answers, {len(expired)} too late")
        assert told.count
        assert expired
        assert await stored(store, expired) == {}
        async with driver(sqlite_database) as core:
            for each in [*expired, *told.answers]:
                core.send(each)
            assert await core.drain(told) == []
        await told.hold(store, SEATS)
