"""Points, free rounds and payouts in few words."""

from msgspec.structs import replace

from tests.support.domain import PLAYER, PROVIDER, START, Books, bet, note, play, rollback, units, win
from tests.support.policies import ALLOWING
from wallet_core.domain.awards import Award
from wallet_core.domain.cashback import Cashback
from wallet_core.domain.commands import Action, Play
from wallet_core.domain.decision import Refused
from wallet_core.domain.entries import NO_PLAYER, Category, Entry, Transaction
from wallet_core.domain.free_round_commands import (
    CancelFreeRounds,
    ExpireFreeRounds,
    GrantFreeRounds,
    RegisterFreeRounds,
)
from wallet_core.domain.free_rounds import Grant, Settle
from wallet_core.domain.payouts import PayCashback, PayPromo, Source
from wallet_core.domain.points_commands import AdjustPoints, ExpirePoints, PublishPointsPrice, RedeemPoints
from wallet_core.domain.policies import Split
from wallet_core.domain.promos import Base, BonusTerms
from wallet_core.domain.templates import Amounts, Promotion, Template

DAY = 86_400_000_000
GRANT = "fr1"
EXPIRES = START + 10 * DAY

WINNINGS = Promotion(
    title="Free spins",
    text="What you win is wagered 10 times.",
    amounts=(Amounts("EUR", fixed=units("1")),),
    terms=BonusTerms(multiplier=1_000, base=Base.WINNINGS),
    opt_in=False,
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
    held = sum(line.amount for line in lines)
    came = sum(line.amount for line in lines if line.amount > 0 and at[line.transaction_id] >= before)
    return ExpirePoints(PLAYER, before, max(0, held - came), len(lines))


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


def free(action: Action, grant_id: str = GRANT) -> Action:
    """The action as one of a free round."""
    return replace(action, category=Category.FREE_ROUND, grant=grant_id)


class FreePlays:
    """Free rounds on books in memory, a play each; what comes of it as an award."""

    def __init__(self, books: Books) -> None:
        self.books = books

    @property
    def grant(self) -> Grant | None:
        return self.books.rows.get((Grant, PLAYER, GRANT))

    def begin(self, round_id: str) -> Award:
        """A stake of a free round."""
        return self._do(play(free(bet(f"b:{round_id}", "0.20")), round_id=round_id))

    def win(self, round_id: str, amount: str, key: str, grant_id: str = GRANT) -> Award:
        """A win of one."""
        return self._do(play(free(win(key, amount), grant_id), round_id=round_id))

    def undo(self, round_id: str, amount: str | None, key: str) -> Award:
        """A win's rollback."""
        return self._do(play(rollback(f"x:{key}:{amount}", key, amount), round_id=round_id))

    def end(self, round_id: str) -> Award:
        """The end of a round."""
        return self._do(play(note(f"e:{round_id}"), round_id=round_id, close_round=True))

    def _do(self, command: Play) -> Award:
        decision = self.books.do(command)
        if decision.refusal is not None:
            raise Refused(decision.refusal.reason)
        (result,) = decision.results
        lines = (line for line in self.books.lines if line.transaction_id == result.transaction_id)
        return Award(tuple(Entry(line.account, line.amount, line.detail) for line in lines), result.parts)
