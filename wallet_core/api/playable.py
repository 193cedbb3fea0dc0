"""Playable: the largest stake that a player's pockets would cover in one game (rulebook 1, R-FUND-14)."""

from collections.abc import Mapping

from wallet_core.api.core import Core
from wallet_core.domain.accounts import BONUS
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.players import Player
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.promos import Bonus
from wallet_core.domain.write_off import candidates, fund

BONUSES_MAX = 1_000


async def largest_stake(core: Core, player: Player, purse: Mapping[str, Pocket], provider_id: str, game_id: str) -> int:
    """Return it, in ledger units of the purse's currency; by the pockets alone, whatever else forbids a stake.

    Args:
        core: has the policies and the bonuses.
        player: of some brand.
        purse: the player's pockets of one currency.
        provider_id, game_id: which game.
    """
    if not purse:
        return 0
    policies = core.policies
    game = policies.game(provider_id, game_id)
    policy = policies.write_off(player.brand_id, provider_id, game_id, policies.version)
    found = candidates(purse, await _bonuses(core, player, purse), game_id, game, core.clock.now())
    currency = CURRENCIES[next(iter(purse.values())).currency]
    return fund(0, found, policy, "", currency.quantum).playable


async def _bonuses(core: Core, player: Player, purse: Mapping[str, Pocket]) -> list[Bonus]:
    """Return the live bonuses, where the purse has any's pocket."""
    if not any(account.startswith(BONUS) for account in purse):
        return []
    return [row for row in await core.store.bonuses(player.player_id, limit=BONUSES_MAX) if row.live]
