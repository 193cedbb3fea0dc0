"""What providers really send, from which everything here is made up: the requests of their transcripts."""

import os
from pathlib import Path
from urllib.parse import urlencode

from hypothesis import HealthCheck, settings
from multidict import CIMultiDict

from adapters.conformance.wires import Wire
from adapters.provider import Provider, Request
from tests.fuzz.doors import LIVE, OF, by_header
from tests.providers.test_transcripts import filled, written
from tests.providers.wire import exact

TRANSCRIPTS = Path(__file__).parents[1] / "providers"
FURTHER = {  # what no transcript has
    "generic_seamless": (
        ("POST", "/v1/rollback", b'{"transaction_id":"rb-9","reference":"never"}'),
        ("POST", "/v1/close", b'{"transaction_id":"c-1","round_id":"r-1","player_id":"p-1"}'),
        (
            "POST",
            "/v1/batch/credit",
            b'{"batch_id":"b-1","credits":[{"player_id":"p-1","transaction_id":"c-1","currency":"EUR","amount":"1.50"}]}',
        ),
    )
}
NAMES = {"player": "p-1", "token": "t-1" * 12, "run": "run"}
RECEIVED_AT = 1_700_000_000.0
PLACED = CIMultiDict({"Content-Type": "application/json"})
FORM = CIMultiDict({"Content-Type": "application/x-www-form-urlencoded"})


def seeds(protocol: str, names: dict[str, str] = NAMES) -> list[Request]:
    """Return the requests of a protocol's transcripts, each once, with what is signed in the body or the query."""
    found: dict[tuple[str, str, str, bytes], Request] = {}
    for path in sorted((TRANSCRIPTS / protocol).glob("*.json")):
        for exchange in exact(path.read_text())["exchanges"]:
            asked = exchange.get("request")
            if asked is None:
                continue  # what the core is asked beside the provider
            target, _, query = filled(asked["path"], names).partition("?")
            text = asked.get("raw", written(asked["body"]) if "body" in asked else "")
            headers = PLACED if text else CIMultiDict()
            if "fields" in asked:
                text = urlencode(asked["fields"], safe="{}")
                text, query, headers = ("", text, headers) if asked["method"] == "GET" else (text, query, FORM)
            query, body = filled(query, names), filled(text, names).encode()
            request = Request(asked["method"], target, query, headers, body, RECEIVED_AT)
            if asked.get("signed") is not False:
                request = sealed(protocol, request)
            found.setdefault((request.method, target, request.query, request.body), request)
    for method, path, body in FURTHER.get(protocol, ()):
        found[method, path, "", body] = Request(method, path, "", PLACED, body, RECEIVED_AT)
    return list(found.values())


def sealed(protocol: str, request: Request) -> Request:
    """As it is sent, but for the headers that sign it."""
    if protocol not in OF or by_header(OF[protocol]):
        return request
    dialect = OF[protocol]
    target = f"{request.path}?{request.query}" if request.query else request.path
    wire = Wire(request.method, target, request.body, dict(request.headers))
    sent = dialect.sign(wire, dialect.keys(LIVE).signs, RECEIVED_AT)
    path, _, query = sent.target.partition("?")
    return Request(sent.method, path, query, CIMultiDict(sent.headers), sent.body, RECEIVED_AT)


def seeds_of(provider: Provider, name: str, among: list[Request]) -> list[Request]:
    """Return those that were sent to the endpoint of that name, at whichever of its paths; all where none was."""
    served = {(endpoint.method, endpoint.path) for endpoint in provider.endpoints if endpoint.name == name}
    return [seed for seed in among if (seed.method, seed.path) in served] or among


def exploring(examples: int) -> settings:
    """So many examples as a rule; twenty times as many, and new ones, with WALLET_EXPLORE."""
    return settings(
        max_examples=examples * (20 if "WALLET_EXPLORE" in os.environ else 1),
        # A server may answer many examples, and one may take its time.
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
