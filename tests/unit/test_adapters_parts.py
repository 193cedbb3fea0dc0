"""What moved, by kind of money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wallet.v1.common_pb2 import Money, PocketAmount
from wallet.v1.wallet_pb2 import ActionResult

from adapters import parts, subunits

MOST = 10**18


def nanos(amount):
    return subunits.whole(amount, 9)


def result(**amounts):
    return of((pocket.replace("_", ":"), amount) for pocket, amount in amounts.items())


def of(amounts):
    found = [PocketAmount(pocket=pocket, amount=subunits.parse(amount, "EUR", 9)) for pocket, amount in amounts]
    return ActionResult(parts=found)


@pytest.mark.parametrize(
    ("moved", "cash", "bonus"),
    [
        ([], 0, 0),
        ([result()], 0, 0),
        ([result(CASH=-5)], 5, 0),
        ([result(CASH=-5, BONUS_b1=-3, BONUS_b2=-4)], 5, 7),
        ([result(CASH=5, CASH_SPORTS=2, BONUS_b1=1)], 7, 1),
        # What stands for no pocket of his, and what is held, is neither.
        ([result(LAPSED=9, REFUNDED=9, HELD_DISPUTE=9, DEBT=9, BONUS_b1=1)], 0, 1),
        # No family begins as another one does.
        ([result(BONUSES=9, CASHBACK=9, POINTS=9)], 0, 0),
        ([result(CASH=-10), result(CASH=4, BONUS_b1=1_500_000_000)], 6, 1_500_000_000),
    ],
)
def test_cash_and_bonus_money_are_told_without_a_sign(moved, cash, bonus):
    assert (nanos(parts.cash(moved)), nanos(parts.bonus(moved))) == (cash, bonus)


def test_an_amount_has_the_currency_of_its_parts():
    assert parts.cash([result(CASH=-5)]) == Money(currency_code="EUR", nanos=5)


POCKETS = st.sampled_from(["CASH", "CASH:LIVE", "BONUS:1", "BONUS:2", "DEBT", "HELD:REVIEW", "LAPSED", "REFUNDED", "?"])


@given(st.lists(st.tuples(POCKETS, st.integers(-MOST, MOST)), max_size=9))
def test_the_kinds_sum_to_the_parts_and_are_no_pockets(amounts):
    kinds = parts.by_kind(of(amounts).parts)

    assert sum(map(nanos, kinds.values())) == sum(amount for _, amount in amounts)
    assert set(kinds) <= {"CASH", "BONUS", "DEBT", "OTHER"}
