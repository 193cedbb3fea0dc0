"""Sub-wallets: cash set aside for one product, and moved by transfers of their own (R-SUB-01, R-SUB-02).

A transfer is neither deposit nor withdrawal, costs nothing, and never changes the currency. No bet makes one by itself
(R-SUB-03); what leaves the wallet is taken from their sum (R-SUB-05, `pockets.cash_parts`).
"""

from wallet_core.domain.commands import Recorded
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.desk import Desk, Poster
from wallet_core.domain.entries import Entry, Journal, Kind, Posting
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.players import wallet_currency
from wallet_core.domain.pockets import CASH_ORDER

TRANSFERS = "~transfers"
"""Whose id space the ids of transfers are."""


class Transfer(Recorded, frozen=True):
    """Move cash from one of a player's cash pockets to another of the same currency.

    Attributes:
        source, target: names of pockets: CASH, CASH:SPORTS, …
    """

    transfer_id: str
    currency: str
    amount: int
    source: str
    target: str

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return TRANSFERS, self.transfer_id

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "TRANSFER", self.currency, str(self.amount), self.source, self.target

    @property
    def refused(self) -> Posting:
        """What is stored of it when it is refused for good (R-IDEM-04)."""
        return Posting(Kind.TRANSFER, self.currency, self.amount)


def _transfer(desk: Desk, command: Transfer) -> Posting:
    player = desk.someone
    currency = wallet_currency(player, command.currency)
    for name, pocket in (("source", command.source), ("target", command.target)):
        if pocket not in CASH_ORDER:
            raise Refused(Reason.INVALID_REQUEST, f"{name}: one of {', '.join(CASH_ORDER)}.")
    if command.source == command.target:
        raise Refused(Reason.INVALID_REQUEST, "target: another pocket than the source.")
    if not 0 < command.amount <= INT64_MAX - desk.held(currency, command.target):
        raise Refused(Reason.INVALID_AMOUNT)
    if not player.may_play:
        raise Refused(Reason.PLAYER_BLOCKED)
    if command.amount > desk.held(currency, command.source):
        raise Refused(Reason.INSUFFICIENT_FUNDS)
    parts = ((command.source, -command.amount), (command.target, command.amount))
    journal = Journal(currency, tuple(Entry(pocket, part) for pocket, part in parts))
    return Posting(Kind.TRANSFER, currency, command.amount, parts, (journal,))


POSTINGS: dict[type[Recorded], Poster] = {Transfer: _transfer}
"""What it posts."""
