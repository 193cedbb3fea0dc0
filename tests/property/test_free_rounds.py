"""Random lives of free rounds, in plays: whatever comes in whatever order, the books are sound and no win is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.property.lives import CALM
from tests.support.domain import PLAYER, Books, bet, play, rollback, units, win
from tests.support.promotions import EXPIRES, GRANT, cancel, edition, expire, granting, register
from wallet_core.domain.decision import Outcome
from wallet_core.domain.entries import Category
from wallet_core.domain.free_rounds import Grant, Settle, State
from wallet_core.domain.pockets import Pocket

ROUNDS = 3
NUMBERS = range(5)
AMOUNTS = ("0", "1", "2.50", "0.00001")

STEPS = st.one_of(
    st.tuples(st.just("bet"), st.sampled_from(NUMBERS), st.booleans()),
    st.tuples(st.just("win"), st.sampled_from(NUMBERS), st.sampled_from(AMOUNTS), st.booleans()),
    st.tuples(st.just("undo"), st.sampled_from(["b", "w"]), st.sampled_from(NUMBERS)),
    st.tuples(st.sampled_from(["cancel", "expire", "register"])),
)


def free(action):
    return replace(action, category=Category.FREE_ROUND, grant=GRANT)


def command(step, number):
    """The command of a step. A bet or win has its number, and its number its round."""
    match step:
        case ("bet", n, close):
            return play(free(bet(f"b{n}", "0.20")), round_id=f"r{n}", close_round=close)
        case ("win", n, amount, close):
            return play(free(win(f"w{n}", amount)), round_id=f"r{n}", close_round=close)
        case ("undo", what, n):
            return play(rollback(f"x{what}{n}", f"{what}{n}"), round_id=f"r{n}")
        case ("cancel",):
            return cancel(f"c{number}")
        case ("register",):
            return register(f"g{number}")
        case _:
            return expire()


@pytest.mark.parametrize("settle", list(Settle))
@pytest.mark.parametrize("as_bonus", [False, True])
@given(st.lists(STEPS, max_size=14))
@CALM
def test_every_win_that_stands_is_in_a_pocket_or_waits(settle, as_bonus, steps):
    books = Books()
    books.do(granting(ROUNDS, settle=settle, template=edition() if as_bonus else None))
    books.do(register())
    standing: dict[str, int] = {}
    for number, step in enumerate(steps):
        if step == ("expire",):
            books.wait(max(0, EXPIRES - books.at))
        decision = books.do(command(step, number))
        fresh = decision.refusal is None and not decision.replayed
        if fresh and step[0] == "win" and decision.results[0].outcome is Outcome.APPLIED:
            standing[f"w{step[1]}"] = units(step[2])
        if fresh and step[:2] == ("undo", "w") and decision.results[0].outcome is Outcome.APPLIED:
            standing.pop(f"w{step[2]}", None)
        grant = books.rows[Grant, PLAYER, GRANT]
        assert 0 <= grant.waiting <= grant.won
        assert 0 <= grant.open <= grant.used <= ROUNDS
        assert 0 <= grant.paid <= ROUNDS
        assert not grant.waiting or grant.state in {State.AVAILABLE, State.IN_USE}
        pockets = sum(row.amount for row in books.rows.values() if isinstance(row, Pocket))
        assert pockets + grant.waiting == sum(standing.values())
        books.assert_sound()
