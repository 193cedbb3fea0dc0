"""Hub88 and Caleta before a real core: what of the shared suite their protocol can say, and their own rules."""

import asyncio
from decimal import Decimal

import msgspec
import pytest
from wallet.v1.players_pb2 import BlockPlayerRequest
from wallet.v1.wallet_pb2 import OUTCOME_APPLIED

from adapters.faults import Fault
from tests.providers import test_refusals
from tests.providers.door import at_once
from tests.providers.hub88_dialect import Caleta, Hub88, public_pem
from tests.providers.test_conformance import (  # noqa: F401 - collected here, for these dialects
    closed,
    test_a_balance_is_shown,
    test_a_bet_after_its_rollback_never_moves,
    test_a_refused_bet_is_stored_as_refused,
    test_a_repeated_bet_is_answered_as_the_first_and_moves_nothing,
    test_a_rollback_gives_the_stake_back_once,
    test_a_rollback_needs_no_player,
    test_an_id_with_other_contents_is_a_conflict,
    test_twenty_bets_at_once_are_all_taken_once,
    test_twenty_copies_at_once_are_one_bet,
)
from tests.providers.test_refusals import (  # noqa: F401
    HUGE,
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

untouched = test_refusals.untouched

DIALECTS = [Hub88(), Caleta()]
TRANSCRIPTS = [
    pytest.param(dialect, path, id=f"{dialect.provider_id}/{path.stem}")
    for dialect in DIALECTS
    for path in sorted((FOLDER / "hub88").glob(f"{dialect.provider_id}_*.json"))
]


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.provider_id)
def dialect(request):
    return request.param


@pytest.fixture
async def core(sqlite_core_database):
    async with core_of(sqlite_core_database, DIALECTS) as core:
        yield core


@pytest.fixture
async def door(dialect, core):
    async with opened(dialect, core.target, core.adapter_token, core) as opened_door:
        yield opened_door


@pytest.fixture
async def caleta(core):
    """A door of Caleta's, whatever the dialect of the others."""
    async with opened(DIALECTS[1], core.target, core.adapter_token, core) as opened_door:
        yield opened_door


@pytest.fixture
async def staked(door, player, token, fresh):
    """A bet of 10.00 in a round of its own."""
    bet = fresh("bet")
    assert door.dialect.shown(await door.send(door.dialect.bet(player, token, bet, "10.00"))) == Decimal(90)
    return bet


@pytest.mark.parametrize(("dialect", "path"), TRANSCRIPTS)
async def test_a_transcript_is_answered_as_written(door, core, fresh, path):
    await replayed(door, core, fresh, path)


async def test_a_win_names_its_bet_and_may_come_after_the_session(door, core, player, token, staked):
    await closed(core, door.dialect, token)
    win = await door.send(door.dialect.win(player, staked, f"w-{staked}", "25.50", token=token, round_closed=True))
    bet = await door.send(door.dialect.bet(player, token, f"b-{staked}", "1.00"))

    assert door.dialect.shown(win) == Decimal("115.50")
    door.refused(bet, "SESSION_EXPIRED")
    assert await door.cash(player) == Decimal("115.50")


async def test_a_win_finds_its_player_by_its_bet(door, player, staked, fresh):
    win = await door.send(door.dialect.win(None, staked, fresh("win"), "5.00"))

    assert door.dialect.shown(win) == Decimal(95)


async def test_several_wins_of_a_bet_are_paid_and_a_repeated_one_once(door, player, token, staked, fresh):
    first, second = (door.dialect.win(player, staked, fresh("win"), "1.00", token=token) for _ in range(2))
    replies = [await door.send(wire) for wire in (first, second, first)]

    assert [door.dialect.shown(reply) for reply in replies] == [Decimal(91), Decimal(92), Decimal(91)]
    assert replies[0].body == replies[2].body
    assert await door.cash(player) == Decimal(92)


async def test_a_win_without_its_bet_is_refused_and_paid_once_that_is_there(door, player, token, fresh):
    bet = fresh("bet")
    win = door.dialect.win(player, bet, fresh("win"), "5.00", round_id=f"r-{bet}", token=token)
    door.refused(await door.send(win), "REFERENCE_NOT_FOUND")
    await door.send(door.dialect.bet(player, token, bet, "10.00"))

    assert door.dialect.shown(await door.send(win)) == Decimal(95)


async def test_a_win_after_the_rollback_of_its_bet_is_refused(door, player, token, staked, fresh):
    await door.send(door.dialect.rollback(player, staked, token=token))
    win = await door.send(door.dialect.win(player, staked, fresh("win"), "5.00", round_id=f"r-{staked}", token=token))

    door.refused(win, "REFERENCE_ROLLED_BACK")
    assert await door.cash(player) == Decimal(100)


async def test_a_win_that_reuses_the_id_of_its_bet_is_a_duplicate(door, player, token, staked):
    win = await door.send(door.dialect.win(player, staked, staked, "10.00", round_id=f"r-{staked}", token=token))

    door.refused(win, "CONFLICT")
    assert await door.cash(player) == Decimal(90)


async def test_the_other_bets_of_a_round_stand_when_one_is_rolled_back(door, player, token, fresh):
    bets, round_id = [fresh("bet") for _ in range(3)], fresh("round")
    for bet in bets:
        await door.send(door.dialect.bet(player, token, bet, "10.00", round_id=round_id))
    await door.send(door.dialect.rollback(player, bets[1], token=token, round=round_id))
    win = await door.send(door.dialect.win(player, bets[2], fresh("win"), "7.00", round_id=round_id, token=token))

    assert door.dialect.shown(win) == Decimal(87)


async def test_a_late_bet_of_a_closed_round_is_taken(door, player, token, staked, fresh):
    round_id = f"r-{staked}"
    win = door.dialect.win(player, staked, fresh("win"), "0", round_id=round_id, token=token, round_closed=True)
    assert door.dialect.shown(await door.send(win)) == Decimal(90)

    late = await door.send(door.dialect.bet(player, token, fresh("bet"), "1.00", round_id=round_id))
    assert door.dialect.shown(late) == Decimal(89)


async def test_a_refused_bet_stays_refused_and_its_rollback_moves_nothing(door, player, token, staked, fresh):
    bet = fresh("bet")
    wire = door.dialect.bet(player, token, bet, "90.01")
    door.refused(await door.send(wire), "INSUFFICIENT_FUNDS")
    await door.send(door.dialect.win(player, staked, fresh("win"), "50.00", token=token))
    door.refused(await door.send(wire), "INSUFFICIENT_FUNDS")

    assert door.dialect.shown(await door.send(door.dialect.rollback(player, bet, token=token))) == Decimal(140)


async def test_a_rollback_and_its_bet_at_once_leave_the_money_where_it_was(door, player, token, fresh):
    bets = [fresh("bet") for _ in range(10)]
    await at_once(
        *(door.send(door.dialect.bet(player, token, bet, "5.00")) for bet in bets),
        *(door.send(door.dialect.rollback(player, bet, token=token)) for bet in bets),
    )

    assert await door.cash(player) == Decimal(100)


@pytest.mark.parametrize("amount", ["0.00001", "0.001", "0.01"])
async def test_the_smallest_steps_are_exact(door, player, token, fresh, amount):
    reply = await door.send(door.dialect.bet(player, token, fresh("bet"), amount))

    assert door.dialect.shown(reply) == Decimal(100) - Decimal(amount)


@pytest.mark.parametrize("amount", ["1.0", "1e5", "NaN", "-1", "true", "null", "[1]", '"1"', "{}", "01"])
async def test_an_amount_that_is_no_whole_number_is_refused(door, player, token, untouched, amount):
    reply = await door.send(door.dialect.bet(player, token, untouched, msgspec.Raw(amount.encode())))

    assert (reply.status, door.dialect.code(reply)) in [(200, "RS_ERROR_WRONG_TYPES"), (200, "RS_ERROR_WRONG_SYNTAX")]


async def test_the_balance_beside_not_enough_money_is_hub88s_alone(door, player, token, fresh):
    reply = await door.send(door.dialect.bet(player, token, fresh("bet"), "100.01"))

    members = set(reply.members)
    assert members - {"user", "currency", "balance"} == {"status", "request_uuid"}
    assert ("balance" in members) == (door.dialect.provider_id == "hub88")


async def test_a_free_bet_costs_nothing_and_its_win_is_real(door, player, token, fresh):
    bet = fresh("free")
    taken = await door.send(door.dialect.bet(player, token, bet, "10.00", is_free=True))
    won = await door.send(door.dialect.win(player, bet, fresh("win"), "3.00", round_id=f"r-{bet}", is_free=True))

    assert (door.dialect.shown(taken), door.dialect.shown(won)) == (Decimal(100), Decimal(103))
    assert dict((await door.stored(bet)).info)["free_amount"] == "1000000"


async def test_the_win_of_a_free_bet_falls_with_it(door, player, token, fresh):
    bet = fresh("free")
    await door.send(door.dialect.bet(player, token, bet, "10.00", is_free=True))
    await door.send(door.dialect.rollback(player, bet, token=token))
    win = await door.send(door.dialect.win(player, bet, fresh("win"), "3.00", round_id=f"r-{bet}", is_free=True))

    door.refused(win, "REFERENCE_ROLLED_BACK")


async def test_a_free_bet_is_the_players_where_that_is_set(dialect, core, player, fresh):
    token = await core.session(player, dialect.provider_id)
    async with opened(dialect, core.target, core.adapter_token, core, own={"free_bets": "player"}) as door:
        reply = await door.send(dialect.bet(player, token, fresh("free"), "10.00", is_free=True))

    assert dialect.shown(reply) == Decimal(90)


async def test_a_blocked_player_stakes_nothing_and_is_paid(door, core, player, token, staked):
    await core.operator.block_player(
        BlockPlayerRequest(player_id=player, reason="asked for it", actor="test", request_id=f"block-{staked}")
    )
    door.refused(await door.send(door.dialect.bet(player, token, f"b-{staked}", "1.00")), "PLAYER_BLOCKED")
    win = await door.send(door.dialect.win(player, staked, f"w-{staked}", "1.00", token=token))

    assert door.dialect.shown(win) == Decimal(91)


async def test_a_token_of_somebody_else_is_refused(door, core, player, untouched):
    other = await core.player(balance="100.00")
    theirs = await core.session(other, door.dialect.provider_id)
    for wire in (door.dialect.bet(player, theirs, untouched), door.dialect.balance(player, token=theirs)):
        assert door.dialect.code(await door.send(wire)) in ("RS_ERROR_INVALID_TOKEN", "RS_ERROR_WRONG_SYNTAX")

    assert await door.cash(other) == Decimal(100)


async def test_a_game_the_provider_has_not_is_refused(dialect, sqlite_core_database, fresh):
    async with core_of(sqlite_core_database, DIALECTS, game_ids=["roulette"]) as core:
        player = await core.player(balance="100.00")
        token = await core.session(player, dialect.provider_id)
        async with opened(dialect, core.target, core.adapter_token, core) as door:
            door.refused(await door.send(dialect.bet(player, token, fresh("bet"))), "GAME_NOT_ALLOWED")
            taken = await door.send(dialect.bet(player, token, fresh("bet"), game_code="roulette"))

    assert dialect.shown(taken) == Decimal(90)


async def test_both_keys_of_a_rotation_are_live_and_no_third(dialect, core, player):
    keys = (public_pem("new"), public_pem("old"))
    async with opened(dialect, core.target, core.adapter_token, core, secrets=keys) as door:
        for name in ("new", "old"):
            assert dialect.shown(await door.send(dialect.balance(player), secret=name)) == Decimal(100)
        door.refused(await door.send(dialect.balance(player), secret="live"), Fault.INVALID_SIGNATURE)


async def test_an_unsigned_or_altered_bet_is_refused(door, player, token, untouched):
    bet = door.dialect.bet(player, token, untouched, "10.00")
    headers = door.dialect.sign(bet)
    other = {"hub88": "X-Auth-Signature", "caleta": "X-Hub88-Signature"}[door.dialect.provider_id]
    dearer = msgspec.structs.replace(bet, body=bet.body.replace(b"1000000", b"9000000"))
    spaced = msgspec.structs.replace(bet, body=bet.body.replace(b":", b": "))
    reordered = msgspec.structs.replace(bet, body=msgspec.json.encode(msgspec.json.decode(bet.body), order="sorted"))

    assert len({wire.body for wire in (bet, dearer, spaced, reordered)}) == 4
    for wire, sent in (
        (bet, {}),
        (bet, {other: headers[door.dialect.header]}),
        (bet, {door.dialect.header: headers[door.dialect.header].rstrip("=")}),
        (dearer, headers),
        (spaced, headers),
        (reordered, headers),
    ):
        door.refused(await door.raw(wire, sent), Fault.INVALID_SIGNATURE)


async def test_another_adapter_carries_on_where_one_was_stopped(door, player, token, fresh):
    bet = door.dialect.bet(player, token, fresh("bet"), "10.00")
    first = await door.send(bet)
    async with opened(door.dialect, door.core.target, door.core.adapter_token, door.core) as second_door:
        assert (await second_door.send(bet)).body == first.body


async def test_without_a_core_the_answer_is_uncertain_and_in_time(dialect):
    async with opened(dialect, "127.0.0.1:1", "no-token", answer_within=0.3) as dead, asyncio.timeout(5):
        for wire in (
            dialect.balance("p"),
            dialect.bet("p", "t", "b"),
            dialect.win("p", "b", "w"),
            dialect.rollback("p", "b"),
        ):
            reply = await dead.send(wire)
            dead.refused(reply, Fault.TRY_LATER)
            assert reply.members["request_uuid"] == msgspec.json.decode(wire.body)["request_uuid"]
        dead.refused(await dead.send(Wire("POST", "/nowhere")), Fault.UNKNOWN_PATH)
        dead.refused(await dead.send(Wire("PUT", dialect.paths["bet"])), Fault.METHOD_NOT_ALLOWED)


async def test_a_repeated_check_has_the_same_new_token(core, player, caleta):
    token = await core.session(player, "caleta")
    check = caleta.dialect.check(token)
    replies = await at_once(*(caleta.send(check) for _ in range(5)))

    assert len({reply.members["token"] for reply in replies}) == 1
    assert token not in replies[0].body.decode()


async def test_a_replaced_token_settles_and_stakes_no_more(core, player, caleta, fresh):
    speak, bet = caleta.dialect, fresh("bet")
    first = await core.session(player, "caleta")
    second = (await caleta.send(speak.check(first))).members["token"]
    await caleta.send(speak.bet(None, second, bet, "10.00"))
    third = (await caleta.send(speak.check(second))).members["token"]

    late = await caleta.send(speak.bet(None, second, fresh("bet"), "1.00"))
    assert speak.code(late) == "RS_ERROR_TOKEN_EXPIRED"
    for asked in (speak.balance(None, token=second), speak.check(second)):
        assert speak.code(await caleta.send(asked)) == "RS_ERROR_INVALID_TOKEN"
    win = await caleta.send(speak.win(None, bet, fresh("win"), "4.00", round_id=f"r-{bet}", token=second))
    undone = await caleta.send(speak.rollback(None, bet, token=first))
    taken = await caleta.send(speak.bet(None, third, fresh("bet"), "1.00"))
    assert [speak.shown(reply) for reply in (win, undone, taken)] == [Decimal(94), Decimal(104), Decimal(103)]


async def test_an_expired_token_is_called_so_by_caleta_for_bets_only(core, player, caleta, fresh):
    token = await core.session(player, "caleta")
    await closed(core, caleta.dialect, token)

    bet = await caleta.send(caleta.dialect.bet(None, token, fresh("bet")))
    balance = await caleta.send(caleta.dialect.balance(None, token=token))
    assert caleta.dialect.code(bet) == "RS_ERROR_TOKEN_EXPIRED"
    assert caleta.dialect.code(balance) == "RS_ERROR_INVALID_TOKEN"


async def test_a_late_bet_has_not_moved_after_its_rollback_by_token(core, player, caleta, fresh):
    bet, token = fresh("bet"), await core.session(player, "caleta")
    undone = await caleta.send(caleta.dialect.rollback(None, bet, token=token))
    late = await caleta.send(caleta.dialect.bet(None, token, bet, "10.00"))

    assert caleta.dialect.shown(undone) == Decimal(100)
    caleta.refused(late, "TOMBSTONED")
    assert (await caleta.stored(bet)).outcome != OUTCOME_APPLIED
