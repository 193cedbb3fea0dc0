"""What is true of the books after every command, whatever the commands were (I-01, I-02, I-03, I-07, R-ROUND-07)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.lives import CALM, EVERY_PROFILE, wild
from tests.support.domain import Books, amount_of
from wallet_core.domain.decision import Outcome
from wallet_core.domain.entries import Kind, Transaction
from wallet_core.domain.rounds import REFUNDED


@pytest.mark.parametrize("name", EVERY_PROFILE)
@settings(CALM, max_examples=10)
@given(data=st.data())
def test_whatever_happens_no_money_appears_or_is_lost(name, data):
    books = Books(cash="20")
    for command in data.draw(wild(EVERY_PROFILE[name])):
        before, lines = dict(books.rows), len(books.lines)
        decision = books.do(command)
        books.assert_sound()
        if decision.refusal is not None or decision.replayed:
            assert len(books.lines) == lines, "a refusal or a replay moved money"
        if decision.replayed:
            assert books.rows == before
    paid_in = sum(row.amount for row in books.lines if row.account == "PSP_CLEARING")
    won = sum(row.amount for row in books.lines if row.account == "WINS")
    lost = sum(row.amount for row in books.lines if row.account == "STAKES")
    in_play = sum(row.amount for row in books.lines if row.account == "IN_PLAY")
    held = books.held()
    assert amount_of(held.cash - held.debt) == amount_of(-paid_in - won - lost - in_play)


@pytest.mark.parametrize("name", EVERY_PROFILE)
@settings(CALM, max_examples=8)
@given(data=st.data())
def test_what_was_undone_is_never_more_than_what_was_done(name, data):
    books = Books(cash="20")
    for command in data.draw(wild(EVERY_PROFILE[name])):
        books.do(command)
    for row in books.rows.values():
        if isinstance(row, Transaction) and row.outcome is Outcome.APPLIED and row.kind in {Kind.BET, Kind.WIN}:
            sign = -1 if row.kind is Kind.BET or row.amount < 0 else 1
            assert all(sign * amount > 0 or (part, amount) == (REFUNDED, 0) for part, amount in row.remaining)
