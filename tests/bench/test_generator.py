"""A generator and who orders it about: a run that goes wrong is no figure."""

import pytest

from tests.bench.generator import Remote, generator
from tests.bench.http_rows import load, served
from tests.bench.measure import Contestant, run
from tests.bench.places import Files
from tests.bench.plain import lay
from tests.bench.processes import TOKENS, core, process


async def test_bets_go_through_adapter_and_core(tmp_path):
    """As the bench sends them, and every process says what it used."""
    place = Files(tmp_path)
    books = await place.books(20)
    async with (
        generator("tests.bench.http_load") as source,
        served(tmp_path, books) as (door, behind),
    ):
        cpu = {"generator": source.cpu, "adapter": door.cpu, "core": behind.cpu}
        remote = load(source, door.said["url"], players=20)
        seen = await run(Contestant("wallet", "wallet", remote, cpu, behind.sizes), 0.2)
        assert behind.resident > 10 << 20
    assert seen.played.items >= 1
    assert set(seen.cpu) == set(cpu)
    assert sum(seen.cpu.values()) > 0
    assert sum(size * commits for size, commits in seen.sizes.items()) >= seen.played.items  # of buckets' upper ends


async def test_a_refusal_ends_the_generator_and_the_run(tmp_path, capfd):
    """The players have less money than they would stake."""
    place = Files(tmp_path)
    database = await place.database()
    await lay(database, ["player-0"], 50_000)
    async with (
        generator("tests.bench.http_load") as source,
        process("tests.bench.plain_door", database) as door,
    ):
        remote = Remote(source, "4", url=door.said["url"], players=1, connections=4)
        with pytest.raises(RuntimeError, match="the generator ended"):
            await remote.prepare(1.0)
    assert "INSUFFICIENT_FUNDS" in capfd.readouterr().err


async def test_calls_go_to_a_core(tmp_path):
    books = await Files(tmp_path).books(20)
    async with generator("tests.bench.grpc_load") as source, core(books) as behind:
        for what, size in {"health": 1, "providers": 1, "play": 1, "many": 10, "wallet": 1}.items():
            order = {"target": behind.said["core"], "token": TOKENS["OPERATOR"], "what": what, "players": 20}
            remote = Remote(source, "4", **order, callers=4, gather=True, size=size)
            await remote.prepare(0.1)
            seen = await remote.go()
            assert seen.items >= size
            assert seen.items % size == 0
