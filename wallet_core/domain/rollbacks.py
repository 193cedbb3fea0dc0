"""Rollbacks: how a bet or a win is undone, wholly or in part, and how a win is given another amount.

Postings are the templates of rulebook 3.4: P-05 and P-06 rollback of a stake, P-07 win reversal.
"""

from collections.abc import Callable

from msgspec.structs import replace

from wallet_core.domain import accounts, bonuses, free_play, moves, rounds
from wallet_core.domain.awards import Award
from wallet_core.domain.commands import Action
from wallet_core.domain.decision import Outcome, Parts, Reason, Refused
from wallet_core.domain.entries import Category, Entry, Kind, Transaction
from wallet_core.domain.free_rounds import FreeWin
from wallet_core.domain.moves import ASIDE, NOTHING, STAKED, Move
from wallet_core.domain.pockets import add, cash_taken
from wallet_core.domain.profiles import (
    UNKNOWN_ROLLBACK,
    Overdraw,
    RepeatedRollback,
    SettledRollback,
    WrongKind,
)
from wallet_core.domain.rounds import Event, Round
from wallet_core.domain.table import Table
from wallet_core.domain.write_off import proportional, waterfall


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
    if target.undone:
        if profile.repeated_rollback is RepeatedRollback.REFUSE:
            raise Refused(Reason.REFERENCE_ROLLED_BACK)
        return NOTHING
    parts = _undone(table, action, target)
    return undo(table, replace(target, undone=parts == _left(target)), parts)


def _unknown(table: Table, action: Action, tombstone: Transaction | None) -> Move:
    """Leave the tombstone and answer as the profile says (R-PROV-10); a refusal leaves it too."""
    table.unknown = table.unknown or tombstone is None
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
    left = _left(target)
    if action.amount is None or (target.grant and target.kind is Kind.BET):  # a free stake is undone whole
        return left
    total = sum(amount for _, amount in left)
    if action.amount <= 0:
        raise Refused(Reason.INVALID_AMOUNT)
    if action.amount > total:
        raise Refused(Reason.AMOUNT_EXCEEDS_REFERENCE)
    if action.amount == total:
        return left
    return _free_share(action.amount, left) if target.grant else _share(table, action.amount, left)


def _share(table: Table, amount: int, left: Parts) -> Parts:
    """Return which parts make up the amount: in proportion to what the pockets paid or got, and no more than that; then
    what a void had refunded.
    """
    pockets = tuple(part for part in left if not rounds.nowhere(part[0]))
    moved = min(amount, sum(part for _, part in pockets))
    nowhere = [part for part in left if rounds.nowhere(part[0])]
    return (*(proportional(moved, pockets, table.quantum) or ()), *(waterfall(amount - moved, nowhere) or ()))


def _free_share(amount: int, left: Parts) -> Parts:
    """Return which parts of a free win make up the amount: first what came above a cap, last what was paid."""
    return waterfall(amount, sorted(left, key=lambda part: (not rounds.nowhere(part[0]), part[0]))) or ()


def _left(target: Transaction) -> Parts:
    """Return what is left of a transaction, without signs; of a free win also what moved nothing when it came."""
    if not target.grant or target.kind is not Kind.WIN:
        return tuple((pocket, abs(amount)) for pocket, amount in target.remaining)
    waited = target.amount - sum(amount for _, amount in target.parts)
    return add(target.remaining, ((rounds.WAITING, waited),))


def _round_of(table: Table, target: Transaction) -> Round | None:
    if not target.round_id:
        return None
    return table.book.round(target.player_id, target.provider_id, target.round_id)


def _undo_bet(table: Table, target: Transaction, parts: Parts) -> Move:
    """Give a stake back to the pockets that paid it: P-05 while the round is open, P-06 after."""
    if target.category in ASIDE:
        table.book.put(replace(target, rolled_back=add(target.rolled_back, parts, -1)))
        return moves.aside(target.category, parts)
    round_ = _round_of(table, target)
    if round_ is None or round_.state is rounds.State.VOIDED:
        return NOTHING  # the void has given it back
    if table.command.profile.settled_rollback is SettledRollback.REFUSE and (target.settlements or round_.wins):
        raise Refused(Reason.REFERENCE_SETTLED)
    house, house_bonus = STAKED[round_.state is rounds.State.OPEN]
    cash, bonus = bonuses.share(parts)
    credited = bonuses.credit(table.book, target.player_id, parts, table.at)
    standing = round_.standing - target.undone
    if not standing and round_.won <= 0:
        round_ = replace(round_, grant="")  # it is none of a grant's any more
    state = rounds.after(round_, Event.ROLLBACK if standing else Event.ROLLBACK_LAST)
    table.book.put(replace(target, rolled_back=add(target.rolled_back, parts, -1)))
    table.granted = target.grant
    return Move(
        entries=(*credited.entries, Entry(house, -cash), Entry(house_bonus, -bonus)) if cash + bonus else (),
        parts=credited.moved,
        round=table.changed(
            round_,
            state,
            add(round_.mix, parts, -1),
            standing=standing,
            counted=_uncounted(table, target, parts, round_),
        ),
    )


def _uncounted(table: Table, target: Transaction, parts: Parts, round_: Round) -> Parts:
    """Return what the round counts for bonuses without these parts of a stake (R-WAGER-10)."""
    if round_.plain:
        return round_.counted
    left = _left(target)
    before, after = (
        bonuses.counted(table.book, target.player_id, each, target.cash_counts) for each in (left, add(left, parts, -1))
    )
    return add(add(round_.counted, before, -1), after)


def _undo_win(table: Table, target: Transaction, parts: Parts) -> Move:
    """Take a win back from the pockets it went to; what is not there any more is debt (P-07)."""
    if target.amount < 0:
        return _undo_adjustment(table, target, parts)
    if target.grant:
        return _undo_free(table, target, parts)
    move = _taken(table, parts)
    if move is None:
        return NOTHING
    table.book.put(replace(target, rolled_back=add(target.rolled_back, parts)))
    round_ = _round_of(table, target)
    if target.undone and target.category is Category.GAME:
        bets = [row for row in (table.find(reference) for reference in target.references) if row is not None]
        for row in bets:
            table.book.put(replace(row, settlements=max(0, row.settlements - 1)))
        if round_ is not None and not target.references:
            round_ = replace(round_, wins=round_.wins - 1)
    return _of(table, move, round_)


def _undo_free(table: Table, target: Transaction, parts: Parts) -> Move:
    """Take a win of a free round back from where it went."""
    amount = sum(part for _, part in parts)
    free = _freed(table, target, -amount, whole=parts == _left(target))
    award = free_play.undo(table.book, table.grant(target.grant), free, parts)
    table.book.put(replace(target, rolled_back=add(target.rolled_back, parts)))
    return _moved_free(table, target, award, -amount)


def _amend_free(table: Table, target: Transaction, delta: int) -> Move:
    """Give a win of a free round another amount: the difference goes where it went, or comes from there (R-RB-12)."""
    left, grant = _left(target), table.grant(target.grant)
    if delta < 0:
        lowered = _free_share(-delta, left)
        award = free_play.undo(table.book, grant, _freed(table, target, delta, whole=lowered == left), lowered)
        changed = tuple((pocket, -part) for pocket, part in lowered)
    else:
        award = free_play.more(table.book, grant, _freed(table, target, delta, whole=not left), left)
        changed = add(award.parts, ((rounds.WAITING, delta - sum(part for _, part in award.parts)),))
    table.book.put(replace(target, rolled_back=add(target.rolled_back, changed, -1)))
    return _moved_free(table, target, award, delta)


def _freed(table: Table, target: Transaction, delta: int, *, whole: bool) -> FreeWin:
    """Return what is added to a free win, or taken back of it; `whole` is whether all of it comes, or goes."""
    round_ = _round_of(table, target)
    mine = round_ if round_ is not None and round_.grant == target.grant else None
    return FreeWin(
        player_id=target.player_id,
        provider_id=target.provider_id,
        currency=target.currency,
        amount=abs(delta),
        key=target.key,
        at=table.at + table.index,
        began=round_.opened_at if round_ is not None else target.committed_at,
        counts=whole if mine is None else mine.won <= max(0, -delta),
        alone=mine is None,
    )


def _moved_free(table: Table, target: Transaction, award: Award, delta: int) -> Move:
    """Return the move of what was made of a free win, with what its round has won by now."""
    table.granted = target.grant
    round_ = _round_of(table, target)
    if round_ is None:
        return Move(award.entries, award.parts)
    return Move(award.entries, award.parts, table.changed(round_, round_.state, round_.mix, won=round_.won + delta))


def _undo_adjustment(table: Table, target: Transaction, parts: Parts) -> Move:
    """Give back what an adjustment took: of what it made the player owe, what he still owes is forgiven."""
    amount = sum(part for _, part in parts)
    owed = min(dict(parts).get(accounts.DEBT, 0), table.debt())
    given = add(((accounts.CASH, amount - owed),), ((accounts.DEBT, owed),))
    table.book.put(replace(target, rolled_back=add(target.rolled_back, parts, -1)))
    move = Move((*(Entry(pocket, part) for pocket, part in given), Entry(accounts.WINS, -amount)), given)
    return _of(table, move, _round_of(table, target))


UNDO: dict[Kind, Callable[[Table, Transaction, Parts], Move]] = {Kind.BET: _undo_bet, Kind.WIN: _undo_win}
"""What can be rolled back."""


def _taken(table: Table, parts: Parts) -> Move | None:
    """Return how parts of a win are taken back (R-RB-09); none when the profile would rather take nothing.

    Raises:
        Refused: INSUFFICIENT_FUNDS, where the profile says so.
    """
    amount = sum(part for pocket, part in parts if pocket.startswith(accounts.CASH))
    if sum(part for _, part in cash_taken(table.purse, parts)) < amount:
        overdraw = table.command.profile.overdraw
        if overdraw is Overdraw.REFUSE:
            raise Refused(Reason.INSUFFICIENT_FUNDS)
        if overdraw is Overdraw.NOOP:
            return None
    return moves.take(table, parts)


def _of(table: Table, move: Move, round_: Round | None) -> Move:
    """Return the move with the round it changes."""
    if round_ is None:
        return move
    paid = moves.paid(move, round_)
    return replace(move, round=table.changed(paid, paid.state, paid.mix))


def amend(table: Table, action: Action) -> Move:
    """Give a win another amount: the difference moves as one delta journal (R-RB-12)."""
    amount = table.amount(action)
    target = table.reference(action)
    if target is None:
        raise Refused(Reason.REFERENCE_NOT_FOUND)
    if target.kind is Kind.TOMBSTONE or target.undone:
        raise Refused(Reason.REFERENCE_ROLLED_BACK)
    if target.kind is not Kind.WIN or target.outcome is not Outcome.APPLIED or target.currency != table.currency:
        raise Refused(Reason.REFERENCE_MISMATCH)
    if target.amount < 0:
        raise Refused(Reason.REFERENCE_MISMATCH)  # it paid nothing
    left = _left(target)
    delta = amount - sum(part for _, part in left)
    if not delta:
        return NOTHING
    if target.grant:
        return _amend_free(table, target, delta)
    round_ = _round_of(table, target)
    if delta > 0:
        early = all(pocket != rounds.REFUNDED for pocket, _ in target.parts)
        move: Move | None = moves.pay(table, delta, round_ if target.category is Category.GAME else None, early=early)
        changed = move.parts if move else ()
    else:
        lowered = _share(table, -delta, left)
        changed = tuple((pocket, -part) for pocket, part in lowered)
        move = _taken(table, lowered)
    if move is None:
        return NOTHING
    table.book.put(replace(target, rolled_back=add(target.rolled_back, changed, -1)))
    return _of(table, move, round_)
