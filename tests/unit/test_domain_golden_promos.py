"""The rulebook's worked cases of a bonus's life, as data (chapter 28): `golden.json`, in display units."""

import pytest
from msgspec.structs import replace

from tests.support.domain import PLAYER, Books, amount_of, bet, deposit, play, units, void, win
from tests.support.promos import BY_HAND, MATCH, BonusFirst, bonus_money, forfeit, grant, of, state, template
from tests.unit.test_domain_golden import facts
from wallet_core.domain.decision import Outcome
from wallet_core.domain.promos import Base, BonusTerms, OnWithdrawal, State
from wallet_core.domain.templates import Amounts
from wallet_core.domain.wagering import BPS
from wallet_core.domain.withdrawals import RequestWithdrawal

GIFT = "gift@1"


def granted(amount, cash="0", **terms):
    """Return books whose player was granted that much, on terms."""
    books = Books(cash=cash)
    table = (Amounts("EUR", fixed=units(amount)),)
    made = books.do(grant(template(replace(BY_HAND, amounts=table, terms=BonusTerms(**({"multiplier": 100} | terms))))))
    assert made.results[0].outcome is Outcome.APPLIED
    return books


def test_gc_wr_02_requirement_bases():
    given, expect = facts("GC-WR-02")
    found = []
    for base, multiplier in given["cases"]:
        books = Books()
        books.do(deposit(given["deposit"]))
        promotion = replace(MATCH, opt_in=False, terms=BonusTerms(base=Base[base], multiplier=multiplier))
        books.do(grant(template(promotion), deposit="d1"))
        assert bonus_money(books) == given["bonus"]
        found.append(amount_of(of(books, GIFT).requirement // BPS))
    assert found == expect


@pytest.mark.parametrize("case_id", ["GC-WR-07", "GC-WR-08"])
def test_a_conversion(case_id):
    given, expect = facts(case_id)
    books = granted(given["bonus"], sticky=given["sticky"])
    books.do(play(bet("b1", given["bonus"])))
    before = books.total("BONUS_ISSUED")
    books.do(play(win("w1", given["balance"]), close_round=True))
    row = of(books, GIFT)
    assert (row.state, books.cash, amount_of(row.converted)) == (State.CONVERTED, expect["to_cash"], expect["to_cash"])
    taken = units(books.total("BONUS_ISSUED")) - units(before)
    assert amount_of(taken - row.converted) == expect["removed"]
    books.assert_sound()


def test_gc_wr_10_incremental_release():
    given, expect = facts("GC-WR-10")
    books = granted(given["bonus"], multiplier=given["multiplier"], tranches=given["tranches"])
    first = BonusFirst()
    for number in range(given["rounds"]):
        stake, back = bet(f"b{number}", given["stake"]), win(f"w{number}", given["stake"])
        books.do(play(stake, back, round_id=f"r{number}", close_round=True, policies=first))
    row = of(books, GIFT)
    assert {
        "requirement": amount_of(row.requirement // BPS),
        "progress": amount_of(row.progress // BPS),
        "released": books.cash,
        "left": bonus_money(books),
    } == expect
    books.assert_sound()


def test_gc_wr_11_free_spin_winnings_become_a_bonus():
    given, expect = facts("GC-WR-11")
    books = granted(given["winnings"], multiplier=given["multiplier"], base=Base.WINNINGS)
    assert amount_of(of(books, GIFT).requirement // BPS) == expect


def test_gc_wd_04_a_withdrawal_that_forfeits():
    given, expect = facts("GC-WD-04")
    books = granted(given["bonus"], given["cash"], on_withdrawal=OnWithdrawal.FORFEIT)
    made = books.do(RequestWithdrawal(PLAYER, "w1", "EUR", units(given["withdraw"]), confirmed=True))
    lines = dict(books.journal(made.results[0].transaction_id))
    assert {
        "cash": books.cash,
        "hold": lines["HELD:WITHDRAWAL"],
        "bonus": bonus_money(books),
        "forfeited": lines["BONUS_ISSUED"],
    } == expect
    assert state(books, GIFT) is State.FORFEITED
    books.assert_sound()


@pytest.mark.parametrize("keep", [False, True], ids=["cancel and refund", "keep and settle"])
def test_gc_st_03_an_open_bet_at_exclusion(keep):
    given, expect = facts("GC-ST-03")
    books = granted(given["bonus"], given["cash"])
    books.do(play(bet("b1", amount_of(units(given["cash"]) + units(given["bonus"])))))
    assert (books.cash, bonus_money(books)) == ("0.00", "0.00")
    if not keep:
        books.do(forfeit(GIFT))
        books.do(void())
    assert {
        "cash_refund": books.cash,
        "bonus_forfeit": amount_of(units(given["bonus"]) + units(books.total("BONUS_ISSUED"))),
        "round": books.round().state.name,
    } == expect[keep]
    books.assert_sound()
