"""What a bonus in play owes to what was undone, to its time, and to the player's choice: each was found wrong once."""

import pytest
from msgspec.structs import replace

from tests.support import promos
from tests.support.domain import (
    PLAYER,
    TICK,
    Books,
    amend,
    amount_of,
    answer,
    bet,
    key_of,
    play,
    rollback,
    units,
    void,
    win,
)
from tests.unit.test_domain_bonuses import Policy, bonus_first, granted, held, of, parts
from tests.unit.test_domain_policies import LICENSED, House, regulator
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import Category, Transaction
from wallet_core.domain.explanations import Explanation
from wallet_core.domain.policies import Game, Mode, Split, WriteOff
from wallet_core.domain.promos import BonusTerms, Counts, MaxBetBasis, MaxBetScope, OpenRounds, State, Timing
from wallet_core.domain.wagering import BPS
from wallet_core.domain.withdrawals import RequestWithdrawal

FIRST = bonus_first()
NEVER = {"multiplier": 1000}


class Sports(Policy, frozen=True):
    def game(self, provider_id, game_id, version=None):
        return Game(product="SPORTS")


def progress(books, bonus_id="7"):
    return amount_of(of(books, bonus_id).progress // BPS)


def capped():
    """Books with a bonus that was converted, of which round r1 may still bring 4 within the cap."""
    books = Books()
    granted(books, "6", terms=BonusTerms(multiplier=50, cap=units("5"), timing=Timing.BET))
    books.do(play(bet("b1", "5"), policies=FIRST))
    assert (of(books).state, books.cash, amount_of(of(books).converted)) == (State.CONVERTED, "1.00", "1.00")
    return books


def house(books):
    return {name: books.total(name) for name in ("WINS", "BONUS_WINS", "BONUS_COST", "BONUS_ISSUED")}


# What a win that is taken back had cost a bonus, it has again.


def test_a_win_taken_back_and_corrected_is_paid_within_the_same_cap_r_bonus_15():
    books = capped()
    before = house(books)
    assert parts(books.do(play(win("w1", "4"), policies=FIRST))) == {"CASH": "4.00"}
    taken = books.do(play(rollback("x1", "w1"), policies=FIRST))
    assert (parts(taken), books.cash, amount_of(of(books).converted)) == ({"CASH": "-4.00"}, "1.00", "1.00")
    assert house(books) == before
    assert parts(books.do(play(win("w2", "4"), policies=FIRST))) == {"CASH": "4.00"}
    assert (books.cash, amount_of(of(books).converted)) == ("5.00", "5.00")
    books.assert_sound()


def test_a_win_amended_down_and_up_again_is_paid_within_the_same_cap_r_rb_12():
    books = capped()
    books.do(play(win("w1", "9"), policies=FIRST))
    books.do(play(amend("a1", "w1", "2"), policies=FIRST))
    assert (books.cash, amount_of(of(books).converted)) == ("1.00", "1.00")
    assert parts(books.do(play(amend("a2", "w1", "9"), policies=FIRST))) == {"CASH": "4.00", "LAPSED": "3.00"}
    assert (books.cash, amount_of(of(books).converted)) == ("5.00", "5.00")
    books.assert_sound()


def test_cash_of_a_converted_bonus_that_is_gone_is_owed_and_may_be_paid_again_r_rb_09():
    books = capped()
    books.do(play(win("w1", "4"), policies=FIRST))
    books.do(play(bet("b2", "5"), round_id="r2", policies=FIRST))
    books.do(play(rollback("x1", "w1"), policies=FIRST))
    assert (books.cash, books.debt, amount_of(of(books).converted)) == ("0.00", "4.00", "1.00")
    books.assert_sound()


def test_a_corrected_win_of_a_bonus_is_paid_once_r_rb_10():
    books = Books()
    granted(books, "6", terms=BonusTerms(multiplier=100))
    books.do(play(bet("b1", "1"), win("w1", "3"), close_round=True, policies=FIRST))
    books.do(play(bet("b2", "5"), win("w2", "5"), round_id="r2", close_round=True, policies=FIRST))
    assert (of(books).state, books.cash) == (State.CONVERTED, "8.00")
    before = house(books)
    assert parts(books.do(play(rollback("x1", "w1"), policies=FIRST))) == {"LAPSED": "-3.00"}  # never charged to cash
    corrected = books.do(play(win("w3", "5"), policies=FIRST))
    assert (parts(corrected), books.cash) == ({"CASH": "2.00", "LAPSED": "3.00"}, "10.00")
    books.do(play(rollback("x2", "w3"), policies=FIRST))
    assert books.cash == "8.00"
    assert parts(books.do(play(win("w4", "3"), policies=FIRST))) == {"LAPSED": "3.00"}
    assert house(books) == before
    books.assert_sound()


def test_what_was_written_off_is_of_its_round_alone_r_rb_10():
    books = Books()
    granted(books, "6", terms=BonusTerms(**NEVER))
    books.do(play(bet("b1", "1"), win("w1", "3"), policies=FIRST))
    books.do(play(bet("b2", "8"), round_id="r2", policies=FIRST))
    books.do(play(rollback("x1", "w1"), policies=FIRST))
    assert books.round().written_off == (("BONUS:7", units("3")),)
    assert parts(books.do(play(win("w2", "3"), round_id="r2", policies=FIRST))) == {"BONUS:7": "3.00"}
    assert (held(books), books.round("r2").written_off) == ("3.00", ())
    books.assert_sound()


# A sticky principal goes, wherever it was when the bonus was converted.


@pytest.mark.parametrize(("back", "cash"), [(rollback("x0", "b0"), "8.00"), (win("w0", "20"), "19.00")])
def test_a_sticky_principal_in_play_at_the_conversion_goes_when_it_comes_back_r_bonus_14(back, cash):
    books = Books()
    granted(books, "10", terms=BonusTerms(multiplier=100, sticky=True))
    books.do(play(bet("b0", "9"), round_id="r0", policies=FIRST))
    books.do(play(bet("b1", "1"), win("w1", "9"), close_round=True, policies=FIRST))
    books.do(play(bet("b2", "9"), win("w2", "9"), round_id="r2", close_round=True, policies=FIRST))
    assert (of(books).state, books.cash, held(books)) == (State.CONVERTED, "0.00", "0.00")
    books.do(play(back, round_id="r0", policies=FIRST))
    assert books.cash == cash  # as if it had come back before
    books.assert_sound()


def test_a_win_that_the_principal_took_is_taken_back_and_takes_it_again_r_bonus_14():
    books = Books()
    granted(books, "10", terms=BonusTerms(multiplier=100, sticky=True, timing=Timing.BET))
    books.do(play(bet("b1", "10"), policies=FIRST))
    for number in range(2):
        paid = books.do(play(win(f"w{number}", "13"), policies=FIRST))
        assert (parts(paid), books.cash) == ({"CASH": "3.00", "LAPSED": "10.00"}, "3.00")
        books.do(play(rollback(f"x{number}", f"w{number}"), policies=FIRST))
        assert (books.cash, of(books).removed) == ("0.00", 0)
    books.assert_sound()


# Its time.


@pytest.mark.parametrize("open_rounds", OpenRounds)
def test_a_stake_of_a_round_that_began_after_its_end_does_not_count_r_bonus_12(open_rounds):
    books = Books(cash="100")
    terms = BonusTerms(multiplier=100, counts=Counts.TOTAL, open_rounds=open_rounds)
    granted(books, "6", terms=terms, expires_at=books.at + 5 * TICK)
    books.do(play(bet("b1", "1"), policies=FIRST))
    books.wait(10 * TICK)
    books.do(play(bet("b2", "10"), round_id="r2", close_round=True, policies=FIRST))
    assert (of(books).state, progress(books)) == (State.ACTIVE, "0.00")
    books.do(play(bet("b3", "2"), round_id="r1", close_round=True, policies=FIRST))
    assert progress(books) == ("3.00" if open_rounds is OpenRounds.HONOUR else "1.00")  # b1 came in time
    books.assert_sound()


@pytest.mark.parametrize(("stops", "counts"), [(True, "10.00"), (False, "0.00")])
def test_the_clock_of_a_frozen_bonus_stands_still_where_it_stops_r_bonus_18(stops, counts):
    books = Books(cash="100")
    terms = BonusTerms(multiplier=1000, counts=Counts.TOTAL, stops=stops)
    granted(books, "6", terms=terms, expires_at=books.at + 5 * TICK)
    books.do(promos.freeze("7"))
    books.wait(10 * TICK)
    books.do(play(bet("b1", "10"), close_round=True, policies=FIRST))
    assert progress(books) == counts


# The largest bet, and what the player chose.


def limited(basis=MaxBetBasis.WHILE_ACTIVE, **more):
    return BonusTerms(max_bet=units("5"), max_bet_basis=basis, **NEVER, **more)


def test_a_player_who_chooses_cash_is_bound_while_a_bonus_is_active_r_bonus_20():
    books, choosing = Books(cash="100"), Policy(rule=WriteOff(mode=Mode.PLAYER_CHOICE))
    granted(books, "6", terms=limited())
    assert answer(books.do(play(bet("b1", "50"), policies=choosing, choice="CASH"))) is Reason.MAX_BET_BONUS
    staked = books.do(play(bet("b2", "5"), policies=choosing, choice="CASH"))
    assert parts(staked) == {"CASH": "-5.00"}
    found = books.rows[Explanation, PLAYER, staked.results[0].transaction_id]
    assert (found.choice, [(each.pocket, each.why_not) for each in found.considered]) == (
        "CASH",
        [("CASH", ""), ("BONUS:7", "NOT_CHOSEN")],
    )  # R-FUND-08


def test_a_player_who_chooses_bonus_money_does_not_pay_cash_for_want_of_it_r_fund_08():
    books, choosing = Books(cash="100"), Policy(rule=WriteOff(mode=Mode.PLAYER_CHOICE))
    assert answer(books.do(play(bet("b1", "5"), policies=choosing, choice="BONUS"))) is Reason.INSUFFICIENT_FUNDS
    assert answer(books.do(play(bet("b2", "5"), policies=choosing, choice="CASH"))) is Outcome.APPLIED


@pytest.mark.parametrize("why", ["FROZEN", "EXPIRED"])
def test_a_bonus_that_rests_binds_no_bet_r_bonus_20(why):
    books = Books(cash="100")
    granted(books, "6", terms=limited(), expires_at=books.at + TICK if why == "EXPIRED" else 0)
    if why == "FROZEN":
        books.do(promos.freeze("7"))
    books.wait(5 * TICK)
    assert answer(books.do(play(bet("b1", "50"), policies=FIRST))) is Outcome.APPLIED


def test_all_of_a_round_is_bound_once_the_bonus_has_paid_for_it_r_bonus_20():
    books = Books(cash="100")
    granted(books, "3", terms=limited(MaxBetBasis.BONUS_TOUCHED, max_bet_scope=MaxBetScope.ROUND_TOTAL))
    books.do(play(bet("b1", "3"), policies=FIRST))
    assert answer(books.do(play(bet("b2", "2.01"), policies=FIRST))) is Reason.MAX_BET_BONUS
    assert parts(books.do(play(bet("b3", "2"), policies=FIRST))) == {"CASH": "-2.00"}
    assert answer(books.do(play(bet("b4", "50"), round_id="r2", policies=FIRST))) is Outcome.APPLIED


def test_a_bonus_that_is_empty_says_nothing_of_how_cash_pays_r_fund_09():
    books = Books(cash="6")
    granted(books, "6", "1", terms=BonusTerms(mode=Mode.NO_MIX, **NEVER))
    books.do(play(bet("b1", "6"), policies=FIRST))
    granted(books, "6", "2", terms=BonusTerms(**NEVER))
    assert parts(books.do(play(bet("b2", "8"), round_id="r2", policies=FIRST))) == {"BONUS:2": "-6.00", "CASH": "-2.00"}


def test_a_mode_and_a_split_that_are_locked_stand_above_those_of_a_bonus_r_cfg_01():
    own = BonusTerms(mode=Mode.NO_MIX, split=Split.ALL_TO_BONUS, **NEVER)
    locked = Policy(rule=WriteOff(mode_locked=True, split_locked=True))
    books = Books(cash="6")
    granted(books, "6", terms=own)
    assert parts(books.do(play(bet("b1", "8"), policies=locked))) == {"CASH": "-6.00", "BONUS:7": "-2.00"}
    assert parts(books.do(play(win("w1", "4"), policies=locked))) == {"CASH": "3.00", "BONUS:7": "1.00"}


def test_what_is_locked_from_a_version_on_leaves_open_rounds_alone_r_fund_09():
    office = House()
    before = office.publish(*LICENSED)
    after = office.publish(
        regulator("funding.mode", "WATERFALL", locked=True), regulator("win.split", "PRO_RATA", locked=True)
    )
    rules = [office.policies.write_off("brand", "acme", "slot", version) for version in (before, after)]
    assert [(rule.mode_locked, rule.split_locked) for rule in rules] == [(False, False), (True, True)]


# What is no stake, and what was none.


@pytest.mark.parametrize(("category", "account"), [(Category.TIP, "TIPS_PAYABLE"), (Category.FEE, "FEES")])
def test_a_tip_is_of_cash_alone_and_counts_for_nothing_r_tip_01(category, account):
    books = Books(cash="10")
    granted(books, "6", terms=limited(counts=Counts.TOTAL, timing=Timing.BET))
    given = books.do(play(bet("t1", "6", category=category), close_round=True, policies=FIRST))
    assert (parts(given), books.cash, held(books)) == ({"CASH": "-6.00"}, "4.00", "6.00")
    assert (progress(books), of(books).staked) == ("0.00", False)
    assert (books.total(account), books.total("STAKES")) == ("6.00", "0.00")
    assert answer(books.do(play(bet("t2", "5", category=category), policies=FIRST))) is Reason.INSUFFICIENT_FUNDS
    books.do(play(rollback("x1", "t1", "2"), policies=FIRST))
    books.do(play(rollback("x2", "t1"), policies=FIRST))
    assert (books.cash, books.total(account)) == ("10.00", "0.00")
    books.assert_sound()


def test_a_tip_is_not_among_the_stakes_that_a_win_is_split_by_r_tip_01():
    books = Books(cash="10")
    granted(books, "6", terms=BonusTerms(**NEVER))
    books.do(play(bet("b1", "6"), bet("t1", "6", category=Category.TIP), policies=FIRST))
    assert parts(books.do(play(win("w1", "4"), close_round=True, policies=FIRST))) == {"BONUS:7": "4.00"}
    books.assert_sound()


@pytest.mark.parametrize("undo", [play(rollback("x1", "b1"), policies=FIRST), void("r1")])
def test_a_stake_that_was_undone_leaves_a_bonus_untouched_r_bonus_22(undo):
    books = Books(cash="10")
    granted(books, "6", terms=BonusTerms(**NEVER))
    books.do(play(bet("b1", "6"), policies=FIRST))
    assert of(books).staked
    books.do(undo)
    assert not of(books).staked
    assert answer(books.do(RequestWithdrawal(PLAYER, "w1", "EUR", units("10")))) is Outcome.APPLIED


def test_one_of_two_stakes_undone_leaves_a_bonus_touched_r_bonus_22():
    books = Books(cash="10")
    granted(books, "6", terms=BonusTerms(**NEVER))
    books.do(play(bet("b1", "1"), close_round=True, policies=FIRST))
    books.do(play(bet("b2", "1"), round_id="r2", policies=FIRST))
    books.do(play(rollback("x1", "b2"), round_id="r2", policies=FIRST))
    assert (of(books).staked, of(books).touched, of(books).rounds) == (True, 1, 0)


def test_a_void_leaves_its_transactions_a_microsecond_each_r_ledger_09():
    books = Books()
    granted(books, "8", terms=BonusTerms(multiplier=100, tranches=4))
    books.do(play(bet("b1", "6"), policies=FIRST))
    books.do(play(bet("b2", "2"), round_id="r2", close_round=True, policies=FIRST))
    books.do(void("r1"))
    times = [row.committed_at for row in books.rows.values() if isinstance(row, Transaction)]
    assert len(times) == len(set(times))
    assert books.player().changed_at == max(times)


# Sports.


def test_the_latest_settlement_says_what_of_a_stake_is_void_r_bet_03():
    books, sports = Books(), Sports(rule=FIRST.rule)
    granted(books, "6", terms=BonusTerms(**NEVER))
    books.do(play(bet("b1", "3"), policies=sports))
    books.do(play(win("w1", "3", void=10_000), close_round=True, policies=sports))
    assert progress(books) == "0.00"
    books.do(play(rollback("x1", "w1"), win("w2", "6", void=5_000), policies=sports))
    assert progress(books) == "1.50"
    books.do(play(rollback("x2", "w2"), win("w3", "6"), policies=sports))
    assert progress(books) == "3.00"


@pytest.mark.parametrize(
    ("policies", "odds", "counts"),
    [(Sports(), 0, "0.00"), (Sports(), 149, "0.00"), (Sports(), 150, "3.00"), (Policy(), 0, "3.00")],
)
def test_a_sports_bet_without_odds_counts_nothing_where_odds_are_asked_r_wager_08(policies, odds, counts):
    books = Books()
    granted(books, "6", terms=BonusTerms(min_odds=150, timing=Timing.BET, **NEVER))
    books.do(play(bet("b1", "3", odds=odds), policies=policies))
    assert progress(books) == counts


def test_a_bonus_opened_again_takes_no_place_from_another_r_rb_07():
    books = Books()
    first, second = promos.template(), promos.template(template_id="gift2")
    books.do(promos.grant(first))
    books.do(promos.grant(second, "g2"))
    row = promos.of(books, "gift@1")
    amount = amount_of(row.granted)
    books.do(play(bet("b1", amount), close_round=True, policies=FIRST))
    books.do(promos.activate("gift2@1"))
    books.do(play(rollback("x1", "b1"), policies=FIRST))
    assert [promos.state(books, each) for each in ("gift@1", "gift2@1")] == [State.ACTIVE, State.ACTIVE]
    assert replace(promos.of(books, "gift@1"), changed_at=0) == replace(row, changed_at=0)
    assert key_of(row) in books.rows
