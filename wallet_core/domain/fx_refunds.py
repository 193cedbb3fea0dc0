"""Refunds of converted deposits: what was given goes back where it came from, at its quote (R-FX-12).

What market rates have done since is the house's, and stays in FX_POSITION, as does what rounding leaves.
"""

from typing import Any

from msgspec.structs import replace

from wallet_core.domain import endings
from wallet_core.domain.accounts import CASH, FX_POSITION, PSP_CLEARING
from wallet_core.domain.commands import PAYMENTS, Recorded
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.desk import Desk, Poster
from wallet_core.domain.entries import Entry, Journal, Keyed, Kind, Posting
from wallet_core.domain.fx import REFUNDABLE, Quote, State, cost, movable, refundable
from wallet_core.domain.fx_commands import OfQuote, find
from wallet_core.domain.leaving import kept
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.pockets import balances
from wallet_core.domain.policies import Policies
from wallet_core.domain.rates import text_of


class RefundConversion(OfQuote, frozen=True):
    """Give back what was converted, or a part of it, by way of a payment provider; refused for ever, where it is for
    funds (R-IDEM-04).

    A player who is blocked gets it, for it goes back where it came from; of a frozen account nothing leaves.

    Attributes:
        currency: of what was given.
        amount: of it; none for all that is refundable.
        confirmed: the player has seen which bonuses it takes, as a withdrawal does (R-BONUS-22).
    """

    psp_id: str
    request_id: str
    currency: str
    amount: int | None
    reason: str
    actor: str
    confirmed: bool = False
    policies: Policies = Policies()

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key: a payment provider's ids are its own (R-DEP-05)."""
        return f"{PAYMENTS}:{self.psp_id}", self.request_id

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "FX_REFUND", self.quote_id, self.currency, str(self.amount), self.reason, self.actor

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The quote."""
        return ((Quote, (self.player_id, self.quote_id)),)

    @property
    def refused(self) -> Posting:
        """What is stored of it when it is refused for good (R-IDEM-04)."""
        return Posting(Kind.FX_REFUND, self.currency, self.amount or 0, info=(("quote_id", self.quote_id),))


def _refund(desk: Desk, command: RefundConversion) -> Posting:
    """Return the lines of a refund: its transaction is of the target currency, which is what the player gives.

    Raises:
        Refused: QUOTE_NOT_FOUND, WRONG_CURRENCY, INVALID_AMOUNT, INVALID_PRECISION, PLAYER_BLOCKED, INSUFFICIENT_FUNDS;
            REFERENCE_MISMATCH, nothing was converted, or it was undone; AMOUNT_EXCEEDS_REFERENCE, not so much was
            given, or it has gone back before; BONUS_STATE, a bonus blocks it, or is not yet given up.
    """
    quote = find(desk, command.quote_id)
    amount = _asked(quote, command)
    if desk.someone.frozen:
        raise Refused(Reason.PLAYER_BLOCKED)
    pockets = desk.book.pockets(command.player_id, quote.target)
    held, bonuses = balances(quote.target, pockets), desk.book.bonuses(command.player_id)
    left = movable(quote.target, pockets, kept(command.policies, desk.someone, held, bonuses))
    most = refundable(quote, left)
    refunded = most if amount is None else amount
    if not 0 < refunded <= most:
        raise Refused(Reason.INSUFFICIENT_FUNDS)
    taken = cost(quote, refunded, left)
    forfeited, words = endings.withdrawn(desk, quote.target, confirmed=command.confirmed)
    total = quote.refunded + refunded
    desk.book.put(
        replace(
            quote,
            state=State.REFUNDED if total == quote.given else State.PART_REFUNDED,
            changed_at=desk.at,
            refunded=total,
            taken=quote.taken + taken,
        )
    )
    journals = (
        Journal(quote.target, (Entry(CASH, -taken), Entry(FX_POSITION, taken, quote.source), *forfeited)),
        Journal(
            quote.source, (Entry(FX_POSITION, -refunded, quote.target), Entry(PSP_CLEARING, refunded, command.psp_id))
        ),
    )
    facts = (("quote_id", quote.quote_id), ("source", quote.source), ("client_rate", text_of(quote.client)))
    why = (("reason", command.reason), ("actor", command.actor))
    parts = ((CASH, -taken),) if taken else ()
    return Posting(Kind.FX_REFUND, quote.target, taken, parts, journals, (*facts, *why, *words))


def _asked(quote: Quote, command: RefundConversion) -> int | None:
    """Return the amount of what was given that is to go back; none for all there may.

    Raises:
        Refused: WRONG_CURRENCY, INVALID_AMOUNT, INVALID_PRECISION, REFERENCE_MISMATCH, AMOUNT_EXCEEDS_REFERENCE.
    """
    currency, amount = CURRENCIES[quote.source], command.amount
    if command.currency != currency.code:
        raise Refused(Reason.WRONG_CURRENCY, f"amount: in {currency.code}, which is what was given.")
    if amount is not None and amount <= 0:
        raise Refused(Reason.INVALID_AMOUNT)
    if amount is not None and amount % currency.quantum:
        raise Refused(
            Reason.INVALID_PRECISION, f"Payments in {currency.code} have at most {currency.display} decimals."
        )
    if quote.state not in {*REFUNDABLE, State.REFUNDED}:
        raise Refused(Reason.REFERENCE_MISMATCH)
    if quote.refunded + (amount or 1) > quote.given:
        raise Refused(Reason.AMOUNT_EXCEEDS_REFERENCE)
    return amount


POSTINGS: dict[type[Recorded], Poster] = {RefundConversion: _refund}
"""What a refund posts."""
