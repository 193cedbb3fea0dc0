"""Rollbacks: how a bet or a win is undone, wholly or in part, and how a win is given another amount.

Postings are the templates of rulebook 3.4: P-05 and P-06 rollback of a stake, P-07 win reversal.
"""

from collections.abc import Callable

from msgspec.structs import replace

from wallet_core.domain import accounts, rounds
from wallet_core.domain.commands import Action
from wallet_core.domain.decision import Outcome, Parts, Reason, Refused
from wallet_core.domain.entries import Entry, Kind, Transaction
from wallet_core.domain.pockets import add
from wallet_core.domain.profiles import (
    UNKNOWN_ROLLBACK,
    Overdraw,
    RepeatedRollback,
    SettledRollback,
    WrongKind,
    Zero,
)
from wallet_core.domain.rounds import Event, Round
from wallet_core.domain.table import NOTHING, Move, Table
from wallet_core.domain.write_off import pro_rata


def rollback(table: Table, action: Action) -> Move:
    """Undo a transaction, wholly or in part (R-RB-01..03, R-RB-09); of an unknown one, leave a tombstone."""
    profile = table.command.profile
    target = table.reference(action)
    if target is None or target.kind is Kind.TOMBSTONE:
        return _unknown(table, action, target)
    if target.currency != table.currency:
        raise Refused(Reason.WRONG_CURRENCY, f"The transaction was made in {target.currency}.")
    if target.outcome is not Outcome.APPLIED or target.kind is Kind.NOTE:
        return NOTHING  # it never moved money
    undo = UNDO.get(target.kind)
    if undo is None:
        if profile.wrong_kind is WrongKind.NOOP:
            return NOTHING
        raise Refused(Reason.REFERENCE_MISMATCH)
    if not target.remaining:
        if target.amount and profile.repeated_rollback is RepeatedRollback.REFUSE:
            raise Refused(Reason.REFERENCE_ROLLED_BACK)
        return NOTHING
    return undo(table, target, _undone(table, action, target))


def _unknown(table: Table, action: Action, tombstone: Transaction | None) -> Move:
    """Leave the tombstone and answer as the profile says (R-PROV-10); a refusal leaves it too."""
    if tombstone is None:
        table.unknown.append(action.references[0])
    reason = UNKNOWN_ROLLBACK[table.command.profile.unknown_rollback]
    if reason is not None:
        raise Refused(reason)
    if tombstone is None:
        table.bury(action.references[0])
    return NOTHING


def _undone(table: Table, action: Action, target: Transaction) -> Parts:
    """Return which parts of the target are undone: what is left of it, or the action's share of that (R-RB-03).

    Raises:
        Refused: INVALID_AMOUNT, AMOUNT_EXCEEDS_REFERENCE.
    """
    left = tuple((pocket, abs(amount)) for pocket, amount in target.remaining)
    total = sum(amount for _, amount in left)
    amount = total if action.amount is None else action.amount
    if amount <= 0:
        raise Refused(Reason.INVALID_AMOUNT)
    if amount > total:
        raise Refused(Reason.AMOUNT_EXCEEDS_REFERENCE)
    return left if amount == total else pro_rata(amount, left, table.quantum)


def _round_of(table: Table, target: Transaction) -> Round | None:
    if not target.round_id:
        return None
    return table.book.round(target.player_id, target.provider_id, target.round_id)


def _undo_bet(table: Table, target: Transaction, parts: Parts) -> Move:
    """Give a stake back to the pockets that paid it: P-05 while the round is open, P-06 after."""
    round_ = _round_of(table, target)
    if round_ is None or round_.refunded or round_.state is rounds.State.VOIDED:
        return NOTHING  # the void has given it back
    if table.command.profile.settled_rollback is SettledRollback.REFUSE and (target.settled or round_.wins):
        raise Refused(Reason.REFERENCE_SETTLED)
    amount = sum(part for _, part in parts)
    staked = accounts.IN_PLAY if round_.state is rounds.State.OPEN else accounts.STAKES
    mix = add(round_.mix, parts, -1)
    state = rounds.after(round_, Event.ROLLBACK if mix else Event.ROLLBACK_LAST)
    table.book.put(replace(target, rolled_back=add(target.rolled_back, parts, -1)))
    return Move(
        entries=(*(Entry(pocket, part) for pocket, part in parts), Entry(staked, -amount)),
        parts=parts,
        round=table.changed(round_, state, mix),
    )


def _undo_win(table: Table, target: Transaction, parts: Parts) -> Move:
    """Take a win back from the pockets it went to; what is not there any more is debt (P-07)."""
    amount = sum(part for _, part in parts)
    taken = _take(table, amount)
    if taken is None:
        return NOTHING
    round_ = _round_of(table, target)
    table.book.put(replace(target, rolled_back=add(target.rolled_back, parts)))
    if round_ is not None:
        round_ = table.changed(round_, round_.state, round_.mix, won=round_.won - amount)
    return Move(
        entries=(*(Entry(pocket, part) for pocket, part in taken), Entry(accounts.WINS, amount)),
        parts=taken,
        round=round_,
    )


UNDO: dict[Kind, Callable[[Table, Transaction, Parts], Move]] = {Kind.BET: _undo_bet, Kind.WIN: _undo_win}
"""What can be rolled back."""


def _take(table: Table, amount: int) -> Parts | None:
    """Return how a reversal takes its amount (R-RB-09); none when the profile would rather take nothing.

    Raises:
        Refused: INSUFFICIENT_FUNDS, where the profile says so.
    """
    cash = min(amount, table.available(accounts.CASH))
    if cash < amount:
        overdraw = table.command.profile.overdraw
        if overdraw is Overdraw.REFUSE:
            raise Refused(Reason.INSUFFICIENT_FUNDS)
        if overdraw is Overdraw.NOOP:
            return None
    return add(((accounts.CASH, -cash),), ((accounts.DEBT, cash - amount),))


def amend(table: Table, action: Action) -> Move:
    """Give a win another amount: the difference moves as one delta journal (R-RB-12)."""
    amount = table.amount(action, Zero.REFUSE_WIN)
    target = table.reference(action)
    if target is None:
        raise Refused(Reason.REFERENCE_NOT_FOUND)
    if target.kind is Kind.TOMBSTONE:
        raise Refused(Reason.REFERENCE_ROLLED_BACK)
    if target.kind is not Kind.WIN or target.outcome is not Outcome.APPLIED or target.currency != table.currency:
        raise Refused(Reason.REFERENCE_MISMATCH)
    current = sum(part for _, part in target.remaining)
    if not current and target.amount:
        raise Refused(Reason.REFERENCE_ROLLED_BACK)
    round_ = _round_of(table, target)
    delta = amount - current
    if delta >= 0:
        moved: Parts | None = pro_rata(delta, round_.mix if round_ else (), table.quantum)
    else:
        moved = _take(table, -delta)
    if not moved:
        return NOTHING
    changed = moved if delta > 0 else ((accounts.CASH, delta),)
    table.book.put(replace(target, rolled_back=add(target.rolled_back, changed, -1)))
    if round_ is not None:
        round_ = table.changed(round_, round_.state, round_.mix, won=round_.won + delta)
    return Move(
        entries=(*(Entry(pocket, part) for pocket, part in moved), Entry(accounts.WINS, -delta)),
        parts=moved,
        round=round_,
    )
