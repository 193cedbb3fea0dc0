"""Self-exclusion and the active currency over a real channel: what each caller is told, and what is let through."""

import time

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1 import payments_pb2 as payments
from wallet.v1 import players_pb2 as pb
from wallet.v1 import sessions_pb2 as sessions
from wallet.v1.wallet_pb2 import GetBalanceRequest

from tests.protocol.words import bet, key, win
from tests.support.core import core_on, money
from wallet_core import app
from wallet_core.cli.statement import asked
from wallet_core.client import Refused
from wallet_core.engine.clock import Clock

DAY = 86_400


def about(kind, player, word, **members):
    facts = {"player_id": player, "reason": "asked", "actor": "ann", "request_id": key(word)}
    return kind(**(facts | members))


def ahead(seconds):
    return Timestamp(seconds=int(time.time()) + seconds)


def excluding(player, **members):
    return about(pb.ExcludePlayerRequest, player, "exclude", **({"until": ahead(180 * DAY)} | members))


def switching(player, currency, **members):
    return about(pb.SwitchCurrencyRequest, player, "switch", currency_code=currency, **members)


def resolving(token, **members):
    return sessions.ResolveSessionRequest(provider_id="thrillgate", token=token, **members)


async def _of_two_wallets(core):
    player = await core.player("100.00", currency_codes=["EUR", "USD"])
    await core.operator.deposit(
        payments.DepositRequest(player_id=player, amount=money("50", "USD"), psp_id="test", request_id=key("usd"))
    )
    return player


async def test_an_excluded_player_stakes_nothing_is_paid_and_withdraws(any_core):
    player = await any_core.player("100.00")
    token = await any_core.session(player)
    await any_core.adapter.play(bet(player, "10.00", session_token=token))
    request = excluding(player)
    excluded = (await any_core.operator.exclude_player(request)).player
    assert (excluded.status, excluded.excluded_until) == (pb.PLAYER_STATUS_BLOCKED, request.until)
    assert excluded.restrictions == [pb.PLAYER_RESTRICTION_SELF_EXCLUDED]
    assert (await any_core.operator.exclude_player(request)).player == excluded
    with pytest.raises(Refused, match="PLAYER_BLOCKED"):
        await any_core.adapter.play(bet(player, "1.00", session_token=token))
    with pytest.raises(Refused, match="PLAYER_BLOCKED"):
        await any_core.session(player)
    await any_core.adapter.play(win(player, "25.00", session_token=token, close_round=True))
    paid = await any_core.operator.withdraw(
        payments.WithdrawRequest(player_id=player, amount=money("115.00"), psp_id="test", request_id=key("out"))
    )
    assert paid.balances_now.cash == money("0")


async def test_the_sessions_of_an_excluded_player_are_over(core):
    player = await core.player()
    token = await core.session(player)
    await core.operator.exclude_player(excluding(player))
    for use in (sessions.SESSION_USE_READ, sessions.SESSION_USE_BET):
        with pytest.raises(Refused, match="SESSION_EXPIRED"):
            await core.adapter.resolve_session(resolving(token, use=use))
    with pytest.raises(Refused, match="SESSION_EXPIRED"):
        await core.adapter.get_balance(GetBalanceRequest(session_token=token, provider_id="thrillgate"))
    found = await core.adapter.resolve_session(resolving(token, use=sessions.SESSION_USE_SETTLE))
    assert (found.session.state, found.session.end_reason) == (sessions.SESSION_STATE_CLOSED, "EXCLUSION")
    assert found.player.status == pb.PLAYER_STATUS_BLOCKED
    assert not found.player.restrictions  # why is nothing a provider is told
    assert not found.player.HasField("excluded_until")
    told = (await core.adapter.get_player(pb.GetPlayerRequest(player_id=player))).player
    assert (told.status, list(told.restrictions)) == (pb.PLAYER_STATUS_BLOCKED, [])


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"until": None}, "INVALID_REQUEST: until"),
        ({"until": Timestamp(seconds=1)}, "INVALID_REQUEST: until"),
        ({"reason": ""}, "INVALID_REQUEST: reason"),
        ({"actor": ""}, "INVALID_REQUEST: actor"),
        ({"request_id": ""}, "INVALID_REQUEST: request_id"),
        ({"player_id": "nobody"}, "PLAYER_UNKNOWN"),
    ],
    ids=["never", "past", "reason", "actor", "key", "nobody"],
)
async def test_an_exclusion_that_cannot_be_is_refused(core, members, reason):
    player = await core.player()
    with pytest.raises(Refused, match=reason):
        await core.operator.exclude_player(excluding(**({"player": player} | _named(members))))
    await core.adapter.play(bet(player))


def _named(members):
    return {("player" if name == "player_id" else name): value for name, value in members.items()}


async def test_it_is_irrevocable_until_its_time_and_then_lifted_by_hand(sqlite_core_database, monkeypatch):
    skew = 0
    monkeypatch.setattr(app, "Clock", lambda: Clock(lambda: time.time_ns() + skew))
    async with core_on(sqlite_core_database) as core:
        player = await core.player()
        until = ahead(DAY)
        await core.operator.exclude_player(excluding(player, until=until))
        back = about(pb.ReinstatePlayerRequest, player, "back")
        with pytest.raises(Refused, match=r"PLAYER_BLOCKED.*irrevocable"):
            await core.operator.reinstate_player(back)
        with pytest.raises(Refused, match=r"INVALID_REQUEST: until.*shortened"):
            await core.operator.exclude_player(excluding(player, until=ahead(DAY // 2)))
        for request in ("block", "unblock"):
            kind = pb.BlockPlayerRequest if request == "block" else pb.UnblockPlayerRequest
            answered = await getattr(core.operator, f"{request}_player")(about(kind, player, request))
            assert answered.player.status == pb.PLAYER_STATUS_BLOCKED
        assert answered.player.restrictions == [pb.PLAYER_RESTRICTION_SELF_EXCLUDED]
        skew = 2 * DAY * 1_000_000_000
        with pytest.raises(Refused, match="PLAYER_BLOCKED"):
            await core.adapter.play(bet(player))
        reinstated = (await core.operator.reinstate_player(back)).player
        assert (reinstated.status, reinstated.HasField("excluded_until")) == (pb.PLAYER_STATUS_ACTIVE, False)
        await core.adapter.play(bet(player))


async def test_a_currency_is_switched_and_sessions_end(any_core):
    player = await _of_two_wallets(any_core)
    token = await any_core.session(player, currency_code="EUR")
    await any_core.adapter.play(bet(player, "10.00", session_token=token))
    request = switching(player, "USD")
    switched = (await any_core.operator.switch_currency(request)).player
    assert (switched.currency_code, switched.status) == ("USD", pb.PLAYER_STATUS_ACTIVE)
    assert (await any_core.operator.switch_currency(request)).player == switched
    with pytest.raises(Refused, match="SESSION_EXPIRED"):
        await any_core.adapter.resolve_session(resolving(token))
    found = (await any_core.adapter.resolve_session(resolving(token, use=sessions.SESSION_USE_SETTLE))).session
    assert (found.state, found.end_reason) == (sessions.SESSION_STATE_CLOSED, "CURRENCY_SWITCH")
    with pytest.raises(Refused, match="WRONG_CURRENCY"):
        await any_core.adapter.play(bet(player, "10.00", round_id="r2"))
    with pytest.raises(Refused, match="WRONG_CURRENCY: The player plays in USD; switch to EUR first"):
        await any_core.session(player, currency_code="EUR")
    await any_core.adapter.play(win(player, "30.00", session_token=token, close_round=True))
    dollars = await any_core.session(player)
    found = (await any_core.adapter.resolve_session(resolving(dollars))).session
    assert (found.currency_code, found.state, found.end_reason) == ("USD", sessions.SESSION_STATE_ACTIVE, "")
    await any_core.adapter.play(bet(player, "10.00", currency="USD", round_id="r3", session_token=dollars))
    balance = await any_core.operator.get_balance(GetBalanceRequest(player_id=player))
    assert balance.balances.cash == money("40", "USD")


async def test_a_request_for_a_session_is_answered_again_as_it_is_by_then(core):
    player = await _of_two_wallets(core)
    request = sessions.OpenSessionRequest(
        player_id=player, provider_id="thrillgate", currency_code="EUR", request_id=key("s")
    )
    first = await core.operator.open_session(request)
    await core.operator.switch_currency(switching(player, "USD"))
    again = await core.operator.open_session(request)
    assert again.token == first.token
    assert (again.session.state, again.session.end_reason) == (sessions.SESSION_STATE_CLOSED, "CURRENCY_SWITCH")
    closed = await core.operator.close_session(
        sessions.CloseSessionRequest(provider_id="thrillgate", token=first.token, reason="LOGOUT")
    )
    assert closed.session == again.session


@pytest.mark.parametrize(
    ("currency", "reason"),
    [("", "UNKNOWN_CURRENCY"), ("PTS", "UNKNOWN_CURRENCY"), ("XXX", "UNKNOWN_CURRENCY"), ("GBP", "WRONG_CURRENCY")],
)
async def test_a_switch_to_what_is_no_wallet_is_refused(core, currency, reason):
    player = await core.player()
    with pytest.raises(Refused, match=reason):
        await core.operator.switch_currency(switching(player, currency))


async def test_a_statement_has_words_for_all_of_it(core):
    player = await _of_two_wallets(core)
    await core.operator.switch_currency(switching(player, "USD"))
    await core.operator.block_player(about(pb.BlockPlayerRequest, player, "block"))
    await core.operator.exclude_player(excluding(player, until=Timestamp(seconds=4_102_444_800)))
    told = await asked(core.target, core.operator_token, player)
    assert [each.what for each in told][-3:] == ["Currency switched", "Status", "Self-exclusion"]
    assert "excluded_until 2100-01-01T00:00:00+00:00" in told[-1].why[0].text
