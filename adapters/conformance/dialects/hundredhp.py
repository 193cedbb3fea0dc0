"""100hp Operator API 2.7.0: the session is the player, one txId is a bet with its settlement or its void."""

import uuid
from decimal import Decimal
from http import HTTPStatus

import msgspec

from adapters.conformance.dialect import Dialect, Forgery, Move, Replays, Said, Says, Situation, no, yes
from adapters.conformance.wires import Reply, Wire, posted, quoted


def _tx_id(move: Move) -> str:
    return str(uuid.UUID(move.id))


def _balance(move: Move) -> Wire:
    return posted("/balance", {"sessionId": move.seat.token})


def _bet(move: Move) -> Wire:
    members = {"sessionId": move.seat.token, "txId": _tx_id(move), "amount": quoted(move.amount)}
    return posted("/withdrawal", members)


def _win(move: Move) -> Wire:
    """The settlement of its bet, whose txId it bears."""
    return posted("/deposit", {"txId": _tx_id(move.of or move), "amount": quoted(move.amount)})


def _rollback(move: Move) -> Wire:
    return posted("/rollback", {"txId": _tx_id(move.of or move)})


def _prize(move: Move) -> Wire:
    members = {"sessionId": move.seat.token, "txId": _tx_id(move), "amount": quoted(move.amount), "promoId": "p-1"}
    return posted("/bonusWin", members)


def _sign(wire: Wire, secret: bytes, now: float) -> Wire:  # noqa: ARG001 - it is the same at any time
    """Nothing is signed: the secret is a member of every body."""
    rest = wire.body.removeprefix(b"{")
    comma = b"" if rest == b"}" else b","
    return msgspec.structs.replace(wire, body=b'{"secret":"' + secret + b'"' + comma + rest) if wire.body else wire


def _read(reply: Reply) -> Said:
    members = reply.members
    if reply.status != HTTPStatus.OK:
        return no(str(members["errCode"]))
    return yes("OK", Decimal(members["balance"]))


def _says(*codes: int) -> tuple[Says, ...]:
    """The HTTP status is the code."""
    return tuple(Says(str(code), code, balance=False) for code in codes)


DIALECTS = (
    Dialect(
        name="hundredhp",
        protocol="hundredhp",
        source="providers 7",
        balance=_balance,
        bet=_bet,
        win=_win,
        rollback=_rollback,
        prize=_prize,
        sign=_sign,
        signature="secret",
        read=_read,
        says={
            Situation.INSUFFICIENT_FUNDS: _says(603),
            Situation.PLAYER_UNKNOWN: _says(604),
            Situation.SESSION_UNKNOWN: _says(604),
            Situation.SESSION_EXPIRED: _says(604),
            Situation.PLAYER_BLOCKED: _says(604),
            Situation.LIMIT_REACHED: _says(400),
            Situation.OTHER_DATA: _says(607, 609),
            Situation.ROLLED_BACK_BEFORE: _says(608, 607),
            Situation.WIN_OF_ROLLED_BACK: _says(608),
            Situation.WIN_WITHOUT_BET: _says(605),
            Situation.SECOND_WIN: _says(609),
            Situation.SETTLED_ROLLED_BACK: _says(609),
            Situation.UNKNOWN_ROLLED_BACK: _says(605),
            Situation.SAME_BET: _says(607),
            # The repetition of a deposit, and of a bonusWin.
            Situation.SAME_WIN: _says(609, 607),
            Situation.SAME_ROLLBACK: _says(608),
            Situation.BAD_SIGNATURE: _says(601),
            Situation.BAD_REQUEST: _says(400),
            Situation.BAD_AMOUNT: _says(400),
            Situation.ZERO_BET: _says(400),
            Situation.INTERNAL: _says(702),
        },
        replays=Replays.NOW,
        lacks={
            "batch": "there are no batches",
            "bet_and_win": "a withdrawal and its deposit are two calls",
            "close": "a deposit is the end of its txId",
            "crossed": "the session is the player",
            Situation.STALE_SIGNATURE: "nothing is signed",
            Forgery.ANOTHER_BODY: "nothing is signed",
            Situation.ROUND_CLOSED: "there are no rounds",
            Situation.WRONG_CURRENCY: "no request names a currency",
            "play.another-currency": "an account is of one currency",
            Situation.TOO_FINE: "finer amounts are taken, and cut off where they are shown",
            "rollback.of-a-win": "a txId that is settled cannot be rolled back",
            "rollback.of-a-win-before-it": "a rollback names a withdrawal",
        },
        finest="0.01",
        settings={"currency": "EUR"},
        key=lambda move: f"bet:{_tx_id(move)}",
        plain=True,
    ),
)
