"""The life of a bonus outside play: rulebook 6.1 and 6.2, on `decide`."""

from copy import deepcopy
from itertools import product

import pytest
from msgspec.structs import replace

from tests.support.domain import (
    PLAYER,
    Books,
    amount_of,
    answer,
    bet,
    deposit,
    note,
    play,
    promo,
    rollback,
    units,
    void,
    win,
    withdrawal,
)
from tests.support.policies import ALLOWING
from tests.support.promos import (
    BY_HAND,
    DAY,
    MATCH,
    MICRO,
    BonusFirst,
    activate,
    bonus_money,
    claim,
    decline,
    expire,
    forfeit,
    freeze,
    grant,
    in_period,
    of,
    offer,
    state,
    template,
    unfreeze,
    void_bonus,
)
from wallet_core.domain.commands import CreatePlayer, SetStatus
from wallet_core.domain.decision import Outcome, Reason, Refused
from wallet_core.domain.entries import Transaction
from wallet_core.domain.promos import LIVE, TRANSITIONS, Bonus, Event, OnWithdrawal, OpenRounds, State, after
from wallet_core.domain.templates import Amounts, Period
from wallet_core.domain.wagering import BPS
from wallet_core.domain.withdrawals import RequestWithdrawal

GIFT = "gift@1"
FINAL = {State.LAPSED, State.CONVERTED, State.EXPIRED, State.FORFEITED, State.VOIDED, State.CONSUMED}


def with_terms(promotion=BY_HAND, **terms):
    return replace(promotion, terms=replace(promotion.terms, **terms))


def given(promotion=BY_HAND, cash="0", **grants):
    """Return books whose player has been granted a bonus."""
    books = Books(cash=cash)
    assert answer(books.do(grant(template(promotion), **grants))) is Outcome.APPLIED
    return books


def reason(decision):
    assert decision.refusal is not None, decision
    return decision.refusal.reason


# Rulebook 6.1, read row by row: what each state may become, and by what.
RULEBOOK = {
    State.OFFERED: {"CLAIM": "CLAIMED", "LAPSE": "LAPSED", "VOID": "VOIDED"},
    State.CLAIMED: {"START": "ACTIVE", "QUEUE": "QUEUED", "LAPSE": "LAPSED", "VOID": "VOIDED"},
    State.QUEUED: {
        "START": "ACTIVE", "LAPSE": "LAPSED", "EXPIRE": "EXPIRED", "FORFEIT": "FORFEITED", "VOID": "VOIDED",
    },
    State.ACTIVE: {
        "REFILL": "ACTIVE", "FREEZE": "FROZEN", "COMPLETE": "CONVERTED", "EMPTY": "CONSUMED", "WAIT": "SETTLING",
        "EXPIRE": "EXPIRED", "FORFEIT": "FORFEITED", "VOID": "VOIDED",
    },
    State.SETTLING: {
        "REFILL": "ACTIVE", "WAIT": "SETTLING", "EMPTY": "CONSUMED", "COMPLETE": "CONVERTED", "EXPIRE": "EXPIRED",
        "FORFEIT": "FORFEITED", "VOID": "VOIDED",
    },
    State.FROZEN: {"REFILL": "FROZEN", "UNFREEZE": "ACTIVE", "VOID": "VOIDED"},
    State.CONSUMED: {"REFILL": "ACTIVE"},
}  # fmt: skip


@pytest.mark.parametrize(("before", "event"), list(product(State, Event)), ids=lambda each: each.name)
def test_every_state_meets_every_event(before, event):
    expected = RULEBOOK.get(before, {}).get(event.name)
    if expected is None:
        with pytest.raises(Refused, match="BONUS_STATE"):
            after(before, event)
    else:
        assert after(before, event) is State[expected]


def test_what_is_final_stays_so_and_all_else_can_end():
    assert {before for before, _ in TRANSITIONS} == set(State) - FINAL | {State.CONSUMED}
    for before in set(State) - FINAL:
        assert after(before, Event.VOID) is State.VOIDED
    assert not LIVE & FINAL


def test_p_08_a_grant_moves_its_money_and_says_why():
    books = Books()
    granted = books.do(grant(template()))
    assert books.journal(granted.results[0].transaction_id) == [(f"BONUS:{GIFT}", "80.00"), ("BONUS_ISSUED", "-80.00")]
    assert (books.cash, bonus_money(books)) == ("0.00", "80.00")
    row = of(books, GIFT)
    assert (row.state, row.granted, row.requirement, row.activated_at) == (
        State.ACTIVE, units("80"), units("800") * BPS, row.changed_at,
    )  # fmt: skip
    head = next(each for each in books.rows.values() if getattr(each, "external_key", "") == "g1")
    assert dict(head.info) == {
        "bonus": GIFT, "template": "gift", "state": "ACTIVE", "reason": "spring", "actor": "ops",
    }  # fmt: skip
    books.assert_sound()


def test_offered_claimed_deposited_active():
    books, welcome = Books(), template(MATCH)
    assert answer(books.do(offer(welcome))) is Outcome.NOOP
    assert state(books, GIFT) is State.OFFERED
    assert reason(books.do(replace(claim(welcome, "c0"), accepted="other"))) is Reason.BONUS_NOT_ELIGIBLE
    assert answer(books.do(claim(welcome))) is Outcome.NOOP
    assert (state(books, GIFT), of(books, GIFT).terms.accepted) == (State.CLAIMED, welcome.digest)
    assert bonus_money(books) == "0.00"
    assert reason(books.do(grant(welcome, deposit="d1"))) is Reason.REFERENCE_NOT_FOUND  # R-BONUS-06
    books.do(deposit("250"))
    assert answer(books.do(grant(welcome, deposit="d1"))) is Outcome.APPLIED
    row = of(books, GIFT)
    assert (row.state, row.granted, row.deposit) == (State.ACTIVE, units("100"), units("250"))
    assert row.expires_at == row.activated_at + 30 * DAY * MICRO  # R-BONUS-11
    assert (books.cash, bonus_money(books)) == ("250.00", "100.00")
    books.assert_sound()


def test_a_claim_after_the_deposit_begins_at_once():
    books, welcome = Books(), template(MATCH)
    books.do(offer(welcome))
    books.do(deposit("40"))
    assert answer(books.do(claim(welcome, deposit="d1"))) is Outcome.APPLIED
    assert (state(books, GIFT), bonus_money(books)) == (State.ACTIVE, "40.00")


@pytest.mark.parametrize(
    ("paid", "expected"),
    [("9.99", Reason.BONUS_NOT_ELIGIBLE), ("10", "10.00"), ("33.33", "33.33"), ("100", "100.00"), ("1000", "100.00")],
)
def test_the_amount_is_what_the_deposit_brings(paid, expected):
    books, welcome = Books(), template(replace(MATCH, opt_in=False))
    books.do(deposit(paid))
    decision = books.do(grant(welcome, deposit="d1"))
    if isinstance(expected, Reason):
        assert reason(decision) is expected
    assert bonus_money(books) == (expected if isinstance(expected, str) else "0.00")


def test_a_deposit_that_is_none_brings_nothing():
    books, welcome = Books(cash="50"), template(replace(MATCH, opt_in=False))
    books.do(withdrawal("20"))
    assert reason(books.do(grant(welcome, deposit="w1"))) is Reason.REFERENCE_MISMATCH
    assert reason(books.do(grant(welcome))) is Reason.INVALID_REQUEST


def test_r_bonus_05_one_grant_for_each_version_player_and_period():
    books = Books()
    first = books.do(grant(template()))
    again = books.do(grant(template()))
    assert again.replayed
    assert again.results[0].transaction_id == first.results[0].transaction_id
    assert reason(books.do(grant(template(), "g2"))) is Reason.BONUS_NOT_ELIGIBLE
    books.do(forfeit(GIFT))
    assert reason(books.do(grant(template(), "g3"))) is Reason.BONUS_NOT_ELIGIBLE
    assert answer(books.do(grant(template(version=2), "g4"))) is Outcome.APPLIED
    assert reason(books.do(replace(grant(template()), reason="other"))) is Reason.CONFLICT


@pytest.mark.parametrize(
    ("period", "same", "next_"),
    [
        (Period.DAY, 3_600, DAY),
        (Period.WEEK, 2 * DAY, 7 * DAY),
        (Period.MONTH, 20 * DAY, 31 * DAY),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_a_period_begins_anew(period, same, next_):
    monday = 1_798_416_000 * MICRO  # 28 December 2026
    monthly = monday - 27 * DAY * MICRO
    at = monthly if period is Period.MONTH else monday
    of_period = template(in_period(BY_HAND, period))
    books = given(of_period.promotion, at=at)
    assert reason(books.do(grant(of_period, "g2", at=at + same * MICRO))) is Reason.BONUS_NOT_ELIGIBLE
    later = books.do(grant(of_period, "g3", at=at + next_ * MICRO))
    assert later.refusal is None
    assert len({row.bonus_id for row in books.rows.values() if hasattr(row, "bonus_id")}) == 2


def test_each_deposit_brings_its_own_bonus_once():
    reload = template(replace(MATCH, period=Period.DEPOSIT, opt_in=False, places=9))
    books = Books()
    for key in ("d1", "d2"):
        books.do(deposit("20", key=key))
        assert books.do(grant(reload, f"g-{key}", deposit=key)).refusal is None
    assert reason(books.do(grant(reload, "g3", deposit="d1"))) is Reason.BONUS_NOT_ELIGIBLE
    assert bonus_money(books) == "40.00"
    other = offer(template(reload.promotion, "other"), "o1", deposit="d1")
    books.do(other)
    swapped = claim(other.template, deposit="d2", bonus_id=other.bonus_id)
    assert reason(books.do(swapped)) is Reason.REFERENCE_MISMATCH


@pytest.mark.parametrize(
    "why", ["blocked", "debt", "country", "brand", "over", "currency", "amounts", "unknown", "opt in"]
)
def test_r_bonus_09_who_may_have_none(why):
    books, promotion, facts = Books(), BY_HAND, {}
    expected = Reason.BONUS_NOT_ELIGIBLE
    match why:
        case "blocked":
            books.do(SetStatus(PLAYER, blocked=True, reason="asked", actor="ops", request_id="1"))
            expected = Reason.PLAYER_BLOCKED
        case "debt":
            books.do(play(promo("w0", "5")))
            books.do(withdrawal("5"))
            books.do(play(rollback("x0", "w0")))
            assert books.debt == "5.00"
        case "country":
            promotion = with_terms(replace(BY_HAND, pack="GB", opt_in=True), products=("CASINO",))
        case "brand":
            promotion = replace(BY_HAND, brands=("other",))
        case "over":
            promotion = replace(BY_HAND, ends_at=books.at)
        case "currency":
            facts, expected = {"currency": "USD"}, Reason.WRONG_CURRENCY
        case "amounts":
            promotion = replace(BY_HAND, amounts=(Amounts("USD", fixed=units("1")),))
        case "unknown":
            facts, expected = {"player": "bob"}, Reason.PLAYER_UNKNOWN
        case "opt in":
            promotion = replace(BY_HAND, opt_in=True)
    rows = dict(books.rows)
    assert reason(books.do(grant(template(promotion), **facts))) is expected
    assert books.rows == rows


def test_a_pack_with_one_bonus_in_a_lifetime():
    books = Books(players=())
    books.do(CreatePlayer(PLAYER, "operator", "brand", ("EUR",), "SE"))
    swedish = replace(BY_HAND, pack="SE", opt_in=True)
    books.do(offer(template(swedish), once=True))
    assert reason(books.do(offer(template(swedish, "other"), "o2", once=True))) is Reason.BONUS_NOT_ELIGIBLE
    books.do(claim(template(swedish), bonus_id="SE@once"))
    assert state(books, "SE@once") is State.ACTIVE


def test_no_bonus_where_there_may_be_none():
    books = Books(players=())
    books.do(CreatePlayer(PLAYER, "operator", "brand", ("EUR",), "BR"))
    assert reason(books.do(offer(template(BY_HAND)))) is Reason.BONUS_NOT_ELIGIBLE
    assert reason(books.do(offer(template(replace(BY_HAND, pack="BR")), "o2"))) is Reason.BONUS_NOT_ELIGIBLE


def _queue(*priorities):
    """Return books with a bonus active and one queued for each priority."""
    books = given()
    for number, priority in enumerate(priorities, 2):
        later = template(replace(BY_HAND, priority=priority), version=number)
        assert answer(books.do(grant(later, f"q{number}"))) is Outcome.NOOP
        assert state(books, f"gift@{number}") is State.QUEUED
    return books


def test_r_bonus_07_the_queue_goes_by_priority_then_claim():
    books = _queue(5, 1, 1)
    assert bonus_money(books) == "80.00"
    assert reason(books.do(activate("gift@3"))) is Reason.BONUS_STATE  # no slot is free
    books.do(forfeit(GIFT))
    assert [state(books, f"gift@{each}") for each in (2, 3, 4)] == [State.QUEUED, State.ACTIVE, State.QUEUED]
    assert books.do(activate("gift@3")).replayed
    assert reason(books.do(activate("gift@4"))) is Reason.BONUS_STATE
    newcomer = template(replace(BY_HAND, priority=1), version=5)
    books.do(grant(newcomer, "q5"))
    books.do(forfeit("gift@3", "x2"))
    assert state(books, "gift@5") is State.QUEUED  # nobody who waits is overtaken
    assert state(books, "gift@4") is State.ACTIVE
    assert reason(books.do(activate("gift@9"))) is Reason.BONUS_NOT_FOUND
    books.assert_sound()


def _won(books):
    """Play the bonus until its wagering is met."""
    for number in range(10):
        actions = bet(f"b{number}", "80"), win(f"w{number}", "80")
        books.do(play(*actions, round_id=f"r{number}", close_round=True, policies=BonusFirst()))


def _lost(books):
    books.do(play(bet("b1", "80"), policies=BonusFirst()))
    books.do(play(note("n1"), close_round=True, policies=BonusFirst()))


def _played_then_voided(books):
    """What an open round would have brought comes back to a bonus that is over by then; nothing is freed twice."""
    books.do(play(bet("b1", "80"), policies=BonusFirst()))
    books.do(forfeit(GIFT))
    books.do(void())


def _unfrozen(books):
    for number in range(9):
        actions = bet(f"b{number}", "80"), win(f"w{number}", "80")
        books.do(play(*actions, round_id=f"r{number}", close_round=True, policies=BonusFirst()))
    books.do(play(bet("b9", "80"), round_id="r9", policies=BonusFirst()))
    books.do(freeze(GIFT))
    books.do(play(win("w9", "80"), round_id="r9", close_round=True, policies=BonusFirst()))
    books.do(unfreeze(GIFT))


def _expired(books):
    books.wait(40 * DAY * MICRO)
    books.do(expire(GIFT))


FREED = {
    "converted": (_won, State.CONVERTED),
    "consumed": (_lost, State.CONSUMED),
    "forfeited": (lambda books: books.do(forfeit(GIFT)), State.FORFEITED),
    "its round voided": (_played_then_voided, State.FORFEITED),
    "voided": (lambda books: books.do(void_bonus(GIFT)), State.VOIDED),
    "expired": (_expired, State.EXPIRED),
    "withdrawn": (lambda books: books.do(replace(withdrawal("1"), confirmed=True, policies=ALLOWING)), State.FORFEITED),
    "unfrozen": (_unfrozen, State.CONVERTED),
}


@pytest.mark.parametrize("how", FREED)
def test_r_bonus_07_what_frees_a_place_starts_who_is_next_in_the_same_commit(how):
    free, ended = FREED[how]
    books = given(with_terms(duration=30 * DAY, on_withdrawal=OnWithdrawal.FORFEIT), cash="5")
    books.do(grant(template(version=2), "g2"))
    money = bonus_money(books)
    assert (money, state(books, "gift@2")) == ("80.00", State.QUEUED)
    free(books)
    assert (state(books, GIFT), state(books, "gift@2")) == (ended, State.ACTIVE)
    row, head = of(books, "gift@2"), books.transaction("activate:gift@2", provider="~bonus")
    assert row.activated_at == row.changed_at == head.committed_at
    assert books.journal(head.transaction_id) == [("BONUS:gift@2", "80.00"), ("BONUS_ISSUED", "-80.00")]
    times = [each.committed_at for each in books.rows.values() if isinstance(each, Transaction)]
    assert len(set(times)) == len(times)  # a microsecond each
    assert books.player().changed_at >= max(times)
    again = books.do(activate("gift@2"))
    assert (again.replayed, again.results[0].transaction_id) == (True, head.transaction_id)
    books.assert_sound()


def test_the_transaction_is_what_a_later_activation_would_have_left():
    books = given()
    books.do(grant(template(version=2), "g2"))
    late = deepcopy(books)
    books.do(forfeit(GIFT))
    late.rows[Bonus, PLAYER, GIFT] = replace(of(late, GIFT), state=State.FORFEITED)
    late.do(activate("gift@2"))
    heads = [each.transaction("activate:gift@2", provider="~bonus") for each in (books, late)]
    same = [replace(each, transaction_id=b"", committed_at=0, bonus_after=0) for each in heads]
    assert same[0] == same[1]


def test_one_that_may_no_longer_begin_holds_up_nobody():
    books = given()
    books.do(grant(template(replace(BY_HAND, claim_within=DAY, priority=-1), version=2), "g2"))
    books.do(grant(template(version=3), "g3"))
    books.wait(DAY * MICRO)
    books.do(forfeit(GIFT))
    assert [state(books, f"gift@{each}") for each in (2, 3)] == [State.QUEUED, State.ACTIVE]
    books.do(expire("gift@2"))
    assert state(books, "gift@2") is State.EXPIRED


def test_the_lapse_of_the_one_ahead_is_the_turn_of_the_next():
    books = given(replace(BY_HAND, places=2, group="one"))
    books.do(grant(template(replace(BY_HAND, group="one", priority=-1), version=2), "g2"))
    books.do(grant(template(replace(BY_HAND, group="one", places=2), version=3), "g3"))
    assert [state(books, f"gift@{each}") for each in (1, 2, 3)] == [State.ACTIVE, State.QUEUED, State.QUEUED]
    books.do(forfeit("gift@2"))
    assert state(books, "gift@3") is State.ACTIVE
    assert bonus_money(books) == "160.00"
    books.assert_sound()


def test_more_than_one_place_and_groups_of_their_own():
    books = given(replace(BY_HAND, places=2))
    assert answer(books.do(grant(template(replace(BY_HAND, places=2), version=2), "g2"))) is Outcome.APPLIED
    assert answer(books.do(grant(template(replace(BY_HAND, places=2), version=3), "g3"))) is Outcome.NOOP
    sports = with_terms(BY_HAND, products=("SPORTS",))
    assert answer(books.do(grant(template(sports, "bets"), "g4"))) is Outcome.NOOP  # the others are for sports, too
    apart = replace(sports, group="bets")
    assert answer(books.do(grant(template(apart, "bets", 2), "g6"))) is Outcome.APPLIED
    exclusive = replace(BY_HAND, exclusive=True)
    assert reason(books.do(grant(template(exclusive, version=4), "g5"))) is Reason.BONUS_NOT_ELIGIBLE
    assert bonus_money(books) == "240.00"


def test_r_bonus_08_who_may_have_none_by_his_turn_lapses():
    books = _queue(0)
    books.do(grant(template(replace(BY_HAND, amounts=(Amounts("EUR", fixed=units("1")),)), version=3), "q3"))
    books.do(SetStatus(PLAYER, blocked=True, reason="asked", actor="ops", request_id="1"))
    books.do(forfeit(GIFT))
    for each in ("gift@2", "gift@3"):  # the next one is tried
        assert state(books, each) is State.LAPSED
        assert of(books, each).reason
        assert books.transaction(f"activate:{each}", provider="~bonus").outcome is Outcome.NOOP


@pytest.mark.parametrize(
    ("end", "expected"), [(forfeit, State.FORFEITED), (void_bonus, State.VOIDED)], ids=["forfeit", "void"]
)
def test_p_10_the_whole_balance_goes(end, expected):
    books = given()
    ended = books.do(end(GIFT))
    assert books.journal(ended.results[0].transaction_id) == [(f"BONUS:{GIFT}", "-80.00"), ("BONUS_ISSUED", "80.00")]
    assert (state(books, GIFT), bonus_money(books), books.total("BONUS_ISSUED")) == (expected, "0.00", "0.00")
    assert reason(books.do(end(GIFT, "again"))) is Reason.BONUS_STATE
    books.assert_sound()


def test_what_is_offered_or_claimed_is_declined_and_what_waits_is_forfeited():
    books, welcome = Books(), template(MATCH)
    books.do(offer(welcome))
    assert reason(books.do(forfeit(GIFT))) is Reason.BONUS_STATE
    books.do(decline(GIFT))
    assert state(books, GIFT) is State.LAPSED
    waiting = _queue(0)
    assert reason(waiting.do(decline("gift@2"))) is Reason.BONUS_STATE
    assert answer(waiting.do(forfeit("gift@2"))) is Outcome.NOOP
    assert state(waiting, "gift@2") is State.FORFEITED


def test_an_offer_lapses():
    books, welcome = Books(), template(replace(MATCH, claim_within=DAY))
    books.do(offer(welcome))
    assert reason(books.do(expire(GIFT))) is Reason.BONUS_STATE
    books.wait(DAY * MICRO)
    assert reason(books.do(claim(welcome))) is Reason.BONUS_STATE
    assert answer(books.do(expire(GIFT))) is Outcome.NOOP
    assert state(books, GIFT) is State.LAPSED


def test_expiry_is_due_at_the_very_end():
    books = given(with_terms(duration=DAY))
    row = of(books, GIFT)
    assert row.expires_at == row.activated_at + DAY * MICRO
    books.wait(row.expires_at - books.at - 2 * MICRO)
    assert reason(books.do(expire(GIFT))) is Reason.BONUS_STATE
    assert answer(books.do(expire(GIFT))) is Outcome.APPLIED  # R-TIME-08
    assert (state(books, GIFT), bonus_money(books)) == (State.EXPIRED, "0.00")
    assert books.do(expire(GIFT)).replayed
    books.assert_sound()


def test_queued_time_does_not_count():
    books = given()
    books.do(grant(template(with_terms(duration=DAY), version=2), "g2"))
    books.wait(3 * DAY * MICRO)
    assert reason(books.do(expire("gift@2"))) is Reason.BONUS_STATE
    books.do(forfeit(GIFT))
    assert of(books, "gift@2").expires_at == of(books, "gift@2").activated_at + DAY * MICRO


def test_one_that_waited_too_long_expires():
    books = given()
    books.do(grant(template(replace(BY_HAND, claim_within=DAY), version=2), "g2"))
    books.wait(DAY * MICRO)
    books.do(forfeit(GIFT))
    assert reason(books.do(activate("gift@2"))) is Reason.BONUS_STATE
    assert answer(books.do(expire("gift@2"))) is Outcome.NOOP
    assert state(books, "gift@2") is State.EXPIRED


@pytest.mark.parametrize("rule", OpenRounds, ids=lambda each: each.name)
def test_r_bonus_12_open_rounds_at_the_end(rule):
    books = given(with_terms(duration=DAY, open_rounds=rule), cash="0")
    first = BonusFirst()
    books.do(play(bet("b1", "30"), policies=first))
    books.wait(DAY * MICRO)
    if rule is OpenRounds.HONOUR:
        assert reason(books.do(expire(GIFT))) is Reason.BONUS_STATE
        books.do(play(win("w1", "60"), close_round=True, policies=first))
        assert bonus_money(books) == "110.00"
        assert answer(books.do(expire(GIFT))) is Outcome.APPLIED
    else:
        assert answer(books.do(expire(GIFT))) is Outcome.APPLIED
        books.do(play(win("w1", "60"), close_round=True, policies=first))
    assert (state(books, GIFT), books.cash, bonus_money(books)) == (State.EXPIRED, "0.00", "0.00")
    books.assert_sound()


def test_freezing_stops_the_clock_and_the_pocket():
    books = given(with_terms(duration=DAY))
    end = of(books, GIFT).expires_at
    books.do(freeze(GIFT))
    assert answer(books.do(play(bet("b1", "1"), policies=BonusFirst()))) is Reason.INSUFFICIENT_FUNDS
    for refused in (forfeit(GIFT), expire(GIFT), freeze(GIFT, "f2")):
        assert reason(books.do(refused)) is Reason.BONUS_STATE
    frozen_at = of(books, GIFT).frozen_at
    books.wait(3 * DAY * MICRO)
    books.do(unfreeze(GIFT))
    row = of(books, GIFT)
    assert (row.state, row.frozen_at, row.expires_at - end) == (State.ACTIVE, 0, row.changed_at - frozen_at)
    assert answer(books.do(play(bet("b2", "1"), policies=BonusFirst()))) is Outcome.APPLIED


def test_a_clock_that_is_not_stopped_goes_on():
    books = given(with_terms(duration=DAY, stops=False))
    end = of(books, GIFT).expires_at
    books.do(freeze(GIFT))
    books.wait(3 * DAY * MICRO)
    books.do(unfreeze(GIFT))
    assert of(books, GIFT).expires_at == end
    assert answer(books.do(expire(GIFT))) is Outcome.APPLIED


def test_r_bonus_18_what_was_met_while_frozen_converts_with_the_thaw():
    books = given(with_terms(multiplier=100, cap=None))
    first = BonusFirst()
    books.do(play(bet("b1", "80"), policies=first))
    books.do(play(win("w1", "90"), policies=first))
    books.do(freeze(GIFT, "f2"))
    books.do(play(note("n1"), policies=first, close_round=True))
    assert (state(books, GIFT), books.cash) == (State.FROZEN, "0.00")
    assert of(books, GIFT).progress == of(books, GIFT).requirement
    thawed = books.do(unfreeze(GIFT))
    assert books.journal(thawed.results[0].transaction_id) == [
        (f"BONUS:{GIFT}", "-90.00"), ("BONUS_ISSUED", "90.00"), ("CASH", "90.00"), ("BONUS_COST", "-90.00"),
    ]  # fmt: skip
    assert (state(books, GIFT), books.cash, of(books, GIFT).converted) == (State.CONVERTED, "90.00", units("90"))
    books.assert_sound()


def test_r_bonus_16_the_tranches_that_were_met_while_frozen_are_paid_with_the_thaw():
    books = given(with_terms(multiplier=100, cap=None, tranches=4))
    first = BonusFirst()
    books.do(play(bet("b1", "40"), policies=first))
    books.do(freeze(GIFT))
    books.do(play(note("n1"), policies=first, close_round=True))
    assert (state(books, GIFT), books.cash, bonus_money(books)) == (State.FROZEN, "0.00", "40.00")
    thawed = books.do(unfreeze(GIFT))
    assert books.journal(thawed.results[0].transaction_id) == [
        (f"BONUS:{GIFT}", "-40.00"), ("BONUS_ISSUED", "40.00"), ("CASH", "40.00"), ("BONUS_COST", "-40.00"),
    ]  # fmt: skip
    assert (state(books, GIFT), books.cash, of(books, GIFT).converted) == (State.CONSUMED, "40.00", units("40"))
    books.assert_sound()


def test_a_frozen_bonus_that_runs_empty_waits_or_is_used_up():
    books = given()
    first = BonusFirst()
    books.do(play(bet("b1", "80"), policies=first))
    assert state(books, GIFT) is State.SETTLING
    books.do(play(win("w1", "10"), policies=first))
    books.do(freeze(GIFT))
    books.do(play(rollback("x1", "w1"), policies=first))
    books.do(unfreeze(GIFT))
    assert state(books, GIFT) is State.SETTLING
    books.do(play(note("n1"), policies=first, close_round=True))
    assert state(books, GIFT) is State.CONSUMED


@pytest.mark.parametrize(("rest", "cash"), [("0.10", "0.10"), ("0.11", "0.00")])
def test_r_bonus_19_dust_goes_to_cash(rest, cash):
    promotion = replace(BY_HAND, amounts=(Amounts("EUR", fixed=units("80"), dust=units("0.10")),))
    books = given(promotion)
    books.do(play(bet("b1", amount_of(units("80") - units(rest))), close_round=True, policies=BonusFirst()))
    assert bonus_money(books) == rest
    books.do(forfeit(GIFT))
    assert (books.cash, bonus_money(books)) == (cash, "0.00")
    assert of(books, GIFT).converted == units(cash)
    books.assert_sound()


def test_dust_that_was_never_played_is_no_gift():
    promotion = replace(BY_HAND, amounts=(Amounts("EUR", fixed=units("0.05"), dust=units("0.10")),))
    books = given(promotion)
    books.do(forfeit(GIFT))
    assert books.cash == "0.00"


@pytest.mark.parametrize(
    ("policy", "staked", "expected"),
    [
        (OnWithdrawal.KEEP, True, State.ACTIVE),
        (OnWithdrawal.KEEP_IF_UNTOUCHED, False, State.ACTIVE),
        (OnWithdrawal.KEEP_IF_UNTOUCHED, True, State.FORFEITED),
        (OnWithdrawal.FORFEIT, False, State.FORFEITED),
        (OnWithdrawal.BLOCK, False, None),
    ],
    ids=lambda each: getattr(each, "name", str(each)),
)
@pytest.mark.parametrize("two_steps", [False, True], ids=["at once", "in two steps"])
def test_r_bonus_22_what_a_withdrawal_does(policy, staked, expected, two_steps):
    books = given(with_terms(on_withdrawal=policy), cash="50")
    if staked:
        books.do(play(bet("b1", "1"), close_round=True, policies=BonusFirst()))
    asked = RequestWithdrawal(PLAYER, "w1", "EUR", units("20")) if two_steps else withdrawal("20")
    first = books.do(asked)
    if expected is State.ACTIVE:
        assert (answer(first), state(books, GIFT)) == (Outcome.APPLIED, State.ACTIVE)
        return
    assert reason(first) is Reason.BONUS_STATE  # R-BONUS-22: it is shown, and confirmed
    assert (books.cash, state(books, GIFT)) == ("50.00", State.ACTIVE)
    confirmed = books.do(replace(asked, confirmed=True))
    if expected is None:
        assert reason(confirmed) is Reason.BONUS_STATE
        return
    assert (answer(confirmed), state(books, GIFT)) == (Outcome.APPLIED, State.FORFEITED)
    assert (books.cash, bonus_money(books)) == ("30.00", "0.00")
    assert books.do(asked).replayed
    books.assert_sound()


def test_a_withdrawal_takes_what_waits_and_leaves_what_is_frozen_or_of_another_currency():
    books = given(with_terms(on_withdrawal=OnWithdrawal.FORFEIT), cash="50")
    books.do(grant(template(with_terms(on_withdrawal=OnWithdrawal.FORFEIT), version=2), "g2"))
    books.do(freeze(GIFT))
    assert reason(books.do(withdrawal("20"))) is Reason.BONUS_STATE
    books.do(replace(withdrawal("20"), confirmed=True))
    assert (state(books, GIFT), state(books, "gift@2")) == (State.FROZEN, State.FORFEITED)


def test_a_round_that_is_voided_after_the_bonus_gives_back_the_cash_alone():
    books = given(cash="15")
    books.do(play(bet("b1", "90"), policies=BonusFirst()))
    books.do(forfeit(GIFT))
    books.do(void())
    assert (books.cash, bonus_money(books), books.round().state.name) == ("15.00", "0.00", "VOIDED")
    books.assert_sound()
