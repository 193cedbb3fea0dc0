"""Swipe Games' words to ours and back, as values: no socket, no core."""

import contextlib
import json
from urllib.parse import urlencode

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

from adapters import signing
from adapters.faults import Fault, Rejected
from adapters.provider import REASONS, Answer, Call, No, Request
from adapters.providers.swipe import Settings, connect
from adapters.providers.swipe.words import ERRORS

SECRET = b"secret-key"
SESSION = "7eaac66f-751d-4dc5-b3d3-3a5d1b2f0b11"
TX = "3f0d1a3e-9d7a-4f3d-8b0a-1d6b0e6f0a01"
ROUND = "9b1c2d3e-0000-4000-8000-000000000001"
BET = {"amount": "1.50", "roundID": ROUND, "sessionID": SESSION, "txID": TX, "type": "regular"}
REFUND = {"amount": "1.50", "origTxID": TX, "roundID": ROUND, "sessionID": SESSION, "txID": "r-1"}
# Body as it comes, and its signature. The first four are the vendor's, and name no members of any call.
BODIES = [
    ('{"amount":100.5,"user_id":123}', "9876ed3affd6596f3ddb9102a396718452cf83069904f3d001a2e91e164adc01"),
    ('{"user_id": 123, "amount": 100.50}', "9876ed3affd6596f3ddb9102a396718452cf83069904f3d001a2e91e164adc01"),
    (
        '{  "user_id"  :  123  ,  "amount"  :  100.50  }',
        "9876ed3affd6596f3ddb9102a396718452cf83069904f3d001a2e91e164adc01",
    ),
    ("{}", "99922a0dbb1fe95624c93c7204445c2eff8a014b0c9b585ddf2da0c21083a34e"),
    (json.dumps(BET, separators=(",", ":")), "052202ff9f4b0cfa664a6cf3416b16a4aac07adc4c2ff4716d7c2a86c75c4ba9"),
]
LONG = "7eaac66f751bcdb758877004b0a1c0063bdfb615ee0c20a464ae76edc67db324113f1ca8bd62b13dd1c7a43f85a20ea3"
QUERIES = [
    ({"sessionID": LONG}, "23b02858e21abd151a4e48ed33e451cae4ad1b7cb267ef75d01c694ea2960e6d"),
    ({}, "99922a0dbb1fe95624c93c7204445c2eff8a014b0c9b585ddf2da0c21083a34e"),
    (
        {"message": "hello world!", "data": "test@example.com"},
        "0825b42e92c46887f194252fda8b871c3c42aafa3833783d63b2005407000c02",
    ),
    ({"empty": "", "data": "value"}, "8cf8644bfb7004cd21ad8512923169bb652d836183c07497797ef1ca313d88cc"),
    ({"sessionID": SESSION}, "98a108a4390b2e42caca60f1b37eaba983ae62c7393d93f626f14bdb343c3131"),
]
CODES = sorted(REASONS | set(Fault))


def euro(units, nanos=0):
    return Money(currency_code="EUR", units=units, nanos=nanos)


def provider(secrets=(SECRET,), **settings):
    return connect("sw", secrets, msgspec.convert(settings, Settings))


def posted(path, body, **headers):
    return Request("POST", path, "", {"Content-Type": "application/json"} | headers, body, 0.0)


def got(query, **headers):
    return Request("GET", "/balance", query, headers, b"", 0.0)


def signed(request, sign, secrets=(SECRET,)):
    """Whether the request passes with that signature, None for no header."""
    headers = dict(request.headers) | ({} if sign is None else {"X-REQUEST-SIGN": sign})
    try:
        provider(secrets).verify(msgspec.structs.replace(request, headers=headers))
    except Rejected as rejected:
        return {Fault.INVALID_SIGNATURE: False}[rejected.code]
    return True


def read(path, members, **settings):
    endpoint = next(each for each in provider(**settings).endpoints if each.path == path)
    if endpoint.method == "GET":
        return endpoint.read(got(urlencode(members)))
    return endpoint.read(posted(path, members if isinstance(members, bytes) else json.dumps(members).encode()))


def refused(path, members, **settings):
    with pytest.raises(Rejected) as caught:
        read(path, members, **settings)
    return caught.value.code


def flipped(text):
    for place in range(len(text)):
        yield text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]


@pytest.mark.parametrize(("body", "sign"), BODIES)
def test_a_body_is_signed_in_its_canonical_form(body, sign):
    assert signed(posted("/bet", body.encode()), sign)


@pytest.mark.parametrize(("body", "sign"), BODIES)
def test_one_flipped_byte_of_a_body_or_its_signature_is_refused(body, sign):
    meant = json.loads(body)
    for wrong in flipped(body.encode()):
        # A flipped space may still be a space to JSON, and 100.50 is 100.51 only where the digit counts.
        with contextlib.suppress(ValueError):
            if json.loads(wrong) == meant:
                continue
        assert not signed(posted("/bet", wrong), sign), wrong
    for wrong in flipped(sign.encode()):
        assert not signed(posted("/bet", body.encode()), wrong.decode())


@pytest.mark.parametrize("sign", [None, "", BODIES[-1][1].upper(), f" {BODIES[-1][1]}", "ü", "\udcff"])
def test_a_signature_that_is_missing_or_written_otherwise_is_refused(sign):
    assert not signed(posted("/bet", BODIES[-1][0].encode()), sign)


def test_reordered_members_mean_the_same_and_other_values_do_not():
    reordered = json.dumps(dict(reversed(BET.items())), indent=1).encode()

    assert signed(posted("/bet", reordered), BODIES[-1][1])
    assert not signed(posted("/bet", json.dumps(BET | {"amount": "1.5"}).encode()), BODIES[-1][1])
    assert not signed(posted("/bet", json.dumps(BET | {"more": None}).encode()), BODIES[-1][1])


@pytest.mark.parametrize(("members", "sign"), QUERIES)
def test_a_query_is_signed_as_an_object_of_text(members, sign):
    assert signed(got(urlencode(members)), sign)
    assert signed(got(urlencode(dict(reversed(members.items())))), sign)
    assert not signed(got(urlencode(members)), None)
    for wrong in flipped(urlencode(members).encode()):
        assert not signed(got(wrong.decode("utf-8", "surrogateescape")), sign), wrong


def test_a_parameter_more_less_or_twice_is_refused():
    query, sign = urlencode(QUERIES[-1][0]), QUERIES[-1][1]

    for wrong in (f"{query}&x=1", "", f"{query}&{query}", f"{query}&", query.replace("=", "")):
        assert not signed(got(wrong), sign)


def test_a_signature_of_a_query_is_none_of_a_body():
    assert signed(got(""), BODIES[3][1])
    assert not signed(posted("/bet", b""), BODIES[3][1])


def test_both_live_keys_sign():
    body = posted("/bet", BODIES[-1][0].encode())
    for secret in (b"new", b"old"):
        assert signed(body, signing.sign(secret, body.body), (b"new", b"old"))
    assert not signed(body, signing.sign(b"third", body.body), (b"new", b"old"))


def test_what_is_signed_as_it_came_and_is_no_json_is_a_bad_request():
    assert signed(posted("/bet", b"{"), signing.sign(SECRET, b"{"))
    assert refused("/bet", b"{") == "INVALID_REQUEST"


def test_a_balance_is_asked_by_its_session():
    call = read("/balance", {"sessionID": SESSION, "more": "x"})
    assert call.ask == GetBalanceRequest(provider_id="sw", session_token=SESSION)

    reply = GetBalanceResponse(balances=Balances(shown=euro(100, 109_000_000)), display_digits=2)
    assert call.write(reply) == Answer(200, b'{"balance":"100.10"}')


def test_a_bet_says_nothing_of_player_and_currency():
    call = read("/bet", BET | {"newMember": {"x": 1}})

    assert call.ask == PlayRequest(
        provider_id="sw",
        session_token=SESSION,
        round_id=ROUND,
        actions=[
            Action(
                kind=ACTION_KIND_BET,
                external_key=f"tx:{TX}:{ROUND}",
                amount=Money(units=1, nanos=500_000_000),
                category=CATEGORY_GAME,
            )
        ],
    )


def test_a_win_is_one_of_its_round_and_the_total_of_free_rounds_needs_no_stake():
    (win,) = read("/win", BET).ask.actions
    (total,) = read("/win", BET | {"frID": "fr-1"}).ask.actions

    assert (win.kind, win.category, win.external_key) == (ACTION_KIND_WIN, CATEGORY_GAME, f"tx:{TX}:{ROUND}")
    assert (total.kind, total.category, total.info["frID"]) == (ACTION_KIND_WIN, CATEGORY_FREE_ROUND, "fr-1")
    assert total.amount == win.amount


@pytest.mark.parametrize("path", ["/bet", "/win"])
def test_what_is_free_is_noted_and_moves_nothing(path):
    (action,) = read(path, BET | {"type": "free", "frID": "fr-1"}).ask.actions

    assert (action.kind, action.external_key) == (ACTION_KIND_NOTE, f"tx:{TX}:{ROUND}")
    assert not action.HasField("amount")
    assert dict(action.info) == {"frID": "fr-1", "amount": "1.50"}


def test_the_total_of_free_rounds_may_be_of_a_grant_in_the_core():
    def named(path, **change):
        return read(path, BET | {"frID": "fr-1"} | change, grants=True).ask.actions[0].free_rounds_id

    assert named("/win") == "fr-1"
    assert named("/win", frID="") == named("/bet") == ""
    # Each round of it is a note, and a note is of nothing.
    assert named("/bet", type="free") == named("/win", type="free") == ""
    assert read("/win", BET | {"frID": "fr-1"}).ask.actions[0].free_rounds_id == ""


def test_a_refund_names_its_bet_and_keeps_its_own_id():
    ask = read("/refund", REFUND | {"amount": "what is this"}).ask

    assert ask == PlayRequest(
        provider_id="sw",
        session_token=SESSION,
        actions=[
            Action(
                kind=ACTION_KIND_ROLLBACK,
                external_key=f"void:tx:{TX}:{ROUND}",
                references=[f"tx:{TX}:{ROUND}"],
                info={"txID": "r-1"},
            )
        ],
    )


def test_a_refund_without_a_round_needs_keys_without_one():
    roundless = {name: value for name, value in REFUND.items() if name != "roundID"}
    (action,) = read("/refund", roundless, key="tx").ask.actions

    assert list(action.references) == [f"tx:{TX}"]
    assert read("/bet", BET, key="tx").ask.actions[0].external_key == f"tx:{TX}"
    assert refused("/refund", roundless) == "INVALID_REQUEST"


def test_a_repeated_call_shows_what_the_first_one_showed():
    reply = PlayResponse(
        results=[ActionResult(transaction_id="w-1")],
        balances_then=Balances(shown=euro(9, 999_999_999)),
        balances_now=Balances(shown=euro(5)),
        display_digits=2,
    )
    assert json.loads(read("/bet", BET).write(reply).body) == {"balance": "9.99", "txID": "w-1"}

    reply.ClearField("balances_then")
    assert json.loads(read("/refund", REFUND).write(reply).body) == {"balance": "5.00", "txID": "w-1"}


@pytest.mark.parametrize(("digits", "text"), [(0, "1234"), (2, "1234.56"), (8, "1234.56789000")])
def test_a_balance_has_the_digits_of_its_currency_and_none_is_rounded_up(digits, text):
    reply = GetBalanceResponse(balances=Balances(shown=euro(1234, 567_890_000)), display_digits=digits)

    assert json.loads(read("/balance", {"sessionID": "s"}).write(reply).body) == {"balance": text}


def test_every_reason_and_fault_has_a_word():
    assert set(CODES) == set(ERRORS)


# Table 16.1.
TABLE = [
    ("INSUFFICIENT_FUNDS", 400, "insufficient_funds"),
    ("PLAYER_UNKNOWN", 404, "session_not_found"),
    ("SESSION_UNKNOWN", 404, "session_not_found"),
    ("SESSION_EXPIRED", 400, "session_expired"),
    ("CONFLICT", 400, None),
    ("TOMBSTONED", 400, None),
    ("LIMIT_REACHED", 400, "bet_limit"),
    ("PLAYER_BLOCKED", 400, "account_blocked"),
    ("WRONG_CURRENCY", 400, "currency_not_supported"),
    (Fault.INVALID_SIGNATURE, 401, None),
    (Fault.INTERNAL, 500, None),
    (Fault.TRY_LATER, 500, None),
]


@pytest.mark.parametrize(("code", "status", "word"), TABLE)
def test_the_row_of_the_table_of_generic_errors(code, status, word):
    response = PlayResponse(balances_now=Balances(shown=euro(12)), display_digits=2)
    answer = provider().refuse(No(code, response=response), None)
    members = json.loads(answer.body)

    assert (answer.status, members.pop("code", None)) == (status, word)
    assert set(members) == {"message", "details"}


@pytest.mark.parametrize("code", CODES)
def test_an_error_is_of_the_vendors_schema_and_tells_no_secret(code):
    answer = provider().refuse(No(code, "a detail"), None)
    members = json.loads(answer.body)

    assert answer.status in (400, 401, 404, 500)
    assert members["details"] == "a detail"
    assert "a detail" not in members["message"]
    assert SECRET not in answer.body


def test_what_no_page_says_is_a_setting():
    other = provider(conflict=500, late_bet=500, limit="loss_limit")

    assert other.refuse(No("CONFLICT"), None).status == 500
    assert other.refuse(No("TOMBSTONED"), None).status == 500
    assert json.loads(other.refuse(No("LIMIT_REACHED"), None).body)["code"] == "loss_limit"


def test_paths_lie_below_the_base_that_was_registered():
    served = {(each.method, each.path) for each in provider(base="/api/v1.0").endpoints}

    assert served == {
        ("GET", "/api/v1.0/balance"),
        ("POST", "/api/v1.0/bet"),
        ("POST", "/api/v1.0/win"),
        ("POST", "/api/v1.0/refund"),
    }
    with pytest.raises(msgspec.ValidationError):
        provider(base="/api/")


@pytest.mark.parametrize(
    "change",
    [{name: None} for name in BET]
    + [{name: 1} for name in BET]
    + [{"type": "bonus"}, {"txID": "a:b"}, {"roundID": "a:b"}, {"txID": ""}, {"sessionID": ""}, {"txID": "t\n"}],
)
def test_members_that_are_missing_or_of_another_form_are_refused(change):
    missing = {name: value for name, value in (BET | change).items() if value is not None}

    assert refused("/bet", missing) == "INVALID_REQUEST"
    assert refused("/win", missing) == "INVALID_REQUEST"


@pytest.mark.parametrize("name", ["sessionID", "txID", "origTxID"])
def test_a_refund_needs_its_members(name):
    assert refused("/refund", {key: value for key, value in REFUND.items() if key != name}) == "INVALID_REQUEST"


@pytest.mark.parametrize("query", ["", "session=1", "sessionID=", "sessionID=a&sessionID=b", "sessionID=%ff"])
def test_a_balance_needs_one_session(query):
    with pytest.raises(Rejected, match="INVALID_REQUEST"):
        provider().endpoints[0].read(got(query))


@pytest.mark.parametrize("amount", ["", "1e1", "NaN", "1,00", " 1", "+1", ".5", "1.", "01", "\u0661", "9" * 65])
def test_an_amount_that_is_none_is_refused(amount):
    assert refused("/bet", BET | {"amount": amount}) == "INVALID_AMOUNT"
    assert refused("/bet", BET | {"amount": amount, "type": "free"}) == "INVALID_AMOUNT"


ids = st.text(st.sampled_from("ab-._"), min_size=1, max_size=4)


@given(ids, ids, ids, ids)
def test_two_transactions_never_share_a_key(tx_id, round_id, other, other_round):
    key, other_key = (
        read("/bet", BET | {"txID": tx, "roundID": at}).ask.actions[0].external_key
        for tx, at in ((tx_id, round_id), (other, other_round))
    )

    assert (key == other_key) == ((tx_id, round_id) == (other, other_round))


ENDPOINTS = provider().endpoints
values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())


@given(st.sampled_from(ENDPOINTS), st.binary() | st.text().map(str.encode))
def test_random_bytes_are_read_or_refused(endpoint, body):
    query = body.decode("utf-8", "surrogateescape")
    request = msgspec.structs.replace(posted(endpoint.path, body, **{"X-REQUEST-SIGN": "0"}), query=query)
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(request), Call)
    with pytest.raises(Rejected):
        provider().verify(msgspec.structs.replace(request, method=endpoint.method))


@given(st.sampled_from(ENDPOINTS[1:]), st.dictionaries(st.sampled_from([*BET, *REFUND, "frID"]), values))
def test_random_members_are_read_or_refused(endpoint, members):
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(posted(endpoint.path, json.dumps(BET | REFUND | members).encode())), Call)
