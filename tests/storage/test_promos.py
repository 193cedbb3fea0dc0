"""Bonuses and templates on both databases: kept as they are, found when they are due, begun and ended once."""

import asyncio
import re

import pytest
from msgspec.structs import replace

from tests.storage.books import EUR, Saves, create, deadline, deposit, engine, opened
from tests.support.policies import ALLOWING
from tests.support.promos import BY_HAND, MATCH, grant, publish, template
from wallet_core.domain.book import Needs
from wallet_core.domain.entries import NO_PLAYER
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.packs import VERTICALS
from wallet_core.domain.players import Player, Status
from wallet_core.domain.policies import Mode, Split
from wallet_core.domain.promo_commands import ForfeitBonus
from wallet_core.domain.promos import (
    Base,
    Bonus,
    BonusTerms,
    Counts,
    MaxBetBasis,
    MaxBetScope,
    OnWithdrawal,
    OpenRounds,
    State,
    Timing,
    competes,
)
from wallet_core.domain.templates import Template
from wallet_core.engine.batcher import Batcher
from wallet_core.engine.clock import Clock
from wallet_core.storage.check import check
from wallet_core.storage.reads import SQL
from wallet_core.streams import expiry

PLAYER = Player("p", "operator", "brand", ("EUR",), Status.ACTIVE, "MT", 1, 2, 3)
TERMS = BonusTerms(
    mode=Mode.NO_MIX,
    split=Split.RETURN_BONUS_FIRST,
    multiplier=3_500,
    base=Base.WINNINGS,
    counts=Counts.CASH_THEN_BONUS,
    timing=Timing.BET,
    contributions=(("game:Zoë 李雷 ' \" \\ % :now ?", 1), ("default", 0)),
    max_bet=5,
    max_bet_basis=MaxBetBasis.WHILE_ACTIVE,
    max_bet_scope=MaxBetScope.ROUND_TOTAL,
    products=("CASINO",),
    excluded_games=("x",),
    duration=60,
    cap=7,
    sticky=True,
    tranches=2,
    on_withdrawal=OnWithdrawal.BLOCK,
    open_rounds=OpenRounds.FORFEIT,
    dust=8,
    stops=False,
    accepted="digest",
)
BONUS = Bonus(
    "p", "b", "welcome", 2, "EUR", State.FROZEN, TERMS, 9, 10, 11, 12, 13, 14, 15, staked=True, rounds=1, priority=-2,
    activated_at=18, expires_at=19, short=True, reason="r", frozen_at=20, slot="s", places=3,
)  # fmt: skip
SMALL = replace(BONUS, terms=BonusTerms(), rounds=0, places=1, frozen_at=0, staked=False)


async def _load(store, wanted):
    work = Saves(wanted=wanted)
    await store.preview(work)
    return work.found


@pytest.mark.parametrize("row", [BONUS, SMALL, replace(BONUS, requirement=INT64_MAX, progress=INT64_MAX)])
async def test_a_bonus_is_kept_as_it_is_and_changes_in_place(store, row):
    await store.apply(Saves(PLAYER, row))
    wanted = Needs.none()
    wanted.want(Bonus, row.key)
    assert await _load(store, wanted) == [row]
    assert await store.bonus("p", "b") == row
    changed = replace(
        row, state=State.CONVERTED, terms=BonusTerms(cap=1), granted=1, deposit=2, requirement=3, claimed_at=4,
        changed_at=5, progress=6, converted=7, rounds=0, activated_at=8, expires_at=9, reason="met", frozen_at=10,
        template_id="reload", version=9, currency="USD", priority=11, slot="t", places=12,
    )  # fmt: skip
    await store.apply(Saves((row, changed)))
    assert await store.bonus("p", "b") == changed
    assert await store.bonus("p", "other") is None


@pytest.mark.parametrize("state", State, ids=lambda each: each.name)
async def test_what_play_changes_or_waits_comes_with_its_player(store, state):
    row = replace(SMALL, state=state)
    await store.apply(Saves(PLAYER, row, replace(row, player_id="q")))
    expected = [row] if state in {State.QUEUED, State.ACTIVE, State.SETTLING, State.FROZEN} else []
    assert await _load(store, Needs({"p"}, set(), set(), set())) == [PLAYER, *expected]


async def test_a_template_is_kept_as_it_is_and_listed_by_version(store):
    rows = [
        replace(template(promotion, name, version), published_at=1, actor="ann", reason="Zoë ' \" ?")
        for name, version, promotion in (("a", 1, MATCH), ("a", 2, BY_HAND), ("a", 10, BY_HAND), ("b", 1, MATCH))
    ]
    await store.apply(Saves(*rows))
    assert [await store.template(row.template_id, row.version) for row in rows] == rows
    assert await store.template("a", 3) is None
    listed, after = [], None
    while page := await store.templates(after=after, limit=3):
        listed += page
        after = page[-1].template_id, page[-1].version
    assert listed == rows
    assert await store.templates("b", limit=9) == rows[3:]
    wanted = Needs.none()
    wanted.want(Template, rows[2].key)
    assert await _load(store, wanted) == [rows[2]]


async def test_bonuses_are_listed_by_id(store):
    rows = [replace(SMALL, bonus_id=f"b{n}", state=State.QUEUED, priority=-n // 2, claimed_at=9 - n) for n in range(5)]
    await store.apply(Saves(*rows, replace(SMALL, bonus_id="a"), replace(rows[0], player_id="q")))
    assert [row.bonus_id for row in await store.bonuses("p", limit=9)] == ["a", "b0", "b1", "b2", "b3", "b4"]
    assert [row.bonus_id for row in await store.bonuses("p", after="b2", limit=1)] == ["b3"]


async def test_what_is_due(store):
    honoured = replace(SMALL, state=State.ACTIVE, expires_at=10)
    rows = {
        "offered": replace(honoured, state=State.OFFERED),
        "claimed": replace(honoured, state=State.CLAIMED),
        "queued": replace(honoured, state=State.QUEUED),
        "active": honoured,
        "settling": replace(honoured, state=State.SETTLING),
        "frozen": replace(honoured, state=State.FROZEN),
        "over": replace(honoured, state=State.EXPIRED),
        "later": replace(honoured, expires_at=11),
        "never": replace(honoured, expires_at=0),
        "honours": replace(honoured, rounds=1),
        "does not": replace(honoured, rounds=1, terms=BonusTerms(open_rounds=OpenRounds.FORFEIT)),
    }
    await store.apply(Saves(*(replace(row, bonus_id=name) for name, row in rows.items())))
    found = [row[1] for row in await store.due("bonuses_expired", now=10, limit=99)]
    assert set(found) == {"offered", "claimed", "queued", "active", "settling", "does not"}
    assert len(await store.due("bonuses_expired", now=10, limit=2)) == 2
    assert not await store.due("bonuses_expired", now=9, limit=99)


async def test_who_may_start(store):
    waiting = replace(SMALL, state=State.QUEUED, expires_at=0)
    rows = {
        "free": replace(waiting, slot="1"),
        "taken": replace(waiting, slot="2"),
        "taker": replace(waiting, slot="2", state=State.FROZEN),
        "second place": replace(waiting, slot="3", places=2),
        "first place": replace(waiting, slot="3", state=State.ACTIVE, places=2),
        "z behind": replace(waiting, slot="4"),
        "a ahead": replace(waiting, slot="4"),
        "late": replace(waiting, slot="5", expires_at=10),
        "gone": replace(waiting, slot="1", state=State.FORFEITED),
        "too late": replace(waiting, slot="6", priority=-9, expires_at=10),
        "behind it": replace(waiting, slot="6"),
    }
    await store.apply(Saves(*(replace(row, bonus_id=name) for name, row in rows.items())))
    await store.apply(Saves(replace(waiting, player_id="q", slot="2")))
    found = {tuple(row) for row in await store.due("bonuses_startable", now=10, limit=99)}
    expected = (("p", "free"), ("p", "second place"), ("p", "a ahead"), ("q", "b"), ("p", "behind it"))
    assert found == {(*row, "welcome", 2) for row in expected}


class Hours:
    """A clock that stands still until it is put forward."""

    def __init__(self):
        self.now = 1_800_000_000_000_000_000

    def __call__(self):
        return self.now


async def test_a_bonus_expires_and_the_next_one_starts_however_many_look(database):
    timed = replace(BY_HAND, terms=replace(BY_HAND.terms, duration=60))
    hours = Hours()
    async with opened(database) as store, opened(database) as other:
        batchers = [Batcher(each, Clock(hours)) for each in (store, other)]
        versions = (publish(timed, "gift", version) for version in (1, 2, 3))
        for command in (create("p"), deposit("p", 100 * EUR), *versions):
            assert (await batchers[0].submit(command, deadline())).refusal is None
        for version in (1, 2, 3):
            of = template(timed, "gift", version)
            await batchers[0].submit(replace(grant(of, f"g{version}"), player_id="p"), deadline())

        async def states():
            looks = zip(batchers, (store, other), strict=True)
            await asyncio.gather(
                *(expiry.sweep(*look, hours.now // 1_000, patience=60, policies=ALLOWING) for look in looks)
            )
            return [row.state for row in await store.bonuses("p", limit=9)]

        assert await states() == [State.ACTIVE, State.QUEUED, State.QUEUED]
        hours.now += 61_000_000_000
        assert await states() == [State.EXPIRED, State.ACTIVE, State.QUEUED]
        forfeit = ForfeitBonus("p", "x1", "gift@2", "asked", "ann", ALLOWING)
        await batchers[1].submit(forfeit, deadline())
        assert [row.state for row in await store.bonuses("p", limit=9)][2] is State.ACTIVE
        assert await states() == [State.EXPIRED, State.FORFEITED, State.ACTIVE]
        pockets = {row.account: row.amount for row in await store.pockets("p")}
        assert pockets == {"CASH": 100 * EUR, "BONUS:gift@1": 0, "BONUS:gift@2": 0, "BONUS:gift@3": 80 * EUR}
        for batcher in batchers:
            await batcher.stop()
        assert not await check(store)


async def test_two_editors_of_a_template_end_as_one(database):
    async with engine(database) as (batcher, store), engine(database) as (second, _):
        answers = await asyncio.gather(
            batcher.submit(publish(BY_HAND, "gift", key="one"), deadline()),
            second.submit(publish(MATCH, "gift", key="two"), deadline()),
        )
        refused = [answer.refusal.reason.name for answer in answers if answer.refusal]
        assert refused == ["ALREADY_EXISTS"]
        assert len(await store.templates("gift", limit=9)) == 1
    async with opened(database) as store:
        assert (await store.template("gift", 1)).player_id == NO_PLAYER


@pytest.mark.parametrize("slot", ["", "CASINO", "CASINO+LIVE", "SPORTS", "spring"])
@pytest.mark.parametrize("waiting", ["", "CASINO", "LIVE+POKER", "SPORTS", "spring"])
async def test_r_bonus_07_who_may_start_is_asked_as_bonuses_compete(store, slot, waiting):
    active = replace(SMALL, bonus_id="a", state=State.ACTIVE, slot=slot)
    queued = replace(SMALL, bonus_id="q", state=State.QUEUED, slot=waiting, expires_at=0)
    await store.apply(Saves(PLAYER, active, queued))
    found = await store.due("bonuses_startable", now=1, limit=9)
    assert bool(found) is not competes(active, queued)


def test_the_products_that_who_may_start_is_asked_by_are_all_there_are():
    statement = (SQL / "reads.sql").read_text().partition("-- name: bonuses_startable")[2].partition("-- name:")[0]
    assert set(re.findall(r"\('([A-Z]+)'\)", statement)) == set(VERTICALS)
