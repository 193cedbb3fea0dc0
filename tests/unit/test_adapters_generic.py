"""Our own dialect's words to ours and back, as values: no socket, no core."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wallet.v1.common_pb2 import REASON_LIMIT_REACHED, Balances, Money, PocketAmount, Refusal
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_GAME,
    CATEGORY_TIP,
    OUTCOME_APPLIED,
    OUTCOME_NOOP,
    OUTCOME_REFUSED,
    TRANSACTION_KIND_BET,
    Action,
    ActionResult,
    CloseRoundRequest,
    GetBalanceRequest,
    GetBalanceResponse,
    GetTransactionRequest,
    GetTransactionResponse,
    PlayRequest,
    PlayResponse,
    Transaction,
)

from adapters.faults import Fault, Rejected
from adapters.provider import Answer, Call, No, Request
from adapters.providers.generic_seamless import Settings, connect
from adapters.providers.generic_seamless.answers import PROBLEMS
from wallet_core.client import Unavailable

BET = {"token": "tok", "transaction_id": "t-1", "round_id": "r-1", "currency": "EUR", "amount": "10.00"}
WIN = {"player_id": "p-1", "transaction_id": "t-2", "round_id": "r-1", "currency": "EUR", "amount": "25.00"}
PROVIDER = connect("acme", (b"new", b"old"), Settings())
ENDPOINTS = {(endpoint.method, endpoint.path): endpoint for endpoint in PROVIDER.endpoints}


def euro(units, nanos=0):
    return Money(currency_code="EUR", units=units, nanos=nanos)


def ask(path, members):
    return read("POST", path, body=json.dumps(members).encode())


def read(method, path, query="", body=b""):
    request = Request(method, path, query, {"Content-Type": "application/json"}, body, 0.0)
    return ENDPOINTS[method, path].read(request)


BALANCES = Balances(shown=euro(90), cash=euro(54), bonus=euro(36))
APPLIED = PlayResponse(
    player_id="p-1",
    results=[
        ActionResult(
            external_key="tx:t-1",
            outcome=OUTCOME_APPLIED,
            transaction_id="w-1",
            parts=[PocketAmount(pocket="CASH", amount=euro(-6)), PocketAmount(pocket="BONUS", amount=euro(-4))],
        )
    ],
    balances_then=BALANCES,
    balances_now=BALANCES,
    display_digits=2,
)


def test_a_bet_names_the_session():
    call = ask("/v1/bet", BET | {"game_id": "g-1", "close_round": True})

    assert call.ask == PlayRequest(
        provider_id="acme",
        session_token="tok",
        currency_code="EUR",
        round_id="r-1",
        game_id="g-1",
        close_round=True,
        actions=[Action(kind=ACTION_KIND_BET, external_key="tx:t-1", amount=euro(10), category=CATEGORY_GAME)],
    )


def test_a_win_names_the_player_and_the_bets_it_settles():
    call = ask("/v1/win", WIN | {"category": "tip", "bets": ["t-1"]})

    assert call.ask == PlayRequest(
        provider_id="acme",
        player_id="p-1",
        currency_code="EUR",
        round_id="r-1",
        actions=[
            Action(
                kind=ACTION_KIND_WIN,
                external_key="tx:t-2",
                amount=euro(25),
                category=CATEGORY_TIP,
                references=["tx:t-1"],
            )
        ],
    )


def test_a_play_is_its_actions_in_order():
    actions = [
        {"type": "bet", "transaction_id": "t-1", "amount": "10.00"},
        {"type": "win", "transaction_id": "t-2", "amount": "0.00", "bets": ["t-1"]},
        {"type": "rollback", "transaction_id": "t-3", "reference": "t-0"},
    ]
    call = ask("/v1/play", {"token": "tok", "round_id": "r-1", "currency": "EUR", "actions": actions})

    assert [(action.kind, action.external_key, list(action.references)) for action in call.ask.actions] == [
        (ACTION_KIND_BET, "tx:t-1", []),
        (ACTION_KIND_WIN, "tx:t-2", ["tx:t-1"]),
        (ACTION_KIND_ROLLBACK, "tx:t-3", ["tx:t-0"]),
    ]
    assert not call.ask.actions[2].HasField("amount")


@pytest.mark.parametrize(
    ("who", "found_by"),
    [({}, "tx:t-1"), ({"player_id": "p-1"}, ""), ({"token": "tok"}, "")],
    ids=["nobody", "player", "token"],
)
def test_a_rollback_without_a_player_finds_him_by_the_reference(who, found_by):
    call = ask("/v1/rollback", {"transaction_id": "t-9", "reference": "t-1", **who})

    assert found_by == call.ask.original_key
    assert not call.ask.actions[0].HasField("amount")


def test_a_part_of_a_transaction_can_be_rolled_back():
    call = ask("/v1/rollback", {"transaction_id": "t-9", "reference": "t-1", "amount": "2.50", "currency": "EUR"})

    assert call.ask.actions[0].amount == euro(2, 500_000_000)


def test_a_round_is_closed_under_an_id_of_its_own():
    call = ask("/v1/close", {"player_id": "p-1", "transaction_id": "t-9", "round_id": "r-1"})

    assert call.ask == CloseRoundRequest(provider_id="acme", player_id="p-1", round_id="r-1", external_key="tx:t-9")


def test_a_balance_is_shown_in_its_parts():
    call = ask("/v1/balance", {"token": "tok"})
    answer = call.write(
        GetBalanceResponse(
            player_id="p-1",
            balances=Balances(shown=euro(90), cash=euro(54), bonus=euro(36), debt=euro(0, 1_000_000)),
            display_digits=2,
        )
    )

    assert call.ask == GetBalanceRequest(provider_id="acme", session_token="tok")
    assert json.loads(answer.body) == {
        "player_id": "p-1",
        "balance": {"currency": "EUR", "amount": "90.00", "cash": "54.00", "bonus": "36.00", "debt": "0.001"},
    }


def test_an_answer_tells_ids_outcome_parts_and_both_balances():
    shown = {"currency": "EUR", "amount": "90.00", "cash": "54.00", "bonus": "36.00"}

    assert json.loads(ask("/v1/bet", BET).write(APPLIED).body) == {
        "player_id": "p-1",
        "replayed": False,
        "transactions": [
            {
                "transaction_id": "t-1",
                "wallet_transaction_id": "w-1",
                "outcome": "applied",
                "replayed": False,
                "parts": [{"pocket": "CASH", "amount": "-6.00"}, {"pocket": "BONUS", "amount": "-4.00"}],
                "committed_at": "",
            }
        ],
        "balance": shown,
        "balance_then": shown,
    }


def test_parts_are_of_a_kind_and_name_no_pocket():
    parts = {
        "BONUS:b-1": -1,
        "CASH": -2,
        "BONUS:b-2": -4,
        "CASH:CASINO": -8,
        "HELD:REVIEW": 16,
        "LAPSED": 32,
        "DEBT": -64,
    }
    moved = [PocketAmount(pocket=pocket, amount=euro(amount)) for pocket, amount in parts.items()]
    result = ActionResult(outcome=OUTCOME_APPLIED, parts=moved)
    answer = ask("/v1/bet", BET).write(PlayResponse(results=[result], display_digits=2))

    assert json.loads(answer.body)["transactions"][0]["parts"] == [
        {"pocket": "BONUS", "amount": "-5.00"},
        {"pocket": "CASH", "amount": "-10.00"},
        {"pocket": "OTHER", "amount": "48.00"},
        {"pocket": "DEBT", "amount": "-64.00"},
    ]


def test_bets_and_wins_may_be_of_free_rounds():
    free = {"free_rounds_id": "fr-1"}
    actions = [
        {"type": "bet", "transaction_id": "t-1", "amount": "0.20"} | free,
        {"type": "win", "transaction_id": "t-2", "amount": "1.00"} | free,
    ]
    play = ask("/v1/play", {"token": "tok", "round_id": "r-1", "currency": "EUR", "actions": actions}).ask
    credit = {"player_id": "p-1", "transaction_id": "t-3", "currency": "EUR", "amount": "1.00"}
    (paid,) = ask("/v1/batch/credit", {"batch_id": "b-1", "credits": [credit | free]}).ask

    assert [action.free_rounds_id for action in [*play.actions, *paid.actions]] == ["fr-1"] * 3
    for path, members in (("/v1/bet", BET), ("/v1/win", WIN)):
        assert ask(path, members | free).ask.actions[0].free_rounds_id == "fr-1"
        assert ask(path, members).ask.actions[0].free_rounds_id == ""


def test_a_rollback_of_nothing_of_nobody_shows_no_balance():
    reply = PlayResponse(results=[ActionResult(external_key="tx:t-9", outcome=OUTCOME_NOOP)])
    answer = json.loads(ask("/v1/rollback", {"transaction_id": "t-9", "reference": "t-1"}).write(reply).body)

    assert answer["transactions"][0]["outcome"] == "noop"
    assert (answer["player_id"], answer["balance"], answer["balance_then"]) == ("", None, None)


def test_a_batch_has_a_result_an_item_in_order():
    credit = {"player_id": "p-1", "currency": "EUR", "amount": "1.00"}
    items = [credit | {"transaction_id": f"t-{n}"} for n in range(4)]
    items[1]["amount"] = "1e3"
    call = ask("/v1/batch/credit", {"batch_id": "b-1", "credits": items})
    refused = PlayResponse(refusal=Refusal(reason=REASON_LIMIT_REACHED), balances_now=BALANCES, display_digits=2)
    results = json.loads(call.write([APPLIED, refused, Unavailable("x")]).body)["results"]

    assert [play.batch_id for play in call.ask] == ["b-1"] * 3
    assert [(r["transaction_id"], r.get("problem", {}).get("code")) for r in results] == [
        ("t-0", None),
        ("t-1", "INVALID_AMOUNT"),
        ("t-2", "LIMIT_REACHED"),
        ("t-3", Fault.TRY_LATER),
    ]
    assert results[2]["problem"]["balance"]["amount"] == "90.00"
    with pytest.raises(Unavailable):
        call.write([Unavailable("x")] * 3)


def test_the_status_of_a_transaction_is_told():
    call = read("GET", "/v1/transaction", "transaction_id=t-1&player_id=p-1")
    found = Transaction(
        transaction_id="w-1",
        player_id="p-1",
        external_key="tx:t-1",
        kind=TRANSACTION_KIND_BET,
        outcome=OUTCOME_REFUSED,
        reason=REASON_LIMIT_REACHED,
        amount=euro(10, 500_000_000),
        round_id="r-1",
    )
    answer = json.loads(call.write(GetTransactionResponse(transaction=found)).body)

    assert call.ask == GetTransactionRequest(provider_id="acme", external_key="tx:t-1", player_id="p-1")
    assert tuple(
        answer[member] for member in ("transaction_id", "wallet_transaction_id", "kind", "outcome", "code", "amount")
    ) == ("t-1", "w-1", "bet", "refused", "LIMIT_REACHED", "10.5")


@pytest.mark.parametrize(
    ("path", "members"),
    [
        ("/v1/bet", BET | {"extra": 1}),
        ("/v1/bet", BET | {"game_id": None}),
        ("/v1/bet", BET | {"transaction_id": "a b"}),
        ("/v1/bet", BET | {"transaction_id": "a\n"}),
        ("/v1/bet", BET | {"transaction_id": "x" * 129}),
        ("/v1/bet", BET | {"transaction_id": ""}),
        ("/v1/bet", BET | {"amount": 10}),
        ("/v1/bet", BET | {"amount": 10.0}),
        ("/v1/bet", {key: value for key, value in BET.items() if key != "token"}),
        ("/v1/win", {key: value for key, value in WIN.items() if key != "player_id"}),
        ("/v1/win", WIN | {"category": "gift"}),
        ("/v1/balance", {}),
        ("/v1/close", {"transaction_id": "t", "round_id": "r"}),
        ("/v1/rollback", {"transaction_id": "t", "reference": "r", "amount": "1.00"}),
        ("/v1/play", {"token": "t", "round_id": "r", "currency": "EUR", "actions": []}),
        ("/v1/play", {"token": "t", "round_id": "r", "currency": "EUR", "actions": [{"type": "gift"}]}),
        (
            "/v1/play",
            {
                "player_id": "p",
                "round_id": "r",
                "currency": "EUR",
                "actions": [{"type": "bet", "transaction_id": "t", "amount": "1.00"}],
            },
        ),
        ("/v1/batch/credit", {"batch_id": "b", "credits": []}),
    ],
    ids=lambda value: value if isinstance(value, str) else json.dumps(value)[-60:],
)
def test_what_the_dialect_does_not_know_is_refused(path, members):
    with pytest.raises(Rejected) as caught:
        ask(path, members)

    assert caught.value.code == "INVALID_REQUEST"


def test_a_problem_has_a_stable_code_and_the_balance_where_it_is_known():
    answer = PROVIDER.refuse(No("INSUFFICIENT_FUNDS", response=PlayResponse(balances_now=BALANCES)), None)

    assert (answer.status, answer.content_type) == (402, "application/problem+json")
    assert json.loads(answer.body) == {
        "type": "/docs#INSUFFICIENT_FUNDS",
        "title": PROBLEMS["INSUFFICIENT_FUNDS"][1],
        "status": 402,
        "code": "INSUFFICIENT_FUNDS",
        "retryable": False,
        "balance": {"currency": "EUR", "amount": "90", "cash": "54", "bonus": "36"},
    }


@given(st.sampled_from(sorted(ENDPOINTS)), st.binary() | st.text().map(str.encode), st.text())
def test_random_bytes_are_read_or_refused(place, body, query):
    with contextlib.suppress(Rejected):
        assert isinstance(read(*place, query, body), Call | Answer)


values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(max_size=3), max_size=2)


@given(st.dictionaries(st.sampled_from([*WIN, "bets", "close_round", "category"]), values))
def test_random_members_are_read_or_refused(members):
    with contextlib.suppress(Rejected):
        assert isinstance(ask("/v1/win", WIN | members), Call)
