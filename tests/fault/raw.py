"""The rows of the patrons as they lie in the database, asked by SQL of our own; and what their statements say.

Nothing of the product's rules is in between: JSON is read as JSON, states are the numbers of the protocol.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, cast

from msgspec import Struct

from wallet_core.domain.entries import Kind
from wallet_core.storage.store import Store

Row = dict[str, Any]

TABLES = {
    "transactions": "transaction_id",
    "lines": "transaction_id, number",
    "pockets": "currency, account",
    "rounds": "round_id",
    "bonuses": "bonus_id",
    "holds": "hold_id",
    "quotes": "quote_id",
    "free_rounds": "grant_id",
    "explanations": "transaction_id",
}
"""Their order within a player."""

JSON = frozenset({"parts", "rolled_back", "refs", "info", "mix", "counted", "wagered", "terms", "sources", "promise"})
IDS = frozenset({"transaction_id", "key", "fingerprint"})
PATRONS = "player_id like 'plain-%' or player_id like 'roving-%'"


APPLIED, REFUSED = 1, 3
"""Numbers of the protocol's Outcome."""


class Raw(Struct):
    """What the database has.

    Attributes:
        rows: by table, of all patrons.
        house: sums of all lines there are, of anybody, by account and currency.
        said: what statements say: by player, of each transaction its id, and what of it nobody has explained.
        last: what statements say that the pockets hold, by player, account and currency.
    """

    rows: dict[str, list[Row]]
    house: dict[tuple[str, str], int]
    said: dict[str, dict[str, str]]
    last: dict[tuple[str, str, str], int]

    def of(self, table: str) -> dict[str, list[Row]]:
        """Return the rows of a table by player."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows[table]:
            found[row["player_id"]].append(row)
        return found


async def read(store: Store, said: dict[str, dict[str, str]], last: dict[tuple[str, str, str], int]) -> Raw:
    """Read everything; nobody plays any more."""
    rows = {}
    for table, order in TABLES.items():
        found = await store.query(f"select * from {table} where {PATRONS} order by player_id, {order}")
        rows[table] = [{name: _plain(name, value) for name, value in row.items()} for row in found]
    sums = await store.query("select account, currency, sum(amount) as total from lines group by account, currency")
    house = {(str(row["account"]), str(row["currency"])): int(cast("int", row["total"])) for row in sums}
    return Raw(rows, house, said, last)


def _plain(name: str, value: Any) -> Any:
    if name in IDS:
        return bytes(value).hex()
    return json.loads(value) if name in JSON and isinstance(value, str) else value


def parts(pairs: Sequence[Sequence[Any]]) -> dict[str, int]:
    """Return pairs of pocket and amount as they add up."""
    found: dict[str, int] = defaultdict(int)
    for pocket, amount in pairs:
        found[pocket] += amount
    return {pocket: amount for pocket, amount in found.items() if amount}


def facts(row: Row) -> dict[str, str]:
    """Return what is kept with a transaction."""
    return dict(row["info"])


def name_of(row: Row) -> str:
    return f"{row['provider_id']} {row['external_key']} of {row['player_id']}"


def bets_by_round(raw: Raw) -> Iterator[tuple[list[Row], Row]]:
    """Yield each round with the stakes that were taken in it."""
    plays: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in raw.rows["transactions"]:
        if row["kind"] == Kind.BET and row["outcome"] == APPLIED:
            plays[row["player_id"], row["round_id"]].append(row)
    return ((plays[row["player_id"], row["round_id"]], row) for row in raw.rows["rounds"])


def by_pocket(pairs: Sequence[Sequence[Any]]) -> dict[str, int]:
    """Amounts by pocket as they are told: what a converted bonus paid is cash, what a bonus did not get has lapsed."""
    names = {"CASH": "CASH", "LAPSED": "LAPSED", "SET_OFF": "LAPSED"}
    return parts([names.get(name.split(":")[0], name) if ":BONUS:" in name else name, part] for name, part in pairs)
