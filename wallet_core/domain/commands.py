"""Commands: everything that may be asked of the books. Built by the doors, decided in `decide.py`.

Amounts are ledger units, times microseconds since the epoch; a door has already refused what cannot be expressed so.
`player_id` is always known by the time a command exists: doors resolve tokens and external keys first.
"""

from enum import IntEnum
from typing import Any

from msgspec import Struct

from wallet_core.domain.entries import NO_PLAYER, Category, Entry, Keyed, Kind, Posting, TransactionKey, digest
from wallet_core.domain.policies import Policies
from wallet_core.domain.profiles import Profile, UnknownRollback

OPERATOR = "~operator"
"""The partner of commands that are not a provider's: its keys are request ids."""

PAYMENTS = "~payments"
"""Prefix of the partners of payments: one id space a payment provider."""


NONE_PUBLISHED = Policies()


class Terms(Struct, frozen=True):
    """The operator's rules a command is decided by.

    Attributes:
        debt_recovery_win: percent of a win that first pays back debt (R-DEBT-03), where no policy says it.
        debt_recovery_deposit: percent of a deposit that does.
    """

    debt_recovery_win: int = 0
    debt_recovery_deposit: int = 0


class Action(Struct, frozen=True, gc=False):
    """One action of a play; see wallet.v1.Action.

    Attributes:
        amount: none on a full rollback and on notes; like `minimum_balance` in ledger units, and in nanos of the major
            unit while its play has no currency.
        references: external keys.
        grant: of free rounds, where it is of one (rulebook 6.4).
        odds: of a sports bet, in hundredths; 0 for none.
        void: basis points of the stake that a settlement says are void.
    """

    kind: Kind
    external_key: str
    key: bytes
    amount: int | None = None
    category: Category = Category.GAME
    references: tuple[str, ...] = ()
    minimum_balance: int = 0
    info: tuple[tuple[str, str], ...] = ()
    grant: str = ""
    odds: int = 0
    void: int = 0

    @property
    def costs_nothing(self) -> bool:
        """Whether it is a stake that a grant of free rounds pays for, whatever its amount (R-FREE-03)."""
        return bool(self.grant) and self.kind is Kind.BET

    @property
    def signed(self) -> bool:
        """Whether its amount may be below zero: a win that is an adjustment (R-MONEY-04)."""
        return self.category is Category.ADJUSTMENT and self.kind is Kind.WIN


class Play(Struct, frozen=True, gc=False):
    """One player's ordered actions, all or nothing (WalletService.Play, CloseRound).

    Attributes:
        session_id: digest of the token; empty when none was given.
        operator_id, brand_id: empty, or to be the player's.
        currency: empty when the request does not say it; then the books do (`gates.implied`).
        original_key: external key of an earlier transaction, which may say it.
        game_ids: the games the provider may send; empty for any.
        policies: all versions of what is in force; a round keeps the one it began with.
        choice: CASH, BONUS or a pocket: what is to pay, where the player may choose (R-FUND-08).
    """

    player_id: str
    provider_id: str
    actions: tuple[Action, ...]
    profile: Profile
    currency: str = ""
    original_key: str = ""
    session_id: bytes = b""
    round_id: str = ""
    game_id: str = ""
    close_round: bool = False
    operator_id: str = ""
    brand_id: str = ""
    batch_id: str = ""
    occurred_at: int = 0
    game_ids: frozenset[str] = frozenset()
    terms: Terms = Terms()
    policies: Policies = Policies()
    choice: str = ""

    @property
    def span(self) -> int:
        """Microseconds the command takes for itself: each action has its own."""
        return len(self.actions)


class _Single(Struct, frozen=True):
    """A command that leaves one transaction."""

    @property
    def span(self) -> int:
        return 1


class Recorded(_Single, frozen=True):
    """A command that leaves one transaction of its own, once for ever (R-IDEM-09).

    Its noun's module says what it posts (`decide.POSTINGS`).
    """

    player_id: str

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        raise NotImplementedError

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        raise NotImplementedError

    @property
    def policies(self) -> Policies:
        """Those in force, where it asks them, or may free the place of a bonus; else none that were ever published."""
        return NONE_PUBLISHED

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The rows of nouns that it reads: of which kind, and their keys."""
        return ()

    @property
    def earlier(self) -> tuple[tuple[str, str], ...]:
        """The player's earlier transactions that it reads: whose id space their keys are from, and the keys."""
        return ()

    @property
    def refused(self) -> Posting | None:
        """What is stored of it when it is refused for good (R-IDEM-04); none where its key stays free."""
        return None


class CreatePlayer(_Single, frozen=True):
    """Create a player with a wallet for each currency."""

    player_id: str
    operator_id: str
    brand_id: str
    currencies: tuple[str, ...]
    country: str = ""


class SetStatus(Recorded, frozen=True):
    """Block or unblock a player (R-STAT-01: actor and reason are kept)."""

    blocked: bool
    reason: str
    actor: str
    request_id: str

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return OPERATOR, self.request_id

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "STATUS", str(self.blocked), self.reason, self.actor


class OpenSession(_Single, frozen=True):
    """Open a session under a token whose digest is `session_id`."""

    player_id: str
    session_id: bytes
    provider_id: str
    game_id: str
    currency: str
    ttl: int


class RotateSession(_Single, frozen=True):
    """Replace a session's token: `successor` is the digest of the new one."""

    player_id: str
    session_id: bytes
    provider_id: str
    successor: bytes


class CloseSession(_Single, frozen=True):
    """End a session (R-SESS-01)."""

    player_id: str
    session_id: bytes
    provider_id: str
    reason: str


class Pay(Recorded, frozen=True):
    """Money in (`kind` DEPOSIT) or out (WITHDRAWAL) against a payment provider's clearing account (P-01).

    Attributes:
        confirmed: the player has seen which bonuses the withdrawal takes, and wants it (R-BONUS-22).
    """

    kind: Kind
    psp_id: str
    request_id: str
    currency: str
    amount: int
    info: tuple[tuple[str, str], ...] = ()
    terms: Terms = Terms()
    confirmed: bool = False
    policies: Policies = Policies()

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key: a payment provider's ids are its own (R-DEP-05)."""
        return f"{PAYMENTS}:{self.psp_id}", self.request_id

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return self.kind.name, self.currency, str(self.amount)

    @property
    def refused(self) -> Posting | None:
        """A withdrawal. Money that has arrived may be credited under its id once what forbids it is gone."""
        return None if self.kind is Kind.DEPOSIT else Posting(self.kind, self.currency, self.amount, info=self.info)


class VoidRound(Recorded, frozen=True):
    """Give an open round's stakes back (rulebook 5.2)."""

    provider_id: str
    round_id: str
    reason: str
    actor: str
    request_id: str
    policies: Policies = NONE_PUBLISHED

    @property
    def partner(self) -> tuple[str, str]:
        """The provider, so that the row names the round, and a key no provider can send (R-IDEM-01)."""
        return self.provider_id, f"~void:{self.request_id}"

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "VOID", self.provider_id, self.round_id, self.reason, self.actor


class PostJournal(Recorded, frozen=True):
    """Post by hand (P-22): lines of one currency each summing to zero."""

    lines: tuple[tuple[str, Entry], ...]  # (currency, entry)
    reason: str
    actor: str
    request_id: str

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return OPERATOR, self.request_id

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        lines = (f"{currency} {entry.account} {entry.amount} {entry.detail}" for currency, entry in self.lines)
        return "JOURNAL", self.reason, self.actor, *lines


class Bury(_Single, frozen=True):
    """Leave a tombstone that knows no player: for a rollback by id alone, or for a whole batch."""

    provider_id: str
    external_key: str
    unknown_rollback: UnknownRollback = UnknownRollback.OK

    @property
    def player_id(self) -> str:
        """No player's."""
        return NO_PLAYER


Command = Play | CreatePlayer | OpenSession | RotateSession | CloseSession | Bury | Recorded


class SessionUse(IntEnum):
    """What a token is to be used for; numbers of wallet.v1.SessionUse."""

    READ = 1
    BET = 2
    SETTLE = 3


def batch_key(batch_id: str) -> str:
    """Return the external key of a batch's tombstone. The prefix keeps it apart from any key an adapter builds."""
    return f"~batch:{batch_id}"


def grave(provider_id: str, external_key: str) -> TransactionKey:
    """Return where a tombstone without a player lies."""
    return NO_PLAYER, digest(provider_id, external_key)
