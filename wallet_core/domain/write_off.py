"""Write-off: which pockets pay a stake, and which pockets its win goes to (rulebook 4).

Pure: the same pockets and policy give the same mix (R-FUND-01). Bonuses that may not pay are left out first, each with
the reason why (R-FUND-02); the others stand in order (R-FUND-04); then the mode takes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain.accounts import CASH
from wallet_core.domain.decision import Parts
from wallet_core.domain.money import split
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.policies import Game, Mode, Split, WriteOff
from wallet_core.domain.promos import Bonus, State

RESTING = frozenset({"FROZEN", "EXPIRED"})
"""Why a bonus pays for nothing now, whatever the game."""

LAST = 2**63 - 1
"""When a bonus without an end expires, for the order."""


class Candidate(Struct, frozen=True):
    """A pocket that a stake may be taken from.

    Attributes:
        bonus: whose it is; none for cash.
        why_not: why it may not pay this stake; empty when it may.
    """

    pocket: str
    available: int
    bonus: Bonus | None = None
    why_not: str = ""


class Funding(Struct, frozen=True):
    """How a stake was paid, or why it could not be: the record of R-FUND-01.

    Attributes:
        mix: none where the pockets do not cover the stake.
        playable: the largest stake they would cover.
        candidates: in the order they were asked, those that may not pay last.
        choice: what the player wished to pay with; empty for nothing.
    """

    mix: Parts | None
    playable: int
    mode: Mode
    version: int
    candidates: tuple[Candidate, ...]
    choice: str = ""


def why_not(bonus: Bonus, provider_id: str, game_id: str, game: Game, now: int) -> str:
    """Return why a bonus may not pay for a game now (R-FUND-02, R-FUND-03); empty when it may."""
    terms = bonus.terms
    if bonus.state is State.FROZEN:
        return "FROZEN"
    if bonus.expires_at and now >= bonus.expires_at:
        return "EXPIRED"
    if terms.excludes(provider_id, game_id):
        return "GAME_EXCLUDED"
    if terms.products and game.product not in terms.products:
        return "PRODUCT_EXCLUDED"
    if game.rtp in terms.excluded_rtps:
        return "RTP_EXCLUDED"
    return ""


def candidates(
    purse: Mapping[str, Pocket], bonuses: Iterable[Bonus], place: tuple[str, str], game: Game, now: int
) -> list[Candidate]:
    """Return the pockets of one currency that a game's stake is asked of: cash, the product's own cash, and bonuses.

    Args:
        purse: the pockets.
        bonuses: of the player.
        place: the provider and its game.
        game: what is known of it.
        now: microsecond.
    """
    found = [Candidate(name, purse[name].amount) for name in (CASH, f"{CASH}:{game.product}") if name in purse]
    for bonus in bonuses:
        pocket = purse.get(bonus.account)
        if pocket is not None:
            found.append(Candidate(bonus.account, pocket.amount, bonus, why_not(bonus, *place, game, now)))
    return found


def fund(stake: int, candidates: Sequence[Candidate], policy: WriteOff, choice: str, quantum: int) -> Funding:
    """Return how a stake is paid.

    Args:
        stake: ledger units.
        candidates: all pockets with money; in any order.
        policy: of the game, in the version of the round.
        choice: the class (CASH, BONUS) or the very pocket the player has chosen; empty: none.
        quantum: ledger units of a display unit.
    """
    ordered = in_order(candidates, policy)
    chosen = mode(ordered, policy)
    if chosen is Mode.PLAYER_CHOICE and choice:
        ordered = [_chosen(each, choice) for each in ordered]
    paying = [each for each in ordered if not each.why_not]
    pockets = [(each.pocket, each.available) for each in paying]
    amounts = [available for _, available in pockets]
    playable = max(amounts, default=0) if chosen is Mode.NO_MIX else sum(amounts)
    mix = MODES[chosen](stake, pockets, quantum)
    left_out = [each for each in ordered if each.why_not]
    return Funding(mix, playable, chosen, policy.version, (*paying, *left_out), choice)


def mode(ordered: Iterable[Candidate], policy: WriteOff) -> Mode:
    """Return how the pockets pay: as the first bonus with money for it says, else as the policy does (R-FUND-09)."""
    paying = (each.bonus.terms.mode for each in ordered if each.bonus and each.available and not each.why_not)
    own = None if policy.mode_locked else next(filter(None, paying), None)
    return own or policy.mode


def _chosen(candidate: Candidate, choice: str) -> Candidate:
    """Return the pocket, out of the question where the player has chosen another (R-FUND-08)."""
    if candidate.why_not or choice in {candidate.pocket, _class(candidate)}:
        return candidate
    return replace(candidate, why_not="NOT_CHOSEN")


def in_order(candidates: Iterable[Candidate], policy: WriteOff) -> list[Candidate]:
    """Return pockets in write-off order (R-FUND-04)."""
    return sorted(candidates, key=lambda each: _place(each, policy.order))


def _class(candidate: Candidate) -> str:
    return candidate.pocket.partition(":")[0]


def _place(candidate: Candidate, order: Sequence[str]) -> tuple[int, bool, int, int, str]:
    """Return where a pocket stands: class, product before general, earliest expiry, activation, id (R-FUND-04)."""
    name = _class(candidate)
    rank = order.index(name) if name in order else len(order)
    bonus = candidate.bonus
    if bonus is None:
        return rank, ":" not in candidate.pocket, 0, 0, candidate.pocket
    return rank, not bonus.terms.products, bonus.expires_at or LAST, bonus.activated_at, bonus.bonus_id


def waterfall(stake: int, pockets: Sequence[tuple[str, int]], _quantum: int = 1) -> Parts | None:
    """Take from each (pocket, available) in order until the stake is covered; none when it is not (R-FUND-05)."""
    mix, rest = [], stake
    for pocket, available in pockets:
        taken = min(rest, available)
        if taken > 0:
            mix.append((pocket, taken))
            rest -= taken
    return None if rest else tuple(mix)


def proportional(stake: int, pockets: Sequence[tuple[str, int]], quantum: int) -> Parts | None:
    """Take from all pockets as they stand to each other (R-FUND-06); ties go to cash."""
    held = sorted((each for each in pockets if each[1] > 0), key=lambda each: not _cash(each[0]))
    total = sum(available for _, available in held)
    if stake > total:
        return None
    if not stake:
        return ()
    shares = split(stake, [available for _, available in held], quantum)
    if any(share > available for share, (_, available) in zip(shares, held, strict=True)):
        shares = split(stake, [available for _, available in held], 1)  # a pocket is finer than a display unit
    return tuple((pocket, share) for (pocket, _), share in zip(held, shares, strict=True) if share)


def no_mix(stake: int, pockets: Sequence[tuple[str, int]], _quantum: int) -> Parts | None:
    """Take all from the first pocket that covers the stake (R-FUND-07)."""
    if not stake:
        return ()
    return next((((pocket, stake),) for pocket, available in pockets if available >= stake), None)


MODES: dict[Mode, Callable[[int, Sequence[tuple[str, int]], int], Parts | None]] = {
    Mode.WATERFALL: waterfall,
    Mode.PROPORTIONAL: proportional,
    Mode.NO_MIX: no_mix,
    Mode.PLAYER_CHOICE: waterfall,  # of what was chosen (R-FUND-08)
}


def pro_rata(amount: int, mix: Parts, quantum: int, _returned: int = 0) -> Parts:
    """Split a win, or the rollback of part of a stake, over a mix (R-FUND-10, R-RB-03, R-MONEY-06); no mix is cash.

    The mix is ordered cash first, so that ties go to cash.
    """
    if len(mix) <= 1:  # the plain cash bet: nothing to split
        return ((mix[0][0] if mix else CASH, amount),) if amount else ()
    ordered = sorted(mix, key=lambda part: not _cash(part[0]))
    shares = split(amount, [weight for _, weight in ordered], quantum)
    return tuple((pocket, share) for (pocket, _), share in zip(ordered, shares, strict=True) if share)


def all_to_bonus(amount: int, mix: Parts, quantum: int, _returned: int) -> Parts:
    """Give all of a win to the bonuses, if any of them paid (R-FUND-11)."""
    return pro_rata(amount, _bonuses(mix) or mix, quantum)


def all_to_cash(amount: int, _mix: Parts, _quantum: int, _returned: int) -> Parts:
    """Give all of a win to cash (R-FUND-11)."""
    return ((CASH, amount),) if amount else ()


def bonus_first(amount: int, mix: Parts, quantum: int, returned: int) -> Parts:
    """Give the bonuses what they paid, less what they have had back, and the rest to cash (R-FUND-11)."""
    bonuses = _bonuses(mix)
    owed = max(0, sum(part for _, part in bonuses) - returned)
    back = min(amount, owed)
    parts = pro_rata(back, bonuses, quantum) if back else ()
    return (*parts, (CASH, amount - back)) if amount > back else parts


SPLITS: dict[Split, Callable[[int, Parts, int, int], Parts]] = {
    Split.PRO_RATA: pro_rata,
    Split.ALL_TO_BONUS: all_to_bonus,
    Split.ALL_TO_CASH: all_to_cash,
    Split.RETURN_BONUS_FIRST: bonus_first,
}


def _cash(pocket: str) -> bool:
    return pocket.startswith(CASH)


def _bonuses(mix: Parts) -> Parts:
    return tuple(part for part in mix if not _cash(part[0]))
