"""Play: the order of the gates, who is gated, keys, all or nothing (R-PROV-02..07, R-IDEM-01..08; E-01..E-10)."""

from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from tests.support.domain import (
    HOUR,
    PLAYER,
    Books,
    amend,
    amount_of,
    answer,
    bet,
    bury,
    deposit,
    note,
    play,
    promo,
    rollback,
    session,
    token_id,
    units,
    win,
    withdrawal,
)
from wallet_core.domain.book import Book, Needs, NotLoaded
from wallet_core.domain.commands import CloseSession, CreatePlayer, RotateSession, SetStatus
from wallet_core.domain.decide import decide
from wallet_core.domain.decision import MESSAGES, Outcome, Reason
from wallet_core.domain.entries import Category, Kind
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.profiles import (
    PROFILES,
    BetSession,
    CreditSession,
    IdSpace,
    LateOriginal,
    Profile,
    Refusals,
    Repeat,
    Settle,
    SettledRollback,
    Shown,
    UnknownRollback,
    WinReference,
    Zero,
)
from wallet_core.domain.rounds import State

BLOCK = SetStatus(PLAYER, blocked=True, reason="asked", actor="ops", request_id="block")
LIVE = Profile(bet_session=BetSession.REQUIRED)


# The gates of a stake, in their order: each case shuts its gate and all behind it, and must be answered by its own.


@dataclass
class Gate:
    reason: Reason
    facts: dict = field(default_factory=dict)
    before: tuple = ()
    amount: str | None = None
    key: str | None = None


GATES = [
    Gate(Reason.PLAYER_UNKNOWN, facts={"operator_id": "another"}),
    Gate(Reason.CONFLICT, before=(play(bet("used", "1"), round_id="r0"),), key="used"),
    Gate(Reason.TOMBSTONED, before=(bury("b1"),)),
    Gate(Reason.WRONG_CURRENCY, facts={"currency": "USD"}),
    Gate(
        Reason.SESSION_EXPIRED,
        before=(session(), CloseSession(PLAYER, token_id(), "acme", "logout")),
        facts={"session_id": token_id()},
    ),
    Gate(Reason.GAME_NOT_ALLOWED, facts={"game_ids": frozenset({"chess"})}),
    Gate(Reason.PLAYER_BLOCKED, before=(BLOCK,)),
    Gate(Reason.ROUND_CLOSED, before=(play(bet("b0", "1")), play(note("c0"), close_round=True))),
    Gate(Reason.INSUFFICIENT_FUNDS, amount="1000"),
]


@pytest.mark.parametrize("first", range(len(GATES)), ids=[gate.reason.name for gate in GATES])
def test_r_prov_02_the_first_gate_that_is_shut_gives_the_answer(first):
    books = Books(cash="20")
    shut = GATES[first:]
    for gate in reversed(shut):  # the status shuts last, since a blocked player could set up nothing
        for command in gate.before:
            if command is not BLOCK:
                books.do(command)
    if any(BLOCK in gate.before for gate in shut):
        books.do(BLOCK)
    facts = {name: value for gate in shut for name, value in gate.facts.items()}
    key = next((gate.key for gate in shut if gate.key), "b1")
    amount = next((gate.amount for gate in shut if gate.amount), "1")
    before = books.held()
    assert answer(books.do(play(bet(key, amount), **facts))) is shut[0].reason
    assert books.held() == before


def test_an_open_gate_lets_the_stake_in():
    books = Books(cash="20")
    books.do(session())
    decision = books.do(play(bet("b1"), profile=LIVE, session_id=token_id(), game_ids=frozenset({"slot"})))
    assert answer(decision) is Outcome.APPLIED
    assert decision.results[0].parts == (("CASH", -units("10")),)
    assert books.journal(decision.results[0].transaction_id) == [("CASH", "-10.00"), ("IN_PLAY", "10.00")]


@pytest.mark.parametrize("profile", [Profile(zero=Zero.REFUSE), Profile(zero=Zero.REFUSE_BET)])
def test_r_prov_02_a_stake_of_nothing_is_refused_before_the_player_is_looked_at(profile):
    """A zero bet of a blocked player was refused for the block, and the refusal bound to its key."""
    books = Books(cash="20")
    books.do(BLOCK)
    assert answer(books.do(play(bet("b1", "0"), profile=profile))) is Reason.INVALID_AMOUNT


# The gate of a credit (R-PROV-03).


def _blocked(books):
    books.do(BLOCK)


def _expired(books):
    books.wait(HOUR)


def _closed(books):
    books.do(CloseSession(PLAYER, token_id(), "acme", "logout"))


def _rotated(books):
    books.do(RotateSession(PLAYER, token_id(), "acme", token_id("s2")))


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("shut", [_blocked, _expired, _closed, _rotated])
def test_r_prov_03_e_01_e_03_wins_and_rollbacks_pass_what_stops_a_stake(name, shut):
    profile = PROFILES[name]
    books = Books(cash="20")
    books.do(session())
    facts = {"profile": profile, "session_id": token_id(), "game_ids": frozenset({"slot"})}
    books.do(play(bet("b1"), bet("b2", "1"), **facts))
    shut(books)
    facts["game_ids"] = frozenset({"another"})
    assert answer(books.do(play(bet("b3", "1"), **facts))) in {
        Reason.SESSION_EXPIRED,
        Reason.SESSION_ROTATED,
        Reason.GAME_NOT_ALLOWED,
        Reason.PLAYER_BLOCKED,
    }
    assert answer(books.do(play(win("w1", "25", "b1"), **facts))) is Outcome.APPLIED
    assert answer(books.do(play(rollback("x2", "b2"), **facts))) is Outcome.APPLIED
    assert answer(books.do(play(note("n1"), close_round=True, **facts))) is Outcome.APPLIED
    assert books.cash == "35.00"


@pytest.mark.parametrize(
    ("rule", "action", "expected"),
    [
        (CreditSession.EXISTED, win("w1"), Reason.SESSION_UNKNOWN),
        (CreditSession.EXISTED, rollback("x1", "b1"), Reason.SESSION_UNKNOWN),
        (CreditSession.IGNORED, win("w1"), Outcome.APPLIED),
        (CreditSession.IGNORED, rollback("x1", "b1"), Outcome.NOOP),
        (CreditSession.IGNORED, bet("b1"), Reason.SESSION_UNKNOWN),
    ],
)
@pytest.mark.parametrize("provider", ["nobody's", "another's"])
def test_what_a_token_must_be(rule, action, expected, provider):
    books = Books(cash="20")
    if provider == "another's":
        books.do(session("s9", provider="other"))
    assert answer(books.do(play(action, profile=Profile(credit_session=rule), session_id=token_id("s9")))) is expected


@pytest.mark.parametrize(
    ("rule", "expected"), [(BetSession.REQUIRED, Reason.SESSION_UNKNOWN), (BetSession.IF_GIVEN, Outcome.APPLIED)]
)
def test_r_sess_05_a_stake_without_a_session(rule, expected):
    assert answer(Books(cash="20").do(play(bet("b1"), profile=Profile(bet_session=rule)))) is expected


def test_r_prov_03_gates_apply_to_the_bet_part_only_r_prov_09():
    books = Books(cash="20")
    books.do(BLOCK)
    refused = books.do(play(bet("b1"), win("w1", "25"), close_round=True))
    assert refused.refusal.reason is Reason.PLAYER_BLOCKED
    assert [result.outcome for result in refused.results] == [Outcome.REFUSED, Outcome.REFUSED]
    assert (books.cash, books.round()) == ("20.00", None)


# Keys.


def test_e_08_a_retry_is_answered_from_the_store():
    books = Books(cash="20")
    first = books.do(play(bet("b1")))
    again = books.do(play(bet("b1")))
    assert again.replayed
    assert again.results == (replace(first.results[0], replayed=True),)
    assert again.then == first.then
    assert books.cash == "10.00"


@pytest.mark.parametrize(
    ("action", "facts"),
    [
        (bet("b1", "10.01"), {}),
        (bet("b1"), {"round_id": "r2"}),
        (win("b1"), {}),
        (rollback("b1", "b0"), {}),
        (note("b1"), {}),
        (amend("b1", "w0", "10"), {}),
    ],
    ids=["amount", "round", "a win", "a rollback", "a note", "an amendment"],
)
@pytest.mark.parametrize("repeat", Repeat)
def test_r_idem_03_e_09_the_same_key_with_other_contents_moves_nothing(action, facts, repeat):
    books = Books(cash="20")
    first = books.do(play(bet("b1")))
    rows = dict(books.rows)
    again = books.do(play(action, profile=Profile(repeat=repeat), **facts))
    if repeat is Repeat.CONFLICT:
        assert answer(again) is Reason.CONFLICT
    else:
        assert again.results[0].transaction_id == first.results[0].transaction_id
    assert books.rows == rows


def test_r_idem_03_the_reference_is_part_of_the_contents():
    books = Books(cash="20")
    books.do(play(bet("b1", "1"), bet("b2", "1"), rollback("x1", "b1")))
    assert answer(books.do(play(rollback("x1", "b2")))) is Reason.CONFLICT
    assert answer(books.do(play(rollback("x1", "b1", "1")))) is Reason.CONFLICT


@pytest.mark.parametrize(
    "facts",
    [{"session_id": token_id()}, {"occurred_at": 5}, {"game_ids": frozenset({"slot"})}, {"batch_id": "night"}],
    ids=["session", "time", "games", "batch"],
)
def test_r_idem_07_what_is_not_part_of_the_contents(facts):
    books = Books(cash="20")
    books.do(session())
    books.do(play(bet("b1")))
    assert books.do(play(bet("b1"), **facts)).replayed


def test_a_rollback_may_leave_its_round_out_of_a_retry():
    books = Books(cash="20")
    books.do(play(bet("b1")))
    books.do(play(rollback("x1", "b1")))
    assert books.do(play(rollback("x1", "b1"), round_id="")).replayed
    assert books.do(play(rollback("x1", "b1"), currency="")).replayed


def test_keys_are_of_a_provider_and_a_player():
    books = Books(cash="20", players=("ann", "bob"))
    for player_id in ("ann", "bob"):
        for provider in ("acme", "other"):
            one = play(bet("b1", provider=provider), player_id=player_id, provider_id=provider)
            assert answer(books.do(one)) is Outcome.APPLIED
    assert books.cash == "0.00"


ONE_SPACE = Profile(id_space=IdSpace.PROVIDER)


@pytest.mark.parametrize("together", [False, True], ids=["in two batches", "in one"])
@pytest.mark.parametrize("kind", ["bet", "win", "refused bet", "rollback", "note"])
def test_a_key_of_another_player_is_taken_where_ids_are_one_space(kind, together):
    books = Books(cash="20", players=("ann", "bob"))
    first = {
        "bet": bet("k"),
        "win": promo("k", "5"),
        "refused bet": bet("k", "30"),
        "rollback": rollback("k", "b0"),
        "note": note("k"),
    }[kind]
    told = [play(first, profile=ONE_SPACE)]
    told += [play(action, profile=ONE_SPACE, player_id="bob") for action in (bet("k"), promo("k", "5"), bet("b2"))]
    told += [play(first, profile=ONE_SPACE)]
    one, bets, wins, other, again = books.do_batch(told) if together else [books.do(command) for command in told]
    assert (answer(bets), answer(wins)) == (Reason.CONFLICT, Reason.CONFLICT)
    assert books.transaction("k", player="bob") is None
    assert answer(other) is Outcome.APPLIED
    assert again.replayed
    assert again.results == tuple(replace(result, replayed=True) for result in one.results)
    books.assert_sound()


def test_a_play_with_one_key_of_another_player_moves_nothing():
    books = Books(cash="20", players=("ann", "bob"))
    books.do(play(promo("k", "5"), profile=ONE_SPACE))
    assert answer(books.do(play(bet("b1"), promo("k", "5"), profile=ONE_SPACE, player_id="bob"))) is Reason.CONFLICT
    assert books.held("bob").cash == units("20")
    assert books.transaction("b1", player="bob") is None


def test_a_request_that_left_no_key_leaves_it_to_another_player():
    books = Books(cash="20", players=("ann", "bob"))
    refused = play(bet("k"), profile=ONE_SPACE, currency="USD")
    assert answer(books.do(refused)) is Reason.WRONG_CURRENCY
    assert answer(books.do(play(bet("k"), profile=ONE_SPACE, player_id="bob"))) is Outcome.APPLIED


@pytest.mark.parametrize("together", [False, True], ids=["in two batches", "in one"])
def test_tombstones_where_ids_are_one_space(together):
    books = Books(cash="20", players=("ann", "bob"))
    told = [
        bury("k"),
        play(bet("k"), profile=ONE_SPACE),
        play(rollback("x1", "k2"), profile=ONE_SPACE),
        play(bet("k2"), profile=ONE_SPACE, player_id="bob"),  # it was ann's that was rolled back, and never came
        play(bet("k2"), profile=ONE_SPACE),
    ]
    decisions = books.do_batch(told) if together else [books.do(command) for command in told]
    expected = [Outcome.NOOP, Reason.TOMBSTONED, Outcome.NOOP, Outcome.APPLIED, Reason.CONFLICT]
    assert [answer(decision) for decision in decisions] == expected
    assert books.cash == "20.00"


@pytest.mark.parametrize(("shown", "then"), [(Shown.THEN, "10.00"), (Shown.NOW, "35.00")])
def test_r_idem_02_the_balance_of_a_replay(shown, then):
    books = Books(cash="20")
    profile = Profile(replay_balance=shown)
    books.do(play(bet("b1"), profile=profile))
    books.do(play(win("w1", "25"), profile=profile))
    again = books.do(play(bet("b1"), profile=profile))
    assert (amount_of(again.then.cash), amount_of(again.now.cash)) == (then, "35.00")


def test_transaction_ids_and_times_are_each_action_s_own():
    books = Books(cash="20")
    decision = books.do(play(bet("b1"), win("w1"), note("n1")))
    times = [result.committed_at for result in decision.results]
    ids = [result.transaction_id for result in decision.results]
    assert times == [times[0], times[0] + 1, times[0] + 2]
    assert sorted(set(ids)) == ids
    assert books.player().changed_at == times[-1]


def test_r_time_01_a_player_s_clock_never_goes_back_e_68():
    books = Books(cash="20")
    first = books.do(play(bet("b1", "1")))
    books.at -= HOUR
    row = replace(books.player(), changed_at=books.player().changed_at + 5)
    books.rows[type(row), PLAYER] = row
    second = books.do(play(bet("b2", "1")))
    assert second.results[0].committed_at == row.changed_at + 1
    assert second.results[0].committed_at > first.results[0].committed_at


# Refusals keep their keys.


@pytest.mark.parametrize(
    ("refusals", "again"), [(Refusals.BIND, Reason.INSUFFICIENT_FUNDS), (Refusals.FORGET, Outcome.APPLIED)]
)
def test_r_idem_04_e_06_a_refused_key(refusals, again):
    books = Books(cash="5")
    told = play(bet("b1"), profile=Profile(refusals=refusals))
    first = books.do(told)
    assert first.refusal.message == MESSAGES[Reason.INSUFFICIENT_FUNDS]
    assert len(first.results) == (refusals is Refusals.BIND)
    books.do(deposit("20"))
    second = books.do(told)
    assert answer(second) is again
    assert second.replayed is (refusals is Refusals.BIND)
    if refusals is Refusals.BIND:
        assert second.refusal == first.refusal
        assert amount_of(second.then.cash) == "5.00"
        assert second.results[0].transaction_id == first.results[0].transaction_id


def test_a_refusal_binds_every_new_key_of_its_play_and_undoes_what_it_did():
    books = Books(cash="20")
    books.do(play(bet("b0", "1")))
    rows = {key: row for key, row in books.rows.items() if key[0].__name__ in {"Round", "Pocket"}}
    refused = books.do(play(bet("b1", "1"), win("w1", "3"), rollback("x0", "b0"), bet("b2", "100")))
    assert [result.outcome for result in refused.results] == [Outcome.REFUSED] * 4
    assert {key: books.rows[key] for key in rows} == rows
    assert books.transaction("b0").rolled_back == ()
    for again in (bet("b1", "1"), win("w1", "3"), rollback("x0", "b0")):
        assert answer(books.do(play(again))) is Reason.INSUFFICIENT_FUNDS
    books.assert_sound()


def test_a_refused_play_may_hold_what_was_done_before():
    books = Books(cash="20")
    done = books.do(play(bet("b1")))
    refused = books.do(play(bet("b1"), bet("b2", "100")))
    assert refused.refusal.reason is Reason.INSUFFICIENT_FUNDS
    assert [result.outcome for result in refused.results] == [Outcome.APPLIED, Outcome.REFUSED]
    assert refused.results[0].transaction_id == done.results[0].transaction_id
    assert not refused.replayed


def test_a_play_with_a_refused_key_is_refused_whole():
    books = Books(cash="5")
    books.do(play(bet("b1")))
    books.do(deposit("20"))
    refused = books.do(play(bet("b1"), bet("b2", "1")))
    assert [result.outcome for result in refused.results] == [Outcome.REFUSED, Outcome.REFUSED]
    assert books.cash == "25.00"


@pytest.mark.parametrize("action", [win("w1", "5", "b1"), amend("a1", "w0", "5")])
def test_e_10_what_came_too_early_keeps_no_key(action):
    books = Books(cash="20")
    profile = Profile(win_reference=WinReference.MUST_EXIST)
    early = books.do(play(action, profile=profile))
    assert (answer(early), early.results) == (Reason.REFERENCE_NOT_FOUND, ())
    assert books.transaction(action.external_key) is None
    books.do(play(bet("b1"), win("w0", "1", "b1"), profile=profile))
    assert answer(books.do(play(action, profile=profile))) is Outcome.APPLIED


# What needs a reference.


@pytest.mark.parametrize("rule", WinReference)
@pytest.mark.parametrize(
    ("told", "expected"),
    [
        # state of the books, then the answer for NONE, MUST_EXIST, MUST_BE_OPEN
        ([], ("ok", "early", "early")),
        ([play(note("n1"))], ("ok", "early", "early")),
        ([play(bet("b1"))], ("ok", "ok", "ok")),
        ([play(bet("b1"), close_round=True)], ("ok", "ok", "settled")),
        ([play(bet("b1")), play(rollback("x1", "b1"))], ("undone", "undone", "undone")),
        ([play(bet("b1", "1000"))], ("ok", "early", "early")),
        ([play(rollback("x1", "b1"))], ("undone", "undone", "undone")),
        ([bury("b1")], ("undone", "undone", "undone")),
        ([play(win("b1", "1"))], ("mismatch", "mismatch", "mismatch")),
    ],
    ids=["nothing", "a note", "a bet", "closed", "rolled back", "refused", "tombstoned", "buried", "not a bet"],
)
def test_r_prov_04_r_prov_05_what_a_win_needs(rule, told, expected):
    books = Books(cash="20")
    for command in told:
        books.do(command)
    meaning = {
        "ok": Outcome.APPLIED,
        "early": Reason.REFERENCE_NOT_FOUND,
        "settled": Reason.REFERENCE_SETTLED,
        "undone": Reason.REFERENCE_ROLLED_BACK,
        "mismatch": Reason.REFERENCE_MISMATCH,
    }
    profile = Profile(win_reference=rule)
    wanted = meaning[expected[list(WinReference).index(rule)]]
    assert answer(books.do(play(win("w1", "25", "b1"), profile=profile))) is wanted


@pytest.mark.parametrize("rule", [WinReference.MUST_EXIST, WinReference.MUST_BE_OPEN])
def test_a_win_that_names_no_bet_needs_a_round_with_a_stake(rule):
    books, profile = Books(cash="20"), Profile(win_reference=rule)
    assert answer(books.do(play(win("w1"), profile=profile))) is Reason.REFERENCE_NOT_FOUND
    books.do(play(bet("b1")))
    assert answer(books.do(play(win("w1"), profile=profile))) is Outcome.APPLIED
    assert answer(books.do(play(win("w2"), profile=profile, round_id=""))) is Reason.REFERENCE_NOT_FOUND


@pytest.mark.parametrize("category", [category for category in Category if category is not Category.GAME])
@pytest.mark.parametrize("round_id", ["", "r1"])
def test_r_prov_04_other_wins_need_nothing(category, round_id):
    books, profile = Books(), Profile(win_reference=WinReference.MUST_BE_OPEN, settle=Settle.ONCE)
    paid = play(promo("w1", "25", category), profile=profile, round_id=round_id)
    assert answer(books.do(paid)) is Outcome.APPLIED
    assert books.cash == "25.00"


def test_e_36_a_jackpot_stands_though_its_round_was_cancelled():
    books = Books(cash="20")
    books.do(play(bet("b1")))
    books.do(play(promo("j1", "100", Category.JACKPOT)))
    books.do(play(rollback("x1", "b1")))
    assert books.cash == "120.00"
    assert books.round().state is State.CANCELLED
    assert answer(books.do(play(promo("j2", "100", Category.JACKPOT)))) is Outcome.APPLIED
    assert answer(books.do(play(win("w1", "5")))) is Reason.REFERENCE_ROLLED_BACK


@pytest.mark.parametrize(("settle", "again"), [(Settle.MANY, Outcome.APPLIED), (Settle.ONCE, Reason.REFERENCE_SETTLED)])
def test_how_often_a_bet_is_settled(settle, again):
    books, profile = Books(cash="20"), Profile(settle=settle)
    books.do(play(bet("b1", "1"), bet("b2", "1"), profile=profile))
    assert answer(books.do(play(win("w1", "5", "b1"), profile=profile))) is Outcome.APPLIED
    assert answer(books.do(play(win("w2", "5", "b1"), profile=profile))) is again
    assert answer(books.do(play(win("w3", "5", "b2"), profile=profile))) is Outcome.APPLIED
    assert books.transaction("b1").settlements


def test_a_win_may_settle_many_bets_at_once():
    books = Books(cash="20")
    bets = [f"b{number}" for number in range(5)]
    books.do(play(*(bet(key, "1") for key in bets)))
    books.do(play(win("w1", "50", *bets), profile=PROFILES["evolution"]))
    assert all(books.transaction(key).settlements for key in bets)
    assert answer(books.do(play(win("w2", "1", "b3"), profile=PROFILES["evolution"]))) is Reason.REFERENCE_SETTLED
    assert (books.round().staked, books.round().won) == (units("5"), units("50"))


# Amounts.


@pytest.mark.parametrize(
    ("zero", "of_bet", "of_win"),
    [
        (Zero.ALLOW, Outcome.APPLIED, Outcome.APPLIED),
        (Zero.REFUSE_BET, Reason.INVALID_AMOUNT, Outcome.APPLIED),
        (Zero.REFUSE_WIN, Outcome.APPLIED, Reason.INVALID_AMOUNT),
        (Zero.REFUSE, Reason.INVALID_AMOUNT, Reason.INVALID_AMOUNT),
    ],
)
def test_r_money_04_bets_and_wins_of_nothing(zero, of_bet, of_win):
    books, profile = Books(cash="20"), Profile(zero=zero)
    assert answer(books.do(play(bet("b1", "0"), profile=profile))) is of_bet
    assert answer(books.do(play(win("w1", "0"), profile=profile))) is of_win
    assert books.cash == "20.00"
    books.assert_sound()


def test_r_prov_07_a_win_of_nothing_closes_its_round():
    books = Books(cash="20")
    books.do(play(bet("b1")))
    assert answer(books.do(play(win("w1", "0", "b1"), close_round=True))) is Outcome.APPLIED
    assert (books.round().state, books.total("STAKES")) == (State.CLOSED, "10.00")
    assert books.transaction("b1").settlements


@pytest.mark.parametrize("action", [bet("b1", None), win("w1", None), bet("b1", "-1"), win("w1", "-1")])
def test_r_money_04_what_is_no_amount(action):
    assert answer(Books(cash="20").do(play(action))) is Reason.INVALID_AMOUNT


@pytest.mark.parametrize("amount", ["0.00001", "0.000001", "19.999999", "20"])
def test_a_stake_finer_than_a_cent_is_exact(amount):
    books = Books(cash="20")
    books.do(play(bet("b1", amount)))
    assert books.held().cash == units("20") - units(amount)
    books.do(play(rollback("x1", "b1")))
    assert books.cash == "20.00"


@pytest.mark.parametrize(
    ("minimum", "expected"), [("20", Outcome.APPLIED), ("20.000001", Reason.INSUFFICIENT_FUNDS), ("0", Outcome.APPLIED)]
)
def test_minimum_balance(minimum, expected):
    assert answer(Books(cash="20").do(play(bet("b1", "1", minimum=minimum)))) is expected


def test_r_money_05_a_win_that_would_overflow_is_refused():
    books = Books(cash="20")
    books.do(play(promo("w1", "9000000000000")))
    over = replace(win("w2"), amount=INT64_MAX)
    assert answer(books.do(play(over))) is Reason.INVALID_AMOUNT
    assert books.cash == "9000000000020.00"


def test_a_bet_needs_a_round():
    assert answer(Books(cash="20").do(play(bet("b1"), round_id=""))) is Reason.INVALID_REQUEST


def test_a_note_moves_nothing_and_keeps_its_key():
    books = Books(cash="20")
    noted = play(note("n1", info=(("spin", "3"),)))
    assert answer(books.do(noted)) is Outcome.NOOP
    assert books.transaction("n1").info == (("spin", "3"),)
    assert books.do(noted).replayed


# Tombstones of late originals (R-PROV-10).


@pytest.mark.parametrize("action", [bet("k"), win("k")], ids=["bet", "win"])
@pytest.mark.parametrize("grave", ["player", "nobody", "batch"])
@pytest.mark.parametrize("late", LateOriginal)
def test_e_04_a_late_original_never_moves_money(action, grave, late):
    books = Books(cash="20")
    profile = Profile(late_original=late)
    facts = {"profile": profile, "batch_id": "night"}
    books.do({"player": play(rollback("x", "k")), "nobody": bury("k"), "batch": bury("~batch:night")}[grave])
    lines = len(books.lines)
    for _ in range(2):
        decision = books.do(play(action, **facts))
        expected = Reason.TOMBSTONED if late is LateOriginal.REFUSE else Outcome.NOOP
        assert answer(decision) is expected
    assert len(books.lines) == lines
    assert books.transaction("k").kind is (Kind.TOMBSTONE if grave == "player" else action.kind)


@pytest.mark.parametrize("late", LateOriginal)
def test_what_comes_with_a_late_original_moves_nothing_either(late):
    books = Books(cash="20")
    books.do(play(rollback("x", "b1")))
    told = play(bet("b1"), win("w1", "25", "b1"), profile=Profile(late_original=late))
    first, again = books.do(told), books.do(told)
    assert books.cash == "20.00"
    if late is LateOriginal.REFUSE:
        assert first.refusal.reason is again.refusal.reason is Reason.TOMBSTONED
    else:
        assert [result.outcome for result in first.results] == [Outcome.NOOP, Outcome.NOOP]
    assert [r.transaction_id for r in first.results] == [r.transaction_id for r in again.results]


def test_a_tombstone_of_one_player_is_not_another_s():
    books = Books(cash="20", players=("ann", "bob"))
    books.do(play(rollback("x", "b1"), player_id="bob"))
    assert answer(books.do(play(bet("b1")))) is Outcome.APPLIED


def test_a_batch_s_tombstone_spares_other_batches_and_rollbacks():
    books = Books(cash="20")
    books.do(play(bet("b1"), batch_id="night"))
    books.do(bury("~batch:night"))
    assert answer(books.do(play(bet("b2", "1"), batch_id="day"))) is Outcome.APPLIED
    assert answer(books.do(play(bet("b3", "1")))) is Outcome.APPLIED
    assert answer(books.do(play(rollback("x1", "b1"), batch_id="night"))) is Outcome.APPLIED
    assert answer(books.do(play(bet("b1"), batch_id="night"))) is Outcome.APPLIED  # a replay of what was done
    assert books.cash == "18.00"


def test_burying_twice_is_once():
    books = Books()
    first, again = books.do(bury("b1")), books.do(bury("b1"))
    assert first.results[0].transaction_id == again.results[0].transaction_id
    assert (first.player_id, answer(first)) == ("", Outcome.NOOP)


def test_i_07_a_play_that_rolls_back_before_it_bets_moves_nothing():
    """The tombstone a play had left was overwritten by the play's own bet, which took its money."""
    books = Books(cash="20")
    assert answer(books.do(play(rollback("x1", "b1"), bet("b1")))) is Reason.INVALID_REQUEST
    assert books.cash == "20.00"
    books.assert_sound()


def test_a_refusal_is_not_overwritten_by_the_tombstone_of_its_own_play():
    """A refused play that rolled back a key of its own answered with ids that were not stored."""
    books = Books(cash="20")
    told = play(rollback("x1", "b1"), bet("b1", "1000"))
    first, again = books.do(told), books.do(told)
    assert first.refusal == again.refusal
    assert [r.transaction_id for r in first.results] == [r.transaction_id for r in again.results]


# Currencies of a play that names none.


def _two_wallets():
    books = Books(players=())
    books.do(CreatePlayer(PLAYER, "operator", "brand", ("EUR", "USD")))
    books.do(deposit("20"))
    books.do(deposit("20", currency="USD", key="d2"))
    return books


def unnamed(*actions, **facts):
    """A play whose amounts bear no currency: it has them in nanos."""
    return play(
        *(
            replace(
                action,
                amount=None if action.amount is None else action.amount * 1_000,
                minimum_balance=action.minimum_balance * 1_000,
            )
            for action in actions
        ),
        **{"currency": "", **facts},
    )


# What is there before, a play that names no currency, and in which wallet of the two it is played.
SAYS = {
    "session": ([session(currency="USD")], unnamed(bet("k"), session_id=token_id()), "USD"),
    "session, before the round": (
        [session(currency="USD"), play(bet("b1"), round_id="r2")],
        unnamed(bet("k"), session_id=token_id()),
        "USD",
    ),
    "bet a win names": ([play(bet("b1"), currency="USD")], unnamed(win("k", "5", "b1"), round_id=""), "USD"),
    "round of a win": ([play(bet("b1"), currency="USD")], unnamed(win("k", "5")), "USD"),
    "round of a bet": ([play(bet("b1"), currency="USD")], unnamed(bet("k")), "USD"),
    "bet a rollback names": ([play(bet("b1"), currency="USD")], unnamed(rollback("k", "b1"), round_id=""), "USD"),
    "bet a part of which is undone": (
        [play(bet("b1"), currency="USD")],
        unnamed(rollback("k", "b1", "4"), round_id=""),
        "USD",
    ),
    "win that is amended": (
        [play(promo("w1", "5"), round_id="", currency="USD")],
        unnamed(amend("k", "w1", "6"), round_id=""),
        "USD",
    ),
    "original of a promotion": (
        [play(bet("b1"), currency="USD")],
        unnamed(promo("k", "5"), round_id="", original_key="b1"),
        "USD",
    ),
    "original of a note": (
        [play(bet("b1"), currency="USD")],
        unnamed(note("k"), round_id="", original_key="b1"),
        "USD",
    ),
    "round to be closed": ([play(bet("b1"), currency="USD")], unnamed(note("k"), close_round=True), "USD"),
    "nothing, and it does not matter": ([], unnamed(rollback("k", "b1"), round_id=""), "EUR"),
    "nothing, and it does not matter to a note": ([], unnamed(note("k"), round_id=""), "EUR"),
}


@pytest.mark.parametrize("name", SAYS)
def test_what_says_the_currency_of_a_play_that_names_none(name):
    before, asked, currency = SAYS[name]
    books = _two_wallets()
    for command in before:
        assert books.do(command).refusal is None
    assert books.do(asked).refusal is None
    assert books.transaction("k").currency == currency
    books.assert_sound()
    assert books.do(asked).replayed


def test_an_amount_without_a_currency_is_one_of_the_currency_that_is_found():
    books = _two_wallets()
    books.do(play(bet("b1"), currency="USD"))
    books.do(unnamed(win("w1", "2.5")))
    assert books.transaction("w1").amount == units("2.5")
    assert books.held(currency="USD").cash == units("12.5")
    assert books.held().cash == units("20")


def test_a_repeat_that_says_less_is_still_a_repeat():
    books = _two_wallets()
    books.do(session(currency="USD"))
    books.do(unnamed(promo("w1", "5"), round_id="", session_id=token_id()))
    assert books.do(unnamed(promo("w1", "5"), round_id="")).replayed
    assert books.do(play(promo("w1", "5"), round_id="", currency="USD")).replayed
    assert answer(books.do(unnamed(promo("w1", "6"), round_id=""))) is Reason.CONFLICT


@pytest.mark.parametrize(
    "asked",
    [
        unnamed(bet("k")),
        unnamed(promo("k", "5"), round_id=""),
        unnamed(win("k", "5", "b1")),
        unnamed(rollback("k", "b1", "5"), round_id=""),
        unnamed(note("k"), close_round=True),
        unnamed(bet("k"), session_id=token_id("unheard-of")),
        unnamed(bet("k"), session_id=token_id("other")),
    ],
    ids=["bet", "promotion", "win", "part", "close", "no session", "another provider's session"],
)
def test_of_two_wallets_none_says_the_currency(asked):
    books = _two_wallets()
    books.do(session("other", provider="other", currency="USD"))
    decision = books.do(asked)
    assert answer(decision) is Reason.WRONG_CURRENCY
    assert decision.refusal.message == "Name the currency; wallets: EUR, USD."
    assert books.transaction("k") is None
    assert books.round() is None


def test_the_only_wallet_says_the_currency():
    books = Books(cash="20")
    assert answer(books.do(unnamed(bet("b1", minimum="20")))) is Outcome.APPLIED
    assert books.cash == "10.00"
    assert answer(books.do(unnamed(bet("b2", minimum="10.01")))) is Reason.INSUFFICIENT_FUNDS


@pytest.mark.parametrize(
    ("nanos", "expected"),
    [
        (100_000, Outcome.APPLIED),
        (100_001, Reason.INVALID_PRECISION),
        (10_000, Reason.INVALID_PRECISION),
        ((2**63 - 1) * 100_000, Reason.INSUFFICIENT_FUNDS),
        (2**63 * 100_000, Reason.INVALID_AMOUNT),
    ],
)
def test_precision_and_size_are_those_of_the_currency_that_is_found(nanos, expected):
    books = Books(cash="20", currency="VND")
    decision = books.do(play(replace(bet("k"), amount=nanos), currency=""))
    assert answer(decision) is expected
    assert (books.transaction("k") is None) == (expected in {Reason.INVALID_PRECISION, Reason.INVALID_AMOUNT})


def test_a_guess_says_nothing():
    late = _two_wallets()
    late.do(unnamed(rollback("x1", "b1"), round_id=""))
    late.do(unnamed(note("n1"), round_id=""))
    assert answer(late.do(unnamed(bet("b1"), round_id="r2"))) is Reason.WRONG_CURRENCY
    assert answer(late.do(unnamed(promo("w1", "5"), round_id="", original_key="n1"))) is Reason.WRONG_CURRENCY


# What the book may be asked.


def test_a_row_that_was_not_asked_for_is_a_fault():
    book = Book(Needs.none(), [])
    with pytest.raises(NotLoaded):
        decide(book, play(bet("b1")), 1)


def test_decide_is_pure():
    books, other = Books(cash="20"), Books(cash="20")
    told = [play(bet("b1")), play(win("w1", "5", "b1")), withdrawal("1"), play(rollback("x1", "w1"))]
    assert [books.do(command) for command in told] == [other.do(command) for command in told]
    assert books.rows == other.rows


def test_an_unknown_player_learns_nothing():
    decision = Books().do(play(bet("b1"), player_id="nobody"))
    assert (answer(decision), decision.now, decision.results) == (Reason.PLAYER_UNKNOWN, None, ())


@pytest.mark.parametrize("facts", [{"operator_id": "another"}, {"brand_id": "another"}])
def test_another_brand_s_player_is_unknown(facts):
    assert answer(Books(cash="20").do(play(bet("b1"), **facts))) is Reason.PLAYER_UNKNOWN
    assert answer(Books(cash="20").do(play(bet("b1"), operator_id="operator", brand_id="brand"))) is Outcome.APPLIED


@pytest.mark.parametrize("policy", UnknownRollback)
def test_a_late_amendment_of_a_tombstoned_key_moves_nothing(policy):
    books, profile = Books(cash="20"), Profile(unknown_rollback=policy)
    books.do(play(win("w1", "5")))
    books.do(play(rollback("x1", "a1"), profile=profile))
    decision = books.do(play(amend("a1", "w1", "7"), profile=profile))
    assert decision.refusal is not None or answer(decision) is Outcome.NOOP
    assert books.cash == "25.00"


@pytest.mark.parametrize(
    ("profile", "named", "expected"),
    [
        (Profile(win_reference=WinReference.MUST_EXIST), ("b9", "b1"), Reason.REFERENCE_NOT_FOUND),
        (Profile(win_reference=WinReference.MUST_EXIST), ("b1", "b9"), Reason.REFERENCE_NOT_FOUND),
        (Profile(), ("b1", "b9"), Reason.REFERENCE_ROLLED_BACK),
    ],
)
def test_of_several_bets_a_win_names_the_first_reason_answers_not_the_first_bet(profile, named, expected):
    books = Books(cash="20")
    books.do(play(bet("b1"), rollback("x1", "b1")))
    assert answer(books.do(play(win("w1", "5", *named), round_id="r2", profile=profile))) is expected


def test_a_win_that_names_a_bet_not_there_yet_is_not_one_of_the_whole_round():
    """Its win once undone, the round's other bet could never be rolled back where settled bets may not."""
    books, profile = Books(cash="20"), Profile(settled_rollback=SettledRollback.REFUSE)
    books.do(play(bet("b1")))
    books.do(play(win("w1", "5", "b7"), profile=profile))
    assert answer(books.do(play(rollback("x1", "b1"), profile=profile))) is Outcome.APPLIED
