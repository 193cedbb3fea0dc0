"""The book: the rows a batch works on. What was not loaded cannot be read, and balances move in `post` alone.

Rows are frozen; changing one means putting a new one in its place. Every `put` is remembered, so that a command that is
refused half-way is undone whole, and so that the save writes just what changed.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain.accounts import ACCOUNTS, DEBT, Guard
from wallet_core.domain.entries import Entry, Line, Transaction, TransactionKey
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.players import Player
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.rounds import Round
from wallet_core.domain.sessions import Session

Row = Player | Pocket | Session | Round | Transaction
Key = tuple[Any, ...]
R = TypeVar("R", Player, Pocket, Session, Round, Transaction)

SessionKey = tuple[str, bytes]
RoundKey = tuple[str, str, str]


class NotLoaded(LookupError):
    """A row was read that `needs` did not name: a fault of ours, never "there is no such row"."""


class Unbalanced(AssertionError):
    """Lines that do not sum to zero, or would take a pocket below zero: a fault of ours, never posted."""


class Needs(Struct):
    """The rows a batch of commands will read."""

    players: set[str]
    sessions: set[SessionKey]
    transactions: set[TransactionKey]
    rounds: set[RoundKey]

    @classmethod
    def none(cls) -> "Needs":
        """Return empty needs, to be filled command by command."""
        return cls(set(), set(), set(), set())


class Mark(Struct, frozen=True):
    """A moment in a book to go back to."""

    changes: int
    lines: int


class Book:
    """The rows a batch asked for, and what its commands did to them."""

    def __init__(self, needs: Needs, rows: Iterable[Row]) -> None:
        """Take the needs as they were asked and the rows that were found for them."""
        self._rows: dict[Key, Row | None] = {}
        self._pockets: dict[tuple[str, str], dict[str, Pocket]] = {}
        for player_id in needs.players:
            self._rows[Player, player_id] = None
        for session in needs.sessions:
            self._rows[(Session, *session)] = None
        for transaction in needs.transactions:
            self._rows[(Transaction, *transaction)] = None
        for round_ in needs.rounds:
            self._rows[(Round, *round_)] = None
        for row in rows:
            self._set(key_of(row), row)
        self._before: dict[Key, Row | None] = {}
        self._undo: list[tuple[Key, Row | None]] = []
        self.lines: list[Line] = []

    def _get(self, kind: type[R], *key: str | bytes) -> R | None:
        try:
            return cast("R | None", self._rows[(kind, *key)])
        except KeyError:
            message = f"{kind.__name__} {key} was not asked for"
            raise NotLoaded(message) from None

    def player(self, player_id: str) -> Player | None:
        """Return the player, or none if there is none."""
        return self._get(Player, player_id)

    def session(self, player_id: str, session_id: bytes) -> Session | None:
        """Return the session, or none if there is none."""
        return self._get(Session, player_id, session_id)

    def transaction(self, player_id: str, key: bytes) -> Transaction | None:
        """Return the transaction under the key, or none if the key is new."""
        return self._get(Transaction, player_id, key)

    def round(self, player_id: str, provider_id: str, round_id: str) -> Round | None:
        """Return the round, or none if there is none."""
        return self._get(Round, player_id, provider_id, round_id)

    def pockets(self, player_id: str, currency: str) -> Mapping[str, Pocket]:
        """Return the player's pockets of one currency by account. A player's pockets are loaded with the player."""
        if (Player, player_id) not in self._rows:
            message = f"pockets of {player_id} were not asked for"
            raise NotLoaded(message)
        return self._pockets.get((player_id, currency), {})

    def put(self, row: Row) -> None:
        """Put a row in the place of the one with its key."""
        key = key_of(row)
        before = self._rows.get(key)
        self._before.setdefault(key, before)
        self._undo.append((key, before))
        self._set(key, row)

    def _set(self, key: Key, row: Row | None) -> None:
        self._rows[key] = row
        if key[0] is Pocket:
            held = self._pockets.setdefault(key[1:3], {})
            if row is None:
                held.pop(key[3], None)
            else:
                held[key[3]] = cast("Pocket", row)

    def post(
        self,
        player_id: str,
        transaction_id: bytes,
        currency: str,
        entries: Iterable[Entry],
        *,
        round_: Round | None = None,
        first: int = 0,
    ) -> int:
        """Post a transaction's journal of one currency: the one place where balances move (law 4).

        Args:
            player_id: whose pockets are meant.
            transaction_id: of the transaction the lines belong to.
            currency: of every entry.
            entries: summing to zero; entries of nothing are left out.
            round_: whose IN_PLAY is meant; put back with the balance after.
            first: the number of the first line, where the transaction has a journal in another currency before.

        Returns:
            The number after the last line.

        Raises:
            Unbalanced: they do not sum to zero, a pocket would go below zero, or int64 would overflow.
        """
        number, total = first, 0
        for entry in entries:
            amount = entry.amount
            if not amount:
                continue
            total += amount
            guard, detail = ACCOUNTS[entry.account].guard, entry.detail
            sequence = balance = None
            if guard is Guard.POCKET:
                pocket = self.pockets(player_id, currency).get(entry.account) or Pocket(
                    player_id, currency, entry.account
                )
                sequence, balance = pocket.sequence + 1, pocket.amount + amount
                self.put(replace(pocket, sequence=sequence, amount=balance))
            elif guard is Guard.ROUND:
                if round_ is None:
                    message = f"{entry.account} without a round"
                    raise Unbalanced(message)
                sequence, balance = round_.sequence + 1, round_.in_play + amount
                round_ = replace(round_, sequence=sequence, in_play=balance)
                detail = round_.round_id
            if balance is not None and not _sound(entry.account, balance):
                message = f"{entry.account} of {player_id} would be {balance}"
                raise Unbalanced(message)
            self.lines.append(
                Line(
                    player_id,
                    transaction_id,
                    number,
                    entry.account,
                    detail,
                    currency,
                    amount,
                    sequence,
                    balance,
                )
            )
            number += 1
        if total:
            message = f"lines of {transaction_id.hex()} sum to {total}"
            raise Unbalanced(message)
        if round_ is not None:
            self.put(round_)
        return number

    def touch(self, player_id: str, at: int) -> None:
        """Count a command on the player's row: the guard against another process (design 4)."""
        player = self.player(player_id)
        if player is not None:
            self.put(replace(player, version=player.version + 1, changed_at=max(at, player.changed_at)))

    def mark(self) -> Mark:
        """Return the moment to go back to."""
        return Mark(len(self._undo), len(self.lines))

    def undo(self, mark: Mark) -> None:
        """Go back: nothing since the mark has happened."""
        while len(self._undo) > mark.changes:
            self._set(*self._undo.pop())
        del self.lines[mark.lines :]

    def changes(self) -> list[tuple[Row | None, Row]]:
        """Return every row that is not what was loaded, as (before, after); before is none for a new row."""
        found = []
        for key, before in self._before.items():
            after = self._rows[key]
            if after is not None and after is not before:
                found.append((before, after))
        return found


def key_of(row: Row) -> Key:
    """Return the place of a row in a book."""
    return _PLACES[type(row)](row)


_PLACES: dict[type[Row], Callable[[Any], Key]] = {
    Player: lambda row: (Player, row.player_id),
    Pocket: lambda row: (Pocket, row.player_id, row.currency, row.account),
    Transaction: lambda row: (Transaction, row.player_id, row.key),
    Round: lambda row: (Round, row.player_id, row.provider_id, row.round_id),
    Session: lambda row: (Session, row.player_id, row.session_id),
}


def _sound(account: str, balance: int) -> bool:
    if account == DEBT:
        return -INT64_MAX <= balance <= 0
    return 0 <= balance <= INT64_MAX
