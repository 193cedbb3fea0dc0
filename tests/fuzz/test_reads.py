"""Every provider's every read: whatever comes, it is understood exactly or rejected, and nothing else happens."""

from functools import cache

import msgspec
import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st
from multidict import CIMultiDict

from adapters.decoding import json_words, query_words
from adapters.faults import Rejected
from adapters.provider import Answer, Call, Request
from tests.fuzz.doors import OF, PLAINLY, connected, heard
from tests.fuzz.messages import mostly
from tests.fuzz.mutations import DEEP, bodies, damaged, repriced
from tests.fuzz.seeds import PLACED, RECEIVED_AT, exploring, seeds, seeds_of

DOORS = [
    pytest.param(protocol, name, id=f"{protocol}-{name}")
    for protocol in sorted(OF)
    for name in dict.fromkeys(endpoint.name for endpoint in connected(protocol).endpoints if endpoint.signed)
]

headers = st.dictionaries(
    st.sampled_from(("Content-Type", "X-Other")) | st.text("abcXYZ-", min_size=1),
    st.sampled_from(("application/json", "application/json; charset=utf-8", "text/xml"))
    | st.text()
    | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")),
    max_size=3,
).map(CIMultiDict)

fields = st.tuples(
    st.sampled_from(("player_id", "transaction_id", "currency", "%70layer_id")) | st.text(),
    st.text() | st.sampled_from(("p-1", "%00", "%ff", "%ed%a0%80", "EUR", "a" * 300, "+", "%2B", "tx%3A1")),
)
queries = st.lists(fields.map("=".join), max_size=5).map("&".join) | st.text()


class Loose(msgspec.Struct):
    a: object = None


def spoilt(query):
    return damaged(query.encode()).map(lambda raw: raw.decode("utf-8", "surrogateescape"))


@cache
def door(protocol, name):
    """The provider, the endpoint, and what is really sent there."""
    provider = connected(protocol)
    endpoint = next(endpoint for endpoint in provider.endpoints if endpoint.name == name)
    return provider, endpoint, seeds_of(provider, name, seeds(protocol))


def priced(protocol, name):
    """Whether the endpoint is sent amounts, and plainly."""
    _, _, near = door(protocol, name)
    return protocol in PLAINLY and all(b'"amount"' in seed.body for seed in near)


@pytest.mark.parametrize(("protocol", "name"), DOORS)
@exploring(30)
@given(data=st.data())
def test_whatever_is_asked_is_understood_exactly_or_rejected(protocol, name, data):
    provider, endpoint, near = door(protocol, name)
    seed = data.draw(st.sampled_from(near))
    body = data.draw(bodies([seed.body])) if seed.body else b""
    query = data.draw(mostly(st.just(seed.query), spoilt(seed.query) | queries, 3 if endpoint.method != "GET" else 2))
    sent = data.draw(mostly(st.just(seed.headers), headers, 5))
    request = Request(endpoint.method, endpoint.path, query, sent, body, RECEIVED_AT)

    found = heard(provider, endpoint, request, plainly=protocol in PLAINLY)

    event(type(found).__name__)
    assert isinstance(found, Call | Answer | Rejected)


@pytest.mark.parametrize(("protocol", "name"), [each for each in DOORS if priced(*each.values)])
@exploring(60)
@given(data=st.data())
def test_an_amount_is_exact_or_rejected(protocol, name, data):
    provider, endpoint, near = door(protocol, name)
    seed = data.draw(st.sampled_from(near))
    request = msgspec.structs.replace(seed, body=data.draw(repriced(seed.body)))

    assert isinstance(heard(provider, endpoint, request, plainly=True), Call | Answer | Rejected)


@pytest.mark.parametrize(("protocol", "name"), DOORS)
def test_what_providers_really_send_is_understood(protocol, name):
    """Else all that is made up from it would be rejected at its first member."""
    provider, endpoint, near = door(protocol, name)
    found = [heard(provider, endpoint, seed, plainly=protocol in PLAINLY) for seed in near]

    assert any(isinstance(each, Call) for each in found)


EMPTY = b'{"type":"rollback","transaction_id":"rb","reference":"b","amount":""}'


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/rollback", b'{"transaction_id":"rb","reference":"b","player_id":"p","currency":"EUR","amount":""}'),
        ("/v1/play", b'{"round_id":"r","currency":"EUR","player_id":"p","actions":[' + EMPTY + b"]}"),
    ],
    ids=["rollback", "play"],
)
def test_a_rollback_of_an_amount_that_is_empty_undoes_nothing(path, body):
    """It was read as no amount, which undoes the whole."""
    provider = connected("generic_seamless")
    endpoint = next(endpoint for endpoint in provider.endpoints if endpoint.path == path)
    request = Request("POST", path, "", PLACED, body, RECEIVED_AT)
    found = heard(provider, endpoint, request, plainly=True)

    assert isinstance(found, Rejected)
    assert found.code == "INVALID_AMOUNT"


@exploring(100)
@given(body=bodies([b'{"a":{"b":[1.50,"x"]}}']), headers=st.just(PLACED) | st.just(PLACED) | headers)
@example(body=b'{"a":' + b"[" * DEEP + b"]" * DEEP + b"}", headers=PLACED)
def test_any_body_is_words_or_rejected(body, headers):
    try:
        read = json_words(Request("POST", "/", "", headers, body, RECEIVED_AT), Loose)
    except Rejected:
        return

    assert isinstance(read, Loose)
    assert not isinstance(read.a, float)


@exploring(100)
@given(query=queries)
def test_any_query_is_words_or_rejected(query):
    try:
        read = query_words(Request("GET", "/", query, CIMultiDict(), b"", RECEIVED_AT), Loose)
    except Rejected:
        return

    assert isinstance(read.a, str | None)
