"""Evolution before a real core: the verdicts the vendor's own tester demands, row by row, and what it leaves open."""

import asyncio
import uuid
from decimal import Decimal

import msgspec
import pytest

from adapters.conformance.dialect import Seat
from adapters.conformance.dialects import dialects
from adapters.conformance.wires import posted, raw
from adapters.faults import Fault
from tests.providers.door import OLDER, at_once, opened

DIALECT = dialects()["evolution"]
DONE = {"OK", "BET_ALREADY_SETTLED"}


@pytest.fixture
def dialect():
    return DIALECT


@pytest.fixture
def fresh():
    return lambda word: f"{word}-{uuid.uuid4().hex}"


@pytest.fixture
async def player(seat):
    return seat.player


@pytest.fixture
async def token(seat):
    return seat.token


class Words:
    """The vendor's messages under ids of the test's choice."""

    def said(self, method, player, sid, **members):
        # Every request of the vendor's tester has a member that must be ignored.
        common = {"userId": player, "sid": sid, "uuid": str(uuid.uuid4()), "someFakeField": [1]}
        return posted(f"/{method}", common | members)

    def check(self, player, sid, method="check"):
        return self.said(method, player, sid, channel={"type": "P"})

    def balance(self, player, sid=""):
        return self.said("balance", player, sid, currency="EUR", game=None)

    def move(self, method, player, sid, ids, amount="10.00", **more):
        transaction_id, ref_id = ids
        game = {"id": "g-1", "type": "wheel", "details": {"table": {"id": "roulette", "vid": "v-1"}}}
        transaction = {"id": transaction_id, "refId": ref_id, "amount": raw(amount)}
        return self.said(method, player, sid, **{"currency": "EUR", "game": game, "transaction": transaction} | more)

    def bet(self, player, token, transaction_id, amount="10.00", **more):
        return self.move("debit", player, token, (transaction_id, f"r-{transaction_id}"), amount, **more)

    def credit(self, player, sid, ids, amount="10.00", **more):
        return self.move("credit", player, sid, ids, amount, **more)

    def promo(self, player, sid, promo_id, amount="5.00", kind="FreeRoundPlayableSpent", **more):
        promo = {"type": kind, "id": promo_id, "amount": raw(amount), **more}
        return self.said("promo_payout", player, sid, currency="EUR", game=None, promoTransaction=promo)

    def shown(self, reply):
        return Decimal(reply.members["balance"]) + Decimal(reply.members["bonus"])


SAY = Words()


class VendorsTester:
    """The vendor's tester with one player: each call says the status, and `total` what it then believes there is."""

    def __init__(self, door, player, sid, run):
        self.door, self.player, self.sid, self._run = door, player, sid, run

    def ids(self, transaction, ref):
        return f"{transaction}-{self._run}", f"{ref}-{self._run}"

    async def said(self, wire):
        reply = await self.door.send(wire)
        assert reply.status == 200, reply.body
        return reply.members["status"]

    async def debit(self, transaction, ref, amount="10.00", **more):
        return await self.said(SAY.move("debit", self.player, self.sid, self.ids(transaction, ref), amount, **more))

    async def credit(self, transaction, ref, amount="10.00", **more):
        return await self.said(SAY.credit(self.player, self.sid, self.ids(transaction, ref), amount, **more))

    async def cancel(self, transaction, ref, amount="10.00", **more):
        wire = SAY.move("cancel", self.player, self.sid, self.ids(transaction, ref), amount, **more)
        return await self.said(wire)

    async def total(self):
        """As the adapter shows it, which must be what the core has."""
        shown = SAY.shown(await self.door.send(SAY.balance(self.player, self.sid)))
        assert shown == await self.door.cash(Seat(self.player))
        return shown


@pytest.fixture
async def tester(door, player, token, fresh):
    return VendorsTester(door, player, token, fresh("run"))


@pytest.mark.parametrize("second", ["10.00", "25.00"])
async def test_row_1_a_second_debit_takes_nothing_whatever_its_amount(tester, second):
    assert await tester.debit("i1", "r1", "10.00") == "OK"
    assert await tester.debit("i1", "r1", second) == "BET_ALREADY_EXIST"
    assert await tester.total() == Decimal(90)


@pytest.mark.parametrize("again", ["i2", "i3"])
async def test_rows_2_and_3_a_bet_is_settled_once_under_the_same_id_or_another(tester, again):
    await tester.debit("i1", "r1")
    assert await tester.credit("i2", "r1", "30.00") == "OK"
    assert await tester.credit(again, "r1", "30.00") == "BET_ALREADY_SETTLED"
    assert await tester.credit(again, "r1", "31.00") == "BET_ALREADY_SETTLED"
    assert await tester.total() == Decimal(120)


async def test_row_4_a_second_cancel_gives_nothing_back(tester):
    await tester.debit("i1", "r1")
    assert await tester.cancel("i1", "r1") == "OK"
    assert await tester.cancel("i1", "r1") in DONE
    assert await tester.total() == Decimal(100)


async def test_row_5_a_cancelled_bet_is_not_credited(tester):
    await tester.debit("i1", "r1")
    await tester.cancel("i1", "r1")
    assert await tester.credit("i2", "r1") == "BET_ALREADY_SETTLED"
    assert await tester.credit("i2", "r1") == "BET_ALREADY_SETTLED"
    assert await tester.total() == Decimal(100)


async def test_row_6_a_settled_bet_is_not_cancelled(tester):
    await tester.debit("i1", "r1")
    await tester.credit("i2", "r1", "25.00")
    assert await tester.cancel("i1", "r1") == "BET_ALREADY_SETTLED"
    assert await tester.total() == Decimal(115)


async def test_rows_7_and_8_a_cancel_before_its_debit_keeps_that_from_moving(tester):
    for _ in range(2):
        assert await tester.cancel("i2", "r2") == "BET_DOES_NOT_EXIST"
    for _ in range(2):
        assert await tester.debit("i2", "r2") == "FINAL_ERROR_ACTION_FAILED"
    assert await tester.credit("i3", "r2") == "BET_DOES_NOT_EXIST"
    assert await tester.total() == Decimal(100)


async def test_row_9_two_bets_of_one_game_are_settled_each_for_itself(tester):
    assert await tester.debit("a", "r1") == await tester.debit("b", "r2") == "OK"
    assert await tester.credit("c", "r1", "20.00") == "OK"
    assert await tester.cancel("b", "r2") == "OK"
    assert await tester.total() == Decimal(110)


async def test_row_10_fifteen_debits_eleven_credits_and_four_cancels_in_a_round(tester):
    assert {await tester.debit(f"d{n}", f"r{n}", "1.00") for n in range(15)} == {"OK"}
    assert await tester.total() == Decimal(85)
    assert {await tester.credit(f"c{n}", f"r{n}", "2.00") for n in range(11)} == {"OK"}
    assert {await tester.cancel(f"d{n}", f"r{n}", "1.00") for n in range(11, 15)} == {"OK"}
    assert await tester.total() == Decimal(111)


async def test_row_10_a_hundred_and_one_bets_in_a_round_at_once(tester):
    numbers = range(101)
    assert set(await at_once(*(tester.debit(f"d{n}", f"r{n}", "0.50") for n in numbers))) == {"OK"}
    amounts = ["0" if n % 25 else "3.000001" for n in numbers]
    assert set(await at_once(*(tester.credit(f"c{n}", f"r{n}", amounts[n]) for n in numbers))) == {"OK"}
    assert await tester.total() == Decimal("64.500005")


async def test_row_11_a_credit_of_nothing_closes(tester):
    await tester.debit("i1", "r1")
    assert await tester.credit("i2", "r1", "0") == "OK"
    assert await tester.cancel("i1", "r1") == "BET_ALREADY_SETTLED"
    assert await tester.total() == Decimal(90)


async def test_row_12_more_than_there_is_is_refused_with_what_there_is(tester):
    reply = await tester.door.send(SAY.bet(tester.player, tester.sid, "too-much", "100.000001"))

    assert reply.members["status"] == "INSUFFICIENT_FUNDS"
    assert SAY.shown(reply) == await tester.total() == Decimal(100)


async def test_row_13_a_replaced_sid_stakes_and_shows_no_more(core, player, token, fresh):
    own = {"rotate_sid": True}
    async with opened(DIALECT, core.target, core.adapter_token, core, own=own) as door:
        new = (await door.send(SAY.check(player, token))).members["sid"]
        old, tester = (VendorsTester(door, player, sid, fresh("run")) for sid in (token, new))

        assert new != token
        assert await old.said(SAY.balance(player, token)) == "INVALID_SID"
        assert await old.debit("i1", "r1") == "INVALID_SID"
        assert await old.credit("i2", "r1") == "BET_DOES_NOT_EXIST"
        assert await tester.debit("i3", "r3") == "OK"
        assert await tester.total() == Decimal(90)


async def test_row_14_a_fortune_is_exact(tester):
    fortune = "63727092.34"
    await tester.debit("i1", "r1", "100")
    assert await tester.credit("i2", "r1", fortune) == "OK"
    assert await tester.total() == Decimal(fortune)
    assert await tester.debit("i3", "r2", fortune) == "OK"
    assert await tester.total() == 0


@pytest.mark.parametrize(
    "kind", ["FreeRoundPlayableSpent", "RtrMonetaryReward", "JackpotWin", "RewardGamePlayableSpent", "SomeFutureType"]
)
async def test_row_15_a_promotion_is_paid_once(tester, fresh, kind):
    jackpots = [{"id": "j-1", "winAmount": raw("5.00")}]
    payout = SAY.promo(tester.player, tester.sid, fresh("promo"), kind=kind, jackpots=jackpots, voucherId="v-1")
    assert await tester.said(payout) == "OK"
    assert await tester.said(payout) in DONE
    assert await tester.total() == Decimal(105)


async def test_row_16_twenty_calls_over_one_connection_are_quick(tester):
    async with asyncio.timeout(20 * 0.7):
        for _ in range(20):
            await tester.total()


async def test_a_repetition_may_be_confirmed_and_says_that_it_is_one(core, player, token, fresh):
    async with opened(DIALECT, core.target, core.adapter_token, core, own={"repeated": "ok"}) as door:
        bet = SAY.bet(player, token, fresh("bet"), "10.00")
        first, second = await door.send(bet), await door.send(bet)

    assert [reply.members["status"] for reply in (first, second)] == ["OK", "OK"]
    assert [reply.members["retransmission"] for reply in (first, second)] == [None, True]
    assert SAY.shown(first) == SAY.shown(second) == Decimal(90)


async def test_twenty_copies_at_once_are_one_bet(tester, door):
    bet = SAY.bet(tester.player, tester.sid, "copied", "10.00")
    statuses = sorted([reply.members["status"] for reply in await at_once(*(door.send(bet) for _ in range(20)))])

    assert statuses == ["BET_ALREADY_EXIST"] * 19 + ["OK"]
    assert await tester.total() == Decimal(90)


async def test_a_cancel_and_its_debit_at_once_leave_the_money_where_it_was(tester):
    statuses = await at_once(
        *(tester.debit(f"i{n}", f"r{n}") for n in range(9)), *(tester.cancel(f"i{n}", f"r{n}") for n in range(9))
    )

    assert set(statuses) <= {"OK", "BET_DOES_NOT_EXIST", "FINAL_ERROR_ACTION_FAILED"}
    assert await tester.total() == Decimal(100)


async def test_a_credit_and_a_cancel_may_outlive_the_sid_and_a_debit_may_not(core, tester, token):
    await tester.debit("i1", "r1")
    await tester.debit("i2", "r2")
    await tester.door.close(Seat(tester.player, token))

    assert await tester.debit("i3", "r3") == "INVALID_SID"
    assert await tester.credit("i4", "r1", "15.00") == "OK"
    tester.sid = ""
    assert await tester.cancel("i2", "r2") == "OK"
    assert await tester.door.cash(Seat(tester.player)) == Decimal(105)


async def test_a_credit_before_its_debit_is_paid_when_it_comes_again(tester):
    assert await tester.credit("i2", "r1", "15.00") == "BET_DOES_NOT_EXIST"
    await tester.debit("i1", "r1")
    assert await tester.credit("i2", "r1", "15.00") == "OK"
    assert await tester.total() == Decimal(105)


async def test_an_unknown_user_is_a_wrong_parameter_everywhere(tester, fresh):
    tester.player = fresh("nobody")
    for method in ("check", "sid"):
        assert await tester.said(SAY.check(tester.player, tester.sid, method)) == "INVALID_PARAMETER"
    assert await tester.said(SAY.balance(tester.player, tester.sid)) == "INVALID_PARAMETER"
    for call in (tester.debit, tester.credit, tester.cancel):
        assert await call("i1", "r1") == "INVALID_PARAMETER"


async def test_a_sid_of_somebody_else_is_of_no_use(core, tester):
    other = await core.player(balance="100.00")
    tester.sid = await core.session(other, "evolution")

    assert await tester.said(SAY.balance(tester.player, tester.sid)) == "INVALID_PARAMETER"
    assert await tester.debit("i1", "r1") in ("INVALID_SID", "INVALID_PARAMETER")
    assert await tester.door.cash(Seat(other)) == await tester.door.cash(Seat(tester.player)) == Decimal(100)


async def test_a_sid_is_checked_and_kept(tester):
    for method in ("check", "sid"):
        reply = await tester.door.send(SAY.check(tester.player, tester.sid, method))
        assert set(reply.members) == {"status", "sid", "uuid"}
        assert (reply.members["status"], reply.members["sid"]) == ("OK", tester.sid)
        assert await tester.said(SAY.check(tester.player, "", method)) == "INVALID_SID"


async def test_a_player_may_have_several_sids(core, tester):
    mobile = VendorsTester(tester.door, tester.player, await core.session(tester.player, "evolution"), "mobile")

    assert await tester.debit("i1", "r1") == await mobile.debit("i1", "r1") == "OK"
    assert await tester.total() == await mobile.total() == Decimal(80)


@pytest.mark.parametrize(
    "query", ["", "?authToken=", "?authToken={wrong}", "?authToken={right}&authToken={right}", "?a=b"]
)
async def test_a_wrong_token_is_refused(tester, query):
    right = DIALECT.keys("live").signs.decode()
    wire = SAY.bet(tester.player, tester.sid, "b-1")
    target = f"/debit{query.format(wrong=right[:-1] + '_', right=right)}"
    reply = await tester.door.raw(msgspec.structs.replace(wire, target=target))

    assert (reply.status, reply.members) == (200, {"status": "INVALID_TOKEN_ID"})
    assert await tester.total() == Decimal(100)


async def test_the_status_of_a_wrong_token_is_a_setting(core, player, token):
    async with opened(DIALECT, core.target, core.adapter_token, core, own={"refused_status": 401}) as door:
        replies = [await door.send(SAY.balance(player, token), key) for key in (OLDER, "somebody else's")]

    assert [reply.status for reply in replies] == [200, 401]


async def test_an_uncertain_answer_is_temporary_and_echoes_the_message(dead):
    messages = (
        SAY.check("p", "s"),
        SAY.balance("p", "s"),
        SAY.bet("p", "s", "b"),
        SAY.credit("p", "s", ("c", "r")),
        SAY.promo("p", "s", "x"),
    )
    for wire, reply in zip(messages, await at_once(*map(dead.send, messages)), strict=True):
        dead.refused(reply, Fault.TRY_LATER)
        assert reply.members["uuid"] == msgspec.json.decode(wire.body)["uuid"]
