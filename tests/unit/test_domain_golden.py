"""The rulebook's worked cases that need no bonus, as data (chapter 28): `golden.json`, in display units."""

import json
from pathlib import Path

import pytest

from tests.support.domain import (
    Books,
    amend,
    amount_of,
    answer,
    bet,
    deposit,
    play,
    promo,
    rollback,
    units,
    win,
    withdrawal,
)
from tests.support.players import exclude
from wallet_core.domain.commands import Terms
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.profiles import LateOriginal, Profile
from wallet_core.domain.write_off import pro_rata

CASES = {case["id"]: case for case in json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))}


def facts(case_id):
    case = CASES[case_id]
    return case["given"], case["expect"]


def said(decision):
    answered = answer(decision)
    return answered.name, decision.replayed, amount_of(decision.now.cash)


@pytest.mark.parametrize("case_id", ["GC-FUND-02", "GC-FUND-03", "GC-FUND-04"])
def test_a_win_is_split_by_what_paid_the_round(case_id):
    given, expect = facts(case_id)
    mix = tuple((pocket, units(part)) for pocket, part in given["mix"].items())
    parts = dict(pro_rata(units(given["win"]), mix, CURRENCIES["EUR"].quantum))
    assert {pocket: amount_of(parts.get(pocket, 0)) for pocket in expect} == expect


def _owing(won, left):
    """Return books whose player won, and has `left` of it when the win is reversed."""
    books = Books(cash="0")
    books.do(play(promo("w1", won)))
    books.do(withdrawal(amount_of(units(won) - units(left))))
    assert books.cash == left
    return books, books.do(play(rollback("x1", "w1")))


@pytest.mark.parametrize(("case_id", "won", "left"), [("GC-RB-07", "reverse", "cash"), ("GC-SB-01", "return", "left")])
def test_a_win_reversed_after_the_money_left_is_debt(case_id, won, left):
    given, expect = facts(case_id)
    books, reversed_ = _owing(given[won], given[left])
    assert (books.cash, books.debt) == (expect["cash"], expect["debt"])
    assert dict(reversed_.results[0].parts) == {"CASH": -units(expect["taken"]), "DEBT": -units(expect["debt"])}
    books.assert_sound()


def test_gc_sb_01_resettled_by_an_amendment():
    given, expect = facts("GC-SB-01")
    books = Books()
    books.do(play(promo("w1", given["return"])))
    books.do(withdrawal(amount_of(units(given["return"]) - units(given["left"]))))
    books.do(play(amend("a1", "w1", "0")))
    assert (books.cash, books.debt) == (expect["cash"], expect["debt"])


def test_gc_rb_09_debt_is_recovered_from_wins_not_from_deposits():
    given, expect = facts("GC-RB-09")
    books, _ = _owing(given["debt"], "0.00")
    assert (books.cash, books.debt) == ("0.00", given["debt"])
    books.do(play(promo("w2", given["win"]), terms=Terms(debt_recovery_win=100)))
    assert {"cash": books.cash, "debt": books.debt} == expect["after_win"]
    books.do(deposit(given["deposit"], percent=0))
    assert {"cash": books.cash, "debt": books.debt} == expect["after_deposit"]
    assert books.withdrawable() == expect["withdrawable"]
    books.assert_sound()


def test_gc_rb_01_a_rollback_is_the_inverse_of_the_stake():
    given, expect = facts("GC-RB-01")
    books = Books(cash=given["cash"])
    books.do(play(bet("b1", given["bet"])))
    undone = books.do(play(rollback("x1", "b1")))
    assert books.cash == expect["cash"]
    assert books.journal(undone.results[0].transaction_id) == [tuple(line) for line in expect["lines"]]


def test_gc_pv_01_rollback_before_bet():
    given, expect = facts("GC-PV-01")
    books = Books(cash=given["cash"])
    lines, noop = len(books.lines), Profile(late_original=LateOriginal.NOOP)
    told = [rollback("x1", "b1"), bet("b1", given["bet"]), rollback("x1", "b1")]
    steps = [list(said(books.do(play(action, profile=noop)))) for action in told]
    assert steps == expect["steps"]
    assert len(books.lines) - lines == expect["journals"]


def test_gc_pv_03_duplicate_and_conflicting_duplicate():
    given, expect = facts("GC-PV-03")
    books = Books(cash=given["cash"])
    lines = len(books.lines)
    steps = [list(said(books.do(play(bet("b1", amount))))) for amount in given["bets"]]
    assert steps == expect["steps"]
    assert len({line.transaction_id for line in books.lines[lines:]}) == expect["journals"]


def test_gc_pv_05_a_refusal_is_sticky_for_its_id():
    given, expect = facts("GC-PV-05")
    books = Books(cash=given["cash"])
    told = [play(bet("b1", given["bet"])), None, play(bet("b2", given["bet"]))]
    steps = []
    for command in told:
        if command is None:
            books.do(deposit(given["deposit"]))
            command = told[0]  # noqa: PLW2901  the retry
        outcome, _, cash = said(books.do(command))
        steps.append([outcome, cash])
    assert steps == expect["steps"]


def test_gc_hd_01_two_withdrawals_race():
    given, expect = facts("GC-HD-01")
    books = Books(cash=given["cash"])
    race = [withdrawal(amount, key=f"w{number}") for number, amount in enumerate(given["withdrawals"])]
    assert [answer(decision).name for decision in books.do_batch(race)] == expect["answers"]
    assert books.cash == expect["cash"]
    assert amount_of(units(given["cash"]) - units(books.cash)) == expect["paid"]


def test_gc_st_01_an_excluded_player_stakes_nothing_and_is_credited():
    given, expect = facts("GC-ST-01")
    books = Books(cash="100")
    for key in ("open", "undone"):
        books.do(play(bet(key, given["open"]), round_id=key))
    books.do(exclude())
    steps = []
    for action, round_id in (
        (bet("b1", given["bet"]), "new"),
        (bet("b2", given["in_round"]), "open"),
        (win("w1", given["win"]), "open"),
        (rollback("x1", "undone", given["rollback"]), "undone"),
    ):
        before = units(books.cash)
        outcome, _, cash = said(books.do(play(action, round_id=round_id)))
        steps.append([outcome, amount_of(units(cash) - before)])
    assert steps == expect
    books.assert_sound()


def test_every_case_is_run():
    files = Path(__file__).parent.glob("test_domain_*.py")
    source = "".join(file.read_text(encoding="utf-8") for file in files).lower()
    assert all(case_id.lower() in source or case_id.lower().replace("-", "_") in source for case_id in CASES)
