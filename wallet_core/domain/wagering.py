"""Wagering: what a bonus asks for, what a stake counts for it, and what becomes of it when that is met.

Requirement and progress are counted in 10,000ths of a ledger unit, so that no stake is ever rounded (R-WAGER-04):
ledger units times basis points.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain.accounts import BONUS_COST, BONUS_ISSUED, CASH
from wallet_core.domain.decision import Parts
from wallet_core.domain.entries import Entry
from wallet_core.domain.policies import Game
from wallet_core.domain.promos import Base, Bonus, BonusTerms, Counts

BPS = 10_000
"""Basis points of the whole; and 10,000ths of a ledger unit."""

HUNDRED = 100

SPORTS = "SPORTS"
"""The product whose stakes have odds."""


class Conversion(Struct, frozen=True):
    """What becomes of a bonus's balance: they sum to it."""

    to_cash: int
    principal: int = 0
    forfeited: int = 0


def requirement(terms: BonusTerms, granted: int, deposit: int) -> int:
    """Return what must be wagered, in 10,000ths of a ledger unit (R-WAGER-01); of winnings `granted` is those."""
    base = granted + (deposit if terms.base is Base.DEPOSIT_PLUS_BONUS else 0)
    return base * terms.multiplier * BPS // HUNDRED


def rate(terms: BonusTerms, provider_id: str, game_id: str, game: Game) -> int:
    """Return the basis points a game counts: of its most specific key (R-WAGER-05); all of it where none is listed,
    nothing of what the bonus may not pay for.
    """
    if terms.excludes(provider_id, game_id) or game.rtp in terms.excluded_rtps:
        return 0
    if terms.products and game.product not in terms.products:
        return 0
    listed = dict(terms.contributions)
    keys = (
        f"game:{provider_id}/{game_id}",
        f"game:{game_id}",
        f"provider:{provider_id}:{game.category}",
        f"category:{game.category}",
        f"product:{game.product}",
        "default",
    )
    return next((listed[key] for key in keys if key in listed), BPS)


def counted(bonuses: Sequence[Bonus], parts: Parts, cash_counts: str) -> Parts:
    """Return what of a stake counts, by bonus (R-WAGER-03, R-WAGER-12).

    Args:
        bonuses: that paid for it, and the one its cash counts for.
        parts: what paid it.
        cash_counts: the id of that one; empty for none.
    """
    paid = dict(parts)
    cash = sum(part for pocket, part in parts if pocket.startswith(CASH))
    found = []
    for bonus in bonuses:
        own, its = paid.get(bonus.account, 0), cash if bonus.bonus_id == cash_counts else 0
        match bonus.terms.counts:
            case Counts.BONUS_PART:
                amount = own
            case Counts.CASH_PART:
                amount = its
            case Counts.CASH_THEN_BONUS:
                amount = its or own
            case Counts.TOTAL:
                amount = own + its
        found.append((bonus.bonus_id, amount))
    return tuple((bonus_id, amount) for bonus_id, amount in sorted(found) if amount)


def cash_counts_for(bonuses: Sequence[Bonus]) -> str:
    """Return the id of the bonus that a stake's cash counts for: the first by priority whose terms count cash; of those
    that paid for it, where any did (R-WAGER-12).
    """
    counting = [each for each in bonuses if each.terms.counts is not Counts.BONUS_PART]
    return min(counting, key=lambda each: (each.priority, each.claimed_at, each.bonus_id)).bonus_id if counting else ""


def standing(terms: BonusTerms, game: Game, contribution: int, odds: int, void: int) -> int:
    """Return what of a contribution stands: nothing below the least odds, nor of a sports bet that names none, and not
    what is void (R-WAGER-08, -09).
    """
    known = odds or game.product == SPORTS
    return 0 if known and odds < terms.min_odds else contribution * (BPS - void) // BPS


def converted(bonus: Bonus, balance: int) -> Conversion:
    """Return what a met requirement makes of the balance, or of what still comes back to it: a sticky principal goes
    first, wherever it was in play, and no more than the cap is paid (R-BONUS-13..15, R-BONUS-17, R-RB-05).
    """
    principal = min(balance, max(0, bonus.granted - bonus.removed)) if bonus.terms.sticky else 0
    cash = within(bonus, balance - principal)
    return Conversion(cash, principal, balance - principal - cash)


def given_up(bonus: Bonus, balance: int) -> Conversion:
    """Return what becomes of the balance of a bonus that ends before its wagering is met (P-10): it goes; but a rest
    that no game would take is cash, once the bonus has been played with (R-BONUS-19).
    """
    played = bonus.staked and not bonus.rounds
    dust = within(bonus, balance) if played and balance <= bonus.terms.dust else 0
    return Conversion(dust, forfeited=balance - dust)


def after(bonus: Bonus, found: Conversion, sign: int = 1) -> Bonus:
    """Return the bonus with a conversion counted, or taken back (-1)."""
    return replace(
        bonus,
        converted=bonus.converted + sign * found.to_cash,
        removed=bonus.removed + sign * found.principal,
    )


def within(bonus: Bonus, amount: int) -> int:
    """Return how much of an amount the cap still lets become cash (R-BONUS-15, R-RB-05)."""
    cap = bonus.terms.cap
    return amount if cap is None else max(0, min(amount, cap - bonus.converted))


def released(bonus: Bonus) -> int:
    """Return what of the grant has been released by now, tranche by tranche (R-BONUS-16); nothing where it has one."""
    tranches = bonus.terms.tranches
    if tranches <= 1 or not bonus.requirement:
        return 0
    return bonus.granted * min(tranches, bonus.progress * tranches // bonus.requirement) // tranches


def released_now(bonus: Bonus, balance: int) -> int:
    """Return what of the balance becomes cash now, tranche by tranche and within the cap: what was not yet released."""
    return max(0, min(balance, within(bonus, released(bonus) - bonus.converted)))


def convert_entries(bonus: Bonus, found: Conversion) -> tuple[Entry, ...]:
    """Return the journal of a conversion, or of an end without one (P-09, P-10)."""
    balance = found.to_cash + found.principal + found.forfeited
    return (
        Entry(bonus.account, -balance),
        Entry(BONUS_ISSUED, balance, bonus.template_id),
        Entry(CASH, found.to_cash),
        Entry(BONUS_COST, -found.to_cash, bonus.template_id),
    )


def forfeit_entries(bonus: Bonus, balance: int) -> tuple[Entry, ...]:
    """Return the journal that takes a bonus's balance away (P-10)."""
    return Entry(bonus.account, -balance), Entry(BONUS_ISSUED, balance, bonus.template_id)
