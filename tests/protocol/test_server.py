"""The server itself: health, reflection, channelz, deadlines, faults, TLS, and its end."""

import asyncio
import datetime as dt
import ipaddress
from contextlib import asynccontextmanager

import aiohttp
import grpc
import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from wallet.v1.players_pb2 import GetPlayerRequest
from wallet.v1.players_pb2_grpc import PlayerServiceStub
from wallet.v1.wallet_pb2 import GetTransactionRequest, PlayManyRequest, PlayResponse
from wallet.v1.wallet_pb2_grpc import WalletServiceStub

from tests.protocol.words import bet
from tests.support.core import TOKENS, core_on
from wallet_core import app
from wallet_core.client import Refused, Tls, Unavailable, Wallet
from wallet_core.config import ConfigError
from wallet_core.config import Tls as TlsFiles
from wallet_core.engine import graves
from wallet_core.engine.batcher import Batcher, Expired, Overloaded, Stopped
from wallet_core.storage.store import Unavailable as StoreUnavailable


async def test_health_is_open_to_all(core):
    async with grpc.aio.insecure_channel(core.target) as channel:
        for service in ("", "wallet.v1.WalletService"):
            reply = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=service))
            assert reply.status == health_pb2.HealthCheckResponse.SERVING


async def asked_of_reflection(target, request):
    async with grpc.aio.insecure_channel(target) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        async for reply in stub.ServerReflectionInfo(iter([request])):
            return reply
    return None


async def test_reflection_describes_every_service(core):
    reply = await asked_of_reflection(core.target, reflection_pb2.ServerReflectionRequest(list_services=""))
    names = {service.name for service in reply.list_services_response.service}
    assert {"wallet.v1.WalletService", "wallet.v1.LedgerService", "grpc.health.v1.Health"} <= names
    request = reflection_pb2.ServerReflectionRequest(file_containing_symbol="wallet.v1.WalletService")
    reply = await asked_of_reflection(core.target, request)
    files = [FileDescriptorProto.FromString(each) for each in reply.file_descriptor_response.file_descriptor_proto]
    assert "wallet/v1/wallet.proto" in {file.name for file in files}


async def test_reflection_can_be_turned_off(sqlite_core_database):
    async with core_on(sqlite_core_database, reflection=False) as core:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await asked_of_reflection(core.target, reflection_pb2.ServerReflectionRequest(list_services=""))
        assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_channelz_is_for_operators_and_readers(core):
    for role, allowed in (("OPERATOR", True), ("READER", True), ("ADAPTER", False), ("CASHIER", False)):
        async with core.channel(role) as (channel, metadata):
            call = channelz_pb2_grpc.ChannelzStub(channel).GetServers(
                channelz_pb2.GetServersRequest(), metadata=metadata
            )
            if allowed:
                assert (await call).server
            else:
                with pytest.raises(grpc.aio.AioRpcError, match="PERMISSION_DENIED"):
                    await call


async def refused_status(core, request):
    async with core.channel() as (channel, metadata):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await WalletServiceStub(channel).Play(request, metadata=metadata)
    return error.value, dict(error.value.trailing_metadata())


async def test_a_refusal_is_a_status_with_error_info_and_the_response(core):
    player = await core.player("1.00")
    error, trailing = await refused_status(core, bet(player))
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    status, info, response = Status.FromString(trailing["grpc-status-details-bin"]), ErrorInfo(), PlayResponse()
    assert status.code == error.code().value[0]
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(response)
    assert (info.reason, info.domain, dict(info.metadata)) == (
        "INSUFFICIENT_FUNDS",
        "wallet.v1",
        {"retryable": "false"},
    )
    assert response.refusal.message == error.details()
    assert response.balances_now.cash.units == 1


async def test_the_request_id_of_the_caller_comes_back(core):
    async with core.channel() as (channel, metadata):
        for given, same in (("my-own-id", True), ("two words", False)):
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await PlayerServiceStub(channel).GetPlayer(
                    GetPlayerRequest(player_id="nobody"), metadata=(*metadata, ("x-request-id", given))
                )
            assert (dict(error.value.trailing_metadata())["x-request-id"] == given) is same


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Overloaded(), grpc.StatusCode.RESOURCE_EXHAUSTED),
        (Expired(), grpc.StatusCode.DEADLINE_EXCEEDED),
        (Stopped(), grpc.StatusCode.UNAVAILABLE),
        (StoreUnavailable("SQLITE_IOERR"), grpc.StatusCode.UNAVAILABLE),
        (RuntimeError("a secret of the inside"), grpc.StatusCode.INTERNAL),
    ],
    ids=lambda each: getattr(each, "name", type(each).__name__),
)
async def test_a_fault_says_what_to_do_and_nothing_of_the_inside(core, monkeypatch, fault, code):
    def put(self, command, deadline):
        if isinstance(fault, Overloaded | Stopped):
            raise fault
        answer = asyncio.get_running_loop().create_future()
        answer.set_exception(fault)
        return answer

    player = await core.player()
    monkeypatch.setattr(Batcher, "put", put)
    with structlog.testing.capture_logs() as logs:
        error, trailing = await refused_status(core, bet(player))
        async with core.channel() as (channel, metadata):
            many = await WalletServiceStub(channel).PlayMany(PlayManyRequest(plays=[bet(player)]), metadata=metadata)
    assert error.code() is code
    assert "secret" not in error.details()
    assert many.outcomes[0].fault.code == code.value[0]
    assert "grpc-status-details-bin" not in trailing
    if code is grpc.StatusCode.INTERNAL:
        assert trailing["x-request-id"] in error.details()
        assert [log["event"] for log in logs] == ["fault", "fault"]
        assert logs[0]["request_id"] == trailing["x-request-id"]


async def test_a_call_without_a_deadline_gets_the_servers(sqlite_core_database, monkeypatch):
    def put(self, command, deadline):
        return asyncio.get_running_loop().create_future()  # never answered

    async with core_on(sqlite_core_database, default_deadline=0.1, slow_call=0.05) as core:
        player = await core.player()
        monkeypatch.setattr(Batcher, "put", put)
        with structlog.testing.capture_logs() as logs:
            error, _ = await refused_status(core, bet(player))
        assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert [log["event"] for log in logs] == ["slow call"]
        assert logs[0]["caller"] == "operator"


async def test_what_is_past_its_deadline_is_not_executed(core, monkeypatch):
    player, apply, begun, go = await core.player(), core.store.apply, asyncio.Event(), asyncio.Event()

    async def held(work):
        begun.set()
        await go.wait()
        await apply(work)

    monkeypatch.setattr(core.store, "apply", held)
    first, late = bet(player), bet(player)
    under_way = asyncio.ensure_future(core.adapter.play(first))
    await begun.wait()
    async with core.channel() as (channel, metadata):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await WalletServiceStub(channel).Play(late, metadata=metadata, timeout=0.1)
    assert error.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    go.set()
    await under_way
    with pytest.raises(Refused, match="TRANSACTION_NOT_FOUND"):
        await core.operator.get_transaction(
            GetTransactionRequest(provider_id="thrillgate", external_key=late.actions[0].external_key)
        )


async def test_a_message_that_is_too_large_is_refused(core):
    async with core.channel() as (channel, metadata):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await PlayerServiceStub(channel).GetPlayer(GetPlayerRequest(player_id="p" * 5_000_000), metadata=metadata)
    assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_stopping_finishes_what_is_under_way(sqlite_core_database):
    async with core_on(sqlite_core_database) as core:
        player = await core.player()
        sent = [
            asyncio.ensure_future(core.adapter.play(bet(player, "0.01", round_id=f"r{number}")))
            for number in range(500)
        ]
        await sent[0]
    answers = await asyncio.gather(*sent, return_exceptions=True)
    done = [answer for answer in answers if isinstance(answer, PlayResponse)]
    assert done
    assert all(isinstance(answer, PlayResponse | Unavailable) for answer in answers)


async def test_metrics_are_served(sqlite_core_database):
    async with core_on(sqlite_core_database, metrics="127.0.0.1:0") as core:
        with pytest.raises(Refused):
            await core.adapter.play(bet("nobody"))
        async with aiohttp.ClientSession() as http, http.get(core.metrics_url) as answer:
            text = await answer.text()
    assert 'wallet_refusals_total{reason="PLAYER_UNKNOWN"} 1.0' in text
    assert "wallet_queue_depth 0.0" in text


async def test_a_core_on_a_taken_port_says_so(core, sqlite_core_database):
    with pytest.raises(ConfigError, match="cannot be listened on"):
        async with core_on(sqlite_core_database, listen=core.target):
            pass


async def test_a_database_without_its_tables_is_not_served(tmp_path):
    with pytest.raises(ConfigError, match="run: python -m wallet_core migrate"):
        async with core_on(f"sqlite://{tmp_path}/empty.db"):
            pass


def certificate(folder, name, issuer=None):
    """A certificate and its key, as PEM files; signed by `issuer`, else by itself."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_name, issuer_key = issuer or (subject, private)
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths, (subject, private)


@asynccontextmanager
async def closing(wallet):
    try:
        yield wallet
    finally:
        await wallet.close()


async def test_mutual_tls(sqlite_core_database, tmp_path):
    (ca, _), issuer = certificate(tmp_path, "ca")
    (served, served_key), _ = certificate(tmp_path, "core", issuer)
    (shown, shown_key), _ = certificate(tmp_path, "adapter", issuer)
    files = TlsFiles(certificate=served, key=served_key, client_ca=ca)
    async with core_on(sqlite_core_database, tls=files) as core:
        ours = Tls(ca=ca.read_bytes(), certificate=shown.read_bytes(), key=shown_key.read_bytes())
        async with closing(Wallet(core.target, TOKENS["OPERATOR"], tls=ours)) as wallet:
            with pytest.raises(Refused, match="PLAYER_UNKNOWN"):
                await wallet.get_player(GetPlayerRequest(player_id="nobody"))
        without = Tls(ca=ca.read_bytes())
        async with closing(Wallet(core.target, TOKENS["OPERATOR"], tls=without, deadline=2.0)) as wallet:
            with pytest.raises(Unavailable):
                await wallet.get_player(GetPlayerRequest(player_id="nobody"))
    with pytest.raises(ConfigError, match="tls"):
        async with core_on(sqlite_core_database, tls=TlsFiles(certificate=tmp_path / "none", key=served_key)):
            pass


async def test_a_watch_that_fails_is_tried_again(sqlite_core_database, monkeypatch):
    faults, done = [StoreUnavailable("away"), Expired(), Overloaded(), RuntimeError("broken")], asyncio.Event()

    async def watch(*_, **__):
        if faults:
            raise faults.pop(0)
        done.set()

    monkeypatch.setattr(app, "WATCH_AGAIN", 0.001)
    monkeypatch.setattr(graves, "watch", watch)
    with structlog.testing.capture_logs() as logs:
        async with core_on(sqlite_core_database), asyncio.timeout(10):
            await done.wait()
    assert [log["event"] for log in logs] == [*["watch interrupted"] * 3, "watch failed"]


async def test_metrics_on_a_taken_port_are_refused(core, sqlite_core_database):
    with pytest.raises(ConfigError, match="metrics"):
        async with core_on(sqlite_core_database, metrics=core.target):
            pass
