"""`python -m adapters` as a person calls it: what cannot be started is one line and status 2."""

import asyncio
import os
import socket
import sys

import pytest

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


async def test_a_configuration_that_is_not_there_is_one_line(tmp_path):
    missing = str(tmp_path / "missing.toml")

    for command in ("acme", "list"):
        status, _, err = await said(command, "--config", missing)
        assert (status, err.count("\n"), missing in err) == (2, 1, True), err


async def test_run_may_be_said_and_a_wrong_port_is_refused(tmp_path):
    status, _, err = await said("run", "acne", "--config", written(tmp_path, GENERIC), **SECRETS)
    assert (status, err) == (2, "no adapter 'acne'; there are: acme\n")

    status, _, err = await said("acme", "--config", written(tmp_path, GENERIC), "--port", "65536", **SECRETS)
    assert status == 2
    assert "--port" in err


async def test_called_with_nothing_it_says_what_there_is():
    status, out, err = await said()

    assert status == 2
    for word in ("list", "run"):
        assert word in out + err
