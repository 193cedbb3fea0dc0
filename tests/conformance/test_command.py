"""`python -m adapters` as a person calls it: what cannot be started is one line and status 2.

What is refused before anything runs is asked in this process, the rest in one of its own.
"""

import asyncio
import json
import os
import socket
import sys
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from adapters.__main__ import app
from adapters.providers import module
from adapters.server import serving
from adapters.settings import Adapter, Serving
from tests.conformance.faults import AnySignature
from tests.conformance.stand import SECRETS as KEYS
from tests.conformance.stand import standing

CONFIG = """
[core]
target = "127.0.0.1:1"
token = "env:TEST_CORE_TOKEN"

[adapters.acme]
provider_id = "acme"
secrets = ["env:TEST_ACME_KEY"]
"""
SECRETS = {"TEST_CORE_TOKEN": "the-core-token", "TEST_ACME_KEY": "the-acme-key"}
GENERIC = 'protocol = "generic_seamless"\n'


async def said(*arguments, told="", **environment):
    """The exit status and everything it said; `told` is its standard input."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "adapters", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | environment,
    )
    out, err = await process.communicate(told.encode())
    return process.returncode, out.decode(), err.decode()


def refused(*arguments, told="", **environment):
    """The same in this process."""
    result = CliRunner().invoke(app, arguments, input=told, env=environment, prog_name="adapters")
    return result.exit_code, result.stdout, result.stderr


def written(tmp_path, more):
    path = tmp_path / "adapters.toml"
    path.write_text(CONFIG + more)
    return str(path)


@pytest.fixture
def taken():
    """A port somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


async def test_a_port_that_is_taken_is_one_line(tmp_path, taken):
    config = written(tmp_path, f"{GENERIC}port = {taken}")

    expected = f"[adapters.acme]: cannot listen on 127.0.0.1, port {taken}: address already in use\n"
    assert await said("acme", "--config", config, **SECRETS) == (2, "", expected)


async def test_a_host_that_nobody_knows_is_one_line(tmp_path):
    config = written(tmp_path, GENERIC)
    status, out, err = await said("acme", "--config", config, "--host", "nobody.invalid", **SECRETS)

    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("[adapters.acme]: cannot listen on nobody.invalid, port 0: ")


async def test_a_path_that_is_used_twice_is_one_line(tmp_path):
    config = written(tmp_path, 'protocol = "thrillgate"\npaths = {auth = "/wallet/transaction"}')

    expected = "[adapters.acme]: POST /wallet/transaction is taken\n"
    assert await said("acme", "--config", config, **SECRETS) == (2, "", expected)


async def test_a_secret_that_is_no_key_is_one_line_and_not_repeated(tmp_path):
    config = written(tmp_path, 'protocol = "hub88"')
    status, out, err = await said("acme", "--config", config, **SECRETS)

    assert (status, out, err) == (2, "", "[adapters.acme]: the key is not a public key in PEM\n")


@pytest.mark.parametrize("token", [b"caf\xe9", b"two\nlines", b"\xff"])
def test_a_token_that_is_none_is_one_line_and_not_repeated(tmp_path, token):
    (tmp_path / "token").write_bytes(token)
    config = tmp_path / "adapters.toml"
    config.write_text(CONFIG.replace("env:TEST_CORE_TOKEN", f"file:{tmp_path}/token") + GENERIC)
    said_of_it = f"[core] token: file:{tmp_path}/token is no token: one line of visible ASCII is needed\n"

    assert refused("acme", "--config", str(config), **SECRETS) == (2, "", said_of_it)


def test_a_configuration_that_is_not_there_is_one_line(tmp_path):
    missing = str(tmp_path / "missing.toml")

    for command in ("acme", "list"):
        status, _, err = refused(command, "--config", missing)
        assert (status, err.count("\n"), missing in err) == (2, 1, True), err


def test_run_may_be_said_and_a_wrong_port_is_refused(tmp_path):
    status, _, err = refused("run", "acne", "--config", written(tmp_path, GENERIC), **SECRETS)
    assert (status, err) == (2, "no adapter 'acne'; there are: acme\n")

    status, _, err = refused("acme", "--config", written(tmp_path, GENERIC), "--port", "65536", **SECRETS)
    assert status == 2
    assert "--port" in err


def test_called_with_nothing_it_says_what_there_is():
    status, out, err = refused()

    assert status == 2
    for word in ("list", "run", "conformance"):
        assert word in out + err


@pytest.fixture
def described(tmp_path):
    """Writes the file that describes a wallet; returns the command's options."""

    def write(target):
        path = tmp_path / "wallet.toml"
        path.write_text(
            f"""
            url = "{target.url}"
            secrets = ["env:TEST_KEY"]
            [player]
            player = "{target.player.player}"
            token = "env:TEST_TOKEN"
            """
        )
        return "conformance", "generic_seamless", "--config", str(path)

    return write


async def tried(target, *arguments):
    return await said(*arguments, TEST_KEY=KEYS[0].decode(), TEST_TOKEN=target.player.token)


async def test_a_sound_wallet_is_reported_in_every_form(tmp_path, described):
    files = {name: tmp_path / name for name in ("json", "junit", "markdown")}
    reports = [part for name, path in files.items() for part in ("--report", f"{name}={path}")]
    async with standing() as target:
        status, out, err = await tried(target, *described(target), "--report", "table", *reports)

    assert (status, err) == (0, "")
    assert "  passed  balance.shown" in out
    assert "needs a player" in out
    assert json.loads(files["json"].read_text())["failed"] is False
    assert ET.fromstring(files["junit"].read_text()).get("failures") == "0"  # noqa: S314 - it is our own
    assert "| generic_seamless |" in files["markdown"].read_text()
    for text in (out, *(path.read_text() for path in files.values())):
        assert KEYS[0].decode() not in text
        assert target.player.token not in text


async def test_a_wallet_that_is_wrong_ends_with_status_1(described):
    async with standing(door=AnySignature) as target:
        status, out, err = await tried(target, *described(target), "--only", "signature", "--only", "balance")

    assert (status, err) == (1, "")
    assert "  FAILED  signature" in out
    assert "  passed  balance.shown" in out


async def test_a_wallet_that_is_not_there_fails(described):
    async with standing() as target:
        command = described(target)
    status, out, err = await tried(target, *command, "--only", "balance.shown")

    assert (status, err) == (1, "")
    assert "  FAILED  balance.shown" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["acme"], "no protocol acme; there are: "),
        ([], "--config FILE or by --up FILE"),
        (["generic_seamless"], "--config FILE or by --up FILE"),
        (["generic_seamless", "--up", "-", "--config", "x"], "--config FILE or by --up FILE"),
        (["generic_seamless", "--config", "/no/such/file"], "/no/such/file"),
        (["generic_seamless", "--up", "/no/such/file"], "--up: /no/such/file: No such file or directory"),
        (["generic_seamless", "--up", "-"], "--up: that is not the line"),
        (["generic_seamless", "--up", "-", "--report", "paper"], "no report 'paper'; there are: table, json, junit"),
    ],
)
def test_what_was_said_wrongly_is_one_line_and_status_2(arguments, says):
    status, out, err = refused("conformance", *arguments)

    assert (status, out, err.count("\n")) == (2, "", 1), err
    assert says in err


async def test_a_case_that_is_not_there_and_a_report_that_cannot_be_written(described):
    async with standing() as target:
        command = described(target)
        nothing = await tried(target, *command, "--only", "no-such-case")
        nowhere = await tried(target, *command, "--only", "balance.shown", "--report", "json=/no/such/folder/x")

    assert nothing == (2, "", "--only: generic_seamless has no such case\n")
    assert nowhere == (2, "", "--report: /no/such/folder/x: No such file or directory\n")


async def test_the_line_of_up_is_enough(core):
    """A real core and a real adapter; the kit makes its own players."""
    secret = "k" * 32
    speaker = module("thrillgate")
    here = Serving(provider_id="thrillgate", protocol="thrillgate", secrets=["env:TEST"])
    adapter = Adapter("thrillgate", here, (secret.encode(),), speaker.Settings())
    provider = speaker.connect("thrillgate", adapter.secrets, adapter.protocol_settings)
    async with serving(adapter, provider, core.adapter) as url:
        line = {
            "core": core.target,
            "token": core.operator_token,
            "adapters": {"thrillgate": url},
            "demo": {"operator": "acme", "brand": "lucky", "players": [], "secrets": {"thrillgate": secret}},
        }
        status, out, err = await said("conformance", "--up", "-", "--report", "json", told=json.dumps(line))
        unknown = await said("conformance", "generic_seamless", "--up", "-", told=json.dumps(line))

    (report,) = json.loads(out)["reports"]
    assert (status, err, report["protocol"]) == (0, "", "thrillgate"), out
    assert report["passed"] > 20
    assert unknown == (2, "", "--up: there is no adapter 'generic_seamless' with a secret; there are: thrillgate\n")
