"""What a play reads: the rows it names, and those whose names stand in rows that are loaded by then."""

from contextlib import suppress

from wallet_core.domain import free_rounds
from wallet_core.domain.accounts import BONUS
from wallet_core.domain.bonuses import is_bonus
from wallet_core.domain.book import Book, Needs, NotLoaded
from wallet_core.domain.commands import Action, Play, batch_key, grave
from wallet_core.domain.decision import Parts
from wallet_core.domain.entries import NO_PLAYER, digest
from wallet_core.domain.free_rounds import Grant
from wallet_core.domain.gates import ORIGINALS
from wallet_core.domain.parts import source
from wallet_core.domain.profiles import IdSpace
from wallet_core.domain.promos import Bonus
from wallet_core.domain.rounds import Round


def needs(command: Play, wanted: Needs) -> None:
    """Add the rows a play reads."""
    player_id = command.player_id
    wanted.players.add(player_id)
    if command.session_id:
        wanted.sessions.add((player_id, command.session_id))
    if command.round_id:
        wanted.rounds.add((player_id, command.provider_id, command.round_id))
    if command.batch_id:
        wanted.transactions.add(grave(command.provider_id, batch_key(command.batch_id)))
    if command.original_key:
        wanted.transactions.add((player_id, digest(command.provider_id, command.original_key)))
    for action in command.actions:
        _needs_of(command, action, wanted)


def _needs_of(command: Play, action: Action, wanted: Needs) -> None:
    player_id = command.player_id
    wanted.transactions.add((player_id, action.key))
    if action.grant:
        of_grant(player_id, action.grant, wanted, action.key)
        wanted.further = True
    if action.kind in ORIGINALS:
        if command.profile.id_space is IdSpace.PROVIDER:
            wanted.keys.add(action.key)
        else:
            wanted.transactions.add((NO_PLAYER, action.key))
    elif action.references:
        wanted.further = True
    for reference in action.references:
        key = digest(command.provider_id, reference)
        wanted.transactions.add((player_id, key))
        wanted.transactions.add((NO_PLAYER, key))


def follow(command: Play, book: Book, wanted: Needs) -> None:
    """Add what the transactions that a rollback, an amendment or a win of more than cash names were of, and the bonuses
    that paid for a round or that it counts for: known only once those are loaded.
    """
    player_id, provider_id = command.player_id, command.provider_id
    named = {command.round_id}
    for action in command.actions:
        original = action.kind in ORIGINALS
        if action.grant:
            bonus_of(book, player_id, action.grant, wanted)
        for reference in action.references:
            target = book.transaction(player_id, digest(provider_id, reference))
            if target is None or (original and not target.mixed):
                continue
            named.add(target.round_id)
            _of_bonuses(player_id, (*target.parts, *target.rolled_back), wanted)
            of_grant(player_id, target.grant, wanted, target.key)
            bonus_of(book, player_id, target.grant, wanted)
            wanted.transactions.update((player_id, digest(provider_id, bet)) for bet in target.references)
    for round_id in named - {""}:
        wanted.rounds.add((player_id, provider_id, round_id))
        with suppress(NotLoaded):  # it comes with the next rows, and is asked again then
            follow_round(book, book.round(player_id, provider_id, round_id), wanted)


def follow_round(book: Book, round_: Round | None, wanted: Needs) -> None:
    """Add what a round that is not all cash is decided by."""
    if round_ is None or round_.plain:
        return
    player_id = round_.player_id
    counting = tuple((f"{BONUS}:{bonus_id}", amount) for bonus_id, amount in (*round_.counted, *round_.wagered))
    _of_bonuses(player_id, (*round_.mix, *counting), wanted)
    of_grant(player_id, round_.grant, wanted)
    bonus_of(book, player_id, round_.grant, wanted)


def _of_bonuses(player_id: str, parts: Parts, wanted: Needs) -> None:
    """Add the bonuses among parts."""
    accounts = [pocket if is_bonus(pocket) else source(pocket) for pocket, _ in parts]
    found = [(player_id, account.partition(":")[2]) for account in accounts if account]
    if found:
        wanted.want(Bonus, *found)


def bonus_of(book: Book, player_id: str, grant_id: str, wanted: Needs) -> None:
    """Add the bonus that a grant's winnings go to, once the grant is loaded."""
    grant = None
    if grant_id:
        with suppress(NotLoaded):  # as above
            grant = book.noun(Grant, player_id, grant_id)
    if grant is not None and grant.bonus_id:
        wanted.want(Bonus, (player_id, grant.bonus_id))


def of_grant(player_id: str, grant_id: str, wanted: Needs, *keys: bytes) -> None:
    """Add what a grant of free rounds is decided by, if there is one."""
    if grant_id:
        for kind, key in free_rounds.rows(player_id, grant_id, *keys):
            wanted.want(kind, key)
