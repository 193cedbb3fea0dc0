"""Who may call what, asked of a running server: the matrix is the proto files' own."""

import hashlib

import grpc
import pytest
from google.protobuf import message_factory
from wallet.v1 import access_pb2, players_pb2
from wallet.v1.players_pb2 import GetPlayerRequest
from wallet.v1.players_pb2_grpc import PlayerServiceStub
from wallet.v1.wallet_pb2 import GetBalanceRequest, PlayRequest, PreviewPlayRequest

from tests.protocol.words import bet
from tests.support.core import TOKENS
from wallet_core.api.access import Access, path
from wallet_core.api.call import Caller
from wallet_core.api.errors import Denied
from wallet_core.api.server import SERVICES
from wallet_core.client import Refused, Unavailable, Wallet
from wallet_core.config import ConfigError, Token

METHODS = {path(method): method for service in SERVICES for method in service.methods}


async def status(channel, method, request=None, metadata=(), timeout=5.0):
    """The code and words a call ends with, whatever it asks."""
    descriptor = METHODS[method]
    asked = request or message_factory.GetMessageClass(descriptor.input_type)()
    call = channel.unary_unary(
        method,
        type(asked).SerializeToString,
        message_factory.GetMessageClass(descriptor.output_type).FromString,
    )
    try:
        await call(asked, metadata=metadata, timeout=timeout)
    except grpc.aio.AioRpcError as error:
        return error.code(), error.details()
    return grpc.StatusCode.OK, ""


async def test_each_role_gets_exactly_what_the_contract_grants(core):
    roles = Access([], SERVICES).roles
    for role in TOKENS:
        async with core.channel(role) as (channel, metadata):
            for method, granted in roles.items():
                code, words = await status(channel, method, metadata=metadata)
                missing = code is grpc.StatusCode.PERMISSION_DENIED and "has not the role" in words
                assert missing == (access_pb2.Role.Value(f"ROLE_{role}") not in granted), (role, method, words)


async def test_nothing_without_a_token(core):
    async with grpc.aio.insecure_channel(core.target) as channel:
        for method in METHODS:
            for metadata in ((), (("authorization", TOKENS["OPERATOR"]),), (("authorization", "Bearer wrong"),)):
                code, words = await status(channel, method, metadata=metadata)
                assert code is grpc.StatusCode.UNAUTHENTICATED, method
                assert TOKENS["OPERATOR"] not in words


async def test_an_adapter_names_only_its_providers(core):
    player = await core.player()
    requests = {
        "/wallet.v1.WalletService/Play": bet(player, provider_id="strict"),
        "/wallet.v1.WalletService/PreviewPlay": PreviewPlayRequest(play=bet(player, provider_id="strict")),
        "/wallet.v1.WalletService/GetBalance": GetBalanceRequest(player_id=player, provider_id="strict"),
        "/wallet.v1.RoundService/ListOpenRounds": None,
    }
    async with core.channel("ADAPTER") as (channel, metadata):
        for method, request in requests.items():
            code, words = await status(channel, method, request, metadata)
            assert code is grpc.StatusCode.PERMISSION_DENIED, method
            assert "may not name the provider" in words
        every = [method for method, each in METHODS.items() if "provider_id" in each.input_type.fields_by_name]
        assert len(every) > 8
        for method in every:
            code, _ = await status(channel, method, metadata=metadata)
            assert code is grpc.StatusCode.PERMISSION_DENIED, method


async def test_an_adapter_may_see_a_player(core):
    player = await core.player(country="MT", currency_codes=["EUR", "JPY"])
    seen = (await core.adapter.get_player(GetPlayerRequest(player_id=player))).player
    whole = (await core.operator.get_player(GetPlayerRequest(player_id=player))).player
    assert seen == players_pb2.Player(
        player_id=player,
        operator_id="acme",
        brand_id="lucky",
        currency_codes=["EUR", "JPY"],
        status=players_pb2.PLAYER_STATUS_ACTIVE,
        country="MT",
    )
    assert whole.version > 0
    assert whole.HasField("created_at")


def test_a_method_without_roles_is_nobodys():
    operator = Caller("somebody", access_pb2.ROLE_OPERATOR)
    with pytest.raises(Denied, match="has not the role"):
        Access([], []).check("/wallet.v1.WalletService/Play", operator, PlayRequest())


async def test_the_client_says_that_it_was_not_let_in(core):
    wallet = Wallet(core.target, "wrong")
    with pytest.raises(Unavailable, match="UNAUTHENTICATED"):
        await wallet.play(bet("p"))
    await wallet.close()
    with pytest.raises(Unavailable, match="PERMISSION_DENIED"):
        await core.adapter.create_player(players_pb2.CreatePlayerRequest())


async def test_a_refusal_is_no_denial(core):
    with pytest.raises(Refused, match="PLAYER_UNKNOWN"):
        await core.adapter.get_player(GetPlayerRequest(player_id="nobody"))
    async with core.channel("READER") as (channel, metadata):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await PlayerServiceStub(channel).GetPlayer(GetPlayerRequest(player_id="nobody"), metadata=metadata)
    assert error.value.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("token", "says"),
    [
        (Token(name="a", role="READER", token="env:WALLET_TEST_NOT_SET"), "empty; set it"),
        (Token(name="a", role="READER", token="secret-itself"), "never written here"),
        (Token(name="a", role="READER", token="file:/does/not/exist"), "cannot be read"),
        (Token(name="a", role="READER", sha256="12ab"), "64 hex digits"),
    ],
    ids=["unset", "literal", "no-file", "short"],
)
def test_a_token_that_cannot_be_used_is_explained(token, says):
    with pytest.raises(ConfigError, match=says) as error:
        Access([token], SERVICES)
    assert "secret-itself" not in str(error.value)


def test_a_caller_vouches_where_its_token_says_so():
    tokens = [
        Token(name=name, role="OPERATOR", sha256=hashlib.sha256(name.encode()).hexdigest(), vouches=vouches)
        for name, vouches in (("panel", True), ("script", False))
    ]
    access = Access(tokens, SERVICES)
    assert access.caller("Bearer panel").acting("ann").identity == "panel:ann"
    assert access.caller("Bearer script").acting("ann").identity == "script"


def test_two_callers_cannot_share_a_token():
    tokens = [Token(name=name, role="READER", sha256="00" * 32) for name in ("a", "b")]
    with pytest.raises(ConfigError, match="same token"):
        Access(tokens, SERVICES)
