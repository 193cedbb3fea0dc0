"""ThrillGate's Standard Wallet API in the dialect of adapters/README.md."""

from decimal import Decimal
from http import HTTPStatus
from typing import Any

from adapters import signing
from adapters.conformance.dialect import Dialect, Move, Said, Says, Situation, no, yes
from adapters.conformance.wires import Reply, Wire, headed, posted, query, raw


def _balance(move: Move) -> Wire:
    return Wire("GET", "/wallet/balance?" + query({"player_id": move.seat.player, "currency": move.currency}))


def _bet(move: Move) -> Wire:
    members = {"transaction_type": "Debit", "token": move.seat.token, "close_gameround": move.closes}
    return posted("/wallet/transaction", _moved(move) | members)


def _win(move: Move) -> Wire:
    members = {"transaction_type": "Credit", "close_gameround": move.closes}
    return posted("/wallet/transaction", _moved(move) | members)


def _moved(move: Move) -> dict[str, object]:
    return {
        "player_id": move.seat.player,
        "transaction_id": move.id,
        "provider_id": "thrillpots",
        "gameround_id": move.round,
        "source_id": move.seat.game,
        "currency": move.currency,
        "amount": raw(move.amount),
    }


def _rollback(move: Move) -> Wire:
    who = {"player_id": move.seat.player} if move.seat.player else {}
    return posted("/wallet/cancel", {"transaction_id": move.of.id if move.of else move.id} | who, "DELETE")


def _batch(move: Move) -> Wire:
    items = [_moved(item) | {"transaction_type": "Credit"} for item in move.items]
    return posted("/wallet/transaction/batch", {"batch_id": move.id, "transactions": items})


def _sign(wire: Wire, secret: bytes, now: float) -> Wire:  # noqa: ARG001 - nothing time-bound is signed
    return headed(wire, X_Server_Authorization=signing.sign(secret, wire.body))


def _read(reply: Reply) -> Said:
    members = reply.members
    if reply.status != HTTPStatus.OK:
        return no(members["code"])
    if "results" in members:
        return yes("OK", items=tuple(map(_item, members["results"])))
    return _accepted(members)


def _item(result: dict[str, Any]) -> Said:
    return no(result["error"]["code"]) if result["status"] == "ERROR" else _accepted(result)


def _accepted(members: dict[str, Any]) -> Said:
    return yes("OK", Decimal(members["balance"]), members.get("wallet_transaction_id") or "")


DIALECTS = (
    Dialect(
        name="thrillgate",
        protocol="thrillgate",
        source="adapters/README.md",
        balance=_balance,
        bet=_bet,
        win=_win,
        rollback=_rollback,
        batch=_batch,
        sign=_sign,
        signature="X-Server-Authorization",
        read=_read,
        says={
            Situation.INSUFFICIENT_FUNDS: Says("INSUFFICIENT_FUNDS", 402),
            Situation.PLAYER_UNKNOWN: Says("PLAYER_NOT_FOUND", 404),
            Situation.SESSION_UNKNOWN: Says("INVALID_PLAYER_TOKEN", 401),
            Situation.SESSION_EXPIRED: Says("INVALID_PLAYER_TOKEN", 401),
            Situation.PLAYER_BLOCKED: Says("PLAYER_BLOCKED", 403),
            Situation.LIMIT_REACHED: Says("LIMIT_REACHED", 403),
            Situation.WRONG_CURRENCY: Says("WRONG_CURRENCY", 400),
            Situation.OTHER_DATA: Says("DUPLICATE_CONFLICT", 409),
            Situation.ROLLED_BACK_BEFORE: Says("TRANSACTION_CANCELLED", 409),
            Situation.ROUND_CLOSED: Says("GAMEROUND_CLOSED", 409),
            Situation.BAD_SIGNATURE: Says("INVALID_SIGNATURE", 401),
            Situation.BAD_REQUEST: Says("INVALID_REQUEST", 400),
            Situation.BAD_AMOUNT: Says("INVALID_AMOUNT", 400),
            Situation.TOO_FINE: Says("INVALID_AMOUNT", 400),
            Situation.INTERNAL: (Says("TRY_LATER", 503), Says("INTERNAL", 500)),
        },
        lacks={
            "bet_and_win": "a Debit and a Credit are two calls",
            "close": "closing is a flag of Debit and Credit",
            "prize": "community wins come in batches",
            Situation.STALE_SIGNATURE: "nothing time-bound is signed",
            Situation.WIN_OF_ROLLED_BACK: "a Credit names no Debit, only its gameround",
        },
        plain=True,
    ),
)
