"""The order of a round's messages does not matter (I-04, E-04, E-05, E-10; core invariant 3).

Only of a consistent set can that be said: no win that stands may name a stake that was rolled back, every stake must be
acceptable in every order, and what is answered "not here yet" is sent again until it is answered otherwise. A set is
therefore listed with the profiles, and where need be the orders, it is consistent for:

- a profile that refuses the rollback of a settled stake binds that refusal, so there the stake's rollback must come
  before the win;
- a stake on a round whose only stake was rolled back is accepted only where late stakes are;
- a win that arrives before its stake waits for it only where the profile wants the stake to be there;
- a part of a stake can be rolled back only once the stake is there: before, its rollback cancels the whole.
"""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.lives import CALM, EVERY_PROFILE
from tests.support.domain import Books, bet, play, rollback, session, token_id, win
from wallet_core.domain.decision import FATE, Fate
from wallet_core.domain.profiles import LateStake, SettledRollback, WinReference

MESSAGES = {
    "bet": bet("b1", "10"),
    "win": win("w1", "25", "b1"),
    "win undone": rollback("x-w1", "w1"),
    "bet undone": rollback("x-b1", "b1"),
    "bet 2": bet("b2", "3.33"),
    "win 2": win("w2", "7", "b2"),
}


def _anyone(_profile):
    return True


def _tolerant(profile):
    return profile.settled_rollback is SettledRollback.ACCEPT


def _patient(profile):
    return profile.late_stake is LateStake.ACCEPT and profile.win_reference is not WinReference.NONE


SETS = {
    # name: (messages, the cash they leave of 100, for which profiles)
    "bet and win": (("bet", "win"), "115.00", _anyone),
    "bet and its rollback": (("bet", "bet undone"), "100.00", _anyone),
    "win undone": (("bet", "win", "win undone"), "90.00", _anyone),
    "all undone": (("bet", "win", "win undone", "bet undone"), "100.00", _tolerant),
    "one of two bets undone": (("bet", "bet undone", "bet 2", "win 2"), "103.67", _patient),
}

CASES = [
    pytest.param(profile, messages, left, id=f"{name}-{key}")
    for name, (messages, left, consistent) in SETS.items()
    for key, profile in EVERY_PROFILE.items()
    if consistent(profile)
]


def _told(profile, arrivals):
    """Return the cash after the messages, those that came too early sent again to the end."""
    books = Books(cash="100")
    books.do(session())
    plays = {name: play(MESSAGES[name], profile=profile, session_id=token_id()) for name in arrivals}
    waiting = list(arrivals)
    for _ in range(len(waiting) + 1):
        waiting = [name for name in waiting if _is_early(books.do(plays[name]))]
    books.assert_sound()
    return books.cash


def _is_early(decision):
    return decision.refusal is not None and FATE[decision.refusal.reason] is Fate.RETRYABLE


@pytest.mark.parametrize(("profile", "messages", "left"), CASES)
def test_every_order_ends_in_the_same_books(profile, messages, left):
    for arrivals in permutations(messages):
        assert _told(profile, arrivals) == left, arrivals


@pytest.mark.parametrize(("profile", "messages", "left"), CASES)
@settings(CALM, max_examples=6)
@given(data=st.data())
def test_every_order_with_every_message_repeated_ends_in_the_same_books(profile, messages, left, data):
    again = data.draw(st.lists(st.sampled_from(messages), min_size=1, max_size=6))
    arrivals = data.draw(st.permutations([*messages, *again]))
    assert _told(profile, arrivals) == left


@pytest.mark.parametrize("name", [name for name, profile in EVERY_PROFILE.items() if not _tolerant(profile)])
def test_where_a_settled_stake_stays_its_rollback_before_the_win_cancels_both(name):
    messages, left, _ = SETS["all undone"]
    for arrivals in permutations(messages):
        if arrivals.index("bet undone") < arrivals.index("win"):
            assert _told(EVERY_PROFILE[name], arrivals) == left, arrivals
