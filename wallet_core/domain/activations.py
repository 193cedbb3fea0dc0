"""Activations: how a bonus that has waited begins, in the commit that frees a place for it (R-BONUS-07, R-BONUS-08)."""

from msgspec.structs import replace

from wallet_core.domain import bonus_rules, templates, turns
from wallet_core.domain.book import Book
from wallet_core.domain.commands import Recorded
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.desk import Desk, Poster, kept, posted
from wallet_core.domain.entries import Kind, Posting, digest, transaction_id
from wallet_core.domain.free_rounds import WON
from wallet_core.domain.grants import changed, eligible, find, start
from wallet_core.domain.policies import Policies
from wallet_core.domain.promo_commands import ActivateBonus
from wallet_core.domain.promos import Bonus, Event, after
from wallet_core.domain.templates import Template


def _edition(desk: Desk, bonus: Bonus) -> Template:
    """Return the version of the template that a bonus is of."""
    template = desk.book.noun(Template, *templates.key_of(bonus.template_id, bonus.version))
    if template is None:
        raise AssertionError(bonus.template_id)  # what was granted was published, and that is never deleted
    return template


def _activate(desk: Desk, command: ActivateBonus) -> Posting:
    bonus = find(desk, command.bonus_id)
    if not bonus.queued:
        raise Refused(Reason.BONUS_STATE, f"The bonus is {bonus.state.name}, not QUEUED.")
    if bonus.due(desk.at):
        raise Refused(Reason.BONUS_STATE, "The time to begin it is over.")
    if not turns.free(desk.book, bonus, desk.at):
        raise Refused(Reason.BONUS_STATE, "It is not its turn.")
    return _called(desk, bonus, command.policies)


def _called(desk: Desk, bonus: Bonus, policies: Policies) -> Posting:
    """Begin the bonus whose turn it is, or let it lapse where its player may not have it by now (R-BONUS-08)."""
    try:
        eligible(desk, policies, bonus.currency)
        if not bonus.bonus_id.startswith(WON):  # what free rounds have won was promised with them
            bonus_rules.granted(
                policies,
                desk.someone,
                _edition(desk, bonus).promotion,
                bonus.currency,
                bonus_id=bonus.bonus_id,
                worth=bonus.granted,
            )
    except Refused as refused:
        lapsed = replace(bonus, state=after(bonus.state, Event.LAPSE), reason=refused.refusal.message)
        return changed(desk, Kind.BONUS_STATE, lapsed, (), ("reason", lapsed.reason))
    begun, entries = start(desk, bonus)
    return changed(desk, Kind.BONUS_GRANT, begun, entries, ("reason", "its turn in the queue"))


def start_next(book: Book, player_id: str, policies: Policies, at: int) -> int:
    """Start whom the places that are free by now are for, each by the transaction that an ActivateBonus would leave;
    return how many transactions that left (R-BONUS-07).

    Args:
        book: with what has become of the player's bonuses.
        player_id: whose they are.
        policies: as they are in force; where none were ever published, nobody has said who may have a bonus, and it is
            left to what watches the queue.
        at: the microsecond of the first transaction it may leave.
    """
    left = 0
    for bonus in book.queued(player_id) if policies.version else ():
        moment = at + left
        if bonus.due(moment) or not turns.free(book, bonus, moment):
            continue
        command = ActivateBonus(player_id, bonus.bonus_id, bonus.template_id, bonus.version, policies)
        desk = Desk(book, book.player(player_id), moment, transaction_id(moment, player_id, digest(*command.partner)))
        kept(book, posted(desk, command, _called(desk, bonus, policies)))
        left += 1
    return left


POSTINGS: dict[type[Recorded], Poster] = {ActivateBonus: _activate}
"""What the command posts."""
