"""Exposure: what of a player's money a provider is shown (R-FUND-14)."""

import pytest
from msgspec.structs import replace

from tests.support.domain import (
    PLAYER,
    Books,
    amount_of,
    bet,
    deposit,
    key_of,
    play,
    rollback,
    session,
    token_id,
    units,
    win,
)
from tests.unit.test_domain_bonuses import granted
from wallet_core.domain.explanations import Explanation
from wallet_core.domain.layers import Setting
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.policies import Expose, Mode, Policies
from wallet_core.domain.policy_keys import Layer
from wallet_core.domain.profiles import Overdraw, Profile
from wallet_core.domain.profiles import Shown as ShownBalance
from wallet_core.domain.promos import BonusTerms, State
from wallet_core.domain.publications import Publication

THEN = Profile(replay_balance=ShownBalance.THEN)


def published(**values):
    """Policies of the brand: funding__mode is the key funding.mode."""
    settings = tuple(Setting(key.replace("__", "."), Layer.BRAND, "*", value) for key, value in values.items())
    return Policies.built([Publication("", 1, "d", "ann", "bob", "", settings, 0, 0)] if settings else [], 1)


def pocket(books, account, amount):
    row = Pocket(PLAYER, "EUR", account, units(amount), 1)
    books.rows[key_of(row)] = row


def seen(books, policies, *, game="slot", profile=THEN, key="n"):
    """What a bet of 0.00 shows."""
    at = books.do(play(bet(key, "0"), round_id=key, game_id=game, profile=profile, policies=policies)).now
    return tuple(amount_of(amount) for amount in (at.shown, at.cash, at.bonus))


@pytest.mark.parametrize(
    ("values", "game", "shown"),
    [
        ({}, "slot", ("130.00", "100.00", "30.00")),
        ({}, "roulette", ("100.00", "100.00", "0.00")),
        ({"funding__order": "BONUS,CASH"}, "slot", ("130.00", "100.00", "30.00")),
        ({"funding__mode": "PROPORTIONAL"}, "slot", ("130.00", "100.00", "30.00")),
        ({"funding__mode": "NO_MIX"}, "slot", ("100.00", "100.00", "0.00")),
        ({"balance__expose": "CASH_ONLY"}, "slot", ("100.00", "100.00", "0.00")),
        ({"balance__expose": "TOTAL"}, "roulette", ("137.00", "107.00", "30.00")),
    ],
)
def test_a_provider_is_shown_what_its_game_may_take(values, game, shown):
    """R-FUND-14: 100.00 of cash, 7.00 set aside for sports, a bonus of 30.00 that no roulette takes."""
    books = Books(cash="100")
    pocket(books, "CASH:SPORTS", "7")
    granted(books, "30", terms=BonusTerms(multiplier=1_000, excluded_games=("roulette",)))
    assert seen(books, published(**values), game=game) == shown


def test_of_pockets_that_do_not_mix_the_larger_is_shown():
    """R-FUND-07: neither bet of more than that would be paid."""
    books = Books(cash="20")
    granted(books, "30")
    assert seen(books, published(funding__mode="NO_MIX")) == ("30.00", "0.00", "30.00")


@pytest.mark.parametrize("state", [State.FROZEN, State.SETTLING])
def test_a_frozen_bonus_is_not_shown(state):
    books = Books(cash="20")
    granted(books, "30", state=state)
    shown = {State.FROZEN: ("20.00", "20.00", "0.00"), State.SETTLING: ("50.00", "20.00", "30.00")}[state]
    assert seen(books, published()) == shown


def test_what_is_held_is_shown_to_nobody():
    books = Books(cash="20")
    pocket(books, "HELD:CDD", "5")
    assert seen(books, published()) == ("20.00", "20.00", "0.00")


def test_debt_is_taken_off_where_the_profile_lets_a_balance_look_negative():
    books = Books(cash="20")
    row = Pocket(PLAYER, "EUR", "DEBT", -units("50"), 1)
    books.rows[key_of(row)] = row
    granted(books, "10", terms=BonusTerms(multiplier=1_000, excluded_games=("roulette",)))
    negative = replace(THEN, overdraw=Overdraw.NEGATIVE)
    assert seen(books, published(), game="roulette", profile=negative) == ("-30.00", "20.00", "0.00")


def test_a_repeat_is_shown_what_was_shown_then():
    """R-IDEM-02: whatever the player may play with by now."""
    books = Books(cash="100")
    granted(books, "30", terms=BonusTerms(multiplier=1_000, excluded_games=("roulette",)))
    command = play(bet("b"), round_id="r", game_id="roulette", profile=THEN)
    first = books.do(command)
    books.do(play(win("w", "50"), round_id="r", game_id="roulette", profile=THEN))
    again = books.do(command)
    assert again.replayed
    assert again.then == first.now
    assert amount_of(again.then.shown) == "90.00"
    assert amount_of(again.now.shown) == "140.00"
    stored = books.transaction("b")
    assert stored.shown == (units("90"), 0)
    assert (stored.cash_after, stored.bonus_after) == (units("90"), units("30"))


def test_the_game_is_that_of_the_round_where_the_play_does_not_say_it():
    books = Books(cash="100")
    granted(books, "30", terms=BonusTerms(multiplier=1_000, excluded_games=("roulette",)))
    books.do(play(bet("b"), round_id="r", game_id="roulette", profile=THEN))
    silent = books.do(play(win("w", "0"), round_id="r", game_id="", profile=THEN))
    assert amount_of(silent.now.shown) == "90.00"


def test_a_rollback_that_names_only_its_bet_is_of_its_game():
    """It was shown money that its game may not take."""
    books = Books(cash="100")
    granted(books, "30", terms=BonusTerms(multiplier=1_000, excluded_games=("roulette",)))
    books.do(play(bet("b"), round_id="r", game_id="roulette", profile=THEN))
    undone = books.do(play(rollback("u", "b"), round_id="", game_id="", profile=THEN))
    assert amount_of(undone.now.shown) == "100.00"


def test_pockets_that_are_empty_ask_for_no_record_of_a_choice():
    """Each bet of a player who once had a bonus left an explanation, though cash was all there was."""
    books = Books(cash="100")
    pocket(books, "BONUS:old", "0")
    pocket(books, "HELD:CDD", "5")
    books.do(play(bet("b"), round_id="r", profile=THEN))
    assert not [row for row in books.rows.values() if isinstance(row, Explanation)]


def test_a_deposit_said_again_tells_the_bonus_money_of_then():
    """R-IDEM-02: it told the bonus money of now."""
    books = Books(cash="100")
    command = deposit("5", key="d2")
    first = books.do(command)
    granted(books, "30")
    again = books.do(command)
    assert again.then == first.now
    assert (again.then.bonus, amount_of(again.now.bonus)) == (0, "30.00")


def test_a_game_that_only_the_session_names_is_excluded_too():
    """R-FUND-03, R-SESS-04: a bet that did not say its game took bonus money in one the bonus never pays for."""
    books = Books(cash="100")
    granted(books, "30", terms=BonusTerms(multiplier=1_000, excluded_games=("slot",)))
    books.do(session())
    rule = published(funding__order="BONUS,CASH")
    command = play(bet("b"), round_id="r", game_id="", session_id=token_id(), profile=THEN, policies=rule)
    decision = books.do(command)
    assert [pocket for pocket, _ in decision.results[0].parts] == ["CASH"]
    assert amount_of(decision.now.shown) == "90.00"
    assert books.round("r").game_id == books.transaction("b").game_id == "slot"


def test_plain_cash_keeps_no_word_of_it():
    books = Books(cash="100")
    books.do(play(bet("b"), round_id="r", game_id="slot", profile=THEN))
    assert books.transaction("b").info == ()


@pytest.mark.parametrize(
    ("scope", "provider", "mode"),
    [
        ("game=acme/*", "acme", Mode.NO_MIX),
        ("game=acme/*", "zenith", Mode.WATERFALL),
        ("brand/game=acme/*", "acme", Mode.NO_MIX),
        ("other/game=acme/*", "acme", Mode.WATERFALL),
    ],
)
def test_a_policy_of_all_games_of_a_provider_holds_in_each(scope, provider, mode):
    """`game=<provider>/*` was taken by the guard, and held in no game."""
    settings = (Setting("funding.mode", Layer.PRODUCT, scope, "NO_MIX"),)
    policies = Policies.built([Publication("", 1, "d", "ann", "bob", "", settings, 0, 0)], 1)
    for game in ("slot", ""):
        assert policies.write_off("brand", provider, game, 1).mode is mode


def test_one_game_says_more_than_all_of_its_provider():
    settings = (
        Setting("balance.expose", Layer.PRODUCT, "game=acme/slot", "TOTAL"),
        Setting("balance.expose", Layer.PRODUCT, "game=acme/*", "CASH_ONLY"),
    )
    policies = Policies.built([Publication("", 1, "d", "ann", "bob", "", settings, 0, 0)], 1)
    assert policies.write_off("brand", "acme", "slot", 1).expose is Expose.TOTAL
    assert policies.write_off("brand", "acme", "other", 1).expose is Expose.CASH_ONLY
