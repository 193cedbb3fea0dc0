"""Leaving: debts, and cash that wagering locks, by policy (R-DEBT-03, R-DEBT-04, R-BONUS-09, R-FUND-16)."""

import pytest
from msgspec.structs import replace

from tests.support.domain import PLAYER, Books, answer, bet, deposit, play, promo, rollback, units, withdrawal
from tests.support.players import exclude
from tests.support.policies import ALLOWING, policies
from tests.support.promos import MATCH, claim, forfeit, freeze, grant, of, offer, state, template
from wallet_core.domain.commands import Terms
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.layers import Setting
from wallet_core.domain.leaving import kept
from wallet_core.domain.pockets import Kept
from wallet_core.domain.policies import Policies
from wallet_core.domain.policy_keys import Layer
from wallet_core.domain.promos import Base, Bonus, OnWithdrawal, State
from wallet_core.domain.withdrawals import RequestWithdrawal

CONFIGURED = Terms(debt_recovery_win=50, debt_recovery_deposit=50)


def brand(key, value, **more):
    return Setting(key, Layer.BRAND, "brand", value, **more)


LOCK = brand("wagering_lock", "true")
FREE = Setting("own_money.free", Layer.LICENCE, "*", "true", clause="licence 7.2")


def owing(amount="50", cash="0"):
    """Books whose player owes an amount."""
    books = Books()
    books.do(play(promo("w0", amount)))
    books.do(withdrawal(amount, key="w0"))
    books.do(play(rollback("x0", "w0")))
    books.do(replace(deposit(cash, key="d0"), policies=policies(brand("debt.recovery_deposit", "0")))) if cash else None
    assert books.debt == f"{amount}.00"
    return books


# Debts.


@pytest.mark.parametrize(
    ("published", "back"),
    [((), "10.00"), (("0",), "0.00"), (("100",), "20.00"), (("33",), "6.60")],
    ids=["as configured", "none", "all", "a third"],
)
def test_how_much_of_a_credit_pays_a_debt_back(published, back):
    """R-DEBT-03: what nobody has published, the core's settings say."""
    for key, command in (
        ("debt.recovery_win", replace(play(promo("w1", "20")), terms=CONFIGURED)),
        ("debt.recovery_deposit", replace(deposit("20"), terms=CONFIGURED)),
    ):
        books = owing()
        says = policies(*(brand(key, value) for value in published))
        assert answer(books.do(replace(command, policies=says))) is Outcome.APPLIED
        assert units(books.debt) == units("50") - units(back)
        assert units(books.cash) == units("20") - units(back)
        books.assert_sound()


def test_the_stricter_percentage_of_two_layers_holds():
    """R-CFG-02: less is taken."""
    law = Setting("debt.recovery_win", Layer.LICENCE, "*", "30", clause="order 5")
    books = owing()
    books.do(
        replace(play(promo("w1", "20")), terms=CONFIGURED, policies=policies(law, brand("debt.recovery_win", "10")))
    )
    assert books.debt == "48.00"


@pytest.mark.parametrize("two_steps", [False, True], ids=["at once", "in two steps"])
def test_whether_a_debt_stops_withdrawals(two_steps):
    """R-DEBT-04."""
    for says, expected in ((Policies(), "0.00"), (policies(brand("debt.blocks_withdrawal", "false")), "20.00")):
        books = owing(cash="20")
        assert books.withdrawable(says) == expected
        found = answer(books.do(leaving("20", two_steps, says)))
        assert found is (Reason.INSUFFICIENT_FUNDS if expected == "0.00" else Outcome.APPLIED)


def leaving(amount, two_steps, says):
    if two_steps:
        return RequestWithdrawal(PLAYER, "w9", "EUR", units(amount), policies=says)
    return replace(withdrawal(amount, key="w9"), policies=says)


def test_whether_a_debt_stops_grants():
    """R-BONUS-09."""
    assert answer(owing().do(grant(template()))) is Reason.BONUS_NOT_ELIGIBLE
    pays = policies(brand("debt.blocks_bonus", "false"))
    assert answer(owing().do(grant(template(), policies=pays))) is Outcome.APPLIED


def test_nobody_is_asked_about_who_owes_nothing():
    """A plain win, deposit or withdrawal asks nothing of policies."""

    class Deaf(Policies, frozen=True):
        def standing(self, key, context, version):
            raise AssertionError(key.name)

    books = Books(cash="10")
    books.do(replace(deposit("1"), policies=Deaf()))
    books.do(replace(withdrawal("1"), policies=Deaf()))
    books.do(play(bet("b1", "1"), promo("w1", "1"), policies=Deaf()))
    assert books.cash == "10.00"


# What wagering locks.


def locked(says, **changes):
    """Books of a player who has deposited 100 and got a bonus of 100, to be wagered with the deposit."""
    wanted = {"base": Base.DEPOSIT_PLUS_BONUS, "multiplier": 100, "on_withdrawal": OnWithdrawal.KEEP, **changes}
    promotion = replace(MATCH, terms=replace(MATCH.terms, **wanted))
    books = Books(cash="30")
    books.do(deposit("100"))
    books.do(offer(template(promotion)))
    assert answer(books.do(claim(template(promotion), deposit="d1"))) is Outcome.APPLIED
    return books, books.withdrawable(says)


@pytest.mark.parametrize(
    ("settings", "changes", "expected"),
    [
        ((), {}, "130.00"),
        ((LOCK,), {}, "30.00"),
        ((LOCK,), {"base": Base.BONUS}, "130.00"),
        ((LOCK, FREE), {}, "130.00"),
        ((brand("wagering_lock", "false"),), {}, "130.00"),
        ((LOCK, Setting("wagering_lock", Layer.PRODUCT, "brand/CASINO", "false")), {"products": ("CASINO",)}, "130.00"),
        ((LOCK, Setting("wagering_lock", Layer.PRODUCT, "brand/LIVE", "false")), {"products": ("CASINO",)}, "30.00"),
        ((Setting("wagering_lock", Layer.PRODUCT, "CASINO", "true"),), {"products": ("CASINO",)}, "30.00"),
        ((Setting("wagering_lock", Layer.PRODUCT, "CASINO", "true"),), {"products": ("CASINO", "LIVE")}, "130.00"),
    ],
)
@pytest.mark.parametrize("two_steps", [False, True], ids=["at once", "in two steps"])
def test_a_deposit_that_is_to_be_wagered_stays(settings, changes, expected, two_steps):
    """R-FUND-16."""
    says = policies(*settings)
    books, free = locked(says, **changes)
    assert free == expected
    more = str(units(expected) / 1_000_000 + 0.01)
    assert answer(books.do(leaving(more, two_steps, says))) is Reason.INSUFFICIENT_FUNDS
    command = leaving(expected, two_steps, says)
    command = replace(command, withdrawal_id="w8") if two_steps else replace(command, request_id="w8")
    assert answer(books.do(command)) is Outcome.APPLIED


def test_what_is_locked_is_at_most_the_cash_there_is():
    says = policies(LOCK)
    books, _ = locked(says, multiplier=10_000)
    books.do(play(bet("b1", "120"), policies=ALLOWING))
    assert (books.cash, books.withdrawable(says)) == ("10.00", "0.00")
    bonuses = [row for row in books.rows.values() if isinstance(row, Bonus)]
    assert kept(says, books.player(), books.held(), bonuses) == Kept(wagering=units("10"))


def test_it_is_free_once_wagering_is_met_or_the_bonus_is_given_up():
    says = policies(LOCK)
    books, _ = locked(says)
    bonus = of(books, "gift@1")
    met = replace(bonus, state=State.FROZEN, progress=bonus.requirement)  # else it would have been converted by then
    assert kept(says, books.player(), books.held(), [met]) == Kept()
    books.do(forfeit("gift@1"))
    assert (state(books, "gift@1"), books.withdrawable(says)) == (State.FORFEITED, "130.00")


def test_r_rg_25_nothing_is_locked_for_who_may_wager_no_more():
    says = policies(LOCK)
    books, before = locked(says)
    books.do(freeze("gift@1"))
    books.do(exclude())
    assert (before, books.withdrawable(says), state(books, "gift@1")) == ("30.00", "130.00", State.FROZEN)
    assert answer(books.do(replace(withdrawal("130", key="w9"), policies=says))) is Outcome.APPLIED
