"""`python -m wallet_core up` as real processes: from nothing, moved by a provider's signed call, killed, and back."""

import asyncio
import hashlib
import hmac
import json
import os
import random
import signal
import socket
import sys
import time
import uuid
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import psutil
import pytest
import yarl
from wallet.v1.policies_pb2 import ListPublicationsRequest, PolicyLayer
from wallet.v1.wallet_pb2 import GetBalanceRequest

from adapters import conformance, providers
from adapters.conformance.dialect import Move, Seat
from adapters.conformance.wires import Reply
from adapters.demo import dialects_by_protocol
from tests.support.core import money
from wallet_core.client import Wallet

pytestmark = pytest.mark.timeout(180)

UP = (sys.executable, "-m", "wallet_core", "up")


class Up:
    """A running `up` and what it said."""

    def __init__(self, process, told):
        self.process = process
        self.told = told
        self.demo = {player["player_id"]: player for player in told["demo"]["players"]}

    def family(self):
        """Its processes, itself first."""
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]

    async def ended(self):
        async with asyncio.timeout(30):
            rest, errors = await self.process.communicate()
        return self.process.returncode, rest.decode(), errors.decode()


def alive(process):
    """Whether it runs; who is dead and not yet buried by its parent does not."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


async def started(folder, *arguments, log=asyncio.subprocess.PIPE):
    process = await asyncio.create_subprocess_exec(
        *UP,
        "--data",
        str(folder),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        start_new_session=True,
    )
    line = await process.stdout.readline()
    if not line:
        _, errors = await process.communicate()
        raise AssertionError((errors or b"").decode())
    return Up(process, json.loads(line))


@asynccontextmanager
async def up(folder, *arguments, **more):
    running = await started(folder, *arguments, **more)
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.process.pid, signal.SIGKILL)
        await running.process.communicate()


async def debit(running, transaction_id, amount, player_id="demo-eur", currency="EUR"):
    """A signed debit of ThrillGate; the status and the answer."""
    body = json.dumps(
        {
            "player_id": player_id,
            "token": running.demo[player_id]["sessions"]["thrillgate"],
            "transaction_id": transaction_id,
            "provider_id": "studio",
            "gameround_id": f"round-{transaction_id}",
            "transaction_type": "Debit",
            "currency": currency,
            "amount": amount,
        }
    ).encode()
    signature = hmac.digest(running.told["demo"]["secrets"]["thrillgate"].encode(), body, hashlib.sha256).hex()
    headers = {"Content-Type": "application/json", "X-Server-Authorization": signature}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{running.told['adapters']['thrillgate']}/wallet/transaction", data=body, headers=headers) as answer,
    ):
        return answer.status, await answer.json()


async def cash(running, player_id="demo-eur"):
    wallet = Wallet(running.told["core"], running.told["token"])
    try:
        return (await wallet.get_balance(GetBalanceRequest(player_id=player_id))).balances.cash
    finally:
        await wallet.close()


@pytest.fixture(params=["sqlite", "postgres"])
def arguments(request):
    """What `up` is told of its database."""
    if request.param == "sqlite":
        return ("--port-base", "0")
    return ("--port-base", "0", "--database", request.getfixturevalue("postgres_database"))


async def publications(running):
    """What was published, and for whom."""
    wallet = Wallet(running.told["core"], running.told["token"])
    try:
        found = await wallet.list_publications(ListPublicationsRequest())
    finally:
        await wallet.close()
    return [
        (each.draft_id, f"{PolicyLayer.Name(of.layer).removeprefix('POLICY_LAYER_')} {of.scope}")
        for each in found.publications
        for of in each.settings
    ]


async def test_it_survives_kill_9_of_everything(tmp_path, arguments):
    async with up(tmp_path / "data", *arguments) as first:
        assert first.demo["demo-eur"]["balance"] == "1000.00"
        assert first.demo["demo-jpy"]["balance"] == "100000"
        assert set(first.told["adapters"]) == {"generic_seamless", "thrillgate"}
        status, answer = await debit(first, "t-1", "12.34")
        assert status == 200, answer
        assert await cash(first) == money("987.66")
        os.killpg(first.process.pid, signal.SIGKILL)
        await first.process.wait()
    async with up(tmp_path / "data", *arguments) as second:
        assert second.demo["demo-eur"]["balance"] == "987.66"
        assert second.told["token"] == first.told["token"]
        assert second.told["demo"]["secrets"] == first.told["demo"]["secrets"]
        for player_id, player in first.demo.items():
            assert second.demo[player_id]["sessions"] == player["sessions"]
        assert await publications(second) == [("demo:bonus.allowed", "BRAND demo")]
        status, answer = await debit(second, "t-1", "12.34")
        assert status == 200, answer
        assert await cash(second) == money("987.66")
        status, answer = await debit(second, "t-2", 1000, "demo-jpy", "JPY")
        assert status == 200, answer
        assert await cash(second, "demo-jpy") == money("99000", "JPY")


async def balance(running, http, dialect, player_id="demo-eur"):
    """What an adapter says of a player to a provider who signs with the key that `up` has told."""
    name = dialect.protocol
    seat = Seat(player_id, running.demo[player_id]["sessions"][name])
    move = Move(kind="balance", seat=seat, id=uuid.uuid4().hex, round=uuid.uuid4().hex, currency="EUR")
    wire = dialect.sign(dialect.balance(move), running.told["demo"]["secrets"][name].encode(), time.time())
    url = yarl.URL(running.told["adapters"][name] + wire.target, encoded=True)
    async with http.request(wire.method, url, data=wire.body or None, headers=wire.headers) as answer:
        return dialect.read(Reply(answer.status, answer.headers["Content-Type"], await answer.read()))


async def test_every_adapter_there_is_knows_its_provider_s_key_and_the_demo_s_player(tmp_path):
    async with up(tmp_path, "--port-base", "0", "--adapters", "all") as running, aiohttp.ClientSession() as http:
        assert list(running.told["adapters"]) == providers.protocols()
        said = {name: await balance(running, http, spoken) for name, spoken in dialects_by_protocol().items()}
        keys = {path.name for path in tmp_path.glob("provider-*")}
        code_of_pairs = {path.read_text().splitlines()[0] for path in tmp_path.glob("provider-*.key")}
    assert {name: (each.ok, each.balance) for name, each in said.items()} == dict.fromkeys(
        providers.protocols(), (True, 1000)
    )
    assert {f"provider-{name}.secret" for name in providers.protocols()} <= keys
    assert code_of_pairs == {"-----BEGIN PRIVATE KEY-----"}


async def test_every_adapter_passes_the_conformance_kit_and_the_report_says_so(tmp_path):
    """To write it anew: conformance --up line.json --report markdown=adapters/conformance/REPORT.md."""
    line, report = tmp_path / "line.json", tmp_path / "report.md"
    with (tmp_path / "log").open("wb") as log:
        async with up(tmp_path / "data", "--port-base", "0", "--adapters", "all", log=log) as running:
            line.write_text(json.dumps(running.told))
            kit = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "adapters", "conformance", "--up", str(line)),
                *("--answer-within", "30"),  # how fast a busy machine is, is not what is judged here
                *("--report", "table", "--report", f"markdown={report}"),
                stdout=asyncio.subprocess.PIPE,
            )
            table, _ = await kit.communicate()
    assert kit.returncode == 0, table.decode()
    assert report.read_text() == (Path(conformance.__file__).parent / "REPORT.md").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["term", "int"])
async def test_it_stops_when_told(tmp_path, number):
    async with up(tmp_path, "--port-base", "0") as running:
        family = running.family()
        assert len(family) == 4
        os.killpg(running.process.pid, number) if number == signal.SIGINT else running.process.send_signal(number)
        code, rest, errors = await running.ended()
    assert code == 0, errors
    assert rest == ""
    assert not [each for each in family if alive(each)]


async def test_the_death_of_a_child_ends_it_all(tmp_path):
    async with up(tmp_path, "--port-base", "0", "--adapters", "thrillgate") as running:
        _, core, adapter = running.family()
        os.kill(adapter.pid, signal.SIGKILL)
        code, _, errors = await running.ended()
        assert code == 1
        assert "thrillgate ended" in errors
        assert not alive(core)


def free_ports(count):
    """The first of so many ports in a row that are free, and that no connection is given as its own end."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        base = random.randrange(10_000, lowest - count)
        with suppress(OSError), ExitStack() as taken:
            for port in range(base, base + count):
                taken.enter_context(socket.create_server(("127.0.0.1", port)))
            return base


async def test_children_follow_a_parent_that_was_killed_and_their_ports_are_free_again(tmp_path):
    base = str(free_ports(3))
    async with up(tmp_path, "--port-base", base) as first:
        _, *children = first.family()
        os.kill(first.process.pid, signal.SIGKILL)
        # At once, with the old ports: the lock waits until its last process is gone.
        async with up(tmp_path, "--port-base", base) as second:
            assert second.told["core"] == first.told["core"]
            assert not [child for child in children if alive(child)]
            assert await cash(second) == money("1000")


async def test_secrets_are_for_their_owner_only(tmp_path):
    folder = tmp_path / "data"
    async with up(folder, "--port-base", "0", "--adapters", "thrillgate"):
        modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert folder.stat().st_mode & 0o777 == 0o700
    private = {name for name in modes if name.endswith((".token", ".secret", ".key", ".toml"))}
    assert len(private) > 6
    assert {modes[name] for name in private} == {0o600}


async def test_an_adapter_that_is_not_there_is_named(tmp_path):
    process = await asyncio.create_subprocess_exec(
        *UP, "--data", str(tmp_path), "--adapters", "nobody", stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == 1
    assert "there is no adapter nobody" in errors.decode()


async def test_a_port_that_is_taken_is_named(tmp_path):
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *UP, "--data", str(tmp_path), "--port-base", str(port), stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    taken.close()
    assert process.returncode == 1
    assert f"127.0.0.1:{port} cannot be listened on" in errors.decode()
    assert "core did not start" in errors.decode()


async def test_it_can_be_stopped_before_it_is_up(tmp_path):
    process = await asyncio.create_subprocess_exec(
        *UP, "--data", str(tmp_path), "--port-base", "0", stdout=asyncio.subprocess.PIPE
    )
    while not (tmp_path / "core.toml").exists():  # noqa: ASYNC110  a file is all there is to see of it yet
        await asyncio.sleep(0.01)
    family = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    assert (await process.communicate())[0] == b""
    assert process.returncode == 0
    assert not [each for each in family if alive(each)]
