"""The gRPC server: the services, what they pass through, and an orderly end."""

import grpc
from grpc_channelz.v1 import channelz  # type: ignore[import-untyped]
from grpc_health.v1 import health, health_pb2, health_pb2_grpc  # type: ignore[import-untyped]
from grpc_reflection.v1alpha import reflection  # type: ignore[import-untyped]
from wallet.v1 import (
    free_rounds_pb2,
    free_rounds_pb2_grpc,
    fx_pb2,
    fx_pb2_grpc,
    holds_pb2,
    holds_pb2_grpc,
    ledger_pb2,
    ledger_pb2_grpc,
    payments_pb2,
    payments_pb2_grpc,
    payouts_pb2,
    payouts_pb2_grpc,
    players_pb2,
    players_pb2_grpc,
    points_pb2,
    points_pb2_grpc,
    policies_pb2,
    policies_pb2_grpc,
    promos_pb2,
    promos_pb2_grpc,
    providers_pb2,
    providers_pb2_grpc,
    rounds_pb2,
    rounds_pb2_grpc,
    sessions_pb2,
    sessions_pb2_grpc,
    subwallets_pb2,
    subwallets_pb2_grpc,
    wallet_pb2,
    wallet_pb2_grpc,
)

from wallet_core.api.access import CHANNELZ, Access
from wallet_core.api.core import Core
from wallet_core.api.free_rounds import FreeRoundService
from wallet_core.api.fx import FxService
from wallet_core.api.holds import HoldService
from wallet_core.api.interceptors import Gate
from wallet_core.api.ledger import LedgerService
from wallet_core.api.payments import PaymentService
from wallet_core.api.payouts import PayoutService
from wallet_core.api.players import PlayerService
from wallet_core.api.points import PointService
from wallet_core.api.policies import PolicyService
from wallet_core.api.promos import PromoService
from wallet_core.api.providers import ProviderService
from wallet_core.api.rounds import RoundService
from wallet_core.api.sessions import SessionService
from wallet_core.api.subwallets import TransferService
from wallet_core.api.wallet import WalletService
from wallet_core.config import ConfigError, Settings, Tls

MAX_MESSAGE = 4 * 1024 * 1024

SERVICES = [
    service
    for file in (
        wallet_pb2,
        players_pb2,
        sessions_pb2,
        rounds_pb2,
        payments_pb2,
        ledger_pb2,
        providers_pb2,
        holds_pb2,
        policies_pb2,
        promos_pb2,
        subwallets_pb2,
        fx_pb2,
        points_pb2,
        free_rounds_pb2,
        payouts_pb2,
    )
    for service in file.DESCRIPTOR.services_by_name.values()
]

OPTIONS = (
    ("grpc.max_send_message_length", MAX_MESSAGE),
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.so_reuseport", 0),  # a second core on the same port is a mistake, not a pair
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 10_000),
)


class Server:
    """The server of one core."""

    def __init__(self, core: Core, settings: Settings) -> None:
        """Build it; it listens from `start` on.

        Raises:
            ConfigError: a token or certificate cannot be used.
        """
        access = Access(settings.tokens, SERVICES)
        self._settings = settings
        self._health = health.aio.HealthServicer()
        self._server = grpc.aio.server(
            interceptors=(
                Gate(
                    core.metrics,
                    access,
                    default_deadline=settings.default_deadline,
                    slow_call=settings.slow_call,
                ),
            ),
            options=OPTIONS,
        )
        fx_pb2_grpc.add_FxServiceServicer_to_server(FxService(core), self._server)
        holds_pb2_grpc.add_HoldServiceServicer_to_server(HoldService(core), self._server)
        policies_pb2_grpc.add_PolicyServiceServicer_to_server(PolicyService(core), self._server)
        promos_pb2_grpc.add_PromoServiceServicer_to_server(PromoService(core), self._server)
        subwallets_pb2_grpc.add_TransferServiceServicer_to_server(TransferService(core), self._server)
        points_pb2_grpc.add_PointServiceServicer_to_server(PointService(core), self._server)
        free_rounds_pb2_grpc.add_FreeRoundServiceServicer_to_server(FreeRoundService(core), self._server)
        payouts_pb2_grpc.add_PayoutServiceServicer_to_server(PayoutService(core), self._server)
        wallet_pb2_grpc.add_WalletServiceServicer_to_server(WalletService(core), self._server)
        players_pb2_grpc.add_PlayerServiceServicer_to_server(PlayerService(core), self._server)
        sessions_pb2_grpc.add_SessionServiceServicer_to_server(SessionService(core), self._server)
        rounds_pb2_grpc.add_RoundServiceServicer_to_server(RoundService(core), self._server)
        payments_pb2_grpc.add_PaymentServiceServicer_to_server(PaymentService(core), self._server)
        ledger_pb2_grpc.add_LedgerServiceServicer_to_server(LedgerService(core), self._server)
        providers_pb2_grpc.add_ProviderServiceServicer_to_server(ProviderService(core.providers), self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        channelz.add_channelz_servicer(self._server)
        self._names = [service.full_name for service in SERVICES]
        if settings.reflection:
            names = (*self._names, health.SERVICE_NAME, CHANNELZ, reflection.SERVICE_NAME)
            reflection.enable_server_reflection(names, self._server)

    async def start(self) -> str:
        """Listen; return the address, its port the real one.

        Raises:
            ConfigError: the address is taken, or no address of this machine.
        """
        listen = self._settings.listen
        host = listen.rpartition(":")[0]
        try:
            if self._settings.tls is None:
                port = self._server.add_insecure_port(listen)
            else:
                port = self._server.add_secure_port(listen, _credentials(self._settings.tls))
        except RuntimeError:
            raise ConfigError(f"listen: {listen} cannot be listened on; is another core there?") from None
        await self._server.start()
        for name in ("", *self._names):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        return f"{host}:{port}"

    async def stop(self) -> None:
        """Say so, take no more calls, and finish those under way."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(self._settings.stop_within)


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    try:
        certificate, key = tls.certificate.read_bytes(), tls.key.read_bytes()
        client_ca = tls.client_ca.read_bytes() if tls.client_ca else None
    except OSError as error:
        raise ConfigError(f"[tls] {error.filename}: {error.strerror}") from None
    except ValueError:
        raise ConfigError("[tls] NUL is no part of a path") from None
    return grpc.ssl_server_credentials([(key, certificate)], client_ca, require_client_auth=client_ca is not None)
