"""Commands about free rounds outside play (rulebook 6.4): grant, register, cancel, expire."""

from typing import Any

from msgspec.structs import replace

from wallet_core.domain import bonus_rules, budgets, eligibility, grants
from wallet_core.domain.accounts import BONUS_COST, FEES
from wallet_core.domain.awards import Award, promised
from wallet_core.domain.commands import OPERATOR, Recorded
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.desk import Desk, Poster
from wallet_core.domain.entries import Entry, Journal, Keyed, Kind, Posting
from wallet_core.domain.free_play import pay_out
from wallet_core.domain.free_rounds import Event, Grant, Settle, State, after
from wallet_core.domain.money import CURRENCIES, INT64_MAX
from wallet_core.domain.policies import Policies
from wallet_core.domain.templates import Template

PARTNER = "~freerounds"
"""Whose id space the ids of grants are."""

ROUNDS_MAX = 10_000

ATTEMPTS_MAX = 5
"""How often a provider may refuse to register a grant before it is cancelled (R-FREE-02)."""


class OfGrant(Recorded, frozen=True):
    """A command about one grant."""

    grant_id: str

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The grant; it names the bonus that its winnings became."""
        return ((Grant, (self.player_id, self.grant_id)),)


class GrantFreeRounds(OfGrant, frozen=True):
    """Grant free rounds (R-FREE-01). The grant's id is its key, once for ever: the reward's id at the provider.

    Attributes:
        template: the edition of the bonus that winnings become; none for cash.
        cap, value: ledger units.
        policies: as they are in force.
        accepted: digest of the template, where the player was shown it and has accepted (R-BONUS-04).
    """

    provider_id: str
    currency: str
    rounds: int
    value: int
    games: tuple[str, ...]
    settle: Settle
    template: Template | None
    cap: int
    campaign: str
    expires_at: int
    actor: str
    reason: str
    policies: Policies
    accepted: str = ""

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The grant, the bonus its winnings become, and the budgets of that."""
        return *super().rows, *(budgets.rows(self.template) if self.template else ())

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return PARTNER, self.grant_id

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        template = f"{self.template.template_id}@{self.template.version}" if self.template else ""
        facts = (self.rounds, self.value, self.cap, self.expires_at)
        words = (self.provider_id, self.currency, self.settle.name, template, self.campaign)
        return "FREE_ROUNDS", *words, *map(str, facts), *self.games


class _Operators(OfGrant, frozen=True):
    """A command about one grant under a request id."""

    reason: str
    actor: str
    request_id: str

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return OPERATOR, self.request_id


class RegisterFreeRounds(_Operators, frozen=True):
    """Say what the provider answered: it has the rounds, or would not take them (R-FREE-02)."""

    provider_id: str
    confirmed: bool

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "REGISTER", self.grant_id, self.provider_id, str(self.confirmed), self.reason, self.actor


class CancelFreeRounds(_Operators, frozen=True):
    """Take back what has not been played; what has been won stays won."""

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "CANCEL", self.grant_id, self.reason, self.actor


class ExpireFreeRounds(OfGrant, frozen=True):
    """End a grant whose time is over: `due` is its expires_at. What waited for its end is paid."""

    due: int

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and a key that no caller can send (R-IDEM-01)."""
        return PARTNER, f"~expire:{self.grant_id}:{self.due}"

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat: nothing that the key does not say."""
        return ("EXPIRE_FREE_ROUNDS",)


class ChargeFreeRounds(Recorded, frozen=True):
    """Book what a provider charges for the free rounds of a campaign (R-FREE-07). It is no player's.

    Attributes:
        invoice: the provider's reference: of an invoice, or of a line of it; with the provider its key.
        amount: ledger units.
    """

    provider_id: str
    invoice: str
    campaign: str
    currency: str
    amount: int
    reason: str
    actor: str

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and a key that no grant has (R-IDEM-01)."""
        return PARTNER, f"~charge:{self.provider_id}/{self.invoice}"

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "CHARGE", self.campaign, self.currency, str(self.amount)


def _grant(desk: Desk, command: GrantFreeRounds) -> Posting:
    if not 1 <= command.rounds <= ROUNDS_MAX:
        raise Refused(Reason.INVALID_REQUEST, f"rounds: 1 to {ROUNDS_MAX}.")
    if command.expires_at <= desk.at:
        raise Refused(Reason.INVALID_REQUEST, "expires_at: a time to come.")
    if command.value <= 0 or command.cap < 0:
        raise Refused(Reason.INVALID_AMOUNT, "value: more than nothing. cap: nothing, or more.")
    if command.value % CURRENCIES[command.currency].quantum:
        raise Refused(Reason.INVALID_PRECISION, "value: rounds have stakes of display precision.")
    grants.eligible(desk, command.policies, command.currency)
    bonus_rules.allowed(command.policies, desk.someone)
    eligibility.several(desk, command.policies)
    if command.template is not None:
        worth = command.rounds * command.value
        eligibility.awarded(
            desk, command.policies, command.template, command.currency, worth, accepted=command.accepted
        )
        budgets.check(desk.book, command.template.campaign, command.currency)
    grant = Grant(
        player_id=command.player_id,
        grant_id=command.grant_id,
        provider_id=command.provider_id,
        currency=command.currency,
        state=State.ISSUED,
        rounds=command.rounds,
        value=command.value,
        games=command.games,
        settle=command.settle,
        promise=promised(command.template, command.currency) if command.template else None,
        cap=command.cap,
        campaign=command.campaign,
        issued_at=desk.at,
        expires_at=command.expires_at,
        changed_at=desk.at,
    )
    return _posting(desk, grant, ("reason", command.reason), ("actor", command.actor))


def _register(desk: Desk, command: RegisterFreeRounds) -> Posting:
    grant = find(desk, command.grant_id)
    if grant.provider_id != command.provider_id:
        raise Refused(Reason.BONUS_NOT_FOUND, f"{command.grant_id} is no grant at this provider.")
    words = (("reason", command.reason), ("actor", command.actor))
    if command.confirmed:
        if grant.over(desk.at):
            raise Refused(Reason.BONUS_STATE, "The free rounds are over.")
        return _posting(desk, replace(grant, state=after(grant, Event.CONFIRM)), *words)
    after(grant, Event.CONFIRM)  # it still could be
    tried = replace(grant, attempts=grant.attempts + 1)
    if tried.attempts >= ATTEMPTS_MAX:
        state = after(tried, Event.CANCEL)
        tried = replace(tried, state=state, over_at=desk.at, reason="the provider would not register it")
    return _posting(desk, tried, *words)


def _cancel(desk: Desk, command: CancelFreeRounds) -> Posting:
    return _over(desk, command, Event.CANCEL, command.reason, ("actor", command.actor))


def _expire(desk: Desk, command: ExpireFreeRounds) -> Posting:
    grant = find(desk, command.grant_id)
    if not command.due == grant.expires_at <= desk.at:
        raise Refused(Reason.BONUS_STATE, "The free rounds do not end now.")
    return _over(desk, command, Event.EXPIRE, "its time is over")


def _over(desk: Desk, command: OfGrant, event: Event, reason: str, *words: tuple[str, str]) -> Posting:
    """Return the posting of a grant's end: what has waited for it is paid."""
    grant = find(desk, command.grant_id)
    ended = replace(grant, state=after(grant, event), over_at=desk.at, reason=reason)
    award = pay_out(desk.book, ended, desk.at)
    return _posting(desk, find(desk, command.grant_id), ("reason", reason), *words, award=award)


def _charge(_desk: Desk, command: ChargeFreeRounds) -> Posting:
    """It is a fee, borne by promotions: FEES is even once the invoice is paid from there."""
    if not 0 < command.amount <= INT64_MAX:
        raise Refused(Reason.INVALID_AMOUNT, "amount: more than nothing.")
    entries = Entry(BONUS_COST, -command.amount, command.campaign), Entry(FEES, command.amount, command.provider_id)
    words = (("provider", command.provider_id), ("invoice", command.invoice), ("campaign", command.campaign))
    info = (*words, ("reason", command.reason), ("actor", command.actor))
    return Posting(Kind.FREE_ROUNDS, command.currency, command.amount, (), (Journal(command.currency, entries),), info)


def find(desk: Desk, grant_id: str) -> Grant:
    """Return the player's grant.

    Raises:
        Refused: PLAYER_UNKNOWN, BONUS_NOT_FOUND.
    """
    grant = desk.book.noun(Grant, desk.someone.player_id, grant_id)
    if grant is None:
        raise Refused(Reason.BONUS_NOT_FOUND, f"The player has no free rounds {grant_id}.")
    return grant


def _posting(desk: Desk, grant: Grant, *words: tuple[str, str], award: Award | None = None) -> Posting:
    """Put the grant in the book; return the posting that says what it came to."""
    desk.book.put(replace(grant, changed_at=desk.at))
    paid = award or Award()
    facts = (("grant", grant.grant_id), ("state", grant.state.name), *(word for word in words if word[1]))
    amount = sum(part for _, part in paid.parts)
    journals = (Journal(grant.currency, paid.entries),) if paid.entries else ()
    return Posting(Kind.FREE_ROUNDS, grant.currency, amount, paid.parts, journals, facts)


POSTINGS: dict[type[Recorded], Poster] = {
    GrantFreeRounds: _grant,
    RegisterFreeRounds: _register,
    CancelFreeRounds: _cancel,
    ExpireFreeRounds: _expire,
    ChargeFreeRounds: _charge,
}
"""What each of these commands posts."""
