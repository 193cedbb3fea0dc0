"""Orders: what is asked of the core for players with many pockets, each under keys of its own; and what was heard."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from tests.fault.dialects import Wire
from tests.fault.speakers import OK
from wallet_core.domain.commands import Play, VoidRound
from wallet_core.domain.decision import FATE, Fate, Reason

Key = tuple[str, str, str]
"""Player, partner (a provider, or whose else id space it is), external key."""

ONLY = frozenset({OK})
ABOUT_BONUS = frozenset({OK, "BONUS_STATE"})
ABOUT_HOLD = frozenset({OK, "HOLD_STATE"})
GRANT = frozenset({OK, "BONUS_NOT_ELIGIBLE", "BONUS_STATE"})
SPEND = frozenset({OK, "INSUFFICIENT_FUNDS"})
QUOTE = frozenset({OK, "QUOTE_USED", "QUOTE_EXPIRED"})
EXPECTS: dict[str, frozenset[str]] = {
    "deposit": ONLY,
    "offer": GRANT,
    "claim": GRANT,
    "grant": GRANT,
    "decline": ABOUT_BONUS,
    "freeze": ABOUT_BONUS,
    "unfreeze": ABOUT_BONUS,
    "forfeit": ABOUT_BONUS,
    "void bonus": ABOUT_BONUS,
    "hold": SPEND | {"INVALID_REQUEST"},  # its time was over before it arrived
    "extend": ABOUT_HOLD | {"INVALID_REQUEST"},
    "capture": ABOUT_HOLD | {"AMOUNT_EXCEEDS_REFERENCE"},
    "release": ABOUT_HOLD,
    "withdraw": SPEND | {"BONUS_STATE"},
    "settle": ABOUT_HOLD | {"AMOUNT_EXCEEDS_REFERENCE"},
    "fail": ABOUT_HOLD,
    "quote": ONLY | {"BELOW_MINIMUM"},  # of a cent nothing is left
    "execute": QUOTE | SPEND,
    "cancel": QUOTE,
    "reverse": SPEND | {"REFERENCE_MISMATCH"},
    "redeem": SPEND | {"QUOTE_EXPIRED"},
    "points": ONLY,
    "transfer": SPEND,
    "payout": ONLY,
    "free rounds": ONLY,
    "register": GRANT,
    "cancel free": GRANT,
    "bet": SPEND | {"MAX_BET_BONUS", "ROUND_CLOSED", "BONUS_STATE"},
    "win": ONLY | {"REFERENCE_ROLLED_BACK"},
    "rollback": ONLY | {"AMOUNT_EXCEEDS_REFERENCE"},
    "close": ONLY,
    "void": ONLY | {"ROUND_CLOSED"},
}
"""What may be answered, by what is asked: the core's reasons it may be refused for, OK among them."""


KEPT = frozenset({"withdraw", "execute", "redeem", "transfer", "bet", "win", "rollback", "close"})
"""Whose refusals are outcomes for ever; of the others a refusal leaves nothing, and asked again it may be done."""


class Order(Struct, frozen=True, eq=False):
    """One thing that is asked, as often as need be.

    Attributes:
        word: what it is, a key of EXPECTS.
        keys: partner and external key of each transaction it leaves.
        method, request: how the core is asked; `wire` instead, where a provider asks by its adapter.
        amount: ledger units, as the word has it: of a grant, of the deposit it is for.
        of: the template, bonus, hold or quote it is about.
        meant: of a play or a void, what the auditor is told.
        confirmed: of a withdrawal, the player knows what bonuses it takes.
        until: of a hold, when it ends; microseconds.
    """

    player: str
    word: str
    keys: tuple[tuple[str, str], ...]
    method: str = ""
    request: Any = None
    wire: Wire | None = None
    amount: int = 0
    of: str = ""
    meant: Play | VoidRound | None = None
    confirmed: bool = False
    until: int = 0

    @property
    def expects(self) -> frozenset[str]:
        return EXPECTS[self.word]

    def binds(self, reason: str) -> bool:
        """Whether an answer is the outcome of its keys for ever."""
        return reason == OK or (self.word in KEPT and FATE[Reason[reason]] is Fate.BOUND)

    def __str__(self) -> str:
        return f"{self.word} {self.keys[0][1]} of {self.player}"


class Heard(Struct, frozen=True):
    """An answer after which nothing is left to be asked.

    Attributes:
        reason: OK, or the core's reason.
        ids: the wallet's, as bare hex; none where it does not tell.
        parts: pocket by pocket, of each action; none where it was not told.
    """

    reason: str
    ids: tuple[str, ...] = ()
    parts: tuple[tuple[tuple[str, int], ...], ...] = ()


class Log:
    """Every order that was given, and what was heard of it.

    Attributes:
        orders: by each of their keys.
        heard: by the first key of an order, what is its outcome for ever.
        refused: by the same, the reasons that were to leave nothing.
        players: in the order they came; `audited` those whose whole life the auditor can follow.
        published: by version, its funding.mode, its funding.order, and since when.
        open: the orders that were begun and not answered.
    """

    def __init__(self) -> None:
        self.orders: dict[Key, Order] = {}
        self.heard: dict[Key, Heard] = {}
        self.refused: dict[Key, set[str]] = defaultdict(set)
        self.players: list[str] = []
        self.audited: set[str] = set()
        self.published: dict[int, tuple[str, str, int]] = {}
        self.open: dict[Key, Order] = {}

    def begin(self, order: Order) -> None:
        for partner, key in order.keys:
            self.orders[order.player, partner, key] = order
        self.open[first(order)] = order

    def finish(self, order: Order) -> None:
        self.open.pop(first(order), None)

    def note(self, order: Order, heard: Heard) -> Iterator[str]:
        """Take an answer; yield what of it cannot be."""
        if heard.reason not in order.expects:
            yield f"{order}: answered {heard.reason}, not {' or '.join(sorted(order.expects))}"
            return
        if not order.binds(heard.reason):
            self.refused[first(order)].add(heard.reason)
            return
        before = self.heard.setdefault(first(order), heard)
        if before.reason != heard.reason or any(
            old and new and old != new for old, new in ((before.ids, heard.ids), (before.parts, heard.parts))
        ):
            yield f"{order}: answered {before}, and asked again {heard}"


def first(order: Order) -> Key:
    return order.player, *order.keys[0]
