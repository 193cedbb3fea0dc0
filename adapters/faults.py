"""What an adapter itself can object to, beside the core's refusals."""

import enum


class Fault(enum.StrEnum):
    """The objections that never reach the core. Those it shares with the core (INVALID_REQUEST, INVALID_AMOUNT,
    INVALID_PRECISION) bear the core's names and are not repeated here.
    """

    ADDRESS_NOT_ALLOWED = "ADDRESS_NOT_ALLOWED"
    UNKNOWN_PATH = "UNKNOWN_PATH"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    TOO_LARGE = "TOO_LARGE"
    UNSUPPORTED_CONTENT_TYPE = "UNSUPPORTED_CONTENT_TYPE"
    INVALID_SIGNATURE = "INVALID_SIGNATURE"
    STALE_TIMESTAMP = "STALE_TIMESTAMP"
    TRY_LATER = "TRY_LATER"
    INTERNAL = "INTERNAL"


class Rejected(Exception):
    """The request was stopped before the core: `code` is a Fault or the name of a wallet.v1.Reason, `detail` may be
    shown to the provider.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
