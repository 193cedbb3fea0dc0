"""Holds on both databases: kept as they are, found when they are due, done once however many look."""

import asyncio
from contextlib import asynccontextmanager

import pytest
import structlog
from msgspec.structs import replace

from tests.storage.books import EUR, Saves, bet, create, deadline, deposit, engine, opened, run, win
from tests.support.policies import ALLOWING
from wallet_core.domain.book import Needs
from wallet_core.domain.commands import SetStatus
from wallet_core.domain.decision import Reason
from wallet_core.domain.hold_commands import PlaceHold, ReleaseHold
from wallet_core.domain.hold_times import ExpireHold
from wallet_core.domain.holds import Basis, Hold, HoldReason, State
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.subwallets import Transfer
from wallet_core.domain.withdrawals import RequestWithdrawal, SettleWithdrawal
from wallet_core.engine.batcher import Batcher
from wallet_core.engine.clock import Clock
from wallet_core.storage.check import check
from wallet_core.storage.store import Unavailable
from wallet_core.streams import expiry

FULL = 100 * EUR
DAY = 86_400_000_000

HOLD = Hold(
    player_id="p",
    hold_id="h",
    currency="EUR",
    reason=HoldReason.REVIEW,
    state=State.PART_CAPTURED,
    amount=10,
    captured=3,
    sources=(("CASH", 4), ("CASH:SPORTS", 3)),
    basis=Basis.ORDER,
    clause="Zoë 李雷 ' \" \\ % :now ?",
    owner="ann",
    case_id="c",
    text_key="t",
    evidence="e",
    account_freeze=True,
    discreet=True,
    placed_at=1,
    review_at=2,
    expires_at=3,
    changed_at=4,
)


async def _load(store, *keys):
    wanted = Needs.none()
    wanted.want(Hold, *keys)
    work = Saves(wanted=wanted)
    await store.preview(work)
    return work.found


@pytest.mark.parametrize(
    "row",
    [
        HOLD,
        replace(HOLD, amount=INT64_MAX, sources=(("CASH", INT64_MAX),), captured=INT64_MAX, expires_at=INT64_MAX),
        replace(HOLD, sources=(), captured=0, clause="", account_freeze=False, discreet=False, expires_at=0),
    ],
)
async def test_a_hold_is_kept_as_it_is_and_changes_in_place(store, row):
    await store.apply(Saves(row))
    assert await _load(store, row.key) == [row]
    assert await store.hold("p", "h") == row
    changed = replace(row, state=State.RELEASED, sources=(), changed_at=9)
    await store.apply(Saves((row, changed)))
    assert await store.hold("p", "h") == changed
    assert await store.hold("p", "other") is None


async def test_holds_are_listed_newest_first_and_live_ones_by_currency(store):
    rows = [replace(HOLD, hold_id=f"h{number}", placed_at=number // 2) for number in range(6)]
    over = replace(HOLD, hold_id="over", state=State.RELEASED, placed_at=9)
    other = replace(HOLD, hold_id="btc", currency="BTC", placed_at=8)
    await store.apply(Saves(*rows, over, other, replace(HOLD, player_id="q")))
    listed, before = [], None
    while page := await store.holds("p", before=before, limit=3):
        listed += [row.hold_id for row in page]
        before = page[-1].placed_at, page[-1].hold_id
    assert listed == ["over", "btc", "h5", "h4", "h3", "h2", "h1", "h0"]
    assert {row.hold_id for row in await store.live_holds("p", "EUR")} == {f"h{number}" for number in range(6)}


async def test_what_is_due_is_found_and_nothing_else(store):
    await store.apply(
        Saves(
            replace(HOLD, hold_id="due", expires_at=5, review_at=0),
            replace(HOLD, hold_id="later", expires_at=6, review_at=0),
            replace(HOLD, hold_id="over", expires_at=5, state=State.EXPIRED),
            replace(HOLD, hold_id="reviewed", expires_at=0, review_at=5),
            replace(HOLD, hold_id="never", expires_at=0, review_at=0),
        )
    )
    found = {
        name: [tuple(row) for row in await store.due(name, now=5, limit=9)]
        for name in ("holds_expired", "holds_reviewed")
    }
    assert found == {"holds_expired": [("p", "due", 5)], "holds_reviewed": [("p", "reviewed", 5)]}
    assert len(await store.due("holds_expired", now=9, limit=1)) == 1


def placing(player_id, amount, hold_id="h1", **more):
    facts = {"reason": HoldReason.DISPUTE, "basis": Basis.TERMS, "clause": "t", "owner": "ann", "case_id": "c", **more}
    return PlaceHold(player_id, hold_id, "EUR", amount, **facts)


def freezing(player_id):
    law = {"reason": HoldReason.AML, "basis": Basis.LAW, "review_at": Clock().now() + DAY}
    return placing(player_id, None, "freeze", account_freeze=True, **law)


async def _amounts(store, player_id):
    return {row.account: row.amount for row in await store.pockets(player_id) if row.amount}


async def test_holds_expire_and_are_reviewed_while_nobody_asks(database):
    outcomes = []
    async with engine(database) as (batcher, store):
        now = Clock().now()
        for player_id in "ab":
            await run(batcher, create(player_id), deposit(player_id, FULL))
        await run(
            batcher,
            placing("a", 30 * EUR, expires_at=now + DAY),
            placing("b", 20 * EUR, expires_at=now + 3 * DAY, reason=HoldReason.CDD),
            RequestWithdrawal("b", "w1", "EUR", 10 * EUR),
        )
        assert await _amounts(store, "a") == {"CASH": 70 * EUR, "HELD:DISPUTE": 30 * EUR}
        assert await expiry.sweep(batcher, store, now, patience=9, policies=ALLOWING) == 0
        late = _Later(2 * DAY)
        async with _engine(database, late) as later:
            with structlog.testing.capture_logs() as logs:
                done = await expiry.sweep(
                    later, store, late.now(), patience=9, policies=ALLOWING, observe=lambda *each: outcomes.append(each)
                )
        assert done == 3
        assert outcomes == [
            ("hold expired", "APPLIED"),
            ("hold escalated", "NOOP"),
            ("hold escalated", "NOOP"),
        ]
        assert [log["event"] for log in logs] == [name for name, _ in outcomes]
        assert await _amounts(store, "a") == {"CASH": FULL}
        assert [(await store.hold("b", each)).state for each in ("h1", "w1")] == [State.ESCALATED] * 2
        assert await check(store) == []


class _Later(Clock):
    """A clock that is ahead by so many microseconds."""

    def __init__(self, ahead):
        real = Clock()
        super().__init__(lambda: (real.now() + ahead) * 1000)


@asynccontextmanager
async def _engine(database, clock):
    """A batcher of its own on the books, with a clock of its own."""
    async with opened(database) as store:
        batcher = Batcher(store, clock)
        try:
            yield batcher
        finally:
            await batcher.stop()


async def test_two_processes_that_look_at_once_do_it_once(database):
    async with engine(database) as (batcher, store):
        now = Clock().now()
        players = [f"p{number}" for number in range(10)]
        for player_id in players:
            await run(
                batcher, create(player_id), deposit(player_id, FULL), placing(player_id, EUR, expires_at=now + DAY)
            )
        late = _Later(2 * DAY)
        counted = []
        async with _engine(database, late) as one, _engine(database, late) as two:
            done = await asyncio.gather(
                *(
                    expiry.sweep(
                        each,
                        store,
                        late.now(),
                        patience=30,
                        policies=ALLOWING,
                        observe=lambda *what: counted.append(what),
                    )
                    for each in (one, two)
                )
            )
        assert sum(done) == len(players)
        assert {outcome for _, outcome in counted} <= {"APPLIED", "REPLAYED"}
        assert [await _amounts(store, each) for each in players] == [{"CASH": FULL}] * len(players)
        assert await check(store) == []


async def test_gc_hd_01_two_processes_race_for_one_balance(database):
    async with engine(database) as (one, store), engine(database) as (two, _):
        await run(one, create("a"), deposit("a", FULL))
        decisions = await asyncio.gather(
            *(
                batcher.submit(RequestWithdrawal("a", f"w{number}", "EUR", 80 * EUR), deadline())
                for number, batcher in enumerate((one, two))
            )
        )
        refusals = [decision.refusal and decision.refusal.reason for decision in decisions]
        assert sorted(refusals, key=bool) == [None, Reason.INSUFFICIENT_FUNDS]
        assert await _amounts(store, "a") == {"CASH": 20 * EUR, "HELD:WITHDRAWAL": 80 * EUR}
        assert await check(store) == []


async def test_a_frozen_account_is_swept_until_it_is_thawed(database):
    async with engine(database) as (batcher, store):
        clock = Clock()
        await run(batcher, create("a"), deposit("a", FULL), bet("a", "b1", 30 * EUR), freezing("a"))
        assert await expiry.sweep(batcher, store, clock.now(), patience=9, policies=ALLOWING) == 0
        for number in range(2):
            await run(batcher, win("a", f"w{number}", 5 * EUR, "round of b1"))
            assert await expiry.sweep(batcher, store, clock.now(), patience=9, policies=ALLOWING) == 1
            assert await expiry.sweep(batcher, store, clock.now(), patience=9, policies=ALLOWING) == 0
        assert await _amounts(store, "a") == {"HELD:AML": 80 * EUR}
        await run(
            batcher,
            ReleaseHold("a", "freeze", "cleared", "ann", "r1"),
            SetStatus("a", blocked=False, reason="cleared", actor="ann", request_id="u1"),
            Transfer("a", "t1", "EUR", 50 * EUR, "CASH", "CASH:SPORTS"),
            RequestWithdrawal("a", "w1", "EUR", 40 * EUR),
            SettleWithdrawal("a", "w1", "psp", "p1"),
        )
        assert await expiry.sweep(batcher, store, clock.now(), patience=9, policies=ALLOWING) == 0
        assert await _amounts(store, "a") == {"CASH:SPORTS": 40 * EUR}
        assert await check(store) == []


async def test_more_than_one_page_is_done_in_one_look(sqlite_database, monkeypatch):
    monkeypatch.setattr(expiry, "AT_ONCE", 2)
    async with engine(sqlite_database) as (batcher, store):
        now = Clock().now()
        await run(batcher, create("a"), deposit("a", FULL))
        await run(batcher, *(placing("a", EUR, f"h{number}", expires_at=now + DAY) for number in range(5)))
        late = _Later(2 * DAY)
        async with _engine(sqlite_database, late) as later:
            assert await expiry.sweep(later, store, late.now(), patience=9, policies=ALLOWING) == 5
        assert await _amounts(store, "a") == {"CASH": FULL}


async def test_what_is_always_refused_or_faulty_does_not_keep_the_others(sqlite_database, monkeypatch):
    monkeypatch.setattr(expiry, "AT_ONCE", 2)
    seen = []
    async with engine(sqlite_database) as (batcher, store):
        await run(batcher, create("a"), deposit("a", FULL))
        now = Clock().now()
        await run(batcher, *(placing("a", EUR, f"h{number}", expires_at=now + DAY) for number in range(3)))
        due = (
            expiry.Due("refused", "holds_expired", lambda row, _: ExpireHold(row[0], row[1], row[2] + 1)),
            expiry.Due("faulty", "holds_expired", lambda row, _: ExpireHold(row[0], [], row[2])),
            *expiry.DUE,
        )
        late = _Later(2 * DAY)
        async with _engine(sqlite_database, late) as later:
            done = await expiry.sweep(
                later,
                store,
                late.now(),
                patience=9,
                policies=ALLOWING,
                due=due,
                observe=lambda *what: seen.append(what),
            )
    assert done == 3
    assert seen == [
        *[("refused", "HOLD_STATE")] * 2,
        *[("faulty", "FAULT")] * 2,
        *[("hold expired", "APPLIED")] * 3,
    ]


async def test_the_watch_goes_on_until_it_is_stopped(sqlite_database):
    done = asyncio.Event()
    async with engine(sqlite_database) as (batcher, store):
        now = Clock().now()
        await run(batcher, create("a"), deposit("a", FULL), placing("a", EUR, expires_at=now + DAY))
        late = _Later(2 * DAY)
        async with _engine(sqlite_database, late) as later:
            watch = expiry.watch(
                later, store, late, lambda: ALLOWING, interval=0.001, patience=9, observe=lambda *_: done.set()
            )
            task = asyncio.get_running_loop().create_task(watch)
            await asyncio.wait_for(done.wait(), 10)
            assert not task.done()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


async def test_a_database_that_is_away_ends_the_look_and_loses_nothing(sqlite_database):
    class Away:
        async def due(self, *_, **__):
            raise Unavailable("away")

    async with engine(sqlite_database) as (batcher, _):
        with pytest.raises(Unavailable):
            await expiry.sweep(batcher, Away(), 1, patience=9, policies=ALLOWING)
