"""Rounds: the machine of rulebook 5.2 row by row, voids and late wins, closing (R-ROUND-01..09, R-PROV-06)."""

import pytest
from msgspec.structs import replace

from tests.support.domain import (
    ROUND,
    Books,
    amend,
    answer,
    bet,
    deposit,
    note,
    play,
    rollback,
    units,
    void,
    win,
)
from wallet_core.domain import rounds
from wallet_core.domain.commands import CreatePlayer
from wallet_core.domain.decision import Outcome, Reason, Refused
from wallet_core.domain.profiles import LateStake, Profile
from wallet_core.domain.rounds import LATE, TRANSITIONS, Event, State

ACCEPT, REFUSE = Profile(late_stake=LateStake.ACCEPT), Profile(late_stake=LateStake.REFUSE)

# The whole machine, written down once more: a row a state, a column an event.
MACHINE = """
            STAKE         WIN                    CLOSE      ROLLBACK   ROLLBACK_LAST  VOID
OPEN        OPEN          OPEN                   CLOSED     OPEN       CANCELLED      VOIDED
CLOSED      ROUND_CLOSED  CLOSED                 CLOSED     CLOSED     CANCELLED      ROUND_CLOSED
CANCELLED   ROUND_CLOSED  REFERENCE_ROLLED_BACK  CANCELLED  CANCELLED  CANCELLED      ROUND_CLOSED
VOIDED      ROUND_CLOSED  VOIDED                 VOIDED     VOIDED     VOIDED         VOIDED
"""


def _rows():
    head, *body = [line.split() for line in MACHINE.strip().splitlines()]
    for name, *cells in body:
        for event, cell in zip(head, cells, strict=True):
            target = State[cell] if cell in State.__members__ else Reason[cell]
            yield pytest.param(State[name], Event[event], target, id=f"{name}-{event}")


def test_the_table_is_exhaustive():
    assert set(TRANSITIONS) == {(state, event) for state in State for event in Event}


@pytest.mark.parametrize(("state", "event", "target"), list(_rows()))
def test_every_row_of_the_machine(state, event, target):
    assert TRANSITIONS[state, event] is target
    row = replace(_a_round(), state=state, stakes=1)
    if isinstance(target, State):
        assert rounds.after(row, event) is target
    else:
        with pytest.raises(Refused) as refused:
            rounds.after(row, event)
        assert refused.value.refusal.reason is target


def _a_round():
    books = Books(cash="20")
    books.do(play(bet("b1")))
    return books.round()


@pytest.mark.parametrize("state", State)
def test_r_prov_06_late_stakes_where_the_profile_takes_them(state):
    row = replace(_a_round(), state=state, stakes=1)
    expected = {State.OPEN: State.OPEN, State.CLOSED: State.CLOSED, State.CANCELLED: State.OPEN}.get(state)
    if expected is None:
        with pytest.raises(Refused):
            rounds.after(row, Event.STAKE, late=True)
    else:
        assert rounds.after(row, Event.STAKE, late=True) is expected


def test_what_may_happen_late_is_refused_otherwise_or_changes_nothing():
    for place, target in LATE.items():
        assert isinstance(TRANSITIONS[place], Reason)
        assert isinstance(target, State)


def test_a_close_that_overtook_the_first_stake_lets_it_in():
    books = Books(cash="20")
    books.do(play(note("n1"), profile=REFUSE, close_round=True))
    assert books.round().state is State.CLOSED
    assert answer(books.do(play(bet("b1"), profile=REFUSE))) is Outcome.APPLIED
    assert books.round().state is State.CLOSED
    assert (books.round().in_play, books.total("STAKES")) == (0, "10.00")
    assert answer(books.do(play(bet("b2", "1"), profile=REFUSE))) is Reason.ROUND_CLOSED
    books.assert_sound()


LIVES = [
    # what happens, the state after it, its revision, what is in play, what is house revenue
    ("more stakes", [bet("b1"), bet("b2", "3")], State.OPEN, 0, "13", "0.00"),
    ("a win", [bet("b1"), win("w1", "5")], State.OPEN, 0, "10", "0.00"),
    ("all stakes rolled back", [bet("b1"), rollback("x1", "b1")], State.CANCELLED, 0, "0", "0.00"),
    ("one of two rolled back", [bet("b1"), bet("b2", "3"), rollback("x1", "b1")], State.OPEN, 0, "3", "0.00"),
    ("part of one rolled back", [bet("b1"), rollback("x1", "b1", "4")], State.OPEN, 0, "6", "0.00"),
    ("closed", [bet("b1"), "close"], State.CLOSED, 0, "0", "10.00"),
    ("closed twice", [bet("b1"), "close", "close again"], State.CLOSED, 0, "0", "10.00"),
    ("late win", [bet("b1"), "close", win("w1", "5")], State.CLOSED, 1, "0", "10.00"),
    ("late rollback of part", [bet("b1"), "close", rollback("x1", "b1", "4")], State.CLOSED, 1, "0", "6.00"),
    ("late rollback of all", [bet("b1"), "close", rollback("x1", "b1")], State.CANCELLED, 1, "0", "0.00"),
    ("late stake taken", [bet("b1"), "close", bet("b2", "3")], State.CLOSED, 1, "0", "13.00"),
    ("stake on a cancelled one", [bet("b1"), rollback("x1", "b1"), bet("b2", "3")], State.OPEN, 1, "3", "0.00"),
    ("closed when cancelled", [bet("b1"), rollback("x1", "b1"), "close"], State.CANCELLED, 0, "0", "0.00"),
]


@pytest.mark.parametrize(
    ("told", "state", "revision", "in_play", "stakes"), [r[1:] for r in LIVES], ids=[r[0] for r in LIVES]
)
def test_a_round_lives(told, state, revision, in_play, stakes):
    books = Books(cash="50")
    for number, step in enumerate(told):
        closing = play(note(f"close{number}"), close_round=True)
        decision = books.do(closing if isinstance(step, str) else play(step, profile=ACCEPT))
        assert decision.refusal is None
    row = books.round()
    assert (row.state, row.revision, row.in_play) == (state, revision, units(in_play))
    assert books.total("STAKES") == stakes
    books.assert_sound()


def test_close_is_idempotent_and_moves_the_stakes_once_p_04():
    books = Books(cash="50")
    books.do(play(bet("b1")))
    close = play(note("c1"), close_round=True)
    first = books.do(close)
    assert answer(first) is Outcome.APPLIED
    assert books.journal(first.results[0].transaction_id) == [("IN_PLAY", "-10.00"), ("STAKES", "10.00")]
    again = books.do(close)
    assert again.replayed
    assert again.results[0].transaction_id == first.results[0].transaction_id
    assert answer(books.do(play(note("c2"), close_round=True))) is Outcome.NOOP
    assert books.total("STAKES") == "10.00"


def test_closing_an_unknown_round_leaves_a_closed_one():
    books = Books()
    assert answer(books.do(play(note("c1"), close_round=True))) is Outcome.APPLIED
    assert (books.round().state, books.round().stakes) == (State.CLOSED, 0)


def test_e_10_bet_win_and_close_in_one_play_r_prov_09():
    books = Books(cash="50")
    decision = books.do(play(bet("b1"), win("w1", "25", "b1"), close_round=True))
    assert [result.outcome for result in decision.results] == [Outcome.APPLIED, Outcome.APPLIED]
    assert books.journal(decision.results[0].transaction_id) == [("CASH", "-10.00"), ("IN_PLAY", "10.00")]
    assert books.journal(decision.results[1].transaction_id) == [
        ("CASH", "25.00"),
        ("WINS", "-25.00"),
        ("IN_PLAY", "-10.00"),
        ("STAKES", "10.00"),
    ]
    assert books.cash == "65.00"


def test_the_close_belongs_to_the_round_the_play_names():
    """A rollback named another round than its bet's: the named one closes, the bet's stays as it was."""
    books = Books(cash="50")
    books.do(play(bet("b1"), bet("b2")))
    books.do(play(bet("c1", "7"), round_id="r2"))
    books.do(play(rollback("x1", "b1"), round_id="r2", close_round=True))
    assert (books.round().state, books.round().in_play) == (State.OPEN, units("10"))
    assert (books.round("r2").state, books.round("r2").in_play) == (State.CLOSED, 0)
    books.assert_sound()


def test_the_close_happens_though_the_last_action_is_a_replay():
    books = Books(cash="50")
    books.do(play(bet("b1")))
    books.do(play(win("w1", "5"), bet("b1"), close_round=True))
    assert books.round().state is State.CLOSED


# Voids.


def _voided(*more):
    books = Books(cash="50")
    books.do(play(bet("b1"), *more))
    assert answer(books.do(void())) is Outcome.APPLIED
    return books


def test_a_void_gives_the_stakes_back_p_05():
    books = _voided()
    assert (books.cash, books.round().state, books.round().in_play) == ("50.00", State.VOIDED, 0)
    head = books.lines[-1].transaction_id
    assert books.journal(head) == [("CASH", "10.00"), ("IN_PLAY", "-10.00")]
    books.assert_sound()


@pytest.mark.parametrize(
    ("wins", "paid"),
    [
        (["25"], "15.00"),
        (["10"], "0.00"),
        (["4"], "0.00"),
        (["0"], "0.00"),
        (["4", "4", "4"], "2.00"),
        (["25", "5"], "20.00"),
    ],
)
def test_gc_pv_04_e_51_a_late_win_pays_what_it_exceeds_the_refund_by(wins, paid):
    books = _voided()
    for number, amount in enumerate(wins):
        assert answer(books.do(play(win(f"w{number}", amount)))) is Outcome.APPLIED
    assert books.cash == str(50 + int(paid[:-3])) + ".00"
    assert books.round().state is State.VOIDED
    books.assert_sound()


@pytest.mark.parametrize("amount", [None, "4"])
def test_a_rollback_after_a_void_gives_nothing_twice(amount):
    books = _voided()
    assert answer(books.do(play(rollback("x1", "b1", amount)))) is Outcome.NOOP
    assert books.cash == "50.00"


def test_a_win_paid_before_the_void_stays_and_is_amended_by_its_difference():
    books = _voided(win("w1", "30", "b1"))
    assert books.cash == "80.00"
    assert answer(books.do(play(amend("a1", "w1", "30")))) is Outcome.NOOP
    assert answer(books.do(play(amend("a2", "w1", "31")))) is Outcome.APPLIED
    assert books.cash == "81.00"


def test_r_rb_12_a_late_win_of_a_voided_round_is_amended_by_its_difference():
    """A late win was given the same amount again, and the refund it had used up was paid once more."""
    books = _voided()
    books.do(play(win("w1", "30")))
    assert books.cash == "70.00"
    books.do(play(amend("a1", "w1", "30")))
    assert books.cash == "70.00"
    books.do(play(amend("a2", "w1", "35")))
    assert books.cash == "75.00"


def test_r_rb_12_a_late_win_that_paid_nothing_can_be_amended():
    """A late win below the refund counted as rolled back."""
    books = _voided()
    books.do(play(win("w1", "4")))
    assert answer(books.do(play(amend("a1", "w1", "30")))) is Outcome.APPLIED
    assert books.cash == "70.00"


def test_r_round_09_a_late_win_that_is_rolled_back_leaves_the_refund_as_it_was():
    """The refund a late win had used up was not put back, so the corrected win was paid whole on top of it."""
    books = _voided()
    books.do(play(win("w1", "30")))
    books.do(play(rollback("x1", "w1")))
    assert books.cash == "50.00"
    books.do(play(win("w2", "30")))
    assert books.cash == "70.00"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ([], Reason.ROUND_NOT_FOUND),
        ([play(bet("b1"), close_round=True)], Reason.ROUND_CLOSED),
        ([play(bet("b1")), play(rollback("x1", "b1"))], Reason.ROUND_CLOSED),
    ],
    ids=["unknown", "closed", "cancelled"],
)
def test_what_cannot_be_voided(told, reason):
    books = Books(cash="50")
    for command in told:
        books.do(command)
    assert answer(books.do(void())) is reason


def test_a_void_is_said_once_r_idem_09():
    books = _voided()
    again = books.do(void())
    assert again.replayed
    assert answer(books.do(replace(void(), reason="another"))) is Reason.CONFLICT
    assert answer(books.do(void(key="v2"))) in {Outcome.APPLIED, Outcome.NOOP}
    assert books.cash == "50.00"
    assert answer(books.do(play(bet("b2"), profile=ACCEPT))) is Reason.ROUND_CLOSED


def test_a_partly_rolled_back_stake_is_voided_by_what_is_left():
    books = Books(cash="50")
    books.do(play(bet("b1"), rollback("x1", "b1", "4")))
    books.do(void())
    assert books.cash == "50.00"
    books.assert_sound()


# Stakes of nothing.


def test_e_11_a_round_is_cancelled_when_no_stake_stands_not_when_nothing_is_staked():
    """The rollback of a stake beside a stake of nothing cancelled the round, and the other's win was lost."""
    books = Books(cash="50")
    books.do(play(bet("b0", "0"), bet("b1")))
    books.do(play(rollback("x1", "b1")))
    assert books.round().state is State.OPEN
    assert answer(books.do(play(win("w0", "5", "b0")))) is Outcome.APPLIED


def test_r_prov_05_a_stake_of_nothing_that_was_rolled_back_wins_nothing():
    """The rollback of a bet of zero left no trace, so its win was paid: rolled back first, it would not have been."""
    books = Books(cash="50")
    books.do(play(bet("b0", "0")))
    books.do(play(rollback("x0", "b0")))
    assert answer(books.do(play(win("w0", "5", "b0")))) is Reason.REFERENCE_ROLLED_BACK
    assert books.round().state is State.CANCELLED
    assert books.cash == "50.00"


def test_i_04_a_win_waits_for_its_own_stake_though_the_first_was_rolled_back():
    """A win that overtook its bet was refused for ever, because another bet of the round had been rolled back."""
    books = Books(cash="50")
    won = play(win("w2", "7", "b2"), profile=ACCEPT)
    books.do(play(bet("b1")))
    books.do(play(rollback("x1", "b1")))
    early = answer(books.do(won))
    books.do(play(bet("b2", "3"), profile=ACCEPT))
    if early is not Outcome.APPLIED:
        books.do(won)
    assert books.cash == "54.00"


# What a round is of.


def test_r_cur_02_a_round_has_one_currency():
    books = Books(players=())
    books.do(CreatePlayer("ann", "operator", "brand", ("EUR", "USD")))
    books.do(deposit("50"))
    books.do(deposit("50", currency="USD", key="d2"))
    books.do(play(bet("b1")))
    assert answer(books.do(play(bet("b2"), currency="USD"))) is Reason.WRONG_CURRENCY
    assert answer(books.do(play(win("w1", "5"), currency="USD"))) is Reason.WRONG_CURRENCY
    assert answer(books.do(play(rollback("x1", "b1"), currency="USD", round_id="r2"))) is Reason.WRONG_CURRENCY


def test_rounds_of_two_providers_with_one_name_are_two():
    books = Books(cash="50")
    books.do(play(bet("b1"), close_round=True))
    books.do(play(bet("b1", provider="other"), provider_id="other"))
    assert books.round().state is State.CLOSED
    assert books.round(ROUND, provider="other").state is State.OPEN


def test_part_of_a_late_win_is_taken_back_from_what_was_paid_first():
    """A partial rollback had split itself over the set-off too, and so left paid money with the player."""
    books = _voided()
    books.do(play(win("w1", "30")))
    decision = books.do(play(rollback("x1", "w1", "25")))
    assert decision.results[0].parts == (("CASH", -units("20")), ("REFUNDED", -units("5")))
    assert (books.cash, books.round().refunded) == ("50.00", units("5"))
    books.assert_sound()


def test_a_late_win_amended_to_its_own_amount_is_nothing():
    books = _voided()
    books.do(play(win("w1", "30")))
    assert answer(books.do(play(amend("a1", "w1", "30")))) is Outcome.NOOP
