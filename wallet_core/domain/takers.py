"""Takers: of a person, a household, an instrument or a device only one player has a bonus (R-BONUS-05).

The operator says which person it is, in words of its own; only a digest of them is kept. Who has it is a row whose key
says for whom and for what: two processes cannot both add it.
"""

from enum import IntEnum
from typing import Any

from msgspec import Struct

from wallet_core.domain.entries import NO_PLAYER, Keyed, digest


class Per(IntEnum):
    """Numbers of wallet.v1.BonusUniqueness."""

    PERSON = 1
    HOUSEHOLD = 2
    INSTRUMENT = 3
    DEVICE = 4


class UniqueKey(Struct, frozen=True):
    """Who, or what, a bonus is taken for; the digest stands for the operator's value."""

    per: Per
    digest: bytes

    @property
    def words(self) -> tuple[str, str]:
        """What may not differ in a repeat."""
        return self.per.name, self.digest.hex()


def unique_key(per: Per, value: str) -> UniqueKey:
    """Return the key of an operator's value."""
    return UniqueKey(per, digest(per.name, value))


class Taker(Keyed, frozen=True):
    """Who has taken a bonus for a person, household, instrument or device. A row that is only ever added.

    Attributes:
        scope: the bonus and its period: those are all one.
        holder: the player.
        taken_at: microsecond.
    """

    player_id: str
    scope: str
    per: Per
    digest: bytes
    holder: str
    taken_at: int

    @property
    def key(self) -> tuple[Any, ...]:
        """What it is found by."""
        return key_of(self.scope, UniqueKey(self.per, self.digest))


def key_of(scope: str, key: UniqueKey) -> tuple[Any, ...]:
    """Return where it stands who has taken a bonus for a key."""
    return NO_PLAYER, scope, key.per, key.digest
