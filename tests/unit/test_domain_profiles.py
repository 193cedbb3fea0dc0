"""Profiles: the matrix of protocols, written down as its source has it, held against the rows that ship."""

import pytest

from tests.support.domain import Books, answer, bet, play, rollback, session, token_id, win
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.profiles import (
    PROFILES,
    BetSession,
    CreditSession,
    IdSpace,
    LateOriginal,
    LateStake,
    Overdraw,
    Profile,
    Refusals,
    Repeat,
    RepeatedRollback,
    Settle,
    SettledRollback,
    Shown,
    UnknownRollback,
    WinReference,
    WrongKind,
    Zero,
)

# "?" behind a cell: the source is not sure of it. "-": it does not say. VOID: what is named is undone, settled or not.
# A rollback of the unknown leaves a tombstone whatever it is answered.
MATRIX = """
.            repeat     shown     unknown      late     settled      reference     settle  overdraw   session  zero
hub88        CONFLICT   THEN      OK           REJECT   VOID?        MUST_EXIST    MANY    REJECT?    EXISTED  allow
pragmatic    REPLAY?    NOW       OK           REJECT   REJECT       MUST_EXIST    MANY    -          NONE     allow
evolution    REPLAY     -         NOT_FOUND    REJECT   REJECT       MUST_BE_OPEN  ONCE    -          ACTIVE?  allow
softswiss    CONFLICT?  THEN      OK           REJECT   VOID         NONE          MANY    CLAMP      NONE     reject
gcp          CONFLICT?  THEN      OK           NOOP     VOID         NONE          MANY    NOOP       NONE     allow
slotegrator  REPLAY     THEN/NOW  OK           NOOP     VOID         NONE          MANY    NEGATIVE?  EXISTED  allow
swipe        CONFLICT   THEN      OK           REJECT   n/a          NONE?         MANY    -          EXISTED  allow
hundredhp    607        -         NOT_FOUND    REJECT   REJECT       MUST_BE_OPEN  ONCE    -          NONE     bet-no
blueocean    REPLAY     THEN      NOT_FOUND    REJECT?  VOID         NONE          MANY    NEGATIVE?  EXISTED  allow
jdb          CONFLICT   THEN      IN_PROGRESS  REJECT   REF_SETTLED  MUST_EXIST    ONCE    -          NONE     allow
yantra       REPLAY     THEN      NOT_FOUND    REJECT   VOID         MUST_EXIST    MANY    -          EXISTED  allow
rubyplay     CONFLICT   THEN      OK?          REJECT   REJECT       NONE?         MANY    -          EXISTED  allow
redtiger     REPLAY     NOW       NOT_FOUND    REJECT   REJECT       MUST_EXIST    MANY    -          EXISTED  allow
betsoft      REPLAY     NOW       NOT_FOUND    REJECT   VOID         NONE          MANY    -          NONE     allow
outcomebet   REPLAY     THEN      OK           REJECT   VOID         NONE          MANY    REJECT     NONE     allow
fundist      CONFLICT   THEN      OK?          REJECT?  VOID         NONE          MANY    -          NONE     allow
"""

# What each column's words mean here. A protocol that would show less than nothing is shown none of it unless it is
# NEGATIVE: clamping leaves debt. A credit never needs a live session (law 8), so ACTIVE asks that there was one.
COLUMNS = {
    "repeat": (
        "repeat",
        {"CONFLICT": Repeat.CONFLICT, "REPLAY": Repeat.REPLAY, "607": Repeat.CONFLICT},
    ),
    "shown": ("replay_balance", {"THEN": Shown.THEN, "NOW": Shown.NOW, "THEN/NOW": None, "-": None}),
    "unknown": (
        "unknown_rollback",
        {
            "OK": UnknownRollback.OK,
            "NOT_FOUND": UnknownRollback.NOT_FOUND,
            "IN_PROGRESS": UnknownRollback.IN_PROGRESS,
        },
    ),
    "late": ("late_original", {"REJECT": LateOriginal.REFUSE, "NOOP": LateOriginal.NOOP}),
    "settled": (
        "settled_rollback",
        {
            "VOID": SettledRollback.ACCEPT,
            "n/a": SettledRollback.ACCEPT,
            "REJECT": SettledRollback.REFUSE,
            "REF_SETTLED": SettledRollback.REFUSE,
        },
    ),
    "reference": ("win_reference", {name: WinReference[name] for name in WinReference.__members__}),
    "settle": ("settle", {"MANY": Settle.MANY, "ONCE": Settle.ONCE}),
    "overdraw": (
        "overdraw",
        {
            "-": Overdraw.DEBT,
            "CLAMP": Overdraw.DEBT,
            "REJECT": Overdraw.REFUSE,
            "NOOP": Overdraw.NOOP,
            "NEGATIVE": Overdraw.NEGATIVE,
        },
    ),
    "session": (
        "credit_session",
        {
            "NONE": CreditSession.IGNORED,
            "RECON": CreditSession.IGNORED,
            "EXISTED": CreditSession.EXISTED,
            "ACTIVE": CreditSession.EXISTED,
        },
    ),
    "zero": (
        "zero",
        {"allow": Zero.ALLOW, "reject": Zero.REFUSE, "bet-no": Zero.REFUSE_BET, "win-only": Zero.REFUSE_BET},
    ),
}


def _cells():
    head, *body = [line.split() for line in MATRIX.strip().splitlines()]
    return [
        pytest.param(name, column, cell.rstrip("?"), id=f"{name}-{column}")
        for name, *cells in body
        for column, cell in zip(head[1:], cells, strict=True)
    ]


@pytest.mark.parametrize(("name", "column", "cell"), _cells())
def test_the_row_says_what_the_matrix_says(name, column, cell):
    policy, meaning = COLUMNS[column]
    if meaning[cell] is not None:
        assert getattr(PROFILES[name], policy) is meaning[cell]


# What the matrix has no column for: policies that differ from the default, and nobody else's do.
BESIDE = {
    "id_space": {IdSpace.PROVIDER: {"hub88", "softswiss", "jdb", "yantra", "fundist"}},
    "bet_session": {BetSession.REQUIRED: {"generic", "hub88", "evolution", "swipe"}},
    "late_stake": {LateStake.REFUSE: {"generic", "thrillgate", "evolution", "hundredhp", "rubyplay", "redtiger"}},
    "repeated_rollback": {RepeatedRollback.REFUSE: {"hundredhp"}},
    "wrong_kind": {WrongKind.NOOP: {"slotegrator"}},
    "refusals": {Refusals.FORGET: set()},
}


@pytest.mark.parametrize("policy", BESIDE)
def test_what_the_matrix_has_no_column_for(policy):
    for value, names in BESIDE[policy].items():
        assert {name for name, profile in PROFILES.items() if getattr(profile, policy) is value} == names


def test_the_matrix_and_the_rows_are_of_the_same_protocols():
    of_the_matrix = {line.split()[0] for line in MATRIX.strip().splitlines()[1:]}
    assert set(PROFILES) == of_the_matrix | {"generic", "thrillgate"}


def test_every_policy_is_compared():
    compared = {policy for policy, _ in COLUMNS.values()} | set(BESIDE)
    assert compared == set(Profile.__struct_fields__)


def test_our_own_dialects():
    assert PROFILES["generic"] == Profile(win_reference=WinReference.MUST_EXIST, bet_session=BetSession.REQUIRED)
    assert PROFILES["thrillgate"] == Profile(credit_session=CreditSession.IGNORED)


@pytest.mark.parametrize(
    ("last", "expected"),
    [(("w1", "25"), Reason.ROUND_CLOSED), (("x1", None), Reason.ROUND_CLOSED), (None, Outcome.APPLIED)],
    ids=["settled", "cancelled", "open"],
)
def test_evolution_takes_no_second_debit_for_a_reference_that_is_settled_or_cancelled(last, expected):
    books = Books(cash="100")
    books.do(session())
    seat = {"profile": PROFILES["evolution"], "session_id": token_id()}
    books.do(play(bet("b1"), **seat))
    if last is not None:
        key, amount = last
        books.do(play(win(key, amount) if amount else rollback(key, "b1"), close_round=amount is not None, **seat))
    before = books.cash
    assert answer(books.do(play(bet("b2", "5"), **seat))) is expected
    assert (books.cash == before) == (expected is Reason.ROUND_CLOSED)
