"""Eligibility: whom an award is for. What is not claimed, but won or paid, is asked what any bonus is (R-BONUS-02)."""

from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.desk import Desk
from wallet_core.domain.grants import meant_for
from wallet_core.domain.players import context
from wallet_core.domain.policies import Policies
from wallet_core.domain.templates import Template


def several(desk: Desk, policies: Policies) -> None:
    """Pass a player who may have more than one bonus in a lifetime: free rounds and cashback are more (R-BONUS-02).

    Raises:
        Refused: BONUS_NOT_ELIGIBLE.
    """
    if policies.value("bonus.welcome_only_once", context(desk.someone)) is True:
        raise Refused(Reason.BONUS_NOT_ELIGIBLE, "The player has one bonus, and this would count as another one.")


def awarded(
    desk: Desk, policies: Policies, template: Template, currency: str, worth: int, *, accepted: str, bonus_id: str = ""
) -> None:
    """Pass a bonus that is not claimed, but won or paid.

    Args:
        desk: with the player.
        policies: as they are in force.
        template: what it is of.
        currency: its own.
        worth: ledger units it is for.
        accepted: digest of the template, if the player has accepted it.
        bonus_id: its own; empty where it is not known yet.

    Raises:
        Refused: BONUS_NOT_ELIGIBLE; what `grants.eligible` says.
    """
    meant_for(desk, policies, template.promotion, currency, bonus_id=bonus_id, worth=worth)
    if accepted != template.digest and (accepted or template.promotion.opt_in):
        raise Refused(
            Reason.BONUS_NOT_ELIGIBLE, "The player has to accept the terms first; send their digest (R-BONUS-04)."
        )
