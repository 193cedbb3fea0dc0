"""Payments: cash in and out against the provider's clearing account (P-01, R-DEP-05, R-DEBT-04, R-MONEY-03)."""

import pytest
from msgspec.structs import replace

from tests.support.domain import PLAYER, Books, answer, deposit, play, promo, rollback, units, withdrawal
from wallet_core.domain.commands import SetStatus
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.money import INT64_MAX


def _owing(debt="38", cash="50"):
    books = Books()
    books.do(play(promo("w0", debt)))
    books.do(withdrawal(debt, key="out"))
    books.do(play(rollback("x0", "w0")))
    books.do(deposit(cash, key="in"))
    return books


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        (deposit("20"), [("CASH", "20.00"), ("PSP_CLEARING", "-20.00")]),
        (withdrawal("20"), [("CASH", "-20.00"), ("PSP_CLEARING", "20.00")]),
    ],
)
def test_p_01_the_lines_of_a_payment(command, lines):
    books = Books(cash="50")
    decision = books.do(command)
    assert answer(decision) is Outcome.APPLIED
    assert books.journal(decision.results[0].transaction_id) == lines
    assert [line.detail for line in books.lines[-2:]] == ["", "bank"]
    books.assert_sound()


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (deposit("0"), Reason.INVALID_AMOUNT),
        (deposit("-1"), Reason.INVALID_AMOUNT),
        (replace(deposit("1"), amount=INT64_MAX), Reason.INVALID_AMOUNT),
        (deposit("0.001"), Reason.INVALID_PRECISION),
        (withdrawal("0.00001"), Reason.INVALID_PRECISION),
        (deposit("1", currency="USD"), Reason.WRONG_CURRENCY),
        (deposit("1", player="bob"), Reason.PLAYER_UNKNOWN),
        (deposit("1", player=""), Reason.PLAYER_UNKNOWN),
    ],
)
def test_what_is_no_payment_keeps_no_key(command, reason):
    books = Books(cash="50")
    rows = dict(books.rows)
    assert answer(books.do(command)) is reason
    assert books.rows == rows


@pytest.mark.parametrize("code", ["JPY", "VND"])
def test_cashier_amounts_have_display_precision(code):
    books = Books(cash="500", currency=code)
    assert answer(books.do(deposit("1", currency=code, key="d2"))) is Outcome.APPLIED
    assert answer(books.do(deposit("0.5", currency=code, key="d3"))) is Reason.INVALID_PRECISION


@pytest.mark.parametrize("amount", ["50", "50.01"])
def test_no_more_than_there_is_can_leave(amount):
    books = Books(cash="50")
    expected = Outcome.APPLIED if amount == "50" else Reason.INSUFFICIENT_FUNDS
    assert answer(books.do(withdrawal(amount))) is expected


@pytest.mark.parametrize(("amount", "expected"), [("12", Outcome.APPLIED), ("12.01", Reason.INSUFFICIENT_FUNDS)])
def test_r_debt_04_what_is_owed_stays(amount, expected):
    books = _owing()
    assert books.withdrawable() == "12.00"
    assert answer(books.do(withdrawal(amount))) is expected
    assert books.debt == "38.00"


def test_what_may_leave_is_never_less_than_nothing():
    books = _owing(cash="1")
    assert books.withdrawable() == "0.00"


def test_a_payment_is_made_once_and_its_key_says_what_it_was():
    books = Books()
    first, again = books.do(deposit("20")), books.do(deposit("20"))
    assert again.replayed
    assert again.results[0].transaction_id == first.results[0].transaction_id
    assert answer(books.do(deposit("21"))) is Reason.CONFLICT
    assert answer(books.do(withdrawal("20", key="d1"))) is Reason.CONFLICT
    assert answer(books.do(replace(deposit("20"), psp_id="other"))) is Outcome.APPLIED
    assert books.cash == "40.00"


def test_a_refused_withdrawal_stays_refused():
    books = Books(cash="5")
    first = books.do(withdrawal("10"))
    books.do(deposit("20"))
    again = books.do(withdrawal("10"))
    assert (answer(first), answer(again)) == (Reason.INSUFFICIENT_FUNDS, Reason.INSUFFICIENT_FUNDS)
    assert again.replayed
    assert first.results[0].transaction_id == again.results[0].transaction_id
    assert again.then.cash == units("5")
    assert answer(books.do(withdrawal("10", key="w2"))) is Outcome.APPLIED


def test_a_blocked_player_s_deposit_may_come_in_later():
    books = Books()
    block = SetStatus(PLAYER, blocked=True, reason="asked", actor="ops", request_id="1")
    books.do(block)
    assert answer(books.do(deposit("20"))) is Reason.PLAYER_BLOCKED
    books.do(replace(block, blocked=False, request_id="2"))
    assert answer(books.do(deposit("20"))) is Outcome.APPLIED
