"""Free rounds in play: what a round of a grant stakes (nothing), and where what it wins goes (rulebook 6.4).

A play calls `begin` for a stake and `give_back` for its rollback, `win` for a win and `undo` for its rollback, and
`end` when the round closes; the rows that `free_rounds.rows` names are in its book.
"""

from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain import wagering
from wallet_core.domain.accounts import BONUS, BONUS_COST, BONUS_ISSUED, CASH, DEBT, HELD
from wallet_core.domain.awards import Award, as_bonus, in_cash
from wallet_core.domain.bonuses import OPEN_TO_PLAY, find, is_bonus, taken_back, uncredited
from wallet_core.domain.book import Book
from wallet_core.domain.decision import Parts, Reason, Refused
from wallet_core.domain.entries import Entry
from wallet_core.domain.free_rounds import Event, Grant, Settle, State, after, bonus_of, dispute_of
from wallet_core.domain.holds import DAY, QUIET, Basis, Hold, HoldReason
from wallet_core.domain.holds import State as HoldState
from wallet_core.domain.parts import source
from wallet_core.domain.pockets import add
from wallet_core.domain.promos import Bonus
from wallet_core.domain.promos import State as BonusState
from wallet_core.domain.rounds import LAPSED, NOWHERE, Round, nowhere

DISPUTED = f"{HELD}:{HoldReason.DISPUTE.name}"
"""Where a free win goes that no grant covers (R-FREE-06)."""

DISPUTE_DAYS = 30
"""Days after which it is the player's, if nobody has decided by then (R-HOLD-02)."""


class FreeWin(Struct, frozen=True):
    """A win of a free round, or what of one is taken back.

    Attributes:
        amount: ledger units, at least 0.
        key: of the win's transaction, also where it is taken back.
        at: microsecond of the win, or of its rollback.
        round: as it was before that; none where nothing of it came before, or there is none.
    """

    player_id: str
    provider_id: str
    currency: str
    amount: int
    key: bytes
    at: int
    round: Round | None = None

    @property
    def again(self) -> bool:
        """Whether the round had won before."""
        return self.round is not None and self.round.won > 0


def begin(grant: Grant | None, provider_id: str, game_id: str, currency: str, at: int) -> Grant:
    """Return the grant with one more round begun. It stakes nothing, whatever a round is worth (R-FREE-03).

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
    state = after(grant, Event.BEGIN)
    if grant.used >= grant.rounds:
        raise Refused(Reason.BONUS_STATE, "All the free rounds have been played.")
    return replace(grant, state=state, used=grant.used + 1, open=grant.open + 1, changed_at=at)


def give_back(grant: Grant, at: int) -> Grant:
    """Return the grant with a round that was begun rolled back: it may be played again, while the grant lives."""
    return replace(grant, used=max(0, grant.used - 1), open=max(0, grant.open - 1), changed_at=at)


def disputable(grant: Grant | None, free: FreeWin) -> str:
    """Return why a win is not covered by the grant it names (R-FREE-05, R-FREE-06); nothing where it is."""
    if grant is None or (grant.provider_id, grant.currency) != (free.provider_id, free.currency):
        return "a free win without a grant"
    if grant.state is State.ISSUED:
        return "the provider never confirmed the grant"
    if grant.over(free.round.opened_at if free.round is not None else free.at):
        return "the round began after the grant was over"
    if grant.paid + (not free.again) > grant.rounds:
        return "more rounds won than were granted"
    return ""


def win(book: Book, grant: Grant | None, free: FreeWin) -> Award:
    """Put the grant in the book with a win counted, and return where the win goes (R-FREE-04).

    A win of a round that was never begun uses one up. What comes above the cap lapses. What waits for the end moves
    nothing yet. What no grant covers is held for a dispute, never refused (R-FREE-06).

    Raises:
        Refused: INVALID_AMOUNT, the bonus would ask for more wagering than can be counted.
    """
    if not free.amount:
        return Award()
    why = disputable(grant, free)
    if grant is None or why:
        return _dispute(book, grant, free, why)
    if free.round is None and grant.live and grant.used < grant.rounds:
        grant = replace(grant, state=after(grant, Event.BEGIN), used=grant.used + 1)
    credited = min(free.amount, max(0, grant.cap - grant.won)) if grant.cap else free.amount
    waits = grant.settle is Settle.END and grant.live
    grant = replace(
        grant,
        paid=grant.paid + (not free.again),
        won=grant.won + credited,
        waiting=grant.waiting + credited if waits else grant.waiting,
        changed_at=free.at,
    )
    book.put(grant)
    award = Award() if waits else _award(book, grant, credited, free.at)
    return replace(award, parts=add(award.parts, ((LAPSED, free.amount - credited),)))


def end(book: Book, grant: Grant | None, at: int) -> Award:
    """Put the grant in the book with one of its rounds ended; after the last, return what has waited for that.

    Rounds of which no stake came are not among those that are open, but among those that were used.
    """
    if grant is None:
        return Award()
    grant = replace(grant, open=max(0, grant.open - 1), changed_at=at)
    if grant.state is State.IN_USE and not grant.open and grant.used >= grant.rounds:
        state = after(grant, Event.COMPLETE)
        return pay_out(book, replace(grant, state=state, over_at=at, reason="all played"), at)
    book.put(grant)
    return Award()


def pay_out(book: Book, grant: Grant, at: int) -> Award:
    """Put the grant in the book with nothing waiting any more, and return where what has waited goes."""
    book.put(replace(grant, waiting=0))
    return _award(book, grant, grant.waiting, at)


def undo(book: Book, grant: Grant | None, free: FreeWin, parts: Parts) -> Award:
    """Return how a free win is taken back (R-RB-09, R-RB-10): from where it went; what moved nothing, from what waits.

    Cash that is not there is owed; bonus money that is not there is written off.

    Args:
        book: with the rows that `rows` names.
        grant: that the win named.
        free: what is taken back.
        parts: of the win's that make it up, none below zero; what is missing of the amount waits, or has waited.
    """
    if not free.amount:
        return Award()
    rest = free.amount - sum(part for _, part in parts)
    if grant is not None and not any(pocket == DISPUTED for pocket, _ in parts):
        waiting = min(rest, grant.waiting)
        book.put(
            replace(
                grant,
                paid=grant.paid - (free.round is None or free.round.won <= free.amount),
                won=grant.won - free.amount + sum(part for pocket, part in parts if pocket in NOWHERE),
                waiting=grant.waiting - waiting,
                changed_at=free.at,
            )
        )
        pocket = f"{BONUS}:{bonus_of(grant.grant_id)}" if grant.promise else CASH
        parts = add(parts, ((pocket, rest - waiting),))
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
            lines = () if nowhere(pocket) else _taken(book, free, part, disputed=False)
            house = *uncredited(book, free.player_id, ((pocket, part),)), Entry(BONUS_ISSUED, part, bonus.template_id)
        else:
            lines = _taken(book, free, part, disputed=pocket == DISPUTED)
            house = (Entry(BONUS_COST, part, grant.campaign if grant else ""),)
        entries += *lines, *house
        moved = add(moved, tuple((line.account, line.amount) for line in lines if line.account != BONUS_COST))
    return Award(tuple(entry for entry in entries if entry.amount), moved)


def _award(book: Book, grant: Grant, amount: int, at: int) -> Award:
    """Return where winnings go."""
    if grant.promise is None or not amount:
        return in_cash(amount, grant.campaign)
    blank = grant.promise.begun(grant.player_id, bonus_of(grant.grant_id), grant.currency, at)
    return as_bonus(book, blank, amount, at)


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


def _dispute(book: Book, grant: Grant | None, free: FreeWin, why: str) -> Award:
    """Return a win as held, with the hold that says so (R-FREE-06)."""
    hold_id = dispute_of(free.key)
    hold = Hold(
        player_id=free.player_id,
        hold_id=hold_id,
        currency=free.currency,
        reason=HoldReason.DISPUTE,
        state=HoldState.PLACED,
        amount=free.amount,
        captured=0,
        sources=((CASH, free.amount),),
        basis=Basis.TERMS,
        clause="R-FREE-06",
        owner="providers",
        case_id=hold_id,
        text_key="hold.dispute",
        evidence=f"{why}: {grant.grant_id}" if grant else why,
        account_freeze=False,
        discreet=False,
        placed_at=free.at,
        review_at=free.at + QUIET[HoldReason.DISPUTE],
        expires_at=free.at + DISPUTE_DAYS * DAY,
        changed_at=free.at,
    )
    book.put(hold)
    cost = Entry(BONUS_COST, -free.amount, grant.campaign if grant else "")
    return Award((Entry(DISPUTED, free.amount, hold_id), cost), ((DISPUTED, free.amount),))


def _taken(book: Book, free: FreeWin, amount: int, *, disputed: bool) -> tuple[Entry, ...]:
    """Return an amount taken from the win's hold, if it was disputed; then from cash; the rest is owed."""
    hold_id = dispute_of(free.key)
    hold = book.noun(Hold, free.player_id, hold_id) if disputed else None
    held = min(amount, hold.held) if hold else 0
    if hold and held:
        left = hold.held - held
        book.put(
            replace(
                hold,
                state=hold.state if left else HoldState.CAPTURED,
                sources=((CASH, left),) if left else (),
                captured=hold.captured + held,
                review_at=hold.review_at if left else 0,
                changed_at=free.at,
            )
        )
    pocket = book.pockets(free.player_id, free.currency).get(CASH)
    cash = min(amount - held, pocket.amount if pocket else 0)
    lines = Entry(DISPUTED, -held, hold_id), Entry(CASH, -cash), Entry(DEBT, held + cash - amount)
    return tuple(line for line in lines if line.amount)
