"""Points under any order of earning, losing, redeeming and expiring: equal to a few lots in a list."""

from hypothesis import given
from hypothesis import strategies as st

from tests.property.lives import CALM
from tests.support.domain import PLAYER, Books, answer
from tests.support.promotions import DAY, adjust, cashback, edition, lots, price, prize, redeem
from wallet_core.domain.cashback import Cashback
from wallet_core.domain.decision import Outcome
from wallet_core.domain.payouts import SETTLE_LAG
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.points import POINT, entries_earned, entries_lost
from wallet_core.domain.promos import Bonus


class Lots:
    """What points are, written without a ledger: lots in the order they came, and what is owed."""

    def __init__(self):
        self.lots, self.owed, self.cash = [], 0, 0

    @property
    def held(self):
        return sum(amount for _, amount in self.lots)

    def earn(self, at, points):
        back = min(points, self.owed)
        self.owed -= back
        self.lots.append((at, points - back))

    def spend(self, points):
        left = []
        for at, amount in self.lots:
            taken = min(points, amount)
            points -= taken
            left.append((at, amount - taken))
        self.lots = left
        return points

    def lose(self, points):
        self.owed += self.spend(points)

    def redeem(self, points):
        if points * POINT <= self.held:
            self.spend(points * POINT)
            self.cash += points

    def expire(self, before):
        self.lots = [(at, amount) for at, amount in self.lots if at >= before]


STEPS = st.one_of(
    st.tuples(st.just("earn"), st.integers(1, 9 * POINT)),
    st.tuples(st.just("lose"), st.integers(1, 9 * POINT)),
    st.tuples(st.just("redeem"), st.integers(1, 12)),
    st.tuples(st.just("expire"), st.integers(0, 4)),
)


@given(st.lists(STEPS, max_size=25))
@CALM
def test_any_life_of_points_equals_the_lots(steps):
    books, model = Books(), Lots()
    books.do(price(1, "1"))
    moments = [books.at + 1]
    for number, (step, size) in enumerate(steps):
        key = f"k{number}"
        match step:
            case "earn":
                books.do(adjust(size, key))
                model.earn(books.at, size)
            case "lose":
                books.do(adjust(-size, key))
                model.lose(size)
            case "redeem":
                books.do(redeem(size, str(size), key=key))
                model.redeem(size)
            case "expire":
                before = moments[max(0, len(moments) - 1 - size)]
                if not books.do(lots(books, before)).replayed:
                    model.expire(before)
        moments.append(books.at + 1)
        points, debt = (books.rows.get((Pocket, PLAYER, "PTS", name)) for name in ("POINTS", "DEBT"))
        assert (points.amount if points else 0) == model.held
        assert -(debt.amount if debt else 0) == model.owed
        assert books.cash == f"{model.cash}.00"
    books.assert_sound()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 50)), max_size=30))
@CALM
def test_what_is_held_less_what_is_owed_is_all_that_came_less_all_that_was_lost(changes):
    held = owed = 0
    for came, points in changes:
        entries = entries_earned(points, owed) if came else entries_lost(points, held)
        moved = {entry.account: entry.amount for entry in entries}
        held, owed = held + moved.get("POINTS", 0), owed - moved.get("DEBT", 0)
        assert held >= 0
        assert owed >= 0
        assert not sum(moved.values())
    assert held - owed == sum(points if came else -points for came, points in changes)


PRIZES = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "cat", "nobody"]), st.integers(1, 5), st.integers(1, 10_000), st.booleans()
    ),
    min_size=1,
    max_size=12,
)


@given(PRIZES, st.integers(1, 3))
@CALM
def test_what_is_paid_and_what_is_not_are_the_pool_however_often_it_is_sent(prizes, times):
    books = Books(players=("ann", "bob", "cat"))
    kept = {}
    for player, rank, cents, as_bonus in prizes:  # one prize a rank and player
        kept.setdefault((player, rank), (cents, as_bonus))
    pool = sum(cents for cents, _ in kept.values())
    for _ in range(times):
        paid = unpaid = 0
        for (player, rank), (cents, as_bonus) in kept.items():
            amount = f"{cents // 100}.{cents % 100:02}"
            command = prize(amount, str(rank), player=player, template=edition() if as_bonus else None)
            decision = books.do(command)
            if decision.refusal is None:
                assert answer(decision) in {Outcome.APPLIED, Outcome.NOOP}  # NOOP: it waits in the queue
                paid += cents
            else:
                unpaid += cents
        assert paid + unpaid == pool
        promised = sum(row.granted for row in books.rows.values() if isinstance(row, Bonus))
        cash = sum(books.held(player).cash for player in ("ann", "bob", "cat"))
        assert cash + promised == paid * 10_000
    books.assert_sound()


@given(st.integers(-(10**13), 10**13), st.integers(0, 10_000), st.integers(0, 10**7), st.integers(0, 10**9))
@CALM
def test_a_cashback_is_never_more_than_its_part_and_whole_coins(base, bps, least, most):
    rule = Cashback(bps, least, most)
    amount = rule.amount(base, 10_000)
    assert 0 <= amount * 10_000 <= max(0, base) * bps
    assert amount % 10_000 == 0 or amount == most
    assert not most or amount <= most
    assert amount == 0 or amount >= least


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6))
@CALM
def test_each_window_is_paid_once_and_windows_side_by_side_do_not_meet(order):
    books = Books()
    start = books.at - 4 * DAY
    books.wait(SETTLE_LAG)
    for index in order:
        books.do(cashback("10", start + index * DAY, start + (index + 1) * DAY))
    assert books.cash == f"{len(set(order))}.00"
