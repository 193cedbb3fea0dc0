"""RubyPlay's words to ours and back, as values: no socket, no core."""

import base64
import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wallet.v1.common_pb2 import Balances, Money
from wallet.v1.players_pb2 import Player
from wallet.v1.sessions_pb2 import SESSION_USE_READ, ResolveSessionRequest, ResolveSessionResponse, Session
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
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

from adapters.faults import Fault, Rejected
from adapters.provider import REASONS, Answer, Call, No, Request
from adapters.providers.rubyplay import ERRORS, Settings, connect

CODES = sorted(REASONS | set(Fault))
SECRET = b"ruby:pass:w\xc3\xb6rd"
# RFC 7617's own example.
RFC = (b"Aladdin:open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")

ASKED = {"sessionToken": "tok", "playerId": "p-1", "currencyCode": "EUR", "gameId": "rp_12"}
MOVE = ASKED | {
    "amount": 2.5,
    "roundId": "r-1",
    "transactionId": "1000",
    "deviceType": "desktop",
    "gameRoundEnd": False,
    "freeRound": False,
    "purchasedFeature": False,
    "promotionId": None,
    "country": "US",
}
CANCEL = ASKED | {"roundId": "r-1", "referenceTransactionId": "1000", "gameRoundEnd": True}
NOTED = {"country": "US", "device_type": "desktop"}


def euro(units, nanos=0):
    return Money(currency_code="EUR", units=units, nanos=nanos)


def connected(secrets=(SECRET,), **settings):
    return connect("p", secrets, msgspec.convert(settings, Settings))


def posted(members, **headers):
    body = members if isinstance(members, bytes) else json.dumps(members).encode()
    return Request("POST", "/debit", "", {"Content-Type": "application/json"} | headers, body, 0.0)


def read(name, members, **settings):
    endpoint = next(each for each in connected(**settings).endpoints if each.name == name)
    return endpoint.read(posted(members))


def basic(secret):
    return "Basic " + base64.b64encode(secret).decode()


@pytest.mark.parametrize("header", [basic(SECRET), basic(SECRET).replace("Basic", "basic"), basic(b"old:one"), RFC[1]])
def test_any_live_pair_is_accepted(header):
    connected(secrets=(SECRET, b"old:one", RFC[0])).verify(posted(MOVE, Authorization=header))


FLIPPED = [
    basic(SECRET)[:place] + ("0" if basic(SECRET)[place] != "0" else "1") + basic(SECRET)[place + 1 :]
    for place in range(len(basic(SECRET)))
]


@pytest.mark.parametrize(
    "header",
    [
        *FLIPPED,
        "",
        "Basic",
        "Basic ",
        SECRET.decode(),
        "Basic " + SECRET.decode(),
        basic(SECRET).removeprefix("Basic "),
        basic(SECRET).replace("Basic", "Bearer"),
        basic(SECRET) + "=",
        basic(SECRET + b"x"),
        basic(b"ruby:"),
        "Basic \udc80",
    ],
)
def test_anything_else_is_refused(header):
    with pytest.raises(Rejected, match=Fault.INVALID_SIGNATURE):
        connected().verify(posted(MOVE, Authorization=header))


def test_a_missing_header_is_refused_and_an_adapter_without_secrets_lets_nobody_in():
    with pytest.raises(Rejected, match=Fault.INVALID_SIGNATURE):
        connected().verify(posted(MOVE))
    with pytest.raises(Rejected, match=Fault.INVALID_SIGNATURE):
        connected(secrets=()).verify(posted(MOVE, Authorization="Basic "))


def test_the_body_is_not_signed():
    reordered = dict(reversed(MOVE.items()))
    connected().verify(posted(reordered, Authorization=basic(SECRET)))

    assert read("debit", reordered).ask == read("debit", MOVE).ask


def test_every_reason_and_fault_has_a_word():
    assert set(CODES) == set(ERRORS)


@pytest.mark.parametrize("code", CODES)
def test_an_error_is_a_code_of_the_vendors_and_tells_the_player_nothing(code):
    answer = connected().refuse(No(code, "a detail"), None)

    body = json.loads(answer.body)
    assert set(body) == {"code", "description", "detail"}
    assert body["code"] in ("100", "101", "102", "103", "104", "105", "106", "107", "199", "501")
    assert "detail" not in body["description"]
    assert answer.status in (200, 401, 404, 405, 413)
    assert SECRET not in answer.body
    assert base64.b64encode(SECRET) not in answer.body


# Table 16.1.
TABLE = [
    ("INSUFFICIENT_FUNDS", 200, "103"),
    ("PLAYER_UNKNOWN", 200, "100"),
    ("SESSION_UNKNOWN", 200, "104"),
    ("SESSION_EXPIRED", 200, "104"),
    ("CONFLICT", 200, "106"),
    ("TOMBSTONED", 200, "107"),
    ("ROUND_CLOSED", 200, "107"),
    ("LIMIT_REACHED", 200, "199"),
    ("PLAYER_BLOCKED", 200, "102"),
    ("WRONG_CURRENCY", 200, "101"),
    (Fault.INVALID_SIGNATURE, 401, "105"),
    (Fault.TRY_LATER, 200, "501"),
    (Fault.INTERNAL, 200, "501"),
]


@pytest.mark.parametrize(("code", "status", "word"), TABLE, ids=[row[0] for row in TABLE])
def test_the_table_of_generic_errors(code, status, word):
    answer = connected().refuse(No(code), None)

    assert (answer.status, json.loads(answer.body)["code"]) == (status, word)


def test_what_no_source_says_is_a_setting():
    assert json.loads(connected(late_debit="106").refuse(No("TOMBSTONED"), None).body)["code"] == "106"
    assert connected(refused_status=200).refuse(No(Fault.INVALID_SIGNATURE), None).status == 200


def play(action, **members):
    common = {"provider_id": "p", "player_id": "p-1", "session_token": "tok", "currency_code": "EUR"}
    return PlayRequest(actions=[action], game_id="rp_12", round_id="r-1", **common, **members)


def test_debit_credit_and_cancel_share_no_key():
    bet = Action(kind=ACTION_KIND_BET, external_key="bet:1000", amount=euro(2, 500_000_000), category=CATEGORY_GAME)
    win = Action(kind=ACTION_KIND_WIN, external_key="win:1000", amount=euro(2, 500_000_000), category=CATEGORY_GAME)
    undo = Action(kind=ACTION_KIND_ROLLBACK, external_key="void:bet:1000", references=["bet:1000"])
    bet.info.update(NOTED)
    win.info.update(NOTED)

    assert read("debit", MOVE).ask == play(bet)
    assert read("credit", MOVE | {"gameRoundEnd": True}).ask == play(win, close_round=True)
    assert read("cancel", CANCEL).ask == play(undo, close_round=True)


def test_a_cancel_needs_its_reference_and_who_it_is():
    call = read("cancel", {"sessionToken": "tok", "referenceTransactionId": "1000", "gameRoundEnd": True})

    assert (call.ask.player_id, call.ask.session_token, call.ask.close_round) == ("", "tok", False)
    with pytest.raises(Rejected, match="INVALID_REQUEST"):
        read("cancel", ASKED)


def test_nobody_pays_a_free_round_unless_the_player_is_to():
    free = MOVE | {"freeRound": True, "promotionId": "123456"}
    nobody, player = read("debit", free).ask.actions[0], read("debit", free, free_rounds="player").ask.actions[0]

    assert (nobody.amount, player.amount) == (euro(0), euro(2, 500_000_000))
    assert dict(nobody.info) == NOTED | {"free_amount": "2.5", "promotion_id": "123456"}
    assert (nobody.category, player.category) == (CATEGORY_FREE_ROUND, CATEGORY_FREE_ROUND)
    assert read("credit", free).ask.actions[0].amount == euro(2, 500_000_000)


@pytest.mark.parametrize("name", ["debit", "credit"])
def test_free_rounds_may_be_those_granted_in_the_core(name):
    free = MOVE | {"freeRound": True, "promotionId": "123456"}

    assert read(name, free).ask.actions[0].free_rounds_id == ""
    assert read(name, free, grants=True).ask.actions[0].free_rounds_id == "123456"
    for other in (free | {"freeRound": False}, free | {"promotionId": None}):
        assert read(name, other, grants=True).ask.actions[0].free_rounds_id == ""


def test_a_free_round_of_less_than_nothing_is_left_to_be_refused():
    assert read("debit", MOVE | {"freeRound": True, "amount": -1}).ask.actions[0].amount == euro(-1)


def test_a_feature_that_was_bought_is_paid():
    assert read("debit", MOVE | {"purchasedFeature": True}).ask.actions[0].amount == euro(2, 500_000_000)


@pytest.mark.parametrize(
    ("amount", "money"),
    [(b"2", euro(2)), (b"0.10", euro(0, 100_000_000)), (b"0", euro(0)), (b'"2.50"', euro(2, 500_000_000))],
)
def test_an_amount_is_exact(amount, money):
    body = json.dumps(MOVE).encode().replace(b'"amount": 2.5', b'"amount": ' + amount)

    assert read("debit", body).ask.actions[0].amount == money


@pytest.mark.parametrize("amount", [b"1e1", b'"1e1"', b'"NaN"', b"null", b"true", b"[1]", b'" 1"', b"1" * 30])
def test_what_is_no_plain_decimal_is_no_amount(amount):
    body = json.dumps(MOVE).encode().replace(b'"amount": 2.5', b'"amount": ' + amount)

    with pytest.raises(Rejected, match="INVALID_AMOUNT"):
        read("debit", body)


@pytest.mark.parametrize("change", [{"sessionToken": ""}, {"roundId": None}, {"transactionId": 1000}, {"freeRound": 1}])
def test_what_is_not_of_the_vendors_schema_is_refused(change):
    with pytest.raises(Rejected, match="INVALID_REQUEST"):
        read("debit", MOVE | change)


def test_a_player_is_introduced():
    call = read("playerInformation", {"sessionToken": "tok", "clientVersion": "1.0.0"})
    reply = ResolveSessionResponse(session=Session(currency_code="USD"), player=Player(player_id="p-1"))

    assert call.ask == ResolveSessionRequest(provider_id="p", token="tok", use=SESSION_USE_READ)
    assert json.loads(call.write(reply).body) == {
        "code": "0",
        "description": "Success",
        "playerId": "p-1",
        "playerName": "p-1",
        "currencyCode": "USD",
        "testPlayer": False,
    }
    tester = read("playerInformation", {"sessionToken": "tok"}, test_players=True)
    assert json.loads(tester.write(reply).body)["testPlayer"] is True


def test_a_balance_is_a_number_with_its_digits():
    call = read("balance", ASKED | {"promotionId": None})

    assert call.ask == GetBalanceRequest(provider_id="p", player_id="p-1", session_token="tok", currency_code="EUR")
    reply = GetBalanceResponse(balances=Balances(shown=euro(500, 450_000_000)), display_digits=2)
    assert call.write(reply).body == b'{"code":"0","description":"Success","balance":500.45}'


@pytest.mark.parametrize(("name", "members"), [("debit", MOVE), ("credit", MOVE), ("cancel", CANCEL)])
def test_a_repeated_call_shows_what_the_first_one_showed(name, members):
    then, now = Balances(shown=euro(0, 1_000)), Balances(shown=euro(5))
    call = read(name, members)

    reply = PlayResponse(balances_then=then, balances_now=now, display_digits=2)
    assert call.write(reply).body == b'{"code":"0","description":"Success","balance":0.000001}'
    assert call.write(PlayResponse(balances_now=now, display_digits=2)).body.endswith(b'"balance":5.00}')


def test_paths_lie_below_the_base():
    assert [endpoint.path for endpoint in connected(base="/rest/v1/api").endpoints] == [
        f"/rest/v1/api/{name}" for name in ("playerInformation", "balance", "debit", "credit", "cancel")
    ]


values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())


@given(st.sampled_from(connected().endpoints), st.binary() | st.text().map(str.encode))
def test_random_bytes_are_read_or_refused(endpoint, body):
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(posted(body)), Call | Answer)


@given(st.sampled_from(connected().endpoints), st.dictionaries(st.sampled_from([*MOVE, *CANCEL]), values))
def test_random_members_are_read_or_refused(endpoint, members):
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(posted(MOVE | CANCEL | members)), Call)
