"""The client: what it gathers, what it sends again, and what it does not let one caller do to another."""

import asyncio
import time

import grpc
import pytest
from wallet.v1.wallet_pb2 import (
    OUTCOME_APPLIED,
    GetBalanceRequest,
    PlayFault,
    PlayManyResponse,
    PlayOutcome,
    PlayResponse,
)
from wallet.v1.wallet_pb2_grpc import WalletServiceServicer, add_WalletServiceServicer_to_server

from tests.protocol.words import bet, play
from tests.support.core import core_on
from wallet_core.client import Unavailable, Wallet, gatherer


class Scripted(WalletServiceServicer):
    """A core that notes what it is sent and answers when it is told to."""

    def __init__(self):
        self.sizes = []
        self.go = asyncio.Event()
        self.failures = 0
        self.reply = lambda plays: [PlayOutcome(response=PlayResponse(player_id=each.player_id)) for each in plays]

    async def PlayMany(self, request, context):
        if self.failures:
            self.failures -= 1
            await context.abort(grpc.StatusCode.UNAVAILABLE, "going away")
        self.sizes.append(len(request.plays))
        await self.go.wait()
        return PlayManyResponse(outcomes=self.reply(request.plays))


@pytest.fixture
async def scripted(monkeypatch):
    """The scripted core and a client of it."""
    monkeypatch.setattr(Scripted, "__abstractmethods__", frozenset(), raising=False)
    server, core = grpc.aio.server(), Scripted()
    add_WalletServiceServicer_to_server(core, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    wallet = Wallet(f"127.0.0.1:{port}", "token")
    yield core, wallet
    core.go.set()
    await wallet.close()
    await server.stop(None)


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  the other end of a socket sets no event
            await asyncio.sleep(0.001)


async def test_two_calls_are_under_way_and_the_rest_gathers(scripted):
    core, wallet = scripted
    sent = []
    for number in range(30):
        sent.append(asyncio.ensure_future(wallet.play(bet(f"p{number}"))))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    await until(lambda: len(core.sizes) == 2)
    core.go.set()
    answers = await asyncio.gather(*sent)
    assert [answer.player_id for answer in answers] == [f"p{number}" for number in range(30)]
    assert len(core.sizes) == 3
    assert sum(core.sizes) == 30


async def test_a_short_deadline_fails_nobody_else(scripted):
    core, wallet = scripted
    patient = asyncio.ensure_future(wallet.play(bet("patient"), deadline=10))
    hasty = asyncio.ensure_future(wallet.play(bet("hasty"), deadline=0.05))
    with pytest.raises(Unavailable, match="DEADLINE_EXCEEDED"):
        await hasty
    assert core.sizes == [2]
    core.go.set()
    assert (await patient).player_id == "patient"


async def test_who_gave_up_while_waiting_is_not_sent(scripted):
    core, wallet = scripted
    under_way = []
    for number in range(2):
        under_way.append(asyncio.ensure_future(wallet.play(bet(f"p{number}"))))
        await until(lambda: len(core.sizes) == len(under_way))
    late = asyncio.ensure_future(wallet.play(bet("late"), deadline=0.01))
    gone = asyncio.ensure_future(wallet.play(bet("gone")))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(Unavailable):
        await late
    core.go.set()
    await asyncio.gather(*under_way)
    await wallet.play(bet("last"))
    assert core.sizes == [1, 1, 1]


async def test_a_full_queue_says_so_at_once(scripted, monkeypatch):
    core, wallet = scripted
    monkeypatch.setattr(gatherer, "QUEUE_MAX", 3)
    sent = [asyncio.ensure_future(wallet.play(bet(f"p{number}"))) for number in range(5)]
    await until(lambda: core.sizes)
    refused = [task for task in sent if task.done()]
    assert len(refused) == 2
    for task in refused:
        with pytest.raises(Unavailable, match="Too many"):
            await task
    core.go.set()
    await asyncio.gather(*(task for task in sent if task not in refused))


async def test_large_plays_travel_in_messages_of_bounded_size(scripted):
    core, wallet = scripted
    core.go.set()
    large = play("p")
    for number in range(20):
        large.actions.add(external_key=f"{number}", info={"note": "x" * 4000})
    answers = await wallet.play_many([large] * 60)
    assert len(answers) == 60
    assert len(core.sizes) > 3
    answers = await wallet.play_many([bet("p")] * 2500)
    assert len(answers) == 2500
    assert max(core.sizes) == 1000


async def test_a_core_that_is_going_away_is_asked_again(scripted):
    core, wallet = scripted
    core.go.set()
    core.failures = 2
    assert (await wallet.play(bet("p"))).player_id == "p"


async def test_a_fault_of_one_play_is_its_own(scripted):
    core, wallet = scripted
    core.go.set()
    core.reply = lambda _: [
        PlayOutcome(fault=PlayFault(code=8, message="busy")),
        PlayOutcome(response=PlayResponse(player_id="ok")),
    ]
    first, second = await asyncio.gather(wallet.play(bet("a")), wallet.play(bet("b")), return_exceptions=True)
    assert isinstance(first, Unavailable)
    assert str(first) == "RESOURCE_EXHAUSTED: busy"
    assert second.player_id == "ok"


async def test_an_answer_that_does_not_fit_the_question_fails_all_of_it(scripted):
    core, wallet = scripted
    core.go.set()
    core.reply = lambda _: []
    with pytest.raises(Unavailable):
        await wallet.play(bet("a"))


async def test_nobody_there_is_unavailable_in_time():
    wallet = Wallet("127.0.0.1:1", "token", deadline=0.5)
    started = time.monotonic()
    for call in (wallet.play(bet("p")), wallet.get_balance(GetBalanceRequest(player_id="p"))):
        with pytest.raises(Unavailable):
            await call
    assert time.monotonic() - started < 3
    await wallet.close()


async def test_a_closed_client_is_unavailable():
    wallet = Wallet("127.0.0.1:1", "token")
    await wallet.close()
    with pytest.raises(Unavailable):
        await wallet.get_balance(GetBalanceRequest(player_id="p"))


async def test_a_restarted_core_is_found_again_under_the_same_keys(sqlite_core_database):
    async with core_on(sqlite_core_database) as core:
        player = await core.player()
        target = core.target
        wallet = Wallet(target, core.adapter_token, deadline=10)
        first = bet(player)
        await wallet.play(first)
    waiting = asyncio.ensure_future(wallet.play(bet(player)))
    async with core_on(sqlite_core_database, listen=target):
        answer = await waiting
        assert answer.results[0].outcome == OUTCOME_APPLIED
        assert (await wallet.play(first)).replayed
        await wallet.close()
