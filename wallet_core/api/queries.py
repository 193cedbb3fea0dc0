"""What is only read: balances, transactions and pages of them."""

import asyncio
from collections.abc import Sequence

from wallet.v1 import wallet_pb2 as pb
from wallet.v1.common_pb2 import Page

from wallet_core.api import convert, discretion, fields, plays
from wallet_core.api.core import Core
from wallet_core.api.exposure import exposure, kept
from wallet_core.domain import sessions
from wallet_core.domain.accounts import BONUS, CASH, HELD, IN_PLAY, IN_PLAY_BONUS
from wallet_core.domain.commands import SessionUse
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import Kind, Transaction, digest
from wallet_core.domain.explanations import Considered
from wallet_core.domain.holds import Hold
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.players import Player, belongs, wallet_currency
from wallet_core.domain.pockets import balances, why_not, withdrawable
from wallet_core.domain.sessions import Session


async def explanation(core: Core, request: pb.ExplainTransactionRequest) -> pb.ExplainTransactionResponse:
    """Return why a stake was paid as it was; where cash was all there was, that.

    Raises:
        Refused: TRANSACTION_NOT_FOUND, there is no such transaction, or it is no bet.
    """
    player_id = fields.player_id(request.player_id)
    identity = fields.uuid(request.transaction_id, "transaction_id")
    row, found = await asyncio.gather(
        core.store.transaction(player_id, identity), core.store.explanation(player_id, identity)
    )
    if row is None or row.kind is not Kind.BET:
        raise Refused(Reason.TRANSACTION_NOT_FOUND, "There is no such bet of this player.")
    currency = CURRENCIES[row.currency]
    reply = pb.ExplainTransactionResponse(transaction=convert.transaction(row, core.providers.profile(row.provider_id)))
    if found is None:
        round_ = await core.store.round(player_id, row.provider_id, row.round_id)
        reply.policies = round_.policies if round_ else 0
        paid = -sum(amount for _, amount in row.parts)  # nothing, of a free round
        playable = row.cash_after + paid
        considered: tuple[Considered, ...] = (Considered(CASH, playable, paid),) if row.parts else ()
    else:
        reply.policies, reply.mode, reply.choice = found.policies, found.mode, found.choice
        considered, playable = found.considered, found.playable
    reply.playable.CopyFrom(convert.money(currency, playable))
    for each in considered:
        reply.pockets.add(
            pocket=each.pocket,
            held=convert.money(currency, each.held),
            paid=convert.money(currency, each.paid),
            why_not=each.why_not,
        )
    return reply


async def balance(core: Core, request: pb.GetBalanceRequest) -> pb.GetBalanceResponse:
    """Return what a player has in one currency, as the provider is to be shown it.

    Raises:
        Refused: the player or session is not known, or has no such wallet.
    """
    asked = fields.optional_currency(request.currency_code)
    profile, game_id = None, fields.text(request.game_id, "game_id")
    if request.provider_id:
        profile = core.providers.named(fields.party_id(request.provider_id, "provider_id")).profile
    player_id = request.player_id
    if request.session_token:
        session, player = await live(core, request.session_token, request.provider_id)
        if player_id not in {"", session.player_id}:
            raise Refused(Reason.SESSION_UNKNOWN)
        if asked not in {"", session.currency}:
            raise Refused(Reason.WRONG_CURRENCY, f"The session plays in {session.currency}.")
        player_id, asked, game_id = session.player_id, session.currency, game_id or session.game_id
        rows = await core.store.pockets(player_id)
    elif player_id:
        fields.player_id(player_id)
        row, rows = await asyncio.gather(core.store.player(player_id), core.store.pockets(player_id))
        player = belongs(row, "", "")
    else:
        raise fields.invalid("player_id or session_token: one of them is needed.")
    belongs(player, request.operator_id, request.brand_id)
    code = wallet_currency(player, asked)
    currency = CURRENCIES[code]
    purse = {row.account: row for row in rows if row.currency == code}
    held = balances(code, purse)
    found = await exposure(core, player, purse, request.provider_id, game_id) if profile or request.game_id else None
    amounts = {account: pocket.amount for account, pocket in purse.items() if pocket.amount}
    holds: Sequence[Hold] = ()
    if player.frozen or any(account.startswith(HELD) for account in amounts):
        holds = await core.store.live_holds(player_id, code)
        amounts = discretion.amounts(amounts, holds)
    shut = discretion.shut(player, holds)
    stays = await kept(core, player, held, purse)
    locks = why_not(amounts, stays, shut=shut)
    if in_play := await core.store.in_play(player_id, code):
        amounts[IN_PLAY] = in_play
    if any(account.startswith(BONUS) for account in purse):
        amounts[IN_PLAY_BONUS] = await core.store.in_play_bonus(player_id, code)
    reply = pb.GetBalanceResponse(
        player_id=player_id,
        balances=convert.balances(found.of(held, profile) if found and profile else held),
        pockets=convert.parts(currency, tuple(part for part in amounts.items() if part[1])),
        withdrawable=convert.money(currency, withdrawable(held, stays, frozen=bool(shut))),
        locks=[
            pb.Lock(reason=lock.reason, amount=convert.money(currency, lock.amount), text_key=lock.text)
            for lock in locks
        ],
        display_digits=currency.display,
        version=player.version,
    )
    if found and request.game_id:
        reply.playable.CopyFrom(convert.money(currency, found.playable))
    return reply


async def live(core: Core, token: str, provider_id: str) -> tuple[Session, Player]:
    """Return the session of a token that may be read with, and its player.

    Raises:
        Refused: SESSION_UNKNOWN, SESSION_EXPIRED, SESSION_ROTATED.
    """
    session, player = await known(core, token, provider_id)
    sessions.usable(sessions.seen(session, player), SessionUse.READ, core.clock.now())
    return session, player


async def known(core: Core, token: str, provider_id: str) -> tuple[Session, Player]:
    """Return the session of a token at a provider, and its player.

    Raises:
        Refused: SESSION_UNKNOWN.
    """
    if not token:
        raise fields.invalid("token: one is needed.")
    session_id = plays.session_id(fields.text(token, "token"))
    player_id = await core.identities.of_session(session_id)
    if not player_id:
        raise Refused(Reason.SESSION_UNKNOWN)
    found, player = await asyncio.gather(core.store.session(player_id, session_id), core.store.player(player_id))
    return sessions.known(found, provider_id), belongs(player, "", "")


async def transaction(core: Core, request: pb.GetTransactionRequest) -> pb.Transaction:
    """Return the transaction under a provider's key.

    Raises:
        Refused: TRANSACTION_NOT_FOUND, UNKNOWN_PROVIDER; INVALID_REQUEST where several players have one.
    """
    provider_id = fields.partner_id(request.provider_id, "provider_id")
    fields.key(request.external_key, "external_key")
    if request.player_id:
        fields.player_id(request.player_id)
    profile = None if provider_id.startswith("~") else core.providers.named(provider_id).profile
    rows = await core.store.transactions_by_key(digest(provider_id, request.external_key))
    owned = [row for row in rows if row.player_id and request.player_id in {"", row.player_id}]
    if len(owned) > 1:
        raise fields.invalid("player_id: several players have this key; name one.")
    graves = [row for row in rows if not row.player_id]
    if not owned and not graves:
        raise Refused(Reason.TRANSACTION_NOT_FOUND)
    return convert.transaction(discretion.transaction((owned or graves)[0]), profile)


async def transactions(
    core: Core, player_id: str, page: Page, provider_id: str = "", round_id: str = ""
) -> tuple[list[Transaction], str]:
    """Return a page of a player's transactions, newest first, and the token of the next.

    Raises:
        Refused: PLAYER_UNKNOWN, or the page is malformed.
    """
    fields.player_id(player_id)
    if provider_id:
        fields.partner_id(provider_id, "provider_id")
    fields.text(round_id, "round_id")
    size = fields.page_size(page)
    before = fields.cursor(page, bytes)
    belongs(await core.store.player(player_id), "", "")
    rows = await core.store.transactions(
        player_id, provider_id=provider_id, round_id=round_id, before=before, limit=size + 1
    )
    more = len(rows) > size
    rows = rows[:size]
    return rows, fields.page_token(rows[-1].transaction_id) if more else ""
