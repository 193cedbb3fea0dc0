"""The contract of a provider: what a file in `providers/` hands to the server.

Verified bytes in, one message to the core, the core's reply out as bytes. Nothing here knows JSON: a protocol of XML,
forms, JSON-RPC, encrypted fields or query strings decodes in its own `read` and encodes in its own `write`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
from wallet.v1.common_pb2 import Reason
from wallet.v1.players_pb2 import GetPlayerRequest
from wallet.v1.sessions_pb2 import CloseSessionRequest, ResolveSessionRequest
from wallet.v1.wallet_pb2 import (
    CloseRoundRequest,
    GetBalanceRequest,
    GetTransactionRequest,
    PlayRequest,
    PlayResponse,
    RollbackBatchRequest,
)

# Reasons finer than protocols have words for, and the nearest one they all have.
NEAREST = {"MAX_BET_BONUS": "LIMIT_REACHED", "BONUS_NOT_FOUND": "GAME_NOT_ALLOWED", "BONUS_STATE": "GAME_NOT_ALLOWED"}
# Reasons for those who run the core: no request of a provider meets them.
BACK_OFFICE = frozenset(
    {
        *("BONUS_NOT_ELIGIBLE", "TEMPLATE_FORBIDDEN"),
        *("POLICY_FORBIDDEN", "POLICY_NOT_FOUND"),
        *("QUOTE_NOT_FOUND", "QUOTE_EXPIRED", "QUOTE_USED", "RATE_UNAVAILABLE", "BELOW_MINIMUM"),
        *("HOLD_NOT_FOUND", "HOLD_STATE"),
    }
)
# The core's other reasons without their prefix: with the Faults, the keys of every provider's table of errors.
REASONS = (
    frozenset(name.removeprefix("REASON_") for name in Reason.keys())  # noqa: SIM118 - an enum, not a dict
    - BACK_OFFICE
    - NEAREST.keys()
)

# What an operation may ask of the core; a list is independent plays.
Ask = (
    PlayRequest
    | list[PlayRequest]
    | CloseRoundRequest
    | RollbackBatchRequest
    | GetBalanceRequest
    | GetTransactionRequest
    | GetPlayerRequest
    | ResolveSessionRequest
    | CloseSessionRequest
)


class Request(msgspec.Struct, frozen=True):
    """One HTTP request: `body` are the bytes that were sent, `path` and `query` are still percent-encoded."""

    method: str
    path: str
    query: str
    # Case-insensitive.
    headers: Mapping[str, str]
    body: bytes
    # Unix seconds.
    received_at: float


class Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes
    content_type: str = "application/json"


class No(msgspec.Struct, frozen=True):
    """Why the answer is no, before it is put in the provider's words."""

    # A Fault, or one of REASONS.
    code: str
    # May be shown to the provider.
    detail: str = ""
    # The same request may succeed later.
    retryable: bool = False
    # What the core knows of the player, when it got so far.
    response: PlayResponse | None = None


class Call(msgspec.Struct, frozen=True):
    """A request that was understood."""

    ask: Ask
    # The core's reply in the provider's words; raises wallet_core.client.Unavailable where a list got no answer at all.
    write: Callable[[Any], Answer]
    # Whatever `refuse` needs of the request: the id of a JSON-RPC call, say.
    words: object = None


class Endpoint(msgspec.Struct, frozen=True):
    """One method and path. A protocol with a single URL has one endpoint whose `read` looks at the action.

    `read` raises Rejected; it returns an Answer where the core has nothing to say (a ping, a document).
    """

    # For logs and metrics.
    name: str
    method: str
    path: str
    read: Callable[[Request], Call | Answer]
    # False: `verify` is not asked.
    signed: bool = True
    # True: the larger size limit, for batches.
    bulk: bool = False


class Provider(Protocol):
    """A configured provider. All methods are pure: no I/O, no state, no clock but `Request.received_at`."""

    @property
    def endpoints(self) -> Sequence[Endpoint]: ...

    def verify(self, request: Request) -> None:
        """Raise Rejected unless the request was signed with one of the live secrets."""

    def refuse(self, no: No, words: object) -> Answer:
        """The error answer. `words` is the Call's, None where the request was not understood."""


class Module(Protocol):
    """What a file in `providers/` exports."""

    # A frozen msgspec.Struct that forbids unknown fields: the protocol's own settings with their defaults.
    Settings: type[msgspec.Struct]

    def connect(self, provider_id: str, secrets: Sequence[bytes], settings: Any) -> Provider:
        """The provider of that id. `secrets` are the live keys, newest first; `settings` is a Settings."""
