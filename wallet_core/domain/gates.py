"""Gates: what a play must pass before it is acted on, in the order of R-PROV-02 and R-PROV-03.

Only stakes are gated. A credit needs a player and a currency that are there, and nothing else.
"""

from wallet_core.domain import sessions
from wallet_core.domain.commands import Action, Play, SessionUse
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import Kind
from wallet_core.domain.players import Player, Status, wallet_currency
from wallet_core.domain.profiles import BetSession, CreditSession
from wallet_core.domain.table import REFUSED_ZEROES, Table

ORIGINALS = frozenset({Kind.BET, Kind.WIN})
"""What may be rolled back, and what a tombstone can lie in wait for."""


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


def implied(table: Table) -> str:
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
