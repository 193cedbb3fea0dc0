"""BlueOcean Gaming: queries with a SHA-1 of themselves, ids that are unique per player."""

import hashlib
from decimal import Decimal

import msgspec

from adapters.conformance.dialect import ACCEPTED, Dialect, Move, Said, Says, Situation, no, yes
from adapters.conformance.wires import Reply, Wire, query


def _called(action: str, move: Move, **fields: str) -> Wire:
    caller = {"callerId": "op_s", "callerPassword": "pw", "callerPrefix": "ab", "action": action}
    who = {"remote_id": move.seat.player, "username": "u", "session_id": move.seat.token, "currency": move.currency}
    return Wire("GET", "/?" + query(caller | who | fields))


def _balance(move: Move) -> Wire:
    return _called("balance", move)


def _moved(action: str, move: Move) -> Wire:
    return _called(
        action,
        move,
        amount=move.amount,
        game_id=move.seat.game,
        transaction_id=move.id,
        round_id=move.round,
        gameplay_final="1" if move.closes else "0",
        # Members nobody has heard of come along, and are signed.
        new_parameter="x",
    )


def _bet(move: Move) -> Wire:
    return _moved("debit", move)


def _win(move: Move) -> Wire:
    return _moved("credit", move)


def _rollback(move: Move) -> Wire:
    """Under the id of what is taken back."""
    return _called("rollback", move, transaction_id=(move.of or move).id)


def _sign(wire: Wire, secret: bytes, now: float) -> Wire:  # noqa: ARG001 - nothing time-bound is signed
    text = wire.target.partition("?")[2].encode()
    key = hashlib.sha1(secret + text, usedforsecurity=False).hexdigest()
    return msgspec.structs.replace(wire, target=f"{wire.target}&key={key}")


def _read(reply: Reply) -> Said:
    members = reply.members
    status = members["status"]
    shown = Decimal(members["balance"]) if "balance" in members else None
    return yes(status, shown, members.get("transaction_id", "")) if status == "200" else no(status, shown)


_REFUSED = Says("403")

DIALECTS = (
    Dialect(
        name="blueocean",
        protocol="blueocean",
        source="providers 8",
        balance=_balance,
        bet=_bet,
        win=_win,
        rollback=_rollback,
        prize=_win,
        sign=_sign,
        signature="key",
        read=_read,
        says={
            Situation.INSUFFICIENT_FUNDS: _REFUSED,
            Situation.PLAYER_UNKNOWN: _REFUSED,
            Situation.PLAYER_BLOCKED: _REFUSED,
            Situation.LIMIT_REACHED: _REFUSED,
            Situation.WRONG_CURRENCY: _REFUSED,
            Situation.OTHER_DATA: ACCEPTED,
            Situation.UNKNOWN_ROLLED_BACK: Says("404"),
            Situation.ROLLED_BACK_BEFORE: _REFUSED,
            Situation.WIN_OF_ROLLED_BACK: (_REFUSED, ACCEPTED),
            Situation.ROUND_CLOSED: (ACCEPTED, _REFUSED),
            Situation.BAD_SIGNATURE: Says("403", balance=False),
            Situation.BAD_REQUEST: Says("403", balance=False),
            Situation.BAD_AMOUNT: _REFUSED,
            Situation.INTERNAL: Says("500", balance=False),
        },
        lacks={
            "batch": "there are no batches",
            "bet_and_win": "a debit and its credit are two calls",
            "close": "closing is a flag of debit and credit",
            "win.id-of-its-bet": "a known id is answered as the first time, whatever it is now said of",
            "unnamed": "remote_id is required",
            "crossed": "session_id is the vendor's own",
            Situation.SESSION_UNKNOWN: "session_id is the vendor's own",
            Situation.SESSION_EXPIRED: "session_id is the vendor's own",
            Situation.STALE_SIGNATURE: "nothing time-bound is signed",
            Situation.TOO_FINE: "no source says what becomes of an amount finer than its two digits",
        },
        finest="0.01",
        key=lambda move: f"p:{move.seat.player}:{move.id}",
    ),
)
