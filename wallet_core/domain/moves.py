"""Moves: how a play's money leaves a player and reaches him, by the policies and by what has become of his bonuses.

Postings are the templates of rulebook 3.4: P-02 stake, P-03 win, P-07 win reversal.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain import accounts, bonuses, rounds
from wallet_core.domain.debts import recovery
from wallet_core.domain.decision import Balances, Outcome, Parts, Reason, Refused
from wallet_core.domain.entries import Category, Entry, Transaction
from wallet_core.domain.exposure import exposed
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.parts import by_pocket, source
from wallet_core.domain.players import context
from wallet_core.domain.pockets import add, cash_taken
from wallet_core.domain.policies import Basis, Split, WriteOff
from wallet_core.domain.promos import Bonus
from wallet_core.domain.rounds import Round
from wallet_core.domain.table import Table
from wallet_core.domain.write_off import SPLITS, Candidate, Funding, candidates, fund, in_order, pro_rata

STAKED = {
    True: (accounts.IN_PLAY, accounts.IN_PLAY_BONUS),
    False: (accounts.STAKES, accounts.BONUS_STAKES),
}
"""Where a stake goes, cash and bonus money, by whether the round is open."""


ASIDE = {Category.TIP: accounts.TIPS_PAYABLE, Category.FEE: accounts.FEES}
"""Where a BET goes that is no stake: of cash alone, no turnover, and counted for nothing (R-TIP-01)."""


class Move(Struct, frozen=True, gc=False):
    """What an action moves.

    Attributes:
        entries: the journal; none for what moves nothing.
        parts: pocket by pocket, for the player; what a rollback will undo.
        round: the round after it, its IN_PLAY not yet posted.
        outcome: APPLIED, or NOOP where nothing happened at all.
        returned: what of it was due to bonuses, whether they are still there to have it or not.
    """

    entries: tuple[Entry, ...] = ()
    parts: Parts = ()
    round: Round | None = None
    outcome: Outcome = Outcome.APPLIED
    returned: int = 0


NOTHING = Move(outcome=Outcome.NOOP)


def pay(
    table: Table, amount: int, round_: Round | None, bets: Sequence[Transaction] = (), *, early: bool = False
) -> Move:
    """Return how a win, or what is added to one, is paid (P-03); what a void has refunded is not paid again, unless the
    win was there before it (`early`).

    Raises:
        Refused: INVALID_AMOUNT, the pocket would overflow.
    """
    voided = round_ is not None and round_.state is rounds.State.VOIDED and not early
    refunded = min(amount, round_.refunded) if round_ is not None and voided else 0
    paid = amount - refunded
    if any(pocket.amount + paid > INT64_MAX for pocket in table.purse.values()):
        raise Refused(Reason.INVALID_AMOUNT)
    bonus = 0
    if round_ is None or not round_.mixed:
        parts = pro_rata(paid, round_.mix if round_ is not None else (), table.quantum)
        entries = [*(Entry(pocket, part) for pocket, part in parts), Entry(accounts.WINS, -paid)]
    else:
        mix = _mix(table, round_, bets)
        shares = SPLITS[_win_split(table, round_, mix)](paid, mix, table.quantum, round_.returned)
        had = bonuses.set_off(table.book, round_, shares)
        rest = add(shares, tuple((source(name), part) for name, part in had.moved), -1)
        credited = bonuses.credit(table.book, round_.player_id, rest, table.at)
        cash, bonus = bonuses.share(shares)
        parts = (*credited.moved, *had.moved)
        entries = [*credited.entries, *had.entries, Entry(accounts.WINS, -cash), Entry(accounts.BONUS_WINS, -bonus)]
    if debt := table.debt():
        entries += recovery(_recovered(table), by_pocket(parts), debt)
    moved = (*parts, (rounds.REFUNDED, refunded)) if voided else parts
    return Move(tuple(entries) if paid else (), moved, returned=bonus)


def _recovered(table: Table) -> int:
    """Return how many percent of a win pay back what the player owes (R-DEBT-03)."""
    command, player = table.command, table.book.player(table.command.player_id)
    otherwise = command.terms.debt_recovery_win
    return command.policies.said("debt.recovery_win", context(player), otherwise) if player else otherwise


def _mix(table: Table, round_: Round, bets: Sequence[Transaction]) -> Parts:
    """Return the stakes a win is split by: all that survive, or those it names where the policy says so (R-FUND-12).

    They stand in write-off order, whichever was staked first: it settles ties (R-MONEY-06).
    """
    rule = policy(table, round_)
    mix: Parts = ()
    if rule.basis is not Basis.ROUND:
        for row in bets:
            mix = add(mix, row.remaining, -1) if row.round_id == round_.round_id else mix
    paid_by = (Candidate(pocket, part, _bonus(table, round_, pocket)) for pocket, part in mix or round_.mix)
    return tuple((each.pocket, each.available) for each in in_order(paid_by, rule))


def _bonus(table: Table, round_: Round, pocket: str) -> Bonus | None:
    return bonuses.find(table.book, round_.player_id, pocket) if bonuses.is_bonus(pocket) else None


def _win_split(table: Table, round_: Round, mix: Parts) -> Split:
    """Return how a win is split: as the first bonus says that paid for it, else the policy the round began with; always
    as that where it is locked (R-CFG-01).
    """
    rule = policy(table, round_)
    payers = (_bonus(table, round_, pocket) for pocket, _ in (() if rule.split_locked else mix))
    own = (bonus.terms.split for bonus in payers if bonus is not None)
    return next(filter(None, own), rule.split)


def policy(table: Table, round_: Round) -> WriteOff:
    """Return the write-off policy of a round: the version it began with (R-FUND-09)."""
    player = table.book.player(round_.player_id)
    brand_id = player.brand_id if player else ""
    return table.command.policies.write_off(brand_id, round_.provider_id, round_.game_id, round_.policies)


def funding(table: Table, amount: int, round_: Round) -> Funding:
    """Return how a stake is paid from all pockets there are."""
    command, book = table.command, table.book
    place = command.provider_id, table.game_id
    game = command.policies.game(*place, round_.policies)
    found = candidates(table.purse, book.bonuses(command.player_id), place, game, table.at)
    return fund(amount, found, policy(table, round_), command.choice, table.quantum)


def aside(category: Category, parts: Parts) -> Move:
    """Return how what is no stake is taken past the round it is in; or given back, of parts above zero (P-19)."""
    amount = sum(part for _, part in parts)
    house = Entry(ASIDE[category], -amount)
    return Move((*(Entry(pocket, part) for pocket, part in parts), house) if amount else (), parts)


def seen(table: Table, held: Balances) -> Balances:
    """Return what of a player's balances the provider of a play is shown (R-FUND-14), by the policies in force now;
    `held` itself, where that is all of them.
    """
    if table.cash_alone:
        return held
    command, book = table.command, table.book
    provider_id, game_id, policies = command.provider_id, table.game_id, command.policies
    player = book.player(command.player_id)
    rule = policies.write_off(player.brand_id if player else "", provider_id, game_id, policies.version)
    game = policies.game(provider_id, game_id)
    found = candidates(table.purse, book.bonuses(command.player_id), (provider_id, game_id), game, table.at)
    shown = exposed(held, found, rule, command.profile)
    return held if shown == held else shown


def take(table: Table, parts: Parts) -> Move:
    """Return how money that was won is taken back (P-07, R-RB-09, R-RB-10): from the pockets it went to, else from
    cash; cash that is not there is owed, bonus money that is not there is written off.

    Raises:
        Refused: INVALID_AMOUNT, the debt would overflow.
    """
    lost = tuple(part for part in parts if rounds.nowhere(part[0]))
    promised = [part for part in parts if bonuses.is_bonus(part[0])]
    amount = sum(part for _, part in parts) - sum(part for _, part in (*lost, *promised))
    taken = tuple((pocket, -part) for pocket, part in cash_taken(table.purse, parts))
    rest = amount + sum(part for _, part in taken)
    if table.debt() + rest > INT64_MAX:
        raise Refused(Reason.INVALID_AMOUNT)
    taken = add(taken, ((accounts.DEBT, -rest),))
    lapsed = dict(lost).get(rounds.LAPSED, 0)
    converted = tuple(part for part in parts if source(part[0]))
    due = sum(part for _, part in (*promised, *converted)) + lapsed
    won = sum(part for _, part in parts) - dict(lost).get(rounds.REFUNDED, 0)
    entries = [*(Entry(pocket, part) for pocket, part in taken), Entry(accounts.WINS, won - due)]
    entries += Entry(accounts.BONUS_WINS, due), Entry(accounts.BONUS_ISSUED, -lapsed)
    entries += bonuses.uncredited(table.book, table.command.player_id, converted)
    for pocket, part in promised:
        bonus = bonuses.find(table.book, table.command.player_id, pocket)
        back = bonuses.taken_back(table.available(pocket), bonus, part)
        entries += back.entries
        taken = add(taken, back.moved)
    moves = any(entry.amount for entry in entries)
    return Move(tuple(entries) if moves else (), add(taken, lost, -1), returned=-due)


def paid(move: Move, round_: Round, **sums: int) -> Round:
    """Return the round with what a move pays to or takes from its winner counted."""
    refunded = dict(move.parts).get(rounds.REFUNDED, 0)
    won = sum(part for pocket, part in move.parts if not rounds.nowhere(pocket))
    set_off = tuple((source(pocket), part) for pocket, part in move.parts if pocket.startswith(rounds.SET_OFF))
    return replace(
        round_,
        won=round_.won + won,
        returned=max(0, round_.returned + move.returned),
        refunded=round_.refunded - refunded,
        written_off=add(round_.written_off, set_off, -1) if set_off else round_.written_off,
        **sums,
    )
