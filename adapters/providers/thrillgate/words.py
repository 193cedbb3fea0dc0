"""ThrillGate's messages and our error codes. Members that are not listed are ignored."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from adapters.faults import Fault

# The codes are ours (the vendor publishes no closed list); ThrillGate's error_response_rules are keyed on them.
ERRORS: dict[str, tuple[int, str, str]] = {
    "UNSPECIFIED": (500, "INTERNAL", "refused without a reason"),
    "INVALID_REQUEST": (400, "INVALID_REQUEST", "the request is malformed"),
    "UNKNOWN_CURRENCY": (400, "WRONG_CURRENCY", "there is no such currency here"),
    "INVALID_PRECISION": (400, "INVALID_AMOUNT", "the amount is finer than its currency allows"),
    "INVALID_AMOUNT": (400, "INVALID_AMOUNT", "the amount is not a plain decimal, is negative, or is too large"),
    "UNKNOWN_PROVIDER": (500, "INTERNAL", "the wallet does not know this adapter"),
    "SESSION_UNKNOWN": (401, "INVALID_PLAYER_TOKEN", "the token is unknown"),
    "PLAYER_UNKNOWN": (404, "PLAYER_NOT_FOUND", "the player is unknown"),
    "CONFLICT": (409, "DUPLICATE_CONFLICT", "the transaction_id was used before with other contents"),
    "TOMBSTONED": (409, "TRANSACTION_CANCELLED", "the transaction was cancelled before it arrived"),
    "WRONG_CURRENCY": (400, "WRONG_CURRENCY", "the player or session has another currency"),
    "SESSION_EXPIRED": (401, "INVALID_PLAYER_TOKEN", "the token has expired"),
    "SESSION_ROTATED": (401, "INVALID_PLAYER_TOKEN", "the token was replaced"),
    "GAME_NOT_ALLOWED": (403, "PLAYER_BLOCKED", "the player may not stake here"),
    "PLAYER_BLOCKED": (403, "PLAYER_BLOCKED", "the player may not stake"),
    "ROUND_CLOSED": (409, "GAMEROUND_CLOSED", "the gameround is closed"),
    "REFERENCE_NOT_FOUND": (503, "TRY_LATER", "the transaction referred to is not here yet"),
    "REFERENCE_MISMATCH": (400, "INVALID_REQUEST", "the transaction referred to is of another kind"),
    "REFERENCE_ROLLED_BACK": (409, "TRANSACTION_CANCELLED", "the transaction referred to was cancelled"),
    "REFERENCE_SETTLED": (409, "GAMEROUND_CLOSED", "the transaction referred to is settled"),
    "AMOUNT_EXCEEDS_REFERENCE": (400, "INVALID_AMOUNT", "more than is left of the transaction referred to"),
    "LIMIT_REACHED": (403, "LIMIT_REACHED", "a limit of the player is reached"),
    "INSUFFICIENT_FUNDS": (402, "INSUFFICIENT_FUNDS", "the player has too little money"),
    "ROUND_NOT_FOUND": (400, "INVALID_REQUEST", "the gameround is unknown"),
    "ALREADY_EXISTS": (409, "DUPLICATE_CONFLICT", "it exists with other contents"),
    "INVALID_JOURNAL": (500, "INTERNAL", "the wallet could not book this"),
    "TRANSACTION_NOT_FOUND": (400, "INVALID_REQUEST", "the transaction is unknown"),
    "IN_PROGRESS": (503, "TRY_LATER", "still being worked on"),
    Fault.ADDRESS_NOT_ALLOWED: (401, "INVALID_SIGNATURE", "this address may not call"),
    Fault.UNKNOWN_PATH: (404, "INVALID_REQUEST", "there is nothing at this path"),
    Fault.METHOD_NOT_ALLOWED: (405, "INVALID_REQUEST", "this path has another method"),
    Fault.TOO_LARGE: (413, "TOO_LARGE", "the body is too large"),
    Fault.UNSUPPORTED_CONTENT_TYPE: (400, "INVALID_REQUEST", "the body is not plain application/json"),
    Fault.INVALID_SIGNATURE: (401, "INVALID_SIGNATURE", "the signature is missing or wrong"),
    Fault.STALE_TIMESTAMP: (401, "INVALID_SIGNATURE", "the timestamp is out of its window"),
    Fault.TRY_LATER: (503, "TRY_LATER", "no answer in time; send the same request again"),
    Fault.INTERNAL: (500, "INTERNAL", "something went wrong here"),
}

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Short = Annotated[str, Meta(max_length=200)]


class Authenticate(msgspec.Struct, frozen=True):
    operator_id: Id
    brand_id: Id
    player_token: Id
    currency: Id


class BalanceQuery(msgspec.Struct, frozen=True):
    """The vendor sends player_id alone; currency tells the wallets of one player apart."""

    player_id: Id
    currency: Short = ""
    operator_id: Short = ""
    brand_id: Short = ""


class Transaction(msgspec.Struct, frozen=True):
    player_id: Id
    transaction_id: Id
    provider_id: Id
    gameround_id: Id
    currency: Id
    # Number or string, see money.parse.
    amount: Any
    # Required where one path takes all types.
    transaction_type: Literal["Debit", "Credit", "None", ""] = ""
    operator_id: Short | None = None
    brand_id: Short | None = None
    token: Short | None = None
    source_id: Short | None = None
    game_code: Short | None = None
    close_gameround: bool | None = None


class Cancel(msgspec.Struct, frozen=True):
    transaction_id: Id
    player_id: Short | None = None


class Batch(msgspec.Struct, frozen=True):
    batch_id: Id
    transactions: Annotated[list[Transaction], Meta(max_length=1000)]


class CancelBatch(msgspec.Struct, frozen=True):
    batch_id: Id
