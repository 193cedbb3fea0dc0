"""The book: the rows a batch works on. What was not loaded cannot be read, and balances move in `post` alone.

Rows are frozen; changing one means putting a new one in its place. Every `put` is remembered, so that a command that is
refused half-way is undone whole, and so that the save writes just what changed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from types import MappingProxyType
from typing import Any, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain.accounts import ACCOUNTS, DEBT, IN_PLAY, Guard, account_of
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import NO_PLAYER, Entry, Holder, Keyed, Kind, Line, Transaction, TransactionKey
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.players import Player
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.promos import Bonus, Offers
from wallet_core.domain.rounds import Round
from wallet_core.domain.sessions import Session

Row = Player | Pocket | Session | Round | Transaction | Holder | Keyed

SessionKey = tuple[str, bytes]
RoundKey = tuple[str, str, str]

N = TypeVar("N", bound=Keyed)


class NotLoaded(LookupError):
    """A row was read that `needs` did not name: a fault of ours, never "there is no such row"."""


class Unbalanced(AssertionError):
    """Lines that do not sum to zero, or would take a pocket below zero: a fault of ours, never posted."""


class Needs(Struct):
    """The rows a batch of commands will read.

    Attributes:
        keys: of transactions, whoever's they are: who holds them is needed.
        nouns: keys of the rows that only some commands read, by their kind.
        further: whether these rows may name others that are needed, too.
    """

    players: set[str]
    sessions: set[SessionKey]
    transactions: set[TransactionKey]
    rounds: set[RoundKey]
    keys: set[bytes] = set()
    nouns: dict[type[Keyed], set[tuple[Any, ...]]] = {}
    further: bool = False

    @classmethod
    def none(cls) -> "Needs":
        """Return empty needs, to be filled command by command."""
        return cls(set(), set(), set(), set())

    def add(self, more: "Needs") -> None:
        """Take in what others need."""
        self.players |= more.players
        self.sessions |= more.sessions
        self.transactions |= more.transactions
        self.rounds |= more.rounds
        self.keys |= more.keys
        for kind, keys in more.nouns.items():
            self.want(kind, *keys)

    def want(self, kind: type[Keyed], *keys: tuple[Any, ...]) -> None:
        """Add rows of a noun by their keys."""
        self.nouns.setdefault(kind, set()).update(keys)


class Mark(Struct, frozen=True):
    """A moment in a book to go back to."""

    changes: int
    lines: int


class Book:
    """The rows a batch asked for, and what its commands did to them."""

    def __init__(self, needs: Needs, rows: Iterable[Row]) -> None:
        """Take the needs as they were asked and the rows that were found for them."""
        self._players: dict[str, Player | None] = dict.fromkeys(needs.players)
        self._sessions: dict[SessionKey, Session | None] = dict.fromkeys(needs.sessions)
        self._transactions: dict[TransactionKey, Transaction | None] = dict.fromkeys(needs.transactions)
        self._rounds: dict[RoundKey, Round | None] = dict.fromkeys(needs.rounds)
        self._holders: dict[tuple[bytes, str], Holder] = {}
        self._purses: dict[tuple[str, str], dict[str, Pocket]] = {}
        self._shelves: dict[type[Row], dict[Any, Any]] = {
            Player: self._players,
            Session: self._sessions,
            Transaction: self._transactions,
            Round: self._rounds,
            Holder: self._holders,
        }
        for kind, keys in needs.nouns.items():
            self._shelves[kind] = dict.fromkeys(keys)
        self._bonuses: dict[str, set[str]] = {}
        self._undo: list[tuple[dict[Any, Any], Any, Row | None]] = []
        for row in rows:
            shelf, key = self._place(row)
            shelf[key] = row
        self._asking: dict[bytes, list[str]] = {key: [] for key in needs.keys}
        if needs.keys:  # who holds them already, and who in this batch may come to
            for player_id, key in chain(needs.transactions, ((holder, key) for key, holder in self._holders)):
                if key in self._asking:
                    self._asking[key].append(player_id)
        self.lines: list[Line] = []

    def player(self, player_id: str) -> Player | None:
        """Return the player, or none if there is none."""
        try:
            return self._players[player_id]
        except KeyError:
            raise _not_loaded(Player, player_id) from None

    def session(self, player_id: str, session_id: bytes) -> Session | None:
        """Return the session, or none if there is none."""
        try:
            return self._sessions[player_id, session_id]
        except KeyError:
            raise _not_loaded(Session, player_id, session_id) from None

    def transaction(self, player_id: str, key: bytes) -> Transaction | None:
        """Return the transaction under the key, or none if the key is new."""
        try:
            return self._transactions[player_id, key]
        except KeyError:
            raise _not_loaded(Transaction, player_id, key) from None

    def holders(self, key: bytes) -> set[str]:
        """Return who has a transaction under the key; tombstones count only where they know no player."""
        if key not in self._asking:
            raise _not_loaded(Holder, key)
        found = set()
        for player_id in self._asking[key]:
            row = self._transactions.get((player_id, key)) or self._holders.get((key, player_id))
            if row is not None and (row.kind is not Kind.TOMBSTONE or player_id == NO_PLAYER):
                found.add(player_id)
        return found

    def round(self, player_id: str, provider_id: str, round_id: str) -> Round | None:
        """Return the round, or none if there is none."""
        try:
            return self._rounds[player_id, provider_id, round_id]
        except KeyError:
            raise _not_loaded(Round, player_id, provider_id, round_id) from None

    def noun(self, kind: type[N], *key: Any) -> N | None:
        """Return the row of a noun, or none if there is none."""
        try:
            found: N | None = self._shelves[kind][key]
        except KeyError:
            raise _not_loaded(kind, *key) from None
        return found

    def bonuses(self, player_id: str) -> Sequence[Bonus]:
        """Return the player's live bonuses, by id. They are loaded with the player."""
        if player_id not in self._bonuses:  # nearly everybody
            return ()
        return [row for row in self._all_bonuses(player_id) if row.live]

    def queued(self, player_id: str) -> Sequence[Bonus]:
        """Return the player's bonuses that wait for a slot, the next one first. They are loaded with the player."""
        return sorted((row for row in self._all_bonuses(player_id) if row.queued), key=attrgetter("turn"))

    def offers(self, player_id: str) -> Sequence[Bonus]:
        """Return the player's bonuses that have not begun, by id. They are loaded with `Offers`."""
        if (player_id,) not in self._shelves.get(Offers, {}):
            raise _not_loaded(Offers, player_id)
        return [row for row in self._all_bonuses(player_id) if row.offered]

    def _all_bonuses(self, player_id: str) -> Sequence[Bonus]:
        shelf = self._shelves.get(Bonus, {})
        rows = (shelf[player_id, bonus_id] for bonus_id in sorted(self._bonuses.get(player_id, ())))
        return [row for row in rows if row is not None]

    def pockets(self, player_id: str, currency: str) -> Mapping[str, Pocket]:
        """Return the player's pockets of one currency by account. A player's pockets are loaded with the player."""
        if player_id not in self._players:
            raise _not_loaded(Pocket, player_id)
        return self._purses.get((player_id, currency), NO_POCKETS)

    def put(self, row: Row) -> None:
        """Put a row in the place of the one with its key."""
        shelf, key = self._place(row)
        self._undo.append((shelf, key, shelf.get(key)))
        shelf[key] = row

    def _place(self, row: Row) -> tuple[dict[Any, Any], Any]:
        """Return the shelf of a row and its key there; a player's pockets of one currency are a shelf of their own."""
        kind = type(row)
        if kind is Pocket:
            pocket = cast("Pocket", row)
            return self._purses.setdefault((pocket.player_id, pocket.currency), {}), pocket.account
        key_of = _KEYS.get(kind)
        if key_of is not None:
            return self._shelves[kind], key_of(row)
        noun = cast("Keyed", row)
        if isinstance(noun, Bonus):
            self._bonuses.setdefault(noun.player_id, set()).add(noun.bonus_id)
        return self._shelves.setdefault(kind, {}), noun.key

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
            Refused: INVALID_AMOUNT, a pocket would hold more than int64 (R-MONEY-05).
            Unbalanced: they do not sum to zero, or a pocket would go below zero.
        """
        number, total = first, 0
        for entry in entries:
            account, amount, detail = entry.account, entry.amount, entry.detail
            if not amount:
                continue
            total += amount
            guard = (ACCOUNTS.get(account) or account_of(account)).guard
            sequence = balance = None
            if guard is Guard.POCKET:
                pocket = self.pockets(player_id, currency).get(account) or Pocket(player_id, currency, account)
                sequence, balance = pocket.sequence + 1, pocket.amount + amount
                self.put(replace(pocket, sequence=sequence, amount=balance))
            elif guard is Guard.ROUND:
                if round_ is None:
                    message = f"{account} without a round"
                    raise Unbalanced(message)
                if account == IN_PLAY:
                    sequence, balance = round_.sequence + 1, round_.in_play + amount
                    round_ = replace(round_, sequence=sequence, in_play=balance)
                else:
                    sequence, balance = round_.sequence_bonus + 1, round_.in_play_bonus + amount
                    round_ = replace(round_, sequence_bonus=sequence, in_play_bonus=balance)
                detail = round_.round_id
            if balance is not None and (account == DEBT or not 0 <= balance <= INT64_MAX):
                _guard(player_id, account, balance)
            self.lines.append(
                Line(player_id, transaction_id, number, account, detail, currency, amount, sequence, balance)
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
            shelf, key, before = self._undo.pop()
            if before is None and type(shelf[key]) is Pocket:
                del shelf[key]  # what a player's pockets are is not asked one by one
            else:
                shelf[key] = before
        del self.lines[mark.lines :]

    def changes(self) -> list[tuple[Row | None, Row]]:
        """Return every row that is not what was loaded, as (before, after); before is none for a new row."""
        first: dict[tuple[int, Any], tuple[Row | None, dict[Any, Any]]] = {}
        for shelf, key, before in self._undo:
            first.setdefault((id(shelf), key), (before, shelf))
        return [(before, shelf[key]) for (_, key), (before, shelf) in first.items() if shelf[key] is not before]


NO_POCKETS: Mapping[str, Pocket] = MappingProxyType({})

_KEYS: dict[type[Row], Callable[[Any], Any]] = {
    Player: attrgetter("player_id"),
    Pocket: attrgetter("player_id", "currency", "account"),
    Transaction: attrgetter("player_id", "key"),
    Round: attrgetter("player_id", "provider_id", "round_id"),
    Session: attrgetter("player_id", "session_id"),
    Holder: attrgetter("key", "player_id"),
}


def _not_loaded(kind: type[Row], *key: str | bytes) -> NotLoaded:
    return NotLoaded(f"{kind.__name__} {key} was not asked for")


def _guard(player_id: str, account: str, balance: int) -> None:
    """Pass what a guarded account may hold; raises what `post` does."""
    if abs(balance) > INT64_MAX:
        raise Refused(Reason.INVALID_AMOUNT, f"{account} would hold more than it can.")
    if balance > 0 if account == DEBT else balance < 0:
        message = f"{account} of {player_id} would be {balance}"
        raise Unbalanced(message)
