"""The audit: a patron's life, told again to the auditor that was written from the rulebook (naive_bonus.py).

What was meant is from the log of orders; in which order it was committed, and what time did, is from the books. After
each transaction both must have the same cash, bonus money and debt, and at the end the same bonuses, rounds and house.
"""

import copy
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from tests.fault.audited import WORDS, Unlike, alike, by_time, is_consequence, is_turn, nothing, refused
from tests.fault.orders import Log, Order
from tests.fault.raw import Raw, Row, by_pocket
from tests.support.naive_bonus import NaiveBonusWallet, Said
from wallet_core.domain.commands import Play, VoidRound
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import Kind
from wallet_core.domain.policies import Game, Mode, WriteOff
from wallet_core.domain.promos import State
from wallet_core.domain.rounds import State as RoundState

HOUSE = ("BONUS_COST", "BONUS_ISSUED", "WINS", "BONUS_WINS", "STAKES", "BONUS_STAKES")
HEARD_OF = 3
"""So many publications back a core may be."""


class Published(msgspec.Struct, frozen=True):
    """The policies as the office has published them, seen from a round that began with a version."""

    rules: dict[int, WriteOff]
    version: int = 0

    def write_off(self, _brand_id: str, _provider_id: str, _game_id: str, version: int) -> WriteOff:
        return self.rules[version]

    def game(self, _provider_id: str, _game_id: str) -> Game:
        return Game()


class Audit:
    """One life."""

    def __init__(self, player: str, log: Log, raw: Raw) -> None:
        self._player = player
        self._orders = {key[1:]: order for key, order in log.orders.items() if key[0] == player}
        self._rows = sorted(raw.of("transactions")[player], key=lambda row: row["transaction_id"])
        self._keyed = {(row["provider_id"], row["external_key"]): row for row in self._rows}
        self.bonuses = {row["bonus_id"]: row for row in raw.of("bonuses")[player]}
        self._rounds = {row["round_id"]: row for row in raw.of("rounds")[player]}
        self.quotes = {row["quote_id"]: row for row in raw.of("quotes")[player]}
        self._pockets = {(row["account"], row["currency"]): row["amount"] for row in raw.of("pockets")[player]}
        self._lines = raw.of("lines")[player]
        rules = {
            version: WriteOff(mode=Mode(mode), order=tuple(order.split(",")))
            for version, (mode, order, _) in log.published.items()
        }
        self._policies = Published(rules)
        self._began = {version: at for version, (_, _, at) in log.published.items()}
        self.naive = NaiveBonusWallet(0)
        self.gifts: dict[str, str] = {}
        self.claimed: dict[str, int] = {}
        self.waiting: dict[str, int] = {}
        self.holds: dict[str, list[int]] = {}
        self._told: set[tuple[str, str]] = set()

    def findings(self) -> Iterator[str]:
        """Yield where books and auditor part for the first time; nothing where they never do."""
        row: Row = {"external_key": "the beginning"}
        try:
            for number, row in enumerate(self._rows, 1):
                self._tell(row, self._rows[number:])
            self._end()
        except Unlike as unlike:
            yield f"{self._player}, {row['external_key']}: {unlike}"
        except (LookupError, ValueError, TypeError) as error:  # what no life can have led to
            yield f"{self._player}, {row['external_key']}: it cannot be followed: {error!r}"

    def _tell(self, row: Row, later: Sequence[Row]) -> None:
        place, at = (row["provider_id"], row["external_key"]), row["committed_at"]
        order = self._orders.get(place)
        if place in self._told:
            return
        if order is None:
            by_time(self, row, at)
        elif order.meant is not None:
            self._play(order, order.meant, row, at)
        elif row["outcome"] == Outcome.REFUSED:
            refused(self, order, row)
        else:
            WORDS.get(order.word, nothing)(self, order, row, at)
        if order is not None:
            row = self._keyed[order.keys[-1]]  # what comes after the last action
        self._turns(order, at, later)
        if row["outcome"] != Outcome.REFUSED and row["currency"] == "EUR" and not is_consequence(row):
            naive = self.naive
            had = row["cash_after"], row["bonus_after"], row["debt_after"]
            must = naive.cash, sum(each.balance for each in naive.bonuses.values()), naive.debt
            alike("cash, bonus and debt", had, must)

    def _turns(self, order: Order | None, at: int, later: Sequence[Row]) -> None:
        """Begin those whose turn came in the same commit, a microsecond each: what it tells of balances counts them."""
        for row in later:
            place = row["provider_id"], row["external_key"]
            its = is_turn(row) or is_consequence(row) or (order is not None and place in order.keys)
            if not its or row["committed_at"] > at + 1:
                return
            at = row["committed_at"]
            if is_turn(row) and place not in self._told:
                by_time(self, row, at)
                self._told.add(place)

    # Play.

    def _play(self, order: Order, meant: Play | VoidRound, row: Row, at: int) -> None:
        said = self.naive.do(meant, at) if isinstance(meant, VoidRound) else self._said(meant, row, at)
        self._told |= set(order.keys)
        reason = said.reason.name if said.reason else None
        for number, place in enumerate(order.keys):
            found = self._keyed.get(place)
            if found is None:
                raise Unlike(f"{order}: {place} is not there")
            alike("the reason", Reason(found["reason"]).name if found["reason"] else None, reason)
            if reason:
                continue
            alike("the outcome", Outcome(found["outcome"]), said.outcomes[number])
            if found["kind"] in {Kind.BET, Kind.WIN} and found["outcome"] == Outcome.APPLIED:
                alike("the parts", by_pocket(found["parts"]), said.parts[number])

    def _said(self, meant: Play, row: Row, at: int) -> Said:
        """Return what the auditor says of a play by the policies that its round began with (R-FUND-09).

        A stake that was refused before its round began has left nothing that says them: then it is by one of the last
        that were published, for a core hears of what another one publishes a little later.
        """
        begun = self._rounds.get(meant.round_id)
        begun = begun if begun and begun["opened_at"] <= at else None
        if begun and begun["opened_at"] < self._began.get(begun["policies"], 0):
            raise Unlike(f"its round began with version {begun['policies']} before that was in force")
        known = sorted((version for version, since in self._began.items() if since <= at), reverse=True)
        versions = [begun["policies"]] if begun else known[:HEARD_OF]
        for version in versions:
            naive = copy.deepcopy(self.naive) if len(versions) > 1 else self.naive
            said = naive.do(replace(meant, policies=replace(self._policies, version=version)), at)
            if version == versions[-1] or (said.reason or 0) == (row["reason"] or 0):
                self.naive = naive
                return said
        raise Unlike("nothing was published by then")

    # The end.

    def _end(self) -> None:
        naive = self.naive
        sums: Counter[str] = Counter()
        for line in self._lines:
            if line["currency"] == "EUR":
                sums[line["account"]] += line["amount"]
        for account in HOUSE:
            alike(account, sums[account], naive.house[account])
        alike("cash", self._pockets.get(("CASH", "EUR"), 0), naive.cash)
        alike("held", sum(amount for (name, _), amount in self._pockets.items() if name.startswith("HELD:")),
               sum(left for left, _ in self.holds.values()))  # fmt: skip
        for bonus_id, bonus in naive.bonuses.items():
            row, held = self.bonuses[bonus_id], self._pockets.get((f"BONUS:{bonus_id}", "EUR"), 0)
            had = State(row["state"]).name, held, row["progress"], row["converted"]
            alike(bonus_id, had, (bonus.state, bonus.balance, bonus.progress, bonus.converted))
        for round_id, game in naive.rounds.items():
            row = self._rounds[round_id]
            had = RoundState(row["state"]).name, row["in_play"], row["in_play_bonus"]
            alike(round_id, had, (game.state, *naive.in_play(round_id)))
