"""JDB's seamless wallet, as its public guide describes it; the encryption as the providers' book (9) has it."""

import base64
import re
from decimal import Decimal

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from adapters.conformance.dialect import ACCEPTED, Case, Dialect, Forgery, Move, Said, Says, Situation, Step, no, yes
from adapters.conformance.wires import Reply, Wire, form, posted, quoted, raw

_BLOCK = 16
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)
_NO_SESSION = "no request bears a token"
_OF_A_BET = "what is cancelled is a bet"
_NOT_SIGNED = "nothing is signed: a request is encrypted as a whole"
_FAILED = Says("9999", balance=False)
_PARAMETERS = Says("8000", balance=False)


def _amount(text: str) -> msgspec.Raw:
    return raw(text) if _NUMBER.fullmatch(text) else quoted(text)


def _asked(action: int, move: Move, **more: object) -> Wire:
    """In plain text: it is encrypted where others are signed."""
    who = {"action": action, "ts": 1700000000000, "uid": move.seat.player, "currency": move.currency}
    return posted("/", who | {"gType": 0, "mType": 8001} | more)


def _balance(move: Move) -> Wire:
    return _asked(6, move)


def _moved(action: int, move: Move, **more: object) -> Wire:
    return _asked(action, move, transferId=move.id, amount=_amount(move.amount), **more)


def _bet(move: Move) -> Wire:
    return _moved(9, move, gameRoundSeqNo=move.round)


def _win(move: Move) -> Wire:
    bets = {"refTransferIds": [(move.of or move).id]}
    return _moved(10, move, **bets, gameRoundSeqNo=move.round, historyId=move.round, roundClosed=move.closes)


def _prize(move: Move) -> Wire:
    return _moved(12, move, activityNo="a-1")


def _rollback(move: Move) -> Wire:
    return _moved(11, move, refTransferIds=[(move.of or move).id])


def _rollback_of_two(move: Move) -> Wire:
    return _moved(11, move, refTransferIds=[each.id for each in move.items])


def _game(move: Move, bet: str, win: str, **more: object) -> Wire:
    net = _amount(str(Decimal(win) - Decimal(bet)))
    amounts = {"bet": _amount(f"-{bet}"), "win": _amount(win), "netWin": net}
    return _asked(8, move, transferId=move.id, historyId=move.round, **amounts, **more)


def _bet_and_win(move: Move) -> Wire:
    bet, win = move.items
    return _game(move, bet.amount, win.amount, mb=_amount(bet.amount))


def _burst(move: Move) -> Wire:
    """Shots for 1,000 that won 999: the player needs the amount, and loses 1."""
    return _game(move, "1000.00", "999.00", mb=_amount(move.amount))


def _cancel(move: Move) -> Wire:
    return _asked(4, move, transferId=(move.of or move).id, historyId=move.round)


def _seal(wire: Wire, secret: bytes, now: float) -> Wire:  # noqa: ARG001 - nothing is signed
    """Spaces up to the next block, a whole one where there is none to fill."""
    padded = wire.body + b" " * (_BLOCK - len(wire.body) % _BLOCK)
    encryptor = Cipher(AES(secret[:_BLOCK]), CBC(secret[_BLOCK:])).encryptor()
    sealed = base64.urlsafe_b64encode(encryptor.update(padded) + encryptor.finalize())
    return form(wire.target, {"x": sealed.decode().rstrip("=")})


def _read(reply: Reply) -> Said:
    """The wallet's own id of a transaction is never told."""
    members = reply.members
    if members["status"] != "0000":
        return no(members["status"])
    return yes("0000", Decimal(members["balance"]))


_BUSY = Says("9017", balance=False)
_TOGETHER = Step(
    say="bet_and_win",
    id="t",
    items=(Step(say="bet", amount="10.00"), Step(say="win", id="w", amount="4.00")),
    leaves="-6.00",
)
_BET = Step(say="bet", id="a", amount="10.00")
_CASES = (
    Case(
        name="jdb.cancel-of-a-game-that-stands",
        source="providers 9",
        steps=(_TOGETHER, Step(say=_cancel, id="c", of="t", says=(Says("6101"),), leaves="-6.00")),
    ),
    Case(
        name="jdb.cancel-of-a-game-before-it",
        source="providers 9",
        steps=(
            Step(say=_cancel, id="c", of="t", says=(_BUSY,), leaves="0"),
            Step(say="bet_and_win", id="t", items=_TOGETHER.items, says=(Situation.ROLLED_BACK_BEFORE,), leaves="0"),
        ),
    ),
    Case(
        name="jdb.burst-of-shots",
        source="providers 9",
        steps=(
            Step(say=_burst, id="a", amount="too much", says=(Situation.INSUFFICIENT_FUNDS,), leaves="0"),
            Step(say=_burst, id="b", amount="most", leaves="-1.00"),
        ),
    ),
    Case(
        name="jdb.cancel-of-a-bet-and-of-an-unknown-one",
        source="providers 9",
        steps=(
            _BET,
            Step(say=_rollback_of_two, id="x", items=(Step(say="bet", id="never"), _BET), leaves="0"),
            Step(say="bet", id="never", says=(Situation.ROLLED_BACK_BEFORE,), leaves="0"),
        ),
    ),
    Case(
        name="jdb.settlement-of-two-bets",
        source="providers 9",
        steps=(
            _BET,
            Step(say="bet", id="b", amount="5.00"),
            Step(
                say=lambda move: _moved(
                    10, move, refTransferIds=[each.id for each in move.items], gameRoundSeqNo=move.round
                ),
                id="w",
                amount="20.00",
                items=(_BET, Step(say="bet", id="b")),
                leaves="5.00",
            ),
            Step(say="rollback", id="x", of="b", says=(Situation.SETTLED_ROLLED_BACK,), leaves="5.00"),
        ),
    ),
)

DIALECTS = (
    Dialect(
        name="jdb",
        protocol="jdb",
        source="providers 9",
        balance=_balance,
        bet=_bet,
        win=_win,
        rollback=_rollback,
        prize=_prize,
        bet_and_win=_bet_and_win,
        sign=_seal,
        signature="x",
        read=_read,
        says={
            Situation.INSUFFICIENT_FUNDS: Says("6006", balance=False),
            Situation.PLAYER_UNKNOWN: Says("7501", balance=False),
            Situation.PLAYER_BLOCKED: _FAILED,
            Situation.LIMIT_REACHED: _FAILED,
            Situation.WRONG_CURRENCY: _PARAMETERS,
            Situation.OTHER_DATA: Says("9011", balance=False),
            Situation.ROLLED_BACK_BEFORE: _FAILED,
            Situation.WIN_OF_ROLLED_BACK: _FAILED,
            Situation.WIN_WITHOUT_BET: _FAILED,
            Situation.SECOND_WIN: Says("9011", balance=False),
            Situation.SETTLED_ROLLED_BACK: Says("6101", balance=False),
            Situation.ROUND_CLOSED: ACCEPTED,
            # Not encrypted at all, it is no form.
            Situation.BAD_SIGNATURE: (_FAILED, _PARAMETERS),
            Situation.BAD_REQUEST: _PARAMETERS,
            Situation.BAD_AMOUNT: _PARAMETERS,
            Situation.TOO_FINE: _PARAMETERS,
            # What is no proper answer has a bet cancelled.
            Situation.INTERNAL: (Says("9017", 500, balance=False), _BUSY),
        },
        lacks={
            "batch": "a settlement is a call by itself",
            "close": "closing is a flag of a settlement",
            "unnamed": "uid is in every request",
            "crossed": _NO_SESSION,
            "rollback.of-a-win": _OF_A_BET,
            "rollback.of-a-win-before-it": _OF_A_BET,
            Forgery.ANOTHER_BODY: _NOT_SIGNED,
            Forgery.STALE: _NOT_SIGNED,
            Situation.SESSION_UNKNOWN: _NO_SESSION,
            Situation.SESSION_EXPIRED: _NO_SESSION,
            Situation.STALE_SIGNATURE: _NOT_SIGNED,
        },
        waits=3.0,
        cases=_CASES,
    ),
)
