"""A vendor's launch API on a real port, and the launches of an operator that point there."""

from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from adapters import launch
from adapters.launches import Launch
from tests.launch.vendors import NONCE, SECRET, VENDORS

CONFIG = """
[core]
target = "127.0.0.1:1"
token = "env:NOT_READ"

[adapters.games]
provider_id = "{provider_id}"
protocol = "{protocol}"
secrets = ["env:NOT_READ"]

[launches.games]
url = "{url}"
secret = "env:OUTBOUND"
token = "env:OPERATOR"
lobby_url = "https://lobby.example/"
{more}
"""


@asynccontextmanager
async def listening(handler, ssl_context=None):
    """A server for a handler; yields its URL."""
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ssl_context).start()
        yield f"http{'s' if ssl_context else ''}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def vendor_listening(vendor, say=None):
    """A vendor on a port. `say` takes his place in answering: (status, body as bytes)."""

    async def handler(request):
        status, body = (say or vendor.answer)(request.path_qs, request.headers, await request.read())
        if isinstance(body, bytes):
            return web.Response(status=status, body=body)
        return web.json_response(body, status=status)

    async with listening(handler) as url:
        yield url


@pytest.fixture
def launcher(tmp_path):
    """Launches as configured: `launcher(url, protocol, secret=…, more=…)`."""

    def loaded(url, protocol, *, secret=SECRET, more="", provider_id="games"):
        path = tmp_path / "adapters.toml"
        path.write_text(CONFIG.format(url=url, protocol=protocol, provider_id=provider_id, more=more))
        return launch.load(path, "games", {"OUTBOUND": secret, "OPERATOR": "the-operator-token"})

    return loaded


@pytest.fixture
def asked():
    """What is asked for everywhere; one game's code is another's table."""

    def wanted(game="dice", **changes):
        members = {
            "player_id": "p-1",
            "token": "t-1",
            "currency": "EUR",
            "game": game,
            "language": "en",
            "country": "MT",
            "ip": "203.0.113.9",
            "mobile": True,
            "nonce": NONCE,
            "now": 1_700_000_000.5,
        }
        return Launch(**(members | changes))

    return wanted


@pytest.fixture(params=sorted(VENDORS))
def vendor(request):
    vendor = VENDORS[request.param]()
    vendor.protocol = request.param.partition(" ")[0]
    return vendor
