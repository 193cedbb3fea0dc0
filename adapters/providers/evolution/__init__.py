"""Evolution's One Wallet: a token in the query, JSON numbers, bets settled once by their refId, HTTP 200.

A refId is a round of its own: a credit or a cancel ends it, whatever else is played in the vendor's game round.
"""

import hmac
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from wallet.v1.common_pb2 import Balances
from wallet.v1.sessions_pb2 import SESSION_USE_READ, ResolveSessionRequest, ResolveSessionResponse
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_FREE_ROUND,
    CATEGORY_GAME,
    CATEGORY_JACKPOT,
    CATEGORY_PROMO,
    Action,
    Category,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters import money
from adapters.decoding import json_words
from adapters.faults import Fault, Rejected
from adapters.provider import Answer, Call, Endpoint, No, Request
from adapters.providers.evolution import words
from adapters.providers.evolution.settings import Settings
from adapters.providers.evolution.words import Asked

__all__ = ["Settings", "connect"]

# A cancel has the id of its debit; a credit has its own.
_BET, _WIN, _PROMO, _VOID = "bet:", "win:", "promo:", "void:"
# Their answers have neither balance nor retransmission.
_OF_SESSIONS = ("check", "sid")
# As many as the vendor's own report shows.
_DIGITS = 6
_FREE_ROUNDS = "FreeRoundPlayableSpent"
_CATEGORIES: dict[str, Category.ValueType] = {"JackpotWin": CATEGORY_JACKPOT, _FREE_ROUNDS: CATEGORY_FREE_ROUND}

_encode = msgspec.json.Encoder().encode


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "Evolution":
    return Evolution(provider_id, secrets, settings)


class Evolution:
    """One licensee's end. See adapters/README.md for the verdicts."""

    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        self._provider_id = provider_id
        self._secrets = tuple(secrets)
        self._settings = settings
        reads: dict[str, Callable[[Request], Call]] = {
            "check": partial(self._check, "check"),
            "sid": partial(self._check, "sid"),
            "balance": self._balance,
            "debit": self._debit,
            "credit": self._credit,
            "cancel": self._cancel,
            "promo_payout": self._promo_payout,
        }
        self.endpoints = tuple(
            Endpoint(name, "POST", f"{settings.prefix}/{name}", read) for name, read in reads.items()
        )

    def verify(self, request: Request) -> None:
        """A static token: what protects from replays is the transaction's id, the rest is TLS and `allow`."""
        try:
            given = [value for name, value in parse_qsl(request.query, max_num_fields=16) if name == "authToken"]
        except ValueError:
            given = []
        found = False
        for secret in self._secrets:
            found |= len(given) == 1 and hmac.compare_digest(given[0].encode(), secret)
        if not found:
            raise Rejected(Fault.INVALID_SIGNATURE)

    def refuse(self, no: No, words: object) -> Answer:
        asked = words if isinstance(words, Asked) else None
        status = self._settings.refused_status if no.code == Fault.INVALID_SIGNATURE else 200
        members: dict[str, Any] = {"status": self._status(no.code, asked)}
        if asked is None:  # it was not understood, so there is nothing to echo
            return Answer(status, _encode(members))
        known = no.response
        if known is not None and known.HasField("balances_now"):
            members |= _shown(known.balances_now)
        if asked.method not in _OF_SESSIONS:
            members["retransmission"] = (known is not None and known.replayed) or None
        return Answer(status, _encode(members | {"uuid": asked.uuid}))

    def _status(self, code: str, asked: Asked | None) -> str:
        if code == "PLAYER_BLOCKED":
            return self._settings.blocked
        if code == "LIMIT_REACHED":
            return self._settings.limit_reached
        if code == "CONFLICT" and asked is not None:
            return words.ALREADY.get(asked.method, words.ALREADY_SETTLED)
        return words.ERRORS[code]

    def _check(self, method: str, request: Request) -> Call:
        """An empty sid asks for a session to be opened, which only the vendor's tester does and no adapter may."""
        asked = json_words(request, words.Check)
        if not asked.sid:
            raise Rejected("SESSION_UNKNOWN")
        ask = ResolveSessionRequest(
            provider_id=self._provider_id, token=asked.sid, use=SESSION_USE_READ, player_id=asked.userId
        )
        if self._settings.rotate_sid and method == "check":
            ask.rotate, ask.request_id = True, asked.uuid
        echo = Asked(method, asked.uuid, asked.userId)
        return Call(ask, partial(_checked, echo), echo)

    def _balance(self, request: Request) -> Call:
        asked = json_words(request, words.Balance)
        # Whose sid it is the answer says: to the core a sid of somebody else is an unknown one.
        ask = GetBalanceRequest(provider_id=self._provider_id, session_token=asked.sid, currency_code=asked.currency)
        echo = Asked("balance", asked.uuid, asked.userId)
        return Call(ask, partial(_balance_only, echo), echo)

    def _debit(self, request: Request) -> Call:
        asked = json_words(request, words.Move)
        action = Action(
            kind=ACTION_KIND_BET,
            external_key=_BET + asked.transaction.id,
            amount=money.parse(asked.transaction.amount, asked.currency),
            category=CATEGORY_GAME,
        )
        return self._move("debit", asked, action)

    def _credit(self, request: Request) -> Call:
        """The one win of its refId, which is its round."""
        asked = json_words(request, words.Move)
        action = Action(
            kind=ACTION_KIND_WIN,
            external_key=_WIN + asked.transaction.id,
            amount=money.parse(asked.transaction.amount, asked.currency),
            category=CATEGORY_GAME,
        )
        return self._move("credit", asked, action, close=True)

    def _cancel(self, request: Request) -> Call:
        """What it says of an amount is not read: what was taken is given back."""
        asked = json_words(request, words.Move)
        key = _BET + asked.transaction.id
        action = Action(kind=ACTION_KIND_ROLLBACK, external_key=_VOID + key, references=[key])
        return self._move("cancel", asked, action)

    def _move(self, method: str, asked: words.Move, action: Action, *, close: bool = False) -> Call:
        if asked.game is not None and asked.game.id:
            action.info["game_round"] = asked.game.id
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.userId,
            session_token=asked.sid,
            currency_code=asked.currency,
            round_id=asked.transaction.refId,
            game_id=self._game(asked.game),
            close_round=close,
            actions=[action],
        )
        echo = Asked(method, asked.uuid, asked.userId)
        return Call(ask, partial(self._moved, echo), echo)

    def _promo_payout(self, request: Request) -> Call:
        asked = json_words(request, words.Payout)
        promo = asked.promoTransaction
        action = Action(
            kind=ACTION_KIND_WIN,
            external_key=_PROMO + promo.id,
            amount=money.parse(promo.amount, asked.currency),
            category=_CATEGORIES.get(promo.type, CATEGORY_PROMO),
            info=_info(promo),
        )
        if self._settings.grants and promo.type == _FREE_ROUNDS:
            action.free_rounds_id = promo.voucherId or ""
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.userId,
            session_token=asked.sid,
            currency_code=asked.currency,
            game_id=self._game(asked.game),
            actions=[action],
        )
        echo = Asked("promo_payout", asked.uuid, asked.userId)
        return Call(ask, partial(self._moved, echo), echo)

    def _game(self, game: words.Game | None) -> str:
        if game is None:
            return ""
        table = game.details.table if game.details is not None else None
        if self._settings.game == "table" and table is not None and table.id:
            return table.id
        return game.type or ""

    def _moved(self, asked: Asked, reply: PlayResponse) -> Answer:
        balances = reply.balances_then if reply.HasField("balances_then") else reply.balances_now
        status = words.OK
        if reply.replayed and self._settings.repeated == "already":
            status = words.ALREADY.get(asked.method, words.ALREADY_SETTLED)
        return _said(status, asked, _shown(balances) | {"retransmission": reply.replayed or None})


def _info(promo: words.Promo) -> dict[str, str]:
    """What is kept with the payout and has no effect."""
    given: dict[str, object] = {
        "type": promo.type,
        "voucherId": promo.voucherId,
        "remainingRounds": promo.remainingRounds,
        "bonusConfigId": promo.bonusConfigId,
        "rewardId": promo.rewardId,
    }
    return {name: str(value) for name, value in given.items() if value is not None} | {
        f"jackpot_{place}": jackpot.id for place, jackpot in enumerate(promo.jackpots or ())
    }


def _said(status: str, asked: Asked, members: dict[str, Any]) -> Answer:
    return Answer(200, _encode({"status": status} | members | {"uuid": asked.uuid}))


def _shown(balances: Balances) -> dict[str, Any]:
    """The tester adds the two up."""
    return {"balance": money.number(balances.cash, _DIGITS), "bonus": money.number(balances.bonus, _DIGITS)}


def _checked(asked: Asked, reply: ResolveSessionResponse) -> Answer:
    return _said(words.OK, asked, {"sid": reply.token})


def _balance_only(asked: Asked, reply: GetBalanceResponse) -> Answer:
    if asked.user_id != reply.player_id:
        raise Rejected("PLAYER_UNKNOWN")
    return _said(words.OK, asked, _shown(reply.balances) | {"retransmission": None})
