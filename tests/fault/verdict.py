"""The verdict: what the books hold against what the provider meant and was told. No findings is good news.

The model is the stories' own: what each transaction is worth, summed up by player. The books are asked afterwards.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from tests.fault.intents import Kind, Purse, Transaction
from tests.fault.record import Record, Told
from tests.fault.speakers import BY_ID, OK
from tests.storage.books import EUR
from wallet_core.domain import entries
from wallet_core.domain.entries import NO_PLAYER
from wallet_core.engine.graves import SWEPT
from wallet_core.storage.check import check
from wallet_core.storage.store import Store

PAGE = 5_000
SHOWN = 20
"""Findings of one kind that are told."""

Key = tuple[str, str, str]
"""Player, provider, external key."""


class Row(Struct, frozen=True, gc=False):
    """What the verdict asks of a transaction in the books: `of` is the key of what it undoes, or its own."""

    player: str
    provider_id: str
    key: str
    of: str
    kind: str
    outcome: str
    reason: str
    id: str
    amount: int
    moved: int
    cash_after: int


class Ledger(Struct, frozen=True):
    """What the books hold.

    Attributes:
        rows: of all players, and those that know none.
        cash: by player.
        sums: (account, currency, sum of lines).
        broken: what `check` found.
    """

    rows: list[Row]
    cash: dict[str, int]
    sums: list[tuple[str, str, int]]
    broken: list[str]


async def read(store: Store, purses: Sequence[Purse]) -> Ledger:
    """Read the books; nobody plays any more."""
    rows: list[Row] = []
    cash = {}
    for player in (NO_PLAYER, *(purse.player for purse in purses)):
        page = await store.transactions(player, limit=PAGE)
        while page:
            rows += [_row(each) for each in page]
            page = await store.transactions(player, before=page[-1].transaction_id, limit=PAGE)
        if player != NO_PLAYER:
            cash[player] = sum(each.amount for each in await store.pockets(player) if each.account == "CASH")
    broken = [f"{violation.law}: {violation.row}" for violation in await check(store)]
    return Ledger(rows, cash, await store.trial_balance(), broken)


def _row(stored: entries.Transaction) -> Row:
    undoes = stored.kind is entries.Kind.ROLLBACK
    return Row(
        player=stored.player_id,
        provider_id=stored.provider_id,
        key=stored.external_key,
        of=stored.references[0] if undoes else stored.external_key,
        kind=stored.kind.name,
        outcome=stored.outcome.name,
        reason=stored.reason.name if stored.reason else OK,
        id=stored.transaction_id.hex(),
        amount=stored.amount,
        moved=sum(part for pocket, part in stored.parts if pocket == "CASH"),
        cash_after=stored.cash_after,
    )


def verdict(record: Record, ledger: Ledger, purses: Sequence[Purse]) -> list[str]:
    """Return everything that is not as it should be."""
    kinds: dict[str, Iterable[str]] = {
        "answered wrongly": record.wrong,
        "not answered": (f"{story.kind} {story.number}" for story in record.under_way.values()),
        "acknowledged": _acknowledged(record, ledger),
        "one id, two contents": _two_contents(record),
        "worth": _worth(record, ledger),
        "cash": _cash(record, ledger, purses),
        "refused though there was money": _last_money(record, ledger),
        "sent by nobody": _strangers(record, ledger),
        "trial balance": _trial_balance(ledger),
        "check": ledger.broken,
    }
    return told(kinds)


def told(kinds: dict[str, Iterable[str]]) -> list[str]:
    """Return what was found, by its kind: so much of each."""
    findings = []
    for kind, found in kinds.items():
        all_ = list(found)
        findings += [f"{kind}: {each}" for each in all_[:SHOWN]]
        if len(all_) > SHOWN:
            findings.append(f"{kind}: and {len(all_) - SHOWN} more")
    return findings


def model(record: Record, purses: Sequence[Purse]) -> dict[str, int]:
    """Return what each player must have."""
    cash = {purse.player: purse.amount for purse in purses}
    for transaction in record.meant:
        cash[transaction.player] += _left(record, transaction)
    return cash


def _left(record: Record, transaction: Transaction) -> int:
    """Return what a transaction leaves in the end; where the story does not say, the answer does."""
    if transaction.sure:
        return transaction.worth
    told = record.told.get(transaction)
    return transaction.worth if told and told.reason == OK else 0


def _key(transaction: Transaction) -> Key:
    return transaction.player, transaction.provider_id, BY_ID[transaction.provider_id].key(transaction)


def _original(transaction: Transaction) -> Key:
    """Return the key of the bet or win that it is, or rolls back."""
    return transaction.player, transaction.provider_id, BY_ID[transaction.provider_id].original_key(transaction)


def _acknowledged(record: Record, ledger: Ledger) -> Iterator[str]:
    """Yield what was acknowledged and is not there, once, as it was acknowledged."""
    rows: dict[Key, list[Row]] = defaultdict(list)
    for row in ledger.rows:
        rows[row.player, row.provider_id, row.key].append(row)
    for transaction, told in record.told.items():
        if transaction.other:
            continue
        key = _key(transaction)
        found = rows.get(key, [])
        if not found and transaction.kind is Kind.ROLLBACK:  # by its id alone, before there was anything to undo
            found = rows.get((NO_PLAYER, *_original(transaction)[1:]), [])
        if len(found) != 1:
            yield f"{key} {told}: {len(found)} times in the books"
        elif why := _unlike(transaction, told, found[0]):
            yield f"{key} {told}: the books have {why}"


def _unlike(transaction: Transaction, told: Told, row: Row) -> str:
    """Return what of a row is not as it was acknowledged."""
    if row.kind == "TOMBSTONE":
        expected = OK if row.player == NO_PLAYER else "TOMBSTONED"
        return "" if told.reason == expected and told.id in {"", row.id} else "a tombstone"
    if row.kind != transaction.kind.name:
        return f"the kind {row.kind}"
    if (row.outcome == "REFUSED") is (told.reason == OK) or row.reason != told.reason:
        return f"the outcome {row.outcome} {row.reason}"
    if told.id and row.id != told.id:
        return f"the id {row.id}"
    if transaction.kind in {Kind.BET, Kind.WIN} and row.amount != transaction.amount:
        return f"the amount {row.amount}"
    if told.balance and _units(told.balance) != row.cash_after:
        return f"the balance {row.cash_after}"
    return ""


def _units(text: str) -> int:
    """Return a plain decimal in ledger units."""
    units, _, fraction = text.partition(".")
    return int(units) * EUR + int(fraction.ljust(6, "0"))


def _two_contents(record: Record) -> Iterator[str]:
    """Yield the ids that several contents raced for and not exactly one was accepted under."""
    accepted: dict[Key, list[bool]] = defaultdict(list)
    for transaction in record.meant:
        if not transaction.sure:
            accepted[_key(transaction)].append(_left(record, transaction) != 0)
    return (f"{key}: {sum(each)} were accepted" for key, each in accepted.items() if len(each) > 1 and sum(each) != 1)


def _worth(record: Record, ledger: Ledger) -> Iterator[str]:
    """Yield the bets and wins that, with all that undid them, have not moved what they should."""
    meant: Counter[Key] = Counter()
    for transaction in record.meant:
        meant[_original(transaction)] += _left(record, transaction)
    moved: Counter[Key] = Counter()
    for row in ledger.rows:
        if row.provider_id in BY_ID:
            moved[row.player, row.provider_id, row.of] += row.moved
    return (f"{key}: {moved[key]}, not {meant[key]}" for key in meant.keys() | moved.keys() if meant[key] != moved[key])


def _cash(record: Record, ledger: Ledger, purses: Sequence[Purse]) -> Iterator[str]:
    must = model(record, purses)
    for player in must.keys() | ledger.cash.keys():
        if must.get(player) != ledger.cash.get(player):
            yield f"{player} has {ledger.cash.get(player)}, not {must.get(player)}"


def _last_money(record: Record, ledger: Ledger) -> Iterator[str]:
    """Yield the bets that were refused and could have been paid, of players who only ever bet."""
    for transaction, told in record.told.items():
        left = ledger.cash.get(transaction.player, 0)
        if not transaction.sure and told.reason == "INSUFFICIENT_FUNDS" and transaction.amount <= left:
            yield f"{_key(transaction)}: {transaction.amount} of {left}"


def _strangers(record: Record, ledger: Ledger) -> Iterator[str]:
    """Yield the rows that no request can have made; the rollback of a batch makes one of each of its wins."""
    known = {key for each in record.meant for key in (_key(each), _original(each), _key(_undoing(each)))}
    for row in ledger.rows:
        key = row.player, row.provider_id, row.key
        ours = row.provider_id not in BY_ID or row.player == NO_PLAYER or row.key.startswith(SWEPT)
        if not ours and key not in known:
            yield f"{key}"


def _undoing(transaction: Transaction) -> Transaction:
    return replace(transaction, kind=Kind.ROLLBACK, amount=0)


def _trial_balance(ledger: Ledger) -> Iterator[str]:
    sums: Counter[str] = Counter()
    for _, currency, amount in ledger.sums:
        sums[currency] += amount
    return (f"{currency} {amount}" for currency, amount in sums.items() if amount)
