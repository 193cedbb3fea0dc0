"""Sub-wallets: explicit transfers, and cash that is one sum to the outside (R-SUB-01..05)."""

import pytest
from msgspec.structs import replace

from tests.support.domain import PLAYER, Books, amount_of, answer, deposit, units
from wallet_core.domain.commands import SetStatus
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import Kind
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.pockets import PRODUCTS, Kept, Pocket, balances, cash_parts, why_not, withdrawable
from wallet_core.domain.subwallets import TRANSFERS, Transfer


def transfer(amount="10", source="CASH", target="CASH:SPORTS", key="t1", currency="EUR"):
    return Transfer(PLAYER, key, currency, units(amount), source, target)


def pockets(**amounts):
    names = {
        name.replace("_", ":", 1) if name.startswith(("CASH_", "BONUS_")) else name: amount
        for name, amount in amounts.items()
    }
    return {name: Pocket(PLAYER, "EUR", name, amount) for name, amount in names.items()}


def test_r_sub_02_a_transfer_is_a_journal_with_an_id_of_its_own():
    books = Books(cash="50")
    decision = books.do(transfer())
    assert books.journal(decision.results[0].transaction_id) == [("CASH", "-10.00"), ("CASH:SPORTS", "10.00")]
    head = books.transaction("t1", provider=TRANSFERS)
    assert (head.kind, head.amount) == (Kind.TRANSFER, units("10"))
    assert books.cash == amount_of(decision.now.cash) == "50.00"
    assert books.do(transfer()).replayed
    assert answer(books.do(transfer("11"))) is Reason.CONFLICT
    books.assert_sound()


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_product_may_have_a_sub_wallet_and_give_it_back(product):
    books = Books(cash="50")
    there = books.do(transfer("50", target=f"CASH:{product}"))
    back = books.do(transfer("20", source=f"CASH:{product}", target="CASH", key="t2"))
    assert [answer(there), answer(back)] == [Outcome.APPLIED] * 2
    assert (books.total("CASH"), books.total(f"CASH:{product}")) == ("20.00", "30.00")


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (transfer("0"), Reason.INVALID_AMOUNT),
        (transfer("-1"), Reason.INVALID_AMOUNT),
        (replace(transfer(), amount=INT64_MAX + 1), Reason.INVALID_AMOUNT),
        (transfer(target="CASH"), Reason.INVALID_REQUEST),
        (transfer(target="CASH:BINGO"), Reason.INVALID_REQUEST),
        (transfer(target="BONUS:1"), Reason.INVALID_REQUEST),
        (transfer(source="HELD:AML"), Reason.INVALID_REQUEST),
        (transfer(target="DEBT"), Reason.INVALID_REQUEST),
        (transfer(currency="USD"), Reason.WRONG_CURRENCY),
        (replace(transfer(), player_id="bob"), Reason.PLAYER_UNKNOWN),
    ],
)
def test_what_is_no_transfer_keeps_no_key(command, reason):
    books = Books(cash="50")
    rows = dict(books.rows)
    assert answer(books.do(command)) is reason
    assert books.rows == rows


def test_a_transfer_takes_only_what_its_source_has_and_a_refusal_stays():
    books = Books(cash="50")
    books.do(transfer("40"))
    assert answer(books.do(transfer("20", key="t2"))) is Reason.INSUFFICIENT_FUNDS
    books.do(transfer("40", "CASH:SPORTS", "CASH", key="t3"))
    assert books.do(transfer("20", key="t2")).replayed
    assert answer(books.do(transfer("20", key="t2"))) is Reason.INSUFFICIENT_FUNDS


def test_a_sub_wallet_holds_no_more_than_it_can():
    most = str(INT64_MAX // units("1"))
    books = Books()
    for number in range(2):
        books.do(deposit(most, key=f"d{number}"))
        answered = answer(books.do(transfer(most, key=f"t{number}")))
    assert answered is Reason.INVALID_AMOUNT


def test_a_blocked_player_moves_nothing():
    books = Books(cash="50")
    books.do(SetStatus(PLAYER, blocked=True, reason="asked", actor="ann", request_id="s1"))
    assert answer(books.do(transfer())) is Reason.PLAYER_BLOCKED


@pytest.mark.parametrize(
    ("held", "expect"),
    [
        (pockets(), (0, 0, 0, 0)),
        (pockets(CASH=5), (5, 5, 0, 0)),
        (pockets(CASH=5, DEBT=-2), (5, 5, 0, 2)),
        (pockets(DEBT=-2), (0, 0, 0, 2)),
        (pockets(CASH_SPORTS=7), (7, 7, 0, 0)),
        (pockets(CASH=5, CASH_SPORTS=7, CASH_POKER=1, DEBT=-2), (13, 13, 0, 2)),
        (pockets(CASH=5, BONUS_a=3, BONUS_b=4), (12, 5, 7, 0)),
        ({"CASH": Pocket(PLAYER, "EUR", "CASH", 5), "HELD:AML": Pocket(PLAYER, "EUR", "HELD:AML", 9)}, (5, 5, 0, 0)),
        ({"POINTS": Pocket(PLAYER, "PTS", "POINTS", 9)}, (0, 0, 0, 0)),
    ],
)
def test_balances_are_the_sums_of_their_families(held, expect):
    found = balances("EUR", held)
    assert (found.shown, found.cash, found.bonus, found.debt) == expect


@pytest.mark.parametrize(
    ("amount", "parts"),
    [
        (0, ()),
        (5, (("CASH", 5),)),
        (6, (("CASH", 5), ("CASH:SPORTS", 1))),
        (13, (("CASH", 5), ("CASH:SPORTS", 7), ("CASH:POKER", 1))),
        (14, None),
    ],
)
def test_r_sub_05_what_leaves_is_taken_in_the_posted_order(amount, parts):
    assert cash_parts(pockets(CASH_POKER=1, CASH_SPORTS=7, CASH=5, BONUS_a=9), amount) == parts


@pytest.mark.parametrize(
    ("amounts", "facts", "locks"),
    [
        ({"CASH": 5}, {}, []),
        ({"CASH": 5, "HELD:DISPUTE": 3, "HELD:AML": 0}, {}, [("DISPUTE", 3, "hold.dispute")]),
        ({"CASH": 5, "DEBT": -2}, {}, [("DEBT", 2, "lock.debt")]),
        ({"CASH": 5, "DEBT": -9}, {}, [("DEBT", 5, "lock.debt")]),
        ({"CASH": 5, "CASH:SPORTS": 4, "DEBT": -8}, {}, [("DEBT", 8, "lock.debt")]),
        ({"CASH": 5, "DEBT": -2}, {"shut": "FROZEN"}, [("FROZEN", 5, "lock.frozen")]),
        ({"CASH": 5, "HELD:REVIEW": 3}, {"shut": "REVIEW"}, [("REVIEW", 8, "hold.review")]),
        ({"CASH": 5, "DEBT": -2}, {"wagering": 4}, [("WAGERING", 4, "lock.wagering"), ("DEBT", 1, "lock.debt")]),
        ({"CASH": 5, "BONUS:a": 2, "BONUS:b": 1}, {}, [("BONUS", 3, "lock.bonus")]),
        ({}, {"shut": "FROZEN", "wagering": 4}, []),
    ],
)
def test_r_ux_01_why_it_is_not_withdrawable(amounts, facts, locks):
    kept = Kept(debt=-amounts.get("DEBT", 0), wagering=facts.get("wagering", 0))
    found = why_not(amounts, kept, shut=facts.get("shut", ""))
    assert [(lock.reason, lock.amount, lock.text) for lock in found] == locks
    held = {name: Pocket(PLAYER, "EUR", name, amount) for name, amount in amounts.items()}
    money = sum(amount for name, amount in amounts.items() if name != "DEBT")
    free = withdrawable(balances("EUR", held), kept, frozen="shut" in facts)
    assert free + sum(lock.amount for lock in found) == money
