"""100hp, Operator API 2.7.0: the secret in the body, one txId for bet, settlement and void, statuses from 601 on."""

import hmac
import re
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from wallet.v1.common_pb2 import Balances
from wallet.v1.players_pb2 import PLAYER_STATUS_BLOCKED
from wallet.v1.sessions_pb2 import SESSION_USE_READ, ResolveSessionRequest, ResolveSessionResponse
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_GAME,
    CATEGORY_PROMO,
    Action,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters import money, subunits
from adapters.decoding import json_words
from adapters.faults import Fault, Rejected
from adapters.provider import Answer, Call, Endpoint, No, Request

# One txId names a withdrawal, its deposit and its rollback; a bonusWin has one of its own.
_BET = "bet:"
_SETTLE = "settle:"
_VOID = "void:"
_BONUS = "bonus:"
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_SHOWN_DIGITS = 2

# errCode, which is the HTTP status too, and message; the vendor's list ends where HTTP's own codes are.
ERRORS: dict[str, tuple[int, str]] = {
    "UNSPECIFIED": (702, "Internal Server Error"),
    "INVALID_REQUEST": (400, "Bad Request"),
    "UNKNOWN_CURRENCY": (400, "Bad Request"),
    "INVALID_PRECISION": (400, "Bad Request"),
    "INVALID_AMOUNT": (400, "Bad Request"),
    "UNKNOWN_PROVIDER": (702, "Internal Server Error"),
    "SESSION_UNKNOWN": (604, "Session not found"),
    "PLAYER_UNKNOWN": (604, "Session not found"),
    "CONFLICT": (607, "Transaction already exists"),
    "TOMBSTONED": (608, "Transaction already refunded"),
    "WRONG_CURRENCY": (400, "Bad Request"),
    "SESSION_EXPIRED": (604, "Session not found"),
    "SESSION_ROTATED": (604, "Session not found"),
    "GAME_NOT_ALLOWED": (400, "Bad Request"),
    "PLAYER_BLOCKED": (604, "Session not found"),
    "ROUND_CLOSED": (608, "Transaction already refunded"),
    "REFERENCE_NOT_FOUND": (605, "Transaction not found"),
    "REFERENCE_MISMATCH": (605, "Transaction not found"),
    "REFERENCE_ROLLED_BACK": (608, "Transaction already refunded"),
    "REFERENCE_SETTLED": (609, "Transaction already settled"),
    "AMOUNT_EXCEEDS_REFERENCE": (400, "Bad Request"),
    "LIMIT_REACHED": (400, "Bad Request"),
    "INSUFFICIENT_FUNDS": (603, "Insufficient balance"),
    "ROUND_NOT_FOUND": (605, "Transaction not found"),
    "ALREADY_EXISTS": (607, "Transaction already exists"),
    "INVALID_JOURNAL": (702, "Internal Server Error"),
    "TRANSACTION_NOT_FOUND": (605, "Transaction not found"),
    "IN_PROGRESS": (702, "Internal Server Error"),
    Fault.ADDRESS_NOT_ALLOWED: (601, "Invalid secret key"),
    Fault.UNKNOWN_PATH: (404, "Not Found"),
    Fault.METHOD_NOT_ALLOWED: (405, "Method Not Allowed"),
    Fault.TOO_LARGE: (400, "Bad Request"),
    Fault.UNSUPPORTED_CONTENT_TYPE: (400, "Bad Request"),
    Fault.INVALID_SIGNATURE: (601, "Invalid secret key"),
    Fault.STALE_TIMESTAMP: (601, "Invalid secret key"),
    Fault.TRY_LATER: (702, "Internal Server Error"),
    Fault.INTERNAL: (702, "Internal Server Error"),
}
# What a call that was answered before is answered, by operation: this protocol has no replays.
REPEATED = {
    "withdrawal": "CONFLICT",
    "deposit": "REFERENCE_SETTLED",
    "rollback": "REFERENCE_ROLLED_BACK",
    "bonusWin": "CONFLICT",
}

Token = Annotated[str, Meta(min_length=1, max_length=255)]

_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    # The protocol names no currency in any request, so an adapter is of one: that of the merchant's account. Empty:
    # nothing is booked, and every amount is refused. A session in another currency is refused too.
    currency: Annotated[str, Meta(pattern=r"^([A-Z0-9]{3,16})?$(?!\n)")] = ""
    # The vendor calls the paths below whatever base the operator registered.
    base: Annotated[str, Meta(pattern=r"^(/[!-~]*[!-.0-~])?$(?!\n)")] = ""
    # Whether the promoId of a bonusWin names free rounds granted in the core: it is then won by them.
    grants: bool = False
    # A withdrawal that comes after its rollback, which no source speaks of: refunded, or there already.
    late_withdrawal: Literal[607, 608] = 608
    # No source has codes for these two. Both defaults are final, and neither says more of the player than it must.
    blocked: Literal[400, 604] = 604
    limit: Literal[400, 603] = 400


class Secret(msgspec.Struct, frozen=True):
    secret: str = ""


class OfSession(msgspec.Struct, frozen=True, rename="camel"):
    session_id: Token


class Withdrawal(msgspec.Struct, frozen=True, rename="camel"):
    session_id: Token
    tx_id: str
    # A string like everything here, so that no reader makes a float of it.
    amount: str


class Deposit(msgspec.Struct, frozen=True, rename="camel"):
    tx_id: str
    amount: str


class Rollback(msgspec.Struct, frozen=True, rename="camel"):
    tx_id: str


class BonusWin(msgspec.Struct, frozen=True, rename="camel"):
    session_id: Token
    tx_id: str
    amount: str
    promo_id: Token


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "HundredHp":
    return HundredHp(provider_id, secrets, settings)


class HundredHp:
    """The operator's end of one merchant account. See adapters/README.md for what is the vendor's and what is ours."""

    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        self._provider_id = provider_id
        self._secrets = tuple(secrets)
        self._currency = settings.currency
        self._grants = settings.grants
        self._errors = {code: error[0] for code, error in ERRORS.items()} | {
            "TOMBSTONED": settings.late_withdrawal,
            "PLAYER_BLOCKED": settings.blocked,
            "LIMIT_REACHED": settings.limit,
        }
        reads = {
            "auth": self._auth,
            "withdrawal": self._withdrawal,
            "deposit": self._deposit,
            "rollback": self._rollback,
            "balance": self._balance,
            "bonusWin": self._bonus_win,
        }
        self.endpoints = (
            *(Endpoint(name, "POST", f"{settings.base}/{name}", read) for name, read in reads.items()),
            Endpoint("liveness", "GET", f"{settings.base}/liveness", _alive, signed=False),
        )

    def verify(self, request: Request) -> None:
        """Nothing is signed. Every secret is compared, so the time taken does not tell which one it was."""
        given = json_words(request, Secret).secret.encode()
        found = False
        for secret in self._secrets:
            found |= hmac.compare_digest(given, secret)
        if not found:
            raise Rejected(Fault.INVALID_SIGNATURE)

    def refuse(self, no: No, words: object) -> Answer:
        """`words` is the operation: the same txId with another amount is what its repetition is."""
        code = REPEATED[words] if no.code == "CONFLICT" and isinstance(words, str) else no.code
        return Answer(
            self._errors[code], _encode({"data": no.detail, "message": ERRORS[code][1], "errCode": self._errors[code]})
        )

    def _auth(self, request: Request) -> Call:
        asked = json_words(request, OfSession)
        ask = ResolveSessionRequest(provider_id=self._provider_id, token=asked.session_id, use=SESSION_USE_READ)
        return Call(ask, _authenticated)

    def _balance(self, request: Request) -> Call:
        asked = json_words(request, OfSession)
        ask = GetBalanceRequest(provider_id=self._provider_id, session_token=asked.session_id)
        return Call(ask, _balance_only)

    def _withdrawal(self, request: Request) -> Call:
        asked = json_words(request, Withdrawal)
        bet = Action(
            kind=ACTION_KIND_BET,
            external_key=_BET + _id(asked.tx_id),
            amount=self._amount(asked.amount),
            category=CATEGORY_GAME,
        )
        ask = PlayRequest(
            provider_id=self._provider_id,
            session_token=asked.session_id,
            round_id=_id(asked.tx_id),
            actions=[bet],
        )
        return Call(ask, partial(self._moved, "withdrawal", {"txId": asked.tx_id}), "withdrawal")

    def _deposit(self, request: Request) -> Call:
        """The bet's only settlement; it names neither player nor session, and may be of nothing."""
        asked = json_words(request, Deposit)
        key = _BET + _id(asked.tx_id)
        win = Action(
            kind=ACTION_KIND_WIN,
            external_key=_SETTLE + key,
            amount=self._amount(asked.amount, zero=True),
            category=CATEGORY_GAME,
            references=[key],
        )
        ask = PlayRequest(
            provider_id=self._provider_id,
            original_key=key,
            round_id=_id(asked.tx_id),
            close_round=True,
            actions=[win],
        )
        return Call(ask, partial(self._moved, "deposit", {}), "deposit")

    def _rollback(self, request: Request) -> Call:
        asked = json_words(request, Rollback)
        key = _BET + _id(asked.tx_id)
        undo = Action(kind=ACTION_KIND_ROLLBACK, external_key=_VOID + key, references=[key])
        ask = PlayRequest(provider_id=self._provider_id, original_key=key, actions=[undo])
        return Call(ask, self._undone, "rollback")

    def _bonus_win(self, request: Request) -> Call:
        asked = json_words(request, BonusWin)
        win = Action(
            kind=ACTION_KIND_WIN,
            external_key=_BONUS + _id(asked.tx_id),
            amount=self._amount(asked.amount),
            category=CATEGORY_PROMO,
            info={"promoId": asked.promo_id},
            free_rounds_id=asked.promo_id if self._grants else "",
        )
        ask = PlayRequest(provider_id=self._provider_id, session_token=asked.session_id, actions=[win])
        return Call(ask, partial(self._moved, "bonusWin", {}), "bonusWin")

    def _amount(self, text: str, *, zero: bool = False) -> Any:
        if not self._currency:
            raise Rejected("UNKNOWN_CURRENCY", "no currency is set for this account")
        amount = money.parse(text, self._currency)
        if amount.units < 0 or amount.nanos < 0 or not (zero or amount.units or amount.nanos):
            raise Rejected("INVALID_AMOUNT", f"amount must be greater than {'or equal to ' if zero else ''}0")
        return amount

    def _undone(self, reply: PlayResponse) -> Answer:
        """A withdrawal that was refused was never there: what gives nothing back found nothing."""
        if not reply.results[0].parts:
            return self.refuse(No("REFERENCE_NOT_FOUND", response=reply), "rollback")
        return self._moved("rollback", {}, reply)

    def _moved(self, operation: str, more: dict[str, str], reply: PlayResponse) -> Answer:
        if reply.replayed:
            return self.refuse(No(REPEATED[operation], response=reply), operation)
        return _ok(reply.player_id, reply.balances_now, more)


def _id(tx_id: str) -> str:
    """A UUID is the same in capitals."""
    if not _UUID.fullmatch(tx_id):
        raise Rejected("INVALID_REQUEST", "txId must be a UUID")
    return tx_id.lower()


def _ok(player_id: str, balances: Balances, more: dict[str, str]) -> Answer:
    shown = balances.shown
    balance = subunits.truncated(shown, _SHOWN_DIGITS)
    return Answer(200, _encode({"userId": player_id, "currency": shown.currency_code, "balance": balance} | more))


def _authenticated(reply: ResolveSessionResponse) -> Answer:
    blocked = reply.player.status == PLAYER_STATUS_BLOCKED
    more = {"userName": reply.player.player_id, "status": "blocked" if blocked else "active"}
    return _ok(reply.player.player_id, reply.balances, more)


def _balance_only(reply: GetBalanceResponse) -> Answer:
    return _ok(reply.player_id, reply.balances, {})


def _alive(_: Request) -> Answer:
    return Answer(200, b"{}")
