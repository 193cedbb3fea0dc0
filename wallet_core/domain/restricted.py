"""Restricted funds: whether a player is to be asked before a stake takes bonus money (R-FUND-15)."""

from msgspec.structs import replace

from wallet_core.domain.bonuses import is_bonus
from wallet_core.domain.commands import Play
from wallet_core.domain.decision import Decision
from wallet_core.domain.entries import Kind
from wallet_core.domain.players import Player, context


def touched(play: Play, decision: Decision) -> bool:
    """Whether a stake of the play, one that is new, takes bonus money."""
    stakes = {action.external_key for action in play.actions if action.kind is Kind.BET}
    return any(
        is_bonus(pocket) and amount < 0
        for result in decision.results
        if result.external_key in stakes and not result.replayed
        for pocket, amount in result.parts
    )


def prompted(play: Play, player: Player) -> bool:
    """Whether policies want the player to be asked before the play does so."""
    place = replace(context(player), provider_id=play.provider_id, game_id=play.game_id)
    return play.policies.value("restricted_funds_prompt", place) is True
