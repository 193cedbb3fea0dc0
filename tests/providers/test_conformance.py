"""The shared suite: what every provider's adapter must do with a real core behind it."""

from decimal import Decimal

import pytest
from wallet.v1.sessions_pb2 import CloseSessionRequest
from wallet.v1.wallet_pb2 import OUTCOME_APPLIED, OUTCOME_REFUSED

from tests.providers.door import at_once, opened
from tests.providers.wire import Wire


async def closed(core, dialect, token):
    await core.operator.close_session(
        CloseSessionRequest(provider_id=dialect.provider_id, token=token, reason="OPERATOR")
    )


async def test_a_balance_is_shown(door, player):
    assert door.dialect.shown(await door.send(door.dialect.balance(player))) == Decimal("100.00")


async def test_a_bet_takes_and_a_win_gives(door, player, token, fresh):
    round_id = fresh("round")
    bet = await door.send(door.dialect.bet(player, token, fresh("bet"), "10.00", round_id=round_id))
    win = await door.send(door.dialect.win(player, fresh("win"), "25.50", round_id=round_id))

    assert (bet.status, door.dialect.shown(bet)) == (200, Decimal("90.00"))
    assert (win.status, door.dialect.shown(win)) == (200, Decimal("115.50"))
    assert await door.cash(player) == Decimal("115.50")


async def test_a_repeated_bet_is_answered_as_the_first_and_moves_nothing(door, player, token, fresh):
    bet = door.dialect.bet(player, token, fresh("bet"), "10.00")
    first, second = await door.send(bet), await door.send(bet)

    assert second.status == 200
    assert door.dialect.transaction_id(first) == door.dialect.transaction_id(second)
    assert door.dialect.shown(second) == Decimal("90.00")
    assert await door.cash(player) == Decimal("90.00")


async def test_twenty_copies_at_once_are_one_bet(door, player, token, fresh):
    bet = door.dialect.bet(player, token, fresh("bet"), "10.00")
    replies = await at_once(*(door.send(bet) for _ in range(20)))

    assert {200} == {reply.status for reply in replies}
    assert len({door.dialect.transaction_id(reply) for reply in replies}) == 1
    assert await door.cash(player) == Decimal("90.00")


async def test_twenty_bets_at_once_are_all_taken_once(door, player, token, fresh):
    replies = await at_once(*(door.send(door.dialect.bet(player, token, fresh("bet"), "1.00")) for _ in range(20)))

    assert {200} == {reply.status for reply in replies}
    assert {Decimal(100 - n) for n in range(1, 21)} == {door.dialect.shown(reply) for reply in replies}
    assert await door.cash(player) == Decimal("80.00")


async def test_an_id_with_other_contents_is_a_conflict(door, player, token, fresh):
    bet, round_id = fresh("bet"), fresh("round")
    await door.send(door.dialect.bet(player, token, bet, "10.00", round_id=round_id))
    reply = await door.send(door.dialect.bet(player, token, bet, "11.00", round_id=round_id))

    door.refused(reply, "CONFLICT")
    assert await door.cash(player) == Decimal("90.00")


async def test_too_little_money_is_refused_and_stays_refused(door, player, token, fresh):
    bet = door.dialect.bet(player, token, fresh("bet"), "100.01")
    door.refused(await door.send(bet), "INSUFFICIENT_FUNDS")
    await door.send(door.dialect.win(player, fresh("win"), "50.00"))

    door.refused(await door.send(bet), "INSUFFICIENT_FUNDS")
    assert await door.cash(player) == Decimal("150.00")


async def test_a_rollback_gives_the_stake_back_once(door, player, token, fresh):
    bet = fresh("bet")
    await door.send(door.dialect.bet(player, token, bet, "10.00"))
    first = await door.send(door.dialect.rollback(player, bet))
    second = await door.send(door.dialect.rollback(player, bet))

    assert (first.status, door.dialect.shown(first)) == (200, Decimal("100.00"))
    assert (second.status, door.dialect.shown(second)) == (200, Decimal("100.00"))
    assert await door.cash(player) == Decimal("100.00")


async def test_a_rollback_needs_no_player(door, player, token, fresh):
    bet = fresh("bet")
    await door.send(door.dialect.bet(player, token, bet, "10.00"))
    reply = await door.send(door.dialect.rollback(None, bet))

    assert (reply.status, door.dialect.shown(reply)) == (200, Decimal("100.00"))
    assert await door.cash(player) == Decimal("100.00")


@pytest.mark.parametrize("named", [True, False], ids=["player", "nobody"])
async def test_a_bet_after_its_rollback_never_moves(door, player, token, fresh, named):
    bet = fresh("bet")
    rollback = door.dialect.rollback(player if named else None, bet)
    assert (await door.send(rollback)).status == 200
    door.refused(await door.send(door.dialect.bet(player, token, bet, "10.00")), "TOMBSTONED")
    assert (await door.send(rollback)).status == 200

    assert await door.cash(player) == Decimal("100.00")
    assert (await door.stored(bet)).outcome != OUTCOME_APPLIED


async def test_a_win_is_paid_and_a_bet_rolled_back_after_the_session(door, core, player, token, fresh):
    bet, round_id = fresh("bet"), fresh("round")
    await door.send(door.dialect.bet(player, token, bet, "10.00", round_id=round_id))
    await closed(core, door.dialect, token)

    assert (await door.send(door.dialect.win(player, fresh("win"), "5.00", round_id=round_id))).status == 200
    door.refused(await door.send(door.dialect.bet(player, token, fresh("bet"), "1.00")), "SESSION_EXPIRED")
    assert await door.cash(player) == Decimal("95.00")


async def test_a_win_of_nothing_closes_the_round(door, player, token, fresh):
    round_id = fresh("round")
    await door.send(door.dialect.bet(player, token, fresh("bet"), "10.00", round_id=round_id))
    win = await door.send(door.dialect.win(player, fresh("win"), "0.00", round_id=round_id, close=True))
    late = await door.send(door.dialect.bet(player, token, fresh("bet"), "1.00", round_id=round_id))

    assert win.status == 200
    door.refused(late, "ROUND_CLOSED")
    assert await door.cash(player) == Decimal("90.00")


async def test_amounts_keep_their_last_digit(door, player, token, fresh):
    reply = await door.send(door.dialect.bet(player, token, fresh("bet"), "0.000001"))

    assert door.dialect.shown(reply) == Decimal("99.999999")


async def test_a_batch_pays_each_item_for_itself(door, core, player, fresh):
    other = await core.player(balance="0.00")
    items = [
        (player, fresh("win"), "1.00"),
        (fresh("nobody"), fresh("win"), "2.00"),
        (other, fresh("win"), "3.00"),
        (player, fresh("win"), "-1.00"),
    ]
    batch = door.dialect.batch(fresh("batch"), items)
    first, second = await door.send(batch), await door.send(batch)

    codes = ["OK", door.dialect.expected("PLAYER_UNKNOWN")[1], "OK", "INVALID_AMOUNT"]
    assert door.dialect.batch_codes(first) == codes
    assert door.dialect.batch_codes(second) == codes
    assert (await door.cash(player), await door.cash(other)) == (Decimal("101.00"), Decimal("3.00"))


async def test_a_thousand_payments_fit_in_one_batch(door, player, fresh):
    items = [(player, fresh("win"), "0.01") for _ in range(1000)]
    reply = await door.send(door.dialect.batch(fresh("batch"), items))

    assert door.dialect.batch_codes(reply) == ["OK"] * 1000
    assert await door.cash(player) == Decimal("110.00")


@pytest.mark.parametrize("secret", [b"new-key", b"old-key"])
async def test_both_keys_of_a_rotation_are_live(dialect, core, player, secret):
    async with opened(dialect, core.target, core.adapter_token, core, secrets=(b"new-key", b"old-key")) as door:
        assert (await door.send(dialect.balance(player), secret=secret)).status == 200


async def test_another_adapter_carries_on_where_one_was_stopped(door, player, token, fresh):
    bet = door.dialect.bet(player, token, fresh("bet"), "10.00")
    first = await door.send(bet)
    async with opened(door.dialect, door.core.target, door.core.adapter_token, door.core) as second_door:
        second = await second_door.send(bet)

    assert door.dialect.transaction_id(first) == door.dialect.transaction_id(second)
    assert await door.cash(player) == Decimal("90.00")


async def test_a_refused_bet_is_stored_as_refused(door, player, token, fresh):
    bet = fresh("bet")
    await door.send(door.dialect.bet(player, token, bet, "100.01"))

    assert (await door.stored(bet)).outcome == OUTCOME_REFUSED


async def test_ready_means_the_core_knows_us(door, dialect, core):
    assert (await door.raw(Wire("GET", "/readyz"), {})).status == 200
    async with opened(dialect, core.target, "not-the-token", core) as stranger:
        assert (await stranger.raw(Wire("GET", "/readyz"), {})).status == 503
