"""One request as it goes over the wire, and one answer as it comes back, digits and quotes preserved."""

import json
from typing import Any

import msgspec

SECRET = b"the-live-key"


class Wire(msgspec.Struct, frozen=True):
    method: str
    # Path and query.
    target: str
    body: bytes = b""
    headers: dict[str, str] = {}


class Number(msgspec.Struct, frozen=True):
    """A JSON number as it was written: 10.00 is not 10.0, and neither is the string "10.00"."""

    text: str


class Reply(msgspec.Struct, frozen=True):
    status: int
    content_type: str
    body: bytes

    @property
    def members(self) -> Any:
        return exact(self.body)


def exact(text):
    return json.loads(text, parse_float=Number, parse_int=Number)


def body(members):
    """JSON; a msgspec.Raw among the members is written as it is."""
    return msgspec.json.encode(members)


def posted(target, members, method="POST"):
    return Wire(method, target, body(members), {"Content-Type": "application/json"})
