"""What every call passes: given its id and its deadline, asked who it is and whether it may, answered, counted.

One interceptor and one coroutine around the method: grpc.aio asks each interceptor anew at every call, and what a bet
costs over a call of its own is mostly what stands around it. Health and reflection pass unasked; what streams and is
neither of them does not exist here.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from functools import cache
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


class Gate(ServerInterceptor):
    """Wraps each method once."""

    def __init__(self, metrics: Metrics, access: Access, *, default_deadline: float, slow_call: float) -> None:
        """Take who may call what; the seconds a call gets at most, and those from which on it is slow."""
        self._metrics = metrics
        self._access = access
        self._default_deadline = default_deadline
        self._slow_call = slow_call
        self._wrapped: dict[str, Handler] = {}
        self._calls = cache(metrics.calls.labels)  # looking a label up takes longer than counting
        self._seconds = cache(metrics.call_seconds.labels)

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

            async def passing(request: Any, context: Context) -> Any:
                return await self._pass(method, inner, request, context)

            wrapped = grpc.unary_unary_rpc_method_handler(
                cast("Any", passing), handler.request_deserializer, handler.response_serializer
            )
            self._wrapped[method] = wrapped
        return wrapped

    async def _pass(self, method: str, inner: Inner, request: Any, context: Context) -> Any:
        """Observe the call; turn what it raises into its status; log what is slow."""
        metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        given = metadata.get("x-request-id", "")
        call = Call(given if REQUEST_ID.fullmatch(given) else str(uuid7()), method)
        CURRENT.set(call)
        started, code = time.perf_counter(), grpc.StatusCode.CANCELLED
        try:
            reply = await self._admit(call, metadata.get("authorization", ""), inner, request, context)
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
            self._calls(method, code.name).inc()
            self._seconds(method).observe(seconds)
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

    async def _admit(self, call: Call, authorization: str, inner: Inner, request: Any, context: Context) -> Any:
        """Give the call a deadline where it has none, what is past it is not begun; ask who calls, and whether he may.

        Raises:
            TimeoutError, Denied: it may not.
        """
        asked = cast("float | None", context.time_remaining())
        left = self._default_deadline if asked is None else min(asked, self._default_deadline)
        if left <= 0:
            raise TimeoutError
        call.expires = time.monotonic() + left
        call.caller = self._access.caller(authorization)
        self._access.check(call.method, call.caller, request)
        async with asyncio.timeout(left):
            return await inner(request, context)
