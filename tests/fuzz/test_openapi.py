"""The generic adapter is what its own OpenAPI document says: asked by the document's requests, held to its answers."""

import asyncio
import json
import time
from contextlib import contextmanager

import pytest
import requests
import schemathesis
from hypothesis import assume, given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from wallet.v1.sessions_pb2 import OpenSessionRequest

from adapters.conformance.dialect import Seat
from adapters.conformance.dialects import dialects
from adapters.conformance.wires import Wire
from adapters.providers.generic_seamless import OPERATIONS
from tests.fuzz.messages import mostly
from tests.fuzz.seeds import exploring
from tests.providers.door import LIVE, move, opened

DIALECT = dialects()["generic_seamless"]
ASKED = [pytest.param(each.method, each.path, id=each.name) for each in OPERATIONS]

LONGEST = 600
"""Of a query; percent-encoded it is up to twelve times as long, and 8,190 bytes are all the server reads of a line."""

load_all_checks()
CONFORMS = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    ]
)
REJECTS = CHECKS.get_by_names(["negative_data_rejection"])


class Signer(requests.auth.AuthBase):
    """Signs what is about to be sent."""

    def __call__(self, prepared):
        body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body or b""
        wire = Wire(prepared.method, prepared.path_url, body)
        prepared.headers.update(DIALECT.sign(wire, DIALECT.keys(LIVE).signs, time.time()).headers)
        return prepared


@pytest.fixture
async def served(sound_core):
    """The adapter, its document read by schemathesis, and what a provider knows of a player with a round."""
    request = OpenSessionRequest(player_id="p-1", provider_id=DIALECT.name, request_id="1")
    token = (await sound_core.operator.open_session(request)).token
    async with opened(DIALECT, sound_core.target, sound_core.adapter_token, sound_core) as door:
        await door.send(DIALECT.bet(move("bet", Seat("p-1", token), id="b-1", amount="1.00", round="r-1")))
        reply = await door.raw(Wire("GET", "/openapi.json"))
        members = json.loads(reply.body)
        schemathesis.openapi.from_dict(members).validate()
        del members["security"]  # those headers are the signer's
        document = schemathesis.openapi.from_dict(members)
        known = {"player_id": "p-1", "token": token, "currency": "EUR", "amount": "1.00", "round_id": "r-1"}
        yield door.url, document, known


def forgiven(reply):
    """Whether the answer is a batch with items in error: an amount that is none is its item's."""
    return reply.status_code == 200 and any(
        result.get("problem", {}).get("code") in {"INVALID_AMOUNT", "INVALID_PRECISION"}
        for result in reply.json().get("results", [])
    )


@contextmanager
def spoken(auth):
    with requests.Session() as session:
        session.trust_env = False
        session.auth = auth
        yield session


@st.composite
def filled(draw, members, known):
    """What the document allows, most of it about a player who is there."""
    if isinstance(members, list):
        return [draw(filled(each, known)) for each in members]
    if isinstance(members, dict):
        return {
            name: draw(mostly(st.just(known[name]), st.just(value), 8)) if name in known else draw(filled(value, known))
            for name, value in members.items()
        }
    return members


async def ask(operation, examples, mode, judge):
    """Let schemathesis make up requests, in a thread: the adapter answers in this one."""

    @exploring(examples)
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def asks(case, data):
        judge(case, data)

    await asyncio.to_thread(asks)


@pytest.mark.parametrize(("method", "path"), ASKED)
async def test_what_the_document_allows_is_answered_as_it_says(served, method, path):
    url, document, known = served
    statuses = set()
    if method == "GET":
        known["transaction_id"] = "b-1"

    def judge(case, data):
        if isinstance(case.body, dict):
            case.body = data.draw(filled(case.body, known))
        case.query = data.draw(filled(dict(case.query or {}), known))
        reply = case.call(url, session)
        statuses.add(reply.status_code)
        case.validate_response(reply, checks=CONFORMS)

    with spoken(Signer()) as session:
        await ask(document[path][method], 150, GenerationMode.POSITIVE, judge)
    assert 200 in statuses  # else no answer of that kind was looked at


@pytest.mark.parametrize(("method", "path"), ASKED)
async def test_what_the_document_forbids_is_rejected_as_it_says(served, method, path):
    url, document, _ = served

    def judge(case, data):
        assume(len(str(case.query)) < LONGEST)
        reply = case.call(url, session)
        case.validate_response(reply, checks=CONFORMS if forgiven(reply) else [*CONFORMS, *REJECTS])

    with spoken(Signer()) as session:
        await ask(document[path][method], 15, GenerationMode.NEGATIVE, judge)


@pytest.mark.parametrize(("method", "path"), ASKED)
async def test_what_is_not_signed_is_refused_as_it_says(served, method, path):
    url, document, _ = served

    def judge(case, data):
        reply = case.call(url, session)
        case.validate_response(reply, checks=CONFORMS)
        assert reply.status_code == 401

    with spoken(None) as session:
        await ask(document[path][method], 5, GenerationMode.POSITIVE, judge)
