"""What the tests of storage, engine and faults share: stores by address, commands in a line, a work that saves rows."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from wallet_core.domain.book import Needs, Row
from wallet_core.domain.commands import Action, Command, CreatePlayer, Pay, Play
from wallet_core.domain.decision import Decision
from wallet_core.domain.entries import Kind, Line, digest
from wallet_core.domain.profiles import Profile
from wallet_core.engine.batcher import Batcher
from wallet_core.engine.clock import Clock
from wallet_core.storage.migrate import is_sqlite, sqlite_path
from wallet_core.storage.postgres import open_postgres
from wallet_core.storage.sqlite import open_sqlite
from wallet_core.storage.store import Changes, Store

PROVIDER = "acme"
EUR = 1_000_000
PATIENCE = 60.0


async def open_store(database: str, lanes: int = 1) -> Store:
    if is_sqlite(database):
        return await open_sqlite(sqlite_path(database))
    return await open_postgres(database, lanes=lanes)


@asynccontextmanager
async def opened(database: str, lanes: int = 1) -> AsyncIterator[Store]:
    store = await open_store(database, lanes)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def engine(database: str, **limits: int) -> AsyncIterator[tuple[Batcher, Store]]:
    """Yield a batcher on the books and its store; what is in the queue at the end is finished first."""
    async with opened(database, limits.get("lanes", 1)) as store:
        batcher = Batcher(store, Clock(), **limits)
        try:
            yield batcher, store
        finally:
            await batcher.stop()


class Saves:
    """A work that saves the rows it is given, each alone when it is new or as (before, after)."""

    def __init__(
        self,
        *rows: Row | tuple[Row | None, Row],
        lines: Sequence[Line] = (),
        wanted: Needs | None = None,
        further: Needs | None = None,
    ) -> None:
        self.changes = Changes([row if isinstance(row, tuple) else (None, row) for row in rows], lines)
        self.wanted = wanted or Needs.none()
        self.further = further
        self.found: list[Row] = []

    def needs(self) -> Needs:
        return self.wanted

    def follow(self, rows: Sequence[Row]) -> Needs | None:
        self.found = list(rows)
        further, self.further = self.further, None
        return further

    def decide(self) -> Changes:
        return self.changes


def deadline(seconds: float = PATIENCE) -> float:
    return time.monotonic() + seconds


def create(player_id: str, currencies: tuple[str, ...] = ("EUR",)) -> CreatePlayer:
    return CreatePlayer(player_id, "operator", "brand", currencies)


def deposit(player_id: str, amount: int, request_id: str = "1") -> Pay:
    return Pay(player_id, Kind.DEPOSIT, "psp", request_id, "EUR", amount)


def play(player_id: str, *actions: Action, round_id: str = "", close: bool = False, batch_id: str = "") -> Play:
    return Play(
        player_id,
        PROVIDER,
        actions,
        Profile(),
        currency="EUR",
        round_id=round_id,
        game_id="game",
        close_round=close,
        batch_id=batch_id,
    )


def action(kind: Kind, key: str, amount: int | None = None, *references: str) -> Action:
    return Action(kind=kind, external_key=key, key=digest(PROVIDER, key), amount=amount, references=references)


def bet(player_id: str, key: str, amount: int = EUR, round_id: str = "", *, batch_id: str = "") -> Play:
    return play(player_id, action(Kind.BET, key, amount), round_id=round_id or f"round of {key}", batch_id=batch_id)


def win(player_id: str, key: str, amount: int = EUR, round_id: str = "", *, close: bool = False) -> Play:
    return play(player_id, action(Kind.WIN, key, amount), round_id=round_id or f"round of {key}", close=close)


def rollback(player_id: str, key: str, reference: str) -> Play:
    return play(player_id, action(Kind.ROLLBACK, key, None, reference))


async def run(batcher: Batcher, *commands: Command) -> list[Decision]:
    """Submit one after another."""
    return [await batcher.submit(command, deadline()) for command in commands]


async def cash(store: Store, player_id: str) -> int:
    return sum(pocket.amount for pocket in await store.pockets(player_id) if pocket.account == "CASH")
