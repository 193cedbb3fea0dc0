"""Hub88's operator Wallet API, and Caleta's dialect of it."""

import base64
import functools
import uuid
from decimal import Decimal
from typing import cast

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from msgspec.structs import replace

from adapters.conformance.dialect import ACCEPTED, Dialect, Keys, Move, Said, Say, Says, Situation, no, yes
from adapters.conformance.wires import Reply, Wire, headed, posted, raw, subunits

_DIGITS = 5


def _common(move: Move) -> dict[str, object]:
    """A message that is sent again has the same request_uuid."""
    message = uuid.uuid5(uuid.NAMESPACE_OID, f"{move.kind}:{move.id}")
    return {
        "user": move.seat.player,
        "token": move.seat.token,
        "game_code": move.seat.game,
        "request_uuid": str(message),
    }


def _moved(move: Move) -> dict[str, object]:
    return _common(move) | {
        "transaction_uuid": str(uuid.UUID(move.id)),
        "supplier_transaction_id": move.id,
        "round": move.round,
        "round_closed": move.closes,
    }


def _priced(move: Move) -> dict[str, object]:
    return {"amount": raw(subunits(move.amount, _DIGITS)), "currency": move.currency, "is_free": False}


def _of(move: Move) -> dict[str, object]:
    return {"reference_transaction_uuid": str(uuid.UUID((move.of or move).id))}


def _balance(move: Move) -> Wire:
    return posted("/user/balance", _common(move))


def _bet(move: Move) -> Wire:
    return posted("/transaction/bet", _moved(move) | _priced(move))


def _win(move: Move) -> Wire:
    return posted("/transaction/win", _moved(move) | _priced(move) | _of(move))


def _rollback(move: Move) -> Wire:
    return posted("/transaction/rollback", _moved(move) | _of(move))


@functools.cache
def _private_key(name: str) -> RSAPrivateKey:  # noqa: ARG001 - it is what the cache goes by
    """A throw-away key of that name, the same one throughout the process."""
    return generate_private_key(65537, 2048)


def _keys(name: str) -> Keys:
    key = _private_key(name)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Keys(private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


@functools.lru_cache(maxsize=16)
def _loaded(pem: bytes) -> RSAPrivateKey:
    return cast("RSAPrivateKey", load_pem_private_key(pem, None))


def _signature(wire: Wire, secret: bytes) -> str:
    return base64.b64encode(_loaded(secret).sign(wire.body, PKCS1v15(), SHA256())).decode()


def _sign(wire: Wire, secret: bytes, now: float) -> Wire:  # noqa: ARG001 - nothing time-bound is signed
    return headed(wire, X_Hub88_Signature=_signature(wire, secret))


def _read(reply: Reply) -> Said:
    members = reply.members
    shown = Decimal(members["balance"]).scaleb(-_DIGITS) if "balance" in members else None
    status = members["status"]
    return yes(status, shown) if status == "RS_OK" else no(status, shown)


def _error(name: str) -> Says:
    return Says(f"RS_ERROR_{name}", balance=False)


_WRONG = (_error("WRONG_TYPES"), _error("WRONG_SYNTAX"))
_HUB88 = Dialect(
    name="hub88",
    protocol="hub88",
    source="providers 1",
    balance=_balance,
    bet=_bet,
    win=_win,
    rollback=_rollback,
    sign=_sign,
    signature="X-Hub88-Signature",
    keys=_keys,
    read=_read,
    says={
        Situation.INSUFFICIENT_FUNDS: Says("RS_ERROR_NOT_ENOUGH_MONEY", balance=True),
        Situation.PLAYER_UNKNOWN: _error("INVALID_TOKEN"),
        Situation.SESSION_UNKNOWN: _error("INVALID_TOKEN"),
        Situation.SESSION_EXPIRED: _error("TOKEN_EXPIRED"),
        Situation.PLAYER_BLOCKED: _error("USER_DISABLED"),
        Situation.LIMIT_REACHED: _error("LIMIT_REACHED"),
        Situation.WRONG_CURRENCY: _error("WRONG_CURRENCY"),
        Situation.OTHER_DATA: _error("DUPLICATE_TRANSACTION"),
        Situation.ROLLED_BACK_BEFORE: _error("TRANSACTION_ROLLED_BACK"),
        Situation.WIN_OF_ROLLED_BACK: _error("TRANSACTION_ROLLED_BACK"),
        Situation.WIN_WITHOUT_BET: _error("TRANSACTION_DOES_NOT_EXIST"),
        # Several bets of a round are normal, whichever message closed it.
        Situation.ROUND_CLOSED: ACCEPTED,
        Situation.BAD_SIGNATURE: _error("INVALID_SIGNATURE"),
        Situation.BAD_REQUEST: _WRONG,
        Situation.BAD_AMOUNT: _WRONG,
        Situation.TOO_FINE: _WRONG,
        Situation.INTERNAL: _error("UNKNOWN"),
    },
    lacks={
        "batch": "there are no batches",
        "bet_and_win": "a bet and its win are two calls",
        "close": "closing is a flag of bet, win and rollback",
        "prize": "a win names its bet",
        "unnamed": "user and token are required",
        Situation.STALE_SIGNATURE: "nothing time-bound is signed",
    },
    finest="0.00001",
    waits=1.0,
    key=lambda move: f"tx:{uuid.UUID(move.id)}",
)


def _in_caletas(say: Say) -> Say:
    """All paths are of one folder, and the player is who the token says: `user` is not sent."""

    def said(move: Move) -> Wire:
        wire = say(move)
        body = wire.body.replace(b'"user":"', b'"supplier_user":"renamed-', 1)
        return replace(wire, target=f"/wallet/{wire.target.rpartition('/')[2]}", body=body)

    return said


def _sign_caletas(wire: Wire, secret: bytes, now: float) -> Wire:  # noqa: ARG001 - nothing time-bound is signed
    return headed(wire, X_Auth_Signature=_signature(wire, secret))


_CALETA = replace(
    _HUB88,
    name="caleta",
    balance=_in_caletas(_balance),
    bet=_in_caletas(_bet),
    win=_in_caletas(_win),
    rollback=_in_caletas(_rollback),
    sign=_sign_caletas,
    signature="X-Auth-Signature",
    says={
        **_HUB88.says,
        # No error shows a balance.
        Situation.INSUFFICIENT_FUNDS: _error("NOT_ENOUGH_MONEY"),
        Situation.LIMIT_REACHED: _error("BET_LIMIT_EXCEEDED"),
        Situation.INTERNAL: (_error("TIMEOUT"), _error("UNKNOWN")),
    },
    lacks={**_HUB88.lacks, "unnamed": "token is required", "crossed": "the token is the player"},
    settings={"dialect": "caleta"},
    profile="hub88",
)

DIALECTS = (_HUB88, _CALETA)
