"""Templates: what a bonus promises, in versions that never change.

A new version is for new claims only (R-BONUS-03). Amounts stand in a currency table, for nothing is ever converted.
"""

from enum import Enum

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import NO_PLAYER, Keyed, digest
from wallet_core.domain.money import CURRENCIES, INT64_MAX
from wallet_core.domain.promos import BonusTerms
from wallet_core.domain.takers import Per

BPS = 10_000
HUNDRED = 100


class Trigger(Enum):
    """What makes a claimed bonus begin."""

    CLAIM = "CLAIM"  # the claim itself
    DEPOSIT = "DEPOSIT"  # a settled deposit (R-BONUS-06)


class Period(Enum):
    """How often a player may have it (R-BONUS-05); calendar periods are UTC's."""

    ONCE = "ONCE"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    DEPOSIT = "DEPOSIT"  # once for each deposit
    GRANT = "GRANT"  # each request is another, for grants by hand


class Tier(Struct, frozen=True):
    """What a deposit of at least `deposit` brings: percent, in basis points of it, and a fixed amount."""

    deposit: int
    percent: int = 0
    fixed: int = 0


class Amounts(Struct, frozen=True, omit_defaults=True):
    """A template's amounts in one currency, in its ledger units; 0 where there is none.

    Attributes:
        fixed: what is granted whatever the deposit.
        most: the largest grant.
        least_deposit, most_deposit: what a deposit must have, and how much of it counts.
        tiers: instead of the template's percent and `fixed`, by the whole deposit, rising.
        max_bet: the largest stake.
        cap: the most that is ever converted.
        dust: the largest rest that becomes cash when it ends (R-BONUS-19).
    """

    currency: str
    fixed: int = 0
    most: int = 0
    least_deposit: int = 0
    most_deposit: int = 0
    tiers: tuple[Tier, ...] = ()
    max_bet: int = 0
    cap: int = 0
    dust: int = 0


class Promotion(Struct, frozen=True, omit_defaults=True):
    """What a template promises (R-BONUS-01).

    Attributes:
        title, text: for the player; the text is what is accepted.
        terms: as every instance gets them, but for the amounts.
        amounts: the currency table.
        percent: basis points of the deposit.
        cap_of_bonus, cap_of_deposit: further caps, in hundredths of these; 0: none. The least holds (R-BONUS-15).
        max_bet_of_bonus: a further largest stake, in basis points of the grant; 0: none (R-BONUS-20).
        pack: the jurisdiction it is for.
        opt_in: the player must claim it; else an operator's grant is enough (R-BONUS-04).
        brands: whose players may have it; empty: all.
        segment: of players it is meant for; empty: everybody.
        group: of which only `places` are active at a time, the others queue, or are refused where it is `exclusive`
            (R-BONUS-07); empty: its products.
        priority: the lower the earlier out of the queue.
        claim_within: seconds from the offer to its start; none: any.
        ends_at: microsecond after which none is offered, claimed or started; 0: never.
        campaign: whose budget its bonuses are of; empty: the template's own, by its id (R-BONUS-10).
        unique_per: of what only one may have it, whichever player that is (R-BONUS-05).
    """

    title: str
    text: str
    amounts: tuple[Amounts, ...]
    terms: BonusTerms = BonusTerms()
    trigger: Trigger = Trigger.CLAIM
    percent: int = 0
    cap_of_bonus: int = 0
    cap_of_deposit: int = 0
    max_bet_of_bonus: int = 0
    pack: str = ""
    opt_in: bool = True
    period: Period = Period.ONCE
    brands: tuple[str, ...] = ()
    segment: str = ""
    group: str = ""
    places: int = 1
    exclusive: bool = False
    priority: int = 0
    claim_within: int | None = None
    ends_at: int = 0
    campaign: str = ""
    unique_per: tuple[Per, ...] = ()

    @property
    def slot(self) -> str:
        """The group it competes in."""
        return self.group or "+".join(sorted(self.terms.products))


class Template(Keyed, frozen=True):
    """One version of a template: a row that is only ever added."""

    player_id: str
    template_id: str
    version: int
    promotion: Promotion
    published_at: int = 0
    actor: str = ""
    reason: str = ""

    @property
    def key(self) -> tuple[str, str, int]:
        """What it is found by."""
        return key_of(self.template_id, self.version)

    @property
    def campaign(self) -> str:
        """Whose budget its bonuses are of."""
        return self.promotion.campaign or self.template_id

    @property
    def digest(self) -> str:
        """What a player accepts: it stands for every word and number of the version."""
        return digest(self.template_id, str(self.version), msgspec.json.encode(self.promotion).decode()).hex()


def key_of(template_id: str, version: int) -> tuple[str, str, int]:
    """Return the key of a version."""
    return NO_PLAYER, template_id, version


def amounts(promotion: Promotion, currency: str) -> Amounts:
    """Return a template's amounts in a currency.

    Raises:
        Refused: BONUS_NOT_ELIGIBLE, it is not offered in that.
    """
    found = next((each for each in promotion.amounts if each.currency == currency), None)
    if found is None:
        raise Refused(Reason.BONUS_NOT_ELIGIBLE, f"The bonus is not offered in {currency}.")
    return found


def granted(promotion: Promotion, currency: str, deposit: int) -> int:
    """Return what is granted for a deposit (0: for none): whole display units, never more than promised.

    Raises:
        Refused: BONUS_NOT_ELIGIBLE, the deposit is too small, or brings nothing.
    """
    table = amounts(promotion, currency)
    if promotion.trigger is Trigger.DEPOSIT and deposit < max(1, table.least_deposit):
        raise Refused(Reason.BONUS_NOT_ELIGIBLE, "The deposit is smaller than the bonus asks for.")
    counted = min(deposit, table.most_deposit) if table.most_deposit else deposit
    tier = Tier(0, promotion.percent, table.fixed)
    for each in table.tiers:
        if each.deposit <= deposit:
            tier = each
    found = tier.fixed + counted * tier.percent // BPS
    if table.most:
        found = min(found, table.most)
    found -= found % CURRENCIES[currency].quantum
    if not 0 < found <= INT64_MAX:
        raise Refused(Reason.BONUS_NOT_ELIGIBLE, "The bonus would be worth nothing.")
    return found


def terms(template: Template, currency: str, grant: int = 0, deposit: int = 0) -> BonusTerms:
    """Return the terms of an instance; with the grant, also those amounts that depend on it."""
    promotion = template.promotion
    table = amounts(promotion, currency)
    caps = [table.cap]
    if grant:
        caps += [grant * promotion.cap_of_bonus // HUNDRED, deposit * promotion.cap_of_deposit // HUNDRED]
    bets = [table.max_bet, grant * promotion.max_bet_of_bonus // BPS]
    return replace(
        promotion.terms,
        cap=min((each for each in caps if 0 < each <= INT64_MAX), default=None),  # more is none
        max_bet=min((each for each in bets if 0 < each <= INT64_MAX), default=None),
        dust=table.dust,
        accepted=template.digest,
    )
