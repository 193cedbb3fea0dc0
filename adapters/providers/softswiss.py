"""SOFTSWISS Game Aggregator, Provider API v2, as Beexar publishes it: betwin, rollback, finish, balance."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from wallet.v1.common_pb2 import Balances
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_NOTE,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_GAME,
    Action,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters import money, parts, signing
from adapters.decoding import json_words
from adapters.faults import Fault, Rejected
from adapters.provider import Answer, Call, Endpoint, No, Request

_HEADER = "X-REQUEST-SIGN"
# One id space serves bets and wins of all players. A rollback's own id is one more name of the same reversal.
_KEY = "tx:"
_VOID = "void:"

_SERVER_ERROR = 500
# The vendor demands the balance beside these codes.
_WITH_BALANCE = frozenset({"100", "105", "106"})

# api_code, api_message. There are two HTTP statuses: 500 for codes from 500 on, and 400 for all others, 403 included.
ERRORS: dict[str, tuple[str, str]] = {
    "UNSPECIFIED": ("500", "refused without a reason"),
    "INVALID_REQUEST": ("400", "the request is malformed"),
    "UNKNOWN_CURRENCY": ("154", "there is no such currency here"),
    "INVALID_PRECISION": ("400", "the amount is finer than its currency allows"),
    "INVALID_AMOUNT": ("400", "the amount is not a plain decimal above zero, or is too large"),
    "UNKNOWN_PROVIDER": ("500", "the wallet does not know this adapter"),
    "SESSION_UNKNOWN": ("400", "the session is unknown"),
    "PLAYER_UNKNOWN": ("101", "the player is unknown"),
    "CONFLICT": ("400", "the id_provider was used before with other contents"),
    "TOMBSTONED": ("409", "the transaction was rolled back before it arrived"),
    "WRONG_CURRENCY": ("154", "the player, session or round has another currency"),
    "SESSION_EXPIRED": ("400", "the session has expired"),
    "SESSION_ROTATED": ("400", "the session was replaced"),
    "GAME_NOT_ALLOWED": ("405", "the game is not available"),
    "PLAYER_BLOCKED": ("110", "the player may not stake"),
    "ROUND_CLOSED": ("400", "the round is closed"),
    "REFERENCE_NOT_FOUND": ("404", "the transaction referred to is not here"),
    "REFERENCE_MISMATCH": ("400", "the transaction referred to is of another kind"),
    "REFERENCE_ROLLED_BACK": ("409", "what it belongs to was rolled back"),
    "REFERENCE_SETTLED": ("400", "the transaction referred to is settled"),
    "AMOUNT_EXCEEDS_REFERENCE": ("400", "more than is left of the transaction referred to"),
    "LIMIT_REACHED": ("105", "a limit of the player is reached"),
    "INSUFFICIENT_FUNDS": ("100", "the player has too little money"),
    "ROUND_NOT_FOUND": ("404", "the round is unknown"),
    "ALREADY_EXISTS": ("400", "it exists with other contents"),
    "INVALID_JOURNAL": ("500", "the wallet could not book this"),
    "TRANSACTION_NOT_FOUND": ("404", "the transaction is unknown"),
    "IN_PROGRESS": ("503", "still being worked on"),
    Fault.ADDRESS_NOT_ALLOWED: ("403", "this address may not call"),
    Fault.UNKNOWN_PATH: ("404", "there is nothing at this path"),
    Fault.METHOD_NOT_ALLOWED: ("400", "this path has another method"),
    Fault.TOO_LARGE: ("400", "the body is too large"),
    Fault.UNSUPPORTED_CONTENT_TYPE: ("400", "the body is not plain application/json"),
    Fault.INVALID_SIGNATURE: ("403", "the signature is missing or wrong"),
    Fault.STALE_TIMESTAMP: ("403", "the timestamp is out of its window"),
    Fault.TRY_LATER: ("503", "no answer in time; send the same request again"),
    Fault.INTERNAL: ("500", "something went wrong here"),
}

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_]{2,31}$(?!\n)")]
_ITEMS = Meta(min_length=1, max_length=100)

_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    # The vendor calls the four paths below whatever base the operator registered.
    base: Annotated[str, Meta(pattern=r"^(/[!-~]*[!-.0-~])?$(?!\n)")] = ""
    # An id that comes back with other contents: no source says which code. 400 is final; 409 is taken for a rollback.
    conflict: Literal["400", "409"] = "400"


class BalanceQuery(msgspec.Struct, frozen=True):
    account_id: Id
    currency: Currency
    game_id: Id


class Transaction(msgspec.Struct, frozen=True):
    id_provider: Id
    type: Literal["bet", "win"]
    # In the main unit; a string, so that no reader makes a float of it.
    amount: str


class BetWin(msgspec.Struct, frozen=True):
    account_id: Id
    currency: Currency
    game_id: Id
    round_id: Id
    transactions: Annotated[list[Transaction], _ITEMS]
    finished: bool = False
    session_id: str | None = None


class Reversal(msgspec.Struct, frozen=True):
    id_provider: Id
    type: Literal["rollback"]
    original_id_provider: Id


class Rollback(msgspec.Struct, frozen=True):
    account_id: Id
    currency: Currency
    round_id_provider: Id
    transactions: Annotated[list[Reversal], _ITEMS]
    # Required by the vendor's schema, not by its own wallet.
    finished: bool = False
    game_id: str = ""


class Finish(msgspec.Struct, frozen=True):
    account_id: Id
    currency: Currency
    round_id: Id


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "SoftSwiss":
    return SoftSwiss(provider_id, secrets, settings)


class SoftSwiss:
    """The operator's end of one gateway. See adapters/README.md for what is the vendor's and what is ours."""

    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        self._provider_id = provider_id
        self._secrets = tuple(secrets)
        self._errors = ERRORS | {"CONFLICT": (settings.conflict, ERRORS["CONFLICT"][1])}
        reads = {"balance": self._balance, "betwin": self._betwin, "rollback": self._rollback, "finish": self._finish}
        self.endpoints = tuple(Endpoint(name, "POST", f"{settings.base}/{name}", read) for name, read in reads.items())

    def verify(self, request: Request) -> None:
        """The HMAC covers the body and nothing else: what protects from replays is the id_provider."""
        if not signing.matches(request.headers.get(_HEADER, ""), self._secrets, request.body):
            raise Rejected(Fault.INVALID_SIGNATURE)

    def refuse(self, no: No, words: object) -> Answer:  # noqa: ARG002 - an error needs nothing of its request
        api_code, message = self._errors[no.code]
        meta = {"api_code": api_code, "api_message": message}
        # Where a play was refused nothing stuck, so what is there now is what was there before it.
        if api_code in _WITH_BALANCE and no.response is not None and no.response.HasField("balances_now"):
            meta["balance"] = money.text(no.response.balances_now.shown, no.response.display_digits)
        internal = int(api_code) >= _SERVER_ERROR
        body = {
            "code": "internal" if internal else "invalid_argument",
            "msg": f"{message}: {no.detail}" if no.detail else message,
            "meta": meta,
        }
        return Answer(500 if internal else 400, _encode(body))

    def _balance(self, request: Request) -> Call:
        asked = json_words(request, BalanceQuery)
        ask = GetBalanceRequest(provider_id=self._provider_id, player_id=asked.account_id, currency_code=asked.currency)
        return Call(ask, _balance_only)

    def _betwin(self, request: Request) -> Call:
        asked = json_words(request, BetWin)
        staking = any(item.type == "bet" for item in asked.transactions)
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.account_id,
            # Wins may come long after the session has ended.
            session_token=(asked.session_id or "") if staking else "",
            currency_code=asked.currency,
            round_id=asked.round_id,
            game_id=asked.game_id,
            close_round=asked.finished,
            actions=[
                Action(
                    kind=ACTION_KIND_BET if item.type == "bet" else ACTION_KIND_WIN,
                    external_key=_KEY + item.id_provider,
                    amount=money.parse(item.amount, asked.currency),
                    category=CATEGORY_GAME,
                )
                for item in asked.transactions
            ],
        )
        return Call(ask, partial(_moved, asked.round_id, [item.id_provider for item in asked.transactions]))

    def _rollback(self, request: Request) -> Call:
        asked = json_words(request, Rollback)
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.account_id,
            currency_code=asked.currency,
            round_id=asked.round_id_provider,
            game_id=asked.game_id,
            close_round=asked.finished,
            actions=[
                Action(
                    kind=ACTION_KIND_ROLLBACK,
                    external_key=_VOID + _KEY + item.original_id_provider,
                    references=[_KEY + item.original_id_provider],
                    info={"id_provider": item.id_provider},
                )
                for item in asked.transactions
            ],
        )
        return Call(ask, partial(_undone, asked.round_id_provider, [item.id_provider for item in asked.transactions]))

    def _finish(self, request: Request) -> Call:
        """A note that closes the round: CloseRound has no currency, and the answer's must be the one asked for."""
        asked = json_words(request, Finish)
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.account_id,
            currency_code=asked.currency,
            round_id=asked.round_id,
            close_round=True,
            actions=[Action(kind=ACTION_KIND_NOTE, external_key=finish_key(asked.account_id, asked.round_id))],
        )
        return Call(ask, _finished)


def finish_key(account_id: str, round_id: str) -> str:
    """Rounds may be shared by players. No account_id, whatever is in it, makes another's key."""
    player = account_id.replace("%", "%25").replace(":", "%3A")
    return f"p:{player}:finish:{round_id}"


def _ok(members: dict[str, Any]) -> Answer:
    return Answer(200, _encode(members))


def _balance_only(reply: GetBalanceResponse) -> Answer:
    return _ok({"balance": money.text(reply.balances.shown, reply.display_digits)})


def _finished(reply: PlayResponse) -> Answer:
    """Not the balance of the first time: that is for transactions, and this is none."""
    return _ok({"balance": money.text(reply.balances_now.shown, reply.display_digits)})


def _moved(round_id: str, ids: Sequence[str], reply: PlayResponse) -> Answer:
    transactions = [
        {
            "id_provider": id_provider,
            "id": result.transaction_id,
            "bonus_amount": money.text(parts.bonus([result]), reply.display_digits),
        }
        for id_provider, result in zip(ids, reply.results, strict=True)
    ]
    return _ok({"round_id": round_id, "transactions": transactions, "balance": _then(reply)})


def _undone(round_id: str, ids: Sequence[str], reply: PlayResponse) -> Answer:
    """A rollback that found nothing to give or take has no parts, and then no id."""
    transactions = [
        {"id_provider": id_provider, "id": result.transaction_id if result.parts else ""}
        for id_provider, result in zip(ids, reply.results, strict=True)
    ]
    return _ok({"balance": _then(reply), "round_id": round_id, "transactions": transactions})


def _then(reply: PlayResponse) -> str:
    """A repeated call shows what the first one showed."""
    balances: Balances = reply.balances_then if reply.HasField("balances_then") else reply.balances_now
    return money.text(balances.shown, reply.display_digits)
