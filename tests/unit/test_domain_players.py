"""Players: creation, status, brands (R-IDEM-09, R-STAT-01, R-CUR-01)."""

import pytest
from msgspec.structs import replace

from tests.support.domain import PLAYER, Books, answer, bet, deposit, play
from wallet_core.domain import players
from wallet_core.domain.commands import CreatePlayer, SetStatus
from wallet_core.domain.decision import Outcome, Reason, Refused
from wallet_core.domain.entries import Kind, Transaction
from wallet_core.domain.players import Status

ANN = CreatePlayer(PLAYER, "operator", "brand", ("EUR", "USD"), "MT")
BLOCK = SetStatus(PLAYER, blocked=True, reason="asked", actor="ops", request_id="1")


def test_a_player_is_created_once():
    books = Books(players=())
    first, again = books.do(ANN), books.do(ANN)
    assert (first.replayed, again.replayed) == (False, True)
    assert first.row == again.row == books.player()
    assert (first.row.status, first.row.version) == (Status.ACTIVE, 0)


@pytest.mark.parametrize(
    "facts", [{"operator_id": "x"}, {"brand_id": "x"}, {"currencies": ("EUR",)}, {"country": "DE"}]
)
def test_another_player_cannot_have_the_id(facts):
    books = Books(players=())
    books.do(ANN)
    assert books.do(replace(ANN, **facts)).refusal.reason is Reason.ALREADY_EXISTS


def test_r_stat_01_who_blocked_and_why_is_kept():
    books = Books(cash="20")
    decision = books.do(BLOCK)
    assert (answer(decision), decision.row.status) == (Outcome.NOOP, Status.BLOCKED)
    kept = next(row for row in books.rows.values() if isinstance(row, Transaction) and row.kind is Kind.NOTE)
    assert dict(kept.info) == {"blocked": "True", "reason": "asked", "actor": "ops"}
    assert answer(books.do(play(bet("b1")))) is Reason.PLAYER_BLOCKED
    assert answer(books.do(replace(BLOCK, blocked=False))) is Reason.CONFLICT
    books.do(replace(BLOCK, blocked=False, request_id="2"))
    assert answer(books.do(play(bet("b2")))) is Outcome.APPLIED
    assert books.do(BLOCK).replayed
    assert books.player().status is Status.ACTIVE


def test_r_idem_04_a_bet_refused_for_a_block_stays_refused():
    books = Books(cash="20")
    books.do(BLOCK)
    books.do(play(bet("b1")))
    books.do(replace(BLOCK, blocked=False, request_id="2"))
    assert answer(books.do(play(bet("b1")))) is Reason.PLAYER_BLOCKED


def test_nobody_has_no_status():
    assert answer(Books().do(replace(BLOCK, player_id="nobody"))) is Reason.PLAYER_UNKNOWN
    assert answer(Books().do(replace(BLOCK, player_id=""))) is Reason.PLAYER_UNKNOWN


@pytest.mark.parametrize(
    ("currencies", "asked", "found"),
    [
        (("EUR",), "", "EUR"),
        (("EUR",), "EUR", "EUR"),
        (("EUR", "USD"), "USD", "USD"),
        (("EUR",), "USD", None),
        (("EUR", "USD"), "", None),
        (("EUR", "USD"), "JPY", None),
    ],
)
def test_r_cur_02_the_wallet_that_is_meant(currencies, asked, found):
    books = Books(players=())
    player = books.do(replace(ANN, currencies=currencies)).row
    if found:
        assert players.wallet_currency(player, asked) == found
    else:
        with pytest.raises(Refused) as refused:
            players.wallet_currency(player, asked)
        assert refused.value.refusal.reason is Reason.WRONG_CURRENCY


def test_r_cur_01_wallets_of_two_currencies_are_two():
    books = Books(players=())
    books.do(ANN)
    books.do(deposit("20"))
    books.do(deposit("7", currency="USD", key="d2"))
    assert (books.held().cash, books.held(currency="USD").cash) == (20_000_000, 7_000_000)
    assert answer(books.do(play(bet("b1", "10"), currency="USD"))) is Reason.INSUFFICIENT_FUNDS
