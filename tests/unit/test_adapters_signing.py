"""Signatures: vectors from outside, each with one byte flipped, and the rotation of keys."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import signing

VECTORS = json.loads((Path(__file__).parent.parent / "providers" / "signatures.json").read_text())


def flipped(text):
    """Every string that differs from `text` by one bit of one byte."""
    raw = text.encode()
    for place in range(len(raw)):
        yield (raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]).decode("utf-8", "surrogateescape")


@pytest.fixture(params=VECTORS, ids=lambda vector: vector["source"])
def vector(request):
    return request.param


def test_a_vector_is_reproduced_and_accepted(vector):
    secret, message = vector["secret"].encode(), vector["message"].encode()

    assert vector["signature"] == signing.sign(secret, message, vector["algorithm"], vector["encoding"])
    assert signing.matches(vector["signature"], [secret], message, vector["algorithm"], vector["encoding"])


def test_one_flipped_byte_anywhere_is_refused(vector):
    secret, message, signature = vector["secret"].encode(), vector["message"], vector["signature"]
    form = vector["algorithm"], vector["encoding"]

    assert not any(signing.matches(wrong, [secret], message.encode(), *form) for wrong in flipped(signature))
    assert not any(
        signing.matches(signature, [secret], wrong.encode("utf-8", "surrogateescape"), *form)
        for wrong in flipped(message)
    )
    assert not any(
        signing.matches(signature, [wrong.encode("utf-8", "surrogateescape")], message.encode(), *form)
        for wrong in flipped(vector["secret"])
    )


def test_both_keys_of_a_rotation_are_live_and_no_third():
    old, new, other = (signing.sign(secret, b"body") for secret in (b"old", b"new", b"other"))

    assert signing.matches(old, [b"new", b"old"], b"body")
    assert signing.matches(new, [b"new", b"old"], b"body")
    assert not signing.matches(other, [b"new", b"old"], b"body")
    assert not signing.matches(new, [], b"body")


@given(st.text(st.characters(codec="utf-8")) | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_any_header_is_only_wrong(header):
    assert not signing.matches(header, [b"secret"], b"body")


@pytest.mark.parametrize(
    ("timestamp", "inside"),
    [
        ("1000", True),
        ("700", True),
        ("1300", True),
        ("699", False),
        ("1301", False),
        ("", False),
        ("-1000", False),
        ("+1000", False),
        ("1000.0", False),
        ("1e3", False),
        (" 1000", False),
        ("1_000", False),
        ("\u0661\u0660\u0660\u0660", False),
        ("9" * 5000, False),
    ],
)
def test_the_window_is_five_minutes_either_way(timestamp, inside):
    assert inside == signing.within_window(timestamp, 1000.0, 300.0)
