"""Play: one player's ordered actions, all or nothing, once for ever.

Idempotency and tombstones first, then the gates (`gates.py`), then the actions, each with its own rules (`actions.py`).
A refusal undoes what the play had done and is bound to the keys that were new.
"""

from msgspec.structs import replace

from wallet_core.domain import gates, moves
from wallet_core.domain.actions import ACTIONS
from wallet_core.domain.book import Book
from wallet_core.domain.commands import Action, Play, batch_key, grave
from wallet_core.domain.decision import (
    FATE,
    MESSAGES,
    Balances,
    Decision,
    Fate,
    Outcome,
    Reason,
    Refusal,
    Refused,
    Result,
)
from wallet_core.domain.entries import CASH_COUNTS, GRANT, NO_PLAYER, SHOWN, Kind, Transaction
from wallet_core.domain.explanations import explained
from wallet_core.domain.gates import ORIGINALS
from wallet_core.domain.moves import NOTHING, Move
from wallet_core.domain.parts import by_pocket
from wallet_core.domain.players import Player, belongs
from wallet_core.domain.pockets import balances, shown
from wallet_core.domain.profiles import IdSpace, LateOriginal, Refusals, Repeat
from wallet_core.domain.profiles import Shown as ShownBalance
from wallet_core.domain.table import Table


def decide(book: Book, command: Play, now: int) -> Decision:
    """Decide a play: apply it, replay what was decided before, or refuse it."""
    mark = book.mark()
    table: Table | None = None
    try:
        player = belongs(book.player(command.player_id), command.operator_id, command.brand_id)
        table = _lay(book, command, player, now)
        gates.sane(command)
        fresh = _fresh(table)
        if fresh:
            gates.passed(table, player, fresh)
            for action in fresh:
                closing = command.close_round and action is fresh[-1]
                table.results[action.external_key] = _act(table, action, closing=closing)
        return _answer(table, None)
    except Refused as refused:
        if table is None:
            return Decision(command.player_id, refusal=refused.refusal)
        book.undo(mark)
        table.results = {key: kept for key, kept in table.results.items() if key in table.replayed}
        return _refuse(table, refused.refusal)


def _lay(book: Book, command: Play, player: Player, now: int) -> Table:
    """Gather what every action needs to know.

    Raises:
        Refused: WRONG_CURRENCY, INVALID_PRECISION or INVALID_AMOUNT, where the books are to say the currency.
    """
    session = book.session(command.player_id, command.session_id) if command.session_id else None
    table = Table(book, command, player.currencies, command.currency, session, max(now, player.changed_at + 1))
    if not table.currency:
        table.currency = gates.implied(table, player)
        table.command = gates.priced(command, table.currency)
    return table


def _fresh(table: Table) -> list[Action]:
    """Return the actions that are new; the others get their stored results (R-IDEM-02).

    Raises:
        Refused: CONFLICT; TOMBSTONED; or whatever the store says a key was refused for.
    """
    command, book = table.command, table.book
    fresh, buried = [], False
    refused: Reason | None = None
    for action in command.actions:
        stored = book.transaction(command.player_id, action.key)
        if stored is None or (stored.kind is Kind.TOMBSTONE and action.kind in ORIGINALS):
            buried = _buried(table, action) or stored is not None or buried
            if stored is None:
                fresh.append(action)
            else:
                table.results[action.external_key] = result(stored)
        elif stored.fingerprint != table.fingerprint(action) and command.profile.repeat is Repeat.CONFLICT:
            raise Refused(Reason.CONFLICT)
        else:
            table.results[action.external_key] = replace(result(stored), replayed=True)
            table.replayed[action.external_key] = stored
            refused = refused or stored.reason
    if refused is not None:
        raise Refused(refused)
    return _late(table, fresh) if buried else fresh


def _late(table: Table, fresh: list[Action]) -> list[Action]:
    """Answer originals that arrive after their rollback (R-PROV-10); return the actions that are none.

    Raises:
        Refused: TOMBSTONED, where the profile says so.
    """
    if table.command.profile.late_original is LateOriginal.REFUSE:
        raise Refused(Reason.TOMBSTONED)
    if table.currency not in table.currencies:
        raise Refused(Reason.WRONG_CURRENCY)
    for action in fresh:
        if action.kind in ORIGINALS:
            table.results[action.external_key] = _store(table, action, Outcome.NOOP)
    return [action for action in fresh if action.kind not in ORIGINALS]


def _buried(table: Table, action: Action) -> bool:
    """Whether a tombstone that knows no player lies in wait for the action.

    Raises:
        Refused: CONFLICT, the key is another player's and the provider's ids are one space.
    """
    if action.kind not in ORIGINALS:
        return False
    command, book = table.command, table.book
    if command.profile.id_space is IdSpace.PROVIDER:
        holders = book.holders(action.key)
        if holders - {NO_PLAYER, command.player_id}:
            raise Refused(Reason.CONFLICT)
        alone = NO_PLAYER in holders
    else:
        alone = book.transaction(NO_PLAYER, action.key) is not None
    batch = command.batch_id and book.transaction(*grave(command.provider_id, batch_key(command.batch_id)))
    return alone or bool(batch)


def _act(table: Table, action: Action, *, closing: bool) -> Result:
    """Apply one action: its rule says what moves; `closing` closes the play's round after it."""
    round_ = table.round()
    if round_ is not None and round_.currency != table.currency:
        raise Refused(Reason.WRONG_CURRENCY, f"The round is played in {round_.currency}.")
    return _store(table, action, None, ACTIONS[action.kind](table, action), closing=closing)


def _store(
    table: Table,
    action: Action,
    outcome: Outcome | None,
    move: Move = NOTHING,
    *,
    closing: bool = False,
    reason: Reason | None = None,
) -> Result:
    """Post an action's journal and store its outcome under its key; a rollback's round is its original's."""
    command, book = table.command, table.book
    player_id, parts = command.player_id, move.parts
    identity = table.transaction_id(action)
    before = table.watched(move.round)
    number = book.post(player_id, identity, table.currency, move.entries, round_=move.round)
    if closing and (closed := table.close(identity, number)):
        outcome, number = Outcome.APPLIED, closed
    left = table.settle(before, identity, number) if before is not None else 0
    if table.funding is not None:
        book.put(explained(player_id, identity, action.amount or 0, table.funding))
        table.funding = None
    purse = table.purse
    held = balances(table.currency, purse, command.profile)
    table.seen = held if len(purse) <= 1 else moves.seen(table, held)  # nearly everybody has cash, and nothing else
    amount = action.amount
    if amount is None or (action.grant and action.costs_nothing):
        amount = abs(sum(part for _, part in parts))
    row = Transaction(
        player_id=player_id,
        key=action.key,
        transaction_id=identity,
        provider_id=command.provider_id,
        external_key=action.external_key,
        kind=action.kind,
        outcome=outcome or move.outcome,
        currency=table.currency,
        amount=amount,
        committed_at=table.at + table.index,
        reason=reason,
        fingerprint=table.fingerprint(action),
        parts=parts,
        round_id=move.round.round_id if move.round else command.round_id,
        game_id=command.game_id or table.game_id,
        category=action.category,
        references=action.references,
        info=_facts(table, action, held),
        batch_id=command.batch_id,
        cash_after=held.cash,
        bonus_after=held.bonus,
        debt_after=held.debt,
        occurred_at=command.occurred_at,
    )
    book.put(row)
    table.index += 1 + left
    return result(row)


def _facts(table: Table, action: Action, held: Balances) -> tuple[tuple[str, str], ...]:
    """Return what is kept with a transaction beside its columns: what it was told, what its rollback must know, what a
    repeat of it is shown.
    """
    seen = table.seen
    grant, cash_counts = action.grant or table.granted, table.cash_counts
    table.granted = table.cash_counts = ""
    if seen is held and not grant and not cash_counts:
        return action.info
    shown = f"{seen.cash} {seen.bonus}" if seen is not None and seen is not held else ""
    ours = ((GRANT, grant), (CASH_COUNTS, cash_counts), (SHOWN, shown))
    return (*action.info, *(fact for fact in ours if fact[1]))


def _refuse(table: Table, refusal: Refusal) -> Decision:
    """Bind a refusal to the new keys of the play, unless its fate or the profile says not to (R-IDEM-04)."""
    table.index, table.seen = 0, None
    if FATE[refusal.reason] is Fate.BOUND:
        refusal = Refusal(refusal.reason, MESSAGES[refusal.reason])
        if table.command.profile.refusals is Refusals.BIND and table.currency in table.currencies:
            for action in table.command.actions:
                if table.book.transaction(table.command.player_id, action.key) is None:
                    table.results[action.external_key] = _store(table, action, Outcome.REFUSED, reason=refusal.reason)
    if table.unknown:
        for action in table.command.actions:
            if action.kind is Kind.ROLLBACK and table.reference(action) is None:
                table.bury(action.references[0])
    return _answer(table, refusal)


def _answer(table: Table, refusal: Refusal | None) -> Decision:
    """Return the decision with the balances of then and now."""
    command = table.command
    now = None
    if table.currency in table.currencies:
        now = table.seen or moves.seen(table, balances(table.currency, table.purse, command.profile))
    if table.index:
        table.book.touch(command.player_id, table.at + table.index - 1)
    replayed = len(table.replayed) == len(command.actions)
    then = now
    if replayed and command.profile.replay_balance is ShownBalance.THEN:
        last = max(table.replayed.values(), key=lambda row: row.committed_at)
        then = shown(last.currency, *last.shown, last.debt_after, command.profile)
    return Decision(
        player_id=command.player_id,
        results=tuple(
            [
                table.results[action.external_key]
                for action in command.actions
                if refusal is None or action.external_key in table.results
            ]
        ),
        refusal=refusal,
        then=then,
        now=now,
        replayed=replayed,
    )


def result(stored: Transaction) -> Result:
    """Return a stored transaction as an action's result."""
    return Result(
        stored.external_key,
        stored.outcome,
        stored.transaction_id,
        by_pocket(stored.parts),
        stored.committed_at,
        stored.currency,
    )
