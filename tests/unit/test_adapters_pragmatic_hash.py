"""Pragmatic Play's hash: the vectors, each with every bit flipped, and what is no hash."""

import hashlib
import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from adapters.faults import Fault
from tests.support.pragmatic import REFUND, endpoint, posted, provider, refused

VECTORS = json.loads((Path(__file__).parent.parent / "providers" / "digests.json").read_text())


def hashed(text, key="testKey"):
    return hashlib.md5((text + key).encode(), usedforsecurity=False).hexdigest()


@pytest.fixture(params=[v for v in VECTORS if v["source"].startswith("Pragmatic")], ids=lambda v: v["source"])
def vector(request):
    return request.param


def test_a_vector_is_accepted_wherever_the_hash_stands(vector):
    for body in (f"hash={vector['signature']}&{vector['message']}", f"{vector['message']}&hash={vector['signature']}"):
        provider().verify(posted(body))


def test_the_order_of_the_fields_does_not_count(vector):
    fields = vector["message"].split("&")

    provider().verify(posted("&".join([*reversed(fields), f"hash={vector['signature']}"])))


def test_one_flipped_bit_anywhere_is_refused(vector):
    body = f"{vector['message']}&hash={vector['signature']}".encode()
    for place in range(len(body)):
        wrong = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]

        assert refused(provider().verify, posted(wrong)) in (Fault.INVALID_SIGNATURE, "INVALID_REQUEST"), wrong


def test_a_hash_that_is_missing_empty_or_in_capitals_is_refused(vector):
    given_hashes = ["", "&hash=", f"&hash={vector['signature'].upper()}", f"&Hash={vector['signature']}"]

    for given_hash in given_hashes:
        assert refused(provider().verify, posted(vector["message"] + given_hash)) == Fault.INVALID_SIGNATURE


def test_a_field_more_or_less_is_refused(vector):
    signed = f"{vector['message']}&hash={vector['signature']}"

    assert refused(provider().verify, posted(signed + "&win=1")) == Fault.INVALID_SIGNATURE
    assert refused(provider().verify, posted(signed.partition("&")[2])) == Fault.INVALID_SIGNATURE


def test_an_empty_value_is_signed_as_one():
    provider().verify(posted(f"b=&a=1&hash={hashed('a=1&b=')}"))


def test_both_live_keys_sign():
    both = provider((b"new", b"old"))
    for secret in ("new", "old"):
        both.verify(posted(f"a=1&hash={hashed('a=1', secret)}"))

    assert refused(both.verify, posted(f"a=1&hash={hashed('a=1', 'third')}")) == Fault.INVALID_SIGNATURE


@pytest.mark.parametrize(
    ("form", "decoded", "escaped"), [("either", True, True), ("decoded", True, False), ("escaped", False, True)]
)
def test_the_hash_is_over_decoded_or_escaped_values(form, decoded, escaped):
    for text, accepted in (("a=1 {é}", decoded), ("a=1+%7B%C3%A9%7D", escaped)):
        body = posted(f"a=1+%7B%C3%A9%7D&hash={hashed(text)}")
        if accepted:
            provider(hash_values=form).verify(body)
        else:
            assert refused(provider(hash_values=form).verify, body) == Fault.INVALID_SIGNATURE


@pytest.mark.parametrize("content_type", ["", "application/json", "application/x-www-form-urlencoded; charset=latin-1"])
def test_another_content_type_is_refused(content_type):
    assert refused(provider().verify, posted("a=1", {"Content-Type": content_type})) == Fault.UNSUPPORTED_CONTENT_TYPE


@pytest.mark.parametrize("body", [b"a", b"a=1&&", b"a=%ff", b"a=\xff", b"&".join([b"a=1"] * 65)])
def test_a_malformed_form_is_refused(body):
    assert refused(provider().verify, posted(body)) == "INVALID_REQUEST"


def test_a_field_that_comes_twice_is_refused_though_it_is_signed():
    body = urlencode(REFUND) + "&userId=EUR.p-2"
    provider().verify(posted(f"{body}&hash={hashed('&'.join(sorted(body.split('&'))))}"))

    assert refused(endpoint("refund").read, posted(body)) == "INVALID_REQUEST"
