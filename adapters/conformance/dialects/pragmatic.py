"""Pragmatic Play's seamless wallet: forms with an MD5 of their fields."""

import hashlib
from decimal import Decimal
from urllib.parse import parse_qsl

import msgspec

from adapters.conformance.dialect import ACCEPTED, Dialect, Move, Replays, Said, Says, Situation, no, yes
from adapters.conformance.wires import Reply, Wire, form

_PROVIDER = "PragmaticPlay"
_TIMESTAMP = "1482429190374"


def _called(method: str, move: Move, **fields: str) -> Wire:
    """The userId carries the currency: no other field of a bet does."""
    user = f"{move.currency}.{move.seat.player}"
    return form(f"/{method}.html", {"providerId": _PROVIDER, "userId": user} | fields)


def _balance(move: Move) -> Wire:
    return _called("balance", move)


def _played(method: str, move: Move, **fields: str) -> Wire:
    moved = {"reference": move.id, "amount": move.amount, "roundId": move.round, "gameId": move.seat.game}
    return _called(method, move, **moved, roundDetails="spin", timestamp=_TIMESTAMP, **fields)


def _bet(move: Move) -> Wire:
    return _played("bet", move, token=move.seat.token)


def _win(move: Move) -> Wire:
    return _played("result", move)


def _prize(move: Move) -> Wire:
    promotion = {"campaignId": "1", "campaignType": "T", "currency": move.currency}
    return _called("promoWin", move, reference=move.id, amount=move.amount, timestamp=_TIMESTAMP, **promotion)


def _rollback(move: Move) -> Wire:
    """Under the reference of its bet."""
    return _called("refund", move, reference=(move.of or move).id)


def _close(move: Move) -> Wire:
    return _called("endRound", move, gameId=move.seat.game, roundId=move.round)


def _sign(wire: Wire, secret: bytes, now: float) -> Wire:  # noqa: ARG001 - nothing time-bound is signed
    fields = sorted(parse_qsl(wire.body.decode(), keep_blank_values=True))
    text = "&".join(f"{name}={value}" for name, value in fields).encode() + secret
    sealed = hashlib.md5(text, usedforsecurity=False).hexdigest()
    return msgspec.structs.replace(wire, body=wire.body + f"&hash={sealed}".encode())


def _read(reply: Reply) -> Said:
    members = reply.members
    word = str(members["error"])
    if word != "0":
        return no(word, Decimal(members["cash"]) if "cash" in members else None)
    shown = Decimal(members["cash"]) + Decimal(members["bonus"]) if "cash" in members else None
    return yes(word, shown, members.get("transactionId", ""))


def _error(code: int) -> Says:
    return Says(str(code), balance=False)


DIALECTS = (
    Dialect(
        name="pragmatic",
        protocol="pragmatic",
        source="providers 2",
        balance=_balance,
        bet=_bet,
        win=_win,
        rollback=_rollback,
        prize=_prize,
        close=_close,
        sign=_sign,
        signature="hash",
        read=_read,
        says={
            Situation.INSUFFICIENT_FUNDS: _error(1),
            Situation.PLAYER_UNKNOWN: _error(2),
            Situation.SESSION_UNKNOWN: _error(4),
            Situation.SESSION_EXPIRED: _error(4),
            Situation.PLAYER_BLOCKED: _error(6),
            Situation.LIMIT_REACHED: (_error(50), _error(310)),
            Situation.WRONG_CURRENCY: _error(7),
            Situation.OTHER_DATA: (ACCEPTED, _error(7)),
            Situation.ROLLED_BACK_BEFORE: _error(120),
            Situation.WIN_OF_ROLLED_BACK: _error(120),
            Situation.WIN_WITHOUT_BET: _error(120),
            Situation.SETTLED_ROLLED_BACK: _error(120),
            Situation.ROUND_CLOSED: (ACCEPTED, _error(3)),
            Situation.BAD_SIGNATURE: _error(5),
            Situation.BAD_REQUEST: _error(7),
            Situation.BAD_AMOUNT: _error(7),
            # The second is endRound's.
            Situation.INTERNAL: (_error(100), _error(130)),
        },
        replays=Replays.NOW,
        lacks={
            "batch": "there are no batches",
            "bet_and_win": "a bet and its result are two calls",
            "unnamed": "userId is required",
            Situation.STALE_SIGNATURE: "the timestamp is the game's, and is not compared",
            Situation.TOO_FINE: "no source says what becomes of an amount finer than its two digits",
            "rollback.of-a-win": "a refund names a bet",
            "rollback.of-a-win-before-it": "a refund names a bet",
        },
        finest="0.01",
        key=lambda move: f"bet:{move.id}",
    ),
)
