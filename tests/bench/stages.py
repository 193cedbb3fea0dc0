"""Where the CPU of a bet by HTTP goes: each step by itself, in one process, and what is left of the whole.

The steps are ours and can be made cheaper one by one; what is left belongs to the HTTP server, gRPC, the event loop and
the sockets. Two cores have 200 µs for each of 10,000 bets a second, the kernel's part of the sockets included.
"""

import time
from collections.abc import Callable, Sequence
from statistics import median

from multidict import CIMultiDict, CIMultiDictProxy
from wallet.v1.wallet_pb2 import PlayManyRequest, PlayManyResponse, PlayResponse

from adapters.provider import Call, Request
from adapters.providers.generic_seamless import Settings, connect
from tests.bench import bets
from tests.bench.bets import PLAYERS
from tests.bench.engine import LANES
from tests.bench.measure import Fact, Row
from tests.bench.places import Place
from tests.storage.books import PROVIDER, open_store
from wallet_core.api import convert, plays
from wallet_core.api.providers import Providers
from wallet_core.config import Provider
from wallet_core.domain.book import Needs
from wallet_core.domain.book import Row as BookRow
from wallet_core.domain.commands import Terms
from wallet_core.engine.batch import Batch
from wallet_core.engine.clock import Clock
from wallet_core.storage.store import Changes

BATCH = 100
"""Bets: what gathers behind 128 connections."""

ROUNDS = 60
WARM = 20

Times = dict[str, list[float]]


class Watched:
    """A batch (a `Work`) that notes the process's CPU at each step."""

    def __init__(self, batch: Batch, times: Times) -> None:
        self._batch = batch
        self._times = times
        self._last = time.process_time()

    def _note(self, step: str) -> None:
        now = time.process_time()
        self._times.setdefault(step, []).append(now - self._last)
        self._last = now

    def needs(self) -> Needs:
        self._note("begin")
        found = self._batch.needs()
        self._note("needs")
        return found

    def follow(self, rows: Sequence[BookRow]) -> Needs | None:
        self._note("load")
        return self._batch.follow(rows)

    def decide(self) -> Changes:
        changes = self._batch.decide()
        self._note("decide")
        return changes

    def saved(self) -> None:
        self._note("save")


async def measure(place: Place, rows: Sequence[Row | Fact]) -> list[Fact]:
    """Return the steps of a bet with one database; and the rest, where `rows` have its whole by HTTP."""
    store = await open_store(await place.books(PLAYERS), LANES)
    times: Times = {}
    server = place.cpu().get("postgres")
    clock = Clock()
    decisions = []
    try:
        for number in range(WARM + ROUNDS):
            if number == WARM:
                times.clear()
                used = server() if server else 0.0
            batch = Batch([bets.command(*drawn) for drawn in bets.draws(PLAYERS, BATCH)], clock)
            watched = Watched(batch, times)
            await store.apply(watched)
            watched.saved()
            decisions = batch.decisions
        database = (server() - used) / ROUNDS / BATCH if server else None
    finally:
        await store.close()
    core = {step: median(times[step]) / BATCH for step in ("needs", "load", "decide", "save")}
    core |= _core_borders(decisions)
    adapter = _adapter_borders(decisions)
    whole = _whole(rows, place.name)
    facts = _facts(place.name, "adapter", adapter, whole.get("adapter"), "aiohttp, gRPC, sockets and the loop")
    facts += _facts(place.name, "core", core, whole.get("core"), "gRPC, gathering and the loop")
    if database is not None:
        facts += _facts(place.name, "postgres", {"load and save": database}, whole.get("postgres"), "smaller batches")
    for fact in facts:
        print(fact.line(), flush=True)
    return facts


def _whole(rows: Sequence[Row | Fact], place: str) -> dict[str, float]:
    """Return the CPU seconds a bet by HTTP took in all, by process."""
    for row in rows:
        if isinstance(row, Row) and (row.bench, row.place, row.contestant.key) == ("HTTP", place, "wallet"):
            return {name: each / 1e6 for name, each in row.cpu.items()}
    return {}


def _facts(place: str, process: str, steps: dict[str, float], whole: float | None, rest: str) -> list[Fact]:
    shown = dict(steps)
    if whole is not None:
        shown[f"the rest: {rest}"] = whole - sum(steps.values())
        shown["in all, behind HTTP"] = whole
    return [
        Fact("stages", place, f"{process}: {step}", seconds * 1e6, f"{process:<9} {step:<48} {seconds * 1e6:7.1f} µs")
        for step, seconds in shown.items()
    ]


def _each(what: Callable[[], object], items: int = 1, runs: int = 2_000) -> float:
    """Return the CPU seconds an item of `what` takes: the median of seven times so many runs."""
    found = []
    for _ in range(7):
        began = time.process_time()
        for _ in range(runs):
            what()
        found.append((time.process_time() - began) / runs / items)
    return median(found)


def _core_borders(decisions: Sequence[object]) -> dict[str, float]:
    """Return the steps between the socket's bytes and a command, and back."""
    player, key = next(bets.draws(PLAYERS, 1))
    registered = Providers((Provider(provider_id=PROVIDER, protocol="generic_seamless", profile=bets.PROFILE),))
    terms, message = Terms(), bets.message(player, key)
    many = PlayManyRequest(plays=[message] * BATCH).SerializeToString()

    def answered() -> PlayManyResponse:
        reply = PlayManyResponse()
        for decision in decisions:
            convert.answer(reply.outcomes.add().response, decision)
        return reply

    return {
        "messages from bytes": _each(lambda: PlayManyRequest.FromString(many), BATCH, 100),
        "command of a message": _each(lambda: plays.play(message, registered, terms)),
        "answers to bytes": _each(lambda: answered().SerializeToString(), BATCH, 50),
    }


def _adapter_borders(decisions: Sequence[object]) -> dict[str, float]:
    """Return the steps between a provider's bytes and a message, and back."""
    (raw,) = bets.signed("127.0.0.1", PLAYERS, 1)
    head, _, body = raw.partition(b"\r\n\r\n")
    fields = (line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    request = Request("POST", "/v1/bet", "", CIMultiDictProxy(CIMultiDict(fields)), body, time.time())
    provider = connect(PROVIDER, [bets.SECRET], Settings())
    (endpoint,) = (each for each in provider.endpoints if each.name == "bet")
    call = endpoint.read(request)
    assert isinstance(call, Call)
    asked = PlayManyRequest(plays=[call.ask] * BATCH)
    reply = PlayManyResponse()
    for decision in decisions:
        convert.answer(reply.outcomes.add().response, decision)
    answer: PlayResponse = reply.outcomes[0].response
    many = reply.SerializeToString()
    return {
        "signature": _each(lambda: provider.verify(request)),
        "message of a body": _each(lambda: endpoint.read(request)),
        "messages to bytes": _each(asked.SerializeToString, BATCH, 200),
        "answers from bytes": _each(lambda: PlayManyResponse.FromString(many), BATCH, 100),
        "body of an answer": _each(lambda: call.write(answer)),
    }
