"""Policies: layers, versions, and who may publish what (rulebook 26, R-FUND-09, R-FUND-16, R-BONUS-02, E-60)."""

import pytest
from msgspec.structs import replace

from tests.support.domain import Books, answer, bet, person, play, units, win
from wallet_core.domain import packs, pockets, promos
from wallet_core.domain.actors import Actor
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import Kind, Transaction, digest
from wallet_core.domain.layers import Context, Setting
from wallet_core.domain.policies import Basis, Game, Mode, NotPublished, Policies, Split, WriteOff
from wallet_core.domain.policy_commands import MARGIN, POLICIES, ApprovePolicies, DraftPolicies, RollBackPolicies
from wallet_core.domain.policy_keys import KEYS, Layer, Of, default, read, written
from wallet_core.domain.publications import Draft, Publication

HOUR = 3_600_000_000


def regulator(key, value, scope="GB", **more):
    return Setting(key, Layer.REGULATOR, scope, value, clause="section 1", **more)


def licence(key, value, scope="gb-1", **more):
    return Setting(key, Layer.LICENCE, scope, value, clause="section 1", **more)


def brand(key, value, scope="brand", **more):
    return Setting(key, Layer.BRAND, scope, value, **more)


def product(key, value, scope="CASINO", **more):
    return Setting(key, Layer.PRODUCT, scope, value, **more)


LICENSED = (
    Setting("brand.licence", Layer.LICENCE, "*", "gb-1", of="brand"),
    Setting("licence.regulator", Layer.LICENCE, "*", "GB", of="gb-1"),
)
"""The brand of the tests' players, under the pack of Great Britain."""


ANN, BOB, EVE = person("ann"), person("bob"), person("eve")


class House:
    """Books, and the publications in them."""

    def __init__(self):
        self.books = Books(cash="100")
        self.drafts = 0

    @property
    def policies(self):
        found = (row for row in self.books.rows.values() if isinstance(row, Publication))
        return Policies.built(found, self.books.at)

    def draft(self, *settings, author=ANN, at=0, draft_id="", policies=None, reason="wanted"):
        self.drafts += 1
        name = draft_id or f"d{self.drafts}"
        known = policies or self.policies
        return self.books.do(DraftPolicies("", name, author, reason, settings, at, known))

    def approve(self, draft_id="", approver=BOB, policies=None):
        name = draft_id or f"d{self.drafts}"
        return self.books.do(ApprovePolicies("", policies or self.policies, name, approver))

    def publish(self, *settings, at=0):
        assert answer(self.draft(*settings, at=at)) is Outcome.NOOP
        assert answer(self.approve()) is Outcome.NOOP
        return self.policies.last

    def back(self, version, key="x1", policies=None):
        return self.books.do(RollBackPolicies("", policies or self.policies, version, ANN, "wrong", key))

    def mode(self, version=None):
        return self.policies.value("funding.mode", Context(brand_id="brand"), version)


@pytest.fixture
def house():
    return House()


def refused(decision, reason, *words):
    assert decision.refusal is not None
    assert decision.refusal.reason is reason, decision.refusal.message
    for word in words:
        assert word in decision.refusal.message
    return True


# The catalogue.


def test_every_default_is_a_value_of_its_key():
    for key in KEYS.values():
        of = "EUR" if key.of in {Of.CURRENCY, Of.ANY_CURRENCY} else ""
        value = default(key, of)
        assert value in {None, ""} or read(key, of, written(key, of, value)) == value, key.name


def test_what_only_tightens_needs_no_lock():
    for key in KEYS.values():
        assert key.lock is None or not key.protects, key.name


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("funding.mode", Mode),
        ("win.split", Split),
        ("win.basis", Basis),
        ("wager.basis", promos.Counts),
        ("wager.timing", promos.Timing),
        ("max_bet.basis", promos.MaxBetBasis),
        ("max_bet.scope", promos.MaxBetScope),
        ("expiry.open_rounds", promos.OpenRounds),
        ("on_withdrawal", promos.OnWithdrawal),
    ],
)
def test_choices_are_those_the_rules_know(key, words):
    assert set(KEYS[key].choices) == {word.value for word in words}


def test_every_sub_wallet_is_a_product_a_game_may_have():
    assert set(pockets.PRODUCTS) <= set(KEYS["game.product"].choices)


@pytest.mark.parametrize(
    ("name", "of", "text", "value"),
    [
        ("bonus.allowed", "", "true", True),
        ("bonus.min_days", "", "60", 60),
        ("bonus.wagering.max_multiplier", "", "2.5", 250),
        ("bonus.max_value", "DKK", "1000", units("1000", "DKK")),
        ("bonus.max_value", "EUR", "0.000001", 1),
        ("funding.order", "", "BONUS,CASH", ("BONUS", "CASH")),
        ("game.category", "acme/x", "JACKPOT_SLOTS", "JACKPOT_SLOTS"),
    ],
)
def test_values_are_read_exactly(name, of, text, value):
    assert read(KEYS[name], of, text) == value
    assert read(KEYS[name], of, written(KEYS[name], of, value)) == value


@pytest.mark.parametrize(
    ("name", "of", "text"),
    [
        ("bonus.allowed", "", "yes"),
        ("bonus.min_days", "", "-1"),
        ("bonus.min_days", "", "1.5"),
        ("bonus.min_days", "", "007"),
        ("debt.recovery_win", "", "101"),
        ("fx.ttl", "", "0"),
        ("bonus.wagering.max_multiplier", "", "1.005"),
        ("bonus.max_value", "EUR", "0.0000001"),
        ("bonus.max_value", "EUR", "9999999999999999999"),
        ("bonus.max_value", "EUR", "NaN"),
        ("bonus.max_value", "EUR", "1e3"),
        ("funding.mode", "", "RANDOM"),
        ("funding.order", "", "CASH,CASH"),
        ("funding.order", "", ""),
        ("game.category", "acme/x", "A B"),
    ],
)
def test_what_is_no_value_is_refused_with_what_is(house, name, of, text):
    layer = KEYS[name].layers[-1]
    decision = house.draft(Setting(name, layer, "*", text, of=of))
    assert refused(decision, Reason.INVALID_REQUEST, "value", name)
    assert not [row for row in house.books.rows.values() if isinstance(row, Draft)]


# Layers.


def test_nothing_published_is_the_rulebooks_defaults():
    policies = Policies()
    assert policies.version == 0
    assert policies.write_off("brand", "acme", "slot", 0) == WriteOff()
    assert policies.game("acme", "slot") == Game()
    assert policies.value("fx.daily_volume", Context(of="JPY")) == units("5000", "JPY")


def test_what_is_missing_is_closed_for_grants_and_open_for_withdrawals():
    """R-CFG-06."""
    assert Policies().value("bonus.allowed", Context(brand_id="nobody-has-heard-of")) is False
    assert Policies().value("wagering_lock", Context()) is False
    assert Policies().value("on_withdrawal", Context()) == "KEEP_IF_UNTOUCHED"


def test_the_weaker_layer_overrides_and_the_more_special_place_does(house):
    """R-CFG-01."""
    house.publish(
        brand("funding.mode", "PROPORTIONAL", "*"),
        brand("funding.mode", "NO_MIX"),
        product("funding.mode", "PROPORTIONAL", "LIVE"),
        product("funding.mode", "WATERFALL", "brand/LIVE"),
        product("funding.mode", "PLAYER_CHOICE", "brand/game=acme/keno"),
        Setting("game.product", Layer.PRODUCT, "*", "LIVE", of="acme/*"),
        Setting("game.product", Layer.PRODUCT, "*", "CASINO", of="acme/slot"),
    )
    policies = house.policies

    def mode(brand_id, game_id):
        return policies.write_off(brand_id, "acme", game_id, 1).mode

    assert mode("other", "slot") is Mode.PROPORTIONAL
    assert mode("brand", "slot") is Mode.NO_MIX
    assert mode("other", "roulette") is Mode.PROPORTIONAL
    assert mode("brand", "roulette") is Mode.WATERFALL
    assert mode("brand", "keno") is Mode.PLAYER_CHOICE
    assert policies.game("acme", "roulette") == Game("LIVE")
    assert policies.game("acme", "slot") == Game("CASINO")
    assert policies.game("other", "slot") == Game()


def test_protective_values_merge_by_the_most_restrictive(house):
    """R-CFG-02."""
    house.publish(
        regulator("max_bet.amount", "10", of="EUR", scope="MT"),
        brand("max_bet.amount", "5", "*", of="EUR"),
        Setting("max_bet.amount", Layer.SEGMENT, "young", "2", of="EUR"),
    )
    policies = house.policies
    assert policies.value("max_bet.amount", Context(regulator="MT", of="EUR")) == units("5")
    assert policies.value("max_bet.amount", Context(segments=("vip", "young"), of="EUR")) == units("2")
    assert policies.value("max_bet.amount", Context(of="SEK")) is None

    house.publish(regulator("max_bet.amount", "3", of="EUR", scope="MT"))
    assert house.policies.value("max_bet.amount", Context(regulator="MT", of="EUR")) == units("3")
    assert house.policies.value("max_bet.amount", Context(of="EUR")) == units("5")


def test_a_currency_of_its_own_beats_all_currencies(house):
    house.publish(brand("fx.margin_bps", "120", "*"), brand("fx.margin_bps", "90", "*", of="SEK"))
    assert house.policies.value("fx.margin_bps", Context(of="EUR")) == 120
    assert house.policies.value("fx.margin_bps", Context(of="SEK")) == 90


def test_what_a_stronger_layer_locks_cannot_be_overridden(house):
    """R-CFG-01: the lock holds against what stood before it, and against what comes after."""
    house.publish(brand("funding.mode", "NO_MIX"), *LICENSED)
    house.publish(regulator("funding.mode", "PROPORTIONAL", locked=True))
    assert house.mode() == "PROPORTIONAL"
    assert house.mode(1) == "NO_MIX"
    decision = house.draft(brand("funding.mode", "PLAYER_CHOICE"))
    assert refused(decision, Reason.POLICY_FORBIDDEN, "R-CFG-01", "locked", "REGULATOR GB")


def test_every_value_can_be_explained(house):
    """R-CFG-05: value, layer, version, author, clause, and what lost."""
    house.publish(brand("funding.mode", "NO_MIX"), regulator("funding.mode", "PROPORTIONAL"), *LICENSED)
    house.publish(product("funding.mode", "WATERFALL"))
    found = house.policies.explain("funding.mode", Context(brand_id="brand", provider_id="acme", game_id="slot"))
    assert (found.text, found.version) == ("WATERFALL", 2)
    assert (found.winner.setting.layer, found.winner.version, found.winner.author) == (Layer.PRODUCT, 2, "ann")
    told = [(each.standing.setting.layer.name, each.standing.setting.value, each.lost) for each in found.considered]
    assert told == [
        ("REGULATOR", "PROPORTIONAL", "OVERRIDDEN"),
        ("BRAND", "NO_MIX", "OVERRIDDEN"),
        ("PRODUCT", "WATERFALL", ""),
    ]

    capped = house.policies.explain("bonus.wagering.max_multiplier", Context(brand_id="brand"))
    assert capped.text == "10"
    assert capped.winner.version == 0
    assert capped.winner.setting.clause == packs.PACKS["GB"].source
    nothing = house.policies.explain("bonus.max_active", Context())
    assert (nothing.text, nothing.winner, nothing.considered) == ("1", None, ())


def test_what_this_release_cannot_read_is_as_if_it_were_not_there():
    """R-CFG-06: a core that was rolled back serves on, on its defaults."""
    settings = (brand("of.tomorrow", "x"), brand("funding.mode", "OF_TOMORROW"), brand("bonus.allowed", "perhaps"))
    published = Publication("", 1, "d", "ann", "bob", "", settings, 0, 0)
    policies = Policies.built([published], 1)
    assert policies.version == 1
    assert policies.write_off("brand", "acme", "slot", 1) == WriteOff(version=1)
    assert policies.value("bonus.allowed", Context(brand_id="brand")) is False


# The packs.


@pytest.mark.parametrize(
    ("setting", "rule"),
    [
        (brand("wagering_lock", "true"), "R-FUND-16"),
        (brand("on_withdrawal", "BLOCK"), "R-FUND-16"),
        (brand("on_withdrawal", "BLOCK", "*"), "R-FUND-16"),
        (product("on_withdrawal", "BLOCK"), "R-FUND-16"),
        (product("on_withdrawal", "BLOCK", "brand/game=acme/slot"), "R-FUND-16"),
        (licence("on_withdrawal", "BLOCK"), "R-FUND-16"),
        (regulator("on_withdrawal", "BLOCK"), "R-FUND-16"),
        (brand("win.split", "ALL_TO_BONUS"), "R-FUND-16"),
        (brand("own_money.free", "false"), "R-CFG-01"),
        (licence("own_money.free", "false"), "R-FUND-16"),
        (brand("bonus.wagering.max_multiplier", "10.01"), "R-BONUS-02"),
        (brand("bonus.wagering.max_multiplier", "35"), "R-BONUS-02"),
        (regulator("bonus.wagering.max_multiplier", "35"), "R-BONUS-02"),
        (brand("bonus.mixed_products", "true"), "R-BONUS-02"),
    ],
    ids=lambda value: (
        f"{value.key}={value.value}@{value.layer.name}:{value.scope}" if isinstance(value, Setting) else ""
    ),
)
def test_what_a_pack_forbids_is_refused_with_its_rule(house, setting, rule):
    """R-FUND-16, R-BONUS-02, R-CFG-02."""
    house.publish(*LICENSED)
    rows = dict(house.books.rows)
    assert refused(house.draft(setting), Reason.POLICY_FORBIDDEN, rule)
    assert house.books.rows == rows


@pytest.mark.parametrize(
    "setting",
    [
        brand("bonus.wagering.max_multiplier", "10"),
        brand("on_withdrawal", "FORFEIT"),
        brand("on_withdrawal", "BLOCK", "elsewhere"),
        brand("bonus.wagering.max_multiplier", "35", "elsewhere"),
        brand("wagering_lock", "true", "elsewhere"),
    ],
)
def test_what_it_does_not_is_not(house, setting):
    house.publish(*LICENSED)
    assert answer(house.draft(setting)) is Outcome.NOOP


def test_a_brand_cannot_move_under_a_pack_that_forbids_what_it_does(house):
    house.publish(brand("on_withdrawal", "BLOCK"))
    assert refused(house.draft(*LICENSED), Reason.POLICY_FORBIDDEN, "R-FUND-16", "BRAND brand")
    assert answer(house.draft(*LICENSED, brand("on_withdrawal", "KEEP"))) is Outcome.NOOP


def test_what_is_published_now_must_suit_what_is_scheduled(house):
    house.publish(*LICENSED, at=house.books.at + HOUR)
    decision = house.draft(brand("on_withdrawal", "BLOCK"))
    assert refused(decision, Reason.POLICY_FORBIDDEN, "R-FUND-16")


@pytest.mark.parametrize(
    ("code", "key", "of", "value"),
    [
        ("GB", "bonus.wagering.max_multiplier", "", 1_000),
        ("GB", "bonus.mixed_products", "", False),
        ("DK", "bonus.max_value", "DKK", units("1000", "DKK")),
        ("DK", "bonus.min_days", "", 60),
        ("SE", "bonus.welcome_only_once", "", True),
        ("BR", "bonus.allowed", "", False),
        ("GB", "bonus.allowed", "", True),
    ],
)
def test_the_packs_stand_above_all_that_is_published(code, key, of, value):
    assert Policies().value(key, Context(regulator=code, of=of)) == value


# Drafts.


@pytest.mark.parametrize(
    ("settings", "reason", "word"),
    [
        ((), Reason.INVALID_REQUEST, "settings"),
        ((brand("funding.moods", "X"),), Reason.POLICY_NOT_FOUND, "funding.moods"),
        ((brand("bonus.max_value", "5"),), Reason.INVALID_REQUEST, "a currency"),
        ((brand("bonus.max_value", "5", of="XXX"),), Reason.INVALID_REQUEST, "a currency"),
        ((brand("funding.mode", "NO_MIX", of="EUR"),), Reason.INVALID_REQUEST, "nothing"),
        ((brand("funding.mode", "NO_MIX", scope=""),), Reason.INVALID_REQUEST, "scope"),
        ((brand("funding.mode", "NO_MIX", scope="a/b"),), Reason.INVALID_REQUEST, "scope"),
        ((product("funding.mode", "NO_MIX", "CHESS"),), Reason.INVALID_REQUEST, "scope"),
        ((product("funding.mode", "NO_MIX", "game=acme"),), Reason.INVALID_REQUEST, "scope"),
        ((product("funding.mode", "NO_MIX", "a b/CASINO"),), Reason.INVALID_REQUEST, "scope"),
        ((product("game.product", "LIVE", "CASINO", of="acme/x"),), Reason.INVALID_REQUEST, "scope"),
        ((product("game.product", "LIVE", "*", of="acme"),), Reason.INVALID_REQUEST, "a game"),
        ((Setting("funding.mode", Layer.PLAYER, "p1", "NO_MIX"),), Reason.POLICY_FORBIDDEN, "R-CFG-01"),
        ((Setting("funding.mode", Layer.REGULATOR, "MT", "NO_MIX"),), Reason.INVALID_REQUEST, "R-CFG-05"),
        ((brand("funding.mode", "NO_MIX", locked=True),), Reason.POLICY_FORBIDDEN, "R-CFG-01"),
        ((brand("funding.mode", "NO_MIX"), brand("funding.mode", "WATERFALL")), Reason.POLICY_FORBIDDEN, "R-CFG-04"),
        ((brand("funding.mode", None),), Reason.POLICY_NOT_FOUND, "taken away"),
        ((regulator("bonus.mixed_products", None),), Reason.POLICY_NOT_FOUND, "taken away"),
    ],
)
def test_a_draft_that_is_not_sound_is_refused_and_nothing_written(house, settings, reason, word):
    rows = dict(house.books.rows)
    assert refused(house.draft(*settings), reason, word)
    assert house.books.rows == rows


def test_a_draft_is_nothing_until_it_is_approved(house):
    house.draft(brand("funding.mode", "NO_MIX"))
    assert house.policies.version == 0
    assert house.mode() == "WATERFALL"
    note = house.books.rows[next(key for key in house.books.rows if digest(POLICIES, "draft:d1") in key)]
    assert (note.kind, note.amount, note.currency) == (Kind.NOTE, 0, "")
    assert not house.books.journal(note.transaction_id)


def test_the_same_draft_again_is_the_same_and_another_under_its_id_a_conflict(house):
    first = house.draft(brand("funding.mode", "NO_MIX"), draft_id="d")
    again = house.draft(brand("funding.mode", "NO_MIX"), draft_id="d")
    assert again.replayed
    assert again.results[0].transaction_id == first.results[0].transaction_id
    assert refused(house.draft(brand("funding.mode", "WATERFALL"), draft_id="d"), Reason.CONFLICT)


# Approvals.


@pytest.mark.parametrize(
    "approver", [ANN, person("ANN"), person(" ann "), Actor("ann", "ops"), Actor("x", "panel:Ann")]
)
def test_four_eyes(house, approver):
    """R-CFG-04."""
    house.draft(brand("funding.mode", "NO_MIX"))
    assert refused(house.approve(approver=approver), Reason.POLICY_FORBIDDEN, "R-CFG-04", "four eyes")
    assert house.policies.last == 0
    assert answer(house.approve(approver=BOB)) is Outcome.NOOP
    assert house.mode() == "NO_MIX"


def test_one_who_names_two_is_one(house):
    """R-SEC-01: what counts is who sent it, not what he says."""
    house.draft(brand("funding.mode", "NO_MIX"), author=Actor("ann", "ops"))
    assert refused(house.approve(approver=Actor("bob", "ops")), Reason.POLICY_FORBIDDEN, "four eyes", "ops", "vouches")
    assert answer(house.approve(approver=Actor("bob", "other"))) is Outcome.NOOP
    (published,) = house.policies.publications
    assert (published.author, published.author_identity) == ("ann", "ops")
    assert (published.approver, published.approver_identity) == ("bob", "other")


def test_a_draft_from_before_identities_is_by_its_stated_author(house):
    house.draft(brand("funding.mode", "NO_MIX"))
    key = Draft, "", "d1"
    house.books.rows[key] = replace(house.books.rows[key], author_identity="")
    assert refused(house.approve(approver=ANN), Reason.POLICY_FORBIDDEN, "four eyes")
    assert answer(house.approve(approver=BOB)) is Outcome.NOOP
    assert house.policies.publications[0].author_identity == "ann"


def test_who_acted_stands_in_the_transactions_and_the_publications(house):
    house.publish(brand("funding.mode", "NO_MIX"))
    house.back(0)
    notes = [dict(row.info) for row in house.books.rows.values() if isinstance(row, Transaction) and row.info]
    told = [(note.get("author_identity"), note.get("approver_identity")) for note in notes]
    assert told == [("panel:ann", None), ("panel:ann", "panel:bob"), ("panel:ann", "")]
    assert [(each.author_identity, each.approver_identity) for each in house.policies.publications] == [
        ("panel:ann", "panel:bob"),
        ("panel:ann", ""),
    ]
    winner = house.policies.explain("funding.mode", Context(brand_id="brand"), 1).winner
    assert (winner.author, winner.identity) == ("ann", "panel:ann")


def test_an_unknown_draft_cannot_be_approved(house):
    assert refused(house.approve("nothing"), Reason.POLICY_NOT_FOUND)


def test_two_approvals_end_as_one(house):
    stale = house.policies
    house.draft(brand("funding.mode", "NO_MIX"))
    first = house.approve(approver=BOB, policies=stale)
    second = house.approve(approver=EVE, policies=stale)
    assert answer(first) is Outcome.NOOP
    assert second.replayed
    assert second.results[0].transaction_id == first.results[0].transaction_id
    (published,) = house.policies.publications
    assert (published.number, published.approver) == (1, "bob")


def test_two_drafts_never_get_one_number(house):
    house.draft(brand("funding.mode", "NO_MIX"), draft_id="a")
    house.draft(brand("win.basis", "REFERENCE"), draft_id="b")
    stale = house.policies
    house.approve("a")
    assert refused(house.approve("b", policies=stale), Reason.IN_PROGRESS)
    assert answer(house.approve("b")) is Outcome.NOOP
    assert [each.number for each in house.policies.publications] == [1, 2]


def test_a_draft_that_others_have_overtaken_is_to_be_drafted_again(house):
    """R-CFG-04: the conflict check."""
    house.draft(brand("funding.mode", "NO_MIX"), draft_id="a")
    house.draft(brand("funding.mode", "PROPORTIONAL"), draft_id="b")
    house.approve("a")
    assert refused(house.approve("b"), Reason.POLICY_FORBIDDEN, "R-CFG-04", "version 1")


def test_a_draft_is_checked_again_when_it_is_approved(house):
    house.draft(brand("on_withdrawal", "BLOCK"), draft_id="a")
    house.publish(*LICENSED)
    assert refused(house.approve("a"), Reason.POLICY_FORBIDDEN, "R-FUND-16")


def test_a_version_waits_for_its_moment(house):
    at = house.books.at + HOUR
    house.publish(brand("funding.mode", "NO_MIX"), at=at)
    policies = house.policies
    assert (policies.version, policies.next_after(house.books.at)) == (0, at)
    assert [policies.version_at(at - 1), policies.version_at(at)] == [0, 1]
    assert policies.at(at).value("funding.mode", Context(brand_id="brand")) == "NO_MIX"


def test_a_moment_that_is_past_is_that_of_the_approval(house):
    """Never backdated: what was decided stays decided."""
    house.publish(brand("funding.mode", "NO_MIX"), at=1)
    (published,) = house.policies.publications
    assert published.effective_at == published.published_at > house.books.at - HOUR


def test_one_that_is_scheduled_goes_on_top_of_what_came_before_it(house):
    at = house.books.at + HOUR
    house.publish(brand("funding.mode", "NO_MIX"), at=at)
    house.publish(brand("funding.mode", "PROPORTIONAL"), brand("win.basis", "REFERENCE"))
    assert house.mode() == "PROPORTIONAL"
    house.books.wait(2 * HOUR)
    policies = house.policies
    assert policies.version == 1
    assert policies.write_off("brand", "acme", "slot", 1) == WriteOff(Mode.NO_MIX, basis=Basis.REFERENCE, version=1)


def test_nothing_slips_in_before_what_is_about_to_go_into_force(house):
    """R-CFG-03: another process may have begun rounds by the scheduled version before this is seen."""
    house.publish(brand("funding.mode", "NO_MIX"), at=house.books.at + MARGIN)
    house.draft(brand("win.basis", "REFERENCE"))
    assert refused(house.approve(), Reason.IN_PROGRESS, "within a minute")
    house.books.wait(MARGIN)
    assert answer(house.approve()) is Outcome.NOOP
    assert house.policies.version == 2


# Rollbacks.


def test_a_rollback_is_a_new_publication_at_once(house):
    """R-CFG-04."""
    house.publish(brand("funding.mode", "NO_MIX"))
    house.publish(brand("funding.mode", "PROPORTIONAL"), brand("win.basis", "REFERENCE"))
    assert answer(house.back(1)) is Outcome.NOOP
    policies = house.policies
    assert policies.version == 3
    assert policies.publications[-1].restores == 1
    assert policies.write_off("brand", "acme", "slot", 3) == WriteOff(Mode.NO_MIX, version=3)
    assert policies.write_off("brand", "acme", "slot", 2) == WriteOff(
        Mode.PROPORTIONAL, basis=Basis.REFERENCE, version=2
    )
    assert house.back(1).replayed
    assert house.policies.last == 3


def test_a_rollback_to_the_beginning(house):
    house.publish(brand("funding.mode", "NO_MIX"))
    house.back(0)
    assert house.mode() == "WATERFALL"


def test_nobody_undoes_alone_more_than_was_published_last(house):
    """R-CFG-04 "previous": one person went back to version 0, and took every tightening of the brand away."""
    house.publish(brand("max_bet.amount", "5", of="EUR"))
    house.publish(brand("funding.mode", "NO_MIX"))
    house.publish(brand("funding.mode", "PROPORTIONAL"))
    assert refused(house.back(0), Reason.POLICY_FORBIDDEN, "R-CFG-04")
    assert refused(house.back(1), Reason.POLICY_FORBIDDEN, "R-CFG-04")
    assert answer(house.back(2)) is Outcome.NOOP
    assert house.mode() == "NO_MIX"
    assert house.policies.value("max_bet.amount", Context(brand_id="brand", of="EUR")) == units("5")


def test_a_rollback_leaves_the_law_alone(house):
    """One person alone takes no protection away."""
    house.publish(brand("funding.mode", "NO_MIX"))
    house.publish(*LICENSED, licence("max_bet.amount", "2", of="EUR"), brand("funding.mode", "PROPORTIONAL"))
    house.back(1)
    context = Context(brand_id="brand", of="EUR")
    assert house.mode() == "NO_MIX"
    assert house.policies.value("max_bet.amount", context) == units("2")


def test_a_rollback_to_what_a_pack_forbids_by_now_is_refused(house):
    house.publish(brand("on_withdrawal", "BLOCK"))
    house.publish(*LICENSED, brand("on_withdrawal", "KEEP"))
    assert refused(house.back(1), Reason.POLICY_FORBIDDEN, "R-FUND-16")


@pytest.mark.parametrize("version", [-1, 7])
def test_a_rollback_to_what_never_was(house, version):
    house.publish(brand("funding.mode", "NO_MIX"))
    assert refused(house.back(version), Reason.POLICY_NOT_FOUND)


def test_a_rollback_to_what_is_only_scheduled(house):
    house.publish(brand("funding.mode", "NO_MIX"), at=house.books.at + HOUR)
    assert refused(house.back(1), Reason.POLICY_NOT_FOUND)


def test_a_rollback_to_what_is_in_force(house):
    number = house.publish(brand("funding.mode", "NO_MIX"))
    assert refused(house.back(number), Reason.INVALID_REQUEST)


# Rounds.


def test_a_round_keeps_the_version_it_began_with(house):
    """E-60, R-CFG-03, R-FUND-09."""
    house.publish(brand("funding.mode", "PROPORTIONAL"))
    house.books.do(play(bet("b1"), policies=house.policies))
    house.publish(brand("funding.mode", "NO_MIX"))
    house.books.do(play(bet("b2"), policies=house.policies))
    house.books.do(play(win("w1"), policies=house.policies))
    assert house.books.round().policies == 1
    assert house.policies.write_off("brand", "acme", "slot", 1).mode is Mode.PROPORTIONAL
    house.books.do(play(bet("b3"), round_id="r2", policies=house.policies))
    assert house.books.round("r2").policies == 2


def test_a_version_of_another_process_is_asked_for_not_guessed(house):
    house.publish(brand("funding.mode", "NO_MIX"))
    with pytest.raises(NotPublished):
        Policies().write_off("brand", "acme", "slot", 1)


def test_answers_are_remembered(house):
    house.publish(brand("funding.mode", "NO_MIX"))
    policies = house.policies
    assert policies.write_off("brand", "acme", "slot", 1) is policies.at(1).write_off("brand", "acme", "slot", 1)
    assert policies.game("acme", "slot") is policies.game("acme", "slot")
