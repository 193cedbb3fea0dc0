"""Plays of a patron: said by the adapter or by gRPC, as its dice say, and meant the same."""

from typing import TYPE_CHECKING, Any

from wallet.v1.wallet_pb2 import Action as Said
from wallet.v1.wallet_pb2 import PlayRequest

from tests.fault.cores import money
from tests.fault.counter import GENERIC
from tests.fault.dialects import Wire, posted
from tests.fault.intents import amount_text
from tests.fault.orders import Order
from wallet_core.domain.commands import Action, Play
from wallet_core.domain.entries import Kind, digest

if TYPE_CHECKING:
    from tests.fault.patron import Patron

PROVIDER = GENERIC.provider_id


def _order(
    patron: "Patron",
    word: str,
    actions: list[Action],
    wire: Wire,
    *,
    amount: int = 0,
    round_id: str = "",
    game_id: str = "",
    close: bool = False,
    by_adapter: bool = False,
) -> Order:
    keys = tuple((PROVIDER, each.external_key) for each in actions)
    meant = Play(
        patron.player,
        PROVIDER,
        tuple(actions),
        GENERIC.profile,
        currency="EUR",
        round_id=round_id,
        game_id=game_id,
        close_round=close,
    )
    facts: dict[str, Any] = {"amount": amount, "meant": meant}
    if by_adapter or patron.dice.random() < 0.6:
        return Order(patron.player, word, keys, wire=wire, **facts)
    request = PlayRequest(
        provider_id=PROVIDER,
        player_id=patron.player,
        session_token=patron.token,
        currency_code="EUR",
        round_id=round_id,
        game_id=game_id,
        close_round=close,
        actions=[
            Said(
                kind=int(each.kind),
                external_key=each.external_key,
                amount=None if each.amount is None else money(each.amount),
                references=each.references,
            )
            for each in actions
        ],
    )
    return Order(patron.player, word, keys, "play", request, **facts)


def _action(kind: Kind, identity: str, amount: int | None, *references: str) -> Action:
    key = GENERIC.dialect.key(identity)
    return Action(kind=kind, external_key=key, key=digest(PROVIDER, key), amount=amount, references=references)


def name_of(order: Order) -> str:
    """Return the provider's id of what a single play did."""
    return order.keys[0][1].removeprefix("tx:")


def bet(patron: "Patron", round_id: str, game_id: str, amount: int) -> Order:
    identity = patron.fresh("t")
    wire = GENERIC.dialect.bet(
        patron.player, patron.token, identity, amount_text(amount), round_id=round_id, game_id=game_id
    )
    actions = [_action(Kind.BET, identity, amount)]
    return _order(patron, "bet", actions, wire, amount=amount, round_id=round_id, game_id=game_id)


def win(patron: "Patron", round_id: str, game_id: str, amount: int, *, close: bool) -> Order:
    identity = patron.fresh("t")
    members = {"transaction_id": identity, "player_id": patron.player, "round_id": round_id, "game_id": game_id}
    wire = posted("/v1/win", members | {"currency": "EUR", "amount": amount_text(amount), "close_round": close})
    actions = [_action(Kind.WIN, identity, amount)]
    return _order(patron, "win", actions, wire, amount=amount, round_id=round_id, game_id=game_id, close=close)


def whole(patron: "Patron", round_id: str, stakes: list[int]) -> Order:
    """Return stakes and a win of a round, all or nothing."""
    moves = [(Kind.BET, patron.fresh("t"), each) for each in stakes]
    moves.append((Kind.WIN, patron.fresh("t"), patron.amount(500)))
    said = [
        {"type": kind.name.lower(), "transaction_id": identity, "amount": amount_text(amount)}
        for kind, identity, amount in moves
    ]
    members = {"round_id": round_id, "game_id": "slot", "currency": "EUR", "actions": said, "close_round": True}
    wire = posted("/v1/play", members | {"player_id": patron.player, "token": patron.token})
    actions = [_action(kind, identity, amount) for kind, identity, amount in moves]
    return _order(patron, "bet", actions, wire, round_id=round_id, game_id="slot", close=True)


def rollback(patron: "Patron", identity: str, part: int) -> Order:
    """Return the undoing of a stake or a win; of a part of it where there is one."""
    own = patron.fresh("u")
    members = {"transaction_id": own, "reference": identity, "player_id": patron.player}
    if part:
        members |= {"amount": amount_text(part), "currency": "EUR"}
    actions = [_action(Kind.ROLLBACK, own, part or None, GENERIC.dialect.key(identity))]
    return _order(patron, "rollback", actions, posted("/v1/rollback", members), amount=part)


def close(patron: "Patron", round_id: str) -> Order:
    own = patron.fresh("z")
    wire = posted("/v1/close", {"transaction_id": own, "round_id": round_id, "player_id": patron.player})
    return _order(
        patron, "close", [_action(Kind.NOTE, own, None)], wire, round_id=round_id, close=True, by_adapter=True
    )
