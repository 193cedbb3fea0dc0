"""RubyPlay: HTTP Basic, JSON numbers, HTTP 200 with a code; 501 has a debit cancelled, and the rest sent again."""

import base64
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from wallet.v1.common_pb2 import Balances
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

from adapters import digests, money
from adapters.decoding import json_words
from adapters.faults import Fault, Rejected
from adapters.provider import Answer, Call, Endpoint, No, Request

# Ids are unique per kind; a cancel bears that of its debit.
_BET, _WIN, _VOID = "bet:", "win:", "void:"

# The vendor knows no codes for what it does wrong itself: 199 is final, and its description is shown to the player.
_CUSTOM = ("199", "This game cannot be played at the moment")
_AGAIN = ("501", "Retry/cancel triggered")
_PLAYER, _CURRENCY = ("100", "Player account does not exist"), ("101", "Invalid currency")
_SESSION, _CREDENTIALS = ("104", "Invalid player sessionToken"), ("105", "Invalid credentials")
_DUPLICATE, _CLOSED = ("106", "Duplicate transaction ID"), ("107", "Game round closed")

ERRORS: dict[str, tuple[str, str]] = {
    "UNSPECIFIED": _AGAIN,
    "INVALID_REQUEST": _CUSTOM,
    "UNKNOWN_CURRENCY": _CURRENCY,
    "INVALID_PRECISION": _CUSTOM,
    "INVALID_AMOUNT": _CUSTOM,
    "UNKNOWN_PROVIDER": _AGAIN,
    "SESSION_UNKNOWN": _SESSION,
    "PLAYER_UNKNOWN": _PLAYER,
    "CONFLICT": _DUPLICATE,
    "TOMBSTONED": _CLOSED,
    "WRONG_CURRENCY": _CURRENCY,
    "SESSION_EXPIRED": _SESSION,
    "SESSION_ROTATED": _SESSION,
    "GAME_NOT_ALLOWED": _CUSTOM,
    "PLAYER_BLOCKED": ("102", "Player account blocked/inactive"),
    "ROUND_CLOSED": _CLOSED,
    "REFERENCE_NOT_FOUND": _CLOSED,
    "REFERENCE_MISMATCH": _CLOSED,
    "REFERENCE_ROLLED_BACK": _CLOSED,
    "REFERENCE_SETTLED": _CLOSED,
    "AMOUNT_EXCEEDS_REFERENCE": _CLOSED,
    "LIMIT_REACHED": ("199", "You have reached a limit of your account"),
    "INSUFFICIENT_FUNDS": ("103", "Insufficient funds"),
    "ROUND_NOT_FOUND": _CLOSED,
    "ALREADY_EXISTS": _DUPLICATE,
    "INVALID_JOURNAL": _AGAIN,
    "TRANSACTION_NOT_FOUND": _CLOSED,
    "IN_PROGRESS": _AGAIN,
    Fault.ADDRESS_NOT_ALLOWED: _CREDENTIALS,
    Fault.UNKNOWN_PATH: _CUSTOM,
    Fault.METHOD_NOT_ALLOWED: _CUSTOM,
    Fault.TOO_LARGE: _CUSTOM,
    Fault.UNSUPPORTED_CONTENT_TYPE: _CUSTOM,
    Fault.INVALID_SIGNATURE: _CREDENTIALS,
    Fault.STALE_TIMESTAMP: _CREDENTIALS,
    Fault.TRY_LATER: _AGAIN,
    Fault.INTERNAL: _AGAIN,
}
# Whoever has set up something wrong: any status but 200 has credits and cancels sent until it is put right, so none of
# them is lost. Everything else is HTTP 200.
_HTTP: dict[str, int] = {Fault.UNKNOWN_PATH: 404, Fault.METHOD_NOT_ALLOWED: 405, Fault.TOO_LARGE: 413}
_CREDENTIAL_FAULTS = (Fault.ADDRESS_NOT_ALLOWED, Fault.INVALID_SIGNATURE, Fault.STALE_TIMESTAMP)

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Short = Annotated[str, Meta(max_length=200)]

_NOTED = ("promotion_id", "external_campaign_id", "country", "device_type")

_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secrets are `user:password`, as the operator told the vendor."""

    # Before every path.
    base: Annotated[str, Meta(pattern=r"^(/[!-~]*[!-.0-~])?$(?!\n)")] = ""
    # HTTP status of wrong credentials. With 200 a credit that meets a mistyped password is not sent again.
    refused_status: Literal[200, 401] = 401
    # A debit that comes after its cancel: no source says the code. The default is final and says nothing of an id.
    late_debit: Literal["106", "107"] = "107"
    # Who pays a debit marked `freeRound`; nobody's cash is taken for what was given to him.
    free_rounds: Literal["nobody", "player"] = "nobody"
    # Whether the `promotionId` of a free round's debit or credit names free rounds granted in the core.
    grants: bool = False
    # Whether those who play through this adapter are test players, whom the vendor does not bill.
    test_players: bool = False


class OfSession(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What every call has. Members that are not listed are ignored."""

    session_token: Id


class Balance(OfSession, frozen=True, kw_only=True, rename="camel"):
    player_id: Id
    currency_code: Id
    game_id: Id
    promotion_id: Short | None = None
    external_campaign_id: Short | None = None
    country: Short | None = None


class Move(Balance, frozen=True, kw_only=True, rename="camel"):
    """A debit or a credit."""

    # A number, see money.parse.
    amount: Any
    round_id: Id
    transaction_id: Id
    device_type: Short | None = None
    game_round_end: bool = False
    free_round: bool = False
    # Bought by the player, and paid like any round.
    purchased_feature: bool = False


class Cancel(OfSession, frozen=True, kw_only=True, rename="camel"):
    """`reference_transaction_id` is the debit's; an amount that comes along is not looked at."""

    reference_transaction_id: Id
    player_id: Short = ""
    currency_code: Short = ""
    game_id: Short = ""
    round_id: Short = ""
    game_round_end: bool = False


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "RubyPlay":
    return RubyPlay(provider_id, secrets, settings)


class RubyPlay:
    """The operator's end of one integration. See adapters/pages/rubyplay.md."""

    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        self._provider_id = provider_id
        self._credentials = tuple(base64.b64encode(secret).decode() for secret in secrets)
        self._settings = settings
        self._http = _HTTP | dict.fromkeys(_CREDENTIAL_FAULTS, settings.refused_status)
        reads = {
            "playerInformation": self._player,
            "balance": self._balance,
            "debit": self._debit,
            "credit": self._credit,
            "cancel": self._cancel,
        }
        self.endpoints = tuple(Endpoint(name, "POST", f"{settings.base}/{name}", read) for name, read in reads.items())

    def verify(self, request: Request) -> None:
        """Nothing is signed: what protects from replays is the transaction's id, the rest is TLS and `allow`."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if not (digests.matches(given, self._credentials) and scheme.lower() == "basic"):
            raise Rejected(Fault.INVALID_SIGNATURE)

    def refuse(self, no: No, words: object) -> Answer:  # noqa: ARG002 - an error needs nothing of its request
        """The description may be shown to the player; what a developer wants to know is apart from it."""
        code, description = ERRORS[no.code]
        if no.code == "TOMBSTONED" and self._settings.late_debit == _DUPLICATE[0]:
            code, description = _DUPLICATE
        members = {"code": code, "description": description} | ({"detail": no.detail} if no.detail else {})
        return Answer(self._http.get(no.code, 200), _encode(members))

    def _player(self, request: Request) -> Call:
        asked = json_words(request, OfSession)
        ask = ResolveSessionRequest(provider_id=self._provider_id, token=asked.session_token, use=SESSION_USE_READ)
        return Call(ask, self._introduced)

    def _introduced(self, reply: ResolveSessionResponse) -> Answer:
        """No nickname is known here: the id is the name."""
        return _ok(
            playerId=reply.player.player_id,
            playerName=reply.player.player_id,
            currencyCode=reply.session.currency_code,
            testPlayer=self._settings.test_players,
        )

    def _balance(self, request: Request) -> Call:
        asked = json_words(request, Balance)
        ask = GetBalanceRequest(
            provider_id=self._provider_id,
            player_id=asked.player_id,
            session_token=asked.session_token,
            currency_code=asked.currency_code,
        )
        return Call(ask, _balance_only)

    def _debit(self, request: Request) -> Call:
        asked = json_words(request, Move)
        action = Action(
            kind=ACTION_KIND_BET,
            external_key=_BET + asked.transaction_id,
            amount=money.parse(asked.amount, asked.currency_code),
            category=CATEGORY_FREE_ROUND if asked.free_round else CATEGORY_GAME,
        )
        # The core says no to a negative amount, but not once it is set to nothing.
        negative = action.amount.units < 0 or action.amount.nanos < 0
        if asked.free_round and self._settings.free_rounds == "nobody" and not negative:
            action.info["free_amount"] = money.text(action.amount, 0)
            action.amount.units = action.amount.nanos = 0
        return self._move(asked, action)

    def _credit(self, request: Request) -> Call:
        """Of free rounds too, and of nothing where the round is lost."""
        asked = json_words(request, Move)
        action = Action(
            kind=ACTION_KIND_WIN,
            external_key=_WIN + asked.transaction_id,
            amount=money.parse(asked.amount, asked.currency_code),
            category=CATEGORY_GAME,
        )
        return self._move(asked, action)

    def _move(self, asked: Move, action: Action) -> Call:
        action.info.update({name: value for name in _NOTED if (value := getattr(asked, name))})
        if self._settings.grants and asked.free_round:
            action.free_rounds_id = asked.promotion_id or ""
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.player_id,
            session_token=asked.session_token,
            currency_code=asked.currency_code,
            round_id=asked.round_id,
            game_id=asked.game_id,
            close_round=asked.game_round_end,
            actions=[action],
        )
        return Call(ask, _moved)

    def _cancel(self, request: Request) -> Call:
        asked = json_words(request, Cancel)
        key = _BET + asked.reference_transaction_id
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.player_id,
            session_token=asked.session_token,
            currency_code=asked.currency_code,
            round_id=asked.round_id,
            game_id=asked.game_id,
            close_round=asked.game_round_end and bool(asked.round_id),
            actions=[Action(kind=ACTION_KIND_ROLLBACK, external_key=_VOID + key, references=[key])],
        )
        return Call(ask, _moved)


def _ok(**members: object) -> Answer:
    return Answer(200, _encode({"code": "0", "description": "Success"} | members))


def _balance_only(reply: GetBalanceResponse) -> Answer:
    return _ok(balance=money.number(reply.balances.shown, reply.display_digits))


def _moved(reply: PlayResponse) -> Answer:
    """A repeated call is answered as the first was."""
    balances: Balances = reply.balances_then if reply.HasField("balances_then") else reply.balances_now
    return _ok(balance=money.number(balances.shown, reply.display_digits))
