"""BlueOcean Gaming: GET with a SHA-1 of salt and query, the verdict in a member `status`, ids unique per player."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from wallet.v1.common_pb2 import Balances
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_FREE_ROUND,
    CATEGORY_GAME,
    CATEGORY_PROMO,
    Action,
    ActionKind,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters import digests, money
from adapters.decoding import query_words, typed
from adapters.faults import Fault, Rejected
from adapters.provider import Answer, Call, Endpoint, No, Request

# 403: refused, and not sent again; 404: there is nothing to roll back; 500: a debit is rolled back, the rest retried.
_REFUSED, _NOT_FOUND, _ERROR = "403", "404", "500"

ERRORS: dict[str, tuple[str, str]] = {
    "UNSPECIFIED": (_ERROR, "refused without a reason"),
    "INVALID_REQUEST": (_REFUSED, "the request is malformed"),
    "UNKNOWN_CURRENCY": (_REFUSED, "there is no such currency here"),
    "INVALID_PRECISION": (_REFUSED, "the amount is finer than its currency allows"),
    "INVALID_AMOUNT": (_REFUSED, "the amount is not a plain decimal, is negative, or is too large"),
    "UNKNOWN_PROVIDER": (_ERROR, "the wallet does not know this adapter"),
    "SESSION_UNKNOWN": (_REFUSED, "the session is unknown"),
    "PLAYER_UNKNOWN": (_REFUSED, "the player is unknown"),
    "CONFLICT": (_REFUSED, "the transaction_id was used before with other contents"),
    "TOMBSTONED": (_REFUSED, "the transaction was rolled back before it arrived"),
    "WRONG_CURRENCY": (_REFUSED, "the player or session has another currency"),
    "SESSION_EXPIRED": (_REFUSED, "the session has expired"),
    "SESSION_ROTATED": (_REFUSED, "the session was replaced"),
    "GAME_NOT_ALLOWED": (_REFUSED, "the player may not stake here"),
    "PLAYER_BLOCKED": (_REFUSED, "the player is blocked"),
    "ROUND_CLOSED": (_REFUSED, "the round is closed"),
    "REFERENCE_NOT_FOUND": (_NOT_FOUND, "the transaction is unknown"),
    "REFERENCE_MISMATCH": (_REFUSED, "the transaction cannot be rolled back"),
    "REFERENCE_ROLLED_BACK": (_REFUSED, "the bet was rolled back"),
    "REFERENCE_SETTLED": (_REFUSED, "the bet is settled"),
    "AMOUNT_EXCEEDS_REFERENCE": (_REFUSED, "more than is left of the transaction"),
    "LIMIT_REACHED": (_REFUSED, "a limit of the player is reached"),
    "INSUFFICIENT_FUNDS": (_REFUSED, "insufficient funds"),
    "ROUND_NOT_FOUND": (_REFUSED, "the round is unknown"),
    "ALREADY_EXISTS": (_REFUSED, "it exists with other contents"),
    "INVALID_JOURNAL": (_ERROR, "the wallet could not book this"),
    "TRANSACTION_NOT_FOUND": (_NOT_FOUND, "the transaction is unknown"),
    "IN_PROGRESS": (_ERROR, "still being worked on"),
    Fault.ADDRESS_NOT_ALLOWED: (_REFUSED, "this address may not call"),
    Fault.UNKNOWN_PATH: (_REFUSED, "there is nothing at this path"),
    Fault.METHOD_NOT_ALLOWED: (_REFUSED, "calls are made by GET"),
    Fault.TOO_LARGE: (_REFUSED, "the body is too large"),
    Fault.UNSUPPORTED_CONTENT_TYPE: (_REFUSED, "calls have no body"),
    Fault.INVALID_SIGNATURE: (_REFUSED, "the key is missing or wrong"),
    Fault.STALE_TIMESTAMP: (_REFUSED, "the timestamp is out of its window"),
    Fault.TRY_LATER: (_ERROR, "no answer in time; send the same request again"),
    Fault.INTERNAL: (_ERROR, "something went wrong here"),
}

Id = Annotated[str, Meta(min_length=1, max_length=150)]
# A colon ends the player within a key.
PlayerId = Annotated[str, Meta(pattern=r"^[^:]{1,64}$(?!\n)")]
Short = Annotated[str, Meta(max_length=150)]
Flag = Literal["0", "1", ""]

_NOTED = ("provider", "freeround_id", "jackpot_contribution_in_amount", "jackpot_win_in_amount", "tip_in_amount", "fee")

_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The defaults are what the vendor's pages say, and the safest answer where they say nothing."""

    # Of the remote URL as it was registered with the vendor.
    path: Annotated[str, Meta(pattern=r"^/[!-~]*$(?!\n)")] = "/"
    # Which member is the id of our player: the vendor's number of him, or the name that we gave him there.
    player: Literal["remote_id", "username"] = "remote_id"
    # `session_id` is the vendor's own, and most operators cannot look it up; `token` where it is a session's token of
    # ours: then a debit needs it live.
    session: Literal["ignored", "token"] = "ignored"
    # Whether the `freeround_id` of a free debit or credit names free rounds granted in the core.
    grants: bool = False


class Members(msgspec.Struct, frozen=True, kw_only=True):
    """What every call has. Members that are not listed are ignored, and signed all the same."""

    action: str = ""
    remote_id: PlayerId
    username: Short = ""
    session_id: Short = ""
    currency: Short = ""


class Movement(Members, frozen=True, kw_only=True):
    amount: str
    currency: Id
    transaction_id: Id
    round_id: Id
    gameplay_final: Literal["0", "1"]
    game_id: Short = ""
    game_id_hash: Short = ""
    is_freeround_bet: Flag = ""
    is_freeround_win: Flag = ""
    is_promo_win: Flag = ""
    provider: Short = ""
    freeround_id: Short = ""
    # Parts of the amount; noted, not moved.
    jackpot_contribution_in_amount: Short = ""
    jackpot_win_in_amount: Short = ""
    tip_in_amount: Short = ""
    fee: Short = ""


class Rollback(Members, frozen=True, kw_only=True):
    """`transaction_id` is that of the debit or credit. Amount, round and game may come along and are not looked at."""

    transaction_id: Id


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "BlueOcean":
    return BlueOcean(provider_id, secrets, settings)


class BlueOcean:
    """The operator's end of the seamless wallet. The secrets are the salts."""

    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        self._provider_id = provider_id
        self._secrets = tuple(secrets)
        self._settings = settings
        self.endpoints = (Endpoint("callback", "GET", settings.path, self._read),)

    def verify(self, request: Request) -> None:
        """SHA-1 of the salt and the query as it was sent, without its `key`."""
        fields = request.query.split("&")
        signed = "&".join(field for field in fields if not field.startswith("key="))
        given = "&".join(field.removeprefix("key=") for field in fields if field.startswith("key="))
        text = signed.encode("utf-8", "surrogateescape")
        if not digests.matches(given, [digests.digest("sha1", salt, text) for salt in self._secrets]):
            raise Rejected(Fault.INVALID_SIGNATURE)

    def refuse(self, no: No, words: object) -> Answer:  # noqa: ARG002 - an error needs nothing of its request
        status, message = ERRORS[no.code]
        members = {"status": status, "msg": f"{message}: {no.detail}" if no.detail else message}
        if no.response is not None and no.response.HasField("balances_now"):
            members["balance"] = money.text(_balances(no.response).shown, no.response.display_digits)
        return _answer(members)

    def _read(self, request: Request) -> Call:
        members = query_words(request, dict[str, str])
        match members.get("action"):
            case "balance":
                return self._balance(typed(members, Members))
            case "debit":
                return self._move(typed(members, Movement), ACTION_KIND_BET)
            case "credit":
                return self._move(typed(members, Movement), ACTION_KIND_WIN)
            case "rollback":
                return self._rollback(typed(members, Rollback))
            case _:
                raise Rejected("INVALID_REQUEST", "`action` is balance, debit, credit or rollback")

    def _player(self, asked: Members) -> str:
        return asked.remote_id if self._settings.player == "remote_id" else asked.username

    def _balance(self, asked: Members) -> Call:
        ask = GetBalanceRequest(
            provider_id=self._provider_id, player_id=self._player(asked), currency_code=asked.currency
        )
        return Call(ask, _balance_only)

    def _move(self, asked: Movement, kind: ActionKind.ValueType) -> Call:
        debit = kind == ACTION_KIND_BET
        category, grant = CATEGORY_GAME, ""
        if (asked.is_freeround_bet if debit else asked.is_freeround_win) == "1":
            category, grant = CATEGORY_FREE_ROUND, asked.freeround_id if self._settings.grants else ""
        elif not debit and asked.is_promo_win == "1":
            category = CATEGORY_PROMO
        action = Action(
            kind=kind,
            external_key=_key(asked),
            amount=money.parse(asked.amount, asked.currency),
            category=category,
            info={name: value for name in _NOTED if (value := getattr(asked, name))},
            free_rounds_id=grant,
        )
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=self._player(asked),
            session_token=asked.session_id if debit and self._settings.session == "token" else "",
            currency_code=asked.currency,
            round_id=asked.round_id,
            game_id=asked.game_id or asked.game_id_hash,
            close_round=asked.gameplay_final == "1",
            actions=[action],
        )
        return Call(ask, _moved)

    def _rollback(self, asked: Rollback) -> Call:
        key = _key(asked)
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=self._player(asked),
            currency_code=asked.currency,
            actions=[Action(kind=ACTION_KIND_ROLLBACK, external_key="void:" + key, references=[key])],
        )
        return Call(ask, _moved)


def _key(asked: Movement | Rollback) -> str:
    """Ids are unique together with the player: two at one table may have the same."""
    return f"p:{asked.remote_id}:{asked.transaction_id}"


def _answer(members: dict[str, Any]) -> Answer:
    return Answer(200, _encode(members))


def _balance_only(reply: GetBalanceResponse) -> Answer:
    return _answer({"status": "200", "balance": money.text(reply.balances.shown, reply.display_digits)})


def _moved(reply: PlayResponse) -> Answer:
    shown = money.text(_balances(reply).shown, reply.display_digits)
    return _answer({"status": "200", "balance": shown, "transaction_id": reply.results[0].transaction_id})


def _balances(reply: PlayResponse) -> Balances:
    """A repeated call is answered as the first was."""
    return reply.balances_then if reply.HasField("balances_then") else reply.balances_now
