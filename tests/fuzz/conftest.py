"""Two players who are always the same, so that the same examples say the same in every run."""

import pytest
from wallet.v1.payments_pb2 import DepositRequest
from wallet.v1.players_pb2 import CreatePlayerRequest, Player

from tests.support.core import money
from wallet_core.storage.check import check


async def seated(core):
    for player_id, currencies in (("p-1", ["EUR"]), ("p-2", ["EUR", "JPY"])):
        member = Player(player_id=player_id, operator_id="acme", brand_id="lucky", currency_codes=currencies)
        await core.operator.create_player(CreatePlayerRequest(player=member))
        await core.operator.deposit(
            DepositRequest(player_id=player_id, amount=money("1000.00"), psp_id="test", request_id="first")
        )


@pytest.fixture
async def sound_core(core):
    """A core on SQLite, whose books are sound at the end."""
    await seated(core)
    yield core
    assert await check(core.store) == []


@pytest.fixture
async def any_sound_core(any_core):
    """The same on each database in turn."""
    await seated(any_core)
    yield any_core
    assert await check(any_core.store) == []
