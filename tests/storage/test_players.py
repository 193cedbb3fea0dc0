"""Players on both databases: restrictions are kept, exclusions find what is offered, two processes agree."""

import asyncio

import pytest
from msgspec.structs import replace

from tests.storage.books import EUR, Saves, bet, create, deadline, deposit, engine, opened, run, win
from tests.storage.test_promos import PLAYER, SMALL
from wallet_core.domain.book import Needs
from wallet_core.domain.commands import SetStatus
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.hold_commands import PlaceHold, ReleaseHold
from wallet_core.domain.holds import Basis, HoldReason
from wallet_core.domain.player_commands import ExcludePlayer, SwitchCurrency
from wallet_core.domain.players import Restriction
from wallet_core.domain.promos import Offers, State
from wallet_core.engine.batcher import Batcher
from wallet_core.engine.clock import Clock
from wallet_core.storage.check import check

FAR = 4_102_444_800_000_000


def exclude(key="e", player_id="p"):
    return ExcludePlayer(player_id, "asked", "ann", key, FAR)


def switch(currency, key):
    return SwitchCurrency("p", "asked", "ann", key, currency)


def freeze(hold_id, currency="EUR"):
    return PlaceHold(
        "p", hold_id, currency, None, HoldReason.AML, Basis.ORDER, "order 7", "ann", "case", "", "",
        account_freeze=True, review_at=FAR,
    )  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [{"frozen": 2}, {"excluded_at": 5, "excluded_until": 2**62}, {"currency": "EUR", "switched_at": 7}],
    ids=["frozen", "excluded", "switched"],
)
async def test_a_restriction_is_kept_and_lifted_in_place(store, changed):
    await store.apply(Saves(PLAYER))
    restricted = replace(PLAYER, version=4, **changed)
    await store.apply(Saves((PLAYER, restricted)))
    assert await store.player("p") == restricted
    lifted = replace(PLAYER, version=5)
    await store.apply(Saves((restricted, lifted)))
    assert await store.player("p") == lifted


async def test_only_what_is_offered_comes_with_the_offers_of_a_player(store):
    rows = [replace(SMALL, bonus_id=state.name, state=state, rounds=0) for state in State]
    others = [replace(row, player_id="q") for row in rows]
    await store.apply(Saves(PLAYER, replace(PLAYER, player_id="q"), *rows, *others))
    wanted = Needs.none()
    wanted.want(Offers, ("p",))
    work = Saves(wanted=wanted)
    await store.preview(work)
    assert {(row.player_id, row.state) for row in work.found} == {("p", State.OFFERED), ("p", State.CLAIMED)}


async def test_an_exclusion_ends_bonuses_with_itself(database):
    async with engine(database) as (batcher, store):
        rows = [
            replace(SMALL, bonus_id=state.name, state=state) for state in (State.OFFERED, State.QUEUED, State.FROZEN)
        ]
        await store.apply(Saves(PLAYER, *rows))
        (done,) = await run(batcher, exclude())
        assert done.results[0].outcome is Outcome.NOOP  # no money was there
        states = {row.bonus_id: row.state for row in await store.bonuses("p", limit=9)}
        assert states == {"OFFERED": State.LAPSED, "QUEUED": State.FORFEITED, "FROZEN": State.FROZEN}
        assert (await run(batcher, exclude()))[0].replayed
        assert await check(store) == []


async def test_freezes_are_counted_whoever_places_and_lifts_them(database):
    async with engine(database) as (batcher, store):
        await run(batcher, create("p", ("EUR", "USD")), deposit("p", 10 * EUR))
        for command, count in (
            (freeze("f1"), 1),
            (freeze("f2", "USD"), 2),
            (SetStatus("p", blocked=False, reason="asked", actor="ann", request_id="u"), 2),
            (ReleaseHold("p", "f1", "cleared", "ann", "r1"), 1),
            (ReleaseHold("p", "f1", "cleared", "ann", "r1"), 1),
            (ReleaseHold("p", "f2", "cleared", "ann", "r2"), 0),
        ):
            await run(batcher, command)
            player = await store.player("p")
            assert (player.frozen, player.restrictions) == (count, (Restriction.FROZEN,) if count else ())
            assert await check(store) == []


async def test_no_stake_is_after_the_exclusion_whichever_process_takes_it(database):
    """Bets of one process race the exclusion by another: K-40 is none."""
    async with engine(database) as (one, store), opened(database) as elsewhere:
        other = Batcher(elsewhere, Clock())
        try:
            await run(one, create("p"), deposit("p", 100 * EUR))
            racing = [one.submit(bet("p", f"b{number}", EUR), deadline()) for number in range(40)]
            answers = await asyncio.gather(*racing[:20], other.submit(exclude(), deadline()), *racing[20:])
            refused = {each.refusal.reason for each in answers if each.refusal}
            assert refused <= {Reason.PLAYER_BLOCKED}
            (late,) = await run(one, bet("p", "late", EUR))
            assert late.refusal.reason is Reason.PLAYER_BLOCKED
            (paid,) = await run(other, win("p", "w", EUR))
            assert paid.refusal is None
            assert await check(store) == []
        finally:
            await other.stop()


async def test_two_switches_at_once_leave_one_of_them(database):
    async with engine(database) as (one, store), opened(database) as elsewhere:
        other = Batcher(elsewhere, Clock())
        try:
            await run(one, create("p", ("EUR", "USD")))
            await asyncio.gather(
                one.submit(switch("EUR", "k1"), deadline()), other.submit(switch("USD", "k2"), deadline())
            )
            player = await store.player("p")
            assert player.currency in {"EUR", "USD"}
            assert player.switched_at == player.changed_at
            assert player.version == 2
        finally:
            await other.stop()
