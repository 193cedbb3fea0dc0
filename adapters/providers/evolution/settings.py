"""What the vendor's published facts leave open. The provider's secrets are its authTokens."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Refusal = Literal["FINAL_ERROR_ACTION_FAILED", "INVALID_PARAMETER", "UNKNOWN_ERROR"]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the books do with repetitions and late messages are the policies of the provider's registration."""

    # Before every path, such as "/evolution".
    prefix: Annotated[str, Meta(pattern=r"^(/[!-~]*)?$(?!\n)")] = ""
    # The HTTP status of a wrong authToken. Two implementations differ; the body says it either way.
    refused_status: Literal[200, 401] = 200
    # Whether a check replaces the sid. It may; not doing so cannot lose a message that is under way.
    rotate_sid: bool = False
    # What a repeated debit, credit or cancel is told: that it was done before, or OK again. The books of this protocol
    # do not ask whether the repetition had the same amount, so OK might confirm one that was never taken.
    repeated: Literal["already", "ok"] = "already"
    # No status is attested for either; a final one keeps the provider from trying again.
    blocked: Refusal = "FINAL_ERROR_ACTION_FAILED"
    limit_reached: Refusal = "FINAL_ERROR_ACTION_FAILED"
    # Whether the voucherId of a FreeRoundPlayableSpent names free rounds granted in the core: the payout is then won by
    # them.
    grants: bool = False
    # Which of its ids is the game to us: the table, or where there is none (or that is set) the type.
    game: Literal["table", "type"] = "table"
