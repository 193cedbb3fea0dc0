"""The JSON Canonicalization Scheme (RFC 8785): one text for each JSON value, for signatures over what a body means."""

import json
import math
from decimal import Decimal
from typing import Any, NoReturn

# JSON is a format of text, and the scheme's numbers are ECMAScript's: doubles, written out up to here.
_PLAIN_DIGITS = 21
_PLAIN_ZEROS = 6


def canonical(body: bytes) -> bytes:
    """The canonical form of JSON in UTF-8. Members are in the order of their UTF-16 code units (3.2.3).

    Raises ValueError for what has none: no JSON, a member twice, NaN, a number no double holds, half a surrogate pair.
    """
    try:
        value = _decoder.decode(body.decode())
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return form(value)


def form(value: object) -> bytes:
    """The same of a decoded value: dict, list, str, float, int, bool or None. Raises ValueError."""
    try:
        return _text(value).encode()
    except (RecursionError, OverflowError):
        raise ValueError("nested too deeply, or a number no double holds") from None


def _text(value: object) -> str:
    match value:
        case dict():
            members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
            return "{" + ",".join(f"{_quoted(name)}:{_text(inner)}" for name, inner in members) + "}"
        case list():
            return "[" + ",".join(map(_text, value)) + "]"
        case str():
            return _quoted(value)
        case bool() | None:
            return json.dumps(value)
        case int() | float():
            return _number(float(value))
        case _:
            raise ValueError(f"{type(value).__name__} is not of JSON")


# Exactly the escapes of 3.2.2.2: the short ones, \u00xx in lower case for other controls, and nothing else.
_quoted = json.JSONEncoder(ensure_ascii=False).encode


def _number(value: float) -> str:
    """ECMAScript's Number::toString. Both languages print the fewest digits that lead back to the same double."""
    if not math.isfinite(value):
        raise ValueError("no double holds this number")
    if not value:
        return "0"
    sign, numerals, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, numerals))
    minus, point = "-" * sign, len(digits) + int(exponent)
    if len(digits) <= point <= _PLAIN_DIGITS:
        return minus + digits.ljust(point, "0")
    if 0 < point <= _PLAIN_DIGITS:
        return f"{minus}{digits[:point]}.{digits[point:]}"
    if -_PLAIN_ZEROS < point <= 0:
        return f"{minus}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{minus}{digits[0]}{fraction}e{point - 1:+d}"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member occurs twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not of JSON")


_decoder = json.JSONDecoder(parse_int=float, parse_constant=_no_constant, object_pairs_hook=_unique)
