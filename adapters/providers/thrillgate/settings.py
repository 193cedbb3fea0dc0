"""What ThrillGate's documentation leaves open or to configuration."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from adapters.signing import Encoding

_Path = Annotated[str, Meta(pattern=r"^(/[!-~]*)?$(?!\n)")]


class Paths(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As in the `endpoints` of ThrillGate's wallet resource. Empty: not served."""

    auth: _Path = "/wallet/authenticate"
    balance: _Path = "/wallet/balance"
    transaction: _Path = "/wallet/transaction"
    cancel_bet: _Path = "/wallet/cancel"
    transaction_batch: _Path = "/wallet/transaction/batch"
    cancel_batch: _Path = "/wallet/transaction/batch"
    # The other form the vendor shows: one path for each type.
    debit: _Path = ""
    credit: _Path = ""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The defaults are our dialect's; all but the existence of the paths is unknown of the vendor."""

    algorithm: Literal["sha256", "sha512"] = "sha256"
    encoding: Encoding = "hex"
    # Of GET balance: the HMAC of no bytes.
    sign_bodyless: Literal["required", "optional"] = "required"
    cancel_balance: Literal["string", "number"] = "string"
    paths: Paths = Paths()
