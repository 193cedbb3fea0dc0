"""Our own dialect: strict JSON, amounts as exact decimal strings, a signature over method, path, time and body."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta

from adapters import openapi, signing
from adapters.faults import Fault, Rejected
from adapters.openapi import Operation
from adapters.provider import Answer, Endpoint, No, Request
from adapters.providers.generic_seamless import answers, reads, words

TITLE = "Generic seamless wallet"
TEXT = """Every call is signed: X-Wallet-Signature is the lower-case hex HMAC-SHA256, under the shared key, of four
lines without a last line end: method, path (with its query, as sent), timestamp, and the lower-case hex SHA-256 of the
body (of no bytes, for a call without one). X-Wallet-Timestamp is that timestamp in unix seconds, at most five minutes
(unless agreed otherwise) from our time.

Bodies are application/json in UTF-8. The dialect is strict: a member that is not listed, a member that occurs twice,
null, or an amount that is not a string is refused. Amounts are plain decimals of the major unit, such as "10.00";
answers have at least the digits the currency is shown with, and never lose any.

transaction_id is yours and unique over all kinds of calls and all players. The same id with the same contents answers
the first outcome again, refusals included, for ever; with other contents it is refused CONFLICT. After no answer, or
one with retryable true, send the same request again; never send it under a new id.

Errors are application/problem+json (RFC 9457). Act on `code`; the texts may change."""


_READS = (
    (
        Operation("balance", "POST", "/v1/balance", "What a player has.", words.Balance, words.BalanceAnswer),
        reads.balance,
    ),
    (Operation("bet", "POST", "/v1/bet", "Take a stake.", words.Bet, words.Moved), reads.bet),
    (Operation("win", "POST", "/v1/win", "Pay out.", words.Win, words.Moved), reads.win),
    (
        Operation("play", "POST", "/v1/play", "Several actions of a round, all or nothing.", words.Play, words.Moved),
        reads.play,
    ),
    (
        Operation("rollback", "POST", "/v1/rollback", "Undo a transaction.", words.Rollback, words.Moved),
        reads.rollback,
    ),
    (Operation("close", "POST", "/v1/close", "Close a round.", words.CloseRound, words.Moved), reads.close),
    (
        Operation(
            "credit_batch",
            "POST",
            "/v1/batch/credit",
            "Up to 1,000 independent payments, a result each.",
            words.CreditBatch,
            words.CreditBatchAnswer,
        ),
        reads.credit_batch,
    ),
    (
        Operation(
            "transaction",
            "GET",
            "/v1/transaction",
            "What became of a transaction.",
            words.TransactionQuery,
            words.TransactionAnswer,
        ),
        reads.transaction,
    ),
)
OPERATIONS = tuple(operation for operation, _ in _READS)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    # Seconds a timestamp may lie before or after our time.
    window: Annotated[float, Meta(gt=0, le=3600)] = 300.0


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "GenericSeamless":
    return GenericSeamless(provider_id, secrets, settings)


class GenericSeamless:
    """See TEXT, which is its documentation."""

    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        self._provider_id = provider_id
        self._secrets = tuple(secrets)
        self._settings = settings
        document = msgspec.json.encode(
            openapi.document(
                TITLE,
                TEXT,
                OPERATIONS,
                problem=words.Problem,
                security={
                    "X-Wallet-Timestamp": "Unix seconds.",
                    "X-Wallet-Signature": "HMAC-SHA256, see the description.",
                },
            )
        )
        codes = [(status, code, meaning) for code, (status, meaning) in answers.PROBLEMS.items()]
        page = openapi.page(TITLE, TEXT, OPERATIONS, codes)
        self.endpoints = (
            *(
                Endpoint(
                    operation.name,
                    operation.method,
                    operation.path,
                    partial(read, provider_id),
                    bulk=operation.words is words.CreditBatch,
                )
                for operation, read in _READS
            ),
            _fixed("openapi", "/openapi.json", Answer(200, document)),
            _fixed("docs", "/docs", Answer(200, page, "text/html; charset=utf-8")),
        )

    def verify(self, request: Request) -> None:
        timestamp = request.headers.get("X-Wallet-Timestamp", "")
        if not signing.matches(
            request.headers.get("X-Wallet-Signature", ""), self._secrets, signed_text(request, timestamp)
        ):
            raise Rejected(Fault.INVALID_SIGNATURE)
        if not signing.within_window(timestamp, request.received_at, self._settings.window):
            raise Rejected(Fault.STALE_TIMESTAMP)

    def refuse(self, no: No, words: object) -> Answer:  # noqa: ARG002 - an error needs nothing of its request
        return answers.refused(no)


def signed_text(request: Request, timestamp: str) -> bytes:
    """What is signed. Method and path are ASCII by HTTP's own rules; anything else fails as a wrong signature."""
    target = f"{request.path}?{request.query}" if request.query else request.path
    lines = (request.method, target, timestamp, signing.body_hash(request.body))
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _fixed(name: str, path: str, answer: Answer) -> Endpoint:
    return Endpoint(name, "GET", path, lambda _: answer, signed=False)
