"""Our own dialect at its edges: what is signed, and how it documents itself."""

import hashlib
import json

import pytest

from adapters import signing
from adapters.faults import Fault, Rejected
from adapters.provider import Request
from adapters.providers.generic_seamless import OPERATIONS, Settings, connect, signed_text
from adapters.providers.generic_seamless.answers import PROBLEMS

PROVIDER = connect("acme", (b"new", b"old"), Settings())


def got(path):
    endpoint = next(endpoint for endpoint in PROVIDER.endpoints if endpoint.path == path)
    return endpoint.read(Request("GET", path, "", {}, b"", 0.0))


def test_what_is_signed_is_what_yantra_signs():
    """Yantra's published vector has the same four lines; only its encoding differs."""
    body = (
        b'{"requestUuid":"583c985f-fee6-4c0e-bbf5-308aad6265af","transactionUuid":"16d2dcfe-b89e-11e7-854a-58404eea6d16",'
        b'"operatorId":"op_test","playerRef":"player-42","currency":"EUR","gameCode":"ketapola-dice",'
        b'"amountMicro":"100000","roundId":"rnd_1"}'
    )
    text = signed_text(Request("POST", "/wallet/bet", "", {}, body, 0.0), "1745500000")

    assert text == b"POST\n/wallet/bet\n1745500000\naed3363e5debbaaec1680e9f86e8c609e65f942e50654ab2351c53c826718868"
    assert signing.sign(b"mock-dev-shared-secret", text, "sha256", "base64") == (
        "LGzQxUTu8I4uMGA0qd0zm7F6iziJSmycAQE7PRBYW9E="
    )


def verify(timestamp="1000", secret=b"new", now=1000.0, **changes):
    sent = {"method": "POST", "path": "/v1/bet", "query": "", "body": b"{}"}
    lines = f"POST\n/v1/bet\n{timestamp}\n{hashlib.sha256(b'{}').hexdigest()}"
    headers = {"X-Wallet-Timestamp": timestamp, "X-Wallet-Signature": signing.sign(secret, lines.encode())}
    PROVIDER.verify(Request(**(sent | changes), headers=headers | changes.pop("headers", {}), received_at=now))


@pytest.mark.parametrize("secret", [b"new", b"old"])
def test_both_live_keys_sign(secret):
    verify(secret=secret)


@pytest.mark.parametrize(
    "change",
    [{"secret": b"other"}, {"method": "PUT"}, {"path": "/v1/win"}, {"query": "a=1"}, {"body": b"{ }"}, {"body": b""}],
    ids=str,
)
def test_everything_that_is_signed_counts(change):
    with pytest.raises(Rejected) as caught:
        verify(**change)

    assert caught.value.code == Fault.INVALID_SIGNATURE


@pytest.mark.parametrize("now", [600.0, 1400.0])
def test_a_stale_timestamp_is_refused_though_it_is_signed(now):
    with pytest.raises(Rejected) as caught:
        verify(now=now)

    assert caught.value.code == Fault.STALE_TIMESTAMP


def test_the_document_names_every_operation_and_resolves():
    document = json.loads(got("/openapi.json").body)

    assert document["openapi"] == "3.1.0"
    for operation in OPERATIONS:
        assert document["paths"][operation.path][operation.method.lower()]["operationId"] == operation.name
    references = set(_references(document))
    assert references
    assert all(
        reference.removeprefix("#/components/schemas/") in document["components"]["schemas"] for reference in references
    )


def _references(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from [inner] if key == "$ref" else _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def test_the_page_tells_every_code_and_fetches_nothing():
    answer = got("/docs")

    assert answer.content_type.startswith("text/html")
    assert all(f'id="{code}"'.encode() in answer.body for code in PROBLEMS)
    assert b"<script" not in answer.body
    assert b"http:" not in answer.body
    assert b"https:" not in answer.body
