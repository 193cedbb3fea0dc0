"""Random lives: sequences of commands of one player, of small alphabets so that keys, rounds and references collide."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.support.domain import (
    PLAYER,
    TICK,
    amend,
    bet,
    bury,
    deposit,
    note,
    play,
    promo,
    rollback,
    session,
    token_id,
    void,
    win,
    withdrawal,
)
from wallet_core.domain.commands import CloseSession, Command, Pay, Play, SetStatus, Terms
from wallet_core.domain.decision import FATE, Decision, Fate, Reason
from wallet_core.domain.entries import Category, Kind
from wallet_core.domain.profiles import PROFILES, Profile, Refusals, SettledRollback, WinReference

CALM = settings(
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow],
)
"""The same lives in every run: a build fails for what was changed, not for luck."""

ROUNDS = ("r0", "r1", "r2")
NUMBERS = range(12)
AMOUNTS = ("1", "3.33", "10", "0.00001", "0")
ADJUSTED = ("-1", "-3.33", "-40", "2", "0")
AMENDED = ("0.25", "2", "4.5", "6", "12")
CATEGORIES = (*[Category.GAME] * 6, Category.PROMO)
VOIDABLE = 2
"""The round of the three that the operator may void."""

FIXED = ("n99", "a99", "x99")
"""Transactions of the prelude that cannot be rolled back."""

TOKENS = ("s1", "s1", "s1", "s2", "")

EVERY_PROFILE = {**PROFILES, "defaults": Profile(), "forgetful": Profile(refusals=Refusals.FORGET)}

SESSIONS = (session("s1", ttl=200 * TICK), session("s2", ttl=8 * TICK))
"""What a life starts with: a session that lives on, and one that soon expires."""


def prelude(profile: Profile) -> list[Command]:
    """Return what every life starts with: sessions, and one transaction of each kind that cannot be rolled back."""
    seat = {"profile": profile, "session_id": token_id("s1")}
    return [
        *SESSIONS,
        play(note("n99"), promo("w99", "5"), amend("a99", "w99", "6"), **{**seat, "round_id": ""}),
        play(bet("b99", "2"), rollback("x99", "b99"), **{**seat, "round_id": "r99"}),
    ]


def _chance(of: int, out_of: int) -> st.SearchStrategy[bool]:
    return st.integers(1, out_of).map(lambda number: number > out_of - of)


# A bet or win has its number, and its number has its round: b4 and w4 are of r1.


def _of_round(prefix: str, round_number: int) -> st.SearchStrategy[str]:
    return st.sampled_from([f"{prefix}{number}" for number in NUMBERS if number % 3 == round_number])


# Kept out until the wallet and the law agree on them: a win that names two bets of which one is unknown, one that names
# a bet to come where a settled bet stays, a late win rolled back in part or amended to what it is already, and a play
# that closes one round while it undoes or amends something of another.


@st.composite
def _stakes_and_wins(draw, profile: Profile, round_number: int):
    key = draw(_of_round("b", round_number))
    if draw(_chance(1, 9)):
        return promo(draw(_of_round("j", round_number)), draw(st.sampled_from(ADJUSTED)), Category.ADJUSTMENT)
    if draw(_chance(5, 9)):
        return bet(key, draw(st.sampled_from(AMOUNTS)), minimum=draw(st.sampled_from(("0", "0", "0", "30"))))
    amount, name = draw(st.sampled_from(AMOUNTS)), draw(_of_round("w", round_number))
    of = draw(st.sampled_from(((), (key,), (key,))))
    if profile.win_reference is WinReference.NONE and profile.settled_rollback is SettledRollback.REFUSE:
        of = ()
    return win(name, amount, *of, category=draw(st.sampled_from(CATEGORIES)))


@st.composite
def _undoing(draw):
    reversible = [f"{kind}{number}" for kind in "bbwwj" for number in NUMBERS]
    of = draw(st.sampled_from(reversible if draw(_chance(9, 10)) else FIXED))
    late = of.startswith("j") or of in {f"w{number}" for number in NUMBERS if number % 3 == VOIDABLE}
    part = None if late else draw(st.sampled_from((None, None, "1", "0.5")))
    again = draw(st.sampled_from(("", "'")))
    return rollback(f"x:{of}:{part}{again}", of, part)


_AMENDMENTS = st.builds(
    lambda number, of, amount: amend(f"a{number}", f"w{of}", amount if of % 3 != VOIDABLE else AMENDED[number]),
    st.integers(0, 4),
    st.sampled_from(NUMBERS),
    st.sampled_from(AMOUNTS),
)
_NOTES = st.integers(0, 3).map(lambda number: note(f"n{number}"))


@st.composite
def _and_undone(draw, action):
    """Draw the rollback of a bet or win of the same play."""
    return rollback(f"x:{action.external_key}:{draw(st.integers(0, 1))}", action.external_key)


def _at_home(action, round_number):
    """Whether an action touches no round but this one."""
    if action.kind not in {Kind.ROLLBACK, Kind.AMEND}:
        return True
    return all(key[1:].isdigit() and int(key[1:]) % 3 == round_number for key in action.references)


def _distinct(actions):
    """Keep one action a key."""
    return tuple({action.external_key: action for action in actions}.values())


@st.composite
def plays(draw, profile: Profile) -> Play:
    """Draw a play of one to three actions, at times closing its round, at times undoing one of its own."""
    number = draw(st.integers(0, 2))
    action = st.integers(0, 9).flatmap(
        lambda kind: (
            _stakes_and_wins(profile, number)
            if kind < 6
            else _undoing()
            if kind < 8
            else (_AMENDMENTS, _NOTES)[kind - 8]
        )
    )
    actions = [draw(action) for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3))))]
    if actions[-1].kind in {Kind.BET, Kind.WIN} and draw(_chance(1, 12)):
        undoing = draw(_and_undone(actions[-1]))
        actions.insert(len(actions) - draw(_chance(1, 3)), undoing)
    actions = _distinct(actions)
    token = draw(st.sampled_from(TOKENS))
    return play(
        *actions,
        profile=profile,
        currency="USD" if draw(_chance(1, 30)) else "EUR",
        round_id=ROUNDS[number],
        session_id=token_id(token) if token else b"",
        close_round=draw(_chance(1, 6)) and all(_at_home(action, number) for action in actions),
        terms=Terms(debt_recovery_win=draw(st.sampled_from((0, 50, 100)))),
    )


PAYMENTS = st.one_of(
    st.builds(
        lambda number, amount, percent: deposit(amount, key=f"d{number}", percent=percent),
        st.integers(0, 5),
        st.sampled_from(("1", "20")),
        st.sampled_from((0, 100)),
    ),
    st.builds(
        lambda number, amount: withdrawal(amount, key=f"w{number}"), st.integers(0, 5), st.sampled_from(("1", "20"))
    ),
)
STATUSES = st.builds(
    lambda number, blocked: SetStatus(PLAYER, blocked, "why", "who", f"s{number}"), st.integers(0, 9), _chance(1, 4)
)
VOIDS = st.integers(0, 3).map(lambda number: void(f"r{VOIDABLE}", f"v{number}"))


def commands(profile: Profile) -> st.SearchStrategy[Command]:
    """Return commands the naive wallet understands."""
    return st.integers(0, 19).flatmap(
        lambda kind: plays(profile) if kind < 16 else PAYMENTS if kind < 18 else (STATUSES, VOIDS)[kind - 18]
    )


@st.composite
def life(draw, profile: Profile) -> list[Command]:
    """Draw a whole life, some of it told twice."""
    told = prelude(profile) + draw(st.lists(commands(profile), min_size=30, max_size=60))
    for again in draw(st.lists(st.integers(0, len(told) - 1), max_size=8)):
        told.insert(draw(st.integers(again + 1, len(told))), told[again])
    return told


@st.composite
def _anything(draw, profile: Profile) -> Play:
    """Draw a play of actions that fit together only by chance."""
    keys = st.sampled_from(("b0", "b1", "w0", "w1", "x0", "a0", "n0"))
    amounts = st.sampled_from((*AMOUNTS, "0"))
    actions = draw(
        st.lists(
            st.one_of(
                st.builds(bet, keys, amounts),
                st.builds(win, keys, amounts, keys),
                st.builds(win, keys, amounts),
                st.builds(lambda key, amount: promo(key, amount, Category.ADJUSTMENT), keys, st.sampled_from(ADJUSTED)),
                st.builds(rollback, keys, keys, st.none() | amounts),
                st.builds(rollback, keys, keys),
                st.builds(amend, keys, keys, amounts),
                st.builds(note, keys),
            ),
            min_size=1,
            max_size=4,
            unique_by=lambda action: action.external_key,
        )
    )
    return play(
        *actions,
        profile=profile,
        round_id=draw(st.sampled_from(ROUNDS)),
        session_id=draw(st.sampled_from((token_id("s1"), token_id("s2"), b""))),
        close_round=not any(action.kind in {Kind.ROLLBACK, Kind.AMEND} for action in actions) and draw(st.booleans()),
        batch_id=draw(st.sampled_from(("", "", "night"))),
        terms=Terms(debt_recovery_win=draw(st.sampled_from((0, 50)))),
    )


ODDS = st.one_of(
    STATUSES,
    st.sampled_from(ROUNDS).map(lambda round_id: void(round_id, f"v-{round_id}")),
    st.sampled_from(("b0", "w1", "~batch:night")).map(bury),
    st.just(CloseSession(PLAYER, token_id("s1"), "acme", "logout")),
)


@st.composite
def wild(draw, profile: Profile) -> list[Command]:
    """Draw a life of anything at all: what is always true must be true of this, too."""
    command = st.integers(0, 9).flatmap(
        lambda kind: _anything(profile) if kind < 5 else plays(profile) if kind < 8 else (PAYMENTS, ODDS)[kind - 8]
    )
    return [*SESSIONS, *draw(st.lists(command, min_size=5, max_size=30))]


def binds(command: Command, decision: Decision) -> bool:
    """Whether what was decided is the command's answer for ever (R-IDEM-02, R-IDEM-04)."""
    if decision.refusal is None:
        return True
    if isinstance(command, Play):
        keeps = command.profile.refusals is Refusals.BIND and command.currency == "EUR"  # the one wallet there is
        return keeps and FATE[decision.refusal.reason] is Fate.BOUND
    return (
        isinstance(command, Pay)
        and command.kind is Kind.WITHDRAWAL
        and decision.refusal.reason in {Reason.PLAYER_BLOCKED, Reason.INSUFFICIENT_FUNDS}
    )
