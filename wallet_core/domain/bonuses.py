"""Bonuses in play: where their part of a win or of a returned stake goes, and what each play makes of them.

A play moves money first. Then `settle` compares the round as it was with the round as it is, and from that alone finds
wagering progress, conversion, and whether a bonus waits, is used up, or is open again.
"""

from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain import wagering
from wallet_core.domain.accounts import BONUS, BONUS_COST, BONUS_ISSUED, CASH
from wallet_core.domain.book import Book
from wallet_core.domain.decision import Outcome, Parts
from wallet_core.domain.entries import Entry, Kind, Transaction, digest, transaction_id
from wallet_core.domain.parts import source
from wallet_core.domain.pockets import add, balances
from wallet_core.domain.policies import Policies
from wallet_core.domain.promos import EXCLUDED, Bonus, OpenRounds, State, Timing
from wallet_core.domain.rounds import LAPSED, SET_OFF, Round
from wallet_core.domain.rounds import State as RoundState

PARTNER = "~bonus"
"""Whose id space the transactions are that a play leaves for a bonus."""

OPEN_TO_PLAY = frozenset({State.ACTIVE, State.SETTLING, State.FROZEN, State.CONSUMED})
"""States in which money may still go to its pocket: CONSUMED is opened again by it (R-RB-07)."""

OPEN = frozenset({RoundState.OPEN})
STANDING = OPEN | {RoundState.CLOSED}
"""States of a round in which its stakes are not given back."""


class Credit(Struct, frozen=True):
    """How parts reach a player, or leave him.

    Attributes:
        entries: their side of the journal; it sums to the parts.
        moved: pocket by pocket, LAPSED what reached none, or was not there; see `parts`.
    """

    entries: tuple[Entry, ...]
    moved: Parts


def is_bonus(pocket: str) -> bool:
    """Whether a pocket is a bonus's."""
    return pocket.startswith(BONUS)


def share(parts: Parts) -> tuple[int, int]:
    """Return how much of the parts is cash, and how much bonus money."""
    if len(parts) == 1:
        ((pocket, amount),) = parts
        return (0, amount) if is_bonus(pocket) else (amount, 0)
    bonus = sum(amount for pocket, amount in parts if is_bonus(pocket))
    return sum(amount for _, amount in parts) - bonus, bonus


def find(book: Book, player_id: str, pocket: str) -> Bonus:
    """Return the bonus of a pocket."""
    bonus = book.noun(Bonus, player_id, pocket.partition(":")[2])
    if bonus is None:
        raise AssertionError(pocket)  # a pocket without its bonus: a fault of ours
    return bonus


def forfeits(bonus: Bonus, at: int) -> bool:
    """Whether what its rounds still bring is forfeited: its time is over, and its terms say so (R-BONUS-12)."""
    return bonus.due(at) and bonus.terms.open_rounds is OpenRounds.FORFEIT


def _in_time(bonus: Bonus, round_: Round, at: int) -> bool:
    """Whether a stake at a microsecond may count for it: its round began before its end, where rounds are honoured;
    else the stake itself came before (R-BONUS-12). While it is frozen, the clock may stand still.
    """
    if bonus.state is State.FROZEN and bonus.terms.stops:
        return not bonus.due(bonus.frozen_at)
    return not bonus.due(round_.opened_at if bonus.terms.open_rounds is OpenRounds.HONOUR else at)


def credit(book: Book, player_id: str, parts: Parts, at: int = 0) -> Credit:
    """Return how money goes back to the pockets that paid: to cash within the cap where a bonus was converted since, to
    nobody where it is over (R-BONUS-17, R-RB-05, R-RB-06).

    Args:
        book: with the bonuses among the parts.
        player_id: whose they are.
        parts: what each pocket is to have.
        at: microsecond.
    """
    entries: list[Entry] = []
    moved: Parts = ()
    for pocket, amount in parts:
        bonus = find(book, player_id, pocket) if is_bonus(pocket) else None
        if bonus is None or (bonus.state in OPEN_TO_PLAY and not forfeits(bonus, at)):
            entries.append(Entry(pocket, amount))
            moved = add(moved, ((pocket, amount),))
            continue
        entries.append(Entry(BONUS_ISSUED, amount, bonus.template_id))
        found = wagering.Conversion(0, forfeited=amount)
        if bonus.state is State.CONVERTED:
            found = wagering.converted(bonus, amount)
            book.put(wagering.after(bonus, found))
        if found.to_cash:
            entries += Entry(CASH, found.to_cash), Entry(BONUS_COST, -found.to_cash, bonus.template_id)
        names = f"{CASH}:{pocket}", f"{LAPSED}:{pocket}", LAPSED
        moved = add(moved, tuple(zip(names, (found.to_cash, found.principal, found.forfeited), strict=True)))
    return Credit(tuple(entries), moved)


def set_off(book: Book, round_: Round, parts: Parts) -> Credit:
    """Return what of a win the bonuses have had already, of one that was taken back in vain: what that had cost is not
    given twice (R-RB-10, R-RB-12).
    """
    entries: list[Entry] = []
    moved: Parts = ()
    written_off = dict(round_.written_off)
    for pocket, amount in parts:
        if had := min(amount, written_off.get(pocket, 0)):
            entries.append(Entry(BONUS_COST, had, find(book, round_.player_id, pocket).template_id))
            moved = add(moved, ((f"{SET_OFF}:{pocket}", had),))
    return Credit(tuple(entries), moved)


def uncredited(book: Book, player_id: str, parts: Parts) -> tuple[Entry, ...]:
    """Return the house's side of taking back what parts of a win were of bonuses and did not go to their pockets. What
    a converted one had paid or lost by it, it may again when the win is corrected (R-BONUS-15, R-RB-12).
    """
    entries: list[Entry] = []
    for pocket, amount in parts:
        account = source(pocket)
        if not account:
            continue
        bonus = find(book, player_id, account)
        if pocket.startswith(SET_OFF):
            entries.append(Entry(BONUS_COST, -amount, bonus.template_id))
            continue
        cash = amount if pocket.startswith(CASH) else 0
        book.put(wagering.after(bonus, wagering.Conversion(cash, amount - cash), -1))
        entries += Entry(BONUS_COST, cash, bonus.template_id), Entry(BONUS_ISSUED, -amount, bonus.template_id)
    return tuple(entries)


def settle(
    book: Book,
    policies: Policies,
    before: Round | None,
    after: Round,
    at: int,
    *,
    also: Collection[str] = (),
) -> int:
    """Bring the bonuses that paid for a round up to what has become of it; return how many transactions that left.

    Args:
        book: with the money moved.
        policies: for what is known of the game.
        before, after: the round; none before its first stake.
        at: the microsecond of the first transaction it may leave.
        also: pockets of further bonuses, of which something was granted or taken back.
    """
    player_id = after.player_id
    mixed = {pocket for pocket, _ in (*after.mix, *(before.mix if before else ())) if is_bonus(pocket)}
    counting = {bonus_id for bonus_id, _ in (*after.counted, *after.wagered)}
    if not mixed and not counting and not also:
        return 0
    wagered = dict(after.wagered)
    left = 0
    for account in sorted(mixed.union((f"{BONUS}:{bonus_id}" for bonus_id in counting), also)):
        bonus = find(book, player_id, account)
        progressed, wagered[bonus.bonus_id] = _progress(bonus, policies, after, wagered.get(bonus.bonus_id, 0))
        touched = bonus.touched + _paid(after, account, STANDING) - _paid(before, account, STANDING)
        rounds = bonus.rounds + _paid(after, account, OPEN) - _paid(before, account, OPEN)
        left += _become(book, bonus, replace(progressed, rounds=rounds, touched=touched, staked=touched > 0), at + left)
    kept = tuple((bonus_id, amount) for bonus_id, amount in sorted(wagered.items()) if amount)
    if kept != after.wagered:
        book.put(replace(after, wagered=kept))
    return left


def counting(book: Book, policies: Policies, round_: Round, parts: Parts, at: int) -> str:
    """Return the id of the bonus that the cash of a stake counts for (R-WAGER-12): of those that paid for it too, or of
    all whose time it is where cash paid alone, the first that counts the game.
    """
    paid = [find(book, round_.player_id, pocket) for pocket, _ in parts if is_bonus(pocket)]
    here = (each for each in book.bonuses(round_.player_id) if each.currency == round_.currency)
    asked = paid or [each for each in here if _in_time(each, round_, at)]
    game = policies.game(round_.provider_id, round_.game_id, round_.policies)
    return wagering.cash_counts_for(
        [each for each in asked if wagering.rate(each.terms, round_.provider_id, round_.game_id, game)]
    )


def counted(book: Book, player_id: str, parts: Parts, cash_counts: str) -> Parts:
    """Return what of a stake counts, by bonus."""
    names = {pocket for pocket, _ in parts if is_bonus(pocket)} | ({f"{BONUS}:{cash_counts}"} if cash_counts else set())
    return wagering.counted([find(book, player_id, name) for name in names], parts, cash_counts) if names else ()


def _paid(round_: Round | None, account: str, states: frozenset[RoundState]) -> bool:
    """Whether stakes of a bonus are in a round that is in one of the states."""
    return round_ is not None and round_.state in states and account in dict(round_.mix)


def _progress(bonus: Bonus, policies: Policies, after: Round, had: int) -> tuple[Bonus, int]:
    """Return the bonus with what the round's surviving stakes count for it, and how much that is (R-WAGER-07, -10)."""
    target = 0
    if after.state in STANDING and (after.state is RoundState.CLOSED or bonus.terms.timing is Timing.BET):
        game = policies.game(after.provider_id, after.game_id, after.policies)
        rate = wagering.rate(bonus.terms, after.provider_id, after.game_id, game)
        counted = dict(after.counted).get(bonus.bonus_id, 0)
        target = wagering.standing(bonus.terms, game, counted * rate, after.odds, after.void)
    if target >= had:
        room = bonus.requirement - bonus.progress if bonus.live else 0
        delta = min(target - had, max(0, room))  # no more than is still asked for (R-WAGER-06)
    else:
        delta = target - had
    progress = max(0, bonus.progress + delta)
    short = bonus.short or (bonus.state is State.CONVERTED and progress < bonus.requirement)
    return replace(bonus, progress=progress, short=short), had + delta


def _become(book: Book, before: Bonus, bonus: Bonus, at: int) -> int:
    """Put the bonus in the state that its balance and progress lead to; return how many transactions that left."""
    pocket = book.pockets(bonus.player_id, bonus.currency).get(bonus.account)
    balance = pocket.amount if pocket else 0
    if bonus.state not in OPEN_TO_PLAY or bonus.state is State.FROZEN:
        _put(book, before, bonus, at)
        return 0
    over = forfeits(bonus, at)  # then nothing of it becomes cash: whoever ends it takes what it has
    if bonus.met and (bonus.requirement or balance) and not over:
        found = wagering.converted(bonus, balance)
        _leave(book, bonus, found, f"convert:{bonus.bonus_id}", at)
        _put(book, before, replace(wagering.after(bonus, found), state=State.CONVERTED, reason="wagering met"), at)
        return 1
    release = 0 if over else wagering.released_now(bonus, balance)
    if release:
        found = wagering.Conversion(release)
        _leave(book, bonus, found, f"release:{bonus.bonus_id}:{bonus.converted + release}", at)
        bonus, balance = wagering.after(bonus, found), balance - release
    left = int(release > 0)
    if balance and not bonus.rounds and _excluded(book, bonus.player_id):  # it was waited for its rounds (R-BONUS-24)
        found = wagering.given_up(bonus, balance)
        gone = replace(wagering.after(bonus, found), state=State.FORFEITED, reason=EXCLUDED)
        _leave(book, gone, found, f"forfeit:{bonus.bonus_id}", at + left)
        _put(book, before, gone, at + left)
        return left + 1
    state = State.ACTIVE if balance else State.SETTLING if bonus.rounds else State.CONSUMED
    _put(book, before, replace(bonus, state=state), at)
    return left


def _excluded(book: Book, player_id: str) -> bool:
    player = book.player(player_id)
    return player is not None and player.excluded


def _put(book: Book, before: Bonus, bonus: Bonus, at: int) -> None:
    """Put a bonus, if anything of it has changed."""
    if bonus != before:
        book.put(replace(bonus, changed_at=at))


def _leave(book: Book, bonus: Bonus, found: wagering.Conversion, external_key: str, at: int) -> None:
    """Leave the transaction of a conversion, or of a bonus that is forfeited, and its one journal (P-09, P-10)."""
    key = digest(PARTNER, external_key)
    identity = transaction_id(at, bonus.player_id, key)
    book.post(bonus.player_id, identity, bonus.currency, wagering.convert_entries(bonus, found))
    taken = found.to_cash + found.principal + found.forfeited
    gone = found.principal + found.forfeited
    over = bonus.state is State.FORFEITED
    words = (("state", bonus.state.name), ("reason", bonus.reason)) if over else ()
    held = balances(bonus.currency, book.pockets(bonus.player_id, bonus.currency))
    book.put(
        Transaction(
            player_id=bonus.player_id,
            key=key,
            transaction_id=identity,
            provider_id=PARTNER,
            external_key=external_key,
            kind=Kind.BONUS_FORFEIT if over else Kind.BONUS_CONVERSION,
            outcome=Outcome.APPLIED if taken else Outcome.NOOP,
            currency=bonus.currency,
            amount=found.to_cash,
            committed_at=at,
            parts=add((), ((bonus.account, -taken), (CASH, found.to_cash))) if taken else (),
            info=(("bonus", bonus.bonus_id), ("template", bonus.template_id), ("given up", str(gone)), *words),
            cash_after=held.cash,
            bonus_after=held.bonus,
            debt_after=held.debt,
        )
    )


def taken_back(available: int, bonus: Bonus, amount: int) -> Credit:
    """Return how a win that went to a bonus is taken back: what is not there is written off, never owed (R-RB-10)."""
    taken = min(available, amount)
    entries = Entry(bonus.account, -taken), Entry(BONUS_COST, taken - amount, bonus.template_id)
    return Credit(entries, add((), ((bonus.account, -taken), (f"{SET_OFF}:{bonus.account}", taken - amount))))
