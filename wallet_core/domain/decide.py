"""The one door to the rules: what a command needs to know, and what it leads to.

`needs` names rows, the engine loads them for the whole batch, `decide` works on the book and returns the answer. Pure
and synchronous: same rows, same command, same microsecond, same decision.
"""

from msgspec.structs import replace

from wallet_core.domain import (
    activations,
    bonuses,
    budget_commands,
    endings,
    free_play,
    free_round_commands,
    fx_commands,
    fx_refunds,
    grants,
    hold_commands,
    hold_times,
    ledger,
    payments,
    payouts,
    play,
    play_needs,
    player_commands,
    players,
    points_commands,
    policy_commands,
    rate_commands,
    rounds,
    sessions,
    subwallets,
    templates,
    withdrawals,
)
from wallet_core.domain import commands as c
from wallet_core.domain.book import Book, Needs
from wallet_core.domain.decision import FATE, Decision, Fate, Outcome, Reason, Refused
from wallet_core.domain.desk import Desk, Poster, kept, posted
from wallet_core.domain.entries import GRANT, NO_PLAYER, Journal, Kind, Posting, Transaction, digest, transaction_id
from wallet_core.domain.play import result
from wallet_core.domain.pockets import add, balances, shown
from wallet_core.domain.policies import Policies
from wallet_core.domain.profiles import UNKNOWN_ROLLBACK
from wallet_core.domain.templates import Template


def needs(command: c.Command, wanted: Needs) -> None:
    """Add the rows the command will read to `wanted`."""
    wanted.players.add(command.player_id)
    match command:
        case c.Play():
            play_needs.needs(command, wanted)
        case c.OpenSession() | c.CloseSession():
            wanted.sessions.add((command.player_id, command.session_id))
        case c.RotateSession():
            wanted.sessions.add((command.player_id, command.session_id))
            wanted.sessions.add((command.player_id, command.successor))
        case c.Recorded():
            wanted.transactions.add((command.player_id, digest(*command.partner)))
            wanted.transactions.update((command.player_id, digest(*each)) for each in command.earlier)
            for kind, row in command.rows:
                wanted.want(kind, row)
            if isinstance(command, c.VoidRound):
                wanted.rounds.add((command.player_id, command.provider_id, command.round_id))
            wanted.further |= isinstance(command, free_round_commands.OfGrant)
        case c.Bury():
            wanted.transactions.add(c.grave(command.provider_id, command.external_key))
        case c.CreatePlayer():
            pass


def follow(command: c.Command, book: Book, wanted: Needs) -> None:
    """Add the rows whose names stand in rows that are loaded by now."""
    if isinstance(command, c.Play):
        play_needs.follow(command, book, wanted)
    elif isinstance(command, c.VoidRound):
        round_ = book.round(command.player_id, command.provider_id, command.round_id)
        play_needs.follow_round(book, round_, wanted)
    elif isinstance(command, free_round_commands.OfGrant):
        play_needs.bonus_of(book, command.player_id, command.grant_id, wanted)
    for bonus in book.queued(command.player_id):
        wanted.want(Template, templates.key_of(bonus.template_id, bonus.version))


def decide(book: Book, command: c.Command, now: int) -> Decision:
    """Decide one command on the book at the microsecond `now`."""
    mark = book.mark()
    try:
        match command:
            case c.Play():
                return play.decide(book, command, now)
            case c.CreatePlayer():
                return _create_player(book, command, now)
            case c.OpenSession() | c.RotateSession() | c.CloseSession():
                return _session(book, command, now)
            case c.Bury():
                return _bury(book, command, now)
            case c.Recorded():
                return _record(book, command, now)
    except Refused as refused:
        book.undo(mark)
        return Decision(command.player_id, refusal=refused.refusal)


def _create_player(book: Book, command: c.CreatePlayer, now: int) -> Decision:
    existing = book.player(command.player_id)
    player = players.create(command, existing, now)
    if existing is None:
        book.put(player)
    return Decision(command.player_id, row=player, replayed=existing is not None)


def _session(book: Book, command: c.OpenSession | c.RotateSession | c.CloseSession, now: int) -> Decision:
    player = players.belongs(book.player(command.player_id), "", "")
    existing = book.session(command.player_id, command.session_id)
    now = max(now, player.changed_at + 1)  # as of any command: else a session may be over before its first bet
    match command:
        case c.OpenSession():
            session = sessions.opened(command, player, existing, now)
        case c.RotateSession():
            before = sessions.known(existing, command.provider_id)
            taken = book.session(command.player_id, command.successor)
            if before.successor == command.successor:
                return Decision(command.player_id, row=taken, replayed=True)
            before, session = sessions.rotated(sessions.seen(before, player), command.successor, taken, now)
            book.put(before)
        case c.CloseSession():
            session = sessions.closed(sessions.known(existing, command.provider_id), player)
    if session is not existing:
        book.put(session)
        book.touch(command.player_id, now)
    return Decision(command.player_id, row=session, replayed=session is existing)


def _bury(book: Book, command: c.Bury, now: int) -> Decision:
    player_id, key = c.grave(command.provider_id, command.external_key)
    stored = book.transaction(player_id, key)
    if stored is None:
        stored = Transaction(
            player_id=player_id,
            key=key,
            transaction_id=transaction_id(now, player_id, key),
            provider_id=command.provider_id,
            external_key=command.external_key,
            kind=Kind.TOMBSTONE,
            outcome=Outcome.NOOP,
            currency="",
            amount=0,
            committed_at=now,
        )
        book.put(stored)
    reason = UNKNOWN_ROLLBACK[command.unknown_rollback]
    return Decision(player_id, results=(result(stored),), refusal=Refused(reason).refusal if reason else None)


def _record(book: Book, command: c.Recorded, now: int) -> Decision:
    """Decide a command that leaves one transaction of its own, once for ever (R-IDEM-09)."""
    player = book.player(command.player_id)
    if command.player_id != NO_PLAYER:
        player = players.belongs(player, "", "")
    key, fingerprint = digest(*command.partner), digest(*command.payload)
    stored = book.transaction(command.player_id, key)
    if stored is not None:
        if stored.fingerprint != fingerprint:
            raise Refused(Reason.CONFLICT)
        return _recorded(book, stored, replayed=True)
    at = max(now, player.changed_at + 1) if player else now
    desk = Desk(book, player, at, transaction_id(at, command.player_id, key))
    reason, mark = None, book.mark()
    try:
        posting = POSTINGS[type(command)](desk, command)
    except Refused as refused:
        reason, bound = refused.refusal.reason, command.refused
        if FATE[reason] is not Fate.BOUND or bound is None:
            raise
        book.undo(mark)
        posting = bound
    head = posted(desk, command, posting, reason)
    left = 0
    if desk.round is not None:
        before, after = desk.was, book.round(command.player_id, desk.round.provider_id, desk.round.round_id)
        if after is not None and (before is None or not before.plain or book.bonuses(command.player_id)):
            left = bonuses.settle(book, Policies(), before, after, at + 1)
    left += activations.start_next(book, command.player_id, command.policies, at + left + 1)
    head = kept(book, head)
    book.touch(command.player_id, at + left)
    return _recorded(book, head, replayed=False)


def _void(desk: Desk, command: c.VoidRound) -> Posting:
    """Give an open round's stakes back."""
    round_ = desk.book.round(command.player_id, command.provider_id, command.round_id)
    if round_ is None:
        raise Refused(Reason.ROUND_NOT_FOUND)
    desk.was = round_
    desk.round, entries = rounds.void(round_, desk.at)
    credited = bonuses.credit(desk.book, command.player_id, round_.surviving, desk.at)
    award = free_play.settle(desk.book, round_, desk.round, desk.at)  # a free round is given back, unless it has won
    words = (("reason", command.reason), ("actor", command.actor), *(((GRANT, round_.grant),) if round_.grant else ()))
    journal = Journal(round_.currency, (*credited.entries, *entries, *award.entries))
    parts = add(credited.moved, award.parts)
    return Posting(Kind.VOID, round_.currency, round_.staked, parts, (journal,), words)


def _manual(desk: Desk, command: c.PostJournal) -> Posting:
    """Post by hand."""
    return ledger.manual(command, desk.player, desk.held)


POSTINGS: dict[type[c.Recorded], Poster] = {
    c.VoidRound: _void,
    c.PostJournal: _manual,
    **payments.POSTINGS,
    **grants.POSTINGS,
    **activations.POSTINGS,
    **endings.POSTINGS,
    **player_commands.POSTINGS,
    **budget_commands.POSTINGS,
    **hold_commands.POSTINGS,
    **hold_times.POSTINGS,
    **withdrawals.POSTINGS,
    **subwallets.POSTINGS,
    **policy_commands.POSTINGS,
    **points_commands.POSTINGS,
    **payouts.POSTINGS,
    **free_round_commands.POSTINGS,
    **rate_commands.POSTINGS,
    **fx_commands.POSTINGS,
    **fx_refunds.POSTINGS,
}
"""What each recorded command posts."""


def _recorded(book: Book, head: Transaction, *, replayed: bool) -> Decision:
    held = balances(head.currency, book.pockets(head.player_id, head.currency))
    refusal = Refused(head.reason).refusal if head.reason else None
    return Decision(
        player_id=head.player_id,
        results=(replace(result(head), replayed=replayed),),
        refusal=refusal,
        then=shown(head.currency, head.cash_after, head.bonus_after, head.debt_after, None),
        now=held,
        replayed=replayed,
        row=book.player(head.player_id),
    )
