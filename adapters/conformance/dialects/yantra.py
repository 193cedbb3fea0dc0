"""Yantra RGS's wallet callbacks, as its open documentation describes them."""

import uuid
from decimal import Decimal

from adapters import signing
from adapters.conformance.dialect import (
    ACCEPTED,
    Case,
    Dialect,
    Move,
    Replays,
    Said,
    Says,
    Situation,
    Step,
    no,
    yes,
)
from adapters.conformance.wires import Reply, Wire, headed, posted, subunits

_DIGITS = 5
# Both count as success to the provider.
_YES = ("RS_OK", "RS_ERROR_DUPLICATE_TRANSACTION")
_ABSENT = Says("RS_ERROR_TRANSACTION_DOES_NOT_EXIST", balance=False)
_NO_SESSION = "no request bears a session's token"
_ONE_SPACE = "an id that is known is answered with OK or DUPLICATE whatever else the message says"


def _asked(move: Move) -> dict[str, object]:
    """A message has an id of its own; the same message again is the same bytes again."""
    return {
        "requestUuid": str(uuid.uuid4()),
        "operatorId": "op_test",
        "playerRef": move.seat.player,
        "currency": move.currency,
        "gameCode": move.seat.game,
    }


def _moved(move: Move) -> dict[str, object]:
    return _asked(move) | {
        "transactionUuid": _uuid(move.id),
        "amountMicro": subunits(move.amount, _DIGITS),
        "roundId": move.round,
    }


def _uuid(hexadecimal: str) -> str:
    return str(uuid.UUID(hexadecimal))


def _original(move: Move) -> str:
    return _uuid((move.of or move).id)


def _balance(move: Move) -> Wire:
    return posted("/wallet/balance", _asked(move))


def _bet(move: Move) -> Wire:
    return posted("/wallet/bet", _moved(move))


def _win(move: Move) -> Wire:
    return posted("/wallet/win", _moved(move) | {"referenceTransactionUuid": _original(move)})


def _rollback(move: Move) -> Wire:
    members = {"transactionUuid": _uuid(move.id), "referenceTransactionUuid": _original(move)}
    return posted("/wallet/rollback", _asked(move) | members)


def _sign(wire: Wire, secret: bytes, now: float) -> Wire:
    timestamp = str(int(now))
    text = "\n".join([wire.method, wire.target.partition("?")[0], timestamp, signing.body_hash(wire.body)])
    signature = signing.sign(secret, text.encode(), "sha256", "base64")
    return headed(wire, X_Yantra_Key_Id="test", X_Yantra_Timestamp=timestamp, X_Yantra_Signature=signature)


def _read(reply: Reply) -> Said:
    """The wallet's own id of a transaction is never told."""
    members = reply.members
    micro = members.get("balanceMicro")
    balance = None if micro is None else Decimal(int(micro)).scaleb(-_DIGITS)
    return (yes if members["status"] in _YES else no)(members["status"], balance)


_CASES = (
    Case(
        name="yantra.movement-in-another-message",
        source="providers 10",
        steps=(
            Step(say="bet", id="a", amount="10.00", leaves="-10.00"),
            Step(say="bet", id="b", amount="5.00", leaves="-15.00"),
            # Under a new requestUuid: nothing moves, and the balance is that of now.
            Step(say="bet", id="a", amount="10.00", says=(Situation.SAME_BET,), leaves="-15.00"),
        ),
    ),
)

DIALECTS = (
    Dialect(
        name="yantra",
        protocol="yantra",
        source="providers 10",
        balance=_balance,
        bet=_bet,
        win=_win,
        rollback=_rollback,
        sign=_sign,
        signature="X-Yantra-Signature",
        read=_read,
        says={
            Situation.INSUFFICIENT_FUNDS: Says("RS_ERROR_NOT_ENOUGH_MONEY", balance=True),
            Situation.PLAYER_UNKNOWN: Says("RS_ERROR_INVALID_TOKEN", balance=False),
            Situation.PLAYER_BLOCKED: Says("RS_ERROR_USER_DISABLED"),
            Situation.LIMIT_REACHED: Says("RS_ERROR_LIMIT_REACHED"),
            Situation.WRONG_CURRENCY: Says("RS_ERROR_WRONG_CURRENCY"),
            # OK with the balance of now for the same player, and no success for another one.
            Situation.OTHER_DATA: (ACCEPTED, Says("RS_ERROR_WRONG_SYNTAX")),
            Situation.ROLLED_BACK_BEFORE: _ABSENT,
            Situation.WIN_OF_ROLLED_BACK: _ABSENT,
            Situation.WIN_WITHOUT_BET: _ABSENT,
            Situation.UNKNOWN_ROLLED_BACK: _ABSENT,
            Situation.BAD_SIGNATURE: Says("RS_ERROR_INVALID_SIGNATURE", 401, balance=False),
            Situation.STALE_SIGNATURE: Says("RS_ERROR_INVALID_SIGNATURE", 401, balance=False),
            Situation.BAD_REQUEST: Says("RS_ERROR_WRONG_SYNTAX", balance=False),
            Situation.BAD_AMOUNT: Says("RS_ERROR_WRONG_TYPES", balance=False),
            Situation.TOO_FINE: Says("RS_ERROR_WRONG_TYPES", balance=False),
            Situation.ZERO_BET: Says("RS_ERROR_WRONG_TYPES", balance=False),
            Situation.INTERNAL: Says("RS_ERROR_UNKNOWN", balance=False),
        },
        # A message again is answered byte for byte, so THEN: of a wallet whose policy `replay_balance` is THEN.
        replays=Replays.THEN,
        lacks={
            "bet_and_win": "a bet and a win are two calls",
            "batch": "a win is a call by itself",
            "close": "nothing says that a round is over",
            "prize": "every win names its bet",
            "unnamed": "playerRef is in every message",
            "crossed": _NO_SESSION,
            "win.id-of-its-bet": _ONE_SPACE,
            Situation.SESSION_UNKNOWN: _NO_SESSION,
            Situation.SESSION_EXPIRED: _NO_SESSION,
            Situation.ROUND_CLOSED: "nothing says that a round is over",
        },
        finest="0.00001",
        waits=5.0,
        cases=_CASES,
        key=lambda move: f"tx:{_uuid(move.id)}",
    ),
)
