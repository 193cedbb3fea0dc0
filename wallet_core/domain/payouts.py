"""Payouts of promotions (P-11): cashback, tournament prizes, and what else a campaign gives; as cash or as a bonus.

Each is one transaction under a key of its own: the campaign, the player, and the window, the rank or the reference. So
a batch may be sent again, and as many times as it likes: nobody is paid twice (R-CASHBK-01, R-TOUR-02).
"""

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import Any

from msgspec import Struct

from wallet_core.domain import bonus_rules, grants
from wallet_core.domain.accounts import CASH
from wallet_core.domain.awards import Award, as_bonus, in_cash, promised
from wallet_core.domain.commands import Recorded
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.desk import Desk, Poster
from wallet_core.domain.entries import Journal, Keyed, Kind, Posting, digest
from wallet_core.domain.holds import HOUR
from wallet_core.domain.money import CURRENCIES, INT64_MAX
from wallet_core.domain.players import wallet_currency
from wallet_core.domain.policies import Policies
from wallet_core.domain.promos import Bonus
from wallet_core.domain.templates import Template

PARTNER = "~payouts"
"""Whose id space the keys of payouts are."""

BPS = 10_000
SETTLE_LAG = 6 * HOUR
"""How long after the end of its window a cashback is computed (R-CASHBK-01)."""


class Source(IntEnum):
    """What a payout is for; numbers of wallet.v1.PayoutSource."""

    CASHBACK = 1
    TOURNAMENT = 2
    PROMO = 3


class _Payout(Recorded, frozen=True):
    """A payout to a player.

    Attributes:
        campaign: or the tournament.
        template: the edition of the bonus it is paid as; none for cash.
        actor: who pays.
        policies: as they are in force.
    """

    campaign: str
    currency: str
    template: Template | None
    actor: str
    policies: Policies

    @property
    def bonus_id(self) -> str:
        """The id of the bonus, where it is paid as one."""
        return f"payout@{digest(*self.partner).hex()[:16]}"

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The bonus, where it is paid as one."""
        return ((Bonus, (self.player_id, self.bonus_id)),) if self.template else ()

    @property
    def edition(self) -> str:
        """Which edition of which template; nothing for cash."""
        return f"{self.template.template_id}@{self.template.version}" if self.template else ""


class PayPromo(_Payout, frozen=True):
    """Pay what a campaign or a tournament gives.

    Attributes:
        reference: with the campaign and the player its key: of a tournament the rank.
    """

    source: Source
    reference: str
    amount: int
    reason: str = ""

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-TOUR-02). No campaign has a slash."""
        return PARTNER, f"{self.source.name}/{self.campaign}/{self.reference}"

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "PAYOUT", self.currency, str(self.amount), self.edition


class Cashback(Struct, frozen=True):
    """How a cashback is computed (R-CASHBK-02): basis points of the base, in the currency's ledger units.

    Attributes:
        least: an amount below it is not paid.
        most: 0 for no cap.
        products: whose games count; empty: all.
    """

    bps: int
    least: int = 0
    most: int = 0
    products: tuple[str, ...] = ()

    def amount(self, base: int, quantum: int) -> int:
        """Return what is paid for a base: whole display units, never more than `most`, nothing below `least`."""
        exact = max(0, base) * self.bps // BPS
        amount = exact - exact % quantum
        amount = min(amount, self.most) if self.most else amount
        return amount if amount >= self.least else 0


class Turnover(Struct, frozen=True):
    """What a player's cash did at one game in a window, by the house's accounts and their signs.

    Attributes:
        stakes: cash stakes that were settled, less those given back.
        wins: cash won, below zero.
        promos: what promotions cost in cash, below zero; previous cashback is of it.
    """

    provider_id: str
    game_id: str
    stakes: int
    wins: int
    promos: int


def base(turnovers: Iterable[Turnover], counts: Callable[[str, str], bool]) -> int:
    """Return what a cashback is a part of (R-CASHBK-01): settled cash stakes less cash wins, of the games that count,
    less what promotions paid in cash, whatever it was for.
    """
    found = 0
    for each in turnovers:
        found += each.promos + (each.stakes + each.wins if counts(each.provider_id, each.game_id) else 0)
    return max(0, found)


class PayCashback(_Payout, frozen=True):
    """Pay a part of what a player lost in the window [start, end), once (R-CASHBK-01).

    Attributes:
        start, end: microseconds.
        lag: microseconds after the end before which nothing is computed.
        base: as the ledger says.
    """

    start: int
    end: int
    cashback: Cashback
    base: int
    lag: int = SETTLE_LAG

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key. No campaign has a slash."""
        return PARTNER, f"{Source.CASHBACK.name}/{self.campaign}/{self.start}-{self.end}"

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat: how it was computed. What came of it stands."""
        rule = self.cashback
        return "CASHBACK", self.currency, self.edition, str(rule.bps), str(rule.least), str(rule.most), *rule.products


def _pay(desk: Desk, command: PayPromo) -> Posting:
    if not command.amount > 0:
        raise Refused(Reason.INVALID_AMOUNT)
    facts = (("reference", command.reference), *((("reason", command.reason),) if command.reason else ()))
    return _paid(desk, command, command.source, command.amount, facts)


def _cashback(desk: Desk, command: PayCashback) -> Posting:
    if not command.start < command.end:
        raise Refused(Reason.INVALID_REQUEST, "window: it ends after it begins.")
    if desk.at < command.end + command.lag:
        raise Refused(Reason.IN_PROGRESS, "The window is not settled yet; send this again when it is (R-CASHBK-01).")
    quantum = CURRENCIES[wallet_currency(desk.someone, command.currency)].quantum
    amount = command.cashback.amount(command.base, quantum)
    facts = (("base", str(command.base)), ("bps", str(command.cashback.bps)))
    return _paid(desk, command, Source.CASHBACK, amount, facts)


def _paid(desk: Desk, command: _Payout, source: Source, amount: int, facts: Sequence[tuple[str, str]]) -> Posting:
    """Return the posting of a payout: to a player who may not play cash is paid, a bonus lapses (R-TOUR-03)."""
    player = desk.someone
    code = wallet_currency(player, command.currency)
    if amount > INT64_MAX - desk.held(code, CASH):
        raise Refused(Reason.INVALID_AMOUNT)
    if amount % CURRENCIES[code].quantum:
        raise Refused(Reason.INVALID_PRECISION, "amount: payouts have display precision.")
    words = [("source", source.name), ("campaign", command.campaign), *facts, ("actor", command.actor)]
    award = Award()
    if command.template is None:
        award = in_cash(amount, command.campaign)
    elif not player.may_play:
        words.append(("lapsed", "a bonus for a player who may not play (R-TOUR-03)"))
    elif amount:
        grants.eligible(desk, command.policies, code)
        promotion, bonus_id = command.template.promotion, command.bonus_id
        bonus_rules.granted(command.policies, player, promotion, code, bonus_id=bonus_id, worth=amount)
        promise = promised(command.template, code, amount)
        blank = promise.begun(player.player_id, bonus_id, code, desk.at)
        award = as_bonus(desk.book, blank, amount, desk.at)
        words.append(("bonus", bonus_id))
        if not award.entries:
            words.append(("queued", "its slot is taken; it is paid when its turn comes (R-BONUS-07)"))
    journals = (Journal(code, award.entries),) if award.entries else ()
    return Posting(Kind.PROMO_PAYOUT, code, amount, award.parts, journals, tuple(words))


POSTINGS: dict[type[Recorded], Poster] = {PayPromo: _pay, PayCashback: _cashback}
"""What each of these commands posts."""
