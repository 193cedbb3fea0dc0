"""Swipe Games, integration adapter API 1.7: JSON signed in its canonical form, and a session for all identity."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from wallet.v1.common_pb2 import Money
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_NOTE,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_FREE_ROUND,
    CATEGORY_GAME,
    Action,
    ActionKind,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters import canonical, money, signing, subunits
from adapters.decoding import json_words, query_words
from adapters.faults import Fault, Rejected
from adapters.provider import Answer, Call, Endpoint, No, Request
from adapters.providers.swipe import words

__all__ = ["Settings", "connect"]

_HEADER = "X-REQUEST-SIGN"
# One id space serves bets and wins of all players. A refund's own id is one more name of the same reversal.
_KEY = "tx:"
_VOID = "void:"
# No amount says its currency: it is the session's.
_OF_THE_SESSION = ""

_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The defaults are what the vendor's pages say, and the safest answer where they say nothing."""

    # Before `/balance`, `/bet`, `/win` and `/refund`: the path of the base URL that the vendor was given.
    base: Annotated[str, Meta(pattern=r"^(/[!-~]*[!-.0-~])?$(?!\n)")] = ""
    # A txID is unique for three months, and for ever together with its roundID; a refund need not bear one. `tx` is
    # for an integration whose refunds bear none. To be settled before the first bet: keys are kept for ever.
    key: Literal["tx_and_round", "tx"] = "tx_and_round"
    # A txID that comes back with other contents, and one that comes after its refund. After 500 the vendor would
    # refund the bet, in the first case one that stands.
    conflict: Literal[400, 500] = 400
    late_bet: Literal[400, 500] = 400
    # Whether a frID names free rounds granted in the core: the campaign's total is then won by them.
    grants: bool = False
    # The core has one reason for all limits.
    limit: Literal["bet_limit", "loss_limit", "time_limit"] = "bet_limit"


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "Swipe":
    return Swipe(provider_id, secrets, settings)


class Swipe:
    """The operator's end of one integration (ExtCID)."""

    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        self._provider_id = provider_id
        self._secrets = tuple(secrets)
        self._settings = settings
        refused = words.ERRORS["CONFLICT"], words.ERRORS["TOMBSTONED"], words.ERRORS["LIMIT_REACHED"]
        self._errors = words.ERRORS | {
            "CONFLICT": (settings.conflict, *refused[0][1:]),
            "TOMBSTONED": (settings.late_bet, *refused[1][1:]),
            "LIMIT_REACHED": (refused[2][0], settings.limit, refused[2][2]),
        }
        posts: dict[str, Callable[[Request], Call]] = {
            "bet": partial(self._move, ACTION_KIND_BET),
            "win": partial(self._move, ACTION_KIND_WIN),
            "refund": self._refund,
        }
        self.endpoints = (
            Endpoint("balance", "GET", f"{settings.base}/balance", self._balance),
            *(Endpoint(name, "POST", f"{settings.base}/{name}", read) for name, read in posts.items()),
        )

    def verify(self, request: Request) -> None:
        """The HMAC covers the canonical JSON of the body, which is how it comes, or of the query's parameters.

        What protects from replays is the txID.
        """
        given = request.headers.get(_HEADER, "")
        if request.method == "POST" and signing.matches(given, self._secrets, request.body):
            return
        try:
            signed = canonical.canonical(request.body) if request.method == "POST" else _parameters(request)
        except (ValueError, Rejected):
            raise Rejected(Fault.INVALID_SIGNATURE) from None  # it has no such form, so nobody has signed it
        if not signing.matches(given, self._secrets, signed):
            raise Rejected(Fault.INVALID_SIGNATURE)

    def refuse(self, no: No, words: object) -> Answer:  # noqa: ARG002 - an error needs nothing of its request
        status, code, message = self._errors[no.code]
        members = {"message": message, "details": no.detail or no.code.lower()}
        return Answer(status, _encode(members | ({"code": code} if code else {})))

    def _balance(self, request: Request) -> Call:
        asked = query_words(request, words.Members)
        return Call(GetBalanceRequest(provider_id=self._provider_id, session_token=asked.session_id), _balance_only)

    def _move(self, kind: ActionKind.ValueType, request: Request) -> Call:
        asked = json_words(request, words.Movement)
        amount = money.parse(asked.amount, _OF_THE_SESSION)
        info = {"frID": asked.fr_id} if asked.fr_id else {}
        action = Action(
            kind=kind,
            external_key=self._key(asked.tx_id, asked.round_id),
            amount=amount,
            # The total of free rounds comes as a regular win with their id, and was staked for by nobody.
            category=CATEGORY_FREE_ROUND if asked.fr_id else CATEGORY_GAME,
            info=info,
        )
        if self._settings.grants and kind == ACTION_KIND_WIN and asked.type == "regular":
            action.free_rounds_id = asked.fr_id
        if asked.type == "free":
            action.kind = ACTION_KIND_NOTE
            action.ClearField("amount")
            action.info["amount"] = asked.amount
        return self._play(asked.session_id, action, round_id=asked.round_id)

    def _refund(self, request: Request) -> Call:
        asked = json_words(request, words.Refund)
        key = self._key(asked.orig_tx_id, asked.round_id)
        action = Action(
            kind=ACTION_KIND_ROLLBACK, external_key=_VOID + key, references=[key], info={"txID": asked.tx_id}
        )
        return self._play(asked.session_id, action)

    def _key(self, tx_id: str, round_id: str | None) -> str:
        if self._settings.key == "tx":
            return _KEY + tx_id
        if round_id is None:
            raise Rejected("INVALID_REQUEST", "a refund names the roundID of its bet here")
        return f"{_KEY}{tx_id}:{round_id}"

    def _play(self, token: str, action: Action, round_id: str = "") -> Call:
        ask = PlayRequest(provider_id=self._provider_id, session_token=token, round_id=round_id, actions=[action])
        return Call(ask, _moved)


def _parameters(request: Request) -> bytes:
    return canonical.form(query_words(request, dict[str, str]))


def _ok(members: dict[str, Any]) -> Answer:
    return Answer(200, _encode(members))


def _balance_only(reply: GetBalanceResponse) -> Answer:
    return _ok({"balance": _shown(reply.balances.shown, reply.display_digits)})


def _moved(reply: PlayResponse) -> Answer:
    """A repeated call is answered as the first was."""
    balances = reply.balances_then if reply.HasField("balances_then") else reply.balances_now
    shown = _shown(balances.shown, reply.display_digits)
    return _ok({"balance": shown, "txID": reply.results[0].transaction_id})


def _shown(balance: Money, display_digits: int) -> str:
    """The vendor knows no finer amounts than a currency is shown with; what other providers left of them is cut off."""
    return subunits.truncated(balance, display_digits)
