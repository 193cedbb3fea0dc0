"""Random lives of several players under one budget: it counts what their bonuses say, and come to (R-BONUS-10)."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.property.lives import CALM
from tests.support.domain import Books, bet, note, play, rollback, units, win
from tests.support.promos import (
    BY_HAND,
    DAY,
    MICRO,
    BonusFirst,
    expire,
    forfeit,
    freeze,
    grant,
    set_budget,
    template,
    unfreeze,
    untrued,
    void_bonus,
)
from tests.support.promotions import edition, prize
from wallet_core.domain.budgets import Budget
from wallet_core.domain.commands import Play
from wallet_core.domain.decision import Reason
from wallet_core.domain.entries import NO_PLAYER
from wallet_core.domain.promo_commands import GrantBonus
from wallet_core.domain.promos import Bonus, State
from wallet_core.domain.templates import Amounts, Template

PLAYERS = ("ann", "bob", "cay")
PLACE = (Budget, NO_PLAYER, "spring", "EUR")
OVER = {State.CONVERTED, State.LAPSED, State.EXPIRED, State.FORFEITED, State.VOIDED, State.CONSUMED}


def _of(name: str, amount: str, **terms: object) -> Template:
    promotion = replace(BY_HAND, campaign="spring", amounts=(Amounts("EUR", fixed=units(amount)),))
    return template(replace(promotion, terms=replace(promotion.terms, **terms)), name)


TEMPLATES = (
    _of("small", "5", multiplier=100),
    _of("parts", "8", multiplier=200, tranches=4),
    _of("short", "3", duration=DAY, dust=units("0.10")),
    _of("capped", "6", multiplier=50, cap=units("4")),
)
IDS = tuple(f"{each.template_id}@1" for each in TEMPLATES)
ENDS = (forfeit, void_bonus, expire, freeze, unfreeze)


@st.composite
def commands(draw, number):
    player, key = draw(st.sampled_from(PLAYERS)), f"k{number}"
    kind = draw(st.integers(0, 11))
    if kind < 3:
        return grant(draw(st.sampled_from(TEMPLATES)), key, player=player)
    if kind < 8:
        round_id = f"r{draw(st.integers(0, 2))}:{number // 6}"
        action = draw(
            st.sampled_from(
                (
                    bet(key, draw(st.sampled_from(("1", "3", "5")))),
                    bet(key, draw(st.sampled_from(("1", "3", "5")))),
                    win(key, draw(st.sampled_from(("0", "2", "7")))),
                    rollback(key, f"k{max(0, number - draw(st.integers(1, 4)))}"),
                    note(key),
                )
            )
        )
        return play(action, player_id=player, round_id=round_id, close_round=draw(st.booleans()), policies=BonusFirst())
    if kind < 10:
        end = draw(st.sampled_from(ENDS))
        bonus_id = draw(st.sampled_from(IDS))
        return replace(end(bonus_id) if end is expire else end(bonus_id, key), player_id=player)
    if kind == 10:
        return set_budget(draw(st.sampled_from(("0", "9", "12", "40"))), key, campaign="spring")
    won = edition(replace(edition().promotion, campaign="spring"))
    return prize(draw(st.sampled_from(("2", "5"))), key, player=player, template=won)


lives = st.integers(10, 35).flatmap(lambda length: st.tuples(*(commands(number) for number in range(length))))


def bonuses(books):
    return [row for row in books.rows.values() if isinstance(row, Bonus)]


def became_cash(books):
    """What each bonus's campaign has paid, from the lines alone: what a rollback writes off of a bonus is no cash."""
    cash = Counter()
    written_off = {line.transaction_id for line in books.lines if line.account == "BONUS_WINS" and line.amount > 0}
    for line in books.lines:
        if line.account == "BONUS_COST" and line.transaction_id not in written_off:
            cash["EUR"] -= line.amount
    return cash["EUR"]


def assert_counted(books):
    budget = books.rows.get(PLACE)
    sums = sum(row.reserved for row in bonuses(books)), sum(row.spent for row in bonuses(books))
    assert sums == ((budget.reserved, budget.spent) if budget else (0, 0))


def assert_trued(books):
    """The budget against the bonuses, counted without what it says of them."""
    budget = books.rows[PLACE]
    open_ = [row for row in bonuses(books) if row.state not in OVER | {State.OFFERED, State.CLAIMED}]
    assert budget.reserved == sum(max(0, row.granted - row.converted) for row in open_)
    assert budget.spent == sum(row.converted for row in bonuses(books)) == became_cash(books)


def assert_bounded(books, command, decision, before):
    """A grant goes through if it fits what is left, and else is refused; no play writes the budget."""
    budget = before.get(PLACE)
    if isinstance(command, Play):
        assert books.rows.get(PLACE) is budget
    if not isinstance(command, GrantBonus) or budget is None or decision.replayed:
        return
    fits = command.template.promotion.amounts[0].fixed <= budget.amount - budget.reserved - budget.spent
    if decision.refusal is None:
        assert fits
    elif "budget" in decision.refusal.message:
        assert decision.refusal.reason is Reason.BONUS_NOT_ELIGIBLE
        assert not fits


@CALM
@given(lives, st.sets(st.integers(0, 34)))
def test_a_budget_counts_what_its_bonuses_come_to(life, looks):
    books = Books(cash="5", players=PLAYERS)
    for number, command in enumerate(life):
        if number % 7 == 0:
            books.wait(DAY // 4 * MICRO)
        before = dict(books.rows)
        decision = books.do(command)
        assert_bounded(books, command, decision, before)
        assert_counted(books)
        if number in looks:
            books.do_batch(untrued(books))
            assert not untrued(books)
            assert_counted(books)
    books.do(set_budget("40", "last", campaign="spring"))
    books.do_batch(untrued(books))
    assert not untrued(books)
    assert_counted(books)
    assert_trued(books)
    books.assert_sound()


@CALM
@given(lives)
def test_however_a_life_is_cut_into_batches_the_budget_ends_the_same(life):
    one_by_one, together = (Books(cash="5", players=PLAYERS) for _ in range(2))
    for command in life:
        one_by_one.do(command)
    together.do_batch(life)
    assert together.rows == one_by_one.rows
    assert together.lines == one_by_one.lines


@CALM
@given(lives)
def test_every_command_again_leaves_the_budget_alone(life):
    books = Books(cash="5", players=PLAYERS)
    for command in life:
        first = books.do(command)
        budget = books.rows.get(PLACE)
        if first.refusal is None:
            assert books.do(command).replayed
            assert books.rows.get(PLACE) == budget
