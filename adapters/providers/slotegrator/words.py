"""Slotegrator's messages and error codes. Fields that are not listed are ignored, and signed all the same."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from wallet.v1.wallet_pb2 import (
    CATEGORY_FREE_ROUND,
    CATEGORY_GAME,
    CATEGORY_JACKPOT,
    CATEGORY_TIP,
    Category,
)

from adapters.faults import Fault

# There are two codes. What may succeed later has neither: the vendor's word for it is that nobody answers.
_FUNDS, _ERROR = "INSUFFICIENT_FUNDS", "INTERNAL_ERROR"

# Code, description, and whether the same request may succeed later.
ERRORS: dict[str, tuple[str, str, bool]] = {
    "UNSPECIFIED": (_ERROR, "refused without a reason", True),
    "INVALID_REQUEST": (_ERROR, "the request is malformed", False),
    "UNKNOWN_CURRENCY": (_ERROR, "there is no such currency here", False),
    "INVALID_PRECISION": (_ERROR, "the amount is finer than its currency allows", False),
    "INVALID_AMOUNT": (_ERROR, "the amount is not a plain decimal, is negative, or is too large", False),
    "UNKNOWN_PROVIDER": (_ERROR, "the wallet does not know this adapter", True),
    "SESSION_UNKNOWN": (_ERROR, "the session is unknown", False),
    "PLAYER_UNKNOWN": (_ERROR, "the player is unknown", False),
    "CONFLICT": (_ERROR, "the transaction_id was used before with other contents", False),
    "TOMBSTONED": (_ERROR, "the transaction was refunded before it arrived", False),
    "WRONG_CURRENCY": (_ERROR, "the player or session has another currency", False),
    "SESSION_EXPIRED": (_ERROR, "the session has expired", False),
    "SESSION_ROTATED": (_ERROR, "the session was replaced", False),
    "GAME_NOT_ALLOWED": (_ERROR, "the game is not available", False),
    "PLAYER_BLOCKED": (_ERROR, "the player is blocked", False),
    "ROUND_CLOSED": (_ERROR, "the round is closed", False),
    "REFERENCE_NOT_FOUND": (_ERROR, "the transaction referred to is unknown", False),
    "REFERENCE_MISMATCH": (_ERROR, "the transaction referred to is of another kind", False),
    "REFERENCE_ROLLED_BACK": (_ERROR, "the bet was refunded", False),
    "REFERENCE_SETTLED": (_ERROR, "the bet is settled", False),
    "AMOUNT_EXCEEDS_REFERENCE": (_ERROR, "more than is left of the transaction", False),
    "LIMIT_REACHED": (_ERROR, "a limit of the player is reached", False),
    "INSUFFICIENT_FUNDS": (_FUNDS, "the player has too little money", False),
    "ROUND_NOT_FOUND": (_ERROR, "the round is unknown", False),
    "ALREADY_EXISTS": (_ERROR, "it exists with other contents", False),
    "INVALID_JOURNAL": (_ERROR, "the wallet could not book this", False),
    "TRANSACTION_NOT_FOUND": (_ERROR, "the transaction is unknown", False),
    "IN_PROGRESS": (_ERROR, "still being worked on", True),
    Fault.ADDRESS_NOT_ALLOWED: (_ERROR, "this address may not call", False),
    Fault.UNKNOWN_PATH: (_ERROR, "there is nothing at this path", False),
    Fault.METHOD_NOT_ALLOWED: (_ERROR, "calls are made by POST", False),
    Fault.TOO_LARGE: (_ERROR, "the body is too large", False),
    Fault.UNSUPPORTED_CONTENT_TYPE: (_ERROR, "the body is not a plain form", False),
    Fault.INVALID_SIGNATURE: (_ERROR, "the signature is missing or wrong", False),
    Fault.STALE_TIMESTAMP: (_ERROR, "the timestamp is out of its window", False),
    Fault.TRY_LATER: (_ERROR, "no answer in time; send the same request again", True),
    Fault.INTERNAL: (_ERROR, "something went wrong here", True),
}

# By the `type` of a bet, and of a win.
BETS: dict[str, Category.ValueType] = {
    "bet": CATEGORY_GAME,
    "tip": CATEGORY_TIP,
    "freespin": CATEGORY_FREE_ROUND,
}
WINS: dict[str, Category.ValueType] = {
    "win": CATEGORY_GAME,
    "jackpot": CATEGORY_JACKPOT,
    "freespin": CATEGORY_FREE_ROUND,
}

# No text has a NUL, which a form could bring.
Id = Annotated[str, Meta(pattern=r"\A[^\0]{1,200}\Z")]
Short = Annotated[str, Meta(pattern=r"\A[^\0]{0,200}\Z")]


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    player_id: Id
    currency: Id


class Movement(Balance, frozen=True, kw_only=True):
    """What bets, wins and rollbacks have; none needs more to be understood."""

    game_uuid: Id
    transaction_id: Id
    session_id: Short = ""
    round_id: Short = ""


class Play(Movement, frozen=True, kw_only=True):
    """What bets and wins have. PHP writes a false as 0, and leaves out what is null."""

    amount: str
    freespin_id: Short = ""
    quantity: Short = ""
    finished: Literal["0", "1", ""] = ""


class Bet(Play, frozen=True, kw_only=True):
    type: Literal["bet", "tip", "freespin"]


class Win(Play, frozen=True, kw_only=True):
    type: Literal["win", "jackpot", "freespin"]


class Refund(Movement, frozen=True, kw_only=True):
    """A bet is refunded whole; the amount and the round that come along are not looked at."""

    bet_transaction_id: Id


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """One of a rollback's transactions; it is undone whole, and its amount is not looked at."""

    action: Literal["bet", "win", "refund"]
    transaction_id: Id


class Rollback(Movement, frozen=True, kw_only=True):
    rollback_transactions: Annotated[list[Undone], Meta(min_length=1, max_length=100)]
