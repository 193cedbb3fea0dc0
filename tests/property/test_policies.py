"""Policies, whatever is published: merging is associative and never loosens, and no version ever changes."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tests.support.domain import Books, answer, person
from wallet_core.domain.decision import Outcome
from wallet_core.domain.layers import Cell, Context, Setting, merged
from wallet_core.domain.policies import Policies
from wallet_core.domain.policy_commands import ApprovePolicies, DraftPolicies, RollBackPolicies
from wallet_core.domain.policy_keys import KEYS, Key, Layer, Merge, Type
from wallet_core.domain.publications import Publication

VALUES = {
    Merge.OVERRIDE: st.sampled_from(["A", "B", "C"]),
    Merge.MIN: st.integers(0, 9),
    Merge.MAX: st.integers(0, 9),
    Merge.AND: st.booleans(),
    Merge.OR: st.booleans(),
    Merge.UNION: st.sets(st.sampled_from("abc")).map(lambda words: tuple(sorted(words))),
}

# At least as strict as: what a protection may become.
TIGHTER = {
    Merge.MIN: lambda found, value: found <= value,
    Merge.MAX: lambda found, value: found >= value,
    Merge.AND: lambda found, value: not found or value,
    Merge.OR: lambda found, value: found or not value,
    Merge.UNION: lambda found, value: set(found) >= set(value),
}

KEY = {merge: Key(merge.value, Type.WORD, merge, (), None, "") for merge in Merge}


@st.composite
def layered(draw, count):
    """A key and that many layers' values of it, some of them missing."""
    merge = draw(st.sampled_from(Merge))
    cells = st.none() | st.builds(Cell, VALUES[merge], st.booleans())
    return KEY[merge], draw(st.lists(cells, min_size=count, max_size=count))


@given(layered(3))
def test_merging_is_associative_along_the_layers(found):
    """R-CFG-01: layers may be merged from either end."""
    key, (first, second, third) = found
    assert merged(key, merged(key, first, second), third) == merged(key, first, merged(key, second, third))


@given(layered(2))
def test_merging_never_loosens_a_protection(found):
    """R-CFG-02: not what the stronger layer says, nor what the weaker one does."""
    key, (above, below) = found
    result = merged(key, above, below)
    for cell in (above, below):
        if key.protects and cell is not None:
            assert TIGHTER[key.merge](result.value, cell.value)


LICENSED = (
    Setting("brand.licence", Layer.LICENCE, "*", "l1", of="b1"),
    Setting("licence.regulator", Layer.LICENCE, "*", "GB", of="l1"),
)
SAMPLES = {
    "funding.mode": ("WATERFALL", "PROPORTIONAL", "NO_MIX"),
    "win.split": ("PRO_RATA", "ALL_TO_BONUS", "ALL_TO_CASH"),
    "on_withdrawal": ("KEEP", "FORFEIT", "BLOCK"),
    "wagering_lock": ("true", "false"),
    "bonus.wagering.max_multiplier": ("5", "10", "35"),
    "bonus.mixed_products": ("true", "false"),
    "debt.recovery_win": ("0", "50", "100"),
}
SCOPES = {
    Layer.REGULATOR: ("*", "GB"),
    Layer.LICENCE: ("*", "l1"),
    Layer.BRAND: ("*", "b1", "b2"),
    Layer.PRODUCT: ("CASINO", "b1/CASINO", "game=acme/slot"),
    Layer.SEGMENT: ("vip",),
    Layer.PLAYER: ("ann",),
}
CONTEXTS = [
    Context(brand_id=brand_id, provider_id="acme", game_id=game_id, segments=segments, player_id=player_id)
    for brand_id in ("b1", "b2")
    for game_id in ("slot", "keno")
    for segments, player_id in (((), ""), (("vip",), "ann"))
]


def setting(dice):
    """Any setting of the right shape."""
    name = dice.choice(list(SAMPLES))
    layer = dice.choice(KEYS[name].layers)
    value = dice.choice((None, *SAMPLES[name]))
    return Setting(name, layer, dice.choice(SCOPES[layer]), value, clause="c", locked=dice.random() < 0.1)


def said(policies, version):
    """All that a version says."""
    return {(name, context): policies.explain(name, context, version).text for name in SAMPLES for context in CONTEXTS}


class Life:
    """Drafts, approvals and rollbacks in any order, by processes of which some know less."""

    def __init__(self, seed):
        self.dice, self.books, self.drafts = random.Random(seed), Books(), 0
        self.stale = self.policies
        self.books.do(DraftPolicies("", "licensed", person("ann"), "", LICENSED, 0, self.policies))
        self.books.do(ApprovePolicies("", self.policies, "licensed", person("bob")))

    @property
    def policies(self):
        found = (row for row in self.books.rows.values() if isinstance(row, Publication))
        return Policies.built(found, self.books.at)

    def step(self):
        dice, books, now = self.dice, self.books, self.policies
        known = now if dice.random() < 0.7 else self.stale
        at = books.at + dice.choice((0, 0, 10, 100_000_000, 400_000_000))
        settings = tuple(setting(dice) for _ in range(dice.randrange(1, 3)))
        books.do(DraftPolicies("", f"d{self.drafts}", person("ann"), "", settings, at, known))
        self.drafts += 1
        books.do(ApprovePolicies("", known, f"d{dice.randrange(self.drafts)}", person(dice.choice(("ann", "bob")))))
        if dice.random() < 0.2:
            books.do(RollBackPolicies("", known, dice.randrange(now.last + 1), person("eve"), "", f"r{self.drafts}"))
        books.wait(dice.choice((0, 1_000_000, 200_000_000)))
        self.stale = now


@given(st.integers(0, 2**32))
def test_no_version_ever_changes_and_none_breaks_its_pack(seed):
    """R-CFG-03, R-FUND-16, R-BONUS-02."""
    life, everything = Life(seed), {}
    for _ in range(14):
        life.step()
        now = life.policies
        everything.setdefault(now.version, said(now, now.version))
        for version, words in everything.items():
            assert said(now, version) == words
    assert sorted(each.number for each in now.publications) == list(range(1, now.last + 1))
    for publication in now.publications:
        for context in CONTEXTS:
            if context.brand_id == "b1":
                assert now.value("wagering_lock", context, publication.number) is False
                assert now.value("on_withdrawal", context, publication.number) != "BLOCK"
                assert now.value("win.split", context, publication.number) != "ALL_TO_BONUS"
                assert now.value("bonus.wagering.max_multiplier", context, publication.number) <= 1_000


@given(st.permutations(["bob", "eve", "joe"]), st.integers(1, 3))
def test_approvals_that_race_end_as_one(approvers, known):
    """Whoever is first; with what each knew, fresh or not."""
    books = Books()
    stale = Policies()
    books.do(DraftPolicies("", "d", person("ann"), "", LICENSED, 0, stale))
    outcomes = []
    for index, approver in enumerate(approvers):
        found = (row for row in books.rows.values() if isinstance(row, Publication))
        policies = stale if index < known else Policies.built(found, books.at)
        outcomes.append(answer(books.do(ApprovePolicies("", policies, "d", person(approver)))))
    assert set(outcomes) == {Outcome.NOOP}
    (published,) = (row for row in books.rows.values() if isinstance(row, Publication))
    assert published.approver == approvers[0]
