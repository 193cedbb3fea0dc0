"""Random lives of free rounds, in plays: whatever comes in whatever order, the books are sound and no win is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.lives import CALM
from tests.support.domain import (
    PLAYER,
    Books,
    amend,
    amount_of,
    bet,
    deposit,
    play,
    rollback,
    units,
    void,
    win,
    withdrawal,
)
from tests.support.promos import BonusFirst, forfeit
from tests.support.promotions import EXPIRES, GRANT, cancel, edition, expire, free, granting, register
from wallet_core.domain import free_play
from wallet_core.domain.decision import Outcome
from wallet_core.domain.free_rounds import LIVE, Grant, Settle
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.profiles import LateStake, Profile
from wallet_core.domain.rounds import Round
from wallet_core.domain.rounds import State as RoundState

ROUNDS = 3
NUMBERS = st.sampled_from(range(5))
AMOUNTS = st.sampled_from(("0", "1", "2.50", "0.00001"))
FLAGS = st.booleans()
PROFILES = tuple(Profile(late_stake=late) for late in LateStake)

STEPS = (
    st.tuples(st.just("bet"), NUMBERS, FLAGS, st.sampled_from("ab")),
    st.tuples(st.just("win"), NUMBERS, AMOUNTS, FLAGS, FLAGS),
    st.tuples(st.just("undo"), st.sampled_from("bw"), NUMBERS, st.sampled_from((None, None, "0.20", "1", "2.50"))),
    st.tuples(st.just("amend"), NUMBERS, AMOUNTS),
    st.tuples(st.just("void"), NUMBERS),
    st.tuples(st.sampled_from(("cancel", "expire", "register"))),
)
OTHERS = (
    st.tuples(st.just("stake"), NUMBERS, FLAGS),
    st.tuples(st.just("play"), AMOUNTS, st.sampled_from(("0", "4"))),
    st.tuples(st.just("withdraw")),
    st.tuples(st.just("forfeit")),
)


def command(books, step, number, profile):
    """The command of a step. A bet or win has its number, and its number its round; a stake may be tried twice."""
    more = {"profile": profile, "policies": BonusFirst()}
    match step:
        case ("bet", n, close, again):
            return play(free(bet(f"b{n}{again}", "0.20")), round_id=f"r{n}", close_round=close, **more)
        case ("win", n, amount, close, named):
            won = win(f"w{n}", amount)
            return play(free(won) if named else won, round_id=f"r{n}", close_round=close, **more)
        case ("undo", what, n, amount):
            of = f"b{n}a" if what == "b" else f"w{n}"
            return play(rollback(f"x{of}{amount}{number}", of, amount), round_id=f"r{n}", **more)
        case ("amend", n, amount):
            return play(amend(f"a{number}", f"w{n}", amount), round_id=f"r{n}", **more)
        case ("void", n):
            return void(f"r{n}", f"v{number}")
        case ("stake", n, close):
            return play(bet(f"s{number}", "0.50"), round_id=f"r{n}", close_round=close, **more)
        case ("play", amount, won):
            actions = bet(f"s{number}", amount), win(f"y{number}", won)
            return play(*actions, round_id=f"p{number}", close_round=True, **more)
    return {
        "cancel": lambda: cancel(f"c{number}"),
        "register": lambda: register(f"g{number}"),
        "expire": expire,
        "withdraw": lambda: withdrawal("1", key=f"d{number}"),
        "forfeit": lambda: forfeit(books.rows[Grant, PLAYER, GRANT].bonus_id or "none", f"f{number}"),
    }[step[0]]()


def begun(settle, *, as_bonus, cash="0"):
    books = Books(cash=cash)
    books.do(granting(ROUNDS, settle=settle, template=edition() if as_bonus else None))
    books.do(register())
    return books


def lived(books, step, number, profile):
    """Do a step; return the grant and whether it was done, after what is always true was held."""
    if step == ("expire",):
        books.wait(max(0, EXPIRES - books.at))
    decision = books.do(command(books, step, number, profile))
    grant = books.rows[Grant, PLAYER, GRANT]
    assert 0 <= grant.waiting <= grant.won
    assert 0 <= grant.open <= grant.used <= ROUNDS
    assert grant.paid >= 0
    assert not grant.waiting or grant.state in LIVE
    its = [row for row in books.rows.values() if isinstance(row, Round) and free_play.used(row)]
    assert grant.used >= min(ROUNDS, len(its))
    assert grant.open == min(grant.used, sum(row.state is RoundState.OPEN for row in its))
    books.assert_sound()
    done = decision.refusal is None and not decision.replayed and decision.results[0].outcome is Outcome.APPLIED
    return grant, done


@pytest.mark.parametrize("settle", list(Settle))
@pytest.mark.parametrize("as_bonus", [False, True])
@given(st.lists(st.one_of(*STEPS), max_size=14), st.sampled_from(PROFILES))
@CALM
def test_every_win_that_stands_is_in_a_pocket_or_waits(settle, as_bonus, steps, profile):
    """R-FREE-03 to -06, R-RB-12: whether it names its grant or not, is amended, or undone in part or as a whole."""
    books = begun(settle, as_bonus=as_bonus)
    standing: dict[str, int] = {}
    for number, step in enumerate(steps):
        grant, done = lived(books, step, number, profile)
        match step:
            case ("win", n, amount, *_) if done:
                standing[f"w{n}"] = units(amount)
            case ("amend", n, amount) if done:
                standing[f"w{n}"] = units(amount)
            case ("undo", "w", n, amount) if done:
                standing[f"w{n}"] -= units(amount) if amount else standing[f"w{n}"]
        pockets = sum(row.amount for row in books.rows.values() if isinstance(row, Pocket))
        assert pockets + grant.waiting == sum(standing.values()), amount_of(pockets)


@pytest.mark.parametrize("settle", list(Settle))
@given(st.lists(st.one_of(*STEPS, *OTHERS), max_size=14), st.sampled_from(PROFILES))
@CALM
def test_free_rounds_among_other_play_leave_sound_books(settle, steps, profile):
    """Stakes of money in the same rounds, play with what was won, withdrawals and forfeits between (R-FREE-04)."""
    books = begun(settle, as_bonus=True, cash="5")
    books.do(deposit("5", key="more"))
    for number, step in enumerate(steps):
        lived(books, step, number, profile)
