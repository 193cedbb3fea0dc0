"""Payouts of promotions: rulebook 6.5 R-CASHBK and R-TOUR; P-11."""

import pytest
from msgspec.structs import replace

from tests.support.domain import PLAYER, START, Books, answer, units
from tests.support.policies import ALLOWING
from tests.support.promos import bonus_money, forfeit, grant, template
from tests.support.promotions import DAY, cashback, edition, prize
from wallet_core.domain.awards import promised
from wallet_core.domain.book import Book, Needs
from wallet_core.domain.cashback import Cashback, Turnover, base
from wallet_core.domain.commands import SetStatus
from wallet_core.domain.decision import Outcome, Reason, Refused
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.payouts import SETTLE_LAG, Source
from wallet_core.domain.promo_commands import ActivateBonus
from wallet_core.domain.promos import Bonus, State
from wallet_core.domain.templates import Trigger
from wallet_core.domain.turns import free
from wallet_core.domain.wagering import BPS

QUANTUM = CURRENCIES["EUR"].quantum


def blocked():
    return SetStatus(PLAYER, blocked=True, reason="excluded", actor="ops", request_id="s1")


def bonus(books, command):
    return books.rows[Bonus, PLAYER, command.bonus_id]


def test_a_prize_in_cash_is_a_cost_of_promotions_and_paid_once():
    books = Books()
    paid = books.do(prize("50"))
    assert answer(paid) is Outcome.APPLIED
    assert books.journal(paid.results[0].transaction_id) == [("CASH", "50.00"), ("BONUS_COST", "-50.00")]
    assert books.do(prize("50")).replayed
    assert answer(books.do(prize("51"))) is Reason.CONFLICT
    assert answer(books.do(prize("25", "2"))) is Outcome.APPLIED
    assert books.cash == "75.00"
    assert books.total("WINS") == "0.00"  # R-TOUR-04
    books.assert_sound()


def test_the_keys_of_sources_and_campaigns_do_not_meet():
    books = Books()
    books.do(prize("1", "1"))
    books.do(prize("1", "1", source=Source.PROMO))
    books.do(prize("1", "1", campaign="cup:1"))
    assert books.cash == "3.00"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (prize("0"), Reason.INVALID_AMOUNT),
        (prize("-1"), Reason.INVALID_AMOUNT),
        (prize("0.001"), Reason.INVALID_PRECISION),
        (prize("1", currency="USD"), Reason.WRONG_CURRENCY),
        (prize("1", player="nobody"), Reason.PLAYER_UNKNOWN),
        (replace(prize("1"), amount=2**63), Reason.INVALID_AMOUNT),
    ],
)
def test_a_payout_that_is_refused(command, reason):
    books = Books(cash="10")
    assert answer(books.do(command)) is reason
    assert books.cash == "10.00"


def test_a_prize_as_a_bonus_is_wagered_as_its_template_says():
    books = Books()
    command = prize("50", template=edition())
    paid = books.do(command)
    pocket = f"BONUS:{command.bonus_id}"
    assert books.journal(paid.results[0].transaction_id) == [(pocket, "50.00"), ("BONUS_ISSUED", "-50.00")]
    row = bonus(books, command)
    assert (row.state, row.granted, row.requirement) == (State.ACTIVE, units("50"), units("500") * BPS)
    books.assert_sound()


def test_a_bonus_whose_slot_is_taken_waits_for_its_turn():
    books = Books()
    books.do(grant(template()))
    command = prize("50", template=edition())
    assert answer(books.do(command)) is Outcome.NOOP
    assert bonus(books, command).state is State.QUEUED
    assert not free(books_of(books), replace(bonus(books, command), bonus_id="zzz"), books.at)
    books.do(forfeit("gift@1"))
    assert books.do(ActivateBonus(PLAYER, command.bonus_id, "spins", 1, ALLOWING)).replayed
    assert bonus_money(books) == "50.00"
    books.assert_sound()


def books_of(books):
    """The books as a book with the player's rows."""
    needs = Needs.none()
    needs.players.add(PLAYER)
    return Book(needs, list(books._load(needs)))  # noqa: SLF001


def test_of_an_excluded_player_cash_prizes_are_paid_and_bonus_prizes_lapse():
    books = Books()
    books.do(blocked())
    assert answer(books.do(prize("50"))) is Outcome.APPLIED
    lapsed = prize("50", "2", template=edition())
    assert answer(books.do(lapsed)) is Outcome.NOOP
    assert (Bonus, PLAYER, lapsed.bonus_id) not in books.rows
    assert books.do(lapsed).replayed  # for ever
    assert books.cash == "50.00"


def test_a_template_for_deposits_is_not_what_prizes_become():
    promotion = replace(edition().promotion, trigger=Trigger.DEPOSIT)
    with pytest.raises(Refused):
        promised(edition(promotion), "EUR", 1)
    of_the_amount = edition(replace(edition().promotion, cap_of_bonus=200))
    assert promised(of_the_amount, "EUR", units("10")).terms.cap == units("20")
    with pytest.raises(Refused):
        promised(of_the_amount, "EUR")
    with pytest.raises(Refused):
        promised(edition(), "USD")


def test_the_base_is_what_was_lost_of_own_cash_and_never_below_nothing():
    games = [
        Turnover("acme", "slot", units("100"), -units("30"), 0),
        Turnover("acme", "live", units("50"), -units("10"), 0),
        Turnover("~payouts", "", 0, 0, -units("5")),  # promotions and earlier cashback, of whatever game
    ]
    assert base(games, lambda provider_id, game_id: True) == units("105")
    assert base(games, lambda provider_id, game_id: game_id == "slot") == units("65")
    assert base(games, lambda provider_id, game_id: False) == 0


@pytest.mark.parametrize(
    ("rule", "lost", "paid"),
    [
        (Cashback(1_000), "65", "6.50"),
        (Cashback(1_000), "0.19", "0.01"),  # rounded down
        (Cashback(1_000), "0.09", "0"),
        (Cashback(1_000, least=units("5")), "49.99", "0"),
        (Cashback(1_000, least=units("5")), "50", "5"),
        (Cashback(1_000, most=units("5")), "65", "5"),
        (Cashback(1_000), "-65", "0"),
    ],
)
def test_the_amount_of_a_cashback(rule, lost, paid):
    assert rule.amount(units(lost), QUANTUM) == units(paid)


def test_a_cashback_is_paid_once_after_its_window_has_settled():
    books = Books()
    start, end = START - DAY, START
    assert answer(books.do(cashback("65", start, end))) is Reason.IN_PROGRESS
    books.wait(SETTLE_LAG)
    assert answer(books.do(cashback("65", start, end))) is Outcome.APPLIED
    assert books.cash == "6.50"
    assert books.do(cashback("99", start, end)).replayed  # computed once: what it came to stands
    assert answer(books.do(cashback("65", start, end, cashback=Cashback(500)))) is Reason.CONFLICT
    assert books.cash == "6.50"


def test_a_cashback_of_nothing_is_settled_too():
    books = Books()
    books.wait(SETTLE_LAG)
    assert answer(books.do(cashback("0", START - DAY, START))) is Outcome.NOOP
    assert books.do(cashback("65", START - DAY, START)).replayed
    assert answer(books.do(cashback("65", START, START))) is Reason.INVALID_REQUEST
