"""Budgets and takers on both databases: kept as they are, guarded against others, trued up when they are due."""

import asyncio
import sqlite3

import asyncpg
import pytest
from msgspec.structs import replace

from tests.storage.books import EUR, Saves, bet, create, deadline, engine, opened, run, win
from tests.support.policies import ALLOWING
from tests.support.promos import BY_HAND, grant, publish, set_budget, template
from wallet_core.domain.book import Needs
from wallet_core.domain.budget_commands import TrueUpBudget
from wallet_core.domain.budgets import Budget
from wallet_core.domain.decision import Reason
from wallet_core.domain.entries import NO_PLAYER
from wallet_core.domain.promo_commands import ForfeitBonus
from wallet_core.domain.promos import Bonus, BonusTerms, State
from wallet_core.domain.takers import Per, Taker, unique_key
from wallet_core.engine.clock import Clock
from wallet_core.storage.check import check
from wallet_core.storage.migrate import is_sqlite
from wallet_core.storage.reads import bound, named
from wallet_core.storage.store import VersionConflict
from wallet_core.streams import expiry

BUDGET = Budget(NO_PLAYER, "spring", "EUR", 9, 1, 2, 3, 4, "ann", "Zoë ' \" ?")
BONUS = Bonus(
    "p", "b", "welcome", 2, "EUR", State.ACTIVE, BonusTerms(), 9, 0, 0, 12, 13, converted=2, campaign="spring",
    reserved=7, spent=2, trued=4,
)  # fmt: skip
RIVALS = 8


async def _load(store, row):
    wanted = Needs.none()
    wanted.want(type(row), row.key)
    work = Saves(wanted=wanted)
    await store.preview(work)
    return work.found


async def test_a_budget_is_kept_as_it_is_and_changes_under_its_version(store):
    await store.apply(Saves(BUDGET))
    assert await _load(store, BUDGET) == [BUDGET]
    changed = replace(BUDGET, amount=10, reserved=5, spent=6, version=4, changed_at=7, actor="bob", reason="more")
    await store.apply(Saves((BUDGET, changed)))
    assert await store.budget("spring", "EUR") == changed
    with pytest.raises(VersionConflict):
        await store.apply(Saves((BUDGET, replace(BUDGET, version=4))))  # somebody was faster
    with pytest.raises(VersionConflict):
        await store.apply(Saves(BUDGET))  # somebody has made it
    assert await store.budget("spring", "EUR") == changed
    assert await store.budget("spring", "USD") is None


async def test_one_stale_row_of_many_stops_them_all(store):
    rows = [replace(BUDGET, campaign=f"c{number}") for number in range(3)]
    await store.apply(Saves(*rows))
    saved = [(row, replace(row, reserved=9, version=row.version + 1)) for row in rows]
    stale = (replace(rows[1], version=99), saved[1][1])
    with pytest.raises(VersionConflict):
        await store.apply(Saves(saved[0], stale, saved[2]))
    assert await store.budgets(limit=9) == rows
    await store.apply(Saves(*saved))
    assert await store.budgets(limit=9) == [after for _, after in saved]


async def test_budgets_are_listed_by_campaign_and_currency(store):
    rows = [replace(BUDGET, campaign=campaign, currency=code) for campaign in ("a", "b") for code in ("EUR", "USD")]
    await store.apply(Saves(*reversed(rows)))
    assert await store.budgets(limit=3) == rows[:3]
    assert await store.budgets(after=("a", "USD"), limit=9) == rows[2:]
    assert await store.budgets("b", limit=9) == rows[2:]


async def test_which_bonuses_are_counted_otherwise_than_they_come_to(store):
    rows = {
        "as it is": BONUS,
        "waits": replace(BONUS, state=State.QUEUED, converted=0, reserved=9, spent=0),
        "over": replace(BONUS, state=State.CONVERTED, converted=20, reserved=0, spent=20),
        "won more than was granted": replace(BONUS, converted=20, reserved=0, spent=20),
        "given up": replace(BONUS, state=State.FORFEITED),
        "new": replace(BONUS, reserved=0),
        "released": replace(BONUS, converted=3),
        "converted": replace(BONUS, state=State.CONVERTED, converted=20, reserved=0),
        "open again": replace(BONUS, reserved=0, converted=0, spent=0),
        "without a budget": replace(BONUS, reserved=0, spent=0, campaign="other"),
        "in another currency": replace(BONUS, reserved=0, spent=0, currency="USD"),
    }
    await store.apply(Saves(*(replace(row, bonus_id=name) for name, row in rows.items())))
    assert not await store.due("budgets_untrued", now=0, limit=99)
    await store.apply(Saves(BUDGET))
    found = await store.due("budgets_untrued", now=0, limit=99)
    assert {row[1] for row in found} == {"given up", "new", "released", "converted", "open again"}
    assert {(row[0], *row[2:]) for row in found} == {("p", 4, "spring", "EUR")}
    assert len(await store.due("budgets_untrued", now=0, limit=2)) == 2


async def test_the_look_for_them_goes_by_its_index(database):
    """However many bonuses there are, those that are counted right are not looked at."""
    text, _ = bound(named("budgets_untrued"), "?" if is_sqlite(database) else "$", {"limit": 9})
    async with opened(database) as store:
        rows = [replace(BONUS, bonus_id=f"b{number}", campaign=f"c{number % 9}") for number in range(3_000)]
        await store.apply(Saves(BUDGET, *rows, replace(BONUS, reserved=1)))
        assert len(await store.due("budgets_untrued", now=0, limit=9)) == 1
    if is_sqlite(database):
        connection = sqlite3.connect(database.removeprefix("sqlite://"))
        plan = [row[3] for row in connection.execute(f"explain query plan {text}", [9])]
        connection.close()
    else:
        connection = await asyncpg.connect(database)
        await connection.execute("vacuum analyze")
        plan = [row[0] for row in await connection.fetch(f"explain {text.replace('$1', '9')}")]
        await connection.close()
    assert any("bonuses_untrued" in step for step in plan), plan
    assert not any("SCAN b" in step or "Seq Scan on bonuses" in step for step in plan), plan


async def test_of_those_who_race_for_the_last_of_a_budget_exactly_one_wins(database):
    """Two processes, and many players: each sees that it is enough, and one of them is right."""
    async with engine(database, lanes=2) as (one, store), engine(database, lanes=2) as (two, _):
        await run(one, publish(BY_HAND), set_budget("240"), *(create(f"p{number}") for number in range(RIVALS)))
        answers = await asyncio.gather(
            *(
                (one, two)[number % 2].submit(grant(template(), f"g{number}", player=f"p{number}"), deadline())
                for number in range(RIVALS)
            )
        )
        refused = [answer.refusal.reason for answer in answers if answer.refusal is not None]
        assert refused == [Reason.BONUS_NOT_ELIGIBLE] * (RIVALS - 3)
        row = await store.budget("gift", "EUR")
        assert (row.reserved, row.spent, row.left) == (240 * EUR, 0, 0)
        assert row.version == 4  # set, and three times reserved
        assert not await check(store)


async def test_two_who_set_a_budget_for_the_first_time_end_as_one(database):
    async with engine(database) as (one, store), engine(database) as (two, _):
        same = set_budget("5")
        answers = await asyncio.gather(
            one.submit(same, deadline()),
            two.submit(same, deadline()),
            two.submit(set_budget("7", "b2"), deadline()),
        )
        assert not [answer.refusal for answer in answers if answer.refusal]
        assert sorted(answer.replayed for answer in answers) == [False, False, True]
        assert (await store.budget("gift", "EUR")).version == 2


async def test_grants_and_plays_of_many_processes_do_not_wait_in_a_circle(database):
    """Budgets first, then players: whichever of them a batch writes, and in whatever order they were asked for."""
    async with engine(database, lanes=2) as (one, store), engine(database, lanes=2) as (two, _):
        promotions = {name: replace(BY_HAND, campaign=name) for name in ("a", "b")}
        await run(
            one,
            *(publish(promotion, name) for name, promotion in promotions.items()),
            *(set_budget("100000", name, campaign=name) for name in promotions),
            *(create(f"p{number}") for number in range(RIVALS)),
        )
        commands = []
        for number in range(RIVALS):
            for name in sorted(promotions, reverse=number % 2 == 1):
                player = f"p{number}"
                given = grant(template(promotions[name], name), f"g{number}{name}", player=player)
                commands += [given, win(player, f"w{number}{name}")]
        await asyncio.gather(
            *((one, two)[index % 2].submit(command, deadline()) for index, command in enumerate(commands))
        )
        reserved = [row.reserved for row in await store.budgets(limit=9)]
        assert reserved == [RIVALS * 80 * EUR] * 2
        assert not await check(store)


async def test_a_budget_is_trued_up_however_many_look(database):
    async with engine(database) as (one, store), engine(database) as (two, other):
        await run(
            one,
            publish(BY_HAND),
            set_budget("800"),
            *(create(f"p{number}") for number in range(RIVALS)),
            *(grant(template(), f"g{number}", player=f"p{number}") for number in range(RIVALS)),
            *(ForfeitBonus(f"p{number}", f"x{number}", "gift@1", "asked", "ann") for number in range(3)),
            bet("p7", "open"),
        )
        assert (await store.budget("gift", "EUR")).reserved == RIVALS * 80 * EUR
        seen = []
        looks = ((one, store), (two, other))
        now = Clock().now()
        await asyncio.gather(
            *(
                expiry.sweep(*look, now, patience=60, policies=ALLOWING, observe=lambda *what: seen.append(what))
                for look in looks
            )
        )
        row = await store.budget("gift", "EUR")
        assert (row.reserved, row.spent) == ((RIVALS - 3) * 80 * EUR, 0)
        assert seen.count(("budget trued up", "NOOP")) == 3  # once each, whoever found it
        assert not await expiry.sweep(one, store, now, patience=60, policies=ALLOWING)
        again = TrueUpBudget("p0", "gift@1", 0, "gift", "EUR")
        assert (await one.submit(again, deadline())).replayed
        assert not await check(store)


async def test_a_taker_is_kept_as_it_is_and_only_ever_added(store):
    row = Taker(NO_PLAYER, "gift@1", Per.DEVICE, b"d" * 16, "p", 7)
    await store.apply(Saves(row, replace(row, per=Per.PERSON)))
    assert await _load(store, row) == [row]
    with pytest.raises(VersionConflict):
        await store.apply(Saves(replace(row, holder="q")))
    assert await _load(store, row) == [row]


async def test_of_two_processes_one_takes_a_bonus_for_a_person(database):
    of = template(replace(BY_HAND, unique_per=(Per.PERSON,)))
    keys = (unique_key(Per.PERSON, "Ann"), unique_key(Per.DEVICE, "phone"))
    async with engine(database) as (one, store), engine(database) as (two, _):
        await run(one, publish(of.promotion), *(create(f"p{number}") for number in range(RIVALS)))
        answers = await asyncio.gather(
            *(
                (one, two)[number % 2].submit(
                    grant(of, f"g{number}", player=f"p{number}", unique_keys=keys[:: (1, -1)[number % 2]]), deadline()
                )
                for number in range(RIVALS)
            )
        )
        refused = [answer.refusal.reason for answer in answers if answer.refusal is not None]
        assert refused == [Reason.BONUS_NOT_ELIGIBLE] * (RIVALS - 1)
        granted = [number for number in range(RIVALS) if await store.bonus(f"p{number}", of.template_id + "@1")]
        assert len(granted) == 1
