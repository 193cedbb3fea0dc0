"""Red Tiger: an API key, stakes and payouts by round, a reconciliation token that settles without a session."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from wallet.v1.common_pb2 import Money
from wallet.v1.sessions_pb2 import SESSION_USE_READ, ResolveSessionRequest, ResolveSessionResponse
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_GAME,
    CATEGORY_PROMO,
    Action,
    PlayRequest,
    PlayResponse,
)

from adapters import digests, money, parts, subunits
from adapters.decoding import json_words
from adapters.faults import Fault, Rejected
from adapters.provider import Answer, Call, Endpoint, No, Request

# Ids are unique per kind; a refund bears that of its stake or buy-in.
_STAKE, _PAYOUT, _BUYIN, _SETTLE, _VOID = "bet:", "win:", "buyin:", "settle:", "void:"
# The promotional part of a payout, where that is paid.
_PROMO = "promo:"
_DIGITS = 2

# Code and message. The status is 400 (setting) but for those in _HTTP.
ERRORS: dict[str, tuple[int, str]] = {
    "UNSPECIFIED": (201, "Refused"),
    "INVALID_REQUEST": (200, "Invalid input"),
    "UNKNOWN_CURRENCY": (305, "Invalid currency"),
    "INVALID_PRECISION": (200, "Invalid input"),
    "INVALID_AMOUNT": (200, "Invalid input"),
    "UNKNOWN_PROVIDER": (500, "Internal error"),
    "SESSION_UNKNOWN": (301, "Not authorised"),
    "PLAYER_UNKNOWN": (301, "Not authorised"),
    "CONFLICT": (401, "Duplicate transaction"),
    "TOMBSTONED": (401, "Transaction was refunded"),
    "WRONG_CURRENCY": (305, "Invalid currency"),
    "SESSION_EXPIRED": (301, "Not authorised"),
    "SESSION_ROTATED": (301, "Not authorised"),
    "GAME_NOT_ALLOWED": (303, "User may not play this"),
    "PLAYER_BLOCKED": (303, "User is banned"),
    "ROUND_CLOSED": (200, "Round has ended"),
    "REFERENCE_NOT_FOUND": (400, "Transaction not found"),
    "REFERENCE_MISMATCH": (200, "Invalid input"),
    "REFERENCE_ROLLED_BACK": (401, "Transaction was refunded"),
    "REFERENCE_SETTLED": (401, "Transaction was settled"),
    "AMOUNT_EXCEEDS_REFERENCE": (200, "Invalid input"),
    "LIMIT_REACHED": (306, "User has reached a limit"),
    "INSUFFICIENT_FUNDS": (304, "Insufficient funds"),
    "ROUND_NOT_FOUND": (400, "Round not found"),
    "ALREADY_EXISTS": (401, "Duplicate transaction"),
    "INVALID_JOURNAL": (500, "Internal error"),
    "TRANSACTION_NOT_FOUND": (400, "Transaction not found"),
    "IN_PROGRESS": (500, "Still being worked on"),
    Fault.ADDRESS_NOT_ALLOWED: (100, "Invalid API key"),
    Fault.UNKNOWN_PATH: (201, "Nothing is at this path"),
    Fault.METHOD_NOT_ALLOWED: (201, "This path has another method"),
    Fault.TOO_LARGE: (200, "Invalid input"),
    Fault.UNSUPPORTED_CONTENT_TYPE: (200, "Invalid input"),
    Fault.INVALID_SIGNATURE: (100, "Invalid API key"),
    Fault.STALE_TIMESTAMP: (100, "Invalid API key"),
    Fault.TRY_LATER: (500, "No answer in time"),
    Fault.INTERNAL: (500, "Internal error"),
}
_HTTP: dict[str, int] = {Fault.UNKNOWN_PATH: 404, Fault.METHOD_NOT_ALLOWED: 405, Fault.TOO_LARGE: 413}
_HTTP_OF_CODE: dict[int, int] = {100: 401, 500: 500}

Id = Annotated[str, Meta(min_length=1, max_length=100)]
Short = Annotated[str, Meta(max_length=128)]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]

_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    # Before every path.
    base: Annotated[str, Meta(pattern=r"^(/[!-~]*[!-.0-~])?$(?!\n)")] = ""
    # SHA-256, in lower-case hex, of the reconciliation token; two while it is replaced, none: no such token is known.
    recon_tokens: Annotated[tuple[Sha256, ...], Meta(max_length=2)] = ()
    # HTTP status of what is refused; that it is none of 2xx is all that is known.
    refused_status: Annotated[int, Meta(ge=400, le=499)] = 400
    # Whether payoutPromo is paid to the player as cash. By default it is money of the promotion, as stakePromo is,
    # which nobody takes from the player: both are kept with the transaction, and neither moves anything.
    promo_payouts: Literal["noted", "paid"] = "noted"
    # Whether `instanceCode` names free rounds granted in the core, which stakePromo and payoutPromo are then of.
    grants: bool = False
    # Of the games' texts; the wallet knows no player's.
    language: Annotated[str, Meta(max_length=6)] = "en"


class Asked(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What every call has. Members that are not listed are ignored."""

    token: Annotated[str, Meta(min_length=32, max_length=128)]
    user_id: Annotated[str, Meta(max_length=64)] = ""
    casino: Short = ""
    currency: Short = ""


class Details(msgspec.Struct, frozen=True):
    """Parts of the amount. A contribution to or win of a jackpot may have six decimals; it is noted, not moved."""

    jackpot: Short = "0"


class Transaction(msgspec.Struct, frozen=True, rename="camel"):
    """A refund's id is that of its stake, and what it says of amounts is not read."""

    id: Id
    # Decimal text or a number, see money.parse; None is no amount.
    stake: Any = None
    stake_promo: Short = "0"
    payout: Any = None
    payout_promo: Short = "0"
    details: Details = Details()


class Game(msgspec.Struct, frozen=True):
    key: Short = ""


class Round(msgspec.Struct, frozen=True):
    id: Annotated[str, Meta(max_length=100)] = ""
    ends: bool = False


class Promo(msgspec.Struct, frozen=True, rename="camel"):
    instance_code: Short = ""


class Movement(Asked, frozen=True, kw_only=True):
    currency: Id
    transaction: Transaction
    game: Game = Game()
    round: Round = Round()
    promo: Promo | None = None


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "RedTiger":
    return RedTiger(provider_id, secrets, settings)


class RedTiger:
    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        self._provider_id = provider_id
        self._secrets = tuple(secrets)
        self._settings = settings
        reads: dict[str, Callable[[Request], Call]] = {
            "auth": self._auth,
            "stake": partial(self._stake, _STAKE),
            "payout": partial(self._payout, _PAYOUT),
            "refund": partial(self._refund, _STAKE),
            "promo/buyin": partial(self._stake, _BUYIN),
            "promo/settle": partial(self._payout, _SETTLE),
            "promo/refund": partial(self._refund, _BUYIN),
        }
        self.endpoints = tuple(Endpoint(name, "POST", f"{settings.base}/{name}", read) for name, read in reads.items())

    def verify(self, request: Request) -> None:
        """The key itself and no pair in base64. Every key is compared, so the time does not tell which one it was."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        key = given.encode("utf-8", "surrogateescape")
        found = [hmac.compare_digest(key, secret) for secret in self._secrets]
        if not (any(found) and scheme.lower() == "basic"):
            raise Rejected(Fault.INVALID_SIGNATURE)

    def refuse(self, no: No, words: object) -> Answer:  # noqa: ARG002 - an error needs nothing of its request
        code, message = ERRORS[no.code]
        status = _HTTP.get(no.code) or _HTTP_OF_CODE.get(code, self._settings.refused_status)
        error = {"message": f"{message}: {no.detail}" if no.detail else message, "code": code}
        return Answer(status, _encode({"success": False, "error": error}))

    def _session(self, asked: Asked, *, live: bool) -> str:
        """The token; empty for the reconciliation token, which settles for the `userId` beside it and stakes nothing.

        Raises Rejected. What is kept of that token is its hash: the file of settings opens nothing.
        """
        given = hashlib.sha256(asked.token.encode()).hexdigest()
        if not digests.matches(given, self._settings.recon_tokens):
            return asked.token
        if live or not asked.user_id:
            raise Rejected("SESSION_UNKNOWN")
        return ""

    def _auth(self, request: Request) -> Call:
        asked = json_words(request, Asked)
        token = self._session(asked, live=True)
        ask = ResolveSessionRequest(
            provider_id=self._provider_id, token=token, use=SESSION_USE_READ, currency_code=asked.currency
        )
        return Call(ask, partial(self._authenticated, asked))

    def _authenticated(self, asked: Asked, reply: ResolveSessionResponse) -> Answer:
        if asked.user_id not in ("", reply.player.player_id):
            raise Rejected("PLAYER_UNKNOWN")
        result = {
            "token": asked.token,
            "currency": reply.session.currency_code,
            "userId": reply.player.player_id,
            "casino": asked.casino,
            "country": reply.player.country,
            "language": self._settings.language,
            "balance": _shown(reply.balances.cash, reply.balances.bonus),
        }
        return _ok(result)

    def _stake(self, kind: str, request: Request) -> Call:
        """A buy-in without a round is one by itself."""
        asked = json_words(request, Movement)
        bet = Action(
            kind=ACTION_KIND_BET,
            external_key=kind + asked.transaction.id,
            amount=money.parse(asked.transaction.stake, asked.currency),
            category=CATEGORY_GAME if kind == _STAKE else CATEGORY_PROMO,
            info=_info(asked, stakePromo=asked.transaction.stake_promo),
        )
        if asked.transaction.stake_promo.strip("0.") and not (bet.amount.units or bet.amount.nanos):
            bet.free_rounds_id = self._grant(asked)
        alone = kind == _BUYIN and not asked.round.id
        in_round = Round(bet.external_key, ends=True) if alone else asked.round
        return self._play(asked, [bet], in_round, partial(_moved, asked, "stake"))

    def _payout(self, kind: str, request: Request) -> Call:
        """What settles a promotion needs no buy-in, and no round."""
        asked = json_words(request, Movement)
        win = Action(
            kind=ACTION_KIND_WIN,
            external_key=kind + asked.transaction.id,
            amount=money.parse(asked.transaction.payout, asked.currency),
            category=CATEGORY_GAME if kind == _PAYOUT else CATEGORY_PROMO,
            info=_info(asked, payoutPromo=asked.transaction.payout_promo),
        )
        wins, grant = [win], self._grant(asked)
        if grant or self._settings.promo_payouts == "paid":
            amount = money.parse(asked.transaction.payout_promo, asked.currency)
            promo = Action(kind=ACTION_KIND_WIN, external_key=_PROMO + win.external_key, amount=amount)
            promo.category, promo.free_rounds_id = CATEGORY_PROMO, grant
            wins.append(promo)
        return self._play(asked, wins, asked.round, partial(_moved, asked, "payout"))

    def _refund(self, kind: str, request: Request) -> Call:
        asked = json_words(request, Movement)
        key = kind + asked.transaction.id
        undo = Action(kind=ACTION_KIND_ROLLBACK, external_key=_VOID + key, references=[key])
        return self._play(asked, [undo], asked.round, partial(_moved, asked, "refund"))

    def _grant(self, asked: Movement) -> str:
        return asked.promo.instance_code if asked.promo and self._settings.grants else ""

    def _play(
        self, asked: Movement, actions: list[Action], in_round: Round, write: Callable[[PlayResponse], Answer]
    ) -> Call:
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.user_id,
            session_token=self._session(asked, live=actions[0].kind == ACTION_KIND_BET),
            currency_code=asked.currency,
            round_id=in_round.id,
            game_id=asked.game.key,
            close_round=in_round.ends and bool(in_round.id),
            actions=actions,
        )
        return Call(ask, write)


def _info(asked: Movement, **noted: str) -> dict[str, str]:
    """What is kept with the transaction and has no effect; of nothing, nothing."""
    noted |= {"jackpot": asked.transaction.details.jackpot}
    noted |= {"instanceCode": asked.promo.instance_code} if asked.promo else {}
    return {name: value for name, value in noted.items() if value.strip("0.")}


def _ok(result: dict[str, Any], **beside: object) -> Answer:
    return Answer(200, _encode({"success": True, "result": result} | beside))


def _moved(asked: Movement, word: str, reply: PlayResponse) -> Answer:
    """A refund's balance stands beside its result, as the source has it, and in it as everywhere else."""
    balances = reply.balances_then if reply.HasField("balances_then") else reply.balances_now
    balance = _shown(balances.cash, balances.bonus)
    moved = _shown(parts.cash(reply.results), parts.bonus(reply.results))
    result = {"token": asked.token, "currency": asked.currency, "id": reply.results[0].transaction_id}
    beside = {"balance": balance, "currency": asked.currency} if word == "refund" else {}
    return _ok(result | {"payout" if word == "payout" else "stake": moved, "balance": balance}, **beside)


def _shown(cash: Money, bonus: Money) -> dict[str, str]:
    """Cut to two digits, never rounded up."""
    return {"cash": subunits.truncated(cash, _DIGITS), "bonus": subunits.truncated(bonus, _DIGITS)}
