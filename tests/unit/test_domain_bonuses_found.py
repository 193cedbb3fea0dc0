"""What the bonus auditor found: each is what the law asks, and what the wallet did not do."""

import pytest

from tests.support.domain import TICK, Books, amount_of, bet, note, play, rollback, units, win
from tests.unit.test_domain_bonuses import Policy, granted, held, of, parts
from wallet_core.domain.policies import Mode, Split, WriteOff
from wallet_core.domain.promos import BonusTerms, Counts, State, Timing
from wallet_core.domain.wagering import BPS


def policy(**rule):
    return Policy(rule=WriteOff(**rule))


def counted(books, bonus_id):
    return amount_of(of(books, bonus_id).progress // BPS)


def test_cash_beside_a_bonus_counts_for_the_bonus_that_paid():
    books, proportional = Books(cash="6"), policy(mode=Mode.PROPORTIONAL)
    for bonus_id, excluded in (("1", ("slot",)), ("2", ())):
        terms = BonusTerms(multiplier=1000, counts=Counts.TOTAL, timing=Timing.BET, excluded_games=excluded)
        granted(books, "6", bonus_id, terms=terms)
        books.wait(TICK)
    decision = books.do(play(bet("b1", "8"), policies=proportional))
    assert parts(decision) == {"CASH": "-4.00", "BONUS:2": "-4.00"}
    assert (counted(books, "1"), counted(books, "2")) == ("0.00", "8.00")


def test_a_bonus_that_paid_nothing_of_a_mixed_stake_gets_nothing_of_it():
    books, proportional = Books(cash="6"), policy(mode=Mode.PROPORTIONAL)
    for bonus_id, state, counts in (("1", State.FROZEN, Counts.TOTAL), ("2", State.ACTIVE, Counts.BONUS_PART)):
        granted(books, "6", bonus_id, state=state, terms=BonusTerms(multiplier=1000, counts=counts, timing=Timing.BET))
        books.wait(TICK)
    decision = books.do(play(bet("b1", "8"), policies=proportional))
    assert parts(decision) == {"CASH": "-4.00", "BONUS:2": "-4.00"}
    assert (counted(books, "1"), counted(books, "2")) == ("0.00", "4.00")


def test_a_stake_of_cash_counts_for_the_same_bonus_whatever_is_staked_after_it():
    books, cash_first = Books(cash="6"), policy()
    for bonus_id, counts in (("1", Counts.BONUS_PART), ("2", Counts.CASH_PART)):
        granted(books, "6", bonus_id, terms=BonusTerms(multiplier=1000, counts=counts, timing=Timing.BET))
        books.wait(TICK)
    books.do(play(bet("b1", "3"), policies=cash_first))
    assert (counted(books, "1"), counted(books, "2")) == ("0.00", "3.00")
    decision = books.do(play(bet("b2", "4"), policies=cash_first))
    assert parts(decision) == {"CASH": "-3.00", "BONUS:1": "-1.00"}
    assert (counted(books, "1"), counted(books, "2")) == ("1.00", "3.00")  # the second stake was of bonus 1


@pytest.mark.parametrize("timing", Timing)
def test_a_stake_of_cash_undone_after_conversion_counts_no_more_and_is_flagged(timing):
    books, cash_first = Books(cash="10"), policy()
    granted(books, "6", terms=BonusTerms(multiplier=50, counts=Counts.TOTAL, timing=timing))
    books.do(play(bet("b1", "3"), close_round=True, policies=cash_first))
    assert (of(books).state, counted(books, "7")) == (State.CONVERTED, "3.00")
    books.do(play(rollback("x1", "b1"), policies=cash_first))
    assert (counted(books, "7"), of(books).short) == ("0.00", True)
    books.assert_sound()


def test_a_bonus_gets_back_what_it_paid_though_cash_has_won_before():
    books, back = Books(cash="5"), policy(split=Split.RETURN_BONUS_FIRST)
    granted(books, "6", terms=BonusTerms(multiplier=1000))
    books.do(play(bet("b1", "5"), win("w1", "3"), policies=back))
    assert (books.cash, held(books)) == ("3.00", "6.00")
    doubled = books.do(play(bet("b2", "5"), policies=back))
    assert parts(doubled) == {"CASH": "-3.00", "BONUS:7": "-2.00"}
    won = books.do(play(win("w2", "4"), close_round=True, policies=back))
    assert parts(won) == {"BONUS:7": "2.00", "CASH": "2.00"}


def test_a_bonus_completed_by_its_last_stake_is_converted_however_the_round_is_closed():
    ends = set()
    for closing in ((True, []), (False, [play(note("n1"), close_round=True, policies=policy())])):
        books = Books(cash="0")
        granted(books, "6", terms=BonusTerms(multiplier=50, timing=Timing.BET))
        at_once, after = closing
        for command in (play(bet("b1", "6"), close_round=at_once, policies=policy()), *after):
            books.do(command)
        assert of(books).progress == units("3") * BPS
        ends.add(of(books).state)
    assert ends == {State.CONVERTED}
