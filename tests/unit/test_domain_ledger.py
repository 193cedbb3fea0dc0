"""Ledger: postings by hand (P-22, R-LEDGER-01, R-LEDGER-05, R-LEDGER-14; E-61)."""

import pytest

from tests.support.domain import PLAYER, Books, answer, deposit, play, promo, rollback, units, withdrawal
from wallet_core.domain.accounts import ADJUSTMENTS, BANK, CASH, DEBT, FEES, IN_PLAY, STAKES, WINS, WRITE_OFF
from wallet_core.domain.commands import CreatePlayer, PostJournal
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import Entry
from wallet_core.domain.money import INT64_MAX


def post(*lines, player=PLAYER, key="j1", reason="goodwill"):
    """A posting of (account, amount) or (account, amount, currency)."""
    entries = tuple(
        (line[2] if len(line) > 2 else "EUR", Entry(line[0], line[1] if isinstance(line[1], int) else units(line[1])))
        for line in lines
    )
    return PostJournal(player, entries, reason, "ops", key)


GIFT = post((CASH, "5"), (ADJUSTMENTS, "-5"))


def test_p_22_a_posting_moves_what_it_says():
    books = Books(cash="20")
    decision = books.do(GIFT)
    assert answer(decision) is Outcome.APPLIED
    assert books.journal(decision.results[0].transaction_id) == [("CASH", "5.00"), ("ADJUSTMENTS", "-5.00")]
    assert decision.results[0].parts == ((CASH, units("5")),)
    assert books.cash == "25.00"
    books.assert_sound()


def test_e_61_entered_twice_is_once():
    books = Books(cash="20")
    first, again = books.do(GIFT), books.do(GIFT)
    assert again.replayed
    assert first.results[0].transaction_id == again.results[0].transaction_id
    assert books.cash == "25.00"
    assert answer(books.do(post((CASH, "6"), (ADJUSTMENTS, "-6")))) is Reason.CONFLICT
    assert answer(books.do(post((CASH, "5"), (ADJUSTMENTS, "-5"), reason="another"))) is Reason.CONFLICT


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (post((CASH, "5"), (ADJUSTMENTS, "-4")), Reason.INVALID_JOURNAL),
        (post((CASH, "5")), Reason.INVALID_JOURNAL),
        (post((CASH, "0"), (ADJUSTMENTS, "0")), Reason.INVALID_JOURNAL),  # was applied, and left no line
        (post((CASH, "5"), (ADJUSTMENTS, "-5", "USD")), Reason.INVALID_JOURNAL),
        (post((CASH, "5"), (IN_PLAY, "-5")), Reason.INVALID_JOURNAL),
        (post((CASH, "5"), (WINS, "-5")), Reason.INVALID_JOURNAL),
        (post((CASH, "5"), (STAKES, "-5")), Reason.INVALID_JOURNAL),
        (post((CASH, "5"), ("NOSTRO", "-5")), Reason.INVALID_JOURNAL),
        (post((CASH, "5"), (BANK, "-5"), player=""), Reason.INVALID_JOURNAL),
        (post((CASH, "5", "USD"), (BANK, "-5", "USD")), Reason.WRONG_CURRENCY),
        (post((CASH, "-20.01"), (FEES, "20.01")), Reason.INSUFFICIENT_FUNDS),
        (post((CASH, "-15"), (CASH, "-15"), (FEES, "30")), Reason.INSUFFICIENT_FUNDS),
        (post((CASH, "-21"), (FEES, "21"), (CASH, "21"), (FEES, "-21")), Reason.INSUFFICIENT_FUNDS),
        (post((DEBT, "1"), (WRITE_OFF, "-1")), Reason.INSUFFICIENT_FUNDS),
        (post((CASH, INT64_MAX), (BANK, -INT64_MAX)), Reason.INVALID_AMOUNT),
        (post((CASH, "5"), (BANK, "-5"), player="nobody"), Reason.PLAYER_UNKNOWN),
    ],
)
def test_what_cannot_be_posted_by_hand(command, reason):
    books = Books(cash="20")
    rows = dict(books.rows)
    assert answer(books.do(command)) is reason
    assert books.rows == rows


def test_house_accounts_need_no_player():
    books = Books()
    moved = post((BANK, "500"), (FEES, "-500"), player="")
    assert answer(books.do(moved)) is Outcome.APPLIED
    assert books.do(moved).replayed
    assert books.total(FEES) == "-500.00"


def test_p_21_debt_is_written_off_or_set_off():
    books = Books()
    books.do(play(promo("w0", "38")))
    books.do(withdrawal("38"))
    books.do(play(rollback("x0", "w0")))
    books.do(deposit("10", key="d2"))
    books.do(post((CASH, "-10"), (DEBT, "10")))
    assert (books.cash, books.debt) == ("0.00", "28.00")
    books.do(post((WRITE_OFF, "-28"), (DEBT, "28"), key="j2"))
    assert books.debt == "0.00"
    books.assert_sound()


def test_several_currencies_each_sum_to_zero():
    books = Books(players=())
    books.do(CreatePlayer(PLAYER, "operator", "brand", ("EUR", "USD")))
    lines = ((CASH, "5"), (ADJUSTMENTS, "-5"), (CASH, "7", "USD"), (ADJUSTMENTS, "-7", "USD"))
    decision = books.do(post(*lines))
    assert answer(decision) is Outcome.APPLIED
    assert (books.held().cash, books.held(currency="USD").cash) == (units("5"), units("7"))
    numbers = [line.number for line in books.lines if line.transaction_id == decision.results[0].transaction_id]
    assert numbers == [0, 1, 2, 3]
    books.assert_sound()
