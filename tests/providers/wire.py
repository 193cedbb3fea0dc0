"""JSON with its digits and quotes preserved."""

import json

import msgspec


class Number(msgspec.Struct, frozen=True):
    """A JSON number as it was written: 10.00 is not 10.0, and neither is the string "10.00"."""

    text: str


def exact(text):
    return json.loads(text, parse_float=Number, parse_int=Number)


def written(value):
    """JSON with every number as it was read."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(inner) for inner in value) + "]"
    return json.dumps(value)
