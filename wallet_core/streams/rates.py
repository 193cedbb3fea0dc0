"""Rates from a file: the European Central Bank's daily ones (eurofxref-daily.xml), published by the front door.

Nothing is fetched here: whoever may reach the outside puts the file where the settings say.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn
from xml.parsers import expat

import structlog

from wallet_core.domain.decision import Decision
from wallet_core.domain.entries import NO_PLAYER
from wallet_core.domain.fx_terms import FxTerms
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.rate_commands import PublishRates
from wallet_core.domain.rates import Pair
from wallet_core.engine.batcher import Batcher
from wallet_core.storage.store import Store

ECB = "ecb"
"""The source its rates are published as, unless another is named."""

BASE = "EUR"
BYTES_MAX = 64 * 1024
"""The real one has 2 KiB."""

HOUR = 13
"""Of the day, UTC: after the banks have agreed on the rates, and before they are published, in summer and winter."""

_log = structlog.get_logger("rates")


class Unreadable(Exception):
    """The file is not what it should be; the message says what."""


def parsed(document: bytes) -> tuple[int, tuple[Pair, ...]]:
    """Return when the rates of a document were so, in microseconds, and the rates; currencies we do not know left out.

    Raises:
        Unreadable: it is too large, no XML, declares entities, or holds not just one day's rates.
    """
    if len(document) > BYTES_MAX:
        raise Unreadable(f"more than {BYTES_MAX} bytes")
    cubes: list[dict[str, str]] = []

    def element(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "Cube":
            cubes.append(attributes)

    def declared(*_: Any) -> NoReturn:
        raise Unreadable("it declares a document type; the real one does not")

    reader = expat.ParserCreate("utf-8")
    reader.StartElementHandler = element
    reader.StartDoctypeDeclHandler = declared  # so there are no entities, either
    try:
        reader.Parse(document, True)  # noqa: FBT003  it has no name
    except expat.ExpatError as error:
        raise Unreadable(f"no XML: {error}") from None
    days = [cube["time"] for cube in cubes if "time" in cube]
    if len(days) != 1:
        raise Unreadable(f"the rates of {len(days)} days; it should be one")
    try:
        day = datetime.strptime(days[0], "%Y-%m-%d").replace(hour=HOUR, tzinfo=UTC)
    except ValueError:
        raise Unreadable("its day is none") from None
    named = ((cube.get("currency", ""), cube.get("rate", "")) for cube in cubes)
    pairs = tuple((BASE, currency, rate) for currency, rate in named if currency in CURRENCIES)
    return int(day.timestamp()) * 1_000_000, pairs


def read(path: Path) -> tuple[int, tuple[Pair, ...]]:
    """Return what is in a file.

    Raises:
        Unreadable: it cannot be read, or see `parsed`.
    """
    try:
        with path.open("rb") as file:
            document = file.read(BYTES_MAX + 1)
    except OSError as error:
        raise Unreadable(error.strerror or "it cannot be read") from None
    return parsed(document)


async def publish(
    batcher: Batcher, store: Store, terms: FxTerms, source: str, found: tuple[int, Sequence[Pair]], *, patience: float
) -> Decision:
    """Return the decision on what was found.

    Args:
        batcher: takes the command.
        store: has the other sources' rates.
        terms: what rates must be.
        source: whose they are.
        found: when they were so, and the rates.
        patience: seconds the command may wait in the queue.
    """
    as_of, pairs = found
    names = [each.name for each in terms.sources if each.name != source]
    others = tuple((rates.source, rates.as_of) for rates in await store.rates(names))
    command = PublishRates(NO_PLAYER, source, as_of, tuple(pairs), others, terms)
    return await batcher.submit(command, time.monotonic() + patience)


async def watch(
    batcher: Batcher, store: Store, terms: FxTerms, files: Mapping[str, Path], *, interval: float, patience: float
) -> None:
    """Publish what stands in the sources' files, for ever: again and again, for the same rates change nothing.

    Args:
        batcher: takes the commands.
        store: has the other sources' rates.
        terms: what rates must be.
        files: by source.
        interval: seconds between two looks.
        patience: seconds a command may wait in the queue.
    """
    told: dict[str, str] = {}
    while True:
        for source, path in files.items():
            try:
                found = await asyncio.to_thread(read, path)
            except Unreadable as unreadable:
                words = str(unreadable)
            else:
                decision = await publish(batcher, store, terms, source, found, patience=patience)
                refusal = decision.refusal
                words = f"{refusal.reason.name}: {refusal.message}" if refusal else f"published as of {found[0]}"
            if told.get(source) != words:
                told[source] = words
                _log.info("rates", source=source, file=str(path), outcome=words)
        await asyncio.sleep(interval)
