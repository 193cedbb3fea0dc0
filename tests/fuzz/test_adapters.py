"""Whole adapters over real sockets, a real core behind them: whatever is sent, the answer is the protocol's own."""

import asyncio
import re
import time
from http import HTTPStatus

import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from wallet.v1.sessions_pb2 import OpenSessionRequest

from adapters.conformance.dialect import Forgery
from adapters.conformance.dialects import dialects
from adapters.conformance.wires import Reply, Wire
from adapters.faults import Fault
from tests.fuzz.doors import LIVE, by_header, leaks
from tests.fuzz.messages import mostly
from tests.fuzz.mutations import bodies, damaged
from tests.fuzz.seeds import exploring, seeds
from tests.providers.door import opened

UNSIGNED = ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs")
UNFIT = re.compile(rb"[^!-~]")
PATIENCE = 20.0
HASTE = 0.3
AT_ONCE = 40

methods = mostly(st.none(), st.sampled_from(("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW")), 10)
names = st.sampled_from(
    ("Content-Type", "Content-Encoding", "Accept", "Expect", "X-Forwarded-For", "Cookie", "X-Other")
)
values = st.sampled_from(("application/json", "text/plain", "gzip", "identity", "127.0.0.1", "", "*/*")) | st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=50
)
headers = mostly(st.just({}), st.dictionaries(names, values, max_size=3), 4)


@pytest.fixture(params=dialects().values(), ids=lambda dialect: dialect.name)
def dialect(request):
    return request.param


@pytest.fixture
async def sent(dialect, sound_core):
    """What a provider sends of a player who is there."""
    request = OpenSessionRequest(player_id="p-1", provider_id=dialect.name, request_id="1")
    token = (await sound_core.operator.open_session(request)).token
    return seeds(dialect.protocol, {"player": "p-1", "token": token, "run": "run"})


@pytest.fixture
async def door(dialect, sound_core, sent):
    """A door through which all of it was sent before."""
    async with opened(dialect, sound_core.target, sound_core.adapter_token, sound_core) as opened_door:
        for seed in sent:
            request = raw(signed(dialect, whole(seed)))
            hold(opened_door, request, *read(await answered(opened_door.url, request, PATIENCE)))
        yield opened_door


@pytest.fixture
async def hasty(dialect, sound_core):
    """A door that does not wait long for what never comes."""
    async with opened(dialect, sound_core.target, sound_core.adapter_token, answer_within=HASTE) as opened_door:
        yield opened_door


@st.composite
def asked(draw, sent):
    """A request that is nearly right, and how it is signed: as it is, as it was before, or not at all."""
    seed = draw(st.sampled_from(sent))
    query = draw(mostly(st.just(seed.query.encode()), damaged(seed.query.encode()), 5))
    path = draw(mostly(st.just(seed.path.encode()), damaged(seed.path.encode()), 10))
    body = draw(mostly(bodies([seed.body]), st.just(b""), 20)) if seed.body else b""
    target = UNFIT.sub(b"", b"/" + path.lstrip(b"/") + (b"?" + query if query else b"")).decode()
    wire = Wire(draw(methods) or seed.method, target, body, dict(seed.headers) | draw(headers))
    return seed, wire, draw(mostly(st.just("now"), st.sampled_from(("before", "never")), 4))


def whole(seed):
    """A request as it was."""
    return Wire(seed.method, f"{seed.path}?{seed.query}".rstrip("?"), seed.body, dict(seed.headers))


def signed(dialect, wire):
    """With the header that signs it; what is signed in the body or the query was so before it was altered."""
    try:
        return dialect.sign(wire, dialect.keys(LIVE).signs, time.time()) if by_header(dialect) else wire
    except ValueError:
        return wire  # nobody could sign that


def raw(wire, signature=()):
    """The bytes of a request."""
    lines = [f"{wire.method} {wire.target} HTTP/1.1", "Host: wallet", f"Content-Length: {len(wire.body)}"]
    lines += [f"{name}: {value}" for name, value in {**wire.headers, **dict(signature)}.items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + wire.body


async def answered(url, request, patience):
    """All that is said to some bytes until the connection is closed, or nothing more is to be expected."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    said = b""
    try:
        writer.write(request)
        async with asyncio.timeout(patience):
            while more := await reader.read(65536):
                said += more
    except (TimeoutError, ConnectionError):
        pass
    writer.close()
    return said


def read(said):
    """Status and body of an answer."""
    head, _, body = said.partition(b"\r\n\r\n")
    assert re.match(rb"HTTP/[0-9]\.[0-9] [0-9]{3} ", head), said
    return int(head.split(b" ", 2)[1]), body


def hold(door, sent, status, body):
    """Hold an answer to be one a provider may be given while the core is there."""
    assert not leaks(body, sent), body
    assert b'"INTERNAL"' not in body
    internal, later = door.said(Fault.INTERNAL), door.said(Fault.TRY_LATER)
    if status in {internal[0], later[0]} and status != HTTPStatus.OK:
        said = status, door.dialect.read(Reply(status, "", body)).word
        assert said != internal or internal == later, body


def accepted(door, status, body):
    """Whether an answer says yes; what was no HTTP is answered without a word of the protocol's."""
    try:
        return door.dialect.read(Reply(status, "", body)).ok
    except (ValueError, LookupError):
        return status == HTTPStatus.OK


@exploring(150)
@given(data=st.data())
async def test_a_request_that_is_nearly_right_is_answered_by_the_protocol(door, sent, data):
    seed, wire, signs = data.draw(asked(sent))
    told = signed(door.dialect, whole(seed) if signs == "before" else wire)
    signature = {name: value for name, value in told.headers.items() if name not in wire.headers}
    request = raw(wire, signature if signs != "never" else {})
    with capture_logs() as logs:
        said = await answered(door.url, request, PATIENCE)
    said = said.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    status, body = read(said)
    event(f"{signs} {status}")

    if wire.method != "HEAD":
        hold(door, request, status, body)
    assert not [log for log in logs if log["event"] in {"failed", "fault"}]  # what nobody had thought of
    forged = signs == "never" or (wire.body != told.body and Forgery.ANOTHER_BODY not in door.dialect.lacks)
    if signature and forged and wire.method != "HEAD" and wire.target.partition("?")[0] not in UNSIGNED:
        assert not accepted(door, status, body)


@settings(exploring(4), phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(data=st.data())
async def test_bytes_that_are_no_request_do_no_harm(hasty, sent, data):
    right = st.sampled_from([raw(signed(hasty.dialect, wire)) for wire in map(whole, sent)])
    requests = data.draw(st.lists(right.flatmap(damaged), min_size=AT_ONCE, max_size=AT_ONCE))
    answers = await asyncio.gather(*(answered(hasty.url, request, 2 * HASTE) for request in requests))
    for request, said in zip(requests, answers, strict=True):
        if said:
            hold(hasty, request, *read(said))

    assert (await hasty.raw(Wire("GET", "/healthz"))).status == 200
