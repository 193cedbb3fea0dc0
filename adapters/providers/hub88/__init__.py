"""Hub88's operator Wallet API and Caleta's dialect of it: RSA over the body, whole amounts, HTTP 200 for everything."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from wallet.v1.common_pb2 import Balances, Money
from wallet.v1.players_pb2 import GetPlayerRequest, GetPlayerResponse
from wallet.v1.sessions_pb2 import SESSION_USE_READ, ResolveSessionRequest, ResolveSessionResponse
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_FREE_ROUND,
    CATEGORY_GAME,
    Action,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters import rsa, subunits
from adapters.decoding import json_words
from adapters.faults import Fault, Rejected
from adapters.provider import Answer, Call, Endpoint, No, Request
from adapters.providers.hub88 import words
from adapters.providers.hub88.settings import Settings
from adapters.providers.hub88.words import Asked

__all__ = ["Settings", "connect"]

# Ids are one space for bets, wins and rollbacks.
_KEY = "tx:"
# Amounts are in 100,000ths of the major unit.
_DIGITS = 5

_HEADERS = {"hub88": "X-Hub88-Signature", "caleta": "X-Auth-Signature"}

_encode = msgspec.json.Encoder().encode


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "Hub88":
    return Hub88(provider_id, secrets, settings)


class Hub88:
    """One supplier's end. See adapters/README.md for the differences between the two dialects."""

    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        self._provider_id = provider_id
        self._keys = tuple(rsa.public_key(secret) for secret in secrets)
        self._header = _HEADERS[settings.dialect]
        self._caleta = settings.dialect == "caleta"
        self._free_bets = settings.free_bets
        self._grants = settings.grants
        self._country = settings.country
        self._poor_balance = settings.poor_balance == "shown" or (
            settings.poor_balance == "by dialect" and not self._caleta
        )
        reads = [("balance", self._balance), ("bet", self._bet), ("win", self._win), ("rollback", self._rollback)]
        reads.insert(0, ("check", self._check) if self._caleta else ("info", self._user_info))
        self.endpoints = tuple(
            Endpoint(name, "POST", f"{settings.prefix}/{self._folder(name)}/{name}", read) for name, read in reads
        )

    def _folder(self, name: str) -> str:
        if self._caleta:
            return "wallet"
        return "user" if name in {"info", "balance"} else "transaction"

    def verify(self, request: Request) -> None:
        """The signature covers the body and nothing else: what protects from replays is the transaction_uuid."""
        if not rsa.matches(request.headers.get(self._header, ""), self._keys, request.body):
            raise Rejected(Fault.INVALID_SIGNATURE)

    def refuse(self, no: No, words: object) -> Answer:
        asked = words if isinstance(words, Asked) else None
        status = self._status(no.code, bet=asked is not None and asked.bet)
        # Where the request was not understood there is nothing to echo.
        members: dict[str, Any] = {"status": status} | ({"request_uuid": asked.request_uuid} if asked else {})
        known = no.response
        if no.code == "INSUFFICIENT_FUNDS" and self._poor_balance and known and known.HasField("balances_now"):
            members |= _shown(known.player_id, known.balances_now)
        return Answer(200, _encode(members))

    def _status(self, code: str, *, bet: bool) -> str:
        status = words.ERRORS[code]
        if not self._caleta:
            return status
        # Caleta takes an expired token back only where it was to pay for a bet.
        if status == words.TOKEN_EXPIRED and not bet:
            return words.INVALID_TOKEN
        return words.CALETA.get(code, status)

    def _check(self, request: Request) -> Call:
        """Every check has a new token; the old one settles what it has begun. A repeated message gets the same one."""
        asked = json_words(request, words.Check)
        ask = ResolveSessionRequest(
            provider_id=self._provider_id,
            token=asked.token,
            use=SESSION_USE_READ,
            rotate=True,
            request_id=asked.request_uuid,
        )
        echo = Asked(asked.request_uuid)
        return Call(ask, partial(_checked, echo), echo)

    def _user_info(self, request: Request) -> Call:
        """Who is it: of a blocked player too, whose bets are refused one by one."""
        asked = json_words(request, words.Info)
        echo = Asked(asked.request_uuid)
        return Call(GetPlayerRequest(player_id=asked.user), partial(self._known, echo), echo)

    def _known(self, asked: Asked, reply: GetPlayerResponse) -> Answer:
        country = reply.player.country or self._country
        return _ok(asked, {"user": reply.player.player_id} | ({"country": country} if country else {}))

    def _balance(self, request: Request) -> Call:
        asked = json_words(request, words.Balance)
        ask = GetBalanceRequest(provider_id=self._provider_id, player_id=asked.user, session_token=asked.token)
        echo = Asked(asked.request_uuid)
        return Call(ask, partial(_balance_only, echo), echo)

    def _bet(self, request: Request) -> Call:
        asked = json_words(request, words.Bet)
        if not (asked.user or self._caleta):
            raise Rejected("INVALID_REQUEST", "`user` is missing")
        action = Action(
            kind=ACTION_KIND_BET,
            external_key=_KEY + asked.transaction_uuid,
            amount=_amount(asked.amount, asked.currency),
            category=CATEGORY_FREE_ROUND if asked.is_free else CATEGORY_GAME,
            info=_info(asked),
            free_rounds_id=self._grant(asked),
        )
        if asked.is_free and self._free_bets == "nobody":
            action.amount.units = action.amount.nanos = 0
            action.info["free_amount"] = str(asked.amount)
        return self._play(asked, action, round_id=asked.round, currency=asked.currency)

    def _win(self, request: Request) -> Call:
        """Of free rounds and promotions too: their wins name a bet and fall with it."""
        asked = json_words(request, words.Win)
        action = Action(
            kind=ACTION_KIND_WIN,
            external_key=_KEY + asked.transaction_uuid,
            amount=_amount(asked.amount, asked.currency),
            category=CATEGORY_GAME,
            references=[_KEY + asked.reference_transaction_uuid],
            info=_info(asked),
            free_rounds_id=self._grant(asked),
        )
        return self._play(asked, action, round_id=asked.round, currency=asked.currency)

    def _grant(self, asked: words.Bet | words.Win) -> str:
        return (asked.reward_uuid or "") if self._grants and asked.is_free else ""

    def _rollback(self, request: Request) -> Call:
        asked = json_words(request, words.Rollback)
        action = Action(
            kind=ACTION_KIND_ROLLBACK,
            external_key=_KEY + asked.transaction_uuid,
            references=[_KEY + asked.reference_transaction_uuid],
            info=_info(asked),
        )
        return self._play(asked, action, round_id=asked.round)

    def _play(
        self, asked: words.Bet | words.Win | words.Rollback, action: Action, *, round_id: str, currency: str = ""
    ) -> Call:
        nobody = not (asked.user or asked.token)
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.user,
            session_token=asked.token,
            original_key=action.references[0] if nobody else "",
            currency_code=currency,
            round_id=round_id,
            game_id=asked.game_code,
            close_round=asked.round_closed and bool(round_id),
            actions=[action],
        )
        echo = Asked(asked.request_uuid, bet=action.kind == ACTION_KIND_BET)
        return Call(ask, partial(_moved, echo), echo)


def _amount(value: object, currency: str) -> Money:
    """The core would say the same of a negative amount, but not of one that is then not taken."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Rejected("INVALID_AMOUNT", "an amount is a whole number, and not negative")
    return subunits.parse(value, currency, _DIGITS)


def _info(asked: words.Bet | words.Win | words.Rollback) -> dict[str, str]:
    """What is kept with the transaction and has no effect."""
    given = {
        name: getattr(asked, name, None)
        for name in (
            "supplier_transaction_id",
            "reward_uuid",
            "campaign_uuid",
            "is_free",
            "is_supplier_promo",
            "is_aggregated",
            "jackpot_win",
        )
    }
    return {name: "true" if value is True else str(value) for name, value in given.items() if value}


def _shown(player_id: str, balances: Balances) -> dict[str, Any]:
    return {
        "user": player_id,
        "currency": balances.shown.currency_code,
        "balance": subunits.whole(balances.shown, _DIGITS),
    }


def _ok(asked: Asked, members: dict[str, Any]) -> Answer:
    return Answer(200, _encode({"status": words.OK, "request_uuid": asked.request_uuid} | members))


def _checked(asked: Asked, reply: ResolveSessionResponse) -> Answer:
    return _ok(asked, _shown(reply.player.player_id, reply.balances) | {"token": reply.token})


def _balance_only(asked: Asked, reply: GetBalanceResponse) -> Answer:
    return _ok(asked, _shown(reply.player_id, reply.balances))


def _moved(asked: Asked, reply: PlayResponse) -> Answer:
    """A repeated message shows the balance of the first. The rollback of what nobody knows has no balance to show."""
    if not reply.player_id:
        return _ok(asked, {})
    balances = reply.balances_then if reply.HasField("balances_then") else reply.balances_now
    return _ok(asked, _shown(reply.player_id, balances))
