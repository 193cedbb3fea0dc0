"""A player with bonus money, and free rounds that the operator granted, in every protocol before a real core."""

import json
import re
import time
import uuid
from decimal import Decimal
from functools import partial
from urllib.parse import parse_qsl

import msgspec
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1.free_rounds_pb2 import (
    FREE_ROUND_SETTLE_EACH,
    GetFreeRoundsRequest,
    GrantFreeRoundsRequest,
    RegisterFreeRoundsRequest,
)
from wallet.v1.promos_pb2 import (
    BONUS_FUNDING_PROPORTIONAL,
    BONUS_WIN_SPLIT_PRO_RATA,
    BonusTerms,
    GrantBonusRequest,
    Promotion,
    PromotionAmounts,
    PublishTemplateRequest,
)
from wallet.v1.wallet_pb2 import GetBalanceRequest

from adapters import money
from adapters.conformance.dialect import ACCEPTED, Situation, row
from adapters.conformance.wires import posted, query, subunits
from adapters.providers import module, protocols
from tests.providers.conftest import DIALECTS
from tests.providers.door import move, opened
from tests.support.core import money as amount

# Any of these would be a pocket's, or the part of one that has no pocket.
POCKETS = re.compile(rb"BONUS:|CASH:|HELD|LAPSED|REFUNDED|IN_PLAY|POINTS")


@pytest.fixture(scope="module")
async def template(core):
    """50.00, wagered ten times; it pays its share of each stake, and gets that of each win."""
    await core.allow_bonuses()
    promotion = Promotion(
        title="Fifty",
        text="Wager it 10 times.",
        amounts=[PromotionAmounts(currency_code="EUR", fixed=amount("50"))],
        terms=BonusTerms(multiplier=1_000, funding=BONUS_FUNDING_PROPORTIONAL, win_split=BONUS_WIN_SPLIT_PRO_RATA),
        automatic=True,
    )
    facts = {"template_id": "fifty", "version": 1, "reason": "a test", "actor": "test", "request_id": "fifty"}
    return (await core.operator.publish_template(PublishTemplateRequest(promotion=promotion, **facts))).template


@pytest.fixture
async def bonus(core, door, template):
    """A player with 50.00 in cash and 50.00 of a bonus; the seat and the bonus."""
    seat = await door.seat(balance="50.00")
    facts = {"currency_code": "EUR", "reason": "a test", "actor": "test", "request_id": uuid.uuid4().hex}
    request = GrantBonusRequest(
        player_id=seat.player, template_id=template.template_id, version=template.version, **facts
    )
    return seat, (await core.operator.grant_bonus(request)).bonus


async def held(core, seat):
    """Cash and bonus money."""
    reply = await core.operator.get_balance(GetBalanceRequest(player_id=seat.player, currency_code="EUR"))
    return Decimal(money.text(reply.balances.cash, 2)), Decimal(money.text(reply.balances.bonus, 2))


def of_generic(members):
    ((_, cash), (_, bonus)) = ((part["pocket"], part["amount"]) for part in members["transactions"][0]["parts"])
    return members["balance"]["cash"], members["balance"]["bonus"], bonus, cash


# What an answer to a stake tells of bonus money: cash, bonus, the stake's bonus part, and its cash part.
TOLD = {
    "pragmatic": lambda members: (members["cash"], members["bonus"], members["usedPromo"]),
    "evolution": lambda members: (members["balance"], members["bonus"]),
    "redtiger": lambda members: (
        *(members["result"]["balance"][kind] for kind in ("cash", "bonus")),
        *(members["result"]["stake"][kind] for kind in ("bonus", "cash")),
    ),
    "softswiss": lambda members: ("45", "45", members["transactions"][0]["bonus_amount"]),
    "generic_seamless": of_generic,
}


def tells_half(dialect, reply):
    if dialect.protocol in TOLD:
        told = [abs(Decimal(text)) for text in TOLD[dialect.protocol](reply.members)]
        assert told == [45, 45, 5, 5][: len(told)], reply.body


async def test_a_stake_that_bonus_money_pays_half_of(core, door, bonus):
    """R-FUND-06, R-FUND-10, R-FUND-14, R-RB-02; no answer names a pocket."""
    seat, granted = bonus
    dialect, answers = door.dialect, []

    async def said(wire, *, ok=True):
        reply = await door.send(wire)
        answers.append(reply.body)
        told = dialect.read(reply)
        assert told.ok is ok, reply.body
        return told, reply

    async def shows(expected, told):
        assert told.balance in (None, Decimal(expected))
        balance, _ = await said(dialect.balance(move("balance", seat)))
        assert balance.balance == Decimal(expected)

    await shows("100.00", (await said(dialect.balance(move("balance", seat))))[0])

    bet = move("bet", seat)
    first, reply = await said(dialect.bet(bet))
    tells_half(dialect, reply)
    await shows("90.00", first)
    assert await held(core, seat) == (45, 45)
    stored = {part.pocket: part.amount.units for part in (await door.stored(bet)).parts}
    assert stored == {"CASH": -5, f"BONUS:{granted.bonus_id}": -5}

    # The others have an error for what they were told before.
    again = row(dialect, Situation.SAME_BET) == (ACCEPTED,)
    second, reply = await said(dialect.bet(bet), ok=again)
    if again:
        assert (second.balance, second.transaction) == (first.balance, first.transaction)
        tells_half(dialect, reply)
    assert await held(core, seat) == (45, 45)

    won, _ = await said(dialect.win(move("win", seat, of=bet, round=bet.round, amount="4.00")))
    await shows("94.00", won)
    assert await held(core, seat) == (47, 47)

    lost = move("bet", seat, amount="94.00")
    await shows("0.00", (await said(dialect.bet(lost)))[0])
    await said(dialect.bet(move("bet", seat, amount="0.01")), ok=False)
    undone, _ = await said(dialect.rollback(move("rollback", seat, of=lost)))
    await shows("94.00", undone)
    assert await held(core, seat) == (47, 47)

    spoken = b"\n".join(answers)
    assert POCKETS.search(spoken) is None
    assert granted.bonus_id.encode() not in spoken


async def test_a_bonus_that_may_not_pay_for_a_game_is_not_shown_in_it(core, door):
    """R-FUND-03, R-FUND-14: neither by the balance, nor by a bet, nor by its repeat."""
    seat, dialect = await door.seat(balance="50.00"), door.dialect
    first = move("bet", seat, amount="1.00")
    assert dialect.read(await door.send(dialect.bet(first))).ok
    game_id = (await door.stored(first)).game_id
    if not game_id:
        assert dialect.protocol in {"hundredhp", "swipe"}  # their bets do not say it, and nothing else does here
        return
    promotion = Promotion(
        title="Fifty",
        text="Wager it 10 times, elsewhere.",
        amounts=[PromotionAmounts(currency_code="EUR", fixed=amount("50"))],
        terms=BonusTerms(multiplier=1_000, excluded_game_ids=[game_id]),
        automatic=True,
    )
    facts = {"template_id": f"not-{dialect.name}", "version": 1, "reason": "a test", "actor": "test"}
    await core.operator.publish_template(
        PublishTemplateRequest(promotion=promotion, request_id=facts["template_id"], **facts)
    )
    own = {"player_id": seat.player, "currency_code": "EUR", "request_id": uuid.uuid4().hex}
    await core.operator.grant_bonus(GrantBonusRequest(**facts, **own))
    assert await held(core, seat) == (49, 50)

    bet = move("bet", seat, amount="9.00")
    told = dialect.read(await door.send(dialect.bet(bet)))
    assert told.ok
    assert told.balance in (None, Decimal("40.00"))
    again = dialect.read(await door.send(dialect.bet(bet)))
    assert again.balance in (None, Decimal("40.00"))
    assert not dialect.read(await door.send(dialect.bet(move("bet", seat, amount="40.01")))).ok
    assert await held(core, seat) == (40, 50)


# Free rounds: a request as it is without them, and the id of the reward.


def in_json(wire, *path, **more):
    """More members of the body, or of the object in it at the path."""
    members = msgspec.json.decode(wire.body)
    place = members
    for name in path:
        place = place.setdefault(name, {})
    place.update(more)
    return msgspec.structs.replace(wire, body=json.dumps(members).encode())


def in_form(wire, **more):
    fields = dict(parse_qsl(wire.body.decode(), keep_blank_values=True)) | more
    return msgspec.structs.replace(wire, body=query(fields).encode())


def in_query(wire, **more):
    return msgspec.structs.replace(wire, target=f"{wire.target}&{query(more)}")


def promised(word, wire, grant):
    """Red Tiger: what is staked and paid is the promotion's."""
    named = in_json(wire, "promo", instanceCode=grant)
    told = json.loads(wire.body)["transaction"][word]
    return in_json(named, "transaction", **{word: "0.00", f"{word}Promo": told})


def both(change):
    return change, change


# How a bet and its win are said to be of free rounds.
FREE = {
    "hub88": both(lambda wire, grant: in_json(wire, is_free=True, reward_uuid=grant)),
    "rubyplay": both(lambda wire, grant: in_json(wire, freeRound=True, promotionId=grant)),
    "pragmatic": both(lambda wire, grant: in_form(wire, bonusCode=grant)),
    "slotegrator": both(lambda wire, grant: in_form(wire, type="freespin", freespin_id=grant)),
    "generic_seamless": both(lambda wire, grant: in_json(wire, free_rounds_id=grant)),
    "redtiger": (partial(promised, "stake"), partial(promised, "payout")),
    "blueocean": (
        lambda wire, grant: in_query(wire, is_freeround_bet="1", freeround_id=grant),
        lambda wire, grant: in_query(wire, is_freeround_win="1", freeround_id=grant),
    ),
    "outcomebet": (
        lambda wire, grant: in_json(wire, "params", bonusId=grant, chargeFreerounds=1),
        lambda wire, grant: in_json(wire, "params", bonusId=grant),
    ),
}


def gcp_total(dialect, total, grant):
    issue = {"issue_id": f"{total.seat.player}:EUR:{grant}", "status": "played"}
    return posted("/freespins", issue | {"total_amount": int(subunits(total.amount, 2))})


# How the total of free rounds is said, where the provider tells no more.
TOTAL = {
    "betsoft": lambda dialect, total, grant: in_form(dialect.prize(total), bonusId=grant),
    "evolution": lambda dialect, total, grant: in_json(dialect.prize(total), "promoTransaction", voucherId=grant),
    "gcp": gcp_total,
    "hundredhp": lambda dialect, total, grant: in_json(dialect.prize(total), promoId=grant),
    "jdb": lambda dialect, total, grant: in_json(dialect.prize(total), action=16, eventId=grant),
    "swipe": lambda dialect, total, grant: in_json(dialect.prize(total), frID=grant),
}


def of(protocols):
    found = [dialect for dialect in DIALECTS if dialect.protocol in protocols]
    return pytest.mark.parametrize("dialect", found, ids=lambda dialect: dialect.name)


@pytest.fixture
async def granting(core, dialect):
    """A door that knows of grants."""
    own = {} if dialect.protocol == "generic_seamless" else {"grants": True}
    async with opened(dialect, core.target, core.adapter_token, core, own=own) as door:
        yield door


async def rounds(core, seat, provider_id):
    """Three rounds of 0.20, confirmed; their id."""
    await core.allow_bonuses()
    grant = uuid.uuid4().hex
    request = GrantFreeRoundsRequest(
        player_id=seat.player,
        grant_id=grant,
        provider_id=provider_id,
        rounds=3,
        value=amount("0.20"),
        settle=FREE_ROUND_SETTLE_EACH,
        campaign="spring",
        expires_at=Timestamp(seconds=int(time.time()) + 86_400),
        reason="a test",
        actor="test",
    )
    await core.operator.grant_free_rounds(request)
    confirmed = RegisterFreeRoundsRequest(
        player_id=seat.player,
        grant_id=grant,
        provider_id=provider_id,
        confirmed=True,
        reason="a test",
        actor="test",
        request_id=uuid.uuid4().hex,
    )
    await core.operator.register_free_rounds(confirmed)
    return grant


async def of_the_grant(core, seat, grant):
    request = GetFreeRoundsRequest(player_id=seat.player, grant_id=grant)
    found = (await core.operator.get_free_rounds(request)).free_rounds
    return found.left, Decimal(money.text(found.won, 2))


@of(FREE)
async def test_a_free_round_takes_nothing_and_its_win_is_the_grants(core, dialect, granting):
    """R-FREE-03, R-FREE-04."""
    of_bet, of_win = FREE[dialect.protocol]
    seat = await granting.seat(balance="10.00")
    grant = await rounds(core, seat, dialect.name)
    bet = move("bet", seat, amount="0.20")
    win = dialect.win(move("win", seat, of=bet, round=bet.round, amount="5.00"))

    staked = await granting.send(of_bet(dialect.bet(bet), grant))
    assert dialect.read(staked).ok, staked.body
    assert dialect.read(staked).balance in (None, Decimal("10.00"))
    assert await held(core, seat) == (10, 0)
    assert await of_the_grant(core, seat, grant) == (2, 0)

    won = await granting.send(of_win(win, grant))
    assert dialect.read(won).ok, won.body
    assert dialect.read(won).balance in (None, Decimal("15.00"))
    assert await held(core, seat) == (15, 0)
    assert await of_the_grant(core, seat, grant) == (2, 5)


@of(TOTAL)
async def test_a_total_of_free_rounds_is_won_by_the_grant(core, dialect, granting):
    """R-FREE-04."""
    seat = await granting.seat(balance="10.00")
    grant = await rounds(core, seat, dialect.name)
    total = TOTAL[dialect.protocol](dialect, move("prize", seat, amount="5.00"), grant)

    won = await granting.send(total)
    assert dialect.read(won).ok, won.body
    assert await held(core, seat) == (15, 0)
    assert (await of_the_grant(core, seat, grant))[1] == 5


@of([*FREE, *TOTAL])
async def test_a_win_that_no_grant_covers_is_accepted_and_held(core, dialect, granting):
    """R-FREE-06; where it is held, nobody is told."""
    seat = await granting.seat(balance="10.00")
    if dialect.protocol in TOTAL:
        win = TOTAL[dialect.protocol](dialect, move("prize", seat, amount="5.00"), "nobody-knows")
    else:
        bet = move("bet", seat, amount="1.00")
        staked = await granting.send(dialect.bet(bet))
        assert dialect.read(staked).ok, staked.body
        of_win = FREE[dialect.protocol][1]
        win = of_win(dialect.win(move("win", seat, of=bet, round=bet.round, amount="5.00")), "nobody-knows")
    before, _ = await held(core, seat)

    reply = await granting.send(win)
    assert dialect.read(reply).ok, reply.body
    assert dialect.read(reply).balance in (None, before)
    assert await held(core, seat) == (before, 0)
    assert POCKETS.search(reply.body) is None


def test_every_protocol_that_can_be_told_of_grants_is_tried():
    told = {name for name in protocols() if "grants" in module(name).Settings.__struct_fields__}
    assert told | {"generic_seamless"} == {*FREE, *TOTAL}
