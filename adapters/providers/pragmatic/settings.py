"""What Pragmatic Play's operators do differently, or what no public page of the vendor says."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The defaults are the safest answers."""

    # Before the name of the method, `/pragmatic` say.
    prefix: Annotated[str, Meta(pattern=r"^(/[!-~]*[!-.0-~])?$(?!\n)")] = ""
    # Bets and results name no currency. Empty: the userId that we answer to authenticate carries it (`EUR.p-1`), and
    # one player may play in several; else userId is the player's id, and every amount is in this currency.
    currency: Annotated[str, Meta(pattern=r"^[A-Z0-9]{0,16}$(?!\n)")] = ""
    # Whether the hash is over the values as decoded, which most operators find, or as sent; it tells only where there
    # are characters to escape. Either way nobody makes one without the key.
    hash_values: Literal["either", "decoded", "escaped"] = "either"
    # A bet with a bonusCode is of a free round: `free` takes nothing, whatever its amount; `paid` takes the amount.
    bonus_code_bets: Literal["free", "paid"] = "free"
    # Whether a bonusCode names free rounds granted in the core: bets, results and bonusWins with one are then of them.
    grants: bool = False
    # bonusWin sums up free spins whose wins came one by one as results; True where they did not, and it is to be paid.
    bonus_win_credits: bool = False
