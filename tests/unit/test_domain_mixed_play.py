"""Plays of more than plain cash that once went wrong: whose money comes back, and where a win goes."""

import pytest
from msgspec.structs import replace

from tests.support.domain import (
    PLAYER,
    Books,
    amend,
    amount_of,
    answer,
    bet,
    deposit,
    key_of,
    play,
    rollback,
    session,
    token_id,
    units,
    void,
    win,
)
from tests.unit.test_domain_bonuses import bonus_first, granted, held
from wallet_core.domain.commands import CreatePlayer, PostJournal, Terms
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import Entry
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.policies import Basis, Split
from wallet_core.domain.profiles import CreditSession, Overdraw, Profile
from wallet_core.domain.promos import BonusTerms
from wallet_core.domain.subwallets import Transfer

TERMS = BonusTerms(multiplier=1_000)


def moved(decision, index=0):
    return {pocket: amount_of(amount) for pocket, amount in decision.results[index].parts}


def own(books, account, amount):
    """Put a pocket into the books."""
    row = Pocket(PLAYER, "EUR", account, units(amount), 1)
    books.rows[key_of(row)] = row


def sub_wallet(books, amount, product="CASINO"):
    """Set cash aside for a product."""
    transfer = Transfer(PLAYER, "t1", "EUR", units(amount), "CASH", f"CASH:{product}")
    assert answer(books.do(transfer)) is Outcome.APPLIED


# Partial rollbacks of amounts finer than a display unit.


@pytest.mark.parametrize("closed", [False, True])
def test_partial_rollbacks_returned_more_than_was_staked(closed):
    """R-RB-03, I-06: 0.013 of 0.004 and 0.009 came back as 0.015, or as a fault while the round was open."""
    books = Books()
    own(books, "CASH", "0.004")
    granted(books, "0.009", terms=TERMS)
    books.do(play(bet("b", "0.013"), round_id="r", close_round=closed))
    first = books.do(play(rollback("u1", "b", "0.01"), round_id="r"))
    assert answer(first) is Outcome.APPLIED
    rest = books.do(play(rollback("u2", "b"), round_id="r"))
    assert answer(rest) is Outcome.APPLIED
    assert (books.cash, held(books)) == ("0.004", "0.009")
    assert books.round("r").mix == ()


def test_lowering_a_win_took_more_than_a_pocket_had_got():
    books = Books()
    own(books, "CASH", "0.004")
    granted(books, "0.009", terms=TERMS)
    books.do(play(bet("b", "0.013"), round_id="r"))
    books.do(play(win("w", "0.013"), round_id="r"))
    lowered = moved(books.do(play(amend("a", "w", "0.003"), round_id="r")))
    assert "LAPSED" not in lowered
    assert sum(map(float, lowered.values())) == pytest.approx(-0.01)
    assert books.do(play(rollback("u", "w"), round_id="r")).refusal is None
    assert (books.cash, held(books)) == ("0.00", "0.00")


# Wins that name a bet, and say something else of currency or round.


def test_a_win_that_names_a_bet_of_another_currency_was_paid():
    """E-38: nothing is converted."""
    books = Books(players=())
    books.do(CreatePlayer(PLAYER, "operator", "brand", ("EUR", "USD")))
    books.do(deposit("100"))
    books.do(play(bet("b"), round_id="r"))
    refused = books.do(play(win("w", "5", "b"), round_id="", currency="USD"))
    assert answer(refused) is Reason.WRONG_CURRENCY
    assert amount_of(books.held(currency="USD").cash, "USD") == "0.00"
    assert answer(books.do(play(win("w", "5", "b"), round_id="", currency="EUR"))) is Outcome.APPLIED


@pytest.mark.parametrize("round_id", ["", "r2"])
@pytest.mark.parametrize("basis", list(Basis))
def test_a_win_of_bonus_money_that_names_its_bet_but_not_its_round_was_all_cash(round_id, basis):
    """Law 9, R-FUND-10: bonus money became cash unwagered."""
    books = Books(cash="0")
    granted(books, "10", terms=TERMS)
    policies = bonus_first(basis=basis)
    books.do(play(bet("b", "10"), round_id="r1", policies=policies))
    won = books.do(play(win("w", "100", "b"), round_id=round_id, policies=policies))
    assert moved(won) == {"BONUS:7": "100.00"}
    assert books.round("r1").won == units("100")
    assert books.transaction("w").round_id == "r1"
    books.assert_sound()
    undone = books.do(play(rollback("u", "w"), round_id=round_id, policies=policies))
    assert moved(undone) == {"BONUS:7": "-100.00"}


def test_a_win_is_of_the_round_it_names_where_one_of_its_bets_is():
    books = Books(cash="10")
    granted(books, "10", terms=TERMS)
    rule = bonus_first()
    books.do(play(bet("b1", "10"), round_id="r1", policies=rule))
    books.do(play(bet("b2", "10"), round_id="r2", policies=rule))
    won = books.do(play(win("w", "20", "b1", "b2"), round_id="r2", policies=rule))
    assert moved(won) == {"CASH": "20.00"}


def test_a_win_by_reference_counts_only_bets_of_its_round():
    """R-FUND-12: a bonus of another round had its share of the win."""
    books = Books(cash="10")
    granted(books, "10", terms=TERMS)
    rule = bonus_first(basis=Basis.REFERENCE)
    books.do(play(bet("b1", "10"), round_id="r1", policies=rule))
    granted(books, "5", bonus_id="8", terms=TERMS)
    books.do(play(bet("b2", "10"), round_id="r2", policies=rule))  # 5.00 of the other bonus, 5.00 in cash
    won = books.do(play(win("w", "20", "b1", "b2"), round_id="r2", policies=rule))
    assert moved(won) == {"BONUS:8": "10.00", "CASH": "10.00"}


# Voided rounds.


def test_a_late_win_of_a_voided_bonus_round_was_cash():
    """R-ROUND-09 says how much, R-FUND-10 where."""
    books = Books(cash="0")
    granted(books, "10", terms=TERMS)
    books.do(play(bet("b", "10"), round_id="r"))
    books.do(void("r"))
    assert held(books) == "10.00"
    assert books.round("r").staked == 0
    late = books.do(play(win("w", "100"), round_id="r"))
    assert moved(late) == {"BONUS:7": "90.00", "REFUNDED": "10.00"}
    assert (books.cash, held(books)) == ("0.00", "100.00")
    books.assert_sound()


def test_a_late_win_of_a_voided_round_gives_a_bonus_no_more_than_it_paid_where_it_comes_first():
    """R-FUND-11: the void has given it back."""
    books = Books(cash="0")
    granted(books, "10", terms=TERMS)
    policies = bonus_first(split=Split.RETURN_BONUS_FIRST)
    books.do(play(bet("b", "10"), round_id="r", policies=policies))
    books.do(void("r"))
    late = books.do(play(win("w", "100"), round_id="r", policies=policies))
    assert moved(late) == {"CASH": "90.00", "REFUNDED": "10.00"}


def test_a_round_is_given_back_once():
    books = Books(cash="10")
    granted(books, "10", terms=TERMS)
    books.do(play(bet("b", "20"), round_id="r"))
    books.do(void("r", key="v1"))
    again = books.do(void("r", key="v2"))
    assert answer(again) is Outcome.NOOP
    assert (books.cash, held(books)) == ("10.00", "10.00")
    books.assert_sound()


def test_a_win_from_before_a_void_is_raised_where_its_stake_came_from():
    books = Books(cash="0")
    granted(books, "10", terms=TERMS)
    books.do(play(bet("b", "10"), round_id="r"))
    books.do(play(win("w", "4"), round_id="r"))
    books.do(void("r"))
    raised = books.do(play(amend("a", "w", "6"), round_id="r"))
    assert moved(raised) == {"BONUS:7": "2.00"}


# Sub-wallets.


@pytest.mark.parametrize("overdraw", [Overdraw.REFUSE, Overdraw.NOOP, Overdraw.DEBT])
def test_a_win_that_lies_in_a_sub_wallet_can_be_taken_back(overdraw):
    """R-RB-09: it was refused for ever, or forgiven, though the money was there."""
    books = Books(cash="10")
    sub_wallet(books, "10")
    profile = Profile(overdraw=overdraw)
    books.do(play(bet("b", "10"), round_id="r", profile=profile))
    books.do(play(win("w", "100"), round_id="r", profile=profile))
    undone = books.do(play(rollback("u", "w"), round_id="r", profile=profile))
    assert moved(undone) == {"CASH:CASINO": "-100.00"}
    assert books.debt == "0.00"


def test_a_win_that_was_moved_to_another_sub_wallet_is_taken_from_there_before_anything_is_owed():
    """R-SUB-05: a transfer made every reversal a debt."""
    books = Books(cash="10")
    books.do(play(bet("b", "10"), round_id="r"))
    books.do(play(win("w", "100"), round_id="r"))
    sub_wallet(books, "70", "SPORTS")
    undone = books.do(play(rollback("u", "w"), round_id="r"))
    assert moved(undone) == {"CASH": "-30.00", "CASH:SPORTS": "-70.00"}
    assert books.debt == "0.00"


def test_a_win_to_a_sub_wallet_pays_back_debt():
    """R-DEBT-03: only what went to plain cash did."""
    books = Books(cash="10")
    sub_wallet(books, "10")
    own(books, "DEBT", "-50")
    terms = Terms(debt_recovery_win=100)
    books.do(play(bet("b", "10"), round_id="r", terms=terms))
    books.do(play(win("w", "60"), round_id="r", terms=terms))
    assert (books.debt, books.cash) == ("0.00", "10.00")
    assert books.rows[Pocket, PLAYER, "EUR", "CASH:CASINO"].amount == units("10")


# Tokens and currencies.


@pytest.mark.parametrize("rule", list(CreditSession))
def test_a_win_is_paid_though_its_token_plays_in_another_currency_by_now(rule):
    """Law 8, R-PROV-03, E-39: it was refused in every retry."""
    books = Books(players=())
    books.do(CreatePlayer(PLAYER, "operator", "brand", ("EUR", "USD")))
    books.do(deposit("100"))
    profile = Profile(credit_session=rule)
    books.do(session("old"))
    books.do(session("new", currency="USD"))
    books.do(play(bet("b"), round_id="r", session_id=token_id("old"), profile=profile))
    for key, currency in (("w1", "EUR"), ("w2", "")):
        action = win(key, "5" if currency else None)
        action = replace(action, amount=action.amount or 5 * 10**9)  # nanos, where no currency is said
        decision = books.do(play(action, round_id="r", session_id=token_id("new"), currency=currency, profile=profile))
        assert (answer(decision), decision.results[0].currency) == (Outcome.APPLIED, "EUR")
    undone = books.do(play(rollback("u", "w1"), round_id="r", session_id=token_id("new"), currency="", profile=profile))
    assert answer(undone) is Outcome.APPLIED
    stake = books.do(play(bet("c"), round_id="r3", session_id=token_id("new"), currency="EUR", profile=profile))
    assert answer(stake) is Reason.WRONG_CURRENCY


# By hand.


@pytest.mark.parametrize("pocket", ["CASH", "CASH:SPORTS", "HELD:CDD"])
def test_nobody_is_given_money_on_credit_by_hand(pocket):
    """R-LEDGER-14: a debt was made into money to play with."""
    books = Books(cash="0")
    lines = (("EUR", Entry(pocket, units("100"))), ("EUR", Entry("DEBT", -units("100"))))
    assert answer(books.do(PostJournal(PLAYER, lines, "so", "ann", "j1"))) is Reason.INVALID_JOURNAL
    assert (books.cash, books.debt) == ("0.00", "0.00")


def test_a_debt_is_booked_and_written_off_by_hand():
    books = Books(cash="0")
    owed = (("EUR", Entry("ADJUSTMENTS", units("100"))), ("EUR", Entry("DEBT", -units("100"))))
    assert answer(books.do(PostJournal(PLAYER, owed, "so", "ann", "j1"))) is Outcome.APPLIED
    gone = (("EUR", Entry("WRITE_OFF", -units("100"))), ("EUR", Entry("DEBT", units("100"))))
    assert answer(books.do(PostJournal(PLAYER, gone, "so", "ann", "j2"))) is Outcome.APPLIED
    assert books.debt == "0.00"


def test_a_rollback_that_no_pocket_can_hold_is_refused_and_may_come_again():
    """R-MONEY-05: it was a fault of ours."""
    books = Books(cash="0")
    full = units("1") * (INT64_MAX // units("1"))
    books.do(replace(deposit("1", key="d1"), amount=full))
    books.do(play(replace(bet("b"), amount=full), round_id="r", close_round=True))
    books.do(replace(deposit("1", key="d2"), amount=full))
    assert answer(books.do(play(rollback("u", "b"), round_id="r"))) is Reason.INVALID_AMOUNT
    books.do(play(replace(bet("c"), amount=full), round_id="r2", close_round=True))
    assert answer(books.do(play(rollback("u", "b"), round_id="r"))) is Outcome.APPLIED
