"""What moved, by kind of money: providers are told how much of it was cash or bonus money, and never a pocket."""

from collections.abc import Iterable, Sequence
from typing import Literal

from wallet.v1.common_pb2 import Money, PocketAmount
from wallet.v1.wallet_pb2 import ActionResult

from adapters import subunits

Kind = Literal["CASH", "BONUS", "DEBT", "OTHER"]

# By the family of a pocket: CASH and CASH:SPORTS are one kind, and so are the bonuses. OTHER is what is held, and what
# reached no pocket, since a bonus was over or a void had paid it.
_KINDS: dict[str, Kind] = {"CASH": "CASH", "BONUS": "BONUS", "DEBT": "DEBT"}
_NANO_DIGITS = 9


def by_kind(parts: Iterable[PocketAmount]) -> dict[Kind, Money]:
    """Sums of parts, negative where taken, in the order of the first of each kind. Together they are the parts' sum."""
    sums: dict[Kind, int] = {}
    currency = ""
    for part in parts:
        kind = _KINDS.get(part.pocket.partition(":")[0], "OTHER")
        sums[kind] = sums.get(kind, 0) + subunits.whole(part.amount, _NANO_DIGITS)
        currency = part.amount.currency_code
    return {kind: subunits.parse(nanos, currency, _NANO_DIGITS) for kind, nanos in sums.items()}


def cash(results: Sequence[ActionResult]) -> Money:
    """How much cash was taken from or given to the player by all of them, without a sign."""
    return _moved(results, "CASH")


def bonus(results: Sequence[ActionResult]) -> Money:
    """How much bonus money was taken from or given to the player by all of them, without a sign."""
    return _moved(results, "BONUS")


def _moved(results: Sequence[ActionResult], kind: Kind) -> Money:
    moved = by_kind(part for result in results for part in result.parts).get(kind, Money())
    return Money(currency_code=moved.currency_code, units=abs(moved.units), nanos=abs(moved.nanos))
