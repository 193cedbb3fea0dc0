"""SOFTSWISS Game Aggregator, Provider API v2."""

from decimal import Decimal
from http import HTTPStatus

from adapters import signing
from adapters.conformance.dialect import ACCEPTED, Dialect, Move, Said, Says, Situation, no, yes
from adapters.conformance.wires import Reply, Wire, headed, posted, quoted


def _common(move: Move) -> dict[str, object]:
    return {"account_id": move.seat.player, "currency": move.currency, "game_id": move.seat.game}


def _balance(move: Move) -> Wire:
    return posted("/balance", _common(move))


def _item(move: Move) -> dict[str, object]:
    kind = "bet" if move.kind == "bet" else "win"
    return {"id_provider": move.id, "type": kind, "amount": quoted(move.amount)}


def _betwin(move: Move) -> Wire:
    """A bet, a win, or both."""
    members = {"round_id": move.round, "session_id": move.seat.token, "finished": move.closes}
    return posted("/betwin", _common(move) | members | {"transactions": list(map(_item, move.items or (move,)))})


def _rollback(move: Move) -> Wire:
    undone = {"id_provider": move.id, "type": "rollback", "original_id_provider": move.of.id if move.of else move.id}
    round_id = move.of.round if move.of else move.round
    return posted(
        "/rollback", _common(move) | {"round_id_provider": round_id, "finished": False, "transactions": [undone]}
    )


def _finish(move: Move) -> Wire:
    return posted("/finish", _common(move) | {"round_id": move.round})


def _sign(wire: Wire, secret: bytes, now: float) -> Wire:  # noqa: ARG001 - nothing time-bound is signed
    return headed(wire, X_REQUEST_SIGN=signing.sign(secret, wire.body))


def _read(reply: Reply) -> Said:
    members = reply.members
    if reply.status != HTTPStatus.OK:
        meta = members["meta"]
        return no(meta["api_code"], Decimal(meta["balance"]) if "balance" in meta else None)
    first = members.get("transactions", [{}])[0]
    return yes("OK", Decimal(members["balance"]), first.get("id", ""))


_BAD_REQUEST = Says("400", 400)

DIALECTS = (
    Dialect(
        name="softswiss",
        protocol="softswiss",
        source="providers 4",
        balance=_balance,
        bet=_betwin,
        win=_betwin,
        rollback=_rollback,
        prize=_betwin,
        close=_finish,
        bet_and_win=_betwin,
        sign=_sign,
        signature="X-REQUEST-SIGN",
        read=_read,
        says={
            Situation.INSUFFICIENT_FUNDS: Says("100", 400, balance=True),
            Situation.PLAYER_UNKNOWN: Says("101", 400),
            Situation.SESSION_UNKNOWN: _BAD_REQUEST,
            Situation.SESSION_EXPIRED: _BAD_REQUEST,
            Situation.PLAYER_BLOCKED: Says("110", 400),
            Situation.LIMIT_REACHED: (Says("105", 400), Says("106", 400)),
            Situation.WRONG_CURRENCY: Says("154", 400),
            Situation.OTHER_DATA: (_BAD_REQUEST, Says("409", 400)),
            Situation.ROLLED_BACK_BEFORE: (Says("409", 400), _BAD_REQUEST),
            Situation.WIN_OF_ROLLED_BACK: (Says("409", 400), ACCEPTED),
            # What follows the message that closed a round is taken.
            Situation.ROUND_CLOSED: (ACCEPTED, _BAD_REQUEST),
            Situation.BAD_SIGNATURE: Says("403", 400, balance=False),
            Situation.BAD_REQUEST: Says("400", 400, balance=False),
            Situation.BAD_AMOUNT: _BAD_REQUEST,
            Situation.TOO_FINE: _BAD_REQUEST,
            Situation.ZERO_BET: _BAD_REQUEST,
            Situation.ZERO_WIN: _BAD_REQUEST,
            Situation.INTERNAL: tuple(Says(code, 500, balance=False) for code in ("500", "503", "504")),
        },
        lacks={
            "batch": "there are no batches",
            "unnamed": "account_id is required",
            Situation.STALE_SIGNATURE: "nothing time-bound is signed",
        },
        waits=15.0,
        plain=True,
    ),
)
