"""Adjustments: a provider's signed corrections. What they take and cannot find is owed (R-MONEY-04, R-DEBT-01)."""

import pytest

from tests.support.domain import (
    PLAYER,
    Books,
    amend,
    answer,
    bet,
    bury,
    deposit,
    play,
    promo,
    rollback,
    units,
    win,
)
from wallet_core.domain.commands import SetStatus, Terms
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import Category
from wallet_core.domain.profiles import PROFILES, Overdraw, Profile
from wallet_core.domain.rounds import State


def adjustment(key, amount, **more):
    return promo(key, amount, Category.ADJUSTMENT, **more)


# Cash before, the adjustment, its journal, and cash and debt after.
TAKEN = {
    "paid": ("20", "5", [("CASH", "5.00"), ("WINS", "-5.00")], "25.00", "0.00"),
    "nothing": ("20", "0", [], "20.00", "0.00"),
    "taken": ("20", "-5", [("CASH", "-5.00"), ("WINS", "5.00")], "15.00", "0.00"),
    "all of it": ("20", "-20", [("CASH", "-20.00"), ("WINS", "20.00")], "0.00", "0.00"),
    "more than there is": ("20", "-23", [("CASH", "-20.00"), ("DEBT", "-3.00"), ("WINS", "23.00")], "0.00", "3.00"),
    "from nothing": ("0", "-0.00001", [("DEBT", "-0.00001"), ("WINS", "0.00001")], "0.00", "0.00001"),
}


@pytest.mark.parametrize("profile", ["pragmatic", "hub88", "gcp", "slotegrator", "evolution"])
@pytest.mark.parametrize("case", TAKEN)
def test_an_adjustment_is_paid_or_taken_whatever_the_profile_says_of_overdrawing(case, profile):
    cash, amount, journal, left, owed = TAKEN[case]
    books = Books(cash=cash)
    decision = books.do(play(adjustment("j1", amount), profile=PROFILES[profile]))
    assert answer(decision) is Outcome.APPLIED
    assert books.journal(decision.results[0].transaction_id) == journal
    assert (books.cash, books.debt) == (left, owed)
    assert books.transaction("j1").amount == units(amount)
    books.assert_sound()
    again = books.do(play(adjustment("j1", amount), profile=PROFILES[profile]))
    assert again.replayed
    assert (books.cash, books.debt) == (left, owed)


def test_the_sign_is_part_of_the_contents():
    books = Books(cash="20")
    books.do(play(adjustment("j1", "5")))
    assert answer(books.do(play(adjustment("j1", "-5")))) is Reason.CONFLICT
    assert books.cash == "25.00"


@pytest.mark.parametrize(
    "action",
    [bet("k", "-5", category=Category.ADJUSTMENT), win("k", "-5"), promo("k", "-5"), amend("k", "j0", "-5")],
    ids=["bet", "win", "promotion", "amendment"],
)
def test_nothing_else_has_a_sign(action):
    books = Books(cash="20")
    books.do(play(adjustment("j0", "1")))
    assert answer(books.do(play(action))) is Reason.INVALID_AMOUNT
    assert books.cash == "21.00"


def test_nothing_gates_an_adjustment():
    books = Books(cash="20")
    books.do(play(bet("b1"), close_round=True))
    books.do(SetStatus(PLAYER, blocked=True, reason="asked", actor="ops", request_id="block"))
    profile = PROFILES["pragmatic"]
    decision = books.do(play(adjustment("j1", "-15"), profile=profile, game_id="bingo", game_ids=frozenset({"slot"})))
    assert answer(decision) is Outcome.APPLIED
    assert (books.cash, books.debt) == ("0.00", "5.00")


def test_a_round_counts_what_was_taken_against_what_was_won_and_stays_as_it_is():
    books = Books(cash="20")
    books.do(play(bet("b1"), win("w1", "4"), close_round=True))
    books.do(play(adjustment("j1", "-3")))
    row = books.round()
    assert (row.state, row.won, row.staked) == (State.CLOSED, units("1"), units("10"))
    assert answer(books.do(play(rollback("x1", "j1")))) is Outcome.APPLIED
    assert books.round().won == units("4")
    books.assert_sound()


def test_a_debt_of_an_adjustment_is_paid_back_as_any():
    books = Books(cash="2")
    books.do(play(adjustment("j1", "-10")))
    books.do(play(promo("w1", "4"), terms=Terms(debt_recovery_win=50)))
    assert (books.cash, books.debt) == ("2.00", "6.00")


def test_a_profile_that_says_so_is_shown_less_than_nothing():
    books = Books(cash="2")
    assert books.do(play(adjustment("j1", "-10"), profile=Profile(overdraw=Overdraw.NEGATIVE))).now.shown == units("-8")


# Cash before, what is taken, what the player gets then, what of it is rolled back, and cash and debt after.
UNDONE = {
    "cash": ("20", "-5", None, None, "20.00", "0.00"),
    "debt": ("0", "-5", None, None, "0.00", "0.00"),
    "both": ("3", "-5", None, None, "3.00", "0.00"),
    "a debt that was paid back": ("0", "-5", deposit("8", percent=100), None, "8.00", "0.00"),
    "a debt that was partly paid back": ("0", "-5", deposit("2", percent=100), None, "2.00", "0.00"),
    "a part": ("3", "-4", None, "2", "1.50", "0.50"),
}


@pytest.mark.parametrize("case", UNDONE)
def test_what_an_adjustment_took_is_given_back(case):
    cash, amount, between, part, left, owed = UNDONE[case]
    books = Books(cash=cash)
    books.do(play(adjustment("j1", amount)))
    if between is not None:
        books.do(between)
    assert answer(books.do(play(rollback("x1", "j1", part)))) is Outcome.APPLIED
    assert (books.cash, books.debt) == (left, owed)
    assert books.transaction("j1").undone == (part is None)
    books.assert_sound()
    again = answer(books.do(play(rollback("x2", "j1"))))
    assert again is (Outcome.NOOP if part is None else Outcome.APPLIED)
    assert books.transaction("j1").undone
    assert books.total("WINS") == "0.00"


def test_no_more_is_given_back_than_was_taken():
    books = Books(cash="20")
    books.do(play(adjustment("j1", "-5")))
    assert answer(books.do(play(rollback("x1", "j1", "5.01")))) is Reason.AMOUNT_EXCEEDS_REFERENCE


def test_what_was_taken_is_no_win_to_be_amended():
    books = Books(cash="20")
    books.do(play(adjustment("j1", "-5")))
    assert answer(books.do(play(amend("a1", "j1", "2")))) is Reason.REFERENCE_MISMATCH
    books.do(play(adjustment("j2", "5")))
    assert answer(books.do(play(amend("a2", "j2", "2")))) is Outcome.APPLIED
    assert books.cash == "17.00"


def test_one_that_was_rolled_back_before_it_came_takes_nothing():
    books = Books(cash="20")
    books.do(bury("j1"))
    assert answer(books.do(play(adjustment("j1", "-5")))) is Reason.TOMBSTONED
    assert books.cash == "20.00"


def test_a_debt_never_overflows():
    books = Books()
    assert answer(books.do(play(adjustment("j1", "-9223372036854")))) is Outcome.APPLIED
    assert answer(books.do(play(adjustment("j2", "-9223372036854")))) is Reason.INVALID_AMOUNT
    books.assert_sound()
