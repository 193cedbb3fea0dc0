"""The call under way: who asks, by when, under which id. The interceptor fills it in, the services read it."""

from contextvars import ContextVar

from msgspec import Struct

from wallet_core.domain.actors import Actor


class Caller(Struct, frozen=True):
    """Who asks.

    Attributes:
        role: a wallet.v1.Role.
        providers: those it may name; empty for any.
        vouches: it has authenticated the people it names.
    """

    name: str
    role: int
    providers: frozenset[str] = frozenset()
    vouches: bool = False

    def may_name(self, provider_id: str) -> bool:
        """Whether its requests may be about the provider."""
        return not self.providers or provider_id in self.providers

    def acting(self, name: str) -> Actor:
        """Return who acts, where a request of its names somebody (R-SEC-01)."""
        return Actor.vouched(self.name, name) if self.vouches else Actor(name, self.name)


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


def acting(name: str) -> Actor:
    """Return who acts, where the request under way names somebody.

    Raises:
        LookupError: nobody asks: a fault of ours.
    """
    caller = CURRENT.get().caller
    if caller is None:
        raise LookupError(name)
    return caller.acting(name)
