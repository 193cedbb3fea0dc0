"""The active currency: a switch ends sessions, and open rounds keep theirs to the end (R-CUR-03, E-39)."""

import pytest

from tests.support.domain import (
    HOUR,
    PLAYER,
    answer,
    bet,
    deposit,
    play,
    promo,
    rollback,
    session,
    token_id,
    units,
    win,
    withdrawal,
)
from tests.support.players import exclude, status, switch, travelled
from wallet_core.domain.commands import CloseSession, OpenSession, RotateSession
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.fx import Side
from wallet_core.domain.fx_commands import OpenQuote
from wallet_core.domain.profiles import BetSession, Profile
from wallet_core.domain.sessions import EndReason, State, ended, seen

WITH_SESSION = Profile(bet_session=BetSession.REQUIRED)


@pytest.fixture
def books():
    """A player with 100 of each of two wallets, who has never switched."""
    books = travelled("EUR", "USD", "PTS")
    for currency in ("EUR", "USD"):
        books.do(deposit("100", currency=currency, key=f"first {currency}"))
    return books


def _bet(key, currency, round_id="r1", **more):
    return play(bet(key, "10"), currency=currency, round_id=round_id, **more)


def test_who_never_switched_plays_in_any_wallet(books):
    assert answer(books.do(_bet("b1", "EUR"))) is Outcome.APPLIED
    assert answer(books.do(_bet("b2", "USD", "r2"))) is Outcome.APPLIED
    assert books.do(session(currency="")).refusal.reason is Reason.WRONG_CURRENCY
    assert books.player().currency == ""


def test_r_cur_03_new_rounds_are_played_in_the_active_currency_alone(books):
    assert answer(books.do(switch("USD"))) is Outcome.NOOP
    refused = books.do(_bet("b1", "EUR"))
    assert answer(refused) is Reason.WRONG_CURRENCY
    assert refused.refusal.message == "The player plays in USD; switch to EUR first."
    assert answer(books.do(_bet("b2", "USD", "r2"))) is Outcome.APPLIED
    books.do(switch("EUR", "c2"))
    assert answer(books.do(_bet("b1", "EUR"))) is Outcome.APPLIED  # the key was bound to nothing
    books.assert_sound()


def test_e_39_a_switch_in_the_middle_of_a_round(books):
    books.do(_bet("b1", "EUR"))
    books.do(switch("USD"))
    assert answer(books.do(_bet("b2", "EUR"))) is Outcome.APPLIED  # the round is open
    assert answer(books.do(_bet("b3", "USD"))) is Reason.WRONG_CURRENCY  # and in euros
    assert answer(books.do(play(rollback("x2", "b2")))) is Outcome.APPLIED
    assert answer(books.do(play(win("w1", "30"), close_round=True))) is Outcome.APPLIED
    assert (books.cash, books.round().currency) == ("120.00", "EUR")
    assert answer(books.do(_bet("b4", "EUR"))) is Reason.WRONG_CURRENCY  # it is closed
    assert answer(books.do(play(win("late", "1")))) is Outcome.APPLIED
    assert answer(books.do(play(promo("p1", "1"), round_id=""))) is Outcome.APPLIED
    books.assert_sound()


def test_r_cur_03_sessions_end_with_the_switch(books):
    before = books.do(session("s1", currency="USD")).row
    books.do(switch("USD"))
    player = books.player()
    assert (ended(before, player), seen(before, player).state) == (EndReason.CURRENCY_SWITCH, State.CLOSED)
    seat = {"profile": WITH_SESSION, "session_id": token_id("s1")}
    assert answer(books.do(_bet("b1", "USD", **seat))) is Reason.SESSION_EXPIRED
    assert answer(books.do(play(win("w1", "1"), currency="USD", session_id=token_id("s1")))) is Outcome.APPLIED
    rotation = RotateSession(PLAYER, token_id("s1"), "acme", token_id("s2"))
    assert books.do(rotation).refusal.reason is Reason.SESSION_EXPIRED
    assert books.do(CloseSession(PLAYER, token_id("s1"), "acme", "LOGOUT")).replayed
    after = books.do(session("s3", currency="USD")).row
    assert (ended(after, player), seen(after, player)) == (None, after)
    assert answer(books.do(_bet("b2", "USD", session_id=token_id("s3")))) is Outcome.APPLIED


def test_a_session_of_the_old_currency_is_told_the_currency_first(books):
    """R-PROV-02: the currency is the fifth gate, the session the sixth."""
    books.do(session("s1", currency="EUR"))
    books.do(switch("USD"))
    assert answer(books.do(_bet("b1", "EUR", session_id=token_id("s1")))) is Reason.WRONG_CURRENCY


def test_what_was_over_before_the_switch_was_not_ended_by_it(books):
    expired = books.do(session("s1", ttl=HOUR, currency="EUR")).row
    books.do(session("s2", currency="EUR"))
    closed = books.do(CloseSession(PLAYER, token_id("s2"), "acme", "LOGOUT")).row
    books.wait(2 * HOUR)
    books.do(switch("USD"))
    assert [ended(each, books.player()) for each in (expired, closed)] == [None, None]
    assert seen(expired, books.player()).state_at(books.at) is State.EXPIRED


def test_sessions_open_in_the_active_currency(books):
    books.do(switch("USD"))
    refused = books.do(session("s1", currency="EUR"))
    assert refused.refusal.reason is Reason.WRONG_CURRENCY
    assert "switch to EUR first" in refused.refusal.message
    assert books.do(session("s1", currency="")).row.currency == "USD"


def test_a_session_that_was_opened_is_answered_again_after_a_switch(books):
    books.do(switch("EUR"))
    opened = books.do(session("s1", currency="")).row
    books.do(switch("USD", "c2"))
    for currency in ("", "EUR"):
        again = books.do(session("s1", currency=currency))
        assert (again.replayed, again.row) == (True, opened)
    assert books.do(session("s1", currency="USD")).refusal.reason is Reason.CONFLICT


def test_the_active_one_again_ends_nothing(books):
    books.do(switch("USD"))
    row = books.do(session("s1", currency="USD")).row
    assert books.do(switch("USD")).replayed
    assert answer(books.do(switch("USD", "c2"))) is Outcome.NOOP
    assert ended(row, books.player()) is None
    assert answer(books.do(switch("EUR"))) is Reason.CONFLICT


@pytest.mark.parametrize("currency", ["GBP", "PTS"])
def test_there_must_be_such_a_wallet_to_play_in(books, currency):
    assert answer(books.do(switch(currency))) is Reason.WRONG_CURRENCY
    assert books.player().currency == ""


def test_payments_and_conversions_are_in_any_wallet(books):
    books.do(switch("USD"))
    assert answer(books.do(deposit("5", key="d9"))) is Outcome.APPLIED
    assert answer(books.do(withdrawal("5"))) is Outcome.APPLIED
    quote = OpenQuote(PLAYER, "q1", "EUR", "USD", Side.SELL, units("1"))
    assert answer(books.do(quote)) is Reason.RATE_UNAVAILABLE  # so far it came


def test_a_play_that_names_no_currency_is_in_the_active_one(books):
    books.do(switch("USD"))
    nanos = bet("b1", None)
    decision = books.do(play(type(nanos)(nanos.kind, "b1", nanos.key, 10_000_000_000), currency=""))
    assert (answer(decision), decision.now.currency) == (Outcome.APPLIED, "USD")


def test_a_switch_lifts_no_restriction(books):
    for command in (status(blocked=True), exclude(), switch("USD")):
        books.do(command)
    assert len(books.player().restrictions) == 2
    assert answer(books.do(_bet("b1", "USD"))) is Reason.PLAYER_BLOCKED


def test_a_token_opened_in_the_same_batch_is_after_the_switch():
    books = travelled()
    opening = OpenSession(PLAYER, token_id("s1"), "acme", "slot", "", HOUR)
    late = OpenSession(PLAYER, token_id("s2"), "acme", "slot", "EUR", HOUR)
    decisions = books.do_batch([session("s0", currency="USD"), switch("USD"), opening, late])
    player = books.player()
    states = [seen(each.row, player).state for each in (decisions[0], decisions[2])]
    assert states == [State.CLOSED, State.ACTIVE]
    assert decisions[3].refusal.reason is Reason.WRONG_CURRENCY
