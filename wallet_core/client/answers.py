"""What a caller hears when it hears no result: the refusals and faults of the wire as exceptions."""

import grpc
from google.rpc.error_details_pb2 import ErrorInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from wallet.v1.common_pb2 import Reason
from wallet.v1.wallet_pb2 import PlayOutcome, PlayResponse

REFUSAL_DOMAIN = "wallet.v1"
STATUS_KEY = "grpc-status-details-bin"
CODES = {code.value[0]: code.name for code in grpc.StatusCode}


class Refused(Exception):
    """The core said no, and means it: the same request gets the same answer, unless `retryable`.

    Attributes:
        reason: a name of wallet.v1.Reason without its prefix.
        message: for a developer or operator to read.
        response: what is known of the player and the actions; only of calls that answer a PlayResponse.
    """

    def __init__(self, reason: str, message: str, *, retryable: bool, response: PlayResponse | None) -> None:
        """Take the refusal as it was sent."""
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message
        self.retryable = retryable
        self.response = response


class Unavailable(Exception):
    """There is no answer: it may have happened or not. Send the same request again under the same keys."""


def refused(response: PlayResponse) -> Refused:
    """Return the refusal that a response carries."""
    refusal = response.refusal
    reason = Reason.Name(refusal.reason).removeprefix("REASON_")
    return Refused(reason, refusal.message, retryable=refusal.retryable, response=response)


def failure(error: grpc.aio.AioRpcError) -> Refused | Unavailable:
    """Return what a status means to the caller."""
    packed = dict(error.trailing_metadata() or ()).get(STATUS_KEY)
    if isinstance(packed, bytes):
        status, info, response = Status.FromString(packed), ErrorInfo(), None
        for detail in status.details:
            if detail.Is(ErrorInfo.DESCRIPTOR):
                detail.Unpack(info)
            elif detail.Is(PlayResponse.DESCRIPTOR):
                response = PlayResponse()
                detail.Unpack(response)
        if info.domain == REFUSAL_DOMAIN:
            retryable = info.metadata.get("retryable") == "true"
            return Refused(info.reason, status.message, retryable=retryable, response=response)
    return Unavailable(f"{error.code().name}: {error.details()}")


def answer(outcome: PlayOutcome) -> PlayResponse | Unavailable:
    """Return what became of one play among many."""
    if outcome.HasField("response"):
        return outcome.response
    fault = outcome.fault
    return Unavailable(f"{CODES.get(fault.code, fault.code)}: {fault.message}")
