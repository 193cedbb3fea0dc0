"""Fundist (SoftGamings) OneWallet: one URL, signed JSON in and out, a rollback as a mark on the opposite movement."""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from wallet.v1.common_pb2 import Money
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_GAME,
    CATEGORY_PROMO,
    Action,
    ActionKind,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters import money, signing, subunits
from adapters.decoding import json_words, typed
from adapters.faults import Fault, Rejected
from adapters.provider import Answer, Call, Endpoint, No, Request

# One id space serves debits, credits and rollbacks of all players.
_KEY = "tx:"
_VOID = "void:"
_HMAC = "hmac"
_SHOWN_DIGITS = 2
_NOTED = ("i_actionid", "i_reference_actionid", "subtype", "jackpot_win")

# What may have happened all the same, or may happen yet: no plain error, for the vendor would take it for a refusal.
_UNSURE = frozenset({"UNSPECIFIED", "IN_PROGRESS", Fault.TRY_LATER, Fault.INTERNAL})

ERRORS: dict[str, str] = {
    "UNSPECIFIED": "Internal error",
    "INVALID_REQUEST": "Invalid request",
    "UNKNOWN_CURRENCY": "Currency mismatch",
    "INVALID_PRECISION": "Invalid amount",
    "INVALID_AMOUNT": "Invalid amount",
    "UNKNOWN_PROVIDER": "Internal error",
    "SESSION_UNKNOWN": "Session not found",
    "PLAYER_UNKNOWN": "User not found",
    "CONFLICT": "Transaction parameter mismatch",
    "TOMBSTONED": "Transaction is rolled back",
    "WRONG_CURRENCY": "Currency mismatch",
    "SESSION_EXPIRED": "Session expired",
    "SESSION_ROTATED": "Session expired",
    "GAME_NOT_ALLOWED": "Game is not available",
    "PLAYER_BLOCKED": "User is blocked",
    "ROUND_CLOSED": "Round is closed",
    "REFERENCE_NOT_FOUND": "Transaction not found",
    "REFERENCE_MISMATCH": "Transaction cannot be rolled back",
    "REFERENCE_ROLLED_BACK": "Transaction is rolled back",
    "REFERENCE_SETTLED": "Transaction is settled",
    "AMOUNT_EXCEEDS_REFERENCE": "Invalid amount",
    "LIMIT_REACHED": "Limit reached",
    "INSUFFICIENT_FUNDS": "INSUFFICIENT_FUNDS",
    "ROUND_NOT_FOUND": "Round not found",
    "ALREADY_EXISTS": "Transaction parameter mismatch",
    "INVALID_JOURNAL": "Internal error",
    "TRANSACTION_NOT_FOUND": "Transaction not found",
    "IN_PROGRESS": "Transaction is in progress",
    Fault.ADDRESS_NOT_ALLOWED: "Access denied",
    Fault.UNKNOWN_PATH: "Invalid request",
    Fault.METHOD_NOT_ALLOWED: "Invalid request",
    Fault.TOO_LARGE: "Invalid request",
    Fault.UNSUPPORTED_CONTENT_TYPE: "Invalid request",
    Fault.INVALID_SIGNATURE: "Invalid HMAC",
    Fault.STALE_TIMESTAMP: "Invalid HMAC",
    Fault.TRY_LATER: "Internal error",
    Fault.INTERNAL: "Internal error",
}

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Short = Annotated[str, Meta(max_length=200)]

_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What no public page of the vendor says, with the safest answers."""

    # Of the URL as it was registered with the vendor.
    path: Annotated[str, Meta(pattern=r"^/[!-~]*$(?!\n)")] = "/"
    # `i_extparam` is what the launch gave along; where that is a session's token of ours, a debit needs it live.
    session: Literal["ignored", "i_extparam"] = "ignored"
    # Texts of errors instead of those of the table, by the reason or fault.
    texts: dict[str, str] = {}
    # Whether an error bears the balance, as some operators' do.
    error_balance: bool = False
    # The HTTP status where it is not known whether the money moved: one that no reader takes for a refusal.
    unsure: Literal[200, 408, 500, 503] = 500

    def __post_init__(self) -> None:
        if unknown := self.texts.keys() - ERRORS.keys():
            raise ValueError(f"texts: there is no {min(unknown)}")


class Members(msgspec.Struct, frozen=True, kw_only=True):
    """What every question about a player has. Members are the texts that were signed, whatever they were in JSON."""

    userid: Id
    currency: Id


class Movement(Members, frozen=True, kw_only=True):
    tid: Id
    amount: str
    # The round.
    i_gameid: Short = ""
    i_gamedesc: Short = ""
    i_extparam: Short = ""
    i_actionid: Short = ""
    i_reference_actionid: Short = ""
    subtype: Short = ""
    jackpot_win: Short = ""
    round_ended: Literal["", "0", "1", "true", "false"] = ""


class Rollback(Members, frozen=True, kw_only=True):
    """The amount comes along and is not looked at: what was moved is moved back."""

    tid: Id
    i_rollback: Id
    i_actionid: Short = ""
    i_reference_actionid: Short = ""
    subtype: Short = ""


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "Fundist":
    return Fundist(provider_id, secrets, settings)


class Fundist:
    """The operator's end of OneWallet. Answers are signed with the secret that the request was signed with."""

    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        self._provider_id = provider_id
        self._keys = tuple(hashlib.sha256(secret).digest() for secret in secrets)
        self._settings = settings
        self._errors = ERRORS | settings.texts
        self.endpoints = (Endpoint("onewallet", "POST", settings.path, self._read),)

    def verify(self, request: Request) -> None:
        """HMAC-SHA256 under the secret's SHA-256 of the members' texts in the order of their names."""
        self._key_of(json_words(request, dict[str, Any]))

    def _key_of(self, members: Mapping[str, Any]) -> int:
        """Which of the keys the members are signed with. Raises Rejected INVALID_SIGNATURE."""
        message = signed_text(members)
        given = members.get(_HMAC)
        found = [signing.matches(given if isinstance(given, str) else "", [key], message) for key in self._keys]
        if True not in found:
            raise Rejected(Fault.INVALID_SIGNATURE)
        return found.index(True)

    def refuse(self, no: No, words: object) -> Answer:
        """`words` is the number of the key that the request was signed with."""
        text = self._errors[no.code]
        members: dict[str, Any] = {"error": f"{text}: {no.detail}" if no.detail else text}
        known = no.response
        if self._settings.error_balance and known is not None and known.HasField("balances_now"):
            members["balance"] = _shown(known.balances_now.shown)
        status = self._settings.unsure if no.code in _UNSURE else 200
        return self._signed(words if isinstance(words, int) else 0, members, status)

    def _signed(self, key: int, members: dict[str, Any], status: int = 200) -> Answer:
        return Answer(status, _encode(members | {_HMAC: signing.sign(self._keys[key], signed_text(members))}))

    def _read(self, request: Request) -> Call | Answer:
        members = json_words(request, dict[str, Any])
        key = self._key_of(members)
        # Sent back as it came, number or text.
        echo = {"tid": members["tid"]} if members.get("tid") not in (None, "") else {}
        asked = {name: _text(value) for name, value in members.items()}
        match asked.get("type"):
            case "ping" | "roundinfo":
                return self._signed(key, {"status": "OK"} | echo)
            case "balance":
                return Call(self._balance(typed(asked, Members)), partial(self._told, key, echo), key)
            case "debit" | "credit" if asked.get("i_rollback"):
                return Call(self._rollback(typed(asked, Rollback)), partial(self._moved, key, echo), key)
            case "debit":
                return Call(self._move(typed(asked, Movement), ACTION_KIND_BET), partial(self._moved, key, echo), key)
            case "credit":
                return Call(self._move(typed(asked, Movement), ACTION_KIND_WIN), partial(self._moved, key, echo), key)
            case _:
                raise Rejected("INVALID_REQUEST", "`type` is ping, balance, debit, credit or roundinfo")

    def _balance(self, asked: Members) -> GetBalanceRequest:
        return GetBalanceRequest(provider_id=self._provider_id, player_id=asked.userid, currency_code=asked.currency)

    def _move(self, asked: Movement, kind: ActionKind.ValueType) -> PlayRequest:
        # Given as a credit, money would come back for a debit that may never have arrived.
        if asked.subtype == "cancel":
            raise Rejected("INVALID_REQUEST", "a cancellation names its transaction in i_rollback")
        action = Action(
            kind=kind,
            external_key=_KEY + asked.tid,
            amount=money.parse(asked.amount, asked.currency),
            category=CATEGORY_PROMO if asked.subtype == "promotion" else CATEGORY_GAME,
            info=_info(asked),
        )
        token = asked.i_extparam if self._settings.session == "i_extparam" and kind == ACTION_KIND_BET else ""
        return PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.userid,
            session_token=token,
            currency_code=asked.currency,
            round_id=asked.i_gameid,
            game_id=asked.i_gamedesc,
            close_round=asked.round_ended in ("1", "true"),
            actions=[action],
        )

    def _rollback(self, asked: Rollback) -> PlayRequest:
        original = _KEY + asked.i_rollback
        own = _VOID + original if asked.tid == asked.i_rollback else _KEY + asked.tid
        action = Action(kind=ACTION_KIND_ROLLBACK, external_key=own, references=[original], info=_info(asked))
        return PlayRequest(
            provider_id=self._provider_id, player_id=asked.userid, currency_code=asked.currency, actions=[action]
        )

    def _told(self, key: int, echo: Mapping[str, Any], reply: GetBalanceResponse) -> Answer:
        return self._signed(key, {"status": "OK", **echo, "balance": _shown(reply.balances.shown)})

    def _moved(self, key: int, echo: Mapping[str, Any], reply: PlayResponse) -> Answer:
        """A repeated call shows what the profile says."""
        balances = reply.balances_then if reply.HasField("balances_then") else reply.balances_now
        return self._signed(key, {"status": "OK", **echo, "balance": _shown(balances.shown)})


def signed_text(members: Mapping[str, Any]) -> bytes:
    """The texts of all members but the hmac, in the order of their names. Raises Rejected INVALID_REQUEST."""
    return "".join(_text(members[name]) for name in sorted(members) if name != _HMAC).encode()


def _text(value: object) -> str:
    """A list is its items one after the other, an object its values in the order of their names."""
    return "".join(_flat(item) for item in value) if isinstance(value, list) else _flat(value)


def _flat(value: object) -> str:
    return "".join(_scalar(value[name]) for name in sorted(value)) if isinstance(value, dict) else _scalar(value)


def _scalar(value: object) -> str:
    """Truth and nothing as PHP writes them; a number as it stood."""
    match value:
        case str():
            return value
        case None | False:
            return ""
        case True:
            return "1"
        case int() | Decimal():
            return format(value, "f") if isinstance(value, Decimal) else str(value)
        case _:
            raise Rejected("INVALID_REQUEST", "a member is nested too deeply, or a number with an exponent")


def _info(asked: Movement | Rollback) -> dict[str, str]:
    return {name: value for name in _NOTED if (value := getattr(asked, name, ""))}


def _shown(shown: Money) -> str:
    return subunits.truncated(shown, _SHOWN_DIGITS)
