"""Points, free rounds and payouts on both databases: kept as they are, read as the ledger says, done once in a race."""

import asyncio
from itertools import pairwise

import pytest
from msgspec.structs import replace

from tests.storage.books import (
    EUR,
    PROVIDER,
    Saves,
    action,
    bet,
    create,
    deadline,
    deposit,
    engine,
    opened,
    play,
    run,
    win,
)
from tests.support.policies import ALLOWING
from wallet_core.domain.awards import Promise
from wallet_core.domain.book import Needs
from wallet_core.domain.cashback import Cashback, Covered, Turnover, base
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import NO_PLAYER, Category, Kind
from wallet_core.domain.free_round_commands import GrantFreeRounds, RegisterFreeRounds
from wallet_core.domain.free_rounds import Grant, Settle, State
from wallet_core.domain.payouts import PayCashback, PayPromo, Source
from wallet_core.domain.points import POINT, PointsPrice, expirable, price_key
from wallet_core.domain.points_commands import AdjustPoints, ExpirePoints, PublishPointsPrice, RedeemPoints
from wallet_core.domain.promos import Base, BonusTerms
from wallet_core.engine.clock import Clock
from wallet_core.storage.check import check
from wallet_core.streams import expiry

PROMISE = Promise("spins", 3, BonusTerms(multiplier=1_000, base=Base.WINNINGS), "CASINO", 2, 7)
ROW = Grant(
    player_id="p",
    grant_id="g",
    provider_id="acme",
    currency="EUR",
    state=State.IN_USE,
    rounds=10,
    value=200_000,
    games=("Zoë 李雷 ' \" \\ % :now ?", "slot"),
    settle=Settle.END,
    promise=PROMISE,
    cap=9,
    campaign="spring",
    issued_at=1,
    expires_at=2,
    changed_at=3,
    attempts=4,
    used=5,
    open=6,
    paid=7,
    won=9,
    waiting=8,
    over_at=10,
    reason="r",
    bonus_id="@free:g",
)
PRICE = PointsPrice(NO_PLAYER, "EUR", 1, 100, EUR, 1, "ops", "spring")


def adjust(player, points, key):
    return AdjustPoints(player, "a gift", "ops", key, points * POINT)


def post_price(version=1):
    return PublishPointsPrice(NO_PLAYER, "spring", "ops", f"price {version}", "EUR", version, 100, EUR)


def redeem(player, points, key):
    return RedeemPoints(player, key, points, "EUR", points * EUR // 100, 1)


@pytest.mark.parametrize(
    "row", [ROW, Grant(**{name: getattr(ROW, name) for name in ROW.__struct_fields__} | {"promise": None, "games": ()})]
)
async def test_a_grant_is_kept_as_it_is(database, row):
    async with opened(database) as store:
        await store.apply(Saves(row))
        assert await store.free_round("p", "g") == row
        assert await store.free_rounds("p", limit=9) == [row]
        assert await store.free_rounds("p", before=(1, "g"), limit=9) == []
        assert await store.free_round("p", "other") is None
        wanted = Needs.none()
        wanted.want(Grant, ("p", "g"))
        work = Saves(wanted=wanted)
        await store.preview(work)
        assert work.found == [row]


async def test_the_last_price_is_found_and_prices_are_loaded_by_version(database):
    async with opened(database) as store:
        assert await store.points_price("EUR") is None
        second = PointsPrice(NO_PLAYER, "EUR", 2, 100, EUR // 2, 2, "ops", "autumn")
        other = PointsPrice(NO_PLAYER, "USD", 7, 100, EUR, 2, "ops", "autumn")
        await store.apply(Saves(PRICE, second, other))
        assert await store.points_price("EUR") == second
        wanted = Needs.none()
        wanted.want(PointsPrice, price_key("EUR", 1), price_key("EUR", 3))
        work = Saves(wanted=wanted)
        await store.preview(work)
        assert work.found == [PRICE]


async def test_the_lots_of_points_are_what_the_ledger_says(database):
    async with engine(database) as (batcher, store):
        decisions = await run(
            batcher, create("p"), post_price(), adjust("p", 30, "1"), adjust("p", 40, "2"), redeem("p", 20, "3")
        )
        cut = decisions[3].results[0].committed_at
        assert await store.points_lots("p", cut) == (50 * POINT, 40 * POINT, 3)
        assert await store.points_lots("p", cut + 1) == (50 * POINT, 0, 3)
        assert await store.points_lots("nobody", cut) == (0, 0, 0)
        held, came, lines = await store.points_lots("p", cut)
        (expired,) = await run(batcher, ExpirePoints("p", cut, expirable(held, came), lines))
        assert expired.results[0].parts == (("POINTS", -10 * POINT),)
        (late,) = await run(batcher, ExpirePoints("p", cut + 1, 1, lines))
        assert late.refusal.reason is Reason.IN_PROGRESS
        assert await check(store) == []


async def test_points_are_spent_once_however_many_processes_ask(database):
    async with engine(database) as (first, store), engine(database) as (second, _):
        await run(first, create("p"), post_price(), adjust("p", 100, "1"))
        commands = [(batcher, redeem("p", 100, f"x{number}")) for number in range(3) for batcher in (first, second)]
        found = await asyncio.gather(*(batcher.submit(command, deadline()) for batcher, command in commands))
        assert sum(decision.refusal is None and not decision.replayed for decision in found) == 1
        assert {decision.refusal.reason for decision in found if decision.refusal} == {Reason.INSUFFICIENT_FUNDS}
        pockets = {row.account: row.amount for row in await store.pockets("p")}
        assert (pockets["CASH"], pockets["POINTS"]) == (EUR, 0)


async def test_two_processes_post_one_price_of_a_version(database):
    async with engine(database) as (first, store), engine(database) as (second, _):
        two = [
            PublishPointsPrice(NO_PLAYER, "spring", "ops", f"k{number}", "EUR", 1, 100, number * EUR)
            for number in (1, 2)
        ]
        found = await asyncio.gather(first.submit(two[0], deadline()), second.submit(two[1], deadline()))
        refused = [decision.refusal.reason for decision in found if decision.refusal]
        assert refused == [Reason.ALREADY_EXISTS]
        assert (await store.points_price("EUR")).version == 1


def _at(decision):
    return decision.results[-1].committed_at


async def test_the_turnover_of_a_window_is_half_open_and_by_game(database):
    """R-CASHBK-01, GC-WR-12: a stake counts where its round was settled; the end is not in the window."""
    async with engine(database) as (batcher, store):
        decisions = await run(
            batcher,
            create("p"),
            deposit("p", 100 * EUR),
            bet("p", "b1", 10 * EUR, "r1"),
            win("p", "w1", 4 * EUR, "r1", close=True),
            PayPromo("p", "spring", "EUR", None, "ops", ALLOWING, Source.PROMO, "x", 2 * EUR),
            bet("p", "b2", 20 * EUR, "r2"),  # open: not settled
            play("p", action(Kind.BET, "b3", 5 * EUR), action(Kind.WIN, "w3", 0), round_id="r3", close=True),
            play("p", action(Kind.ROLLBACK, "x3", None, "b3"), round_id="r3"),
        )
        begin, settled, promo, last = _at(decisions[2]), _at(decisions[3]), _at(decisions[4]), _at(decisions[6])

        async def turnover(start, end):
            return await store.turnover("p", "EUR", start, end)

        game = Turnover(PROVIDER, "game", 10 * EUR, -4 * EUR, 0)
        paid = Turnover("~payouts", "", 0, 0, -2 * EUR)
        assert await turnover(begin, settled) == []
        assert await turnover(begin, settled + 1) == [game]
        assert await turnover(settled + 1, promo + 1) == [paid]
        assert await turnover(begin, last) == [game, paid]
        assert await turnover(begin, last + 1) == [Turnover(PROVIDER, "game", 15 * EUR, -4 * EUR, 0), paid]
        after = await turnover(last + 1, last + 10**9)
        assert after == [Turnover(PROVIDER, "game", -5 * EUR, 0, 0)]  # R-CASHBK-02: it adjusts the next window
        assert base(after, lambda *_: True) == 0
        assert await store.turnover("p", "USD", begin, last + 10**9) == []
        edges = [0, begin, settled, promo, last, last + 10**9]
        parts = [each for start, end in pairwise(edges) for each in await turnover(start, end)]
        whole = await turnover(0, last + 10**9)
        for field in ("stakes", "wins", "promos"):
            assert sum(getattr(each, field) for each in parts) == sum(getattr(each, field) for each in whole)


async def test_the_windows_of_a_cashback_are_kept_as_they_are(database):
    async with opened(database) as store:
        row = Covered("p", "weekly", "EUR", ((1, 2), (5, 9)))
        await store.apply(Saves(row))
        await store.apply(Saves((row, row.joined(2, 5))))
        wanted = Needs.none()
        wanted.want(Covered, row.key)
        work = Saves(wanted=wanted)
        await store.preview(work)
        assert work.found == [Covered("p", "weekly", "EUR", ((1, 9),))]


async def test_r_cashbk_01_two_processes_pay_no_windows_that_overlap(database):
    async with engine(database) as (first, store), engine(database) as (second, _):
        await run(first, create("p"))
        commands = [
            (batcher, PayCashback("p", "weekly", "EUR", None, "ops", ALLOWING, 1, end, Cashback(1_000), 10 * EUR))
            for batcher, end in ((first, 2), (second, 3))
        ]
        found = await asyncio.gather(*(batcher.submit(command, deadline()) for batcher, command in commands))
        assert sorted(decision.refusal.reason for decision in found if decision.refusal) == [Reason.ALREADY_EXISTS]
        (pocket,) = await store.pockets("p")
        assert pocket.amount == EUR


async def test_r_cashbk_01_a_free_win_that_was_taken_back_was_still_a_promotion(database):
    """What a void gives back of a bonus is none; what is amended or taken back of a free round's cash is."""
    async with engine(database) as (batcher, store):
        now = Clock().now()
        facts = (
            "p",
            "g",
            PROVIDER,
            "EUR",
            3,
            200_000,
            (),
            Settle.EACH,
            None,
            0,
            "spring",
            now + 10**12,
            "ops",
            "spring",
        )
        grant = GrantFreeRounds(*facts, ALLOWING)
        await run(batcher, create("p"), grant)
        await run(batcher, RegisterFreeRounds("p", "g", "ok", "ops", "k", PROVIDER, confirmed=True))
        free = {"category": Category.FREE_ROUND, "grant": "g"}

        async def promos():
            return sum(each.promos for each in await store.turnover("p", "EUR", 0, now + 10**12))

        bet, won = (replace(action(kind, f"{kind.name}1", 5 * EUR), **free) for kind in (Kind.BET, Kind.WIN))
        await run(batcher, play("p", bet, won, round_id="f1"))
        assert await promos() == -5 * EUR
        await run(batcher, play("p", action(Kind.AMEND, "a1", 8 * EUR, "WIN1"), round_id="f1"))
        assert await promos() == -8 * EUR
        await run(batcher, play("p", action(Kind.AMEND, "a2", 3 * EUR, "WIN1"), round_id="f1"))
        assert await promos() == -3 * EUR
        await run(batcher, play("p", action(Kind.ROLLBACK, "x1", None, "WIN1"), round_id="f1"))
        assert await promos() == 0
        assert await check(store) == []


async def test_a_cashback_is_paid_once_by_two_processes(database):
    async with engine(database) as (first, store), engine(database) as (second, _):
        await run(first, create("p"))
        commands = [
            (batcher, PayCashback("p", "weekly", "EUR", None, "ops", ALLOWING, 1, 2, Cashback(1_000), lost * EUR))
            for batcher, lost in ((first, 10), (second, 20))
        ]
        found = await asyncio.gather(*(batcher.submit(command, deadline()) for batcher, command in commands))
        assert sorted(decision.replayed for decision in found) == [False, True]
        assert len({decision.results[0].parts for decision in found}) == 1
        (pocket,) = await store.pockets("p")
        assert pocket.amount in {EUR, 2 * EUR}


async def test_free_rounds_whose_time_is_over_expire_by_themselves_and_pay_what_waited(database):
    async with engine(database) as (batcher, store):
        now = Clock().now()
        grant = GrantFreeRounds(
            "p",
            "g",
            PROVIDER,
            "EUR",
            3,
            200_000,
            (),
            Settle.END,
            None,
            0,
            "spring",
            now + 10**7,
            "ops",
            "spring",
            ALLOWING,
        )
        await run(batcher, create("p"), grant)
        await run(batcher, RegisterFreeRounds("p", "g", "ok", "ops", "k", PROVIDER, confirmed=True))
        row = await store.free_round("p", "g")
        assert row.state is State.AVAILABLE
        due = [each for each in expiry.DUE if each.statement == "free_rounds_expired"]
        assert await expiry.sweep(batcher, store, now, patience=9, policies=ALLOWING, due=due) == 0
        (found,) = await store.due("free_rounds_expired", now=row.expires_at, limit=9)
        assert tuple(found) == ("p", "g", row.expires_at)
        command = due[0].command(found, ALLOWING)
        (early,) = await run(batcher, command)
        assert early.refusal.reason is Reason.BONUS_STATE  # the clock says so, not who asks


async def test_an_expired_grant_pays_what_waited_through_the_watch(database):
    async with engine(database) as (batcher, store):
        await run(batcher, create("p"))
        late = {
            "expires_at": 2,
            "state": State.IN_USE,
            "promise": None,
            "waiting": 3 * EUR,
            "won": 3 * EUR,
            "over_at": 0,
        }
        row = Grant(**{name: getattr(ROW, name) for name in ROW.__struct_fields__} | late)
        await store.apply(Saves(row))
        due = [each for each in expiry.DUE if each.statement == "free_rounds_expired"]
        assert await expiry.sweep(batcher, store, Clock().now(), patience=9, policies=ALLOWING, due=due) == 1
        assert await expiry.sweep(batcher, store, Clock().now(), patience=9, policies=ALLOWING, due=due) == 0
        over = await store.free_round("p", "g")
        assert (over.state, over.waiting) == (State.EXPIRED, 0)
        (pocket,) = await store.pockets("p")
        assert (pocket.account, pocket.amount) == ("CASH", 3 * EUR)
        assert await check(store) == []


async def test_a_prize_is_paid_once_by_two_processes(database):
    async with engine(database) as (first, store), engine(database) as (second, _):
        await run(first, create("p"))
        prize = PayPromo("p", "cup", "EUR", None, "ops", ALLOWING, Source.TOURNAMENT, "1", 50 * EUR)
        found = await asyncio.gather(*(batcher.submit(prize, deadline()) for batcher in (first, second, first)))
        assert sum(decision.replayed for decision in found) == 2
        assert {decision.results[0].outcome for decision in found} == {Outcome.APPLIED}
        (pocket,) = await store.pockets("p")
        assert pocket.amount == 50 * EUR
