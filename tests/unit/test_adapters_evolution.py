"""Evolution's words to ours and back, as values: no socket, no core."""

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
    CATEGORY_FREE_ROUND,
    CATEGORY_GAME,
    CATEGORY_JACKPOT,
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
from adapters.providers.evolution import Settings, connect
from adapters.providers.evolution.words import ERRORS, Asked

COMMON = {"sid": "s-1", "userId": "p-1", "uuid": "u-1", "someFakeField": {"x": 1e-9}}
GAME = {"id": "g-1", "type": "blackjack", "details": {"table": {"id": "bj-1", "vid": "v-1"}}}
DEBIT = COMMON | {
    "currency": "EUR",
    "game": GAME,
    "transaction": {"id": "i-1", "refId": "r-1", "amount": 10.5},
}
PROMO = COMMON | {"currency": "EUR", "game": None, "promoTransaction": {"type": "JackpotWin", "id": "x-1", "amount": 5}}
CODES = sorted(REASONS | set(Fault))
# Table 16.1, status by reason.
STATUSES = {
    "INSUFFICIENT_FUNDS": "INSUFFICIENT_FUNDS",
    "PLAYER_UNKNOWN": "INVALID_PARAMETER",
    "SESSION_UNKNOWN": "INVALID_SID",
    "SESSION_EXPIRED": "INVALID_SID",
    "SESSION_ROTATED": "INVALID_SID",
    "CONFLICT": "BET_ALREADY_EXIST",
    "REFERENCE_NOT_FOUND": "BET_DOES_NOT_EXIST",
    "TOMBSTONED": "FINAL_ERROR_ACTION_FAILED",
    "LIMIT_REACHED": "FINAL_ERROR_ACTION_FAILED",
    "PLAYER_BLOCKED": "FINAL_ERROR_ACTION_FAILED",
    "WRONG_CURRENCY": "INVALID_PARAMETER",
    "REFERENCE_SETTLED": "BET_ALREADY_SETTLED",
    "REFERENCE_ROLLED_BACK": "BET_ALREADY_SETTLED",
    "IN_PROGRESS": "OPERATION_IN_PROCESS",
    Fault.INVALID_SIGNATURE: "INVALID_TOKEN_ID",
    Fault.INTERNAL: "TEMPORARY_ERROR",
    Fault.TRY_LATER: "TEMPORARY_ERROR",
}
PUBLISHED = {
    "INSUFFICIENT_FUNDS",
    "INVALID_SID",
    "INVALID_TOKEN_ID",
    "INVALID_PARAMETER",
    "BET_ALREADY_EXIST",
    "BET_DOES_NOT_EXIST",
    "BET_ALREADY_SETTLED",
    "FINAL_ERROR_ACTION_FAILED",
    "TEMPORARY_ERROR",
    "OPERATION_IN_PROCESS",
    "UNKNOWN_ERROR",
}


def euro(units, nanos=0):
    return Money(currency_code="EUR", units=units, nanos=nanos)


def provider(**given):
    return connect("evo", (b"s3cr3t",), msgspec.convert(given, Settings))


def read(method, body, **given):
    endpoint = next(e for e in provider(**given).endpoints if (e.method, e.path) == ("POST", f"/{method}"))
    return endpoint.read(Request("POST", f"/{method}", "", {"Content-Type": "application/json"}, body, 0.0))


def ask(method, members, **given):
    return read(method, json.dumps(members).encode(), **given)


def answered(answer, status=200):
    assert (answer.status, answer.content_type) == (status, "application/json")
    return json.loads(answer.body)


def played(cash=None, *, replayed=False):
    return PlayResponse(
        player_id="p-1",
        results=[ActionResult(external_key="bet:i-1", transaction_id="w-1")],
        balances_now=cash and Balances(shown=cash, cash=cash, bonus=euro(2, 500_000_000)),
        replayed=replayed,
        display_digits=2,
    )


@pytest.mark.parametrize(
    ("query", "accepted"),
    [
        ("authToken=s3cr3t", True),
        ("x=1&authToken=s3cr3t", True),
        ("authToken=%733cr3t", True),
        ("", False),
        ("authToken", False),
        ("authToken=", False),
        ("authToken=s3cr3T", False),
        ("authToken=s3cr3t%20", False),
        ("authToken=s3cr3t&authToken=s3cr3t", False),
        ("authtoken=s3cr3t", False),
        ("authToken=%ff%fe", False),
        ("&".join(f"a{n}=1" for n in range(99)) + "&authToken=s3cr3t", False),
    ],
    ids=range(12),
)
def test_the_token_is_one_member_of_the_query(query, accepted):
    request = Request("POST", "/debit", query, {}, b"", 0.0)
    if accepted:
        provider().verify(request)
    else:
        with pytest.raises(Rejected, match="INVALID_SIGNATURE"):
            provider().verify(request)


def test_one_flipped_bit_of_the_token_is_refused():
    for place in range(len("s3cr3t")):
        wrong = bytearray(b"s3cr3t")
        wrong[place] ^= 1
        with pytest.raises(Rejected, match="INVALID_SIGNATURE"):
            provider().verify(Request("POST", "/debit", f"authToken={wrong.decode()}", {}, b"", 0.0))


def test_a_debit_is_the_bet_of_a_round_of_its_own():
    call = ask("debit", DEBIT)

    assert call.ask == PlayRequest(
        provider_id="evo",
        player_id="p-1",
        session_token="s-1",
        currency_code="EUR",
        round_id="r-1",
        game_id="bj-1",
        actions=[
            Action(
                kind=ACTION_KIND_BET,
                external_key="bet:i-1",
                amount=euro(10, 500_000_000),
                category=CATEGORY_GAME,
                info={"game_round": "g-1"},
            )
        ],
    )
    assert call.words == Asked("debit", "u-1", "p-1")


def test_a_credit_is_the_win_that_closes_it():
    asked = ask("credit", DEBIT).ask

    assert (asked.round_id, asked.close_round) == ("r-1", True)
    assert asked.actions[0] == Action(
        kind=ACTION_KIND_WIN,
        external_key="win:i-1",
        amount=euro(10, 500_000_000),
        category=CATEGORY_GAME,
        info={"game_round": "g-1"},
    )


@pytest.mark.parametrize("amount", [10.5, -1, None, "x"], ids=repr)
def test_a_cancel_undoes_the_debit_of_its_id_whatever_its_amount(amount):
    asked = ask("cancel", DEBIT | {"transaction": {"id": "i-1", "refId": "r-1", "amount": amount}}).ask

    assert not asked.close_round
    assert asked.actions[0] == Action(
        kind=ACTION_KIND_ROLLBACK,
        external_key="void:bet:i-1",
        references=["bet:i-1"],
        info={"game_round": "g-1"},
    )


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        ("JackpotWin", CATEGORY_JACKPOT),
        ("FreeRoundPlayableSpent", CATEGORY_FREE_ROUND),
        ("RtrMonetaryReward", CATEGORY_PROMO),
        ("AnythingElse", CATEGORY_PROMO),
    ],
)
def test_a_promotion_is_a_win_without_a_round(kind, category):
    more = {"type": kind, "voucherId": "v-1", "jackpots": [{"id": "j-1", "winAmount": 1}, {"id": "j-2"}]}
    asked = ask("promo_payout", PROMO | {"promoTransaction": PROMO["promoTransaction"] | more}).ask

    assert (asked.round_id, asked.close_round, asked.player_id) == ("", False, "p-1")
    assert asked.actions[0] == Action(
        kind=ACTION_KIND_WIN,
        external_key="promo:x-1",
        amount=euro(5),
        category=category,
        info={"type": kind, "voucherId": "v-1", "jackpot_0": "j-1", "jackpot_1": "j-2"},
    )


def test_free_rounds_may_be_those_granted_in_the_core():
    free = {"type": "FreeRoundPlayableSpent", "id": "x-1", "amount": 5, "voucherId": "v-1", "remainingRounds": 0}

    def named(promo, **settings):
        return ask("promo_payout", PROMO | {"promoTransaction": promo}, **settings).ask.actions[0].free_rounds_id

    assert named(free) == ""
    assert named(free, grants=True) == "v-1"
    assert named(free | {"voucherId": None}, grants=True) == ""
    assert named(free | {"type": "RewardGamePlayableSpent"}, grants=True) == ""


@pytest.mark.parametrize(
    ("game", "setting", "game_id"),
    [
        (GAME, "table", "bj-1"),
        (GAME, "type", "blackjack"),
        ({"id": "g", "type": "t"}, "table", "t"),
        ({"details": {"table": None}}, "table", ""),
        (None, "table", ""),
    ],
    ids=range(5),
)
def test_the_game_is_the_table_or_the_type(game, setting, game_id):
    assert ask("debit", DEBIT | {"game": game}, game=setting).ask.game_id == game_id


def test_a_check_reads_the_session_and_replaces_it_where_that_is_set():
    members = COMMON | {"channel": {"type": "P"}}
    plain = ResolveSessionRequest(provider_id="evo", token="s-1", use=SESSION_USE_READ, player_id="p-1")
    rotating = ResolveSessionRequest(
        provider_id="evo", token="s-1", use=SESSION_USE_READ, rotate=True, request_id="u-1", player_id="p-1"
    )

    assert ask("check", members).ask == ask("sid", members).ask == ask("sid", members, rotate_sid=True).ask == plain
    call = ask("check", members, rotate_sid=True)
    assert call.ask == rotating
    reply = ResolveSessionResponse(player=Player(player_id="p-1"), token="s-2")
    assert answered(call.write(reply)) == {"status": "OK", "sid": "s-2", "uuid": "u-1"}


def test_a_sid_of_another_user_is_a_wrong_parameter():
    check = ask("check", COMMON | {"userId": "p-2"}, rotate_sid=True)
    balance = ask("balance", COMMON | {"userId": "p-2", "currency": "EUR"})

    assert balance.ask == GetBalanceRequest(provider_id="evo", session_token="s-1", currency_code="EUR")
    assert check.ask.player_id == "p-2"  # nothing is replaced for him
    with pytest.raises(Rejected, match="PLAYER_UNKNOWN"):
        balance.write(GetBalanceResponse(player_id="p-1", balances=Balances(cash=euro(1))))


def test_balance_and_bonus_are_shown_apart_as_exact_numbers():
    answer = ask("debit", DEBIT).write(played(euro(63_727_092, 340_000_000)))

    assert b'"balance":63727092.340000,"bonus":2.500000' in answer.body
    assert set(answered(answer)) == {"status", "balance", "bonus", "retransmission", "uuid"}


@pytest.mark.parametrize(
    ("method", "status"),
    [("debit", "BET_ALREADY_EXIST"), ("credit", "BET_ALREADY_SETTLED"), ("cancel", "BET_ALREADY_SETTLED")],
)
def test_a_repetition_is_told_so_or_confirmed(method, status):
    reply = played(euro(5), replayed=True)
    already = answered(ask(method, DEBIT).write(reply))
    confirmed = answered(ask(method, DEBIT, repeated="ok").write(reply))

    assert (already["status"], already["retransmission"]) == (status, True)
    assert (confirmed["status"], confirmed["retransmission"]) == ("OK", True)
    conflict = answered(provider().refuse(No("CONFLICT"), Asked(method, "u-1", "p-1")))
    assert conflict["status"] == status


@pytest.mark.parametrize(
    ("method", "members", "optional"),
    [
        ("debit", DEBIT, {"sid", "game", "someFakeField"}),
        ("promo_payout", PROMO, {"sid", "game", "someFakeField"}),
        ("balance", COMMON | {"currency": "EUR", "game": None}, {"game", "someFakeField"}),
        ("check", COMMON | {"channel": {"type": "P"}}, {"channel", "someFakeField"}),
    ],
    ids=["debit", "promo_payout", "balance", "check"],
)
def test_each_required_member_is_required(method, members, optional):
    for member in members:
        less = {key: value for key, value in members.items() if key != member}
        if member in optional:
            assert isinstance(ask(method, less), Call)
        else:
            with pytest.raises(Rejected, match="INVALID_REQUEST"):
                ask(method, less)


def test_the_table_has_every_reason_and_fault_and_no_other():
    assert set(CODES) == set(ERRORS)
    assert set(ERRORS.values()) <= PUBLISHED


@pytest.mark.parametrize("code", CODES)
def test_every_no_is_a_status_with_http_200(code):
    status = STATUSES.get(code, ERRORS[code])
    known = provider().refuse(No(code, "detail", response=played(euro(5), replayed=True)), Asked("debit", "u-1", "p"))
    unknown = provider().refuse(No(code), Asked("check", "u-1", "p"))

    assert answered(known) == {
        "status": status,
        "balance": 5.0,
        "bonus": 2.5,
        "retransmission": True,
        "uuid": "u-1",
    }
    assert answered(unknown) == {
        "status": "BET_ALREADY_SETTLED" if code == "CONFLICT" else status,
        "uuid": "u-1",
    }
    assert answered(provider().refuse(No(code), None)) == {"status": status}


def test_the_status_of_a_wrong_token_and_of_blocks_and_limits_are_settings():
    told = provider(refused_status=401, blocked="UNKNOWN_ERROR", limit_reached="INVALID_PARAMETER")

    assert answered(told.refuse(No(Fault.INVALID_SIGNATURE), None), 401) == {"status": "INVALID_TOKEN_ID"}
    assert answered(told.refuse(No("PLAYER_BLOCKED"), None))["status"] == "UNKNOWN_ERROR"
    assert answered(told.refuse(No("LIMIT_REACHED"), None))["status"] == "INVALID_PARAMETER"


def test_no_answer_holds_the_token():
    for code in CODES:
        for words in (None, Asked("debit", "u-1", "p-1")):
            assert b"s3cr3t" not in provider().refuse(No(code, "d"), words).body


ENDPOINTS = provider().endpoints


@given(st.sampled_from(ENDPOINTS), st.binary() | st.text().map(str.encode))
def test_random_bytes_are_read_or_refused(endpoint, body):
    request = Request(endpoint.method, endpoint.path, "", {"Content-Type": "application/json"}, body, 0.0)
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(request), Call | Answer)


values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(max_size=3), max_size=2)


@given(
    st.sampled_from(ENDPOINTS),
    st.dictionaries(st.sampled_from([*DEBIT, "promoTransaction"]), values),
    st.dictionaries(st.sampled_from(["id", "refId", "amount", "type", "jackpots", "remainingRounds"]), values),
)
def test_random_members_are_read_or_refused(endpoint, members, inner):
    whole = DEBIT | PROMO | {"transaction": DEBIT["transaction"] | inner}
    whole |= {"promoTransaction": PROMO["promoTransaction"] | inner} | members
    body = json.dumps(whole).encode()
    request = Request(endpoint.method, endpoint.path, "", {"Content-Type": "application/json"}, body, 0.0)
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(request), Call)
