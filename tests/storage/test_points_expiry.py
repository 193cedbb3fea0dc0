"""Points that expire by themselves (R-PTS-03), on both databases: when a policy says so, once, by cheap looks."""

import asyncio
import sqlite3

import asyncpg
import pytest

from tests.storage.books import EUR, opened, run
from wallet_core.domain.commands import CreatePlayer
from wallet_core.domain.entries import NO_PLAYER
from wallet_core.domain.holds import DAY
from wallet_core.domain.layers import Setting
from wallet_core.domain.points import POINT
from wallet_core.domain.points_commands import AdjustPoints, PublishPointsPrice, RedeemPoints
from wallet_core.domain.policies import Policies
from wallet_core.domain.policy_keys import Layer
from wallet_core.domain.publications import Publication
from wallet_core.engine.batcher import Batcher, Overloaded
from wallet_core.engine.clock import Clock
from wallet_core.storage.check import check
from wallet_core.storage.migrate import is_sqlite
from wallet_core.storage.reads import bound, named
from wallet_core.streams import points

MIDNIGHT = 20_000 * DAY
PRICE = PublishPointsPrice(NO_PLAYER, "spring", "ops", "price", "EUR", 1, 100, EUR)


class Hours:
    """A clock that stands still until it is put forward."""

    def __init__(self):
        self.at = MIDNIGHT

    def __call__(self):
        return self.at * 1_000


def rules(days, scope="*", layer=Layer.BRAND, version=1):
    setting = Setting("points.expire_after", layer, scope, str(days))
    published = Publication("", version, "", "", "", "", (setting,), 1, 1)
    return Policies.built([published], moment=version)


def adjust(player, amount, key):
    return AdjustPoints(player, "a gift", "ops", key, amount * POINT)


def create(player, brand="brand"):
    return CreatePlayer(player, "operator", brand, ("EUR",))


async def held(store, player):
    return sum(row.amount for row in await store.pockets(player) if row.account == "POINTS") // POINT


class Books:
    """An engine under a clock, and looks at what is old."""

    def __init__(self, store, hours):
        self.store, self.hours = store, hours
        self.batcher = Batcher(store, Clock(hours))
        self.seen = []

    async def do(self, *commands):
        return await run(self.batcher, *commands)

    async def look(self, policies):
        return await points.look(
            self.batcher, self.store, policies, self.hours.at, patience=60, observe=lambda *what: self.seen.append(what)
        )


@pytest.fixture
async def books(database):
    async with opened(database) as store:
        made = Books(store, Hours())
        yield made
        await made.batcher.stop()
        assert not await check(store)


async def test_what_is_left_of_an_old_lot_expires_at_the_beginning_of_a_day(books):
    await books.do(create("p"), PRICE, adjust("p", 300, "1"))
    books.hours.at += DAY
    await books.do(adjust("p", 50, "2"), RedeemPoints("p", "r", 100, "EUR", EUR, 1))  # of the oldest
    books.hours.at = MIDNIGHT + 30 * DAY  # the lot came at the first moment of its day, or later
    assert await books.look(rules(30))
    assert await held(books.store, "p") == 250
    books.hours.at += DAY - 1
    assert await books.look(rules(30))
    assert (await held(books.store, "p"), books.seen) == (250, [])
    books.hours.at += 1
    assert await books.look(rules(30))
    assert (await held(books.store, "p"), books.seen) == (50, [("points expired", "APPLIED")])
    assert await books.look(rules(30))
    assert len(books.seen) == 1  # nothing is left to be asked for
    books.hours.at += DAY
    assert await books.look(rules(30))
    assert await held(books.store, "p") == 0


async def test_a_policy_of_a_brand_is_for_its_players_alone(books):
    await books.do(create("p", "lucky"), create("q", "other"), adjust("p", 5, "1"), adjust("q", 5, "1"))
    books.hours.at += 40 * DAY
    assert await books.look(Policies())  # nobody has said anything: they never expire
    assert await books.look(rules(0))
    assert not books.seen
    assert await books.look(rules(30, "lucky"))
    assert (await held(books.store, "p"), await held(books.store, "q")) == (0, 5)
    assert await books.look(rules(40, layer=Layer.REGULATOR, scope="*"))
    assert await held(books.store, "q") == 5  # a day is over when it is
    books.hours.at += DAY
    assert await books.look(rules(40, layer=Layer.REGULATOR, scope="*"))
    assert await held(books.store, "q") == 0


async def test_e_70_a_redemption_that_was_accepted_first_wins(books):
    await books.do(create("p"), PRICE, adjust("p", 100, "1"))
    books.hours.at += 40 * DAY
    lots = await books.store.points_lots("p", books.hours.at - 30 * DAY)
    assert lots == (100 * POINT, 0, 1)
    spent = []

    async def lots_then_redeemed(player_id, since):
        """What the ledger says; then, before the expiry is decided, the player redeems."""
        found = await type(books.store).points_lots(books.store, player_id, since)
        if not spent:
            spent.extend(await books.do(RedeemPoints("p", "r", 100, "EUR", EUR, 1)))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(books.store, "points_lots", lots_then_redeemed)
        assert await books.look(rules(30))
    assert spent[0].refusal is None
    assert [outcome for _, outcome in books.seen] == ["IN_PROGRESS"]
    pockets = {row.account: row.amount for row in await books.store.pockets("p")}
    assert (pockets["CASH"], pockets["POINTS"]) == (EUR, 0)


async def test_points_that_never_rest_are_looked_for_again(books):
    await books.do(create("p"), adjust("p", 100, "1"))
    books.hours.at += 40 * DAY
    moved = iter(range(99))

    async def lots_then_moved(player_id, since):
        found = await type(books.store).points_lots(books.store, player_id, since)
        await books.do(adjust("p", 1, f"m{next(moved)}"))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(books.store, "points_lots", lots_then_moved)
        assert not await books.look(rules(30))  # so that the watch comes again
    assert await books.look(rules(30))
    assert await held(books.store, "p") == 3


async def test_all_pages_are_gone_through_and_two_processes_do_it_once(database, monkeypatch):
    monkeypatch.setattr(points, "AT_ONCE", 3)
    hours, players = Hours(), [f"p{number}" for number in range(8)]
    async with opened(database) as store, opened(database) as other:
        one, two = Books(store, hours), Books(other, hours)
        await one.do(*map(create, players), *(adjust(player, 7, "1") for player in players))
        hours.at += 40 * DAY
        await two.do(create("young"), adjust("young", 7, "1"))
        assert await asyncio.gather(one.look(rules(30)), two.look(rules(30))) == [True, True]
        assert [await held(store, player) for player in players] == [0] * 8
        assert await held(store, "young") == 7
        outcomes = [outcome for _, outcome in (*one.seen, *two.seen)]
        assert outcomes.count("APPLIED") == 8
        assert set(outcomes) <= {"APPLIED", "REPLAYED"}
        await one.batcher.stop()
        await two.batcher.stop()
        assert not await check(store)


async def test_the_watch_looks_once_a_day_and_when_the_policies_change(books, monkeypatch):
    looks, asked = [], asyncio.Event()

    async def look(*_, **__):
        looks.append(books.hours.at)
        return len(looks) > 1  # the first leaves something undone

    days = iter([(0, 1), (0, 1), (0, 1), (0, 2), (DAY, 2), (DAY, 2)])

    def policies():
        step = next(days, None)
        if step is None:
            asked.set()
            return rules(30, version=2)
        books.hours.at = MIDNIGHT + step[0]
        return rules(30, version=step[1])

    monkeypatch.setattr(points, "look", look)
    ticks = iter([MIDNIGHT] * 4 + [MIDNIGHT + DAY] * 99)
    clock = Clock(lambda: next(ticks) * 1_000)
    watching = asyncio.ensure_future(points.watch(books.batcher, books.store, clock, policies, interval=0, patience=9))
    async with asyncio.timeout(60):
        await asked.wait()
    watching.cancel()
    assert len(looks) == 4  # twice until nothing was left, for another version, for another day


async def test_a_look_that_fails_half_way_goes_on_where_others_would(books):
    await books.do(create("p"), adjust("p", 7, "1"))
    books.hours.at += 40 * DAY
    full = Batcher(books.store, Clock(books.hours), queue_max=0)
    with pytest.raises(Overloaded):
        await points.look(full, books.store, rules(30), books.hours.at, patience=9)
    assert await books.look(rules(30))
    assert await held(books.store, "p") == 0


HOLDERS, LINES = 2_000, 20
FILL = (
    f"""
    insert into players (
        player_id, operator_id, brand_id, currencies, status, country, created_at, changed_at, version
    )
        with recursive n (n) as (select 1 union all select n + 1 from n where n < {HOLDERS})
        select 'p' || n, 'o', 'b', '["EUR"]', 1, '', n, n, n from n
    """,
    "insert into pockets select player_id, 'EUR', 'CASH', 1, 1 from players",
    f"insert into pockets select player_id, 'PTS', 'POINTS', {LINES}, {LINES} from players",
    f"""
    insert into lines
        with recursive n (n) as (select 1 union all select n + 1 from n where n < {LINES})
        select player_id, {{identity}}, n, 'POINTS', '', 'PTS', 1, n, n from players, n
    """,
)


@pytest.mark.parametrize(
    ("name", "parameters"), [("points_held", {"after": "p5", "limit": 200}), ("points_lots", {"player_id": "p7"})]
)
async def test_nobody_reads_all_pockets_or_lines(database, name, parameters):
    """A page of those who have points goes by the key of pockets, what is old of them by the player's own lines."""
    sqlite = is_sqlite(database)
    text, values = bound(named(name), "?" if sqlite else "$", parameters | {"since": b"\0" * 16})
    if sqlite:
        connection = sqlite3.connect(database.removeprefix("sqlite://"))
        for statement in FILL:
            connection.execute(statement.format(identity="zeroblob(16)"))
        connection.execute("analyze")
        plan = [row[3] for row in connection.execute(f"explain query plan {text}", values)]
        connection.close()
        assert not [step for step in plan if step.startswith(("SCAN p", "SCAN l"))], plan
    else:
        connection = await asyncpg.connect(database)
        for statement in FILL:
            await connection.execute(statement.format(identity="decode(repeat('00', 16), 'hex')"))
        await connection.execute("vacuum analyze")
        plan = [row[0] for row in await connection.fetch(f"explain {text}", *values)]
        await connection.close()
        assert not [step for step in plan if "Seq Scan on pockets" in step or "Seq Scan on lines" in step], plan
