"""Bodies and queries to members, with exact decimals and without second readings of the same bytes."""

import json
from decimal import Decimal
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl

import msgspec

from adapters.faults import Fault, Rejected
from adapters.provider import Request

T = TypeVar("T")

_MAX_QUERY_FIELDS = 64
_MAX_DETAIL = 200


class Scientific:
    """A JSON number written with an exponent. No type we read accepts it, so it is refused where it would be money and
    does no harm in a member that is ignored.
    """


def json_words(request: Request, words: type[T]) -> T:
    """The JSON body as `words`, a msgspec.Struct. Integers arrive as int, other numbers as Decimal, never as float.

    Raises Rejected UNSUPPORTED_CONTENT_TYPE or INVALID_REQUEST (syntax, UTF-8, depth, a member twice, a wrong type).
    """
    content_type, _, parameters = request.headers.get("Content-Type", "").partition(";")
    charset = parameters.strip().lower()
    if content_type.strip().lower() != "application/json" or charset not in ("", "charset=utf-8", 'charset="utf-8"'):
        raise Rejected(Fault.UNSUPPORTED_CONTENT_TYPE, "send application/json in UTF-8")
    return typed(_json(request.body), words)


def query_words(request: Request, words: type[T]) -> T:
    """The query string as `words`, whose members are then all text. Raises Rejected INVALID_REQUEST."""
    try:
        pairs = parse_qsl(
            request.query,
            keep_blank_values=True,
            strict_parsing=bool(request.query),
            errors="strict",
            max_num_fields=_MAX_QUERY_FIELDS,
        )
    except ValueError:
        raise Rejected("INVALID_REQUEST", "the query string is malformed") from None
    members = _unique(pairs)
    _refuse_unstorable(members)
    return typed(members, words)


def typed(value: object, words: type[T]) -> T:
    """`value`, as decoded from JSON, as `words`. Raises Rejected INVALID_REQUEST naming the member that is wrong."""
    try:
        return msgspec.convert(value, words)
    except msgspec.ValidationError as error:
        # It may quote the member, and a member may be long.
        raise Rejected("INVALID_REQUEST", str(error)[:_MAX_DETAIL]) from None


def _json(body: bytes) -> object:
    try:
        text = body.decode()
        value = _decoder.decode(text)
        # Only an escape can bring in what text itself cannot hold.
        if "\\u" in text:
            _refuse_unstorable(value)
    except RecursionError:
        raise Rejected("INVALID_REQUEST", "the body is nested too deeply") from None
    except ValueError:
        raise Rejected("INVALID_REQUEST", "the body is not JSON in UTF-8") from None
    return value


def _decimal(literal: str) -> Decimal | Scientific:
    return Scientific() if "e" in literal or "E" in literal else Decimal(literal)


def _no_constant(_: str) -> NoReturn:
    raise Rejected("INVALID_REQUEST", "NaN and Infinity are not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    # Two readers of one message could each believe another value; nobody signs that.
    if len(members) != len(pairs):
        raise Rejected("INVALID_REQUEST", "a member occurs twice")
    return members


_decoder = json.JSONDecoder(parse_float=_decimal, parse_constant=_no_constant, object_pairs_hook=_unique)


def _refuse_unstorable(value: object) -> None:
    """Half surrogate pairs and NUL: no database and no protobuf message holds them."""
    rest = [value]
    while rest:
        item = rest.pop()
        if isinstance(item, dict):
            rest += item.keys()
            rest += item.values()
        elif isinstance(item, list):
            rest += item
        elif isinstance(item, str) and ("\0" in item or any("\ud800" <= c <= "\udfff" for c in item)):
            raise Rejected("INVALID_REQUEST", "text contains a character that is not allowed")
