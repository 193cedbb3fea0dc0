"""Each law is broken once, by hand: a check that cannot fail checks nothing."""

import sqlite3
import time

import asyncpg
import pytest

from tests.storage.books import EUR, bet, cash, create, deposit, engine, opened, play, rollback, run, win
from tests.storage.books import action as act
from wallet_core.domain.commands import Bury, Pay, PostJournal, VoidRound
from wallet_core.domain.entries import NO_PLAYER, Entry, Kind
from wallet_core.domain.fx import Side
from wallet_core.domain.fx_commands import ExecuteQuote, OpenQuote
from wallet_core.domain.fx_refunds import RefundConversion
from wallet_core.domain.fx_terms import DAY, FxTerms, Source
from wallet_core.domain.rate_commands import PublishRates
from wallet_core.storage.check import check, laws
from wallet_core.storage.migrate import is_sqlite
from wallet_core.storage.reads import SQL


@pytest.fixture
async def books(database):
    """The address of books in which something of everything has happened."""
    async with engine(database) as (batcher, store):
        await run(
            batcher,
            create("p"),
            deposit("p", 100 * EUR),
            bet("p", "open", 5 * EUR, "open"),
            bet("p", "closed", 7 * EUR, "closed"),
            win("p", "won", 20 * EUR, "closed", close=True),
            bet("p", "undone", 3 * EUR, "cancelled"),
            rollback("p", "undo", "undone"),
            bet("p", "too much", 1_000_000 * EUR, "refused"),
            rollback("p", "undo the unknown", "unknown"),
            play("p", act(Kind.NOTE, "note")),
            bet("p", "voided", 2 * EUR, "voided"),
            VoidRound("p", "acme", "voided", "stuck", "somebody", "v"),
            win("p", "spent", 500 * EUR, "spent"),
            bet("p", "all", 593 * EUR, "all"),
            rollback("p", "unwin", "spent"),
            Bury("acme", "nobody's"),
            *converted("r"),
            PostJournal(
                NO_PLAYER, (("EUR", Entry("BANK", -EUR)), ("EUR", Entry("FEES", EUR))), "bank fee", "somebody", "j"
            ),
        )
        assert await cash(store, "p") == 0  # the win that was taken back had been spent: the rest is debt
    return database


async def _tamper(database, statement):
    if is_sqlite(database):
        connection = sqlite3.connect(database.removeprefix("sqlite://"))
        connection.execute("pragma ignore_check_constraints = on")
        changed = connection.execute(statement).rowcount
        connection.commit()
        connection.close()
    else:
        connection = await asyncpg.connect(database)
        for table, check_ in (("pockets", "pockets_amount_check"), ("bonuses", "bonuses_progress_check")):
            await connection.execute(f"alter table {table} drop constraint if exists {check_}")
        changed = int((await connection.execute(statement.replace("x'", "'\\x"))).split()[-1])
        await connection.close()
    assert changed == 1


async def _broken(database):
    async with opened(database) as store:
        return {violation.law for violation in await check(store)}


TRANSACTION = """
    insert into transactions (
        player_id, key, transaction_id, provider_id, external_key, kind, outcome, fingerprint, currency, amount, parts,
        rolled_back, settlements, undone, round_id, game_id, category, refs, info, batch_id, cash_after, bonus_after,
        debt_after, occurred_at, committed_at
    )
    select {player_id}, {key}, {transaction_id}, provider_id, {external_key}, {kind}, {outcome}, fingerprint, currency,
        amount, {parts}, rolled_back, settlements, undone, round_id, game_id, category, refs, info, batch_id,
        cash_after, bonus_after, debt_after, occurred_at, committed_at
    from transactions where external_key = '{like}'
"""


def copied(like, **changed):
    """Return the statement that copies a transaction with some columns changed."""
    columns = ("player_id", "key", "transaction_id", "external_key", "kind", "outcome", "parts")
    return TRANSACTION.format(like=like, **{name: changed.get(name, name) for name in columns})


ONE_LINE = "player_id = 'p' and account = '{}' and sequence = {}"
LINES_OF = "(select transaction_id from transactions where external_key = '{}')"


def converted(player_id):
    """Two conversions of fifty reais by a player of its own: one goes back in part, and one as a whole."""
    terms = FxTerms(sources=(Source("push", DAY, DAY),), weekend_bps=0)
    currency, at = "BRL", time.time_ns() // 1_000
    yield create(player_id, ("EUR", currency))
    yield Pay(player_id, Kind.DEPOSIT, "psp", "1", currency, 100 * EUR)
    yield PublishRates("", "push", at, (("EUR", "BRL", "5.8123"),), (), terms)
    for quote_id, amount in (("part", 10 * EUR), ("whole", None)):
        yield OpenQuote(player_id, quote_id, currency, "EUR", Side.SELL, 50 * EUR, (("push", at),), terms)
        yield ExecuteQuote(player_id, quote_id, f"x-{quote_id}", currency, 50 * EUR, terms)
        yield RefundConversion(player_id, quote_id, "card", f"r-{quote_id}", currency, amount, "why", "somebody")


BROKEN = {
    "journals_sum_to_zero": [
        f"update lines set amount = amount + 1 where account = 'WINS' and transaction_id = {LINES_OF.format('won')}",
    ],
    "pockets_equal_their_lines": [
        "update pockets set amount = amount + 1 where account = 'CASH' and player_id = 'p'",
        "update pockets set sequence = sequence + 1 where account = 'CASH' and player_id = 'p'",
        "delete from pockets where account = 'DEBT'",
        "insert into pockets values ('q', 'EUR', 'CASH', 1, 0)",
    ],
    "balances_follow_their_lines": [
        f"update lines set balance_after = balance_after + 1 where {ONE_LINE.format('CASH', 2)}",
        f"update lines set sequence = 1000 where {ONE_LINE.format('CASH', 1)}",
    ],
    "rounds_equal_their_lines": [
        "update rounds set in_play = in_play + 1 where round_id = 'open'",
        "update rounds set sequence = sequence + 1 where round_id = 'open'",
        "update rounds set sequence = sequence + 1 where round_id = 'closed'",
        "delete from rounds where round_id = 'open'",
    ],
    "closed_rounds_hold_nothing": [
        "update rounds set state = 2 where round_id = 'open'",
        "update rounds set state = 3 where round_id = 'open'",
        "update rounds set state = 4 where round_id = 'open'",
    ],
    "nothing_below_zero": [
        f"update lines set balance_after = -1 where account = 'IN_PLAY' and transaction_id = {LINES_OF.format('open')}",
    ],
    "applied_has_lines": [
        copied("open", key="x'01'", transaction_id="x'02'", external_key="'forgotten'"),
    ],
    "only_applied_moves_money": [
        "update transactions set outcome = 3 where external_key = 'won'",
        "update transactions set outcome = 2 where external_key = 'j'",
    ],
    "one_outcome_a_key": [
        copied("note", key="x'01'", transaction_id="x'02'"),
    ],
    "refunds_are_paid_for": [
        "update quotes set refunded = refunded + 10000 where quote_id = 'part'",
        "update quotes set taken = taken - 10000 where quote_id = 'part'",
        "update quotes set taken = taken + 1 where quote_id = 'part'",
        "update quotes set taken = taken - 1 where quote_id = 'whole'",
        "update quotes set state = 2 where quote_id = 'part'",
        "update quotes set state = 7 where quote_id = 'whole'",
        "update transactions set kind = 9 where external_key = 'r-part'",
    ],
    "bonuses_are_whole": [
        """
        insert into bonuses (
            player_id, bonus_id, template_id, version, currency, state, terms, granted, deposit, requirement,
            claimed_at, changed_at, progress, converted, staked, rounds, priority, activated_at, expires_at, short,
            reason
        ) values (
            'p', 'b', 't', 1, 'EUR', 4, '{}', 1, 0, 1, 1, 1, -1, 0, false, 0, 0, 1, 0, false, ''
        )
        """,
    ],
    "freezes_are_counted": [
        "update players set frozen = 1 where player_id = 'p'",
        """
        insert into holds (
            player_id, hold_id, currency, reason, state, amount, captured, sources, basis, clause, owner, case_id,
            text_key, evidence, account_freeze, discreet, placed_at, review_at, expires_at, changed_at
        ) values (
            'p', 'f', 'EUR', 3, 4, 0, 0, '[]', 4, 'order', 'ann', 'case', '', '', true, false, 1, 2, 0, 1
        )
        """,
    ],
    "excluded_stake_nothing": [
        "update players set excluded_at = 1, excluded_until = 2 where player_id = 'p'",
    ],
    "budgets_equal_their_bonuses": [
        "insert into budgets values ('', 'spring', 'EUR', 9, 1, 0, 1, 1, 'ann', 'spring')",
        "insert into budgets values ('', 'spring', 'EUR', 9, 0, 1, 1, 1, 'ann', 'spring')",
        """
        insert into bonuses (
            player_id, bonus_id, template_id, version, currency, state, terms, granted, deposit, requirement,
            claimed_at, changed_at, progress, converted, staked, rounds, priority, activated_at, expires_at, short,
            reason, campaign, reserved
        ) values (
            'p', 'b', 't', 1, 'EUR', 9, '{}', 1, 0, 1, 1, 1, 0, 0, false, 0, 0, 1, 0, false, '', 'spring', 1
        )
        """,
    ],
    "buried_stay_buried": [
        copied("open", player_id="''", kind="6", outcome="2", parts="'[]'"),
        copied("won", player_id="''", kind="6", outcome="2", parts="'[]'"),
    ],
}

CASES = [(law, statement) for law, statements in BROKEN.items() for statement in statements]


def test_every_law_is_broken_once():
    assert sorted(BROKEN) == laws()


async def test_sound_books_break_no_law(books):
    assert await _broken(books) == set()


@pytest.mark.parametrize(("law", "statement"), CASES, ids=[f"{law}-{index}" for index, (law, _) in enumerate(CASES)])
async def test_exactly_the_law_that_is_broken_reports(books, law, statement):
    await _tamper(books, statement)

    assert await _broken(books) == {law}


async def test_a_line_without_a_transaction_reports(books):
    for number, amount in enumerate((1, -1)):
        await _tamper(
            books, f"insert into lines values ('p', x'03', {number}, 'FEES', '', 'EUR', {amount}, null, null)"
        )

    assert await _broken(books) == {"only_applied_moves_money"}


@pytest.mark.parametrize("pocket", ["CASH", "DEBT"])
async def test_a_pocket_on_the_wrong_side_of_zero_reports(books, pocket):
    amount = -1 if pocket == "CASH" else 1
    await _tamper(books, f"update pockets set amount = {amount} where account = '{pocket}' and player_id = 'p'")

    assert await _broken(books) == {"nothing_below_zero", "pockets_equal_their_lines"}


async def test_a_violation_shows_the_row(books):
    await _tamper(books, "update rounds set state = 2 where round_id = 'open'")
    async with opened(books) as store:
        (violation,) = await check(store)

    assert violation.row == {
        "player_id": "p",
        "provider_id": "acme",
        "round_id": "open",
        "state": 2,
        "in_play": 5 * EUR,
        "in_play_bonus": 0,
    }


@pytest.mark.parametrize("law", laws())
def test_a_law_says_what_it_is(law):
    first = (SQL / "check" / f"{law}.sql").read_text().splitlines()[0]

    assert first.startswith("-- ")
    assert first.endswith(".")
