"""ThrillGate, the wallet client of ThrillTech's jackpots: Standard Wallet API, and our dialect where it is silent."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from wallet.v1.common_pb2 import Balances, Reason
from wallet.v1.sessions_pb2 import SESSION_USE_READ, ResolveSessionRequest, ResolveSessionResponse
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_GAME,
    CATEGORY_JACKPOT,
    Action,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
    RollbackBatchRequest,
    RollbackBatchResponse,
)

from adapters import money, signing
from adapters.decoding import json_words, query_words
from adapters.faults import Fault, Rejected
from adapters.provider import Answer, Call, Endpoint, No, Request
from adapters.providers.thrillgate import words
from adapters.providers.thrillgate.settings import Settings
from adapters.providers.thrillgate.words import ERRORS
from wallet_core.client import Unavailable

__all__ = ["Settings", "connect"]

_HEADER = "X-Server-Authorization"
# Debits and Credits share one id space. A cancel bears the id of what it cancels; that of a batch makes the same keys.
_KEY = "tx:"
_VOID = "void:"

_encode = msgspec.json.Encoder().encode


def connect(provider_id: str, secrets: Sequence[bytes], settings: Settings) -> "ThrillGate":
    return ThrillGate(provider_id, secrets, settings)


class ThrillGate:
    """One ThrillGate wallet resource's other end. See adapters/README.md for what is the vendor's and what is ours."""

    def __init__(self, provider_id: str, secrets: Sequence[bytes], settings: Settings) -> None:
        self._provider_id = provider_id
        self._secrets = tuple(secrets)
        self._settings = settings
        paths = settings.paths
        endpoints = (
            Endpoint("authenticate", "POST", paths.auth, self._authenticate),
            Endpoint("balance", "GET", paths.balance, self._balance),
            Endpoint("transaction", "POST", paths.transaction, partial(self._transaction, "")),
            Endpoint("debit", "POST", paths.debit, partial(self._transaction, "Debit")),
            Endpoint("credit", "POST", paths.credit, partial(self._transaction, "Credit")),
            Endpoint("cancel", "DELETE", paths.cancel_bet, self._cancel),
            Endpoint("batch", "POST", paths.transaction_batch, self._batch, bulk=True),
            Endpoint("cancel_batch", "DELETE", paths.cancel_batch, self._cancel_batch),
        )
        self.endpoints = tuple(endpoint for endpoint in endpoints if endpoint.path)

    def verify(self, request: Request) -> None:
        """The HMAC covers the body and nothing else: what protects from replays is the transaction_id."""
        given = request.headers.get(_HEADER)
        if given is None and not request.body and self._settings.sign_bodyless == "optional":
            return
        settings = self._settings
        if not signing.matches(given or "", self._secrets, request.body, settings.algorithm, settings.encoding):
            raise Rejected(Fault.INVALID_SIGNATURE)

    def refuse(self, no: No, words: object) -> Answer:  # noqa: ARG002 - an error needs nothing of its request
        return Answer(ERRORS[no.code][0], _encode(_error(no)))

    def _authenticate(self, request: Request) -> Call:
        asked = json_words(request, words.Authenticate)
        ask = ResolveSessionRequest(
            provider_id=self._provider_id,
            token=asked.player_token,
            use=SESSION_USE_READ,
            operator_id=asked.operator_id,
            brand_id=asked.brand_id,
            currency_code=asked.currency,
        )
        return Call(ask, _authenticated)

    def _balance(self, request: Request) -> Call:
        asked = query_words(request, words.BalanceQuery)
        return Call(self._balance_request(asked), _balance_only)

    def _transaction(self, path_type: str, request: Request) -> Call:
        asked = json_words(request, words.Transaction)
        kind = path_type or asked.transaction_type
        if not kind or asked.transaction_type not in ("", kind):
            raise Rejected("INVALID_REQUEST", "`transaction_type` is missing or of another path")
        if kind == "None":
            return Call(self._balance_request(asked), partial(_untouched, asked.transaction_id))
        return Call(self._play(asked, kind), partial(_moved, asked.transaction_id))

    def _balance_request(self, asked: words.BalanceQuery | words.Transaction) -> GetBalanceRequest:
        return GetBalanceRequest(
            provider_id=self._provider_id,
            player_id=asked.player_id,
            currency_code=asked.currency,
            operator_id=asked.operator_id or "",
            brand_id=asked.brand_id or "",
        )

    def _play(self, asked: words.Transaction, kind: str, batch_id: str = "") -> PlayRequest:
        debit = kind == "Debit"
        action = Action(
            kind=ACTION_KIND_BET if debit else ACTION_KIND_WIN,
            external_key=_KEY + asked.transaction_id,
            amount=money.parse(asked.amount, asked.currency),
            # A Credit of a batch may go to players who have staked nothing in the gameround; a single one is the win of
            # its Debit, and follows what paid for it.
            category=CATEGORY_JACKPOT if batch_id else CATEGORY_GAME,
            info={"provider_id": asked.provider_id},
        )
        return PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.player_id,
            # Credits may come long after the session has ended.
            session_token=(asked.token or "") if debit else "",
            operator_id=asked.operator_id or "",
            brand_id=asked.brand_id or "",
            currency_code=asked.currency,
            round_id=asked.gameround_id,
            game_id=asked.source_id or asked.game_code or "",
            close_round=not debit if asked.close_gameround is None else asked.close_gameround,
            actions=[action],
            batch_id=batch_id,
        )

    def _cancel(self, request: Request) -> Call:
        asked = json_words(request, words.Cancel)
        key = _KEY + asked.transaction_id
        ask = PlayRequest(
            provider_id=self._provider_id,
            player_id=asked.player_id or "",
            original_key="" if asked.player_id else key,
            actions=[Action(kind=ACTION_KIND_ROLLBACK, external_key=_VOID + key, references=[key])],
        )
        return Call(ask, self._cancelled)

    def _cancelled(self, reply: PlayResponse) -> Answer:
        shown = money.text(_balances(reply).shown, reply.display_digits)
        balance = shown if self._settings.cancel_balance == "string" else msgspec.Raw(shown.encode())
        return _ok({"balance": balance})

    def _batch(self, request: Request) -> Call | Answer:
        """The batch stands or falls as a message; what is wrong with one item's values is that item's error."""
        asked = json_words(request, words.Batch)
        plays: list[PlayRequest] = []
        rejected: list[No | None] = []
        for item in asked.transactions:
            try:
                if item.transaction_type not in ("", "Credit"):
                    raise Rejected("INVALID_REQUEST", "a batch is of Credits")  # noqa: TRY301
                plays.append(self._play(item, "Credit", asked.batch_id))
            except Rejected as error:
                rejected.append(No(error.code, error.detail))
            else:
                rejected.append(None)
        ids = [item.transaction_id for item in asked.transactions]
        if not plays:
            return _batch_done(asked.batch_id, ids, rejected, [])
        return Call(plays, partial(_batch_done, asked.batch_id, ids, rejected))

    def _cancel_batch(self, request: Request) -> Call:
        asked = json_words(request, words.CancelBatch)
        ask = RollbackBatchRequest(provider_id=self._provider_id, batch_id=asked.batch_id, external_key_prefix=_VOID)
        return Call(ask, partial(_batch_cancelled, asked.batch_id))


def _ok(members: dict[str, Any]) -> Answer:
    return Answer(200, _encode(members))


def _error(no: No) -> dict[str, str]:
    _, code, message = ERRORS[no.code]
    return {"code": code, "message": f"{message}: {no.detail}" if no.detail else message}


def _authenticated(reply: ResolveSessionResponse) -> Answer:
    """`?` and null are what the vendor's own example has where nothing is known."""
    shown = reply.balances.shown
    return _ok(
        {
            "id": reply.player.player_id,
            "token": reply.token,
            "currency": shown.currency_code,
            "balance": money.number(shown, reply.display_digits),
            "operator_id": reply.player.operator_id,
            "brand_id": reply.player.brand_id,
            "nickname": None,
            "gender": "?",
            "country": reply.player.country or None,
            "date_of_birth": None,
            "jurisdiction": None,
            "segments": None,
        }
    )


def _balance_only(reply: GetBalanceResponse) -> Answer:
    return _ok({"balance": money.number(reply.balances.shown, reply.display_digits)})


def _untouched(transaction_id: str, reply: GetBalanceResponse) -> Answer:
    return _done(transaction_id, None, reply.balances, reply.display_digits)


def _moved(transaction_id: str, reply: PlayResponse) -> Answer:
    return _done(transaction_id, reply.results[0].transaction_id, _balances(reply), reply.display_digits)


def _done(transaction_id: str, wallet_transaction_id: str | None, balances: Balances, digits: int) -> Answer:
    return _ok(
        {
            "transaction_id": transaction_id,
            "wallet_transaction_id": wallet_transaction_id,
            "currency": balances.shown.currency_code,
            "balance": money.number(balances.shown, digits),
        }
    )


def _balances(reply: PlayResponse) -> Balances:
    """A repeated call shows what the first one showed; a NOOP has only the balance of now, or none at all."""
    return reply.balances_then if reply.HasField("balances_then") else reply.balances_now


def _batch_done(
    batch_id: str,
    ids: Sequence[str],
    rejected: Sequence[No | None],
    replies: Sequence[PlayResponse | Unavailable],
) -> Answer:
    """An item that was not rejected here has the next of `replies`."""
    if replies and all(isinstance(reply, Unavailable) for reply in replies):
        raise Unavailable("no transaction of the batch was answered")
    rest = iter(replies)
    results = [
        _result(transaction_id, next(rest) if no is None else no)
        for transaction_id, no in zip(ids, rejected, strict=True)
    ]
    return _ok({"batch_id": batch_id, "results": results})


def _batch_cancelled(batch_id: str, reply: RollbackBatchResponse) -> Answer:
    results = [
        _result(
            rollback.external_key.removeprefix(_KEY),
            rollback.outcome.response if rollback.outcome.HasField("response") else No(Fault.TRY_LATER, retryable=True),
        )
        for rollback in reply.rollbacks
    ]
    return _ok({"batch_id": batch_id, "results": results})


def _result(transaction_id: str, reply: PlayResponse | Unavailable | No) -> dict[str, Any]:
    if isinstance(reply, Unavailable):
        reply = No(Fault.TRY_LATER, retryable=True)
    elif isinstance(reply, PlayResponse) and reply.HasField("refusal"):
        reply = No(Reason.Name(reply.refusal.reason).removeprefix("REASON_"), response=reply)
    if isinstance(reply, No):
        return {"transaction_id": transaction_id, "status": "ERROR", "error": _error(reply)}
    return {
        "transaction_id": transaction_id,
        "status": "OK",
        "wallet_transaction_id": reply.results[0].transaction_id,
        "balance": money.number(_balances(reply).shown, reply.display_digits),
    }
