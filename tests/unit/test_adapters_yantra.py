"""Yantra's words to ours and back, as values: no socket, no core."""

import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wallet.v1.common_pb2 import Balances, Money
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_NOTE,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_FREE_ROUND,
    CATEGORY_GAME,
    Action,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters import signing
from adapters.faults import Fault, Rejected
from adapters.provider import REASONS, Answer, Call, No, Request
from adapters.providers.yantra import ERRORS, Settings, connect

CODES = sorted(REASONS | set(Fault))
# The vendor's published vector.
SECRET = b"mock-dev-shared-secret"
BODY = (
    b'{"requestUuid":"583c985f-fee6-4c0e-bbf5-308aad6265af","transactionUuid":"16d2dcfe-b89e-11e7-854a-58404eea6d16",'
    b'"operatorId":"op_test","playerRef":"player-42","currency":"EUR","gameCode":"ketapola-dice",'
    b'"amountMicro":"100000","roundId":"rnd_1"}'
)
SIGNED_AT = 1745500000
HEADERS = {
    "X-Yantra-Key-Id": "kid",
    "X-Yantra-Timestamp": str(SIGNED_AT),
    "X-Yantra-Signature": "LGzQxUTu8I4uMGA0qd0zm7F6iziJSmycAQE7PRBYW9E=",
}

ASKED = {"requestUuid": "q-1", "operatorId": "op", "playerRef": "p-1", "currency": "EUR", "gameCode": "dice"}
BET = ASKED | {"transactionUuid": "t-1", "amountMicro": "1050000", "roundId": "r-1"}
WIN = BET | {"transactionUuid": "t-2", "referenceTransactionUuid": "t-1"}
ROLLBACK = ASKED | {"transactionUuid": "t-3", "referenceTransactionUuid": "t-1"}


def euro(units, nanos=0):
    return Money(currency_code="EUR", units=units, nanos=nanos)


def connected(secrets=(SECRET,), **settings):
    return connect("p", secrets, msgspec.convert(settings, Settings))


def posted(body=BODY, headers=HEADERS, *, path="/wallet/bet", query="", method="POST", at=SIGNED_AT):
    return Request(method, path, query, {"Content-Type": "application/json"} | headers, body, at)


def read(name, members, **settings):
    endpoint = next(each for each in connected(**settings).endpoints if each.name == name)
    body = members if isinstance(members, bytes) else json.dumps(members).encode()
    return endpoint.read(posted(body, path=endpoint.path))


def rejected(request, **settings):
    with pytest.raises(Rejected) as caught:
        connected(**settings).verify(request)
    return caught.value.code


def test_the_vector_is_accepted_and_read():
    connected().verify(posted())
    connected(secrets=(b"newer", SECRET)).verify(posted())

    (bet, _) = read("bet", BODY).ask.actions
    assert (bet.external_key, bet.amount) == ("tx:16d2dcfe-b89e-11e7-854a-58404eea6d16", euro(1))


def test_one_flipped_byte_and_reordered_json_are_refused():
    reordered = json.dumps(dict(reversed(json.loads(BODY).items())), separators=(",", ":")).encode()
    spaced = json.dumps(json.loads(BODY)).encode()
    flipped = [BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :] for place in range(len(BODY))]

    assert {rejected(posted(body)) for body in (reordered, spaced, *flipped)} == {Fault.INVALID_SIGNATURE}


@pytest.mark.parametrize("name", HEADERS)
def test_a_missing_empty_or_other_header_is_refused(name):
    without = {key: value for key, value in HEADERS.items() if key != name}

    assert rejected(posted(headers=without)) == Fault.INVALID_SIGNATURE
    assert rejected(posted(headers=without | {name: ""})) == Fault.INVALID_SIGNATURE
    if name != "X-Yantra-Key-Id":  # it is not signed
        for place in range(len(HEADERS[name])):
            other = HEADERS[name][:place] + ("0" if HEADERS[name][place] != "0" else "1") + HEADERS[name][place + 1 :]
            assert rejected(posted(headers=HEADERS | {name: other})) == Fault.INVALID_SIGNATURE


@pytest.mark.parametrize("change", [{"path": "/wallet/win"}, {"path": "/bet"}, {"method": "PUT"}])
def test_the_signature_is_of_one_path_and_method(change):
    assert rejected(posted(**change)) == Fault.INVALID_SIGNATURE


def test_the_query_is_not_signed():
    connected().verify(posted(query="foo=1"))


def test_another_key_is_refused():
    assert rejected(posted(), secrets=(b"mock-dev-shared-secreu",)) == Fault.INVALID_SIGNATURE
    assert rejected(posted(), secrets=()) == Fault.INVALID_SIGNATURE


@pytest.mark.parametrize(("window", "off"), [(30, 30), (30, -30), (5, 5), (60, -60)])
def test_the_window_is_open_to_its_last_second_and_no_longer(window, off):
    connected(window=window).verify(posted(at=SIGNED_AT + off))
    assert rejected(posted(at=SIGNED_AT + off * 1.001), window=window) == Fault.STALE_TIMESTAMP


@pytest.mark.parametrize("timestamp", ["1745500000.0", "+1745500000", " 1745500000", "soon", "\u0661" * 10])
def test_a_timestamp_is_whole_seconds(timestamp):
    text = f"POST\n/wallet/bet\n{timestamp}\n{signing.body_hash(BODY)}".encode()
    signature = signing.sign(SECRET, text, "sha256", "base64")

    headers = HEADERS | {"X-Yantra-Timestamp": timestamp, "X-Yantra-Signature": signature}
    assert rejected(posted(headers=headers)) == Fault.STALE_TIMESTAMP


def test_every_reason_and_fault_has_a_word():
    assert set(CODES) == set(ERRORS)


# Sections 10 and 16.1: the generic error, its status, HTTP's, whether the balance is there.
TABLE = [
    ("INSUFFICIENT_FUNDS", "NOT_ENOUGH_MONEY", 200, True),
    ("LIMIT_REACHED", "LIMIT_REACHED", 200, True),
    ("PLAYER_BLOCKED", "USER_DISABLED", 200, False),
    ("PLAYER_UNKNOWN", "INVALID_TOKEN", 200, False),
    ("WRONG_CURRENCY", "WRONG_CURRENCY", 200, False),
    ("UNKNOWN_CURRENCY", "WRONG_CURRENCY", 200, False),
    ("CONFLICT", "WRONG_SYNTAX", 200, False),
    ("REFERENCE_NOT_FOUND", "TRANSACTION_DOES_NOT_EXIST", 200, False),
    ("REFERENCE_ROLLED_BACK", "TRANSACTION_DOES_NOT_EXIST", 200, False),
    ("TOMBSTONED", "TRANSACTION_DOES_NOT_EXIST", 200, False),
    ("INVALID_REQUEST", "WRONG_SYNTAX", 200, False),
    ("INVALID_AMOUNT", "WRONG_TYPES", 200, False),
    (Fault.INVALID_SIGNATURE, "INVALID_SIGNATURE", 401, False),
    (Fault.STALE_TIMESTAMP, "INVALID_SIGNATURE", 401, False),
    (Fault.TRY_LATER, "UNKNOWN", 200, False),
    (Fault.INTERNAL, "UNKNOWN", 200, False),
]


@pytest.mark.parametrize(("code", "status", "http", "balance"), TABLE, ids=[row[0] for row in TABLE])
def test_the_table_of_errors(code, status, http, balance):
    response = PlayResponse(balances_now=Balances(shown=euro(12, 340_009_999)))
    answer = connected().refuse(No(code, "why", response=response), "q-1")

    body = json.loads(answer.body)
    assert (answer.status, body["status"], body["requestUuid"]) == (http, f"RS_ERROR_{status}", "q-1")
    assert body["message"].endswith(": why")
    assert [body.get("balanceMicro"), body.get("currency")] == (["1234000", "EUR"] if balance else [None, None])


@pytest.mark.parametrize("code", CODES)
def test_an_error_of_what_was_not_understood_echoes_nothing_and_tells_no_secret(code):
    answer = connected().refuse(No(code), None)

    assert set(json.loads(answer.body)) == {"status", "message"}
    assert SECRET not in answer.body


@pytest.mark.parametrize("code", CODES)
def test_what_did_not_move_is_no_success(code):
    assert ERRORS[code][0] not in ("RS_OK", "RS_ERROR_DUPLICATE_TRANSACTION")


def play(name, action, **members):
    note = Action(kind=ACTION_KIND_NOTE, external_key=f"req:{name}:q-1")
    common = {"provider_id": "p", "player_id": "p-1", "currency_code": "EUR", "game_id": "dice"}
    return PlayRequest(actions=[action, note], **common, **members)


def test_a_bet_is_a_play_of_the_movement_and_its_message():
    bet = Action(kind=ACTION_KIND_BET, external_key="tx:t-1", amount=euro(10, 500_000_000), category=CATEGORY_GAME)

    assert read("bet", BET).ask == play("bet", bet, round_id="r-1")


def test_a_win_names_its_bet_and_may_be_of_nothing():
    win = Action(kind=ACTION_KIND_WIN, external_key="tx:t-2", amount=euro(0), category=CATEGORY_GAME)
    win.references.append("tx:t-1")

    assert read("win", WIN | {"amountMicro": "0"}).ask == play("win", win, round_id="r-1")


@pytest.mark.parametrize("own", ["t-3", "t-1"])
def test_a_rollback_bears_the_key_of_its_original_whatever_its_own_id(own):
    undo = Action(kind=ACTION_KIND_ROLLBACK, external_key="void:tx:t-1", references=["tx:t-1"])
    undo.info["transactionUuid"] = own

    assert read("rollback", ROLLBACK | {"transactionUuid": own}).ask == play("rollback", undo)


def test_a_balance_is_by_player():
    call = read("balance", ASKED)

    assert call.ask == GetBalanceRequest(provider_id="p", player_id="p-1", currency_code="EUR")
    reply = GetBalanceResponse(balances=Balances(shown=euro(1, 10_000)))
    assert json.loads(call.write(reply).body) == {
        "status": "RS_OK",
        "requestUuid": "q-1",
        "balanceMicro": "100001",
        "currency": "EUR",
    }


@pytest.mark.parametrize(("name", "members"), [("bet", BET), ("win", WIN), ("rollback", ROLLBACK)])
def test_a_movement_is_answered_with_the_balance_of_its_first_time(name, members):
    call = read(name, members)
    then, now = Balances(shown=euro(90)), Balances(shown=euro(5))

    body = json.loads(call.write(PlayResponse(balances_then=then, balances_now=now)).body)
    assert body == {"status": "RS_OK", "requestUuid": "q-1", "balanceMicro": "9000000", "currency": "EUR"}
    assert json.loads(call.write(PlayResponse(balances_now=now)).body)["balanceMicro"] == "500000"
    assert call.words == "q-1"


@pytest.mark.parametrize(
    ("amount", "money"),
    [
        ("1", euro(0, 10_000)),
        ("99999", euro(0, 999_990_000)),
        ("922337203685477580700000", euro(9223372036854775807)),
    ],
)
def test_an_amount_is_in_hundred_thousandths(amount, money):
    assert read("bet", BET | {"amountMicro": amount}).ask.actions[0].amount == money


@pytest.mark.parametrize(
    "amount",
    ["0", "-1", "+1", "1.0", "100.00", "1e5", "", " 1", "1 ", "01", "\u0661", "922337203685477580800000", "9" * 200],
)
def test_what_is_no_positive_whole_number_is_no_stake(amount):
    with pytest.raises(Rejected, match="INVALID_AMOUNT"):
        read("bet", BET | {"amountMicro": amount})


@pytest.mark.parametrize("change", [{"amountMicro": 100000}, {"requestUuid": ""}, {"roundId": None}, {"isFree": "yes"}])
def test_what_is_not_of_the_vendors_schema_is_refused(change):
    with pytest.raises(Rejected, match="INVALID_REQUEST"):
        read("bet", BET | change)


def test_nobody_pays_a_free_bet_unless_the_player_is_to():
    free = read("bet", BET | {"isFree": True}).ask.actions[0]
    paid = read("bet", BET | {"isFree": True}, free_bets="player").ask.actions[0]

    assert (free.amount, dict(free.info)) == (euro(0), {"free_amount_micro": "1050000"})
    assert (paid.amount, dict(paid.info)) == (euro(10, 500_000_000), {})
    assert (free.category, paid.category) == (CATEGORY_FREE_ROUND, CATEGORY_FREE_ROUND)


def test_paths_lie_below_the_base():
    assert [endpoint.path for endpoint in connected(base="/yantra").endpoints] == [
        f"/yantra/wallet/{name}" for name in ("balance", "bet", "win", "rollback")
    ]


values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())


@given(st.sampled_from(connected().endpoints), st.binary() | st.text().map(str.encode))
def test_random_bytes_are_read_or_refused(endpoint, body):
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(posted(body)), Call | Answer)


@given(st.sampled_from(connected().endpoints), st.dictionaries(st.sampled_from([*WIN, "isFree", "meta"]), values))
def test_random_members_are_read_or_refused(endpoint, members):
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(posted(json.dumps(WIN | members).encode())), Call)
