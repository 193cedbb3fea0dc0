"""Templates: what may be published (R-BONUS-01..05), and what they grant."""

import pytest
from msgspec.structs import replace

from tests.support.domain import Books, amount_of, answer, units
from tests.support.promos import BY_HAND, DAY, MATCH, publish, template
from wallet_core.domain import bonus_rules, guard, packs, templates
from wallet_core.domain.decision import Outcome, Reason, Refused
from wallet_core.domain.entries import NO_PLAYER
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.policies import Game, Policies, Split
from wallet_core.domain.promos import Base, BonusTerms, OnWithdrawal
from wallet_core.domain.templates import Amounts, Period, Template, Tier, Trigger, granted
from wallet_core.domain.wagering import rate

EUR = BY_HAND.amounts[0]


def terms(promotion=BY_HAND, **changes):
    return replace(promotion, terms=replace(promotion.terms, **changes))


def amounts(promotion=BY_HAND, **changes):
    return replace(promotion, amounts=(replace(promotion.amounts[0], **changes),))


def danish(**changes):
    table = Amounts("DKK", fixed=units("1000", "DKK"))
    return replace(terms(BY_HAND, duration=60 * DAY), pack="DK", opt_in=True, amounts=(table,), **changes)


BRITISH = replace(terms(BY_HAND, products=("CASINO", "LIVE")), pack="GB", opt_in=True)
MATCH_DK = replace(terms(MATCH, duration=None), pack="DK", amounts=(Amounts("DKK", most_deposit=units("1000", "DKK")),))


@pytest.mark.parametrize(
    "promotion",
    [
        BY_HAND,
        MATCH,
        terms(
            contributions=(("game:x", 0), ("provider:acme:SLOTS", 1), ("category:TABLE", 1_000), ("product:LIVE", 2),
            ("default", 10_000))
        ),
        terms(multiplier=0, split=Split.ALL_TO_CASH),
        BRITISH,
        danish(),
        MATCH_DK,
        replace(BY_HAND, pack="SE", opt_in=True),
    ],
)  # fmt: skip
def test_what_may_be_published(promotion):
    guard.check(promotion)
    assert bonus_rules.completed(Policies(), promotion, bonus_rules.WORDS) == promotion
    bonus_rules.published(Policies(), promotion)


@pytest.mark.parametrize(
    ("promotion", "reason", "words"),
    [
        (replace(BY_HAND, title=""), Reason.INVALID_REQUEST, "title"),
        (replace(BY_HAND, text=""), Reason.INVALID_REQUEST, "text"),
        (replace(BY_HAND, pack="XX"), Reason.INVALID_REQUEST, "pack"),
        (replace(BY_HAND, amounts=()), Reason.INVALID_REQUEST, "at least one currency"),
        (replace(BY_HAND, amounts=(EUR, EUR)), Reason.INVALID_REQUEST, "each currency once"),
        (amounts(currency="XYZ"), Reason.UNKNOWN_CURRENCY, "XYZ"),
        (amounts(currency="PTS"), Reason.UNKNOWN_CURRENCY, "PTS"),
        (amounts(fixed=0), Reason.INVALID_REQUEST, "nothing would ever be granted"),
        (amounts(fixed=-1), Reason.INVALID_AMOUNT, "at least 0"),
        (amounts(fixed=INT64_MAX), Reason.INVALID_AMOUNT, "beyond all use"),
        (amounts(dust=units("0.100001")), Reason.INVALID_AMOUNT, "R-BONUS-19"),
        (amounts(MATCH, most=0, most_deposit=0), Reason.INVALID_REQUEST, "needs `most`"),
        (amounts(MATCH, tiers=(Tier(2, 1), Tier(1, 1))), Reason.INVALID_REQUEST, "must rise"),
        (amounts(MATCH, tiers=(Tier(2, 1), Tier(2, 2))), Reason.INVALID_REQUEST, "must rise"),
        (amounts(least_deposit=1), Reason.INVALID_REQUEST, "needs DEPOSIT"),
        (replace(BY_HAND, percent=1), Reason.INVALID_REQUEST, "needs DEPOSIT"),
        (replace(BY_HAND, period=Period.DEPOSIT), Reason.INVALID_REQUEST, "needs DEPOSIT"),
        (terms(base=Base.DEPOSIT_PLUS_BONUS), Reason.INVALID_REQUEST, "needs DEPOSIT"),
        (terms(multiplier=0), Reason.INVALID_REQUEST, "without wagering"),
        (terms(multiplier=-1), Reason.INVALID_REQUEST, "multiplier"),
        (terms(tranches=0), Reason.INVALID_REQUEST, "tranches"),
        (terms(tranches=2, sticky=True), Reason.INVALID_REQUEST, "sticky"),
        (terms(duration=0), Reason.INVALID_REQUEST, "duration"),
        (terms(products=("CHESS",)), Reason.INVALID_REQUEST, "products"),
        (terms(max_bet=1), Reason.INVALID_REQUEST, "currency table"),
        (terms(cap=1), Reason.INVALID_REQUEST, "currency table"),
        (replace(BY_HAND, claim_within=0), Reason.INVALID_REQUEST, "claim_within"),
        (replace(BY_HAND, places=0), Reason.INVALID_REQUEST, "places"),
        (replace(BY_HAND, cap_of_bonus=-1), Reason.INVALID_REQUEST, "never below 0"),
        (replace(MATCH, percent=-1), Reason.INVALID_REQUEST, "percent"),
        (terms(contributions=(("category:CHESS", 1),)), Reason.INVALID_REQUEST, "CHESS is no category"),
        (terms(contributions=(("provider:acme:CHESS", 1),)), Reason.INVALID_REQUEST, "CHESS is no category"),
        (terms(contributions=(("product:CHESS", 1),)), Reason.INVALID_REQUEST, "CHESS is no product"),
        (terms(contributions=(("chess:x", 1),)), Reason.INVALID_REQUEST, "is no key"),
        (terms(contributions=(("provider:acme", 1),)), Reason.INVALID_REQUEST, "is no key"),
        (terms(contributions=(("game:", 1),)), Reason.INVALID_REQUEST, "is no key"),
        (terms(contributions=(("game", 1),)), Reason.INVALID_REQUEST, "is no key"),
        (terms(contributions=(("default:x", 1),)), Reason.INVALID_REQUEST, "is no key"),
        (terms(contributions=(("provider::SLOTS", 1),)), Reason.INVALID_REQUEST, "is no key"),
        (terms(min_odds=99), Reason.INVALID_REQUEST, "min_odds"),
        (terms(min_odds=-1), Reason.INVALID_REQUEST, "min_odds"),
        (terms(contributions=(("default", 10_001),)), Reason.INVALID_REQUEST, "basis points"),
        (terms(contributions=(("default", -1),)), Reason.INVALID_REQUEST, "basis points"),
        (terms(BRITISH, multiplier=1_001), Reason.TEMPLATE_FORBIDDEN, "max_multiplier"),
        (
            terms(replace(BRITISH, trigger=Trigger.DEPOSIT), base=Base.DEPOSIT_PLUS_BONUS),
            Reason.TEMPLATE_FORBIDDEN,
            "max_multiplier",
        ),
        (terms(BRITISH, products=("CASINO", "SPORTS")), Reason.TEMPLATE_FORBIDDEN, "mixed_products"),
        (terms(BRITISH, products=()), Reason.TEMPLATE_FORBIDDEN, "mixed_products"),
        (terms(BRITISH, on_withdrawal=OnWithdrawal.BLOCK), Reason.TEMPLATE_FORBIDDEN, "R-FUND-16"),
        (terms(BRITISH, split=Split.ALL_TO_BONUS), Reason.TEMPLATE_FORBIDDEN, "R-FUND-16"),
        (replace(BRITISH, opt_in=False), Reason.TEMPLATE_FORBIDDEN, "R-BONUS-04"),
        (amounts(danish(), fixed=units("1000.01", "DKK")), Reason.TEMPLATE_FORBIDDEN, "max_value"),
        (replace(danish(), amounts=(EUR,)), Reason.TEMPLATE_FORBIDDEN, "max_value"),
        (amounts(MATCH_DK, most_deposit=0, most=units("1001", "DKK")), Reason.TEMPLATE_FORBIDDEN, "max_value"),
        (replace(MATCH_DK, percent=10_001), Reason.TEMPLATE_FORBIDDEN, "max_value"),
        (terms(danish(), duration=60 * DAY - 1), Reason.TEMPLATE_FORBIDDEN, "min_days"),
        (danish(segment="vip"), Reason.TEMPLATE_FORBIDDEN, "alike"),
        (replace(BY_HAND, pack="SE", opt_in=True, period=Period.DAY), Reason.TEMPLATE_FORBIDDEN, "welcome_only_once"),
        (replace(BY_HAND, pack="BR", opt_in=True), Reason.TEMPLATE_FORBIDDEN, "bonus.allowed"),
    ],
)
def test_what_may_not_be_published(promotion, reason, words):
    books = Books()
    rows = dict(books.rows)
    refusal = books.do(publish(promotion)).refusal
    assert refusal is not None
    assert (refusal.reason, words in refusal.message) == (reason, True), refusal.message
    assert books.rows == rows
    with pytest.raises(Refused):
        _published(promotion)


def _published(promotion):
    guard.check(promotion)
    bonus_rules.published(Policies(), promotion)


def test_every_broken_rule_of_a_pack_is_named():
    with pytest.raises(Refused) as refused:
        _published(terms(BRITISH, multiplier=2_000, products=(), on_withdrawal=OnWithdrawal.BLOCK))
    assert all(word in refused.value.refusal.message for word in ("max_multiplier", "mixed_products", "R-FUND-16"))


def test_versions_follow_each_other_and_never_change():
    books = Books()
    first = books.do(publish())
    assert answer(first) is Outcome.NOOP
    assert books.do(publish()).replayed
    assert answer(books.do(publish(key="again"))) is Reason.ALREADY_EXISTS
    assert answer(books.do(publish(version=3))) is Reason.BONUS_NOT_FOUND
    assert answer(books.do(publish(version=0))) is Reason.INVALID_REQUEST
    other = terms(multiplier=500)
    assert answer(books.do(publish(other, key="publish:gift:1"))) is Reason.CONFLICT
    assert answer(books.do(publish(other, version=2))) is Outcome.NOOP
    rows = [row for row in books.rows.values() if isinstance(row, Template)]
    assert [(row.version, row.promotion, row.actor) for row in rows] == [(1, BY_HAND, "ops"), (2, other, "ops")]
    assert all(row.player_id == NO_PLAYER and row.published_at for row in rows)


def test_what_is_accepted_stands_for_every_word():
    digests = {
        template(promotion, version=version).digest
        for promotion in (BY_HAND, replace(BY_HAND, text="Other words."), terms(multiplier=1_001))
        for version in (1, 2)
    }
    assert len(digests) == 6
    assert template().digest == replace(template(), published_at=5, actor="x").digest


TIERED = replace(
    MATCH,
    amounts=(
        Amounts(
            "EUR",
            least_deposit=units("10"),
            most_deposit=units("500"),
            tiers=(
                Tier(units("10"), 5_000),
                Tier(units("100"), 10_000),
                Tier(units("200"), 0, units("250")),
            ),
        ),
    ),
)


@pytest.mark.parametrize(
    ("promotion", "deposit", "expected"),
    [
        (BY_HAND, "0", "80"),
        (MATCH, "10", "10"),
        (MATCH, "10.01", "10.01"),
        (MATCH, "5000", "100"),
        (replace(MATCH, percent=3_333), "10.01", "3.33"),  # whole display units, never more than promised
        (TIERED, "99.99", "49.99"),
        (TIERED, "100", "100"),
        (TIERED, "199.99", "199.99"),
        (TIERED, "200", "250"),
        (TIERED, "9999", "250"),
    ],
)
def test_the_amount_formula(promotion, deposit, expected):
    assert templates.granted(promotion, "EUR", units(deposit)) == units(expected)


def test_an_amount_of_nothing_is_no_grant():
    with pytest.raises(Refused, match="BONUS_NOT_ELIGIBLE"):
        templates.granted(replace(MATCH, percent=1), "EUR", units("10"))


@pytest.mark.parametrize(
    ("changes", "cap", "max_bet"),
    [
        ({}, None, None),
        ({"cap_of_bonus": 500}, units("400"), None),
        ({"cap_of_deposit": 200}, units("100"), None),
        ({"cap_of_bonus": 500, "cap_of_deposit": 200, "max_bet_of_bonus": 1_000}, units("100"), units("8")),
        (
            {"cap_of_deposit": 200, "amounts": (replace(EUR, cap=units("99"), max_bet=units("5")),)},
            units("99"),
            units("5"),
        ),
        ({"cap_of_bonus": INT64_MAX, "max_bet_of_bonus": INT64_MAX}, None, None),
        ({"max_bet_of_bonus": 1_000, "amounts": (replace(EUR, max_bet=units("9")),)}, None, units("8")),
    ],
)
def test_the_least_cap_and_largest_bet_hold(changes, cap, max_bet):
    found = templates.terms(template(replace(BY_HAND, **changes)), "EUR", units("80"), units("50"))
    assert (found.cap, found.max_bet) == (cap, max_bet)


def test_a_player_is_under_the_pack_of_the_country():
    assert {country: packs.of(country).code for country in ("GB", "DK", "SE", "BR", "MT", "")} == {
        "GB": "GB", "DK": "DK", "SE": "SE", "BR": "BR", "MT": "", "": "",
    }  # fmt: skip
    assert all(pack.source for pack in packs.PACKS.values())


@pytest.mark.parametrize("key", ["game:softswiss:Platinum", "game:acme/a:b", "provider:acme:eu:SLOTS"])
def test_r_wager_05_ids_with_a_colon_were_no_keys(key):
    assert Books().do(publish(terms(contributions=((key, 0),)))).refusal is None


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ((("game:acme/s:1", 1), ("game:s:1", 2), ("provider:ac:me:SLOTS", 3), ("default", 4)), 2),
        ((("game:ac:me/s:1", 1), ("game:s:1", 2), ("default", 4)), 1),
        ((("provider:ac:me:SLOTS", 3), ("default", 4)), 3),
        ((("provider:other:SLOTS", 3), ("default", 4)), 4),
    ],
)
def test_r_wager_05_the_most_specific_key_wins_whatever_colons_ids_have(keys, expected):
    assert rate(BonusTerms(contributions=keys), "ac:me", "s:1", Game()) == expected


@pytest.mark.parametrize(("excluded", "excludes"), [("s:1", True), ("ac:me/s:1", True), ("other/s:1", False)])
def test_r_fund_03_a_game_of_one_provider_may_be_excluded(excluded, excludes):
    told = BonusTerms(excluded_games=(excluded,))
    assert told.excludes("ac:me", "s:1") is excludes
    assert rate(told, "ac:me", "s:1", Game()) == (0 if excludes else 10_000)


def test_r_wager_08_least_odds_may_be_published():
    books = Books()
    for number, odds in enumerate((0, 100, 150), 1):
        assert books.do(publish(terms(min_odds=odds), version=number)).refusal is None


def test_r_bonus_01_the_tier_is_by_the_whole_deposit_and_its_part_of_what_counts():
    table = Amounts(
        "EUR", most_deposit=units("100"), tiers=(Tier(units("10"), 5_000), Tier(units("200"), 10_000, units("50")))
    )
    tiered = replace(MATCH, amounts=(table,))
    found = [amount_of(granted(tiered, "EUR", units(deposit))) for deposit in ("50", "199.99", "200", "300")]
    assert found == ["25.00", "50.00", "150.00", "150.00"]
