"""What the bonus auditor found: each is what the law asks, and what the wallet did not do."""

import pytest
from msgspec.structs import replace

from tests.support.domain import TICK, Books, amount_of, bet, key_of, note, play, rollback, units, void, win
from tests.unit.test_domain_bonuses import Policy, granted, held, of, parts
from wallet_core.domain.policies import Mode, Split, WriteOff
from wallet_core.domain.promos import BonusTerms, Counts, OpenRounds, State, Timing
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


def test_cash_of_a_void_after_conversion_counts_no_more_and_is_flagged():
    books = Books(cash="10")
    granted(books, "6", terms=BonusTerms(multiplier=50, counts=Counts.TOTAL, timing=Timing.BET))
    books.do(play(bet("b1", "3"), policies=policy()))
    assert of(books).state is State.CONVERTED
    books.do(void("r1", "v1"))
    assert (counted(books, "7"), of(books).short) == ("0.00", True)


def expired(books, multiplier):
    """A bonus that forfeits what its open rounds bring after it expires, which it soon does."""
    row = granted(books, "6", terms=BonusTerms(multiplier=multiplier, open_rounds=OpenRounds.FORFEIT))
    books.rows[key_of(row)] = replace(row, expires_at=books.at + 5 * TICK)


def test_a_refund_to_a_consumed_bonus_that_has_expired_lapses_where_its_terms_forfeit():
    books = Books(cash="0")
    expired(books, 1000)
    books.do(play(bet("b1", "6"), close_round=True, policies=policy()))
    assert of(books).state is State.CONSUMED
    books.wait(10 * TICK)
    books.do(play(rollback("x1", "b1"), policies=policy()))
    assert (of(books).state, held(books), books.total("BONUS_ISSUED")) == (State.CONSUMED, "0.00", "0.00")


def test_a_round_that_closes_after_expiry_converts_nothing_where_its_terms_forfeit():
    books = Books(cash="0")
    expired(books, 50)
    books.do(play(bet("b1", "3"), policies=policy()))
    books.wait(10 * TICK)
    books.do(play(win("w1", "1"), close_round=True, policies=policy()))
    assert of(books).state is not State.CONVERTED
    assert (books.cash, of(books).converted) == ("0.00", 0)


def test_a_win_that_lapsed_and_is_undone_leaves_no_trace_in_the_house():
    books = Books(cash="0")
    granted(books, "6", state=State.ACTIVE, terms=BonusTerms(multiplier=100, cap=units("2")))
    books.do(play(bet("b1", "2"), policies=policy()))
    for number, amount in enumerate(("4", "2")):  # it completes with the first; the cap leaves no room for b1's round
        books.do(play(bet(f"c{number}", amount), round_id="r2", policies=policy()))
        books.do(play(win(f"v{number}", amount), round_id="r2", policies=policy()))
    books.do(play(note("n1"), round_id="r2", close_round=True, policies=policy()))
    assert of(books).state is State.CONVERTED
    before = books.total("BONUS_WINS"), books.total("BONUS_ISSUED"), books.cash
    won = books.do(play(win("w1", "1"), policies=policy()))
    assert parts(won) == {"LAPSED": "1.00"}
    books.do(play(rollback("x1", "w1"), policies=policy()))
    assert (books.total("BONUS_WINS"), books.total("BONUS_ISSUED"), books.cash) == before


def test_a_tranche_that_the_cap_cuts_does_not_end_a_bonus_that_has_money_left():
    books = Books(cash="0")
    granted(books, "6", terms=BonusTerms(multiplier=100, cap=units("2"), tranches=4))
    books.do(play(bet("b1", "3.33"), close_round=True, policies=policy()))
    assert (books.cash, amount_of(of(books).converted)) == ("2.00", "2.00")
    assert (of(books).state is State.CONSUMED) == (held(books) == "0.00")
    books.assert_sound()


def test_a_bonus_that_is_over_is_given_back_what_it_paid_only_once():
    books, back = Books(cash="0"), policy(split=Split.RETURN_BONUS_FIRST)
    granted(books, "6", terms=BonusTerms(multiplier=50, timing=Timing.BET, cap=units("4")))
    books.do(play(bet("b1", "3"), policies=back))
    assert (of(books).state, books.cash) == (State.CONVERTED, "3.00")
    first = books.do(play(win("w1", "3"), policies=back))
    assert parts(first) == {"CASH": "1.00", "LAPSED": "2.00"}  # the cap leaves room for 1
    second = books.do(play(win("w2", "2"), policies=back))
    assert parts(second) == {"CASH": "2.00"}


def test_a_play_of_a_new_action_and_an_old_one_shows_the_same_balance_when_it_is_repeated():
    books = Books(cash="10")
    books.do(play(bet("b1", "1")))
    mixed = play(bet("b2", "1"), bet("b1", "1"))
    first, again = books.do(mixed), books.do(mixed)
    assert again.replayed
    assert again.then == first.then


def test_what_counted_nothing_takes_nothing_away_when_it_is_undone():
    books, bonus_first = Books(cash="5"), policy(order=("BONUS", "CASH"))
    granted(books, "6", terms=BonusTerms(multiplier=1000, counts=Counts.CASH_THEN_BONUS))
    books.do(play(bet("b1", "10"), bet("b2", "1"), close_round=True, policies=bonus_first))
    assert counted(books, "7") == "5.00"  # the cash of both: 4 and 1
    undone = books.do(play(rollback("x1", "b1", "0.01"), policies=bonus_first))
    assert parts(undone) == {"BONUS:7": "0.01"}
    assert counted(books, "7") == "5.00"


def test_a_bonus_whose_rounds_all_closed_after_expiry_waits_for_none():
    books = Books(cash="0")
    expired(books, 1000)
    books.do(play(bet("b1", "6"), policies=policy()))
    assert of(books).state is State.SETTLING
    books.wait(10 * TICK)
    books.do(play(note("n1"), close_round=True, policies=policy()))
    assert of(books).rounds == 0
    assert of(books).state is State.CONSUMED
    books.assert_sound()


@pytest.mark.parametrize(
    ("split", "back"), [(None, {"BONUS:1": "0.03", "BONUS:2": "0.97"}), (Split.ALL_TO_CASH, {"CASH": "1.00"})]
)
def test_a_win_is_split_in_write_off_order_whichever_bonus_was_staked_first(split, back):
    books = Books(cash="0")
    granted(books, "0.05", "1", state=State.FROZEN, terms=BonusTerms(multiplier=1000, split=split))
    books.wait(TICK)
    granted(books, "6", "2", terms=BonusTerms(multiplier=1000, split=split and Split.PRO_RATA))
    books.do(play(bet("b1", "1"), policies=policy()))
    books.rows[key_of(of(books, "1"))] = replace(of(books, "1"), state=State.ACTIVE)
    decision = books.do(play(bet("b2", "1"), policies=policy()))
    assert parts(decision) == {"BONUS:1": "-0.05", "BONUS:2": "-0.95"}
    assert parts(books.do(play(win("w1", "1"), policies=policy()))) == back
