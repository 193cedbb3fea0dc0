"""Points, free rounds and payouts in few words; and free rounds played without a play: their rules on a book."""

from msgspec.structs import replace

from tests.support.domain import PLAYER, PROVIDER, START, Books, key_of, units
from tests.support.policies import ALLOWING
from wallet_core.domain.awards import Award
from wallet_core.domain.book import Book, Needs
from wallet_core.domain.decision import Outcome
from wallet_core.domain.entries import NO_PLAYER, Kind, Transaction, digest, transaction_id
from wallet_core.domain.free_play import FreeWin, begin, end, undo, win
from wallet_core.domain.free_round_commands import (
    CancelFreeRounds,
    ExpireFreeRounds,
    GrantFreeRounds,
    RegisterFreeRounds,
)
from wallet_core.domain.free_rounds import Grant, Settle, rows
from wallet_core.domain.payouts import Cashback, PayCashback, PayPromo, Source
from wallet_core.domain.points_commands import AdjustPoints, ExpirePoints, PublishPointsPrice, RedeemPoints
from wallet_core.domain.policies import Split
from wallet_core.domain.promos import Base, BonusTerms
from wallet_core.domain.rounds import Round
from wallet_core.domain.rounds import State as RoundState
from wallet_core.domain.templates import Amounts, Promotion, Template

DAY = 86_400_000_000
GRANT = "fr1"
EXPIRES = START + 10 * DAY

WINNINGS = Promotion(
    title="Free spins",
    text="What you win is wagered 10 times.",
    amounts=(Amounts("EUR", fixed=units("1")),),
    terms=BonusTerms(multiplier=1_000, base=Base.WINNINGS),
)
"""What free rounds win is wagered ten times."""

FREE_OF_WAGERING = replace(WINNINGS, terms=BonusTerms(split=Split.ALL_TO_CASH))


def edition(promotion: Promotion = WINNINGS, version: int = 1) -> Template:
    return Template(NO_PLAYER, "spins", version, promotion)


def adjust(points: int, key: str = "p1") -> AdjustPoints:
    """Points by hand, in 10,000ths."""
    return AdjustPoints(PLAYER, "a gift", "ops", key, points)


def price(points: int = 100, amount: str = "1", version: int = 1, *, currency: str = "EUR") -> PublishPointsPrice:
    """So many points buy an amount."""
    reason, key = "spring", f"price:{currency}:{version}"
    return PublishPointsPrice(NO_PLAYER, reason, "ops", key, currency, version, points, units(amount, currency))


def redeem(points: int, amount: str, version: int = 1, *, key: str = "x1", currency: str = "EUR") -> RedeemPoints:
    """Whole points for cash."""
    return RedeemPoints(PLAYER, key, points, currency, units(amount, currency), version)


def lots(books: Books, before: int) -> ExpirePoints:
    """The expiry of what came in before a moment, as the ledger says it now (reads.sql: points_lots)."""
    lines = [line for line in books.lines if (line.player_id, line.account) == (PLAYER, "POINTS")]
    at = {row.transaction_id: row.committed_at for row in books.rows.values() if isinstance(row, Transaction)}
    came = sum(line.amount for line in lines if line.amount > 0 and at[line.transaction_id] < before)
    went = sum(-line.amount for line in lines if line.amount < 0)
    return ExpirePoints(PLAYER, before, max(0, came - went), len(lines))


def prize(
    amount: str = "50", rank: str = "1", *, player: str = PLAYER, source: Source = Source.TOURNAMENT, **more: object
) -> PayPromo:
    """A prize of the cup."""
    facts = {"campaign": "cup", "currency": "EUR", "template": None, "actor": "ops", "policies": ALLOWING, **more}
    return PayPromo(player, **facts, source=source, reference=rank, amount=units(amount, facts["currency"]))


def cashback(base: str, start: int, end_: int, **more: object) -> PayCashback:
    """Ten percent of a base."""
    facts = {"campaign": "weekly", "currency": "EUR", "template": None, "actor": "ops", "policies": ALLOWING, **more}
    rule = facts.pop("cashback", Cashback(bps=1_000))
    return PayCashback(PLAYER, **facts, start=start, end=end_, cashback=rule, base=units(base))


def granting(rounds: int = 3, *, template: Template | None = None, **more: object) -> GrantFreeRounds:
    """Three rounds of 0.20 at any game of the provider's."""
    facts = {
        "grant_id": GRANT,
        "provider_id": PROVIDER,
        "currency": "EUR",
        "value": units("0.20"),
        "games": (),
        "settle": Settle.EACH,
        "cap": 0,
        "campaign": "spring",
        "expires_at": EXPIRES,
        "actor": "ops",
        "reason": "spring",
        "policies": ALLOWING,
        **more,
    }
    return GrantFreeRounds(PLAYER, rounds=rounds, template=template, **facts)


def register(key: str = "g1", *, confirmed: bool = True) -> RegisterFreeRounds:
    return RegisterFreeRounds(PLAYER, GRANT, "as the provider says", "adapter", key, PROVIDER, confirmed=confirmed)


def cancel(key: str = "c1") -> CancelFreeRounds:
    return CancelFreeRounds(PLAYER, GRANT, "a mistake", "ops", key)


def expire(due: int = EXPIRES) -> ExpireFreeRounds:
    return ExpireFreeRounds(PLAYER, GRANT, due)


class FreePlays:
    """Free rounds on books in memory: each call is what a play makes of it, with a transaction of its own."""

    def __init__(self, books: Books) -> None:
        self.books = books

    @property
    def grant(self) -> Grant | None:
        return self.books.rows.get((Grant, PLAYER, GRANT))

    def begin(self, round_id: str, game_id: str = "slot") -> None:
        """A stake of a free round."""
        now = self.books._clock.take(1)  # noqa: SLF001
        grant = begin(self.grant, PROVIDER, game_id, "EUR", now)
        round_ = Round(PLAYER, PROVIDER, round_id, game_id, "EUR", RoundState.OPEN, now, now)
        self.books.rows[key_of(grant)] = grant
        self.books.rows[key_of(round_)] = round_

    def win(self, round_id: str, amount: str, key: str, grant_id: str = GRANT) -> Award:
        """A win of one."""
        free = self._free(round_id, amount, key)
        award = self._run(Kind.WIN, key, key, grant_id, lambda book, grant: win(book, grant, free))
        if free.round is not None:
            won = replace(free.round, won=free.round.won + free.amount)
            self.books.rows[key_of(won)] = won
        return award

    def undo(self, round_id: str, amount: str, key: str, parts: tuple[tuple[str, int], ...]) -> Award:
        """A win's rollback."""
        free = self._free(round_id, amount, key)
        award = self._run(Kind.ROLLBACK, key, f"x{key}", GRANT, lambda book, grant: undo(book, grant, free, parts))
        if free.round is not None:
            won = replace(free.round, won=free.round.won - free.amount)
            self.books.rows[key_of(won)] = won
        return award

    def end(self, key: str) -> Award:
        """The end of a round."""
        return self._run(Kind.NOTE, key, key, GRANT, lambda book, grant: end(book, grant, self.books.at))

    def _free(self, round_id: str, amount: str, key: str) -> FreeWin:
        now = self.books._clock.take(1)  # noqa: SLF001
        round_ = self.books.round(round_id)
        return FreeWin(PLAYER, PROVIDER, "EUR", units(amount), digest(PROVIDER, key), now, round_)

    def _run(self, kind, win_key, key, grant_id, rule) -> Award:
        needs = Needs.none()
        needs.players.add(PLAYER)
        head_key = digest(PROVIDER, key)
        needs.transactions.add((PLAYER, head_key))
        for noun, row in rows(PLAYER, grant_id, digest(PROVIDER, win_key)):
            needs.want(noun, row)
        book = Book(needs, list(self.books._load(needs)))  # noqa: SLF001
        grant = book.noun(Grant, PLAYER, grant_id) if grant_id else None
        award = rule(book, grant)
        at = self.books._clock.take(1)  # noqa: SLF001
        identity = transaction_id(at, PLAYER, head_key)
        book.post(PLAYER, identity, "EUR", award.entries)
        outcome = Outcome.APPLIED if award.entries else Outcome.NOOP
        head = Transaction(PLAYER, head_key, identity, PROVIDER, key, kind, outcome, "EUR", 0, at, parts=award.parts)
        book.put(head)
        for _, row in book.changes():
            self.books.rows[key_of(row)] = row
        self.books.lines.extend(book.lines)
        return award
