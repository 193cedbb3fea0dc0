"""Bonus rules, whatever is published: who publishes more can only tighten (R-CFG-02, R-CFG-06)."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.property.lives import CALM
from tests.support.domain import PLAYER, Books, units
from tests.support.policies import BONUSES, policies
from tests.support.promos import BY_HAND, DAY
from wallet_core.domain import bonus_rules
from wallet_core.domain.commands import CreatePlayer
from wallet_core.domain.decision import Refused
from wallet_core.domain.layers import Setting
from wallet_core.domain.policies import Split
from wallet_core.domain.policy_keys import KEYS, Layer
from wallet_core.domain.promos import OnWithdrawal
from wallet_core.domain.templates import Amounts, Period

SCOPES = {
    Layer.REGULATOR: ("DK", "GB"),
    Layer.LICENCE: ("*",),
    Layer.BRAND: ("brand", "other"),
    Layer.PRODUCT: ("CASINO", "LIVE"),
    Layer.SEGMENT: ("*", "vip"),
    Layer.PLAYER: (PLAYER,),
}
VALUES = {
    **dict.fromkeys(
        ("bonus.allowed", "bonus.welcome_only_once", "bonus.automatic", "bonus.alike", "bonus.mixed_products",
         "own_money.free"), ("true", "false"),
    ),
    "bonus.wagering.max_multiplier": ("5", "10", "35"),
    "bonus.max_value": ("50", "1000"),
    "bonus.min_days": ("0", "60"),
    "bonus.max_active": ("1", "2"),
    "max_bet.amount": ("1", "5"),
}  # fmt: skip
CURRENCIES = ("EUR", "DKK")


# What a promotion is beside one that keeps to every pack.
CHANGES = (
    {"products": ()},
    {"products": ("CASINO", "LIVE")},
    {"products": ("CASINO", "SPORTS")},
    {"duration": 30 * DAY},
    {"multiplier": 3_500},
    {"on_withdrawal": OnWithdrawal.BLOCK},
    {"split": Split.ALL_TO_BONUS},
    {"brands": ("brand", "other")},
    {"segment": "vip"},
    {"period": Period.DAY},
    {"opt_in": False},
    {"places": 2},
    {"pack": "DK"},
    {"pack": "GB"},
)


@st.composite
def settings(draw, keys=tuple(VALUES), layers=tuple(Layer)):
    key = KEYS[draw(st.sampled_from(keys))]
    layer = draw(st.sampled_from([each for each in layers if each in key.layers]))
    of = draw(st.sampled_from(CURRENCIES)) if key.name in {"bonus.max_value", "max_bet.amount"} else ""
    return Setting(key.name, layer, draw(st.sampled_from(SCOPES[layer])), draw(st.sampled_from(VALUES[key.name])), of)


# A regulator that says what a bonus may be worth in one more currency allows that: it is its own word.
more = settings(tuple(sorted(VALUES.keys() - {"bonus.max_value"}))) | settings(("bonus.max_value",), tuple(Layer)[1:])


@st.composite
def promotions(draw):
    most = draw(st.sampled_from(("0", "1", "3")))
    amounts = tuple(Amounts(code, fixed=units("80", code), max_bet=units(most, code)) for code in CURRENCIES)
    terms = {"products": ("CASINO",), "duration": 60 * DAY, "multiplier": 500, "on_withdrawal": OnWithdrawal.KEEP}
    facts = {"amounts": amounts, "brands": ("brand",), "opt_in": True}
    for change in draw(st.lists(st.sampled_from(CHANGES), max_size=2)):
        for name, value in change.items():
            (terms if hasattr(BY_HAND.terms, name) else facts)[name] = value
    return replace(BY_HAND, terms=replace(BY_HAND.terms, **terms), **facts)


def player(country):
    books = Books(players=())
    books.do(CreatePlayer(PLAYER, "operator", "brand", CURRENCIES, country))
    return books.player()


PLAYERS = {country: player(country) for country in ("", "DK", "GB")}


def passes(rule, *arguments, **more):
    try:
        rule(*arguments, **more)
    except Refused:
        return False
    return True


@CALM
@given(promotions(), st.lists(settings(), max_size=3), more, st.booleans())
def test_one_more_setting_never_allows_what_was_forbidden(promotion, before, more, once):
    """But for whether there may be bonuses at all, and how many at a time: that is closed until it is said."""
    places = {setting.place: setting for setting in (*BONUSES, *before)}
    if more.place in places:
        return  # it would be replaced
    less, tighter = (policies(*found, bonuses=False) for found in (places.values(), (*places.values(), more)))
    if passes(bonus_rules.published, tighter, promotion):
        assert passes(bonus_rules.published, less, promotion)
    bonus_id = bonus_rules.once_id(promotion) if once else "gift@1"
    for someone, currency in product(PLAYERS.values(), CURRENCIES):
        facts = (someone, promotion, currency)
        if passes(bonus_rules.granted, tighter, *facts, bonus_id=bonus_id):
            assert passes(bonus_rules.granted, less, *facts, bonus_id=bonus_id)


@CALM
@given(promotions(), st.lists(settings(), max_size=3), st.sampled_from(CURRENCIES))
def test_what_may_be_granted_to_a_brands_player_might_be_published_for_it(promotion, found, currency):
    """The same rules, at both ends: a grant is asked no less."""
    places = {setting.place: setting for setting in (*BONUSES, *found)}
    known = policies(*places.values(), bonuses=False)
    alone = replace(
        promotion, brands=("brand",), amounts=tuple(each for each in promotion.amounts if each.currency == currency)
    )
    someone = PLAYERS[promotion.pack]
    if passes(bonus_rules.granted, known, someone, alone, currency, bonus_id=bonus_rules.once_id(alone)):
        assert passes(bonus_rules.published, known, alone)
