"""The core's replies in Pragmatic Play's words. Amounts are JSON numbers."""

from typing import Any

import msgspec
from wallet.v1.common_pb2 import Balances
from wallet.v1.wallet_pb2 import GetBalanceResponse, PlayResponse

from adapters import money, parts
from adapters.provider import Answer

_encode = msgspec.json.Encoder().encode


def said(members: dict[str, Any]) -> Answer:
    """An answer or an error: the status is HTTP's 200 for both."""
    return Answer(200, _encode(members))


def done(members: dict[str, Any]) -> Answer:
    return said(members | {"error": 0, "description": "Success"})


def purse(balances: Balances, digits: int) -> dict[str, Any]:
    return {
        "currency": balances.shown.currency_code,
        "cash": money.number(balances.cash, digits),
        "bonus": money.number(balances.bonus, digits),
    }


def balance_only(reply: GetBalanceResponse) -> Answer:
    return done(purse(reply.balances, reply.display_digits))


def staked(reply: PlayResponse) -> Answer:
    """`usedPromo` is the part of the bet that was bonus money."""
    return done(_movement(reply) | {"usedPromo": money.number(parts.bonus(reply.results), reply.display_digits)})


def moved(reply: PlayResponse) -> Answer:
    return done(_movement(reply))


def ended(reply: PlayResponse) -> Answer:
    shown = purse(_balances(reply), reply.display_digits)
    return done({"cash": shown["cash"], "bonus": shown["bonus"]})


def refunded(reply: PlayResponse) -> Answer:
    return done({"transactionId": reply.results[0].transaction_id})


def _movement(reply: PlayResponse) -> dict[str, Any]:
    return {"transactionId": reply.results[0].transaction_id, **purse(_balances(reply), reply.display_digits)}


def _balances(reply: PlayResponse) -> Balances:
    """Those that the profile shows to a repeated call; a NOOP has only the balance of now."""
    return reply.balances_then if reply.HasField("balances_then") else reply.balances_now
