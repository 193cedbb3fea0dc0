"""RSA signatures: a vector from outside, each byte of it flipped, and keys that are none."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from adapters.rsa import matches, public_key

VECTORS = json.loads((Path(__file__).parent.parent / "providers" / "signatures_rsa.json").read_text())
KEY = public_key(VECTORS[0]["public_key"].encode())


def pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def flipped(text):
    """Every string that differs from `text` by one bit of one byte."""
    raw = text.encode()
    for place in range(len(raw)):
        yield (raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]).decode("utf-8", "surrogateescape")


@pytest.fixture(params=VECTORS, ids=lambda vector: vector["source"])
def vector(request):
    return request.param


def test_a_vector_is_accepted_under_its_key_and_no_other(vector):
    other = public_key(pem(rsa.generate_private_key(65537, 2048)))
    message = vector["message"].encode()

    assert matches(vector["signature"], [KEY], message)
    assert matches(vector["signature"], [other, KEY], message)
    assert not matches(vector["signature"], [other], message)
    assert not matches(vector["signature"], [], message)


def test_one_flipped_byte_anywhere_is_refused(vector):
    message, signature = vector["message"], vector["signature"]

    assert not any(matches(wrong, [KEY], message.encode()) for wrong in flipped(signature))
    assert not any(matches(signature, [KEY], wrong.encode("utf-8", "surrogateescape")) for wrong in flipped(message))


def test_the_same_members_in_another_order_are_another_message(vector):
    members = json.loads(vector["message"])
    reordered = json.dumps(dict(sorted(members.items())), separators=(",", ":"))

    assert json.loads(reordered) == members
    assert not matches(vector["signature"], [KEY], reordered.encode())


def test_another_spelling_of_the_same_bytes_is_refused(vector):
    signature, message = vector["signature"], vector["message"].encode()

    for wrong in (signature + "\n", " " + signature, signature.rstrip("="), signature[:-3] + "B==", signature + "===="):
        assert not matches(wrong, [KEY], message)


@given(st.text(st.characters(codec="utf-8")) | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_any_header_is_only_wrong(header):
    assert not matches(header, [KEY], b"body")


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"s3cr3t",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        pem(ec.generate_private_key(ec.SECP256R1())),
        pem(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - that it is refused is the point
        rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    ],
    ids=["nothing", "a word", "no key", "another kind", "too short", "a private key"],
)
def test_what_is_no_public_key_is_refused_and_not_repeated(wrong):
    with pytest.raises(ValueError, match=r"^the key is not ") as caught:
        public_key(wrong)

    assert str(caught.value) in (
        "the key is not a public key in PEM",
        "the key is not an RSA key of at least 2048 bits",
    )
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
