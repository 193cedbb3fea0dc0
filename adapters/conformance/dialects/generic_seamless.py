"""Our own seamless dialect, as adapters/README.md and the adapter's /openapi.json describe it."""

from decimal import Decimal
from http import HTTPStatus
from typing import Any

from adapters import signing
from adapters.conformance.dialect import Dialect, Move, Said, Says, Situation, no, yes
from adapters.conformance.wires import Reply, Wire, headed, posted, quoted


def _balance(move: Move) -> Wire:
    return posted("/v1/balance", {"player_id": move.seat.player, "currency": move.currency})


def _bet(move: Move) -> Wire:
    return posted("/v1/bet", _moved(move) | {"player_id": move.seat.player, "token": move.seat.token})


def _win(move: Move) -> Wire:
    bets = [move.of.id] if move.of else []
    return posted("/v1/win", _moved(move) | {"player_id": move.seat.player, "bets": bets})


def _prize(move: Move) -> Wire:
    return posted("/v1/win", _moved(move) | {"player_id": move.seat.player, "category": "jackpot"})


def _moved(move: Move) -> dict[str, object]:
    return {
        "transaction_id": move.id,
        "round_id": move.round,
        "game_id": move.seat.game,
        "currency": move.currency,
        "amount": quoted(move.amount),
        "close_round": move.closes,
    }


def _rollback(move: Move) -> Wire:
    who = {"player_id": move.seat.player} if move.seat.player else {}
    reference = move.of.id if move.of else ""
    return posted("/v1/rollback", who | {"transaction_id": move.id, "reference": reference})


def _close(move: Move) -> Wire:
    members = {"player_id": move.seat.player, "transaction_id": move.id, "round_id": move.round}
    return posted("/v1/close", members)


def _bet_and_win(move: Move) -> Wire:
    bet, win = move.items
    actions = [
        {"type": "bet", "transaction_id": bet.id, "amount": quoted(bet.amount)},
        {"type": "win", "transaction_id": win.id, "amount": quoted(win.amount), "bets": [bet.id]},
    ]
    common = {name: value for name, value in _moved(bet).items() if name not in ("transaction_id", "amount")}
    who = {"player_id": move.seat.player, "token": move.seat.token}
    return posted("/v1/play", common | who | {"actions": actions})


def _batch(move: Move) -> Wire:
    items = [
        {
            "player_id": item.seat.player,
            "transaction_id": item.id,
            "currency": item.currency,
            "amount": quoted(item.amount),
        }
        for item in move.items
    ]
    return posted("/v1/batch/credit", {"batch_id": move.id, "credits": items})


def _sign(wire: Wire, secret: bytes, now: float) -> Wire:
    timestamp = str(int(now))
    text = "\n".join([wire.method, wire.target, timestamp, signing.body_hash(wire.body)])
    return headed(wire, X_Wallet_Timestamp=timestamp, X_Wallet_Signature=signing.sign(secret, text.encode()))


def _read(reply: Reply) -> Said:
    members = reply.members
    if reply.status != HTTPStatus.OK:
        return _refused(members)
    if "results" in members:
        return yes("OK", items=tuple(map(_item, members["results"])))
    return _accepted(members)


def _item(result: dict[str, Any]) -> Said:
    return _refused(result["problem"]) if result["status"] == "error" else _accepted(result["moved"])


def _accepted(members: dict[str, Any]) -> Said:
    """Of the two balances of a repetition the one of then; a rollback of nobody's transaction has none."""
    shown = members.get("balance_then") or members["balance"]
    first = members.get("transactions", [{}])[0]
    return yes("OK", _amount(shown), first.get("wallet_transaction_id", ""))


def _refused(problem: dict[str, Any]) -> Said:
    return no(problem["code"], _amount(problem.get("balance")))


def _amount(balance: dict[str, str] | None) -> Decimal | None:
    return Decimal(balance["amount"]) if balance else None


DIALECTS = (
    Dialect(
        name="generic_seamless",
        protocol="generic_seamless",
        source="adapters/README.md",
        balance=_balance,
        bet=_bet,
        win=_win,
        rollback=_rollback,
        prize=_prize,
        close=_close,
        bet_and_win=_bet_and_win,
        batch=_batch,
        sign=_sign,
        signature="X-Wallet-Signature",
        read=_read,
        content_types=("application/json", "application/problem+json"),
        says={
            Situation.INSUFFICIENT_FUNDS: Says("INSUFFICIENT_FUNDS", 402, balance=True),
            Situation.PLAYER_UNKNOWN: Says("PLAYER_UNKNOWN", 404, balance=False),
            Situation.SESSION_UNKNOWN: Says("SESSION_UNKNOWN", 401),
            Situation.SESSION_EXPIRED: Says("SESSION_EXPIRED", 401),
            Situation.PLAYER_BLOCKED: Says("PLAYER_BLOCKED", 403),
            Situation.LIMIT_REACHED: Says("LIMIT_REACHED", 403),
            Situation.WRONG_CURRENCY: Says("WRONG_CURRENCY", 400),
            Situation.OTHER_DATA: Says("CONFLICT", 409),
            Situation.ROLLED_BACK_BEFORE: Says("TOMBSTONED", 409),
            Situation.WIN_OF_ROLLED_BACK: Says("REFERENCE_ROLLED_BACK", 409),
            Situation.WIN_WITHOUT_BET: Says("REFERENCE_NOT_FOUND", 409),
            Situation.ROUND_CLOSED: Says("ROUND_CLOSED", 409),
            Situation.BAD_SIGNATURE: Says("INVALID_SIGNATURE", 401, balance=False),
            Situation.STALE_SIGNATURE: Says("STALE_TIMESTAMP", 401, balance=False),
            Situation.BAD_REQUEST: Says("INVALID_REQUEST", 400, balance=False),
            Situation.BAD_AMOUNT: Says("INVALID_AMOUNT", 400),
            Situation.TOO_FINE: Says("INVALID_PRECISION", 400),
            Situation.INTERNAL: (Says("TRY_LATER", 503, balance=False), Says("INTERNAL", 500, balance=False)),
        },
        profile="generic",
        plain=True,
    ),
)
