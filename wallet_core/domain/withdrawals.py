"""Withdrawals in two steps: a request sets the money aside at once (P-12, R-PAY-01), the payment provider's word
captures it (P-13) or gives it back (P-14).

Each is a hold of the reason WITHDRAWAL that no time ends: money that may be on its way out is not released until its
fate is known (R-PAY-09). One that hears nothing for a day is escalated instead (R-HOLD-07).
"""

from msgspec.structs import replace

from wallet_core.domain import endings
from wallet_core.domain.accounts import PSP_CLEARING
from wallet_core.domain.commands import OPERATOR, PAYMENTS, Recorded
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.desk import Desk, Poster
from wallet_core.domain.entries import Keyed, Kind, Posting
from wallet_core.domain.holds import (
    HOLDS,
    Basis,
    Event,
    Hold,
    HoldReason,
    State,
    capture,
    find,
    give_back,
    next_review,
    posting,
    take,
)
from wallet_core.domain.leaving import kept
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.players import wallet_currency
from wallet_core.domain.pockets import balances, cash_parts, withdrawable
from wallet_core.domain.policies import Policies


class _Withdrawal(Recorded, frozen=True):
    """A command about one withdrawal: its id is that of its hold."""

    withdrawal_id: str

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[str, ...]], ...]:
        """The hold."""
        return ((Hold, (self.player_id, self.withdrawal_id)),)


class RequestWithdrawal(_Withdrawal, frozen=True):
    """Set aside what is to be paid out; refused for ever, where it is for funds (R-IDEM-04).

    Attributes:
        confirmed: the player has seen which bonuses it takes, and wants it (R-BONUS-22).
    """

    currency: str
    amount: int
    info: tuple[tuple[str, str], ...] = ()
    confirmed: bool = False
    policies: Policies = Policies()

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return HOLDS, self.withdrawal_id

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "WITHDRAWAL", self.currency, str(self.amount)

    @property
    def refused(self) -> Posting:
        """What is stored of it when it is refused for good."""
        return Posting(Kind.HOLD, self.currency, self.amount, info=self.info)


class SettleWithdrawal(_Withdrawal, frozen=True):
    """Money that has left: all that is left of the withdrawal, or one payout of several (W-6).

    Attributes:
        amount: none for all that is left.
    """

    psp_id: str
    request_id: str
    amount: int | None = None
    info: tuple[tuple[str, str], ...] = ()

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key: a payment provider's ids are its own (R-DEP-05)."""
        return f"{PAYMENTS}:{self.psp_id}", self.request_id

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "SETTLE", self.withdrawal_id, str(self.amount)


class FailWithdrawal(_Withdrawal, frozen=True):
    """What is left of the withdrawal cannot be paid: it goes back to the player (P-14)."""

    why: str
    actor: str
    request_id: str

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return OPERATOR, self.request_id

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "FAIL", self.withdrawal_id, self.why, self.actor


def _request(desk: Desk, command: RequestWithdrawal) -> Posting:
    player = desk.someone
    currency = wallet_currency(player, command.currency)
    _displayed(currency, command.amount)
    if not player.may_withdraw:
        raise Refused(Reason.PLAYER_BLOCKED)
    pockets = desk.book.pockets(player.player_id, currency)
    sources = cash_parts(pockets, command.amount)
    held = balances(currency, pockets)
    stays = kept(command.policies, player, held, desk.book.bonuses(player.player_id))
    if sources is None or command.amount > withdrawable(held, stays):
        raise Refused(Reason.INSUFFICIENT_FUNDS)
    forfeited, words = endings.withdrawn(desk, currency, confirmed=command.confirmed)
    hold = Hold(
        player_id=player.player_id,
        hold_id=command.withdrawal_id,
        currency=currency,
        reason=HoldReason.WITHDRAWAL,
        state=State.PLACED,
        amount=0,
        captured=0,
        sources=(),
        basis=Basis.PLAYER,
        clause="R-PAY-01",
        owner="payments",
        case_id=command.withdrawal_id,
        text_key="hold.withdrawal",
        evidence="",
        account_freeze=False,
        discreet=False,
        placed_at=desk.at,
        review_at=0,
        expires_at=0,
        changed_at=desk.at,
    )
    hold = replace(hold, review_at=next_review(hold, desk.at, heard=True))
    change = take(desk, hold, sources)
    change = replace(change, entries=(*change.entries, *forfeited))
    return posting(desk, Kind.HOLD, change, *command.info, *words)


def _settle(desk: Desk, command: SettleWithdrawal) -> Posting:
    hold = _withdrawal(desk, command.withdrawal_id)
    if command.amount is not None:
        _displayed(hold.currency, command.amount)
    change = capture(desk, hold, command.amount, PSP_CLEARING, command.psp_id)
    return posting(desk, Kind.HOLD_CAPTURE, change, *command.info)


def _fail(desk: Desk, command: FailWithdrawal) -> Posting:
    change = give_back(desk, _withdrawal(desk, command.withdrawal_id), Event.RELEASE)
    return posting(desk, Kind.HOLD_RELEASE, change, ("why", command.why), ("actor", command.actor))


def _withdrawal(desk: Desk, withdrawal_id: str) -> Hold:
    """Return the hold of a withdrawal.

    Raises:
        Refused: HOLD_NOT_FOUND.
    """
    hold = find(desk, withdrawal_id)
    if hold.reason is not HoldReason.WITHDRAWAL:
        raise Refused(Reason.HOLD_NOT_FOUND, f"{withdrawal_id} is no withdrawal.")
    return hold


def _displayed(code: str, amount: int) -> None:
    """Pass a cashier's amount: it has display precision.

    Raises:
        Refused: INVALID_AMOUNT, INVALID_PRECISION.
    """
    currency = CURRENCIES[code]
    if amount <= 0:
        raise Refused(Reason.INVALID_AMOUNT)
    if amount % currency.quantum:
        raise Refused(Reason.INVALID_PRECISION, f"Payments in {code} have at most {currency.display} decimals.")


POSTINGS: dict[type[Recorded], Poster] = {
    RequestWithdrawal: _request,
    SettleWithdrawal: _settle,
    FailWithdrawal: _fail,
}
"""What each of these commands posts."""
