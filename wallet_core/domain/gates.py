"""Gates: what a play must pass before it is acted on, in the order of R-PROV-02 and R-PROV-03.

Only stakes are gated. A credit needs a player and a currency that are there, and nothing else.
"""

from msgspec.structs import replace

from wallet_core.domain import sessions
from wallet_core.domain.commands import Action, Play, SessionUse
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import Kind
from wallet_core.domain.money import CURRENCIES, OutOfRange, Precision, from_nanos
from wallet_core.domain.players import Player, playable, wallet_currency
from wallet_core.domain.profiles import BetSession, CreditSession
from wallet_core.domain.rounds import State
from wallet_core.domain.table import REFUSED_ZEROES, Table

ORIGINALS = frozenset({Kind.BET, Kind.WIN})
"""What may be rolled back, and what a tombstone can lie in wait for."""

PRICED = ORIGINALS | {Kind.AMEND}
"""What always has an amount, and so a currency that was not guessed."""


def sane(command: Play) -> None:
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


def implied(table: Table, player: Player) -> str:
    """Return the currency of a play that names none: a stake's is its session's; a credit's its original's or round's,
    whatever is played by now; else the session's, the active one, or the only wallet's.

    Where it matters to nothing, it is the first wallet's.

    Raises:
        Refused: WRONG_CURRENCY, nothing says it, and an amount or the round to be closed needs one.
    """
    command, session = table.command, table.session
    actions = command.actions
    ours = session is not None and session.provider_id == command.provider_id
    if session is not None and ours and any(action.kind is Kind.BET for action in actions):
        return session.currency
    named = [reference for action in actions for reference in action.references]
    for row in (table.find(key) for key in (*named, *filter(None, [command.original_key]))):
        if row is not None and row.kind in PRICED:
            return row.currency
    round_ = table.round()
    if round_ is not None:
        return round_.currency
    for row in (table.book.transaction(command.player_id, action.key) for action in actions):
        if row is not None and row.kind in PRICED:  # it is said again, with less
            return row.currency
    if session is not None and ours:
        return session.currency
    if player.currency:
        return player.currency
    closing = command.close_round and all(action.kind is Kind.NOTE for action in actions)
    if len(table.currencies) > 1 and (closing or any(action.amount is not None for action in actions)):
        raise Refused(Reason.WRONG_CURRENCY, f"Name the currency; wallets: {', '.join(table.currencies)}.")
    return table.currencies[0]


def priced(command: Play, code: str) -> Play:
    """Return the play with its amounts in ledger units of the currency.

    Raises:
        Refused: INVALID_PRECISION, INVALID_AMOUNT.
    """
    currency = CURRENCIES[code]
    try:
        actions = tuple(
            replace(
                action,
                amount=None if action.amount is None else from_nanos(currency, action.amount),
                minimum_balance=from_nanos(currency, action.minimum_balance),
            )
            for action in command.actions
        )
    except Precision:
        raise Refused(
            Reason.INVALID_PRECISION, f"{code} has {currency.scale} decimals here; send an exact amount."
        ) from None
    except OutOfRange:
        raise Refused(Reason.INVALID_AMOUNT, f"The amount is too large for {code}.") from None
    return replace(command, actions=actions)


def passed(table: Table, player: Player, fresh: list[Action]) -> None:
    """Pass what may be played.

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
    if staking:
        _staking(table, player)


def _staking(table: Table, player: Player) -> None:
    """Pass a play that stakes.

    Raises:
        Refused: the first gate that is shut.
    """
    command, session = table.command, table.session
    if session is not None and session.currency != table.currency:
        raise Refused(Reason.WRONG_CURRENCY, f"The session plays in {session.currency}.")
    if player.currency and player.currency != table.currency:
        _begun(table, player)
    if player.excluded_until:  # its sessions ended with it, and it is what is to be told (W-7)
        raise Refused(Reason.PLAYER_BLOCKED)
    if session is not None:
        sessions.usable(sessions.seen(session, player), SessionUse.BET, table.at)
    elif command.profile.bet_session is BetSession.REQUIRED:
        raise Refused(Reason.SESSION_UNKNOWN, "A bet needs a session token.")
    if command.game_ids and table.game_id not in command.game_ids:
        raise Refused(Reason.GAME_NOT_ALLOWED)
    if not player.may_play:
        raise Refused(Reason.PLAYER_BLOCKED)


def _begun(table: Table, player: Player) -> None:
    """Pass a stake in a currency that is not the active one, where its round is open: it ends as it began (R-CUR-03).

    Raises:
        Refused: WRONG_CURRENCY.
    """
    round_ = table.round()
    if round_ is None or round_.state is not State.OPEN:
        playable(player, table.currency)
