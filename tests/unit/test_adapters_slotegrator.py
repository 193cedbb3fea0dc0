"""Slotegrator's words to ours and back, as values: no socket, no core."""

import contextlib
import json
from urllib.parse import quote, urlencode

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
    CATEGORY_JACKPOT,
    CATEGORY_TIP,
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
from adapters.providers.slotegrator import Settings, connect
from adapters.providers.slotegrator.forms import signed_text
from adapters.providers.slotegrator.words import ERRORS

SECRET = b"merchant-key"
AT = 1471857411
HEADERS = {"X-Merchant-Id": "1" * 32, "X-Nonce": "e115cf0c66a645aca08225c9c1b20b80", "X-Timestamp": str(AT)}
BET = {
    "action": "bet",
    "amount": "10.5",
    "currency": "EUR",
    "game_uuid": "g1",
    "player_id": "user 1",
    "transaction_id": "tx-1",
    "session_id": "s-1",
    "type": "bet",
    "round_id": "r-1",
    "finished": "0",
}
WIN = BET | {"action": "win", "type": "win", "transaction_id": "tx-2"}
REFUND = {
    "action": "refund",
    "amount": "10.5",
    "currency": "EUR",
    "game_uuid": "g1",
    "player_id": "user 1",
    "transaction_id": "tx-3",
    "session_id": "s-1",
    "bet_transaction_id": "tx-1",
}
ROLLBACK = {
    "action": "rollback",
    "currency": "EUR",
    "game_uuid": "g1",
    "player_id": "u1",
    "transaction_id": "tx-9",
    "rollback_transactions[0][action]": "bet",
    "rollback_transactions[0][amount]": "1",
    "rollback_transactions[0][transaction_id]": "tx-1",
    "rollback_transactions[0][type]": "bet",
    "rollback_transactions[1][action]": "win",
    "rollback_transactions[1][amount]": "2",
    "rollback_transactions[1][transaction_id]": "tx-2",
    "rollback_transactions[1][type]": "win",
    "session_id": "s-1",
    "type": "rollback",
    "provider_round_id": "pr-1",
    "round_id": "r-1",
}
BALANCE = {"action": "balance", "player_id": "u1", "currency": "EUR"}
# The fields, and the X-Sign over them and HEADERS by SECRET.
VECTORS = [
    (BET, "c37e901f5633f1e1bd6e4008e8ce71a47998a19d"),
    (ROLLBACK, "6a7f2eeeb9b209c59ade6594ac30ecd815344113"),
]
SIGNED = (
    "X-Merchant-Id=11111111111111111111111111111111&X-Nonce=e115cf0c66a645aca08225c9c1b20b80&X-Timestamp=1471857411"
    "&action=bet&amount=10.5&currency=EUR&finished=0&game_uuid=g1&player_id=user+1&round_id=r-1&session_id=s-1"
    "&transaction_id=tx-1&type=bet"
)
CODES = sorted(REASONS | set(Fault))


def euro(units, nanos=0):
    return Money(currency_code="EUR", units=units, nanos=nanos)


def provider(secrets=(SECRET,), **settings):
    return connect("sl", secrets, msgspec.convert(settings, Settings))


def posted(fields, received_at=float(AT), **headers):
    body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return Request(
        "POST", "/", "", form | {name.replace("_", "-"): v for name, v in headers.items()}, body, received_at
    )


def verdict(fields, sign, secrets=(SECRET,), received_at=float(AT), headers=HEADERS, **settings):
    """What verifying ends in: the fault, None for a pass."""
    request = posted(fields, received_at)
    stamped = request.headers | headers | ({} if sign is None else {"X-Sign": sign})
    try:
        provider(secrets, **settings).verify(msgspec.structs.replace(request, headers=stamped))
    except Rejected as rejected:
        return rejected.code
    return None


def read(fields, **settings):
    return provider(**settings).endpoints[0].read(posted(fields))


def refused(fields, **settings):
    with pytest.raises(Rejected) as caught:
        read(fields, **settings)
    return caught.value.code


def flipped(text):
    for place in range(len(text)):
        yield text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]


@pytest.fixture(params=VECTORS, ids=["bet", "rollback"])
def vector(request):
    return request.param


def test_the_text_that_is_signed():
    assert signed_text([*BET.items(), *HEADERS.items()]).decode() == SIGNED


def test_a_vector_is_accepted_and_read(vector):
    fields, sign = vector

    assert verdict(fields, sign) is None
    assert isinstance(read(fields), Call)


def test_the_order_of_the_fields_does_not_count_and_that_within_an_array_does(vector):
    fields, sign = vector
    plain = {name: value for name, value in fields.items() if "[" not in name}
    array = {name: value for name, value in fields.items() if "[" in name}

    assert verdict(dict(reversed(plain.items())) | array, sign) is None
    assert verdict(array | plain, sign) is None
    if array:
        assert verdict(plain | dict(reversed(array.items())), sign) == Fault.INVALID_SIGNATURE


def test_it_is_the_values_that_are_signed_and_not_how_they_were_escaped(vector):
    fields, sign = vector
    escaped = "&".join(f"{quote(name, safe='[]')}={quote(value)}" for name, value in fields.items())

    assert verdict(escaped.encode(), sign) is None


def test_a_tilde_is_escaped_as_php_does():
    assert signed_text([("a", "~ -_.*é")]) == b"a=%7E+-_.%2A%C3%A9"


def test_one_flipped_byte_of_fields_headers_or_signature_is_refused(vector):
    fields, sign = vector
    body = urlencode(fields).encode()
    for wrong in flipped(body):
        assert verdict(wrong, sign) in (Fault.INVALID_SIGNATURE, "INVALID_REQUEST"), wrong
    for wrong in flipped(sign.encode()):
        assert verdict(fields, wrong.decode()) == Fault.INVALID_SIGNATURE
    for name, value in HEADERS.items():
        for wrong in flipped(value.encode()):
            assert verdict(fields, sign, headers=HEADERS | {name: wrong.decode()}) == Fault.INVALID_SIGNATURE


@pytest.mark.parametrize("sign", [None, "", VECTORS[0][1].upper(), "ü", "\udcff"])
def test_a_signature_that_is_missing_or_written_otherwise_is_refused(sign):
    assert verdict(BET, sign) == Fault.INVALID_SIGNATURE


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_is_missing_is_refused_though_the_rest_is_signed(name):
    without = {key: value for key, value in HEADERS.items() if key != name}
    for headers in (without, HEADERS | {name: ""}):
        text = signed_text([*((key, headers.get(key, "")) for key in HEADERS), *BET.items()])

        assert verdict(BET, signing.sign(SECRET, text, "sha1"), headers=headers) == Fault.INVALID_SIGNATURE


def test_a_header_of_any_bytes_is_refused_and_breaks_nothing():
    for name in HEADERS:
        assert verdict(BET, VECTORS[0][1], headers=HEADERS | {name: "\udcff"}) == Fault.INVALID_SIGNATURE


def test_a_field_more_or_less_is_refused(vector):
    fields, sign = vector

    assert verdict(fields | {"more": ""}, sign) == Fault.INVALID_SIGNATURE
    assert verdict(dict(list(fields.items())[1:]), sign) == Fault.INVALID_SIGNATURE


def test_a_header_that_comes_as_a_field_is_no_header():
    without = {name: value for name, value in HEADERS.items() if name != "X-Nonce"}

    assert verdict(BET | {"X-Nonce": HEADERS["X-Nonce"]}, VECTORS[0][1], headers=without) == Fault.INVALID_SIGNATURE


def test_both_live_keys_sign():
    text = signed_text([*BET.items(), *HEADERS.items()])
    for secret in (b"new", b"old"):
        assert verdict(BET, signing.sign(secret, text, "sha1"), (b"new", b"old")) is None
    assert verdict(BET, signing.sign(b"third", text, "sha1"), (b"new", b"old")) == Fault.INVALID_SIGNATURE


@pytest.mark.parametrize(
    ("off", "window", "fault"),
    [
        (300, 300, None),
        (-300, 300, None),
        (301, 300, Fault.STALE_TIMESTAMP),
        (-301, 300, Fault.STALE_TIMESTAMP),
        (31, 30, Fault.STALE_TIMESTAMP),
        (10**9, 0, None),
    ],
)
def test_a_timestamp_has_a_window(off, window, fault):
    assert verdict(BET, VECTORS[0][1], received_at=float(AT + off), window=window) == fault


@pytest.mark.parametrize("timestamp", ["now", "-1", "1471857411.0", "\u0661"])
def test_a_timestamp_that_is_none_is_refused_though_it_is_signed(timestamp):
    headers = HEADERS | {"X-Timestamp": timestamp}
    sign = signing.sign(SECRET, signed_text([*headers.items(), *BET.items()]), "sha1")

    assert verdict(BET, sign, headers=headers) == Fault.STALE_TIMESTAMP


@pytest.mark.parametrize("content_type", ["", "application/json", "multipart/form-data; boundary=x"])
def test_another_content_type_is_refused(content_type):
    request = msgspec.structs.replace(posted(BET), headers={"Content-Type": content_type})
    for door in (provider().verify, provider().endpoints[0].read):
        with pytest.raises(Rejected, match=Fault.UNSUPPORTED_CONTENT_TYPE):
            door(request)


def test_a_balance_is_the_players_whatever_the_session():
    call = read(BALANCE | {"session_id": "over"})
    assert call.ask == GetBalanceRequest(provider_id="sl", player_id="u1", currency_code="EUR")

    reply = GetBalanceResponse(balances=Balances(shown=euro(99, 960_000_000)), display_digits=2)
    assert call.write(reply) == Answer(200, b'{"balance":99.96}')


def test_a_bet():
    call = read(BET | {"casino_request_retry_count": "2", "transaction_datetime": "2026-01-01 00:00:00", "new": "x"})

    assert call.ask == PlayRequest(
        provider_id="sl",
        player_id="user 1",
        session_token="s-1",
        currency_code="EUR",
        round_id="r-1",
        game_id="g1",
        actions=[
            Action(
                kind=ACTION_KIND_BET,
                external_key="bet:tx-1",
                amount=euro(10, 500_000_000),
                category=CATEGORY_GAME,
            )
        ],
    )


def test_a_win_needs_no_session_and_may_close_its_round():
    ask = read(WIN | {"finished": "1"}).ask
    (action,) = ask.actions

    assert (action.kind, action.external_key) == (ACTION_KIND_WIN, "win:tx-2")
    assert (ask.session_token, ask.round_id, ask.close_round) == ("", "r-1", True)


@pytest.mark.parametrize(("finished", "closes"), [({}, False), ({"finished": "0"}, False), ({"finished": "1"}, True)])
def test_finished_closes_the_round(finished, closes):
    plain = {name: value for name, value in BET.items() if name != "finished"}

    assert read(plain | finished).ask.close_round is closes


def test_what_has_no_round():
    bet, win = ({name: value for name, value in each.items() if name != "round_id"} for each in (BET, WIN))

    assert (read(bet).ask.round_id, read(bet).ask.close_round) == ("bet:tx-1", True)
    for finished in ("0", "1"):
        ask = read(win | {"finished": finished}).ask
        assert (ask.round_id, ask.close_round) == ("", False)


@pytest.mark.parametrize(
    ("fields", "category"),
    [
        (BET | {"type": "tip"}, CATEGORY_TIP),
        (BET | {"type": "freespin"}, CATEGORY_FREE_ROUND),
        (WIN | {"type": "jackpot"}, CATEGORY_JACKPOT),
        (WIN | {"type": "freespin"}, CATEGORY_FREE_ROUND),
    ],
)
def test_the_type_is_the_category(fields, category):
    (action,) = read(fields | {"freespin_id": "fs", "quantity": "3"}).ask.actions

    assert action.category == category
    assert (action.info["freespin_id"], action.info["quantity"]) == ("fs", "3")


def test_a_free_spin_takes_nothing_unless_it_is_set_to():
    (free,) = read(BET | {"type": "freespin"}).ask.actions
    (paid,) = read(BET | {"type": "freespin"}, freespin_bets="paid").ask.actions
    (won,) = read(WIN | {"type": "freespin"}).ask.actions

    assert (free.amount, free.info["amount"]) == (euro(0), "10.5")
    assert paid.amount == won.amount == euro(10, 500_000_000)


@pytest.mark.parametrize("fields", [BET, WIN], ids=["bet", "win"])
def test_free_spins_may_be_those_granted_in_the_core(fields):
    free = fields | {"type": "freespin", "freespin_id": "fs-1", "quantity": "3"}

    assert read(free).ask.actions[0].free_rounds_id == ""
    assert read(free, grants=True).ask.actions[0].free_rounds_id == "fs-1"
    assert read(free | {"type": fields["type"]}, grants=True).ask.actions[0].free_rounds_id == ""


def test_a_refund_is_of_its_bet_whatever_its_own_id_round_and_amount():
    first = read(REFUND | {"round_id": "another", "amount": "what is this"}).ask
    second = read(REFUND | {"transaction_id": "tx-4"}).ask

    assert first == PlayRequest(
        provider_id="sl",
        player_id="user 1",
        currency_code="EUR",
        game_id="g1",
        actions=[
            Action(
                kind=ACTION_KIND_ROLLBACK,
                external_key="void:bet:tx-1",
                references=["bet:tx-1"],
                info={"transaction_id": "tx-3"},
            )
        ],
    )
    assert second.actions[0].external_key == first.actions[0].external_key


def test_a_refund_cannot_name_a_win():
    (win,) = read(WIN).ask.actions
    (refund,) = read(REFUND | {"bet_transaction_id": WIN["transaction_id"]}).ask.actions

    assert win.external_key not in refund.references


def test_a_rollback_undoes_what_it_lists_in_one_play():
    ask = read(ROLLBACK).ask
    info = {"transaction_id": "tx-9"}

    assert ask == PlayRequest(
        provider_id="sl",
        player_id="u1",
        currency_code="EUR",
        game_id="g1",
        actions=[
            Action(kind=ACTION_KIND_ROLLBACK, external_key=f"void:{key}", references=[key], info=info)
            for key in ("bet:tx-1", "win:tx-2")
        ],
    )


def listed(*undone):
    fields = {name: value for name, value in ROLLBACK.items() if "[" not in name}
    return fields | {
        f"rollback_transactions[{place}][{name}]": value
        for place, (action, transaction_id) in enumerate(undone)
        for name, value in (("action", action), ("transaction_id", transaction_id))
    }


def test_a_rollback_shares_the_key_of_the_refund_of_the_same_bet_and_lists_nothing_twice():
    call = read(listed(("bet", "tx-1"), ("bet", "tx-1"), ("win", "tx-1")))

    assert [action.external_key for action in call.ask.actions] == ["void:bet:tx-1", "void:win:tx-1"]
    assert call.ask.actions[0].external_key == read(REFUND).ask.actions[0].external_key
    reply = PlayResponse(
        results=[ActionResult(transaction_id="v-1"), ActionResult(transaction_id="v-2")],
        balances_now=Balances(shown=euro(7)),
        display_digits=2,
    )
    assert json.loads(call.write(reply).body) == {
        "balance": 7.0,
        "transaction_id": "v-1",
        "rollback_transactions": ["tx-1", "tx-1", "tx-1"],
    }


def test_a_refund_in_a_rollback_is_noted():
    bet, refund = read(listed(("bet", "tx-1"), ("refund", "tx-3"))).ask.actions

    assert (bet.kind, refund.kind) == (ACTION_KIND_ROLLBACK, ACTION_KIND_NOTE)
    assert (refund.external_key, list(refund.references)) == ("void:refund:tx-3", [])


def test_a_rollback_of_a_hundred_fits_and_one_more_is_refused():
    hundred = [("bet", f"tx-{n}") for n in range(100)]

    assert len(read(listed(*hundred)).ask.actions) == 100
    assert refused(listed(*hundred, ("bet", "more"))) == "INVALID_REQUEST"


@pytest.mark.parametrize(
    "more",
    [
        {"rollback_transactions": "x"},
        {"rollback_transactions[]": "x"},
        {"rollback_transactions[2]": "x"},
        {"rollback_transactions[x][action]": "bet"},
        {"rollback_transactions[2][action][x]": "bet"},
        {"rollback_transactions[2][action]": "bet"},
        {"rollback_transactions[2][action]": "tip", "rollback_transactions[2][transaction_id]": "x"},
        {"rollback_transactions[\u0662][action]": "bet", "rollback_transactions[\u0662][transaction_id]": "x"},
    ],
)
def test_an_array_of_another_form_is_refused(more):
    assert refused(ROLLBACK | more) == "INVALID_REQUEST"


def test_an_array_that_is_not_ours_is_ignored():
    assert read(ROLLBACK | {"rollback_transactions_total": "2", "other[0][x]": "1"}).ask == read(ROLLBACK).ask


def test_an_empty_rollback_is_refused():
    assert refused(listed()) == "INVALID_REQUEST"


@pytest.mark.parametrize("twice", [b"player_id=u2", b"action=win", b"rollback_transactions%5B0%5D%5Baction%5D=win"])
def test_a_field_that_comes_twice_is_refused(twice):
    assert refused(urlencode(ROLLBACK).encode() + b"&" + twice) == "INVALID_REQUEST"


def test_a_repeated_call_shows_what_the_first_one_showed():
    reply = PlayResponse(
        results=[ActionResult(transaction_id="w-1")],
        balances_then=Balances(shown=euro(9, 999_999_999)),
        balances_now=Balances(shown=euro(5)),
        display_digits=2,
    )
    assert read(BET).write(reply).body == b'{"balance":9.9999,"transaction_id":"w-1"}'

    reply.ClearField("balances_then")
    assert read(REFUND).write(reply).body == b'{"balance":5.00,"transaction_id":"w-1"}'


@pytest.mark.parametrize(
    ("balance", "display_digits", "digits", "text"),
    [
        (euro(1234), 0, 4, "1234"),
        (euro(1234), 2, 4, "1234.00"),
        (euro(-1, -500_000_000), 2, 4, "-1.50"),
        (euro(0, -99_999), 2, 4, "0.00"),
        (euro(0, 99_999), 8, 4, "0.0000"),
        (euro(0, 123_456_789), 8, 9, "0.123456789"),
        (euro(5, 990_000_000), 2, 0, "5"),
    ],
)
def test_a_balance_has_at_most_four_decimals_and_none_is_rounded(balance, display_digits, digits, text):
    reply = GetBalanceResponse(balances=Balances(shown=balance), display_digits=display_digits)

    assert read(BALANCE, balance_digits=digits).write(reply).body == f'{{"balance":{text}}}'.encode()


def test_every_reason_and_fault_has_a_word():
    assert set(CODES) == set(ERRORS)


# Table 16.1; what may succeed later is told by not answering with 200.
TABLE = [
    ("INSUFFICIENT_FUNDS", 200, "INSUFFICIENT_FUNDS"),
    ("PLAYER_UNKNOWN", 200, "INTERNAL_ERROR"),
    ("SESSION_UNKNOWN", 200, "INTERNAL_ERROR"),
    ("SESSION_EXPIRED", 200, "INTERNAL_ERROR"),
    ("CONFLICT", 200, "INTERNAL_ERROR"),
    ("LIMIT_REACHED", 200, "INTERNAL_ERROR"),
    ("PLAYER_BLOCKED", 200, "INTERNAL_ERROR"),
    ("WRONG_CURRENCY", 200, "INTERNAL_ERROR"),
    (Fault.INVALID_SIGNATURE, 200, "INTERNAL_ERROR"),
    (Fault.INTERNAL, 500, "INTERNAL_ERROR"),
    (Fault.TRY_LATER, 500, "INTERNAL_ERROR"),
]


@pytest.mark.parametrize(("code", "status", "word"), TABLE)
def test_the_row_of_the_table_of_generic_errors(code, status, word):
    response = PlayResponse(balances_now=Balances(shown=euro(12)), display_digits=2)
    answer = provider().refuse(No(code, response=response), None)
    members = json.loads(answer.body)

    assert (answer.status, members["error_code"]) == (status, word)
    assert set(members) == {"error_code", "error_description"}


@pytest.mark.parametrize("code", CODES)
def test_no_error_tells_a_secret_and_only_too_little_money_has_a_word_of_its_own(code):
    answer = provider().refuse(No(code, "a detail"), None)
    members = json.loads(answer.body)

    assert (members["error_code"] == "INSUFFICIENT_FUNDS") == (code == "INSUFFICIENT_FUNDS")
    assert members["error_description"].endswith(": a detail")
    assert SECRET not in answer.body


def test_the_status_of_what_may_succeed_later_is_a_setting():
    assert provider(retry_status=200).refuse(No(Fault.TRY_LATER), None).status == 200
    assert provider(retry_status=503).refuse(No("IN_PROGRESS"), None).status == 503


def test_there_is_one_url():
    (endpoint,) = provider(path="/slotegrator/callback").endpoints

    assert (endpoint.method, endpoint.path) == ("POST", "/slotegrator/callback")


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        *((BALANCE, name) for name in BALANCE),
        *((BET, name) for name in BET if name not in ("session_id", "round_id", "finished")),
        *((WIN, name) for name in WIN if name not in ("session_id", "round_id", "finished")),
        *((REFUND, name) for name in REFUND if name not in ("session_id", "amount")),
        *((ROLLBACK, name) for name in ("action", "currency", "game_uuid", "player_id", "transaction_id")),
    ],
)
def test_a_field_that_is_missing_is_refused(fields, name):
    assert refused({key: value for key, value in fields.items() if key != name}) == "INVALID_REQUEST"


@pytest.mark.parametrize(
    "change",
    [
        {"action": "transfer"},
        {"type": "jackpot"},
        {"type": ""},
        {"finished": "yes"},
        {"transaction_id": ""},
        {"transaction_id": "x" * 201},
        {"player_id": "a\0b"},
        {"session_id": "\0"},
    ],
)
def test_a_field_of_another_form_is_refused(change):
    assert refused(BET | change) == "INVALID_REQUEST"


@pytest.mark.parametrize("amount", ["", "1e1", "NaN", "1,00", " 1", "+1", ".5", "1.", "\u0661", "9" * 65])
def test_an_amount_that_is_none_is_refused(amount):
    assert refused(BET | {"amount": amount}) == "INVALID_AMOUNT"


@pytest.mark.parametrize("body", [b"action", b"action=bet&&", b"action=%ff", b"action=\xff", b"&".join([b"a=1"] * 600)])
def test_a_malformed_form_is_refused(body):
    assert refused(body) == "INVALID_REQUEST"


@given(st.binary() | st.text().map(str.encode))
def test_random_bytes_are_read_or_refused(body):
    with contextlib.suppress(Rejected):
        assert isinstance(read(body), Call)
    assert verdict(body, "0" * 40) is not None


names = st.sampled_from([*BET, *ROLLBACK, "bet_transaction_id", "rollback_transactions[2][action]", "freespin_id"])


@given(
    st.sampled_from(["balance", "bet", "win", "refund", "rollback"]),
    st.dictionaries(names, st.text(st.characters(exclude_categories=["Cs"]))),
)
def test_random_fields_are_read_or_refused(action, fields):
    with contextlib.suppress(Rejected):
        assert isinstance(read(BET | REFUND | ROLLBACK | fields | {"action": action}), Call)
