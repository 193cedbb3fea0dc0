"""Transcripts: whole conversations as data, replayed in order and compared digit by digit.

An exchange has a `request` and an `answer`, or ends the session (`"session": "closed"`). A request's content is `body`
(JSON), `fields` (a form, or a query where the method is GET) or `raw` text; the dialect signs it, unless it is said to
be `"signed": false`, by the key that `secret` names. An answer's content is `body`, or `text` where it is no JSON.

In any text, `{player}`, `{token}` and `{run}` stand for this test's own, `{uuid-1}` and so on for UUIDs of its own, and
`{UUID-1}` for the same in capitals; in an expected answer, `{any}` is any text and `{name}` any other is whatever stood
there first, and the same ever after.
"""

import re
import uuid
from pathlib import Path

import pytest

from adapters.conformance.wires import Wire, form, query
from tests.providers.conftest import DIALECTS
from tests.providers.door import LIVE
from tests.providers.wire import exact, written

FOLDER = Path(__file__).parent


def of(dialect):
    """The transcripts of a protocol; where it has several dialects, those that begin with this one's name."""
    found = sorted((FOLDER / dialect.protocol).glob("*.json"))
    alone = [other.protocol for other in DIALECTS].count(dialect.protocol) == 1
    return [path for path in found if alone or path.stem.startswith(dialect.name)]


TRANSCRIPTS = [
    pytest.param(dialect, path, id=f"{dialect.name}/{path.stem}") for dialect in DIALECTS for path in of(dialect)
]


def test_every_dialect_has_transcripts():
    assert [dialect.name for dialect in DIALECTS if not of(dialect)] == []


@pytest.mark.parametrize(("dialect", "path"), TRANSCRIPTS)
async def test_a_transcript_is_answered_as_written(door, path):
    transcript = exact(path.read_text())
    seat = await door.seat(**transcript["player"])
    names = {"player": seat.player, "token": seat.token, "run": uuid.uuid4().hex}

    for number, exchange in enumerate(transcript["exchanges"]):
        if exchange.get("session") == "closed":
            await door.close(seat)
            continue
        request, expected = exchange["request"], exchange["answer"]
        wire = asked(request, names)
        signed = wire if request.get("signed") is False else door.signed(wire, request.get("secret", LIVE))
        reply = await door.raw(signed)

        where = f"{path.name}, exchange {number}"
        assert expected["status"].text == str(reply.status), (where, reply.body)
        if "text" in expected:
            differs = text_difference(expected["text"], reply.body.decode(), names)
        else:
            differs = difference(expected["body"], exact(reply.body), names, "$")
        assert differs is None, (where, differs, reply.body)
        prove = door.dialect.proves
        assert prove is None or prove(reply, door.dialect.keys(LIVE).signs), where


def asked(request, names):
    """The request, unsigned."""
    method, target = request["method"], filled(request["path"], names)
    headers = request.get("headers", {})
    if "fields" in request:
        fields = {name: filled(value, names) for name, value in request["fields"].items()}
        if method == "GET":
            return Wire(method, f"{target}?{query(fields)}", headers=headers)
        wire = form(target, fields)
        return Wire(method, target, wire.body, {**wire.headers, **headers})
    body = request.get("raw", written(request["body"]) if "body" in request else "")
    content = {"Content-Type": "application/json"} if body else {}
    return Wire(method, target, filled(body, names).encode(), content | headers)


def filled(text, names):
    """The text with what stands for something replaced."""

    def meant(match):
        if match[1] in names:
            return names[match[1]]
        own = str(uuid.uuid5(uuid.NAMESPACE_OID, names["run"] + match[1].lower()))
        return own.upper() if match[1].isupper() else own

    return re.sub(r"\{(player|token|run|(?:uuid|UUID)-\d+)\}", meant, text)


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


def text_difference(expected, given, names):
    """The same for text that is no JSON: what stands for itself, and the places between."""
    parts = re.split(r"\{(\w+)\}", filled(expected, names))
    pattern = "".join(re.escape(part) if n % 2 == 0 else "(.+?)" for n, part in enumerate(parts))
    found = re.fullmatch(pattern, given, re.DOTALL)
    if found is None:
        return expected, given
    pairs = zip(parts[1::2], found.groups(), strict=True)
    wrong = [(name, value) for name, value in pairs if name != "any" and names.setdefault(name, value) != value]
    return wrong or None
