"""Disputes: free wins that no grant covers; held, with a case, until somebody decides (R-FREE-05, R-FREE-06)."""

from msgspec.structs import replace

from wallet_core.domain.accounts import BONUS_COST, CASH, DEBT, HELD
from wallet_core.domain.awards import Award, in_cash
from wallet_core.domain.book import Book
from wallet_core.domain.entries import Entry
from wallet_core.domain.free_rounds import FreeWin, Grant, State, dispute_of
from wallet_core.domain.holds import DAY, QUIET, Basis, Hold, HoldReason
from wallet_core.domain.holds import State as HoldState

DISPUTED = f"{HELD}:{HoldReason.DISPUTE.name}"
"""Where a free win goes that no grant covers (R-FREE-06)."""

DISPUTE_DAYS = 30
"""Days after which it is the player's, if nobody has decided by then (R-HOLD-02)."""


def why(grant: Grant | None, free: FreeWin) -> str:
    """Return why a win is not covered by the grant it names (R-FREE-05, R-FREE-06); nothing where it is."""
    if grant is None or (grant.provider_id, grant.currency) != (free.provider_id, free.currency):
        return "a free win without a grant"
    if grant.state is State.ISSUED:
        return "the provider never confirmed the grant"
    if grant.over(free.began):
        return "the round began after the grant was over"
    if grant.paid + free.counts > grant.rounds:
        return "more rounds won than were granted"
    return ""


def hold(book: Book, grant: Grant | None, free: FreeWin, because: str) -> Award:
    """Return a win as held, with the hold that says so (R-FREE-06)."""
    hold_id = dispute_of(free.key)
    row = Hold(
        player_id=free.player_id,
        hold_id=hold_id,
        currency=free.currency,
        reason=HoldReason.DISPUTE,
        state=HoldState.PLACED,
        amount=free.amount,
        captured=0,
        sources=((CASH, free.amount),),
        basis=Basis.TERMS,
        clause="R-FREE-06",
        owner="providers",
        case_id=hold_id,
        text_key="hold.dispute",
        evidence=f"{because}: {grant.grant_id}" if grant else because,
        account_freeze=False,
        discreet=False,
        placed_at=free.at,
        review_at=free.at + QUIET[HoldReason.DISPUTE],
        expires_at=free.at + DISPUTE_DAYS * DAY,
        changed_at=free.at,
    )
    book.put(row)
    cost = Entry(BONUS_COST, -free.amount, grant.campaign if grant else "")
    return Award((Entry(DISPUTED, free.amount, hold_id), cost), ((DISPUTED, free.amount),))


def more(book: Book, grant: Grant | None, free: FreeWin) -> Award:
    """Return what a disputed win is raised by: held with it while that is undecided; else paid."""
    row = book.noun(Hold, free.player_id, dispute_of(free.key))
    if row is None or not row.held:
        return in_cash(free.amount, grant.campaign if grant else "")
    sources = ((CASH, row.held + free.amount),)
    book.put(replace(row, amount=row.amount + free.amount, sources=sources, changed_at=free.at))
    cost = Entry(BONUS_COST, -free.amount, grant.campaign if grant else "")
    return Award((Entry(DISPUTED, free.amount, row.hold_id), cost), ((DISPUTED, free.amount),))


def taken(book: Book, free: FreeWin, amount: int, *, disputed: bool) -> tuple[Entry, ...]:
    """Return an amount taken from the win's hold, if it was disputed; then from cash; the rest is owed."""
    hold_id = dispute_of(free.key)
    hold = book.noun(Hold, free.player_id, hold_id) if disputed else None
    held = min(amount, hold.held) if hold else 0
    if hold and held:
        left = hold.held - held
        book.put(
            replace(
                hold,
                state=hold.state if left else HoldState.CAPTURED,
                sources=((CASH, left),) if left else (),
                captured=hold.captured + held,
                review_at=hold.review_at if left else 0,
                changed_at=free.at,
            )
        )
    pocket = book.pockets(free.player_id, free.currency).get(CASH)
    cash = min(amount - held, pocket.amount if pocket else 0)
    lines = Entry(DISPUTED, -held, hold_id), Entry(CASH, -cash), Entry(DEBT, held + cash - amount)
    return tuple(line for line in lines if line.amount)
