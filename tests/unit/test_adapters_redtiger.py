"""Red Tiger's words to ours and back, as values: no socket, no core."""

import contextlib
import hashlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wallet.v1.common_pb2 import Balances, Money, PocketAmount
from wallet.v1.players_pb2 import Player
from wallet.v1.sessions_pb2 import SESSION_USE_READ, ResolveSessionRequest, ResolveSessionResponse, Session
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

from adapters.faults import Fault, Rejected
from adapters.provider import REASONS, Answer, Call, No, Request
from adapters.providers.redtiger import ERRORS, Settings, connect

CODES = sorted(REASONS | set(Fault))
SECRET = b"an-api-key"
TOKEN, RECON = "session-" + "t" * 32, "recon-" + "r" * 32
HASH = hashlib.sha256(RECON.encode()).hexdigest()

AUTH = {"token": TOKEN, "userId": "p-1", "casino": "kongo", "currency": "EUR", "ip": "203.0.113.1", "channel": "D"}
STAKE = AUTH | {
    "transaction": {
        "id": "t-1",
        "stake": "10.00",
        "stakePromo": "0.00",
        "details": {"game": "9.90", "jackpot": "0.100000"},
    },
    "game": {"type": "slot", "key": "dice", "version": "1.0"},
    "round": {"id": "r-1", "starts": True, "ends": False},
    "promo": {"type": "bonus", "instanceCode": "code-7", "instanceId": 7, "campaignCode": "c", "campaignId": 1},
}
PAYOUT = STAKE | {
    "transaction": {
        "id": "t-2",
        "payout": "25.50",
        "payoutPromo": "3.00",
        "details": {"game": "25.50", "jackpot": "0.000000"},
        "sources": {"lines": "25.50", "features": "0.00", "jackpot": {}},
    },
    "jackpot": {"group": "daily", "contribution": "0.000000", "pots": []},
    "round": {"id": "r-1", "starts": False, "ends": True},
    "retry": False,
}
CASES = {
    "auth": AUTH,
    "stake": STAKE,
    "payout": PAYOUT,
    "refund": STAKE,
    "promo/buyin": STAKE,
    "promo/settle": PAYOUT,
    "promo/refund": STAKE,
}


def euro(units, nanos=0):
    return Money(currency_code="EUR", units=units, nanos=nanos)


def connected(secrets=(SECRET,), **settings):
    return connect("p", secrets, msgspec.convert({"recon_tokens": [HASH]} | settings, Settings))


def posted(members, **headers):
    body = members if isinstance(members, bytes) else json.dumps(members).encode()
    return Request("POST", "/stake", "", {"Content-Type": "application/json"} | headers, body, 0.0)


def read(name, members, **settings):
    endpoint = next(each for each in connected(**settings).endpoints if each.name == name)
    return endpoint.read(posted(members))


@pytest.mark.parametrize("header", ["Basic an-api-key", "basic an-api-key", "Basic the-old-key"])
def test_any_live_key_is_accepted(header):
    connected(secrets=(SECRET, b"the-old-key")).verify(posted(STAKE, Authorization=header))


KEY = "Basic an-api-key"
FLIPPED = [KEY[:place] + ("0" if KEY[place] != "0" else "1") + KEY[place + 1 :] for place in range(len(KEY))]


@pytest.mark.parametrize(
    "header",
    [*FLIPPED, "", "Basic", "Basic ", "an-api-key", "Bearer an-api-key", "Basic YW4tYXBpLWtleQ==", "Basic \udc80"],
)
def test_anything_else_is_refused(header):
    with pytest.raises(Rejected, match=Fault.INVALID_SIGNATURE):
        connected().verify(posted(STAKE, Authorization=header))


def test_a_missing_header_is_refused_and_no_other_secret_is_a_key():
    with pytest.raises(Rejected, match=Fault.INVALID_SIGNATURE):
        connected().verify(posted(STAKE))
    with pytest.raises(Rejected, match=Fault.INVALID_SIGNATURE):
        connected(secrets=()).verify(posted(STAKE, Authorization="Basic "))
    for token in (RECON, HASH):
        with pytest.raises(Rejected, match=Fault.INVALID_SIGNATURE):
            connected().verify(posted(STAKE, Authorization=f"Basic {token}"))


def test_the_body_is_not_signed():
    reordered = dict(reversed(STAKE.items()))
    connected().verify(posted(reordered, Authorization=KEY))

    assert read("stake", reordered).ask == read("stake", STAKE).ask


def test_every_reason_and_fault_has_a_word():
    assert set(CODES) == set(ERRORS)


# Section 12.
TABLE = [
    (Fault.INVALID_SIGNATURE, 401, 100),
    ("INVALID_REQUEST", 400, 200),
    ("INVALID_AMOUNT", 400, 200),
    ("ROUND_CLOSED", 400, 200),
    ("SESSION_UNKNOWN", 400, 301),
    ("SESSION_EXPIRED", 400, 301),
    ("PLAYER_UNKNOWN", 400, 301),
    ("PLAYER_BLOCKED", 400, 303),
    ("INSUFFICIENT_FUNDS", 400, 304),
    ("WRONG_CURRENCY", 400, 305),
    ("UNKNOWN_CURRENCY", 400, 305),
    ("LIMIT_REACHED", 400, 306),
    ("REFERENCE_NOT_FOUND", 400, 400),
    ("CONFLICT", 400, 401),
    ("TOMBSTONED", 400, 401),
    (Fault.TRY_LATER, 500, 500),
    (Fault.INTERNAL, 500, 500),
]


@pytest.mark.parametrize(("code", "status", "number"), TABLE, ids=[row[0] for row in TABLE])
def test_the_table_of_errors(code, status, number):
    answer = connected().refuse(No(code, "why"), None)
    body = json.loads(answer.body)

    assert (answer.status, body["success"], body["error"]["code"]) == (status, False, number)
    assert body["error"]["message"].endswith(": why")
    assert set(body) == {"success", "error"}


@pytest.mark.parametrize("code", CODES)
def test_no_error_is_a_success_or_tells_a_secret(code):
    answer = connected(refused_status=409).refuse(No(code), None)

    assert answer.status in (401, 404, 405, 409, 413, 500)
    assert not any(secret in answer.body for secret in (SECRET, HASH.encode()))


def play(action, *, close=False, token=TOKEN, round_id="r-1"):
    return PlayRequest(
        provider_id="p",
        player_id="p-1",
        session_token=token,
        currency_code="EUR",
        round_id=round_id,
        game_id="dice",
        close_round=close,
        actions=[action],
    )


@pytest.mark.parametrize(
    ("name", "kind", "category"), [("stake", "bet:", CATEGORY_GAME), ("promo/buyin", "buyin:", CATEGORY_PROMO)]
)
def test_a_stake_and_a_buy_in_are_bets_under_keys_of_their_own(name, kind, category):
    bet = Action(kind=ACTION_KIND_BET, external_key=f"{kind}t-1", amount=euro(10), category=category)
    bet.info.update({"jackpot": "0.100000", "instanceCode": "code-7"})

    assert read(name, STAKE).ask == play(bet)


@pytest.mark.parametrize(
    ("name", "kind", "category"), [("payout", "win:", CATEGORY_GAME), ("promo/settle", "settle:", CATEGORY_PROMO)]
)
def test_a_payout_and_a_settlement_are_wins_under_keys_of_their_own(name, kind, category):
    win = Action(kind=ACTION_KIND_WIN, external_key=f"{kind}t-2", amount=euro(25, 500_000_000), category=category)
    win.info.update({"payoutPromo": "3.00", "instanceCode": "code-7"})

    assert read(name, PAYOUT).ask == play(win, close=True)


@pytest.mark.parametrize(("name", "key"), [("refund", "bet:t-1"), ("promo/refund", "buyin:t-1")])
@pytest.mark.parametrize("stake", ["10.00", "47.00", "-1", None])
def test_a_refund_bears_the_id_of_its_stake_and_reads_no_amount(name, key, stake):
    undo = Action(kind=ACTION_KIND_ROLLBACK, external_key=f"void:{key}", references=[key])

    assert read(name, STAKE | {"transaction": {"id": "t-1", "stake": stake}}).ask == play(undo)


def test_promotional_money_is_noted_unless_it_is_to_be_paid():
    (noted,) = read("payout", PAYOUT).ask.actions
    win, promo = read("payout", PAYOUT, promo_payouts="paid").ask.actions

    assert noted == win
    assert (promo.external_key, promo.amount, promo.category) == ("promo:win:t-2", euro(3), CATEGORY_PROMO)
    stake = STAKE | {"transaction": {"id": "t", "stake": "1", "stakePromo": "5.00"}}
    (bet,) = read("stake", stake, promo_payouts="paid").ask.actions
    assert (bet.amount, bet.info["stakePromo"]) == (euro(1), "5.00")


def test_a_promotion_needs_no_round():
    free = {"round": {"id": "", "starts": False, "ends": True}, "promo": None}
    settled, bought = read("promo/settle", PAYOUT | free).ask, read("promo/buyin", STAKE | free).ask

    assert (settled.round_id, settled.close_round) == ("", False)
    assert (bought.round_id, bought.close_round) == ("buyin:t-1", True)


@pytest.mark.parametrize("name", ["payout", "refund", "promo/settle", "promo/refund"])
def test_the_reconciliation_token_settles_for_the_player_that_is_named(name):
    members = CASES[name] | {"token": RECON}

    assert (read(name, members).ask.session_token, read(name, members).ask.player_id) == ("", "p-1")
    assert read(name, CASES[name]).ask.session_token == TOKEN
    with pytest.raises(Rejected, match="SESSION_UNKNOWN"):
        read(name, members | {"userId": ""})


@pytest.mark.parametrize("name", ["auth", "stake", "promo/buyin"])
def test_the_reconciliation_token_stakes_nothing(name):
    with pytest.raises(Rejected, match="SESSION_UNKNOWN"):
        read(name, CASES[name] | {"token": RECON})


@pytest.mark.parametrize("other", [HASH, RECON + "x", RECON.upper()])
def test_only_the_token_itself_is_the_reconciliation_token(other):
    assert read("payout", PAYOUT | {"token": other}).ask.session_token == other
    assert read("payout", PAYOUT | {"token": RECON}, recon_tokens=[]).ask.session_token == RECON


@pytest.mark.parametrize("tokens", [["not-a-hash"], [HASH.upper()], [HASH] * 3, [RECON], HASH])
def test_a_setting_that_is_no_hash_is_refused(tokens):
    with pytest.raises(msgspec.ValidationError):
        connected(recon_tokens=tokens)


def test_a_session_is_authenticated():
    call = read("auth", AUTH)
    player = Player(player_id="p-1", country="MT")
    balances = Balances(shown=euro(12), cash=euro(10, 559_999_999), bonus=euro(2))
    reply = ResolveSessionResponse(session=Session(currency_code="EUR"), player=player, balances=balances)

    assert call.ask == ResolveSessionRequest(provider_id="p", token=TOKEN, use=SESSION_USE_READ, currency_code="EUR")
    assert json.loads(call.write(reply).body) == {
        "success": True,
        "result": {
            "token": TOKEN,
            "currency": "EUR",
            "userId": "p-1",
            "casino": "kongo",
            "country": "MT",
            "language": "en",
            "balance": {"cash": "10.55", "bonus": "2.00"},
        },
    }
    with pytest.raises(Rejected, match="PLAYER_UNKNOWN"):
        read("auth", AUTH | {"userId": "somebody"}).write(reply)
    assert read("auth", {"token": TOKEN}).write(reply).status == 200


PARTS = [
    PocketAmount(pocket="CASH", amount=euro(-7, -500_000_000)),
    PocketAmount(pocket="BONUS:b-1", amount=euro(-1)),
    PocketAmount(pocket="BONUS:b-2", amount=euro(-1, -500_000_000)),
    PocketAmount(pocket="REFUNDED", amount=euro(3)),
]
MOVED = PlayResponse(
    results=[ActionResult(transaction_id="w-1", parts=PARTS)],
    balances_then=Balances(cash=euro(90), bonus=euro(0, 10_000_000)),
    balances_now=Balances(cash=euro(5), bonus=euro(0)),
)


@pytest.mark.parametrize(("name", "member"), [("stake", "stake"), ("payout", "payout"), ("promo/settle", "payout")])
def test_what_moved_is_told_by_pocket_and_the_balance_is_that_of_the_first_time(name, member):
    assert json.loads(read(name, CASES[name]).write(MOVED).body) == {
        "success": True,
        "result": {
            "token": TOKEN,
            "currency": "EUR",
            "id": "w-1",
            member: {"cash": "7.50", "bonus": "2.50"},
            "balance": {"cash": "90.00", "bonus": "0.01"},
        },
    }


def test_a_refund_tells_its_balance_in_both_places():
    body = json.loads(read("refund", STAKE).write(MOVED).body)

    assert (body["balance"], body["currency"]) == (body["result"]["balance"], "EUR")
    assert body["result"]["stake"] == {"cash": "7.50", "bonus": "2.50"}


def test_what_moved_nothing_tells_nothing():
    reply = PlayResponse(results=[ActionResult(transaction_id="w-1")], balances_now=MOVED.balances_now)

    result = json.loads(read("refund", STAKE).write(reply).body)["result"]
    assert (result["stake"], result["balance"]) == (
        {"cash": "0.00", "bonus": "0.00"},
        {"cash": "5.00", "bonus": "0.00"},
    )


def test_no_part_that_is_neither_cash_nor_bonus_money_is_told():
    parts = [
        PocketAmount(pocket="CASH", amount=euro(1)),
        PocketAmount(pocket="CASH:CASINO", amount=euro(2)),
        PocketAmount(pocket="BONUS:b-1", amount=euro(4)),
        PocketAmount(pocket="HELD:DISPUTE", amount=euro(8)),
        PocketAmount(pocket="LAPSED", amount=euro(16)),
    ]
    reply = PlayResponse(results=[ActionResult(parts=parts)], balances_now=MOVED.balances_now)

    result = json.loads(read("payout", PAYOUT).write(reply).body)["result"]
    assert result["payout"] == {"cash": "3.00", "bonus": "4.00"}


def promo_stake(stake, promo):
    return STAKE | {"transaction": {"id": "t-1", "stake": stake, "stakePromo": promo}}


@pytest.mark.parametrize(
    ("stake", "promo", "grants", "named"),
    [
        ("0.00", "1.00", True, "code-7"),
        ("0.00", "1.00", False, ""),
        ("0.00", "0.00", True, ""),
        ("0.50", "0.50", True, ""),
    ],
)
def test_a_stake_of_a_promotion_alone_may_be_of_a_grant_in_the_core(stake, promo, grants, named):
    (bet,) = read("stake", promo_stake(stake, promo), grants=grants).ask.actions

    assert bet.free_rounds_id == named


def test_a_payout_of_a_promotion_may_be_of_a_grant_in_the_core():
    win, promo = read("payout", PAYOUT, grants=True).ask.actions

    assert (win.amount, win.free_rounds_id) == (euro(25, 500_000_000), "")
    assert (promo.amount, promo.free_rounds_id, promo.external_key) == (euro(3), "code-7", "promo:win:t-2")
    (alone,) = read("payout", PAYOUT | {"promo": None}, grants=True).ask.actions
    assert alone.free_rounds_id == ""


def staked(amount):
    return json.dumps(STAKE).encode().replace(b'"stake": "10.00"', b'"stake": ' + amount)


@pytest.mark.parametrize(
    ("amount", "money"), [(b'"0.10"', euro(0, 100_000_000)), (b"0.10", euro(0, 100_000_000)), (b'"0"', euro(0))]
)
def test_an_amount_is_exact(amount, money):
    assert read("stake", staked(amount)).ask.actions[0].amount == money


@pytest.mark.parametrize("amount", [b'"1e1"', b"1e1", b'"NaN"', b"null", b"true", b"[1]", b'" 1"', b'""'])
def test_what_is_no_plain_decimal_is_no_amount(amount):
    with pytest.raises(Rejected, match="INVALID_AMOUNT"):
        read("stake", staked(amount))


@pytest.mark.parametrize(
    "change", [{"token": "short"}, {"token": "t" * 129}, {"currency": ""}, {"transaction": {}}, {"round": None}]
)
def test_what_is_not_of_the_vendors_schema_is_refused(change):
    with pytest.raises(Rejected, match="INVALID_REQUEST"):
        read("stake", STAKE | change)


def test_paths_lie_below_the_base():
    assert [endpoint.path for endpoint in connected(base="/redtiger").endpoints] == [
        f"/redtiger/{name}" for name in CASES
    ]


values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())


@given(st.sampled_from(connected().endpoints), st.binary() | st.text().map(str.encode))
def test_random_bytes_are_read_or_refused(endpoint, body):
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(posted(body)), Call | Answer)


@given(
    st.sampled_from(connected().endpoints),
    st.dictionaries(st.sampled_from([*PAYOUT]), values),
    st.dictionaries(st.sampled_from([*PAYOUT["transaction"], *STAKE["transaction"]]), values),
)
def test_random_members_are_read_or_refused(endpoint, members, transaction):
    inner = PAYOUT["transaction"] | STAKE["transaction"] | transaction
    with contextlib.suppress(Rejected):
        assert isinstance(endpoint.read(posted(PAYOUT | {"transaction": inner} | members)), Call)
