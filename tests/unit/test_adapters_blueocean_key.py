"""BlueOcean's key: the vector with every bit flipped, and what is no key."""

import hashlib
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.faults import Fault, Rejected
from adapters.provider import Request
from adapters.providers.blueocean import Settings, connect

VECTORS = json.loads((Path(__file__).parent.parent / "providers" / "digests.json").read_text())
VECTOR = next(vector for vector in VECTORS if vector["source"] == "BlueOcean debit")
SIGNED = f"{VECTOR['message']}&key={VECTOR['signature']}"


def provider(secrets=(b"SALT123",), **given_settings):
    return connect("bo", secrets, msgspec.convert(given_settings, Settings))


def got(query):
    return Request("GET", "/", query, {}, b"", 0.0)


def refused(call, *arguments, **keywords):
    with pytest.raises(Rejected) as caught:
        call(*arguments, **keywords)
    return caught.value.code


def keyed(query, salt="SALT123"):
    return hashlib.sha1((salt + query).encode(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("place", [0, 3, 14])
def test_the_vector_is_accepted_wherever_the_key_stands(place):
    fields = VECTOR["message"].split("&")

    provider().verify(got("&".join([*fields[:place], f"key={VECTOR['signature']}", *fields[place:]])))


def test_one_flipped_bit_anywhere_is_refused():
    raw = SIGNED.encode()
    for place in range(len(raw)):
        wrong = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]

        assert refused(provider().verify, got(wrong.decode())) == Fault.INVALID_SIGNATURE, wrong


def test_another_order_a_member_more_and_a_missing_key_are_refused():
    message, key = VECTOR["message"], VECTOR["signature"]
    reordered = "&".join(reversed(message.split("&")))
    for query in (
        f"{reordered}&key={key}",
        f"{SIGNED}&new_parameter=1",
        message,
        f"{message}&key=",
        f"{message}&key={key.upper()}",
        f"{message}&KEY={key}",
        f"{SIGNED}&key={key}",
        "",
    ):
        assert refused(provider().verify, got(query)) == Fault.INVALID_SIGNATURE, query


def test_the_query_is_signed_as_it_was_sent():
    query = "username=a%20b+c%2b&msg="

    provider().verify(got(f"{query}&key={keyed(query)}"))
    assert refused(provider().verify, got(f"{query.upper()}&key={keyed(query)}")) == Fault.INVALID_SIGNATURE


def test_both_live_salts_sign_and_no_third():
    both = provider((b"new", b"old"))
    for salt in ("new", "old"):
        both.verify(got(f"a=1&key={keyed('a=1', salt)}"))

    assert refused(both.verify, got(f"a=1&key={keyed('a=1', 'third')}")) == Fault.INVALID_SIGNATURE


def test_a_member_that_comes_twice_is_refused_though_it_is_signed():
    query = VECTOR["message"] + "&remote_id=2"
    provider().verify(got(f"{query}&key={keyed(query)}"))

    assert refused(provider().endpoints[0].read, got(query)) == "INVALID_REQUEST"


@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_a_random_query_is_not_signed(query):
    assert refused(provider().verify, got(query)) == Fault.INVALID_SIGNATURE
