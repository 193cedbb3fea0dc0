"""Bodies of `application/x-www-form-urlencoded`: each field once, in UTF-8, and as it was sent where that is signed."""

from typing import TypeVar
from urllib.parse import parse_qsl, unquote_plus

from msgspec.structs import replace

from adapters.decoding import query_words
from adapters.faults import Fault, Rejected
from adapters.provider import Request

T = TypeVar("T")

_TYPE = "application/x-www-form-urlencoded"
# Nested arrays of a batch have a field a member.
_MAX_FIELDS = 10_000


def form_words(request: Request, words: type[T]) -> T:
    """The body as `words`, whose members are all text: a flat form of at most 64 fields.

    Raises Rejected UNSUPPORTED_CONTENT_TYPE or INVALID_REQUEST (syntax, UTF-8, a field twice, a missing member).
    """
    return query_words(replace(request, query=_text(request)), words)


def form_pairs(request: Request, max_fields: int = _MAX_FIELDS) -> list[tuple[str, str]]:
    """The decoded fields in the order they came, a repeated one repeated: for nested forms and for what is signed.

    Raises Rejected UNSUPPORTED_CONTENT_TYPE or INVALID_REQUEST.
    """
    text = _text(request)
    try:
        return parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=max_fields
        )
    except ValueError:
        raise Rejected("INVALID_REQUEST", "the form is malformed") from None


def raw_pairs(request: Request) -> list[tuple[str, str]]:
    """The same fields, their values as they were sent. To be asked after `form_pairs`, which knows what is wrong."""
    pairs = (pair.partition("=") for pair in _text(request).split("&"))
    return [(unquote_plus(name), value) for name, _, value in pairs]


def _text(request: Request) -> str:
    content_type, _, parameters = request.headers.get("Content-Type", "").partition(";")
    charset = parameters.strip().lower()
    if content_type.strip().lower() != _TYPE or charset not in ("", "charset=utf-8", 'charset="utf-8"'):
        raise Rejected(Fault.UNSUPPORTED_CONTENT_TYPE, f"send {_TYPE} in UTF-8")
    try:
        return request.body.decode()
    except UnicodeDecodeError:
        raise Rejected("INVALID_REQUEST", "the form is not in UTF-8") from None
