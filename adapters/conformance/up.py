"""The wallet that `python -m wallet_core up` runs, as the kit's target: its JSON line says where and by which secrets.

The demo's players are for people. The kit makes its own at the core, new ones in every run: with money, a blocked one,
one with another currency, a session that has ended.
"""

import uuid

import msgspec
from wallet.v1.common_pb2 import Money
from wallet.v1.payments_pb2 import DepositRequest
from wallet.v1.players_pb2 import BlockPlayerRequest, CreatePlayerRequest, Player
from wallet.v1.sessions_pb2 import CloseSessionRequest, OpenSessionRequest

from adapters.conformance.config import endpoint
from adapters.conformance.dialect import Dialect, Seat
from adapters.conformance.kit import Target
from adapters.references import ConfigError
from wallet_core.client import Refused, Unavailable, Wallet

_NAME = "conformance"
_UNITS = 100_000
# The currencies of most players and of the foreign one; no player has the third.
_CURRENCY, _FOREIGN, _NOBODYS = "EUR", "JPY", "SEK"


class Demo(msgspec.Struct, frozen=True):
    operator: str
    brand: str
    # By adapter; of a key pair the provider's, private half.
    secrets: dict[str, str]


class Up(msgspec.Struct, frozen=True):
    """The line; members that nobody asks for are left out."""

    # host:port of the core, and an operator's token for it.
    core: str
    token: str
    # URLs by adapter.
    adapters: dict[str, str]
    demo: Demo


def read(line: str | bytes) -> Up:
    """The line of `up`. Raises ConfigError."""
    try:
        return msgspec.json.decode(line, type=Up)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # What is wrong is not quoted: the line is full of secrets.
        raise ConfigError("--up: that is not the line `python -m wallet_core up` prints when it is ready") from None


async def target(up: Up, dialect: Dialect, url: str = "") -> Target:
    """The adapter that speaks `dialect`, at `url` where it is given, with new players. Raises ConfigError."""
    name = dialect.name if dialect.name in up.adapters else dialect.protocol
    secret = up.demo.secrets.get(name)
    if name not in up.adapters or secret is None:
        known = ", ".join(sorted(up.adapters)) or "none"
        raise ConfigError(f"--up: there is no adapter {dialect.name!r} with a secret; there are: {known}")
    core = Wallet(up.core, up.token)
    try:
        seats = _Seats(core, up.demo, name)
        player = await seats.taken()
        return Target(
            url=endpoint(url or up.adapters[name], "--up"),
            secrets=(secret.encode(),),
            player=player,
            other=await seats.taken(),
            blocked=await seats.blocked(),
            expired=await seats.expired(player),
            foreign=await seats.taken(_FOREIGN),
            other_currency=_NOBODYS,
        )
    except Refused as refused:
        raise ConfigError(f"--up: the core makes no players for the kit: {refused}") from None
    except Unavailable as error:
        raise ConfigError(f"--up: the core at {up.core} does not answer: {error}") from None
    finally:
        await core.close()


class _Seats:
    """Makes players and sessions for one provider."""

    def __init__(self, core: Wallet, demo: Demo, provider_id: str) -> None:
        self._core = core
        self._demo = demo
        self._provider_id = provider_id

    async def taken(self, currency: str = _CURRENCY) -> Seat:
        """A new player with money and a session."""
        player = Player(
            player_id=f"{_NAME}-{uuid.uuid4().hex}",
            operator_id=self._demo.operator,
            brand_id=self._demo.brand,
            currency_codes=[currency],
        )
        await self._core.create_player(CreatePlayerRequest(player=player))
        await self._core.deposit(
            DepositRequest(
                player_id=player.player_id,
                amount=Money(currency_code=currency, units=_UNITS),
                psp_id=_NAME,
                request_id=f"first:{player.player_id}",
            )
        )
        return await self._session(Seat(player.player_id, currency=currency))

    async def blocked(self) -> Seat:
        seat = await self.taken()
        await self._core.block_player(
            BlockPlayerRequest(player_id=seat.player, reason=_NAME, actor=_NAME, request_id=f"block:{seat.player}")
        )
        return seat

    async def expired(self, player: Seat) -> Seat:
        """The same player with a session that has ended."""
        seat = await self._session(player)
        await self._core.close_session(
            CloseSessionRequest(provider_id=self._provider_id, token=seat.token, reason="OPERATOR")
        )
        return seat

    async def _session(self, seat: Seat) -> Seat:
        reply = await self._core.open_session(
            OpenSessionRequest(player_id=seat.player, provider_id=self._provider_id, request_id=uuid.uuid4().hex)
        )
        return msgspec.structs.replace(seat, token=reply.token)
