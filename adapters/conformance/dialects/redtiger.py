"""Red Tiger, as the adapter of an open aggregator and its tests describe it."""

import hashlib
from collections.abc import Mapping
from decimal import Decimal

from adapters.conformance.dialect import (
    ACCEPTED,
    Case,
    Dialect,
    Forgery,
    Move,
    Replays,
    Said,
    Says,
    Situation,
    Step,
    no,
    yes,
)
from adapters.conformance.wires import Reply, Wire, headed, posted, quoted

_NOT_SIGNED = "nothing is signed: a key is sent along"
_OF_A_STAKE = "a refund is of a stake"
_UNAUTHORISED = Says("301", 400, balance=False)
_DUPLICATE = Says("401", 400, balance=False)
_NOT_FOUND = Says("400", 400, balance=False)
_INPUT = Says("200", 400, balance=False)
# A throw-away reconciliation token, for tests.
RECON = "reconciliation-token-for-tests-only"


def _asked(move: Move) -> dict[str, object]:
    return {
        "token": move.seat.token,
        "userId": move.seat.player,
        "casino": "test",
        "currency": move.currency,
        "ip": "203.0.113.1",
    }


def _balance(move: Move) -> Wire:
    """There is no other question for it."""
    return posted("/auth", _asked(move) | {"channel": "D", "affiliate": ""})


def _moved(path: str, move: Move, transaction: Mapping[str, object], round_id: str) -> Wire:
    members = {
        "transaction": transaction,
        "game": {"type": "slot", "key": move.seat.game, "version": "1"},
        "round": {"id": round_id, "starts": True, "ends": move.closes},
    }
    return posted(path, _asked(move) | members)


def _staked(path: str, move: Move) -> Wire:
    transaction = {"id": move.id, "stake": quoted(move.amount), "stakePromo": "0.00"}
    return _moved(path, move, transaction, move.round)


def _paid(path: str, move: Move, round_id: str) -> Wire:
    transaction = {"id": move.id, "payout": quoted(move.amount), "payoutPromo": "0.00"}
    return _moved(path, move, transaction, round_id)


def _refunded(path: str, move: Move) -> Wire:
    undone = move.of or move
    transaction = {"id": undone.id, "stake": quoted(move.amount), "stakePromo": "0.00"}
    return _moved(path, move, transaction, undone.round)


def _bet(move: Move) -> Wire:
    return _staked("/stake", move)


def _win(move: Move) -> Wire:
    return _paid("/payout", move, move.round)


def _rollback(move: Move) -> Wire:
    return _refunded("/refund", move)


def _prize(move: Move) -> Wire:
    """What settles a promotion may be of no round."""
    return _paid("/promo/settle", move, "")


def _buyin(move: Move) -> Wire:
    return _staked("/promo/buyin", move)


def _promo_refund(move: Move) -> Wire:
    return _refunded("/promo/refund", move)


def _sign(wire: Wire, secret: bytes, now: float) -> Wire:  # noqa: ARG001 - nothing is signed
    return headed(wire, Authorization=f"Basic {secret.decode()}")


def _read(reply: Reply) -> Said:
    members = reply.members
    if not members["success"]:
        return no(str(members["error"]["code"]))
    result = members["result"]
    balance = Decimal(result["balance"]["cash"]) + Decimal(result["balance"]["bonus"])
    return yes("OK", balance, result.get("id", ""))


_CASES = (
    Case(
        name="redtiger.buy-in",
        source="providers 12",
        steps=(
            Step(say=_buyin, id="a", amount="10.00", leaves="-10.00"),
            Step(say=_buyin, id="a", amount="10.00", again=True, leaves="-10.00"),
            Step(say="prize", id="p", amount="4.00", leaves="-6.00"),
            Step(say=_buyin, id="b", round="s", amount="1.00", leaves="-7.00"),
            Step(say=_promo_refund, id="x", of="b", amount="47.00", leaves="-6.00"),
            Step(say=_promo_refund, id="x", of="b", amount="47.00", again=True, leaves="-6.00"),
            Step(say=_promo_refund, id="y", of="never", says=(_NOT_FOUND,), leaves="-6.00"),
            # A stake is no buy-in, whatever its id.
            Step(say="rollback", id="z", of="a", says=(_NOT_FOUND,), leaves="-6.00"),
        ),
    ),
)

DIALECTS = (
    Dialect(
        name="redtiger",
        protocol="redtiger",
        source="providers 12",
        balance=_balance,
        bet=_bet,
        win=_win,
        rollback=_rollback,
        prize=_prize,
        sign=_sign,
        signature="Authorization",
        read=_read,
        says={
            Situation.INSUFFICIENT_FUNDS: Says("304", 400, balance=False),
            Situation.PLAYER_UNKNOWN: _UNAUTHORISED,
            Situation.SESSION_UNKNOWN: _UNAUTHORISED,
            Situation.SESSION_EXPIRED: _UNAUTHORISED,
            Situation.PLAYER_BLOCKED: Says("303", 400, balance=False),
            Situation.LIMIT_REACHED: Says("306", 400, balance=False),
            Situation.WRONG_CURRENCY: Says("305", 400, balance=False),
            Situation.OTHER_DATA: ACCEPTED,
            Situation.ROLLED_BACK_BEFORE: _DUPLICATE,
            Situation.WIN_OF_ROLLED_BACK: _DUPLICATE,
            Situation.SETTLED_ROLLED_BACK: _DUPLICATE,
            Situation.WIN_WITHOUT_BET: _NOT_FOUND,
            Situation.UNKNOWN_ROLLED_BACK: _NOT_FOUND,
            Situation.ROUND_CLOSED: _INPUT,
            Situation.BAD_SIGNATURE: Says("100", 401, balance=False),
            Situation.BAD_REQUEST: _INPUT,
            Situation.BAD_AMOUNT: _INPUT,
            Situation.INTERNAL: Says("500", 500, balance=False),
        },
        replays=Replays.NOW,
        lacks={
            "bet_and_win": "a stake and a payout are two calls",
            "batch": "a payout is a call by itself",
            "close": "closing is a flag of stake and payout",
            "unnamed": "who it is, is in every request",
            "rollback.of-a-win": _OF_A_STAKE,
            "rollback.of-a-win-before-it": _OF_A_STAKE,
            Forgery.ANOTHER_BODY: _NOT_SIGNED,
            Forgery.STALE: _NOT_SIGNED,
            Situation.STALE_SIGNATURE: _NOT_SIGNED,
            Situation.TOO_FINE: "amounts have two digits; the source does not say what becomes of a third",
        },
        finest="0.01",
        cases=_CASES,
        settings={"recon_tokens": [hashlib.sha256(RECON.encode()).hexdigest()]},
        key=lambda move: f"bet:{move.id}",
    ),
)
