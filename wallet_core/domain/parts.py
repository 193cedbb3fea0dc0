"""Parts: pocket by pocket, what an action moved for a player; and what else of a win was a bonus's (rulebook 5.3, 6.2).

What a win would have brought a bonus that did not get it stands before that one's pocket, so that a reversal knows what
to give back: CASH:BONUS:7 is what a converted bonus paid as cash, LAPSED:BONUS:7 what its sticky principal took, and
SET_OFF:BONUS:7 what it had had already.
"""

from wallet_core.domain.accounts import BONUS, CASH
from wallet_core.domain.decision import Parts
from wallet_core.domain.pockets import add
from wallet_core.domain.rounds import LAPSED, SET_OFF

OUT_OF = {CASH: CASH, LAPSED: LAPSED, SET_OFF: LAPSED}
"""What may stand before the pocket of a bonus, and as what it is told."""


def source(pocket: str) -> str:
    """Return the pocket of the bonus that a part was of, where it did not go to that; empty for none."""
    family, _, rest = pocket.partition(":")
    return rest if family in OUT_OF and rest.startswith(f"{BONUS}:") else ""


def by_pocket(parts: Parts) -> Parts:
    """Return parts as they are told: cash is cash, whatever it came out of, and what lapsed has lapsed."""
    if len(parts) == 1 and parts[0][0] == CASH:
        return parts
    told = tuple((OUT_OF[pocket.partition(":")[0]] if source(pocket) else pocket, part) for pocket, part in parts)
    return add(told[:1], told[1:])
