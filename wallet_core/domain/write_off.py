"""Write-off: which pockets pay a stake, and which pockets its win goes to.

The seam where bonus pockets join: `play.py` asks here and never looks at a pocket itself.
"""

from collections.abc import Sequence

from wallet_core.domain.accounts import CASH
from wallet_core.domain.decision import Parts
from wallet_core.domain.money import split


def waterfall(stake: int, pockets: Sequence[tuple[str, int]]) -> Parts | None:
    """Take from each (pocket, available) in order until the stake is covered; none when it is not (R-FUND-05)."""
    mix, rest = [], stake
    for pocket, available in pockets:
        taken = min(rest, available)
        if taken > 0:
            mix.append((pocket, taken))
            rest -= taken
    return None if rest else tuple(mix)


def pro_rata(amount: int, mix: Parts, quantum: int) -> Parts:
    """Split a win, or the rollback of part of a stake, over a mix (R-FUND-10, R-RB-03, R-MONEY-06); no mix is cash.

    The mix is ordered cash first, so that ties go to cash.
    """
    if len(mix) <= 1:  # the plain cash bet: nothing to split
        return ((mix[0][0] if mix else CASH, amount),) if amount else ()
    ordered = sorted(mix, key=lambda part: part[0] != CASH)
    shares = split(amount, [weight for _, weight in ordered], quantum)
    return tuple((pocket, share) for (pocket, _), share in zip(ordered, shares, strict=True) if share)
