"""Play: one player's ordered actions, all or nothing, once for ever.

The order of the gates is the law (R-PROV-02, R-PROV-03): idempotency, tombstones, player and currency; then, for stakes
only, session, game and status; then the actions, each with its own rules (`actions.py`). A refusal undoes what the
play had done and is bound to the keys that were new.
"""

from msgspec.structs import replace

from wallet_core.domain import sessions
from wallet_core.domain.actions import ACTIONS
from wallet_core.domain.book import Book, Needs
from wallet_core.domain.commands import Action, Play, SessionUse, batch_key, grave
from wallet_core.domain.decision import (
    FATE,
    MESSAGES,
    Decision,
    Fate,
    Outcome,
    Reason,
    Refusal,
    Refused,
    Result,
)
from wallet_core.domain.entries import Kind, Transaction, digest
from wallet_core.domain.players import Player, Status, belongs, wallet_currency
from wallet_core.domain.pockets import balances, shown
from wallet_core.domain.profiles import BetSession, CreditSession, LateOriginal, Refusals, Repeat
from wallet_core.domain.profiles import Shown as ShownBalance
from wallet_core.domain.table import NOTHING, REFUSED_ZEROES, Move, Table

ORIGINALS = frozenset({Kind.BET, Kind.WIN})
"""What a tombstone can lie in wait for."""


def needs(command: Play, wanted: Needs) -> None:
    """Add the rows a play reads."""
    player_id = command.player_id
    wanted.players.add(player_id)
    if command.session_id:
        wanted.sessions.add((player_id, command.session_id))
    if command.round_id:
        wanted.rounds.add((player_id, command.provider_id, command.round_id))
    if command.batch_id:
        wanted.transactions.add(grave(command.provider_id, batch_key(command.batch_id)))
    for action in command.actions:
        wanted.transactions.add((player_id, action.key))
        if action.kind in ORIGINALS:
            wanted.transactions.add(("", action.key))
        for reference in action.references:
            key = digest(command.provider_id, reference)
            wanted.transactions.add((player_id, key))
            wanted.transactions.add(("", key))


def follow(command: Play, book: Book, wanted: Needs) -> None:
    """Add what the transactions that a rollback or amendment names were of: known only once those are loaded."""
    player_id, provider_id = command.player_id, command.provider_id
    for action in command.actions:
        if action.kind in ORIGINALS:
            continue
        for reference in action.references:
            target = book.transaction(player_id, digest(provider_id, reference))
            if target is None:
                continue
            if target.round_id:
                wanted.rounds.add((player_id, provider_id, target.round_id))
            wanted.transactions.update((player_id, digest(provider_id, bet)) for bet in target.references)


def decide(book: Book, command: Play, now: int) -> Decision:
    """Decide a play: apply it, replay what was decided before, or refuse it."""
    mark = book.mark()
    table: Table | None = None
    try:
        player = belongs(book.player(command.player_id), command.operator_id, command.brand_id)
        table = _lay(book, command, player, now)
        _sane(command)
        fresh = _fresh(table)
        if fresh:
            _gates(table, player, fresh)
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
    """Gather what every action needs to know."""
    session = book.session(command.player_id, command.session_id) if command.session_id else None
    table = Table(book, command, player.currencies, session, max(now, player.changed_at + 1))
    table.currency = command.currency or _implied(table)
    return table


def _sane(command: Play) -> None:
    """Pass a play that does not undo what it does only afterwards.

    Raises:
        Refused: INVALID_REQUEST.
    """
    if len(command.actions) > 1:
        later: set[str] = set()
        for action in reversed(command.actions):
            later.add(action.external_key)
            if action.kind not in ORIGINALS and not later.isdisjoint(action.references):
                raise Refused(Reason.INVALID_REQUEST, "A play cannot undo an action that comes later in it.")


def _implied(table: Table) -> str:
    """Return the currency of a play that names none; empty when nothing says it and it matters."""
    if table.session is not None:
        return table.session.currency
    round_ = table.round()
    if round_ is not None:
        return round_.currency
    actions = table.command.actions
    targets = (table.reference(action) for action in actions if action.references)
    known = [target.currency for target in targets if target is not None]
    if known:
        return known[0]
    amounts = any(action.amount is not None for action in actions)
    return "" if amounts and len(table.currencies) > 1 else table.currencies[0]


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
            buried = buried or stored is not None or _buried(table, action)
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
    """Whether a tombstone that knows no player lies in wait for the action."""
    if action.kind not in ORIGINALS:
        return False
    command, book = table.command, table.book
    batch = command.batch_id and book.transaction(*grave(command.provider_id, batch_key(command.batch_id)))
    return bool(batch) or book.transaction("", action.key) is not None


def _gates(table: Table, player: Player, fresh: list[Action]) -> None:
    """Pass what may be played. Only stakes are gated; credits need to know the player and the currency (R-PROV-03).

    Raises:
        Refused: the first gate that is shut, in the order of R-PROV-02.
    """
    command, session = table.command, table.session
    for action in fresh:
        if action.kind in REFUSED_ZEROES:
            table.amount(action)
    table.currency = wallet_currency(player, table.currency)
    staking = any(action.kind is Kind.BET for action in fresh)
    if command.session_id and (staking or command.profile.credit_session is CreditSession.EXISTED):
        sessions.known(session, command.provider_id)
    if session is not None and session.currency != table.currency:
        raise Refused(Reason.WRONG_CURRENCY, f"The session plays in {session.currency}.")
    if not staking:
        return
    if session is not None:
        sessions.usable(session, SessionUse.BET, table.at)
    elif command.profile.bet_session is BetSession.REQUIRED:
        raise Refused(Reason.SESSION_UNKNOWN, "A bet needs a session token.")
    if command.game_ids and command.game_id not in command.game_ids:
        raise Refused(Reason.GAME_NOT_ALLOWED)
    if player.status is Status.BLOCKED:
        raise Refused(Reason.PLAYER_BLOCKED)


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
    number = book.post(player_id, identity, table.currency, move.entries, round_=move.round)
    if closing and table.close(identity, number):
        outcome = Outcome.APPLIED
    held = balances(table.currency, book.pockets(player_id, table.currency), command.profile)
    row = Transaction(
        player_id=player_id,
        key=action.key,
        transaction_id=identity,
        provider_id=command.provider_id,
        external_key=action.external_key,
        kind=action.kind,
        outcome=outcome or move.outcome,
        currency=table.currency,
        amount=action.amount if action.amount is not None else abs(sum(amount for _, amount in parts)),
        committed_at=table.at + table.index,
        reason=reason,
        fingerprint=table.fingerprint(action),
        parts=parts,
        round_id=move.round.round_id if move.round else command.round_id,
        game_id=command.game_id,
        category=action.category,
        references=action.references,
        info=action.info,
        batch_id=command.batch_id,
        cash_after=held.cash,
        bonus_after=held.bonus,
        debt_after=held.debt,
        occurred_at=command.occurred_at,
    )
    book.put(row)
    table.index += 1
    return result(row)


def _refuse(table: Table, refusal: Refusal) -> Decision:
    """Bind a refusal to the new keys of the play, unless its fate or the profile says not to (R-IDEM-04)."""
    table.index = 0
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
        held = table.book.pockets(command.player_id, table.currency)
        now = balances(table.currency, held, command.profile)
    if table.index:
        table.book.touch(command.player_id, table.at + table.index - 1)
    replayed = len(table.replayed) == len(command.actions)
    then = now
    if replayed and command.profile.replay_balance is ShownBalance.THEN:
        last = table.replayed[command.actions[-1].external_key]
        then = shown(last.currency, last.cash_after, last.bonus_after, last.debt_after, command.profile)
    return Decision(
        player_id=command.player_id,
        results=tuple(
            table.results[action.external_key]
            for action in command.actions
            if refusal is None or action.external_key in table.results
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
        stored.parts,
        stored.committed_at,
        stored.currency,
    )
