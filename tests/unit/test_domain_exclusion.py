"""Self-exclusion: what is refused from its microsecond on, what never is, and what ends with it (R-RG-24, R-RG-25)."""

import pytest
from msgspec.structs import replace

from tests.support.domain import (
    PLAYER,
    Books,
    amend,
    answer,
    bet,
    deposit,
    note,
    play,
    promo,
    rollback,
    session,
    token_id,
    units,
    void,
    win,
    withdrawal,
)
from tests.support.holds import request, settle
from tests.support.players import DAY, UNTIL, exclude, reinstate, status, switch, travelled
from tests.support.promos import BY_HAND, MATCH, bonus_money, claim, grant, offer, state, template, unfreeze
from tests.support.promos import freeze as freeze_bonus
from tests.support.promos import of as bonus_of
from tests.support.promotions import FreePlays, edition, granting, prize, register
from tests.unit.test_domain_bonuses import bonus_first, granted
from wallet_core.domain.commands import RotateSession, SessionUse
from wallet_core.domain.decision import MESSAGES, Outcome, Reason
from wallet_core.domain.entries import Kind, Transaction
from wallet_core.domain.fx import Side
from wallet_core.domain.fx_commands import OpenQuote
from wallet_core.domain.players import Restriction
from wallet_core.domain.profiles import BetSession, Profile
from wallet_core.domain.promos import BonusTerms, OnWithdrawal, OpenRounds, State, Timing
from wallet_core.domain.sessions import EndReason, ended, usable
from wallet_core.domain.subwallets import Transfer

WITH_SESSION = Profile(bet_session=BetSession.REQUIRED)
BONUS_FIRST = bonus_first()


def _excluded(*before, cash="50"):
    books = Books(cash=cash)
    for command in (*before, exclude()):
        assert books.do(command).refusal is None
    return books


def _told(books):
    return [row for row in books.rows.values() if isinstance(row, Transaction) and row.player_id == PLAYER]


def test_stakes_are_refused_and_credits_accepted():
    books = Books(cash="100")
    books.do(play(bet("b1", "20")))
    books.do(play(bet("b2", "5"), round_id="r2"))
    books.do(exclude())
    assert answer(books.do(play(bet("b3", "1"), round_id="r3"))) is Reason.PLAYER_BLOCKED
    assert answer(books.do(play(bet("b4", "1")))) is Reason.PLAYER_BLOCKED  # in the open round, too (R-ROUND-03)
    assert answer(books.do(play(win("w1", "75"), close_round=True))) is Outcome.APPLIED
    assert answer(books.do(play(rollback("x1", "b2"), round_id="r2"))) is Outcome.APPLIED
    assert books.cash == "155.00"
    assert answer(books.do(play(amend("a1", "w1", "70")))) is Outcome.APPLIED
    assert answer(books.do(deposit("20", key="d2"))) is Reason.PLAYER_BLOCKED
    assert books.cash == "150.00"
    books.assert_sound()


def test_w_7_the_open_hand_resolves_with_the_stakes_it_has():
    books = Books(cash="100")
    books.do(session())
    seat = {"profile": WITH_SESSION, "session_id": token_id()}
    books.do(play(bet("b1", "10"), **seat))
    books.do(exclude())
    assert answer(books.do(play(bet("double", "10"), **seat))) is Reason.PLAYER_BLOCKED
    assert answer(books.do(play(win("w1", "75"), close_round=True, **seat))) is Outcome.APPLIED
    assert (books.cash, books.round().state.name) == ("165.00", "CLOSED")
    assert answer(books.do(play(bet("double", "10"), **seat))) is Reason.PLAYER_BLOCKED  # for ever (R-IDEM-04)
    books.assert_sound()


REFUSED = [
    session("s2"),
    deposit("10", key="d2"),
    Transfer(PLAYER, "t1", "EUR", units("1"), "CASH", "CASH:SPORTS"),
    grant(template()),
    offer(template(MATCH, "welcome")),
    granting(),
]


@pytest.mark.parametrize("command", REFUSED, ids=[type(each).__name__ for each in REFUSED])
def test_an_excluded_player_is_refused(command):
    books = _excluded()
    assert books.do(command).refusal.reason is Reason.PLAYER_BLOCKED


def test_an_excluded_player_converts_nothing():
    books = travelled()
    books.do(exclude())
    quote = OpenQuote(PLAYER, "q1", "EUR", "USD", Side.SELL, units("1"))
    assert answer(books.do(quote)) is Reason.PLAYER_BLOCKED


def test_r_rg_25_an_excluded_player_withdraws():
    books = _excluded()
    assert answer(books.do(withdrawal("20"))) is Outcome.APPLIED
    assert answer(books.do(request("30"))) is Outcome.APPLIED
    assert answer(books.do(settle())) is Outcome.APPLIED
    assert books.cash == "0.00"
    books.do(status(blocked=True))
    assert answer(books.do(withdrawal("1", key="w2"))) is Reason.PLAYER_BLOCKED  # for the block


@pytest.mark.parametrize("policy", OnWithdrawal)
def test_no_bonus_stands_between_an_excluded_player_and_the_money(policy):
    books = Books(cash="50")
    granted(books, "10", terms=BonusTerms(multiplier=1_000, on_withdrawal=policy))
    books.do(play(bet("b1", "5"), policies=BONUS_FIRST))
    books.do(exclude())
    assert answer(books.do(withdrawal("50"))) is Outcome.APPLIED
    assert bonus_of(books, "7").state is State.ACTIVE  # its round is open
    books.assert_sound()


def test_live_sessions_are_over_and_stay_so():
    books = Books(cash="50")
    row = books.do(session()).row
    books.do(exclude())
    player = books.player()
    assert ended(row, player) is EndReason.EXCLUSION
    rotation = RotateSession(PLAYER, token_id("s1"), "acme", token_id("s2"))
    assert books.do(rotation).refusal.reason is Reason.SESSION_EXPIRED
    books.wait(200 * DAY)
    longer = replace(row, expires_at=books.at + DAY)
    books.rows[type(row), PLAYER, row.session_id] = longer
    books.do(reinstate())
    seat = {"profile": WITH_SESSION, "session_id": token_id()}
    assert answer(books.do(play(bet("b1", "1"), **seat))) is Reason.SESSION_EXPIRED
    usable(longer, SessionUse.BET, books.at)  # by itself it would live
    books.do(session("s3"))
    assert answer(books.do(play(bet("b2", "1"), profile=WITH_SESSION, session_id=token_id("s3")))) is Outcome.APPLIED


def test_r_rg_24_nothing_lifts_it_before_its_time_and_time_alone_does_not():
    books = _excluded()
    books.do(status(blocked=True))
    books.do(status(blocked=False, key="s2"))
    assert books.player().restrictions == (Restriction.SELF_EXCLUDED,)
    early = books.do(reinstate())
    assert (early.refusal.reason, early.refusal.message != MESSAGES[Reason.PLAYER_BLOCKED]) == (
        Reason.PLAYER_BLOCKED,
        True,
    )
    books.wait(UNTIL - books.at)
    assert answer(books.do(play(bet("b1", "1")))) is Reason.PLAYER_BLOCKED
    assert answer(books.do(reinstate())) is Outcome.NOOP  # the key of the early one stayed free
    assert books.player().restrictions == ()
    assert answer(books.do(play(bet("b2", "1")))) is Outcome.APPLIED
    assert answer(books.do(reinstate("i2"))) is Reason.INVALID_REQUEST


@pytest.mark.parametrize(("left", "expected"), [(1, Reason.PLAYER_BLOCKED), (0, Outcome.NOOP)])
def test_r_time_08_the_end_is_outside(left, expected):
    books = _excluded()
    books.wait(UNTIL - books.at - 1_000_000 - left)
    assert answer(books.do(reinstate())) is expected


@pytest.mark.parametrize(
    ("until", "expected"),
    [(UNTIL - 1, Reason.INVALID_REQUEST), (UNTIL, Outcome.NOOP), (UNTIL + DAY, Outcome.NOOP)],
)
def test_a_second_call_can_only_lengthen_it(until, expected):
    books = _excluded()
    since = books.player().excluded_at
    assert answer(books.do(exclude(until, "e2"))) is expected
    assert (books.player().excluded_at, books.player().excluded_until) == (since, max(UNTIL, until))


def test_it_is_told_once_and_kept_with_who_and_why():
    books = _excluded()
    assert books.do(exclude()).replayed
    assert answer(books.do(exclude(UNTIL + 1))) is Reason.CONFLICT
    assert answer(books.do(exclude(books.at, "e2"))) is Reason.INVALID_REQUEST
    (kept,) = [row for row in _told(books) if row.external_key == "e1"]
    assert dict(kept.info) == {
        "excluded_until": "2027-07-14T08:00:00+00:00",
        "reason": "asked for by the player",
        "actor": "support",
    }


def test_a_switch_and_a_freeze_stand_beside_it():
    books = _excluded()
    assert answer(books.do(switch("EUR"))) is Outcome.NOOP
    assert (books.player().currency, books.player().restrictions) == ("EUR", (Restriction.SELF_EXCLUDED,))


# What an exclusion makes of a bonus in each state (R-BONUS-24): without open rounds.
BY_STATE = {
    State.OFFERED: State.LAPSED,
    State.CLAIMED: State.LAPSED,
    State.QUEUED: State.FORFEITED,
    State.ACTIVE: State.FORFEITED,
    State.FROZEN: State.FROZEN,
}


def _in(state_):
    """Books with a bonus in a state, and its id."""
    books, gift = Books(cash="50"), template()
    match state_:
        case State.OFFERED:
            books.do(offer(gift))
        case State.CLAIMED:
            welcome = template(replace(MATCH, opt_in=True), "gift")
            books.do(offer(welcome))
            books.do(claim(welcome))
        case State.QUEUED:
            books.do(grant(template(BY_HAND, "first"), "g0"))
            books.do(grant(gift))
        case _:
            books.do(grant(gift))
    if state_ is State.FROZEN:
        books.do(freeze_bonus("gift@1"))
    assert state(books, "gift@1") is state_
    return books


@pytest.mark.parametrize(("before", "after"), BY_STATE.items(), ids=[each.name for each in BY_STATE])
def test_r_bonus_24_what_it_makes_of_a_bonus(before, after):
    books = _in(before)
    decision = books.do(exclude())
    assert state(books, "gift@1") is after
    assert bonus_of(books, "gift@1").reason == ("" if after is before else "self-exclusion")
    assert bonus_money(books) == ("80.00" if after is State.FROZEN else "0.00")
    assert books.cash == "50.00"
    forfeited = [line for line in books.journal(decision.results[0].transaction_id) if line[0].startswith("BONUS:")]
    assert all(amount == "-80.00" for _, amount in forfeited)
    books.assert_sound()


def test_the_money_of_all_bonuses_goes_in_the_journal_of_the_exclusion():
    books = Books(cash="50")
    granted(books, "10", "1")
    granted(books, "0.05", "2", staked=True, terms=BonusTerms(multiplier=1_000, dust=units("0.10")))
    decision = books.do(exclude())
    (result,) = decision.results
    assert result.outcome is Outcome.APPLIED
    assert books.journal(result.transaction_id) == [
        ("BONUS:1", "-10.00"),
        ("BONUS_ISSUED", "10.00"),
        ("BONUS:2", "-0.05"),
        ("BONUS_ISSUED", "0.05"),
        ("CASH", "0.05"),  # dust, in the player's favour (R-BONUS-19)
        ("BONUS_COST", "-0.05"),
    ]
    (kept,) = [row for row in _told(books) if row.external_key == "e1"]
    assert (kept.kind, dict(kept.info)["ended"]) == (Kind.BONUS_FORFEIT, "1 2")
    books.assert_sound()


def _playing(amount="10", stake="4", **terms):
    """Books with a bonus that has an open round, and whose player is excluded then."""
    books = Books(cash="50")
    granted(books, amount, terms=BonusTerms(**({"multiplier": 1_000} | terms)))
    books.do(play(bet("b1", stake), policies=BONUS_FIRST))
    books.do(exclude())
    assert bonus_of(books, "7").state in {State.ACTIVE, State.SETTLING}
    return books


def _end(books, *actions):
    return books.do(play(*actions, close_round=True, policies=BONUS_FIRST))


def _forfeits(books):
    return [row for row in _told(books) if row.external_key == "forfeit:7"]


def test_r_bonus_24_what_open_rounds_bring_to_an_unmet_bonus_is_forfeited_with_their_close():
    books = _playing()
    _end(books, win("w1", "20"))
    assert (bonus_of(books, "7").state, bonus_money(books), books.cash) == (State.FORFEITED, "0.00", "50.00")
    (kept,) = _forfeits(books)
    assert (kept.kind, dict(kept.info)["state"], kept.bonus_after) == (Kind.BONUS_FORFEIT, "FORFEITED", 0)
    assert books.journal(kept.transaction_id) == [("BONUS:7", "-26.00"), ("BONUS_ISSUED", "26.00")]
    books.assert_sound()


def test_r_bonus_24_what_is_met_by_then_is_cash():
    books = _playing(multiplier=30, timing=Timing.ROUND_CLOSE)
    _end(books, win("w1", "20"))
    assert (bonus_of(books, "7").state, bonus_money(books), books.cash) == (State.CONVERTED, "0.00", "76.00")
    assert not _forfeits(books)
    books.assert_sound()


def test_r_bonus_24_the_cash_part_of_a_win_is_always_paid():
    books = _playing(stake="20")  # 10.00 of it cash
    _end(books, win("w1", "40"))
    assert (books.cash, bonus_money(books)) == ("60.00", "0.00")
    books.assert_sound()


def test_it_waits_for_the_last_of_several_rounds():
    books = Books(cash="50")
    granted(books, "10", terms=BonusTerms(multiplier=1_000))
    for number in (1, 2):
        books.do(play(bet(f"b{number}", "2"), round_id=f"r{number}", policies=BONUS_FIRST))
    books.do(exclude())
    books.do(play(win("w1", "5"), round_id="r1", close_round=True, policies=BONUS_FIRST))
    assert (bonus_of(books, "7").state, bonus_money(books)) == (State.ACTIVE, "11.00")
    books.do(play(rollback("x2", "b2"), round_id="r2", policies=BONUS_FIRST))
    assert (bonus_of(books, "7").state, bonus_money(books)) == (State.FORFEITED, "0.00")
    books.assert_sound()


def test_a_void_of_the_last_round_ends_it_too():
    books = _playing()
    books.do(void())
    assert (bonus_of(books, "7").state, bonus_money(books)) == (State.FORFEITED, "0.00")
    voided, forfeited = sorted(_told(books), key=lambda row: row.committed_at)[-2:]
    assert (voided.kind, forfeited.kind) == (Kind.VOID, Kind.BONUS_FORFEIT)
    assert voided.committed_at < forfeited.committed_at == books.player().changed_at
    books.assert_sound()


def test_a_close_that_comes_twice_forfeits_once():
    books = _playing()
    for _ in range(2):
        _end(books, win("w1", "20"))
    assert len(_forfeits(books)) == 1
    books.do(play(win("w2", "3"), policies=BONUS_FIRST))  # late, and for nobody
    assert (bonus_money(books), books.cash) == ("0.00", "50.00")
    books.assert_sound()


def test_what_is_used_up_is_not_opened_again_by_a_rollback():
    books = _playing(amount="4")
    _end(books, note("n1"))
    assert bonus_of(books, "7").state is State.CONSUMED
    books.do(play(rollback("x1", "b1"), policies=BONUS_FIRST))
    assert (bonus_of(books, "7").state, bonus_money(books), books.cash) == (State.FORFEITED, "0.00", "50.00")
    books.assert_sound()


def test_its_time_may_be_over_first():
    """A bonus whose time forfeits its rounds (R-BONUS-12) ends with the last of them all the same."""
    books = Books(cash="50")
    granted(
        books, "10", terms=BonusTerms(multiplier=10, open_rounds=OpenRounds.FORFEIT), expires_at=books.at + 5_000_000
    )
    books.do(play(bet("b1", "4"), policies=BONUS_FIRST))
    books.do(exclude())
    books.wait(DAY)
    _end(books, win("w1", "20"))
    assert (bonus_of(books, "7").state, bonus_money(books), books.cash) == (State.FORFEITED, "0.00", "50.00")
    books.assert_sound()


def test_tranches_that_are_due_are_paid_before_the_rest_is_forfeited():
    books = _playing(multiplier=100, tranches=5)  # 10.00 to be wagered, 2.00 for every 2.00
    _end(books, note("n1"))
    assert (bonus_of(books, "7").state, books.cash) == (State.FORFEITED, "54.00")
    keys = [row.external_key for row in sorted(_told(books), key=lambda row: row.committed_at)]
    assert keys[-2:] == [f"release:7:{units('4')}", "forfeit:7"]
    times = sorted(row.committed_at for row in _told(books))[-3:]
    assert len(set(times)) == len(times)
    books.assert_sound()


def test_a_frozen_bonus_that_is_cleared_while_its_player_is_excluded_is_over():
    books = _in(State.FROZEN)
    books.do(exclude())
    books.do(unfreeze("gift@1"))
    assert (state(books, "gift@1"), bonus_money(books)) == (State.FORFEITED, "0.00")
    books.assert_sound()


def test_r_tour_03_cash_prizes_are_paid_and_bonus_prizes_lapse():
    books = _excluded()
    assert answer(books.do(prize("50"))) is Outcome.APPLIED
    assert answer(books.do(prize("50", "2", template=template()))) is Outcome.NOOP
    assert (books.cash, bonus_money(books)) == ("100.00", "0.00")


@pytest.mark.parametrize(("promised", "cash", "lapsed"), [(None, "57.00", ()), (edition(), "50.00", (("LAPSED", 7),))])
def test_what_free_rounds_still_win_is_cash_or_lapses(promised, cash, lapsed):
    books = Books(cash="50")
    books.do(granting(template=promised))
    books.do(register())
    free = FreePlays(books)
    free.begin("r1")
    books.do(exclude())
    award = free.win("r1", "7", "w1")
    assert books.cash == cash
    assert [pocket for pocket, _ in award.parts if pocket == "LAPSED"] == [pocket for pocket, _ in lapsed]
    assert bonus_money(books) == "0.00"
    books.assert_sound()


def test_a_promo_win_is_credited_whatever_stands():
    books = _excluded()
    assert answer(books.do(play(promo("w1", "5")))) is Outcome.APPLIED
    assert books.cash == "55.00"
