"""Actions: what a bet, a win or a note moves. One function a kind, each returning its move.

Postings are the templates of rulebook 3.4: P-02 stake; P-03 win and P-04 close are the table's.
"""

from collections.abc import Callable

from msgspec.structs import replace

from wallet_core.domain import accounts, bonuses, free_play, moves, rounds
from wallet_core.domain.commands import Action
from wallet_core.domain.decision import Outcome, Parts, Reason, Refused
from wallet_core.domain.entries import NO_PLAYER, Category, Entry, Kind, Transaction, digest
from wallet_core.domain.free_rounds import FreeWin
from wallet_core.domain.moves import ASIDE, NOTHING, STAKED, Move
from wallet_core.domain.pockets import add, cash_parts
from wallet_core.domain.profiles import LateStake, Settle, WinReference
from wallet_core.domain.promos import MaxBetBasis, MaxBetScope
from wallet_core.domain.rollbacks import amend, rollback
from wallet_core.domain.rounds import Event, Round
from wallet_core.domain.table import Table
from wallet_core.domain.write_off import RESTING, Candidate, waterfall


def bet(table: Table, action: Action) -> Move:
    """Take a stake: from the pockets the write-off rule names, into play (P-02)."""
    amount = table.amount(action)
    if action.category in ASIDE:
        return _aside(table, action, amount)
    round_ = table.opened()
    if round_ is None:
        raise Refused(Reason.INVALID_REQUEST, "A bet needs a round_id.")
    late = table.command.profile.late_stake is LateStake.ACCEPT or not round_.stakes
    state = rounds.after(round_, Event.STAKE, late=late)
    if action.grant:
        return _free_stake(table, action, round_, state)
    mix = _funded(table, action, amount, round_)
    cash, bonus = bonuses.share(mix)
    house, house_bonus = STAKED[state is rounds.State.OPEN]
    entries = [*[Entry(pocket, -part) for pocket, part in mix], Entry(house, cash)]
    counted: Parts = ()
    if bonus:
        entries.append(Entry(house_bonus, bonus))
    if bonus or table.book.bonuses(round_.player_id):
        policies = table.command.policies
        table.cash_counts = bonuses.counting(table.book, policies, round_, mix, table.at) if cash else ""
        counted = bonuses.counted(table.book, round_.player_id, mix, table.cash_counts)
    return Move(
        entries=tuple(entries) if amount else (),
        parts=tuple((pocket, -part) for pocket, part in mix),
        round=table.changed(
            round_,
            state,
            add(round_.mix, mix),
            stakes=round_.stakes + 1,
            standing=round_.standing + 1,
            odds=min(action.odds, round_.odds or action.odds) if action.odds else round_.odds,
            counted=add(round_.counted, counted) if counted else round_.counted,
        ),
    )


def _aside(table: Table, action: Action, amount: int) -> Move:
    """Take a tip or a fee: of cash alone, whatever bonuses there are (R-TIP-01).

    Raises:
        Refused: INSUFFICIENT_FUNDS.
    """
    paid = cash_parts(table.purse, amount)
    if paid is None or cash_parts(table.purse, action.minimum_balance) is None:
        raise Refused(Reason.INSUFFICIENT_FUNDS)
    return moves.aside(action.category, tuple((pocket, -part) for pocket, part in paid))


def _free_stake(table: Table, action: Action, round_: Round, state: rounds.State) -> Move:
    """Begin a round of a grant: nobody pays for it (R-FREE-03).

    Raises:
        Refused: REFERENCE_MISMATCH, the round is another grant's; what `free_play.may_begin` says.
    """
    command = table.command
    if round_.grant not in {"", action.grant}:
        raise Refused(Reason.REFERENCE_MISMATCH, "The round is played for other free rounds.")
    if not free_play.used(round_):
        grant = table.grant(action.grant)
        at = table.at + table.index
        free_play.may_begin(grant, command.provider_id, table.game_id, table.currency, at)
    table.granted = action.grant
    sums = {"stakes": round_.stakes + 1, "standing": round_.standing + 1}
    return Move(round=replace(table.changed(round_, state, round_.mix, **sums), grant=action.grant))


def _granted(action: Action, round_: Round | None) -> str:
    """Return the grant of free rounds that a win is of: the one it names; else its round's, where no paid stake stands
    beside the free one (R-FREE-04, R-FUND-13).
    """
    if action.grant or round_ is None or action.category not in {Category.GAME, Category.FREE_ROUND}:
        return action.grant
    return "" if round_.mix or round_.refunded or round_.state is rounds.State.CANCELLED else round_.grant


def _free_win(table: Table, action: Action, amount: int, grant_id: str) -> Move:
    """Pay a win of a grant's round to where its winnings go (R-FREE-04); never refused (R-FREE-06)."""
    command, round_, grant = table.command, table.opened(), table.grant(grant_id)
    at = table.at + table.index
    free = FreeWin(
        player_id=command.player_id,
        provider_id=command.provider_id,
        currency=table.currency,
        amount=amount,
        key=action.key,
        at=at,
        began=round_.opened_at if round_ is not None else at,
    )
    if round_ is not None and not round_.grant and not round_.standing and free_play.joins(grant, free):
        round_ = replace(round_, grant=grant_id)
    alone = round_ is None or round_.grant != grant_id
    counts = alone or (round_ is not None and not round_.won)
    award = free_play.win(table.book, grant, replace(free, alone=alone, counts=counts))
    table.granted = grant_id
    if round_ is None:
        return Move(award.entries, award.parts)
    return Move(
        award.entries,
        award.parts,
        table.changed(round_, round_.state, round_.mix, won=round_.won + amount),
    )


def _funded(table: Table, action: Action, amount: int, round_: Round) -> Parts:
    """Return which pockets pay a stake (rulebook 4); where there is more than cash, the record of why is kept.

    Raises:
        Refused: INSUFFICIENT_FUNDS, MAX_BET_BONUS.
    """
    purse, command = table.purse, table.command
    alone = (len(purse) <= 1 or table.cash_alone) and not command.choice
    if alone and not table.book.bonuses(command.player_id):
        pocket = purse.get(accounts.CASH)
        cash = pocket.amount if pocket else 0
        mix = waterfall(amount, [(accounts.CASH, cash)])
        if mix is None or cash < action.minimum_balance:
            raise Refused(Reason.INSUFFICIENT_FUNDS)
        return mix
    funding = moves.funding(table, amount, round_)
    if funding.mix is None or funding.playable < action.minimum_balance:
        raise Refused(Reason.INSUFFICIENT_FUNDS)
    if any(_too_large(each, amount, funding.mix, round_) for each in funding.candidates):
        raise Refused(Reason.MAX_BET_BONUS)
    table.funding = funding
    return funding.mix


def _too_large(candidate: Candidate, amount: int, mix: Parts, round_: Round) -> bool:
    """Whether a stake is larger than a bonus lets it be (R-BONUS-20): one that pays for it, or has paid for its round
    where that is compared; or any that is active, whatever the player has chosen to pay with, where the terms say so.
    """
    bonus = candidate.bonus
    if bonus is None or bonus.terms.max_bet is None or candidate.why_not in RESTING:
        return False
    terms = bonus.terms
    before, earlier = (round_.staked, round_.mix) if terms.max_bet_scope is MaxBetScope.ROUND_TOTAL else (0, ())
    bound = terms.max_bet_basis is MaxBetBasis.WHILE_ACTIVE or bonus.account in dict((*earlier, *mix))
    return bound and amount + before > bonus.terms.max_bet


def win(table: Table, action: Action) -> Move:
    """Pay a win, split by what paid the round's stakes (P-03); debt is recovered from it where the terms say so.

    An adjustment below zero takes instead: it corrects what was won, so nothing gates it, and no profile forgives it.
    """
    amount = table.amount(action)
    if grant_id := _granted(action, table.round()):
        return _free_win(table, action, amount, grant_id)
    bets = _bets_won(table, action, table.round())
    round_ = _round_won(table, bets)
    if amount < 0:
        move = moves.take(table, ((accounts.CASH, -amount),))
    else:
        move = moves.pay(table, amount, round_ if action.category is Category.GAME else None, bets)
    for row in bets:
        table.book.put(replace(row, settlements=row.settlements + 1))
    if round_ is None:
        return move
    if action.category is not Category.GAME:  # it was not staked for, so no rollback of stakes undoes it (E-36)
        return replace(move, round=table.changed(round_, round_.state, round_.mix, won=round_.won + amount))
    late = table.command.profile.late_stake is LateStake.ACCEPT and bool(action.references)
    state = rounds.after(round_, Event.WIN, late=late)
    paid = moves.paid(move, round_, wins=round_.wins + (not action.references), void=action.void)
    return replace(move, round=table.changed(paid, state, paid.mix))


def _bets_won(table: Table, action: Action, round_: Round | None) -> list[Transaction]:
    """Return the bets the win names (R-PROV-04, R-PROV-05).

    Raises:
        Refused: REFERENCE_NOT_FOUND, REFERENCE_MISMATCH, REFERENCE_ROLLED_BACK, REFERENCE_SETTLED, WRONG_CURRENCY.
    """
    if action.category is not Category.GAME:
        return []  # it was not staked for (R-PROV-04)
    rule = table.command.profile.win_reference
    found, reasons = [], []
    for reference in action.references:
        row = table.find(reference) or table.book.transaction(NO_PLAYER, digest(table.command.provider_id, reference))
        reason = _unfit(table, row)
        if reason is not None:
            reasons.append(reason)
        elif row is not None:
            found.append(row)
    if rule is WinReference.NONE:
        reasons = [reason for reason in reasons if reason is not Reason.REFERENCE_NOT_FOUND]
    elif not action.references and (round_ is None or not round_.stakes):
        reasons.append(Reason.REFERENCE_NOT_FOUND)
    elif rule is WinReference.MUST_BE_OPEN and round_ is not None and round_.state is rounds.State.CLOSED:
        reasons.append(Reason.REFERENCE_SETTLED)
    if reasons:
        raise Refused(min(reasons))
    return found


def _round_won(table: Table, bets: list[Transaction]) -> Round | None:
    """Return the round a win is of: the one the play names; where none of the bets it names is of that, and bonus money
    paid for one, theirs: where its money goes is what its stake says, whatever the win says of its round (law 9).
    """
    command = table.command
    named = {row.round_id for row in bets}
    if command.round_id not in named:
        for row in bets:
            if row.mixed:
                return table.book.round(command.player_id, command.provider_id, row.round_id)
    return table.opened()


def _unfit(table: Table, row: Transaction | None) -> Reason | None:
    """Return why a win may not name this transaction; none for a bet that stands."""
    if row is None or row.outcome is Outcome.REFUSED:
        return Reason.REFERENCE_NOT_FOUND
    if row.kind not in {Kind.BET, Kind.TOMBSTONE}:
        return Reason.REFERENCE_MISMATCH
    if row.kind is Kind.BET and row.currency != table.currency:
        return Reason.WRONG_CURRENCY  # E-38
    if row.outcome is Outcome.NOOP or row.undone:
        return Reason.REFERENCE_ROLLED_BACK
    if row.settlements and table.command.profile.settle is Settle.ONCE:
        return Reason.REFERENCE_SETTLED
    return None


def note(_table: Table, _action: Action) -> Move:
    """Record only."""
    return NOTHING


ACTIONS: dict[Kind, Callable[[Table, Action], Move]] = {
    Kind.BET: bet,
    Kind.WIN: win,
    Kind.ROLLBACK: rollback,
    Kind.NOTE: note,
    Kind.AMEND: amend,
}
