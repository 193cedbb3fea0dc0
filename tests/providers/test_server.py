"""The shared server by itself: what it answers when no core does, and how it listens and stops."""

import asyncio
import gzip
import re
import socket

import msgspec
import pytest

from adapters.conformance.dialect import Seat, Situation, row
from adapters.conformance.expected import fits
from adapters.conformance.wires import Wire
from adapters.faults import Fault
from adapters.providers import module
from adapters.server import Server
from adapters.settings import Adapter, Serving
from tests.providers.conftest import DIALECTS
from tests.providers.door import at_once, move, opened
from wallet_core.client import Wallet

SEAT = Seat("p", "t" * 40)
# The shared server is the same behind every protocol: where only it is asked, these stand for all.
SOME = [dialect for dialect in DIALECTS if dialect.name in {"generic_seamless", "pragmatic", "blueocean", "hub88"}]
some = pytest.mark.parametrize("dialect", SOME, ids=lambda dialect: dialect.name)


def bet_of(door):
    """A bet as it is sent, with a body."""
    return door.signed(door.dialect.bet(move("bet", SEAT)))


async def test_without_a_core_the_answer_is_try_later(dead):
    """In the words of table 16.1, whatever was asked."""
    bet = move("bet", SEAT)
    kinds = [kind for kind in ("balance", "bet", "win", "rollback", "prize", "close", "batch") if dead.says(kind)]
    asked = [move(kind, SEAT, of=bet, items=(move("prize", SEAT),)) for kind in kinds]
    replies = await at_once(*(dead.send(dead.says(each.kind)(each)) for each in asked))

    for kind, reply in zip(kinds, replies, strict=True):
        said = dead.dialect.read(reply)
        assert any(fits(one, said, reply.status) for one in row(dead.dialect, Situation.INTERNAL)), (kind, reply.body)


@pytest.fixture
async def silent():
    """The address of a core that takes connections and never says a word."""

    async def listen(reader, writer):
        await reader.read()
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


@some
async def test_the_answer_is_in_time_though_the_core_is_silent(dialect, silent):
    async with opened(dialect, silent, "no-token", answer_within=0.5) as door:
        async with asyncio.timeout(1.0):
            reply = await door.raw(bet_of(door))

    door.refused(reply, Fault.TRY_LATER)


@some
async def test_the_answer_is_in_time_though_the_body_never_ends(dialect):
    async with opened(dialect, "127.0.0.1:1", "no-token", answer_within=0.3) as door:
        bet = bet_of(door)
        head = f"{bet.method} {bet.target} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
        answer = await spoken(door.url, head.encode() + bet.body[:10])

    assert said(answer) == door.said(Fault.TRY_LATER)[0]


def said(answer):
    """The status of an answer."""
    return int(answer.split(b" ", 2)[1])


async def spoken(url, raw):
    """What the server says to raw bytes, until it has said the head of an answer."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(raw)
    answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return answer


@some
async def test_a_client_that_waits_for_leave_to_send_gets_it(dead):
    bet = bet_of(dead)
    head = f"{bet.method} {bet.target} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"

    assert (await spoken(dead.url, head.encode())).startswith(b"HTTP/1.1 100 Continue")


@some
async def test_a_body_in_chunks_has_the_same_limit(dead):
    bet = bet_of(dead)
    head = f"{bet.method} {bet.target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"

    answer = await spoken(dead.url, head.encode() + chunk * 5 + b"0\r\n\r\n")
    assert said(answer) == dead.said(Fault.TOO_LARGE)[0]


async def test_a_compressed_body_is_refused(dead):
    bet = bet_of(dead)
    packed = msgspec.structs.replace(bet, body=gzip.compress(bet.body or b"body"))

    dead.refused(await dead.raw(packed, **{"Content-Encoding": "gzip"}), Fault.UNSUPPORTED_CONTENT_TYPE)


async def test_an_unknown_path_is_answered_in_the_words_of_the_protocol(dead):
    dead.refused(await dead.raw(Wire("GET", "/nowhere")), Fault.UNKNOWN_PATH)


async def test_another_method_is_told_the_right_one(dead):
    dead.refused(await dead.raw(Wire("PUT", bet_of(dead).target)), Fault.METHOD_NOT_ALLOWED)


@some
async def test_alive_is_not_ready(dead):
    assert (await dead.raw(Wire("GET", "/healthz"))).status == 200
    assert (await dead.raw(Wire("GET", "/readyz"))).status == 503


@some
async def test_answers_are_counted_by_code(dead):
    await dead.raw(bet_of(dead))
    text = (await dead.raw(Wire("GET", "/metrics"))).body.decode()

    line = rf'wallet_adapter_requests_total{{adapter="{dead.dialect.name}",code="TRY_LATER",operation="\w+"}} 1\.0'
    assert re.search(line, text)


@some
@pytest.mark.parametrize(
    ("allow", "forwarded", "admitted"),
    [
        (["127.0.0.0/8"], None, True),
        (["203.0.113.0/24"], None, False),
        (["203.0.113.0/24"], "203.0.113.9", True),
        (["203.0.113.0/24"], "203.0.113.9, 198.51.100.1", False),
    ],
)
async def test_only_listed_addresses_may_call(dialect, allow, forwarded, admitted):
    hops = 1 if forwarded else 0
    async with opened(dialect, "127.0.0.1:1", "no-token", allow=allow, trusted_hops=hops, answer_within=0.3) as door:
        extra = {"X-Forwarded-For": forwarded} if forwarded else {}
        reply = await door.raw(bet_of(door), **extra)

    door.refused(reply, Fault.TRY_LATER if admitted else Fault.ADDRESS_NOT_ALLOWED)


@some
async def test_a_request_in_flight_is_finished_when_the_adapter_stops(dialect, silent):
    async with opened(dialect, silent, "no-token", answer_within=0.5) as door:
        bet = bet_of(door)
        host, port = door.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        headers = {**bet.headers, "Host": "x", "Content-Length": str(len(bet.body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"{bet.method} {bet.target} HTTP/1.1\r\n{lines}\r\n".encode() + bet.body)
        # Sent later and answered: by then the server has read the bet.
        await door.raw(Wire("GET", "/healthz"))

    assert said(await reader.readuntil(b"\r\n")) == door.said(Fault.TRY_LATER)[0]
    writer.close()
    await writer.wait_closed()
    with socket.socket() as probe:
        assert probe.connect_ex((host, int(port))) != 0


async def test_ready_means_the_core_knows_us(door, dialect, core):
    assert (await door.raw(Wire("GET", "/readyz"))).status == 200
    async with opened(dialect, core.target, "not-the-token", core) as stranger:
        assert (await stranger.raw(Wire("GET", "/readyz"))).status == 503


async def test_a_path_of_ours_cannot_be_taken():
    thrillgate = module("thrillgate")
    own = msgspec.convert({"paths": {"auth": "/healthz"}}, thrillgate.Settings)
    adapter = Adapter("x", Serving("p", "thrillgate", ["env:X"]), (b"s",), own)
    with pytest.raises(ValueError, match="/healthz is taken"):
        Server(adapter, thrillgate.connect("p", (b"s",), own), Wallet("127.0.0.1:1", "no-token"))
