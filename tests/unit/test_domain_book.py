"""The book: what was not asked for cannot be read, what does not balance is not posted (laws 2, 4; R-LEDGER-01..05)."""

import pytest
from msgspec.structs import replace

from tests.support.domain import PLAYER, Books, bet, play, units
from wallet_core.domain.accounts import (
    ACCOUNTS,
    BONUS,
    CASH,
    DEBT,
    HELD,
    IN_PLAY,
    IN_PLAY_BONUS,
    POINTS,
    STAKES,
    SUSPENSE,
    WINS,
    Guard,
)
from wallet_core.domain.book import Book, Needs, NotLoaded, Unbalanced
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import Entry, digest, transaction_id
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.players import Player

TRANSACTION = b"t" * 16


def _book(*, cash="20", round_=False):
    books = Books(cash=cash)
    if round_:
        books.do(play(bet("b1")))
    wanted = Needs({PLAYER}, {(PLAYER, b"s")}, {(PLAYER, b"k")}, {(PLAYER, "acme", "r1")})
    return Book(wanted, books.rows.values())


def _post(book, *entries, round_=None):
    return book.post(PLAYER, TRANSACTION, "EUR", entries, round_=round_)


@pytest.mark.parametrize(
    "read",
    [
        lambda book: book.player("bob"),
        lambda book: book.session(PLAYER, b"other"),
        lambda book: book.transaction(PLAYER, b"other"),
        lambda book: book.transaction("", b"k"),
        lambda book: book.round(PLAYER, "acme", "r2"),
        lambda book: book.round(PLAYER, "other", "r1"),
        lambda book: book.pockets("bob", "EUR"),
    ],
    ids=["player", "session", "transaction", "tombstone", "round", "another's round", "pockets"],
)
def test_not_loaded_is_never_not_there(read):
    with pytest.raises(NotLoaded, match="not asked for"):
        read(_book())


def test_asked_for_and_not_there_is_none():
    book = _book()
    assert book.session(PLAYER, b"s") is book.transaction(PLAYER, b"k") is book.round(PLAYER, "acme", "r1") is None
    assert book.pockets(PLAYER, "USD") == {}


@pytest.mark.parametrize(
    "entries",
    [
        (Entry(CASH, 1),),
        (Entry(CASH, 5), Entry(WINS, -4)),
        (Entry(CASH, -units("20.01")), Entry(STAKES, units("20.01"))),
        (Entry(DEBT, 1), Entry(CASH, -1)),
        (Entry(IN_PLAY, 1), Entry(CASH, -1)),
    ],
    ids=["one line", "uneven", "below zero", "debt above zero", "in play without a round"],
)
def test_what_cannot_be_posted(entries):
    with pytest.raises(Unbalanced):
        _post(_book(), *entries)


def test_what_no_pocket_can_hold_is_refused():
    """R-MONEY-05: it was a fault of ours, answered INTERNAL."""
    book = _book()
    with pytest.raises(Refused) as caught:
        _post(book, Entry(CASH, INT64_MAX), Entry(WINS, -INT64_MAX))
    assert caught.value.refusal.reason is Reason.INVALID_AMOUNT


def test_a_round_cannot_give_more_than_it_holds():
    book = _book(round_=True)
    with pytest.raises(Unbalanced):
        _post(
            book, Entry(IN_PLAY, -units("10.01")), Entry(CASH, units("10.01")), round_=book.round(PLAYER, "acme", "r1")
        )


def test_r_ledger_04_lines_carry_sequence_and_balance():
    book = _book()
    after = _post(book, Entry(CASH, -5), Entry(SUSPENSE, 0), Entry(WINS, 5), Entry(CASH, 3), Entry(WINS, -3))
    assert after == 4
    assert [(line.number, line.account, line.amount, line.sequence, line.balance_after) for line in book.lines] == [
        (0, CASH, -5, 2, units("20") - 5),
        (1, WINS, 5, None, None),
        (2, CASH, 3, 3, units("20") - 2),
        (3, WINS, -3, None, None),
    ]


def test_undo_leaves_nothing():
    book = _book()
    before, mark = book.pockets(PLAYER, "EUR")[CASH], book.mark()
    _post(book, Entry(CASH, -5), Entry(DEBT, -1), Entry(WINS, 6))
    book.touch(PLAYER, 1)
    book.undo(mark)
    assert book.pockets(PLAYER, "EUR") == {CASH: before}
    assert (book.lines, book.changes()) == ([], [])


def test_changes_are_what_was_loaded_and_what_it_is_now():
    book = _book()
    before = book.player(PLAYER)
    book.touch(PLAYER, before.changed_at + 5)
    book.touch(PLAYER, before.changed_at - 5)
    after = replace(before, version=before.version + 2, changed_at=before.changed_at + 5)
    assert book.changes() == [(before, after)]
    book.put(before)
    assert book.changes() == []


def test_nobody_cannot_be_touched():
    book = Book(Needs({""}, set(), set(), set()), [])
    book.touch("", 1)
    assert book.changes() == []
    assert book.player("") is None


def test_r_ledger_05_the_chart_of_accounts():
    guarded = {guard: {name for name, account in ACCOUNTS.items() if account.guard is guard} for guard in Guard}
    assert guarded[Guard.POCKET] == {CASH, DEBT, BONUS, HELD, POINTS}
    assert guarded[Guard.ROUND] == {IN_PLAY, IN_PLAY_BONUS}
    assert [name for name, account in ACCOUNTS.items() if not account.floor] == [DEBT]
    assert {name for name, account in ACCOUNTS.items() if account.authorising} == set().union(
        guarded[Guard.POCKET], guarded[Guard.ROUND]
    )
    assert {name for name, account in ACCOUNTS.items() if account.family} == {CASH, BONUS, HELD}
    assert {name for name, account in ACCOUNTS.items() if account.manual} == {
        *(CASH, DEBT, "PSP_CLEARING", "ADJUSTMENTS", "WRITE_OFF", "FEES", "SUSPENSE", "BANK"),
    }
    assert all(name == account.name for name, account in ACCOUNTS.items())


@pytest.mark.parametrize("words", [("ab", "c"), ("abc",), ("", "abc"), ("abc", ""), ("a", "b", "c")])
def test_a_digest_keeps_its_words_apart(words):
    others = {("ab", "c"), ("abc",), ("", "abc"), ("abc", ""), ("a", "b", "c")} - {words}
    assert digest(*words) not in {digest(*other) for other in others}


def test_a_transaction_id_is_a_uuid7_in_order_of_time():
    first, second = (
        transaction_id(1_700_000_000_000_999, "ann", b"k"),
        transaction_id(1_700_000_000_001_000, "ann", b"k"),
    )
    assert len(first) == 16
    assert first < second
    assert (first[6] >> 4, first[8] >> 6) == (7, 2)
    assert first != transaction_id(1_700_000_000_000_999, "bob", b"k")
    assert first == transaction_id(1_700_000_000_000_999, "ann", b"k")
    assert int.from_bytes(first[:6], "big") == 1_700_000_000_000


def test_the_player_row_counts_commands():
    books = Books(cash="20")
    version = books.player().version
    books.do(play(bet("b1")))
    books.do(play(bet("b2", "1000")))
    assert books.player().version == version + 2
    books.do(play(bet("b1")))
    assert books.player().version == version + 2
    assert isinstance(books.player(), Player)
