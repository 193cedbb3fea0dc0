"""Slotegrator GIS: one URL, PHP's forms in and JSON out, with an HMAC-SHA1 over headers and fields."""

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
    Action,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters import money, signing, subunits
from adapters.decoding import typed
from adapters.faults import Fault, Rejected
from adapters.forms import form_pairs
from adapters.provider import Answer, Call, Endpoint, No, Request
from adapters.providers.slotegrator import words
from adapters.providers.slotegrator.forms import members, signed_text
from adapters.providers.slotegrator.words import BETS, ERRORS, WINS

__all__ = ["Settings", "connect"]

_SIGN = "X-Sign"
_TIMESTAMP = "X-Timestamp"
_SIGNED_HEADERS = ("X-Merchant-Id", "X-Nonce", _TIMESTAMP)
# A rollback of 100 transactions with four members each fits in.
_MAX_FIELDS = 512
# The vendor's refunds may name a win, which they must not undo; so bets and wins have an id space each.
_BET, _WIN, _VOID = "bet:", "win:", "void:"

_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The defaults are what is known of the vendor, and the safest answer where nothing is."""

    # Of the callback URL as it was registered with the vendor.
    path: Annotated[str, Meta(pattern=r"^/[!-~]*$(?!\n)")] = "/"
    # How many seconds the signed X-Timestamp may be off; 0: it is not looked at. Every attempt is signed anew.
    window: Annotated[float, Meta(ge=0, le=86400)] = 300.0
    # The vendor reads no more decimals of a balance; what other providers left of it below that is cut off.
    balance_digits: Annotated[int, Meta(ge=0, le=9)] = 4
    # A bet of type freespin: `free` takes nothing, whatever its amount, which is noted; `paid` takes the amount.
    freespin_bets: Literal["free", "paid"] = "free"
    # Whether the freespin_id of a bet or win of type freespin names free rounds granted in the core.
    grants: bool = False
    # The vendor has no word for "try again": a bet of unknown fate is refunded when nobody answered. No public page
    # says that it is after an INTERNAL_ERROR with status 200.
    retry_status: Literal[200, 500, 503] = 500


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "Slotegrator":
    return Slotegrator(provider_id, secrets, settings)


class Slotegrator:
    """The operator's end of one merchant account. The secrets are merchant keys."""

    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        self._provider_id = provider_id
        self._secrets = tuple(secrets)
        self._settings = settings
        self._actions: dict[str, Callable[[dict[str, Any]], Call]] = {
            "balance": self._balance,
            "bet": self._bet,
            "win": self._win,
            "refund": self._refund,
            "rollback": self._rollback,
        }
        self.endpoints = (Endpoint("callback", "POST", settings.path, self._read),)

    def verify(self, request: Request) -> None:
        """HMAC-SHA1 of the three headers and all fields; the values are the text that was sent: `10.50` stays so."""
        headers = [(name, request.headers.get(name, "")) for name in _SIGNED_HEADERS]
        text = signed_text([*headers, *form_pairs(request, _MAX_FIELDS)])
        given = request.headers.get(_SIGN, "")
        if not all(value for _, value in headers) or not signing.matches(given, self._secrets, text, "sha1"):
            raise Rejected(Fault.INVALID_SIGNATURE)
        window, timestamp = self._settings.window, request.headers[_TIMESTAMP]
        if window and not signing.within_window(timestamp, request.received_at, window):
            raise Rejected(Fault.STALE_TIMESTAMP)

    def refuse(self, no: No, words: object) -> Answer:  # noqa: ARG002 - an error needs nothing of its request
        code, description, retryable = ERRORS[no.code]
        text = f"{description}: {no.detail}" if no.detail else description
        status = self._settings.retry_status if retryable else 200
        return Answer(status, _encode({"error_code": code, "error_description": text}))

    def _read(self, request: Request) -> Call:
        fields = members(form_pairs(request, _MAX_FIELDS))
        read = self._actions.get(fields.get("action", ""))
        if read is None:
            raise Rejected("INVALID_REQUEST", f"`action` is one of {', '.join(self._actions)}")
        return read(fields)

    def _balance(self, fields: dict[str, Any]) -> Call:
        """A session may come along and be over: it is the player who is asked about."""
        asked = typed(fields, words.Balance)
        ask = GetBalanceRequest(provider_id=self._provider_id, player_id=asked.player_id, currency_code=asked.currency)
        return Call(ask, self._balance_only)

    def _bet(self, fields: dict[str, Any]) -> Call:
        asked = typed(fields, words.Bet)
        action = Action(
            kind=ACTION_KIND_BET,
            external_key=_BET + asked.transaction_id,
            amount=money.parse(asked.amount, asked.currency),
            category=BETS[asked.type],
            info=_info(asked),
            free_rounds_id=self._grant(asked),
        )
        if asked.type == "freespin" and self._settings.freespin_bets == "free":
            action.info["amount"] = asked.amount
            # A stake of nothing opens the round.
            action.amount.units = action.amount.nanos = 0
        # A bet without a round is a round by itself, and over: nothing can follow it but its refund.
        round_id, close = asked.round_id or action.external_key, not asked.round_id or asked.finished == "1"
        return self._play(asked, [action], token=asked.session_id, round_id=round_id, close=close)

    def _win(self, fields: dict[str, Any]) -> Call:
        """It may come when the session is long over, and without a round."""
        asked = typed(fields, words.Win)
        action = Action(
            kind=ACTION_KIND_WIN,
            external_key=_WIN + asked.transaction_id,
            amount=money.parse(asked.amount, asked.currency),
            category=WINS[asked.type],
            info=_info(asked),
            free_rounds_id=self._grant(asked),
        )
        close = asked.round_id != "" and asked.finished == "1"
        return self._play(asked, [action], round_id=asked.round_id, close=close)

    def _grant(self, asked: words.Bet | words.Win) -> str:
        return asked.freespin_id if self._settings.grants and asked.type == "freespin" else ""

    def _refund(self, fields: dict[str, Any]) -> Call:
        """Its own id is another one at each attempt; what is refunded once is the bet."""
        asked = typed(fields, words.Refund)
        key = _BET + asked.bet_transaction_id
        action = Action(
            kind=ACTION_KIND_ROLLBACK,
            external_key=_VOID + key,
            references=[key],
            info={"transaction_id": asked.transaction_id},
        )
        return self._play(asked, [action])

    def _rollback(self, fields: dict[str, Any]) -> Call:
        asked = typed(fields, words.Rollback)
        info = {"transaction_id": asked.transaction_id}
        actions: dict[str, Action] = {}
        for undone in asked.rollback_transactions:
            key = f"{undone.action}:{undone.transaction_id}"
            # A refund gave back what its bet had taken. Where the bet is listed, too, both are undone as it is; and no
            # refund can be undone by itself, as its id names no key.
            standing = undone.action != "refund"
            actions[key] = Action(
                kind=ACTION_KIND_ROLLBACK if standing else ACTION_KIND_NOTE,
                external_key=_VOID + key,
                references=[key] if standing else [],
                info=info,
            )
        ids = [undone.transaction_id for undone in asked.rollback_transactions]
        return self._play(asked, list(actions.values()), rolled_back=ids)

    def _play(
        self,
        asked: words.Movement,
        actions: Sequence[Action],
        *,
        token: str = "",
        round_id: str = "",
        close: bool = False,
        rolled_back: Sequence[str] = (),
    ) -> Call:
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.player_id,
            session_token=token,
            currency_code=asked.currency,
            round_id=round_id,
            game_id=asked.game_uuid,
            close_round=close,
            actions=actions,
        )
        return Call(ask, partial(self._moved, rolled_back))

    def _balance_only(self, reply: GetBalanceResponse) -> Answer:
        return _ok({"balance": self._shown(reply.balances.shown, reply.display_digits)})

    def _moved(self, rolled_back: Sequence[str], reply: PlayResponse) -> Answer:
        """A repeated call is answered as the first was; a rollback's id is that of the first of its reversals."""
        balances = reply.balances_then if reply.HasField("balances_then") else reply.balances_now
        told = {
            "balance": self._shown(balances.shown, reply.display_digits),
            "transaction_id": reply.results[0].transaction_id,
        }
        return _ok(told | ({"rollback_transactions": rolled_back} if rolled_back else {}))

    def _shown(self, balance: Money, display_digits: int) -> msgspec.Raw:
        digits = self._settings.balance_digits
        cut = subunits.parse(subunits.whole(balance, digits), balance.currency_code, digits)
        return money.number(cut, min(display_digits, digits))


def _info(asked: words.Play) -> dict[str, str]:
    return {name: value for name in ("freespin_id", "quantity") if (value := getattr(asked, name))}


def _ok(told: dict[str, Any]) -> Answer:
    return Answer(200, _encode(told))
