"""Requests as they are sent: signed, or with something wrong about the signature."""

import re

import msgspec

from adapters.conformance.dialect import Dialect, Forgery
from adapters.conformance.wires import Wire

_HOUR = 3600.0


def signed(
    dialect: Dialect, wire: Wire, secrets: tuple[bytes, ...], now: float, *, forged: Forgery | None, dearer: Wire
) -> Wire:
    """`wire` with its signature, or with what `forged` makes of it; `dearer` is the same request of another amount.

    Raises LookupError where the request bears no such signature.
    """
    good = dialect.sign(wire, secrets[0], now)
    match forged:
        case None:
            return good
        case Forgery.MISSING:
            return wire
        case Forgery.FLIPPED:
            return _bearing(good, dialect.signature, _flipped(_borne(good, dialect.signature)))
        case Forgery.ANOTHER_KEY:
            return dialect.sign(wire, dialect.keys("of somebody else").signs, now)
        case Forgery.ANOTHER_BODY:
            other = dialect.sign(dearer, secrets[0], now)
            return _bearing(other, dialect.signature, _borne(good, dialect.signature))
        case Forgery.STALE:
            return dialect.sign(wire, secrets[0], now - _HOUR)
        case Forgery.OLDER_KEY:
            return dialect.sign(wire, secrets[-1], now)


def cut(wire: Wire) -> Wire:
    """The first half of a body, or of a query where there is none."""
    if wire.body:
        return msgspec.structs.replace(wire, body=wire.body[: len(wire.body) // 2])
    path, _, query = wire.target.partition("?")
    return msgspec.structs.replace(wire, target=f"{path}?{query[: len(query) // 2]}")


def _flipped(signature: str) -> str:
    """One character in the middle is another one: the ends of base64 may have bits that mean nothing."""
    middle = len(signature) // 2
    return signature[:middle] + ("1" if signature[middle] == "0" else "0") + signature[middle + 1 :]


def _member(name: str) -> re.Pattern[str]:
    """A member of that name in JSON, in a form or in a query."""
    return re.compile(rf'((?:^|[?&]){re.escape(name)}=|"{re.escape(name)}"\s*:\s*")([^"&]*)')


def _borne(wire: Wire, name: str) -> str:
    if name in wire.headers:
        return wire.headers[name]
    for text in (wire.target, wire.body.decode()):
        if found := _member(name).search(text):
            return found[2]
    raise LookupError(f"the request bears no {name}")


def _bearing(wire: Wire, name: str, signature: str) -> Wire:
    if name in wire.headers:
        return msgspec.structs.replace(wire, headers={**wire.headers, name: signature})

    def put(text: str) -> str:
        return _member(name).sub(lambda found: found[1] + signature, text)

    return msgspec.structs.replace(wire, target=put(wire.target), body=put(wire.body.decode()).encode())
