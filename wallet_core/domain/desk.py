"""The desk a recorded command is decided at: the book, the player, the microsecond; and the transaction it leaves."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain.book import Book
from wallet_core.domain.commands import Recorded
from wallet_core.domain.decision import Outcome, Reason, Refused
from wallet_core.domain.entries import Posting, Transaction, digest
from wallet_core.domain.players import Player
from wallet_core.domain.pockets import balances
from wallet_core.domain.rounds import Round


class Desk(Struct, eq=False):
    """One command that leaves a transaction of its own (commands.Recorded), being decided.

    Attributes:
        player: whose pockets are meant; none for house accounts alone.
        at: the microsecond of the transaction.
        transaction_id: of the transaction it will leave.
        was, round: whose stakes the posting moves, before it and after; its IN_PLAY not yet posted.
    """

    book: Book
    player: Player | None
    at: int
    transaction_id: bytes
    was: Round | None = None
    round: Round | None = None

    @property
    def someone(self) -> Player:
        """The player of a command that needs one.

        Raises:
            Refused: PLAYER_UNKNOWN.
        """
        if self.player is None:
            raise Refused(Reason.PLAYER_UNKNOWN)
        return self.player

    def held(self, currency: str, account: str) -> int:
        """Return what a pocket of the player holds."""
        player_id = self.player.player_id if self.player else ""
        pocket = self.book.pockets(player_id, currency).get(account)
        return pocket.amount if pocket else 0


def posted(desk: Desk, command: Recorded, posting: Posting, reason: Reason | None = None) -> Transaction:
    """Post the journals of a command; return the head of its transaction, which is to be `kept` once all is done that
    goes with it. `reason` is why it was refused.
    """
    provider_id, external_key = command.partner
    number = 0
    for journal in posting.journals:
        number = desk.book.post(
            command.player_id, desk.transaction_id, journal.currency, journal.entries, round_=desk.round, first=number
        )
    return Transaction(
        player_id=command.player_id,
        key=digest(provider_id, external_key),
        transaction_id=desk.transaction_id,
        provider_id=provider_id,
        external_key=external_key,
        kind=posting.kind,
        outcome=Outcome.REFUSED if reason else Outcome.APPLIED if posting.moves else Outcome.NOOP,
        reason=reason,
        fingerprint=digest(*command.payload),
        currency=posting.currency,
        amount=posting.amount,
        committed_at=desk.at,
        parts=posting.parts,
        info=posting.info,
        round_id=desk.round.round_id if desk.round else "",
    )


def kept(book: Book, head: Transaction) -> Transaction:
    """Put the head of a transaction in the book, with the balances as they are by now; return it."""
    held = balances(head.currency, book.pockets(head.player_id, head.currency))
    head = replace(head, cash_after=held.cash, bonus_after=held.bonus, debt_after=held.debt)
    book.put(head)
    return head


Poster = Callable[[Desk, Any], Posting]
"""Says what a command posts, and puts the rows of its noun into the book; raises Refused."""
