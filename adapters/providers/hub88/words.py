"""Hub88's messages and statuses, and Caleta's. Members that are not listed are ignored."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from adapters.faults import Fault

OK = "RS_OK"
UNKNOWN = "RS_ERROR_UNKNOWN"
INVALID_TOKEN = "RS_ERROR_INVALID_TOKEN"  # noqa: S105 - a status
TOKEN_EXPIRED = "RS_ERROR_TOKEN_EXPIRED"  # noqa: S105 - a status
NOT_ENOUGH_MONEY = "RS_ERROR_NOT_ENOUGH_MONEY"
WRONG_SYNTAX = "RS_ERROR_WRONG_SYNTAX"
DOES_NOT_EXIST = "RS_ERROR_TRANSACTION_DOES_NOT_EXIST"
ROLLED_BACK = "RS_ERROR_TRANSACTION_ROLLED_BACK"
DUPLICATE = "RS_ERROR_DUPLICATE_TRANSACTION"
WRONG_CURRENCY = "RS_ERROR_WRONG_CURRENCY"

# Every status is sent with HTTP 200. UNKNOWN has a bet rolled back, and a win or rollback sent again.
ERRORS: dict[str, str] = {
    "UNSPECIFIED": UNKNOWN,
    "INVALID_REQUEST": WRONG_SYNTAX,
    "UNKNOWN_CURRENCY": WRONG_CURRENCY,
    "INVALID_PRECISION": "RS_ERROR_WRONG_TYPES",
    "INVALID_AMOUNT": "RS_ERROR_WRONG_TYPES",
    "UNKNOWN_PROVIDER": "RS_ERROR_INVALID_PARTNER",
    "SESSION_UNKNOWN": INVALID_TOKEN,
    "PLAYER_UNKNOWN": INVALID_TOKEN,
    "CONFLICT": DUPLICATE,
    "TOMBSTONED": ROLLED_BACK,
    "WRONG_CURRENCY": WRONG_CURRENCY,
    "SESSION_EXPIRED": TOKEN_EXPIRED,
    "SESSION_ROTATED": TOKEN_EXPIRED,
    "GAME_NOT_ALLOWED": "RS_ERROR_INVALID_GAME",
    "PLAYER_BLOCKED": "RS_ERROR_USER_DISABLED",
    # No status says it; the rollback that follows finds a bet that never moved.
    "ROUND_CLOSED": UNKNOWN,
    "REFERENCE_NOT_FOUND": DOES_NOT_EXIST,
    "REFERENCE_MISMATCH": DOES_NOT_EXIST,
    "REFERENCE_ROLLED_BACK": ROLLED_BACK,
    "REFERENCE_SETTLED": DUPLICATE,
    "AMOUNT_EXCEEDS_REFERENCE": WRONG_SYNTAX,
    "LIMIT_REACHED": "RS_ERROR_LIMIT_REACHED",
    "INSUFFICIENT_FUNDS": NOT_ENOUGH_MONEY,
    "ROUND_NOT_FOUND": DOES_NOT_EXIST,
    "ALREADY_EXISTS": DUPLICATE,
    "INVALID_JOURNAL": UNKNOWN,
    "TRANSACTION_NOT_FOUND": DOES_NOT_EXIST,
    "IN_PROGRESS": UNKNOWN,
    Fault.ADDRESS_NOT_ALLOWED: "RS_ERROR_INVALID_PARTNER",
    Fault.UNKNOWN_PATH: WRONG_SYNTAX,
    Fault.METHOD_NOT_ALLOWED: WRONG_SYNTAX,
    Fault.TOO_LARGE: WRONG_SYNTAX,
    Fault.UNSUPPORTED_CONTENT_TYPE: WRONG_SYNTAX,
    Fault.INVALID_SIGNATURE: "RS_ERROR_INVALID_SIGNATURE",
    Fault.STALE_TIMESTAMP: "RS_ERROR_INVALID_SIGNATURE",
    Fault.TRY_LATER: UNKNOWN,
    Fault.INTERNAL: UNKNOWN,
}

# Where Caleta has a word of its own: its TIMEOUT says that the outcome is uncertain.
CALETA: dict[str, str] = {
    "LIMIT_REACHED": "RS_ERROR_BET_LIMIT_EXCEEDED",
    "IN_PROGRESS": "RS_ERROR_TIMEOUT",
    Fault.TRY_LATER: "RS_ERROR_TIMEOUT",
}

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Short = Annotated[str, Meta(max_length=200)]


class Check(msgspec.Struct, frozen=True):
    """Caleta's: is the token good, and what is the next one."""

    request_uuid: Id
    token: Id


class Info(msgspec.Struct, frozen=True):
    """Hub88's: who is this. More of the profile than is kept here may be answered, and need not."""

    request_uuid: Id
    user: Id


class Balance(msgspec.Struct, frozen=True):
    """Whose: of `user`, of the token's player, or both, which must then be one."""

    request_uuid: Id
    user: Short = ""
    token: Short = ""


class Bet(msgspec.Struct, frozen=True):
    """Members both dialects have; Caleta knows the player by the token alone."""

    request_uuid: Id
    transaction_uuid: Id
    token: Id
    round: Id
    currency: Id
    # An integer; anything else is an error of its own.
    amount: Any
    user: Short = ""
    game_code: Short = ""
    round_closed: bool = False
    is_free: bool = False
    is_supplier_promo: bool = False
    supplier_transaction_id: Short | None = None
    reward_uuid: Short | None = None
    campaign_uuid: Short | None = None


class Win(msgspec.Struct, frozen=True):
    """A win names its bet. It may come without a token, and long after that has expired."""

    request_uuid: Id
    transaction_uuid: Id
    reference_transaction_uuid: Id
    round: Id
    currency: Id
    amount: Any
    user: Short = ""
    token: Short = ""
    game_code: Short = ""
    round_closed: bool = False
    is_free: bool = False
    is_supplier_promo: bool = False
    is_aggregated: bool = False
    jackpot_win: int = 0
    supplier_transaction_id: Short | None = None
    reward_uuid: Short | None = None
    campaign_uuid: Short | None = None


class Rollback(msgspec.Struct, frozen=True):
    """Undo `reference_transaction_uuid`, whatever it was."""

    request_uuid: Id
    transaction_uuid: Id
    reference_transaction_uuid: Id
    round: Short = ""
    user: Short = ""
    token: Short = ""
    game_code: Short = ""
    round_closed: bool = False
    supplier_transaction_id: Short | None = None


class Asked(msgspec.Struct, frozen=True):
    """What an answer needs of its request."""

    request_uuid: str
    bet: bool = False
