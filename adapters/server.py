"""The HTTP server all providers share: bytes in, checks, one question to the core, bytes out, always in time."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import structlog
from aiohttp import web
from aiohttp.http import HttpProcessingError
from wallet.v1.players_pb2 import GetPlayerRequest
from wallet.v1.sessions_pb2 import CloseSessionRequest, ResolveSessionRequest
from wallet.v1.wallet_pb2 import (
    CloseRoundRequest,
    GetBalanceRequest,
    GetTransactionRequest,
    PlayRequest,
    RollbackBatchRequest,
)

from adapters.addresses import AllowList
from adapters.faults import Fault, Rejected
from adapters.metrics import Metrics
from adapters.provider import NEAREST, Answer, Call, Endpoint, No, Provider, Request
from adapters.settings import Adapter
from wallet_core.client import Refused, Unavailable, Wallet

_log = structlog.get_logger("adapters")
# What aiohttp logs of a request it cannot read has the request in it, signature and all, and is no line of ours.
_silent = logging.getLogger("adapters.aiohttp")
_silent.disabled = True

# An answer that took longer than this part of its time limit is logged.
_SLOW = 0.5
# The core gets this part of what is left, so that its "no answer" still reaches the provider in time.
_CORE_SHARE = 0.9
# Seconds a connection may rest between two requests.
_KEEP_ALIVE = 75.0
# No transaction has this key: keys of providers begin with a kind and a colon.
_PROBE_KEY = "readyz"

_SEND: dict[type, Callable[..., Awaitable[Any]]] = {
    PlayRequest: Wallet.play,
    list: Wallet.play_many,
    CloseRoundRequest: Wallet.close_round,
    RollbackBatchRequest: Wallet.rollback_batch,
    GetBalanceRequest: Wallet.get_balance,
    GetTransactionRequest: Wallet.get_transaction,
    GetPlayerRequest: Wallet.get_player,
    ResolveSessionRequest: Wallet.resolve_session,
    CloseSessionRequest: Wallet.close_session,
}


class Server:
    """The handler of one adapter. It keeps nothing between two requests but numbers."""

    def __init__(self, adapter: Adapter, provider: Provider, wallet: Wallet) -> None:
        self._provider = provider
        self._wallet = wallet
        self._serving = adapter.serving
        self._allow = AllowList(adapter.serving.allow, adapter.serving.trusted_hops)
        self._metrics = Metrics(adapter.name)
        self._log = _log.bind(adapter=adapter.name)
        self._own = {"/healthz": self._healthz, "/readyz": self._readyz, "/metrics": self._metrics_text}
        self._endpoints: dict[tuple[str, str], Endpoint] = {}
        self._methods: dict[str, list[str]] = {}
        for endpoint in provider.endpoints:
            if endpoint.path in self._own or (endpoint.method, endpoint.path) in self._endpoints:
                raise ValueError(f"{endpoint.method} {endpoint.path} is taken")
            self._endpoints[endpoint.method, endpoint.path] = endpoint
            self._methods.setdefault(endpoint.path, []).append(endpoint.method)

    async def handle(self, http: web.BaseRequest) -> web.Response:
        """The answer to any request. Never raises but for a cancelled task."""
        started = time.monotonic()
        path, _, query = http.raw_path.partition("?")
        if own := self._own.get(path):
            return await own()
        endpoint = self._endpoints.get((http.method, path))
        answer, code = await self._respond(http, endpoint, path, query, started)
        seconds = time.monotonic() - started
        operation = endpoint.name if endpoint else "unknown"
        self._metrics.count(operation, code, seconds)
        if seconds > self._serving.answer_within * _SLOW:
            self._log.warning("slow", operation=operation, code=code, ms=round(seconds * 1000))
        response = web.Response(
            status=answer.status,
            body=answer.body,
            headers={"Content-Type": answer.content_type, "Server": "wallet"},
        )
        if code == Fault.METHOD_NOT_ALLOWED:
            response.headers["Allow"] = ", ".join(self._methods[path])
        if code == Fault.TOO_LARGE:
            response.force_close()  # nobody reads the rest of that body
        return response

    async def _respond(
        self, http: web.BaseRequest, endpoint: Endpoint | None, path: str, query: str, started: float
    ) -> tuple[Answer, str]:
        """The answer and the code it is counted under."""
        call: Call | Answer | None = None
        note: dict[str, object] = {}
        try:
            call = await self._understand(http, endpoint, path, query)
            if isinstance(call, Answer):
                return call, "OK"
            left = max(self._serving.answer_within - (time.monotonic() - started), 0.001)
            reply = await _SEND[type(call.ask)](self._wallet, call.ask, deadline=left * _CORE_SHARE)
            return call.write(reply), "OK"
        except Rejected as rejected:
            no = No(rejected.code, rejected.detail)
        except Refused as refused:
            # The core's message is for developers and operators of ours; providers get the words of their table.
            reason = NEAREST.get(refused.reason, refused.reason)
            no = No(reason, retryable=refused.retryable, response=refused.response)
            note["message"] = refused.message
        except (Unavailable, TimeoutError) as error:
            no = No(Fault.TRY_LATER, retryable=True)
            note["cause"] = str(error) or type(error).__name__
        except Exception:  # noqa: BLE001 - whatever it is, the provider gets its own protocol's error
            no = No(Fault.INTERNAL, retryable=True)
            self._log.exception("failed", operation=endpoint.name if endpoint else "unknown")
        words = call.words if isinstance(call, Call) else None
        self._log.info(
            "no",
            operation=endpoint.name if endpoint else "unknown",
            code=no.code,
            player_id=_player_id(call, no),
            remote=http.remote,
            **note,
        )
        return self._refuse(no, words)

    async def _understand(
        self, http: web.BaseRequest, endpoint: Endpoint | None, path: str, query: str
    ) -> Call | Answer:
        if self._allow and not self._allow.admits(http.remote, http.headers.getall("X-Forwarded-For", [])):
            raise Rejected(Fault.ADDRESS_NOT_ALLOWED)
        if endpoint is None:
            raise Rejected(Fault.METHOD_NOT_ALLOWED if path in self._methods else Fault.UNKNOWN_PATH)
        limit = self._serving.max_bulk_body if endpoint.bulk else self._serving.max_body
        body = await _body(http, limit, self._serving.answer_within) if http.body_exists else b""
        request = Request(http.method, path, query, http.headers, body, time.time())
        if endpoint.signed:
            self._provider.verify(request)
        return endpoint.read(request)

    def _refuse(self, no: No, words: object) -> tuple[Answer, str]:
        try:
            return self._provider.refuse(no, words), no.code
        except Exception:  # noqa: BLE001 - the same
            # A reason younger than this adapter, for one: the provider asks again after the next deployment.
            self._log.exception("failed", operation="refuse", code=no.code)
            return self._provider.refuse(No(Fault.INTERNAL, retryable=True), None), Fault.INTERNAL

    async def _healthz(self) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self) -> web.Response:
        """Ready when the core answers, knows our token and knows our provider."""
        probe = GetTransactionRequest(provider_id=self._serving.provider_id, external_key=_PROBE_KEY)
        try:
            await self._wallet.get_transaction(probe, deadline=1.0)
        except Refused as refused:
            if refused.reason == "TRANSACTION_NOT_FOUND":
                return web.Response(text="ok\n")
            self._log.warning("not ready", code=refused.reason)
        except Unavailable:
            self._log.warning("not ready", code=Fault.TRY_LATER)
        return web.Response(status=503, text="not ready\n")

    async def _metrics_text(self) -> web.Response:
        return web.Response(body=self._metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4"})


async def _body(http: web.BaseRequest, limit: int, patience: float) -> bytes:
    """The bytes that were sent, at most `limit`. Raises Rejected, and TimeoutError when they do not come."""
    # A compressed body is not the signed one, and a small one may unpack to a large one.
    if http.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Rejected(Fault.UNSUPPORTED_CONTENT_TYPE, "send the body uncompressed")
    if (http.content_length or 0) > limit:
        raise Rejected(Fault.TOO_LARGE, f"at most {limit} bytes")
    if http.headers.get("Expect", "").lower() == "100-continue":
        await http.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        http.writer.output_size = 0  # as aiohttp's own handler does: the answer itself has not begun
    # Nearly always it came along with the headers, and nothing is waited for.
    body = http.content.read_nowait() if http.content.is_eof() else await _slow_body(http, limit, patience)
    if len(body) > limit:
        raise Rejected(Fault.TOO_LARGE, f"at most {limit} bytes")
    return body


async def _slow_body(http: web.BaseRequest, limit: int, patience: float) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(patience):
            async for chunk in http.content.iter_any():
                body += chunk
                if len(body) > limit:
                    break
    except (aiohttp.ClientError, HttpProcessingError, ConnectionError):
        raise Rejected("INVALID_REQUEST", "the body was cut off") from None
    return bytes(body)


def _player_id(call: Call | Answer | None, no: No) -> str:
    if no.response is not None and no.response.player_id:
        return no.response.player_id
    asked = getattr(call.ask, "player_id", "") if isinstance(call, Call) else ""
    return str(asked)


@asynccontextmanager
async def serving(adapter: Adapter, provider: Provider, wallet: Wallet) -> AsyncIterator[str]:
    """Listen while the block runs; yields the URL. Leaving it takes no new requests and finishes those in flight."""
    server = web.Server(
        Server(adapter, provider, wallet).handle,
        access_log=None,
        logger=_silent,
        auto_decompress=False,
        keepalive_timeout=_KEEP_ALIVE,
    )
    runner = web.ServerRunner(server, shutdown_timeout=adapter.serving.stop_within)
    await runner.setup()
    try:
        host = adapter.serving.host
        await web.TCPSite(runner, host, adapter.serving.port).start()
        port = runner.addresses[0][1]
        yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    finally:
        await runner.cleanup()
