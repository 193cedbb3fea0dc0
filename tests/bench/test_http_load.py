"""The generator before servers that answer as they are told to: what it sends, what it counts, and when it gives up."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from adapters.provider import Request
from adapters.providers.generic_seamless import Settings, connect
from tests.bench import bets
from tests.bench.generator import Refused
from tests.bench.http_load import Closed, Open, opened

APPLIED = b'{"replayed":false,"transactions":[{"outcome":"applied","replayed":false}]}'
LOST = None


def answer(body=APPLIED, status=b"200 OK", length=b"Content-Length"):
    return b"HTTP/1.1 %b\r\nServer: x\r\n%b: %d\r\n\r\n%b" % (status, length, len(body), body)


class Answering(asyncio.Protocol):
    """A server's side of a connection: it answers every request by the same pieces, some seconds later."""

    def __init__(self, pieces, seconds, seen):
        self._pieces, self._seconds, self._seen = pieces, seconds, seen

    def connection_made(self, transport):
        self._transport = transport

    def data_received(self, data):
        self._seen.append(data)
        asyncio.get_running_loop().call_later(self._seconds, self._write, *self._pieces)

    def _write(self, piece, *rest):
        """Write a piece now, and the others each in a later turn of the loop."""
        if piece is LOST:
            self._transport.abort()
            return
        self._transport.write(piece)
        if rest:
            asyncio.get_running_loop().call_later(0.001, self._write, *rest)


@asynccontextmanager
async def answering(*pieces, connections=1, seconds=0.0):
    """Yield connections to such a server, and the requests it has seen."""
    seen = []
    server = await asyncio.get_running_loop().create_server(lambda: Answering(pieces, seconds, seen), "127.0.0.1", 0)
    sockets = await opened(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", connections)
    yield sockets, seen
    for each in sockets:
        each.close()
    server.close()


def signed(count, players=3):
    return bets.signed("127.0.0.1:1", players, count)


def test_the_adapter_takes_what_is_sent():
    provider = connect("acme", [bets.SECRET], Settings())
    (endpoint,) = [each for each in provider.endpoints if each.path == "/v1/bet"]
    keys = set()
    for raw in signed(20):
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ") for line in lines)
        assert first == "POST /v1/bet HTTP/1.1"
        assert int(headers["Content-Length"]) == len(body)
        request = Request("POST", "/v1/bet", "", headers, body, time.time())
        provider.verify(request)
        keys.add(endpoint.read(request).ask.actions[0].external_key)
    assert len(keys) == 20


def test_a_bet_is_the_same_in_every_form():
    provider = connect("acme", [bets.SECRET], Settings())
    (endpoint,) = [each for each in provider.endpoints if each.path == "/v1/bet"]
    (raw,) = signed(1, players=1)
    asked = endpoint.read(
        Request("POST", "/v1/bet", "", {"Content-Type": "application/json"}, raw.partition(b"\r\n\r\n")[2], 0.0)
    ).ask
    message, command = bets.message(asked.player_id, asked.round_id), bets.command(asked.player_id, asked.round_id)
    assert message == asked
    assert message.actions[0].external_key == command.actions[0].external_key
    assert message.actions[0].amount.nanos == command.actions[0].amount * 1000


@pytest.mark.parametrize("length", [b"Content-Length", b"content-length"])
async def test_a_closed_loop_sends_everything_once_and_reads_answers_in_pieces(length):
    whole = answer(length=length)
    requests = signed(30)
    async with answering(whole[:9], whole[9:40], whole[40:60], whole[60:], connections=4) as (sockets, seen):
        played = await Closed(list(requests), 60.0).over(sockets)
    assert played.items == 30
    assert sorted(seen) == sorted(requests)
    assert 0.003 <= played.p50 <= played.p99 <= played.worst


async def test_a_closed_loop_ends_with_its_time():
    requests = signed(10_000)
    async with answering(answer(), seconds=0.002) as (sockets, seen):
        played = await Closed(requests, 0.05).over(sockets)
    assert 1 <= played.items == len(seen) <= 25
    assert played.seconds >= 0.05


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([answer(b'{"code":"INSUFFICIENT_FUNDS"}', b"402 Payment Required")], id="refused"),
        pytest.param([answer(APPLIED.replace(b"applied", b"noop"))], id="moved nothing"),
        pytest.param([answer(APPLIED.replace(b"false", b"true"))], id="replayed"),
        pytest.param([b"HTTP/1.1 200 OK\r\n\r\n"], id="without a length"),
        pytest.param([answer()[:30], LOST], id="cut off"),
    ],
)
@pytest.mark.parametrize(
    "load", [lambda made: Closed(made, 60.0), lambda made: Open(made, 100.0)], ids=["closed", "open"]
)
async def test_any_other_answer_ends_the_run(pieces, load):
    async with answering(*pieces, connections=2) as (sockets, _):
        with pytest.raises(Refused):
            await load(signed(10)).over(sockets)


async def test_an_open_loop_counts_from_when_a_request_was_due():
    """One socket, 20 ms an answer, a request every 5 ms: the last of twenty waits for all the others."""
    async with answering(answer(), seconds=0.02) as (sockets, seen):
        played = await Open(signed(20), 200.0).over(sockets)
    assert played.items == len(seen) == 20
    assert played.worst >= 20 * 0.02 - 19 * 0.005 - 0.001
    assert played.p50 >= 10 * 0.02 - 9 * 0.005 - 0.001


async def test_an_open_loop_sends_nothing_before_it_is_due():
    async with answering(answer(), connections=4) as (sockets, seen):
        played = await Open(signed(20), 200.0).over(sockets)
    assert played.items == len(seen) == 20
    assert played.seconds >= 19 * 0.005
    assert played.late < played.worst
