"""JDB seamless wallet: one form field of AES-128-CBC in, plain JSON out, bet and settlement in one call."""

import base64
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from msgspec import Meta
from msgspec.structs import replace
from wallet.v1.common_pb2 import Balances, Money, Reason
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_FREE_ROUND,
    CATEGORY_GAME,
    CATEGORY_PROMO,
    Action,
    ActionKind,
    Category,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters import money, subunits
from adapters.decoding import json_words, typed
from adapters.faults import Fault, Rejected
from adapters.forms import form_words
from adapters.provider import Answer, Call, Endpoint, No, Request
from wallet_core.client import Unavailable

# A transferId of 8 names its bet, its win and the cancellation (4); the others share one id space.
_BET, _WIN, _KEY, _VOID = "bet:", "win:", "tx:", "void:"
_BLOCK, _NANO_DIGITS = 16, 9
_TEXT = re.compile(r"[A-Za-z0-9_-]+")

# Actions that the vendor sends again. Bets (8, 9) it cancels instead, where it has no proper answer.
_SENT_AGAIN = ("4", "6", "10", "11", "12", "16")
_DONE, _KNOWN, _BUSY = "0000", "9011", "9017"
_MEANT: dict[str, tuple[str, ...]] = {
    "6006": ("INSUFFICIENT_FUNDS",),
    "6101": ("REFERENCE_SETTLED",),  # the round stands
    "7501": ("PLAYER_UNKNOWN",),
    "8000": (
        *("INVALID_REQUEST", "INVALID_AMOUNT", "INVALID_PRECISION", "UNKNOWN_CURRENCY", "WRONG_CURRENCY"),
        *(Fault.METHOD_NOT_ALLOWED, Fault.TOO_LARGE, Fault.UNSUPPORTED_CONTENT_TYPE),
    ),
    "9007": (Fault.UNKNOWN_PATH,),  # there is no such action here
    _KNOWN: ("CONFLICT", "ALREADY_EXISTS"),  # the transferId was used before with other contents
    "9015": ("TRANSACTION_NOT_FOUND",),
    _BUSY: ("UNSPECIFIED", "UNKNOWN_PROVIDER", "IN_PROGRESS", Fault.TRY_LATER, Fault.INTERNAL),
    "9999": (
        *("TOMBSTONED", "SESSION_UNKNOWN", "SESSION_EXPIRED", "SESSION_ROTATED", "GAME_NOT_ALLOWED", "PLAYER_BLOCKED"),
        *("LIMIT_REACHED", "ROUND_CLOSED", "ROUND_NOT_FOUND", "REFERENCE_NOT_FOUND", "REFERENCE_MISMATCH"),
        *("REFERENCE_ROLLED_BACK", "AMOUNT_EXCEEDS_REFERENCE", "INVALID_JOURNAL"),
        *(Fault.INVALID_SIGNATURE, Fault.STALE_TIMESTAMP, Fault.ADDRESS_NOT_ALLOWED),
    ),
}
ERRORS: dict[str, str] = {code: status for status, codes in _MEANT.items() for code in codes}

Id = Annotated[str, Meta(min_length=1, max_length=200)] | Annotated[int, Meta(ge=0)]

_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is agreed with each operator, or said by no public page of the vendor."""

    # Of the URL as it was registered with the vendor.
    path: Annotated[str, Meta(pattern=r"^/[!-~]*$(?!\n)")] = "/"
    # Our code for one of theirs: { RB = "CNY" }. Others are taken as they are.
    currencies: dict[str, str] = {}
    # The vendor's samples have both.
    balance: Literal["number", "string"] = "number"
    # What the cancellation of an unknown 8, of an unknown 9 is answered; neither can arrive any more.
    unknown_game: Literal["0000", "9017"] = "9017"
    unknown_bet: Literal["0000", "9017"] = "0000"
    # Whether the eventId of a 16 names free rounds granted in the core: the reward is then won by them.
    grants: bool = False
    # The HTTP status where it is not known whether 8 or 9 took money: one that is no proper answer has it cancelled.
    unsure: Literal[200, 500, 503] = 500


class Words(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What any action has; amounts are numbers or texts, in major units."""

    action: int | str
    uid: Annotated[str, Meta(min_length=1, max_length=200)]
    currency: Annotated[str, Meta(min_length=1, max_length=32)]
    g_type: int | str = ""
    m_type: int | str = ""
    transfer_id: Id | None = None
    ref_transfer_ids: Annotated[list[Id], Meta(max_length=100)] = []
    history_id: Id | None = None
    game_round_seq_no: Id | None = None
    round_closed: bool | None = None
    activity_no: Id | None = None
    event_id: Id | None = None
    amount: Any = None
    # Of either sign.
    bet: Any = None
    win: Any = None
    net_win: Any = None
    # What the player must have, whatever the bet: of a burst of shots the later ones are paid by what the first won.
    mb: Any = None


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "Jdb":
    return Jdb(provider_id, secrets, settings)


class Jdb:
    """The operator's end of the seamless wallet. A secret is 16 bytes of key and 16 of initialization vector."""

    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        if any(len(secret) != 2 * _BLOCK for secret in secrets):
            raise ValueError("a secret is 16 bytes of key followed by 16 bytes of initialization vector")
        self._provider_id = provider_id
        self._ciphers = tuple(Cipher(AES(secret[:_BLOCK]), CBC(secret[_BLOCK:])) for secret in secrets)
        self._settings = settings
        self._actions: dict[str, Callable[[Words], Call]] = {
            "4": self._cancel_game,
            "6": self._balance,
            "8": self._game,
            "9": self._bet,
            "10": self._settle,
            "11": self._cancel_bets,
            "12": partial(self._reward, CATEGORY_PROMO),
            "16": partial(self._reward, CATEGORY_FREE_ROUND),
        }
        self.endpoints = (Endpoint("callback", "POST", settings.path, self._read),)

    def verify(self, request: Request) -> None:
        """Nothing is signed: what a key makes JSON of was written by one who has it."""
        self._opened(request)

    def _opened(self, request: Request) -> dict[str, Any]:
        """The members under any of the live keys. Raises Rejected INVALID_SIGNATURE."""
        text = form_words(request, dict[str, str]).get("x", "")
        # Of 4n + 1 letters there is no base64.
        sealed = base64.urlsafe_b64decode(text + "==") if _TEXT.fullmatch(text) and len(text) % 4 != 1 else b""
        for cipher in self._ciphers if sealed and len(sealed) % _BLOCK == 0 else ():
            decryptor = cipher.decryptor()
            plain = decryptor.update(sealed) + decryptor.finalize()
            opened = replace(request, body=plain.rstrip(b" "), headers={"Content-Type": "application/json"})
            with suppress(Rejected):
                return json_words(opened, dict[str, Any])
        raise Rejected(Fault.INVALID_SIGNATURE)

    def refuse(self, no: No, words: object) -> Answer:
        """`words` is the action."""
        # That the round stands is said of a cancellation only.
        status = _KNOWN if words == "10" and no.code == "REFERENCE_SETTLED" else ERRORS[no.code]
        body = {"status": status, "err_text": f"{no.code}: {no.detail}" if no.detail else no.code}
        broken = status == _BUSY and words not in _SENT_AGAIN
        return Answer(self._settings.unsure if broken else 200, _encode(body))

    def _read(self, request: Request) -> Call:
        asked = typed(self._opened(request), Words)
        read = self._actions.get(str(asked.action))
        if read is None:
            raise Rejected(Fault.UNKNOWN_PATH, "there is no such action")
        return replace(read(asked), words=str(asked.action))

    def _balance(self, asked: Words) -> Call:
        ask = GetBalanceRequest(provider_id=self._provider_id, player_id=asked.uid, currency_code=self._currency(asked))
        return Call(ask, self._told)

    def _game(self, asked: Words) -> Call:
        """Bet and win as they were, where the player must have the bet; else what moves when they are netted."""
        bet, win = abs(_nanos(asked.bet)), _nanos(asked.win)
        net = win - bet if asked.net_win is None else _nanos(asked.net_win)
        floor = bet if asked.mb is None else _nanos(asked.mb)
        if win < 0:
            raise Rejected("INVALID_AMOUNT", "the win is negative")
        stake, paid = (bet, win) if floor >= bet and net == win - bet else (max(-net, 0), max(net, 0))
        key, currency = _BET + _required(asked.transfer_id), self._currency(asked)
        taken = Action(kind=ACTION_KIND_BET, external_key=key, amount=_money(stake, currency), category=CATEGORY_GAME)
        taken.info.update({"bet": str(asked.bet), "win": str(asked.win)})
        if floor > stake:
            taken.minimum_balance.CopyFrom(_money(floor, currency))
        given = Action(
            kind=ACTION_KIND_WIN,
            external_key=_WIN + _required(asked.transfer_id),
            amount=_money(paid, currency),
            category=CATEGORY_GAME,
            references=[key],
        )
        ask = self._play(asked, taken, given)
        ask.round_id, ask.close_round = str(asked.history_id or asked.transfer_id), True
        return Call(ask, self._moved)

    def _bet(self, asked: Words) -> Call:
        action = self._action(asked, ACTION_KIND_BET, CATEGORY_GAME)
        ask = self._play(asked, action)
        ask.round_id = _required(asked.game_round_seq_no)
        return Call(ask, self._moved)

    def _settle(self, asked: Words) -> Call:
        action = self._action(asked, ACTION_KIND_WIN, CATEGORY_GAME)
        action.references.extend(_references(asked))
        ask = self._play(asked, action)
        # Without its number the bets are settled all the same, and the round stays open.
        ask.round_id = str(asked.game_round_seq_no or "")
        ask.close_round = ask.round_id != "" and asked.round_closed is not False
        return Call(ask, self._moved)

    def _reward(self, category: Category.ValueType, asked: Words) -> Call:
        action = self._action(asked, ACTION_KIND_WIN, category)
        if self._settings.grants and category == CATEGORY_FREE_ROUND:
            action.free_rounds_id = str(asked.event_id or "")
        return Call(self._play(asked, action), self._moved)

    def _cancel_game(self, asked: Words) -> Call:
        number = _required(asked.transfer_id)
        return self._undo(asked, [[_BET + number, _WIN + number]], self._settings.unknown_game)

    def _cancel_bets(self, asked: Words) -> Call:
        """Each by itself: one that is not here must not keep the others from being cancelled."""
        return self._undo(asked, [[key] for key in _references(asked)], self._settings.unknown_bet)

    def _undo(self, asked: Words, plays: Sequence[Sequence[str]], unknown: str) -> Call:
        def undone(key: str) -> Action:
            return Action(kind=ACTION_KIND_ROLLBACK, external_key=_VOID + key, references=[key])

        ask = [self._play(asked, *map(undone, keys)) for keys in plays]
        return Call(ask, partial(self._cancelled, str(asked.action), unknown))

    def _action(self, asked: Words, kind: ActionKind.ValueType, category: Category.ValueType) -> Action:
        info = {"historyId": asked.history_id, "activityNo": asked.activity_no, "eventId": asked.event_id}
        return Action(
            kind=kind,
            external_key=_KEY + _required(asked.transfer_id),
            amount=money.parse(asked.amount, self._currency(asked)),
            category=category,
            info={name: str(value) for name, value in info.items() if value is not None},
        )

    def _play(self, asked: Words, *actions: Action) -> PlayRequest:
        return PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.uid,
            currency_code=self._currency(asked),
            game_id=f"{asked.g_type}-{asked.m_type}",
            actions=actions,
        )

    def _currency(self, asked: Words) -> str:
        return self._settings.currencies.get(asked.currency, asked.currency)

    def _told(self, reply: GetBalanceResponse) -> Answer:
        return self._ok(reply.balances, reply.display_digits)

    def _moved(self, reply: PlayResponse) -> Answer:
        """A repeated call shows what the first one showed."""
        then = reply.HasField("balances_then")
        return self._ok(reply.balances_then if then else reply.balances_now, reply.display_digits)

    def _cancelled(self, action: str, unknown: str, replies: Sequence[PlayResponse | Unavailable]) -> Answer:
        answered = [reply for reply in replies if isinstance(reply, PlayResponse)]
        if len(answered) < len(replies):
            raise Unavailable("a cancellation was not answered")
        for reply in answered:
            reason = Reason.Name(reply.refusal.reason).removeprefix("REASON_")
            if reply.HasField("refusal") and not (reason == "IN_PROGRESS" and unknown == _DONE):
                return self.refuse(No(reason), action)
        return self._moved(answered[-1])

    def _ok(self, balances: Balances, digits: int) -> Answer:
        shown = money.text(balances.shown, digits)
        balance = msgspec.Raw(shown.encode()) if self._settings.balance == "number" else shown
        return Answer(200, _encode({"status": _DONE, "balance": balance, "err_text": ""}))


def _required(number: object) -> str:
    if number is None:
        raise Rejected("INVALID_REQUEST", "transferId and gameRoundSeqNo are needed")
    return str(number)


def _references(asked: Words) -> list[str]:
    if not asked.ref_transfer_ids:
        raise Rejected("INVALID_REQUEST", "refTransferIds are needed")
    return [f"{_KEY}{number}" for number in asked.ref_transfer_ids]


def _nanos(amount: object) -> int:
    return subunits.whole(money.parse(amount, ""), _NANO_DIGITS)


def _money(nanos: int, currency: str) -> Money:
    return subunits.parse(nanos, currency, _NANO_DIGITS)
