"""SessionService over a real channel."""

import pytest
from google.protobuf.duration_pb2 import Duration
from wallet.v1 import sessions_pb2 as pb
from wallet.v1.players_pb2 import BlockPlayerRequest

from tests.protocol.words import bet, key, win
from tests.support.core import core_on, money
from wallet_core.client import Refused


def opening(player, **members):
    return pb.OpenSessionRequest(
        **({"player_id": player, "provider_id": "thrillgate", "request_id": key("s")} | members)
    )


def resolving(token, **members):
    return pb.ResolveSessionRequest(**({"provider_id": "thrillgate", "token": token} | members))


async def test_a_session_is_opened_once_per_request(any_core):
    player = await any_core.player()
    request = opening(player, game_id="slots", ttl=Duration(seconds=60))
    first = await any_core.operator.open_session(request)
    assert len(first.token) == 43
    assert first.session.state == pb.SESSION_STATE_ACTIVE
    assert first.session.currency_code == "EUR"
    lives = first.session.expires_at.ToMicroseconds() - first.session.created_at.ToMicroseconds()
    assert lives == 60_000_000
    assert await any_core.operator.open_session(request) == first
    request.game_id = "roulette"
    with pytest.raises(Refused, match="CONFLICT"):
        await any_core.operator.open_session(request)
    assert first.token not in str(first.session)


async def test_tokens_differ_by_player_provider_and_request(core):
    one, other = await core.player(), await core.player()
    requests = [
        opening(one, request_id="a"),
        opening(one, request_id="b"),
        opening(other, request_id="a"),
        opening(one, request_id="a", provider_id="generic"),
    ]
    tokens = {(await core.operator.open_session(request)).token for request in requests}
    assert len(tokens) == len(requests)


async def test_a_token_says_who_is_behind_it(core):
    player = await core.player("12.50")
    token = await core.session(player)
    found = await core.adapter.resolve_session(
        resolving(token, operator_id="acme", brand_id="lucky", currency_code="EUR", player_id=player)
    )
    assert found.player.player_id == player
    assert not found.player.version
    assert found.balances.shown == money("12.5")
    assert found.display_digits == 2
    assert found.token == token
    for wrong, reason in (
        ({"brand_id": "other"}, "PLAYER_UNKNOWN"),
        ({"player_id": "other"}, "PLAYER_UNKNOWN"),
        ({"player_id": "o t h e r"}, "INVALID_REQUEST"),
        ({"currency_code": "USD"}, "WRONG_CURRENCY"),
        ({"currency_code": "eur"}, "UNKNOWN_CURRENCY"),
        ({"provider_id": "generic"}, "SESSION_UNKNOWN"),
        ({"token": "unheard-of"}, "SESSION_UNKNOWN"),
        ({"token": ""}, "INVALID_REQUEST"),
        ({"use": 9}, "INVALID_REQUEST"),
        ({"rotate": True}, "INVALID_REQUEST"),
    ):
        with pytest.raises(Refused, match=reason):
            await core.adapter.resolve_session(resolving(**({"token": token} | wrong)))


async def test_a_rotated_token_is_for_settlement_only(any_core):
    player = await any_core.player()
    old = await any_core.session(player, "generic")
    request = resolving(old, provider_id="generic", rotate=True, request_id="r1")
    rotated = await any_core.adapter.resolve_session(request)
    assert rotated.token != old
    assert (await any_core.adapter.resolve_session(request)).token == rotated.token
    await any_core.adapter.play(bet("", session_token=rotated.token, provider_id="generic"))
    with pytest.raises(Refused, match="SESSION_ROTATED"):
        await any_core.adapter.play(bet("", session_token=old, provider_id="generic"))
    await any_core.adapter.play(win("", session_token=old, provider_id="generic"))
    with pytest.raises(Refused, match="SESSION_ROTATED"):
        await any_core.adapter.resolve_session(resolving(old, provider_id="generic", rotate=True, request_id="r2"))
    await any_core.adapter.resolve_session(resolving(old, provider_id="generic", use=pb.SESSION_USE_SETTLE))


async def test_a_token_of_somebody_else_is_not_rotated(any_core):
    player, other = await any_core.player(), await any_core.player()
    token = await any_core.session(player, "generic")
    request = resolving(token, provider_id="generic", rotate=True, request_id="r1", player_id=other)
    with pytest.raises(Refused, match="PLAYER_UNKNOWN"):
        await any_core.adapter.resolve_session(request)
    await any_core.adapter.play(bet("", session_token=token, provider_id="generic"))
    request.player_id = player
    assert (await any_core.adapter.resolve_session(request)).token != token


async def test_a_closed_session_takes_no_stakes(core):
    player = await core.player()
    token = await core.session(player)
    request = pb.CloseSessionRequest(provider_id="thrillgate", token=token, reason="LOGOUT")
    assert (await core.adapter.close_session(request)).session.state == pb.SESSION_STATE_CLOSED
    assert (await core.adapter.close_session(request)).session.state == pb.SESSION_STATE_CLOSED
    with pytest.raises(Refused, match="SESSION_EXPIRED"):
        await core.adapter.play(bet("", session_token=token))
    with pytest.raises(Refused, match="SESSION_EXPIRED"):
        await core.adapter.resolve_session(resolving(token))
    request.reason = "BORED"
    with pytest.raises(Refused, match="INVALID_REQUEST"):
        await core.adapter.close_session(request)
    request.reason, request.token = "LOGOUT", "unheard-of"
    with pytest.raises(Refused, match="SESSION_UNKNOWN"):
        await core.adapter.close_session(request)


async def test_what_cannot_be_opened(core):
    player = await core.player()
    for wrong, reason in (
        ({"player_id": "nobody"}, "PLAYER_UNKNOWN"),
        ({"player_id": ""}, "INVALID_REQUEST"),
        ({"provider_id": "nowhere"}, "UNKNOWN_PROVIDER"),
        ({"request_id": ""}, "INVALID_REQUEST"),
        ({"currency_code": "USD"}, "WRONG_CURRENCY"),
        ({"ttl": Duration()}, "INVALID_REQUEST"),
        ({"ttl": Duration(seconds=-1)}, "INVALID_REQUEST"),
        ({"ttl": Duration(seconds=31 * 24 * 3600)}, "INVALID_REQUEST"),
    ):
        with pytest.raises(Refused, match=reason):
            await core.operator.open_session(opening(player, **wrong))
    await core.operator.block_player(
        BlockPlayerRequest(player_id=player, reason="asked to", actor="ann", request_id="b1")
    )
    with pytest.raises(Refused, match="PLAYER_BLOCKED"):
        await core.operator.open_session(opening(player))


async def test_a_session_needs_its_currency_where_there_are_two(core):
    player = await core.player(currency_codes=["EUR", "JPY"])
    with pytest.raises(Refused, match="WRONG_CURRENCY"):
        await core.operator.open_session(opening(player))
    opened = await core.operator.open_session(opening(player, currency_code="JPY"))
    found = await core.adapter.resolve_session(resolving(opened.token))
    assert found.display_digits == 0
    assert found.balances.shown.currency_code == "JPY"


async def test_tokens_outlive_the_process(sqlite_core_database):
    async with core_on(sqlite_core_database) as core:
        player = await core.player()
        token = await core.session(player)
    async with core_on(sqlite_core_database) as core:
        assert (await core.adapter.resolve_session(resolving(token))).player.player_id == player
