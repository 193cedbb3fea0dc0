"""GCP v1, SOFTSWISS's older dialect: one play for bets and wins, in subunits."""

from decimal import Decimal
from http import HTTPStatus

from adapters import signing
from adapters.conformance.dialect import ACCEPTED, Dialect, Move, Said, Says, Situation, no, yes
from adapters.conformance.wires import Reply, Wire, headed, posted, raw, subunits

_DIGITS = 2


def _common(move: Move) -> dict[str, object]:
    return {"user_id": move.seat.player, "currency": move.currency, "game": f"acme:{move.seat.game}"}


def _balance(move: Move) -> Wire:
    return posted("/play", _common(move))


def _action(move: Move) -> dict[str, object]:
    kind = "bet" if move.kind == "bet" else "win"
    return {"action": kind, "amount": raw(subunits(move.amount, _DIGITS)), "action_id": move.id}


def _play(move: Move) -> Wire:
    """A bet, a win, or both."""
    members = {"game_id": move.round, "session_id": move.seat.token, "finished": move.closes}
    return posted("/play", _common(move) | members | {"actions": list(map(_action, move.items or (move,)))})


def _rollback(move: Move) -> Wire:
    undone = {"action": "rollback", "action_id": move.id, "original_action_id": move.of.id if move.of else move.id}
    return posted("/rollback", _common(move) | {"game_id": move.round, "actions": [undone]})


def _sign(wire: Wire, secret: bytes, now: float) -> Wire:  # noqa: ARG001 - nothing time-bound is signed
    return headed(wire, X_REQUEST_SIGN=signing.sign(secret, wire.body))


def _read(reply: Reply) -> Said:
    members = reply.members
    shown = Decimal(members["balance"]).scaleb(-_DIGITS) if "balance" in members else None
    if reply.status != HTTPStatus.OK:
        return no(str(members["code"]), shown)
    first = members.get("transactions", [{}])[0]
    return yes("OK", shown, first.get("tx_id", ""))


_BAD_REQUEST = Says("400", 400)

DIALECTS = (
    Dialect(
        name="gcp",
        protocol="gcp",
        source="providers 4.6",
        balance=_balance,
        bet=_play,
        win=_play,
        rollback=_rollback,
        prize=_play,
        bet_and_win=_play,
        sign=_sign,
        signature="X-REQUEST-SIGN",
        read=_read,
        says={
            Situation.INSUFFICIENT_FUNDS: Says("100", 412),
            Situation.PLAYER_UNKNOWN: Says("101", 412),
            Situation.SESSION_UNKNOWN: _BAD_REQUEST,
            Situation.SESSION_EXPIRED: _BAD_REQUEST,
            Situation.PLAYER_BLOCKED: Says("110", 412),
            Situation.LIMIT_REACHED: (Says("105", 412), Says("106", 412)),
            Situation.WRONG_CURRENCY: Says("154", 412),
            Situation.OTHER_DATA: _BAD_REQUEST,
            Situation.ROLLED_BACK_BEFORE: ACCEPTED,
            Situation.WIN_OF_ROLLED_BACK: (_BAD_REQUEST, ACCEPTED),
            Situation.ROUND_CLOSED: (ACCEPTED, _BAD_REQUEST),
            Situation.BAD_SIGNATURE: Says("403", 403, balance=False),
            Situation.BAD_REQUEST: Says("400", 400, balance=False),
            Situation.BAD_AMOUNT: _BAD_REQUEST,
            Situation.TOO_FINE: _BAD_REQUEST,
            Situation.INTERNAL: tuple(Says(str(code), code, balance=False) for code in (500, 502, 503, 504)),
        },
        lacks={
            "batch": "there are no batches",
            "close": "closing is a flag of play",
            "unnamed": "user_id is required",
            Situation.STALE_SIGNATURE: "nothing time-bound is signed",
        },
        finest="0.01",
        waits=15.0,
    ),
)
