"""Payouts of promotions (P-11): cashback, tournament prizes, and what else a campaign gives; as cash or as a bonus.

Each is one transaction under a key of its own: the campaign, the player, and the window, the rank or the reference. So
a batch may be sent again, and as many times as it likes: nobody is paid twice (R-CASHBK-01, R-TOUR-02).
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from wallet_core.domain import budgets, eligibility
from wallet_core.domain.accounts import CASH
from wallet_core.domain.awards import Award, as_bonus, in_cash, promised
from wallet_core.domain.cashback import Cashback, Covered
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
        return f"@payout:{digest(*self.partner).hex()[:16]}"

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The bonus, its template and its budgets, where it is paid as one."""
        if self.template is None:
            return ()
        template = Template, self.template.key
        return (Bonus, (self.player_id, self.bonus_id)), template, *budgets.rows(self.template)

    @property
    def edition(self) -> str:
        """Which edition of which template; nothing for cash."""
        return f"{self.template.template_id}@{self.template.version}" if self.template else ""


class PayPromo(_Payout, frozen=True):
    """Pay what a campaign or a tournament gives.

    Attributes:
        reference: with the campaign and the player its key: of a tournament the rank.
        accepted: digest of the template, where the player was shown it and has accepted (R-BONUS-04).
    """

    source: Source
    reference: str
    amount: int
    reason: str = ""
    accepted: str = ""

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-TOUR-02). No campaign has a slash."""
        return PARTNER, f"{self.source.name}/{self.campaign}/{self.reference}"

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "PAYOUT", self.currency, str(self.amount), self.edition


class SettlePrizes(Recorded, frozen=True):
    """Say once for ever who has won what of a tournament, before any of it is paid: no other table of prizes is, and so
    never more than the pool (R-TOUR-02). It is no player's.

    Attributes:
        prizes: of PARTNER, each.
    """

    tournament: str
    currency: str
    prizes: tuple[PayPromo, ...]

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key. No tournament has a slash."""
        return PARTNER, f"PRIZES/{self.tournament}"

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat: every prize, in whatever order."""
        table = sorted((int(each.reference), each.player_id, str(each.amount), each.edition) for each in self.prizes)
        return "PRIZES", self.currency, *(" ".join((str(rank), *words)) for rank, *words in table)


class PayCashback(_Payout, frozen=True):
    """Pay a part of what a player lost in the window [start, end), once (R-CASHBK-01).

    Attributes:
        start, end: microseconds.
        lag: microseconds after the end before which nothing is computed.
        base: as the ledger says.
        accepted: as of PayPromo.
    """

    start: int
    end: int
    cashback: Cashback
    base: int
    lag: int = SETTLE_LAG
    accepted: str = ""

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key: of each currency its own. No campaign has a slash."""
        return PARTNER, f"{self._window}/{self.currency}"

    @property
    def earlier(self) -> tuple[tuple[str, str], ...]:
        """A cashback of before currencies were in the key."""
        return ((PARTNER, self._window),)

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The bonus, where it is paid as one; and the windows that were paid."""
        return *super().rows, (Covered, (self.player_id, self.campaign, self.currency))

    @property
    def _window(self) -> str:
        return f"{Source.CASHBACK.name}/{self.campaign}/{self.start}-{self.end}"

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
    code = wallet_currency(desk.someone, command.currency)
    _cover(desk, command, code)
    quantum = CURRENCIES[code].quantum
    amount = command.cashback.amount(command.base, quantum)
    facts = (("base", str(command.base)), ("bps", str(command.cashback.bps)))
    return _paid(desk, command, Source.CASHBACK, amount, facts)


def _cover(desk: Desk, command: PayCashback, code: str) -> None:
    """Pass a window of which no moment was counted before, to a player for whom it is no second bonus.

    Raises:
        Refused: INVALID_REQUEST, ALREADY_EXISTS, BONUS_NOT_ELIGIBLE.
    """
    rule = command.cashback
    if 0 < rule.most < rule.least:
        raise Refused(Reason.INVALID_REQUEST, "maximum: at least the minimum, or nothing would ever be paid.")
    eligibility.several(desk, command.policies)
    (old,) = command.earlier
    paid = desk.book.transaction(command.player_id, digest(*old))
    row = desk.book.noun(Covered, command.player_id, command.campaign, command.currency)
    row = row or Covered(command.player_id, command.campaign, command.currency)
    if (paid is not None and paid.currency == code) or row.overlaps(command.start, command.end):
        raise Refused(
            Reason.ALREADY_EXISTS, "window: some of it was paid for already; a campaign's windows do not overlap."
        )
    desk.book.put(row.joined(command.start, command.end))


def _settle(_desk: Desk, command: SettlePrizes) -> Posting:
    pool = sum(each.amount for each in command.prizes)
    words = (("tournament", command.tournament), ("prizes", str(len(command.prizes))))
    return Posting(Kind.NOTE, command.currency, pool, info=words)


def _paid(
    desk: Desk, command: PayPromo | PayCashback, source: Source, amount: int, facts: Sequence[tuple[str, str]]
) -> Posting:
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
        eligibility.awarded(
            desk, command.policies, command.template, code, amount, accepted=command.accepted, bonus_id=command.bonus_id
        )
        promise = promised(command.template, code, amount)
        blank = promise.begun(player.player_id, command.bonus_id, code, desk.at)
        award = as_bonus(desk.book, budgets.reserve(desk.book, blank, amount, desk.at), amount, desk.at)
        words.append(("bonus", command.bonus_id))
        if not award.entries:
            words.append(("queued", "its slot is taken; it is paid when its turn comes (R-BONUS-07)"))
    journals = (Journal(code, award.entries),) if award.entries else ()
    return Posting(Kind.PROMO_PAYOUT, code, amount, award.parts, journals, tuple(words))


POSTINGS: dict[type[Recorded], Poster] = {PayPromo: _pay, SettlePrizes: _settle, PayCashback: _cashback}
"""What each of these commands posts."""
