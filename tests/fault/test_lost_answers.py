"""The line to PostgreSQL is cut at the worst moment: the save was sent, its answer never came."""

import pytest

from tests.fault.proxy import Lose, proxied
from tests.fault.storm import FULL
from tests.storage.books import EUR, bet, cash, create, deadline, deposit, opened, rollback, run, win
from wallet_core.engine.batcher import Batcher
from wallet_core.engine.clock import Clock
from wallet_core.storage.check import check
from wallet_core.storage.store import Unavailable


class Cuts:
    """The store, but once a batch is decided the line loses what `lose` says of its save."""

    def __init__(self, store, proxy):
        self._store = store
        self._proxy = proxy
        self.lose = Lose.NOTHING

    async def apply(self, work):
        await self._store.apply(Cut(work, self))

    def cut(self):
        self._proxy.lose, self.lose = self.lose, Lose.NOTHING


class Cut:
    """The work, but it tells when it has decided: what is sent next is the save."""

    def __init__(self, work, cuts):
        self.needs, self.follow, self._work, self._cuts = work.needs, work.follow, work, cuts

    def decide(self):
        changes = self._work.decide()
        self._cuts.cut()
        return changes


@pytest.mark.parametrize("lose", [Lose.REQUEST, Lose.ANSWER], ids=lambda lose: lose.name.lower())
@pytest.mark.parametrize("kind", ["bet", "refused bet", "win", "rollback"])
async def test_a_retry_after_a_lost_answer_gets_the_stored_one(postgres_database, lose, kind):
    commands = {
        "bet": bet("p", "cut", 7 * EUR, "r"),
        "refused bet": bet("p", "cut", 2 * FULL, "r"),
        "win": win("p", "cut", 7 * EUR, "r"),
        "rollback": rollback("p", "cut", "before"),
    }
    command = commands[kind]
    # One of each before, so that the statement of its save is prepared: what is sent is then the save alone.
    warm = [
        create("p"),
        deposit("p", FULL),
        bet("p", "before", EUR, "r"),
        bet("p", "warm", EUR, "r"),
        bet("p", "too much", 2 * FULL, "r"),
        win("p", "w", EUR, "r"),
        rollback("p", "warm back", "warm"),
    ]
    async with proxied(postgres_database) as (proxy, dsn), opened(dsn) as store, opened(postgres_database) as direct:
        cuts = Cuts(store, proxy)
        batcher = Batcher(cuts, Clock())
        await run(batcher, *warm)
        before = await cash(direct, "p")
        cuts.lose = lose
        with pytest.raises(Unavailable):
            await batcher.submit(command, deadline())
        stored = await direct.transactions_by_key(command.actions[0].key)
        moved = await cash(direct, "p") - before
        assert proxy.lost == 1
        assert len(stored) == (lose is Lose.ANSWER)
        first, second = await run(batcher, command, command)

        assert first.replayed is (lose is Lose.ANSWER)
        assert second.replayed
        assert [result.transaction_id for result in first.results] == [
            result.transaction_id for result in second.results
        ]
        assert first.refusal == second.refusal
        expected = {"bet": -7 * EUR, "refused bet": 0, "win": 7 * EUR, "rollback": EUR}[kind]
        assert moved == (expected if lose is Lose.ANSWER else 0)
        assert await cash(direct, "p") - before == expected
        assert await check(direct) == []
        await batcher.stop()


async def test_a_line_that_is_cut_again_and_again_doubles_nothing(postgres_database):
    """Every other save loses its request or its answer; each command is sent until it is answered."""
    async with proxied(postgres_database) as (proxy, dsn), opened(dsn) as store, opened(postgres_database) as direct:
        cuts = Cuts(store, proxy)
        batcher = Batcher(cuts, Clock())
        await run(batcher, create("p"), deposit("p", FULL))
        for number in range(40):
            cuts.lose = (Lose.NOTHING, Lose.REQUEST, Lose.NOTHING, Lose.ANSWER)[number % 4]
            while True:
                try:
                    (decision,) = await run(batcher, bet("p", str(number), EUR, "r"))
                    break
                except Unavailable:
                    continue
            assert decision.refusal is None
        assert proxy.lost == 20
        assert await cash(direct, "p") == FULL - 40 * EUR
        assert await check(direct) == []
        await batcher.stop()
