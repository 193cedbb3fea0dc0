"""Requests in few words."""

import itertools

from wallet.v1.wallet_pb2 import Action as Message
from wallet.v1.wallet_pb2 import ActionKind, PlayRequest

from tests.support.core import money

_numbers = itertools.count(1)


def key(word="k"):
    """A key nobody has used."""
    return f"{word}:{next(_numbers)}"


def action(kind, amount=None, *, currency="EUR", **members):
    members.setdefault("external_key", key(kind))
    if amount is not None:
        members["amount"] = money(amount, currency)
    return Message(kind=ActionKind.Value(f"ACTION_KIND_{kind.upper()}"), **members)


def play(player_id, *actions, provider_id="thrillgate", round_id="r1", **members):
    return PlayRequest(provider_id=provider_id, player_id=player_id, round_id=round_id, actions=actions, **members)


def bet(player_id, amount="10.00", *, currency="EUR", external_key=None, **members):
    staked = action("bet", amount, currency=currency, external_key=external_key or key("bet"))
    return play(player_id, staked, **members)


def win(player_id, amount="10.00", *, external_key=None, **members):
    return play(player_id, action("win", amount, external_key=external_key or key("win")), **members)


def rollback(player_id, reference, *, external_key=None, **members):
    undo = action("rollback", external_key=external_key or f"void:{reference}", references=[reference])
    return play(player_id, undo, **({"round_id": ""} | members))
