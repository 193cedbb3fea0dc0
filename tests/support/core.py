"""A real core in the test's own process: the real server on a free port, a real database, spoken to over a channel."""

import hashlib
import uuid
from contextlib import asynccontextmanager

import grpc
import pytest
from wallet.v1 import policies_pb2 as pb
from wallet.v1.common_pb2 import Money
from wallet.v1.payments_pb2 import DepositRequest
from wallet.v1.players_pb2 import CreatePlayerRequest, Player
from wallet.v1.sessions_pb2 import OpenSessionRequest

from adapters.conformance.dialects import dialects
from tests.support.policies import BONUSES
from wallet_core.app import running
from wallet_core.client import Wallet
from wallet_core.config import Provider, Settings, Terms, Token
from wallet_core.storage.migrate import migrate

TOKENS = {role: f"the-{role.lower()}-token" for role in ("OPERATOR", "ADAPTER", "CASHIER", "READER")}
PROVIDERS = (
    Provider(provider_id="generic", protocol="generic_seamless", profile="generic"),
    Provider(provider_id="strict", protocol="evolution", game_ids=["roulette"]),
    Provider(provider_id="quiet", protocol="jdb"),
    # Whatever there is a dialect of, under the dialect's name.
    *(
        Provider(provider_id=dialect.name, protocol=dialect.protocol, profile=dialect.profile)
        for dialect in dialects().values()
    ),
)
# `strict` is for the operator's token alone.
OF_THE_ADAPTER = tuple(each.provider_id for each in PROVIDERS if each.provider_id != "strict")


class RunningCore:
    """A core that answers, and hands for making players in it."""

    def __init__(self, running_core, settings):
        self.target = running_core.target
        self.store = running_core.store
        self.metrics = running_core.metrics
        self.metrics_url = running_core.metrics_url
        self.database = settings.database
        self.adapter_token = TOKENS["ADAPTER"]
        self.operator_token = TOKENS["OPERATOR"]
        self.operator = Wallet(self.target, self.operator_token)
        self.adapter = Wallet(self.target, self.adapter_token)

    async def player(self, balance="1000.00", currency="EUR", **members):
        """A new player with that much cash."""
        player_id = f"p-{uuid.uuid4().hex}"
        members = {"operator_id": "acme", "brand_id": "lucky", "currency_codes": [currency]} | members
        await self.operator.create_player(CreatePlayerRequest(player=Player(player_id=player_id, **members)))
        amount = money(balance, currency)
        if amount.units or amount.nanos:
            await self.operator.deposit(
                DepositRequest(player_id=player_id, amount=amount, psp_id="test", request_id=f"first:{player_id}")
            )
        return player_id

    async def publish(self, *settings, draft_id="", author="ann", approver="bob"):
        """What is in force from now on; the same under the same id is there already."""
        wired = [
            pb.PolicySetting(
                key=each.key, layer=int(each.layer), scope=each.scope, of=each.of, value=each.value, clause=each.clause
            )
            for each in settings
        ]
        name = draft_id or uuid.uuid4().hex
        draft = pb.DraftPoliciesRequest(draft_id=name, author=author, reason="the tests", settings=wired)
        await self.operator.draft_policies(draft)
        await self.operator.approve_policies(pb.ApprovePoliciesRequest(draft_id=name, approver=approver))

    async def allow_bonuses(self):
        """Let every brand grant them: without a word on it, none may."""
        await self.publish(*BONUSES, draft_id="bonuses")

    async def session(self, player_id, provider_id="thrillgate", **members):
        """A new session's token."""
        request = OpenSessionRequest(
            player_id=player_id, provider_id=provider_id, request_id=uuid.uuid4().hex, **members
        )
        return (await self.operator.open_session(request)).token

    @asynccontextmanager
    async def channel(self, role="OPERATOR"):
        """A plain channel and the metadata of a role, for stubs."""
        async with grpc.aio.insecure_channel(self.target) as channel:
            yield channel, (("authorization", f"Bearer {TOKENS[role]}"),)

    async def close(self):
        await self.operator.close()
        await self.adapter.close()


def money(text, currency="EUR"):
    """`12.34` as Money."""
    sign = -1 if text.startswith("-") else 1
    units, _, fraction = text.lstrip("-").partition(".")
    return Money(currency_code=currency, units=sign * int(units), nanos=sign * int(fraction.ljust(9, "0")))


def settings_for(database, **changes):
    """Settings of a core on that database, every role's token known."""
    tokens = [
        Token(
            name=role.lower(),
            role=role,
            sha256=_sha256(token),
            providers=OF_THE_ADAPTER if role == "ADAPTER" else (),
            vouches=role == "OPERATOR",  # it plays all of the operator's people
        )
        for role, token in TOKENS.items()
    ]
    values = {
        "database": database,
        "listen": "127.0.0.1:0",
        "token_key": "env:WALLET_TEST_TOKEN_KEY",
        "tokens": tokens,
        "providers": PROVIDERS,
        "terms": Terms(debt_recovery_win=50),
    }
    return Settings(**(values | changes))


@asynccontextmanager
async def core_on(database, **changes):
    """A core on a migrated database, while the block runs."""
    settings = settings_for(database, **changes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WALLET_TEST_TOKEN_KEY", "k" * 64)
        async with running(settings) as running_core:
            core = RunningCore(running_core, settings)
            try:
                yield core
            finally:
                await core.close()


@pytest.fixture
async def sqlite_core_database(tmp_path):
    """The address of a fresh, migrated file."""
    database = f"sqlite://{tmp_path}/core.db"
    await migrate(database)
    return database


@pytest.fixture(params=["sqlite_core_database", "postgres_database"], ids=["sqlite", "postgres"])
def core_database(request):
    """The address of a fresh, migrated database of each kind in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
async def core(sqlite_core_database):
    """A core on SQLite."""
    async with core_on(sqlite_core_database) as core:
        yield core


@pytest.fixture
async def any_core(core_database):
    """A core on each database in turn."""
    async with core_on(core_database) as core:
        yield core


def calling(name, role="OPERATOR", **more):
    """A caller whose token is its name."""
    return Token(name=name, role=role, sha256=_sha256(name), **more)


def _sha256(token):
    return hashlib.sha256(token.encode()).hexdigest()
