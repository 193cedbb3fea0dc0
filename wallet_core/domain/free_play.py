"""Free rounds in play: what a round of a grant stakes (nothing), and where what it wins goes (rulebook 6.4).

A play calls `may_begin` for a stake, `win` for a win, `more` where one is amended, and `undo` for its rollback. Then
`settle` compares the round as it was with the round as it is, and from that alone finds how many of the grant's rounds
have been used, and whether it is over. The rows that `free_rounds.rows` names are in the book.
"""

from msgspec.structs import replace

from wallet_core.domain import disputes, wagering
from wallet_core.domain.accounts import BONUS, BONUS_COST, BONUS_ISSUED, CASH
from wallet_core.domain.awards import Award, as_bonus, grows, in_cash
from wallet_core.domain.bonuses import OPEN_TO_PLAY, find, is_bonus, taken_back, uncredited
from wallet_core.domain.book import Book
from wallet_core.domain.decision import Parts, Reason, Refused
from wallet_core.domain.entries import Entry
from wallet_core.domain.free_rounds import Event, FreeWin, Grant, Settle, State, after, bonus_of
from wallet_core.domain.parts import source
from wallet_core.domain.pockets import add
from wallet_core.domain.promos import Bonus
from wallet_core.domain.promos import State as BonusState
from wallet_core.domain.rounds import LAPSED, NOWHERE, WAITING, Round, nowhere
from wallet_core.domain.rounds import State as RoundState


def may_begin(grant: Grant | None, provider_id: str, game_id: str, currency: str, at: int) -> None:
    """Pass one more round of a grant. It stakes nothing, whatever a round is worth (R-FREE-03).

    Raises:
        Refused: BONUS_NOT_FOUND, BONUS_STATE, GAME_NOT_ALLOWED, WRONG_CURRENCY.
    """
    if grant is None or grant.provider_id != provider_id:
        raise Refused(Reason.BONUS_NOT_FOUND, "The player has no such free rounds at this provider.")
    if grant.currency != currency:
        raise Refused(Reason.WRONG_CURRENCY, f"The free rounds are in {grant.currency}.")
    if grant.games and game_id not in grant.games:
        raise Refused(Reason.GAME_NOT_ALLOWED)
    if grant.over(at):
        raise Refused(Reason.BONUS_STATE, "The free rounds are over.")
    after(grant, Event.BEGIN)
    if grant.used >= grant.rounds:
        raise Refused(Reason.BONUS_STATE, "All the free rounds have been played.")


def used(round_: Round | None) -> bool:
    """Whether a round is one of its grant's that are used up: it has a stake that stands, or has won."""
    if round_ is None or not round_.grant:
        return False
    return round_.won > 0 or (round_.standing > 0 and round_.state is not RoundState.VOIDED)


def joins(grant: Grant | None, free: FreeWin) -> bool:
    """Whether a win that comes before any stake of its round makes it one of the grant's rounds."""
    return grant is not None and not disputes.why(grant, free) and grant.live and grant.used < grant.rounds


def settle(book: Book, before: Round | None, after_: Round, at: int) -> Award:
    """Bring the grant of a round up to what has become of it; after the last, return what has waited for that.

    A round that is given back may be played again, while the grant's time is not over.

    Args:
        book: with the grant.
        before, after_: the round; none before its first action.
        at: microsecond.
    """
    grant_id = after_.grant or (before.grant if before else "")
    grant = book.noun(Grant, after_.player_id, grant_id) if grant_id else None
    if grant is None:
        return Award()
    rounds = min(grant.rounds, max(0, grant.used + used(after_) - used(before)))
    open_ = min(rounds, max(0, grant.open + _open(after_) - _open(before)))
    now = replace(grant, used=rounds, open=open_)
    if now.state is State.AVAILABLE and rounds:
        now = replace(now, state=after(now, Event.BEGIN))
    if now.state is State.COMPLETED and rounds < grant.rounds and at < grant.expires_at:
        now = replace(now, state=after(now, Event.REOPEN), over_at=0, reason="")
    if now.state is State.IN_USE and not open_ and rounds >= grant.rounds:
        state = after(now, Event.COMPLETE)
        return pay_out(book, replace(now, state=state, over_at=at, reason="all played", changed_at=at), at)
    if now != grant:
        book.put(replace(now, changed_at=at))
    return Award()


def _open(round_: Round | None) -> bool:
    """Whether a round of a grant has not ended."""
    return used(round_) and round_ is not None and round_.state is RoundState.OPEN


def win(book: Book, grant: Grant | None, free: FreeWin) -> Award:
    """Put the grant in the book with a win counted, and return where the win goes (R-FREE-04).

    What comes above the cap lapses. What waits for the end moves nothing yet. What no grant covers is held for a
    dispute, never refused (R-FREE-06).

    Raises:
        Refused: INVALID_AMOUNT, the bonus would ask for more wagering than can be counted.
    """
    if not free.amount:
        return Award()
    why = disputes.why(grant, free)
    if grant is None or why:
        return disputes.hold(book, grant, free, why)
    if free.alone and free.counts and grant.live and grant.used < grant.rounds:
        grant = replace(grant, state=after(grant, Event.BEGIN), used=grant.used + 1)
    return _credit(book, grant, free)


def more(book: Book, grant: Grant | None, free: FreeWin, parts: Parts) -> Award:
    """Put the grant in the book with a win raised by an amount, and return where that goes (R-RB-12): where the win
    went, which was decided when it came.

    Args:
        book: with the rows that `rows` names.
        grant: that the win named.
        free: the amount on top.
        parts: what is left of the win.
    """
    if disputes.DISPUTED in dict(parts):
        return disputes.more(book, grant, free)
    return _credit(book, grant, free) if grant is not None and parts else win(book, grant, free)


def _credit(book: Book, grant: Grant, free: FreeWin) -> Award:
    credited = min(free.amount, max(0, grant.cap - grant.won)) if grant.cap else free.amount
    waits = grant.settle is Settle.END and grant.live
    grant = replace(
        grant,
        paid=grant.paid + free.counts,
        won=grant.won + credited,
        waiting=grant.waiting + credited if waits else grant.waiting,
        changed_at=free.at,
    )
    award = _award(book, grant, 0 if waits else credited, free.at)
    return replace(award, parts=add(award.parts, ((LAPSED, free.amount - credited),)))


def pay_out(book: Book, grant: Grant, at: int) -> Award:
    """Put the grant in the book with nothing waiting any more, and return where what has waited goes."""
    return _award(book, replace(grant, waiting=0), grant.waiting, at)


def undo(book: Book, grant: Grant | None, free: FreeWin, parts: Parts) -> Award:
    """Return how a free win is taken back (R-RB-09, R-RB-10): from where it went; what moved nothing, from what waits.

    Cash that is not there is owed; bonus money that is not there is written off.

    Args:
        book: with the rows that `rows` names.
        grant: that the win named.
        free: what is taken back.
        parts: of the win's that make it up, none below zero.
    """
    if not free.amount:
        return Award()
    named = dict(parts)
    if grant is not None and disputes.DISPUTED not in named:
        waits = named.get(WAITING, 0)
        waiting = min(waits, grant.waiting)
        book.put(
            replace(
                grant,
                paid=grant.paid - free.counts,
                won=grant.won - free.amount + named.get(LAPSED, 0),
                waiting=grant.waiting - waiting,
                changed_at=free.at,
            )
        )
        pocket = f"{BONUS}:{grant.bonus_id}" if grant.bonus_id else LAPSED if grant.promise else CASH
        parts = add(parts, ((pocket, waits - waiting),))
    entries: list[Entry] = []
    moved: Parts = ()
    house: tuple[Entry, ...]
    for pocket, part in parts:
        if pocket in NOWHERE:
            continue
        if is_bonus(pocket):
            bonus = find(book, free.player_id, pocket)
            lines = _unpromised(book, bonus, part, free.at)
            house = (Entry(BONUS_ISSUED, -sum(line.amount for line in lines), bonus.template_id),)
        elif account := source(pocket):
            bonus = find(book, free.player_id, account)
            lines = () if nowhere(pocket) else disputes.taken(book, free, part, disputed=False)
            house = *uncredited(book, free.player_id, ((pocket, part),)), Entry(BONUS_ISSUED, part, bonus.template_id)
        else:
            lines = disputes.taken(book, free, part, disputed=pocket == disputes.DISPUTED)
            house = (Entry(BONUS_COST, part, grant.campaign if grant else ""),)
        entries += *lines, *house
        moved = add(moved, tuple((line.account, line.amount) for line in lines if line.account != BONUS_COST))
    return Award(tuple(entry for entry in entries if entry.amount), moved)


def _award(book: Book, grant: Grant, amount: int, at: int) -> Award:
    """Put the grant in the book, and return where winnings go: to cash, or to its bonus while that grows. Once that is
    over, whatever ended it, they begin another one (R-FREE-04); of a cap, what is left of it.
    """
    if grant.promise is None or not amount:
        book.put(grant)
        return in_cash(amount, grant.campaign)
    last = book.noun(Bonus, grant.player_id, grant.bonus_id) if grant.bonus_id else None
    if last is not None and grows(last, at):
        book.put(grant)
        return as_bonus(book, last, amount, at)
    bonus = grant.promise.begun(grant.player_id, bonus_of(grant, at), grant.currency, at)
    if last is not None and last.terms.cap is not None:
        bonus = replace(bonus, terms=replace(bonus.terms, cap=last.terms.cap - last.converted))
    award = as_bonus(book, bonus, amount, at)
    lapsed = any(pocket == LAPSED for pocket, _ in award.parts)  # of an excluded player
    book.put(grant if lapsed else replace(grant, bonus_id=bonus.bonus_id))
    return award


def _unpromised(book: Book, bonus: Bonus, amount: int, at: int) -> tuple[Entry, ...]:
    """Put the bonus in the book with so much less granted, and return what leaves its pocket, if it has one yet."""
    if bonus.state is BonusState.QUEUED or bonus.state in OPEN_TO_PLAY:
        granted = max(0, bonus.granted - amount)
        requirement = wagering.requirement(bonus.terms, granted, 0)
        book.put(replace(bonus, granted=granted, requirement=requirement, changed_at=at))
    if bonus.state is BonusState.QUEUED:
        return ()
    pocket = book.pockets(bonus.player_id, bonus.currency).get(bonus.account)
    return taken_back(pocket.amount if pocket else 0, bonus, amount).entries
