"""The port: what a database must do. Plural verbs; one suite holds both implementations to it."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from msgspec import Struct

from wallet_core.domain.book import Needs, Row
from wallet_core.domain.budgets import Budget
from wallet_core.domain.cashback import Turnover
from wallet_core.domain.entries import Line, Transaction
from wallet_core.domain.explanations import Explanation
from wallet_core.domain.free_rounds import Grant
from wallet_core.domain.fx import Quote
from wallet_core.domain.holds import Hold
from wallet_core.domain.players import Player
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.points import PointsPrice
from wallet_core.domain.promos import Bonus
from wallet_core.domain.publications import Draft, Publication
from wallet_core.domain.rates import Rates
from wallet_core.domain.rounds import Round
from wallet_core.domain.sessions import Session
from wallet_core.domain.templates import Template


class VersionConflict(Exception):
    """Another process committed to one of the rows in between: nothing was saved, decide again."""


class Unavailable(Exception):
    """The database is not there, or went away in the middle: what was to be saved may or may not have been."""


class Changes(Struct, frozen=True):
    """What a batch changed: rows as (before, after), `before` none for a new one; and the lines it posted."""

    rows: Sequence[tuple[Row | None, Row]]
    lines: Sequence[Line]


class Work(Protocol):
    """A batch, as storage sees it: it is asked in this order, and once more from the start after a VersionConflict."""

    def needs(self) -> Needs:
        """Return the rows to load."""
        ...

    def follow(self, rows: Sequence[Row]) -> Needs | None:
        """Take all rows that were found, as they were at one moment; return more to load, named by those, or none.

        It is asked until there are none.
        """
        ...

    def decide(self) -> Changes:
        """Decide on the rows it was given last; return what to save."""
        ...


class RoundCursor(NamedTuple):
    """Where a listing of open rounds goes on."""

    opened_at: int
    player_id: str
    provider_id: str
    round_id: str


class Store(Protocol):
    """A database of the books. Reads see what is committed."""

    async def apply(self, work: Work) -> None:
        """Load, decide and save in one atomic step, durable when this returns.

        Raises:
            VersionConflict: nothing was saved.
            Unavailable: it is not known whether anything was.
        """
        ...

    async def preview(self, work: Work) -> None:
        """Load and decide; save nothing."""
        ...

    async def players_of_sessions(self, session_ids: Sequence[bytes]) -> dict[bytes, str]:
        """Return whose each session is; unknown ones are left out."""
        ...

    async def players_of_keys(self, keys: Sequence[bytes]) -> dict[bytes, list[str]]:
        """Return who has a transaction under each key; tombstones without a player are nobody's."""
        ...

    async def players_to_undo(self, keys: Sequence[bytes]) -> dict[bytes, list[str]]:
        """Return the same, but for what a tombstone has stopped: its rollback was answered by the tombstone."""
        ...

    async def player(self, player_id: str) -> Player | None:
        """Return the player, if there is one."""
        ...

    async def pockets(self, player_id: str) -> list[Pocket]:
        """Return the player's pockets of all currencies."""
        ...

    async def session(self, player_id: str, session_id: bytes) -> Session | None:
        """Return the session, if there is one."""
        ...

    async def in_play(self, player_id: str, currency: str) -> int:
        """Return what the player's open rounds hold."""
        ...

    async def in_play_bonus(self, player_id: str, currency: str) -> int:
        """Return what they hold of bonuses."""
        ...

    async def round(self, player_id: str, provider_id: str, round_id: str) -> Round | None:
        """Return the round, if there is one."""
        ...

    async def open_rounds(
        self,
        *,
        player_id: str = "",
        provider_id: str = "",
        opened_before: int | None = None,
        after: RoundCursor | None = None,
        limit: int,
    ) -> list[Round]:
        """Return open rounds, oldest first."""
        ...

    async def hold(self, player_id: str, hold_id: str) -> Hold | None:
        """Return the hold, if there is one."""
        ...

    async def holds(self, player_id: str, *, before: tuple[int, str] | None = None, limit: int) -> list[Hold]:
        """Return a player's holds, newest first, from the one before `before`: when it was placed, and its id."""
        ...

    async def live_holds(self, player_id: str, currency: str) -> list[Hold]:
        """Return what holds a player's cash of one currency."""
        ...

    async def due(self, name: str, *, now: int, limit: int) -> list[Sequence[Any]]:
        """Return what a statement of reads.sql says is due at the microsecond `now`, in the order it became so."""
        ...

    async def template(self, template_id: str, version: int) -> Template | None:
        """Return the version of a template, if there is one."""
        ...

    async def templates(
        self, template_id: str = "", *, after: tuple[str, int] | None = None, limit: int
    ) -> list[Template]:
        """Return versions of all templates or of one, by id and version, from the one after `after`."""
        ...

    async def bonus(self, player_id: str, bonus_id: str) -> Bonus | None:
        """Return the bonus, if there is one."""
        ...

    async def bonuses(self, player_id: str, *, after: str = "", limit: int) -> list[Bonus]:
        """Return a player's bonuses by id, from the one after `after`."""
        ...

    async def transaction(self, player_id: str, transaction_id: bytes) -> Transaction | None:
        """Return a transaction of a player, if there is one."""
        ...

    async def explanation(self, player_id: str, transaction_id: bytes) -> Explanation | None:
        """Return why a stake was paid as it was, where there was a choice."""
        ...

    async def transactions_by_key(self, key: bytes) -> list[Transaction]:
        """Return every player's transaction under a key, and the tombstone that knows no player."""
        ...

    async def transactions(
        self, player_id: str, *, provider_id: str = "", round_id: str = "", before: bytes | None = None, limit: int
    ) -> list[Transaction]:
        """Return a player's transactions, newest first, from the one before `before`."""
        ...

    async def batch(self, provider_id: str, batch_id: str) -> list[Transaction]:
        """Return the bets and wins of a provider's batch, in the order they were committed."""
        ...

    async def slipped(self, since: int) -> list[Transaction]:
        """Return what tombstones without a player, left at or after `since`, missed and nobody has rolled back."""
        ...

    async def lines(self, player_id: str, transaction_ids: Sequence[bytes]) -> list[Line]:
        """Return the lines of a player's transactions, in order."""
        ...

    async def trial_balance(self, currency: str = "") -> list[tuple[str, str, int]]:
        """Return (account, currency, sum of lines), of one currency or all."""
        ...

    async def publications(self, after: int = 0) -> list[Publication]:
        """Return the publications of policies numbered above `after`, in that order."""
        ...

    async def drafts(self, limit: int) -> list[Draft]:
        """Return the latest drafts of policies that nobody has approved, the newest first."""
        ...

    async def free_round(self, player_id: str, grant_id: str) -> Grant | None:
        """Return the grant of free rounds, if there is one."""
        ...

    async def free_rounds(self, player_id: str, *, before: tuple[int, str] | None = None, limit: int) -> list[Grant]:
        """Return a player's free rounds, newest first, from the one before `before`: when it was issued, and its id."""
        ...

    async def points_price(self, currency: str) -> PointsPrice | None:
        """Return the last price of points in a currency, if there is one."""
        ...

    async def points_lots(self, player_id: str, since: int) -> tuple[int, int, int]:
        """Return a player's points, what came into them since a moment, and how many lines they have."""
        ...

    async def points_held(self, *, after: str = "", limit: int) -> list[tuple[str, str, int]]:
        """Return who has points, by id from the one after `after`: the player, the brand, and since when."""
        ...

    async def turnover(self, player_id: str, currency: str, start: int, end: int) -> list[Turnover]:
        """Return what a player's cash did in [start, end), game by game."""
        ...

    async def budget(self, campaign: str, currency: str) -> Budget | None:
        """Return a campaign's budget in a currency, if there is one."""
        ...

    async def budgets(self, campaign: str = "", *, after: tuple[str, str] = ("", ""), limit: int) -> list[Budget]:
        """Return budgets of all campaigns or of one, by campaign and currency, from the one after `after`."""
        ...

    async def rates(self, sources: Sequence[str]) -> list[Rates]:
        """Return the last table of each of these sources of rates, in their order; those without one are left out."""
        ...

    async def quote(self, player_id: str, quote_id: str) -> Quote | None:
        """Return the quote, if there is one."""
        ...

    async def quotes(self, player_id: str, *, before: tuple[int, str] | None = None, limit: int) -> list[Quote]:
        """Return a player's quotes, newest first, from the one before `before`: when it was made, and its id."""
        ...

    async def query(self, sql: str) -> list[dict[str, object]]:
        """Return the rows of a check or report."""
        ...

    async def close(self) -> None:
        """Let go of the database."""
        ...
