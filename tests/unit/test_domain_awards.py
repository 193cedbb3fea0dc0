"""Awards by whom they are for, and what keeps them one: rulebook 6.2, 6.4, 6.5."""

import pytest
from msgspec.structs import replace

from tests.support.domain import PLAYER, START, TICK, Books, amount_of, answer, deposit, play, units, win
from tests.support.promos import (
    BY_HAND,
    MATCH,
    bonus_money,
    claim,
    decline,
    expire,
    grant,
    of,
    offer,
    state,
    template,
)
from tests.support.promotions import DAY, WINNINGS, cashback, edition, granting, prize
from wallet_core.domain.cashback import Cashback, Covered
from wallet_core.domain.commands import CreatePlayer
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import NO_PLAYER, Category, Transaction, digest
from wallet_core.domain.free_round_commands import ChargeFreeRounds
from wallet_core.domain.packs import PACKS, VERTICALS
from wallet_core.domain.payouts import PARTNER, SETTLE_LAG, SettlePrizes
from wallet_core.domain.promos import Bonus, BonusTerms, State, competes
from wallet_core.domain.templates import Amounts


def living_in(country, *currencies):
    """Books of a player of a country."""
    books = Books()
    del books.rows[next(key for key in books.rows if key[1:] == (PLAYER,))]
    books.do(CreatePlayer(PLAYER, "operator", "brand", currencies or ("EUR",), country))
    books.wait(SETTLE_LAG)
    return books


def window(**more):
    return cashback("65", START - DAY, START, **more)


AWARDS = {
    "a prize": lambda of, **more: prize("50", template=of, **more),
    "a cashback": lambda of, **more: window(template=of, **more),
    "free rounds": lambda of, **more: granting(template=of, **more),
}
BRITISH = replace(WINNINGS, pack="GB", opt_in=True, terms=BonusTerms(multiplier=1_000, products=("CASINO",)))


@pytest.mark.parametrize("what", AWARDS)
@pytest.mark.parametrize("country", ["GB", "DK", "SE", "BR"])
def test_r_bonus_02_an_award_was_granted_under_another_pack(what, country):
    books = living_in(country)
    refused = books.do(AWARDS[what](edition()))
    assert answer(refused) is Reason.BONUS_NOT_ELIGIBLE
    assert answer(books.do(offer(edition()))) is Reason.BONUS_NOT_ELIGIBLE
    assert bonus_money(books) == "0.00"


@pytest.mark.parametrize("what", AWARDS)
@pytest.mark.parametrize("change", [{"ends_at": 1}, {"brands": ("other",)}])
def test_r_bonus_02_an_award_was_granted_of_a_promotion_that_is_over_or_another_brands(what, change):
    books = living_in("")
    assert answer(books.do(AWARDS[what](edition(replace(WINNINGS, **change))))) is Reason.BONUS_NOT_ELIGIBLE


@pytest.mark.parametrize("what", AWARDS)
def test_r_bonus_04_an_award_needs_the_terms_accepted_where_they_are_to_be_claimed(what):
    books, british = living_in("GB"), edition(BRITISH)
    assert answer(books.do(AWARDS[what](british))) is Reason.BONUS_NOT_ELIGIBLE
    assert answer(books.do(AWARDS[what](british, accepted=edition().digest))) is Reason.BONUS_NOT_ELIGIBLE
    assert books.do(AWARDS[what](british, accepted=british.digest)).refusal is None


def test_r_bonus_02_no_award_is_worth_more_than_a_pack_allows():
    table = (Amounts("DKK", fixed=units("1", "DKK")),)
    danish = edition(replace(WINNINGS, pack="DK", opt_in=True, amounts=table))
    books = living_in("DK", "DKK")
    more = {"template": danish, "currency": "DKK", "accepted": danish.digest}
    assert answer(books.do(prize("1000.01", "1", **more))) is Reason.BONUS_NOT_ELIGIBLE
    assert answer(books.do(granting(5_001, **more))) is Reason.BONUS_NOT_ELIGIBLE
    assert answer(books.do(prize("1000", "1", **more))) is Outcome.APPLIED
    assert books.do(granting(5_000, **more)).refusal is None


def test_r_bonus_02_where_a_player_has_one_bonus_cashback_and_free_rounds_are_another_one():
    books, swedish = living_in("SE"), edition(replace(WINNINGS, pack="SE"))
    for each in (window(), window(template=swedish), granting(), granting(template=swedish), prize(template=swedish)):
        assert answer(books.do(each)) is Reason.BONUS_NOT_ELIGIBLE
    assert answer(books.do(prize("50"))) is Outcome.APPLIED  # what was won in cash is none
    assert PACKS["SE"].once


def test_r_bonus_05_no_award_has_the_id_of_a_templates():
    first, second = prize("50", "1"), prize("50", "2")
    assert first.bonus_id != second.bonus_id
    assert first.bonus_id.startswith("@payout:")  # a template's id is never empty


def test_r_bonus_03_a_grant_of_another_template_gave_its_terms_under_those_accepted():
    books = living_in("SE")
    match = replace(MATCH, pack="SE")
    accepted = template(match, "a")
    other = template(replace(match, terms=BonusTerms(multiplier=10_000), text="other"), "b")
    books.do(offer(accepted, once=True))
    books.do(claim(accepted, bonus_id="SE@once"))
    books.do(deposit("10"))
    assert answer(books.do(grant(other, deposit="d1", once=True))) is Reason.REFERENCE_MISMATCH
    newer = replace(accepted, version=2)
    assert answer(books.do(grant(newer, "g2", deposit="d1", once=True))) is Reason.REFERENCE_MISMATCH
    assert state(books, "SE@once") is State.CLAIMED
    books.do(grant(accepted, "g3", deposit="d1", once=True))
    assert (of(books, "SE@once").terms.multiplier, bonus_money(books)) == (3_500, "10.00")


def test_r_bonus_03_a_claim_of_another_template_is_a_mismatch():
    books = living_in("SE")
    accepted, other = (template(replace(BY_HAND, pack="SE", opt_in=True), name) for name in "ab")
    books.do(offer(accepted, once=True))
    assert answer(books.do(replace(claim(accepted, bonus_id="SE@once"), template=other))) is Reason.REFERENCE_MISMATCH


def test_r_debt_04_a_debt_in_another_wallet_stopped_no_grant():
    books = living_in("", "EUR", "USD")
    owing = replace(win("w1", "-10"), category=Category.ADJUSTMENT)
    books.do(play(owing, round_id=""))
    dollars = replace(BY_HAND, amounts=(Amounts("USD", fixed=units("80", "USD")),))
    assert answer(books.do(grant(template(dollars), currency="USD"))) is Reason.BONUS_NOT_ELIGIBLE
    books.do(play(win("w2", "20"), round_id="r2"))
    assert books.debt == "10.00"


@pytest.mark.parametrize("lapsed", ["declined", "over"])
def test_r_bonus_05_an_offer_that_lapsed_used_up_the_grant(lapsed):
    books = Books()
    welcome = template(replace(BY_HAND, opt_in=True, claim_within=60), "w")
    for number in range(2):
        books.do(offer(welcome, f"o{number}"))
        if lapsed == "declined":
            books.do(decline("w@1", f"n{number}"))
        else:
            books.wait(60 * TICK)
            assert answer(books.do(replace(expire("w@1"), due=of(books, "w@1").expires_at))) is Outcome.NOOP
        assert state(books, "w@1") is State.LAPSED
    assert books.do(offer(welcome, "o0")).replayed  # said again, it says what it came to
    assert state(books, "w@1") is State.LAPSED
    books.do(offer(welcome, "o2"))
    assert answer(books.do(claim(welcome))) is Outcome.APPLIED
    assert answer(books.do(offer(welcome, "o3"))) is Reason.BONUS_NOT_ELIGIBLE


def test_r_bonus_05_another_template_may_be_offered_where_the_one_bonus_was_declined():
    books = living_in("SE")
    first, second = (template(replace(BY_HAND, pack="SE", opt_in=True), name) for name in "ab")
    books.do(offer(first, once=True))
    books.do(decline("SE@once"))
    books.do(offer(second, "o2", once=True))
    books.do(claim(second, bonus_id="SE@once"))
    assert (of(books, "SE@once").template_id, state(books, "SE@once")) == ("b", State.ACTIVE)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("", "CASINO", True),
        ("CASINO", "CASINO+LIVE", True),
        ("CASINO+LIVE", "CASINO+SPORTS", True),
        ("CASINO", "SPORTS", False),
        ("", "", True),
        ("spring", "spring", True),
        ("spring", "", False),
        ("spring", "CASINO", False),
        ("spring", "summer", False),
    ],
)
def test_r_bonus_07_products_that_overlap_were_groups_of_their_own(one, other, meet):
    books = Books()
    books.do(grant(template()))
    row = of(books, "gift@1")
    first, second = replace(row, slot=one), replace(row, slot=other)
    assert competes(first, second) is competes(second, first) is meet
    assert set(one.split("+")) <= {*VERTICALS, "", "spring"}


def test_r_bonus_07_one_bonus_of_overlapping_products_is_active():
    books = Books()
    for number, products in enumerate(((), ("CASINO",), ("CASINO", "LIVE"), ("CASINO", "SPORTS"))):
        one = replace(BY_HAND, terms=BonusTerms(multiplier=1_000, products=products))
        books.do(grant(template(one, f"t{number}"), f"g{number}"))
    found = [row.state for row in books.rows.values() if isinstance(row, Bonus)]
    assert found == [State.ACTIVE, State.QUEUED, State.QUEUED, State.QUEUED]


def test_r_cashbk_01_the_cashback_of_a_second_wallet_was_a_conflict():
    books = living_in("", "EUR", "USD")
    assert answer(books.do(window())) is Outcome.APPLIED
    assert answer(books.do(window(currency="USD"))) is Outcome.APPLIED
    assert [amount_of(books.held(currency=code).cash) for code in ("EUR", "USD")] == ["6.50", "6.50"]


def test_r_cashbk_01_windows_that_overlap_were_paid_twice():
    books, start, end = living_in(""), START - 4 * DAY, START - 2 * DAY
    assert answer(books.do(cashback("10", start, end))) is Outcome.APPLIED
    for begin, until in ((start, end + 1), (start - 1, start + 1), (end - 1, end), (start - 1, end + 1)):
        assert answer(books.do(cashback("10", begin, until))) is Reason.ALREADY_EXISTS
    assert answer(books.do(cashback("10", end, end + DAY))) is Outcome.APPLIED
    assert answer(books.do(cashback("10", start - DAY, start))) is Outcome.APPLIED  # in whatever order
    assert answer(books.do(cashback("10", start, end, campaign="another"))) is Outcome.APPLIED
    row = books.rows[Covered, PLAYER, "weekly", "EUR"]
    assert row.covered == ((start - DAY, end + DAY),)
    assert books.do(cashback("10", start, end)).replayed
    assert books.cash == "4.00"


def test_r_cashbk_01_a_window_that_was_paid_before_currencies_were_in_its_key_is_not_paid_again():
    books = living_in("", "EUR", "USD")
    books.do(window())
    new, old = (digest(PARTNER, f"CASHBACK/weekly/{START - DAY}-{START}{end}") for end in ("/EUR", ""))
    paid = replace(books.rows.pop((Transaction, PLAYER, new)), key=old)
    books.rows[Transaction, PLAYER, old] = paid
    del books.rows[Covered, PLAYER, "weekly", "EUR"]
    assert answer(books.do(window())) is Reason.ALREADY_EXISTS
    assert answer(books.do(window(currency="USD"))) is Outcome.APPLIED


def test_r_cashbk_02_a_minimum_above_the_maximum_was_accepted():
    books = living_in("")
    never = Cashback(1_000, least=units("5"), most=units("4"))
    assert answer(books.do(window(cashback=never))) is Reason.INVALID_REQUEST
    assert answer(books.do(window(cashback=replace(never, most=units("5"))))) is Outcome.APPLIED


def test_r_tour_02_a_rank_was_paid_to_two_players_by_two_requests():
    books = Books(players=("ann", "bob"))
    settled = SettlePrizes(NO_PLAYER, "cup", "EUR", (prize("100", "1", player="ann"), prize("50", "2", player="bob")))
    assert answer(books.do(settled)) is Outcome.NOOP
    assert books.do(replace(settled, prizes=settled.prizes[::-1])).replayed
    for other in (
        replace(settled, prizes=(prize("100", "1", player="bob"), settled.prizes[1])),
        replace(settled, prizes=settled.prizes[:1]),
        replace(settled, prizes=(prize("101", "1", player="ann"), settled.prizes[1])),
        replace(settled, prizes=(prize("100", "1", player="ann", template=edition()), settled.prizes[1])),
        replace(settled, currency="USD"),
    ):
        assert answer(books.do(other)) is Reason.CONFLICT
    assert answer(books.do(replace(settled, tournament="other"))) is Outcome.NOOP


def charge(amount="12.50", **more):
    facts = {"provider_id": "acme", "invoice": "2026-7", "campaign": "spring", "currency": "EUR", **more}
    return ChargeFreeRounds(NO_PLAYER, amount=units(amount), reason="July", actor="ops", **facts)


def test_r_free_07_a_providers_charge_is_a_cost_of_promotions_booked_once():
    books = Books()
    assert answer(books.do(charge())) is Outcome.APPLIED
    assert books.do(charge()).replayed
    assert answer(books.do(charge("13"))) is Reason.CONFLICT
    assert answer(books.do(charge(campaign="summer"))) is Reason.CONFLICT
    assert answer(books.do(charge("1", provider_id="other"))) is Outcome.APPLIED
    assert answer(books.do(charge("0", invoice="2"))) is Reason.INVALID_AMOUNT
    assert (books.total("BONUS_COST"), books.total("FEES")) == ("-13.50", "13.50")
    assert {line.detail for line in books.lines if line.account == "BONUS_COST"} == {"spring"}
    books.assert_sound()


def test_r_bonus_06_the_grant_of_a_bonus_says_which_deposit_it_is_for():
    books = Books()
    books.do(deposit("50"))
    granted = books.do(grant(template(replace(MATCH, opt_in=False)), deposit="d1"))
    (row,) = (
        each
        for each in books.rows.values()
        if getattr(each, "transaction_id", b"") == granted.results[0].transaction_id
    )
    assert dict(row.info)["deposit"] == "bank/d1"
