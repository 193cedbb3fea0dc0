"""Any order of place, extend, capture, release, expire, request, settle, fail and transfer equals a naive model.

The model keeps a list of coins a hold, each with the pocket it came from, and knows no transition table.
"""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.lives import CALM
from tests.support.domain import PLAYER, START, Books, answer, bet, deposit, play, promo, units
from tests.support.holds import DAY, expire, extend, fail, freeze, place, release, request, settle, sweep, take
from wallet_core.domain.decision import Outcome
from wallet_core.domain.holds import Hold, HoldReason, State
from wallet_core.domain.pockets import CASH_ORDER, Pocket
from wallet_core.domain.subwallets import Transfer

IDS = ("h0", "h1", "h2")
POCKETS = ("CASH", "CASH:SPORTS", "CASH:POKER")
AMOUNTS = st.sampled_from([1, 2, 5, 9, 20])
REASONS = st.sampled_from([HoldReason.DISPUTE, HoldReason.PSP_RISK])
ENDS = st.sampled_from([START + days * DAY for days in (1, 3, 8)])

STEPS = st.one_of(
    st.tuples(st.just("place"), st.sampled_from(IDS), AMOUNTS, REASONS, ENDS),
    st.tuples(st.just("extend"), st.sampled_from(IDS), ENDS),
    st.tuples(st.just("take"), st.sampled_from(IDS), st.none() | AMOUNTS),
    st.tuples(st.just("release"), st.sampled_from(IDS)),
    st.tuples(st.just("expire"), st.sampled_from(IDS), ENDS),
    st.tuples(st.just("request"), st.sampled_from(IDS), AMOUNTS),
    st.tuples(st.just("settle"), st.sampled_from(IDS), st.none() | AMOUNTS),
    st.tuples(st.just("fail"), st.sampled_from(IDS)),
    st.tuples(st.just("move"), st.sampled_from(POCKETS), st.sampled_from(POCKETS), AMOUNTS),
    st.tuples(st.just("deposit"), AMOUNTS),
    st.tuples(st.just("wait"), st.integers(1, 3)),
)


class Naive:
    """Coins of one euro, each in one place."""

    def __init__(self, cash: int) -> None:
        self.cash = Counter({"CASH": cash})
        self.house = 0
        self.holds: dict[str, dict] = {}
        self.placed: set[str] = set()

    def _pick(self, amount: int) -> list[str] | None:
        coins = [pocket for pocket in CASH_ORDER for _ in range(self.cash[pocket])]
        return coins[:amount] if len(coins) >= amount else None

    def _hold(self, hold_id: str, amount: int, **facts: object) -> bool:
        coins = self._pick(amount)
        if hold_id in self.holds or coins is None:
            return False
        self.cash.subtract(coins)
        self.holds[hold_id] = {"coins": coins, "open": True, **facts}
        return True

    def _open(self, hold_id: str, *, withdrawal: bool) -> dict | None:
        found = self.holds.get(hold_id)
        return found if found and found["open"] and (found["reason"] == "WITHDRAWAL") is withdrawal else None

    def place(self, now: int, hold_id: str, amount: int, reason: HoldReason, end: int) -> bool:
        return end > now and self._hold(hold_id, amount, reason=reason.name, end=end)

    def request(self, _now: int, hold_id: str, amount: int) -> bool:
        return self._hold(hold_id, amount, reason="WITHDRAWAL", end=None)

    def extend(self, now: int, hold_id: str, end: int) -> bool:
        found = self._open(hold_id, withdrawal=False)
        if not found or now >= found["end"] or end <= found["end"]:
            return False
        found["end"] = end
        return True

    def _spend(self, found: dict | None, amount: int | None, now: int) -> bool:
        if not found or (found["end"] and now >= found["end"]):
            return False
        amount = len(found["coins"]) if amount is None else amount
        if amount > len(found["coins"]):
            return False
        del found["coins"][:amount]
        found["open"] = bool(found["coins"])
        self.house += amount
        return True

    def take(self, now: int, hold_id: str, amount: int | None) -> bool:
        return self._spend(self._open(hold_id, withdrawal=False), amount, now)

    def settle(self, now: int, hold_id: str, amount: int | None) -> bool:
        return self._spend(self._open(hold_id, withdrawal=True), amount, now)

    def _return(self, found: dict | None) -> bool:
        if not found:
            return False
        self.cash.update(found["coins"])
        found.update(coins=[], open=False)
        return True

    def release(self, _now: int, hold_id: str) -> bool:
        return self._return(self._open(hold_id, withdrawal=False))

    def fail(self, _now: int, hold_id: str) -> bool:
        return self._return(self._open(hold_id, withdrawal=True))

    def expire(self, now: int, hold_id: str, due: int) -> bool:
        found = self._open(hold_id, withdrawal=False)
        return bool(found and found["end"] == due <= now) and self._return(found)

    def move(self, _now: int, source: str, target: str, amount: int) -> bool:
        if source == target or self.cash[source] < amount:
            return False
        self.cash.subtract({source: amount})
        self.cash.update({target: amount})
        return True

    def deposit(self, _now: int, amount: int) -> bool:
        self.cash.update({"CASH": amount})
        return True


def _command(step, number):
    """The command of a step; each has a key of its own, but what is placed has that of its id."""
    kind, *facts = step
    key = f"k{number}"
    euros = [str(fact) if type(fact) is int and fact < START else fact for fact in facts]
    match kind:
        case "place":
            return place(euros[1], facts[0], reason=facts[2], expires_at=facts[3])
        case "extend":
            return extend(facts[0], key=key, expires_at=facts[1])
        case "take":
            return take(euros[1], facts[0], key=key)
        case "release":
            return release(facts[0], key=key)
        case "expire":
            return expire(*facts)
        case "request":
            return request(euros[1], facts[0])
        case "settle":
            return settle(euros[1], facts[0], key=key)
        case "fail":
            return fail(facts[0], key=key)
        case "move":
            return Transfer(PLAYER, key, "EUR", units(euros[2]), facts[0], facts[1])
        case _:
            return deposit(euros[0], key=key)


@settings(CALM, max_examples=150)
@given(steps=st.lists(STEPS, min_size=5, max_size=40))
def test_any_order_equals_the_naive_model(steps):
    books, naive = Books(cash="30"), Naive(30)
    for number, step in enumerate(steps):
        if step[0] == "wait":
            books.wait(step[1] * DAY)
            continue
        decision = books.do(_command(step, number))
        if decision.replayed or answer(decision).name == "CONFLICT":
            continue  # of what came under this key before
        done = getattr(naive, step[0])(books.at, *step[1:])
        assert (decision.refusal is None) is done, (step, answer(decision))
        pockets = {row.account: row.amount for row in books.rows.values() if isinstance(row, Pocket)}
        assert {pocket: pockets.get(pocket, 0) for pocket in POCKETS} == {
            pocket: units(str(naive.cash[pocket])) for pocket in POCKETS
        }
        for reason in HoldReason:
            coins = sum(len(each["coins"]) for each in naive.holds.values() if each["reason"] == reason.name)
            assert pockets.get(f"HELD:{reason.name}", 0) == units(str(coins))
    for hold_id, expected in naive.holds.items():
        row = books.rows[Hold, PLAYER, hold_id]
        assert (row.live, row.held) == (expected["open"], units(str(len(expected["coins"]))))
    captured = sum(row.captured for row in books.rows.values() if isinstance(row, Hold))
    assert captured == units(str(naive.house))
    books.assert_sound()


CREDITS = st.lists(st.one_of(AMOUNTS, st.just("sweep"), st.just("release"), st.just("bet")), max_size=15)


@settings(CALM, max_examples=60)
@given(held=st.lists(AMOUNTS, max_size=2), credited=CREDITS)
def test_r_hold_03_what_a_frozen_account_is_credited_stays_in_it(held, credited):
    books = Books(cash="30")
    for number, amount in enumerate(held):
        books.do(place(str(amount), f"h{number}"))
    books.do(freeze())
    total, lines = 30, 0
    for number, step in enumerate(credited):
        if step == "sweep":
            lines += 1
            books.do(sweep(due=lines))
        elif step == "release":
            books.do(release(f"h{number % 2}", key=f"r{number}"))
        elif step == "bet":
            assert books.do(play(bet(f"b{number}", "1"))).refusal is not None
        else:
            total += step
            books.do(play(promo(f"w{number}", str(step))))
        pockets = {row.account: row.amount for row in books.rows.values() if isinstance(row, Pocket)}
        assert sum(pockets.values()) == units(str(total))
        live = [row for row in books.rows.values() if isinstance(row, Hold) and row.live]
        for reason in HoldReason:
            assert pockets.get(f"HELD:{reason.name}", 0) == sum(row.held for row in live if row.reason is reason)
    books.do(sweep(due=99))
    assert books.cash == "0.00"
    assert answer(books.do(release("f1", key="lift"))) in {Outcome.APPLIED, Outcome.NOOP}
    assert books.rows[Hold, PLAYER, "f1"].state is State.RELEASED
    books.assert_sound()
