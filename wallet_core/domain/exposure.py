"""Exposure: what of a player's money a provider is shown (R-FUND-14)."""

from collections.abc import Sequence

from wallet_core.domain.accounts import CASH
from wallet_core.domain.decision import Balances
from wallet_core.domain.pockets import shown
from wallet_core.domain.policies import Expose, Mode, WriteOff
from wallet_core.domain.profiles import Profile
from wallet_core.domain.write_off import Candidate, fund


def exposed(
    held: Balances, candidates: Sequence[Candidate], policy: WriteOff, profile: Profile | None = None
) -> Balances:
    """Return the balances a provider is shown; cash and bonus add up to what is shown, debt left out of account.

    Args:
        held: all there is, in ledger units.
        candidates: the pockets that a stake in the game would be asked of.
        policy: of the game, in force now.
        profile: of the provider.
    """
    if policy.expose is Expose.TOTAL:
        return shown(held.currency, held.cash, held.bonus, held.debt, profile)
    found = fund(0, candidates, policy, "", 1)
    paying = [each for each in found.candidates if not each.why_not]
    if policy.expose is Expose.CASH_ONLY:
        paying = [each for each in paying if each.bonus is None]
    elif found.mode is Mode.NO_MIX:
        paying = sorted(paying, key=lambda each: each.available)[-1:]  # one pocket pays all, or none does (R-FUND-07)
    cash = sum(each.available for each in paying if each.pocket.startswith(CASH))
    bonus = sum(each.available for each in paying) - cash
    return shown(held.currency, cash, bonus, held.debt, profile)
