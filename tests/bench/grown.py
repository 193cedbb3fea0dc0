"""Grown books beside empty ones: whether millions of transactions slow a bet down, and how many bytes it takes."""

import time

from tests.bench.bets import PLAYERS
from tests.bench.engine import engine
from tests.bench.measure import Fact, Row, contest
from tests.bench.places import Place

CALLERS = 128
TRANSACTIONS = 10
"""Of each player of the grown books."""


async def measure(place: Place, seconds: float, rounds: int, millions: float) -> list[Row | Fact]:
    """Return what is found with one database, whose grown books have so many millions of transactions."""
    players = int(millions * 1e6) // TRANSACTIONS
    transactions = players * TRANSACTIONS
    began = time.monotonic()
    big = await place.books(players, TRANSACTIONS)
    took = time.monotonic() - began
    small = await place.books(PLAYERS)
    filled = await place.size(big)
    each = filled / transactions
    fact = Fact(
        "grown",
        place.name,
        "bytes",
        each,
        f"{players:,} players, {transactions:,} transactions: {filled / 2**20:,.0f} MiB, {each:,.0f} bytes a"
        f" transaction, its rows and indexes together; filled in {took:.0f} s",
    )
    print(fact.line(), flush=True)
    await place.settle(big)
    async with engine(place, small) as few, engine(place, big) as many:
        rows = await contest(
            "grown",
            place.name,
            [
                few.contestant("empty", f"engine, {PLAYERS:,} players, no past", CALLERS, PLAYERS),
                many.contestant("grown", f"engine, {players:,} players, {millions:g} M past", CALLERS, players),
            ],
            seconds,
            rounds,
        )
    return [fact, *rows]
