"""Commands about bonuses outside play. Templates never change, so a command carries the version it is about.

One grant for each template version, player and period: the id of the instance says which, so that its key is what keeps
it one (R-BONUS-05).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from wallet_core.domain import bonus_rules, budgets, takers, templates
from wallet_core.domain.bonuses import PARTNER
from wallet_core.domain.commands import OPERATOR, PAYMENTS, Recorded
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import Keyed, digest
from wallet_core.domain.policies import Policies
from wallet_core.domain.promos import Bonus, BonusTerms
from wallet_core.domain.takers import Taker, UniqueKey
from wallet_core.domain.templates import Period, Promotion, Template

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Settled(Struct, frozen=True):
    """The settled deposit a bonus is for: the id a payment provider gave it (R-BONUS-06)."""

    psp_id: str
    request_id: str

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space its key is from, and the key."""
        return f"{PAYMENTS}:{self.psp_id}", self.request_id


def instance(template: Template, at: int, deposit: Settled | None, request_id: str, *, once: bool = False) -> str:
    """Return the id of the instance that a grant asked for at the microsecond `at` is: one for each period, or one in a
    lifetime, where policies say so (R-BONUS-02, R-BONUS-05).

    Raises:
        Refused: INVALID_REQUEST, it is one for each deposit, and none is named.
    """
    if once:
        return bonus_rules.once_id(template.promotion)
    moment = _EPOCH + timedelta(microseconds=at)
    match template.promotion.period:
        case Period.ONCE:
            part = ""
        case Period.DAY:
            part = f":{moment:%Y-%m-%d}"
        case Period.WEEK:
            part = f":{moment:%G-W%V}"
        case Period.MONTH:
            part = f":{moment:%Y-%m}"
        case Period.DEPOSIT:
            if deposit is None:
                raise Refused(Reason.INVALID_REQUEST, "deposit: there is one bonus for each; name it (R-BONUS-05).")
            part = f":{digest(*deposit.partner).hex()[:16]}"
        case Period.GRANT:
            part = f":{digest(OPERATOR, request_id).hex()[:16]}"
    return f"{template.template_id}@{template.version}{part}"


class _Operators(Recorded, frozen=True):
    """A command under a request id of the operator's."""

    request_id: str

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return OPERATOR, self.request_id


class PublishTemplate(_Operators, frozen=True):
    """Publish a version of a template; `version` is one more than the last, so that two editors cannot both win.

    Attributes:
        promotion: as it is asked for; what is published is completed by policies (`bonus_rules.completed`).
        unsaid: the fields of its terms that it leaves to them: of `bonus_rules.WORDS`.
    """

    template_id: str
    version: int
    promotion: Promotion
    reason: str
    actor: str
    policies: Policies = Policies()
    unsaid: frozenset[str] = frozenset()

    @property
    def template(self) -> Template:
        """The version that is asked for, without time and names."""
        return Template(self.player_id, self.template_id, self.version, self.promotion)

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        words = ("TEMPLATE", self.template_id, str(self.version), self.template.digest, self.reason, self.actor)
        terms, plain = self.promotion.terms, BonusTerms()
        said = (field for field in bonus_rules.WORDS if field not in self.unsaid)
        return *words, *(field for field in said if getattr(terms, field) == getattr(plain, field))

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The version, and the one before it."""
        return tuple(
            (Template, templates.key_of(self.template_id, version)) for version in (self.version, self.version - 1)
        )


class OfBonus(_Operators, frozen=True):
    """A command about one bonus of a player."""

    bonus_id: str

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The instance."""
        return ((Bonus, (self.player_id, self.bonus_id)),)


class OfTemplate(OfBonus, frozen=True, kw_only=True):
    """A command that brings a bonus nearer to its beginning.

    Attributes:
        deposit: settled, that it is for, where it is for one and that has been made.
        policies: as they are in force.
        unique_keys: for whom and for what it is taken, where only one may have it (R-BONUS-05).
    """

    template: Template
    deposit: Settled | None = None
    unique_keys: tuple[UniqueKey, ...] = ()
    policies: Policies = Policies()

    @property
    def scope(self) -> str:
        """What one person, household, instrument or device has but once: the bonus of a period, whoever's it is."""
        many = self.template.promotion.period in {Period.DEPOSIT, Period.GRANT}
        return f"{self.template.template_id}@{self.template.version}" if many else self.bonus_id

    @property
    def words(self) -> tuple[str, ...]:
        """What the keys may not differ in in a repeat; nothing where there are none."""
        return tuple(word for key in self.unique_keys for word in key.words)

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The instance, its template (it may wait, and begin in the same batch), its budgets, and who has taken it."""
        taken = tuple((Taker, takers.key_of(self.scope, key)) for key in self.unique_keys)
        return *super().rows, (Template, self.template.key), *budgets.rows(self.template), *taken

    @property
    def earlier(self) -> tuple[tuple[str, str], ...]:
        """The deposit."""
        return (self.deposit.partner,) if self.deposit else ()


class OfferBonus(OfTemplate, frozen=True, kw_only=True):
    """Offer a bonus to a player, who may claim it (R-BONUS-04). It takes no unique key, it looks who has taken it."""

    currency: str
    reason: str
    actor: str

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        template, deposit = self.template, self.deposit.partner if self.deposit else ("", "")
        words = (template.template_id, str(template.version), self.currency, *deposit)
        return type(self).__name__, *words, self.reason, self.actor, *self.words


class ClaimBonus(OfTemplate, frozen=True, kw_only=True):
    """The player accepts an offer and its terms; it begins, where nothing else is asked for.

    Attributes:
        accepted: digest of the template's version, as the player was shown it.
    """

    accepted: str

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        deposit = self.deposit.partner if self.deposit else ()
        return "CLAIM", self.bonus_id, self.accepted, *deposit, *self.words


class GrantBonus(OfferBonus, frozen=True, kw_only=True):
    """The trigger of a claimed bonus is met; or one is granted that needs no claim (R-BONUS-04, R-BONUS-06)."""


class ActivateBonus(Recorded, frozen=True):
    """A slot is free: start the queued bonus whose turn it is (R-BONUS-07, R-BONUS-08).

    Attributes:
        template_id, version: that the bonus is of.
    """

    bonus_id: str
    template_id: str
    version: int
    policies: Policies

    @property
    def partner(self) -> tuple[str, str]:
        """A key of our own: a bonus starts once."""
        return PARTNER, f"activate:{self.bonus_id}"

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "ACTIVATE", self.bonus_id

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The instance, and its template."""
        template = templates.key_of(self.template_id, self.version)
        return (Bonus, (self.player_id, self.bonus_id)), (Template, template)


class AboutBonus(OfBonus, frozen=True):
    """A command about one bonus that there is, for a reason."""

    reason: str
    actor: str
    policies: Policies = Policies()

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return type(self).__name__, self.bonus_id, self.reason, self.actor


class DeclineBonus(AboutBonus, frozen=True):
    """The player does not want what is offered."""


class FreezeBonus(AboutBonus, frozen=True):
    """A risk flag: its pocket pays nothing, and nothing is converted."""


class UnfreezeBonus(AboutBonus, frozen=True):
    """The flag is cleared."""


class ForfeitBonus(AboutBonus, frozen=True):
    """The player gives it up."""


class VoidBonus(AboutBonus, frozen=True):
    """Its deposit was reversed, a breach was proven, or we erred; the reason names the case (R-BONUS-25)."""


class ExpireBonus(Recorded, frozen=True):
    """Its time is over: `due` is its expires_at. What lapsed may be offered again, and lapse again."""

    bonus_id: str
    due: int = 0
    policies: Policies = Policies()

    @property
    def partner(self) -> tuple[str, str]:
        """A key of our own: a bonus expires once at a time."""
        return PARTNER, f"expire:{self.bonus_id}:{self.due}"

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "EXPIRE", self.bonus_id

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The instance."""
        return ((Bonus, (self.player_id, self.bonus_id)),)
