"""Rollbacks, reversals, amendments, debt (R-RB-01..14, R-PROV-10, R-PROV-11, R-DEBT-01..04; E-04..E-11, E-32, E-52)."""

import pytest

from tests.support.domain import (
    Books,
    amend,
    answer,
    bet,
    bury,
    deposit,
    note,
    play,
    promo,
    rollback,
    units,
    win,
    withdrawal,
)
from wallet_core.domain.commands import Terms
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import Kind
from wallet_core.domain.profiles import (
    PROFILES,
    Overdraw,
    Profile,
    RepeatedRollback,
    SettledRollback,
    UnknownRollback,
    WrongKind,
)
from wallet_core.domain.rounds import State


def _bet(*more, **facts):
    books = Books(cash="50")
    books.do(play(bet("b1"), *more, **facts))
    return books


# Of stakes.


@pytest.mark.parametrize(("closed", "from_"), [(False, "IN_PLAY"), (True, "STAKES")], ids=["P-05", "P-06"])
def test_r_rb_02_e_07_a_full_rollback_is_the_inverse_of_the_stake(closed, from_):
    books = _bet(close_round=closed)
    decision = books.do(play(rollback("x1", "b1")))
    assert books.journal(decision.results[0].transaction_id) == [("CASH", "10.00"), (from_, "-10.00")]
    assert (books.cash, books.round().state) == ("50.00", State.CANCELLED)
    assert decision.results[0].parts == (("CASH", units("10")),)
    assert books.transaction("b1").remaining == ()
    books.assert_sound()


@pytest.mark.parametrize(
    ("parts", "cash", "state"),
    [
        (["4"], "44.00", State.OPEN),
        (["4", "6"], "50.00", State.CANCELLED),
        (["3.33", "3.33", "3.34"], "50.00", State.CANCELLED),
        (["0.00001", None], "50.00", State.CANCELLED),
        (["10"], "50.00", State.CANCELLED),
    ],
)
def test_r_rb_03_partial_rollbacks(parts, cash, state):
    books = _bet()
    for number, part in enumerate(parts):
        assert answer(books.do(play(rollback(f"x{number}", "b1", part)))) is Outcome.APPLIED
    assert (books.cash, books.round().state) == (cash, state)
    books.assert_sound()


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (["10.000001"], Reason.AMOUNT_EXCEEDS_REFERENCE),
        (["4", "6.000001"], Reason.AMOUNT_EXCEEDS_REFERENCE),
        (["0"], Reason.INVALID_AMOUNT),
        (["-1"], Reason.INVALID_AMOUNT),
    ],
)
def test_more_than_is_left_or_nothing_is_no_part(parts, reason):
    books = _bet()
    *before, last = [play(rollback(f"x{number}", "b1", part)) for number, part in enumerate(parts)]
    for command in before:
        books.do(command)
    cash = books.cash
    assert answer(books.do(last)) is reason
    assert books.cash == cash


def test_r_rb_01_the_round_of_a_rollback_is_its_target_s():
    books = _bet()
    books.do(play(rollback("x1", "b1"), round_id=""))
    assert books.round().state is State.CANCELLED
    assert books.transaction("x1").round_id == "r1"


@pytest.mark.parametrize(
    ("policy", "again"),
    [(RepeatedRollback.NOOP, Outcome.NOOP), (RepeatedRollback.REFUSE, Reason.REFERENCE_ROLLED_BACK)],
)
@pytest.mark.parametrize("of", ["b1", "w1"])
def test_r_prov_11_a_second_rollback(policy, again, of):
    books, profile = _bet(win("w1", "5")), Profile(repeated_rollback=policy)
    first = books.do(play(rollback("x1", of), profile=profile))
    cash = books.cash
    assert answer(books.do(play(rollback("x2", of), profile=profile))) is again
    assert (
        books.do(play(rollback("x1", of), profile=profile)).results[0].transaction_id == first.results[0].transaction_id
    )
    assert books.cash == cash


# Of what is not there.


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (UnknownRollback.OK, Outcome.NOOP),
        (UnknownRollback.NOT_FOUND, Reason.REFERENCE_NOT_FOUND),
        (UnknownRollback.IN_PROGRESS, Reason.IN_PROGRESS),
    ],
)
def test_r_prov_10_e_04_a_rollback_of_what_has_not_arrived(policy, expected):
    books, profile = Books(cash="50"), Profile(unknown_rollback=policy)
    told = play(rollback("x1", "b1"), profile=profile)
    assert answer(books.do(told)) is expected
    assert books.transaction("b1").kind is Kind.TOMBSTONE
    assert (books.transaction("x1") is None) is (policy is not UnknownRollback.OK)
    assert answer(books.do(told)) is expected
    assert answer(books.do(play(rollback("x2", "b1"), profile=profile))) is expected
    assert answer(books.do(play(bet("b1"), profile=profile))) is Reason.TOMBSTONED
    assert answer(books.do(told)) is expected
    assert books.cash == "50.00"


@pytest.mark.parametrize("name", PROFILES)
def test_e_05_two_rollbacks_then_bet_and_win(name):
    books, profile = Books(cash="50"), PROFILES[name]
    for action in (rollback("x1", "b1"), rollback("x2", "b1"), bet("b1"), win("w1", "25", "b1")):
        books.do(play(action, profile=profile))
    assert books.cash == "50.00"
    assert answer(books.do(play(win("w1", "25", "b1"), profile=profile))) is Reason.REFERENCE_ROLLED_BACK


def test_several_rollbacks_in_one_play_leave_a_tombstone_each():
    books = Books(cash="50")
    books.do(play(rollback("x1", "b1"), rollback("x2", "b2")))
    for key in ("b1", "b2"):
        assert answer(books.do(play(bet(key)))) is Reason.TOMBSTONED


def test_a_refused_play_leaves_its_tombstones():
    books, profile = Books(cash="50"), PROFILES["evolution"]
    books.do(play(bet("b0")))
    books.do(play(rollback("x0", "b0"), rollback("x1", "b1"), profile=profile))
    assert books.cash == "40.00"
    assert books.transaction("b1").kind is Kind.TOMBSTONE
    assert books.transaction("x0") is None


def test_a_buried_transaction_is_unknown_to_a_rollback():
    books = Books(cash="50")
    books.do(bury("b1"))
    assert answer(books.do(play(rollback("x1", "b1")))) is Outcome.NOOP


def test_a_rollback_of_a_refused_bet_is_fine_and_moves_nothing():
    books = Books(cash="5")
    books.do(play(bet("b1")))
    for name, profile in PROFILES.items():
        assert answer(books.do(play(rollback(f"x-{name}", "b1"), profile=profile))) is Outcome.NOOP
    assert books.cash == "5.00"


@pytest.mark.parametrize(
    ("policy", "expected"), [(WrongKind.NOOP, Outcome.NOOP), (WrongKind.REFUSE, Reason.REFERENCE_MISMATCH)]
)
@pytest.mark.parametrize("of", ["x0", "a0"])
def test_what_cannot_be_rolled_back(policy, expected, of):
    books = _bet(win("w0", "5"), amend("a0", "w0", "6"), bet("b0", "1"), rollback("x0", "b0"))
    cash = books.cash
    assert answer(books.do(play(rollback("x1", of), profile=Profile(wrong_kind=policy)))) is expected
    assert books.cash == cash


def test_a_note_that_is_rolled_back_was_nothing():
    books = _bet(note("n1"))
    assert answer(books.do(play(rollback("x1", "n1")))) is Outcome.NOOP


# After a win.


@pytest.mark.parametrize("of", [("b1",), ()], ids=["named", "of the round"])
@pytest.mark.parametrize(
    ("policy", "expected", "cash"),
    [(SettledRollback.ACCEPT, Outcome.APPLIED, "75.00"), (SettledRollback.REFUSE, Reason.REFERENCE_SETTLED, "65.00")],
)
def test_r_rb_14_e_73_a_stake_whose_win_survives(of, policy, expected, cash):
    books = _bet(win("w1", "25", *of))
    assert answer(books.do(play(rollback("x1", "b1"), profile=Profile(settled_rollback=policy)))) is expected
    assert books.cash == cash


@pytest.mark.parametrize("of", [("b1",), ()], ids=["named", "of the round"])
def test_r_rb_14_a_stake_whose_win_did_not_survive(of):
    """A bet stayed settled after its win had been rolled back, so its own rollback was refused."""
    books, profile = _bet(win("w1", "25", *of)), Profile(settled_rollback=SettledRollback.REFUSE)
    books.do(play(rollback("x-w1", "w1"), profile=profile))
    assert answer(books.do(play(rollback("x-b1", "b1"), profile=profile))) is Outcome.APPLIED
    assert books.cash == "50.00"


def test_e_11_the_first_leg_is_rolled_back_after_the_second_won():
    books = _bet(bet("b2", "3"), win("w2", "7", "b2"))
    books.do(play(rollback("x1", "b1")))
    assert (books.cash, books.round().staked, books.round().won) == ("54.00", units("3"), units("7"))


def test_r_rb_13_every_stake_and_win_of_a_round_at_once():
    books = _bet(bet("b2", "3"), win("w1", "7", "b1"))
    books.do(play(rollback("x1", "b1"), rollback("x2", "b2"), rollback("x3", "w1")))
    assert (books.cash, books.round().state, books.round().won) == ("50.00", State.CANCELLED, 0)
    books.assert_sound()


# Of wins.


@pytest.mark.parametrize(
    ("overdraw", "expected", "left"),
    [
        (Overdraw.DEBT, Outcome.APPLIED, ("0.00", "38.00", "0")),
        (Overdraw.NEGATIVE, Outcome.APPLIED, ("0.00", "38.00", "-38")),
        (Overdraw.NOOP, Outcome.NOOP, ("12.00", "0.00", "12")),
        (Overdraw.REFUSE, Reason.INSUFFICIENT_FUNDS, ("12.00", "0.00", "12")),
    ],
)
@pytest.mark.parametrize("undoing", [rollback("x1", "w1"), amend("x1", "w1", "0")], ids=["rollback", "amendment"])
def test_r_rb_09_e_32_a_win_reversed_after_the_money_left(overdraw, expected, left, undoing):
    books, profile, (cash, debt, shown) = Books(), Profile(overdraw=overdraw), left
    books.do(play(promo("w1", "50")))
    books.do(withdrawal("38"))
    decision = books.do(play(undoing, profile=profile))
    assert answer(decision) is expected
    assert (books.cash, books.debt) == (cash, debt)
    assert decision.now.shown == units(shown)
    books.assert_sound()


def test_p_07_the_lines_of_a_reversal():
    books = Books()
    books.do(play(promo("w1", "50")))
    books.do(withdrawal("38"))
    decision = books.do(play(rollback("x1", "w1")))
    assert books.journal(decision.results[0].transaction_id) == [
        ("CASH", "-12.00"),
        ("DEBT", "-38.00"),
        ("WINS", "50.00"),
    ]


@pytest.mark.parametrize(
    ("percent", "cash", "debt"), [(0, "20.00", "38.00"), (50, "10.00", "28.00"), (100, "0.00", "18.00")]
)
@pytest.mark.parametrize("by", ["win", "deposit", "amendment"])
def test_r_debt_03_debt_is_recovered_by_the_terms(percent, cash, debt, by):
    books = Books()
    books.do(play(promo("w1", "38"), promo("w0", "0")))
    books.do(withdrawal("38"))
    books.do(play(rollback("x1", "w1")))
    terms = Terms(debt_recovery_win=percent)
    books.do(
        {
            "win": play(promo("w2", "20"), terms=terms),
            "amendment": play(amend("a1", "w0", "20"), terms=terms),
            "deposit": deposit("20", percent=percent),
        }[by]
    )
    assert (books.cash, books.debt) == (cash, debt)
    books.assert_sound()


def test_r_debt_03_no_more_than_the_debt_is_recovered():
    books = Books()
    books.do(play(promo("w1", "5")))
    books.do(withdrawal("5"))
    books.do(play(rollback("x1", "w1")))
    books.do(play(promo("w2", "20"), terms=Terms(debt_recovery_win=100)))
    assert (books.cash, books.debt) == ("15.00", "0.00")


def test_a_stake_takes_no_notice_of_debt_and_debt_is_never_staked():
    books = Books()
    books.do(play(promo("w1", "38")))
    books.do(withdrawal("38"))
    books.do(play(rollback("x1", "w1")))
    books.do(deposit("10"))
    assert answer(books.do(play(bet("b1", "10.01")))) is Reason.INSUFFICIENT_FUNDS
    assert answer(books.do(play(bet("b2", "10")))) is Outcome.APPLIED
    assert (books.cash, books.debt) == ("0.00", "38.00")


def test_partial_reversals_of_a_win():
    books = _bet(win("w1", "25", "b1"))
    books.do(play(rollback("x1", "w1", "10")))
    assert books.cash == "55.00"
    assert answer(books.do(play(rollback("x2", "w1", "15.01")))) is Reason.AMOUNT_EXCEEDS_REFERENCE
    books.do(play(rollback("x3", "w1")))
    assert (books.cash, books.round().won) == ("40.00", 0)


# Amendments.


@pytest.mark.parametrize(
    ("amounts", "cash"),
    [
        (["30"], "70.00"),
        (["20"], "60.00"),
        (["25"], "65.00"),
        (["0"], "40.00"),
        (["30", "20"], "60.00"),
        (["20", "30"], "70.00"),
        (["20", "30", "25"], "65.00"),
    ],
)
def test_r_rb_12_e_52_an_amendment_moves_the_difference(amounts, cash):
    books = _bet(win("w1", "25", "b1"), close_round=True)
    for number, amount in enumerate(amounts):
        assert books.do(play(amend(f"a{number}", "w1", amount))).refusal is None
    assert books.cash == cash
    assert books.round().won == units(amounts[-1])
    books.do(play(rollback("x1", "w1")))
    assert books.cash == "40.00"
    books.assert_sound()


def test_r_rb_12_the_same_amount_again_is_nothing_new():
    books = _bet(win("w1", "25", "b1"))
    assert answer(books.do(play(amend("a1", "w1", "25")))) is Outcome.NOOP


@pytest.mark.parametrize("amounts", [["0", "10"], ["30", "0", "10"]])
def test_e_52_a_win_amended_to_nothing_can_be_amended_again(amounts):
    """A win amended to zero counted as rolled back: its next amendment was refused."""
    books = _bet(win("w1", "25", "b1"))
    for number, amount in enumerate(amounts):
        assert answer(books.do(play(amend(f"a{number}", "w1", amount)))) is Outcome.APPLIED
    assert books.cash == "50.00"


def test_a_win_of_nothing_can_be_amended():
    books = _bet(win("w1", "0", "b1"))
    assert answer(books.do(play(amend("a1", "w1", "5")))) is Outcome.APPLIED
    assert books.cash == "45.00"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ([], Reason.REFERENCE_NOT_FOUND),
        ([play(rollback("x1", "w1"))], Reason.REFERENCE_ROLLED_BACK),
        ([play(win("w1", "5")), play(rollback("x1", "w1"))], Reason.REFERENCE_ROLLED_BACK),
        ([play(bet("w1"))], Reason.REFERENCE_MISMATCH),
        ([play(note("w1"))], Reason.REFERENCE_MISMATCH),
    ],
    ids=["unknown", "tombstoned", "rolled back", "a bet", "a note"],
)
def test_what_cannot_be_amended(told, reason):
    books = Books(cash="50")
    for command in told:
        books.do(command)
    cash = books.cash
    assert answer(books.do(play(amend("a1", "w1", "7")))) is reason
    assert books.cash == cash


def test_an_amendment_of_a_win_without_a_round():
    books = Books()
    books.do(play(promo("w1", "5"), round_id=""))
    books.do(play(amend("a1", "w1", "7"), round_id=""))
    assert books.cash == "7.00"
    books.do(play(rollback("x1", "w1"), round_id=""))
    assert books.cash == "0.00"
