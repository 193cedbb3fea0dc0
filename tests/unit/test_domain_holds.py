"""Holds: never anonymous, never for ever by accident, never more than there is (R-HOLD-01..07)."""

import itertools

import pytest
from msgspec.structs import replace

from tests.support.domain import (
    HOUR,
    PLAYER,
    START,
    TICK,
    Books,
    amount_of,
    answer,
    bet,
    deposit,
    play,
    promo,
    session,
    units,
    withdrawal,
)
from tests.support.holds import (
    DAY,
    LATER,
    escalate,
    expire,
    extend,
    freeze,
    hold,
    legal,
    place,
    release,
    request,
    sweep,
    take,
)
from wallet_core.domain.commands import CreatePlayer, SetStatus
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import Kind
from wallet_core.domain.hold_commands import CAPTURES, Purpose
from wallet_core.domain.holds import LIVE, QUIET, TRANSITIONS, Basis, Event, HoldReason, State
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.players import Restriction, Status
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.subwallets import Transfer

LONG = LATER + 30 * DAY


def _held(books, reason="DISPUTE"):
    return books.total(f"HELD:{reason}")


def _books(*commands, cash="50"):
    books = Books(cash=cash)
    for command in commands:
        assert answer(books.do(command)) in {Outcome.APPLIED, Outcome.NOOP}
    return books


def test_every_live_state_has_every_event_and_no_other_state_has_any():
    assert set(TRANSITIONS) == set(itertools.product(LIVE, Event))
    assert {state for state in TRANSITIONS.values() if state not in LIVE} == set(State) - LIVE


def test_every_reason_has_a_time_to_hang_and_every_purpose_an_account():
    assert set(QUIET) == set(HoldReason)
    assert set(CAPTURES) == set(Purpose)


def test_p_12_a_hold_moves_cash_to_the_pocket_of_its_reason():
    books = _books()
    decision = books.do(place("20", evidence="mail of 3 May"))
    assert books.journal(decision.results[0].transaction_id) == [("CASH", "-20.00"), ("HELD:DISPUTE", "20.00")]
    assert (books.cash, _held(books)) == ("30.00", "20.00")
    row = hold(books)
    assert (row.state, row.held, row.amount, row.sources) == (
        State.PLACED,
        units("20"),
        units("20"),
        (("CASH", units("20")),),
    )
    assert (row.owner, row.case_id, row.clause, row.evidence) == ("ann", "case-1", "terms 7.2", "mail of 3 May")
    assert row.text_key == "hold.dispute"
    head = next(row for key, row in books.rows.items() if key[0].__name__ == "Transaction" and row.kind is Kind.HOLD)
    assert dict(head.info)["owner"] == "ann"
    books.assert_sound()


@pytest.mark.parametrize(
    ("command", "reason", "words"),
    [
        (place("50.01"), Reason.INSUFFICIENT_FUNDS, "so much"),
        (place("0"), Reason.INVALID_AMOUNT, ""),
        (place("-1"), Reason.INVALID_AMOUNT, ""),
        (place(None), Reason.INVALID_AMOUNT, ""),
        (place(currency="USD"), Reason.WRONG_CURRENCY, ""),
        (place(owner=" "), Reason.INVALID_REQUEST, "owner: a hold is never anonymous"),
        (place(case_id=""), Reason.INVALID_REQUEST, "case_id"),
        (place(clause=""), Reason.INVALID_REQUEST, "clause"),
        (place(reason=HoldReason.WITHDRAWAL), Reason.INVALID_REQUEST, "requested"),
        (place(expires_at=0), Reason.INVALID_REQUEST, "expires_at"),
        (place(expires_at=START), Reason.INVALID_REQUEST, "expires_at"),
        (place(review_at=START), Reason.INVALID_REQUEST, "review_at"),
        (place(review_at=LATER), Reason.INVALID_REQUEST, "review_at"),
        (legal(expires_at=LATER), Reason.INVALID_REQUEST, "no expiry"),
        (legal(review_at=0), Reason.INVALID_REQUEST, "no expiry"),
        (legal(review_at=START), Reason.INVALID_REQUEST, "no expiry"),
        (freeze(basis=Basis.TERMS, expires_at=LATER, review_at=0), Reason.INVALID_REQUEST, "account_freeze"),
        (freeze(reason=HoldReason.CDD), Reason.INVALID_REQUEST, "account_freeze"),
        (replace(freeze(), amount=1), Reason.INVALID_REQUEST, "takes all"),
        (replace(place(), player_id="bob"), Reason.PLAYER_UNKNOWN, ""),
    ],
)
def test_what_is_no_hold_leaves_nothing(command, reason, words):
    books = _books()
    rows = dict(books.rows)
    decision = books.do(command)
    assert answer(decision) is reason
    assert words in decision.refusal.message
    assert books.rows == rows


def test_a_hold_is_placed_once_for_ever():
    books = _books(place("20"))
    again = books.do(place("20"))
    assert again.replayed
    assert answer(again) is Outcome.APPLIED
    assert answer(books.do(place("21"))) is Reason.CONFLICT
    assert answer(books.do(place("20", owner="bob"))) is Reason.CONFLICT
    assert _held(books) == "20.00"
    books.assert_sound()


def test_no_stake_and_no_withdrawal_takes_what_is_held():
    books = _books(place("45"))
    assert answer(books.do(play(bet("b1", "10")))) is Reason.INSUFFICIENT_FUNDS
    assert answer(books.do(withdrawal("10"))) is Reason.INSUFFICIENT_FUNDS
    assert answer(books.do(place("5.01", "h2"))) is Reason.INSUFFICIENT_FUNDS
    assert answer(books.do(play(bet("b2", "5")))) is Outcome.APPLIED


def test_holds_of_one_reason_share_a_pocket_and_end_each_by_itself():
    books = _books(place("20"), place("5", "h2"), release("h1"))
    assert (books.cash, _held(books)) == ("45.00", "5.00")
    assert [hold(books, each).state for each in ("h1", "h2")] == [State.RELEASED, State.PLACED]
    books.assert_sound()


def test_p_14_a_release_gives_back_to_the_pockets_it_came_from():
    books = _books(Transfer(PLAYER, "t1", "EUR", units("30"), "CASH", "CASH:SPORTS"))
    books.do(place("45"))
    assert hold(books).sources == (("CASH", units("20")), ("CASH:SPORTS", units("25")))
    assert books.total("CASH:SPORTS") == "5.00"
    decision = books.do(release())
    assert books.journal(decision.results[0].transaction_id) == [
        ("HELD:DISPUTE", "-45.00"),
        ("CASH", "20.00"),
        ("CASH:SPORTS", "25.00"),
    ]
    assert books.total("CASH:SPORTS") == "30.00"
    books.assert_sound()


def test_a_capture_takes_a_part_and_then_the_rest():
    books = _books(place("20"))
    first = books.do(take("5"))
    assert books.journal(first.results[0].transaction_id) == [("HELD:DISPUTE", "-5.00"), ("ADJUSTMENTS", "5.00")]
    row = hold(books)
    assert (row.state, row.captured, row.held) == (State.PART_CAPTURED, units("5"), units("15"))
    assert answer(books.do(take(key="c2"))) is Outcome.APPLIED
    row = hold(books)
    assert (row.state, row.captured, row.held, row.review_at) == (State.CAPTURED, units("20"), 0, 0)
    assert (books.cash, books.total("ADJUSTMENTS")) == ("30.00", "20.00")
    books.assert_sound()


def test_what_was_not_captured_is_given_back():
    books = _books(place("20"), take("5"), release())
    row = hold(books)
    assert (row.state, row.amount, row.captured, row.held) == (State.RELEASED, units("20"), units("5"), 0)
    assert books.cash == "45.00"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (take("20.01"), Reason.AMOUNT_EXCEEDS_REFERENCE),
        (take("0"), Reason.INVALID_AMOUNT),
        (take("-1"), Reason.INVALID_AMOUNT),
        (take(account="FEES"), Reason.INVALID_REQUEST),
        (take(account="CASH"), Reason.INVALID_REQUEST),
        (take(purpose=Purpose.PAYOUT), Reason.INVALID_REQUEST),
        (take(hold_id="h9"), Reason.HOLD_NOT_FOUND),
        (release("h9"), Reason.HOLD_NOT_FOUND),
        (extend("h9", expires_at=LONG), Reason.HOLD_NOT_FOUND),
        (expire("h9"), Reason.HOLD_NOT_FOUND),
        (expire(), Reason.HOLD_STATE),
        (escalate("h1", START), Reason.HOLD_STATE),
        (escalate("h1", 0), Reason.HOLD_STATE),
        (sweep("h1"), Reason.HOLD_STATE),
        (extend(expires_at=LATER), Reason.INVALID_REQUEST),
        (extend(review_at=LATER), Reason.INVALID_REQUEST),
        (extend(expires_at=LONG, review_at=LONG), Reason.INVALID_REQUEST),
    ],
)
def test_what_cannot_be_done_with_a_hold_changes_nothing(command, reason):
    books = _books(place("20"))
    rows = dict(books.rows)
    assert answer(books.do(command)) is reason
    assert books.rows == rows


@pytest.mark.parametrize("purpose", Purpose)
def test_a_capture_goes_where_its_purpose_says(purpose):
    for account in CAPTURES[purpose]:
        books = _books(place("20"), take(purpose=purpose, account=account))
        assert books.total(account) == ("-30.00" if account == "PSP_CLEARING" else "20.00")


@pytest.mark.parametrize("end", [take(), release(), None], ids=["captured", "released", "expired"])
def test_a_hold_that_is_over_takes_nothing_more(end):
    books = _books(place("20"))
    if end is None:
        books.wait(10 * DAY)
        end = expire()
    assert answer(books.do(end)) is Outcome.APPLIED
    rows = dict(books.rows)
    for command in (
        take(key="c9"),
        release(key="r9"),
        extend(expires_at=LONG),
        expire(due=LONG),
        escalate("h1", START),
    ):
        assert answer(books.do(command)) is Reason.HOLD_STATE
    assert books.rows == rows


def test_r_hold_02_a_hold_expires_at_its_end_and_not_before():
    books = _books(place("20"))
    books.at = LATER - 2_000_000
    assert answer(books.do(expire())) is Reason.HOLD_STATE
    assert answer(books.do(expire())) is Outcome.APPLIED  # at the very microsecond (R-TIME-08)
    assert hold(books).changed_at == LATER
    assert (books.cash, hold(books).state) == ("50.00", State.EXPIRED)
    assert books.do(expire()).replayed


def test_a_hold_past_its_end_is_only_given_back():
    books = _books(place("20"))
    books.at = LATER - TICK
    assert answer(books.do(take("1", key="c0"))) is Reason.HOLD_STATE  # at the very microsecond (R-TIME-08)
    assert answer(books.do(expire(due=LATER - 1))) is Reason.HOLD_STATE
    assert answer(books.do(extend(expires_at=LONG))) is Reason.HOLD_STATE
    assert answer(books.do(take())) is Reason.HOLD_STATE
    assert answer(books.do(release())) is Outcome.APPLIED


def test_an_extension_moves_the_end():
    books = _books(place("20"), extend(expires_at=LONG))
    assert (hold(books).state, hold(books).expires_at) == (State.EXTENDED, LONG)
    books.wait(11 * DAY)
    assert answer(books.do(expire())) is Reason.HOLD_STATE
    assert answer(books.do(expire(due=LATER))) is Reason.HOLD_STATE
    books.wait(30 * DAY)
    assert answer(books.do(expire(due=LONG))) is Outcome.APPLIED
    books.assert_sound()


def test_r_hold_02_the_owner_hears_at_half_and_at_four_fifths_of_the_time():
    books = _books(place("20"))
    placed = hold(books).placed_at
    span = LATER - placed
    due = hold(books).review_at
    assert due == placed + span // 2
    for then in (placed + span * 8 // 10, 0):
        books.at = due - TICK
        assert answer(books.do(escalate("h1", due))) is Outcome.NOOP
        assert (hold(books).state, hold(books).review_at) == (State.ESCALATED, then)
        assert books.do(escalate("h1", due)).replayed
        due = then
    assert answer(books.do(escalate("h1", 0))) is Reason.HOLD_STATE
    assert (books.cash, _held(books)) == ("30.00", "20.00")
    books.do(extend(expires_at=LONG))
    assert hold(books).state is State.EXTENDED


def test_r_hold_07_a_hold_of_which_nothing_is_heard_is_escalated_by_its_class():
    books = _books(place("20", reason=HoldReason.CDD, expires_at=LONG))
    assert hold(books).review_at == hold(books).placed_at + 72 * HOUR
    books.wait(DAY)
    books.do(take("1"))
    assert hold(books).review_at == hold(books).changed_at + 72 * HOUR


def test_a_legal_hold_is_looked_at_again_and_never_ends_by_itself():
    books = _books(legal("20"))
    books.wait(11 * DAY)
    assert answer(books.do(expire())) is Reason.HOLD_STATE
    assert answer(books.do(escalate("h1", LATER))) is Outcome.NOOP
    assert hold(books).state is State.ESCALATED
    assert answer(books.do(extend(expires_at=LONG, review_at=LONG))) is Reason.INVALID_REQUEST
    assert answer(books.do(extend(review_at=LONG))) is Outcome.NOOP
    assert (hold(books).state, hold(books).review_at, hold(books).expires_at) == (State.EXTENDED, LONG, 0)


def test_r_hold_03_a_freeze_takes_all_cash_and_every_later_credit():
    books = _books(Transfer(PLAYER, "t1", "EUR", units("30"), "CASH", "CASH:SPORTS"))
    assert answer(books.do(freeze())) is Outcome.APPLIED
    assert (books.cash, _held(books, "AML")) == ("0.00", "50.00")
    assert (books.player().restrictions, books.player().status) == ((Restriction.FROZEN,), Status.ACTIVE)
    books.do(play(promo("w1", "7")))
    assert answer(books.do(play(bet("b1", "1")))) is Reason.PLAYER_BLOCKED
    assert answer(books.do(sweep(due=3))) is Outcome.APPLIED
    assert (books.cash, _held(books, "AML"), hold(books, "f1").amount) == ("0.00", "57.00", units("57"))
    assert books.do(sweep(due=3)).replayed
    assert answer(books.do(sweep(due=4))) is Reason.HOLD_STATE
    assert answer(books.do(release("f1"))) is Outcome.APPLIED
    assert (books.total("CASH"), books.total("CASH:SPORTS")) == ("27.00", "30.00")
    assert books.player().may_play
    assert answer(books.do(sweep(due=9))) is Reason.HOLD_STATE
    books.assert_sound()


BLOCK = SetStatus(PLAYER, blocked=True, reason="asked", actor="ops", request_id="block")
UNBLOCK = replace(BLOCK, blocked=False, request_id="unblock")


def test_an_unblocked_player_whose_account_is_frozen_plays_nothing_and_withdraws_nothing():
    """UnblockPlayer lifted a freeze: the account played on, under an order that forbade it."""
    books = _books(freeze(), BLOCK, UNBLOCK, play(promo("w1", "30")))
    assert books.player().restrictions == (Restriction.FROZEN,)
    for refused in (play(bet("b1", "1")), request("1"), withdrawal("1"), deposit("1", key="d2"), session()):
        assert books.do(refused).refusal.reason is Reason.PLAYER_BLOCKED
    books.do(release("f1"))
    assert answer(books.do(play(bet("b2", "1")))) is Outcome.APPLIED
    books.assert_sound()


def test_a_lifted_freeze_unblocks_nobody():
    books = _books(BLOCK, freeze(), release("f1"))
    assert books.player().restrictions == (Restriction.BLOCKED,)
    assert answer(books.do(play(bet("b1", "1")))) is Reason.PLAYER_BLOCKED
    books.do(UNBLOCK)
    assert answer(books.do(play(bet("b2", "1")))) is Outcome.APPLIED


def test_freezes_of_several_wallets_are_lifted_one_by_one():
    books = Books(players=())
    books.do(CreatePlayer(PLAYER, "operator", "brand", ("EUR", "USD")))
    for hold_id, currency in (("f1", "EUR"), ("f2", "USD"), ("f3", "USD")):
        books.do(freeze(hold_id, currency=currency))
    left = []
    for number, hold_id in enumerate(("f1", "f3", "f3", "f2")):
        books.do(release(hold_id, key=f"r{number}"))
        left.append((books.player().frozen, books.player().may_play))
        books.assert_sound()
    assert left == [(2, False), (1, False), (1, False), (0, True)]


def test_a_freeze_goes_on_though_all_it_held_is_captured():
    """R-HOLD-03 "until lifted": the next credit was not swept, and the player could have it."""
    books = _books(freeze(), take("20", "f1"), take(None, "f1", key="c2"))
    assert (hold(books, "f1").state, books.player().frozen) == (State.PART_CAPTURED, 1)
    books.do(play(promo("w1", "7")))
    sequence = books.rows[Pocket, PLAYER, "EUR", "CASH"].sequence
    assert answer(books.do(sweep(due=sequence))) is Outcome.APPLIED
    assert (books.cash, _held(books, "AML")) == ("0.00", "7.00")
    books.do(release("f1"))
    assert (hold(books, "f1").state, books.player().frozen) == (State.RELEASED, 0)
    books.assert_sound()


def test_a_refused_release_lifts_nothing():
    books = _books(freeze())
    assert answer(books.do(release("f2"))) is Reason.HOLD_NOT_FOUND
    assert books.player().frozen == 1
    books.do(release("f1", key="r2"))
    assert books.do(release("f1", key="r2")).replayed
    assert answer(books.do(release("f1", key="r3"))) is Reason.HOLD_STATE
    assert books.player().frozen == 0


def test_a_freeze_of_nothing_waits_for_credits():
    books = Books()
    assert answer(books.do(freeze())) is Outcome.NOOP
    books.do(play(promo("w1", "7")))
    assert answer(books.do(sweep(due=1))) is Outcome.APPLIED
    assert _held(books, "AML") == "7.00"
    assert answer(books.do(sweep(due=2))) is Reason.HOLD_STATE
    books.assert_sound()


def test_what_other_holds_give_back_to_a_frozen_account_is_swept():
    books = _books(place("20"), freeze(), release("h1"), sweep(due=4))
    assert (books.cash, _held(books, "AML"), _held(books)) == ("0.00", "50.00", "0.00")


def test_r_hold_04_a_hold_never_takes_bonus_money():
    books = _books(cash="0")
    assert answer(books.do(deposit("5"))) is Outcome.APPLIED
    assert answer(books.do(place("5.01"))) is Reason.INSUFFICIENT_FUNDS
    assert all(pocket.startswith("CASH") for pocket, _ in hold(_books(place("20"))).sources)


def test_a_discreet_hold_says_so_to_whoever_shows_its_transactions():
    books = _books(legal("20", discreet=True))
    heads = [row for key, row in books.rows.items() if key[0].__name__ == "Transaction"]
    assert [dict(row.info).get("discreet") for row in heads if row.kind is Kind.HOLD] == ["true"]


def test_the_balances_after_a_hold_are_those_of_what_can_be_staked():
    books = _books()
    decision = books.do(place("20"))
    assert amount_of(decision.now.cash) == amount_of(decision.now.shown) == "30.00"
    assert amount_of(books.do(place("20")).then.cash) == "30.00"


def test_a_hold_may_not_end_as_it_begins():
    books = _books()
    assert answer(books.do(place(expires_at=books.at + TICK))) is Reason.INVALID_REQUEST
    assert answer(books.do(place(expires_at=books.at + TICK + 1))) is Outcome.APPLIED


@pytest.mark.parametrize("step", [place, release], ids=["held", "given back"])
def test_no_pocket_holds_more_than_it_can(step):
    most = str(INT64_MAX // units("1"))
    books = Books()
    books.do(deposit(most))
    books.do(place(most))
    books.do(deposit(most, key="d2"))
    rows = dict(books.rows)
    command = place(most, "h2") if step is place else release()
    assert answer(books.do(command)) is Reason.INVALID_AMOUNT
    assert books.rows == rows
