"""Withdrawals in two steps: requested, then settled or failed (P-12..P-14, R-PAY-01, R-PAY-02, R-PAY-09, W-6)."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.domain import PLAYER, Books, amount_of, answer, deposit, play, promo, rollback, units, withdrawal
from tests.support.holds import DAY, LATER, escalate, extend, fail, hold, place, release, request, settle, take
from wallet_core.domain.commands import SetStatus
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.holds import State
from wallet_core.domain.subwallets import Transfer

GOLDEN = Path(__file__).with_name("golden.json")


def _books(*commands, cash="100"):
    books = Books(cash=cash)
    for command in commands:
        assert answer(books.do(command)) is Outcome.APPLIED
    return books


@pytest.mark.parametrize("together", [True, False])
def test_gc_hd_01_two_requests_race_for_one_balance(together):
    case = next(each for each in json.loads(GOLDEN.read_text(encoding="utf-8")) if each["id"] == "GC-HD-01")
    given, expect = case["given"], case["expect"]
    books = Books(cash=given["cash"])
    race = [request(amount, f"w{number}") for number, amount in enumerate(given["withdrawals"])]
    decisions = books.do_batch(race) if together else [books.do(each) for each in race]
    assert [answer(decision).name for decision in decisions] == expect["answers"]
    assert (books.cash, books.total("HELD:WITHDRAWAL")) == (expect["cash"], expect["held"])
    books.assert_sound()


def test_w_6_a_request_is_paid_out_leg_by_leg():
    books = _books(cash="1000")
    books.do(request("1000"))
    assert (books.cash, books.total("HELD:WITHDRAWAL")) == ("0.00", "1000.00")
    for number, amount in enumerate(("100", "50")):
        decision = books.do(settle(amount, key=f"leg{number}"))
        assert books.journal(decision.results[0].transaction_id) == [
            ("HELD:WITHDRAWAL", f"-{amount}.00"),
            ("PSP_CLEARING", f"{amount}.00"),
        ]
    assert (hold(books, "w1").state, amount_of(hold(books, "w1").held)) == (State.PART_CAPTURED, "850.00")
    assert answer(books.do(settle(key="leg2"))) is Outcome.APPLIED
    assert (hold(books, "w1").state, books.total("HELD:WITHDRAWAL")) == (State.CAPTURED, "0.00")
    assert books.total("PSP_CLEARING") == "0.00"
    books.assert_sound()


def test_p_14_what_cannot_be_paid_goes_back():
    books = _books(request("80"), settle("30"))
    decision = books.do(fail())
    assert books.journal(decision.results[0].transaction_id) == [("HELD:WITHDRAWAL", "-50.00"), ("CASH", "50.00")]
    row = hold(books, "w1")
    assert (row.state, amount_of(row.captured), books.cash) == (State.RELEASED, "30.00", "70.00")
    assert answer(books.do(settle(key="late"))) is Reason.HOLD_STATE
    books.assert_sound()


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (request("0"), Reason.INVALID_AMOUNT),
        (request("-1"), Reason.INVALID_AMOUNT),
        (request("0.001"), Reason.INVALID_PRECISION),
        (request("1", currency="USD"), Reason.WRONG_CURRENCY),
        (replace(request("1"), player_id="bob"), Reason.PLAYER_UNKNOWN),
        (settle("0.001", "w0"), Reason.INVALID_PRECISION),
        (settle("0", "w0"), Reason.INVALID_AMOUNT),
        (settle("20.01", "w0"), Reason.AMOUNT_EXCEEDS_REFERENCE),
        (settle(withdrawal_id="w9"), Reason.HOLD_NOT_FOUND),
        (fail("w9"), Reason.HOLD_NOT_FOUND),
        (settle(withdrawal_id="h1"), Reason.HOLD_NOT_FOUND),
        (fail("h1"), Reason.HOLD_NOT_FOUND),
        (request("5", "h1"), Reason.CONFLICT),
        (place("5", "w0"), Reason.CONFLICT),
        (take(hold_id="w0"), Reason.HOLD_STATE),
        (release("w0"), Reason.HOLD_STATE),
    ],
)
def test_what_cannot_be_done_leaves_nothing(command, reason):
    books = _books(request("20", "w0"), place("20"))
    rows = dict(books.rows)
    assert answer(books.do(command)) is reason
    assert books.rows == rows


def test_r_idem_04_a_request_refused_for_funds_stays_refused():
    books = _books(cash="10")
    assert answer(books.do(request("20"))) is Reason.INSUFFICIENT_FUNDS
    books.do(deposit("50"))
    again = books.do(request("20"))
    assert (answer(again), again.replayed) == (Reason.INSUFFICIENT_FUNDS, True)
    assert answer(books.do(request("20", "w2"))) is Outcome.APPLIED
    assert answer(books.do(settle())) is Reason.HOLD_NOT_FOUND
    books.assert_sound()


def test_r_debt_04_what_is_owed_stays():
    books = Books()
    books.do(play(promo("w0", "38")))
    books.do(withdrawal("38", key="out"))
    books.do(play(rollback("x0", "w0")))
    books.do(deposit("50", key="in"))
    assert answer(books.do(request("12.01"))) is Reason.INSUFFICIENT_FUNDS
    assert answer(books.do(request("12", "w2"))) is Outcome.APPLIED


def test_a_blocked_player_requests_nothing_but_what_is_under_way_goes_on():
    books = _books(request("20"), request("10", "w2"))
    books.do(SetStatus(PLAYER, blocked=True, reason="asked", actor="ann", request_id="s1"))
    assert answer(books.do(request("10", "w3"))) is Reason.PLAYER_BLOCKED
    assert answer(books.do(settle())) is Outcome.APPLIED
    assert answer(books.do(fail("w2"))) is Outcome.APPLIED


def test_a_payout_of_a_payment_provider_is_booked_once():
    books = _books(request("20"), settle("5"))
    again = books.do(settle("5"))
    assert (again.replayed, amount_of(hold(books, "w1").held)) == (True, "15.00")
    assert answer(books.do(settle("6"))) is Reason.CONFLICT


def test_r_pay_09_no_time_ends_a_withdrawal_but_silence_is_escalated():
    books = _books(request("20"))
    row = hold(books, "w1")
    assert (row.expires_at, row.review_at) == (0, row.placed_at + DAY)
    books.wait(2 * DAY)
    assert answer(books.do(escalate("w1", row.review_at))) is Outcome.NOOP
    assert hold(books, "w1").state is State.ESCALATED
    assert answer(books.do(extend("w1", review_at=LATER))) is Outcome.NOOP
    assert answer(books.do(settle())) is Outcome.APPLIED


def test_r_sub_05_a_withdrawal_is_from_the_sum():
    books = _books(Transfer(PLAYER, "t1", "EUR", units("90"), "CASH", "CASH:POKER"), request("60"))
    assert (books.total("CASH"), books.total("CASH:POKER")) == ("0.00", "40.00")
    books.do(settle("25"))
    books.do(fail())
    assert (books.total("CASH"), books.total("CASH:POKER")) == ("0.00", "75.00")
    books.assert_sound()
