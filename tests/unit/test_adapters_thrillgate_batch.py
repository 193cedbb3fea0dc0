"""ThrillGate's batches and signatures, as values."""

import json

import msgspec
import pytest
from wallet.v1.common_pb2 import REASON_INSUFFICIENT_FUNDS, Balances, Money, Refusal
from wallet.v1.wallet_pb2 import (
    CATEGORY_JACKPOT,
    ActionResult,
    BatchRollback,
    PlayFault,
    PlayOutcome,
    PlayResponse,
    RollbackBatchRequest,
    RollbackBatchResponse,
)

from adapters import signing
from adapters.faults import Rejected
from adapters.provider import Answer, Call, Request
from adapters.providers.thrillgate import Settings, connect
from wallet_core.client import Unavailable

CREDIT = {
    "player_id": "p-1",
    "transaction_id": "t-1",
    "transaction_type": "Credit",
    "provider_id": "thrillpots",
    "gameround_id": "r-1",
    "currency": "EUR",
    "amount": 0.1,
}
BATCH = "/wallet/transaction/batch"
PLAYED = PlayResponse(
    player_id="p-1",
    results=[ActionResult(external_key="tx:t-1", transaction_id="w-1")],
    balances_then=Balances(shown=Money(currency_code="EUR", units=1)),
    display_digits=2,
)


def ask(members, method="POST"):
    provider = connect("jackpots", (b"key",), Settings())
    endpoint = next(e for e in provider.endpoints if (e.method, e.path) == (method, BATCH))
    body = json.dumps(members).encode()
    return endpoint.read(Request(method, BATCH, "", {"Content-Type": "application/json"}, body, 0.0))


def credits_of(*members):
    return [CREDIT | {"transaction_id": f"t-{n}"} | m for n, m in enumerate(members)]


def test_a_batch_is_plays_of_their_own_and_a_bad_item_is_its_own_error():
    items = credits_of({}, {"amount": "1e3"}, {"player_id": "p-2"}, {"transaction_type": "Debit"})
    call = ask({"batch_id": "b-1", "transactions": items})

    assert [play.actions[0].external_key for play in call.ask] == ["tx:t-0", "tx:t-2"]
    assert {"b-1"} == {play.batch_id for play in call.ask}
    assert {CATEGORY_JACKPOT} == {play.actions[0].category for play in call.ask}
    refused = PlayResponse(refusal=Refusal(reason=REASON_INSUFFICIENT_FUNDS))
    results = json.loads(call.write([PLAYED, refused]).body)["results"]
    assert [r if r["status"] == "OK" else (r["transaction_id"], r["error"]["code"]) for r in results] == [
        {"transaction_id": "t-0", "status": "OK", "wallet_transaction_id": "w-1", "balance": 1.0},
        ("t-1", "INVALID_AMOUNT"),
        ("t-2", "INSUFFICIENT_FUNDS"),
        ("t-3", "INVALID_REQUEST"),
    ]


def test_a_batch_of_which_nothing_is_left_needs_no_core():
    answer = ask({"batch_id": "b-1", "transactions": []})

    assert isinstance(answer, Answer)
    assert answer.body == b'{"batch_id":"b-1","results":[]}'


def test_a_batch_nobody_answered_is_to_be_sent_again_as_a_whole():
    call = ask({"batch_id": "b-1", "transactions": credits_of({}, {})})

    with pytest.raises(Unavailable):
        call.write([Unavailable("a"), Unavailable("b")])
    results = json.loads(call.write([Unavailable("a"), PLAYED]).body)["results"]
    assert results[0]["error"]["code"] == "TRY_LATER"
    assert results[1]["status"] == "OK"


def test_a_batch_has_at_most_a_thousand_items():
    assert isinstance(ask({"batch_id": "b", "transactions": [*credits_of({})] * 1000}), Call)
    with pytest.raises(Rejected):
        ask({"batch_id": "b", "transactions": [*credits_of({})] * 1001})


def test_a_batch_is_cancelled_under_the_keys_of_single_cancels():
    call = ask({"batch_id": "b-1"}, "DELETE")

    assert call.ask == RollbackBatchRequest(provider_id="jackpots", batch_id="b-1", external_key_prefix="void:")
    reply = RollbackBatchResponse(
        rollbacks=[
            BatchRollback(external_key="tx:t-1", outcome=PlayOutcome(response=PLAYED)),
            BatchRollback(external_key="tx:t-2", outcome=PlayOutcome(fault=PlayFault(code=14))),
        ]
    )
    results = json.loads(call.write(reply).body)["results"]
    assert [(r["transaction_id"], r["status"], r.get("error", {}).get("code")) for r in results] == [
        ("t-1", "OK", None),
        ("t-2", "ERROR", "TRY_LATER"),
    ]


def signed(body, signature, **given):
    headers = {} if signature is None else {"X-Server-Authorization": signature}
    connect("jackpots", (b"new", b"old"), msgspec.convert(given, Settings)).verify(
        Request("POST", "/", "", headers, body, 0.0)
    )


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
@pytest.mark.parametrize("body", [b"", b'{"a":1}'])
def test_the_body_is_signed_by_either_key_in_the_form_that_is_set(algorithm, encoding, body):
    form = {"algorithm": algorithm, "encoding": encoding}
    for secret in (b"new", b"old"):
        signed(body, signing.sign(secret, body, algorithm, encoding), **form)
    for wrong in (signing.sign(b"other", body, algorithm, encoding), "", None):
        with pytest.raises(Rejected):
            signed(body, wrong, **form)


def test_only_a_call_without_a_body_may_go_unsigned_where_that_is_set():
    signed(b"", None, sign_bodyless="optional")
    with pytest.raises(Rejected):
        signed(b"", "wrong", sign_bodyless="optional")
    with pytest.raises(Rejected):
        signed(b"{}", None, sign_bodyless="optional")
