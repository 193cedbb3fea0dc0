"""Explanations: why a stake was paid as it was, kept with its transaction where there was a choice (R-FUND-01)."""

from typing import Any

from msgspec import Struct

from wallet_core.domain.entries import Keyed
from wallet_core.domain.write_off import Funding


class Considered(Struct, frozen=True, gc=False, omit_defaults=True):
    """A pocket that was asked: what it held, what it paid, and why it paid nothing where it might not."""

    pocket: str
    held: int
    paid: int = 0
    why_not: str = ""


class Explanation(Keyed, frozen=True, gc=False):
    """The record of one stake.

    Attributes:
        policies: the version of the policies that decided.
        mode: of the write-off.
        playable: the largest stake that would have been covered.
        considered: in the order the pockets were asked.
        choice: what the player wished to pay with (R-FUND-08); empty for nothing.
    """

    player_id: str
    transaction_id: bytes
    policies: int
    mode: str
    stake: int
    playable: int
    considered: tuple[Considered, ...]
    choice: str = ""

    @property
    def key(self) -> tuple[Any, ...]:
        """What it is found by."""
        return self.player_id, self.transaction_id


def explained(player_id: str, transaction_id: bytes, stake: int, funding: Funding) -> Explanation:
    """Return the record of a stake."""
    paid = dict(funding.mix or ())
    considered = tuple(
        Considered(each.pocket, each.available, paid.get(each.pocket, 0), each.why_not) for each in funding.candidates
    )
    return Explanation(
        player_id=player_id,
        transaction_id=transaction_id,
        policies=funding.version,
        mode=funding.mode.value,
        stake=stake,
        playable=funding.playable,
        considered=considered,
        choice=funding.choice,
    )
