"""Filled books are books: they keep the laws, hold what was asked for, and take bets."""

from tests.bench import bets
from tests.bench.filling import CHUNK, WORKERS, fill
from tests.storage.books import cash, engine, run
from wallet_core.domain.decision import Outcome
from wallet_core.storage.check import check

TRANSACTIONS = 5


async def test_filled_books_keep_the_laws_and_take_bets(core_database):
    players = CHUNK // TRANSACTIONS * WORKERS + 1
    await fill(core_database, players, TRANSACTIONS)
    async with engine(core_database) as (batcher, store):
        assert await check(store) == []
        for number in (0, players // 2, players - 1):
            player_id = bets.player_id(number)
            assert len(await store.transactions(player_id, limit=100)) == TRANSACTIONS
            before = await cash(store, player_id)
            (decision,) = await run(batcher, bets.command(player_id, "key"))
            assert [result.outcome for result in decision.results] == [Outcome.APPLIED]
            assert await cash(store, player_id) == before - bets.STAKE
        assert await store.player(bets.player_id(players)) is None
        assert await check(store) == []


async def test_players_without_a_past_have_money_and_a_session(core_database):
    await fill(core_database, 3)
    async with engine(core_database) as (batcher, store):
        assert [await cash(store, bets.player_id(number)) for number in range(3)] == [bets.MONEY] * 3
        (decision,) = await run(batcher, bets.command(bets.player_id(2), "key"))
        assert decision.refusal is None
        assert await check(store) == []
