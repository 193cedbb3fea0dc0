"""Yantra RGS: an HMAC bound to path and time, amounts in 100,000ths, an id of the message beside the movement's."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from wallet.v1.common_pb2 import Balances, Money
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

from adapters import signing, subunits
from adapters.decoding import json_words
from adapters.faults import Fault, Rejected
from adapters.provider import Answer, Call, Endpoint, No, Request

_KEY_ID, _TIMESTAMP, _SIGNATURE = "X-Yantra-Key-Id", "X-Yantra-Timestamp", "X-Yantra-Signature"
# One id space serves bets and wins of all players; a rollback is known by what it takes back, whatever its own id.
_KEY, _VOID = "tx:", "void:"
# The id of a message is noted beside its movement: so the books themselves know which message they have answered.
_REQUEST = "req:"
# Amounts are in 100,000ths of the major unit.
_DIGITS = 5
_AMOUNT = re.compile(r"0|[1-9][0-9]{0,23}")

_OK = "RS_OK"
_UNKNOWN = "RS_ERROR_UNKNOWN"
_SYNTAX, _TYPES = "RS_ERROR_WRONG_SYNTAX", "RS_ERROR_WRONG_TYPES"
_TOKEN, _SEALED = "RS_ERROR_INVALID_TOKEN", "RS_ERROR_INVALID_SIGNATURE"
_CURRENCY, _DISABLED = "RS_ERROR_WRONG_CURRENCY", "RS_ERROR_USER_DISABLED"
_LIMIT, _POOR = "RS_ERROR_LIMIT_REACHED", "RS_ERROR_NOT_ENOUGH_MONEY"
# Of a rollback a success, of a win an alarm; of a bet neither a success nor to be tried again.
_ABSENT = "RS_ERROR_TRANSACTION_DOES_NOT_EXIST"

# UNKNOWN has a bet rolled back and a win or rollback sent again for a day; the other errors are final. DUPLICATE is a
# success to the provider, as OK is: so it is said of nothing here.
ERRORS: dict[str, tuple[str, str]] = {
    "UNSPECIFIED": (_UNKNOWN, "refused without a reason"),
    "INVALID_REQUEST": (_SYNTAX, "the request is malformed"),
    "UNKNOWN_CURRENCY": (_CURRENCY, "there is no such currency here"),
    "INVALID_PRECISION": (_TYPES, "the amount is finer than its currency allows"),
    "INVALID_AMOUNT": (_TYPES, "the amount is not a whole number above zero, or is too large"),
    "UNKNOWN_PROVIDER": (_UNKNOWN, "the wallet does not know this adapter"),
    "SESSION_UNKNOWN": (_TOKEN, "the session is unknown"),
    "PLAYER_UNKNOWN": (_TOKEN, "the player is unknown"),
    "CONFLICT": (_SYNTAX, "the id was used before with other contents, or is another player's"),
    "TOMBSTONED": (_ABSENT, "the transaction was rolled back before it arrived"),
    "WRONG_CURRENCY": (_CURRENCY, "the player or round has another currency"),
    "SESSION_EXPIRED": ("RS_ERROR_TOKEN_EXPIRED", "the session has expired"),
    "SESSION_ROTATED": ("RS_ERROR_TOKEN_EXPIRED", "the session was replaced"),
    "GAME_NOT_ALLOWED": (_DISABLED, "the player may not stake here"),
    "PLAYER_BLOCKED": (_DISABLED, "the player may not stake"),
    "ROUND_CLOSED": (_LIMIT, "the round takes no more stakes"),
    "REFERENCE_NOT_FOUND": (_ABSENT, "the transaction referred to is not here"),
    "REFERENCE_MISMATCH": (_ABSENT, "the transaction referred to is of another kind"),
    "REFERENCE_ROLLED_BACK": (_ABSENT, "the transaction referred to was rolled back"),
    "REFERENCE_SETTLED": (_ABSENT, "the transaction referred to is settled"),
    "AMOUNT_EXCEEDS_REFERENCE": (_SYNTAX, "more than is left of the transaction referred to"),
    "LIMIT_REACHED": (_LIMIT, "a limit of the player is reached"),
    "INSUFFICIENT_FUNDS": (_POOR, "the player has too little money"),
    "ROUND_NOT_FOUND": (_ABSENT, "the round is unknown"),
    "ALREADY_EXISTS": (_SYNTAX, "it exists with other contents"),
    "INVALID_JOURNAL": (_UNKNOWN, "the wallet could not book this"),
    "TRANSACTION_NOT_FOUND": (_ABSENT, "the transaction is unknown"),
    "IN_PROGRESS": (_UNKNOWN, "still being worked on"),
    Fault.ADDRESS_NOT_ALLOWED: ("RS_ERROR_INVALID_PARTNER", "this address may not call"),
    Fault.UNKNOWN_PATH: (_UNKNOWN, "there is nothing at this path"),
    Fault.METHOD_NOT_ALLOWED: (_UNKNOWN, "this path has another method"),
    Fault.TOO_LARGE: (_SYNTAX, "the body is too large"),
    Fault.UNSUPPORTED_CONTENT_TYPE: (_SYNTAX, "the body is not plain application/json"),
    Fault.INVALID_SIGNATURE: (_SEALED, "the signature is missing or wrong"),
    Fault.STALE_TIMESTAMP: (_SEALED, "the timestamp is out of its window"),
    Fault.TRY_LATER: (_UNKNOWN, "no answer in time; send the same request again"),
    Fault.INTERNAL: (_UNKNOWN, "something went wrong here"),
}
# Everything else is HTTP 200.
_HTTP: dict[str, int] = {
    Fault.ADDRESS_NOT_ALLOWED: 401,
    Fault.INVALID_SIGNATURE: 401,
    Fault.STALE_TIMESTAMP: 401,
    Fault.UNKNOWN_PATH: 404,
    Fault.METHOD_NOT_ALLOWED: 405,
    Fault.TOO_LARGE: 413,
}
# Clean rejections show what there is.
_WITH_BALANCE = frozenset({_POOR, _LIMIT})

Id = Annotated[str, Meta(min_length=1, max_length=200)]

_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret is the tenant's, so `operatorId` is not compared with anything."""

    # Before every path; signed with it.
    base: Annotated[str, Meta(pattern=r"^(/[!-~]*[!-.0-~])?$(?!\n)")] = ""
    # Seconds a timestamp may lie before or after our time; the vendor's default, which it changes for operators.
    window: Annotated[float, Meta(gt=0, le=3600)] = 30.0
    # Who pays a bet marked `isFree`; it names an amount, and no win says that it comes of one.
    free_bets: Literal["nobody", "player"] = "nobody"


class Asked(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What every call has. Members that are not listed (operatorId, meta) are ignored."""

    request_uuid: Id
    player_ref: Id
    currency: Id
    game_code: Id


class Bet(Asked, frozen=True, kw_only=True, rename="camel"):
    transaction_uuid: Id
    # Whole 100,000ths as a string, so that no reader makes a float of it.
    amount_micro: str
    round_id: Id
    is_free: bool = False


class Win(Asked, frozen=True, kw_only=True, rename="camel"):
    transaction_uuid: Id
    reference_transaction_uuid: Id
    amount_micro: str
    round_id: Id


class Rollback(Asked, frozen=True, kw_only=True, rename="camel"):
    """Of a bet or a win: which of them, the books know."""

    transaction_uuid: Id
    reference_transaction_uuid: Id
    round_id: Annotated[str, Meta(max_length=200)] | None = None


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "Yantra":
    return Yantra(provider_id, secrets, settings)


class Yantra:
    """The operator's end of one tenant. See adapters/pages/yantra.md for the two levels of idempotency."""

    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        self._provider_id = provider_id
        self._secrets = tuple(secrets)
        self._settings = settings
        reads = {"balance": self._balance, "bet": self._bet, "win": self._win, "rollback": self._rollback}
        self.endpoints = tuple(
            Endpoint(name, "POST", f"{settings.base}/wallet/{name}", read) for name, read in reads.items()
        )

    def verify(self, request: Request) -> None:
        """All three headers must be there; the key id is not signed and chooses nothing: every live secret is tried."""
        timestamp = request.headers.get(_TIMESTAMP, "")
        given = request.headers.get(_SIGNATURE, "")
        signed = signing.matches(given, self._secrets, signed_text(request, timestamp), "sha256", "base64")
        if not (signed and request.headers.get(_KEY_ID)):
            raise Rejected(Fault.INVALID_SIGNATURE)
        if not signing.within_window(timestamp, request.received_at, self._settings.window):
            raise Rejected(Fault.STALE_TIMESTAMP)

    def refuse(self, no: No, words: object) -> Answer:
        """`words` is the message's id, to be echoed; there is none where the message was not understood."""
        status, message = ERRORS[no.code]
        members = {"status": status, "message": f"{message}: {no.detail}" if no.detail else message}
        if isinstance(words, str):
            members["requestUuid"] = words
        if status in _WITH_BALANCE and no.response is not None and no.response.HasField("balances_now"):
            members |= _shown(_balances(no.response))
        return Answer(_HTTP.get(no.code, 200), _encode(members))

    def _balance(self, request: Request) -> Call:
        asked = json_words(request, Asked)
        ask = GetBalanceRequest(provider_id=self._provider_id, player_id=asked.player_ref, currency_code=asked.currency)
        return Call(ask, partial(_balance_only, asked.request_uuid), asked.request_uuid)

    def _bet(self, request: Request) -> Call:
        asked = json_words(request, Bet)
        action = Action(
            kind=ACTION_KIND_BET,
            external_key=_KEY + asked.transaction_uuid,
            amount=_amount(asked.amount_micro, asked.currency, zero=asked.is_free),
            category=CATEGORY_FREE_ROUND if asked.is_free else CATEGORY_GAME,
        )
        if asked.is_free and self._settings.free_bets == "nobody":
            action.amount.units = action.amount.nanos = 0
            action.info["free_amount_micro"] = asked.amount_micro
        return self._play("bet", asked, action, asked.round_id)

    def _win(self, request: Request) -> Call:
        asked = json_words(request, Win)
        action = Action(
            kind=ACTION_KIND_WIN,
            external_key=_KEY + asked.transaction_uuid,
            amount=_amount(asked.amount_micro, asked.currency, zero=True),
            category=CATEGORY_GAME,
            references=[_KEY + asked.reference_transaction_uuid],
        )
        return self._play("win", asked, action, asked.round_id)

    def _rollback(self, request: Request) -> Call:
        asked = json_words(request, Rollback)
        key = _KEY + asked.reference_transaction_uuid
        action = Action(
            kind=ACTION_KIND_ROLLBACK,
            external_key=_VOID + key,
            references=[key],
            info={"transactionUuid": asked.transaction_uuid},
        )
        return self._play("rollback", asked, action, asked.round_id or "")

    def _play(self, name: str, asked: Asked, action: Action, round_id: str) -> Call:
        """The note comes last, for a repeated play shows the balance after its last action."""
        note = Action(kind=ACTION_KIND_NOTE, external_key=f"{_REQUEST}{name}:{asked.request_uuid}")
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.player_ref,
            currency_code=asked.currency,
            round_id=round_id,
            game_id=asked.game_code,
            actions=[action, note],
        )
        return Call(ask, partial(_moved, asked.request_uuid), asked.request_uuid)


def signed_text(request: Request, timestamp: str) -> bytes:
    """What is signed: method, path without its query, time as it was sent, and hash of the body, a line each."""
    lines = (request.method, request.path, timestamp, signing.body_hash(request.body))
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _amount(text: str, currency: str, *, zero: bool) -> Money:
    if not _AMOUNT.fullmatch(text) or (text == "0" and not zero):
        raise Rejected("INVALID_AMOUNT")
    return subunits.parse(int(text), currency, _DIGITS)


def _balances(reply: PlayResponse) -> Balances:
    """A repeated message is answered as the first time; a movement that comes in a new one, with what there is now."""
    return reply.balances_then if reply.HasField("balances_then") else reply.balances_now


def _shown(balances: Balances) -> dict[str, str]:
    shown = balances.shown
    return {"balanceMicro": str(subunits.whole(shown, _DIGITS)), "currency": shown.currency_code}


def _ok(request_uuid: str, balances: Balances) -> Answer:
    members: dict[str, Any] = {"status": _OK, "requestUuid": request_uuid}
    return Answer(200, _encode(members | _shown(balances)))


def _balance_only(request_uuid: str, reply: GetBalanceResponse) -> Answer:
    return _ok(request_uuid, reply.balances)


def _moved(request_uuid: str, reply: PlayResponse) -> Answer:
    return _ok(request_uuid, _balances(reply))
