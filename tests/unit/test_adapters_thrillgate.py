"""ThrillGate's words to ours and back, as values: no socket, no core."""

import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wallet.v1.common_pb2 import Balances, Money
from wallet.v1.players_pb2 import Player
from wallet.v1.sessions_pb2 import SESSION_USE_READ, ResolveSessionRequest, ResolveSessionResponse
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_GAME,
    Action,
    ActionResult,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters.faults import Rejected
from adapters.provider import Answer, Call, Request
from adapters.providers.thrillgate import Settings, connect
from adapters.providers.thrillgate.settings import Paths

DEBIT = {
    "player_id": "p-1",
    "transaction_id": "t-1",
    "transaction_type": "Debit",
    "provider_id": "thrillpots",
    "gameround_id": "r-1",
    "currency": "EUR",
    "amount": 0.1,
}
PATHS = Paths()


def euro(units, nanos=0):
    return Money(currency_code="EUR", units=units, nanos=nanos)


def settings(**given):
    return msgspec.convert(given, Settings)


def ask(path, members, method="POST", **given):
    return read(path, json.dumps(members).encode(), method=method, **given)


def read(path, body, method="POST", query="", **given):
    provider = connect("jackpots", (b"key",), settings(**given))
    endpoint = next(e for e in provider.endpoints if (e.method, e.path) == (method, path))
    return endpoint.read(Request(method, path, query, {"Content-Type": "application/json"}, body, 0.0))


def played(then=None, now=None, transaction_id="w-1"):
    return PlayResponse(
        player_id="p-1",
        results=[ActionResult(external_key="tx:t-1", transaction_id=transaction_id)],
        balances_then=then and Balances(shown=then),
        balances_now=now and Balances(shown=now),
        display_digits=2,
    )


def test_a_debit_is_a_bet_under_its_id():
    call = ask(PATHS.transaction, DEBIT | {"token": "tok", "source_id": "g-1", "operator_id": "o", "brand_id": "b"})

    assert call.ask == PlayRequest(
        provider_id="jackpots",
        player_id="p-1",
        session_token="tok",
        operator_id="o",
        brand_id="b",
        currency_code="EUR",
        round_id="r-1",
        game_id="g-1",
        actions=[
            Action(
                kind=ACTION_KIND_BET,
                external_key="tx:t-1",
                amount=euro(0, 100_000_000),
                category=CATEGORY_GAME,
                info={"provider_id": "thrillpots"},
            )
        ],
    )


def test_a_credit_is_a_win_that_closes_its_round_and_needs_no_session():
    call = ask(PATHS.transaction, DEBIT | {"transaction_type": "Credit", "token": "tok", "amount": "12.345"})

    assert call.ask == PlayRequest(
        provider_id="jackpots",
        player_id="p-1",
        currency_code="EUR",
        round_id="r-1",
        close_round=True,
        actions=[
            Action(
                kind=ACTION_KIND_WIN,
                external_key="tx:t-1",
                amount=euro(12, 345_000_000),
                category=CATEGORY_GAME,
                info={"provider_id": "thrillpots"},
            )
        ],
    )


@pytest.mark.parametrize(("kind", "flag"), [("Debit", True), ("Credit", False)])
def test_the_flag_decides_about_the_round_where_it_is_given(kind, flag):
    call = ask(PATHS.transaction, DEBIT | {"transaction_type": kind, "close_gameround": flag})

    assert flag == call.ask.close_round


def test_none_asks_for_the_balance_and_moves_nothing():
    call = ask(PATHS.transaction, DEBIT | {"transaction_type": "None"})

    assert call.ask == GetBalanceRequest(provider_id="jackpots", player_id="p-1", currency_code="EUR")
    answer = call.write(GetBalanceResponse(balances=Balances(shown=euro(7)), display_digits=2))
    assert answer.body == b'{"transaction_id":"t-1","wallet_transaction_id":null,"currency":"EUR","balance":7.00}'


def test_game_code_is_the_older_name_of_source_id():
    assert ask(PATHS.transaction, DEBIT | {"game_code": "g-2"}).ask.game_id == "g-2"


@pytest.mark.parametrize("amount", ["0.10", "0.1", "0.100000000"])
def test_numbers_and_strings_are_the_same_amount(amount):
    body = json.dumps(DEBIT).replace(": 0.1", f": {amount}").encode()
    quoted = json.dumps(DEBIT | {"amount": amount}).encode()

    assert read(PATHS.transaction, body).ask == read(PATHS.transaction, quoted).ask == ask(PATHS.transaction, DEBIT).ask


def test_members_nobody_told_us_of_are_ignored():
    more = DEBIT | {"metadata": {"ratio": 1e-9, "deep": [[[None]]]}, "bonus": None}

    assert ask(PATHS.transaction, more).ask == ask(PATHS.transaction, DEBIT).ask


@pytest.mark.parametrize("member", sorted(DEBIT))
def test_each_required_member_is_required(member):
    with pytest.raises(Rejected) as caught:
        ask(PATHS.transaction, {key: value for key, value in DEBIT.items() if key != member})

    assert caught.value.code == "INVALID_REQUEST"


def test_an_answer_shows_the_balance_of_the_first_time():
    answer = ask(PATHS.transaction, DEBIT).write(played(then=euro(9, 900_000_000), now=euro(5)))

    assert answer.status == 200
    assert answer.body == b'{"transaction_id":"t-1","wallet_transaction_id":"w-1","currency":"EUR","balance":9.90}'


@pytest.mark.parametrize(
    ("form", "balance"), [("string", b'{"balance":"9.90"}'), ("number", b'{"balance":9.90}')], ids=["string", "number"]
)
def test_a_cancel_rolls_back_and_answers_in_the_form_that_is_set(form, balance):
    call = ask(PATHS.cancel_bet, {"transaction_id": "t-1", "player_id": "p-1"}, "DELETE", cancel_balance=form)

    assert call.ask == PlayRequest(
        provider_id="jackpots",
        player_id="p-1",
        actions=[Action(kind=ACTION_KIND_ROLLBACK, external_key="void:tx:t-1", references=["tx:t-1"])],
    )
    assert balance == call.write(played(now=euro(9, 900_000_000))).body


@pytest.mark.parametrize("player", [{}, {"player_id": None}, {"player_id": ""}], ids=repr)
def test_a_cancel_without_a_player_finds_him_by_the_id(player):
    call = ask(PATHS.cancel_bet, {"transaction_id": "t-1", **player}, "DELETE")

    assert call.ask.original_key == "tx:t-1"
    assert call.write(PlayResponse(results=[ActionResult()])).body == b'{"balance":"0"}'


def test_authenticating_reads_the_session_and_passes_on_operator_and_brand():
    call = ask(
        PATHS.auth,
        {"operator_id": "o", "brand_id": "b", "player_token": "tok", "source_id": None, "currency": "EUR"},
    )

    assert call.ask == ResolveSessionRequest(
        provider_id="jackpots",
        token="tok",
        use=SESSION_USE_READ,
        operator_id="o",
        brand_id="b",
        currency_code="EUR",
    )
    answer = call.write(
        ResolveSessionResponse(
            player=Player(player_id="p-1", operator_id="o", brand_id="b", country="MT"),
            balances=Balances(shown=euro(100_001_927, 790_000_000)),
            token="tok-2",
            display_digits=2,
        )
    )
    assert b'"balance":100001927.79' in answer.body
    assert json.loads(answer.body) == {
        "id": "p-1",
        "token": "tok-2",
        "currency": "EUR",
        "balance": 100001927.79,
        "operator_id": "o",
        "brand_id": "b",
        "nickname": None,
        "gender": "?",
        "country": "MT",
        "date_of_birth": None,
        "jurisdiction": None,
        "segments": None,
    }


def test_debit_and_credit_may_have_paths_of_their_own():
    paths = {"transaction": "", "debit": "/debit", "credit": "/credit"}
    untyped = {key: value for key, value in DEBIT.items() if key != "transaction_type"}

    assert ask("/debit", untyped, paths=paths).ask.actions[0].kind == ACTION_KIND_BET
    assert ask("/debit", DEBIT, paths=paths).ask.actions[0].kind == ACTION_KIND_BET
    assert ask("/credit", untyped, paths=paths).ask.actions[0].kind == ACTION_KIND_WIN
    with pytest.raises(Rejected):
        ask("/credit", DEBIT, paths=paths)


ENDPOINTS = connect("jackpots", (b"key",), Settings()).endpoints


@given(st.sampled_from(ENDPOINTS), st.binary() | st.text().map(str.encode), st.text())
def test_random_bytes_are_read_or_refused(endpoint, body, query):
    request = Request(endpoint.method, endpoint.path, query, {"Content-Type": "application/json"}, body, 0.0)
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(request), Call | Answer)


values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(max_size=3), max_size=2)


@given(st.dictionaries(st.sampled_from([*DEBIT, "token", "close_gameround"]), values))
def test_random_members_are_read_or_refused(members):
    with contextlib.suppress(Rejected):
        assert isinstance(ask(PATHS.transaction, DEBIT | members), Call)
