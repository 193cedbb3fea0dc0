"""Pragmatic Play's errors: every no in its codes, and clean refusals of anything at all."""

import contextlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.faults import Fault, Rejected
from adapters.provider import REASONS, Answer, Call, No
from adapters.providers.pragmatic.words import ERRORS
from tests.support.pragmatic import (
    APPLIED,
    BET,
    END,
    REQUIRED,
    ask,
    posted,
    provider,
)


def test_the_table_has_every_reason_and_fault_and_no_other():
    assert set(ERRORS) == REASONS | set(Fault)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("INSUFFICIENT_FUNDS", 1),
        ("PLAYER_UNKNOWN", 2),
        ("SESSION_UNKNOWN", 4),
        ("SESSION_EXPIRED", 4),
        ("CONFLICT", 7),
        ("REFERENCE_NOT_FOUND", 120),
        ("TOMBSTONED", 120),
        ("REFERENCE_ROLLED_BACK", 120),
        ("REFERENCE_SETTLED", 120),
        ("LIMIT_REACHED", 50),
        ("PLAYER_BLOCKED", 6),
        ("GAME_NOT_ALLOWED", 8),
        ("UNKNOWN_CURRENCY", 7),
        ("WRONG_CURRENCY", 7),
        (Fault.INVALID_SIGNATURE, 5),
        (Fault.TRY_LATER, 100),
        (Fault.INTERNAL, 100),
    ],
)
def test_an_error_is_a_code_and_a_description_and_no_balance(code, error):
    answer = provider().refuse(No(code, "why", response=APPLIED), None)
    members = json.loads(answer.body)

    assert (answer.status, answer.content_type) == (200, "application/json")
    assert members == {"error": error, "description": f"{ERRORS[code][1]}: why"}


@pytest.mark.parametrize("code", sorted(REASONS | set(Fault)))
def test_the_end_of_a_round_has_a_word_of_its_own_for_again(code):
    call = ask("endRound", END)
    plain, ended = (json.loads(provider().refuse(No(code), words).body)["error"] for words in (None, call.words))

    assert plain == ERRORS[code][0] != 0
    assert ended == (130 if plain == 100 else plain)


def test_secrets_are_in_no_answer():
    speaker = provider((b"hunter2", b"swordfish"))
    bodies = [speaker.refuse(No(code), None).body for code in ERRORS]
    with pytest.raises(Rejected) as caught:
        speaker.verify(posted("a=1&hash=0"))

    assert not re.search(rb"hunter2|swordfish", b"".join([*bodies, str(caught.value).encode()]))


@given(st.sampled_from(provider().endpoints), st.binary() | st.text().map(str.encode))
def test_random_bytes_are_read_or_refused(entry, body):
    with contextlib.suppress(Rejected):
        assert isinstance(entry.read(posted(body)), Call | Answer)
    with contextlib.suppress(Rejected):
        provider().verify(posted(body))


@given(st.sampled_from(sorted(REQUIRED)), st.dictionaries(st.sampled_from(sorted(BET)), st.text(max_size=300)))
def test_random_fields_are_read_or_refused(method, fields):
    with contextlib.suppress(Rejected):
        assert isinstance(ask(method, REQUIRED[method] | fields), Call)


IDS = st.text(st.sampled_from("ab:.-"), min_size=1, max_size=8)


@given(
    *[st.tuples(st.sampled_from(["bet", "result", "bonusWin", "jackpotWin", "promoWin", "adjustment", "refund"]), IDS)]
    * 2
)
def test_no_two_methods_or_references_share_a_key(one, other):
    keys = [
        ask(method, REQUIRED[method] | {"reference": ref}).ask.actions[0].external_key for method, ref in (one, other)
    ]

    assert (keys[0] == keys[1]) == (one == other)
