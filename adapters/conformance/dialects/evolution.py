"""Evolution's One Wallet, with the verdicts of the vendor's own tester."""

import uuid
from decimal import Decimal

import msgspec

from adapters.conformance.dialect import ACCEPTED, Dialect, Forgery, Move, Replays, Said, Says, Situation, no, yes
from adapters.conformance.wires import Reply, Wire, posted, raw


def _said(method: str, move: Move, **members: object) -> Wire:
    # Every request of the vendor's tester has a member that must be ignored.
    common = {"userId": move.seat.player, "sid": move.seat.token, "uuid": str(uuid.UUID(move.id)), "someFakeField": [1]}
    return posted(f"/{method}", common | members)


def _moved(method: str, move: Move, bet: Move) -> Wire:
    """A refId is one bet with its credit or its cancel."""
    table = {"id": move.seat.game, "vid": "v-1"}
    identified = bet.id if method == "cancel" else move.id
    return _said(
        method,
        move,
        currency=move.currency,
        game={"id": move.round, "type": "wheel", "details": {"table": table}},
        transaction={"id": identified, "refId": f"ref-{bet.id}", "amount": raw(move.amount)},
    )


def _balance(move: Move) -> Wire:
    return _said("balance", move, currency=move.currency, game=None)


def _bet(move: Move) -> Wire:
    return _moved("debit", move, move)


def _win(move: Move) -> Wire:
    return _moved("credit", move, move.of or move)


def _rollback(move: Move) -> Wire:
    return _moved("cancel", move, move.of or move)


def _prize(move: Move) -> Wire:
    promo = {"type": "FreeRoundPlayableSpent", "id": move.id, "amount": raw(move.amount), "voucherId": "v-1"}
    return _said("promo_payout", move, currency=move.currency, game=None, promoTransaction=promo)


def _sign(wire: Wire, secret: bytes, now: float) -> Wire:  # noqa: ARG001 - it is the same at any time
    """Nothing is signed: a static token is in the query."""
    return msgspec.structs.replace(wire, target=f"{wire.target}?authToken={secret.decode()}")


def _read(reply: Reply) -> Said:
    """The tester adds balance and bonus up; a refusal may show neither, or null."""
    members = reply.members
    cash = members.get("balance")
    shown = None if cash is None else Decimal(cash) + Decimal(members.get("bonus") or 0)
    status = members["status"]
    return yes(status, shown) if status == "OK" else no(status, shown)


_EXISTS = Says("BET_ALREADY_EXIST")
_SETTLED = Says("BET_ALREADY_SETTLED")
_UNKNOWN = Says("BET_DOES_NOT_EXIST")
_FINAL = Says("FINAL_ERROR_ACTION_FAILED")
_BAD = Says("INVALID_PARAMETER")

DIALECTS = (
    Dialect(
        name="evolution",
        protocol="evolution",
        source="providers 3",
        balance=_balance,
        bet=_bet,
        win=_win,
        rollback=_rollback,
        prize=_prize,
        sign=_sign,
        signature="authToken",
        read=_read,
        says={
            Situation.INSUFFICIENT_FUNDS: Says("INSUFFICIENT_FUNDS"),
            # The tester names an unknown player with a sid that is good; the kit's has neither.
            Situation.PLAYER_UNKNOWN: (_BAD, Says("INVALID_SID")),
            Situation.SESSION_UNKNOWN: Says("INVALID_SID"),
            Situation.SESSION_EXPIRED: Says("INVALID_SID"),
            Situation.PLAYER_BLOCKED: _FINAL,
            Situation.LIMIT_REACHED: _FINAL,
            Situation.WRONG_CURRENCY: _BAD,
            Situation.SAME_BET: (_EXISTS, ACCEPTED),
            Situation.SAME_WIN: (_SETTLED, ACCEPTED),
            Situation.SAME_ROLLBACK: (_SETTLED, ACCEPTED),
            Situation.OTHER_DATA: (_EXISTS, _SETTLED, ACCEPTED),
            Situation.UNKNOWN_ROLLED_BACK: _UNKNOWN,
            Situation.ROLLED_BACK_BEFORE: _FINAL,
            Situation.WIN_OF_ROLLED_BACK: _SETTLED,
            Situation.WIN_WITHOUT_BET: _UNKNOWN,
            Situation.SECOND_WIN: _SETTLED,
            Situation.SETTLED_ROLLED_BACK: _SETTLED,
            Situation.BAD_SIGNATURE: Says("INVALID_TOKEN_ID", balance=False),
            Situation.BAD_REQUEST: _BAD,
            Situation.BAD_AMOUNT: _BAD,
            Situation.TOO_FINE: _BAD,
            Situation.INTERNAL: (Says("TEMPORARY_ERROR"), Says("OPERATION_IN_PROCESS"), Says("UNKNOWN_ERROR")),
        },
        replays=Replays.EITHER,
        lacks={
            "batch": "there are no batches",
            "bet_and_win": "a debit and its credit are two calls",
            "close": "a credit or a cancel ends its refId",
            "unnamed": "userId is required",
            Situation.STALE_SIGNATURE: "nothing is signed",
            Forgery.ANOTHER_BODY: "nothing is signed",
            Situation.ROUND_CLOSED: "a refId is one bet",
            "rollback.of-a-win": "a cancel names a debit",
            "rollback.of-a-win-before-it": "a cancel names a debit",
        },
        waits=0.7,
        key=lambda move: f"bet:{move.id}",
    ),
)
