"""Sessions: a token's life, its half-open end, what each state allows (R-SESS-01..05, R-TIME-08, R-PROV-03)."""

import pytest
from msgspec.structs import replace

from tests.support.domain import PLAYER, TICK, Books, answer, bet, play, session, token_id
from wallet_core.domain import sessions
from wallet_core.domain.commands import CloseSession, RotateSession, SessionUse, SetStatus
from wallet_core.domain.decision import Outcome, Reason, Refused
from wallet_core.domain.profiles import BetSession, Profile
from wallet_core.domain.sessions import State

LIVE = Profile(bet_session=BetSession.REQUIRED)
CLOSE = CloseSession(PLAYER, token_id(), "acme", "logout")


def rotate(old="s1", new="s2", provider="acme"):
    return RotateSession(PLAYER, token_id(old), provider, token_id(new))


def _open(**more):
    books = Books(cash="20")
    return books, books.do(session(**more)).row


@pytest.mark.parametrize(("before_the_end", "state"), [(1, State.ACTIVE), (0, State.EXPIRED), (-1, State.EXPIRED)])
def test_r_time_08_the_end_is_outside(before_the_end, state):
    _, row = _open()
    assert row.state_at(row.expires_at - before_the_end) is state


@pytest.mark.parametrize(("ttl", "expected"), [(TICK + 1, Outcome.APPLIED), (TICK, Reason.SESSION_EXPIRED)])
def test_r_time_08_a_bet_at_the_end_is_too_late(ttl, expected):
    books, row = _open(ttl=ttl)
    decision = books.do(play(bet("b1"), profile=LIVE, session_id=token_id()))
    assert (row.expires_at, books.at) == (row.created_at + ttl, row.created_at + TICK)
    assert answer(decision) is expected


# What a token in each state may be used for.
USES = """
            READ             BET              SETTLE
ACTIVE      -                -                -
ROTATED     SESSION_ROTATED  SESSION_ROTATED  -
CLOSED      SESSION_EXPIRED  SESSION_EXPIRED  -
EXPIRED     SESSION_EXPIRED  SESSION_EXPIRED  -
"""


def _uses():
    head, *body = [line.split() for line in USES.strip().splitlines()]
    return [
        pytest.param(State[name], SessionUse[use], cell, id=f"{name}-{use}")
        for name, *cells in body
        for use, cell in zip(head, cells, strict=True)
    ]


@pytest.mark.parametrize(("state", "use", "cell"), _uses())
def test_what_a_token_may_be_used_for(state, use, cell):
    _, row = _open()
    now = row.expires_at if state is State.EXPIRED else row.created_at
    row = replace(row, state=State.ACTIVE if state is State.EXPIRED else state)
    if cell == "-":
        sessions.usable(row, use, now)
    else:
        with pytest.raises(Refused) as refused:
            sessions.usable(row, use, now)
        assert refused.value.refusal.reason is Reason[cell]


def test_opening_twice_is_once_r_idem_09():
    books, row = _open()
    again = books.do(session())
    assert again.replayed
    assert again.row == row
    assert books.do(session(provider="other")).refusal.reason is Reason.CONFLICT
    assert books.do(replace(session(), game_id="chess")).refusal.reason is Reason.CONFLICT
    assert books.do(session("s9", currency="USD")).refusal.reason is Reason.WRONG_CURRENCY
    assert books.do(replace(session("s9"), player_id="bob")).refusal.reason is Reason.PLAYER_UNKNOWN


def test_a_blocked_player_opens_no_session():
    books = Books()
    books.do(SetStatus(PLAYER, blocked=True, reason="asked", actor="ops", request_id="1"))
    assert books.do(session()).refusal.reason is Reason.PLAYER_BLOCKED


def test_a_rotated_token_has_a_successor_that_keeps_its_end():
    books, row = _open()
    after = books.do(rotate()).row
    assert (after.session_id, after.state, after.expires_at) == (token_id("s2"), State.ACTIVE, row.expires_at)
    assert books.rows[sessions.Session, PLAYER, token_id()].successor == token_id("s2")
    again = books.do(rotate())
    assert (again.row, again.replayed) == (after, True)
    assert books.do(rotate(new="s3")).refusal.reason is Reason.SESSION_ROTATED
    assert answer(books.do(play(bet("b1"), session_id=token_id()))) is Reason.SESSION_ROTATED
    assert answer(books.do(play(bet("b2"), session_id=token_id("s2")))) is Outcome.APPLIED


@pytest.mark.parametrize(
    ("old", "provider", "wait", "reason"),
    [
        ("nobody's", "acme", 0, Reason.SESSION_UNKNOWN),
        ("s1", "other", 0, Reason.SESSION_UNKNOWN),
        ("s1", "acme", 3_600_000_000, Reason.SESSION_EXPIRED),
    ],
)
def test_what_cannot_be_rotated(old, provider, wait, reason):
    books, _ = _open()
    books.wait(wait)
    assert books.do(rotate(old, provider=provider)).refusal.reason is reason


def test_a_closed_session_is_over_and_stays_so():
    books, _ = _open()
    assert books.do(CLOSE).row.state is State.CLOSED
    assert books.do(CLOSE).replayed
    assert books.do(rotate()).refusal.reason is Reason.SESSION_EXPIRED
    assert answer(books.do(play(bet("b1"), session_id=token_id()))) is Reason.SESSION_EXPIRED
    assert books.do(replace(CLOSE, provider_id="other")).refusal.reason is Reason.SESSION_UNKNOWN


def test_closing_a_rotated_session_leaves_its_successor():
    books, _ = _open()
    books.do(rotate())
    assert books.do(CLOSE).row.state is State.ROTATED
    assert answer(books.do(play(bet("b1"), session_id=token_id("s2")))) is Outcome.APPLIED


def test_sessions_in_one_batch():
    books = Books(cash="20")
    told = [session(), rotate(), play(bet("b1"), profile=LIVE, session_id=token_id("s2")), rotate()]
    assert [decision.refusal for decision in books.do_batch(told)] == [None] * 4
