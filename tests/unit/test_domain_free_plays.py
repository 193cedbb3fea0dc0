"""Free rounds through plays: bets that cost nothing, wins that go where the grant says, rollbacks, the end (6.4)."""

from msgspec.structs import replace

from tests.support.domain import PLAYER, Books, answer, bet, play, rollback, win
from tests.support.promotions import FREE_OF_WAGERING, GRANT, edition, granting, register
from wallet_core.domain.decision import Outcome
from wallet_core.domain.entries import Category
from wallet_core.domain.free_rounds import Grant, Settle, State, bonus_of
from wallet_core.domain.promos import Bonus
from wallet_core.domain.promos import State as BonusState


def available(*, cash="0", **terms):
    books = Books(cash=cash)
    assert answer(books.do(granting(**terms))) is Outcome.NOOP
    books.do(register())
    return books


def free(action):
    return replace(action, category=Category.FREE_ROUND, grant=GRANT)


def grant(books):
    return books.rows[Grant, PLAYER, GRANT]


def test_r_free_03_a_free_round_takes_nothing_and_its_win_is_a_bonus():
    books = available(cash="5.00", template=edition())
    staked = books.do(play(free(bet("b1", "1.00"))))
    won = books.do(play(free(win("w1", "3.00")), close_round=True))

    assert (answer(staked), staked.results[0].parts, books.cash) == (Outcome.APPLIED, (), "5.00")
    assert books.transaction("b1").amount == 0
    assert answer(won) is Outcome.APPLIED
    bonus = books.rows[Bonus, PLAYER, bonus_of(GRANT)]
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
