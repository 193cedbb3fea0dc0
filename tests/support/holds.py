"""Holds in few words: commands in euros, and what is held."""

from tests.support.domain import HOUR, PLAYER, START, units
from wallet_core.domain.hold_commands import CaptureHold, ExtendHold, PlaceHold, Purpose, ReleaseHold
from wallet_core.domain.hold_times import EscalateHold, ExpireHold, SweepHold
from wallet_core.domain.holds import Basis, Hold, HoldReason
from wallet_core.domain.withdrawals import FailWithdrawal, RequestWithdrawal, SettleWithdrawal

DAY = 24 * HOUR
LATER = START + 10 * DAY
"""When a hold ends, unless it is said otherwise."""


def place(amount: str | None = "10", hold_id: str = "h1", *, currency: str = "EUR", **more: object) -> PlaceHold:
    """Set cash aside for ten days, for a dispute."""
    facts = {
        "reason": HoldReason.DISPUTE,
        "basis": Basis.TERMS,
        "clause": "terms 7.2",
        "owner": "ann",
        "case_id": "case-1",
        "expires_at": LATER,
        **more,
    }
    amount_ = None if amount is None else units(amount, currency)
    return PlaceHold(PLAYER, hold_id, currency, amount_, **facts)


def legal(amount: str | None = "10", hold_id: str = "h1", **more: object) -> PlaceHold:
    """Set cash aside by order, to be looked at again in ten days."""
    facts = {"basis": Basis.ORDER, "reason": HoldReason.AML, "expires_at": 0, "review_at": LATER, **more}
    return place(amount, hold_id, **facts)


def freeze(hold_id: str = "f1", **more: object) -> PlaceHold:
    """Freeze the wallet."""
    return legal(None, hold_id, account_freeze=True, **more)


def extend(hold_id: str = "h1", *, key: str = "e1", **more: object) -> ExtendHold:
    """Hold on."""
    return ExtendHold(PLAYER, hold_id, "not yet clear", "ann", key, **more)


def take(
    amount: str | None = None,
    hold_id: str = "h1",
    *,
    key: str = "c1",
    purpose: Purpose = Purpose.CORRECTION,
    account: str = "ADJUSTMENTS",
) -> CaptureHold:
    """Take all of it, or an amount, to the house."""
    amount_ = None if amount is None else units(amount)
    return CaptureHold(PLAYER, hold_id, "decided so", "ann", key, amount_, purpose, account)


def release(hold_id: str = "h1", *, key: str = "r1") -> ReleaseHold:
    """Give it back."""
    return ReleaseHold(PLAYER, hold_id, "cleared", "ann", key)


def expire(hold_id: str = "h1", due: int = LATER) -> ExpireHold:
    """Its time is over."""
    return ExpireHold(PLAYER, hold_id, due)


def escalate(hold_id: str, due: int) -> EscalateHold:
    """Its review is due."""
    return EscalateHold(PLAYER, hold_id, due)


def sweep(hold_id: str = "f1", due: int = 1) -> SweepHold:
    """Take in what was credited since."""
    return SweepHold(PLAYER, hold_id, due)


def request(amount: str, withdrawal_id: str = "w1", *, currency: str = "EUR") -> RequestWithdrawal:
    """Ask for a payout."""
    return RequestWithdrawal(PLAYER, withdrawal_id, currency, units(amount, currency))


def settle(amount: str | None = None, withdrawal_id: str = "w1", *, key: str = "p1") -> SettleWithdrawal:
    """It has left, or a part of it."""
    return SettleWithdrawal(PLAYER, withdrawal_id, "bank", key, None if amount is None else units(amount))


def fail(withdrawal_id: str = "w1", *, key: str = "x1") -> FailWithdrawal:
    """It cannot be paid."""
    return FailWithdrawal(PLAYER, withdrawal_id, "account closed", "ann", key)


def hold(books, hold_id: str = "h1") -> Hold:
    """The hold's row."""
    return books.rows[Hold, PLAYER, hold_id]
