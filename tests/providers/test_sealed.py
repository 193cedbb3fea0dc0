"""The shared suite for protocols whose signature is inside the request, and transcripts of them."""

from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace
from wallet.v1.players_pb2 import BlockPlayerRequest
from wallet.v1.wallet_pb2 import OUTCOME_APPLIED, OUTCOME_REFUSED, GetTransactionRequest

from adapters.faults import Fault
from tests.providers.door import at_once, opened
from tests.providers.sealed import SEALED
from tests.providers.test_conformance import (  # noqa: F401 - they run here, too, for these protocols
    closed,
    test_a_balance_is_shown,
    test_a_bet_takes_and_a_win_gives,
    test_a_repeated_bet_is_answered_as_the_first_and_moves_nothing,
    test_amounts_keep_their_last_digit,
    test_another_adapter_carries_on_where_one_was_stopped,
    test_ready_means_the_core_knows_us,
    test_too_little_money_is_refused_and_stays_refused,
    test_twenty_bets_at_once_are_all_taken_once,
    test_twenty_copies_at_once_are_one_bet,
)
from tests.providers.test_transcripts import difference, filled
from tests.providers.wire import exact
from tests.support.core import core_on, settings_for
from wallet_core.client import Refused
from wallet_core.config import Provider

OURS = tuple(Provider(provider_id=dialect.provider_id, protocol=dialect.protocol) for dialect in SEALED)
TRANSCRIPTS = [
    pytest.param(dialect, path, id=f"{dialect.protocol}/{path.stem}")
    for dialect in SEALED
    for path in sorted((Path(__file__).parent / dialect.protocol).glob("*.json"))
]


@pytest.fixture(params=SEALED, ids=lambda dialect: dialect.protocol)
def dialect(request):
    return request.param


@pytest.fixture
async def core(sqlite_core_database):
    """A core that knows these providers."""
    names = tuple(ours.provider_id for ours in OURS)
    tokens = [
        token.model_copy(update={"providers": names if token.providers else ()})
        for token in settings_for(sqlite_core_database).tokens
    ]
    async with core_on(sqlite_core_database, providers=OURS, tokens=tokens) as core:
        yield core


async def stored(door, player, transaction_id):
    """The outcome stored under a provider's id, None where there is none."""
    dialect = door.dialect
    key = dialect.key(player, transaction_id)
    query = GetTransactionRequest(provider_id=dialect.provider_id, external_key=key, player_id=player)
    try:
        return (await door.core.operator.get_transaction(query)).transaction.outcome
    except Refused as refused:
        if refused.reason == "TRANSACTION_NOT_FOUND":
            return None
        raise


async def test_a_refused_bet_is_stored_as_refused(door, player, token, fresh):
    bet = fresh("bet")
    await door.send(door.dialect.bet(player, token, bet, "100.01"))

    assert await stored(door, player, bet) == OUTCOME_REFUSED


async def test_a_rollback_gives_the_stake_back_once(door, player, token, fresh):
    bet = fresh("bet")
    await door.send(door.dialect.bet(player, token, bet, "10.00"))
    replies = await at_once(*(door.send(door.dialect.rollback(player, bet)) for _ in range(10)))

    assert len({reply.body for reply in replies}) == 1
    assert await door.cash(player) == Decimal("100.00")


async def test_a_bet_after_its_rollback_never_moves(door, player, token, fresh):
    bet = fresh("bet")
    await door.send(door.dialect.rollback(player, bet))
    door.refused(await door.send(door.dialect.bet(player, token, bet, "10.00")), "TOMBSTONED")
    await door.send(door.dialect.rollback(player, bet))

    assert await door.cash(player) == Decimal("100.00")
    assert await stored(door, player, bet) not in (None, OUTCOME_APPLIED)


async def test_twenty_copies_of_a_win_at_once_are_one_win(door, player, token, fresh):
    round_id = fresh("round")
    await door.send(door.dialect.bet(player, token, fresh("bet"), "10.00", round_id=round_id))
    win = door.dialect.win(player, fresh("win"), "5.00", round_id=round_id)
    replies = await at_once(*(door.send(win) for _ in range(20)))

    assert len({reply.body for reply in replies}) == 1
    assert await door.cash(player) == Decimal("95.00")


async def test_ten_bets_and_their_rollbacks_at_once_end_where_they_began(door, player, token, fresh):
    """Whichever of the two comes first."""
    bets = [fresh("bet") for _ in range(10)]
    await at_once(
        *(door.send(door.dialect.bet(player, token, bet, "1.00")) for bet in bets),
        *(door.send(door.dialect.rollback(player, bet)) for bet in bets),
    )

    assert await door.cash(player) == Decimal("100.00")


async def test_an_id_with_other_contents_is_answered_as_the_first(door, player, token, fresh):
    bet, round_id = fresh("bet"), fresh("round")
    first = await door.send(door.dialect.bet(player, token, bet, "10.00", round_id=round_id))
    second = await door.send(door.dialect.bet(player, token, bet, "11.00", round_id=round_id))

    assert first.body == second.body
    assert await door.cash(player) == Decimal("90.00")


async def test_two_players_may_have_the_same_ids(door, core, player, token, fresh):
    other = await core.player(balance="50.00")
    others = await core.session(other, door.dialect.provider_id)
    bet = fresh("bet")
    await door.send(door.dialect.bet(player, token, bet, "10.00"))
    await door.send(door.dialect.bet(other, others, bet, "20.00"))
    await door.send(door.dialect.rollback(player, bet))

    assert (await door.cash(player), await door.cash(other)) == (Decimal("100.00"), Decimal("30.00"))


@pytest.mark.parametrize(
    "case",
    [
        ("0.0000001", "INVALID_PRECISION"),
        ("0.0000000001", "INVALID_PRECISION"),
        ("-10.00", "INVALID_AMOUNT"),
        ("9" * 19, "INVALID_AMOUNT"),
        ("9" * 200, "INVALID_AMOUNT"),
        ("1e1", "INVALID_AMOUNT"),
        ("NaN", "INVALID_AMOUNT"),
        ("", "INVALID_AMOUNT"),
        (" 10", "INVALID_AMOUNT"),
        ("1,00", "INVALID_AMOUNT"),
        ("\u0661\u0660", "INVALID_AMOUNT"),
    ],
)
async def test_an_amount_that_is_none_is_refused(door, player, token, fresh, case):
    bet, (amount, code) = fresh("bet"), case

    door.refused(await door.send(door.dialect.bet(player, token, bet, amount)), code)
    assert await door.cash(player) == Decimal("100.00")
    assert await stored(door, player, bet) is None


async def test_an_unknown_player_is_refused(door, fresh):
    door.refused(await door.send(door.dialect.balance(fresh("nobody"))), "PLAYER_UNKNOWN")


async def test_a_blocked_player_stakes_nothing_and_is_paid(door, core, player, token, fresh):
    round_id = fresh("round")
    await door.send(door.dialect.bet(player, token, fresh("bet"), "10.00", round_id=round_id))
    block = BlockPlayerRequest(player_id=player, reason="asked for it", actor="test", request_id=fresh("block"))
    await core.operator.block_player(block)

    door.refused(await door.send(door.dialect.bet(player, token, fresh("bet"), "1.00")), "PLAYER_BLOCKED")
    win = await door.send(door.dialect.win(player, fresh("win"), "5.00", round_id=round_id))
    assert door.dialect.shown(win) == Decimal("95.00")


async def test_a_wrong_path_and_a_wrong_method_are_refused_in_the_protocols_words(dead):
    balance = dead.dialect.balance("p")
    other = "GET" if balance.method == "POST" else "POST"

    dead.refused(await dead.send(replace(balance, target="/nowhere")), Fault.UNKNOWN_PATH)
    dead.refused(await dead.send(replace(balance, method=other)), Fault.METHOD_NOT_ALLOWED)


async def test_a_flipped_byte_of_the_amount_is_refused(door, player, token, fresh):
    bet = fresh("bet")
    signed = door.dialect.bet(player, token, bet, "10.00")
    dearer = replace(
        signed, target=signed.target.replace("10.00", "90.00"), body=signed.body.replace(b"10.00", b"90.00")
    )

    assert dearer != signed
    door.refused(await door.send(dearer), "INVALID_SIGNATURE")
    assert await door.cash(player) == Decimal("100.00")
    assert await stored(door, player, bet) is None


@pytest.mark.parametrize("secret", [b"new-key", b"old-key", b"no-key"])
async def test_both_keys_of_a_rotation_are_live_and_no_third(dialect, core, player, secret):
    async with opened(dialect, core.target, core.adapter_token, core, secrets=(b"new-key", b"old-key")) as door:
        reply = await door.send(dialect.balance(player, secret))

    if secret == b"no-key":
        door.refused(reply, "INVALID_SIGNATURE")
    else:
        assert dialect.shown(reply) == Decimal("100.00")


async def test_without_a_core_the_answer_is_try_later(dead):
    for wire in (dead.dialect.balance("p"), dead.dialect.bet("p", "t", "b"), dead.dialect.rollback("p", "b")):
        dead.refused(await dead.send(wire), Fault.TRY_LATER)


@pytest.mark.parametrize(("dialect", "path"), TRANSCRIPTS)
async def test_a_transcript_is_answered_as_written(door, core, fresh, path):
    """The fields are signed here, by another key where the request says so; a step may also close the session."""
    transcript = exact(path.read_text())
    player = await core.player(**transcript["player"])
    names = {"player": player, "token": await core.session(player, door.dialect.provider_id), "run": fresh("run")}

    for number, exchange in enumerate(transcript["exchanges"]):
        if exchange.get("session") == "closed":
            await closed(core, door.dialect, names["token"])
            continue
        request, expected = exchange["request"], exchange["answer"]
        fields = {name: filled(value, names) for name, value in request["fields"].items()}
        wire = door.dialect.seal(request["path"], fields, request.get("secret", "the-live-key").encode())
        reply = await door.send(wire)

        where = f"{path.name}, exchange {number}"
        assert expected["status"].text == str(reply.status), (where, reply.body)
        differs = difference(expected["body"], reply.members, names, "$")
        assert differs is None, (where, differs, reply.body)
