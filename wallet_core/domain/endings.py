"""Endings: how a bonus is frozen, and how it is over without having been met (rulebook 6.1, P-10).

A rest that no game would take goes to cash instead, once the bonus has been played with (R-BONUS-19). What its open
rounds still bring follows the state it is in by then (R-RB-05..07).
"""

from msgspec.structs import replace

from wallet_core.domain import wagering
from wallet_core.domain.commands import Recorded
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.desk import Desk, Poster
from wallet_core.domain.entries import Entry, Kind, Posting
from wallet_core.domain.grants import changed, find
from wallet_core.domain.promo_commands import (
    DeclineBonus,
    ExpireBonus,
    ForfeitBonus,
    FreezeBonus,
    UnfreezeBonus,
    VoidBonus,
)
from wallet_core.domain.promos import EXCLUDED, TRANSITIONS, Bonus, Event, OnWithdrawal, OpenRounds, State, after


def end(desk: Desk, bonus: Bonus, event: Event, reason: str) -> tuple[Bonus, tuple[Entry, ...]]:
    """Return the bonus as it is over, and the journal of its balance (P-10).

    Raises:
        Refused: BONUS_STATE.
    """
    state, balance = after(bonus.state, event), desk.held(bonus.currency, bonus.account)
    void = event is Event.VOID
    found = wagering.Conversion(0, forfeited=balance) if void else wagering.given_up(bonus, balance)
    over = replace(bonus, state=state, reason=reason, converted=bonus.converted + found.to_cash, frozen_at=0)
    return over, tuple(entry for entry in wagering.convert_entries(bonus, found) if entry.amount)


def forfeits(bonus: Bonus) -> bool:
    """Whether a withdrawal takes the bonus (R-BONUS-22); what is frozen stays for those who froze it."""
    if (bonus.state, Event.FORFEIT) not in TRANSITIONS:
        return False
    policy = bonus.terms.on_withdrawal
    return policy is OnWithdrawal.FORFEIT or (policy is OnWithdrawal.KEEP_IF_UNTOUCHED and bonus.staked)


def withdrawn(desk: Desk, currency: str, *, confirmed: bool) -> tuple[tuple[Entry, ...], tuple[tuple[str, str], ...]]:
    """Put the bonuses that a withdrawal takes into the book as forfeited; return their journal, and the words for it.
    None stands in the way of an excluded player's: its exclusion ends them, not this (R-RG-25, R-BONUS-24).

    Raises:
        Refused: BONUS_STATE, a bonus blocks it, or the player has not confirmed what it takes (R-BONUS-22).
    """
    player_id = desk.someone.player_id
    if desk.someone.excluded:
        return (), ()
    bonuses = [*desk.book.bonuses(player_id), *desk.book.queued(player_id)]
    here = [each for each in bonuses if each.currency == currency]
    for bonus in here:
        if bonus.terms.on_withdrawal is OnWithdrawal.BLOCK and bonus.live:
            raise Refused(Reason.BONUS_STATE, f"The bonus {bonus.bonus_id} must be finished or given up first.")
    taken = [each for each in here if forfeits(each)]
    if taken and not confirmed:
        names = ", ".join(each.bonus_id for each in taken)
        raise Refused(Reason.BONUS_STATE, f"It would take {names}; show that to the player, and send it confirmed.")
    entries: tuple[Entry, ...] = ()
    for bonus in taken:
        over, lines = end(desk, bonus, Event.FORFEIT, "withdrawal")
        desk.book.put(replace(over, changed_at=desk.at))
        entries = (*entries, *lines)
    return entries, (("forfeited", " ".join(each.bonus_id for each in taken)),) if taken else ()


def _ended(desk: Desk, bonus: Bonus, event: Event, reason: str, actor: str = "") -> Posting:
    over, entries = end(desk, bonus, event, reason)
    kind = Kind.BONUS_FORFEIT if entries else Kind.BONUS_STATE
    return changed(desk, kind, over, entries, ("reason", reason), ("actor", actor))


def _decline(desk: Desk, command: DeclineBonus) -> Posting:
    bonus = find(desk, command.bonus_id)
    if bonus.queued:
        raise Refused(Reason.BONUS_STATE, "The bonus is claimed and waits; it can be forfeited.")
    return _ended(desk, bonus, Event.LAPSE, command.reason, command.actor)


def _freeze(desk: Desk, command: FreezeBonus) -> Posting:
    bonus = find(desk, command.bonus_id)
    frozen = replace(bonus, state=after(bonus.state, Event.FREEZE), frozen_at=desk.at)
    return changed(desk, Kind.BONUS_STATE, frozen, (), ("reason", command.reason), ("actor", command.actor))


def _unfreeze(desk: Desk, command: UnfreezeBonus) -> Posting:
    """Let it go on: with the time it had, and with what was met meanwhile (R-BONUS-18); or end, if its player is
    excluded by now.
    """
    bonus = find(desk, command.bonus_id)
    state = after(bonus.state, Event.UNFREEZE)
    lost = desk.at - bonus.frozen_at if bonus.expires_at and bonus.terms.stops else 0
    thawed = replace(bonus, state=state, frozen_at=0, expires_at=bonus.expires_at + lost)
    words = ("reason", command.reason), ("actor", command.actor)
    balance = desk.held(bonus.currency, bonus.account)
    if bonus.met and (balance or bonus.rounds):
        found = wagering.converted(thawed, balance)
        met = replace(wagering.after(thawed, found), state=after(state, Event.COMPLETE), reason="wagering met")
        return changed(desk, Kind.BONUS_CONVERSION, met, wagering.convert_entries(bonus, found), *words)
    if balance and not bonus.rounds and desk.someone.excluded:
        return _ended(desk, thawed, Event.FORFEIT, EXCLUDED, command.actor)
    release = wagering.released_now(thawed, balance)
    if balance == release:
        thawed = replace(thawed, state=after(state, Event.WAIT if bonus.rounds else Event.EMPTY))
    if not release:
        return changed(desk, Kind.BONUS_STATE, thawed, (), *words)
    entries = wagering.convert_entries(bonus, wagering.Conversion(release))
    thawed = replace(thawed, converted=bonus.converted + release)
    return changed(desk, Kind.BONUS_CONVERSION, thawed, entries, *words)


def _forfeit(desk: Desk, command: ForfeitBonus) -> Posting:
    return _ended(desk, find(desk, command.bonus_id), Event.FORFEIT, command.reason, command.actor)


def _void(desk: Desk, command: VoidBonus) -> Posting:
    return _ended(desk, find(desk, command.bonus_id), Event.VOID, command.reason, command.actor)


def _expire(desk: Desk, command: ExpireBonus) -> Posting:
    """End it by time, once the rounds it has paid for are over, where they are honoured (R-BONUS-12)."""
    bonus = find(desk, command.bonus_id)
    event = Event.LAPSE if bonus.state in {State.OFFERED, State.CLAIMED} else Event.EXPIRE
    after(bonus.state, event)
    if not bonus.due(desk.at):
        raise Refused(Reason.BONUS_STATE, "Its time is not over.")
    if bonus.rounds and bonus.terms.open_rounds is OpenRounds.HONOUR:
        raise Refused(Reason.BONUS_STATE, f"It waits for {bonus.rounds} open rounds (R-BONUS-12).")
    return _ended(desk, bonus, event, "its time is over")


POSTINGS: dict[type[Recorded], Poster] = {
    DeclineBonus: _decline,
    FreezeBonus: _freeze,
    UnfreezeBonus: _unfreeze,
    ForfeitBonus: _forfeit,
    VoidBonus: _void,
    ExpireBonus: _expire,
}
"""What each of these commands posts."""
