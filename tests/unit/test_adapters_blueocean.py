"""BlueOcean's words to ours and back, as values: no socket, no core."""

import contextlib
import json
import re
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wallet.v1.common_pb2 import Balances, Money
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_FREE_ROUND,
    CATEGORY_GAME,
    CATEGORY_PROMO,
    Action,
    ActionResult,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters.faults import Fault, Rejected
from adapters.provider import REASONS, Answer, Call, No, Request
from adapters.providers.blueocean import ERRORS, Settings, connect

WHO = {"action": "balance", "remote_id": "961229", "username": "946062", "session_id": "5abe", "currency": "EUR"}
MOVE = WHO | {
    "amount": "2.00",
    "game_id": "47477",
    "transaction_id": "re-96939786-11",
    "round_id": "96939786",
    "gameplay_final": "0",
}
REQUIRED = {
    "balance": {"action", "remote_id"},
    "debit": {"action", "remote_id", "currency", "amount", "transaction_id", "round_id", "gameplay_final"},
    "credit": {"action", "remote_id", "currency", "amount", "transaction_id", "round_id", "gameplay_final"},
    "rollback": {"action", "remote_id", "transaction_id"},
}
KEY = "p:961229:re-96939786-11"


def euro(units, nanos=0):
    return Money(currency_code="EUR", units=units, nanos=nanos)


def provider(secrets=(b"SALT123",), **given_settings):
    return connect("bo", secrets, msgspec.convert(given_settings, Settings))


def got(query):
    return Request("GET", "/", query, {}, b"", 0.0)


def ask(action, members=MOVE, **given_settings):
    (endpoint,) = provider(**given_settings).endpoints
    return endpoint.read(got(urlencode(members | {"action": action})))


def refused(call, *arguments, **keywords):
    with pytest.raises(Rejected) as caught:
        call(*arguments, **keywords)
    return caught.value.code


THEN, NOW = Balances(shown=euro(90)), Balances(shown=euro(-3, -500_000_000))
APPLIED = PlayResponse(
    player_id="961229",
    results=[ActionResult(transaction_id="w-1")],
    balances_then=THEN,
    balances_now=NOW,
    display_digits=2,
)


def test_a_debit_is_a_bet_under_its_player_and_id():
    noted = {
        "jackpot_contribution_in_amount": "0.0150",
        "tip_in_amount": "0.50",
        "provider": "ev",
        "new_parameter": "x",
    }

    assert ask("debit", MOVE | noted).ask == PlayRequest(
        provider_id="bo",
        player_id="961229",
        currency_code="EUR",
        round_id="96939786",
        game_id="47477",
        actions=[
            Action(
                kind=ACTION_KIND_BET,
                external_key=KEY,
                amount=euro(2),
                category=CATEGORY_GAME,
                info={"jackpot_contribution_in_amount": "0.0150", "tip_in_amount": "0.50", "provider": "ev"},
            )
        ],
    )


@pytest.mark.parametrize(
    ("action", "flag", "category"),
    [
        ("credit", {}, CATEGORY_GAME),
        ("credit", {"is_jackpot_win": "1", "jackpot_win_in_amount": "1.00"}, CATEGORY_GAME),
        ("credit", {"is_freeround_win": "1"}, CATEGORY_FREE_ROUND),
        ("credit", {"is_freeround_win": "0", "is_promo_win": "1"}, CATEGORY_PROMO),
        ("debit", {"is_freeround_bet": "1"}, CATEGORY_FREE_ROUND),
        ("debit", {"is_freeround_win": "1", "is_promo_win": "1"}, CATEGORY_GAME),
    ],
)
def test_flags_say_what_kind_of_movement_it_is(action, flag, category):
    (moved,) = ask(action, MOVE | flag).ask.actions

    assert (moved.kind, moved.category) == (ACTION_KIND_BET if action == "debit" else ACTION_KIND_WIN, category)
    assert (moved.external_key, moved.amount) == (KEY, euro(2))


@pytest.mark.parametrize(("action", "flag"), [("debit", "is_freeround_bet"), ("credit", "is_freeround_win")])
def test_free_rounds_may_be_those_granted_in_the_core(action, flag):
    free = MOVE | {flag: "1", "freeround_id": "fr-1"}

    assert ask(action, free).ask.actions[0].free_rounds_id == ""
    assert ask(action, free, grants=True).ask.actions[0].free_rounds_id == "fr-1"
    for other in (free | {flag: "0"}, MOVE | {flag: "1"}):
        assert ask(action, other, grants=True).ask.actions[0].free_rounds_id == ""


@pytest.mark.parametrize("action", ["debit", "credit"])
def test_the_last_movement_closes_the_round(action):
    assert not ask(action).ask.close_round
    assert ask(action, MOVE | {"gameplay_final": "1"}).ask.close_round


def test_a_rollback_names_what_it_undoes_and_nothing_else_of_it_counts():
    for more in ({}, {"amount": "no number", "round_id": "another", "game_id": "1"}):
        assert ask("rollback", WHO | {"transaction_id": MOVE["transaction_id"]} | more).ask == PlayRequest(
            provider_id="bo",
            player_id="961229",
            currency_code="EUR",
            actions=[Action(kind=ACTION_KIND_ROLLBACK, external_key=f"void:{KEY}", references=[KEY])],
        )


@pytest.mark.parametrize(("setting", "player"), [("remote_id", "961229"), ("username", "946062")])
def test_the_player_is_the_member_that_is_set(setting, player):
    assert ask("balance", WHO, player=setting).ask == GetBalanceRequest(
        provider_id="bo", player_id=player, currency_code="EUR"
    )
    assert ask("debit", player=setting).ask.player_id == player
    assert ask("debit", player=setting).ask.actions[0].external_key == KEY


def test_a_session_counts_for_debits_where_it_is_a_token_of_ours():
    assert ask("debit").ask.session_token == ""
    assert ask("debit", session="token").ask.session_token == "5abe"
    assert ask("credit", session="token").ask.session_token == ""


@pytest.mark.parametrize(("action", "member"), [(a, m) for a, members in REQUIRED.items() for m in sorted(members)])
def test_each_required_member_is_required(action, member):
    members = {name: value for name, value in (MOVE | {"action": action}).items() if name != member}
    (endpoint,) = provider().endpoints

    assert refused(endpoint.read, got(urlencode(members))) == "INVALID_REQUEST"


@pytest.mark.parametrize("action", sorted(REQUIRED))
def test_no_other_member_is_required(action):
    assert isinstance(ask(action, {name: MOVE.get(name, "") for name in REQUIRED[action]}), Call)


@pytest.mark.parametrize(
    "wrong",
    [{"gameplay_final": "2"}, {"is_promo_win": "yes"}, {"remote_id": "1:2"}, {"remote_id": ""}, {"transaction_id": ""}],
    ids=str,
)
def test_a_member_out_of_its_range_is_refused(wrong):
    assert refused(ask, "credit", MOVE | wrong) == "INVALID_REQUEST"


def test_an_answer_has_the_balance_of_the_first_time():
    answer = ask("debit").write(APPLIED)

    assert (answer.status, answer.content_type) == (200, "application/json")
    assert answer.body == b'{"status":"200","balance":"90.00","transaction_id":"w-1"}'


def test_a_balance_may_be_below_nothing():
    answer = ask("balance").write(GetBalanceResponse(balances=NOW, display_digits=2))

    assert answer.body == b'{"status":"200","balance":"-3.50"}'


def test_the_table_has_every_reason_and_fault_and_no_other():
    assert set(ERRORS) == REASONS | set(Fault)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("INSUFFICIENT_FUNDS", "403"),
        ("PLAYER_UNKNOWN", "403"),
        ("SESSION_UNKNOWN", "403"),
        ("SESSION_EXPIRED", "403"),
        ("REFERENCE_NOT_FOUND", "404"),
        ("TOMBSTONED", "403"),
        ("LIMIT_REACHED", "403"),
        ("PLAYER_BLOCKED", "403"),
        ("WRONG_CURRENCY", "403"),
        (Fault.INVALID_SIGNATURE, "403"),
        (Fault.TRY_LATER, "500"),
        (Fault.INTERNAL, "500"),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_an_error_is_a_verdict_with_the_balance_where_it_is_known(code, status, known):
    answer = provider().refuse(
        No(code, "why", response=PlayResponse(balances_now=THEN, display_digits=2) if known else None), None
    )

    assert (answer.status, answer.content_type) == (200, "application/json")
    assert json.loads(answer.body) == {
        "status": status,
        "msg": f"{ERRORS[code][1]}: why",
        **({"balance": "90.00"} if known else {}),
    }


@pytest.mark.parametrize("code", sorted(REASONS | set(Fault)))
def test_no_error_is_called_a_success(code):
    assert json.loads(provider().refuse(No(code), None).body)["status"] in ("403", "404", "500")


def test_secrets_are_in_no_answer():
    speaker = provider((b"hunter2", b"swordfish"))
    bodies = [speaker.refuse(No(code), None).body for code in ERRORS]
    with pytest.raises(Rejected) as caught:
        speaker.verify(got("callerPassword=opensesame&key=0"))

    assert not re.search(rb"hunter2|swordfish|opensesame", b"".join([*bodies, str(caught.value).encode()]))


@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_random_queries_are_read_or_refused(query):
    (endpoint,) = provider().endpoints
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(got(query)), Call | Answer)


@given(st.sampled_from(sorted(REQUIRED)), st.dictionaries(st.sampled_from(sorted(MOVE)), st.text(max_size=200)))
def test_random_members_are_read_or_refused(action, members):
    with contextlib.suppress(Rejected):
        assert isinstance(ask(action, MOVE | members), Call)


IDS = st.text(st.sampled_from("ab:.-"), min_size=1, max_size=8)
SPOKEN = st.tuples(st.sampled_from(["move", "rollback"]), IDS.filter(lambda name: ":" not in name), IDS)


@given(SPOKEN, SPOKEN)
def test_no_two_players_or_ids_share_a_key(one, other):
    keys = []
    for kind, player, transaction_id in (one, other):
        members = MOVE | {"remote_id": player, "transaction_id": transaction_id}
        keys.append(ask("debit" if kind == "move" else kind, members).ask.actions[0].external_key)

    assert (keys[0] == keys[1]) == (one == other)
