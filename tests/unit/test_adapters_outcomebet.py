"""Outcomebet's words to ours and back, as values: no socket, no core."""

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
    ActionResult,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters.faults import Fault, Rejected
from adapters.provider import REASONS, Answer, Call, No, Request
from adapters.providers.outcomebet import ERRORS, Settings, connect

CODES = sorted(REASONS | set(Fault))
SUBJECT, OLDER = b"CN=outcomebet,O=Mascot", b"CN=outcomebet-2025,O=Mascot"
WHO = {"callerId": 1, "playerName": "p-1", "currency": "EUR"}
SPIN = WHO | {
    "withdraw": 100,
    "deposit": 250,
    "transactionRef": "ref-1",
    "gameRoundRef": "round-1",
    "gameId": "book",
    "source": "GAME",
    "reason": "GAME_PLAY",
    "sessionId": "s-1",
    "sessionAlternativeId": "tok",
    "spinDetails": {"betType": "spin"},
}


def euro(units, nanos=0):
    return Money(currency_code="EUR", units=units, nanos=nanos)


def provider(**given_settings):
    return connect("ob", (SUBJECT, OLDER), msgspec.convert(given_settings, Settings))


def posted(envelope, **headers):
    body = envelope if isinstance(envelope, bytes) else json.dumps(envelope).encode()
    return Request("POST", "/", "", {"Content-Type": "application/json"} | headers, body, 0.0)


def read(method, params, call_id=7, **given_settings):
    (endpoint,) = provider(**given_settings).endpoints
    return endpoint.read(posted({"jsonrpc": "2.0", "method": method, "params": params, "id": call_id}))


def error(answer):
    assert isinstance(answer, Answer)
    return json.loads(answer.body)["error"]["code"]


@pytest.mark.parametrize("subject", [SUBJECT, OLDER])
def test_a_live_subject_is_let_in(subject):
    provider().verify(posted(b"", **{"X-Client-Subject": subject.decode()}))
    provider(subject_header="X-DN").verify(posted(b"", **{"X-DN": subject.decode()}))


@pytest.mark.parametrize("place", range(len(SUBJECT)))
def test_one_flipped_byte_of_the_subject_is_refused(place):
    flipped = SUBJECT[:place] + bytes([SUBJECT[place] ^ 1]) + SUBJECT[place + 1 :]

    with pytest.raises(Rejected, match=Fault.INVALID_SIGNATURE):
        provider().verify(posted(b"", **{"X-Client-Subject": flipped.decode("latin-1")}))


@pytest.mark.parametrize("headers", [{}, {"X-Client-Subject": ""}, {"X-Other": SUBJECT.decode()}])
def test_without_the_header_nobody_is_let_in(headers):
    with pytest.raises(Rejected, match=Fault.INVALID_SIGNATURE):
        provider().verify(posted(b"", **headers))


def test_undecodable_bytes_of_a_header_are_refused():
    with pytest.raises(Rejected, match=Fault.INVALID_SIGNATURE):
        provider().verify(posted(b"", **{"X-Client-Subject": "\udcff"}))


def test_every_call_is_asked_for_its_certificate():
    assert all(endpoint.signed for endpoint in provider().endpoints)


def test_a_withdrawal_and_its_deposit_are_one_play_in_this_order():
    call = read("withdrawAndDeposit", SPIN)

    assert call.ask == PlayRequest(
        provider_id="ob",
        player_id="p-1",
        currency_code="EUR",
        round_id="round-1",
        game_id="book",
        actions=[
            Action(kind=ACTION_KIND_BET, external_key="withdraw:ref-1", amount=euro(1), category=CATEGORY_GAME),
            Action(
                kind=ACTION_KIND_WIN,
                external_key="deposit:ref-1",
                amount=euro(2, 500_000_000),
                category=CATEGORY_GAME,
                info={"source": "GAME", "reason": "GAME_PLAY"},
            ),
        ],
    )
    assert call.words == 7


def test_a_withdrawal_of_nothing_stakes_nothing_and_uses_its_key():
    stake, win = read("withdrawAndDeposit", SPIN | {"withdraw": 0}, session="sessionAlternativeId").ask.actions

    assert (stake.kind, stake.external_key) == (ACTION_KIND_NOTE, "withdraw:ref-1")
    assert (win.kind, win.amount) == (ACTION_KIND_WIN, euro(2, 500_000_000))


def test_a_round_that_is_not_named_is_of_the_transaction_only():
    params = {name: value for name, value in SPIN.items() if name != "gameRoundRef"}

    assert read("withdrawAndDeposit", params).ask.round_id == "tx:ref-1"
    assert read("withdrawAndDeposit", params | {"gameRoundRef": None}).ask.round_id == "tx:ref-1"


@pytest.mark.parametrize(("reason", "closes"), [("GAME_PLAY", False), ("GAME_PLAY_FINAL", True), (None, False)])
def test_the_last_play_closes_the_round(reason, closes):
    assert read("withdrawAndDeposit", SPIN | {"reason": reason}).ask.close_round is closes


def test_a_stake_may_need_the_session():
    def token(**more):
        return read("withdrawAndDeposit", SPIN | more, session="sessionAlternativeId").ask.session_token

    assert (token(), token(withdraw=0), token(sessionAlternativeId=None)) == ("tok", "", "")
    assert read("withdrawAndDeposit", SPIN).ask.session_token == ""


@pytest.mark.parametrize(
    ("currency", "settings", "units", "nanos"),
    [("EUR", {}, 1, 0), ("JPY", {}, 100, 0), ("KWD", {}, 0, 100_000_000), ("BTC", {"exponents": {"BTC": 8}}, 0, 1000)],
)
def test_amounts_are_whole_subunits(currency, settings, units, nanos):
    stake, _ = read("withdrawAndDeposit", SPIN | {"currency": currency}, **settings).ask.actions

    assert stake.amount == Money(currency_code=currency, units=units, nanos=nanos)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"deposit": -1}, 3),
        ({"withdraw": -1}, 4),
        ({"withdraw": -1, "deposit": -1}, 3),
        ({"currency": "BTC"}, 2),
        ({"withdraw": 10**40}, 7),
        ({"chargeFreerounds": 1}, 7),
        ({"withdraw": 1.5}, -32602),
        ({"withdraw": "1"}, -32602),
        ({"withdraw": True}, -32602),
        ({"transactionRef": ""}, -32602),
        ({"playerName": None}, -32602),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_under_the_calls_own_id(change, code):
    answer = read("withdrawAndDeposit", SPIN | change, call_id="abc")

    assert (error(answer), json.loads(answer.body)["id"], answer.status) == (code, "abc", 200)


def test_no_free_rounds_are_no_reason():
    assert isinstance(read("withdrawAndDeposit", SPIN | {"chargeFreerounds": 0}), Call)


def test_a_free_round_that_is_charged_is_one_of_a_grant_in_the_core():
    spin = SPIN | {"bonusId": "fr-1", "chargeFreerounds": 1}
    stake, win = read("withdrawAndDeposit", spin, grants=True).ask.actions

    assert (stake.kind, stake.amount, stake.category) == (ACTION_KIND_BET, euro(0), CATEGORY_FREE_ROUND)
    assert (stake.free_rounds_id, win.free_rounds_id, win.amount) == ("fr-1", "fr-1", euro(2, 500_000_000))


@pytest.mark.parametrize("change", [{"bonusId": None}, {"chargeFreerounds": 2}, {"chargeFreerounds": -1}])
def test_other_free_rounds_are_charged_by_no_grant(change):
    spin = SPIN | {"bonusId": "fr-1", "chargeFreerounds": 1} | change

    assert error(read("withdrawAndDeposit", spin, grants=True)) == 7


def test_what_a_free_round_leads_to_is_won_by_its_grant_and_a_paid_spin_is_not():
    bonus = SPIN | {"bonusId": "fr-1"}
    note, won = read("withdrawAndDeposit", bonus | {"withdraw": 0}, grants=True).ask.actions
    assert (note.kind, note.free_rounds_id, won.free_rounds_id) == (ACTION_KIND_NOTE, "", "fr-1")

    for settings in ({}, {"grants": True}):
        paid = read("withdrawAndDeposit", bonus, **settings).ask.actions
        assert [action.free_rounds_id for action in paid] == ["", ""]


def test_a_free_round_may_need_the_session_as_a_stake_does():
    spin = SPIN | {"withdraw": 0, "bonusId": "fr-1", "chargeFreerounds": 1}

    call = read("withdrawAndDeposit", spin, grants=True, session="sessionAlternativeId")
    assert call.ask.session_token == "tok"


@pytest.mark.parametrize("member", ["playerName", "currency", "withdraw", "deposit", "transactionRef"])
def test_a_transaction_without_its_members_is_refused(member):
    assert error(read("withdrawAndDeposit", {name: v for name, v in SPIN.items() if name != member})) == -32602


def test_a_rollback_returns_the_stake_before_it_takes_the_win():
    assert read("rollbackTransaction", {"callerId": 1, "playerName": "p-1", "transactionRef": "r"}).ask == PlayRequest(
        provider_id="ob",
        player_id="p-1",
        actions=[
            Action(kind=ACTION_KIND_ROLLBACK, external_key="void:withdraw:r", references=["withdraw:r"]),
            Action(kind=ACTION_KIND_ROLLBACK, external_key="void:deposit:r", references=["deposit:r"]),
        ],
    )


def test_another_method_is_not_found():
    assert error(read("Balance.Get", {})) == -32601


@pytest.mark.parametrize(
    "envelope",
    [b"", b"[]", b"{", {"method": "getBalance"}, {"jsonrpc": "1.0", "method": "x"}, {"jsonrpc": "2.0", "id": 1}],
    ids=str,
)
def test_what_is_no_call_is_refused(envelope):
    (endpoint,) = provider().endpoints

    with pytest.raises(Rejected, match="INVALID_REQUEST"):
        endpoint.read(posted(envelope))


SHOWN, LATER = Balances(shown=euro(9, 999_999_999)), Balances(shown=euro(5))


@pytest.mark.parametrize("call_id", [7, 0, "a-b", None])
def test_answers_bear_the_id_of_the_call_and_cut_what_is_less_than_a_cent(call_id):
    balance = read("getBalance", WHO, call_id)
    moved = PlayResponse(
        results=[ActionResult(transaction_id="w-1"), ActionResult(transaction_id="w-2")],
        balances_then=SHOWN,
        balances_now=LATER,
    )

    assert balance.ask == GetBalanceRequest(provider_id="ob", player_id="p-1", currency_code="EUR")
    said = [
        balance.write(GetBalanceResponse(balances=SHOWN)),
        read("withdrawAndDeposit", SPIN, call_id).write(moved),
        read("rollbackTransaction", SPIN, call_id).write(moved),
    ]
    assert [json.loads(answer.body) for answer in said] == [
        {"jsonrpc": "2.0", "id": call_id, "result": result}
        for result in ({"balance": 999}, {"newBalance": 999, "transactionId": "w-1"}, {})
    ]


def test_every_reason_and_fault_has_a_word():
    assert set(CODES) == set(ERRORS)


@pytest.mark.parametrize("code", CODES)
def test_an_error_is_json_rpcs_and_what_is_unsure_is_broken(code):
    answer = provider().refuse(No(code), 7)
    unsure = code in ("UNSPECIFIED", "IN_PROGRESS", Fault.TRY_LATER, Fault.INTERNAL)

    assert json.loads(answer.body) == {
        "jsonrpc": "2.0",
        "id": 7,
        "error": {"code": ERRORS[code][0], "message": ERRORS[code][1]},
    }
    assert answer.status == (500 if unsure else 200)
    assert ERRORS[code][0] in (1, 2, 5, 7, -32600, -32601, -32602)


# Chapter 14; table 16.1 has no column for this vendor.
@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("INSUFFICIENT_FUNDS", 1),
        ("WRONG_CURRENCY", 2),
        ("UNKNOWN_CURRENCY", 2),
        ("LIMIT_REACHED", 5),
        ("TOMBSTONED", 7),
        ("PLAYER_BLOCKED", 7),
        (Fault.INTERNAL, 7),
    ],
)
def test_the_table_of_generic_errors(code, number):
    assert error(provider().refuse(No(code), None)) == number


def test_what_no_source_says_is_a_setting():
    assert error(provider(limit=6).refuse(No("LIMIT_REACHED"), None)) == 6
    assert provider(unsure=200).refuse(No(Fault.TRY_LATER), None).status == 200


def test_no_error_tells_a_subject():
    assert not any(SUBJECT in provider().refuse(No(code, "detail"), 1).body for code in CODES)


values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers())


@given(st.binary() | st.text().map(str.encode))
def test_random_bytes_are_read_or_refused(body):
    (endpoint,) = provider().endpoints
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(posted(body)), Call | Answer)


@given(
    st.sampled_from(["getBalance", "withdrawAndDeposit", "rollbackTransaction"]),
    st.dictionaries(st.sampled_from([*SPIN, "chargeFreerounds"]), values),
)
def test_random_members_are_read_or_refused(method, members):
    with contextlib.suppress(Rejected):
        assert isinstance(read(method, SPIN | members), Call | Answer)
