"""Betsoft's words to ours and back, as values: no socket, no core."""

import contextlib
from urllib.parse import urlencode
from xml.etree.ElementTree import fromstring

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
    CATEGORY_BONUS,
    CATEGORY_GAME,
    Action,
    ActionResult,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters.digests import digest
from adapters.faults import Fault, Rejected
from adapters.provider import REASONS, Call, No, Request
from adapters.providers.betsoft import ERRORS, HASHED, Settings, connect

CODES = sorted(REASONS | set(Fault))
# 2026-11-05 14:03:22 UTC.
AT = 1793887402.9
ROUND = {"isRoundFinished": "false", "roundId": "9001", "gameId": "210"}
BET = {"userId": "u1", "bet": "100|555001"} | ROUND
WIN = {"userId": "u1", "win": "250|555002"} | ROUND | {"isRoundFinished": "true"}
BONUS = {"userId": "u1", "bonusId": "77", "amount": "500"}
# The published vectors, pass key PASSKEY.
VECTORS = [
    ("authenticate", {"token": "tok123"}, "53a804d05f666ffb68abb4c727bfbdb5"),
    ("betResult", BET, "f27dc03389da428591abf5a5cbe7962b"),
    ("betResult", WIN, "3359a4248f6229d4241d4ac5ba753725"),
    ("refundBet", {"userId": "u1", "casinoTransactionId": "555001"}, "2a57ef47a3031d2cb014c1b47a429264"),
    ("bonusWin", BONUS | {"transactionId": "9"}, "17f98b28a1ed6db9585346efc81237b8"),
    ("bonusRelease", BONUS, "17f98b28a1ed6db9585346efc81237b8"),
]


def euro(units, nanos=0):
    return Money(currency_code="EUR", units=units, nanos=nanos)


def provider(**given_settings):
    return connect("bs", (b"PASSKEY", b"older"), msgspec.convert(given_settings, Settings))


def got(operation, fields):
    return Request("GET", f"/{operation}", urlencode(fields), {}, b"", AT)


def posted(operation, fields):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return Request("POST", f"/{operation}", "", form, urlencode(fields).encode(), AT)


def read(operation, fields, how=got, **given_settings):
    request = how(operation, fields)
    endpoints = provider(**given_settings).endpoints
    return next(each for each in endpoints if (each.method, each.name) == (request.method, operation)).read(request)


def refused(call, *arguments, **keywords):
    with pytest.raises(Rejected) as caught:
        call(*arguments, **keywords)
    return caught.value.code


def said(answer):
    """The answer's parts: what it repeats, when, and what it says."""
    assert (answer.status, answer.content_type) == (200, "text/xml; charset=utf-8")
    root = fromstring(answer.body)  # noqa: S314 - our own
    assert root.tag == "EXTSYSTEM"
    request, response = ({member.tag: member.text for member in root.find(name)} for name in ("REQUEST", "RESPONSE"))
    return request, root.findtext("TIME"), response


@pytest.mark.parametrize("how", [got, posted])
@pytest.mark.parametrize(("operation", "fields", "md5"), VECTORS, ids=lambda value: str(value)[:40])
class TestVector:
    def test_is_accepted(self, operation, fields, md5, how):
        provider().verify(how(operation, fields | {"hash": md5, "clientType": "x"}))
        provider().verify(how(operation, dict(reversed((fields | {"hash": md5}).items()))))

    def test_with_a_flipped_byte_of_any_hashed_value_is_refused(self, operation, fields, md5, how):
        for name in HASHED[operation]:
            value = fields.get(name, "")
            for place in range(len(value)):
                flipped = value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
                wrong = fields | {name: flipped, "hash": md5}
                assert refused(provider().verify, how(operation, wrong)) == Fault.INVALID_SIGNATURE

    def test_with_a_missing_value_is_refused(self, operation, fields, md5, how):
        for name in set(HASHED[operation]) & set(fields):
            rest = {other: value for other, value in fields.items() if other != name}
            assert refused(provider().verify, how(operation, rest | {"hash": md5})) == Fault.INVALID_SIGNATURE

    def test_with_another_hash_is_refused(self, operation, fields, md5, how):
        for wrong in ("", md5.upper(), md5[:-1], md5[1:] + md5[0], "é"):
            assert refused(provider().verify, how(operation, fields | {"hash": wrong})) == Fault.INVALID_SIGNATURE
        assert refused(provider().verify, how(operation, fields)) == Fault.INVALID_SIGNATURE


def test_the_older_key_is_accepted_too():
    provider().verify(got("authenticate", {"token": "t", "hash": digest("md5", b"t", b"older")}))


def test_a_balance_alone_is_not_hashed():
    assert {endpoint.name for endpoint in provider().endpoints if not endpoint.signed} == {"getBalance"}


def test_paths_are_agreed_with_each_operator():
    fields = {"token": "tok123", "hash": VECTORS[0][2]}
    moved = provider(paths={"authenticate": "/bsg/auth.do"})

    assert ("GET", "/bsg/auth.do") in {(each.method, each.path) for each in moved.endpoints}
    moved.verify(Request("GET", "/bsg/auth.do", urlencode(fields), {}, b"", AT))
    with pytest.raises(msgspec.ValidationError):
        provider(paths={"unheard": "/of"})


@pytest.mark.parametrize("how", [got, posted])
def test_a_bet(how):
    assert read("betResult", BET | {"clientType": "HTML5"}, how).ask == PlayRequest(
        provider_id="bs",
        player_id="u1",
        round_id="9001",
        game_id="210",
        actions=[
            Action(
                kind=ACTION_KIND_BET,
                external_key="bet:555001",
                amount=Money(units=1),
                category=CATEGORY_GAME,
            )
        ],
    )


def test_a_win_that_ends_its_round():
    ask = read("betResult", WIN, currency="EUR").ask
    (action,) = ask.actions

    assert (action.kind, action.external_key, action.amount) == (ACTION_KIND_WIN, "win:555002", euro(2, 500_000_000))
    assert (ask.close_round, ask.currency_code) == (True, "EUR")


def test_a_bet_and_its_win_in_one_call_are_one_play_in_this_order():
    asked = BET | WIN | {"negativeBet": "30"}
    actions = read("betResult", asked).ask.actions

    assert [(action.kind, action.external_key, action.amount.nanos) for action in actions] == [
        (ACTION_KIND_BET, "bet:555001", 0),
        (ACTION_KIND_WIN, "win:555002", 500_000_000),
        (ACTION_KIND_WIN, "negative:555002", 300_000_000),
    ]


def test_stakes_may_come_back_with_a_bet_alone():
    assert [action.external_key for action in read("betResult", BET | {"negativeBet": "30"}).ask.actions] == [
        "bet:555001",
        "negative:555001",
    ]
    assert len(read("betResult", BET | {"negativeBet": "0"}).ask.actions) == 1


def test_a_bet_may_need_its_session():
    def token(fields, **settings):
        return read("betResult", fields | {"token": "tok"}, **settings).ask.session_token

    assert (token(BET, session="token"), token(WIN, session="token"), token(BET)) == ("tok", "", "")


def test_the_digits_of_a_cent_are_a_setting():
    (action,) = read("betResult", BET, digits=0).ask.actions

    assert action.amount.units == 100


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"bet": "100"}, "INVALID_REQUEST"),
        ({"bet": "100|"}, "INVALID_REQUEST"),
        ({"bet": ""}, "INVALID_REQUEST"),
        ({"bet": "", "negativeBet": "5"}, "INVALID_REQUEST"),
        ({"bet": "-100|1"}, "INVALID_AMOUNT"),
        ({"bet": "1.5|1"}, "INVALID_AMOUNT"),
        ({"bet": "|1"}, "INVALID_AMOUNT"),
        ({"bet": "1e2|1"}, "INVALID_AMOUNT"),
        ({"bet": "010|1"}, "INVALID_AMOUNT"),
        ({"bet": "\u0661|1"}, "INVALID_AMOUNT"),
        ({"bet": "9" * 21 + "|1"}, "INVALID_AMOUNT"),
        ({"negativeBet": "-1"}, "INVALID_AMOUNT"),
        ({"roundId": ""}, "INVALID_REQUEST"),
        ({"userId": ""}, "INVALID_REQUEST"),
        ({"isRoundFinished": "maybe"}, "INVALID_REQUEST"),
        ({"gameId": "\x01"}, "INVALID_REQUEST"),
        ({"gameId": "\uffff"}, "INVALID_REQUEST"),
        ({"gameId": "\0"}, "INVALID_REQUEST"),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_bet(change, code):
    assert refused(read, "betResult", BET | change) == code


def test_an_id_may_have_a_bar():
    (action,) = read("betResult", BET | {"bet": "100|a|b"}).ask.actions

    assert action.external_key == "bet:a|b"


@pytest.mark.parametrize(
    ("operation", "fields", "missing"),
    [
        ("authenticate", {}, "token"),
        ("getBalance", {}, "userId"),
        ("getAccountInfo", {}, "userId"),
        ("betResult", BET, "userId"),
        ("betResult", BET, "roundId"),
        ("refundBet", {"userId": "u1"}, "casinoTransactionId"),
        ("refundBet", {"casinoTransactionId": "1"}, "userId"),
        ("bonusRelease", BONUS, "bonusId"),
        ("bonusRelease", BONUS, "amount"),
        ("bonusWin", BONUS, "transactionId"),
    ],
    ids=str,
)
def test_a_missing_parameter_is_refused(operation, fields, missing):
    rest = {name: value for name, value in fields.items() if name != missing}

    assert refused(read, operation, rest) == "INVALID_REQUEST"


def test_a_refund_bears_its_bets_id_and_looks_at_nothing_else():
    asked = {"userId": "u1", "casinoTransactionId": "555001", "amount": "nonsense", "roundId": "other"}

    assert read("refundBet", asked).ask == PlayRequest(
        provider_id="bs",
        player_id="u1",
        actions=[
            Action(kind=ACTION_KIND_ROLLBACK, external_key="void:bet:555001", references=["bet:555001"]),
        ],
    )


@pytest.mark.parametrize(("operation", "key"), [("bonusWin", "bonuswin:9"), ("bonusRelease", "bonusrelease:77")])
def test_bonuses_are_wins_that_nothing_was_staked_for(operation, key):
    ask = read(operation, BONUS | {"transactionId": "9"}).ask
    (action,) = ask.actions

    assert (action.kind, action.external_key, action.amount) == (ACTION_KIND_WIN, key, Money(units=5))
    assert (action.category, ask.round_id) == (CATEGORY_BONUS, "")


def test_a_bonus_win_may_be_of_free_rounds_granted_in_the_core():
    fields = BONUS | {"transactionId": "9"}

    assert read("bonusWin", fields).ask.actions[0].free_rounds_id == ""
    assert read("bonusWin", fields, grants=True).ask.actions[0].free_rounds_id == "77"
    assert read("bonusRelease", fields, grants=True).ask.actions[0].free_rounds_id == ""


SHOWN = Balances(shown=euro(9, 999_999_999))
MOVED = PlayResponse(
    player_id="u1",
    results=[ActionResult(transaction_id="w-1"), ActionResult(transaction_id="w-2")],
    balances_then=Balances(shown=euro(1)),
    balances_now=SHOWN,
)


def test_a_player_is_told_who_he_is():
    call = read("authenticate", {"token": "tok"})
    reply = ResolveSessionResponse(player=Player(player_id="u1"), balances=SHOWN)

    assert call.ask == ResolveSessionRequest(provider_id="bs", token="tok", use=SESSION_USE_READ)
    assert said(call.write(reply)) == (
        {"TOKEN": "tok"},
        "05 Nov 2026 14:03:22",
        {"RESULT": "OK", "USERID": "u1", "CURRENCY": "EUR", "BALANCE": "999"},
    )


@pytest.mark.parametrize(
    ("operation", "more"),
    [("getBalance", {"BALANCE": "999"}), ("getAccountInfo", {"USERNAME": "u1", "CURRENCY": "EUR"})],
)
def test_what_is_known_of_a_player(operation, more):
    call = read(operation, {"userId": "u1"})

    assert call.ask == GetBalanceRequest(provider_id="bs", player_id="u1")
    reply = GetBalanceResponse(player_id="u1", balances=SHOWN)
    assert said(call.write(reply))[2] == {"RESULT": "OK"} | more


@pytest.mark.parametrize(
    ("operation", "fields", "more"),
    [
        ("betResult", BET, {"EXTSYSTEMTRANSACTIONID": "w-1", "BALANCE": "999"}),
        ("refundBet", {"userId": "u1", "casinoTransactionId": "1"}, {"EXTSYSTEMTRANSACTIONID": "w-1"}),
        ("bonusWin", BONUS | {"transactionId": "9"}, {"BALANCE": "999"}),
        ("bonusRelease", BONUS, {"BALANCE": "999"}),
    ],
)
def test_a_movement_is_answered_with_what_was_asked_and_the_balance_of_now(operation, fields, more):
    request, time, response = said(read(operation, fields).write(MOVED))

    assert request == {name.upper(): value for name, value in fields.items()}
    assert (time, response) == ("05 Nov 2026 14:03:22", {"RESULT": "OK"} | more)


def test_what_is_repeated_is_text_and_never_markup():
    evil = "</GAMEID><RESPONSE><RESULT>OK</RESULT></RESPONSE>&amp;]]>"
    call = read("betResult", BET | {"gameId": evil, "a><b": "x", "é": "y", "1a": "z", "": "n", "_ok.1-a": "v"})
    request, _, response = said(call.write(MOVED))

    assert request == {name.upper(): value for name, value in BET.items()} | {"GAMEID": evil, "_OK.1-A": "v"}
    assert response["RESULT"] == "OK"


def test_every_reason_and_fault_has_a_word():
    assert set(CODES) == set(ERRORS)


@pytest.mark.parametrize("code", CODES)
def test_an_error_is_a_result_and_one_of_the_vendors_codes(code):
    call = read("betResult", BET)
    request, time, response = said(provider().refuse(No(code), call.words))

    assert (request["USERID"], time) == ("u1", "05 Nov 2026 14:03:22")
    assert response == {"RESULT": "ERROR", "CODE": ERRORS[code]}
    assert ERRORS[code] in ("300", "301", "302", "310", "399", "400", "500", "602", "610")


def test_what_was_not_understood_is_not_repeated():
    assert said(provider(refused="FAILED").refuse(No("INVALID_REQUEST", "a <detail>"), None)) == (
        {},
        None,
        {"RESULT": "FAILED", "CODE": "610", "MESSAGE": "a <detail>"},
    )


# Table 16.1.
@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("INSUFFICIENT_FUNDS", "300"),
        ("PLAYER_UNKNOWN", "310"),
        ("SESSION_UNKNOWN", "400"),
        ("SESSION_EXPIRED", "400"),
        ("CONFLICT", "301"),
        ("REFERENCE_NOT_FOUND", "302"),
        ("TOMBSTONED", "301"),
        ("LIMIT_REACHED", "301"),
        ("PLAYER_BLOCKED", "301"),
        ("WRONG_CURRENCY", "610"),
        (Fault.INVALID_SIGNATURE, "500"),
        (Fault.INTERNAL, "399"),
        (Fault.TRY_LATER, "399"),
    ],
)
def test_the_table_of_generic_errors(code, number):
    assert ERRORS[code] == number


def test_no_error_tells_a_secret():
    assert not any(b"PASSKEY" in provider().refuse(No(code, "detail"), None).body for code in CODES)


OPERATIONS = st.sampled_from([*HASHED, "getBalance"])


@given(OPERATIONS, st.binary() | st.text().map(str.encode))
def test_random_bytes_are_read_or_refused(operation, body):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    endpoint = next(each for each in provider().endpoints if (each.name, each.method) == (operation, "POST"))
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(Request("POST", endpoint.path, "", form, body, AT)), Call)


@given(OPERATIONS, st.dictionaries(st.sampled_from([*BET, *WIN, *BONUS, "negativeBet"]) | st.text(), st.text()))
def test_random_parameters_are_read_and_repeated_or_refused(operation, fields):
    with contextlib.suppress(Rejected, UnicodeEncodeError):
        call = read(operation, BET | fields)
        said(provider().refuse(No("INTERNAL"), call.words))
