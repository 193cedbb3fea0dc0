"""A storm: plays from a small space of keys, so that they meet, repeat and undo each other; and what must be left.

A play is three words, `player kind number`, and all of it follows from them: who draws the same words sends the same
payload under the same key, in whatever process.
"""

import os
import random
from collections.abc import Iterator

from tests.storage.books import EUR, PROVIDER, bet, create, deadline, deposit, rollback, run, win
from wallet_core.domain.commands import Command
from wallet_core.domain.decision import Decision
from wallet_core.domain.entries import NO_PLAYER, digest
from wallet_core.domain.profiles import Profile
from wallet_core.engine.batcher import Batcher
from wallet_core.engine.graves import bury
from wallet_core.storage.check import check
from wallet_core.storage.store import Store

FULL = 300 * EUR
"""What a player starts with; some storms spend it, so that some bets are refused."""

Words = tuple[str, str, int]
Answer = list[object]


def seeded() -> random.Random:
    """Return the run's dice; WALLET_TEST_SEED throws the same again."""
    seed = os.environ.get("WALLET_TEST_SEED") or str(random.SystemRandom().randrange(10**9))
    print(f"WALLET_TEST_SEED={seed}")
    return random.Random(seed)


def players(count: int) -> list[str]:
    return [f"player-{number}" for number in range(count)]


async def seat(batcher: Batcher, count: int) -> None:
    """Create the players, each with money."""
    for player_id in players(count):
        await run(batcher, create(player_id), deposit(player_id, FULL))


def draws(dice: random.Random, count: int, keys: int, kinds: str = "bet bet bet win rollback") -> Iterator[Words]:
    """Yield words for ever."""
    seats, choice = players(count), kinds.split()
    while True:
        yield dice.choice(seats), dice.choice(choice), dice.randrange(keys)


def command(player_id: str, kind: str, number: int) -> Command:
    match kind:
        case "bet":
            return bet(player_id, f"{player_id} bet {number}", (1 + number % 7) * EUR, f"round {number // 3}")
        case "win":
            return win(player_id, f"{player_id} win {number}", (number % 5) * EUR, f"round {number // 3}")
        case "rollback":
            return rollback(player_id, f"{player_id} rollback {number}", f"{player_id} bet {number}")
    raise LookupError(kind)


async def answer(batcher: Batcher, store: Store, words: Words) -> Answer:
    """Return what is the same whenever it is asked: the reason, and key, outcome, id and parts of each result."""
    player_id, kind, number = words
    if kind == "bury":

        async def roll_back(owner: str) -> Decision:
            return await batcher.submit(command(owner, "rollback", number), deadline())

        key = f"{player_id} bet {number}"
        await bury(
            batcher,
            store,
            provider_id=PROVIDER,
            external_key=key,
            profile=Profile(),
            roll_back=roll_back,
            deadline=deadline(),
        )
        return [None, []]
    decision = await batcher.submit(command(*words), deadline())
    return told(decision)


def told(decision: Decision) -> Answer:
    return [
        decision.refusal.reason.name if decision.refusal else None,
        [
            [
                result.external_key,
                result.outcome.name,
                result.transaction_id.hex(),
                [list(part) for part in result.parts],
            ]
            for result in decision.results
        ],
    ]


class Told:
    """Every answer that was given, held against the others and at the end against the books."""

    def __init__(self) -> None:
        self.answers: dict[Words, Answer] = {}
        self.count = 0

    def note(self, words: Words, given: Answer) -> None:
        """Take an answer; a repeat is answered as the first was."""
        self.count += 1
        assert self.answers.setdefault(words, given) == given, words

    async def hold(self, store: Store, count: int) -> None:
        """Hold the books to all that was answered: there, once, and no money but that."""
        assert await check(store) == []
        moved = dict.fromkeys(players(count), FULL)
        for (player_id, _, _), (_, results) in self.answers.items():
            for external_key, outcome, transaction_id, parts in results:
                stored = [
                    row
                    for row in await store.transactions_by_key(digest(PROVIDER, external_key))
                    if row.player_id != NO_PLAYER
                ]
                found = [(row.transaction_id.hex(), row.outcome.name) for row in stored]
                assert found == [(transaction_id, outcome)], (
                    f"{external_key}: answered {transaction_id} {outcome}, stored {found}"
                )
                moved[player_id] += sum(amount for pocket, amount in parts if pocket == "CASH")
        held = {
            player_id: sum(pocket.amount for pocket in await store.pockets(player_id) if pocket.account == "CASH")
            for player_id in moved
        }
        assert held == moved
        for _, currency, _ in (balance := await store.trial_balance()):
            assert sum(amount for _, code, amount in balance if code == currency) == 0
