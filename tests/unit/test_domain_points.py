"""Points: rulebook 6.5 R-PTS, and R-CUR-04."""

import pytest

from tests.support.domain import PLAYER, Books, answer, bet, play, units
from tests.support.promotions import adjust, lots, price, redeem
from tests.unit.test_domain_golden import facts
from wallet_core.domain.commands import CreatePlayer, SetStatus
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import Entry
from wallet_core.domain.layers import Setting
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.points import NO_POINTS, POINT, PointsRate, earned, entries_earned, entries_lost
from wallet_core.domain.policies import Policies
from wallet_core.domain.policy_keys import Layer
from wallet_core.domain.publications import Publication

QUANTUM = CURRENCIES["EUR"].quantum
RATE = PointsRate(points=POINT, per=1_000)
"""A point for 10.00."""


def held(books):
    """What the player has, and owes, in 10,000ths of a point."""
    found = [books.rows.get((Pocket, PLAYER, "PTS", account)) for account in ("POINTS", "DEBT")]
    return tuple(row.amount if row else 0 for row in found)


def with_points(points, **more):
    books = Books(**more)
    if points:
        books.do(adjust(points, "first"))
    books.do(price())
    return books


def test_gc_pt_01_points_accrue_in_ten_thousandths():
    given, expect = facts("GC-PT-01")
    rate = PointsRate(points=POINT, per=units(given["per"]) // QUANTUM)
    assert earned(units(given["stake"]), QUANTUM, rate) == expect


def test_what_earns_nothing():
    assert earned(units("1000"), QUANTUM, NO_POINTS) == 0
    assert earned(0, QUANTUM, RATE) == 0
    assert earned(units("0.00999"), QUANTUM, RATE) == 9  # below a 10,000th: nothing


def test_a_rollback_takes_away_just_what_its_stake_had_brought():
    stakes = [units("3.33"), units("0.07"), units("10")]
    before, after = sum(stakes), sum(stakes[:2])
    gone = earned(before, QUANTUM, RATE) - earned(after, QUANTUM, RATE)
    assert earned(before, QUANTUM, RATE) - gone == earned(after, QUANTUM, RATE)


def test_points_come_in_and_pay_back_what_is_owed_first():
    assert entries_earned(0) == ()
    assert entries_earned(7) == (Entry("POINTS", 7), Entry("POINTS_ISSUED", -7))
    assert entries_earned(7, 3) == (Entry("POINTS", 4), Entry("DEBT", 3), Entry("POINTS_ISSUED", -7))
    assert entries_earned(7, 9) == (Entry("DEBT", 7), Entry("POINTS_ISSUED", -7))


def test_points_that_are_not_there_any_more_are_owed():
    assert entries_lost(0, 5) == ()
    assert entries_lost(5, 5) == (Entry("POINTS", -5), Entry("POINTS_ISSUED", 5))
    assert entries_lost(7, 5) == (Entry("POINTS", -5), Entry("DEBT", -2), Entry("POINTS_ISSUED", 7))


def test_what_is_owed_is_recovered_from_points_to_come_and_from_nothing_else():
    books = with_points(5 * POINT, cash="10")
    assert answer(books.do(adjust(-8 * POINT, "p2"))) is Outcome.APPLIED
    assert (held(books), books.cash, books.debt) == ((0, -3 * POINT), "10.00", "0.00")
    books.do(adjust(2 * POINT, "p3"))
    assert held(books) == (0, -POINT)
    books.do(adjust(2 * POINT, "p4"))
    assert held(books) == (POINT, 0)
    books.assert_sound()


def test_redemption_is_one_exchange_of_whole_points_for_cash():
    books = with_points(250 * POINT + 9_999)
    redeemed = books.do(redeem(250, "2.50"))
    assert answer(redeemed) is Outcome.APPLIED
    assert held(books) == (9_999, 0)
    assert books.cash == "2.50"
    lines = [line for line in books.lines if line.transaction_id == redeemed.results[0].transaction_id]
    assert [(line.currency, line.account, line.amount, line.number) for line in lines] == [
        ("PTS", "POINTS", -250 * POINT, 0),
        ("PTS", "POINTS_ISSUED", 250 * POINT, 1),
        ("EUR", "CASH", units("2.50"), 2),
        ("EUR", "BONUS_COST", -units("2.50"), 3),
    ]
    assert books.do(redeem(250, "2.50")).replayed
    assert answer(books.do(redeem(200, "2"))) is Reason.CONFLICT
    books.assert_sound()


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (redeem(251, "2.51"), Reason.INSUFFICIENT_FUNDS),  # 250.9999 are there
        (redeem(250, "2.51"), Reason.INVALID_AMOUNT),
        (redeem(0, "0"), Reason.INVALID_AMOUNT),
        (redeem(-100, "-1"), Reason.INVALID_AMOUNT),
        (redeem(10**15, "1"), Reason.INVALID_AMOUNT),
        (redeem(100, "1", version=2), Reason.RATE_UNAVAILABLE),
        (redeem(100, "1", currency="USD"), Reason.WRONG_CURRENCY),
        (redeem(100, "1", currency="PTS"), Reason.WRONG_CURRENCY),
    ],
)
def test_a_redemption_that_is_refused(command, reason):
    books = with_points(250 * POINT + 9_999)
    lines = len(books.lines)
    assert answer(books.do(command)) is reason
    assert len(books.lines) == lines


def test_points_are_not_redeemed_at_a_price_the_player_has_not_seen():
    books = with_points(250 * POINT)
    books.do(price(100, "0.50", 2))
    assert answer(books.do(redeem(200, "2"))) is Reason.QUOTE_EXPIRED
    assert answer(books.do(redeem(200, "1", 2, key="x2"))) is Outcome.APPLIED
    assert books.cash == "1.00"


def test_too_few_points_for_the_smallest_coin():
    books = with_points(250 * POINT)
    books.do(price(1_000, "1", 2))
    assert answer(books.do(redeem(9, "0", 2))) is Reason.BELOW_MINIMUM
    books.do(price(1, "0", 3))  # they buy nothing any more
    assert answer(books.do(redeem(9, "0", 3))) is Reason.RATE_UNAVAILABLE


def test_a_blocked_player_redeems_nothing():
    books = with_points(250 * POINT)
    books.do(SetStatus(PLAYER, blocked=True, reason="r", actor="ops", request_id="s1"))
    assert answer(books.do(redeem(100, "1"))) is Reason.PLAYER_BLOCKED


def test_prices_are_numbered_without_gaps_and_never_change():
    books = Books()
    assert answer(books.do(price(version=2))) is Reason.RATE_UNAVAILABLE
    assert answer(books.do(price())) is Outcome.NOOP
    assert books.do(price()).replayed
    again = price(50)
    again = type(again)(**{name: getattr(again, name) for name in again.__struct_fields__} | {"request_id": "other"})
    assert answer(books.do(again)) is Reason.ALREADY_EXISTS
    assert answer(books.do(price(version=0))) is Reason.INVALID_REQUEST
    assert answer(books.do(price(0, version=2))) is Reason.INVALID_REQUEST
    assert answer(books.do(price(1, "-1", version=2))) is Reason.INVALID_AMOUNT
    assert answer(books.do(price(currency="PTS"))) is Reason.UNKNOWN_CURRENCY


def test_the_oldest_points_are_spent_first_and_the_rest_of_the_old_expires():
    books = with_points(0)
    books.do(adjust(30 * POINT, "old"))
    cut = books.at + 1
    books.do(adjust(40 * POINT, "new"))
    books.do(redeem(20, "0.20"))  # of the old
    books.do(adjust(-5 * POINT, "lost"))  # of the old, too
    assert answer(books.do(lots(books, cut))) is Outcome.APPLIED
    assert held(books) == (40 * POINT, 0)
    assert books.do(lots(books, cut)).replayed
    books.assert_sound()


def test_points_that_were_all_spent_do_not_expire():
    books = with_points(30 * POINT)
    cut = books.at + 1
    books.do(adjust(40 * POINT, "new"))
    books.do(redeem(50, "0.50"))
    assert answer(books.do(lots(books, cut))) is Outcome.NOOP
    assert held(books) == (20 * POINT, 0)


def test_an_expiry_that_was_overtaken_is_asked_for_again():
    books = with_points(30 * POINT)
    cut = books.at + 1
    stale = lots(books, cut)
    books.do(redeem(20, "0.20"))
    assert answer(books.do(stale)) is Reason.IN_PROGRESS
    assert answer(books.do(lots(books, cut))) is Outcome.APPLIED
    assert held(books) == (0, 0)
    assert answer(books.do(lots(books, books.at + 10**9))) is Reason.INVALID_REQUEST


@pytest.mark.parametrize("points", [0, 2**63, -(2**63)])
def test_points_by_hand_that_cannot_be_counted(points):
    books = with_points(POINT)
    assert answer(books.do(adjust(points))) is Reason.INVALID_AMOUNT


def test_points_are_no_wallet_and_no_money():
    books = with_points(POINT)
    assert books.held().cash == 0
    assert books.held(currency="PTS").cash == 0
    stranger = redeem(1, "0.01")
    books.do(CreatePlayer("bob", "operator", "brand", ("EUR",)))
    theirs = type(stranger)("bob", "x9", 1, "EUR", units("0.01"), 1)
    assert answer(books.do(theirs)) is Reason.INSUFFICIENT_FUNDS


def test_r_pts_01_one_unit_of_any_currency_earned_the_same():
    settings = (
        Setting("points.rate", Layer.BRAND, "brand", "100", of="EUR"),
        Setting("points.rate", Layer.BRAND, "brand", "7", of="USD"),
        Setting("points.rate", Layer.BRAND, "brand", "99"),  # as of before rates had a currency: of none
    )
    policies = Policies.built([Publication("", 1, "d", "ann", "bob", "", settings, 0, 0)], 1)

    def rates():
        return [policies.points_rate("brand", "acme", "slot", code, 1) for code in ("EUR", "USD", "IDR")]

    assert rates() == [100, 7, 0]
    assert rates() == [100, 7, 0]  # remembered each by itself
    books = Books(cash="10")
    books.do(play(bet("b1", "5"), close_round=True, policies=policies))
    assert books.rows[Pocket, PLAYER, "PTS", "POINTS"].amount == 500 * 100
    books.assert_sound()
