"""Keys and ids as they are stored: another formula would make every old key look new (law 6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet_core.domain.entries import digest, transaction_id

WORDS = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("words", "stored"),
    [
        (("acme", "tx:1"), "9a655a3cb94a831d29264653cfde136d"),
        (("session", "token"), "1eb863b47e6e206f6d5d302c5c292946"),
    ],
)
def test_a_digest_is_for_ever(words, stored):
    assert digest(*words).hex() == stored


def test_a_transaction_id_is_a_uuid_of_its_microsecond_and_key():
    identity = transaction_id(1795181609791342, "ann", digest("acme", "tx:1"))

    assert identity.hex() == "01a1f929833f7558a88b5c6e9d2741cf"
    assert int.from_bytes(identity[:6], "big") == 1795181609791
    assert (identity[6] >> 4, identity[8] >> 6) == (7, 0b10)
    assert transaction_id(1795181609791343, "ann", digest("acme", "tx:1")) > identity


@given(WORDS, WORDS)
def test_other_words_are_another_digest(one, other):
    assert (digest(*one) == digest(*other)) is (one == other)
