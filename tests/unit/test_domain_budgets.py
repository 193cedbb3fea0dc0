"""Budgets of campaigns (R-BONUS-10), on `decide`: reserved when it is promised, spent or given back when it is over."""

import pytest
from msgspec.structs import replace

from tests.support.domain import PLAYER, START, Books, amount_of, answer, bet, note, play, rollback, units, win
from tests.support.promos import (
    BY_HAND,
    BonusFirst,
    budget,
    claim,
    forfeit,
    grant,
    offer,
    set_budget,
    state,
    template,
    untrued,
    void_bonus,
)
from tests.support.promotions import FREE_OF_WAGERING, cashback, edition, granting, prize, register
from wallet_core.domain.budgets import Budget
from wallet_core.domain.commands import CreatePlayer, SetStatus
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import NO_PLAYER
from wallet_core.domain.payouts import SETTLE_LAG
from wallet_core.domain.promos import Bonus, State
from wallet_core.domain.templates import Amounts, Trigger

GIFT = "gift@1"
PLAYERS = (PLAYER, "bob", "cay")


def opened(amount="200", cash="0"):
    """Return books with three players and a budget of the campaign of gifts of 80.00."""
    books = Books(cash=cash, players=PLAYERS)
    assert answer(books.do(set_budget(amount))) is Outcome.NOOP
    return books


def trued(books):
    """True up all that is due; then nothing is."""
    for command in untrued(books):
        assert answer(books.do(command)) is Outcome.NOOP
        assert books.do(command).replayed
    assert not untrued(books)
    return budget(books)


def no(decision):
    assert decision.refusal is not None, decision
    return decision.refusal


def test_a_grant_reserves_its_money_and_the_last_that_does_not_fit_is_refused():
    books = opened("200")
    books.do(grant(template(), "g1"))
    books.do(grant(template(), "g2", player="bob"))
    assert budget(books) == ("160.00", "0.00", "40.00")
    rows = dict(books.rows)
    refusal = no(books.do(grant(template(), "g3", player="cay")))
    assert (refusal.reason, "budget" in refusal.message) == (Reason.BONUS_NOT_ELIGIBLE, True)
    assert books.rows == rows
    books.do(set_budget("240", "b2"))  # raised: the very same request succeeds
    assert answer(books.do(grant(template(), "g3", player="cay"))) is Outcome.APPLIED
    assert budget(books) == ("240.00", "0.00", "0.00")


def test_a_replay_reserves_nothing():
    books = opened()
    books.do(grant(template()))
    assert books.do(grant(template())).replayed
    assert budget(books) == ("80.00", "0.00", "120.00")


def test_what_waits_in_the_queue_is_reserved_and_begins_without_another_look():
    books = opened("160")
    books.do(grant(template(replace(BY_HAND, campaign="gift"), "other"), "g1"))
    books.do(grant(template(), "g2"))
    assert (state(books, GIFT), budget(books)) == (State.QUEUED, ("160.00", "0.00", "0.00"))
    books.do(set_budget("0", "b2"))  # granted ones stay valid
    books.do(forfeit("other@1"))
    assert state(books, GIFT) is State.ACTIVE
    assert trued(books) == ("80.00", "0.00", "0.00")


def test_one_that_lapses_in_the_queue_gives_its_money_back():
    books = opened("160")
    books.do(grant(template(), "g1"))
    books.do(grant(template(version=2), "g2"))
    books.do(SetStatus(PLAYER, blocked=True, reason="asked", actor="ops", request_id="1"))
    books.do(forfeit(GIFT))
    assert state(books, "gift@2") is State.LAPSED
    assert trued(books) == ("0.00", "0.00", "160.00")


@pytest.mark.parametrize("end", [forfeit, void_bonus])
def test_what_is_given_up_comes_back(end):
    books = opened()
    books.do(grant(template()))
    books.do(end(GIFT))
    assert budget(books) == ("80.00", "0.00", "120.00")  # the budget is told afterwards
    assert trued(books) == ("0.00", "0.00", "200.00")


def test_what_became_cash_is_spent_and_a_bonus_may_win_more_than_was_reserved():
    books = opened("80")
    books.do(grant(template()))
    for number in range(10):
        actions = bet(f"b{number}", "80"), win(f"w{number}", "80" if number < 9 else "500")
        books.do(play(*actions, round_id=f"r{number}", close_round=True, policies=BonusFirst()))
    assert (state(books, GIFT), books.cash) == (State.CONVERTED, "500.00")
    assert trued(books) == ("0.00", "500.00", "0.00")  # never below zero
    assert books.rows[Budget, NO_PLAYER, "gift", "EUR"].used == 62_500
    assert Budget(NO_PLAYER, "gift", "EUR", 0).used == 10_000
    assert no(books.do(grant(template(), player="bob"))).reason is Reason.BONUS_NOT_ELIGIBLE


def test_what_is_released_on_the_way_is_spent_on_the_way():
    books = opened()
    books.do(grant(template(replace(BY_HAND, terms=replace(BY_HAND.terms, tranches=4)))))
    for number in range(5):
        actions = bet(f"b{number}", "40"), win(f"w{number}", "40")
        books.do(play(*actions, round_id=f"r{number}", close_round=True, policies=BonusFirst()))
    assert books.cash == "20.00"
    assert trued(books) == ("60.00", "20.00", "120.00")


def test_cash_that_comes_after_conversion_is_spent_too():
    books = opened()
    books.do(grant(template(replace(BY_HAND, terms=replace(BY_HAND.terms, multiplier=50)))))
    books.do(play(bet("b0", "10"), round_id="open", policies=BonusFirst()))
    actions = bet("b1", "40"), win("w1", "40")
    books.do(play(*actions, round_id="r1", close_round=True, policies=BonusFirst()))
    assert (state(books, GIFT), trued(books)) == (State.CONVERTED, ("0.00", "70.00", "130.00"))
    books.do(play(win("w0", "30"), round_id="open", close_round=True, policies=BonusFirst()))
    assert trued(books) == ("0.00", "100.00", "100.00")
    for number, spent in ((2, "105.00"), (3, "110.00")):  # late ones, of which nothing else of the bonus changes
        books.do(play(win(f"w{number}", "5"), round_id="open", policies=BonusFirst()))
        assert trued(books) == ("0.00", spent, amount_of(units("200") - units(spent)))


def test_a_bonus_that_a_rollback_opens_again_is_promised_again():
    books = opened("80")
    books.do(grant(template()))
    for _ in range(2):  # and what it comes to was the same before
        number = len(books.rows)
        books.do(play(bet(f"b{number}", "80"), round_id=f"r{number}", policies=BonusFirst()))
        books.do(play(note(f"n{number}"), round_id=f"r{number}", close_round=True, policies=BonusFirst()))
        assert (state(books, GIFT), trued(books)) == (State.CONSUMED, ("0.00", "0.00", "80.00"))
        books.do(play(rollback(f"x{number}", f"b{number}"), round_id=f"r{number}", policies=BonusFirst()))
        assert (state(books, GIFT), trued(books)) == (State.ACTIVE, ("80.00", "0.00", "0.00"))


def test_a_true_up_that_comes_too_late_leaves_nothing():
    books = opened()
    books.do(grant(template()))
    books.do(grant(template(version=2), "g2"))
    books.do(forfeit(GIFT))
    (late,) = untrued(books)
    assert no(books.do(replace(late, number=late.number + 1))).reason is Reason.BONUS_STATE
    assert no(books.do(replace(late, campaign="other"))).reason is Reason.BONUS_NOT_FOUND
    assert no(books.do(replace(late, bonus_id="none"))).reason is Reason.BONUS_NOT_FOUND
    trued(books)
    active = books.rows[Bonus, PLAYER, "gift@2"]
    assert no(books.do(replace(late, bonus_id="gift@2", number=active.trued))).reason is Reason.BONUS_STATE


def test_a_campaign_without_a_budget_has_no_limit_and_one_that_gets_it_later_counts_all():
    books = Books(players=PLAYERS)
    for number, player in enumerate(PLAYERS):
        assert answer(books.do(grant(template(), f"g{number}", player=player))) is Outcome.APPLIED
    books.do(forfeit(GIFT))
    assert not untrued(books)
    books.do(set_budget("200"))
    assert budget(books) == ("0.00", "0.00", "200.00")
    assert trued(books) == ("160.00", "0.00", "40.00")


def test_templates_share_a_campaign_and_currencies_do_not_share_a_budget():
    amounts = tuple(Amounts(code, fixed=units("80", code)) for code in ("EUR", "USD"))
    spring = replace(BY_HAND, campaign="spring", amounts=amounts)
    books = Books(players=())
    for player in PLAYERS:
        books.do(CreatePlayer(player, "operator", "brand", ("EUR", "USD")))
    books.do(set_budget("80", campaign="spring"))
    books.do(grant(template(spring, "one"), "g1"))
    refusal = no(books.do(grant(template(spring, "two"), "g2", player="bob")))
    assert refusal.reason is Reason.BONUS_NOT_ELIGIBLE
    assert answer(books.do(grant(template(spring, "two"), "g2", player="bob", currency="USD"))) is Outcome.APPLIED
    assert answer(books.do(grant(template(), "g3", player="cay"))) is Outcome.APPLIED  # a campaign of its own
    assert budget(books, "spring") == ("80.00", "0.00", "0.00")


def test_an_offer_promises_no_money_and_its_claim_does():
    books = opened("80")
    wanted = template(replace(BY_HAND, opt_in=True))
    for number, player in enumerate(PLAYERS[:2]):
        assert answer(books.do(offer(wanted, f"o{number}", player=player))) is Outcome.NOOP
    assert budget(books) == ("0.00", "0.00", "80.00")
    assert answer(books.do(claim(wanted))) is Outcome.APPLIED
    assert no(books.do(claim(wanted, "c2", player="bob"))).reason is Reason.BONUS_NOT_ELIGIBLE
    assert state(books, GIFT) is State.ACTIVE
    assert books.rows[Bonus, "bob", GIFT].state is State.OFFERED  # it may still be claimed


def test_payouts_as_a_bonus_are_of_the_budget_of_its_template():
    books = Books(players=PLAYERS)
    books.do(set_budget("60", campaign="spins"))
    assert answer(books.do(prize("50", template=edition()))) is Outcome.APPLIED
    assert no(books.do(prize("20", "2", template=edition(), player="bob"))).reason is Reason.BONUS_NOT_ELIGIBLE
    assert answer(books.do(prize("20", "2", player="bob"))) is Outcome.APPLIED  # cash is no promise
    paid = cashback("100", START, START + 1, template=edition(FREE_OF_WAGERING, 2))
    books.wait(SETTLE_LAG)
    assert answer(books.do(paid)) is Outcome.NOOP  # it waits for its turn
    assert budget(books, "spins") == ("60.00", "0.00", "0.00")
    assert not untrued(books)


def test_what_free_rounds_win_is_counted_once_they_have():
    books = Books(players=(PLAYER,))
    books.do(set_budget("10", campaign="spins"))
    assert answer(books.do(granting(template=edition()))) is Outcome.NOOP
    books.do(register())
    actions = bet("f1", "0.20", grant="fr1"), win("v1", "12", "f1", grant="fr1")
    assert books.do(play(*actions, close_round=True)).refusal is None
    (row,) = [row for row in books.rows.values() if isinstance(row, Bonus)]
    assert (row.campaign, row.granted, row.reserved) == ("spins", units("12"), 0)  # no play writes a budget
    for command in untrued(books):
        books.do(command)
    assert budget(books, "spins") == ("12.00", "0.00", "0.00")
    more = granting(template=edition(), grant_id="fr2")
    assert no(books.do(more)).reason is Reason.BONUS_NOT_ELIGIBLE
    assert answer(books.do(granting(grant_id="fr3"))) is Outcome.NOOP  # for cash


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (set_budget("-1"), Reason.INVALID_AMOUNT),
        (replace(set_budget("1"), amount=2**63), Reason.INVALID_AMOUNT),
        (replace(set_budget("1"), currency="PTS"), Reason.UNKNOWN_CURRENCY),
        (replace(set_budget("1"), currency="???"), Reason.UNKNOWN_CURRENCY),
    ],
)
def test_what_is_no_budget(command, reason):
    books = Books()
    rows = dict(books.rows)
    assert no(books.do(command)).reason is reason
    assert books.rows == rows


def test_a_budget_is_raised_and_lowered_and_says_who_did():
    books = opened()
    assert books.do(set_budget("200")).replayed
    assert no(books.do(set_budget("300"))).reason is Reason.CONFLICT
    books.do(replace(set_budget("0", "b2"), actor="ann", reason="enough"))
    row = books.rows[Budget, NO_PLAYER, "gift", "EUR"]
    assert (row.amount, row.version, row.actor, row.reason) == (0, 2, "ann", "enough")
    head = books.transaction("b2", player=NO_PLAYER, provider="~operator")
    assert dict(head.info)["was"] == str(units("200"))


def test_a_template_for_a_deposit_reserves_what_the_deposit_brings():
    match = replace(
        BY_HAND,
        trigger=Trigger.DEPOSIT,
        percent=10_000,
        amounts=(Amounts("EUR", most=units("100"), most_deposit=units("100")),),
    )
    books = Books(cash="30", players=(PLAYER,))
    books.do(set_budget("100"))
    assert answer(books.do(grant(template(match), deposit="first"))) is Outcome.APPLIED
    assert budget(books) == ("30.00", "0.00", "70.00")
