"""Betsoft (Nucleus), EC common wallet, as the providers' book (13) gathers it."""

import hashlib
import re
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qsl, quote_plus

import msgspec

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
from adapters.conformance.wires import Reply, Wire, form, query, subunits

_DIGITS = 2
_HASHED = {
    "/authenticate": ("token",),
    "/getAccountInfo": ("userId",),
    "/betResult": ("userId", "bet", "win", "isRoundFinished", "roundId", "gameId"),
    "/refundBet": ("userId", "casinoTransactionId"),
    "/bonusRelease": ("userId", "bonusId", "amount"),
    "/bonusWin": ("userId", "bonusId", "amount"),
}
_ELEMENT = re.compile(r"<([A-Z]+)>([^<]*)</\1>")
_NO_SESSION = "a token is for authenticate only"
_OF_A_BET = "a refund is of a bet"
_FAILED = Says("301", balance=False)
_AMOUNT = Says("602", balance=False)


def _cents(move: Move) -> str:
    return subunits(move.amount, _DIGITS)


def _balance(move: Move) -> Wire:
    return Wire("GET", "/getBalance?" + query({"userId": move.seat.player}))


def _result(move: Move, **moved: str) -> Wire:
    fields = {"isRoundFinished": str(move.closes).lower(), "roundId": move.round, "gameId": move.seat.game}
    return form("/betResult", {"userId": move.seat.player} | moved | fields | {"gameSessionId": "1"})


def _bet(move: Move) -> Wire:
    return _result(move, bet=f"{_cents(move)}|{move.id}")


def _win(move: Move) -> Wire:
    """By GET, as vendors of this family do."""
    posted = _result(move, win=f"{_cents(move)}|{move.id}")
    return Wire("GET", f"{posted.target}?{posted.body.decode()}")


def _bet_and_win(move: Move) -> Wire:
    bet, win = move.items
    return _result(bet, bet=f"{_cents(bet)}|{bet.id}", win=f"{_cents(win)}|{win.id}")


def _bet_with_change(move: Move) -> Wire:
    """A bet of the amount, of which 2.00 come back."""
    return _result(move, bet=f"{_cents(move)}|{move.id}", negativeBet="200")


def _prize(move: Move) -> Wire:
    fields = {"userId": move.seat.player, "bonusId": "77", "amount": _cents(move), "transactionId": move.id}
    return form("/bonusWin", fields)


def _rollback(move: Move) -> Wire:
    return form("/refundBet", {"userId": move.seat.player, "casinoTransactionId": (move.of or move).id})


def _sign(wire: Wire, secret: bytes, now: float) -> Wire:  # noqa: ARG001 - nothing time-bound is signed
    """A balance is asked for without a hash."""
    path, _, asked = wire.target.partition("?")
    text = wire.body.decode() or asked
    fields = dict(parse_qsl(text, keep_blank_values=True))
    if path not in _HASHED:
        return wire
    values = "".join(fields.get(name, "") for name in _HASHED[path]).encode()
    sealed = f"{text}&hash={quote_plus(hashlib.md5(values + secret, usedforsecurity=False).hexdigest())}"
    if wire.body:
        return msgspec.structs.replace(wire, body=sealed.encode())
    return msgspec.structs.replace(wire, target=f"{path}?{sealed}")


def _read(reply: Reply) -> Said:
    """The answer repeats the request; what it says is in its RESPONSE."""
    response = reply.body.decode().partition("<RESPONSE>")[2]
    members = {name: unescape(text) for name, text in _ELEMENT.findall(response)}
    if members["RESULT"] != "OK":
        return no(members["CODE"])
    balance = Decimal(members["BALANCE"]).scaleb(-_DIGITS) if "BALANCE" in members else None
    return yes("OK", balance, members.get("EXTSYSTEMTRANSACTIONID", ""))


_CASES = (
    Case(
        name="betsoft.negative-bet",
        source="providers 13",
        steps=(
            Step(say=_bet_with_change, id="a", amount="10.00", leaves="-8.00"),
            Step(say=_bet_with_change, id="a", amount="10.00", again=True, says=(Situation.SAME_BET,), leaves="-8.00"),
        ),
    ),
)

DIALECTS = (
    Dialect(
        name="betsoft",
        protocol="betsoft",
        source="providers 13",
        balance=_balance,
        bet=_bet,
        win=_win,
        rollback=_rollback,
        prize=_prize,
        bet_and_win=_bet_and_win,
        sign=_sign,
        signature="hash",
        read=_read,
        content_types=("text/xml", "application/xml"),
        says={
            Situation.INSUFFICIENT_FUNDS: Says("300", balance=False),
            Situation.PLAYER_UNKNOWN: Says("310", balance=False),
            Situation.PLAYER_BLOCKED: _FAILED,
            Situation.LIMIT_REACHED: _FAILED,
            # The table of errors says 301 and doubts it; what operators do is to answer as to the first.
            Situation.OTHER_DATA: (ACCEPTED, _FAILED),
            Situation.ROLLED_BACK_BEFORE: _FAILED,
            Situation.UNKNOWN_ROLLED_BACK: Says("302", balance=False),
            Situation.ROUND_CLOSED: ACCEPTED,
            Situation.BAD_SIGNATURE: Says("500", balance=False),
            Situation.BAD_REQUEST: Says("610", balance=False),
            Situation.BAD_AMOUNT: _AMOUNT,
            Situation.TOO_FINE: _AMOUNT,
            Situation.INTERNAL: Says("399", balance=False),
        },
        lacks={
            "batch": "a win is a call by itself",
            "close": "closing is a flag of betResult",
            "unnamed": "userId is in every request",
            "crossed": _NO_SESSION,
            "rollback.of-a-win": _OF_A_BET,
            "rollback.of-a-win-before-it": _OF_A_BET,
            "win.of-a-rolled-back-bet": "a win names no bet, only its round",
            Forgery.STALE: "nothing time-bound is signed",
            Situation.SESSION_UNKNOWN: _NO_SESSION,
            Situation.SESSION_EXPIRED: _NO_SESSION,
            Situation.STALE_SIGNATURE: "nothing time-bound is signed",
            Situation.WRONG_CURRENCY: "no request names a currency",
            Situation.WIN_OF_ROLLED_BACK: "a win names no bet, only its round",
        },
        replays=Replays.NOW,
        finest="0.01",
        cases=_CASES,
        key=lambda move: f"bet:{move.id}",
    ),
)
