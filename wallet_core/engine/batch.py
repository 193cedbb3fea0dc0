"""A batch: load what its commands need, decide them one after another, hand over what changed."""

from collections.abc import Sequence

from wallet_core.domain.book import Book, Needs, Row
from wallet_core.domain.commands import Command
from wallet_core.domain.decide import decide, follow, needs
from wallet_core.domain.decision import Decision
from wallet_core.engine.clock import Clock
from wallet_core.storage.store import Changes


class Batch:
    """Commands on their way through storage (a `Work`); afterwards `decisions` answers them in order."""

    def __init__(self, commands: Sequence[Command], clock: Clock) -> None:
        """Take the commands in the order they are to be decided."""
        self._commands = commands
        self._clock = clock
        self._wanted = Needs.none()
        self._rows: list[Row] = []
        self.decisions: list[Decision] = []

    def needs(self) -> Needs:
        """Return the rows the commands name."""
        self._wanted = Needs.none()
        for command in self._commands:
            needs(command, self._wanted)
        return self._wanted

    def follow(self, rows: Sequence[Row]) -> Needs | None:
        """Return the rows that the loaded ones name, if any."""
        self._rows = list(rows)
        if not self._wanted.further:
            return None
        book = Book(self._wanted, rows)
        further = Needs.none()
        for command in self._commands:
            follow(command, book, further)
        further.rounds -= self._wanted.rounds
        further.transactions -= self._wanted.transactions
        self._wanted.rounds |= further.rounds
        self._wanted.transactions |= further.transactions
        return further if further.rounds or further.transactions else None

    def decide(self, rows: Sequence[Row]) -> Changes:
        """Decide every command on one book; return what to save."""
        book = Book(self._wanted, [*self._rows, *rows])
        self.decisions = [decide(book, command, self._clock.take(command.span)) for command in self._commands]
        return Changes(book.changes(), book.lines)
