"""Forms as PHP writes them: nested arrays in brackets, and the text that is signed."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote_plus

from adapters.faults import Rejected

# The one array there is, `rollback_transactions[0][action]`.
_ARRAY = "rollback_transactions"
_MEMBER = re.compile(rf"{_ARRAY}\[([0-9]{{1,4}})\]\[([a-z_]{{1,40}})\]", re.ASCII)


def signed_text(pairs: Iterable[tuple[str, str]]) -> bytes:
    """The parameters as PHP's http_build_query writes them, sorted by the bytes of their names.

    The members of an array have the array's place among the others, and among themselves the order they came in.
    """
    ordered = sorted(pairs, key=lambda pair: pair[0].partition("[")[0].encode())
    return "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in ordered).encode()


def members(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The fields by their names, those of the array as a list of dicts in the order they came.

    Raises Rejected INVALID_REQUEST for a field that comes twice, or a list that is none.
    """
    found: dict[str, Any] = {}
    items: dict[str, dict[str, str]] = {}
    for name, value in pairs:
        member = _MEMBER.fullmatch(name)
        if member is None and name.partition("[")[0] == _ARRAY:
            raise Rejected("INVALID_REQUEST", f"{_ARRAY} is a list of transactions")
        place, key = (items.setdefault(member[1], {}), member[2]) if member else (found, name)
        if key in place:
            raise Rejected("INVALID_REQUEST", "a field occurs twice")
        place[key] = value
    return found | ({_ARRAY: list(items.values())} if items else {})


def _escaped(text: str) -> str:
    """PHP's urlencode: like Python's, but for the tilde. A header's bytes that are no text come as surrogates."""
    return quote_plus(text, errors="surrogateescape").replace("~", "%7E")
