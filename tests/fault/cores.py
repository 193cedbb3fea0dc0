"""A real core, `python -m wallet_core serve`, as its callers and its killers see it."""

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from wallet.v1.common_pb2 import Money
from wallet.v1.wallet_pb2 import Action, Outcome, PlayRequest, PlayResponse

from tests.fault.storm import Answer
from tests.storage.books import EUR, PROVIDER
from wallet_core.client import Refused, Wallet
from wallet_core.domain.commands import Play

ROOT = Path(__file__).parents[2]
TOKENS = {role: f"the-{role.lower()}-token" for role in ("OPERATOR", "ADAPTER")}
NANOS = 1000  # of a ledger unit of the euro


class CoreProcess:
    """A core that can be killed and started again at the same address."""

    program: tuple[str, ...] = ("wallet_core", "serve")
    """What `python -m` is told to run."""

    def __init__(self, database: str, **settings: str) -> None:
        tokens = [
            {
                "name": role.lower(),
                "role": role,
                "sha256": hashlib.sha256(token.encode()).hexdigest(),
                "providers": [PROVIDER] if role == "ADAPTER" else [],
                "vouches": role == "OPERATOR",
            }
            for role, token in TOKENS.items()
        ]
        protocol = settings.pop("protocol", "thrillgate")
        profile = settings.pop("profile", "")
        self._environment = os.environ | {
            "WALLET_DATABASE": database,
            "WALLET_TOKEN_KEY": "env:KEY",
            "KEY": "k" * 64,
            "WALLET_TOKENS": json.dumps(tokens),
            "WALLET_PROVIDERS": json.dumps([{"provider_id": PROVIDER, "protocol": protocol, "profile": profile}]),
            "WALLET_LOG_LEVEL": "warning",
            **settings,
        }
        self._process: asyncio.subprocess.Process | None = None
        self.target = "127.0.0.1:0"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *self.program,
            cwd=ROOT,
            env=self._environment | {"WALLET_LISTEN": self.target},
            stdout=asyncio.subprocess.PIPE,
        )
        self.target = json.loads(await self._process.stdout.readline())["core"]

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.communicate()

    async def ended(self) -> int:
        """Wait until it has ended by itself; return how."""
        return await self._process.wait()

    @property
    def ended_by(self) -> int | None:
        """How it has ended, as it would be returned; none while it runs."""
        return self._process.returncode if self._process else None

    async def stop(self) -> int:
        self._process.terminate()
        await self._process.communicate()
        return self._process.returncode


@asynccontextmanager
async def core(database: str, **settings: str) -> AsyncIterator[CoreProcess]:
    process = CoreProcess(database, **settings)
    try:
        await process.start()
        yield process
    finally:
        await process.kill()


@asynccontextmanager
async def caller(process: CoreProcess, role: str = "ADAPTER", **options: bool | float) -> AsyncIterator[Wallet]:
    wallet = Wallet(process.target, TOKENS[role], **options)
    try:
        yield wallet
    finally:
        await wallet.close()


def money(amount: int) -> Money:
    units, fraction = divmod(amount, EUR)
    return Money(currency_code="EUR", units=units, nanos=fraction * NANOS)


def request(play: Play) -> PlayRequest:
    """Return a command of the engine as its request to the core."""
    actions = [
        Action(
            kind=int(action.kind),
            external_key=action.external_key,
            amount=None if action.amount is None else money(action.amount),
            references=action.references,
        )
        for action in play.actions
    ]
    return PlayRequest(
        provider_id=play.provider_id,
        player_id=play.player_id,
        currency_code=play.currency,
        round_id=play.round_id,
        game_id=play.game_id,
        close_round=play.close_round,
        actions=actions,
    )


async def answer(wallet: Wallet, play: Play) -> Answer:
    """Return what is the same whenever it is asked, as `storm.answer` does of the engine."""
    try:
        return told(None, await wallet.play(request(play)))
    except Refused as refused:
        return told(refused.reason, refused.response)


def told(reason: str | None, response: PlayResponse) -> Answer:
    return [
        reason,
        [
            [
                result.external_key,
                Outcome.Name(result.outcome).removeprefix("OUTCOME_"),
                result.transaction_id.replace("-", ""),
                [[part.pocket, part.amount.units * EUR + part.amount.nanos // NANOS] for part in result.parts],
            ]
            for result in response.results
        ],
    ]
