"""Actions: what a bet, win, rollback, amendment or note moves. One function a kind, each returning its move.

Postings are the templates of rulebook 3.4: P-02 stake, P-03 win, P-04 close, P-05 and P-06 rollback, P-07 win reversal,
P-21 debt recovery.
"""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain import accounts, rounds
from wallet_core.domain.book import Book
from wallet_core.domain.commands import Action, Play
from wallet_core.domain.decision import Outcome, Parts, Reason, Refused, Result
from wallet_core.domain.entries import Category, Entry, Kind, Transaction, digest, transaction_id
from wallet_core.domain.money import CURRENCIES, INT64_MAX
from wallet_core.domain.pockets import add
from wallet_core.domain.profiles import (
    Overdraw,
    RepeatedRollback,
    Settle,
    SettledRollback,
    UnknownRollback,
    WinReference,
    WrongKind,
    Zero,
)
from wallet_core.domain.rounds import Event, Round
from wallet_core.domain.sessions import Session
from wallet_core.domain.write_off import pro_rata, waterfall


class Move(Struct, frozen=True):
    """What an action moves.

    Attributes:
        entries: the journal; none for what moves nothing.
        parts: pocket by pocket, for the player; what a rollback will undo.
        round: the round after it, its IN_PLAY not yet posted.
        outcome: APPLIED, or NOOP where nothing happened at all.
    """

    entries: tuple[Entry, ...] = ()
    parts: Parts = ()
    round: Round | None = None
    outcome: Outcome = Outcome.APPLIED


NOTHING = Move(outcome=Outcome.NOOP)


class Table:
    """One play being decided: the book, the command, and what is known so far."""

    def __init__(self, book: Book, command: Play, at: int, currency: str, session: Session | None) -> None:
        """Lay the table; `at` is the microsecond of the first action."""
        self.book = book
        self.command = command
        self.at = at
        self.currency = currency
        self.session = session
        self.index = 0
        self.results: dict[str, Result] = {}
        self.replayed: dict[str, Transaction] = {}
        self.unknown: list[str] = []

    @property
    def quantum(self) -> int:
        """Ledger units of a display unit of the currency."""
        return CURRENCIES[self.currency].quantum

    def fingerprint(self, action: Action) -> bytes:
        """Return the digest of what may not differ in a repeat (R-IDEM-03, R-IDEM-07).

        The round of a rollback is left out: its reference says it, and some providers leave it out of retries.
        """
        return digest(
            str(int(action.kind)),
            "" if action.amount is None else str(action.amount),
            self.currency,
            "" if action.kind in {Kind.ROLLBACK, Kind.AMEND} else self.command.round_id,
            *action.references,
        )

    def transaction(self, action: Action, outcome: Outcome, parts: Parts) -> Transaction:
        """Return the row of an action."""
        command, at = self.command, self.at + self.index
        return Transaction(
            player_id=command.player_id,
            key=action.key,
            transaction_id=transaction_id(at, command.player_id, action.key),
            provider_id=command.provider_id,
            external_key=action.external_key,
            kind=action.kind,
            outcome=outcome,
            currency=self.currency,
            amount=action.amount if action.amount is not None else abs(sum(amount for _, amount in parts)),
            committed_at=at,
            fingerprint=self.fingerprint(action),
            parts=parts,
            round_id=command.round_id,
            game_id=command.game_id,
            category=action.category,
            references=action.references,
            info=action.info,
            batch_id=command.batch_id,
            occurred_at=command.occurred_at,
        )

    def bury(self, external_key: str) -> None:
        """Leave a tombstone for a transaction that may still arrive (R-PROV-10)."""
        command = self.command
        key = digest(command.provider_id, external_key)
        at = self.at + self.index
        self.index += 1
        self.book.put(
            Transaction(
                player_id=command.player_id,
                key=key,
                transaction_id=transaction_id(at, command.player_id, key),
                provider_id=command.provider_id,
                external_key=external_key,
                kind=Kind.TOMBSTONE,
                outcome=Outcome.NOOP,
                currency=self.currency,
                amount=0,
                committed_at=at,
                round_id=command.round_id,
                game_id=command.game_id,
            )
        )

    def round(self) -> Round | None:
        """Return the round the play names, if there is one."""
        command = self.command
        return self.book.round(command.player_id, command.provider_id, command.round_id) if command.round_id else None

    def opened(self) -> Round | None:
        """Return the round the play names, a new one if need be; none if it names none."""
        command = self.command
        if not command.round_id:
            return None
        return self.round() or Round(
            player_id=command.player_id,
            provider_id=command.provider_id,
            round_id=command.round_id,
            game_id=command.game_id,
            currency=self.currency,
            state=rounds.State.OPEN,
            opened_at=self.at,
            changed_at=self.at,
        )

    def changed(self, round_: Round, state: rounds.State, mix: Parts) -> Round:
        """Return the round in its next state, with the stakes that survive; one that was over is a revision on."""
        revision = round_.revision + (round_.state is not rounds.State.OPEN)
        return replace(round_, state=state, mix=mix, revision=revision, changed_at=self.at + self.index)

    def closing(self, move: Move) -> Move:
        """Return the move with the close of the round after it (P-04); a round that is over stays as it is."""
        round_ = move.round or self.opened()
        if round_ is None or round_.state is not rounds.State.OPEN:
            return move
        entries = (*move.entries, Entry(accounts.IN_PLAY, -round_.staked), Entry(accounts.STAKES, round_.staked))
        closed = self.changed(round_, rounds.after(round_, Event.CLOSE), round_.mix)
        return replace(move, round=closed, entries=entries if round_.staked else move.entries, outcome=Outcome.APPLIED)

    def available(self, account: str) -> int:
        """Return what a pocket holds."""
        pocket = self.book.pockets(self.command.player_id, self.currency).get(account)
        return pocket.amount if pocket else 0

    def reference(self, action: Action) -> Transaction | None:
        """Return the one transaction a rollback or amendment names."""
        return self.book.transaction(self.command.player_id, digest(self.command.provider_id, action.references[0]))


def _amount(table: Table, action: Action, zero: Zero) -> int:
    """Return the amount of a bet, win or amendment (R-MONEY-04)."""
    amount = action.amount
    if amount is None or amount < 0 or (amount == 0 and table.command.profile.zero in {zero, Zero.REFUSE}):
        raise Refused(Reason.INVALID_AMOUNT)
    return amount


def bet(table: Table, action: Action) -> Move:
    """Take a stake: from the pockets the write-off rule names, into play (P-02)."""
    profile = table.command.profile
    amount = _amount(table, action, Zero.REFUSE_BET)
    round_ = table.opened()
    if round_ is None:
        raise Refused(Reason.INVALID_REQUEST, "A bet needs a round_id.")
    state = rounds.after(round_, Event.STAKE, profile.late_stake)
    cash = table.available(accounts.CASH)
    mix = waterfall(amount, [(accounts.CASH, cash)])
    if mix is None or cash < action.minimum_balance:
        raise Refused(Reason.INSUFFICIENT_FUNDS)
    staked = accounts.IN_PLAY if state is rounds.State.OPEN else accounts.STAKES
    after = table.changed(round_, state, add(round_.mix, mix))
    return Move(
        entries=(*(Entry(pocket, -part) for pocket, part in mix), *((Entry(staked, amount),) if amount else ())),
        parts=tuple((pocket, -part) for pocket, part in mix),
        round=replace(after, stakes=round_.stakes + 1),
    )


def win(table: Table, action: Action) -> Move:
    """Pay a win, split by what paid the round's stakes (P-03); debt is recovered from it where the terms say so."""
    amount = _amount(table, action, Zero.REFUSE_WIN)
    existing = table.round()
    bets = _bets_won(table, action, existing)
    round_ = existing or table.opened()
    refund, won = 0, amount
    mix: Parts = ()
    if round_ is not None:
        if action.category is Category.GAME:
            state, mix = rounds.after(round_, Event.WIN), round_.mix
        else:
            state = round_.state  # it was not staked for, so no rollback of stakes undoes it (E-36)
        refund = min(amount, round_.refunded) if state is rounds.State.VOIDED else 0
        won = amount - refund
        round_ = replace(
            table.changed(round_, state, round_.mix),
            won=round_.won + won,
            refunded=round_.refunded - refund,
            wins=round_.wins + (not bets and action.category is Category.GAME),
        )
    if table.available(accounts.CASH) + won > INT64_MAX:
        raise Refused(Reason.INVALID_AMOUNT)
    for row in bets:
        if not row.settled:
            table.book.put(replace(row, settled=True))
    parts = pro_rata(won, mix, table.quantum)
    recovered = recovery(table.command.terms.debt_recovery_win, dict(parts).get(accounts.CASH, 0), _debt(table))
    return Move(
        entries=(*(Entry(pocket, part) for pocket, part in parts), Entry(accounts.WINS, -won), *recovered)
        if won
        else (),
        parts=parts,
        round=round_,
    )


def _bets_won(table: Table, action: Action, round_: Round | None) -> list[Transaction]:
    """Return the bets the win names (R-PROV-04, R-PROV-05).

    Raises:
        Refused: REFERENCE_NOT_FOUND, REFERENCE_MISMATCH, REFERENCE_ROLLED_BACK, REFERENCE_SETTLED.
    """
    command, book = table.command, table.book
    rule = command.profile.win_reference
    if action.category is not Category.GAME:
        rule = WinReference.NONE
    found = []
    for reference in action.references:
        key = digest(command.provider_id, reference)
        row = book.transaction(command.player_id, key) or book.transaction("", key)
        if row is not None and row.kind is Kind.TOMBSTONE:
            raise Refused(Reason.REFERENCE_ROLLED_BACK)
        if row is None or row.outcome is not Outcome.APPLIED:
            if rule is not WinReference.NONE:
                raise Refused(Reason.REFERENCE_NOT_FOUND)
        elif row.kind is not Kind.BET:
            raise Refused(Reason.REFERENCE_MISMATCH)
        elif row.amount and not row.remaining:
            raise Refused(Reason.REFERENCE_ROLLED_BACK)
        elif row.settled and command.profile.settle is Settle.ONCE:
            raise Refused(Reason.REFERENCE_SETTLED)
        else:
            found.append(row)
    if rule is not WinReference.NONE and not action.references and (round_ is None or not round_.stakes):
        raise Refused(Reason.REFERENCE_NOT_FOUND)
    if rule is WinReference.MUST_BE_OPEN and round_ is not None and round_.state is rounds.State.CLOSED:
        raise Refused(Reason.REFERENCE_SETTLED)
    return found


def rollback(table: Table, action: Action) -> Move:
    """Undo a transaction, wholly or in part (R-RB-01..03, R-RB-09); of an unknown one, leave a tombstone."""
    profile = table.command.profile
    target = table.reference(action)
    if target is None or target.kind is Kind.TOMBSTONE:
        if target is None:
            table.unknown.append(action.references[0])
        if profile.unknown_rollback is UnknownRollback.NOT_FOUND:
            raise Refused(Reason.REFERENCE_NOT_FOUND)
        if profile.unknown_rollback is UnknownRollback.IN_PROGRESS:
            raise Refused(Reason.IN_PROGRESS)
        if target is None:
            table.bury(action.references[0])
        return NOTHING
    if target.currency != table.currency:
        raise Refused(Reason.WRONG_CURRENCY, f"The transaction was made in {target.currency}.")
    if target.outcome is not Outcome.APPLIED or target.kind is Kind.NOTE:
        return NOTHING
    undo = UNDO.get(target.kind)
    if undo is None:
        if profile.wrong_kind is WrongKind.NOOP:
            return NOTHING
        raise Refused(Reason.REFERENCE_MISMATCH)
    left = tuple((pocket, abs(amount)) for pocket, amount in target.remaining)
    total = sum(amount for _, amount in left)
    if not total:
        if profile.repeated_rollback is RepeatedRollback.REFUSE and target.amount:
            raise Refused(Reason.REFERENCE_ROLLED_BACK)
        return NOTHING
    amount = total if action.amount is None else action.amount
    if amount <= 0:
        raise Refused(Reason.INVALID_AMOUNT)
    if amount > total:
        raise Refused(Reason.AMOUNT_EXCEEDS_REFERENCE)
    parts = left if amount == total else pro_rata(amount, left, table.quantum)
    return undo(table, target, parts)


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
        round_ = replace(table.changed(round_, round_.state, round_.mix), won=round_.won - amount)
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
    amount = _amount(table, action, Zero.REFUSE_WIN)
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
        round_ = replace(table.changed(round_, round_.state, round_.mix), won=round_.won + delta)
    return Move(
        entries=(*(Entry(pocket, part) for pocket, part in moved), Entry(accounts.WINS, -delta)),
        parts=moved,
        round=round_,
    )


def note(_table: Table, _action: Action) -> Move:
    """Record only."""
    return NOTHING


ACTIONS: dict[Kind, Callable[[Table, Action], Move]] = {
    Kind.BET: bet,
    Kind.WIN: win,
    Kind.ROLLBACK: rollback,
    Kind.NOTE: note,
    Kind.AMEND: amend,
}


def _debt(table: Table) -> int:
    return -table.available(accounts.DEBT)


def recovery(percent: int, credited: int, debt: int) -> tuple[Entry, ...]:
    """Return the lines that pay back debt from a credit, rounded down (P-21, R-DEBT-03)."""
    recovered = min(credited * percent // 100, debt)
    return (Entry(accounts.CASH, -recovered), Entry(accounts.DEBT, recovered)) if recovered else ()
