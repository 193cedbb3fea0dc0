"""The desk a recorded command is decided at: the book, the player, the microsecond."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from wallet_core.domain.book import Book
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import Posting
from wallet_core.domain.players import Player
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


Poster = Callable[[Desk, Any], Posting]
"""Says what a command posts, and puts the rows of its noun into the book; raises Refused."""
