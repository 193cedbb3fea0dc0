"""Swipe Games' messages and error codes. Members that are not listed are ignored, and signed all the same."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from adapters.faults import Fault

# After 500 a bet is refunded; after 4xx it is not, and never was one.
_REFUSED, _UNSIGNED, _NOT_FOUND, _ERROR = 400, 401, 404, 500

# Status, the vendor's code where it has one, and what may be shown to the player.
ERRORS: dict[str, tuple[int, str | None, str]] = {
    "UNSPECIFIED": (_ERROR, None, "Something went wrong."),
    "INVALID_REQUEST": (_REFUSED, None, "This cannot be understood."),
    "UNKNOWN_CURRENCY": (_REFUSED, "currency_not_supported", "There is no such currency here."),
    "INVALID_PRECISION": (_REFUSED, None, "The amount is finer than its currency allows."),
    "INVALID_AMOUNT": (_REFUSED, None, "This is not an amount."),
    "UNKNOWN_PROVIDER": (_ERROR, None, "Something went wrong."),
    "SESSION_UNKNOWN": (_NOT_FOUND, "session_not_found", "The session is unknown."),
    "PLAYER_UNKNOWN": (_NOT_FOUND, "session_not_found", "The player is unknown."),
    "CONFLICT": (_REFUSED, None, "The transaction is here with other contents."),
    "TOMBSTONED": (_REFUSED, None, "The transaction was refunded before it arrived."),
    "WRONG_CURRENCY": (_REFUSED, "currency_not_supported", "The player has no wallet in this currency."),
    "SESSION_EXPIRED": (_REFUSED, "session_expired", "The session has expired."),
    "SESSION_ROTATED": (_REFUSED, "session_expired", "The session was replaced by a newer one."),
    "GAME_NOT_ALLOWED": (_REFUSED, "game_not_found", "The game is not available."),
    "PLAYER_BLOCKED": (_REFUSED, "account_blocked", "The account is blocked."),
    "ROUND_CLOSED": (_REFUSED, None, "The round is over."),
    "REFERENCE_NOT_FOUND": (_REFUSED, None, "The bet is unknown."),
    "REFERENCE_MISMATCH": (_REFUSED, None, "This cannot be refunded."),
    "REFERENCE_ROLLED_BACK": (_REFUSED, None, "The bet was refunded."),
    "REFERENCE_SETTLED": (_REFUSED, None, "The bet is settled."),
    "AMOUNT_EXCEEDS_REFERENCE": (_REFUSED, None, "This is more than the bet."),
    "LIMIT_REACHED": (_REFUSED, "bet_limit", "A limit is reached."),
    "INSUFFICIENT_FUNDS": (_REFUSED, "insufficient_funds", "There is not enough money."),
    "ROUND_NOT_FOUND": (_REFUSED, None, "The round is unknown."),
    "ALREADY_EXISTS": (_REFUSED, None, "It is here with other contents."),
    "INVALID_JOURNAL": (_ERROR, None, "Something went wrong."),
    "TRANSACTION_NOT_FOUND": (_REFUSED, None, "The transaction is unknown."),
    "IN_PROGRESS": (_ERROR, None, "Please try again."),
    Fault.ADDRESS_NOT_ALLOWED: (_UNSIGNED, None, "This address may not call."),
    Fault.UNKNOWN_PATH: (_NOT_FOUND, None, "There is nothing here."),
    Fault.METHOD_NOT_ALLOWED: (_REFUSED, None, "This path has another method."),
    Fault.TOO_LARGE: (_REFUSED, None, "The request is too large."),
    Fault.UNSUPPORTED_CONTENT_TYPE: (_REFUSED, None, "The body is not plain application/json."),
    Fault.INVALID_SIGNATURE: (_UNSIGNED, None, "The signature is missing or wrong."),
    Fault.STALE_TIMESTAMP: (_UNSIGNED, None, "The request is too old."),
    Fault.TRY_LATER: (_ERROR, None, "Please try again."),
    Fault.INTERNAL: (_ERROR, None, "Something went wrong."),
}

# UUIDs, by the vendor's schema; what matters here is that a colon ends one within a key.
Id = Annotated[str, Meta(pattern=r"^[0-9A-Za-z_.-]{1,100}$(?!\n)")]
# The token of a session of ours.
Token = Annotated[str, Meta(min_length=1, max_length=200)]


class Members(msgspec.Struct, frozen=True, kw_only=True, rename={"session_id": "sessionID"}):
    """What every call has, and all there is to say who it is about and in which currency."""

    session_id: Token


class Movement(
    Members,
    frozen=True,
    kw_only=True,
    rename={"session_id": "sessionID", "tx_id": "txID", "round_id": "roundID", "fr_id": "frID"},
):
    """A bet or a win; a `free` one is a report of a free round, and moves nothing."""

    type: Literal["regular", "free"]
    # In the main unit; a string, so that no reader makes a float of it.
    amount: str
    tx_id: Id
    round_id: Id
    fr_id: Annotated[str, Meta(max_length=200)] = ""


class Refund(
    Members,
    frozen=True,
    kw_only=True,
    rename={"session_id": "sessionID", "tx_id": "txID", "orig_tx_id": "origTxID", "round_id": "roundID"},
):
    """A bet is refunded whole: the amount that comes along is not looked at."""

    tx_id: Id
    orig_tx_id: Id
    round_id: Id | None = None
