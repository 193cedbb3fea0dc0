"""Said twice is said once, at any later point and for ever (R-IDEM-02, R-IDEM-04, R-IDEM-06, E-53)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.property.lives import CALM, EVERY_PROFILE, binds, life, wild
from tests.support.domain import Books
from wallet_core.domain.commands import Pay, Play
from wallet_core.domain.decision import Reason
from wallet_core.domain.profiles import Repeat


@pytest.mark.parametrize("name", EVERY_PROFILE)
@pytest.mark.parametrize("kind", [life, wild], ids=["tame", "wild"])
@settings(CALM, max_examples=6)
@given(data=st.data())
def test_a_provider_that_replays_the_whole_day_changes_nothing(name, kind, data):
    books = Books(cash="20")
    told = data.draw(kind(EVERY_PROFILE[name]))
    decided = [(command, books.do(command)) for command in told]
    rows, lines = dict(books.rows), list(books.lines)
    for command, first in decided:
        if not binds(command, first):
            continue
        again = books.do(command)
        assert books.rows == rows
        assert books.lines == lines
        assert again.refusal == first.refusal
        assert _answered(again) == _answered(first)


def _answered(decision):
    return [(result.external_key, result.outcome, result.transaction_id, result.parts) for result in decision.results]


@pytest.mark.parametrize("name", EVERY_PROFILE)
@settings(CALM, max_examples=6)
@given(data=st.data())
def test_the_same_key_with_another_amount_never_moves_money(name, data):
    profile = EVERY_PROFILE[name]
    books = Books(cash="1000")
    decided = [(command, books.do(command)) for command in data.draw(life(profile))]
    rows, lines = dict(books.rows), list(books.lines)
    for command, first in decided:
        if not isinstance(command, Pay | Play) or not binds(command, first):
            continue
        again = books.do(_otherwise(command))
        assert books.rows == rows
        assert books.lines == lines
        if isinstance(command, Pay):
            assert again.refusal.reason is Reason.CONFLICT
        elif again.refusal is None:
            assert _answered(again) == _answered(first)
        elif profile.repeat is Repeat.REPLAY:
            assert again.refusal == first.refusal


def _otherwise(command):
    if isinstance(command, Pay):
        return replace(command, amount=command.amount + 10_000)
    actions = tuple(
        action if action.amount is None else replace(action, amount=action.amount + 1) for action in command.actions
    )
    return replace(command, actions=actions)
