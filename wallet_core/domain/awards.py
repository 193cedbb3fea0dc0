"""Awards: money that promotions give, as cash or as a bonus that begins with it."""

from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain import templates, turns, wagering
from wallet_core.domain.accounts import BONUS_COST, BONUS_ISSUED, CASH
from wallet_core.domain.book import Book
from wallet_core.domain.decision import Parts, Reason, Refused
from wallet_core.domain.entries import Entry
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.promos import Bonus, BonusTerms, Event, State, after
from wallet_core.domain.rounds import LAPSED
from wallet_core.domain.templates import Template, Trigger


class Promise(Struct, frozen=True):
    """A bonus that money is promised as: what its row will say, whatever the amount.

    Attributes:
        terms: accepted with what brings the money.
    """

    template_id: str
    version: int
    terms: BonusTerms
    slot: str
    places: int
    priority: int
    campaign: str = ""

    def begun(self, player_id: str, bonus_id: str, currency: str, at: int) -> Bonus:
        """Return the bonus, claimed and empty."""
        return Bonus(
            player_id=player_id,
            bonus_id=bonus_id,
            template_id=self.template_id,
            version=self.version,
            currency=currency,
            state=State.CLAIMED,
            terms=self.terms,
            granted=0,
            deposit=0,
            requirement=0,
            claimed_at=at,
            changed_at=at,
            priority=self.priority,
            slot=self.slot,
            places=self.places,
            campaign=self.campaign or self.template_id,
        )


def promised(template: Template, currency: str, grant: int = 0) -> Promise:
    """Return the promise of a template in a currency; with the amount, where that is known.

    Raises:
        Refused: BONUS_NOT_ELIGIBLE, it is not offered in that; TEMPLATE_FORBIDDEN, it cannot be what winnings become.
    """
    promotion = template.promotion
    if promotion.trigger is Trigger.DEPOSIT:
        raise Refused(Reason.TEMPLATE_FORBIDDEN, "The template is for deposits; what is won needs one for claims.")
    if promotion.unique_per:
        raise Refused(
            Reason.TEMPLATE_FORBIDDEN, "The template asks for whom it is taken; what is won is not asked that."
        )
    if not grant and (promotion.cap_of_bonus or promotion.max_bet_of_bonus):
        raise Refused(
            Reason.TEMPLATE_FORBIDDEN, "Its cap or largest bet depends on an amount that is not known yet (R-FREE-01)."
        )
    terms = templates.terms(template, currency, grant)
    return Promise(
        template.template_id,
        template.version,
        terms,
        promotion.slot,
        promotion.places,
        promotion.priority,
        template.campaign,
    )


class Award(Struct, frozen=True):
    """Money on its way to a player.

    Attributes:
        entries: the whole journal.
        parts: what moves for the player; LAPSED what would have gone to a bonus that is over.
    """

    entries: tuple[Entry, ...] = ()
    parts: Parts = ()


def in_cash(amount: int, detail: str) -> Award:
    """Return a payout in cash (P-11); `detail` is the campaign it is a cost of."""
    if not amount:
        return Award()
    return Award((Entry(CASH, amount), Entry(BONUS_COST, -amount, detail)), ((CASH, amount),))


def grows(bonus: Bonus, at: int) -> bool:
    """Whether more may be granted to a bonus: it is live or waits for its turn, and its time is not over."""
    return (bonus.live or bonus.queued) and not 0 < bonus.expires_at <= at


def as_bonus(book: Book, bonus: Bonus, amount: int, at: int) -> Award:
    """Put the bonus in the book with the amount on top of what it was ever granted, and return its journal (P-08).

    A new one is active, its clock running; or waits in the queue where its slot is taken, and is paid when its turn
    comes (R-BONUS-07). For an excluded player none begins (R-BONUS-24).

    Args:
        book: the player's.
        bonus: as it begins (`Promise.begun`), or one that still `grows`.
        amount: ledger units.
        at: microsecond.

    Raises:
        Refused: INVALID_AMOUNT, it would ask for more wagering than can be counted.
    """
    player = book.player(bonus.player_id)
    if player is not None and player.excluded and not bonus.live:
        return Award(parts=((LAPSED, amount),))
    granted = bonus.granted + amount
    requirement = wagering.requirement(bonus.terms, granted, 0)
    if requirement > INT64_MAX:
        raise Refused(Reason.INVALID_AMOUNT)
    bonus = replace(bonus, granted=granted, requirement=requirement, changed_at=at)
    if bonus.state is State.CLAIMED:
        free = turns.free(book, bonus, at)
        bonus = turns.started(bonus, at) if free else replace(bonus, state=after(bonus.state, Event.QUEUE))
    elif bonus.state is not State.QUEUED:
        bonus = replace(bonus, state=after(bonus.state, Event.REFILL))
    book.put(bonus)
    if bonus.state is State.QUEUED:
        return Award()
    entries = Entry(bonus.account, amount), Entry(BONUS_ISSUED, -amount, bonus.template_id)
    return Award(entries, ((bonus.account, amount),))
