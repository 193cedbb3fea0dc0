"""GCP v1's messages and its codes. Members that are not listed are ignored."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from adapters.faults import Fault

# HTTP status, code, message. 412 is every "no" of the wallet's; what is malformed or fails has HTTP's own.
ERRORS: dict[str, tuple[int, int, str]] = {
    "UNSPECIFIED": (500, 500, "refused without a reason"),
    "INVALID_REQUEST": (400, 400, "the request is malformed"),
    "UNKNOWN_CURRENCY": (412, 154, "there is no such currency here"),
    "INVALID_PRECISION": (400, 400, "the amount is finer than its currency allows"),
    "INVALID_AMOUNT": (400, 400, "the amount is no whole number of subunits, is negative, or is too large"),
    "UNKNOWN_PROVIDER": (500, 500, "the wallet does not know this adapter"),
    "SESSION_UNKNOWN": (400, 400, "the session is unknown"),
    "PLAYER_UNKNOWN": (412, 101, "the player is unknown"),
    "CONFLICT": (400, 400, "the action_id was used before with other contents"),
    "TOMBSTONED": (400, 400, "the action was rolled back before it arrived"),
    "WRONG_CURRENCY": (412, 154, "the player, session or round has another currency"),
    "SESSION_EXPIRED": (400, 400, "the session has expired"),
    "SESSION_ROTATED": (400, 400, "the session was replaced"),
    "GAME_NOT_ALLOWED": (412, 107, "the game is not open to the player"),
    "PLAYER_BLOCKED": (412, 110, "the player may not stake"),
    "ROUND_CLOSED": (400, 400, "the round is closed"),
    "REFERENCE_NOT_FOUND": (400, 400, "the action referred to is not here"),
    "REFERENCE_MISMATCH": (400, 400, "the action referred to is of another kind"),
    "REFERENCE_ROLLED_BACK": (400, 400, "what it belongs to was rolled back"),
    "REFERENCE_SETTLED": (400, 400, "the action referred to is settled"),
    "AMOUNT_EXCEEDS_REFERENCE": (400, 400, "more than is left of the action referred to"),
    "LIMIT_REACHED": (412, 105, "a limit of the player is reached"),
    "INSUFFICIENT_FUNDS": (412, 100, "the player has too little money"),
    "ROUND_NOT_FOUND": (400, 400, "the round is unknown"),
    "ALREADY_EXISTS": (400, 400, "it exists with other contents"),
    "INVALID_JOURNAL": (500, 500, "the wallet could not book this"),
    "TRANSACTION_NOT_FOUND": (400, 400, "the action is unknown"),
    "IN_PROGRESS": (503, 503, "still being worked on"),
    Fault.ADDRESS_NOT_ALLOWED: (403, 403, "this address may not call"),
    Fault.UNKNOWN_PATH: (404, 404, "there is nothing at this path"),
    Fault.METHOD_NOT_ALLOWED: (405, 400, "this path has another method"),
    Fault.TOO_LARGE: (400, 400, "the body is too large"),
    Fault.UNSUPPORTED_CONTENT_TYPE: (400, 400, "the body is not plain application/json"),
    Fault.INVALID_SIGNATURE: (403, 403, "the signature is missing or wrong"),
    Fault.STALE_TIMESTAMP: (403, 403, "the timestamp is out of its window"),
    Fault.TRY_LATER: (503, 503, "no answer in time; send the same request again"),
    Fault.INTERNAL: (500, 500, "something went wrong here"),
}

Id = Annotated[str, Meta(min_length=1, max_length=200)]
_ITEMS = Meta(max_length=100)


class PlayedAction(msgspec.Struct, frozen=True):
    action: Literal["bet", "win"]
    # Subunits.
    amount: int
    action_id: Id
    # Parts of the amount, for reports; however they are written, no money moves for them.
    jackpot_contribution: Any = None
    jackpot_win: Any = None


class Play(msgspec.Struct, frozen=True):
    user_id: Id
    currency: Id
    game: Id
    # The round.
    game_id: str | None = None
    finished: bool | None = None
    session_id: str | None = None
    actions: Annotated[list[PlayedAction], _ITEMS] | None = None


class Reversal(msgspec.Struct, frozen=True):
    action: Literal["rollback"]
    action_id: Id
    original_action_id: Id


class Rollback(msgspec.Struct, frozen=True):
    user_id: Id
    currency: Id
    game_id: Id
    actions: Annotated[list[Reversal], Meta(min_length=1, max_length=100)]
    game: str = ""
    finished: bool | None = None


class FreeSpins(msgspec.Struct, frozen=True):
    issue_id: Id
    status: Id
    # Subunits.
    total_amount: int
