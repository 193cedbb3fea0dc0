"""Every test with a `door` runs once for each provider, over real sockets, before a real core."""

import uuid

import pytest

from tests.providers.dialects import DIALECTS
from tests.providers.door import opened


def pytest_collection_modifyitems(config, items):
    """Leave out what a protocol has not: `without` of its dialect names the test and says why."""
    lacking = [item for item in items if _lacking(item)]
    if lacking:
        items[:] = [item for item in items if item not in lacking]
        config.hook.pytest_deselected(items=lacking)


def _lacking(item):
    call = getattr(item, "callspec", None)
    without = getattr(call.params.get("dialect"), "without", {}) if call else {}
    return item.name in without or item.originalname in without


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.protocol)
def dialect(request):
    return request.param


@pytest.fixture
async def door(dialect, core):
    async with opened(dialect, core.target, core.adapter_token, core) as opened_door:
        yield opened_door


@pytest.fixture
async def dead(dialect):
    """A door whose core nobody answers at: port 1 is never listened on here."""
    async with opened(dialect, "127.0.0.1:1", "no-token", answer_within=0.3) as opened_door:
        yield opened_door


@pytest.fixture
async def player(core):
    return await core.player(balance="100.00")


@pytest.fixture
async def token(core, player, door):
    return await core.session(player, door.dialect.provider_id)


@pytest.fixture
def fresh():
    """New ids, unique in the core's whole life: `fresh("bet")`."""
    return lambda word: f"{word}-{uuid.uuid4().hex}"
