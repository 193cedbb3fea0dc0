"""`python -m adapters` as an operator starts and stops it: a process of its own."""

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager

import aiohttp

from adapters import providers

CONFIG = """
[core]
target = "127.0.0.1:1"
token = "env:TEST_CORE_TOKEN"

[adapters.acme]
provider_id = "generic"
protocol = "generic_seamless"
secrets = ["env:TEST_ACME_KEY"]
answer_within = 0.5
"""
SECRETS = {"TEST_CORE_TOKEN": "the-core-token", "TEST_ACME_KEY": "the-acme-key"}


@asynccontextmanager
async def started(*arguments, **environment):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "adapters", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | environment,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def said(*arguments, **environment):
    """The exit status and everything it said."""
    async with started(*arguments, **environment) as process:
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


def written(tmp_path, text=CONFIG):
    path = tmp_path / "adapters.toml"
    path.write_text(text)
    return str(path)


async def test_it_tells_its_url_answers_and_stops_when_told(tmp_path):
    async with started("acme", "--config", written(tmp_path), **SECRETS) as process:
        ready = json.loads(await process.stdout.readline())
        async with aiohttp.ClientSession() as http:
            async with http.get(f"{ready['url']}/healthz") as alive:
                assert alive.status == 200
            async with http.post(f"{ready['url']}/v1/bet", data=b"{}") as refused:
                assert (await refused.json(content_type=None))["code"] == "INVALID_SIGNATURE"
        process.send_signal(signal.SIGTERM)
        out, err = await process.communicate()

    assert ready["adapter"] == "acme"
    assert (process.returncode, out) == (0, b"")
    assert [json.loads(line)["code"] for line in err.splitlines()] == ["INVALID_SIGNATURE"]


async def test_the_configuration_may_be_named_by_the_environment(tmp_path):
    async with started("acme", WALLET_ADAPTERS_CONFIG=written(tmp_path), **SECRETS) as process:
        assert json.loads(await process.stdout.readline())["url"].startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        await process.communicate()

    assert process.returncode == 0


async def test_an_unknown_adapter_is_answered_with_the_known_ones(tmp_path):
    status, out, err = await said("acne", "--config", written(tmp_path), **SECRETS)

    assert (status, out) == (2, "")
    assert "no adapter 'acne'; there are: acme" in err


async def test_a_missing_secret_is_named(tmp_path):
    status, _, err = await said("acme", "--config", written(tmp_path), TEST_CORE_TOKEN="x")

    assert status == 2
    assert "[adapters.acme] secrets: env:TEST_ACME_KEY is empty or not set" in err


async def test_a_literal_secret_is_refused_and_not_repeated(tmp_path):
    status, _, err = await said("acme", "--config", written(tmp_path, CONFIG.replace("env:TEST_ACME_KEY", "hunter2")))

    assert status == 2
    assert "a secret is never written here" in err
    assert "hunter2" not in err


async def test_the_list_names_protocols_and_adapters(tmp_path):
    status, out, _ = await said("list", "--config", written(tmp_path))

    assert status == 0
    assert out.splitlines() == [*(f"protocol {name}" for name in providers.protocols()), "adapter acme"]


async def test_without_a_configuration_it_says_what_it_needs():
    status, _, err = await said("acme", WALLET_ADAPTERS_CONFIG="")

    assert status == 2
    assert "--config FILE or WALLET_ADAPTERS_CONFIG is needed" in err
