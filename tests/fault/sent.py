"""Words that are sent, and what the books have of them."""

from collections.abc import Iterable, Iterator

from tests.fault.storm import Told, Words, command
from wallet_core.domain.entries import Kind
from wallet_core.storage.store import Store


def once(words: Iterator[Words]) -> Iterator[Words]:
    """Yield each words the first time only: what is not answered is then in no batch but the last ones."""
    seen = set()
    for each in words:
        if each not in seen:
            seen.add(each)
            yield each


async def stored(store: Store, words: Iterable[Words]) -> dict[Words, list[str]]:
    """Return the ids of the outcomes the books have of the words; a tombstone is of a rollback that came before."""
    found = {}
    for each in words:
        play = command(*each)
        rows = await store.transactions_by_key(play.actions[0].key)
        own = [row for row in rows if row.player_id == play.player_id and row.kind is not Kind.TOMBSTONE]
        if own:
            found[each] = [row.transaction_id.hex() for row in own]
    return found


def answered(told: Told, words: Iterable[Words]) -> dict[Words, list[str]]:
    """Return the ids of what the words were answered."""
    return {each: [transaction_id for _, _, transaction_id, _ in told.answers[each][1]] for each in words}
