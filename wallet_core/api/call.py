"""The call under way: who asks, by when, under which id. The interceptor fills it in, the services read it."""

from contextvars import ContextVar

from msgspec import Struct


class Caller(Struct, frozen=True):
    """Who asks.

    Attributes:
        role: a wallet.v1.Role.
        providers: those it may name; empty for any.
    """

    name: str
    role: int
    providers: frozenset[str] = frozenset()

    def may_name(self, provider_id: str) -> bool:
        """Whether its requests may be about the provider."""
        return not self.providers or provider_id in self.providers


class Call(Struct):
    """One call.

    Attributes:
        expires: in seconds of time.monotonic().
        caller: none until it has said who it is, and where nobody asks.
    """

    request_id: str
    method: str
    expires: float = 0.0
    caller: Caller | None = None


CURRENT: ContextVar[Call] = ContextVar("call")
