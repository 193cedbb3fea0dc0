"""Fundist (SoftGamings) OneWallet, as the providers' book (15) gathers it from several operators' implementations."""

import hashlib
import json
from decimal import Decimal
from typing import Any

import msgspec

from adapters import signing
from adapters.conformance.dialect import ACCEPTED, Case, Dialect, Forgery, Move, Said, Says, Situation, Step, no, yes
from adapters.conformance.wires import Reply, Wire, posted, quoted

_NO_SESSION = "i_extparam is whatever the launch gave along"


def _asked(kind: str, move: Move, **more: object) -> Wire:
    return posted("/", {"type": kind, "userid": move.seat.player, "currency": move.currency} | more)


def _balance(move: Move) -> Wire:
    return _asked("balance", move)


def _moved(kind: str, move: Move, **more: object) -> Wire:
    members = {"tid": move.id, "i_actionid": f"a{move.id}", "amount": quoted(move.amount)}
    return _asked(kind, move, **members, **more)


def _played(kind: str, move: Move) -> Wire:
    ends = {"round_ended": True} if move.closes else {}
    return _moved(kind, move, i_gameid=move.round, i_gamedesc=f"960:{move.seat.game}", **ends)


def _bet(move: Move) -> Wire:
    return _played("debit", move)


def _win(move: Move) -> Wire:
    return _played("credit", move)


def _prize(move: Move) -> Wire:
    return _moved("credit", move, subtype="promotion")


def _rollback(move: Move) -> Wire:
    """The opposite movement, with the mark of what it undoes."""
    undone = move.of or move
    return _moved("credit" if undone.kind == "bet" else "debit", move, i_rollback=undone.id, i_gameid=move.round)


def _text(members: dict[str, Any]) -> str:
    """The values in the order of their names; a list of objects is one value."""
    return "".join(_value(members[name]) for name in sorted(members) if name != "hmac")


def _value(value: object) -> str:
    if isinstance(value, list):
        return "".join(map(_text, value))
    return "1" if value is True else str(value)


def _mac(members: dict[str, Any], secret: bytes) -> str:
    return signing.sign(hashlib.sha256(secret).digest(), _text(members).encode())


def _sign(wire: Wire, secret: bytes, now: float) -> Wire:  # noqa: ARG001 - nothing time-bound is signed
    try:
        members = json.loads(wire.body)
    except ValueError:
        # Of what is no JSON there is nothing to sign.
        return wire
    return msgspec.structs.replace(wire, body=msgspec.json.encode(members | {"hmac": _mac(members, secret)}))


def _proves(reply: Reply, secret: bytes) -> bool:
    """Errors are signed, too."""
    members = reply.members
    return bool(members.get("hmac") == _mac(members, secret))


def _read(reply: Reply) -> Said:
    """The wallet's own id of a transaction is never told."""
    members = reply.members
    if "error" in members:
        return no(members["error"].partition(": ")[0])
    return yes(members["status"], Decimal(members["balance"]))


_OF_A_BET = Step(say="bet", id="bet", amount="10.00", leaves="-10.00")


def _nameless(move: Move) -> Wire:
    return _moved("credit", move, subtype="cancel", i_reference_actionid=f"a{(move.of or move).id}")


_CASES = (
    Case(
        name="fundist.cancellation-that-names-no-transaction",
        source="providers 15",
        steps=(_OF_A_BET, Step(say=_nameless, id="c", of="bet", says=(Situation.BAD_REQUEST,), leaves="-10.00")),
    ),
    Case(
        name="fundist.id-of-a-rollback",
        source="providers 15",
        steps=(
            _OF_A_BET,
            Step(say="rollback", id="x", of="bet", leaves="0"),
            Step(say="bet", id="x", amount="10.00", says=(Situation.OTHER_DATA,), leaves="0"),
        ),
    ),
)

DIALECTS = (
    Dialect(
        name="fundist",
        protocol="fundist",
        source="providers 15",
        balance=_balance,
        bet=_bet,
        win=_win,
        rollback=_rollback,
        prize=_prize,
        sign=_sign,
        signature="hmac",
        read=_read,
        proves=_proves,
        says={
            Situation.INSUFFICIENT_FUNDS: Says("INSUFFICIENT_FUNDS"),
            Situation.PLAYER_UNKNOWN: Says("User not found"),
            Situation.PLAYER_BLOCKED: Says("User is blocked"),
            Situation.LIMIT_REACHED: Says("Limit reached"),
            Situation.WRONG_CURRENCY: Says("Currency mismatch"),
            Situation.OTHER_DATA: Says("Transaction parameter mismatch"),
            Situation.ROLLED_BACK_BEFORE: Says("Transaction is rolled back"),
            Situation.ROUND_CLOSED: ACCEPTED,
            Situation.BAD_SIGNATURE: Says("Invalid HMAC"),
            Situation.BAD_REQUEST: Says("Invalid request"),
            Situation.BAD_AMOUNT: Says("Invalid amount"),
            # What may be taken for a refusal must not be said where money may have moved.
            Situation.INTERNAL: Says("Internal error", 500),
        },
        lacks={
            "bet_and_win": "a debit and a credit are two calls",
            "batch": "a credit is a call by itself",
            "close": "closing is a flag of debit and credit",
            "unnamed": "userid is in every request",
            "crossed": _NO_SESSION,
            "win.of-a-rolled-back-bet": "a credit names no debit, only its round",
            Forgery.STALE: "nothing time-bound is signed",
            Situation.SESSION_UNKNOWN: _NO_SESSION,
            Situation.SESSION_EXPIRED: _NO_SESSION,
            Situation.STALE_SIGNATURE: "nothing time-bound is signed",
            Situation.WIN_OF_ROLLED_BACK: "a credit names no debit, only its round",
            Situation.TOO_FINE: "a balance has two decimals, and no page says that of amounts",
        },
        finest="0.01",
        cases=_CASES,
    ),
)
