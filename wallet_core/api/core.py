"""What every service works with."""

from dataclasses import dataclass

from wallet.v1.wallet_pb2 import PlayResponse

from wallet_core.api import convert
from wallet_core.api.call import CURRENT
from wallet_core.api.errors import PlayRefused
from wallet_core.api.identify import Identities
from wallet_core.api.providers import Providers
from wallet_core.domain.commands import Command, Terms
from wallet_core.domain.decision import Decision, Refused
from wallet_core.domain.fx_terms import FxTerms
from wallet_core.domain.policies import Policies
from wallet_core.engine.batcher import Batcher
from wallet_core.engine.clock import Clock
from wallet_core.engine.in_force import InForce
from wallet_core.storage.store import Store
from wallet_core.telemetry import Metrics


@dataclass(frozen=True)
class Core:
    """The parts of a core, as the services see them."""

    store: Store
    batcher: Batcher
    clock: Clock
    providers: Providers
    identities: Identities
    terms: Terms
    token_key: bytes
    metrics: Metrics
    in_force: InForce
    fx: FxTerms

    @property
    def policies(self) -> Policies:
        """The policies, as they are in force now."""
        return self.in_force.now()

    async def submit(self, command: Command) -> Decision:
        """Return the decision on a command by the deadline of the call."""
        expires = CURRENT.get().expires
        return await self.in_force.followed(command, lambda each: self.batcher.submit(each, expires))

    async def changed(self, command: Command) -> object:
        """Return the row a command about a player or session left.

        Raises:
            Refused: it was refused.
        """
        decision = await self.submit(command)
        if decision.refusal is not None:
            raise Refused(decision.refusal.reason, decision.refusal.message)
        return decision.row

    async def moved(self, command: Command) -> PlayResponse:
        """Return the answer to a command that leaves a transaction.

        Raises:
            PlayRefused: it was refused.
        """
        return answered(await self.submit(command))


def answered(decision: Decision) -> PlayResponse:
    """Return a decision as the answer to a call.

    Raises:
        PlayRefused: it is a refusal.
    """
    response = convert.response(decision)
    if decision.refusal is not None:
        raise PlayRefused(decision.refusal, response)
    return response
