"""Free rounds through plays: bets that cost nothing, wins that go where the grant says, rollbacks, the end (6.4)."""

import pytest
from msgspec.structs import replace

from tests.support.domain import (
    PLAYER,
    Books,
    amend,
    amount_of,
    answer,
    bet,
    note,
    play,
    promo,
    rollback,
    units,
    void,
    win,
    withdrawal,
)
from tests.support.players import exclude
from tests.support.promos import BonusFirst
from tests.support.promos import grant as give
from tests.support.promos import template as promo_template
from tests.support.promotions import (
    EXPIRES,
    FREE_OF_WAGERING,
    GRANT,
    WINNINGS,
    edition,
    free,
    granting,
    register,
)
from tests.unit.test_domain_bonuses import granted
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import Category
from wallet_core.domain.free_rounds import LIVE, Grant, Settle, State
from wallet_core.domain.hold_commands import ReleaseHold
from wallet_core.domain.holds import Hold
from wallet_core.domain.profiles import LateStake, Profile
from wallet_core.domain.promos import Base, Bonus, BonusTerms
from wallet_core.domain.promos import State as BonusState
from wallet_core.domain.templates import Amounts
from wallet_core.domain.wagering import BPS


def available(*, cash="0", **terms):
    books = Books(cash=cash)
    assert answer(books.do(granting(**terms))) is Outcome.NOOP
    books.do(register())
    return books


def grant(books):
    return books.rows[Grant, PLAYER, GRANT]


def test_r_free_03_a_free_round_takes_nothing_and_its_win_is_a_bonus():
    books = available(cash="5.00", template=edition())
    staked = books.do(play(free(bet("b1", "1.00"))))
    won = books.do(play(free(win("w1", "3.00")), close_round=True))

    assert (answer(staked), staked.results[0].parts, books.cash) == (Outcome.APPLIED, (), "5.00")
    assert books.transaction("b1").amount == 0
    assert answer(won) is Outcome.APPLIED
    bonus = books.rows[Bonus, PLAYER, f"@free:{GRANT}"]
    assert (bonus.state, books.held().bonus) == (BonusState.ACTIVE, 3_000_000)
    assert (grant(books).used, grant(books).open) == (1, 0)
    books.assert_sound()


def test_r_free_04_winnings_are_paid_at_the_end_of_the_last_round():
    books = available(rounds=2, settle=Settle.END, template=None)
    for number in (1, 2):
        books.do(play(free(bet(f"b{number}", "1.00")), round_id=f"r{number}"))
        books.do(play(free(win(f"w{number}", "2.00")), round_id=f"r{number}", close_round=True))
        assert books.cash == ("0.00" if number == 1 else "4.00")
    assert grant(books).state is State.COMPLETED
    books.assert_sound()


def test_r_free_06_more_wins_than_rounds_are_held_and_never_refused():
    books = available(rounds=1, template=None)
    books.do(play(free(win("w1", "2.00")), round_id="r1", close_round=True))
    second = books.do(play(free(win("w2", "2.00")), round_id="r2", close_round=True))

    assert dict(second.results[0].parts) == {"HELD:DISPUTE": 2_000_000}
    assert books.cash == "2.00"
    books.assert_sound()


def test_a_bet_beyond_the_rounds_is_refused_and_one_rolled_back_may_be_played_again():
    books = available(rounds=1, template=None)
    books.do(play(free(bet("b1", "1.00")), round_id="r1"))
    assert answer(books.do(play(free(bet("b2", "1.00")), round_id="r2"))).name == "BONUS_STATE"
    books.do(play(rollback("x1", "b1"), round_id="r1"))
    assert answer(books.do(play(free(bet("b3", "1.00")), round_id="r3"))) is Outcome.APPLIED
    books.assert_sound()


def test_a_free_win_is_taken_back_from_where_it_went():
    books = available(template=edition(FREE_OF_WAGERING))
    books.do(play(free(bet("b1", "1.00"))))
    books.do(play(free(win("w1", "3.00"))))
    undone = books.do(play(rollback("x1", "w1")))

    assert sum(amount for _, amount in undone.results[0].parts) == -3_000_000
    assert (books.held().bonus, grant(books).won) == (0, 0)
    books.assert_sound()


def test_the_same_key_of_another_grant_is_a_conflict():
    books = available(template=None)
    books.do(play(free(win("w1", "2.00"))))
    other = replace(win("w1", "2.00"), category=Category.FREE_ROUND, grant="another")
    assert answer(books.do(play(other))).name == "CONFLICT"


def parts(decision):
    """What a command moved for the player, pocket by pocket."""
    assert decision.refusal is None
    return {pocket: amount_of(amount) for pocket, amount in decision.results[-1].parts}


WON = f"BONUS:@free:{GRANT}"


@pytest.mark.parametrize("of", [(), ("b1",)])
def test_r_free_04_a_win_that_does_not_name_the_grant_of_its_round_was_plain_cash(of):
    books = available(template=edition())
    books.do(play(free(bet("b1", "1"))))
    won = play(win("w1", "50", *of), close_round=True)
    assert parts(books.do(won)) == {WON: "50.00"}
    assert (books.cash, books.total("WINS"), grant(books).won) == ("0.00", "0.00", units("50"))
    assert books.do(won).replayed  # what it is fingerprinted by has not changed
    assert parts(books.do(play(rollback("x1", "w1")))) == {WON: "-50.00"}
    assert (grant(books).won, grant(books).paid) == (0, 0)
    books.assert_sound()


def test_r_fund_13_a_win_beside_a_paid_stake_is_split_by_that():
    books = available(cash="5", template=edition())
    books.do(play(free(bet("b1", "1"))))
    books.do(play(bet("b2", "2")))
    assert parts(books.do(play(win("w1", "3")))) == {"CASH": "3.00"}
    assert parts(books.do(play(promo("p1", "1")))) == {"CASH": "1.00"}
    books.assert_sound()


def test_r_prov_05_a_win_of_a_free_round_that_was_rolled_back_is_not_its_grants():
    books = available(template=edition())
    books.do(play(free(bet("b1", "1"))))
    books.do(play(rollback("x1", "b1")))
    assert answer(books.do(play(win("w1", "3")))) is Reason.REFERENCE_ROLLED_BACK


@pytest.mark.parametrize("as_bonus", [False, True])
@pytest.mark.parametrize("settle", list(Settle))
@pytest.mark.parametrize("steps", [("8",), ("1",), ("8", "1", "3"), ("0", "4"), ("5",)], ids="-".join)
def test_r_rb_12_an_amended_free_win_was_doubled_or_split_over_cash(settle, as_bonus, steps):
    books = available(rounds=2, settle=settle, template=edition() if as_bonus else None)
    books.do(play(free(bet("b1", "1")), free(win("w1", "5"))))
    for number, amount in enumerate(steps):
        books.do(play(amend(f"a{number}", "w1", amount)))
        assert grant(books).won == units(amount)
        assert grant(books).paid == (amount != "0")
        held = amount_of(books.held().bonus) if as_bonus else books.cash
        assert held == ("0.00" if settle is Settle.END else f"{amount}.00")
    books.do(play(note("n1"), close_round=True))
    books.do(play(free(bet("b2", "1")), round_id="r2", close_round=True))
    assert (amount_of(books.held().bonus) if as_bonus else books.cash) == f"{steps[-1]}.00"
    assert (amount_of(books.held().bonus) == "0.00") is not as_bonus
    if as_bonus:
        bonus = books.rows[Bonus, PLAYER, grant(books).bonus_id]
        assert (bonus.granted, bonus.requirement) == (units(steps[-1]), units(steps[-1]) * 10 * BPS)
    books.do(play(rollback("x1", "w1")))
    assert (books.cash, amount_of(books.held().bonus), grant(books).won) == ("0.00", "0.00", 0)
    books.assert_sound()


def test_r_rb_12_what_an_amended_free_win_has_above_the_cap_lapses():
    books = available(template=None, cap=units("5"))
    books.do(play(free(bet("b1", "1")), free(win("w1", "4"))))
    assert parts(books.do(play(amend("a1", "w1", "9")))) == {"CASH": "1.00", "LAPSED": "4.00"}
    assert parts(books.do(play(amend("a2", "w1", "6")))) == {}
    assert (books.cash, grant(books).won) == ("5.00", units("5"))
    assert parts(books.do(play(amend("a3", "w1", "4")))) == {"CASH": "-1.00"}
    books.assert_sound()


def test_r_free_06_a_disputed_win_that_is_amended_is_held_with_it():
    books = Books()
    books.do(play(free(win("w1", "4"), "nothing")))
    assert parts(books.do(play(amend("a1", "w1", "6")))) == {"HELD:DISPUTE": "2.00"}
    assert parts(books.do(play(amend("a2", "w1", "1")))) == {"HELD:DISPUTE": "-5.00"}
    (hold,) = (row for row in books.rows.values() if isinstance(row, Hold))
    assert (hold.held, hold.captured) == (units("1"), units("5"))
    books.do(ReleaseHold(PLAYER, hold.hold_id, "fine", "ops", "rel"))
    assert parts(books.do(play(amend("a3", "w1", "3")))) == {"CASH": "2.00"}
    assert parts(books.do(play(rollback("x1", "w1")))) == {"CASH": "-3.00"}
    books.assert_sound()


@pytest.mark.parametrize("amount", ["0.20", "0", "7"])
def test_law_8_the_rollback_of_a_free_stake_with_its_value_was_refused_for_ever(amount):
    books = available(rounds=1, template=None)
    books.do(play(free(bet("b1", "0.20"))))
    assert answer(books.do(play(rollback("x1", "b1", amount)))) is Outcome.APPLIED
    assert (grant(books).left, grant(books).open, books.round().state.name) == (1, 0, "CANCELLED")
    books.assert_sound()


def test_law_8_the_rollback_of_a_waiting_win_with_its_amount_was_refused_for_ever():
    books = available(rounds=2, template=None, settle=Settle.END)
    books.do(play(free(bet("b1", "0.20")), free(win("w1", "5"))))
    assert answer(books.do(play(rollback("x1", "w1", "2")))) is Outcome.APPLIED
    assert (grant(books).waiting, grant(books).paid) == (units("3"), 1)
    assert answer(books.do(play(rollback("x2", "w1", "3.01")))) is Reason.AMOUNT_EXCEEDS_REFERENCE
    assert answer(books.do(play(rollback("x3", "w1", "3")))) is Outcome.APPLIED
    assert (grant(books).waiting, grant(books).won, grant(books).paid) == (0, 0, 0)
    books.assert_sound()


def test_r_free_06_a_cancelled_free_round_was_staked_again_and_again():
    books, late = available(rounds=1, template=None), {"profile": Profile(late_stake=LateStake.ACCEPT)}
    for number in range(3):
        books.do(play(free(bet(f"b{number}", "0.20")), **late))
        assert (grant(books).used, grant(books).open) == (1, 1)
        assert answer(books.do(play(free(bet(f"c{number}", "0.20")), round_id="r2", **late))) is Reason.BONUS_STATE
        books.do(play(rollback(f"x{number}", f"b{number}"), **late))
        assert (grant(books).used, grant(books).open) == (0, 0)
    books.assert_sound()


def test_a_round_is_played_for_one_grant_alone():
    books = available(template=None)
    books.do(granting(grant_id="fr2"))
    books.do(replace(register("g2"), grant_id="fr2"))
    books.do(play(free(bet("b1", "0.20"))))
    assert answer(books.do(play(free(bet("b2", "0.20"), "fr2")))) is Reason.REFERENCE_MISMATCH
    books.do(play(free(win("w2", "1"), "fr2")))  # but a win is that of the grant it names
    assert (grant(books).won, books.rows[Grant, PLAYER, "fr2"].won, books.cash) == (0, units("1"), "1.00")
    books.assert_sound()


@pytest.mark.parametrize("over", ["expired", "withdrawn", "wagered"])
def test_r_free_04_winnings_lapsed_while_their_grant_lived(over):
    terms = BonusTerms(multiplier=1_000, base=Base.WINNINGS, duration=60)
    capped = (Amounts("EUR", fixed=units("1"), cap=units("20")),)
    books = available(cash="100", template=edition(replace(WINNINGS, terms=terms, amounts=capped)))
    bonus_first = {"policies": BonusFirst()}
    books.do(play(free(bet("b1", "0.20")), free(win("w1", "5")), close_round=True))
    if over == "expired":
        books.wait(120 * 1_000_000)  # though nobody has expired it yet
    elif over == "withdrawn":
        books.do(play(bet("s1", "1"), round_id="s1", close_round=True, **bonus_first))
        books.do(replace(withdrawal("1"), confirmed=True))
    else:
        for number in range(10):
            actions = bet(f"s{number}", "5"), win(f"y{number}", "5")
            books.do(play(*actions, round_id=f"s{number}", close_round=True, **bonus_first))
    first = books.rows[Bonus, PLAYER, f"@free:{GRANT}"]
    assert first.state is {"expired": BonusState.ACTIVE, "withdrawn": BonusState.FORFEITED}.get(
        over, BonusState.CONVERTED
    )
    books.do(play(free(bet("b2", "0.20")), free(win("w2", "50")), round_id="r2", close_round=True))
    second = books.rows[Bonus, PLAYER, grant(books).bonus_id]
    assert (second.bonus_id != first.bonus_id, second.granted) == (True, units("50"))
    assert second.state is (BonusState.QUEUED if over == "expired" else BonusState.ACTIVE)
    assert second.terms.cap == units("15" if over == "wagered" else "20")  # R-BONUS-15: one cap for all of a grant
    books.do(play(free(win("w3", "1")), round_id="r2"))
    assert books.rows[Bonus, PLAYER, second.bonus_id].granted == units("51")
    books.assert_sound()


def test_r_rb_07_no_award_opens_a_consumed_bonus_again():
    books = available(template=edition())
    books.do(play(free(bet("b1", "0.20")), free(win("w1", "5")), close_round=True))
    books.do(play(bet("s1", "5"), round_id="s1", close_round=True))
    books.do(play(free(bet("b2", "0.20")), free(win("w2", "1")), round_id="r2", close_round=True))
    assert books.rows[Bonus, PLAYER, f"@free:{GRANT}"].state is BonusState.CONSUMED
    second = books.rows[Bonus, PLAYER, grant(books).bonus_id]
    assert (second.requirement, second.progress) == (units("10") * BPS, 0)  # not the rest of what was lost
    books.do(play(rollback("x1", "w1")))  # and the first win is still taken back from the first
    assert books.rows[Bonus, PLAYER, f"@free:{GRANT}"].granted == 0
    assert amount_of(books.held().bonus) == "1.00"
    books.assert_sound()


def test_r_wager_10_a_bonus_whose_winnings_were_all_taken_back_was_stuck():
    books, bonus_first = available(template=edition()), {"policies": BonusFirst()}
    books.do(play(free(bet("b1", "1")), free(win("w1", "10"))))
    books.do(play(bet("s1", "5"), win("y1", "40"), round_id="s1", close_round=True, **bonus_first))
    books.do(play(rollback("x1", "w1")))
    bonus = books.rows[Bonus, PLAYER, f"@free:{GRANT}"]
    assert (bonus.state, bonus.requirement, books.cash) == (BonusState.CONVERTED, 0, "35.00")
    books.assert_sound()


def test_a_bonus_of_which_nothing_is_left_after_a_rollback_is_used_up():
    books = available(template=edition())
    books.do(play(free(bet("b1", "1")), free(win("w1", "10"))))
    books.do(play(rollback("x1", "w1")))
    assert books.rows[Bonus, PLAYER, f"@free:{GRANT}"].state is BonusState.CONSUMED
    books.assert_sound()


@pytest.mark.parametrize("won", ["0", "5"])
def test_r_round_09_a_free_round_that_is_voided_was_neither_given_back_nor_ended(won):
    books = available(rounds=1, template=None, settle=Settle.END)
    books.do(play(free(bet("b1", "0.20")), free(win("w1", won))))
    assert answer(books.do(void())) is (Outcome.APPLIED if won == "5" else Outcome.NOOP)
    expected = (State.COMPLETED, 0, 1, "5.00") if won == "5" else (State.IN_USE, 1, 0, "0.00")
    row = grant(books)
    assert (row.state, row.left, row.used, books.cash) == expected
    assert row.open == 0
    books.assert_sound()


def test_r_free_04_a_round_that_won_before_its_stake_came_was_not_waited_for():
    books = available(rounds=2, template=None, settle=Settle.END)
    books.do(play(free(bet("b1", "0.20")), round_id="r1"))
    books.do(play(free(win("w2", "3")), round_id="r2"))
    books.do(play(free(bet("b2", "0.20")), round_id="r2", close_round=True))
    assert (grant(books).state, grant(books).used, grant(books).open) == (State.IN_USE, 2, 1)
    books.do(play(free(win("w1", "4")), round_id="r1", close_round=True))
    assert (grant(books).state, books.cash) == (State.COMPLETED, "7.00")
    books.assert_sound()


def test_a_free_round_that_was_rolled_back_after_the_last_had_ended_was_lost():
    books = available(rounds=1, template=None)
    books.do(play(free(bet("b1", "0.20")), close_round=True))
    assert grant(books).state is State.COMPLETED
    books.do(play(rollback("x1", "b1")))
    assert (grant(books).state, grant(books).left, grant(books).over_at, grant(books).reason) == (
        State.IN_USE,
        1,
        0,
        "",
    )
    assert answer(books.do(play(free(bet("b2", "0.20")), round_id="r2", close_round=True))) is Outcome.APPLIED
    assert grant(books).state is State.COMPLETED
    books.wait(EXPIRES - books.at)
    books.do(play(rollback("x2", "b2"), round_id="r2"))
    assert grant(books).state is State.COMPLETED  # its time is over


def test_r_bonus_05_the_bonus_of_winnings_had_the_id_of_a_templates():
    books = Books()
    books.do(give(promo_template(template_id="free")))
    books.do(granting(grant_id="1", template=edition()))
    books.do(replace(register("g2"), grant_id="1"))
    books.do(play(free(bet("b1", "1"), "1"), free(win("w1", "5"), "1")))
    given, won = books.rows[Bonus, PLAYER, "free@1"], books.rows[Bonus, PLAYER, "@free:1"]
    assert (given.granted, won.granted, won.template_id) == (units("80"), units("5"), "spins")
    books.assert_sound()


def test_the_winnings_of_an_older_grant_stay_in_its_bonus():
    books = available(template=edition())
    older = granted(books, "6", f"free@{GRANT}", terms=BonusTerms(multiplier=1_000))
    books.rows[Grant, PLAYER, GRANT] = replace(grant(books), bonus_id=older.bonus_id)
    assert parts(books.do(play(free(bet("b1", "1")), free(win("w1", "1"))))) == {older.account: "1.00"}
    assert books.rows[Bonus, PLAYER, older.bonus_id].granted == units("7")


def test_r_bonus_24_what_lapsed_at_the_end_for_an_excluded_player_is_taken_back_from_nowhere():
    books = available(rounds=1, cash="5", settle=Settle.END, template=edition())
    books.do(play(free(bet("b1", "1")), free(win("w1", "4"))))
    assert books.do(exclude()).refusal is None
    books.do(play(note("n1"), close_round=True))
    assert (grant(books).state in LIVE, grant(books).bonus_id, books.held().bonus) == (False, "", 0)
    assert answer(books.do(play(rollback("x1", "w1")))) is Outcome.APPLIED
    assert (books.cash, books.debt, grant(books).won) == ("5.00", "0.00", 0)
    books.assert_sound()
