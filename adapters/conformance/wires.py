"""What goes over the wire and what comes back, and how requests of the usual encodings are put together."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote_plus

import msgspec

_PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)


class Wire(msgspec.Struct, frozen=True):
    """One HTTP request. `target` is path and query as they are sent, already percent-encoded."""

    method: str
    target: str
    body: bytes = b""
    headers: Mapping[str, str] = {}


class Reply(msgspec.Struct, frozen=True):
    """One HTTP answer."""

    status: int
    content_type: str
    body: bytes

    @property
    def members(self) -> Any:
        """The JSON body, numbers as int or Decimal, never float. Raises ValueError."""
        return json.loads(self.body, parse_float=Decimal)


def posted(target: str, members: Mapping[str, object], method: str = "POST") -> Wire:
    """A JSON body; a msgspec.Raw among the members is written as it is."""
    return Wire(method, target, msgspec.json.encode(members), {"Content-Type": "application/json"})


def query(fields: Mapping[str, str]) -> str:
    """A query string or a form, in the order given."""
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in fields.items())


def form(target: str, fields: Mapping[str, str]) -> Wire:
    """A body of application/x-www-form-urlencoded."""
    return Wire("POST", target, query(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"})


def headed(wire: Wire, **headers: str) -> Wire:
    """The same request with more headers; an underscore in a name is a hyphen."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return msgspec.structs.replace(wire, headers={**wire.headers, **more})


def raw(text: str) -> msgspec.Raw:
    """An amount as a JSON number, digit by digit; what is no number goes out as it is, too."""
    return msgspec.Raw(text.encode())


def quoted(text: str) -> msgspec.Raw:
    """An amount as a JSON string."""
    return msgspec.Raw(f'"{text}"'.encode())


def subunits(text: str, digits: int) -> str:
    """A plain decimal of major units in subunits: `subunits("10.50", 2)` is `1050`. Finer amounts keep their point,
    what is no plain decimal stays as it is: a wallet must refuse both.
    """
    if not _PLAIN.fullmatch(text):
        return text
    scaled = format(Decimal(text).scaleb(digits), "f")
    return scaled.rstrip("0").rstrip(".") if "." in scaled else scaled
