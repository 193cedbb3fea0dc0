"""Reads: what is asked outside the batch, the same on both databases but for how a statement is run."""

import re
from abc import abstractmethod
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from wallet_core.domain.budgets import Budget
from wallet_core.domain.cashback import Turnover
from wallet_core.domain.entries import Line, Transaction, first_id
from wallet_core.domain.explanations import Explanation
from wallet_core.domain.free_rounds import Grant
from wallet_core.domain.fx import Quote
from wallet_core.domain.holds import Hold
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.players import Player
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.points import PointsPrice
from wallet_core.domain.promos import Bonus
from wallet_core.domain.publications import Draft, Publication
from wallet_core.domain.rates import Rates
from wallet_core.domain.rounds import Round
from wallet_core.domain.sessions import Session
from wallet_core.domain.templates import Template
from wallet_core.storage.store import RoundCursor
from wallet_core.storage.tables import (
    BONUSES,
    BUDGETS,
    DRAFTS,
    EXPLANATIONS,
    FREE_ROUNDS,
    HOLDS,
    LINES,
    PLAYERS,
    POCKETS,
    POINTS_PRICES,
    PUBLICATIONS,
    QUOTES,
    RATES,
    ROUNDS,
    SESSIONS,
    TABLES,
    TEMPLATES,
    TRANSACTIONS,
)

SQL = Path(__file__).parent / "sql"

LAST_ID = b"\xff" * 16
"""Above every transaction id."""


@cache
def named(name: str) -> str:
    """Return a statement of reads.sql, its columns filled in."""
    text = (SQL / "reads.sql").read_text(encoding="utf-8")
    found = re.search(rf"^-- name: {name}\n(.*?)(?=^-- name: |\Z)", text, re.DOTALL | re.MULTILINE)
    if found is None:
        message = f"no statement {name} in reads.sql"
        raise LookupError(message)
    statement = found[1].strip()
    for table in TABLES.values():
        statement = statement.replace(f"{{{table.name}}}", table.names)
        statement = statement.replace(
            f"{{{table.name} as o}}", ", ".join(f"o.{column.name}" for column in table.columns)
        )
    return statement


def bound(statement: str, mark: str, parameters: dict[str, Any]) -> tuple[str, list[Any]]:
    """Return the statement with `mark` and a number for each :name, and the values in that order."""
    order: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[1] not in order:
            order.append(found[1])
        return f"{mark}{order.index(found[1]) + 1}"

    text = re.sub(r":(\w+)", number, statement)
    return text, [parameters[name] for name in order]


class Reads:
    """The reading half of a store."""

    @abstractmethod
    async def _fetch(self, name: str, *, many: Sequence[bytes] | None = None, **parameters: Any) -> list[Sequence[Any]]:
        """Run a statement of reads.sql; `many` is the list of its {in}."""

    async def players_of_sessions(self, session_ids: Sequence[bytes]) -> dict[bytes, str]:
        """Return whose each session is; unknown ones are left out."""
        return {bytes(row[0]): row[1] for row in await self._fetch("players_of_sessions", many=session_ids)}

    async def players_of_keys(self, keys: Sequence[bytes]) -> dict[bytes, list[str]]:
        """Return who has a transaction under each key; tombstones without a player are nobody's."""
        return await self._holders("players_of_keys", keys)

    async def players_to_undo(self, keys: Sequence[bytes]) -> dict[bytes, list[str]]:
        """Return the same, but for what a tombstone has stopped."""
        return await self._holders("players_to_undo", keys)

    async def _holders(self, name: str, keys: Sequence[bytes]) -> dict[bytes, list[str]]:
        found: dict[bytes, list[str]] = {}
        for key, player_id in await self._fetch(name, many=keys):
            found.setdefault(bytes(key), []).append(player_id)
        return found

    async def player(self, player_id: str) -> Player | None:
        """Return the player, if there is one."""
        rows = await self._fetch("player", player_id=player_id)
        return PLAYERS.read(rows[0]) if rows else None

    async def pockets(self, player_id: str) -> list[Pocket]:
        """Return the player's pockets of all currencies."""
        return [POCKETS.read(row) for row in await self._fetch("pockets", player_id=player_id)]

    async def session(self, player_id: str, session_id: bytes) -> Session | None:
        """Return the session, if there is one."""
        rows = await self._fetch("session", player_id=player_id, session_id=session_id)
        return SESSIONS.read(rows[0]) if rows else None

    async def in_play(self, player_id: str, currency: str) -> int:
        """Return what the player's open rounds hold."""
        return int((await self._fetch("in_play", player_id=player_id, currency=currency))[0][0])

    async def in_play_bonus(self, player_id: str, currency: str) -> int:
        """Return what they hold of bonuses."""
        return int((await self._fetch("in_play_bonus", player_id=player_id, currency=currency))[0][0])

    async def round(self, player_id: str, provider_id: str, round_id: str) -> Round | None:
        """Return the round, if there is one."""
        rows = await self._fetch("round", player_id=player_id, provider_id=provider_id, round_id=round_id)
        return ROUNDS.read(rows[0]) if rows else None

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
        cursor = after or RoundCursor(-1, "", "", "")
        rows = await self._fetch(
            "open_rounds",
            player_id=player_id,
            provider_id=provider_id,
            opened_before=INT64_MAX if opened_before is None else opened_before,
            after_at=cursor.opened_at,
            after_player=cursor.player_id,
            after_provider=cursor.provider_id,
            after_round=cursor.round_id,
            limit=limit,
        )
        return [ROUNDS.read(row) for row in rows]

    async def hold(self, player_id: str, hold_id: str) -> Hold | None:
        """Return the hold, if there is one."""
        rows = await self._fetch("hold", player_id=player_id, hold_id=hold_id)
        return HOLDS.read(rows[0]) if rows else None

    async def holds(self, player_id: str, *, before: tuple[int, str] | None = None, limit: int) -> list[Hold]:
        """Return a player's holds, newest first, from the one before `before`: when it was placed, and its id."""
        at, hold_id = before or (INT64_MAX, "")
        rows = await self._fetch("holds", player_id=player_id, before_at=at, before_hold=hold_id, limit=limit)
        return [HOLDS.read(row) for row in rows]

    async def live_holds(self, player_id: str, currency: str) -> list[Hold]:
        """Return what holds a player's cash of one currency."""
        return [HOLDS.read(row) for row in await self._fetch("live_holds", player_id=player_id, currency=currency)]

    async def due(self, name: str, *, now: int, limit: int) -> list[Sequence[Any]]:
        """Return what a statement of reads.sql says is due at the microsecond `now`, in the order it became so."""
        return await self._fetch(name, now=now, limit=limit)

    async def template(self, template_id: str, version: int) -> Template | None:
        """Return the version of a template, if there is one."""
        rows = await self._fetch("template", template_id=template_id, version=version)
        return TEMPLATES.read(rows[0]) if rows else None

    async def templates(
        self, template_id: str = "", *, after: tuple[str, int] | None = None, limit: int
    ) -> list[Template]:
        """Return versions of all templates or of one, by id and version, from the one after `after`."""
        after_template, after_version = after or ("", 0)
        rows = await self._fetch(
            "templates",
            template_id=template_id,
            after_template=after_template,
            after_version=after_version,
            limit=limit,
        )
        return [TEMPLATES.read(row) for row in rows]

    async def bonus(self, player_id: str, bonus_id: str) -> Bonus | None:
        """Return the bonus, if there is one."""
        rows = await self._fetch("bonus", player_id=player_id, bonus_id=bonus_id)
        return BONUSES.read(rows[0]) if rows else None

    async def bonuses(self, player_id: str, *, after: str = "", limit: int) -> list[Bonus]:
        """Return a player's bonuses by id, from the one after `after`."""
        rows = await self._fetch("bonuses", player_id=player_id, after=after, limit=limit)
        return [BONUSES.read(row) for row in rows]

    async def transaction(self, player_id: str, transaction_id: bytes) -> Transaction | None:
        """Return a transaction of a player, if there is one."""
        rows = await self._fetch("transaction", player_id=player_id, transaction_id=transaction_id)
        return TRANSACTIONS.read(rows[0]) if rows else None

    async def explanation(self, player_id: str, transaction_id: bytes) -> Explanation | None:
        """Return why a stake was paid as it was, where there was a choice."""
        rows = await self._fetch("explanation", player_id=player_id, transaction_id=transaction_id)
        return EXPLANATIONS.read(rows[0]) if rows else None

    async def transactions_by_key(self, key: bytes) -> list[Transaction]:
        """Return every player's transaction under a key, and the tombstone that knows no player."""
        return [TRANSACTIONS.read(row) for row in await self._fetch("transactions_by_key", key=key)]

    async def transactions(
        self, player_id: str, *, provider_id: str = "", round_id: str = "", before: bytes | None = None, limit: int
    ) -> list[Transaction]:
        """Return a player's transactions, newest first, from the one before `before`."""
        rows = await self._fetch(
            "transactions",
            player_id=player_id,
            provider_id=provider_id,
            round_id=round_id,
            before=LAST_ID if before is None else before,
            limit=limit,
        )
        return [TRANSACTIONS.read(row) for row in rows]

    async def batch(self, provider_id: str, batch_id: str) -> list[Transaction]:
        """Return the bets and wins of a provider's batch, in the order they were committed."""
        rows = await self._fetch("batch", provider_id=provider_id, batch_id=batch_id)
        return [TRANSACTIONS.read(row) for row in rows]

    async def slipped(self, since: int) -> list[Transaction]:
        """Return what tombstones without a player, left at or after `since`, missed and nobody has rolled back."""
        return [TRANSACTIONS.read(row) for row in await self._fetch("slipped", since=since)]

    async def lines(self, player_id: str, transaction_ids: Sequence[bytes]) -> list[Line]:
        """Return the lines of a player's transactions, in order."""
        return [LINES.read(row) for row in await self._fetch("lines", many=transaction_ids, player_id=player_id)]

    async def trial_balance(self, currency: str = "") -> list[tuple[str, str, int]]:
        """Return (account, currency, sum of lines), of one currency or all."""
        return [(row[0], row[1], int(row[2])) for row in await self._fetch("trial_balance", currency=currency)]

    async def publications(self, after: int = 0) -> list[Publication]:
        """Return the publications of policies numbered above `after`, in that order."""
        return [PUBLICATIONS.read(row) for row in await self._fetch("publications", after=after)]

    async def drafts(self, limit: int) -> list[Draft]:
        """Return the latest drafts of policies that nobody has approved, the newest first."""
        return [DRAFTS.read(row) for row in await self._fetch("drafts", limit=limit)]

    async def free_round(self, player_id: str, grant_id: str) -> Grant | None:
        """Return the grant of free rounds, if there is one."""
        rows = await self._fetch("free_round", player_id=player_id, grant_id=grant_id)
        return FREE_ROUNDS.read(rows[0]) if rows else None

    async def free_rounds(self, player_id: str, *, before: tuple[int, str] | None = None, limit: int) -> list[Grant]:
        """Return a player's free rounds, newest first, from the one before `before`: when it was issued, and its id."""
        at, grant_id = before or (INT64_MAX, "")
        rows = await self._fetch("free_rounds", player_id=player_id, before_at=at, before_grant=grant_id, limit=limit)
        return [FREE_ROUNDS.read(row) for row in rows]

    async def points_price(self, currency: str) -> PointsPrice | None:
        """Return the last price of points in a currency, if there is one."""
        rows = await self._fetch("points_price", currency=currency)
        return POINTS_PRICES.read(rows[0]) if rows else None

    async def points_lots(self, player_id: str, since: int) -> tuple[int, int, int]:
        """Return a player's points, what came into them since a moment, and how many lines they have."""
        rows = await self._fetch("points_lots", player_id=player_id, since=first_id(since))
        held, came, lines = rows[0] if rows else (0, 0, 0)
        return int(held), int(came), int(lines)

    async def points_held(self, *, after: str = "", limit: int) -> list[tuple[str, str, int]]:
        """Return who has points, by id from the one after `after`: the player, the brand, and since when."""
        return [(row[0], row[1], row[2]) for row in await self._fetch("points_held", after=after, limit=limit)]

    async def turnover(self, player_id: str, currency: str, start: int, end: int) -> list[Turnover]:
        """Return what a player's cash did in [start, end), game by game."""
        rows = await self._fetch(
            "turnover", player_id=player_id, currency=currency, start=first_id(start), end=first_id(end)
        )
        return [Turnover(row[0], row[1], int(row[2]), int(row[3]), int(row[4])) for row in rows]

    async def budget(self, campaign: str, currency: str) -> Budget | None:
        """Return a campaign's budget in a currency, if there is one."""
        rows = await self._fetch("budget", campaign=campaign, currency=currency)
        return BUDGETS.read(rows[0]) if rows else None

    async def budgets(self, campaign: str = "", *, after: tuple[str, str] = ("", ""), limit: int) -> list[Budget]:
        """Return budgets of all campaigns or of one, by campaign and currency, from the one after `after`."""
        after_campaign, after_currency = after
        rows = await self._fetch(
            "budgets", campaign=campaign, after_campaign=after_campaign, after_currency=after_currency, limit=limit
        )
        return [BUDGETS.read(row) for row in rows]

    async def rates(self, sources: Sequence[str]) -> list[Rates]:
        """Return the last table of each of these sources of rates, in their order; those without one are left out."""
        found = [await self._fetch("rates", source=source) for source in sources]
        return [RATES.read(rows[0]) for rows in found if rows]

    async def quote(self, player_id: str, quote_id: str) -> Quote | None:
        """Return the quote, if there is one."""
        rows = await self._fetch("quote", player_id=player_id, quote_id=quote_id)
        return QUOTES.read(rows[0]) if rows else None

    async def quotes(self, player_id: str, *, before: tuple[int, str] | None = None, limit: int) -> list[Quote]:
        """Return a player's quotes, newest first, from the one before `before`: when it was made, and its id."""
        at, quote_id = before or (INT64_MAX, "")
        rows = await self._fetch("quotes", player_id=player_id, before_at=at, before_quote=quote_id, limit=limit)
        return [QUOTES.read(row) for row in rows]
