"""What the coverage-guided fuzzer feeds bytes to, each with bytes to begin from. An exception is a find."""

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from multidict import CIMultiDict
from wallet.v1.wallet_pb2 import PlayRequest

from adapters.conformance.dialects import dialects
from adapters.decoding import json_words, query_words
from adapters.faults import Rejected
from adapters.provider import Endpoint, Provider, Request
from tests.fuzz.doors import OF, PLAINLY, connected, heard, taken
from tests.fuzz.messages import parsed
from tests.fuzz.mutations import DEEP, NUMBERS, OTHERS, TEXTS
from tests.fuzz.seeds import FORM, PLACED, RECEIVED_AT, seeds, seeds_of


class Loose(msgspec.Struct):
    """Anything."""

    a: Any = None


class Target(msgspec.Struct, frozen=True):
    """`feed` takes whatever bytes; `begin` are bytes it makes something of."""

    feed: Callable[[bytes], object]
    begin: list[bytes]


WORDS = [word for word in (*NUMBERS, *TEXTS, *OTHERS, "\\u0000", "\\ud800", '"amount":') if 0 < len(word) < 30]
"""What the fuzzer may put in."""


def _json(data: bytes) -> None:
    try:
        read = json_words(Request("POST", "/", "", PLACED, data, RECEIVED_AT), Loose)
    except Rejected:
        return
    assert not isinstance(read.a, float)


def _query(data: bytes) -> None:
    query = data.decode("utf-8", "surrogateescape")
    try:
        query_words(Request("GET", "/", query, CIMultiDict(), b"", RECEIVED_AT), Loose)
    except Rejected:
        return


def _read(provider: Provider, endpoints: list[Endpoint], data: bytes, *, plainly: bool) -> None:
    """The first byte says which endpoint is asked, the others are the body or the query."""
    endpoint, rest = endpoints[data[0] % len(endpoints)] if data else endpoints[0], data[1:]
    asks = endpoint.method == "GET"
    query, body = (rest.decode("utf-8", "surrogateescape"), b"") if asks else ("", rest)
    headers = PLACED if body[:1] in (b"{", b"[") else FORM
    request = Request(endpoint.method, endpoint.path, query, headers, body, RECEIVED_AT)
    heard(provider, endpoint, request, plainly=plainly)


SIGNATURES = {"X-Wallet-Timestamp", "X-Timestamp", "Authorization"} | {each.signature for each in dialects().values()}


def _verify(provider: Provider, data: bytes) -> None:
    """The first line is the value of every header that a signature has, the others are the body."""
    value, _, body = data.partition(b"\n")
    headers = CIMultiDict(dict.fromkeys(SIGNATURES, value.decode("utf-8", "surrogateescape")))
    try:
        provider.verify(Request("POST", "/", "", headers, body, RECEIVED_AT))
    except Rejected:
        return
    raise AssertionError("a signature that nobody made was taken")


def _play(data: bytes) -> None:
    request = parsed(PlayRequest, data)
    if request is not None:
        taken(request)


def targets() -> dict[str, Target]:
    """Return them by name."""
    found = {
        "json": Target(_json, [b'{"a":[{"b":1.50,"c":"\\u00e9"},true,null,-1e3]}', b'{"a":' + b"[" * DEEP]),
        "query": Target(_query, [b"a=1&b=%41+c"]),
        "play": Target(_play, _plays()),
    }
    for protocol in sorted(OF):
        provider, sent = connected(protocol), seeds(protocol)
        endpoints = [endpoint for endpoint in provider.endpoints if endpoint.signed]
        begin = [
            bytes([index]) + (seed.query.encode() if endpoint.method == "GET" else seed.body)
            for index, endpoint in enumerate(endpoints)
            for seed in seeds_of(provider, endpoint.name, sent)
        ]
        begin += [b"\0" + b'{"a":' + b"[" * DEEP, *(data.replace(b"run", b"\\ud83d\\ude00", 1) for data in begin)]
        found[protocol] = Target(partial(_read, provider, endpoints, plainly=protocol in PLAINLY), begin)
        found[f"{protocol} signature"] = Target(partial(_verify, provider), [b"1700000000\n{}", b"0" * 64])
    each = list(found.values())
    begin = [bytes([number]) + data for number, target in enumerate(each) for data in target.begin]
    return found | {"all": Target(partial(_any, [target.feed for target in each]), begin)}


def _any(feeds: list[Callable[[bytes], object]], data: bytes) -> None:
    """The first byte says which target gets the others."""
    if data:
        feeds[data[0] % len(feeds)](data[1:])


def _plays() -> list[bytes]:
    """The plays that adapters make of what providers send."""
    found = []
    for protocol in sorted(OF):
        provider = connected(protocol)
        for endpoint in provider.endpoints:
            for seed in seeds_of(provider, endpoint.name, seeds(protocol)):
                try:
                    ask = getattr(endpoint.read(seed), "ask", None)
                except Rejected:
                    continue
                if isinstance(ask, PlayRequest):
                    found.append(ask.SerializeToString())
    return found
