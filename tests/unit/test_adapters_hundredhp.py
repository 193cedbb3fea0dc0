"""100hp's words to ours and back, as values: no socket, no core."""

import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wallet.v1.common_pb2 import Balances, Money, PocketAmount
from wallet.v1.players_pb2 import PLAYER_STATUS_BLOCKED, Player
from wallet.v1.sessions_pb2 import SESSION_USE_READ, ResolveSessionRequest, ResolveSessionResponse
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_GAME,
    CATEGORY_PROMO,
    Action,
    ActionResult,
    PlayRequest,
    PlayResponse,
)

from adapters import subunits
from adapters.faults import Fault, Rejected
from adapters.provider import REASONS, Answer, Call, No, Request
from adapters.providers.hundredhp import ERRORS, Settings, connect

CODES = sorted(REASONS | set(Fault))
TX = "0190b6f4-7c3a-7e1b-9d2f-0123456789ab"
SAID = {"secret": "key", "sessionId": "tok", "txId": TX, "amount": "10.00", "promoId": "promo-1"}
MOVED = ActionResult(parts=[PocketAmount(pocket="CASH", amount=Money(currency_code="EUR", units=1))])


def connected(**settings):
    return connect("p", (b"key", b"old"), msgspec.convert({"currency": "EUR"} | settings, Settings))


def posted(path, members):
    body = members if isinstance(members, bytes) else json.dumps(members).encode()
    return Request("POST", path, "", {"Content-Type": "application/json"}, body, 0.0)


def read(path, members, **settings):
    endpoint = next(each for each in connected(**settings).endpoints if each.path == path)
    return endpoint.read(posted(path, members))


def euro(units, nanos=0):
    return Money(currency_code="EUR", units=units, nanos=nanos)


@pytest.mark.parametrize("secret", ["key", "old"])
def test_a_live_secret_is_accepted_wherever_it_stands_in_the_body(secret):
    connected().verify(posted("/balance", {"secret": secret, "sessionId": "t"}))
    connected().verify(posted("/balance", {"sessionId": "t", "secret": secret}))


@pytest.mark.parametrize("secret", [*("jey", "kez", "keyx", "ke", "KEY", "", "k\u00e9y", "\u043a\u0435\u0443")])
def test_another_secret_is_refused(secret):
    with pytest.raises(Rejected, match=Fault.INVALID_SIGNATURE):
        connected().verify(posted("/balance", {"secret": secret}))


@pytest.mark.parametrize("members", [{}, {"sessionId": "t"}])
def test_no_secret_is_a_wrong_one(members):
    with pytest.raises(Rejected, match=Fault.INVALID_SIGNATURE):
        connected().verify(posted("/balance", members))


def test_an_adapter_without_secrets_lets_nobody_in():
    with pytest.raises(Rejected, match=Fault.INVALID_SIGNATURE):
        connect("p", (), Settings()).verify(posted("/balance", {"secret": ""}))


def test_every_reason_and_fault_has_a_word():
    assert set(CODES) == set(ERRORS)


@pytest.mark.parametrize("code", CODES)
def test_the_status_is_the_code_and_no_error_tells_a_secret_or_a_balance(code):
    answer = connected().refuse(No(code, "text"), None)
    body = json.loads(answer.body)

    assert body == {"data": "text", "message": ERRORS[code][1], "errCode": answer.status}
    assert answer.status in (400, 404, 405, 601, 603, 604, 605, 607, 608, 609, 702)


# Table 16.1.
@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("INSUFFICIENT_FUNDS", 603),
        ("PLAYER_UNKNOWN", 604),
        ("SESSION_UNKNOWN", 604),
        ("SESSION_EXPIRED", 604),
        ("CONFLICT", 607),
        ("REFERENCE_NOT_FOUND", 605),
        ("TOMBSTONED", 608),
        ("LIMIT_REACHED", 400),
        ("PLAYER_BLOCKED", 604),
        ("WRONG_CURRENCY", 400),
        (Fault.INVALID_SIGNATURE, 601),
        (Fault.INTERNAL, 702),
    ],
)
def test_the_table_of_generic_errors(code, status):
    assert connected().refuse(No(code), None).status == status


@pytest.mark.parametrize(
    ("settings", "code", "status"),
    [
        ({"late_withdrawal": 607}, "TOMBSTONED", 607),
        ({"blocked": 400}, "PLAYER_BLOCKED", 400),
        ({"limit": 603}, "LIMIT_REACHED", 603),
    ],
)
def test_what_no_source_says_is_a_setting(settings, code, status):
    assert connected(**settings).refuse(No(code), None).status == status


@pytest.mark.parametrize(
    ("path", "status"), [("/withdrawal", 607), ("/deposit", 609), ("/rollback", 608), ("/bonusWin", 607)]
)
def test_a_repetition_is_an_error_of_its_own(path, status):
    call = read(path, SAID)
    reply = PlayResponse(replayed=True, results=[MOVED], balances_now=Balances(shown=euro(1)))

    assert call.write(reply).status == status
    assert connected().refuse(No("CONFLICT"), call.words).status == status


@pytest.mark.parametrize("replayed", [False, True])
def test_a_rollback_that_gives_nothing_back_found_nothing(replayed):
    reply = PlayResponse(replayed=replayed, results=[ActionResult()], balances_now=Balances(shown=euro(1)))

    assert read("/rollback", SAID).write(reply).status == 605


def test_one_id_is_a_bet_its_settlement_and_its_void():
    bet = Action(kind=ACTION_KIND_BET, external_key=f"bet:{TX}", amount=euro(10), category=CATEGORY_GAME)
    win = Action(
        kind=ACTION_KIND_WIN,
        external_key=f"settle:bet:{TX}",
        amount=euro(10),
        category=CATEGORY_GAME,
        references=[f"bet:{TX}"],
    )
    undo = Action(kind=ACTION_KIND_ROLLBACK, external_key=f"void:bet:{TX}", references=[f"bet:{TX}"])
    who = {"provider_id": "p", "original_key": f"bet:{TX}"}

    assert read("/withdrawal", SAID).ask == PlayRequest(
        provider_id="p", session_token="tok", round_id=TX, actions=[bet]
    )
    assert read("/deposit", SAID).ask == PlayRequest(**who, round_id=TX, close_round=True, actions=[win])
    assert read("/rollback", SAID).ask == PlayRequest(**who, actions=[undo])


def test_a_bonus_win_has_an_id_space_of_its_own_and_no_round():
    win = Action(
        kind=ACTION_KIND_WIN,
        external_key=f"bonus:{TX}",
        amount=euro(10),
        category=CATEGORY_PROMO,
        info={"promoId": "promo-1"},
    )

    assert read("/bonusWin", SAID).ask == PlayRequest(provider_id="p", session_token="tok", actions=[win])


def test_a_bonus_win_may_be_of_free_rounds_granted_in_the_core():
    assert read("/bonusWin", SAID).ask.actions[0].free_rounds_id == ""
    assert read("/bonusWin", SAID, grants=True).ask.actions[0].free_rounds_id == "promo-1"
    assert read("/deposit", SAID, grants=True).ask.actions[0].free_rounds_id == ""


def test_a_uuid_is_the_same_in_capitals():
    assert read("/withdrawal", SAID | {"txId": TX.upper()}).ask == read("/withdrawal", SAID).ask


@pytest.mark.parametrize("tx_id", ["", "7", TX[:-1], TX + "0", TX.replace("-", ""), "{" + TX + "}", TX + "\n"])
def test_what_is_no_uuid_is_told_so(tx_id):
    with pytest.raises(Rejected, match="txId must be a UUID"):
        read("/rollback", SAID | {"txId": tx_id})


@pytest.mark.parametrize(
    ("path", "amount", "text"),
    [
        ("/withdrawal", "0", "amount must be greater than 0"),
        ("/withdrawal", "-0.000001", "amount must be greater than 0"),
        ("/bonusWin", "0.00", "amount must be greater than 0"),
        ("/deposit", "-0.01", "amount must be greater than or equal to 0"),
    ],
)
def test_too_little_is_told_in_the_vendors_words(path, amount, text):
    with pytest.raises(Rejected, match=text + "$"):
        read(path, SAID | {"amount": amount})


def test_a_deposit_of_nothing_settles():
    assert read("/deposit", SAID | {"amount": "0"}).ask.actions[0].amount == euro(0)


@pytest.mark.parametrize("path", ["/withdrawal", "/deposit", "/bonusWin"])
def test_without_a_currency_no_amount_is_read(path):
    with pytest.raises(Rejected, match="UNKNOWN_CURRENCY"):
        read(path, SAID, currency="")


def test_authenticating_reads_the_session():
    call = read("/auth", SAID)
    reply = ResolveSessionResponse(
        player=Player(player_id="p-1", status=PLAYER_STATUS_BLOCKED), balances=Balances(shown=euro(7)), token="tok"
    )

    assert call.ask == ResolveSessionRequest(provider_id="p", token="tok", use=SESSION_USE_READ)
    assert json.loads(call.write(reply).body) == {
        "userId": "p-1",
        "currency": "EUR",
        "balance": "7.00",
        "userName": "p-1",
        "status": "blocked",
    }


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (euro(104, 129_000_000), "104.12"),
        (euro(0, 999_999_999), "0.99"),
        (euro(0), "0.00"),
        (euro(-1, -999_000_000), "-1.99"),
        (euro(63_727_092, 340_000_000), "63727092.34"),
        (euro(2**63 - 1, 999_999_999), "9223372036854775807.99"),
    ],
)
def test_balances_are_cut_and_never_rounded(money, text):
    assert subunits.truncated(money, 2) == text


@given(st.integers(-(10**18), 10**18), st.sampled_from([0, 2, 3, 8, 9]))
def test_subunits_come_back_as_they_went(amount, digits):
    assert subunits.whole(subunits.parse(amount, "EUR", digits), digits) == amount


def test_more_subunits_than_the_ledger_holds_are_refused():
    with pytest.raises(Rejected, match="INVALID_AMOUNT"):
        subunits.parse(2**63 * 100, "EUR", 2)


ENDPOINTS = [endpoint for endpoint in connected().endpoints if endpoint.signed]
values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(max_size=3), max_size=2)


@given(st.sampled_from(ENDPOINTS), st.binary() | st.text().map(str.encode))
def test_random_bytes_are_read_or_refused(endpoint, body):
    for reads in (endpoint.read, connected().verify):
        with contextlib.suppress(Rejected):
            assert isinstance(reads(posted(endpoint.path, body)), Call | Answer | None)


@given(st.sampled_from(ENDPOINTS), st.dictionaries(st.sampled_from(sorted(SAID)), values))
def test_random_members_are_read_or_refused(endpoint, members):
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(posted(endpoint.path, SAID | members)), Call)
