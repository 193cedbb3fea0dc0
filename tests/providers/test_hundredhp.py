"""100hp before a real core: the life of a txId, each repetition an error of its own, and statuses beyond HTTP's."""

from decimal import Decimal

import pytest
from wallet.v1.sessions_pb2 import CloseSessionRequest

from tests.providers.door import at_once, opened
from tests.providers.hundredhp_dialect import HundredHp
from tests.providers.wire import SECRET

DIALECT = HundredHp()


@pytest.fixture
def dialect():
    return DIALECT


async def test_the_secret_of_the_body_is_asked_for(door, token):
    for wrong in (SECRET + b"x", SECRET[:-1], SECRET.swapcase(), b""):
        reply = await door.send(DIALECT.said("balance", secret=wrong, sessionId=token))
        assert (reply.status, DIALECT.code(reply)) == (601, 601)


@pytest.mark.parametrize("secret", [b"new-key", b"old-key"])
async def test_both_secrets_of_a_rotation_are_live(core, token, secret):
    async with opened(DIALECT, core.target, core.adapter_token, core, secrets=(b"new-key", b"old-key")) as door:
        assert (await door.send(DIALECT.said("balance", secret=secret, sessionId=token))).status == 200


async def test_twenty_copies_at_once_are_one_withdrawal(door, player, token, fresh):
    bet = DIALECT.bet(player, token, fresh("bet"))
    replies = await at_once(*(door.send(bet) for _ in range(20)))

    assert sorted(reply.status for reply in replies) == [200] + [607] * 19
    assert await door.cash(player) == Decimal("90.00")


async def test_twenty_copies_at_once_are_one_deposit(door, player, token, fresh):
    bet = fresh("bet")
    await door.send(DIALECT.bet(player, token, bet))
    replies = await at_once(*(door.send(DIALECT.deposit(bet, "15.00")) for _ in range(20)))

    assert sorted(reply.status for reply in replies) == [200] + [609] * 19
    assert await door.cash(player) == Decimal("105.00")


async def test_deposit_and_rollback_at_once_end_as_one_of_them(door, player, token, fresh):
    bet = fresh("bet")
    await door.send(DIALECT.bet(player, token, bet))
    paid, undone = await at_once(door.send(DIALECT.deposit(bet, "15.00")), door.send(DIALECT.rollback(None, bet)))

    assert (paid.status, undone.status) in {(200, 609), (608, 200)}
    assert await door.cash(player) == (Decimal("105.00") if paid.status == 200 else Decimal("100.00"))


async def test_a_deposit_comes_and_a_withdrawal_does_not_after_the_session(door, core, player, token, fresh):
    bet, other = fresh("bet"), fresh("bet")
    await door.send(DIALECT.bet(player, token, bet))
    await door.send(DIALECT.bet(player, token, other))
    await core.operator.close_session(
        CloseSessionRequest(provider_id=DIALECT.provider_id, token=token, reason="OPERATOR")
    )

    assert (await door.send(DIALECT.bet(player, token, fresh("bet")))).status == 604
    assert (await door.send(DIALECT.balance(token))).status == 604
    assert (await door.send(DIALECT.deposit(bet, "15.00"))).status == 200
    assert (await door.send(DIALECT.rollback(None, other))).status == 200
    assert await door.cash(player) == Decimal("105.00")


async def test_a_session_in_another_currency_stakes_nothing(door, core, fresh):
    player = await core.player(balance="100.00", currency="SEK")
    token = await core.session(player, DIALECT.provider_id)

    assert (await door.send(DIALECT.bet(player, token, fresh("bet")))).status == 400


async def test_an_account_without_a_currency_books_nothing(core, player, token, fresh):
    unset = HundredHp()
    unset.settings = {}
    async with opened(unset, core.target, core.adapter_token, core) as door:
        assert (await door.send(DIALECT.bet(player, token, fresh("bet")))).status == 400
        assert (await door.send(DIALECT.balance(token))).status == 200
        assert await door.cash(player) == Decimal("100.00")
