"""Parts and wholes: splits that sum (I-05), and partial rollbacks that together undo a stake exactly (I-06)."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.property.lives import CALM
from tests.support.domain import PLAYER, Books, answer, bet, key_of, play, rollback, units, win
from tests.unit.test_domain_bonuses import granted
from wallet_core.domain.accounts import CASH
from wallet_core.domain.decision import Outcome
from wallet_core.domain.money import CURRENCIES, INT64_MAX, Precision, from_wire, split, to_wire
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.rounds import State
from wallet_core.domain.write_off import pro_rata, waterfall

AMOUNTS = st.integers(0, 10**15)
WEIGHTS = st.lists(AMOUNTS, min_size=1, max_size=6).filter(any)


@settings(CALM, max_examples=300)
@given(amount=AMOUNTS, weights=WEIGHTS, quantum=st.sampled_from([1, 100, 10_000]))
def test_a_split_sums_to_the_whole_and_each_part_is_within_a_unit_of_its_share(amount, weights, quantum):
    parts = split(amount, weights, quantum)
    step = quantum if amount % quantum == 0 else 1
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert part >= 0
        assert part % step == 0
        assert abs(part - Fraction(amount * weight, sum(weights))) < step


@settings(CALM, max_examples=200)
@given(
    amount=AMOUNTS,
    mix=st.dictionaries(st.sampled_from([CASH, "BONUS-1", "BONUS-2"]), st.integers(1, 10**12), min_size=1),
)
def test_a_win_is_split_over_the_pockets_that_staked(amount, mix):
    parts = dict(pro_rata(amount, tuple(mix.items()), 10_000))
    assert sum(parts.values()) == amount
    assert parts.keys() <= mix.keys()


@settings(CALM, max_examples=200)
@given(
    stake=st.integers(0, 10**9),
    held=st.lists(st.tuples(st.sampled_from([CASH, "BONUS-1"]), st.integers(0, 10**9)), max_size=2),
)
def test_a_waterfall_takes_the_stake_in_order_or_nothing(stake, held):
    mix = waterfall(stake, held)
    if mix is None:
        assert sum(amount for _, amount in held) < stake
    else:
        assert sum(amount for _, amount in mix) == stake
        assert [pocket for pocket, _ in mix[:-1]] == [pocket for pocket, amount in held if amount][: len(mix[:-1])]


@pytest.mark.parametrize("code", ["EUR", "JPY", "VND", "BTC", "ETH"])
@settings(CALM, max_examples=60)
@given(amount=st.integers(-INT64_MAX, INT64_MAX))
def test_wire_and_ledger_say_the_same(code, amount):
    assert from_wire(CURRENCIES[code], *to_wire(CURRENCIES[code], amount)) == amount


@pytest.mark.parametrize("code", ["EUR", "VND", "BTC"])
@settings(CALM, max_examples=60)
@given(units_=st.integers(-(10**9), 10**9), nanos=st.integers(0, 10**9 - 1))
def test_the_wire_is_read_exactly_or_refused(code, units_, nanos):
    currency, nanos = CURRENCIES[code], -nanos if units_ < 0 else nanos
    exact = (Fraction(units_) + Fraction(nanos, 10**9)) * currency.unit
    try:
        assert from_wire(currency, units_, nanos) == exact
    except Precision:
        assert exact.denominator > 1


@settings(CALM, max_examples=60)
@given(
    parts=st.lists(st.integers(1, 5_000_000), min_size=1, max_size=8),
    closed=st.booleans(),
    others=st.integers(0, 3),
)
def test_partial_rollbacks_totalling_the_stake_restore_it_exactly(parts, closed, others):
    books = Books(cash="100")
    for number in range(others):
        books.do(play(bet(f"other{number}", "1")))
    before = books.cash
    books.do(play(_in_units(bet("b1"), sum(parts)), close_round=closed))
    for number, part in enumerate(parts):
        books.do(play(_in_units(rollback(f"x{number}", "b1"), part)))
    assert books.cash == before
    assert books.transaction("b1").remaining == ()
    assert books.round().staked == units(str(others))
    assert books.round().state is (State.CANCELLED if not others else State.CLOSED if closed else State.OPEN)
    books.assert_sound()


@settings(CALM, max_examples=100)
@given(
    shares=st.lists(st.integers(1, 30_000), min_size=2, max_size=3),
    cuts=st.lists(st.integers(1, 60_000), max_size=5),
    coarse=st.booleans(),
    closed=st.booleans(),
)
def test_partial_rollbacks_restore_every_pocket_of_a_mixed_stake(shares, cuts, coarse, closed):
    """I-06, R-RB-03: in display units, and in ledger units, of which a pocket may hold fewer than a display unit."""
    books = Books()
    cash, *promised = shares
    row = Pocket(PLAYER, "EUR", CASH, cash, 1)
    books.rows[key_of(row)] = row
    for number, share in enumerate(promised):
        granted(books, Decimal(share) / CURRENCIES["EUR"].unit, str(number))
    stake = sum(shares)
    books.do(play(_in_units(bet("b1"), stake), close_round=closed))
    assert dict(books.transaction("b1").parts) == {
        CASH: -cash,
        **{f"BONUS:{number}": -share for number, share in enumerate(promised)},
    }
    for number, cut in enumerate(cuts):
        part = cut - cut % 10_000 if coarse and cut >= 10_000 else cut
        left = -sum(amount for _, amount in books.transaction("b1").remaining)
        if part < left:
            assert answer(books.do(play(_in_units(rollback(f"x{number}", "b1"), part)))) is Outcome.APPLIED
            assert all(amount < 0 for _, amount in books.transaction("b1").remaining)
    assert answer(books.do(play(rollback("rest", "b1")))) is Outcome.APPLIED
    assert books.held().cash == cash
    assert [books.rows[Pocket, PLAYER, "EUR", f"BONUS:{n}"].amount for n in range(len(promised))] == promised
    assert books.round().mix == ()


@settings(CALM, max_examples=60)
@given(parts=st.lists(st.integers(1, 5_000_000), min_size=1, max_size=8), spent=st.integers(0, 100))
def test_partial_rollbacks_totalling_a_win_take_it_exactly(parts, spent):
    books = Books(cash="100")
    books.do(play(_in_units(win("w1"), sum(parts))))
    if spent:
        books.do(play(bet("b1", str(spent)), round_id="other"))
    for number, part in enumerate(parts):
        books.do(play(_in_units(rollback(f"x{number}", "w1"), part)))
    held = books.held()
    assert held.cash - held.debt == units(str(100 - spent))
    assert books.total("WINS") == "0.00"
    books.assert_sound()


def _in_units(action, amount):
    return replace(action, amount=amount)
