"""Transcripts: whole conversations as data, replayed in order and compared digit by digit.

In any text, `{player}`, `{token}` and `{run}` stand for this test's own; in an expected answer, `{any}` is any text and
`{name}` any other is whatever stood there first, and the same ever after.
"""

import json
import re
from pathlib import Path

import pytest

from tests.providers.dialects import DIALECTS
from tests.providers.wire import Number, Wire, exact

FOLDER = Path(__file__).parent
TRANSCRIPTS = [
    pytest.param(dialect, path, id=f"{dialect.protocol}/{path.stem}")
    for dialect in DIALECTS
    for path in sorted((FOLDER / dialect.protocol).glob("*.json"))
]


@pytest.mark.parametrize(("dialect", "path"), TRANSCRIPTS)
async def test_a_transcript_is_answered_as_written(door, core, fresh, path):
    transcript = exact(path.read_text())
    player = await core.player(**transcript["player"])
    names = {"player": player, "token": await core.session(player, door.dialect.provider_id), "run": fresh("run")}

    for number, exchange in enumerate(transcript["exchanges"]):
        request, expected = exchange["request"], exchange["answer"]
        body = request.get("raw", written(request["body"]) if "body" in request else "")
        content = {"Content-Type": "application/json"} if body else {}
        wire = Wire(
            request["method"],
            filled(request["path"], names),
            filled(body, names).encode(),
            content | request.get("headers", {}),
        )
        reply = await (door.raw(wire, {}) if request.get("signed") is False else door.send(wire))

        where = f"{path.name}, exchange {number}"
        assert expected["status"].text == str(reply.status), (where, reply.body)
        differs = difference(expected["body"], reply.members, names, "$")
        assert differs is None, (where, differs, reply.body)


def filled(text, names):
    return re.sub(r"\{(player|token|run)\}", lambda match: names[match[1]], text)


def written(value):
    """JSON with every number as it stood in the transcript."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(inner) for inner in value) + "]"
    return json.dumps(value)


def difference(expected, given, names, where):
    """The first place where they differ, None where they do not."""
    if isinstance(expected, dict) and isinstance(given, dict):
        if expected.keys() != given.keys():
            return where, sorted(expected), sorted(given)
        found = (difference(inner, given[key], names, f"{where}.{key}") for key, inner in expected.items())
        return next((place for place in found if place), None)
    if isinstance(expected, list) and isinstance(given, list) and len(expected) == len(given):
        found = (difference(*pair, names, f"{where}[{n}]") for n, pair in enumerate(zip(expected, given, strict=True)))
        return next((place for place in found if place), None)
    if isinstance(expected, str) and isinstance(given, str) and (name := re.fullmatch(r"\{(\w+)\}", expected)):
        same = given != "" if name[1] == "any" else names.setdefault(name[1], given) == given
        return None if same else (where, names.get(name[1]), given)
    expected = filled(expected, names) if isinstance(expected, str) else expected
    return None if expected == given else (where, expected, given)
