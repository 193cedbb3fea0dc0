"""JDB's words to ours and back, as values: no socket, no core."""

import base64
import contextlib
import json
from urllib.parse import urlencode

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given
from hypothesis import strategies as st
from wallet.v1.common_pb2 import (
    REASON_IN_PROGRESS,
    REASON_REFERENCE_SETTLED,
    Balances,
    Money,
    Refusal,
)
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_FREE_ROUND,
    CATEGORY_GAME,
    CATEGORY_PROMO,
    Action,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from adapters.faults import Fault, Rejected
from adapters.provider import REASONS, Call, No, Request
from adapters.providers.jdb import ERRORS, Settings, connect
from wallet_core.client import Unavailable

CODES = sorted(REASONS | set(Fault))
# The published vector: key, initialization vector, plain text, what is sent.
SECRET = b"0123456789abcdef" + b"fedcba9876543210"
OLDER = b"k" * 16 + b"v" * 16
PLAIN = b'{"action":6,"ts":1700000000000,"uid":"testpl01","currency":"RB"}'
SEALED = "617VMzIf3wfDOmF9JzBeFCFTS4WZawhROqUs-FemZUXP04ZEzsmKsEkLOYxdMLrj_TAmDcaAUPosuJaOfw0W5G9vs01hRHaspxrLR0JlCHw"
WHO = {"ts": 1700000000000, "uid": "p-1", "currency": "EUR", "gType": 0, "mType": 8001}
GAME = WHO | {"action": 8, "transferId": 11, "historyId": "h-1", "bet": -5, "win": 2, "netWin": -3, "mb": 5}
BET = WHO | {"action": 9, "transferId": 21, "gameRoundSeqNo": 7, "amount": 10.5}
SETTLE = WHO | {"action": 10, "transferId": 22, "gameRoundSeqNo": 7, "refTransferIds": [21, "x"], "amount": 0}


def euro(units, nanos=0):
    return Money(currency_code="EUR", units=units, nanos=nanos)


def provider(**given_settings):
    return connect("jdb", (SECRET, OLDER), msgspec.convert(given_settings, Settings))


def seal(plain, secret=SECRET):
    """Spaces up to the next block, a whole one where there is none to fill."""
    padded = plain + b" " * (16 - len(plain) % 16)
    encryptor = Cipher(AES(secret[:16]), CBC(secret[16:])).encryptor()
    return base64.urlsafe_b64encode(encryptor.update(padded) + encryptor.finalize()).decode().rstrip("=")


def posted(x):
    body = urlencode({"x": x} if isinstance(x, str) else x).encode()
    return Request("POST", "/", "", {"Content-Type": "application/x-www-form-urlencoded"}, body, 0.0)


def read(members, **given_settings):
    (endpoint,) = provider(**given_settings).endpoints
    plain = members if isinstance(members, bytes) else json.dumps(members).encode()
    return endpoint.read(posted(seal(plain)))


def refused(call, *arguments, **keywords):
    with pytest.raises(Rejected) as caught:
        call(*arguments, **keywords)
    return caught.value.code


def status(answer):
    return json.loads(answer.body)["status"]


def test_the_vector_is_opened_and_read():
    assert seal(PLAIN) == SEALED
    provider().verify(posted(SEALED))
    (endpoint,) = provider(currencies={"RB": "CNY"}).endpoints

    ask = endpoint.read(posted(SEALED)).ask
    assert ask == GetBalanceRequest(provider_id="jdb", player_id="testpl01", currency_code="CNY")


@pytest.mark.parametrize("place", range(len(base64.urlsafe_b64decode(SEALED + "="))))
def test_one_flipped_byte_of_what_was_sealed_is_refused(place):
    sealed = bytearray(base64.urlsafe_b64decode(SEALED + "="))
    sealed[place] ^= 1
    flipped = base64.urlsafe_b64encode(bytes(sealed)).decode().rstrip("=")

    assert refused(provider().verify, posted(flipped)) == Fault.INVALID_SIGNATURE


@pytest.mark.parametrize(
    "x", ["", "=", SEALED[:-1], SEALED[:-2], SEALED + "A", SEALED + "=", SEALED + "\n", "!" + SEALED[1:], "é", "A" * 22]
)
def test_what_no_key_opens_is_refused(x):
    assert refused(provider().verify, posted(x)) == Fault.INVALID_SIGNATURE


@pytest.mark.parametrize("fields", [{}, {"y": SEALED}, {"X": SEALED}], ids=str)
def test_a_form_without_its_field_is_refused(fields):
    assert refused(provider().verify, posted(fields)) == Fault.INVALID_SIGNATURE
    assert refused(provider().verify, posted([("x", SEALED), ("x", SEALED)])) == "INVALID_REQUEST"


@pytest.mark.parametrize("plain", [b"", b"[]", b"6", PLAIN[:-1], PLAIN + b"\0", PLAIN + b"{}", b"\xff" + PLAIN])
def test_what_opens_to_no_object_is_refused(plain):
    assert refused(provider().verify, posted(seal(plain))) == Fault.INVALID_SIGNATURE


def test_both_live_keys_open_and_no_other_does():
    provider().verify(posted(seal(PLAIN, OLDER)))
    for other in (SECRET[16:] + SECRET[:16], SECRET[:16] + OLDER[16:], OLDER[:16] + SECRET[16:]):
        assert refused(provider().verify, posted(seal(PLAIN, other))) == Fault.INVALID_SIGNATURE


@pytest.mark.parametrize("secret", [b"", b"0123456789abcdef", SECRET + b"x"])
def test_a_secret_is_a_key_and_a_vector(secret):
    with pytest.raises(ValueError, match="16 bytes of key") as caught:
        connect("jdb", (secret,), Settings())
    assert secret == b"" or secret.decode() not in str(caught.value)


def test_an_action_may_be_a_text():
    assert isinstance(read(WHO | {"action": "6"}).ask, GetBalanceRequest)


@pytest.mark.parametrize("action", [5, 13, 14, 15, 0, -6, "06", "six", True, 6.0, None, [], 10**30], ids=repr)
def test_other_actions_are_not_known(action):
    assert refused(read, GAME | {"action": action}) in (Fault.UNKNOWN_PATH, "INVALID_REQUEST")


def game(**change):
    """The stake and what is paid, each in euro, and the least the player must have."""
    stake, win = read(GAME | change).ask.actions
    return tuple(amount.units + amount.nanos / 10**9 for amount in (stake.amount, win.amount, stake.minimum_balance))


def test_bet_and_settlement_are_one_play():
    assert read(GAME).ask == PlayRequest(
        provider_id="jdb",
        player_id="p-1",
        currency_code="EUR",
        round_id="h-1",
        game_id="0-8001",
        close_round=True,
        actions=[
            Action(
                kind=ACTION_KIND_BET,
                external_key="bet:11",
                amount=euro(5),
                category=CATEGORY_GAME,
                info={"bet": "-5", "win": "2"},
            ),
            Action(
                kind=ACTION_KIND_WIN,
                external_key="win:11",
                amount=euro(2),
                category=CATEGORY_GAME,
                references=["bet:11"],
            ),
        ],
    )


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        ({"bet": 5}, (5, 2, 0)),
        ({"mb": None}, (5, 2, 0)),
        ({"netWin": None}, (5, 2, 0)),
        ({"mb": 20}, (5, 2, 20)),
        # A burst: the player needs 2 of the 5, and what moves is the difference.
        ({"mb": 2}, (3, 0, 0)),
        ({"mb": 4}, (3, 0, 4)),
        ({"mb": 2, "win": 9, "netWin": 4}, (0, 4, 2)),
        ({"mb": 0, "bet": 0, "netWin": 2}, (0, 2, 0)),
        # What is netted otherwise moves as the vendor nets it.
        ({"netWin": -3.5}, (3.5, 0, 5)),
        ({"netWin": 1}, (0, 1, 5)),
        ({"bet": "-0.1", "win": "0.3", "netWin": "0.2", "mb": "0.1"}, (0.1, 0.3, 0)),
    ],
    ids=str,
)
def test_what_is_checked_and_what_moves(change, moved):
    assert game(**change) == moved


def test_a_game_without_its_history_is_a_round_of_its_own():
    assert read(GAME | {"historyId": None}).ask.round_id == "11"


def test_a_bet():
    assert read(BET).ask == PlayRequest(
        provider_id="jdb",
        player_id="p-1",
        currency_code="EUR",
        round_id="7",
        game_id="0-8001",
        actions=[
            Action(kind=ACTION_KIND_BET, external_key="tx:21", amount=euro(10, 500_000_000), category=CATEGORY_GAME)
        ],
    )


def test_a_settlement_names_its_bets():
    ask = read(SETTLE | {"historyId": "h-2"}).ask
    (action,) = ask.actions

    assert (action.kind, action.external_key, list(action.references)) == (ACTION_KIND_WIN, "tx:22", ["tx:21", "tx:x"])
    assert (ask.round_id, ask.close_round, dict(action.info)) == ("7", True, {"historyId": "h-2"})


@pytest.mark.parametrize(
    ("change", "round_id", "closes"),
    [
        ({"roundClosed": True}, "7", True),
        ({"roundClosed": False}, "7", False),
        ({"gameRoundSeqNo": None}, "", False),
    ],
)
def test_a_settlement_closes_the_round_it_names(change, round_id, closes):
    ask = read(SETTLE | change).ask

    assert (ask.round_id, ask.close_round) == (round_id, closes)


@pytest.mark.parametrize(
    ("action", "more", "category"),
    [(12, {"activityNo": "a-1"}, CATEGORY_PROMO), (16, {"eventId": "e-1"}, CATEGORY_FREE_ROUND)],
)
def test_rewards_are_wins_that_nothing_was_staked_for(action, more, category):
    ask = read(WHO | {"action": action, "transferId": 31, "amount": 2} | more).ask
    (win,) = ask.actions

    assert (win.kind, win.external_key, win.category, dict(win.info)) == (ACTION_KIND_WIN, "tx:31", category, more)
    assert ask.round_id == ""


def test_a_free_spins_reward_may_be_of_a_grant_in_the_core():
    def named(action, **settings):
        members = WHO | {"action": action, "transferId": 31, "amount": 5, "eventId": 77, "activityNo": "a-1"}
        return read(members, **settings).ask.actions[0].free_rounds_id

    assert (named(16), named(16, grants=True), named(12, grants=True)) == ("", "77", "")


@pytest.mark.parametrize(
    ("members", "keys"),
    [
        (WHO | {"action": 4, "transferId": 11, "historyId": "h-1"}, [["bet:11", "win:11"]]),
        (
            WHO | {"action": 11, "transferId": 23, "refTransferIds": [21, 24], "amount": "nonsense"},
            [["tx:21"], ["tx:24"]],
        ),
    ],
)
def test_a_game_is_cancelled_as_a_whole_and_each_bet_by_itself(members, keys):
    plays = read(members).ask

    assert [list(play.actions) for play in plays] == [
        [Action(kind=ACTION_KIND_ROLLBACK, external_key=f"void:{key}", references=[key]) for key in together]
        for together in keys
    ]
    assert {play.player_id for play in plays} == {"p-1"}


@pytest.mark.parametrize(
    ("members", "missing"),
    [
        *((GAME, name) for name in ("uid", "currency", "transferId", "bet", "win")),
        *((BET, name) for name in ("transferId", "gameRoundSeqNo", "amount")),
        *((SETTLE, name) for name in ("transferId", "refTransferIds", "amount")),
        (GAME | {"action": 4}, "transferId"),
        (SETTLE | {"action": 11}, "refTransferIds"),
        (SETTLE | {"action": 12}, "amount"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value["action"]),
)
def test_a_missing_member_is_refused(members, missing):
    rest = {name: value for name, value in members.items() if name != missing}

    assert ERRORS[refused(read, rest)] == "8000"


@pytest.mark.parametrize("amount", [True, None, "", "1e3", "x", [], "1.0000000001", 10**40], ids=repr)
def test_amounts_are_plain_decimals(amount):
    assert ERRORS[refused(read, BET | {"amount": amount})] == "8000"
    assert ERRORS[refused(read, GAME | {"bet": amount})] == "8000"
    assert refused(read, json.dumps(BET).replace("10.5", "1e3").encode()) == "INVALID_AMOUNT"


def test_a_negative_win_is_refused():
    assert refused(read, GAME | {"win": -1}) == "INVALID_AMOUNT"


THEN, NOW = Balances(shown=euro(90)), Balances(shown=euro(3, 500_000_000))
MOVED = PlayResponse(balances_then=THEN, balances_now=NOW, display_digits=2)
UNKNOWN = PlayResponse(refusal=Refusal(reason=REASON_IN_PROGRESS), balances_now=NOW, display_digits=2)
SETTLED = PlayResponse(refusal=Refusal(reason=REASON_REFERENCE_SETTLED), balances_now=NOW, display_digits=2)


@pytest.mark.parametrize("members", [GAME, BET, SETTLE], ids=lambda members: str(members["action"]))
def test_a_movement_is_answered_with_the_balance_of_then(members):
    assert read(members).write(MOVED).body == b'{"status":"0000","balance":90.00,"err_text":""}'
    assert json.loads(read(members, balance="string").write(MOVED).body)["balance"] == "90.00"


def test_the_balance_is_asked_for_and_told():
    call = read(WHO | {"action": 6})

    assert call.ask == GetBalanceRequest(provider_id="jdb", player_id="p-1", currency_code="EUR")
    told = call.write(GetBalanceResponse(balances=NOW, display_digits=2))
    assert told.body == b'{"status":"0000","balance":3.50,"err_text":""}'


@pytest.mark.parametrize(
    ("action", "replies", "settings", "said"),
    [
        (4, [MOVED], {}, "0000"),
        (4, [SETTLED], {}, "6101"),
        (4, [UNKNOWN], {}, "9017"),
        (4, [UNKNOWN], {"unknown_game": "0000"}, "0000"),
        (11, [MOVED, MOVED], {}, "0000"),
        (11, [MOVED, UNKNOWN], {}, "0000"),
        (11, [UNKNOWN, SETTLED], {}, "6101"),
        (11, [MOVED, UNKNOWN], {"unknown_bet": "9017"}, "9017"),
    ],
)
def test_what_became_of_cancellations(action, replies, settings, said):
    assert status(read(SETTLE | {"action": action}, **settings).write(replies)) == said


def test_a_cancellation_that_was_not_answered_is_sent_again():
    with pytest.raises(Unavailable):
        read(SETTLE | {"action": 11}).write([MOVED, Unavailable("no answer")])


def test_every_reason_and_fault_has_a_word():
    assert set(CODES) == set(ERRORS)


@pytest.mark.parametrize("code", CODES)
def test_an_error_is_a_status_and_a_text(code):
    answer = provider().refuse(No(code, "detail"), "11")

    assert json.loads(answer.body) == {"status": ERRORS[code], "err_text": f"{code}: detail"}
    assert answer.status == 200


@pytest.mark.parametrize("action", ["8", "9"])
def test_a_bet_of_which_nothing_is_known_gets_no_proper_answer(action):
    assert provider().refuse(No(Fault.TRY_LATER), action).status == 500
    assert provider(unsure=200).refuse(No(Fault.TRY_LATER), action).status == 200
    assert provider().refuse(No("INSUFFICIENT_FUNDS"), action).status == 200
    assert provider().refuse(No(Fault.TRY_LATER), "10").status == 200
    assert read(GAME | BET | {"action": int(action)}).words == action


# Table 16.1.
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("INSUFFICIENT_FUNDS", "6006"),
        ("PLAYER_UNKNOWN", "7501"),
        ("CONFLICT", "9011"),
        ("REFERENCE_NOT_FOUND", "9999"),
        ("TOMBSTONED", "9999"),
        ("LIMIT_REACHED", "9999"),
        ("PLAYER_BLOCKED", "9999"),
        ("WRONG_CURRENCY", "8000"),
        ("REFERENCE_SETTLED", "6101"),
        (Fault.UNKNOWN_PATH, "9007"),
        (Fault.INVALID_SIGNATURE, "9999"),
        (Fault.INTERNAL, "9017"),
    ],
)
def test_the_table_of_generic_errors(code, said):
    assert status(provider().refuse(No(code), None)) == said


def test_a_second_settlement_is_no_round_that_stands():
    assert status(provider().refuse(No("REFERENCE_SETTLED"), "10")) == "9011"
    assert status(provider().refuse(No("REFERENCE_SETTLED"), "4")) == "6101"


def test_no_error_tells_a_secret():
    assert not any(SECRET[:16] in provider().refuse(No(code, "detail"), None).body for code in CODES)


values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers() | st.text())


@given(st.binary() | st.text().map(str.encode))
def test_random_bytes_are_opened_or_refused(body):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with contextlib.suppress(Rejected):
        provider().verify(Request("POST", "/", "", form, body, 0.0))


@given(st.sampled_from([4, 6, 8, 9, 10, 11, 12, 16]), st.dictionaries(st.sampled_from([*GAME, *BET, *SETTLE]), values))
def test_random_members_are_read_or_refused(action, members):
    with contextlib.suppress(Rejected):
        assert isinstance(read(SETTLE | BET | GAME | members | {"action": action}), Call)
