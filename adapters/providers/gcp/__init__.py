"""GCP v1, the older dialect of SOFTSWISS (BGaming and others): play, rollback, freespins."""

from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal
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
    OUTCOME_APPLIED,
    Action,
    ActionResult,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters import signing, subunits
from adapters.decoding import json_words
from adapters.faults import Fault, Rejected
from adapters.provider import Answer, Call, Endpoint, No, Request
from adapters.providers.gcp import words
from adapters.providers.gcp.words import ERRORS

_HEADER = "X-REQUEST-SIGN"
# One id space serves bets and wins of all players. A rollback's own id is one more name of the same reversal.
_KEY = "tx:"
_VOID = "void:"
_FREESPINS = "freespins:"

_MAX_INFO = 200

_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    # The vendor calls the three paths below whatever base the operator registered.
    base: Annotated[str, Meta(pattern=r"^(/[!-~]*[!-.0-~])?$(?!\n)")] = ""
    # Digits of a currency's subunit, where they are not ISO 4217's or it is none of its currencies: { BTC = 8 }.
    # Without an entry such a currency is refused: a guess could be wrong by a factor of a million.
    exponents: dict[str, Annotated[int, Meta(ge=0, le=9)]] = {}
    # An id that comes back with other contents: no source says the status. 400 is final for the vendor.
    conflict: Literal[400, 412] = 400
    # Whether the last part of an issue_id names free rounds granted in the core: their total is then won by them.
    grants: bool = False


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "Gcp":
    return Gcp(provider_id, secrets, settings)


class Gcp:
    """The operator's end of one gateway. See adapters/README.md for what is the vendor's and what is ours."""

    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        self._provider_id = provider_id
        self._secrets = tuple(secrets)
        self._exponents = settings.exponents
        self._grants = settings.grants
        self._errors = ERRORS | {"CONFLICT": (settings.conflict, *ERRORS["CONFLICT"][1:])}
        reads = {"play": self._play, "rollback": self._rollback, "freespins": self._freespins}
        self.endpoints = tuple(Endpoint(name, "POST", f"{settings.base}/{name}", read) for name, read in reads.items())

    def verify(self, request: Request) -> None:
        """The HMAC covers the body and nothing else: what protects from replays is the action_id."""
        if not signing.matches(request.headers.get(_HEADER, ""), self._secrets, request.body):
            raise Rejected(Fault.INVALID_SIGNATURE)

    def refuse(self, no: No, words: object) -> Answer:
        """`words` is the digits of the subunit the balance is told in."""
        status, code, message = self._errors[no.code]
        members = {"code": code, "message": f"{message}: {no.detail}" if no.detail else message}
        known = no.response is not None and no.response.HasField("balances_now")
        if status == ERRORS["INSUFFICIENT_FUNDS"][0] and known and no.response and isinstance(words, int):
            members["balance"] = subunits.whole(no.response.balances_now.shown, words)
        return Answer(status, _encode(members))

    def _play(self, request: Request) -> Call:
        asked = json_words(request, words.Play)
        digits = subunits.exponent(asked.currency, self._exponents)
        if asked.actions:
            actions = [self._action(item, asked.currency, digits) for item in asked.actions]
        elif asked.finished and asked.game_id:
            actions = [Action(kind=ACTION_KIND_NOTE, external_key=finish_key(asked.user_id, asked.game_id))]
        else:
            return self._balance(asked.user_id, asked.currency, asked.game_id, digits)
        staking = any(action.kind == ACTION_KIND_BET for action in actions)
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.user_id,
            # Wins may come long after the session has ended.
            session_token=(asked.session_id or "") if staking else "",
            currency_code=asked.currency,
            round_id=asked.game_id or "",
            game_id=asked.game,
            close_round=bool(asked.finished),
            actions=actions,
        )
        ids = [item.action_id for item in asked.actions or ()]
        return Call(ask, partial(_moved, asked.game_id, ids, digits), digits)

    def _action(self, item: words.PlayedAction, currency: str, digits: int) -> Action:
        info = {"jackpot_contribution": item.jackpot_contribution, "jackpot_win": item.jackpot_win}
        return Action(
            kind=ACTION_KIND_BET if item.action == "bet" else ACTION_KIND_WIN,
            external_key=_KEY + item.action_id,
            amount=subunits.parse(item.amount, currency, digits),
            category=CATEGORY_GAME,
            info={
                name: str(value)[:_MAX_INFO] for name, value in info.items() if isinstance(value, int | Decimal | str)
            },
        )

    def _balance(self, user_id: str, currency: str, game_id: str | None, digits: int) -> Call:
        ask = GetBalanceRequest(provider_id=self._provider_id, player_id=user_id, currency_code=currency)
        return Call(ask, partial(_balance_only, game_id, digits), digits)

    def _rollback(self, request: Request) -> Call:
        asked = json_words(request, words.Rollback)
        digits = subunits.exponent(asked.currency, self._exponents)
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.user_id,
            currency_code=asked.currency,
            round_id=asked.game_id,
            game_id=asked.game,
            close_round=bool(asked.finished),
            actions=[
                Action(
                    kind=ACTION_KIND_ROLLBACK,
                    external_key=_VOID + _KEY + item.original_action_id,
                    references=[_KEY + item.original_action_id],
                    info={"action_id": item.action_id},
                )
                for item in asked.actions
            ],
        )
        ids = [item.action_id for item in asked.actions]
        return Call(ask, partial(_undone, asked.game_id, ids, digits), digits)

    def _freespins(self, request: Request) -> Call:
        """The message names neither player nor currency; its issue_id is the operator's own and bears both."""
        asked = json_words(request, words.FreeSpins)
        user_id, currency = owner(asked.issue_id)
        digits = subunits.exponent(currency, self._exponents)
        if not asked.total_amount:  # nothing to pay, and a report before the last one must not use up the key
            return self._balance(user_id, currency, None, digits)
        win = Action(
            kind=ACTION_KIND_WIN,
            external_key=_FREESPINS + asked.issue_id,
            amount=subunits.parse(asked.total_amount, currency, digits),
            category=CATEGORY_FREE_ROUND,
            info={"status": asked.status},
            free_rounds_id=asked.issue_id.rpartition(":")[2] if self._grants else "",
        )
        ask = PlayRequest(provider_id=self._provider_id, player_id=user_id, currency_code=currency, actions=[win])
        return Call(ask, partial(_paid, digits), digits)


def issue_id(user_id: str, currency: str, own_id: str) -> str:
    """The id to issue free spins under. `own_id` is unique among the operator's issues and has no colon."""
    return f"{user_id}:{currency}:{own_id}"


def owner(issue: str) -> tuple[str, str]:
    """The player and currency of an issue_id. Raises Rejected INVALID_REQUEST where it is none of ours."""
    user_id, _, rest = issue.rpartition(":")[0].rpartition(":")
    if not user_id or not rest:
        raise Rejected("INVALID_REQUEST", "the issue_id is none of ours")
    return user_id, rest


def finish_key(user_id: str, game_id: str) -> str:
    """Rounds may be shared by players. No user_id, whatever is in it, makes another's key."""
    player = user_id.replace("%", "%25").replace(":", "%3A")
    return f"p:{player}:finish:{game_id}"


def _ok(members: dict[str, Any]) -> Answer:
    return Answer(200, _encode(members))


def _balance_only(game_id: str | None, digits: int, reply: GetBalanceResponse) -> Answer:
    balance = {"balance": subunits.whole(reply.balances.shown, digits)}
    return _ok(balance | {"game_id": game_id, "transactions": []} if game_id else balance)


def _moved(game_id: str | None, ids: Sequence[str], digits: int, reply: PlayResponse) -> Answer:
    """What came after its rollback was acknowledged and did nothing: no id. A note has none either, by `ids`."""
    transactions = [
        _transaction(action_id, result, applied=result.outcome == OUTCOME_APPLIED)
        for action_id, result in zip(ids, reply.results, strict=False)
    ]
    return _ok({"balance": _then(reply, digits), "game_id": game_id, "transactions": transactions})


def _undone(game_id: str, ids: Sequence[str], digits: int, reply: PlayResponse) -> Answer:
    """A rollback that found nothing to give or take has no parts, and then no id."""
    transactions = [
        _transaction(action_id, result, applied=bool(result.parts))
        for action_id, result in zip(ids, reply.results, strict=True)
    ]
    return _ok({"balance": _then(reply, digits), "game_id": game_id, "transactions": transactions})


def _paid(digits: int, reply: PlayResponse) -> Answer:
    return _ok({"balance": _then(reply, digits)})


def _transaction(action_id: str, result: ActionResult, *, applied: bool) -> dict[str, str]:
    return {
        "action_id": action_id,
        "tx_id": result.transaction_id if applied else "",
        # When it was stored: a repeat says the same.
        "processed_at": result.committed_at.ToDatetime(UTC).isoformat().replace("+00:00", "Z"),
    }


def _then(reply: PlayResponse, digits: int) -> int:
    """A repeated call shows what the first one showed."""
    return subunits.whole(
        (reply.balances_then if reply.HasField("balances_then") else reply.balances_now).shown, digits
    )
