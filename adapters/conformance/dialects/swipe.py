"""Swipe Games' integration adapter API, as its public pages describe it."""

import json
import uuid
from decimal import Decimal
from http import HTTPStatus
from urllib.parse import parse_qsl

from adapters import signing
from adapters.conformance.dialect import ACCEPTED, Case, Dialect, Move, Said, Says, Situation, Step, no, yes
from adapters.conformance.wires import Reply, Wire, headed, posted, query, quoted

_REFUSED = Says("400", 400, balance=False)


def _uuid(hexadecimal: str) -> str:
    return str(uuid.UUID(hexadecimal))


def _balance(move: Move) -> Wire:
    return Wire("GET", "/balance?" + query({"sessionID": move.seat.token}))


def _moved(path: str, move: Move, kind: str = "regular", **more: str) -> Wire:
    members = {
        "type": kind,
        "sessionID": move.seat.token,
        "amount": quoted(move.amount),
        "txID": _uuid(move.id),
        "roundID": _uuid(move.round),
    }
    return posted(path, dict(sorted((members | more).items())))


def _bet(move: Move) -> Wire:
    return _moved("/bet", move)


def _win(move: Move) -> Wire:
    return _moved("/win", move)


def _prize(move: Move) -> Wire:
    """The total of a player's free rounds."""
    return _moved("/win", move, frID="free-rounds")


def _free_bet(move: Move) -> Wire:
    return _moved("/bet", move, "free", frID="free-rounds")


def _free_win(move: Move) -> Wire:
    return _moved("/win", move, "free", frID="free-rounds")


def _rollback(move: Move) -> Wire:
    undone = move.of or move
    members = {
        "sessionID": move.seat.token,
        "txID": _uuid(move.id),
        "origTxID": _uuid(undone.id),
        "roundID": _uuid(undone.round),
        "amount": quoted(undone.amount),
    }
    return posted("/refund", dict(sorted(members.items())))


def _sign(wire: Wire, secret: bytes, now: float) -> Wire:  # noqa: ARG001 - nothing time-bound is signed
    """A body is written in its canonical form already; a query is signed as the object of its parameters."""
    signed = wire.body
    if wire.method == "GET":
        parameters = dict(parse_qsl(wire.target.partition("?")[2], keep_blank_values=True))
        signed = json.dumps(parameters, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return headed(wire, X_REQUEST_SIGN=signing.sign(secret, signed))


def _read(reply: Reply) -> Said:
    """An error without a code of the vendor's has its status for a word."""
    members = reply.members
    if reply.status != HTTPStatus.OK:
        return no(members.get("code", str(reply.status)))
    return yes("OK", Decimal(members["balance"]), members.get("txID", ""))


_CASES = (
    Case(
        name="swipe.free-rounds",
        source="providers 6",
        steps=(
            Step(say=_free_bet, id="bet", amount="10.00", leaves="0.00"),
            Step(say=_free_win, id="win", amount="30.00", leaves="0.00"),
            Step(say=_free_bet, id="bet", amount="10.00", again=True, leaves="0.00"),
            Step(say="rollback", id="refund", of="bet", leaves="0.00"),
            Step(say="prize", id="total", amount="30.00", leaves="30.00"),
        ),
    ),
    Case(
        name="swipe.finer-than-a-balance",
        source="providers 6",
        steps=(Step(say="bet", amount="0.0000000001", says=(_REFUSED,), leaves="0"),),
    ),
)

DIALECTS = (
    Dialect(
        name="swipe",
        protocol="swipe",
        source="providers 6",
        balance=_balance,
        bet=_bet,
        win=_win,
        rollback=_rollback,
        prize=_prize,
        sign=_sign,
        signature="X-REQUEST-SIGN",
        read=_read,
        says={
            Situation.INSUFFICIENT_FUNDS: Says("insufficient_funds", 400, balance=False),
            Situation.SESSION_UNKNOWN: Says("session_not_found", 404, balance=False),
            Situation.SESSION_EXPIRED: Says("session_expired", 400, balance=False),
            Situation.PLAYER_BLOCKED: Says("account_blocked", 400, balance=False),
            Situation.LIMIT_REACHED: tuple(Says(f"{kind}_limit", 400) for kind in ("bet", "loss", "time")),
            Situation.OTHER_DATA: _REFUSED,
            Situation.ROLLED_BACK_BEFORE: _REFUSED,
            # No page says which: a win names its round, and not its bet.
            Situation.WIN_OF_ROLLED_BACK: (ACCEPTED, _REFUSED),
            Situation.BAD_SIGNATURE: Says("401", 401, balance=False),
            Situation.BAD_REQUEST: _REFUSED,
            Situation.BAD_AMOUNT: _REFUSED,
            Situation.INTERNAL: Says("500", 500, balance=False),
        },
        lacks={
            "bet_and_win": "a bet and a win are two calls",
            "batch": "a win is a call by itself",
            "close": "nothing says that a round is over",
            Situation.PLAYER_UNKNOWN: "no request names a player: the session says who",
            Situation.WRONG_CURRENCY: "no request names a currency: it is the session's",
            Situation.ROUND_CLOSED: "nothing says that a round is over",
            Situation.STALE_SIGNATURE: "nothing time-bound is signed",
            "refused.session-of-another-player": "no request names a player: the session says who",
            "rollback.of-a-win": "wins are sent until they are accepted, and never refunded",
            "rollback.of-a-win-before-it": "wins are sent until they are accepted, and never refunded",
            Situation.TOO_FINE: "a balance has its currency's digits, and no page says that of amounts",
        },
        finest="0.01",
        waits=5.0,
        cases=_CASES,
        key=lambda move: f"tx:{_uuid(move.id)}:{_uuid(move.round)}",
        plain=True,
    ),
)
