"""Pragmatic Play's words to ours and back, as values: no socket, no core."""

import msgspec
import pytest
from wallet.v1.common_pb2 import PocketAmount
from wallet.v1.players_pb2 import Player
from wallet.v1.sessions_pb2 import SESSION_USE_READ, ResolveSessionRequest, ResolveSessionResponse
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_NOTE,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    CATEGORY_ADJUSTMENT,
    CATEGORY_BONUS,
    CATEGORY_FREE_ROUND,
    CATEGORY_GAME,
    CATEGORY_JACKPOT,
    CATEGORY_PROMO,
    Action,
    ActionResult,
    CloseRoundRequest,
    GetBalanceRequest,
    GetBalanceResponse,
    PlayRequest,
    PlayResponse,
)

from tests.support.pragmatic import (
    APPLIED,
    AT,
    AUTHENTICATE,
    BALANCES,
    BET,
    END,
    PAID,
    REFUND,
    REQUIRED,
    ask,
    euro,
    provider,
    refused,
)


def test_a_bet_is_a_bet_under_its_reference():
    call = ask("bet", BET | {"token": "tok", "platform": "WEB", "jackpotContribution": "0.01", "newField": "x"})

    assert call.ask == PlayRequest(
        provider_id="pp",
        player_id="p-1",
        session_token="tok",
        currency_code="EUR",
        round_id="5103188801",
        game_id="vs50hercules",
        occurred_at=AT,
        actions=[
            Action(
                kind=ACTION_KIND_BET,
                external_key="bet:585c",
                amount=euro(100),
                category=CATEGORY_GAME,
                info={"platform": "WEB", "jackpot_contribution": "0.01"},
            )
        ],
    )


@pytest.mark.parametrize(
    ("setting", "amount", "category"),
    [("free", euro(0), CATEGORY_FREE_ROUND), ("paid", euro(100), CATEGORY_GAME)],
)
def test_a_bet_of_a_free_round_is_taken_as_it_is_set(setting, amount, category):
    (action,) = ask("bet", BET | {"bonusCode": "FS1"}, bonus_code_bets=setting).ask.actions

    assert (action.kind, action.amount, action.category) == (ACTION_KIND_BET, amount, category)
    assert action.info.get("amount") == ("100.0" if setting == "free" else None)


def test_a_free_rounds_amount_is_still_an_amount():
    assert refused(ask, "bet", BET | {"bonusCode": "FS1", "amount": "1e3"}) == "INVALID_AMOUNT"


def test_a_result_is_a_win_of_its_round_and_needs_no_session():
    call = ask("result", BET | {"token": "tok"})

    assert call.ask.session_token == ""
    assert [(a.kind, a.external_key, a.amount, a.category) for a in call.ask.actions] == [
        (ACTION_KIND_WIN, "win:585c", euro(100), CATEGORY_GAME)
    ]


def test_the_promotion_in_a_result_is_a_win_of_its_own():
    promo = {"promoWinAmount": "2.50", "promoWinReference": "p-9", "promoCampaignID": "7", "promoCampaignType": "R"}
    second = ask("result", BET | promo).ask.actions[1]

    assert second == Action(
        kind=ACTION_KIND_WIN,
        external_key="result-promo:p-9",
        amount=euro(2, 500_000_000),
        category=CATEGORY_PROMO,
        info={"promo_campaign_id": "7", "promo_campaign_type": "R"},
    )


@pytest.mark.parametrize("nothing", ["", "0", "0.00"])
def test_a_promotion_of_nothing_needs_no_reference(nothing):
    assert len(ask("result", BET | {"promoWinAmount": nothing}).ask.actions) == 1
    assert refused(ask, "result", BET | {"promoWinAmount": "1.00"}) == "INVALID_REQUEST"


@pytest.mark.parametrize(
    ("method", "key", "category"),
    [
        ("jackpotWin", "jackpot:585c", CATEGORY_JACKPOT),
        ("promoWin", "promo:585c", CATEGORY_PROMO),
        ("adjustment", "adjustment:585c", CATEGORY_ADJUSTMENT),
    ],
)
def test_what_is_paid_beside_the_round_has_a_key_of_its_own_kind(method, key, category):
    (action,) = ask(method, REQUIRED[method]).ask.actions

    assert (action.kind, action.external_key, action.amount, action.category) == (
        ACTION_KIND_WIN,
        key,
        euro(100),
        category,
    )


def test_a_promo_win_has_no_round_and_the_players_currency():
    assert ask("promoWin", REQUIRED["promoWin"]).ask.round_id == ""
    assert refused(ask, "promoWin", REQUIRED["promoWin"] | {"currency": "SEK"}) == "WRONG_CURRENCY"


def test_a_bonus_win_is_noted_unless_it_is_to_be_paid():
    (noted,) = ask("bonusWin", PAID).ask.actions
    (paid,) = ask("bonusWin", PAID, bonus_win_credits=True).ask.actions

    assert noted == Action(
        kind=ACTION_KIND_NOTE, external_key="bonus:585c", category=CATEGORY_BONUS, info={"amount": "100.0"}
    )
    assert paid == Action(kind=ACTION_KIND_WIN, external_key="bonus:585c", category=CATEGORY_BONUS, amount=euro(100))


def test_an_adjustment_has_a_sign():
    (action,) = ask("adjustment", REQUIRED["adjustment"] | {"amount": "-1.50"}).ask.actions

    assert (action.kind, action.category, action.amount) == (
        ACTION_KIND_WIN,
        CATEGORY_ADJUSTMENT,
        euro(-1, -500_000_000),
    )


def test_a_refund_bears_the_bets_reference_and_its_amount_is_not_looked_at():
    for more in ({}, {"amount": "not a number", "roundId": "other"}):
        assert ask("refund", REFUND | more).ask == PlayRequest(
            provider_id="pp",
            player_id="p-1",
            currency_code="EUR",
            actions=[Action(kind=ACTION_KIND_ROLLBACK, external_key="void:bet:585c", references=["bet:585c"])],
        )


def test_free_rounds_may_be_those_granted_in_the_core():
    promo = {"promoWinAmount": "2.50", "promoWinReference": "p-9"}

    def named(method, members, **settings):
        call = ask(method, members | {"bonusCode": "FS1"}, **settings)
        return [action.free_rounds_id for action in call.ask.actions]

    assert named("bet", BET) == named("bonusWin", PAID, bonus_win_credits=True) == [""]
    assert named("bet", BET, grants=True) == named("bet", BET, grants=True, bonus_code_bets="paid") == ["FS1"]
    assert named("result", BET | promo, grants=True) == ["FS1", ""]
    assert named("bonusWin", PAID, grants=True, bonus_win_credits=True) == ["FS1"]
    # A note is of nothing.
    assert named("bonusWin", PAID, grants=True) == [""]
    assert ask("bet", BET, grants=True).ask.actions[0].free_rounds_id == ""


def test_a_round_ends_under_its_own_id():
    assert ask("endRound", END).ask == CloseRoundRequest(
        provider_id="pp", player_id="p-1", round_id="5103188801", external_key="end:5103188801"
    )


def test_a_user_id_carries_the_currency_unless_one_is_set():
    member = REQUIRED["balance"] | {"userId": "SEK.p.1"}

    assert ask("balance", member).ask == GetBalanceRequest(provider_id="pp", player_id="p.1", currency_code="SEK")
    assert ask("balance", member, currency="EUR").ask == GetBalanceRequest(
        provider_id="pp", player_id="SEK.p.1", currency_code="EUR"
    )


@pytest.mark.parametrize("user_id", ["p-1", ".p-1", "EUR.", "."])
def test_a_user_id_that_is_not_ours_is_of_no_player(user_id):
    assert refused(ask, "balance", REQUIRED["balance"] | {"userId": user_id}) == "PLAYER_UNKNOWN"


@pytest.mark.parametrize(("currency", "user_id"), [("", "EUR.p-1"), ("EUR", "p-1")])
def test_authenticating_reads_the_session_and_says_who_it_is(currency, user_id):
    call = ask("authenticate", AUTHENTICATE | {"gameId": "g", "ipAddress": "192.0.2.1"}, currency=currency)
    reply = ResolveSessionResponse(
        player=Player(player_id="p-1", country="MT"), balances=BALANCES, token="tok-2", display_digits=2
    )

    assert call.ask == ResolveSessionRequest(
        provider_id="pp", token="tok", use=SESSION_USE_READ, currency_code=currency
    )
    assert call.write(reply).body == (
        b'{"userId":"%s","token":"tok-2","country":"MT","currency":"EUR","cash":54.00,"bonus":36.00,'
        b'"error":0,"description":"Success"}' % user_id.encode()
    )


@pytest.mark.parametrize(("method", "member"), [(m, f) for m, fields in REQUIRED.items() for f in fields])
def test_each_required_field_is_required(method, member):
    fields = {name: value for name, value in REQUIRED[method].items() if name != member}

    assert refused(ask, method, fields) == "INVALID_REQUEST"


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1.5", "1" * 15, "\u0661"])
def test_a_timestamp_is_milliseconds(timestamp):
    assert refused(ask, "bet", BET | {"timestamp": timestamp}) == "INVALID_REQUEST"


def test_the_methods_are_served_with_and_without_html_and_behind_a_prefix():
    paths = {e.path for e in provider().endpoints}

    assert paths == {f"/{method}{suffix}" for method in REQUIRED for suffix in ("", ".html")}
    assert {f"/pp{path}" for path in paths} == {e.path for e in provider(prefix="/pp").endpoints}


@pytest.mark.parametrize(
    ("method", "body"),
    [
        (
            "bet",
            (
                b'{"transactionId":"w-1","currency":"EUR","cash":54.00,"bonus":36.00,"usedPromo":4.01,'
                b'"error":0,"description":"Success"}'
            ),
        ),
        (
            "result",
            b'{"transactionId":"w-1","currency":"EUR","cash":54.00,"bonus":36.00,"error":0,"description":"Success"}',
        ),
        ("endRound", b'{"cash":54.00,"bonus":36.00,"error":0,"description":"Success"}'),
        ("refund", b'{"transactionId":"w-1","error":0,"description":"Success"}'),
    ],
)
def test_an_answer_has_the_members_of_its_method(method, body):
    answer = ask(method, REQUIRED[method]).write(APPLIED)

    assert (answer.status, answer.content_type) == (200, "application/json")
    assert answer.body == body


def test_a_balance_is_cash_and_bonus():
    answer = ask("balance", REQUIRED["balance"]).write(GetBalanceResponse(balances=BALANCES, display_digits=2))

    assert answer.body == b'{"currency":"EUR","cash":54.00,"bonus":36.00,"error":0,"description":"Success"}'


@pytest.mark.parametrize("wrong", [{"prefix": "pp"}, {"prefix": "/pp/"}, {"currency": "eur"}, {"hash_values": "none"}])
def test_a_setting_out_of_its_range_is_refused(wrong):
    with pytest.raises(msgspec.ValidationError):
        provider(**wrong)


def test_only_bonus_money_is_used_promo():
    parts = {"CASH": -1, "CASH:CASINO": -2, "BONUS:b-1": -4, "BONUS:b-2": -8, "LAPSED": -16}
    moved = [PocketAmount(pocket=pocket, amount=euro(amount)) for pocket, amount in parts.items()]
    reply = PlayResponse(results=[ActionResult(parts=moved)], balances_now=BALANCES, display_digits=2)

    assert b'"usedPromo":12.00,' in ask("bet", BET).write(reply).body
