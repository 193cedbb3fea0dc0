"""Outcomebet (Mascot), seamless V2: JSON-RPC behind a client certificate, a withdrawal and its deposit in one call."""

import hmac
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_NOTE,
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

from adapters import subunits
from adapters.decoding import json_words, typed
from adapters.faults import Fault, Rejected
from adapters.provider import Answer, Call, Endpoint, No, Request

# The two halves of a transactionRef, whose one id space serves all players.
_HALVES = ("withdraw:", "deposit:")
_VOID = "void:"

_POOR, _CURRENCY, _NEGATIVE_DEPOSIT, _NEGATIVE_WITHDRAWAL, _BUDGET, _INTERNAL = 1, 2, 3, 4, 5, 7
# JSON-RPC's own.
_NO_REQUEST, _NO_METHOD, _NO_PARAMETERS = -32600, -32601, -32602

# What may have happened all the same, or may happen yet: the vendor sends again what was answered brokenly.
_UNSURE = frozenset({"UNSPECIFIED", "IN_PROGRESS", Fault.TRY_LATER, Fault.INTERNAL})

ERRORS: dict[str, tuple[int, str]] = {
    "UNSPECIFIED": (_INTERNAL, "refused without a reason"),
    "INVALID_REQUEST": (_NO_PARAMETERS, "the request is malformed"),
    "UNKNOWN_CURRENCY": (_CURRENCY, "there is no such currency here"),
    "INVALID_PRECISION": (_INTERNAL, "the amount is finer than its currency allows"),
    "INVALID_AMOUNT": (_INTERNAL, "the amount is too large"),
    "UNKNOWN_PROVIDER": (_INTERNAL, "the wallet does not know this adapter"),
    "SESSION_UNKNOWN": (_INTERNAL, "the session is unknown"),
    "PLAYER_UNKNOWN": (_INTERNAL, "the player is unknown"),
    "CONFLICT": (_INTERNAL, "the transactionRef was used before with other contents"),
    "TOMBSTONED": (_INTERNAL, "the transaction was rolled back before it arrived"),
    "WRONG_CURRENCY": (_CURRENCY, "the player or session has another currency"),
    "SESSION_EXPIRED": (_INTERNAL, "the session has expired"),
    "SESSION_ROTATED": (_INTERNAL, "the session was replaced"),
    "GAME_NOT_ALLOWED": (_INTERNAL, "the game is not available"),
    "PLAYER_BLOCKED": (_INTERNAL, "the player may not stake"),
    "ROUND_CLOSED": (_INTERNAL, "the round is closed"),
    "REFERENCE_NOT_FOUND": (_INTERNAL, "the transaction referred to is not here"),
    "REFERENCE_MISMATCH": (_INTERNAL, "the transaction cannot be rolled back"),
    "REFERENCE_ROLLED_BACK": (_INTERNAL, "the transaction is rolled back"),
    "REFERENCE_SETTLED": (_INTERNAL, "the transaction is settled"),
    "AMOUNT_EXCEEDS_REFERENCE": (_INTERNAL, "more than is left of the transaction"),
    "LIMIT_REACHED": (_BUDGET, "a limit of the player is reached"),
    "INSUFFICIENT_FUNDS": (_POOR, "not enough money"),
    "ROUND_NOT_FOUND": (_INTERNAL, "the round is unknown"),
    "ALREADY_EXISTS": (_INTERNAL, "it exists with other contents"),
    "INVALID_JOURNAL": (_INTERNAL, "the wallet could not book this"),
    "TRANSACTION_NOT_FOUND": (_INTERNAL, "the transaction is unknown"),
    "IN_PROGRESS": (_INTERNAL, "still being worked on"),
    Fault.ADDRESS_NOT_ALLOWED: (_INTERNAL, "this address may not call"),
    Fault.UNKNOWN_PATH: (_NO_METHOD, "there is no such method"),
    Fault.METHOD_NOT_ALLOWED: (_NO_REQUEST, "calls are made by POST"),
    Fault.TOO_LARGE: (_NO_REQUEST, "the body is too large"),
    Fault.UNSUPPORTED_CONTENT_TYPE: (_NO_REQUEST, "the body is not plain application/json"),
    Fault.INVALID_SIGNATURE: (_INTERNAL, "the client certificate is missing or another's"),
    Fault.STALE_TIMESTAMP: (_INTERNAL, "the timestamp is out of its window"),
    Fault.TRY_LATER: (_INTERNAL, "no answer in time; send the same request again"),
    Fault.INTERNAL: (_INTERNAL, "something went wrong here"),
}

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Short = Annotated[str, Meta(max_length=200)] | None

_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What no public page of the vendor says, with the safest answers."""

    # Of the URL as it was registered with the vendor.
    path: Annotated[str, Meta(pattern=r"^/[!-~]*$(?!\n)")] = "/"
    # Where the proxy that verified the client certificate says whose it is; it must be one of the adapter's `secrets`.
    subject_header: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,64}$(?!\n)")] = "X-Client-Subject"
    # `sessionAlternativeId` is what the launch gave along; where that is a session's token of ours, a withdrawal needs
    # it live.
    session: Literal["ignored", "sessionAlternativeId"] = "ignored"
    # Digits of a currency's subunit, where they are not ISO 4217's or it is none of its currencies: { BTC = 8 }.
    exponents: dict[str, Annotated[int, Meta(ge=0, le=9)]] = {}
    # Whether `bonusId` names free rounds granted in the core. Where it does not, no call that charges one is taken.
    grants: bool = False
    # The error for any limit of the player: 5, the budget is exceeded; 6, so is the highest bet; 7.
    limit: Literal[5, 6, 7] = 5
    # The HTTP status where it is not known whether the money moved: the vendor sends a broken answer's request again.
    unsure: Literal[200, 500, 503] = 500


class Envelope(msgspec.Struct, frozen=True):
    jsonrpc: Literal["2.0"]
    method: str
    params: dict[str, Any] = {}
    id: str | int | None = None


class Members(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    player_name: Id


class Balance(Members, frozen=True, kw_only=True):
    currency: Id


class Transaction(Members, frozen=True, kw_only=True):
    currency: Id
    # Whole subunits.
    withdraw: int
    deposit: int
    transaction_ref: Id
    game_round_ref: Short = None
    game_id: Short = None
    session_alternative_id: Short = None
    source: Short = None
    reason: Short = None
    bonus_id: Short = None
    charge_freerounds: int | None = None


class Rollback(Members, frozen=True, kw_only=True):
    transaction_ref: Id


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "Outcomebet":
    return Outcomebet(provider_id, secrets, settings)


class Outcomebet:
    """The operator's end of the seamless wallet. The secrets are the subjects of the vendor's client certificates."""

    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        self._provider_id = provider_id
        self._subjects = tuple(secrets)
        self._settings = settings
        self._errors = ERRORS | {"LIMIT_REACHED": (settings.limit, ERRORS["LIMIT_REACHED"][1])}
        self._methods: dict[str, Callable[[Envelope], Call | Answer]] = {
            "getBalance": self._balance,
            "withdrawAndDeposit": self._transaction,
            "rollbackTransaction": self._rollback,
        }
        self.endpoints = (Endpoint("rpc", "POST", settings.path, self._read),)

    def verify(self, request: Request) -> None:
        """Nothing is signed: the proxy has verified the certificate, and says whose it is."""
        given = request.headers.get(self._settings.subject_header, "").encode("utf-8", "surrogateescape")
        found = False
        for subject in self._subjects:
            found |= hmac.compare_digest(given, subject)
        if not found:
            raise Rejected(Fault.INVALID_SIGNATURE)

    def refuse(self, no: No, words: object) -> Answer:
        """`words` is the id of the call."""
        code, message = self._errors[no.code]
        error = {"code": code, "message": f"{message}: {no.detail}" if no.detail else message}
        return _said(words, {"error": error}, self._settings.unsure if no.code in _UNSURE else 200)

    def _read(self, request: Request) -> Call | Answer:
        asked = json_words(request, Envelope)
        read = self._methods.get(asked.method)
        if read is None:
            return self.refuse(No(Fault.UNKNOWN_PATH), asked.id)
        try:
            return read(asked)
        except Rejected as rejected:
            # Refused by the server it would lack the id, and to its caller be no answer.
            return self.refuse(No(rejected.code, rejected.detail), asked.id)

    def _balance(self, envelope: Envelope) -> Call:
        asked = typed(envelope.params, Balance)
        digits = subunits.exponent(asked.currency, self._settings.exponents)
        ask = GetBalanceRequest(
            provider_id=self._provider_id, player_id=asked.player_name, currency_code=asked.currency
        )
        return Call(ask, partial(_told, envelope.id, digits), envelope.id)

    def _transaction(self, envelope: Envelope) -> Call | Answer:
        """Always both halves, whatever they are of: a repetition with other amounts finds both keys in use."""
        asked = typed(envelope.params, Transaction)
        if asked.deposit < 0:
            return _wrong(envelope.id, _NEGATIVE_DEPOSIT, "the deposit is negative")
        if asked.withdraw < 0:
            return _wrong(envelope.id, _NEGATIVE_WITHDRAWAL, "the withdrawal is negative")
        grant = (asked.bonus_id or "") if self._settings.grants else ""
        if asked.charge_freerounds and not (grant and asked.charge_freerounds == 1):
            # The core begins one round with a stake, and what the game calls free must not be charged.
            return _wrong(envelope.id, _INTERNAL, "there are no free rounds")
        free = bool(asked.charge_freerounds)
        digits = subunits.exponent(asked.currency, self._settings.exponents)
        withdraw, deposit = (half + asked.transaction_ref for half in _HALVES)
        info = {"source": asked.source, "reason": asked.reason, "bonusId": asked.bonus_id}
        stake = Action(kind=ACTION_KIND_NOTE, external_key=withdraw)
        if asked.withdraw or free:
            # Any other stake of nothing would shut the door before the wins of a blocked player.
            stake = Action(
                kind=ACTION_KIND_BET,
                external_key=withdraw,
                amount=subunits.parse(0 if free else asked.withdraw, asked.currency, digits),
                category=CATEGORY_FREE_ROUND if free else CATEGORY_GAME,
                free_rounds_id=grant if free else "",
            )
        win = Action(
            kind=ACTION_KIND_WIN,
            external_key=deposit,
            amount=subunits.parse(asked.deposit, asked.currency, digits),
            category=CATEGORY_GAME,
            info={name: value for name, value in info.items() if value},
            # What a free round leads to is won by it, though it charges none.
            free_rounds_id=grant if free or not asked.withdraw else "",
        )
        with_session = self._settings.session == "sessionAlternativeId" and (asked.withdraw or free)
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.player_name,
            session_token=(asked.session_alternative_id or "") if with_session else "",
            currency_code=asked.currency,
            # A round that is not named is one of this transaction only.
            round_id=asked.game_round_ref or f"tx:{asked.transaction_ref}",
            game_id=asked.game_id or "",
            close_round=asked.reason == "GAME_PLAY_FINAL",
            actions=[stake, win],
        )
        return Call(ask, partial(_moved, envelope.id, digits), envelope.id)

    def _rollback(self, envelope: Envelope) -> Call:
        """The stake comes back before the win is taken, so that their difference is all it costs."""
        asked = typed(envelope.params, Rollback)
        keys = [half + asked.transaction_ref for half in _HALVES]
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.player_name,
            actions=[Action(kind=ACTION_KIND_ROLLBACK, external_key=_VOID + key, references=[key]) for key in keys],
        )
        return Call(ask, partial(_undone, envelope.id), envelope.id)


def _said(call_id: object, members: dict[str, Any], status: int = 200) -> Answer:
    return Answer(status, _encode({"jsonrpc": "2.0", "id": call_id} | members))


def _wrong(call_id: object, code: int, message: str) -> Answer:
    return _said(call_id, {"error": {"code": code, "message": message}})


def _told(call_id: object, digits: int, reply: GetBalanceResponse) -> Answer:
    return _said(call_id, {"result": {"balance": subunits.whole(reply.balances.shown, digits)}})


def _moved(call_id: object, digits: int, reply: PlayResponse) -> Answer:
    """A repeated call shows what the first one showed."""
    balances = reply.balances_then if reply.HasField("balances_then") else reply.balances_now
    shown = subunits.whole(balances.shown, digits)
    return _said(call_id, {"result": {"newBalance": shown, "transactionId": reply.results[0].transaction_id}})


def _undone(call_id: object, _: PlayResponse) -> Answer:
    return _said(call_id, {"result": {}})
