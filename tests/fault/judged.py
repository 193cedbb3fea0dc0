"""The verdict on many pockets: what was heard against the books, the laws on the raw rows, the audit of each life."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from tests.fault.audit import Audit
from tests.fault.laws import LAWS
from tests.fault.orders import Heard, Log, first
from tests.fault.raw import APPLIED, REFUSED, Raw, Row, by_pocket, name_of
from tests.fault.speakers import OK
from tests.fault.verdict import told
from wallet_core.domain.decision import Reason
from wallet_core.domain.entries import Kind

SYSTEM = ("~bonus", "~holds", "~freerounds")
"""Id spaces in which time and play leave something, that nobody has asked for under this key."""


def judged(log: Log, raw: Raw) -> list[str]:
    """Return everything that is not as it should be."""
    return told(findings(log, raw))


def findings(log: Log, raw: Raw) -> dict[str, Iterable[str]]:
    """Return it by kind, each looked for when it is asked for."""
    return {
        "unanswered": (str(order) for order in log.open.values()),
        "order": _orders(log, raw),
        "asked by nobody": _strangers(log, raw),
        "cashier": _cashier(log, raw),
        **{law: _found(find, raw) for law, find in LAWS.items()},
        "audit": (found for player in sorted(log.audited) for found in Audit(player, log, raw).findings()),
    }


def _found(find: Callable[[Raw], Iterable[str]], raw: Raw) -> Iterator[str]:
    """Yield what breaks a law; also that it cannot be computed, for rows lack others that they are of."""
    try:
        yield from find(raw)
    except (LookupError, TypeError, ValueError) as error:
        yield f"it cannot be computed: {error!r}"


def _orders(log: Log, raw: Raw) -> Iterator[str]:
    """Yield what was heard and is not in the books, once, as it was heard."""
    rows = {(row["player_id"], row["provider_id"], row["external_key"]): row for row in raw.rows["transactions"]}
    doubled = Counter((row["player_id"], row["provider_id"], row["external_key"]) for row in raw.rows["transactions"])
    yield from (f"{key}: {count} outcomes" for key, count in doubled.items() if count > 1)
    for key, heard in log.heard.items():
        order = log.orders[key]
        for number, (partner, external_key) in enumerate(order.keys):
            row = rows.get((order.player, partner, external_key))
            if row is None:
                yield f"{order}: heard {heard}, and it is not there"
            elif why := _unlike(heard, number, row):
                yield f"{order}: heard {heard}, the books have {why}"
    for key, reasons in log.refused.items():
        row = rows.get(key)
        if row is not None and row["outcome"] == REFUSED and row["reason"] and Reason(row["reason"]).name in reasons:
            yield f"{log.orders[key]}: {reasons} was to leave nothing"


def _unlike(heard: Heard, number: int, row: Row) -> str:
    reason = Reason(row["reason"]).name if row["reason"] else OK
    if reason != heard.reason or (row["outcome"] == REFUSED) is (heard.reason == OK):
        return f"the outcome {row['outcome']} {reason}"
    if heard.ids and heard.ids[number] != row["transaction_id"]:
        return f"the id {row['transaction_id']}"
    if heard.parts and {pocket: part for pocket, part in heard.parts[number] if part} != by_pocket(row["parts"]):
        return f"the parts {row['parts']}"
    return ""


def _strangers(log: Log, raw: Raw) -> Iterator[str]:
    """Yield the transactions that no order can have made, nor time."""
    for row in raw.rows["transactions"]:
        if (row["player_id"], row["provider_id"], row["external_key"]) in log.orders:
            continue
        by_time = row["provider_id"] in SYSTEM and (row["provider_id"] == "~bonus" or row["external_key"][0] == "~")
        if not by_time:
            yield name_of(row)


def _cashier(log: Log, raw: Raw) -> Iterator[str]:
    """What payment providers moved is what was deposited and paid out, as it was meant."""
    meant: Counter[str] = Counter()
    applied = {
        (row["player_id"], row["provider_id"], row["external_key"]): row
        for row in raw.rows["transactions"]
        if row["outcome"] == APPLIED
    }
    requested = {order.of: order.amount for order in log.orders.values() if order.word == "withdraw"}
    for key, row in applied.items():
        order = log.orders.get(key)
        if order is not None and order.word == "deposit" and key == first(order):
            meant[order.player] -= order.amount
        elif order is not None and order.word == "settle" and order.amount:
            meant[order.player] += order.amount
            requested[order.of] -= order.amount
        elif row["kind"] == Kind.HOLD_CAPTURE and order is not None and order.word == "settle":
            meant[order.player] += requested[order.of]
    moved: Counter[str] = Counter()
    for line in raw.rows["lines"]:
        if line["account"] == "PSP_CLEARING":
            moved[line["player_id"]] += line["amount"]
    for player in meant.keys() | moved.keys():
        if meant[player] != moved[player]:
            yield f"{player}: {moved[player]} moved, {meant[player]} meant"
