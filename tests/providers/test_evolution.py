"""Evolution before a real core: the verdicts its tester demands (table 3.4), row by row, and the shared suite."""

import asyncio
from decimal import Decimal

import msgspec
import pytest
from wallet.v1.players_pb2 import BlockPlayerRequest
from wallet.v1.wallet_pb2 import OUTCOME_APPLIED

from adapters.faults import Fault
from tests.providers import test_refusals
from tests.providers.door import at_once
from tests.providers.evolution_dialect import Evolution
from tests.providers.test_conformance import (  # noqa: F401 - collected here, for this dialect
    closed,
    test_a_refused_bet_is_stored_as_refused,
    test_amounts_keep_their_last_digit,
    test_twenty_bets_at_once_are_all_taken_once,
)
from tests.providers.test_refusals import (  # noqa: F401
    test_a_body_without_a_content_type_is_refused,
    test_a_currency_the_player_has_not_is_refused,
    test_a_malformed_body_is_refused,
    test_a_megabyte_is_too_large,
    test_a_wrong_content_type_is_refused,
    test_an_amount_the_ledger_cannot_hold_is_refused,
    test_an_error_tells_nothing_of_the_inside,
    test_an_unknown_currency_is_refused,
    test_an_unknown_session_is_refused,
    test_no_string_smuggles_an_amount_in,
)
from tests.providers.test_transcripts import FOLDER
from tests.providers.test_transcripts import test_a_transcript_is_answered_as_written as replayed
from tests.providers.vendor_door import core_of, opened
from tests.providers.wire import Wire

DIALECT = Evolution()
TRANSCRIPTS = [
    pytest.param(path, id=f"evolution/{path.stem}") for path in sorted((FOLDER / "evolution").glob("*.json"))
]
DONE = {"OK", "BET_ALREADY_SETTLED"}
untouched = test_refusals.untouched


@pytest.fixture
def dialect():
    return DIALECT


@pytest.fixture
async def core(sqlite_core_database):
    async with core_of(sqlite_core_database, [DIALECT]) as core:
        yield core


@pytest.fixture
async def door(core):
    async with opened(DIALECT, core.target, core.adapter_token, core) as opened_door:
        yield opened_door


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
        return await self.said(DIALECT.move("debit", self.player, self.sid, self.ids(transaction, ref), amount, **more))

    async def credit(self, transaction, ref, amount="10.00", **more):
        return await self.said(DIALECT.credit(self.player, self.sid, self.ids(transaction, ref), amount, **more))

    async def cancel(self, transaction, ref, amount="10.00", **more):
        wire = DIALECT.move("cancel", self.player, self.sid, self.ids(transaction, ref), amount, **more)
        return await self.said(wire)

    async def total(self):
        """As the adapter shows it, which must be what the core has."""
        shown = DIALECT.shown(await self.door.send(DIALECT.balance(self.player, self.sid)))
        assert shown == await self.door.cash(self.player)
        return shown


@pytest.fixture
async def tester(door, player, token, fresh):
    return VendorsTester(door, player, token, fresh("run"))


@pytest.mark.parametrize("path", TRANSCRIPTS)
async def test_a_transcript_is_answered_as_written(door, core, fresh, path):
    await replayed(door, core, fresh, path)


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
    reply = await tester.door.send(DIALECT.bet(tester.player, tester.sid, "too-much", "100.000001"))

    assert reply.members["status"] == "INSUFFICIENT_FUNDS"
    assert DIALECT.shown(reply) == await tester.total() == Decimal(100)


async def test_row_13_a_replaced_sid_stakes_and_shows_no_more(core, player, token, fresh):
    own = {"rotate_sid": True}
    async with opened(DIALECT, core.target, core.adapter_token, core, own=own) as door:
        new = (await door.send(DIALECT.check(player, token))).members["sid"]
        old, tester = (VendorsTester(door, player, sid, fresh("run")) for sid in (token, new))

        assert new != token
        assert await old.said(DIALECT.balance(player, token)) == "INVALID_SID"
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
    jackpots = [{"id": "j-1", "winAmount": msgspec.Raw(b"5.00")}]
    payout = DIALECT.promo(tester.player, tester.sid, fresh("promo"), kind=kind, jackpots=jackpots, voucherId="v-1")
    assert await tester.said(payout) == "OK"
    assert await tester.said(payout) in DONE
    assert await tester.total() == Decimal(105)


async def test_row_16_twenty_calls_over_one_connection_are_quick(tester):
    async with asyncio.timeout(20 * 0.7):
        for _ in range(20):
            await tester.total()


async def test_a_repetition_may_be_confirmed_and_says_that_it_is_one(core, player, token, fresh):
    async with opened(DIALECT, core.target, core.adapter_token, core, own={"repeated": "ok"}) as door:
        bet = DIALECT.bet(player, token, fresh("bet"), "10.00")
        first, second = await door.send(bet), await door.send(bet)

    assert [reply.members["status"] for reply in (first, second)] == ["OK", "OK"]
    assert [reply.members["retransmission"] for reply in (first, second)] == [None, True]
    assert DIALECT.shown(first) == DIALECT.shown(second) == Decimal(90)


async def test_twenty_copies_at_once_are_one_bet(tester, door):
    bet = DIALECT.bet(tester.player, tester.sid, "copied", "10.00")
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
    await closed(core, DIALECT, token)

    assert await tester.debit("i3", "r3") == "INVALID_SID"
    assert await tester.credit("i4", "r1", "15.00") == "OK"
    tester.sid = ""
    assert await tester.cancel("i2", "r2") == "OK"
    assert await tester.door.cash(tester.player) == Decimal(105)


async def test_a_credit_before_its_debit_is_paid_when_it_comes_again(tester):
    assert await tester.credit("i2", "r1", "15.00") == "BET_DOES_NOT_EXIST"
    await tester.debit("i1", "r1")
    assert await tester.credit("i2", "r1", "15.00") == "OK"
    assert await tester.total() == Decimal(105)


async def test_an_unknown_user_is_a_wrong_parameter_everywhere(tester, fresh):
    tester.player = fresh("nobody")
    for method in ("check", "sid"):
        assert await tester.said(DIALECT.check(tester.player, tester.sid, method)) == "INVALID_PARAMETER"
    assert await tester.said(DIALECT.balance(tester.player, tester.sid)) == "INVALID_PARAMETER"
    for call in (tester.debit, tester.credit, tester.cancel):
        assert await call("i1", "r1") == "INVALID_PARAMETER"


async def test_a_sid_of_somebody_else_is_of_no_use(core, tester):
    other = await core.player(balance="100.00")
    tester.sid = await core.session(other, "evolution")

    assert await tester.said(DIALECT.balance(tester.player, tester.sid)) == "INVALID_PARAMETER"
    assert await tester.debit("i1", "r1") in ("INVALID_SID", "INVALID_PARAMETER")
    assert await tester.door.cash(other) == await tester.door.cash(tester.player) == Decimal(100)


async def test_a_sid_is_checked_and_kept(tester):
    for method in ("check", "sid"):
        reply = await tester.door.send(DIALECT.check(tester.player, tester.sid, method))
        assert set(reply.members) == {"status", "sid", "uuid"}
        assert (reply.members["status"], reply.members["sid"]) == ("OK", tester.sid)
        assert await tester.said(DIALECT.check(tester.player, "", method)) == "INVALID_SID"


async def test_a_player_may_have_several_sids(core, tester):
    mobile = VendorsTester(tester.door, tester.player, await core.session(tester.player, "evolution"), "mobile")

    assert await tester.debit("i1", "r1") == await mobile.debit("i1", "r1") == "OK"
    assert await tester.total() == await mobile.total() == Decimal(80)


async def test_a_blocked_player_stakes_nothing_and_is_paid(core, tester):
    await tester.debit("i1", "r1")
    await core.operator.block_player(
        BlockPlayerRequest(player_id=tester.player, reason="asked for it", actor="test", request_id=tester.player)
    )
    assert await tester.debit("i2", "r2") == "FINAL_ERROR_ACTION_FAILED"
    assert await tester.credit("i3", "r1", "15.00") == "OK"


@pytest.mark.parametrize("amount", ["1e1", "NaN", "-1", "true", "null", "[1]", "{}", "01", "1.0000001"])
async def test_what_is_no_amount_is_refused(tester, untouched, amount):
    wire = DIALECT.bet(tester.player, tester.sid, untouched, msgspec.Raw(amount.encode()))

    assert await tester.said(wire) == "INVALID_PARAMETER"


@pytest.mark.parametrize(
    "query", ["", "?authToken=", "?authToken=s3cr3T", "?authToken=s3cr3t&authToken=s3cr3t", "?a=b"]
)
async def test_a_wrong_token_is_refused(tester, untouched, query):
    wire = DIALECT.bet(tester.player, tester.sid, untouched)
    reply = await tester.door.send(msgspec.structs.replace(wire, target=f"/debit{query}"))

    assert (reply.status, reply.members) == (200, {"status": "INVALID_TOKEN_ID"})


async def test_both_tokens_of_a_rotation_are_live_and_the_status_is_a_setting(core, player, token):
    keys, own = (b"new", b"old"), {"refused_status": 401}
    async with opened(DIALECT, core.target, core.adapter_token, core, secrets=keys, own=own) as door:
        statuses = [
            (
                await door.send(
                    msgspec.structs.replace(DIALECT.balance(player, token), target=f"/balance?authToken={key}")
                )
            )
            for key in ("new", "old", "s3cr3t")
        ]

    assert [reply.status for reply in statuses] == [200, 200, 401]


async def test_a_game_the_provider_has_not_is_refused(sqlite_core_database, fresh):
    async with core_of(sqlite_core_database, [DIALECT], game_ids=["roulette"]) as core:
        player = await core.player(balance="100.00")
        token = await core.session(player, "evolution")
        async with opened(DIALECT, core.target, core.adapter_token, core) as door:
            poker = await door.send(DIALECT.bet(player, token, fresh("bet"), game={"id": "g", "type": "poker"}))
            wheel = await door.send(DIALECT.bet(player, token, fresh("bet")))

    assert [reply.members["status"] for reply in (poker, wheel)] == ["FINAL_ERROR_ACTION_FAILED", "OK"]


async def test_another_adapter_carries_on_where_one_was_stopped(tester):
    await tester.debit("i1", "r1")
    core = tester.door.core
    async with opened(DIALECT, core.target, core.adapter_token, core) as second:
        tester.door = second
        assert await tester.debit("i1", "r1") == "BET_ALREADY_EXIST"
        assert await tester.credit("i2", "r1", "15.00") == "OK"
        assert await tester.total() == Decimal(105)


async def test_without_a_core_the_answer_is_temporary_and_in_time():
    async with opened(DIALECT, "127.0.0.1:1", "no-token", answer_within=0.3) as dead, asyncio.timeout(5):
        for wire in (
            DIALECT.check("p", "s"),
            DIALECT.balance("p", "s"),
            DIALECT.bet("p", "s", "b"),
            DIALECT.credit("p", "s", ("c", "r")),
            DIALECT.rollback("p", "b"),
            DIALECT.promo("p", "s", "x"),
        ):
            reply = await dead.send(wire)
            dead.refused(reply, Fault.TRY_LATER)
            assert reply.members["uuid"] == msgspec.json.decode(wire.body)["uuid"]
        dead.refused(await dead.send(Wire("POST", "/nowhere")), Fault.UNKNOWN_PATH)
        dead.refused(await dead.send(Wire("PUT", "/debit")), Fault.METHOD_NOT_ALLOWED)


async def test_a_late_debit_is_stored_as_not_applied(tester, door):
    await tester.cancel("i2", "r2")
    await tester.debit("i2", "r2")

    assert (await door.stored(tester.ids("i2", "r2")[0])).outcome != OUTCOME_APPLIED


async def test_a_second_bet_of_an_ended_ref_id_is_refused_where_the_registration_says_so(sqlite_core_database, fresh):
    policies = {"late_stake": "REFUSE"}
    async with core_of(sqlite_core_database, [DIALECT], policies=policies) as core:
        player = await core.player(balance="100.00")
        sid = await core.session(player, "evolution")
        async with opened(DIALECT, core.target, core.adapter_token, core) as door:
            tester = VendorsTester(door, player, sid, fresh("run"))
            await tester.debit("i1", "settled")
            await tester.credit("i2", "settled")
            await tester.debit("i3", "cancelled")
            await tester.cancel("i3", "cancelled")

            assert await tester.debit("i4", "settled") == "FINAL_ERROR_ACTION_FAILED"
            assert await tester.debit("i5", "cancelled") == "FINAL_ERROR_ACTION_FAILED"
            assert await tester.total() == Decimal(100)
