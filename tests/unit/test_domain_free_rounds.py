"""Free rounds: rulebook 6.4, their life on `decide`, and in play on a book."""

from itertools import product

import pytest
from msgspec.structs import replace

from tests.support.domain import PLAYER, Books, amount_of, answer, play, rollback, units, withdrawal
from tests.support.promos import bonus_money, forfeit, void_bonus
from tests.support.promotions import (
    EXPIRES,
    FREE_OF_WAGERING,
    GRANT,
    FreePlays,
    cancel,
    edition,
    expire,
    granting,
    register,
)
from tests.unit.test_domain_golden import facts
from wallet_core.domain.commands import SetStatus
from wallet_core.domain.decision import Outcome, Reason, Refused
from wallet_core.domain.free_play import may_begin
from wallet_core.domain.free_round_commands import ATTEMPTS_MAX
from wallet_core.domain.free_rounds import LIVE, TRANSITIONS, Event, Settle, State, after, dispute_of
from wallet_core.domain.hold_commands import ReleaseHold
from wallet_core.domain.holds import Hold
from wallet_core.domain.holds import State as HoldState
from wallet_core.domain.promos import Bonus
from wallet_core.domain.promos import State as BonusState
from wallet_core.domain.wagering import BPS


def available(*, cash="0", **terms):
    """Return plays of a grant that the provider has confirmed."""
    books = Books(cash=cash)
    assert answer(books.do(granting(**terms))) is Outcome.NOOP
    books.do(register())
    return FreePlays(books)


def ended(plays, command):
    """End the grant, and return the journal of that."""
    plays.books.wait(EXPIRES - plays.books.at)
    decision = plays.books.do(command)
    assert decision.refusal is None
    return plays.books.journal(decision.results[0].transaction_id)


def bonus(plays):
    return plays.books.rows.get((Bonus, PLAYER, f"@free:{GRANT}"))


def hold(plays, key):
    rows = [row for row in plays.books.rows.values() if isinstance(row, Hold)]
    return next(row for row in rows if row.hold_id == dispute_of(plays.books.transaction(key).key))


def test_what_is_not_in_the_table_does_not_happen():
    grant = available().grant
    for state, event in product(State, Event):
        one = replace(grant, state=state)
        if (state, event) in TRANSITIONS:
            assert after(one, event) is TRANSITIONS[state, event]
            assert state in LIVE or event is Event.REOPEN
        else:
            with pytest.raises(Refused) as refused:
                after(one, event)
            assert refused.value.refusal.reason is Reason.BONUS_STATE
    assert len(TRANSITIONS) == 11


def test_a_grant_is_issued_registered_played_and_completed():
    plays = available(rounds=2)
    assert (plays.grant.state, plays.grant.left) == (State.AVAILABLE, 2)
    plays.begin("r1")
    assert (plays.grant.state, plays.grant.left) == (State.IN_USE, 1)
    plays.begin("r2")
    plays.end("r1")
    plays.end("r2")
    assert (plays.grant.state, plays.grant.left, plays.grant.over_at > 0) == (State.COMPLETED, 0, True)
    assert plays.books.lines == []  # R-FREE-03, R-FREE-09


def test_the_player_is_shown_rounds_only_after_the_provider_confirmed():
    books = Books()
    books.do(granting())
    plays = FreePlays(books)
    assert (plays.grant.state, plays.grant.left) == (State.ISSUED, 0)
    with pytest.raises(Refused):
        plays.begin("r1")


def test_registration_is_idempotent_and_fails_only_so_often():
    books = Books()
    books.do(granting())
    assert books.do(granting()).replayed
    assert answer(books.do(granting(4))) is Reason.CONFLICT
    for attempt in range(ATTEMPTS_MAX - 1):
        books.do(register(f"g{attempt}", confirmed=False))
    plays = FreePlays(books)
    assert (plays.grant.state, plays.grant.attempts) == (State.ISSUED, ATTEMPTS_MAX - 1)
    books.do(register("last", confirmed=False))
    assert (plays.grant.state, plays.grant.reason) == (State.CANCELLED, "the provider would not register it")
    assert answer(books.do(register("more"))) is Reason.BONUS_STATE


def test_only_its_own_provider_confirms_a_grant():
    books = Books()
    books.do(granting())
    assert answer(books.do(replace(register(), provider_id="other"))) is Reason.BONUS_NOT_FOUND
    assert FreePlays(books).grant.state is State.ISSUED


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"rounds": 0}, Reason.INVALID_REQUEST),
        ({"rounds": 10_001}, Reason.INVALID_REQUEST),
        ({"expires_at": 1}, Reason.INVALID_REQUEST),
        ({"value": 0}, Reason.INVALID_AMOUNT),
        ({"cap": -1}, Reason.INVALID_AMOUNT),
        ({"value": 1}, Reason.INVALID_PRECISION),
        ({"currency": "USD"}, Reason.WRONG_CURRENCY),
        ({"template": edition(replace(edition().promotion, cap_of_bonus=100))}, Reason.TEMPLATE_FORBIDDEN),
    ],
)
def test_a_grant_that_is_refused(terms, reason):
    books = Books()
    assert answer(books.do(granting(**terms))) is reason
    assert FreePlays(books).grant is None


def test_no_free_rounds_for_a_blocked_player():
    books = Books()
    books.do(SetStatus(PLAYER, blocked=True, reason="r", actor="ops", request_id="s1"))
    assert answer(books.do(granting())) is Reason.PLAYER_BLOCKED


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"provider_id": "other"}, Reason.BONUS_NOT_FOUND),
        ({"currency": "USD"}, Reason.WRONG_CURRENCY),
        ({"games": ("live",)}, Reason.GAME_NOT_ALLOWED),
        ({"expires_at": 1}, Reason.BONUS_STATE),
        ({"used": 3}, Reason.BONUS_STATE),
        ({"state": State.ISSUED}, Reason.BONUS_STATE),
        ({"state": State.CANCELLED}, Reason.BONUS_STATE),
    ],
)
def test_a_round_that_may_not_begin(change, reason):
    grant = replace(available().grant, **change)
    with pytest.raises(Refused) as refused:
        may_begin(grant, "acme", "slot", "EUR", grant.issued_at + 1)
    assert refused.value.refusal.reason is reason
    with pytest.raises(Refused):
        may_begin(None, "acme", "slot", "EUR", 1)


def test_a_round_that_is_rolled_back_may_be_played_again():
    plays = available(rounds=1)
    plays.begin("r1")
    plays.books.do(play(rollback("x1", "b:r1"), round_id="r1"))
    assert (plays.grant.left, plays.grant.open) == (1, 0)


def test_winnings_in_cash_spin_by_spin():
    plays = available(cash="5")
    plays.begin("r1")
    award = plays.win("r1", "3.50", "w1")
    assert award.parts == (("CASH", units("3.50")),)
    assert plays.books.cash == "8.50"
    assert plays.books.total("BONUS_COST") == "-3.50"
    assert plays.grant.won == units("3.50")
    plays.books.assert_sound()


def test_gc_wr_11_what_is_won_at_the_end_becomes_a_bonus():
    given, expect = facts("GC-WR-11")
    plays = available(rounds=2, settle=Settle.END, template=edition())
    plays.begin("r1")
    assert plays.win("r1", amount_of(units(given["winnings"]) // 2), "w1").entries == ()
    plays.begin("r2")
    plays.win("r2", amount_of(units(given["winnings"]) // 2), "w2")
    assert (bonus(plays), plays.grant.waiting) == (None, units(given["winnings"]))
    plays.end("r1")
    plays.end("r2")
    row = bonus(plays)
    assert (row.state, amount_of(row.granted)) == (BonusState.ACTIVE, given["winnings"])
    assert amount_of(row.requirement // BPS) == expect
    assert bonus_money(plays.books) == given["winnings"]
    assert (plays.grant.state, plays.grant.waiting) == (State.COMPLETED, 0)
    plays.books.assert_sound()


def test_winnings_become_one_bonus_spin_by_spin():
    plays = available(template=edition())
    for number, amount in enumerate(("1", "0", "2.50")):
        plays.begin(f"r{number}")
        plays.win(f"r{number}", amount, f"w{number}")
    row = bonus(plays)
    assert (row.granted, row.requirement) == (units("3.50"), units("35") * BPS)
    assert bonus_money(plays.books) == "3.50"
    assert plays.books.total("BONUS_ISSUED") == "-3.50"
    plays.books.assert_sound()


def test_a_bonus_free_of_wagering_asks_for_nothing():
    plays = available(template=edition(FREE_OF_WAGERING))
    plays.begin("r1")
    plays.win("r1", "4", "w1")
    assert (bonus(plays).requirement, bonus_money(plays.books)) == (0, "4.00")


@pytest.mark.parametrize("over", [forfeit, void_bonus])
def test_r_free_04_what_a_live_grant_wins_after_its_bonus_is_over_begins_another_one(over):
    plays = available(template=edition())
    plays.begin("r1")
    plays.win("r1", "4", "w1")
    plays.books.do(over(plays.grant.bonus_id))
    plays.begin("r2")
    award = plays.win("r2", "3", "w2")
    assert award.parts == ((f"BONUS:{plays.grant.bonus_id}", units("3")),)
    assert plays.grant.bonus_id != f"@free:{GRANT}"
    assert (bonus_money(plays.books), plays.grant.won) == ("3.00", units("7"))
    plays.books.assert_sound()


@pytest.mark.parametrize("end", [expire, cancel])
def test_what_waits_is_paid_when_the_grant_is_over(end):
    plays = available(settle=Settle.END)
    plays.begin("r1")
    plays.win("r1", "4", "w1")
    assert ended(plays, end()) == [("CASH", "4.00"), ("BONUS_COST", "-4.00")]
    assert (plays.grant.waiting, plays.grant.state in LIVE) == (0, False)
    plays.books.assert_sound()


def test_e_56_a_win_after_the_expiry_of_a_round_that_began_before():
    plays = available(settle=Settle.END)
    plays.begin("r1")
    assert ended(plays, expire()) == []
    assert plays.win("r1", "4", "w1").parts == (("CASH", units("4")),)
    assert plays.end("r1").entries == ()
    plays.books.assert_sound()


def test_a_round_that_began_when_the_time_was_over_is_disputed():
    plays = available()
    plays.books.wait(EXPIRES - plays.books.at)  # though nobody has expired it yet
    award = plays.win("r9", "4", "w1")
    assert award.parts == (("HELD:DISPUTE", units("4")),)
    assert hold(plays, "w1").evidence == f"the round began after the grant was over: {GRANT}"


def test_it_expires_only_when_it_is_due():
    plays = available()
    assert answer(plays.books.do(expire())) is Reason.BONUS_STATE
    plays.books.wait(EXPIRES - plays.books.at)
    assert answer(plays.books.do(expire(EXPIRES + 1))) is Reason.BONUS_STATE
    assert answer(plays.books.do(expire())) is Outcome.NOOP
    assert plays.books.do(expire()).replayed
    assert answer(plays.books.do(cancel())) is Reason.BONUS_STATE


def test_e_57_a_free_win_without_a_grant_is_held():
    plays = FreePlays(Books())
    award = plays.win("r1", "4", "w1", grant_id="nothing")
    assert award.parts == (("HELD:DISPUTE", units("4")),)
    row = hold(plays, "w1")
    assert (row.held, row.owner, row.clause) == (units("4"), "providers", "R-FREE-06")
    assert row.expires_at > row.review_at > row.placed_at
    plays.books.do(ReleaseHold(PLAYER, row.hold_id, "it was one of ours", "ops", "rel"))
    assert plays.books.cash == "4.00"
    plays.books.assert_sound()


def test_more_rounds_that_win_than_were_granted_are_disputed():
    plays = available(rounds=1)
    assert plays.win("", "1", "w1").parts == (("CASH", units("1")),)  # a provider that reports no stakes
    assert plays.grant.used == 1
    assert plays.win("", "1", "w2").parts == (("HELD:DISPUTE", units("1")),)
    plays.books.assert_sound()


def test_rounds_of_which_no_stake_came_end_the_grant_too():
    plays = available(rounds=2, settle=Settle.END)
    plays.win("r1", "1", "w1")
    plays.end("r1")
    assert (plays.grant.state, plays.grant.waiting) == (State.IN_USE, units("1"))
    plays.win("r2", "1", "w2")
    plays.end("r2")
    assert (plays.grant.state, plays.books.cash) == (State.COMPLETED, "2.00")


def test_a_round_may_win_more_than_once():
    plays = available(rounds=1)
    plays.begin("r1")
    plays.win("r1", "1", "w1")
    plays.win("r1", "2", "w2")
    assert (plays.books.cash, plays.grant.paid) == ("3.00", 1)


def test_what_comes_above_the_cap_lapses():
    plays = available(cap=units("5"))
    plays.begin("r1")
    plays.win("r1", "3", "w1")
    plays.begin("r2")
    assert plays.win("r2", "4", "w2").parts == (("CASH", units("2")), ("LAPSED", units("2")))
    plays.begin("r3")
    award = plays.win("r3", "1", "w3")
    assert (award.entries, award.parts) == ((), (("LAPSED", units("1")),))
    assert plays.books.cash == "5.00"
    plays.books.assert_sound()


def test_a_free_win_that_is_rolled_back_takes_what_it_paid_and_the_rest_is_owed():
    plays = available()
    plays.begin("r1")
    plays.win("r1", "4", "w1")
    plays.books.do(withdrawal("3"))
    undone = plays.undo("r1", "4", "w1")
    assert undone.parts == (("CASH", -units("1")), ("DEBT", -units("3")))
    assert (plays.grant.won, plays.grant.paid) == (0, 0)
    assert plays.books.total("BONUS_COST") == "0.00"
    plays.books.assert_sound()


def test_a_free_win_that_waits_is_rolled_back_and_nothing_moves():
    plays = available(settle=Settle.END)
    plays.begin("r1")
    plays.win("r1", "4", "w1")
    assert plays.undo("r1", "4", "w1").entries == ()
    assert (plays.grant.waiting, plays.grant.won) == (0, 0)


def test_a_free_win_that_has_waited_is_taken_from_where_it_went():
    plays = available(settle=Settle.END, template=edition())
    plays.begin("r1")
    plays.win("r1", "4", "w1")
    ended(plays, expire())
    undone = plays.undo("r1", "3", "w1")
    assert undone.parts == ((f"BONUS:@free:{GRANT}", -units("3")),)
    assert (bonus(plays).granted, bonus(plays).requirement) == (units("1"), units("10") * BPS)
    plays.books.assert_sound()


def test_a_disputed_win_is_taken_out_of_its_hold():
    plays = FreePlays(Books(cash="1"))
    plays.win("r1", "4", "w1", grant_id="nothing")
    undone = plays.undo("r1", "4", "w1")
    assert undone.parts == (("HELD:DISPUTE", -units("4")),)
    assert (hold(plays, "w1").state, hold(plays, "w1").captured) == (HoldState.CAPTURED, units("4"))
    assert plays.books.cash == "1.00"
    plays.books.assert_sound()


def test_a_disputed_win_that_was_released_is_taken_from_cash():
    plays = FreePlays(Books())
    plays.win("r1", "4", "w1", grant_id="nothing")
    plays.books.do(ReleaseHold(PLAYER, hold(plays, "w1").hold_id, "fine", "ops", "rel"))
    assert plays.undo("r1", "4", "w1").parts == (("CASH", -units("4")),)
    plays.books.assert_sound()


def test_a_win_of_nothing_that_is_taken_back_changes_nothing():
    plays = available()
    plays.begin("r1")
    plays.win("r1", "0", "w1")
    assert plays.undo("r1", None, "w1").entries == ()
    assert (plays.grant.paid, plays.grant.won) == (0, 0)
