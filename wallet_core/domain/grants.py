"""Grants: how a bonus begins (rulebook 6.1): offered, claimed, granted, queued or active at once."""

from msgspec.structs import replace

from wallet_core.domain import bonus_rules, budgets, guard, packs, takers, templates, turns, wagering
from wallet_core.domain.accounts import BONUS_ISSUED, account_of
from wallet_core.domain.commands import Recorded
from wallet_core.domain.decision import Outcome, Reason, Refused
from wallet_core.domain.desk import Desk, Poster
from wallet_core.domain.entries import NO_PLAYER, Entry, Journal, Kind, Posting, digest
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.players import context, wallet_currency
from wallet_core.domain.pockets import balances
from wallet_core.domain.policies import Policies
from wallet_core.domain.promo_commands import (
    ClaimBonus,
    GrantBonus,
    OfferBonus,
    OfTemplate,
    PublishTemplate,
    Settled,
    instance,
)
from wallet_core.domain.promos import Bonus, Event, State, after
from wallet_core.domain.takers import Taker
from wallet_core.domain.templates import Period, Promotion, Template, Trigger


def find(desk: Desk, bonus_id: str) -> Bonus:
    """Return the player's bonus.

    Raises:
        Refused: PLAYER_UNKNOWN, BONUS_NOT_FOUND.
    """
    bonus = desk.book.noun(Bonus, desk.someone.player_id, bonus_id)
    if bonus is None:
        raise Refused(Reason.BONUS_NOT_FOUND, f"The player has no bonus {bonus_id}.")
    return bonus


def changed(desk: Desk, kind: Kind, bonus: Bonus, entries: tuple[Entry, ...] = (), *words: tuple[str, str]) -> Posting:
    """Put the bonus in the book; return its journal, and the words that say what it came to."""
    bonus = replace(bonus, changed_at=desk.at)
    desk.book.put(bonus)
    parts = tuple(
        (each.account, each.amount) for each in entries if each.amount and account_of(each.account).authorising
    )
    facts = (("bonus", bonus.bonus_id), ("template", bonus.template_id), ("state", bonus.state.name))
    amount = max((abs(part) for _, part in parts), default=0)
    journals = (Journal(bonus.currency, entries),) if parts else ()
    return Posting(
        kind, bonus.currency, amount, parts, journals, (*facts, *((name, said) for name, said in words if said))
    )


def eligible(desk: Desk, policies: Policies, currency: str) -> None:
    """Pass a player who may have a bonus now (R-BONUS-09); which, `bonus_rules` says.

    Raises:
        Refused: WRONG_CURRENCY, PLAYER_BLOCKED, BONUS_NOT_ELIGIBLE.
    """
    player = desk.someone
    wallet_currency(player, currency)
    if not player.may_play:
        raise Refused(Reason.PLAYER_BLOCKED)
    owes = any(balances(code, desk.book.pockets(player.player_id, code)).debt for code in player.currencies)
    if owes and policies.value("debt.blocks_bonus", context(player)):
        raise Refused(Reason.BONUS_NOT_ELIGIBLE, "The player owes money; that comes first (R-DEBT-04).")


def meant_for(
    desk: Desk,
    policies: Policies,
    promotion: Promotion,
    currency: str,
    *,
    bonus_id: str,
    worth: int | None = None,
) -> None:
    """Pass a player whom the promotion is for, while it runs, and who may have it now; `worth` as `bonus_rules.granted`
    has it.

    Raises:
        Refused: BONUS_NOT_ELIGIBLE; what `eligible` says.
    """
    player = desk.someone
    pack = packs.of(player.country)
    if promotion.pack != pack.code:
        raise Refused(Reason.BONUS_NOT_ELIGIBLE, f"The player is under the pack {pack.code!r}, the template is not.")
    if promotion.brands and player.brand_id not in promotion.brands:
        raise Refused(Reason.BONUS_NOT_ELIGIBLE, "The bonus is not for players of this brand.")
    if 0 < promotion.ends_at <= desk.at:
        raise Refused(Reason.BONUS_NOT_ELIGIBLE, "The promotion is over.")
    eligible(desk, policies, currency)
    bonus_rules.granted(policies, player, promotion, currency, bonus_id=bonus_id, worth=worth)


def _of_template(bonus: Bonus, template: Template) -> None:
    """Pass the version of the template that a bonus was offered as: no other's terms were accepted (R-BONUS-03).

    Raises:
        Refused: REFERENCE_MISMATCH.
    """
    if (bonus.template_id, bonus.version) != (template.template_id, template.version):
        raise Refused(
            Reason.REFERENCE_MISMATCH,
            f"The bonus was offered as {bonus.template_id}, version {bonus.version}; name that.",
        )


def _had(desk: Desk, bonus_id: str) -> Bonus | None:
    """Return the player's bonus, if it stands for anything: an offer that lapsed uses up no grant (R-BONUS-05)."""
    bonus = desk.book.noun(Bonus, desk.someone.player_id, bonus_id)
    return None if bonus is not None and bonus.state is State.LAPSED and not bonus.granted else bonus


def _of_deposit(deposit: Settled | None) -> tuple[str, str]:
    """Return the word that says which deposit a bonus is for: by it the bonus is found when that is reversed."""
    return "deposit", f"{deposit.psp_id}/{deposit.request_id}" if deposit else ""


def _offered(desk: Desk, command: OfferBonus) -> Bonus:
    """Return the instance that an offer makes.

    Raises:
        Refused: BONUS_NOT_ELIGIBLE, the player has or had it; or may not have it.
    """
    template, promotion = command.template, command.template.promotion
    meant_for(desk, command.policies, promotion, command.currency, bonus_id=command.bonus_id)
    ends = [promotion.ends_at, desk.at + promotion.claim_within * turns.SECOND if promotion.claim_within else 0]
    return Bonus(
        player_id=command.player_id,
        bonus_id=command.bonus_id,
        template_id=template.template_id,
        version=template.version,
        currency=command.currency,
        state=State.OFFERED,
        terms=templates.terms(template, command.currency),
        granted=0,
        deposit=0,
        requirement=0,
        claimed_at=0,
        changed_at=desk.at,
        priority=promotion.priority,
        expires_at=min((end for end in ends if end), default=0),
        slot=promotion.slot,
        places=promotion.places,
        campaign=template.campaign,
    )


def _alone(desk: Desk, command: OfTemplate, *, takes: bool) -> None:
    """Pass a player where nobody else has the bonus for the same person, household, instrument or device (R-BONUS-05).

    What is taken stays so: who has had a bonus has had it, under whatever other name he comes.

    Raises:
        Refused: BONUS_NOT_ELIGIBLE, in words that do not say whose it is (R-AML-05).
    """
    for key in command.unique_keys:
        taker = desk.book.noun(Taker, *takers.key_of(command.scope, key))
        if taker is None and takes:
            desk.book.put(Taker(NO_PLAYER, command.scope, key.per, key.digest, command.player_id, desk.at))
        elif taker is not None and taker.holder != command.player_id:
            raise Refused(Reason.BONUS_NOT_ELIGIBLE, "The bonus is not available to this player.")


def _deposited(desk: Desk, settled: Settled, currency: str) -> int:
    """Return what a settled deposit was of (R-BONUS-06).

    Raises:
        Refused: REFERENCE_NOT_FOUND, REFERENCE_MISMATCH, WRONG_CURRENCY.
    """
    found = desk.book.transaction(desk.someone.player_id, digest(*settled.partner))
    if found is None:
        raise Refused(Reason.REFERENCE_NOT_FOUND, "The deposit has not been settled here; send it again after it is.")
    if found.kind is not Kind.DEPOSIT or found.outcome is not Outcome.APPLIED or found.undone:
        raise Refused(Reason.REFERENCE_MISMATCH, "That is no deposit that stands.")
    if found.currency != currency:
        raise Refused(Reason.WRONG_CURRENCY, f"The deposit was of {found.currency}; nothing is converted (R-FX-01).")
    return found.amount


def _begin(desk: Desk, command: OfTemplate, bonus: Bonus) -> tuple[Bonus, tuple[Entry, ...]]:
    """Return a claimed bonus whose trigger is met: active with its journal (P-08), or in the queue without.

    Raises:
        Refused: INVALID_REQUEST, BONUS_NOT_ELIGIBLE, INVALID_AMOUNT; what `_deposited` says.
    """
    template, deposit = command.template, command.deposit
    promotion = template.promotion
    if missing := set(promotion.unique_per) - {key.per for key in command.unique_keys}:
        names = ", ".join(each.name for each in sorted(missing))
        raise Refused(Reason.INVALID_REQUEST, f"unique_keys: {names}: the template asks for it (R-BONUS-05).")
    if promotion.period is Period.DEPOSIT and instance(template, 0, deposit, "") != bonus.bonus_id:
        raise Refused(Reason.REFERENCE_MISMATCH, "It was offered for another deposit.")
    paid = _deposited(desk, deposit, bonus.currency) if deposit else 0
    grant = templates.granted(promotion, bonus.currency, paid)
    terms = templates.terms(template, bonus.currency, grant, paid)
    requirement = wagering.requirement(terms, grant, paid)
    if requirement > INT64_MAX:
        raise Refused(Reason.INVALID_AMOUNT)
    bonus = replace(bonus, terms=terms, granted=grant, deposit=paid, requirement=requirement)
    bonus = budgets.reserve(desk.book, bonus, grant, desk.at)
    if turns.free(desk.book, bonus, desk.at):
        return start(desk, bonus)
    if promotion.exclusive:
        raise Refused(
            Reason.BONUS_NOT_ELIGIBLE, "Another bonus of its group is active; finish that first (R-BONUS-07)."
        )
    return replace(bonus, state=after(bonus.state, Event.QUEUE)), ()


def start(desk: Desk, bonus: Bonus) -> tuple[Bonus, tuple[Entry, ...]]:
    """Return the bonus active and its journal (P-08)."""
    entries = Entry(bonus.account, bonus.granted), Entry(BONUS_ISSUED, -bonus.granted, bonus.template_id)
    return turns.started(bonus, desk.at), entries


def _publish(desk: Desk, command: PublishTemplate) -> Posting:
    guard.check(command.promotion)
    promotion = bonus_rules.completed(command.policies, command.promotion, command.unsaid)
    bonus_rules.published(command.policies, promotion)
    if command.version < 1:
        raise Refused(Reason.INVALID_REQUEST, "version: the first is 1.")
    if desk.book.noun(Template, *templates.key_of(command.template_id, command.version)) is not None:
        raise Refused(Reason.ALREADY_EXISTS, "That version is published, and never changes; publish the next one.")
    last = templates.key_of(command.template_id, command.version - 1)
    if command.version > 1 and desk.book.noun(Template, *last) is None:
        raise Refused(Reason.BONUS_NOT_FOUND, f"There is no version {command.version - 1} that this one follows.")
    facts = {"promotion": promotion, "published_at": desk.at, "actor": command.actor, "reason": command.reason}
    desk.book.put(replace(command.template, **facts))
    words = (("template", command.template_id), ("version", str(command.version)))
    return Posting(Kind.BONUS_STATE, "", 0, info=(*words, ("reason", command.reason), ("actor", command.actor)))


def _offer(desk: Desk, command: OfferBonus) -> Posting:
    if _had(desk, command.bonus_id) is not None:
        raise Refused(Reason.BONUS_NOT_ELIGIBLE, "The player has had this one already (R-BONUS-05).")
    words = (("reason", command.reason), ("actor", command.actor))
    offered = _offered(desk, command)
    _alone(desk, command, takes=False)
    return changed(desk, Kind.BONUS_STATE, offered, (), *words)


def _claim(desk: Desk, command: ClaimBonus) -> Posting:
    bonus = find(desk, command.bonus_id)
    claimed = replace(bonus, state=after(bonus.state, Event.CLAIM), claimed_at=desk.at)
    if bonus.due(desk.at):
        raise Refused(Reason.BONUS_STATE, "The offer is over.")
    if command.accepted != bonus.terms.accepted:
        raise Refused(
            Reason.BONUS_NOT_ELIGIBLE, "Other terms were accepted than are offered; show them again (R-BONUS-03)."
        )
    _of_template(bonus, command.template)
    promotion = command.template.promotion
    meant_for(desk, command.policies, promotion, bonus.currency, bonus_id=bonus.bonus_id)
    _alone(desk, command, takes=True)
    words = ("accepted", command.accepted), _of_deposit(command.deposit)
    if promotion.trigger is Trigger.DEPOSIT and command.deposit is None:
        return changed(desk, Kind.BONUS_STATE, claimed, (), *words)
    begun, entries = _begin(desk, command, claimed)
    return changed(desk, Kind.BONUS_GRANT if entries else Kind.BONUS_STATE, begun, entries, *words)


def _grant(desk: Desk, command: GrantBonus) -> Posting:
    promotion = command.template.promotion
    bonus = _had(desk, command.bonus_id)
    if bonus is None:
        if promotion.opt_in:
            raise Refused(Reason.BONUS_NOT_ELIGIBLE, "The player has to claim it first (R-BONUS-04).")
        bonus = replace(_offered(desk, command), state=State.CLAIMED, claimed_at=desk.at)
    elif bonus.state is not State.CLAIMED:
        raise Refused(
            Reason.BONUS_NOT_ELIGIBLE,
            f"The player has it already, {bonus.state.name}: it is granted once (R-BONUS-05).",
        )
    else:
        _of_template(bonus, command.template)
        meant_for(desk, command.policies, promotion, bonus.currency, bonus_id=bonus.bonus_id)
    if bonus.due(desk.at):
        raise Refused(Reason.BONUS_STATE, "The time to begin it is over.")
    if promotion.trigger is Trigger.DEPOSIT and command.deposit is None:
        raise Refused(Reason.INVALID_REQUEST, "deposit: it is granted for a settled one; name it (R-BONUS-06).")
    _alone(desk, command, takes=True)
    begun, entries = _begin(desk, command, bonus)
    words = (("reason", command.reason), ("actor", command.actor), _of_deposit(command.deposit))
    return changed(desk, Kind.BONUS_GRANT if entries else Kind.BONUS_STATE, begun, entries, *words)


POSTINGS: dict[type[Recorded], Poster] = {
    PublishTemplate: _publish,
    OfferBonus: _offer,
    ClaimBonus: _claim,
    GrantBonus: _grant,
}
"""What each of these commands posts."""
