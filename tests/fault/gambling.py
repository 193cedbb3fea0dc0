"""Rounds of a patron: stakes, wins and ends, what is undone, and what the operator voids. The plays are in plays.py."""

from wallet.v1.rounds_pb2 import VoidRoundRequest

from tests.fault import plays
from tests.fault.counter import GENERIC
from tests.fault.patron import SIGNED, Patron
from tests.fault.speakers import OK
from wallet_core.domain.commands import VoidRound


async def spin(patron: Patron) -> None:
    """A round: some stay open for a while."""
    round_id, game_id = patron.fresh("r"), patron.dice.choice(("slot", "slot", "table"))
    stood = 0
    for _ in range(patron.dice.choice((1, 1, 2, 3))):
        bet = plays.bet(patron, round_id, game_id, patron.amount(400))
        if (await patron.give(bet)).reason == OK:
            stood += 1
            patron.store(patron.moves, (plays.name_of(bet), bet.amount))
    if not stood:
        return
    if patron.dice.random() < 0.25:
        patron.store(patron.rounds, (round_id, game_id))
    else:
        await _end(patron, round_id, game_id)


async def end(patron: Patron) -> None:
    if found := patron.take(patron.rounds):
        await _end(patron, *found)


async def _end(patron: Patron, round_id: str, game_id: str) -> None:
    """With wins, the last of which closes it; or it is closed by itself; or stays as it is, for ever."""
    for last in [False] * patron.dice.choice((0, 0, 1)) + [True]:
        amount = patron.amount(700) if patron.dice.random() < 0.5 else 0
        win = plays.win(patron, round_id, game_id, amount, close=last and patron.dice.random() < 0.8)
        if (await patron.give(win)).reason == OK and amount:
            patron.store(patron.moves, (plays.name_of(win), amount))
    if patron.dice.random() < 0.3:
        await patron.give(plays.close(patron, round_id))


async def whole(patron: Patron) -> None:
    """Stakes and wins in one play."""
    orders = plays.whole(patron, patron.fresh("r"), [patron.amount(300) for _ in range(patron.dice.choice((1, 2)))])
    await patron.give(orders)


async def undo(patron: Patron) -> None:
    """A stake or a win, or a part of it."""
    if found := patron.take(patron.moves, keep=0.2):
        identity, amount = found
        part = patron.dice.randrange(1, amount + 1) if patron.dice.random() < 0.3 else 0
        await patron.give(plays.rollback(patron, identity, part))


async def void(patron: Patron) -> None:
    """The operator gives the stakes of an open round back; wins may still come."""
    if found := patron.take(patron.rounds, keep=0.5):
        key, (round_id, _) = patron.fresh("v"), found
        request = VoidRoundRequest(
            player_id=patron.player, provider_id=GENERIC.provider_id, round_id=round_id, request_id=key, **SIGNED
        )
        meant = VoidRound(patron.player, GENERIC.provider_id, round_id, *SIGNED.values(), key)
        await patron.ask("void", GENERIC.provider_id, f"~void:{key}", "void_round", request, meant=meant)
