"""Outcomebet (Mascot), seamless V2, as the providers' book (14) gathers it."""

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
from adapters.conformance.wires import Reply, Wire, headed, posted, raw, subunits

_DIGITS = 2
_NOT_SIGNED = "nothing is signed: the client certificate says who calls"
_NO_SESSION = "sessionAlternativeId is whatever the launch gave along"
_INTERNAL = Says("7", balance=False)
_PARAMETERS = Says("-32602", balance=False)


def _call(method: str, **params: object) -> Wire:
    call = {"jsonrpc": "2.0", "method": method, "id": 1, "params": {"callerId": 1} | params}
    return posted("/", call)


def _balance(move: Move) -> Wire:
    return _call("getBalance", playerName=move.seat.player, currency=move.currency)


def _spin(move: Move, withdraw: str, deposit: str, **more: object) -> Wire:
    amounts = {"withdraw": raw(subunits(withdraw, _DIGITS)), "deposit": raw(subunits(deposit, _DIGITS))}
    who = {"playerName": move.seat.player, "currency": move.currency, "sessionAlternativeId": move.seat.token}
    reason = "GAME_PLAY_FINAL" if move.closes else "GAME_PLAY"
    return _call("withdrawAndDeposit", **who, **amounts, transactionRef=move.id, reason=reason, **more)


def _bet(move: Move) -> Wire:
    return _spin(move, move.amount, "0", gameRoundRef=move.round, gameId=move.seat.game)


def _win(move: Move) -> Wire:
    return _spin(move, "0", move.amount, gameRoundRef=move.round, gameId=move.seat.game)


def _prize(move: Move) -> Wire:
    return _spin(move, "0", move.amount)


def _bet_and_win(move: Move) -> Wire:
    bet, win = move.items
    return _spin(move, bet.amount, win.amount, gameRoundRef=bet.round, gameId=move.seat.game)


def _free(move: Move) -> Wire:
    return _spin(move, move.amount, "0", gameRoundRef=move.round, chargeFreerounds=1, bonusId="b-1")


def _rollback(move: Move) -> Wire:
    return _call("rollbackTransaction", playerName=move.seat.player, transactionRef=(move.of or move).id)


def _sign(wire: Wire, secret: bytes, now: float) -> Wire:  # noqa: ARG001 - nothing is signed
    """What the proxy says of the certificate it has verified."""
    return headed(wire, X_Client_Subject=secret.decode())


def _read(reply: Reply) -> Said:
    members = reply.members
    if "error" in members:
        return no(str(members["error"]["code"]))
    result = members["result"]
    shown = result.get("newBalance", result.get("balance"))
    balance = None if shown is None else Decimal(shown).scaleb(-_DIGITS)
    return yes("OK", balance, result.get("transactionId", ""))


_TOGETHER = Step(
    say="bet_and_win",
    id="t",
    items=(Step(say="bet", amount="10.00"), Step(say="win", id="w", amount="30.00")),
    leaves="20.00",
)
_CASES = (
    Case(
        name="outcomebet.rollback-of-both",
        source="providers 14",
        steps=(_TOGETHER, Step(say="rollback", id="x", of="t", leaves="0")),
    ),
    Case(
        name="outcomebet.rollback-of-both-before-them",
        source="providers 14",
        steps=(
            Step(say="rollback", id="x", of="t", leaves="0"),
            Step(say="bet_and_win", id="t", items=_TOGETHER.items, says=(Situation.ROLLED_BACK_BEFORE,), leaves="0"),
        ),
    ),
    Case(
        name="outcomebet.free-round",
        source="providers 14",
        steps=(Step(say=_free, id="f", amount="1.00", says=(_INTERNAL,), leaves="0"),),
    ),
)

DIALECTS = (
    Dialect(
        name="outcomebet",
        protocol="outcomebet",
        source="providers 14",
        balance=_balance,
        bet=_bet,
        win=_win,
        rollback=_rollback,
        prize=_prize,
        bet_and_win=_bet_and_win,
        sign=_sign,
        signature="X-Client-Subject",
        read=_read,
        says={
            Situation.INSUFFICIENT_FUNDS: Says("1", balance=False),
            Situation.PLAYER_UNKNOWN: _INTERNAL,
            Situation.PLAYER_BLOCKED: _INTERNAL,
            Situation.LIMIT_REACHED: (Says("5", balance=False), Says("6", balance=False)),
            Situation.WRONG_CURRENCY: Says("2", balance=False),
            # As the first for the same player, and no success for another one.
            Situation.OTHER_DATA: (ACCEPTED, _INTERNAL),
            Situation.ROLLED_BACK_BEFORE: _INTERNAL,
            Situation.ROUND_CLOSED: ACCEPTED,
            Situation.BAD_SIGNATURE: _INTERNAL,
            Situation.BAD_REQUEST: _PARAMETERS,
            # A negative deposit, a negative withdrawal, too much of either, and what is no whole number.
            Situation.BAD_AMOUNT: (Says("3", balance=False), Says("4", balance=False), _INTERNAL, _PARAMETERS),
            Situation.TOO_FINE: _PARAMETERS,
            # A broken answer is asked for again, until it is none.
            Situation.INTERNAL: Says("7", 500, balance=False),
        },
        lacks={
            "batch": "a deposit is a call by itself",
            "close": "closing is a reason of withdrawAndDeposit",
            "unnamed": "playerName is in every call",
            "crossed": _NO_SESSION,
            "win.id-of-its-bet": "a transactionRef is of one call, and a known one is answered as the first",
            "win.of-a-rolled-back-bet": "a deposit names no withdrawal, only its round",
            Forgery.ANOTHER_BODY: _NOT_SIGNED,
            Forgery.STALE: _NOT_SIGNED,
            Situation.SESSION_UNKNOWN: _NO_SESSION,
            Situation.SESSION_EXPIRED: _NO_SESSION,
            Situation.STALE_SIGNATURE: _NOT_SIGNED,
            Situation.WIN_OF_ROLLED_BACK: "a deposit names no withdrawal, only its round",
        },
        replays=Replays.THEN,
        finest="0.01",
        cases=_CASES,
        key=lambda move: f"withdraw:{move.id}",
    ),
)
