"""What every call passes, from the outside in: observed, given a deadline, asked who it is, asked whether it may.

Health and reflection pass unasked; what streams and is neither of them does not exist here.
"""

import asyncio
import re
import time
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, cast

import grpc
import structlog
from grpc.aio import ServerInterceptor, ServicerContext
from uuid_utils.compat import uuid7

from wallet_core.api.access import OPEN, Access, service_of
from wallet_core.api.call import CURRENT, Call
from wallet_core.api.errors import status_of
from wallet_core.telemetry import Metrics

Context = ServicerContext[Any, Any]
Inner = Callable[[Any, Context], Awaitable[Any]]
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"

REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
DETAILS = "grpc-status-details-bin"
_log = structlog.get_logger("api")


class Around(ServerInterceptor):
    """An interceptor that wraps each method once."""

    def __init__(self) -> None:
        """Wrap nothing yet."""
        self._wrapped: dict[str, Handler] = {}

    async def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """Return the method with this around it; none for what does not exist."""
        method = handler_call_details.method
        wrapped = self._wrapped.get(method)
        if wrapped is None:
            handler = await continuation(handler_call_details)
            if handler is None or service_of(method) in OPEN:
                return handler
            inner = cast("Inner | None", handler.unary_unary)
            if inner is None:
                return None

            async def around(request: Any, context: Context) -> Any:
                return await self.pass_on(method, inner, request, context)

            wrapped = grpc.unary_unary_rpc_method_handler(
                cast("Any", around), handler.request_deserializer, handler.response_serializer
            )
            self._wrapped[method] = wrapped
        return wrapped

    @abstractmethod
    async def pass_on(self, method: str, inner: Inner, request: Any, context: Context) -> Any:
        """Do what is to be done around the call."""


class Observe(Around):
    """Gives the call its id; turns what it raises into its status; counts, and logs what is slow."""

    def __init__(self, metrics: Metrics, slow_call: float) -> None:
        """Take the metrics, and the seconds from which on a call is slow."""
        super().__init__()
        self._metrics = metrics
        self._slow_call = slow_call

    async def pass_on(self, method: str, inner: Inner, request: Any, context: Context) -> Any:
        """Observe."""
        given = _metadata(context, "x-request-id")
        call = Call(given if REQUEST_ID.fullmatch(given) else str(uuid7()), method)
        CURRENT.set(call)
        started, code = time.perf_counter(), grpc.StatusCode.CANCELLED
        try:
            reply = await inner(request, context)
            code = grpc.StatusCode.OK
        except Exception as error:  # noqa: BLE001  the border: whatever it is becomes a status
            status = status_of(error, call.request_id)
            code = status.code
            if status.reason is not None:
                self._metrics.refusals.labels(status.reason.name).inc()
            trailing: list[tuple[str, str | bytes]] = [("x-request-id", call.request_id)]
            if status.details:
                trailing.append((DETAILS, status.details))
            await context.abort(status.code, status.message, tuple(trailing))
        else:
            return reply
        finally:
            seconds = time.perf_counter() - started
            self._metrics.calls.labels(method, code.name).inc()
            self._metrics.call_seconds.labels(method).observe(seconds)
            if seconds > self._slow_call:
                name = call.caller.name if call.caller else ""
                _log.warning(
                    "slow call",
                    request_id=call.request_id,
                    method=method,
                    code=code.name,
                    caller=name,
                    ms=round(seconds * 1_000),
                )


class Deadline(Around):
    """Gives the call a deadline where it has none; what is past it is not begun."""

    def __init__(self, default: float) -> None:
        """Take the seconds a call gets at most."""
        super().__init__()
        self._default = default

    async def pass_on(self, method: str, inner: Inner, request: Any, context: Context) -> Any:
        """Set the deadline."""
        asked = cast("float | None", context.time_remaining())
        left = self._default if asked is None else min(asked, self._default)
        if left <= 0:
            raise TimeoutError
        CURRENT.get().expires = time.monotonic() + left
        async with asyncio.timeout(left):
            return await inner(request, context)


class Authenticate(Around):
    """Asks who calls."""

    def __init__(self, access: Access) -> None:
        """Take the tokens."""
        super().__init__()
        self._access = access

    async def pass_on(self, method: str, inner: Inner, request: Any, context: Context) -> Any:
        """Find the caller."""
        CURRENT.get().caller = self._access.caller(_metadata(context, "authorization"))
        return await inner(request, context)


class Authorise(Around):
    """Asks whether the caller may."""

    def __init__(self, access: Access) -> None:
        """Take the table."""
        super().__init__()
        self._access = access

    async def pass_on(self, method: str, inner: Inner, request: Any, context: Context) -> Any:
        """Look it up."""
        caller = CURRENT.get().caller
        if caller is not None:
            self._access.check(method, caller, request)
        return await inner(request, context)


def _metadata(context: Context, name: str) -> str:
    for key, value in context.invocation_metadata() or ():
        if key == name:
            return value if isinstance(value, str) else ""
    return ""
