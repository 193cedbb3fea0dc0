"""SOFTSWISS v2 and GCP v1: their words to ours and back, as values: no socket, no core."""

import contextlib
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wallet.v1.common_pb2 import Balances, Money, PocketAmount
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    ActionResult,
    PlayResponse,
)

from adapters.faults import Fault, Rejected
from adapters.provider import REASONS, Answer, Call, No, Request
from adapters.providers import gcp, softswiss

VECTORS = {
    vector["source"]: vector
    for vector in json.loads((Path(__file__).parent.parent / "providers" / "signatures.json").read_text())
}
SPEAKERS = {"SOFTSWISS v2": softswiss, "GCP v1": gcp}
CODES = sorted(REASONS | set(Fault))
PATHS = {softswiss: "/betwin", gcp: "/play"}


def euro(units, nanos=0):
    return Money(currency_code="EUR", units=units, nanos=nanos)


def connected(speaker, secret=b"test-secret", **settings):
    return speaker.connect("p", (secret,), msgspec.convert(settings, speaker.Settings))


def posted(path, body, **headers):
    return Request("POST", path, "", {"Content-Type": "application/json"} | headers, body, 0.0)


def read(speaker, path, members, **settings):
    endpoint = next(each for each in connected(speaker, **settings).endpoints if each.path == path)
    body = members if isinstance(members, bytes) else json.dumps(members).encode()
    return endpoint.read(posted(path, body))


@pytest.fixture(params=SPEAKERS)
def vector(request):
    return SPEAKERS[request.param], VECTORS[request.param]


def verify(speaker, vector, body, **headers):
    connected(speaker, vector["secret"].encode()).verify(posted(PATHS[speaker], body, **headers))


def test_the_vector_is_accepted_and_read(vector):
    speaker, signed = vector
    verify(speaker, signed, signed["message"].encode(), **{"X-REQUEST-SIGN": signed["signature"]})

    call = read(speaker, PATHS[speaker], signed["message"].encode())

    assert [action.kind for action in call.ask.actions] == [ACTION_KIND_BET, ACTION_KIND_WIN]
    assert call.ask.close_round


def test_one_flipped_byte_a_missing_header_and_reordered_json_are_refused(vector):
    speaker, signed = vector
    body, header = signed["message"].encode(), {"X-REQUEST-SIGN": signed["signature"]}
    reordered = json.dumps(dict(reversed(json.loads(body).items())), separators=(",", ":")).encode()
    spaced = json.dumps(json.loads(body)).encode()
    flipped = [body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :] for place in range(len(body))]

    for wrong in (reordered, spaced, *flipped):
        with pytest.raises(Rejected, match=Fault.INVALID_SIGNATURE):
            verify(speaker, signed, wrong, **header)
    for headers in ({}, {"X-REQUEST-SIGN": ""}, {"X-REQUEST-SIGN": signed["signature"].upper()}):
        with pytest.raises(Rejected, match=Fault.INVALID_SIGNATURE):
            verify(speaker, signed, body, **headers)


@pytest.mark.parametrize("speaker", [softswiss, gcp], ids=["softswiss", "gcp"])
def test_every_reason_and_fault_has_a_word(speaker):
    assert set(CODES) == set(speaker.ERRORS)


@pytest.mark.parametrize("code", CODES)
def test_v2_has_two_statuses_and_says_the_rest_in_api_code(code):
    answer = connected(softswiss).refuse(No(code, "detail"), None)
    body = json.loads(answer.body)

    later = body["meta"]["api_code"] in ("500", "503", "504")
    assert (answer.status, body["code"]) == ((500, "internal") if later else (400, "invalid_argument"))
    assert set(body) == {"code", "msg", "meta"}
    assert set(body["meta"]) == {"api_code", "api_message"}


# Table 16.1: the generic error, v2's api_code, v1's status and code.
TABLE = [
    ("INSUFFICIENT_FUNDS", "100", 412, 100),
    ("PLAYER_UNKNOWN", "101", 412, 101),
    ("SESSION_UNKNOWN", "400", 400, 400),
    ("SESSION_EXPIRED", "400", 400, 400),
    ("CONFLICT", "400", 400, 400),
    ("TOMBSTONED", "409", 400, 400),
    ("LIMIT_REACHED", "105", 412, 105),
    ("PLAYER_BLOCKED", "110", 412, 110),
    ("WRONG_CURRENCY", "154", 412, 154),
    (Fault.INVALID_SIGNATURE, "403", 403, 403),
    (Fault.INTERNAL, "500", 500, 500),
]


@pytest.mark.parametrize(("code", "v2", "status", "v1"), TABLE, ids=[row[0] for row in TABLE])
def test_the_table_of_generic_errors(code, v2, status, v1):
    response = PlayResponse(balances_now=Balances(shown=euro(12, 340_000_000)), display_digits=2)
    newer = json.loads(connected(softswiss).refuse(No(code, response=response), None).body)["meta"]
    older = connected(gcp).refuse(No(code, response=response), 2)
    body = json.loads(older.body)

    assert (newer["api_code"], newer.get("balance")) == (v2, "12.34" if v2 in ("100", "105") else None)
    assert (older.status, body["code"], body.get("balance")) == (status, v1, 1234 if status == 412 else None)


def test_the_code_of_a_conflict_is_a_setting():
    newer = connected(softswiss, conflict="409").refuse(No("CONFLICT"), None)

    assert json.loads(newer.body)["meta"]["api_code"] == "409"
    assert connected(gcp, conflict=412).refuse(No("CONFLICT"), None).status == 412


@pytest.mark.parametrize("speaker", [softswiss, gcp], ids=["softswiss", "gcp"])
def test_paths_lie_below_the_base_that_was_registered(speaker):
    endpoints = connected(speaker, base="/api/v2/psp").endpoints

    assert f"/api/v2/psp{PATHS[speaker]}" in {endpoint.path for endpoint in endpoints}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"base": "/api/"}, speaker.Settings)


@pytest.mark.parametrize("speaker", [softswiss, gcp], ids=["softswiss", "gcp"])
def test_no_error_tells_a_secret(speaker):
    provider = connected(speaker, secret=b"a-live-secret")

    assert not any(b"a-live-secret" in provider.refuse(No(code, "detail"), None).body for code in CODES)


BETWIN = {
    "account_id": "p-1",
    "currency": "EUR",
    "game_id": "dice",
    "round_id": "r-1",
    "session_id": "tok",
    "transactions": [{"id_provider": "t-1", "type": "bet", "amount": "0.10"}],
}


def test_a_betwin_is_a_play_in_order_under_one_id_space():
    two = [*BETWIN["transactions"], {"id_provider": "t-2", "type": "win", "amount": "12.345"}]
    ask = read(softswiss, "/betwin", BETWIN | {"transactions": two, "finished": True}).ask

    assert [action.external_key for action in ask.actions] == ["tx:t-1", "tx:t-2"]
    assert [euro(0, 100_000_000), euro(12, 345_000_000)] == [action.amount for action in ask.actions]
    assert (ask.session_token, ask.round_id, ask.game_id, ask.close_round) == ("tok", "r-1", "dice", True)


def test_a_win_needs_no_session():
    win = [{"id_provider": "t-2", "type": "win", "amount": "1"}]

    assert read(softswiss, "/betwin", BETWIN | {"transactions": win}).ask.session_token == ""


def test_a_rollback_bears_the_key_of_its_original_whatever_its_own_id():
    members = {
        "account_id": "p-1",
        "currency": "EUR",
        "game_id": "dice",
        "round_id_provider": "r-1",
        "finished": True,
        "transactions": [{"id_provider": "x", "type": "rollback", "original_id_provider": "t-1"}],
    }
    (action,) = read(softswiss, "/rollback", members).ask.actions

    assert (action.kind, action.external_key, list(action.references)) == (
        ACTION_KIND_ROLLBACK,
        "void:tx:t-1",
        ["tx:t-1"],
    )
    assert not action.HasField("amount")


def test_bonus_money_is_told_for_each_movement():
    parts = [
        PocketAmount(pocket="CASH", amount=euro(-1)),
        PocketAmount(pocket="BONUS:b-1", amount=euro(-2, -500_000_000)),
        PocketAmount(pocket="BONUS:b-2", amount=euro(-1, -500_000_000)),
    ]
    reply = PlayResponse(
        results=[ActionResult(transaction_id="w-1", parts=parts)],
        balances_then=Balances(shown=euro(9, 900_000_000)),
        balances_now=Balances(shown=euro(5)),
        display_digits=2,
    )

    assert json.loads(read(softswiss, "/betwin", BETWIN).write(reply).body) == {
        "round_id": "r-1",
        "transactions": [{"id_provider": "t-1", "id": "w-1", "bonus_amount": "4.00"}],
        "balance": "9.90",
    }


@pytest.mark.parametrize("change", [{"currency": "eur"}, {"currency": "EUR\n"}, {"transactions": []}, {"round_id": ""}])
def test_what_is_not_of_the_vendors_schema_is_refused(change):
    with pytest.raises(Rejected, match="INVALID_REQUEST"):
        read(softswiss, "/betwin", BETWIN | change)


@pytest.mark.parametrize("amount", [1, 1.5, None, True])
def test_v2_takes_amounts_as_strings_only(amount):
    with pytest.raises(Rejected, match="INVALID_REQUEST"):
        read(softswiss, "/betwin", BETWIN | {"transactions": [BETWIN["transactions"][0] | {"amount": amount}]})


names = st.text(st.sampled_from("a:%3A|"), min_size=1, max_size=6)


@given(names, names, names, names)
def test_two_players_or_rounds_never_share_a_key(player, round_id, other, other_round):
    same = (player, round_id) == (other, other_round)

    for speaker in (softswiss, gcp):
        assert same == (speaker.finish_key(player, round_id) == speaker.finish_key(other, other_round))


PLAY = {"user_id": "u1", "game": "acme:Book", "actions": [{"action": "bet", "amount": 200, "action_id": "a-1"}]}
ENDPOINTS = [*connected(softswiss).endpoints, *connected(gcp).endpoints]
MEMBERS = [*BETWIN, *PLAY, "round_id_provider", "issue_id", "status", "total_amount", "finished", "actions"]
values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.dictionaries(st.text(), st.text()))


@given(st.sampled_from(ENDPOINTS), st.binary() | st.text().map(str.encode))
def test_random_bytes_are_read_or_refused(endpoint, body):
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(posted(endpoint.path, body)), Call | Answer)


@given(st.sampled_from(ENDPOINTS), st.dictionaries(st.sampled_from(MEMBERS), values))
def test_random_members_are_read_or_refused(endpoint, members):
    body = json.dumps(BETWIN | PLAY | members).encode()
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(posted(endpoint.path, body)), Call)
