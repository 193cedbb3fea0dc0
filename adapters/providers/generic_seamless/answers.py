"""The core's replies in the words of the dialect."""

import time
from collections.abc import Sequence
from typing import Literal

import msgspec
from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1 import common_pb2, wallet_pb2

from adapters import money
from adapters.faults import Fault
from adapters.parts import by_kind
from adapters.provider import Answer, No
from adapters.providers.generic_seamless import words
from wallet_core.client import Unavailable

# A provider's transaction ids are one id space for all kinds and players.
KEY = "tx:"

# code: HTTP status, meaning. Our codes are the core's reasons and the adapter's faults, all of them.
PROBLEMS: dict[str, tuple[int, str]] = {
    "UNSPECIFIED": (500, "The wallet refused without saying why."),
    "INVALID_REQUEST": (400, "The request is malformed or contradicts itself."),
    "UNKNOWN_CURRENCY": (400, "There is no such currency here."),
    "INVALID_PRECISION": (400, "The amount is finer than its currency allows."),
    "INVALID_AMOUNT": (400, "The amount is not a plain decimal, is negative, or is too large."),
    "UNKNOWN_PROVIDER": (403, "The provider is not registered."),
    "SESSION_UNKNOWN": (401, "The token is unknown."),
    "PLAYER_UNKNOWN": (404, "The player is unknown."),
    "CONFLICT": (409, "The transaction_id was used before with other contents."),
    "TOMBSTONED": (409, "The transaction was rolled back before it arrived."),
    "WRONG_CURRENCY": (400, "The player, session or round has another currency."),
    "SESSION_EXPIRED": (401, "The token has expired."),
    "SESSION_ROTATED": (401, "The token was replaced by a newer one."),
    "GAME_NOT_ALLOWED": (403, "The game is not open to this player."),
    "PLAYER_BLOCKED": (403, "The player may not stake."),
    "ROUND_CLOSED": (409, "The round is closed."),
    "REFERENCE_NOT_FOUND": (409, "The referenced transaction is not here yet; send the same request again."),
    "REFERENCE_MISMATCH": (409, "The referenced transaction is of another kind."),
    "REFERENCE_ROLLED_BACK": (409, "The referenced transaction was rolled back."),
    "REFERENCE_SETTLED": (409, "The referenced transaction is settled."),
    "AMOUNT_EXCEEDS_REFERENCE": (409, "More than is left of the referenced transaction."),
    "LIMIT_REACHED": (403, "A limit of the player is reached."),
    "INSUFFICIENT_FUNDS": (402, "The player has too little money."),
    "ROUND_NOT_FOUND": (404, "The round is unknown."),
    "ALREADY_EXISTS": (409, "It exists already, with other contents."),
    "INVALID_JOURNAL": (500, "The wallet could not book this."),
    "TRANSACTION_NOT_FOUND": (404, "The transaction is unknown."),
    "IN_PROGRESS": (503, "The first request is still being worked on; send the same again."),
    Fault.ADDRESS_NOT_ALLOWED: (403, "This address may not call."),
    Fault.UNKNOWN_PATH: (404, "There is nothing at this path."),
    Fault.METHOD_NOT_ALLOWED: (405, "This path has another method."),
    Fault.TOO_LARGE: (413, "The body is too large."),
    Fault.UNSUPPORTED_CONTENT_TYPE: (415, "The body is not plain application/json."),
    Fault.INVALID_SIGNATURE: (401, "The signature is missing or wrong."),
    Fault.STALE_TIMESTAMP: (401, "The timestamp is missing or too far from our time."),
    Fault.TRY_LATER: (503, "No answer in time; it may have been done: send the same request again."),
    Fault.INTERNAL: (500, "Something went wrong here; send the same request again."),
}

_OUTCOMES: dict[int, Literal["applied", "noop", "refused"]] = {
    wallet_pb2.OUTCOME_APPLIED: "applied",
    wallet_pb2.OUTCOME_NOOP: "noop",
    wallet_pb2.OUTCOME_REFUSED: "refused",
}

_encode = msgspec.json.Encoder().encode


def answered(value: msgspec.Struct) -> Answer:
    return Answer(200, _encode(value))


def refused(no: No) -> Answer:
    problem = problem_of(no)
    return Answer(problem.status, _encode(problem), "application/problem+json")


def problem_of(no: No) -> words.Problem:
    status, meaning = PROBLEMS[no.code]
    known = no.response is not None and no.response.HasField("balances_now")
    return words.Problem(
        type=f"/docs#{no.code}",
        title=meaning,
        status=status,
        code=no.code,
        retryable=no.retryable,
        detail=no.detail,
        balance=_balances(no.response.balances_now, no.response.display_digits) if known and no.response else None,
    )


def balance(reply: wallet_pb2.GetBalanceResponse) -> Answer:
    return answered(words.BalanceAnswer(reply.player_id, _balances(reply.balances, reply.display_digits)))


def moved(reply: wallet_pb2.PlayResponse) -> Answer:
    return answered(_moved(reply))


def credit_batch(
    batch_id: str,
    items: Sequence[str],
    outcomes: Sequence[No | None],
    replies: Sequence[wallet_pb2.PlayResponse | Unavailable],
) -> Answer:
    """`items` are the transaction_ids. Where an outcome is None the next of `replies` is the item's."""
    if replies and all(isinstance(reply, Unavailable) for reply in replies):
        raise Unavailable("no play of the batch was answered")
    rest = iter(replies)
    results = [
        _credit_result(item, next(rest) if outcome is None else outcome)
        for item, outcome in zip(items, outcomes, strict=True)
    ]
    return answered(words.CreditBatchAnswer(batch_id, results))


def _credit_result(transaction_id: str, reply: No | wallet_pb2.PlayResponse | Unavailable) -> words.CreditResult:
    if isinstance(reply, Unavailable):
        reply = No(Fault.TRY_LATER, retryable=True)
    elif isinstance(reply, wallet_pb2.PlayResponse) and reply.HasField("refusal"):
        reason = common_pb2.Reason.Name(reply.refusal.reason).removeprefix("REASON_")
        reply = No(reason, retryable=reply.refusal.retryable, response=reply)
    if isinstance(reply, No):
        return words.CreditResult(transaction_id, "error", problem=problem_of(reply))
    return words.CreditResult(transaction_id, "ok", moved=_moved(reply))


def transaction(reply: wallet_pb2.GetTransactionResponse) -> Answer:
    found = reply.transaction
    return answered(
        words.TransactionAnswer(
            transaction_id=found.external_key.removeprefix(KEY),
            wallet_transaction_id=found.transaction_id,
            player_id=found.player_id,
            kind=wallet_pb2.TransactionKind.Name(found.kind).removeprefix("TRANSACTION_KIND_").lower(),
            outcome=_OUTCOMES[found.outcome],
            code=common_pb2.Reason.Name(found.reason).removeprefix("REASON_") if found.reason else "",
            currency=found.amount.currency_code,
            amount=money.text(found.amount, found.display_digits),
            rolled_back=money.text(found.rolled_back, found.display_digits),
            round_id=found.round_id,
            game_id=found.game_id,
            settled=found.settled,
            committed_at=_time(found.committed_at),
        )
    )


def _moved(reply: wallet_pb2.PlayResponse) -> words.Moved:
    digits = reply.display_digits
    now = _balances(reply.balances_now, digits) if reply.HasField("balances_now") else None
    then = now
    if reply.replayed or now is None:  # what is new is then what it is now
        then = _balances(reply.balances_then, digits) if reply.HasField("balances_then") else None
    return words.Moved(
        player_id=reply.player_id,
        replayed=reply.replayed,
        transactions=[
            words.Transaction(
                transaction_id=result.external_key.removeprefix(KEY),
                wallet_transaction_id=result.transaction_id,
                outcome=_OUTCOMES[result.outcome],
                replayed=result.replayed,
                parts=[words.Part(kind, money.text(amount, digits)) for kind, amount in by_kind(result.parts).items()],
                committed_at=_time(result.committed_at),
            )
            for result in reply.results
        ],
        balance=now,
        balance_then=then,
    )


def _balances(balances: common_pb2.Balances, digits: int) -> words.Balances:
    return words.Balances(
        currency=balances.shown.currency_code,
        amount=money.text(balances.shown, digits),
        cash=money.text(balances.cash, digits),
        bonus=money.text(balances.bonus, digits),
        debt=money.text(balances.debt, digits) if balances.HasField("debt") else "",
    )


def _time(timestamp: Timestamp) -> str:
    """RFC 3339 in UTC to the microsecond; empty where there is none."""
    seconds = timestamp.seconds
    if not seconds:
        return ""
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{timestamp.nanos // 1_000:06d}Z"
