"""Rates, quotes and conversions in both databases, and two who use one quote at once."""

import asyncio

import pytest
from msgspec.structs import replace

from tests.storage.books import EUR, Saves, cash, create, deadline, deposit, engine, run
from wallet_core.domain.book import Needs
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.fx import Conversions, Converted, Quote, Side, State
from wallet_core.domain.fx_commands import ExecuteQuote, OpenQuote
from wallet_core.domain.fx_refunds import RefundConversion
from wallet_core.domain.fx_terms import DAY, FxTerms, Source
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.rate_commands import PublishRates
from wallet_core.domain.rates import ONE, Rates, rate_of

TERMS = FxTerms(sources=(Source("push", DAY, DAY), Source("other", DAY, DAY)), weekend_bps=0)
RATES = Rates("", "push", 10, 20, (("EUR", "BRL", "5.8123"), ("EUR", "BTC", "0.000010412345678901")))
QUOTE = Quote(
    player_id="p",
    quote_id="q",
    source="EUR",
    target="BRL",
    side=Side.BUY,
    given=100 * EUR,
    credited=INT64_MAX - 1,
    mid=999_999_999_999 * ONE + 1,
    client=1,
    mid_value=INT64_MAX,
    margin_bps=150,
    rate_source="push",
    rate_at=10,
    policy_version=7,
    reference="EUR",
    volume=3,
    created_at=100,
    expires_at=200,
    state=State.OPEN,
    changed_at=100,
)
CONVERSIONS = Conversions("p", (Converted("q", 5, "EUR", "BRL", "EUR", 7),))


async def test_what_is_saved_is_what_is_found(store):
    await store.apply(Saves(RATES, QUOTE, CONVERSIONS))
    wanted = Needs.none()
    for row in (RATES, QUOTE, CONVERSIONS):
        wanted.want(type(row), row.key)
    work = Saves(wanted=wanted)
    await store.preview(work)

    assert sorted(work.found, key=repr) == sorted((RATES, QUOTE, CONVERSIONS), key=repr)
    assert await store.quote("p", "q") == QUOTE
    assert await store.quote("p", "other") is None


async def test_what_changes_of_a_quote_is_saved(store):
    await store.apply(Saves(QUOTE, CONVERSIONS))
    used = replace(
        QUOTE, state=State.PART_REFUNDED, changed_at=150, transaction_id=b"t" * 16, refunded=7, taken=INT64_MAX - 2
    )
    await store.apply(Saves((QUOTE, used), (CONVERSIONS, replace(CONVERSIONS, done=()))))
    wanted = Needs.none()
    wanted.want(Conversions, CONVERSIONS.key)
    work = Saves(wanted=wanted)
    await store.preview(work)

    assert await store.quote("p", "q") == used
    assert work.found == [Conversions("p")]


async def test_the_last_table_of_each_source_in_their_order(store):
    tables = [replace(RATES, source=source, as_of=as_of) for source in ("push", "other") for as_of in (9, 11, 10)]
    await store.apply(Saves(*tables))

    found = await store.rates(["silent", "other", "push"])
    assert [(rates.source, rates.as_of) for rates in found] == [("other", 11), ("push", 11)]


async def test_quotes_page_by_page(store):
    rows = [replace(QUOTE, quote_id=f"q{number}", created_at=number // 2) for number in range(5)]
    await store.apply(Saves(*rows, replace(QUOTE, player_id="another")))
    found, before = [], None
    while page := await store.quotes("p", before=before, limit=2):
        found += page
        before = page[-1].created_at, page[-1].quote_id

    assert found == rows[::-1]


@pytest.fixture
async def quoted(database):
    """Books whose player has a quote for 60 of his 100 euros, times ten, under different ids."""
    async with engine(database) as (batcher, store):
        decisions = await run(batcher, create("p", ("EUR", "BRL")), deposit("p", 100 * EUR))
        as_of = decisions[-1].results[0].committed_at
        place = ("push", as_of)
        opens = [
            OpenQuote("p", f"q{number}", "EUR", "BRL", Side.SELL, 60 * EUR, (place,), TERMS) for number in range(10)
        ]
        decisions = await run(batcher, PublishRates("", *place, (("EUR", "BRL", "5.8123"),), (), TERMS), *opens)
        assert [decision.refusal for decision in decisions] == [None] * 11
        yield store


def using(quote_id, request_id):
    return ExecuteQuote("p", quote_id, request_id, "EUR", 60 * EUR, TERMS)


async def _at_once(database, commands):
    """Submit half of the commands to one core and half to another, at the same time."""
    async with engine(database, lanes=1) as (one, _), engine(database, lanes=1) as (other, _):
        answers = await asyncio.gather(
            *(batcher.submit(command, deadline()) for batcher, command in zip([one, other] * 5, commands, strict=True))
        )
    return [answer.refusal.reason if answer.refusal else answer.results[0].outcome for answer in answers]


async def test_a_quote_is_used_once_however_many_ask_at_once(database, quoted):
    answers = await _at_once(database, [using("q0", f"x{number}") for number in range(10)])

    assert sorted(answers) == sorted([Outcome.APPLIED, *[Reason.QUOTE_USED] * 9])
    assert await cash(quoted, "p") == 40 * EUR + rate_of("5.725115") * 60 * EUR // ONE // 10_000 * 10_000
    assert (await quoted.quote("p", "q0")).state is State.USED


async def test_many_quotes_do_not_give_more_than_there_is(database, quoted):
    answers = await _at_once(database, [using(f"q{number}", f"x{number}") for number in range(10)])

    assert sorted(answers) == sorted([Outcome.APPLIED, *[Reason.INSUFFICIENT_FUNDS] * 9])
    assert [account for account, _, total in await quoted.trial_balance() if total and account.startswith("FX")] == [
        "FX_MARGIN",
        "FX_POSITION",
        "FX_POSITION",
    ]


async def test_refunds_that_are_asked_at_once_give_back_no_more_than_was_given(database, quoted):
    async with engine(database) as (batcher, _):
        await run(batcher, using("q0", "x"))
    answers = await _at_once(
        database,
        [RefundConversion("p", "q0", "card", f"r{number}", "EUR", 25 * EUR, "why", "ann") for number in range(10)],
    )

    assert sorted(answers) == sorted([*[Outcome.APPLIED] * 2, *[Reason.AMOUNT_EXCEEDS_REFERENCE] * 8])
    quote = await quoted.quote("p", "q0")
    assert (quote.state, quote.refunded) == (State.PART_REFUNDED, 50 * EUR)
    assert quote.given * quote.taken >= quote.credited * quote.refunded
    sums = {(account, currency): total for account, currency, total in await quoted.trial_balance()}
    assert sums["PSP_CLEARING", "EUR"] == 50 * EUR - 100 * EUR
    assert sum(total for (_, currency), total in sums.items() if currency == "BRL") == 0


async def test_one_refund_sent_to_two_cores_at_once_is_one_refund(database, quoted):
    async with engine(database) as (batcher, _):
        await run(batcher, using("q0", "x"))
    command = RefundConversion("p", "q0", "card", "r", "EUR", None, "why", "ann")

    assert await _at_once(database, [command] * 10) == [Outcome.APPLIED] * 10
    assert (await quoted.quote("p", "q0")).state is State.REFUNDED
    assert await cash(quoted, "p") == 40 * EUR


async def test_one_table_sent_to_two_cores_at_once_is_one_table(database, quoted):
    known = (await quoted.rates(["push"]))[0]
    command = PublishRates("", "other", known.as_of, known.pairs, (), TERMS)
    answers = await _at_once(database, [command] * 10)

    assert answers == [Outcome.NOOP] * 10
    assert len(await quoted.query("select 1 as one from rates where source = 'other'")) == 1
