"""Policies: the operator's rules a stake is decided by, in the version that is in force.

A round keeps the version it began with (R-FUND-09, R-CFG-03), so a version that was ever in force can be asked for.
"""

from enum import Enum

from msgspec import Struct


class Mode(Enum):
    """How a stake is paid from several pockets (R-FUND-05..08)."""

    WATERFALL = "WATERFALL"
    PROPORTIONAL = "PROPORTIONAL"
    NO_MIX = "NO_MIX"
    PLAYER_CHOICE = "PLAYER_CHOICE"


class Split(Enum):
    """Where a win goes (R-FUND-10, R-FUND-11)."""

    PRO_RATA = "PRO_RATA"
    ALL_TO_BONUS = "ALL_TO_BONUS"
    ALL_TO_CASH = "ALL_TO_CASH"
    RETURN_BONUS_FIRST = "RETURN_BONUS_FIRST"


class Basis(Enum):
    """Whose stakes a win is split by: all of the round, or those it names (R-FUND-12)."""

    ROUND = "ROUND"
    REFERENCE = "REFERENCE"


class Game(Struct, frozen=True):
    """What is known of a game; a product is a sub-wallet's name, too."""

    product: str = "CASINO"
    category: str = "SLOTS"


class WriteOff(Struct, frozen=True):
    """The write-off policy of a place.

    Attributes:
        order: of the classes of pockets, CASH and BONUS; within a class R-FUND-04 decides.
        version: of the policies it is from.
    """

    mode: Mode = Mode.WATERFALL
    order: tuple[str, ...] = ("CASH", "BONUS")
    split: Split = Split.PRO_RATA
    basis: Basis = Basis.ROUND
    version: int = 0


class Policies(Struct, frozen=True):
    """All that is in force, and was: a value that is replaced when another version is published.

    Attributes:
        version: the number of the publication in force.
    """

    version: int = 0

    def game(self, provider_id: str, game_id: str) -> Game:
        """Return what is known of a game."""
        return Game()

    def write_off(self, brand_id: str, provider_id: str, game_id: str, version: int) -> WriteOff:
        """Return the write-off policy of a game as of a version."""
        return WriteOff(version=version)
