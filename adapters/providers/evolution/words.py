"""Evolution's messages and statuses. Members that are not listed are ignored: the vendor's tester sends some."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from adapters.faults import Fault

OK = "OK"
INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
INVALID_SID = "INVALID_SID"
INVALID_TOKEN_ID = "INVALID_TOKEN_ID"  # noqa: S105 - a status
INVALID_PARAMETER = "INVALID_PARAMETER"
ALREADY_EXIST = "BET_ALREADY_EXIST"
DOES_NOT_EXIST = "BET_DOES_NOT_EXIST"
# The provider takes it for success.
ALREADY_SETTLED = "BET_ALREADY_SETTLED"
FINAL = "FINAL_ERROR_ACTION_FAILED"
TEMPORARY = "TEMPORARY_ERROR"
IN_PROCESS = "OPERATION_IN_PROCESS"
UNKNOWN = "UNKNOWN_ERROR"

# What was there before: a debit's word and that of all others.
ALREADY: dict[str, str] = {"debit": ALREADY_EXIST, "credit": ALREADY_SETTLED, "cancel": ALREADY_SETTLED}

ERRORS: dict[str, str] = {
    "UNSPECIFIED": UNKNOWN,
    "INVALID_REQUEST": INVALID_PARAMETER,
    "UNKNOWN_CURRENCY": INVALID_PARAMETER,
    "INVALID_PRECISION": INVALID_PARAMETER,
    "INVALID_AMOUNT": INVALID_PARAMETER,
    "UNKNOWN_PROVIDER": UNKNOWN,
    "SESSION_UNKNOWN": INVALID_SID,
    "PLAYER_UNKNOWN": INVALID_PARAMETER,
    # Of a debit; for others see ALREADY.
    "CONFLICT": ALREADY_EXIST,
    "TOMBSTONED": FINAL,
    "WRONG_CURRENCY": INVALID_PARAMETER,
    "SESSION_EXPIRED": INVALID_SID,
    "SESSION_ROTATED": INVALID_SID,
    "GAME_NOT_ALLOWED": FINAL,
    # A setting.
    "PLAYER_BLOCKED": FINAL,
    "ROUND_CLOSED": FINAL,
    "REFERENCE_NOT_FOUND": DOES_NOT_EXIST,
    "REFERENCE_MISMATCH": DOES_NOT_EXIST,
    "REFERENCE_ROLLED_BACK": ALREADY_SETTLED,
    "REFERENCE_SETTLED": ALREADY_SETTLED,
    "AMOUNT_EXCEEDS_REFERENCE": FINAL,
    # A setting.
    "LIMIT_REACHED": FINAL,
    "INSUFFICIENT_FUNDS": INSUFFICIENT_FUNDS,
    "ROUND_NOT_FOUND": DOES_NOT_EXIST,
    "ALREADY_EXISTS": ALREADY_EXIST,
    "INVALID_JOURNAL": UNKNOWN,
    "TRANSACTION_NOT_FOUND": DOES_NOT_EXIST,
    "IN_PROGRESS": IN_PROCESS,
    Fault.ADDRESS_NOT_ALLOWED: INVALID_TOKEN_ID,
    Fault.UNKNOWN_PATH: INVALID_PARAMETER,
    Fault.METHOD_NOT_ALLOWED: INVALID_PARAMETER,
    Fault.TOO_LARGE: INVALID_PARAMETER,
    Fault.UNSUPPORTED_CONTENT_TYPE: INVALID_PARAMETER,
    Fault.INVALID_SIGNATURE: INVALID_TOKEN_ID,
    Fault.STALE_TIMESTAMP: INVALID_TOKEN_ID,
    Fault.TRY_LATER: TEMPORARY,
    Fault.INTERNAL: TEMPORARY,
}

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Short = Annotated[str, Meta(max_length=200)]


class Table(msgspec.Struct, frozen=True):
    id: Short | None = None


class Details(msgspec.Struct, frozen=True):
    table: Table | None = None


class Game(msgspec.Struct, frozen=True):
    """One round at one table."""

    id: Short | None = None
    type: Short | None = None
    details: Details | None = None


class Transaction(msgspec.Struct, frozen=True):
    """`id` is this message's, `refId` that of the bet it makes, settles or cancels."""

    id: Id
    refId: Id  # noqa: N815 - the vendor's name
    # A JSON number, see money.parse.
    amount: Any


class Check(msgspec.Struct, frozen=True):
    sid: Short
    userId: Id  # noqa: N815
    uuid: Short


class Balance(msgspec.Struct, frozen=True):
    sid: Id
    userId: Id  # noqa: N815
    uuid: Short
    currency: Id
    game: Game | None = None


class Move(msgspec.Struct, frozen=True):
    """A debit, credit or cancel. Credits and cancels may outlive the sid."""

    userId: Id  # noqa: N815
    uuid: Short
    currency: Id
    transaction: Transaction
    sid: Short = ""
    game: Game | None = None


class Jackpot(msgspec.Struct, frozen=True):
    id: Short
    winAmount: Any = None  # noqa: N815


class Promo(msgspec.Struct, frozen=True):
    """Whatever its type, also one we have never heard of: it is credited."""

    type: Id
    id: Id
    amount: Any
    voucherId: Short | None = None  # noqa: N815
    remainingRounds: int | None = None  # noqa: N815
    bonusConfigId: Short | None = None  # noqa: N815
    rewardId: Short | None = None  # noqa: N815
    playableBalance: Any = None  # noqa: N815
    jackpots: Annotated[list[Jackpot], Meta(max_length=16)] | None = None


class Payout(msgspec.Struct, frozen=True):
    userId: Id  # noqa: N815
    uuid: Short
    currency: Id
    promoTransaction: Promo  # noqa: N815
    sid: Short = ""
    game: Game | None = None


class Asked(msgspec.Struct, frozen=True):
    """What an answer needs of its request."""

    method: str
    uuid: str
    user_id: str
