"""Turns: whether a group of bonuses has a place for another one, and how one begins (R-BONUS-07).

Who is next is started by `activations.start_next`, in the commit that frees the place.
"""

from msgspec.structs import replace

from wallet_core.domain.book import Book
from wallet_core.domain.promos import Bonus, Event, after, competes

SECOND = 1_000_000
"""Microseconds."""


def free(book: Book, bonus: Bonus, at: int) -> bool:
    """Whether the group of a bonus has a place for it: nobody is overtaken who waits and may still begin."""
    live = [each for each in book.bonuses(bonus.player_id) if competes(each, bonus)]
    ahead = [
        each
        for each in book.queued(bonus.player_id)
        if competes(each, bonus) and each.turn < bonus.turn and not each.due(at)
    ]
    return len(live) + len(ahead) < bonus.places


def started(bonus: Bonus, at: int) -> Bonus:
    """Return a bonus active, its clock running (R-BONUS-11).

    Raises:
        Refused: BONUS_STATE.
    """
    duration = bonus.terms.duration
    return replace(
        bonus,
        state=after(bonus.state, Event.START),
        activated_at=at,
        expires_at=at + duration * SECOND if duration else 0,
    )
