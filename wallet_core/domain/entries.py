"""Entries: the rows a command leaves behind. A transaction is one action's outcome; its lines are its journal.

Values never point back at what holds them, so the garbage collector need not look at them (`gc=False`, here and in the
other rows): with a thousand bets in a batch it otherwise looks often.
"""

import hashlib
from enum import IntEnum
from typing import Any

from msgspec import Struct

from wallet_core.domain.accounts import mixed
from wallet_core.domain.decision import Outcome, Parts, Reason

TransactionKey = tuple[str, bytes]
"""(player_id, digest of provider and external key); the player is "" for tombstones that know none."""

GRANT = "~grant"
"""What in a transaction's info names a grant of free rounds. No door takes such a name."""

CASH_COUNTS = "~cash counts for"
"""What in a bet's info names the bonus that its cash counts for."""

SHOWN = "~shown"
"""What in a transaction's info says what cash and bonus money its provider was shown, where that was not all."""

NO_PLAYER = ""
"""The owner of rows that belong to no player: tombstones by id alone, journals between house accounts."""


class Kind(IntEnum):
    """What a transaction is; numbers of wallet.v1.TransactionKind."""

    BET = 1
    WIN = 2
    ROLLBACK = 3
    NOTE = 4
    AMEND = 5
    TOMBSTONE = 6
    DEPOSIT = 7
    WITHDRAWAL = 8
    MANUAL = 9
    VOID = 10
    FX = 11
    FX_REVERSAL = 12
    HOLD = 13
    HOLD_RELEASE = 14
    HOLD_CAPTURE = 15
    TRANSFER = 16
    BONUS_GRANT = 17
    BONUS_CONVERSION = 18
    BONUS_FORFEIT = 19
    BONUS_STATE = 20
    POINTS_REDEMPTION = 21
    PROMO_PAYOUT = 22
    FREE_ROUNDS = 23
    POINTS_EXPIRY = 24
    FX_REFUND = 25


class Category(IntEnum):
    """What kind of stake or win it is; numbers of wallet.v1.Category."""

    GAME = 1
    TIP = 2
    JACKPOT = 3
    PROMO = 4
    FREE_ROUND = 5
    BONUS = 6
    ADJUSTMENT = 7
    FEE = 8


class Transaction(Struct, frozen=True, gc=False):
    """One action's permanent outcome: the idempotency record and the head of its journal (R-IDEM-01, R-LEDGER-09).

    All but `rolled_back`, `settlements` and `undone` is written once. Amounts are ledger units; times are microseconds.

    Attributes:
        key: digest of (provider_id, external_key); unique per player.
        fingerprint: digest of the canonical payload; empty for tombstones.
        parts: pocket by pocket, what moved for the player.
        rolled_back: pocket by pocket, how much of `parts` was undone since, signs of `parts`; an amendment
            that raised a win counts against it.
        settlements: how many wins that named it were paid and stand.
        undone: it was rolled back whole. A win amended to nothing is not.
        cash_after, bonus_after, debt_after: balances after the whole request, for replays.
    """

    player_id: str
    key: bytes
    transaction_id: bytes
    provider_id: str
    external_key: str
    kind: Kind
    outcome: Outcome
    currency: str
    amount: int
    committed_at: int
    reason: Reason | None = None
    fingerprint: bytes = b""
    parts: Parts = ()
    rolled_back: Parts = ()
    settlements: int = 0
    undone: bool = False
    round_id: str = ""
    game_id: str = ""
    category: Category = Category.GAME
    references: tuple[str, ...] = ()
    info: tuple[tuple[str, str], ...] = ()
    batch_id: str = ""
    cash_after: int = 0
    bonus_after: int = 0
    debt_after: int = 0
    occurred_at: int = 0

    @property
    def cash_counts(self) -> str:
        """The bonus that its cash counts for; empty for none."""
        return next((word for name, word in self.info if name == CASH_COUNTS), "")

    @property
    def grant(self) -> str:
        """The grant of free rounds it is of; empty for none."""
        return next((word for name, word in self.info if name == GRANT), "")

    @property
    def mixed(self) -> bool:
        """Whether anything but plain cash is among its parts."""
        return mixed(self.parts)

    @property
    def shown(self) -> tuple[int, int]:
        """The cash and bonus money its provider was shown after the whole request (R-FUND-14)."""
        said = next((word for name, word in self.info if name == SHOWN), "")
        if not said:
            return self.cash_after, self.bonus_after
        cash, _, bonus = said.partition(" ")
        return int(cash), int(bonus)

    @property
    def remaining(self) -> Parts:
        """What is left of `parts` to roll back."""
        if not self.rolled_back:
            return self.parts
        left = dict(self.parts)
        for pocket, amount in self.rolled_back:
            left[pocket] = left.get(pocket, 0) - amount
        return tuple((pocket, amount) for pocket, amount in left.items() if amount)


class Holder(Struct, frozen=True, gc=False):
    """Of a transaction: who has the key, and for what. Only read, where a provider's ids are one space."""

    key: bytes
    player_id: str
    kind: Kind


class Keyed(Struct, frozen=True, gc=False):
    """A row of a noun of its own (a hold, a quote, a bonus): its fields begin with its key, and that with player_id."""

    @property
    def key(self) -> tuple[Any, ...]:
        """What it is found by."""
        raise NotImplementedError


class Line(Struct, frozen=True, gc=False):
    """A line of a journal (R-LEDGER-01); `sequence` and `balance_after` on authorising accounts only (R-LEDGER-04)."""

    player_id: str
    transaction_id: bytes
    number: int
    account: str
    detail: str
    currency: str
    amount: int
    sequence: int | None
    balance_after: int | None


class Entry(Struct, frozen=True, gc=False):
    """A line to be posted: the account, the signed amount, and of what (see wallet.v1.Line.detail)."""

    account: str
    amount: int
    detail: str = ""


class Journal(Struct, frozen=True, gc=False):
    """The entries of one currency: they sum to zero."""

    currency: str
    entries: tuple[Entry, ...]


class Posting(Struct, frozen=True):
    """What a command that is not a play leaves: its transaction and journals.

    Attributes:
        currency, amount, parts: of the transaction.
        journals: none for what moves nothing.
    """

    kind: Kind
    currency: str
    amount: int
    parts: Parts = ()
    journals: tuple[Journal, ...] = ()
    info: tuple[tuple[str, str], ...] = ()

    @property
    def moves(self) -> bool:
        """Whether any line of it moves anything."""
        return any(entry.amount for journal in self.journals for entry in journal.entries)


def digest(*words: str) -> bytes:
    """Return 16 bytes that stand for the words. NUL keeps them apart: no word has one, every door refuses it."""
    return hashlib.blake2b("\0".join(words).encode(), digest_size=16).digest()


def transaction_id(at: int, player_id: str, key: bytes) -> bytes:
    """Return a UUIDv7 of the microsecond `at` whose random bits come from the key.

    Pure, so a replay of the same inputs names the same transaction; ordered by time within a player, whose transactions
    never share a microsecond.
    """
    millis, micros = divmod(at, 1000)
    tail = hashlib.blake2b(key + player_id.encode(), digest_size=8).digest()
    return (
        millis.to_bytes(6, "big")
        + (0x7000 | micros << 2).to_bytes(2, "big")
        + bytes((0x80 | tail[0] & 0x3F,))
        + tail[1:]
    )


def first_id(at: int) -> bytes:
    """Return what no transaction id of the microsecond `at`, or later, is below: the ids are in the order of time."""
    millis, micros = divmod(at, 1000)
    return millis.to_bytes(6, "big") + (0x7000 | micros << 2).to_bytes(2, "big") + bytes(8)
