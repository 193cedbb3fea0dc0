"""One core for all, and one adapter of each protocol: every test makes players of its own."""

from contextlib import AsyncExitStack

import pytest

from adapters.conformance.dialect import Seat
from adapters.conformance.dialects import dialects
from tests.providers.door import heard, move, opened
from tests.support.core import PROVIDERS, core_on
from wallet_core.config import Provider
from wallet_core.storage.migrate import migrate

DIALECTS = list(dialects().values())


def game_of(dialect, game):
    """The id by which the core knows a game of the dialect; empty where a bet names none."""
    return heard(dialect, dialect.bet(move("bet", Seat("p", "t" * 40, game=game)))).ask.game_id


# Each protocol once more, of one game. Only the operator's token may name these.
STRICT = [
    Provider(
        provider_id=f"strict-{dialect.name}",
        protocol=dialect.protocol,
        profile=dialect.profile,
        game_ids=[game_of(dialect, "roulette") or "roulette"],
    )
    for dialect in DIALECTS
]


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.name)
def dialect(request):
    return request.param


@pytest.fixture(scope="session")
async def core(tmp_path_factory):
    """A core on SQLite, the same one for all tests of a worker."""
    database = f"sqlite://{tmp_path_factory.mktemp('providers')}/core.db"
    await migrate(database)
    async with core_on(database, providers=(*PROVIDERS, *STRICT)) as core:
        yield core


@pytest.fixture(scope="session")
async def doors(core):
    """The door of a dialect, opened when it is first asked for."""
    async with AsyncExitStack() as stack:
        opened_doors = {}

        async def of(dialect):
            if dialect.name not in opened_doors:
                door = opened(dialect, core.target, core.adapter_token, core)
                opened_doors[dialect.name] = await stack.enter_async_context(door)
            return opened_doors[dialect.name]

        yield of


@pytest.fixture
async def door(dialect, doors):
    return await doors(dialect)


@pytest.fixture
async def seat(door):
    """A new player with 100.00 and a session."""
    return await door.seat()


@pytest.fixture
async def dead(dialect):
    """A door whose core nobody answers at: port 1 is never listened on here."""
    async with opened(dialect, "127.0.0.1:1", "no-token", answer_within=0.2) as opened_door:
        yield opened_door
