"""The switch of the crash points: WALLET_TEST_CRASH="7 decided /tmp/last" ends this process with signal 9 the seventh
time it comes to that point. Before, it writes the keys its batch asked for to that file, as its last words.

The product knows nothing of it: the points lie around the port of the storage, and in what SQLite tells who traces it.
"""

import json
import os
import signal
import sqlite3
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from wallet_core.domain.entries import TransactionKey

VARIABLE = "WALLET_TEST_CRASH"


class Point(StrEnum):
    """Where a batch may be cut off, in the order it comes by."""

    GATHERED = "gathered"  # not loaded
    LOADED = "loaded"  # not decided
    DECIDED = "decided"  # not saved
    SAVED = "saved"  # not committed; of SQLite, where the rows are written before the commit is asked for
    COMMITTED = "committed"  # not answered
    ANSWERED = "answered"  # the last of it, or the first of many


class Switch:
    """Ends the process at one point, in one of its turns."""

    def __init__(self, turn: int, point: Point, last_words: str) -> None:
        self._left = turn
        self._point = point
        self._last_words = last_words
        self.asked: Iterable[TransactionKey] = ()

    def come(self, point: Point) -> None:
        if point is not self._point:
            return
        self._left -= 1
        if self._left:
            return
        Path(self._last_words).write_text(json.dumps([[player_id, key.hex()] for player_id, key in self.asked]))
        os.kill(os.getpid(), signal.SIGKILL)


class Passing:
    """The work, but it comes by the points."""

    def __init__(self, work, switch):
        self.follow, self._work, self._switch = work.follow, work, switch

    def needs(self):
        wanted = self._work.needs()
        self._switch.asked = wanted.transactions
        self._switch.come(Point.GATHERED)
        return wanted

    def decide(self):
        self._switch.come(Point.LOADED)
        changes = self._work.decide()
        self._switch.come(Point.DECIDED)
        return changes


class Crashing:
    """The store, but its batches come by the points, one at a time."""

    def __init__(self, store, switch):
        self._store = store
        self._switch = switch

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def apply(self, work):
        await self._store.apply(Passing(work, self._switch))
        self._switch.come(Point.COMMITTED)


def switch() -> Switch | None:
    """Return the switch, if it is set."""
    if VARIABLE not in os.environ:
        return None
    turn, point, last_words = os.environ[VARIABLE].split(" ", 2)
    found = Switch(int(turn), Point(point), last_words)
    _trace(found)
    return found


def _trace(found: Switch) -> None:
    """Have every connection to SQLite say when it is about to commit."""
    connect = sqlite3.connect

    def heard(statement: str) -> None:
        if statement.lower().startswith("commit"):
            found.come(Point.SAVED)

    def traced(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.set_trace_callback(heard)
        return connection

    sqlite3.connect = traced
