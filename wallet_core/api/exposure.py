"""Exposure: what of a player's money a stake in one game could use, and what of it a provider is shown (R-FUND-14); and
what of it may not leave.
"""

from collections.abc import Mapping

from msgspec import Struct

from wallet_core.api.core import Core
from wallet_core.domain import leaving
from wallet_core.domain.accounts import BONUS
from wallet_core.domain.decision import Balances
from wallet_core.domain.exposure import exposed
from wallet_core.domain.players import Player
from wallet_core.domain.pockets import Kept, Pocket
from wallet_core.domain.policies import WriteOff
from wallet_core.domain.profiles import Profile
from wallet_core.domain.promos import Bonus
from wallet_core.domain.write_off import Candidate, candidates, fund

BONUSES_MAX = 1_000


class Exposure(Struct, frozen=True):
    """The pockets a stake would be asked of, by the policies in force now."""

    candidates: tuple[Candidate, ...]
    policy: WriteOff

    @property
    def playable(self) -> int:
        """The largest stake they would cover, in ledger units, whatever else forbids one (rulebook 1)."""
        return fund(0, self.candidates, self.policy, "", 1).playable

    def of(self, held: Balances, profile: Profile | None) -> Balances:
        """Return the balances as a provider of that profile is shown them."""
        return exposed(held, self.candidates, self.policy, profile)


async def exposure(core: Core, player: Player, purse: Mapping[str, Pocket], provider_id: str, game_id: str) -> Exposure:
    """Return what there is for a game.

    Args:
        core: has the policies and the bonuses.
        player: of some brand.
        purse: the player's pockets of one currency.
        provider_id, game_id: which game; a game that is not named is one of the provider's that nothing is known of.
    """
    policies = core.policies
    game = policies.game(provider_id, game_id)
    policy = policies.write_off(player.brand_id, provider_id, game_id, policies.version)
    bonuses = await _bonuses(core, player, purse)
    return Exposure(tuple(candidates(purse, bonuses, (provider_id, game_id), game, core.clock.now())), policy)


async def kept(core: Core, player: Player, held: Balances, purse: Mapping[str, Pocket]) -> Kept:
    """Return what of the cash in a purse may not leave."""
    bonuses = await _bonuses(core, player, purse) if leaving.locks(core.policies) else ()
    return leaving.kept(core.policies, player, held, bonuses)


async def _bonuses(core: Core, player: Player, purse: Mapping[str, Pocket]) -> list[Bonus]:
    """Return the live bonuses, where the purse has any's pocket."""
    if not any(account.startswith(BONUS) for account in purse):
        return []
    return [row for row in await core.store.bonuses(player.player_id, limit=BONUSES_MAX) if row.live]
