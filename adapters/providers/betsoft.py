"""Betsoft (Nucleus), EC common wallet: GET or form parameters with an MD5 in, XML that repeats them out."""

import re
from collections.abc import Callable, Mapping, Sequence
from email.utils import formatdate
from functools import partial
from typing import Annotated, Literal
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec
from msgspec import Meta
from wallet.v1.common_pb2 import Balances, Money
from wallet.v1.sessions_pb2 import SESSION_USE_READ, ResolveSessionRequest, ResolveSessionResponse
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_BONUS,
    CATEGORY_GAME,
    Action,
    Category,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters import digests, subunits
from adapters.decoding import query_words, typed
from adapters.faults import Fault, Rejected
from adapters.forms import form_words
from adapters.provider import Answer, Call, Endpoint, No, Request

# Ids are unique per kind; that of a refund is its bet's.
_BET, _WIN, _VOID = "bet:", "win:", "void:"
_NEGATIVE, _BONUS_WIN, _BONUS_RELEASE = "negative:", "bonuswin:", "bonusrelease:"

# Which values are hashed, in this order, before the key. A balance is not.
HASHED: dict[str, tuple[str, ...]] = {
    "authenticate": ("token",),
    "getAccountInfo": ("userId",),
    "betResult": ("userId", "bet", "win", "isRoundFinished", "roundId", "gameId"),
    "refundBet": ("userId", "casinoTransactionId"),
    "bonusRelease": ("userId", "bonusId", "amount"),
    "bonusWin": ("userId", "bonusId", "amount"),
}

# What the vendor takes for final, but for 399: then it asks again, or takes the bet back.
_MEANT: dict[str, tuple[str, ...]] = {
    "300": ("INSUFFICIENT_FUNDS",),
    # The operation failed.
    "301": (
        *("CONFLICT", "ALREADY_EXISTS", "TOMBSTONED", "GAME_NOT_ALLOWED", "PLAYER_BLOCKED", "LIMIT_REACHED"),
        *("ROUND_CLOSED", "ROUND_NOT_FOUND", "REFERENCE_MISMATCH", "REFERENCE_ROLLED_BACK", "REFERENCE_SETTLED"),
        *("AMOUNT_EXCEEDS_REFERENCE", "INVALID_JOURNAL"),
    ),
    # The transaction is unknown; a refund is tried again for some minutes, and then thought done.
    "302": ("REFERENCE_NOT_FOUND", "TRANSACTION_NOT_FOUND"),
    "310": ("PLAYER_UNKNOWN",),
    "399": ("UNSPECIFIED", "UNKNOWN_PROVIDER", "IN_PROGRESS", Fault.TRY_LATER, Fault.INTERNAL),
    "400": ("SESSION_UNKNOWN", "SESSION_EXPIRED", "SESSION_ROTATED"),
    "500": (Fault.INVALID_SIGNATURE, Fault.STALE_TIMESTAMP, Fault.ADDRESS_NOT_ALLOWED),
    "602": ("INVALID_AMOUNT", "INVALID_PRECISION"),
    "610": (
        *("INVALID_REQUEST", "UNKNOWN_CURRENCY", "WRONG_CURRENCY", Fault.UNKNOWN_PATH, Fault.METHOD_NOT_ALLOWED),
        *(Fault.TOO_LARGE, Fault.UNSUPPORTED_CONTENT_TYPE),
    ),
}
ERRORS: dict[str, str] = {code: number for number, codes in _MEANT.items() for code in codes}

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Short = Annotated[str, Meta(max_length=200)]
Path = Annotated[str, Meta(pattern=r"^/[!-~]*$(?!\n)")]
Operation = Literal[
    "authenticate", "getBalance", "getAccountInfo", "betResult", "refundBet", "bonusRelease", "bonusWin"
]

# Nobody's whole cents are longer.
_CENTS = re.compile(r"0|[1-9][0-9]{0,19}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
# Characters that XML 1.0 has not, escaped or not.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is agreed with each operator, or said by no public page of the vendor."""

    # Of an operation, where it is not its name behind a slash: { getBalance = "/balance.do" }.
    paths: dict[Operation, Path] = {}
    # Requests name none. Empty: what the core finds; needed where a player has several wallets.
    currency: Annotated[str, Meta(pattern=r"^([A-Z0-9]{3,16})?$(?!\n)")] = ""
    # Digits of a cent.
    digits: Annotated[int, Meta(ge=0, le=9)] = 2
    # Whether the `token` of a betResult is looked at: then a bet needs it live.
    session: Literal["ignored", "token"] = "ignored"
    # Whether the bonusId of a bonusWin names free rounds granted in the core: it is then won by them.
    grants: bool = False
    # The result of what is refused.
    refused: Literal["ERROR", "FAILED"] = "ERROR"


class Asked(msgspec.Struct, frozen=True):
    """What is repeated in an answer."""

    fields: Mapping[str, str]
    # Unix seconds.
    at: float


class OfUser(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    user_id: Id


class BetResult(OfUser, frozen=True, kw_only=True):
    round_id: Id
    # Each is cents, a bar and the transaction's id.
    bet: Short = ""
    win: Short = ""
    game_id: Short = ""
    is_round_finished: Literal["", "true", "false"] = ""
    # Cents of stakes that come back with the result.
    negative_bet: Short = ""
    token: Short = ""


class Bonus(OfUser, frozen=True, kw_only=True):
    bonus_id: Id
    amount: Short
    # Of a bonusWin.
    transaction_id: Short = ""


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "Betsoft":
    return Betsoft(provider_id, secrets, settings)


class Betsoft:
    """The operator's end of the common wallet. The secrets are the pass keys."""

    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        self._provider_id = provider_id
        self._secrets = tuple(secrets)
        self._settings = settings
        reads: dict[str, Callable[[Asked], Call]] = {
            "authenticate": self._authenticate,
            "getBalance": self._balance,
            "getAccountInfo": self._account,
            "betResult": self._bet_result,
            "refundBet": self._refund,
            "bonusRelease": self._bonus_release,
            "bonusWin": self._bonus_win,
        }
        paths: dict[str, str] = {name: f"/{name}" for name in reads} | settings.paths
        self._hashed = {paths[name]: members for name, members in HASHED.items()}
        self.endpoints = tuple(
            Endpoint(name, method, paths[name], partial(_read, read), signed=name in HASHED)
            for name, read in reads.items()
            for method in ("GET", "POST")
        )

    def verify(self, request: Request) -> None:
        """MD5 of the values as they were decoded, an absent one empty, and the key."""
        fields = _fields(request)
        text = "".join(fields.get(name, "") for name in self._hashed[request.path]).encode()
        if not digests.matches(fields.get("hash", ""), [digests.digest("md5", text, key) for key in self._secrets]):
            raise Rejected(Fault.INVALID_SIGNATURE)

    def refuse(self, no: No, words: object) -> Answer:
        """`words` is what was asked; of what was not understood nothing is repeated."""
        response = {"RESULT": self._settings.refused, "CODE": ERRORS[no.code]}
        if no.detail:
            response["MESSAGE"] = no.detail
        return _written(words if isinstance(words, Asked) else None, response)

    def _authenticate(self, asked: Asked) -> Call:
        ask = ResolveSessionRequest(
            provider_id=self._provider_id,
            token=typed(asked.fields.get("token", ""), Id),
            use=SESSION_USE_READ,
            currency_code=self._settings.currency,
        )
        return Call(ask, partial(self._authenticated, asked), asked)

    def _balance(self, asked: Asked) -> Call:
        return Call(self._purse(asked), partial(self._told, asked), asked)

    def _account(self, asked: Asked) -> Call:
        return Call(self._purse(asked), partial(_introduced, asked), asked)

    def _purse(self, asked: Asked) -> GetBalanceRequest:
        user_id, currency = typed(asked.fields, OfUser).user_id, self._settings.currency
        return GetBalanceRequest(provider_id=self._provider_id, player_id=user_id, currency_code=currency)

    def _bet_result(self, asked: Asked) -> Call:
        """A bet, a win, or both at once: all or nothing."""
        words = typed(asked.fields, BetResult)
        actions, last = [], ""
        for prefix, kind, packed in ((_BET, ACTION_KIND_BET, words.bet), (_WIN, ACTION_KIND_WIN, words.win)):
            if packed:
                cents, _, last = packed.partition("|")
                if not last:
                    raise Rejected("INVALID_REQUEST", "bet and win are cents|transaction")
                amount = self._cents(cents)
                actions.append(Action(kind=kind, external_key=prefix + last, amount=amount, category=CATEGORY_GAME))
        if not actions:
            raise Rejected("INVALID_REQUEST", "there is neither a bet nor a win")
        if words.negative_bet not in ("", "0"):
            actions.append(self._credit(_NEGATIVE + last, words.negative_bet, CATEGORY_GAME))
        ask = self._play(words.user_id, actions)
        ask.session_token = words.token if words.bet and self._settings.session == "token" else ""
        ask.round_id, ask.game_id = words.round_id, words.game_id
        ask.close_round = words.is_round_finished == "true"
        return Call(ask, partial(self._moved, asked), asked)

    def _refund(self, asked: Asked) -> Call:
        """It bears the id of its bet; whatever else comes along is not looked at."""
        key = _BET + typed(asked.fields.get("casinoTransactionId", ""), Id)
        undo = Action(kind=ACTION_KIND_ROLLBACK, external_key=_VOID + key, references=[key])
        return Call(self._play(typed(asked.fields, OfUser).user_id, [undo]), partial(_refunded, asked), asked)

    def _bonus_release(self, asked: Asked) -> Call:
        words = typed(asked.fields, Bonus)
        credit = self._credit(_BONUS_RELEASE + words.bonus_id, words.amount, CATEGORY_BONUS)
        return Call(self._play(words.user_id, [credit]), partial(self._told, asked), asked)

    def _bonus_win(self, asked: Asked) -> Call:
        words = typed(asked.fields, Bonus)
        credit = self._credit(_BONUS_WIN + typed(words.transaction_id, Id), words.amount, CATEGORY_BONUS)
        credit.free_rounds_id = words.bonus_id if self._settings.grants else ""
        return Call(self._play(words.user_id, [credit]), partial(self._told, asked), asked)

    def _play(self, user_id: str, actions: Sequence[Action]) -> PlayRequest:
        currency = self._settings.currency
        return PlayRequest(provider_id=self._provider_id, player_id=user_id, currency_code=currency, actions=actions)

    def _credit(self, key: str, cents: str, category: Category.ValueType) -> Action:
        return Action(kind=ACTION_KIND_WIN, external_key=key, amount=self._cents(cents), category=category)

    def _cents(self, text: str) -> Money:
        if not _CENTS.fullmatch(text):
            raise Rejected("INVALID_AMOUNT", "an amount is whole cents")
        return subunits.parse(int(text), self._settings.currency, self._settings.digits)

    def _shown(self, balances: Balances) -> dict[str, str]:
        return {"BALANCE": str(subunits.whole(balances.shown, self._settings.digits))}

    def _authenticated(self, asked: Asked, reply: ResolveSessionResponse) -> Answer:
        who = {"USERID": reply.player.player_id, "CURRENCY": reply.balances.shown.currency_code}
        return _said(asked, who | self._shown(reply.balances))

    def _told(self, asked: Asked, reply: GetBalanceResponse | PlayResponse) -> Answer:
        balances = reply.balances if isinstance(reply, GetBalanceResponse) else reply.balances_now
        return _said(asked, self._shown(balances))

    def _moved(self, asked: Asked, reply: PlayResponse) -> Answer:
        """Of several movements at once the first one's id; a repeated call has the balance of now."""
        transaction = {"EXTSYSTEMTRANSACTIONID": reply.results[0].transaction_id}
        return _said(asked, transaction | self._shown(reply.balances_now))


def _read(read: Callable[[Asked], Call], request: Request) -> Call:
    return read(Asked(_fields(request), request.received_at))


def _fields(request: Request) -> dict[str, str]:
    """The parameters, each once. Raises Rejected INVALID_REQUEST, also for what no XML could repeat."""
    decode = query_words if request.method == "GET" else form_words
    fields = decode(request, dict[str, str])
    if any(map(_NOT_XML.search, fields.values())):
        raise Rejected("INVALID_REQUEST", "text contains a character that is not allowed")
    return fields


def _introduced(asked: Asked, reply: GetBalanceResponse) -> Answer:
    return _said(asked, {"USERNAME": reply.player_id, "CURRENCY": reply.balances.shown.currency_code})


def _refunded(asked: Asked, reply: PlayResponse) -> Answer:
    return _said(asked, {"EXTSYSTEMTRANSACTIONID": reply.results[0].transaction_id})


def _said(asked: Asked, response: Mapping[str, str]) -> Answer:
    return _written(asked, {"RESULT": "OK", **response})


def _written(asked: Asked | None, response: Mapping[str, str]) -> Answer:
    """XML is written here and never read. Parameters whose names could be no element's are not repeated."""
    root = Element("EXTSYSTEM")
    request = SubElement(root, "REQUEST")
    if asked is not None:
        for name, value in asked.fields.items():
            if _NAME.fullmatch(name):
                SubElement(request, name.upper()).text = value
        # 05 Nov 2026 14:03:22, in UTC, whatever the machine's language is.
        SubElement(root, "TIME").text = formatdate(asked.at, usegmt=True)[5:25]
    said = SubElement(root, "RESPONSE")
    for name, value in response.items():
        SubElement(said, name).text = value
    return Answer(200, tostring(root, encoding="utf-8", xml_declaration=True), "text/xml; charset=utf-8")
