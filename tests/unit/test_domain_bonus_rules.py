"""Bonus rules: what policies make of templates where they are published, and of bonuses where they are granted
(R-BONUS-02, R-BONUS-04, R-BONUS-07, R-BONUS-20, R-FUND-16, R-CFG-02, R-CFG-06).
"""

import pytest
from msgspec.structs import replace

from tests.support.domain import PLAYER, Books, answer, bet, deposit, play, units, win
from tests.support.policies import ALLOWING, BONUSES, policies
from tests.support.promos import (
    BY_HAND,
    DAY,
    MATCH,
    activate,
    bonus_money,
    claim,
    forfeit,
    grant,
    of,
    offer,
    publish,
    state,
    template,
)
from tests.support.promotions import WINNINGS, FreePlays, edition, granting, prize, register
from wallet_core.domain import bonus_rules
from wallet_core.domain.commands import CreatePlayer
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.layers import Setting, Standing
from wallet_core.domain.policies import Policies, Split
from wallet_core.domain.policy_keys import KEYS, Layer
from wallet_core.domain.promos import (
    Base,
    Bonus,
    BonusTerms,
    Counts,
    MaxBetBasis,
    MaxBetScope,
    OnWithdrawal,
    OpenRounds,
    State,
    Timing,
)
from wallet_core.domain.templates import Amounts, Period, Template, Trigger


def brand(key, value, scope="brand", **more):
    return Setting(key, Layer.BRAND, scope, value, **more)


def terms(promotion=BY_HAND, **changes):
    return replace(promotion, terms=replace(promotion.terms, **changes))


FORBIDS = brand("bonus.allowed", "false")
NO = policies(FORBIDS)

# A policy of a brand, and a template that it forbids.
TIGHTER = {
    "allowed": (FORBIDS, BY_HAND),
    "multiplier": (brand("bonus.wagering.max_multiplier", "9.99"), BY_HAND),
    "base": (brand("bonus.wagering.max_multiplier", "35"), terms(MATCH, base=Base.DEPOSIT_PLUS_BONUS)),
    "products": (brand("bonus.mixed_products", "false"), BY_HAND),
    "value": (brand("bonus.max_value", "79.99", of="EUR"), BY_HAND),
    "other currency": (brand("bonus.max_value", "1000", of="DKK"), BY_HAND),
    "days": (brand("bonus.min_days", "31"), MATCH),
    "once": (brand("bonus.welcome_only_once", "true"), replace(BY_HAND, period=Period.DAY)),
    "alike": (brand("bonus.alike", "true"), replace(BY_HAND, segment="vip")),
    "opt in": (brand("bonus.automatic", "false"), BY_HAND),
    "places": (brand("bonus.max_active", "2"), replace(BY_HAND, places=3)),
    "block": (
        Setting("own_money.free", Layer.LICENCE, "*", "true", clause="licence 7.2"),
        terms(on_withdrawal=OnWithdrawal.BLOCK),
    ),
    "split": (
        Setting("own_money.free", Layer.LICENCE, "*", "true", clause="licence 7.2"),
        terms(split=Split.ALL_TO_BONUS),
    ),
}


def refused(decision, reason, *words):
    assert decision.refusal is not None, decision
    assert decision.refusal.reason is reason, decision.refusal
    assert all(word in decision.refusal.message for word in words), decision.refusal.message


# Where a template is published.


@pytest.mark.parametrize("case", TIGHTER)
def test_a_brand_forbids_a_template_by_publication_and_is_named(case):
    setting, promotion = TIGHTER[case]
    promotion = replace(promotion, brands=("other", "brand"))
    books = Books()
    rows = dict(books.rows)
    named = (setting.key, KEYS[setting.key].rule, Standing(setting, "", 1, "ann").named)
    refused(books.do(replace(publish(promotion), policies=policies(setting))), Reason.TEMPLATE_FORBIDDEN, *named)
    assert books.rows == rows
    assert answer(books.do(publish(promotion))) is Outcome.NOOP


@pytest.mark.parametrize("case", TIGHTER)
def test_what_another_brand_says_forbids_nothing(case):
    setting, promotion = TIGHTER[case]
    elsewhere = replace(setting, layer=Layer.BRAND, scope="elsewhere")
    command = replace(publish(replace(promotion, brands=("brand",))), policies=policies(elsewhere))
    assert answer(Books().do(command)) is Outcome.NOOP


def test_what_nobody_has_said_forbids_no_publication():
    assert answer(Books().do(replace(publish(replace(BY_HAND, places=9)), policies=Policies()))) is Outcome.NOOP


def test_a_rule_of_one_product_is_asked_of_every_template_that_may_be_played_there():
    live = Setting("bonus.wagering.max_multiplier", Layer.PRODUCT, "LIVE", "5")
    forbids = policies(live)
    for products, expected in (((), Reason.TEMPLATE_FORBIDDEN), (("LIVE",), Reason.TEMPLATE_FORBIDDEN)):
        command = replace(publish(terms(products=products)), policies=forbids)
        refused(Books().do(command), expected, "5 of PRODUCT LIVE")
    assert answer(Books().do(replace(publish(terms(products=("CASINO",))), policies=forbids))) is Outcome.NOOP


def test_a_licence_s_regulator_is_asked_where_the_pack_of_a_template_is_none():
    licensed = (
        Setting("brand.licence", Layer.LICENCE, "*", "gb-1", of="brand"),
        Setting("licence.regulator", Layer.LICENCE, "*", "GB", of="gb-1"),
    )
    promotion = terms(replace(BY_HAND, brands=("brand",), opt_in=True), multiplier=1_001, products=("CASINO",))
    command = replace(publish(promotion), policies=policies(*licensed))
    refused(Books().do(command), Reason.TEMPLATE_FORBIDDEN, "10 of REGULATOR GB (socially")


def test_every_rule_that_is_broken_is_named_once():
    found = Books().do(replace(publish(replace(BY_HAND, pack="GB")), policies=NO)).refusal
    keys = [word.split(":")[0] for word in found.message.split(" ") if word.startswith("bonus.")]
    assert keys == ["bonus.mixed_products", "bonus.automatic"]  # ten times is what GB allows


# Where a bonus is granted.


def test_a_brand_for_which_nobody_has_said_so_grants_nothing_and_is_told_what_to_publish():
    """R-CFG-06."""
    found = Books().do(grant(template(), policies=Policies()))
    refused(found, Reason.BONUS_NOT_ELIGIBLE, "bonus.allowed", "it is false", "publish it at LICENCE or BRAND", "brand")


def test_more_than_one_of_a_group_is_to_be_published_too():
    of_two, just = template(replace(BY_HAND, places=2)), policies(BONUSES[0], bonuses=False)
    refused(Books().do(grant(of_two, policies=just)), Reason.BONUS_NOT_ELIGIBLE, "bonus.max_active: ", "it is 1")
    assert answer(Books().do(grant(template(), policies=just))) is Outcome.APPLIED


@pytest.mark.parametrize("case", TIGHTER)
def test_a_grant_is_held_against_what_has_been_tightened_since(case):
    setting, promotion = TIGHTER[case]
    books = Books()
    books.do(deposit("100"))
    settled = "d1" if promotion.trigger is Trigger.DEPOSIT else None
    promotion = replace(promotion, opt_in=False)
    if case == "opt in":
        promotion = BY_HAND
    tight = policies(setting)
    rows = dict(books.rows)
    named = Standing(setting, "", 1, "ann").named
    command = grant(template(promotion), deposit=settled, policies=tight)
    refused(books.do(command), Reason.BONUS_NOT_ELIGIBLE, setting.key, named)
    refused(books.do(replace(offer(template(promotion), "o1"), policies=tight)), Reason.BONUS_NOT_ELIGIBLE, setting.key)
    assert books.rows == rows
    assert answer(books.do(replace(command, policies=ALLOWING))) in {Outcome.APPLIED, Outcome.NOOP}


@pytest.mark.parametrize(
    "setting",
    [
        Setting("bonus.allowed", Layer.PLAYER, PLAYER, "false"),
        Setting("bonus.allowed", Layer.SEGMENT, "vip", "false"),
        Setting("bonus.allowed", Layer.PRODUCT, "brand/CASINO", "false"),
        Setting("bonus.allowed", Layer.LICENCE, "*", "false", clause="order 5"),
        Setting("bonus.allowed", Layer.REGULATOR, "DK", "false", clause="order 5"),
    ],
    ids=lambda setting: setting.layer.name,
)
def test_every_layer_of_the_players_context_is_asked(setting):
    books = Books(players=())
    books.do(CreatePlayer(PLAYER, "operator", "brand", ("EUR", "DKK"), "DK"))
    table = Amounts("DKK", fixed=units("80", "DKK"))
    promotion = terms(replace(BY_HAND, pack="DK", opt_in=True, amounts=(table,)), products=("CASINO",))
    if setting.layer is Layer.SEGMENT:  # where terms may differ
        books, promotion = Books(), replace(BY_HAND, segment="vip")
    currency = promotion.amounts[0].currency
    command = offer(template(promotion), currency=currency)
    refused(books.do(replace(command, policies=policies(setting))), Reason.BONUS_NOT_ELIGIBLE, setting.layer.name)
    assert answer(books.do(command)) is Outcome.NOOP


def test_a_claim_is_held_against_what_was_tightened_after_the_offer():
    books, optional = Books(), template(replace(BY_HAND, opt_in=True))
    books.do(offer(optional))
    refused(books.do(claim(optional, policies=NO)), Reason.BONUS_NOT_ELIGIBLE, "bonus.allowed")
    assert state(books, "gift@1") is State.OFFERED
    assert answer(books.do(claim(optional, "c2"))) is Outcome.APPLIED


def test_a_weaker_layer_cannot_price_what_a_stronger_one_measures_in_another_currency():
    """R-CFG-02: Denmark says what 1,000 crowns are, and a brand does not make euros of them."""
    books = Books(players=())
    books.do(CreatePlayer(PLAYER, "operator", "brand", ("EUR",), "DK"))
    euros = policies(brand("bonus.max_value", "1000000", of="EUR"))
    command = offer(template(replace(BY_HAND, pack="DK", opt_in=True)), policies=euros)
    refused(books.do(command), Reason.BONUS_NOT_ELIGIBLE, "bonus.max_value", "1000 DKK of REGULATOR DK")


def test_who_waits_lapses_when_its_turn_comes_and_it_may_not_be_granted_any_more():
    """R-BONUS-08."""
    books = Books()
    books.do(grant(template()))
    books.do(grant(template(version=2), "g2"))
    assert state(books, "gift@2") is State.QUEUED
    books.do(replace(forfeit("gift@1"), policies=NO))
    assert books.do(activate("gift@2", NO)).replayed
    assert (state(books, "gift@2"), bonus_money(books)) == (State.LAPSED, "0.00")
    assert "bonus.allowed" in of(books, "gift@2").reason


def test_a_payout_as_a_bonus_is_held_by_what_it_pays():
    books, capped = Books(), policies(brand("bonus.max_value", "50", of="EUR"))
    dear = prize("50.01", template=edition(), policies=capped)
    refused(books.do(dear), Reason.BONUS_NOT_ELIGIBLE, "bonus.max_value", "50 EUR of BRAND brand")
    assert answer(books.do(prize("50", "2", template=edition(), policies=capped))) is Outcome.APPLIED
    assert answer(books.do(prize("50.01", "3", policies=NO))) is Outcome.APPLIED  # cash is no bonus


def test_free_rounds_are_held_by_what_they_are_worth():
    capped = policies(brand("bonus.max_value", "0.59", of="EUR"))
    refused(Books().do(granting(3, template=edition(), policies=capped)), Reason.BONUS_NOT_ELIGIBLE, "bonus.max_value")
    assert answer(Books().do(granting(2, template=edition(), policies=capped))) is Outcome.NOOP
    refused(Books().do(granting(policies=Policies())), Reason.BONUS_NOT_ELIGIBLE, "bonus.allowed", "publish it at")
    refused(Books().do(granting(policies=NO)), Reason.BONUS_NOT_ELIGIBLE, "bonus.allowed", "false of BRAND brand")


def test_what_free_rounds_have_won_is_paid_whatever_has_been_published_since():
    books = Books()
    books.do(grant(template(replace(BY_HAND, group="spins"))))
    books.do(granting(1, template=edition(replace(WINNINGS, group="spins"))))
    books.do(register("registered"))
    free = FreePlays(books)
    free.begin("r1")
    free.win("r1", "9", "w1")
    won = free.grant.bonus_id
    assert of(books, won).state is State.QUEUED
    books.do(forfeit("gift@1"))
    command = replace(activate("spins@1", NO), bonus_id=won)
    assert answer(books.do(command)) is Outcome.APPLIED
    assert bonus_money(books) == "9.00"


def test_a_running_bonus_goes_on_whatever_is_published():
    """R-BONUS-03: what was accepted does not change."""
    books = Books()
    books.do(grant(template(terms(multiplier=100))))
    facts = {"policies": policies(FORBIDS, brand("max_bet.amount", "1", of="EUR"), brand("wager.basis", "CASH_PART"))}
    books.do(play(bet("b1", "80"), win("w1", "90"), close_round=True, **facts))
    assert (state(books, "gift@1"), books.cash) == (State.CONVERTED, "90.00")


def test_one_bonus_in_a_lifetime_by_a_brands_own_word():
    """R-BONUS-02, R-BONUS-05: by its key, whichever template it is of."""
    books, once = Books(), policies(brand("bonus.welcome_only_once", "true"))
    first, other = template(), template(template_id="other")
    assert answer(books.do(grant(first, policies=once, once=True))) is Outcome.APPLIED
    assert isinstance(of(books, "@once"), Bonus)
    refused(books.do(grant(other, "g2", policies=once, once=True)), Reason.BONUS_NOT_ELIGIBLE, "granted once")
    refused(books.do(grant(other, "g3", policies=once)), Reason.BONUS_NOT_ELIGIBLE, "bonus.welcome_only_once")
    refused(books.do(prize("1", template=edition(), policies=once)), Reason.BONUS_NOT_ELIGIBLE, "welcome_only_once")


def test_a_largest_bet_that_was_tightened_asks_for_a_new_version():
    """R-BONUS-20."""
    tight = policies(brand("max_bet.amount", "5", of="EUR"))
    for most, expected in (("0", False), ("5.01", False), ("5", True)):
        table = replace(BY_HAND.amounts[0], max_bet=units(most))
        found = Books().do(grant(template(replace(BY_HAND, amounts=(table,))), policies=tight))
        assert (found.refusal is None) is expected
        if not expected:
            refused(found, Reason.BONUS_NOT_ELIGIBLE, "max_bet.amount", "5 EUR of BRAND brand")


# What a template does not say.

SAID = {
    "max_bet_basis": MaxBetBasis.WHILE_ACTIVE,
    "max_bet_scope": MaxBetScope.ROUND_TOTAL,
    "counts": Counts.CASH_THEN_BONUS,
    "timing": Timing.BET,
    "open_rounds": OpenRounds.FORFEIT,
    "on_withdrawal": OnWithdrawal.KEEP,
}


@pytest.mark.parametrize("field", bonus_rules.WORDS)
def test_what_a_template_leaves_unsaid_the_policy_in_force_says(field):
    """R-FUND-09, rulebook 26.2: and what was said stands."""
    key, _ = bonus_rules.WORDS[field]
    says, for_brand = policies(brand(key, SAID[field].value)), replace(BY_HAND, brands=("brand",))
    for unsaid, expected in (({field}, SAID[field]), (set(), getattr(BonusTerms(), field))):
        books = Books()
        books.do(replace(publish(for_brand), policies=says, unsaid=frozenset(unsaid)))
        published = books.rows[Template, "", "gift", 1]
        assert getattr(published.promotion.terms, field) is expected
        bare = replace(publish(for_brand), policies=Policies(), unsaid=frozenset({field}))
        assert bonus_rules.completed(Policies(), bare.promotion, bare.unsaid) == for_brand


def test_what_policies_complete_is_what_is_accepted():
    """R-BONUS-03."""
    asked = publish(replace(BY_HAND, brands=("brand",)))
    books, digests = Books(), set()
    for version, says in enumerate((ALLOWING, policies(brand("wager.timing", "BET"))), 1):
        books.do(replace(asked, request_id=str(version), version=version, policies=says, unsaid=frozenset({"timing"})))
        row = books.rows[Template, "", "gift", version]
        digests.add(replace(row, version=1).digest)
    assert len(digests) == 2


def test_a_publication_sent_again_is_the_same_whatever_has_been_published_meanwhile():
    """R-IDEM-02: the payload is what was asked for."""
    books = Books()
    asked = replace(publish(replace(BY_HAND, brands=("brand",))), unsaid=frozenset({"timing"}))
    first = books.do(replace(asked, policies=policies(brand("wager.timing", "BET"))))
    for later in (ALLOWING, NO):
        again = books.do(replace(asked, policies=later))
        assert (again.replayed, again.results[0].transaction_id) == (True, first.results[0].transaction_id)
    assert books.rows[Template, "", "gift", 1].promotion.terms.timing is Timing.BET
    assert answer(books.do(replace(asked, unsaid=frozenset()))) is Reason.CONFLICT  # ROUND_CLOSE was not asked for


def test_a_template_for_places_of_different_words_must_say_them():
    says = policies(brand("wager.timing", "BET"))
    command = replace(publish(replace(BY_HAND, brands=("brand", "other"))), policies=says)
    decision = Books().do(replace(command, unsaid=frozenset({"timing"})))
    refused(decision, Reason.INVALID_REQUEST, "terms.timing: say it", "BET or ROUND_CLOSE")
    assert answer(Books().do(command)) is Outcome.NOOP


def test_the_words_of_policies_are_guarded_like_a_templates_own():
    """R-FUND-16: the pack of GB asks that own money stays free; by a licence elsewhere it might be blocked."""
    blocks = policies(brand("on_withdrawal", "BLOCK"))
    promotion = terms(replace(BY_HAND, pack="GB", opt_in=True, brands=("brand",)), products=("CASINO",))
    command = replace(publish(promotion), policies=blocks, unsaid=frozenset({"on_withdrawal"}))
    refused(Books().do(command), Reason.TEMPLATE_FORBIDDEN, "own_money.free", "BLOCK")


@pytest.mark.parametrize(
    ("said", "policy", "expected"),
    [("0", None, "0"), ("7", None, "7"), ("0", "5", "5"), ("7", "5", "5"), ("3", "5", "3"), ("3", "0", "0.000001")],
)
def test_the_stricter_largest_bet_is_published(said, policy, expected):
    """R-BONUS-20, per currency."""
    tables = (replace(BY_HAND.amounts[0], max_bet=units(said)), Amounts("USD", fixed=1, max_bet=units("9", "USD")))
    promotion = replace(BY_HAND, brands=("brand",), amounts=tables)
    says = policies(*([brand("max_bet.amount", policy, of="EUR")] if policy else []))
    found = bonus_rules.completed(says, promotion, ())
    assert [table.max_bet for table in found.amounts] == [units(expected), units("9", "USD")]


def test_every_word_has_its_policy_and_its_default():
    """What nobody has published is what templates meant before policies were asked."""
    for field, (key, kind) in bonus_rules.WORDS.items():
        assert getattr(BonusTerms(), field) is kind(KEYS[key].default)
    assert {rule.key for rule in bonus_rules.RULES} <= set(KEYS)
    assert DAY == bonus_rules.DAY
