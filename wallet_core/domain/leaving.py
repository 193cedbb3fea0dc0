"""Leaving: what of a player's cash policies keep from being withdrawn or converted (R-DEBT-04, R-FUND-16)."""

from collections.abc import Iterable

from wallet_core.domain.decision import Balances
from wallet_core.domain.players import Player, context
from wallet_core.domain.pockets import Kept
from wallet_core.domain.policies import Policies
from wallet_core.domain.promos import Base, Bonus


def kept(policies: Policies, player: Player, held: Balances, bonuses: Iterable[Bonus]) -> Kept:
    """Return what of the cash stays. Policies are asked only where the player owes something, or has a bonus.

    Args:
        policies: as they are in force.
        player: whose cash it is.
        held: in the currency that is to leave.
        bonuses: at least those that are live.
    """
    stays = bool(held.debt) and policies.value("debt.blocks_withdrawal", context(player)) is True
    locked = sum(
        bonus.deposit
        for bonus in bonuses
        if bonus.deposit and bonus.currency == held.currency and _encumbers(policies, player, bonus)
    )
    return Kept(debt=held.debt if stays else 0, wagering=min(locked, held.cash))


def locks(policies: Policies) -> bool:
    """Whether anybody has said of anything that wagering locks cash: else no bonus need be looked at."""
    return ("wagering_lock", "") in policies.content(policies.version)


def _encumbers(policies: Policies, player: Player, bonus: Bonus) -> bool:
    """Whether the deposit of a bonus stays until it is wagered: where it is to be, wagering locks cash and nobody says
    that own money stays free. What is for several products is locked where all of them say so. Nothing of a player's
    is who is excluded, and so may wager no more (R-RG-25).
    """
    wagered = bonus.terms.base is Base.DEPOSIT_PLUS_BONUS and bonus.progress < bonus.requirement
    if player.excluded or not (bonus.live and wagered and locks(policies)):
        return False
    places = [context(player, product=product) for product in bonus.terms.products or ("",)]
    return all(
        policies.value("wagering_lock", place) is True and policies.value("own_money.free", place) is not True
        for place in places
    )
