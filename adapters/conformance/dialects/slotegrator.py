"""Slotegrator GIS, as the providers' book (5) gathers it and the vendor's recorded self-validation says it."""

from decimal import Decimal
from hashlib import md5
from urllib.parse import parse_qsl, urlencode

from adapters import signing
from adapters.conformance.dialect import ACCEPTED, Case, Dialect, Move, Replays, Said, Says, Situation, Step, no, yes
from adapters.conformance.wires import Reply, Wire, form, headed

_ERROR = Says("INTERNAL_ERROR", 200, balance=False)
_MERCHANT = "1" * 32


def _said(action: str, move: Move, **fields: str) -> Wire:
    who = {"player_id": move.seat.player, "currency": move.currency, "session_id": move.seat.token}
    return form("/", {"action": action} | who | fields)


def _balance(move: Move) -> Wire:
    return _said("balance", move)


def _moved(action: str, move: Move, kind: str) -> Wire:
    moved = {"game_uuid": move.seat.game, "transaction_id": move.id, "amount": move.amount, "type": kind}
    return _said(action, move, **moved, round_id=move.round, finished="1" if move.closes else "0")


def _bet(move: Move) -> Wire:
    return _moved("bet", move, "bet")


def _win(move: Move) -> Wire:
    return _moved("win", move, "win")


def _prize(move: Move) -> Wire:
    return _moved("win", move, "jackpot")


def _tip(move: Move) -> Wire:
    return _moved("bet", move, "tip")


def _rollback(move: Move) -> Wire:
    """A refund, where it is a bet that is taken back; else the rollback of a list of one."""
    if move.of is not None and move.of.kind != "bet":
        return _listed(move, ("win", move.of))
    return _refund(move)


def _refund(move: Move) -> Wire:
    """The id it names may be a win's, by mistake; the round it names may be another one."""
    undone = {"bet_transaction_id": (move.of or move).id, "amount": move.amount, "round_id": move.round}
    return _said("refund", move, game_uuid=move.seat.game, transaction_id=move.id, **undone)


def _rollback_of_a_win(move: Move) -> Wire:
    return _listed(move, ("win", move.of or move))


def _rollback_of_a_round(move: Move) -> Wire:
    return _listed(move, *((each.kind, each) for each in move.items))


def _listed(move: Move, *undone: tuple[str, Move]) -> Wire:
    fields = {"game_uuid": move.seat.game, "transaction_id": move.id, "type": "rollback"}
    for place, (kind, each) in enumerate(undone):
        members = {"action": kind, "amount": each.amount, "transaction_id": each.id, "type": kind}
        fields |= {f"rollback_transactions[{place}][{name}]": value for name, value in members.items()}
    return _said("rollback", move, **fields)


def _sign(wire: Wire, secret: bytes, now: float) -> Wire:
    """The nonce is a digest of the request, so that a repetition is one to the letter."""
    stamps = {
        "X-Merchant-Id": _MERCHANT,
        "X-Timestamp": str(int(now)),
        "X-Nonce": md5(wire.body, usedforsecurity=False).hexdigest(),
    }
    fields = [*stamps.items(), *parse_qsl(wire.body.decode(), keep_blank_values=True)]
    fields.sort(key=lambda field: field[0].partition("[")[0])
    text = urlencode(fields)
    sign = signing.sign(secret, text.encode(), "sha1")
    return headed(wire, **{name.replace("-", "_"): value for name, value in stamps.items()}, X_Sign=sign)


def _read(reply: Reply) -> Said:
    members = reply.members
    if "error_code" in members:
        return no(members["error_code"])
    return yes("OK", Decimal(members["balance"]), members.get("transaction_id", ""))


_BET, _WIN = Step(say="bet", id="bet", amount="10.00"), Step(say="win", id="win", of="bet", amount="5.00")
_PLAYED = Step(say=_rollback_of_a_round, id="rollback", items=(_BET, _WIN), leaves="0")

_CASES = (
    Case(
        name="slotegrator.refund-of-a-win",
        source="providers 5.4",
        steps=(_BET, _WIN, Step(say=_refund, id="refund", of="win", round="r2", amount="5.00", leaves="-5.00")),
    ),
    Case(
        name="slotegrator.refund-of-a-win-before-it",
        source="providers 5.4",
        steps=(
            Step(say=_refund, id="refund", of="win", amount="5.00", leaves="0"),
            Step(say="win", id="win", amount="5.00", leaves="5.00"),
        ),
    ),
    Case(
        name="slotegrator.refund-under-new-ids-and-in-another-round",
        source="providers 5.4",
        steps=(
            _BET,
            Step(say=_refund, id="first", of="bet", round="r2", leaves="0"),
            Step(say=_refund, id="second", of="bet", leaves="0"),
        ),
    ),
    Case(name="slotegrator.rollback-of-a-round", source="providers 5.4", steps=(_BET, _WIN, _PLAYED, _PLAYED)),
    Case(
        name="slotegrator.rollback-of-a-round-that-was-refunded-and-closed",
        source="providers 5.4",
        steps=(
            _BET,
            Step(say="win", id="win", of="bet", amount="5.00", closes=True, leaves="-5.00"),
            Step(say=_refund, id="refund", of="bet", leaves="5.00"),
            _PLAYED,
        ),
    ),
    Case(
        name="slotegrator.rollback-of-a-win-before-it",
        source="providers 5.4",
        steps=(
            Step(say=_rollback_of_a_win, id="rollback", of="win", leaves="0"),
            Step(say="win", id="win", amount="5.00", leaves="0"),
        ),
    ),
    Case(
        name="slotegrator.tip",
        source="providers 5.1",
        steps=(Step(say=_tip, id="tip", amount="2.00", leaves="-2.00"),),
    ),
    Case(
        name="slotegrator.finer-than-a-balance",
        source="providers 5.1",
        steps=(Step(say="bet", amount="0.0000000001", says=(_ERROR,), leaves="0"),),
    ),
)

DIALECTS = (
    Dialect(
        name="slotegrator",
        protocol="slotegrator",
        source="providers 5",
        balance=_balance,
        bet=_bet,
        win=_win,
        rollback=_rollback,
        prize=_prize,
        sign=_sign,
        signature="X-Sign",
        read=_read,
        says={
            Situation.INSUFFICIENT_FUNDS: Says("INSUFFICIENT_FUNDS", 200, balance=False),
            Situation.PLAYER_UNKNOWN: _ERROR,
            Situation.SESSION_UNKNOWN: _ERROR,
            Situation.SESSION_EXPIRED: _ERROR,
            Situation.PLAYER_BLOCKED: _ERROR,
            Situation.LIMIT_REACHED: _ERROR,
            Situation.WRONG_CURRENCY: _ERROR,
            # The table of errors doubts it; what operators do is to answer as to the first.
            Situation.OTHER_DATA: (ACCEPTED, _ERROR),
            Situation.ROLLED_BACK_BEFORE: ACCEPTED,
            # No page says which: a win names its round, and not its bet.
            Situation.WIN_OF_ROLLED_BACK: (ACCEPTED, _ERROR),
            Situation.ROUND_CLOSED: ACCEPTED,
            Situation.BAD_SIGNATURE: _ERROR,
            Situation.STALE_SIGNATURE: _ERROR,
            Situation.BAD_REQUEST: _ERROR,
            Situation.BAD_AMOUNT: _ERROR,
            # There is no word for it but silence.
            Situation.INTERNAL: tuple(Says("INTERNAL_ERROR", status, balance=False) for status in (500, 503, 200)),
        },
        replays=Replays.EITHER,
        lacks={
            "bet_and_win": "a bet and a win are two calls",
            "batch": "a win is a call by itself",
            "close": "closing is a flag of bets and wins",
            "rollback.without-a-player": "player_id is required",
            "rollback.before-its-bet-without-a-player": "player_id is required",
            "rollback.of-a-win-before-it": "a refund names bets; the rollback of a list is a case of its own",
            Situation.TOO_FINE: "a balance has four decimals, and no page says that of amounts",
        },
        finest="0.0001",
        waits=3.0,
        cases=_CASES,
        key=lambda move: f"bet:{move.id}",
        plain=True,
    ),
)
