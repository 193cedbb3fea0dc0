"""A batch: load what its commands need, decide them one after another, hand over what changed."""

from collections.abc import Sequence
from typing import cast

from wallet_core.domain.book import Book, Needs, Row
from wallet_core.domain.commands import Command
from wallet_core.domain.decide import decide, follow, needs
from wallet_core.domain.decision import Decision
from wallet_core.domain.entries import Transaction
from wallet_core.domain.promos import Bonus
from wallet_core.domain.rounds import Round
from wallet_core.engine.clock import Clock
from wallet_core.storage.store import Changes


class Batch:
    """Commands on their way through storage (a `Work`); afterwards `decisions` answers them in order."""

    def __init__(self, commands: Sequence[Command], clock: Clock) -> None:
        """Take the commands in the order they are to be decided."""
        self._commands = commands
        self._clock = clock
        self._wanted = Needs.none()
        self._rows: Sequence[Row] = ()
        self.decisions: list[Decision] = []

    def needs(self) -> Needs:
        """Return the rows the commands name."""
        self._wanted = Needs.none()
        for command in self._commands:
            needs(command, self._wanted)
        return self._wanted

    def follow(self, rows: Sequence[Row]) -> Needs | None:
        """Take the rows found so far; return those that they name and that are not among them, if any."""
        self._rows = rows
        if not (self._wanted.further or any(map(_names_more, rows))):
            return None
        book = Book(self._wanted, rows)
        further = Needs.none()
        for command in self._commands:
            follow(command, book, further)
        further.rounds -= self._wanted.rounds
        further.transactions -= self._wanted.transactions
        for kind in further.nouns:
            further.nouns[kind] -= self._wanted.nouns.get(kind, set())
        self._wanted.add(further)
        return further if further.rounds or further.transactions or any(further.nouns.values()) else None

    def decide(self) -> Changes:
        """Decide every command on one book; return what to save."""
        book = Book(self._wanted, self._rows)
        self.decisions = [decide(book, command, self._clock.take(command.span)) for command in self._commands]
        return Changes(book.changes(), book.lines)


def _names_more(row: Row) -> bool:
    """Whether a row may name others that its commands need: it is not all of cash, or is to begin by its template."""
    kind = type(row)
    if kind is Bonus:
        return cast("Bonus", row).queued
    return (kind is Round and not cast("Round", row).plain) or (kind is Transaction and cast("Transaction", row).mixed)
