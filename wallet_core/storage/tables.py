"""Tables: how rows are written and read. One description a table; the statements of both databases are built from it.

Columns stand in the order of the struct's fields, so that a row is a struct's fields and back.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from wallet_core.domain.awards import Promise
from wallet_core.domain.budgets import Budget
from wallet_core.domain.cashback import Covered
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import Category, Holder, Kind, Line, Transaction
from wallet_core.domain.explanations import Considered, Explanation
from wallet_core.domain.free_rounds import Grant, Settle
from wallet_core.domain.free_rounds import State as FreeRoundState
from wallet_core.domain.fx import Conversions, Converted, Quote, Side
from wallet_core.domain.fx import State as QuoteState
from wallet_core.domain.holds import Basis, Hold, HoldReason
from wallet_core.domain.holds import State as HoldState
from wallet_core.domain.layers import Setting
from wallet_core.domain.players import Player, Status
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.points import PointsPrice
from wallet_core.domain.promos import Bonus, BonusTerms, Offers
from wallet_core.domain.promos import State as BonusState
from wallet_core.domain.publications import Draft, Publication
from wallet_core.domain.rates import Pair, Rates, rate_of, text_of
from wallet_core.domain.rounds import Round
from wallet_core.domain.rounds import State as RoundState
from wallet_core.domain.sessions import Session
from wallet_core.domain.sessions import State as SessionState
from wallet_core.domain.takers import Per, Taker
from wallet_core.domain.templates import Promotion, Template

R = TypeVar("R", bound=Struct)

_encoder = msgspec.json.Encoder()
_parts = msgspec.json.Decoder(tuple[tuple[str, int], ...])
_words = msgspec.json.Decoder(tuple[str, ...])
_pairs = msgspec.json.Decoder(tuple[tuple[str, str], ...])

EMPTY = "[]"


def _json(value: tuple[Any, ...]) -> str:
    return _encoder.encode(value).decode() if value else EMPTY


class Column(Struct, frozen=True):
    """One column.

    Attributes:
        type: of PostgreSQL; SQLite takes what comes.
        write, read: what stands between the field and the column; none where they are the same.
    """

    name: str
    type: str = "text"
    write: Callable[[Any], Any] | None = None
    read: Callable[[Any], Any] | None = None


def _text(*names: str) -> list[Column]:
    return [Column(name) for name in names]


def _big(*names: str) -> list[Column]:
    return [Column(name, "bigint") for name in names]


def _bytes(*names: str) -> list[Column]:
    return [Column(name, "bytea") for name in names]


def _tuple(name: str, decoder: msgspec.json.Decoder[Any]) -> Column:
    return Column(name, "text", _json, lambda text: decoder.decode(text) if text != EMPTY else ())


def _enum(name: str, kind: type[IntEnum], *, optional: bool = False) -> Column:
    members: dict[int | None, IntEnum | None] = {int(member): member for member in kind}
    if optional:
        members[None] = None
    return Column(name, "smallint", lambda value: None if value is None else int(value), members.__getitem__)


def _rate(name: str) -> Column:
    return Column(name, "text", text_of, rate_of)


def _struct(name: str, kind: type[Struct]) -> Column:
    decoder = msgspec.json.Decoder(kind)
    return Column(name, "text", lambda value: _encoder.encode(value).decode(), decoder.decode)


class Table(Generic[R]):
    """A table and the struct its rows are.

    Attributes:
        key: how many of the first columns are the key a row is found by.
        changing: the columns an update writes; none for tables whose rows never change.
        guard: the column that an update must find as it was loaded, for rows that two processes may come to write at
            once; it is one of the changing. Empty: the row is guarded by its player's.
    """

    def __init__(
        self,
        name: str,
        row: type[R],
        key: int,
        columns: Sequence[Column],
        changing: Sequence[str],
        *,
        only: str = "",
        guard: str = "",
    ) -> None:
        """Describe the table; the columns must be the struct's fields in order. `only` some rows are read: a condition
        on the row `t`, where they are not all.
        """
        self.name = name
        self.row = row
        self.columns = tuple(columns)
        self.key = self.columns[:key]
        self.guard = guard
        self.only = f" and {only}" if only else ""
        self.changing = tuple(column for column in columns if column.name in changing)
        self._writes = tuple((index, column.write) for index, column in enumerate(columns) if column.write)
        self._reads = tuple((index, column.read) for index, column in enumerate(columns) if column.read)

    @property
    def names(self) -> str:
        """The columns, as SQL names them."""
        return ", ".join(column.name for column in self.columns)

    def write(self, row: R) -> tuple[Any, ...]:
        """Return the row as values of the columns."""
        values = list(msgspec.structs.astuple(row))
        for index, convert in self._writes:
            values[index] = convert(values[index])
        return tuple(values)

    def read(self, values: Sequence[Any]) -> R:
        """Return values of the columns as a row."""
        fields = list(values)
        for index, convert in self._reads:
            fields[index] = convert(fields[index])
        return self.row(*fields)


PLAYERS = Table(
    "players",
    Player,
    1,
    [
        *_text("player_id", "operator_id", "brand_id"),
        _tuple("currencies", _words),
        _enum("status", Status),
        *_text("country"),
        *_big("created_at", "changed_at", "version", "frozen", "excluded_at", "excluded_until"),
        *_text("currency"),
        *_big("switched_at"),
    ],
    (
        *("status", "changed_at", "version", "frozen", "excluded_at", "excluded_until"),
        *("currency", "switched_at"),
    ),
    guard="version",
)

POCKETS = Table(
    "pockets",
    Pocket,
    3,
    [*_text("player_id", "currency", "account"), *_big("amount", "sequence")],
    ("amount", "sequence"),
)

SESSIONS = Table(
    "sessions",
    Session,
    2,
    [
        *_text("player_id"),
        *_bytes("session_id"),
        *_text("provider_id", "game_id", "currency"),
        _enum("state", SessionState),
        *_big("created_at", "expires_at"),
        *_bytes("successor"),
    ],
    ("state", "successor"),
)

ROUNDS = Table(
    "rounds",
    Round,
    3,
    [
        *_text("player_id", "provider_id", "round_id", "game_id", "currency"),
        _enum("state", RoundState),
        *_big("opened_at", "changed_at", "revision", "sequence", "in_play"),
        _tuple("mix", _parts),
        *_big("won", "refunded", "stakes", "standing", "wins", "in_play_bonus", "sequence_bonus", "policies"),
        _tuple("counted", _parts),
        _tuple("wagered", _parts),
        *_big("returned"),
        *_text("free_rounds"),
        *_big("odds", "void_bps"),
        _tuple("written_off", _parts),
    ],
    (
        *("state", "changed_at", "revision", "sequence", "in_play", "mix", "won", "refunded", "stakes", "standing"),
        *("wins", "in_play_bonus", "sequence_bonus", "counted", "wagered", "returned", "free_rounds"),
        *("odds", "void_bps", "written_off"),
    ),
)

TRANSACTIONS = Table(
    "transactions",
    Transaction,
    2,
    [
        *_text("player_id"),
        *_bytes("key", "transaction_id"),
        *_text("provider_id", "external_key"),
        _enum("kind", Kind),
        _enum("outcome", Outcome),
        *_text("currency"),
        *_big("amount", "committed_at"),
        _enum("reason", Reason, optional=True),
        *_bytes("fingerprint"),
        _tuple("parts", _parts),
        _tuple("rolled_back", _parts),
        *_big("settlements"),
        Column("undone", "boolean", None, bool),
        *_text("round_id", "game_id"),
        _enum("category", Category),
        _tuple("refs", _words),
        _tuple("info", _pairs),
        *_text("batch_id"),
        *_big("cash_after", "bonus_after", "debt_after", "occurred_at"),
    ],
    ("rolled_back", "settlements", "undone"),
)

_BONUS = [
    *_text("player_id", "bonus_id", "template_id"),
    *_big("version"),
    *_text("currency"),
    _enum("state", BonusState),
    _struct("terms", BonusTerms),
    *_big("granted", "deposit", "requirement", "claimed_at", "changed_at", "progress", "converted"),
    Column("staked", "boolean", None, bool),
    *_big("rounds", "priority", "activated_at", "expires_at"),
    Column("short", "boolean", None, bool),
    *_text("reason"),
    *_big("frozen_at"),
    *_text("slot"),
    *_big("places"),
    *_text("campaign"),
    *_big("reserved", "spent", "trued", "removed", "touched"),
]

BONUSES = Table(
    "bonuses",
    Bonus,
    2,
    _BONUS,
    (
        *("state", "changed_at", "progress", "converted", "staked", "rounds", "activated_at", "expires_at", "short"),
        *("granted", "deposit", "requirement", "terms", "claimed_at", "reason", "frozen_at", "removed", "touched"),
        *("reserved", "spent", "trued"),
        *("template_id", "version", "currency", "priority", "slot", "places", "campaign"),  # of an offer that lapsed
    ),
)

LIVE_BONUSES = Table("bonuses", Bonus, 1, _BONUS, (), only="(t.state in (3, 4, 5, 6) or t.rounds > 0)")
"""A player's bonuses that play may change, and those that wait for their turn; read with the player."""

OFFERED_BONUSES = Table("bonuses", Bonus, 1, _BONUS, (), only="t.state in (1, 2)")
"""A player's bonuses that have not begun; read where they are asked for."""

EXPLANATIONS = Table(
    "explanations",
    Explanation,
    2,
    [
        *_text("player_id"),
        *_bytes("transaction_id"),
        *_big("policies"),
        *_text("mode"),
        *_big("stake", "playable"),
        _tuple("considered", msgspec.json.Decoder(tuple[Considered, ...])),
        *_text("choice"),
    ],
    (),
)

TEMPLATES = Table(
    "templates",
    Template,
    3,
    [
        *_text("player_id", "template_id"),
        *_big("version"),
        _struct("promotion", Promotion),
        *_big("published_at"),
        *_text("actor", "reason"),
    ],
    (),
)
"""Only ever added to."""

BUDGETS = Table(
    "budgets",
    Budget,
    3,
    [
        *_text("player_id", "campaign", "currency"),
        *_big("amount", "reserved", "spent", "version", "changed_at"),
        *_text("actor", "reason"),
    ],
    ("amount", "reserved", "spent", "version", "changed_at", "actor", "reason"),
    guard="version",
)
"""Players share its rows."""

TAKERS = Table(
    "takers",
    Taker,
    4,
    [*_text("player_id", "scope"), _enum("per", Per), *_bytes("digest"), *_text("holder"), *_big("taken_at")],
    (),
)
"""Only ever added to: who comes second finds the first."""

HOLDERS = Table("transactions", Holder, 1, [*_bytes("key"), *_text("player_id"), _enum("kind", Kind)], ())
"""Whoever has a key; read only."""

LINES = Table(
    "lines",
    Line,
    3,
    [
        *_text("player_id"),
        *_bytes("transaction_id"),
        Column("number", "smallint"),
        *_text("account", "detail", "currency"),
        *_big("amount", "sequence", "balance_after"),
    ],
    (),
)

HOLDS = Table(
    "holds",
    Hold,
    2,
    [
        *_text("player_id", "hold_id", "currency"),
        _enum("reason", HoldReason),
        _enum("state", HoldState),
        *_big("amount", "captured"),
        _tuple("sources", _parts),
        _enum("basis", Basis),
        *_text("clause", "owner", "case_id", "text_key", "evidence"),
        Column("account_freeze", "boolean", None, bool),
        Column("discreet", "boolean", None, bool),
        *_big("placed_at", "review_at", "expires_at", "changed_at"),
    ],
    ("state", "amount", "captured", "sources", "review_at", "expires_at", "changed_at"),
)

_settings = msgspec.json.Decoder(tuple[Setting, ...])

DRAFTS = Table(
    "policy_drafts",
    Draft,
    2,
    [
        *_text("player_id", "draft_id", "author", "reason"),
        _tuple("settings", _settings),
        *_big("effective_at", "base", "drafted_at"),
        *_text("author_identity"),
    ],
    (),
)

PUBLICATIONS = Table(
    "publications",
    Publication,
    2,
    [
        *_text("player_id"),
        *_big("number"),
        *_text("draft_id", "author", "approver", "reason"),
        _tuple("settings", _settings),
        *_big("effective_at", "published_at", "restores"),
        *_text("author_identity", "approver_identity"),
    ],
    (),
)

_promise = msgspec.json.Decoder(Promise | None)

FREE_ROUNDS = Table(
    "free_rounds",
    Grant,
    2,
    [
        *_text("player_id", "grant_id", "provider_id", "currency"),
        _enum("state", FreeRoundState),
        *_big("rounds", "value"),
        _tuple("games", _words),
        _enum("settle", Settle),
        Column("promise", "text", lambda promise: _encoder.encode(promise).decode(), _promise.decode),
        *_big("cap"),
        *_text("campaign"),
        *_big("issued_at", "expires_at", "changed_at", "attempts", "used", "open", "paid", "won", "waiting", "over_at"),
        *_text("reason", "bonus_id"),
    ],
    ("state", "changed_at", "attempts", "used", "open", "paid", "won", "waiting", "over_at", "reason", "bonus_id"),
)

POINTS_PRICES = Table(
    "points_prices",
    PointsPrice,
    3,
    [
        *_text("player_id", "currency"),
        *_big("version", "points", "amount", "published_at"),
        *_text("actor", "reason"),
    ],
    (),
)
"""Only ever added to."""

RATES = Table(
    "rates",
    Rates,
    3,
    [
        *_text("player_id", "source"),
        *_big("as_of", "published_at"),
        _tuple("pairs", msgspec.json.Decoder(tuple[Pair, ...])),
    ],
    (),
)
"""Only ever added to."""

QUOTES = Table(
    "quotes",
    Quote,
    2,
    [
        *_text("player_id", "quote_id", "source", "target"),
        _enum("side", Side),
        *_big("given", "credited"),
        _rate("mid"),
        _rate("client"),
        *_big("mid_value", "margin_bps"),
        *_text("rate_source"),
        *_big("rate_at", "policy_version"),
        *_text("reference"),
        *_big("volume", "created_at", "expires_at"),
        _enum("state", QuoteState),
        *_big("changed_at"),
        *_bytes("transaction_id"),
        *_big("refunded", "taken"),
    ],
    ("state", "changed_at", "transaction_id", "refunded", "taken"),
)

CONVERSIONS = Table(
    "conversions",
    Conversions,
    1,
    [*_text("player_id"), _tuple("done", msgspec.json.Decoder(tuple[Converted, ...]))],
    ("done",),
)

CASHBACKS = Table(
    "cashbacks",
    Covered,
    3,
    [*_text("player_id", "campaign", "currency"), _tuple("covered", msgspec.json.Decoder(tuple[tuple[int, int], ...]))],
    ("covered",),
)

TABLES: dict[type[Struct], Table[Any]] = {
    table.row: table
    for table in (
        PLAYERS,
        POCKETS,
        SESSIONS,
        ROUNDS,
        TRANSACTIONS,
        LINES,
        BONUSES,
        EXPLANATIONS,
        HOLDS,
        TEMPLATES,
        BUDGETS,
        TAKERS,
        DRAFTS,
        PUBLICATIONS,
        FREE_ROUNDS,
        POINTS_PRICES,
        RATES,
        QUOTES,
        CONVERSIONS,
        CASHBACKS,
    )
}

SOUGHT: dict[type[Struct], Table[Any]] = TABLES | {Offers: OFFERED_BONUSES}
"""What is read for a noun that is asked for: its row, or rows of one kind that it stands for."""
