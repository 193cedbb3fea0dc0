"""Random lives of bonuses without a play: I-08, I-10, and the state machine of rulebook 6.1 from outside."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.property.lives import CALM
from tests.support.domain import PLAYER, Books, deposit, units, withdrawal
from tests.support.policies import ALLOWING
from tests.support.promos import (
    BY_HAND,
    DAY,
    MATCH,
    MICRO,
    activate,
    claim,
    decline,
    expire,
    forfeit,
    freeze,
    grant,
    offer,
    template,
    unfreeze,
    void_bonus,
)
from wallet_core.domain.entries import Kind, Transaction
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.promos import LIVE, TRANSITIONS, Bonus, OnWithdrawal, State
from wallet_core.domain.templates import Amounts

FINAL = set(State) - LIVE - {State.OFFERED, State.CLAIMED, State.QUEUED}
STEPS = {(before, after) for (before, _), after in TRANSITIONS.items()} | {(state, state) for state in State}
# A claim may begin at once, a grant by hand is claimed by being granted.
STEPS |= {(State.OFFERED, State.ACTIVE), (State.OFFERED, State.QUEUED)}
BORN = {State.OFFERED, State.ACTIVE, State.QUEUED}


def _timed(promotion, days, **terms):
    return replace(promotion, terms=replace(promotion.terms, duration=days and days * DAY, **terms))


TEMPLATES = (
    template(_timed(BY_HAND, 2), "short"),
    template(replace(_timed(BY_HAND, None, on_withdrawal=OnWithdrawal.FORFEIT), priority=-1), "eager"),
    template(replace(_timed(BY_HAND, 3, on_withdrawal=OnWithdrawal.BLOCK), places=2, group="two"), "two"),
    template(replace(_timed(BY_HAND, 1, stops=False), places=2, group="two"), "too"),
    template(replace(BY_HAND, exclusive=True, group="one", amounts=(Amounts("EUR", fixed=1_230_000),)), "alone"),
    template(replace(_timed(MATCH, 1), claim_within=2 * DAY), "match"),
    template(replace(BY_HAND, claim_within=DAY), "hurry"),
)
IDS = tuple(f"{each.template_id}@1" for each in TEMPLATES)
DEPOSITS = ("d1", "d2")

ids = st.sampled_from(IDS)
templates = st.sampled_from(TEMPLATES)


@st.composite
def commands(draw, number):
    key = f"k{number}"
    kind = draw(
        st.sampled_from(
            [offer, claim, claim, grant, *[activate] * 4, expire, expire, freeze, *[unfreeze] * 3, forfeit, decline,
             void_bonus, deposit, withdrawal]
        )
    )  # fmt: skip
    if kind in {offer, grant}:
        of = draw(templates)
        return kind(of, key, deposit=draw(st.sampled_from((None, *DEPOSITS))))
    if kind is claim:
        of = draw(templates)
        return claim(of, key, deposit=draw(st.sampled_from((None, *DEPOSITS))), bonus_id=f"{of.template_id}@1")
    if kind is deposit:
        return deposit("20", key=draw(st.sampled_from(DEPOSITS)))
    if kind is withdrawal:
        return replace(withdrawal("5", key=key), confirmed=draw(st.booleans()), policies=ALLOWING)
    if kind is activate:
        return activate(draw(st.sampled_from(("eager@1", "hurry@1", "short@1"))))
    if kind is expire:
        return expire(draw(ids))
    if kind in {freeze, unfreeze}:
        return kind(draw(st.sampled_from(("two@1", "alone@1"))), key)
    return kind(draw(ids), key)


@st.composite
def lives(draw):
    """Return commands, each after some seconds: first those that fill the pockets and the queue, in any order."""
    begun = [*(grant(of, f"g{of.template_id}") for of in TEMPLATES), deposit("20", key="d1"), offer(TEMPLATES[5], "om")]
    drawn = [draw(commands(number)) for number in range(draw(st.integers(20, 60)))]
    waits = st.sampled_from((0, 0, 0, 0, 0, DAY // 2, DAY))
    return [*((0, command) for command in draw(st.permutations(begun))), *((draw(waits), each) for each in drawn)]


def bonuses(books):
    return {row.bonus_id: row for row in books.rows.values() if isinstance(row, Bonus)}


def _assert_step(before, after):
    for bonus_id, row in after.items():
        was = before.get(bonus_id)
        if was is None or (was.state is State.LAPSED and not was.granted and row != was):
            assert row.state in BORN  # what lapsed before anything was granted may begin again (R-BONUS-05)
            continue
        assert (was.state, row.state) in STEPS
        assert was.state not in FINAL or row == was  # I-10: one final state, for ever
        if was.state not in {State.OFFERED, State.CLAIMED}:
            assert (row.terms, row.granted, row.requirement) == (was.terms, was.granted, was.requirement)  # R-BONUS-03


def _assert_places(rows):
    active = Counter(row.slot for row in rows.values() if row.live)
    assert all(active[row.slot] <= row.places for row in rows.values() if row.live)


def _assert_turn(before, after, at):
    for bonus_id, row in after.items():
        was = before.get(bonus_id)
        if was is not None and was.queued and row.live:
            ahead = [each for each in before.values() if each.slot == was.slot and each.turn < was.turn]
            assert sum(each.queued and not each.due(at) for each in ahead) < was.places


def _assert_nobody_waits_in_vain(rows, at):
    """R-BONUS-07: while a place is free, nobody waits for it."""
    for row in rows.values():
        if row.queued and not row.due(at):
            others = [each for each in rows.values() if each.slot == row.slot and each is not row]
            ahead = [each for each in others if each.queued and each.turn < row.turn and not each.due(at)]
            assert sum(each.live for each in others) + len(ahead) >= row.places


def _assert_money(books, rows):
    """I-08, from the lines alone: what was granted is there, or has gone back."""
    moved, gone = Counter(), Counter()
    heads = {row.transaction_id: row for row in books.rows.values() if isinstance(row, Transaction)}
    for line in books.lines:
        if line.account.startswith("BONUS:"):
            (gone if line.amount < 0 else moved)[line.account] += abs(line.amount)
            if line.amount > 0:
                assert heads[line.transaction_id].kind is Kind.BONUS_GRANT
    for row in rows.values():
        pocket = books.rows.get((Pocket, PLAYER, "EUR", row.account))
        balance = pocket.amount if pocket else 0
        assert moved[row.account] == (row.granted if row.activated_at else 0)
        assert moved[row.account] - gone[row.account] == balance
        assert balance == (row.granted if row.live else 0)
        assert row.converted == 0
    pots = [row for row in books.rows.values() if isinstance(row, Pocket)]
    paid = sum(
        units("20") if row.kind is Kind.DEPOSIT else -units("5")
        for row in heads.values()
        if row.kind in {Kind.DEPOSIT, Kind.WITHDRAWAL} and row.outcome.name == "APPLIED"
    )
    assert sum(pot.amount for pot in pots if pot.account == "CASH") == paid  # no bonus ever touches cash


@CALM
@given(lives())
def test_every_life_keeps_to_the_rulebook(life):
    books, before = Books(), {}
    for wait, command in life:
        books.wait(wait * MICRO)
        rows, lines = dict(books.rows), len(books.lines)
        decision = books.do(command)
        after = bonuses(books)
        if decision.refusal is not None and decision.refusal.reason.name != "INSUFFICIENT_FUNDS":
            assert (books.rows, len(books.lines)) == (rows, lines)  # refused is nothing written
        _assert_step(before, after)
        _assert_turn(before, after, books.at)
        if decision.refusal is None and not decision.replayed:
            _assert_nobody_waits_in_vain(after, books.at)
        _assert_places(after)
        before = after
    _assert_money(books, before)
    books.assert_sound()


@CALM
@given(lives())
def test_however_a_life_is_cut_into_batches_it_ends_the_same(life):
    one_by_one, together = Books(), Books()
    for _, command in life:
        one_by_one.do(command)
    together.do_batch([command for _, command in life])
    assert together.rows == one_by_one.rows
    assert together.lines == one_by_one.lines


@CALM
@given(lives())
def test_every_command_again_changes_nothing(life):
    books = Books()
    for wait, command in life:
        books.wait(wait * MICRO)
        first = books.do(command)
        rows = {key: row for key, row in books.rows.items() if isinstance(row, (Bonus, Pocket))}
        again = books.do(command)
        if first.results:
            assert again.replayed
            assert again.results[0].transaction_id == first.results[0].transaction_id
            assert {key: row for key, row in books.rows.items() if isinstance(row, (Bonus, Pocket))} == rows
