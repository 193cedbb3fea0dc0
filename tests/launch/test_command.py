"""`python -m adapters launch`, `keys` and `list --json` as an operator calls them: processes of their own."""

import asyncio
import json
import os
import sys

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from wallet.v1.sessions_pb2 import SESSION_USE_BET, ResolveSessionRequest

from adapters import providers, settings
from tests.launch.conftest import CONFIG, vendor_listening
from tests.launch.vendors import SECRET, URL, SoftSwiss


class Anybody(SoftSwiss):
    """A vendor who looks at the signature, and whose players are anybody."""

    def wants(self, said, **members):
        self.said = said


async def said(*arguments, **environment):
    """The exit status and everything it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "adapters", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | environment,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
def launched(core, tmp_path):
    """`launched(url, *arguments)`: the command, before this core, with an operator's token."""

    async def run(url, *arguments, **environment):
        path = tmp_path / "adapters.toml"
        text = CONFIG.format(url=url, protocol="softswiss", provider_id="softswiss", more='casino_id = "casino"')
        path.write_text(text.replace("127.0.0.1:1", core.target))
        given = {"OUTBOUND": SECRET, "OPERATOR": core.operator_token} | environment
        return await said("launch", "games", "--config", str(path), *arguments, **given)

    return run


async def test_it_prints_the_session_and_the_url(core, launched):
    player = await core.player()
    vendor = Anybody()
    async with vendor_listening(vendor) as url:
        status, out, err = await launched(url, "--player", player, "--game", "dice", "--lang", "mt")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert told == {"session": told["session"], "url": URL}
    assert vendor.said["session_id"] == told["session"]
    assert vendor.said["account"] == {"id": player, "currency": "EUR"}
    assert vendor.said["locale"] == "mt"
    live = await core.adapter.resolve_session(
        ResolveSessionRequest(provider_id="softswiss", token=told["session"], use=SESSION_USE_BET)
    )
    assert live.session.game_id == "dice"


@pytest.mark.parametrize(
    ("arguments", "environment", "status", "says"),
    [
        (("--player", "nobody", "--game", "dice"), {}, 1, "PLAYER_UNKNOWN"),
        (("--player", "nobody", "--game", "dice"), {"OPERATOR": "a-guess"}, 1, "launch: "),
        (("--player", "nobody", "--game", "dice"), {"OUTBOUND": ""}, 2, "env:OUTBOUND is empty or not set"),
    ],
)
async def test_what_is_wrong_is_one_line(launched, arguments, environment, status, says):
    code, out, err = await launched("http://127.0.0.1:1", *arguments, **environment)
    assert (code, out) == (status, "")
    assert len(err.splitlines()) == 1
    assert says in err
    assert "a-guess" not in err


async def test_a_vendor_s_no_is_one_line_without_the_session(core, launched):
    player = await core.player()
    async with vendor_listening(Anybody(), lambda *_: (500, b"busy")) as url:
        code, out, err = await launched(url, "--player", player, "--game", "dice")
    assert (code, out) == (1, "")
    assert err == "launch: the provider answered 500 (try again later): busy\n"


async def test_keys_are_of_the_kind_each_protocol_takes_and_new_every_time():
    names = providers.protocols()
    (status, first, err), (_, second, _) = await asyncio.gather(said("keys", *names), said("keys", *names))
    assert (status, err) == (0, "")
    made, again = json.loads(first), json.loads(second)
    assert list(made) == names
    assert not [name for name in names if made[name]["signs"] == again[name]["signs"]]
    private = load_pem_private_key(made["hub88"]["signs"].encode(), None)
    assert private.public_key() == load_pem_public_key(made["hub88"]["checks"].encode())


async def test_keys_of_no_protocol_are_refused():
    status, out, err = await said("keys", "nobody")
    assert (status, out) == (2, "")
    assert "no protocol nobody" in err


async def test_what_a_demo_is_told_of_each_protocol_makes_an_adapter_of_it():
    status, out, _ = await said("list", "--json")
    told = json.loads(out)
    assert status == 0
    assert [each["protocol"] for each in told] == providers.protocols()
    for each in told:
        table = {"provider_id": "p", "protocol": each["protocol"], "secrets": ["env:KEY"], **each["settings"]}
        config = settings.Config(settings.Core("127.0.0.1:1", "env:KEY"), {"demo": table})
        assert settings.adapter(config, "demo", {"KEY": "k"}).serving.protocol == each["protocol"]
