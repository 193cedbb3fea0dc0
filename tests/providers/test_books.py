"""What only the core can say: what it keeps of a request, and that the balance a provider is shown is what there is."""

from decimal import Decimal

import msgspec
import pytest
from wallet.v1.common_pb2 import REASON_PLAYER_BLOCKED
from wallet.v1.wallet_pb2 import OUTCOME_APPLIED, OUTCOME_REFUSED

from adapters.conformance.dialect import Situation, row
from tests.providers.conftest import DIALECTS
from tests.providers.door import LIVE, OLDER, at_once, move
from wallet_core.storage.check import check

replace = msgspec.structs.replace


def having(*functions, without=()):
    """The dialects that have these functions, and lack none of these."""
    found = [
        dialect
        for dialect in DIALECTS
        if all(getattr(dialect, name) for name in functions) and not dialect.lacks.keys() & set(without)
    ]
    return pytest.mark.parametrize("dialect", found, ids=lambda dialect: dialect.name)


async def told(door, wire):
    """What is said to a request, understood."""
    return door.dialect.read(await door.send(wire))


async def test_a_refused_bet_is_stored_as_refused(door, seat):
    bet = move("bet", seat, amount="100.01")

    assert not (await told(door, door.dialect.bet(bet))).ok
    assert (await door.stored(bet)).outcome == OUTCOME_REFUSED


async def test_a_bet_after_its_rollback_is_stored_as_not_applied(door, seat):
    bet = move("bet", seat)
    await door.send(door.dialect.rollback(move("rollback", seat, of=bet, round=bet.round)))
    await door.send(door.dialect.bet(bet))

    assert (await door.stored(bet)).outcome != OUTCOME_APPLIED
    assert await door.cash(seat) == Decimal("100.00")


async def test_ten_bets_and_their_rollbacks_at_once_end_where_they_began(door, seat):
    """Whichever of the two comes first."""
    bets = [move("bet", seat, amount="1.00") for _ in range(10)]
    undone = [move("rollback", seat, of=bet, round=bet.round, amount=bet.amount) for bet in bets]
    await at_once(*(door.send(door.says(each.kind)(each)) for each in (*bets, *undone)))
    await at_once(*(door.send(door.dialect.rollback(each)) for each in undone))

    assert await door.cash(seat) == Decimal("100.00")


@pytest.mark.parametrize("restrict", ["block", "exclude", "freeze"])
async def test_a_restricted_player_stakes_nothing_and_is_paid_and_given_back(door, seat, restrict):
    """Blocked, self-excluded or frozen: a provider hears the same (W-7, R-PROV-03)."""
    won, undone = (move("bet", seat) for _ in range(2))
    for bet in (won, undone):
        assert (await told(door, door.dialect.bet(bet))).ok
    await getattr(door, restrict)(seat)

    refused = move("bet", seat)
    assert not (await told(door, door.dialect.bet(refused))).ok
    assert (await door.stored(refused)).reason == REASON_PLAYER_BLOCKED
    assert (await told(door, door.dialect.win(move("win", seat, of=won, round=won.round, amount="5.00")))).ok
    assert (await told(door, door.dialect.rollback(move("rollback", seat, of=undone, round=undone.round)))).ok
    assert await door.cash(seat) == (Decimal("15.00") if restrict == "freeze" else Decimal("95.00"))


async def test_a_win_is_paid_and_a_bet_given_back_after_the_session(door, seat):
    won, undone = (move("bet", seat) for _ in range(2))
    for bet in (won, undone):
        await door.send(door.dialect.bet(bet))
    await door.close(seat)

    assert (await told(door, door.dialect.win(move("win", seat, of=won, round=won.round, amount="5.00")))).ok
    assert (await told(door, door.dialect.rollback(move("rollback", seat, of=undone, round=undone.round)))).ok
    assert await door.cash(seat) == Decimal("95.00")


@having(without=["rollback.of-a-win"])
async def test_a_win_that_is_spent_and_taken_back_leaves_nobody_below_zero(door, seat):
    bet = move("bet", seat, amount="10.00")
    win = move("win", seat, of=bet, round=bet.round, amount="50.00")
    for each in (bet, win, move("bet", seat, amount="140.00")):
        assert (await told(door, door.says(each.kind)(each))).ok
    await door.send(door.dialect.rollback(move("rollback", seat, of=win, round=win.round, amount=win.amount)))

    assert await door.cash(seat) == 0
    assert await check(door.core.store) == []


async def test_what_is_shown_is_what_there_is(door, seat):
    for amount in ("10.00", "0.01", "33.33", "5.55"):
        bet = move("bet", seat, amount=amount)
        await door.send(door.dialect.bet(bet))
        await door.send(door.dialect.win(move("win", seat, of=bet, round=bet.round, amount="0.07", closes=True)))
    shown = await told(door, door.dialect.balance(move("balance", seat)))

    assert shown.balance == await door.cash(seat) == Decimal("51.39")


@pytest.mark.parametrize("key", [LIVE, OLDER])
async def test_both_keys_of_a_rotation_are_live(door, seat, key):
    assert door.dialect.read(await door.send(door.dialect.balance(move("balance", seat)), key)).ok


@having("batch")
async def test_a_thousand_payments_fit_in_one_batch(door, seat):
    payments = tuple(move("prize", seat, amount="0.01") for _ in range(1000))
    reply = await told(door, door.dialect.batch(move("batch", seat, items=payments)))

    assert [item.ok for item in reply.items] == [True] * 1000
    assert await door.cash(seat) == Decimal("110.00")


async def test_two_players_with_the_same_ids_have_each_their_own_money(door, seat):
    """Whether a protocol has one space of ids or one a player: nobody pays, or is paid, for somebody else."""
    other = await door.seat()
    first, second = move("bet", seat), move("bet", other)
    second = replace(second, id=first.id, round=first.round)
    await door.send(door.dialect.bet(first))
    taken = (await told(door, door.dialect.bet(second))).ok
    await door.send(door.dialect.rollback(move("rollback", seat, of=first, round=first.round)))

    assert await door.cash(seat) in ({Decimal("100.00"), Decimal("90.00")} if taken else {Decimal("100.00")})
    assert await door.cash(other) == (Decimal("90.00") if taken else Decimal("100.00"))


async def test_a_refusal_for_want_of_money_shows_the_balance_where_the_protocol_wants_it(door, seat):
    wanted = {one.balance for one in row(door.dialect, Situation.INSUFFICIENT_FUNDS)}
    shown = (await told(door, door.dialect.bet(move("bet", seat, amount="100.01")))).balance

    assert shown in {None: {None, Decimal("100.00")}, True: {Decimal("100.00")}, False: {None}}[wanted.pop()]
