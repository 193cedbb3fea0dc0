"""Hub88's words to ours and back, and Caleta's, as values: no socket, no core."""

import contextlib
import json
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wallet.v1.common_pb2 import Balances, Money
from wallet.v1.players_pb2 import PLAYER_STATUS_BLOCKED, GetPlayerRequest, GetPlayerResponse, Player
from wallet.v1.sessions_pb2 import SESSION_USE_READ, ResolveSessionRequest, ResolveSessionResponse
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_FREE_ROUND,
    CATEGORY_GAME,
    Action,
    ActionResult,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters.faults import Fault, Rejected
from adapters.provider import REASONS, Answer, Call, No, Request
from adapters.providers.hub88 import Settings, connect
from adapters.providers.hub88.words import CALETA, ERRORS, Asked

(VECTOR,) = json.loads((Path(__file__).parent.parent / "providers" / "signatures_rsa.json").read_text())
PEM = VECTOR["public_key"].encode()
BET = json.loads(VECTOR["message"])
WIN = BET | {"reference_transaction_uuid": "bet-1", "transaction_uuid": "win-1"}
ROLLBACK = {key: WIN[key] for key in WIN if key not in ("amount", "currency", "is_free")}
CODES = sorted(REASONS | set(Fault))
# Table 16.1, status by reason.
STATUSES = {
    "INSUFFICIENT_FUNDS": "RS_ERROR_NOT_ENOUGH_MONEY",
    "PLAYER_UNKNOWN": "RS_ERROR_INVALID_TOKEN",
    "SESSION_UNKNOWN": "RS_ERROR_INVALID_TOKEN",
    "SESSION_EXPIRED": "RS_ERROR_TOKEN_EXPIRED",
    "SESSION_ROTATED": "RS_ERROR_TOKEN_EXPIRED",
    "CONFLICT": "RS_ERROR_DUPLICATE_TRANSACTION",
    "REFERENCE_NOT_FOUND": "RS_ERROR_TRANSACTION_DOES_NOT_EXIST",
    "TOMBSTONED": "RS_ERROR_TRANSACTION_ROLLED_BACK",
    "REFERENCE_ROLLED_BACK": "RS_ERROR_TRANSACTION_ROLLED_BACK",
    "LIMIT_REACHED": "RS_ERROR_LIMIT_REACHED",
    "PLAYER_BLOCKED": "RS_ERROR_USER_DISABLED",
    "WRONG_CURRENCY": "RS_ERROR_WRONG_CURRENCY",
    "UNKNOWN_CURRENCY": "RS_ERROR_WRONG_CURRENCY",
    "GAME_NOT_ALLOWED": "RS_ERROR_INVALID_GAME",
    Fault.INVALID_SIGNATURE: "RS_ERROR_INVALID_SIGNATURE",
    Fault.INTERNAL: "RS_ERROR_UNKNOWN",
    Fault.TRY_LATER: "RS_ERROR_UNKNOWN",
}
PUBLISHED = {
    "RS_ERROR_NOT_ENOUGH_MONEY",
    "RS_ERROR_INVALID_TOKEN",
    "RS_ERROR_TOKEN_EXPIRED",
    "RS_ERROR_USER_DISABLED",
    "RS_ERROR_INVALID_PARTNER",
    "RS_ERROR_INVALID_GAME",
    "RS_ERROR_WRONG_CURRENCY",
    "RS_ERROR_INVALID_SIGNATURE",
    "RS_ERROR_WRONG_SYNTAX",
    "RS_ERROR_WRONG_TYPES",
    "RS_ERROR_DUPLICATE_TRANSACTION",
    "RS_ERROR_TRANSACTION_DOES_NOT_EXIST",
    "RS_ERROR_TRANSACTION_ROLLED_BACK",
    "RS_ERROR_LIMIT_REACHED",
    "RS_ERROR_UNKNOWN",
}


def euro(units, nanos=0):
    return Money(currency_code="EUR", units=units, nanos=nanos)


def provider(**given):
    return connect("hub", (PEM,), msgspec.convert(given, Settings))


def read(path, body, **given):
    endpoint = next(e for e in provider(**given).endpoints if (e.method, e.path) == ("POST", path))
    return endpoint.read(Request("POST", path, "", {"Content-Type": "application/json"}, body, 0.0))


def ask(path, members, **given):
    return read(path, json.dumps(members).encode(), **given)


def answered(answer):
    assert (answer.status, answer.content_type) == (200, "application/json")
    return json.loads(answer.body)


def request_of(body, headers):
    return Request("POST", "/transaction/bet", "", headers, body, 0.0)


def test_the_vector_is_accepted_under_the_dialects_own_header():
    body, signature = VECTOR["message"].encode(), VECTOR["signature"]

    provider().verify(request_of(body, {"X-Hub88-Signature": signature}))
    provider(dialect="caleta").verify(request_of(body, {"X-Auth-Signature": signature}))
    for headers in ({}, {"X-Auth-Signature": signature}, {"X-Hub88-Signature": signature[::-1]}):
        with pytest.raises(Rejected, match="INVALID_SIGNATURE"):
            provider().verify(request_of(body, headers))


def test_the_vectors_body_is_a_bet():
    call = read("/transaction/bet", VECTOR["message"].encode())

    assert call.ask == PlayRequest(
        provider_id="hub",
        player_id="u1",
        session_token="tok-1",
        currency_code="EUR",
        round_id="r-1",
        game_id="g1",
        actions=[
            Action(
                kind=ACTION_KIND_BET,
                external_key="tx:16d2dcfe-b89e-11e7-854a-58404eea6d16",
                amount=euro(1, 500_000_000),
                category=CATEGORY_GAME,
                info={"supplier_transaction_id": "s-1"},
            )
        ],
    )
    assert call.words == Asked(BET["request_uuid"], bet=True)


def test_a_win_references_its_bet_and_closes_the_round_where_it_says_so():
    call = ask("/transaction/win", WIN | {"round_closed": True, "reward_uuid": "rw", "is_aggregated": True, "meta": {}})

    assert call.ask.close_round
    assert call.ask.actions[0] == Action(
        kind=ACTION_KIND_WIN,
        external_key="tx:win-1",
        amount=euro(1, 500_000_000),
        category=CATEGORY_GAME,
        references=["tx:bet-1"],
        info={"supplier_transaction_id": "s-1", "reward_uuid": "rw", "is_aggregated": "true"},
    )


def test_a_rollback_has_no_amount_whatever_it_says():
    for more in ({}, {"amount": 1}, {"amount": -1, "currency": "EUR"}):
        call = ask("/transaction/rollback", ROLLBACK | more)
        assert call.ask.actions[0] == Action(
            kind=ACTION_KIND_ROLLBACK,
            external_key="tx:win-1",
            references=["tx:bet-1"],
            info={"supplier_transaction_id": "s-1"},
        )
        assert not call.ask.currency_code


def test_caleta_names_the_player_by_the_token():
    members = {key: BET[key] for key in BET if key != "user"} | {"supplier_user": "renamed"}

    asked = ask("/wallet/bet", members, dialect="caleta").ask
    assert (asked.player_id, asked.session_token, asked.original_key) == ("", "tok-1", "")
    with pytest.raises(Rejected, match="`user` is missing"):
        ask("/transaction/bet", members)


def test_a_win_or_rollback_of_nobody_is_its_references():
    for path, members in (("/transaction/win", WIN), ("/transaction/rollback", ROLLBACK)):
        anonymous = {key: members[key] for key in members if key not in ("user", "token")}
        assert ask(path, anonymous).ask.original_key == "tx:bet-1"


def test_a_check_rotates_under_the_id_of_its_message():
    call = ask("/wallet/check", {"token": "tok-1", "request_uuid": "m-1"}, dialect="caleta")

    assert call.ask == ResolveSessionRequest(
        provider_id="hub", token="tok-1", use=SESSION_USE_READ, rotate=True, request_id="m-1"
    )
    reply = ResolveSessionResponse(player=Player(player_id="u1"), balances=Balances(shown=euro(7)), token="tok-2")
    assert answered(call.write(reply)) == {
        "status": "RS_OK",
        "request_uuid": "m-1",
        "user": "u1",
        "currency": "EUR",
        "balance": 700_000,
        "token": "tok-2",
    }


@pytest.mark.parametrize(
    ("kept", "setting", "told"),
    [("SE", "", {"country": "SE"}), ("SE", "MT", {"country": "SE"}), ("", "MT", {"country": "MT"}), ("", "", {})],
)
def test_a_users_info_is_his_country(kept, setting, told):
    call = ask("/user/info", {"user": "u1", "request_uuid": "m-1"}, country=setting)

    assert call.ask == GetPlayerRequest(player_id="u1")
    reply = GetPlayerResponse(player=Player(player_id="u1", country=kept, status=PLAYER_STATUS_BLOCKED))
    assert answered(call.write(reply)) == {"status": "RS_OK", "request_uuid": "m-1", "user": "u1"} | told
    for member in ("user", "request_uuid"):
        with pytest.raises(Rejected, match="INVALID_REQUEST"):
            ask("/user/info", {"user": "u1", "request_uuid": "m-1"} | {member: ""})


@pytest.mark.parametrize("country", ["mt", "MLT", "MT\n", "M"])
def test_a_country_is_two_capitals(country):
    with pytest.raises(msgspec.ValidationError):
        provider(country=country)


def test_a_balance_is_of_the_user_the_token_or_both():
    both = {"user": "u1", "token": "tok-1", "request_uuid": "m-1"}
    for left_out in ("user", "token", None):
        call = ask("/user/balance", {key: both[key] for key in both if key != left_out})
        expected = {"player_id": "u1", "session_token": "tok-1"}
        expected.pop({"user": "player_id", "token": "session_token"}.get(left_out), None)
        assert call.ask == GetBalanceRequest(provider_id="hub", **expected)


@pytest.mark.parametrize(
    ("money", "shown"),
    [
        (euro(0), 0),
        (euro(0, 10_000), 1),
        (euro(0, 19_999), 1),
        (euro(12, 345_670_000), 1_234_567),
        (euro(63_727_092, 340_000_000), 6_372_709_234_000),
        (euro(2**63 - 1, 999_999_999), (2**63 - 1) * 100_000 + 99_999),
    ],
    ids=["nothing", "a step", "less than two", "more", "millions", "the most"],
)
def test_balances_are_whole_numbers_and_never_more_than_there_is(money, shown):
    call = ask("/user/balance", {"user": "u1", "request_uuid": "m-1"})

    answer = call.write(GetBalanceResponse(player_id="u1", balances=Balances(shown=money), display_digits=2))
    assert answered(answer)["balance"] == shown


@pytest.mark.parametrize("amount", ["1", 1.5, -1, True, None, [1], {}, 10**30, "1e5"])
def test_an_amount_is_a_whole_number(amount):
    for path, members in (("/transaction/bet", BET), ("/transaction/win", WIN)):
        with pytest.raises(Rejected, match="INVALID_AMOUNT"):
            ask(path, members | {"amount": amount})


def test_a_negative_free_bet_is_refused_too():
    with pytest.raises(Rejected, match="INVALID_AMOUNT"):
        ask("/transaction/bet", BET | {"amount": -1, "is_free": True})


def test_who_pays_a_free_bet_is_a_setting():
    free = BET | {"is_free": True}
    nobody = ask("/transaction/bet", free).ask.actions[0]
    player = ask("/transaction/bet", free, free_bets="player").ask.actions[0]

    assert (nobody.category, nobody.amount, nobody.info["free_amount"]) == (CATEGORY_FREE_ROUND, euro(0), "150000")
    assert (player.category, player.amount) == (CATEGORY_FREE_ROUND, euro(1, 500_000_000))
    assert "free_amount" not in player.info


@pytest.mark.parametrize("dialect", ["hub88", "caleta"])
def test_free_bets_and_their_wins_may_be_of_a_grant_in_the_core(dialect):
    folder = {"hub88": "transaction", "caleta": "wallet"}[dialect]
    for name, members in (("bet", BET), ("win", WIN)):

        def named(*, grants=True, name=name, members=members, **more):
            (action,) = ask(f"/{folder}/{name}", members | more, dialect=dialect, grants=grants).ask.actions
            return action.free_rounds_id

        assert named(is_free=True, reward_uuid="rw-1") == "rw-1"
        assert named(is_free=True, reward_uuid="rw-1", grants=False) == ""
        assert named(is_free=False, is_supplier_promo=True, reward_uuid="rw-1") == named(is_free=True) == ""


@pytest.mark.parametrize(
    ("path", "members", "optional"),
    [
        ("/transaction/bet", BET, {"supplier_transaction_id", "round_closed", "is_free", "game_code"}),
        (
            "/transaction/win",
            WIN,
            {"supplier_transaction_id", "round_closed", "is_free", "game_code", "user", "token"},
        ),
        (
            "/transaction/rollback",
            ROLLBACK,
            {"supplier_transaction_id", "round_closed", "round", "game_code", "user", "token"},
        ),
    ],
    ids=["bet", "win", "rollback"],
)
def test_each_required_member_is_required(path, members, optional):
    for member in members:
        less = {key: value for key, value in members.items() if key != member}
        if member in optional:
            assert isinstance(ask(path, less), Call)
        else:
            with pytest.raises(Rejected, match="INVALID_REQUEST"):
                ask(path, less)


def played(then=None, now=None, player_id="u1"):
    return PlayResponse(
        player_id=player_id,
        results=[ActionResult(external_key="tx:t-1", transaction_id="w-1")],
        balances_then=then and Balances(shown=then),
        balances_now=now and Balances(shown=now),
        display_digits=2,
    )


def test_an_answer_shows_the_balance_of_the_first_time():
    answer = ask("/transaction/bet", BET).write(played(then=euro(9, 900_000_000), now=euro(5)))

    assert answered(answer) == {
        "status": "RS_OK",
        "request_uuid": BET["request_uuid"],
        "user": "u1",
        "currency": "EUR",
        "balance": 990_000,
    }


def test_the_rollback_of_what_nobody_knows_has_no_balance():
    answer = ask("/transaction/rollback", ROLLBACK).write(played(player_id=""))

    assert answered(answer) == {"status": "RS_OK", "request_uuid": BET["request_uuid"]}


def test_the_table_has_every_reason_and_fault_and_no_other():
    assert set(CODES) == set(ERRORS)
    assert set(CALETA) <= set(ERRORS)
    assert set(ERRORS.values()) <= PUBLISHED


@pytest.mark.parametrize("code", CODES)
def test_every_no_is_a_status_with_http_200(code):
    no = No(code, "detail", response=played(now=euro(5)))
    shown = {"user": "u1", "currency": "EUR", "balance": 500_000} if code == "INSUFFICIENT_FUNDS" else {}
    hub = answered(provider().refuse(no, Asked("m-1", bet=True)))
    caleta = answered(provider(dialect="caleta").refuse(no, Asked("m-1", bet=True)))

    assert hub == {"status": STATUSES.get(code, ERRORS[code]), "request_uuid": "m-1"} | shown
    assert caleta == {"status": CALETA.get(code, ERRORS[code]), "request_uuid": "m-1"}
    assert answered(provider().refuse(No(code), None)) == {"status": ERRORS[code]}


@pytest.mark.parametrize(("setting", "present"), [("shown", True), ("absent", False)])
@pytest.mark.parametrize("dialect", ["hub88", "caleta"])
def test_the_balance_beside_too_little_money_can_be_set(dialect, setting, present):
    no = No("INSUFFICIENT_FUNDS", response=played(now=euro(5)))
    answer = answered(provider(dialect=dialect, poor_balance=setting).refuse(no, Asked("m-1", bet=True)))

    assert ("balance" in answer) == present


@pytest.mark.parametrize("code", ["SESSION_EXPIRED", "SESSION_ROTATED"])
def test_caleta_says_expired_to_bets_only(code):
    caleta = provider(dialect="caleta")

    assert answered(caleta.refuse(No(code), Asked("m", bet=True)))["status"] == "RS_ERROR_TOKEN_EXPIRED"
    for words in (Asked("m"), None):
        assert answered(caleta.refuse(No(code), words))["status"] == "RS_ERROR_INVALID_TOKEN"


def test_no_answer_holds_the_key_or_a_token():
    inside = re.sub(r"-----[A-Z ]+-----|\s", "", PEM.decode())
    for code in CODES:
        body = provider().refuse(No(code, "d", response=played(now=euro(5))), Asked("m-1")).body.decode()
        assert "tok-1" not in body
        assert inside[:40] not in body


def test_paths_may_have_a_prefix_and_each_dialect_has_its_own():
    assert {e.path for e in provider(prefix="/hub").endpoints} == {
        "/hub/user/info",
        "/hub/user/balance",
        "/hub/transaction/bet",
        "/hub/transaction/win",
        "/hub/transaction/rollback",
    }
    names = ("check", "balance", "bet", "win", "rollback")
    assert {e.path for e in provider(dialect="caleta").endpoints} == {f"/wallet/{name}" for name in names}


ENDPOINTS = [*provider().endpoints, *provider(dialect="caleta").endpoints]


@given(st.sampled_from(ENDPOINTS), st.binary() | st.text().map(str.encode))
def test_random_bytes_are_read_or_refused(endpoint, body):
    request = Request(endpoint.method, endpoint.path, "", {"Content-Type": "application/json"}, body, 0.0)
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(request), Call | Answer)


values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(max_size=3), max_size=2)


@given(
    st.sampled_from(ENDPOINTS),
    st.dictionaries(st.sampled_from([*WIN, "is_supplier_promo", "jackpot_win", "reward_uuid", "meta"]), values),
)
def test_random_members_are_read_or_refused(endpoint, members):
    request = Request(
        endpoint.method,
        endpoint.path,
        "",
        {"Content-Type": "application/json"},
        json.dumps(WIN | members).encode(),
        0.0,
    )
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(request), Call)
