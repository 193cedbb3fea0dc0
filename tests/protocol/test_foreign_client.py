"""A client that is none of ours: `buf curl`, which knows the services from reflection alone."""

import asyncio
import json
import shutil
import sys
from pathlib import Path

import grpc
import pytest

from tests.support.core import TOKENS

BUF = Path(sys.executable).with_name("buf")
FAILED_PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION.value[0]


@pytest.fixture
def buf():
    """The buf of the environment or of the machine."""
    found = str(BUF) if BUF.exists() else shutil.which("buf")
    if found is None:
        pytest.skip("there is no buf: install the wheel buf-bin")
    return found


@pytest.fixture
def curl(buf, core):
    async def curl(*arguments, method="", data=None):
        """Return the exit code, what it said, and what it said of errors."""
        options = ["--protocol", "grpc", "--http2-prior-knowledge", "-H", f"Authorization: Bearer {TOKENS['OPERATOR']}"]
        if data is not None:
            options += ["-d", json.dumps(data)]
        url = f"http://{core.target}{method and '/wallet.v1.' + method}"
        process = await asyncio.create_subprocess_exec(
            buf, "curl", *options, *arguments, url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        said, errors = await process.communicate()
        return process.returncode, said.decode(), errors.decode()

    return curl


async def test_it_lists_and_calls(curl):
    code, said, errors = await curl("--list-methods")
    assert code == 0, errors
    assert "wallet.v1.WalletService/Play" in said
    player = {"playerId": "foreign", "operatorId": "acme", "brandId": "lucky", "currencyCodes": ["EUR"]}
    code, said, errors = await curl(method="PlayerService/CreatePlayer", data={"player": player})
    assert code == 0, errors
    assert json.loads(said)["player"]["status"] == "PLAYER_STATUS_ACTIVE"
    code, said, errors = await curl(
        method="PaymentService/Deposit",
        data={
            "playerId": "foreign",
            "amount": {"currencyCode": "EUR", "units": "12", "nanos": 500_000_000},
            "pspId": "psp",
            "requestId": "1",
        },
    )
    assert code == 0, errors
    assert json.loads(said)["response"]["balancesNow"]["cash"] == {
        "currencyCode": "EUR",
        "units": "12",
        "nanos": 500_000_000,
    }


async def test_it_reads_a_refusal(curl, core):
    player = await core.player("1.00")
    action = {"kind": "ACTION_KIND_BET", "externalKey": "bet:1", "amount": {"currencyCode": "EUR", "units": 5}}
    play = {"providerId": "thrillgate", "playerId": player, "roundId": "r", "actions": [action]}
    code, _, errors = await curl(method="WalletService/Play", data=play)
    assert code == 8 * FAILED_PRECONDITION
    told = json.loads(errors[errors.index("{") :])
    assert told["code"] == "failed_precondition"
    info, response = told["details"]
    assert info["type"] == "google.rpc.ErrorInfo"
    assert response["type"] == "wallet.v1.PlayResponse"
    if "debug" in info:
        assert info["debug"]["reason"] == "INSUFFICIENT_FUNDS"


async def test_it_is_told_what_is_malformed(curl):
    code, _, errors = await curl(method="WalletService/Play", data={})
    assert code == 8 * grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert "actions: 1 to 100 are needed." in errors
