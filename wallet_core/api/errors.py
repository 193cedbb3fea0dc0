"""The border where refusals and faults become gRPC status. Nothing else in the API names a status code for a "no"."""

from typing import NamedTuple

import structlog
from google.protobuf.any_pb2 import Any
from google.rpc.error_details_pb2 import ErrorInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status as RpcStatus  # type: ignore[import-untyped]
from grpc import StatusCode
from wallet.v1.wallet_pb2 import PlayResponse

from wallet_core.domain.decision import FATE, Fate, Reason, Refusal, Refused
from wallet_core.engine.batcher import Expired, Overloaded, Stopped
from wallet_core.storage.store import Unavailable

_log = structlog.get_logger("api")

DOMAIN = "wallet.v1"
DETAILS_MAX = 4_096
"""Bytes of details. They travel as a header, which many clients cut off at 8 KiB."""

# Exhaustive on purpose: a reason without a status fails a test. The codes of faults stay out of it, so that a caller
# can tell "no" from "no answer" by the code alone: UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, INTERNAL.
STATUS: dict[Reason, StatusCode] = {
    Reason.INVALID_REQUEST: StatusCode.INVALID_ARGUMENT,
    Reason.UNKNOWN_CURRENCY: StatusCode.INVALID_ARGUMENT,
    Reason.INVALID_PRECISION: StatusCode.INVALID_ARGUMENT,
    Reason.INVALID_AMOUNT: StatusCode.INVALID_ARGUMENT,
    Reason.UNKNOWN_PROVIDER: StatusCode.NOT_FOUND,
    Reason.SESSION_UNKNOWN: StatusCode.NOT_FOUND,
    Reason.PLAYER_UNKNOWN: StatusCode.NOT_FOUND,
    Reason.CONFLICT: StatusCode.ALREADY_EXISTS,
    Reason.TOMBSTONED: StatusCode.FAILED_PRECONDITION,
    Reason.WRONG_CURRENCY: StatusCode.FAILED_PRECONDITION,
    Reason.SESSION_EXPIRED: StatusCode.FAILED_PRECONDITION,
    Reason.SESSION_ROTATED: StatusCode.FAILED_PRECONDITION,
    Reason.GAME_NOT_ALLOWED: StatusCode.FAILED_PRECONDITION,
    Reason.PLAYER_BLOCKED: StatusCode.FAILED_PRECONDITION,
    Reason.ROUND_CLOSED: StatusCode.FAILED_PRECONDITION,
    Reason.REFERENCE_NOT_FOUND: StatusCode.NOT_FOUND,
    Reason.REFERENCE_MISMATCH: StatusCode.FAILED_PRECONDITION,
    Reason.REFERENCE_ROLLED_BACK: StatusCode.FAILED_PRECONDITION,
    Reason.REFERENCE_SETTLED: StatusCode.FAILED_PRECONDITION,
    Reason.AMOUNT_EXCEEDS_REFERENCE: StatusCode.FAILED_PRECONDITION,
    Reason.LIMIT_REACHED: StatusCode.FAILED_PRECONDITION,
    Reason.INSUFFICIENT_FUNDS: StatusCode.FAILED_PRECONDITION,
    Reason.ROUND_NOT_FOUND: StatusCode.NOT_FOUND,
    Reason.ALREADY_EXISTS: StatusCode.ALREADY_EXISTS,
    Reason.INVALID_JOURNAL: StatusCode.INVALID_ARGUMENT,
    Reason.TRANSACTION_NOT_FOUND: StatusCode.NOT_FOUND,
    Reason.IN_PROGRESS: StatusCode.ABORTED,
    Reason.MAX_BET_BONUS: StatusCode.FAILED_PRECONDITION,
    Reason.BONUS_NOT_FOUND: StatusCode.NOT_FOUND,
    Reason.BONUS_STATE: StatusCode.FAILED_PRECONDITION,
    Reason.BONUS_NOT_ELIGIBLE: StatusCode.FAILED_PRECONDITION,
    Reason.TEMPLATE_FORBIDDEN: StatusCode.FAILED_PRECONDITION,
    Reason.POLICY_FORBIDDEN: StatusCode.FAILED_PRECONDITION,
    Reason.POLICY_NOT_FOUND: StatusCode.NOT_FOUND,
    Reason.QUOTE_NOT_FOUND: StatusCode.NOT_FOUND,
    Reason.QUOTE_EXPIRED: StatusCode.FAILED_PRECONDITION,
    Reason.QUOTE_USED: StatusCode.FAILED_PRECONDITION,
    Reason.RATE_UNAVAILABLE: StatusCode.FAILED_PRECONDITION,
    Reason.BELOW_MINIMUM: StatusCode.FAILED_PRECONDITION,
    Reason.HOLD_NOT_FOUND: StatusCode.NOT_FOUND,
    Reason.HOLD_STATE: StatusCode.FAILED_PRECONDITION,
}


class Denied(Exception):
    """The caller may not do this: UNAUTHENTICATED or PERMISSION_DENIED, with words for whoever set the caller up."""

    def __init__(self, code: StatusCode, message: str) -> None:
        """Take the code and the words."""
        super().__init__(message)
        self.code = code
        self.message = message


class PlayRefused(Exception):
    """A refusal with all that is known of the play."""

    def __init__(self, refusal: Refusal, response: PlayResponse) -> None:
        """Take the refusal, and the response that carries it."""
        super().__init__(refusal.reason.name)
        self.refusal = refusal
        self.response = response


class Status(NamedTuple):
    """How a call ends that does not end well.

    Attributes:
        reason: of a refusal; none for a fault.
        details: google.rpc.Status, serialised; empty for a fault.
    """

    code: StatusCode
    message: str
    reason: Reason | None = None
    details: bytes = b""


def status_of(error: Exception, request_id: str) -> Status:
    """Return the status an exception ends a call with."""
    if isinstance(error, PlayRefused):
        return _refusal(error.refusal, error.response)
    if isinstance(error, Refused):
        return _refusal(error.refusal, None)
    return fault_of(error, request_id)


def fault_of(error: Exception, request_id: str) -> Status:
    """Return the status of what is no refusal. Nothing of what went wrong inside gets out but the id to find it by."""
    match error:
        case Denied():
            return Status(error.code, error.message)
        case Overloaded():
            return Status(StatusCode.RESOURCE_EXHAUSTED, "Too much is waiting; nothing was done. Send it again later.")
        case Expired() | TimeoutError():
            return Status(StatusCode.DEADLINE_EXCEEDED, "The deadline has passed; send it again under the same keys.")
        case Stopped():
            return Status(StatusCode.UNAVAILABLE, "This process is going away; nothing was done. Send it again.")
        case Unavailable():
            return Status(StatusCode.UNAVAILABLE, "The database is away; send it again under the same keys.")
        case _:
            _log.error("fault", request_id=request_id, exc_info=error)
            return Status(StatusCode.INTERNAL, f"Internal error; the log has more under request {request_id}.")


def _refusal(refusal: Refusal, response: PlayResponse | None) -> Status:
    code = STATUS[refusal.reason]
    retryable = FATE[refusal.reason] is Fate.RETRYABLE
    info = ErrorInfo(reason=refusal.reason.name, domain=DOMAIN, metadata={"retryable": str(retryable).lower()})
    status = RpcStatus(code=code.value[0], message=refusal.message, details=[_packed(info)])
    if response is not None:
        if response.ByteSize() > DETAILS_MAX:  # which keys the refusal is bound to can be asked with GetTransaction
            response = PlayResponse.FromString(response.SerializeToString())
            response.ClearField("results")
        status.details.append(_packed(response))
    return Status(code, refusal.message, refusal.reason, status.SerializeToString())


def _packed(message: ErrorInfo | PlayResponse) -> Any:
    packed = Any()
    packed.Pack(message)
    return packed
