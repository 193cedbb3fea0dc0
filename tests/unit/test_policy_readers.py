"""Every key of the catalogue decides something: published, it changes what is decided (rulebook 26)."""

import pytest
from msgspec.structs import replace

from tests.support.domain import Books, amount_of, answer, bet, deposit, play, promo, rollback, win
from tests.support.domain import withdrawal as taken
from tests.support.policies import policies
from tests.support.promos import BY_HAND, DAY, MATCH, claim, grant, offer, template
from wallet_core.domain import bonus_rules, fx_terms, restricted, wagering
from wallet_core.domain.commands import Terms
from wallet_core.domain.decision import Outcome, Refused
from wallet_core.domain.fx_terms import SECOND, FxTerms, Source
from wallet_core.domain.layers import Setting
from wallet_core.domain.policies import Mode
from wallet_core.domain.policy_keys import KEYS, Layer
from wallet_core.domain.promos import Base, BonusTerms, OnWithdrawal
from wallet_core.domain.templates import Period


def brand(key, value, **more):
    return Setting(key, Layer.BRAND, "brand", value, **more)


def law(key, value, scope="*", **more):
    return Setting(key, Layer.LICENCE, scope, value, clause="licence 7.2", **more)


def game(key, value):
    return Setting(key, Layer.PRODUCT, "*", value, of="acme/slot")


def terms(promotion=BY_HAND, **changes):
    return replace(promotion, terms=replace(promotion.terms, **changes))


# Decisions: each is asked under what is in force before a key is published, and after.


def mixed(**changes):
    """Books with 50 of cash and a bonus of 80."""
    books = Books(cash="50")
    assert answer(books.do(grant(template(terms(**changes))))) is Outcome.APPLIED
    return books


def paid_by(**changes):
    """What pays a stake of 10."""

    def decide(found):
        books = mixed(**changes)
        books.do(play(bet("b1", "10"), policies=found))
        return dict(books.transaction("b1").parts)

    return decide


def shown(found):
    """What a provider is shown."""
    books = mixed()
    decision = books.do(play(bet("b1", "10"), policies=found))
    return decision.now.shown


def won_by(of_bets):
    """Where a win of 30 goes, whose first stake took all the cash, and whose second took bonus money."""

    def decide(found):
        books = mixed()
        books.do(play(bet("b1", "50"), bet("b2", "10"), policies=found))
        books.do(play(win("w1", "30", *of_bets), policies=found))
        return dict(books.transaction("w1").parts)

    return decide


def granted(promotion=BY_HAND, **facts):
    """Whether a bonus is granted."""

    def decide(found):
        return answer(Books().do(grant(template(promotion), policies=found, **facts)))

    return decide


def completed(field, promotion=BY_HAND):
    """What a template says that left something unsaid."""

    def decide(found):
        unsaid = {field} & set(bonus_rules.WORDS)
        asked = replace(promotion, brands=("brand",))
        done = bonus_rules.completed(found, asked, unsaid)
        return getattr(done.terms if unsaid else done.amounts[0], field)

    return decide


def blocked(found):
    """Whether a template may be published whose bonus blocks withdrawals."""
    promotion = terms(on_withdrawal=OnWithdrawal.BLOCK)
    try:
        bonus_rules.published(found, promotion)
    except Refused as refused:
        return refused.refusal.reason
    return None


def owing():
    books = Books()
    books.do(play(promo("w0", "50")))
    books.do(taken("50", key="w0"))
    books.do(play(rollback("x0", "w0")))
    return books


def owed_after(command):
    """What is owed after a credit."""

    def decide(found):
        books = owing()
        books.do(replace(command, policies=found, terms=Terms(20, 20)))
        return books.debt

    return decide


def leaves(found):
    """What may be withdrawn by whom owes 50 and has 100."""
    books = owing()
    books.do(deposit("100"))
    return books.withdrawable(found)


def granted_in_debt(found):
    return answer(owing().do(grant(template(), policies=found)))


def unlocked(found):
    """What may be withdrawn of a deposit that is to be wagered with its bonus."""
    books = Books()
    books.do(deposit("100"))
    wagered = template(terms(MATCH, base=Base.DEPOSIT_PLUS_BONUS))
    books.do(offer(wagered))
    books.do(claim(wagered, deposit="d1"))
    return books.withdrawable(found)


def prompted(found):
    books = mixed(mode=Mode.PROPORTIONAL)
    command = play(bet("b1", "10"), policies=found)
    return restricted.touched(command, books.do(command)) and restricted.prompted(command, books.player())


def converts(fact):
    """A term of conversions."""
    told = FxTerms(sources=(Source("push", 60 * SECOND),))

    def decide(found):
        return getattr(fx_terms.in_force(told, found, Books().player(), "EUR"), fact)

    return decide


def earned(found):
    """What stakes of 10 earn."""
    books = Books(cash="50")
    books.do(play(bet("b1", "10"), policies=found, close_round=True))
    return amount_of(books.held(currency="PTS").cash, "PTS"), books.total("POINTS", "PTS")


def counts(contribution):
    """How much of a stake at a game counts."""

    def decide(found):
        wanted = BonusTerms(contributions=((contribution, 1_000),))
        return wagering.rate(wanted, "acme", "slot", found.game("acme", "slot"))

    return decide


LICENSED = law("brand.licence", "uk-1", of="brand")
REGULATED = law("licence.regulator", "GB", of="uk-1")

# Key: what is decided, and what else is published before it and what with it.
READERS = {
    "funding.mode": (paid_by(), (), brand("funding.mode", "PROPORTIONAL")),
    "funding.order": (paid_by(), (), brand("funding.order", "BONUS,CASH")),
    "win.split": (won_by(()), (), brand("win.split", "ALL_TO_CASH")),
    "win.basis": (won_by(("b2",)), (), brand("win.basis", "REFERENCE")),
    "balance.expose": (shown, (), brand("balance.expose", "CASH_ONLY")),
    "restricted_funds_prompt": (prompted, (), brand("restricted_funds_prompt", "true")),
    "own_money.free": (blocked, (), law("own_money.free", "true")),
    "wagering_lock": (unlocked, (), brand("wagering_lock", "true")),
    "on_withdrawal": (completed("on_withdrawal"), (), brand("on_withdrawal", "KEEP")),
    "bonus.allowed": (granted(), (), brand("bonus.allowed", "false")),
    "bonus.wagering.max_multiplier": (granted(), (), brand("bonus.wagering.max_multiplier", "9")),
    "bonus.max_value": (granted(), (), brand("bonus.max_value", "50", of="EUR")),
    "bonus.min_days": (granted(terms(duration=DAY)), (), brand("bonus.min_days", "2")),
    "bonus.welcome_only_once": (
        granted(replace(BY_HAND, period=Period.DAY)), (), brand("bonus.welcome_only_once", "true"),
    ),
    "bonus.automatic": (granted(), (), brand("bonus.automatic", "false")),
    "bonus.alike": (granted(replace(BY_HAND, segment="vip")), (), brand("bonus.alike", "true")),
    "bonus.mixed_products": (granted(), (), brand("bonus.mixed_products", "false")),
    "bonus.max_active": (granted(replace(BY_HAND, places=3)), (), brand("bonus.max_active", "2")),
    "max_bet.amount": (completed("max_bet"), (), brand("max_bet.amount", "5", of="EUR")),
    "max_bet.basis": (completed("max_bet_basis"), (), brand("max_bet.basis", "WHILE_ACTIVE")),
    "max_bet.scope": (completed("max_bet_scope"), (), brand("max_bet.scope", "ROUND_TOTAL")),
    "wager.basis": (completed("counts"), (), brand("wager.basis", "TOTAL")),
    "wager.timing": (completed("timing"), (), brand("wager.timing", "BET")),
    "expiry.open_rounds": (completed("open_rounds"), (), brand("expiry.open_rounds", "FORFEIT")),
    "debt.recovery_win": (owed_after(play(promo("w1", "20"))), (), brand("debt.recovery_win", "50")),
    "debt.recovery_deposit": (owed_after(deposit("20")), (), brand("debt.recovery_deposit", "50")),
    "debt.blocks_withdrawal": (leaves, (), brand("debt.blocks_withdrawal", "false")),
    "debt.blocks_bonus": (granted_in_debt, (), brand("debt.blocks_bonus", "false")),
    "fx.margin_bps": (converts("margin_bps"), (), brand("fx.margin_bps", "10")),
    "fx.weekend_bps": (converts("weekend_bps"), (), brand("fx.weekend_bps", "10")),
    "fx.ttl": (converts("ttl"), (), brand("fx.ttl", "10")),
    "fx.max_age": (converts("sources"), (), brand("fx.max_age", "10")),
    "fx.daily_count": (converts("daily_count"), (), brand("fx.daily_count", "2")),
    "fx.daily_volume": (converts("daily_volume"), (), brand("fx.daily_volume", "10", of="EUR")),
    "points.expire_after": (lambda found: found.points_days("brand"), (), brand("points.expire_after", "30")),
    "points.rate": (earned, (), brand("points.rate", "10000", of="EUR")),
    "brand.licence": (granted(), (law("bonus.allowed", "false", "uk-1"),), LICENSED),
    "licence.regulator": (granted(), (LICENSED,), REGULATED),
    "game.product": (paid_by(mode=Mode.PROPORTIONAL, products=("CASINO",)), (), game("game.product", "LIVE")),
    "game.category": (counts("category:TABLE"), (), game("game.category", "TABLE")),
    "game.rtp": (paid_by(mode=Mode.PROPORTIONAL, excluded_rtps=("94",)), (), game("game.rtp", "94")),
}  # fmt: skip


def test_every_key_has_a_reader():
    assert set(READERS) == set(KEYS)
    assert all(after.key == key for key, (_, _, after) in READERS.items())


@pytest.mark.parametrize("key", READERS)
def test_what_is_published_is_what_is_decided_by(key):
    decide, before, after = READERS[key]
    assert decide(policies(*before)) != decide(policies(*before, after))


def test_a_game_of_an_excluded_rtp_profile_counts_for_nothing():
    """R-FUND-02."""
    found = policies(game("game.rtp", "94")).game("acme", "slot")
    assert wagering.rate(BonusTerms(excluded_rtps=("94",)), "acme", "slot", found) == 0
    assert wagering.rate(BonusTerms(excluded_rtps=("96",)), "acme", "slot", found) == wagering.BPS
