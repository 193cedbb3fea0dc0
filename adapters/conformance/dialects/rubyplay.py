"""RubyPlay's Seamless Wallet API, as its public pages describe it."""

import base64
from decimal import Decimal

from adapters.conformance.dialect import Dialect, Forgery, Move, Said, Says, Situation, no, yes
from adapters.conformance.wires import Reply, Wire, headed, posted, raw

_NOT_SIGNED = "nothing is signed: a pair of credentials is sent along"
_OF_A_DEBIT = "a cancel is of a debit"
_CLOSED = Says("107")
# What the provider itself does wrong has no code of its own.
_CUSTOM = Says("199")


def _asked(move: Move) -> dict[str, object]:
    return {
        "sessionToken": move.seat.token,
        "playerId": move.seat.player,
        "currencyCode": move.currency,
        "gameId": move.seat.game,
        "promotionId": None,
    }


def _balance(move: Move) -> Wire:
    return posted("/balance", _asked(move))


def _moved(move: Move) -> dict[str, object]:
    return _asked(move) | {
        "amount": raw(move.amount),
        "roundId": move.round,
        "transactionId": move.id,
        "deviceType": "desktop",
        "gameRoundEnd": move.closes,
        "freeRound": False,
        "purchasedFeature": False,
    }


def _bet(move: Move) -> Wire:
    return posted("/debit", _moved(move))


def _win(move: Move) -> Wire:
    return posted("/credit", _moved(move))


def _rollback(move: Move) -> Wire:
    undone = move.of or move
    members = {"roundId": undone.round, "referenceTransactionId": undone.id, "gameRoundEnd": move.closes}
    return posted("/cancel", _asked(move) | members)


def _sign(wire: Wire, secret: bytes, now: float) -> Wire:  # noqa: ARG001 - nothing is signed
    """The secret is `user:password`."""
    return headed(wire, Authorization=f"Basic {base64.b64encode(secret).decode()}")


def _read(reply: Reply) -> Said:
    """The wallet's own id of a transaction is never told."""
    members = reply.members
    if members["code"] != "0":
        return no(members["code"])
    return yes("0", Decimal(members["balance"]))


DIALECTS = (
    Dialect(
        name="rubyplay",
        protocol="rubyplay",
        source="providers 11",
        balance=_balance,
        bet=_bet,
        win=_win,
        rollback=_rollback,
        sign=_sign,
        signature="Authorization",
        read=_read,
        says={
            Situation.INSUFFICIENT_FUNDS: Says("103"),
            # The session of somebody nobody knows is an unknown one.
            Situation.PLAYER_UNKNOWN: (Says("100"), Says("104")),
            Situation.SESSION_UNKNOWN: Says("104"),
            Situation.SESSION_EXPIRED: Says("104"),
            Situation.PLAYER_BLOCKED: Says("102"),
            Situation.LIMIT_REACHED: Says("199"),
            Situation.WRONG_CURRENCY: Says("101"),
            Situation.OTHER_DATA: Says("106"),
            Situation.ROLLED_BACK_BEFORE: _CLOSED,
            Situation.WIN_OF_ROLLED_BACK: _CLOSED,
            Situation.SETTLED_ROLLED_BACK: _CLOSED,
            Situation.ROUND_CLOSED: _CLOSED,
            Situation.BAD_SIGNATURE: Says("105", 401),
            Situation.BAD_REQUEST: _CUSTOM,
            Situation.BAD_AMOUNT: _CUSTOM,
            Situation.TOO_FINE: _CUSTOM,
            Situation.INTERNAL: Says("501"),
        },
        lacks={
            "bet_and_win": "a debit and a credit are two calls",
            "batch": "a credit is a call by itself",
            "close": "closing is a flag of debit, credit and cancel",
            "prize": "every credit is of a round",
            "unnamed": "playerId is in every request",
            "rollback.of-a-win": _OF_A_DEBIT,
            "rollback.of-a-win-before-it": _OF_A_DEBIT,
            Forgery.ANOTHER_BODY: _NOT_SIGNED,
            Forgery.STALE: _NOT_SIGNED,
            Situation.STALE_SIGNATURE: _NOT_SIGNED,
        },
        key=lambda move: f"bet:{move.id}",
    ),
)
