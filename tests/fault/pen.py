"""The pen a story is written with: fresh ids, amounts, requests; and the cast it is about."""

import random
from collections.abc import Sequence

from msgspec import Struct

from tests.fault.intents import Form, Kind, Purse, Request, Transaction
from tests.fault.speakers import OK, Speaker
from tests.storage.books import EUR
from wallet_core.domain.profiles import UNKNOWN_ROLLBACK, LateOriginal

CENT = EUR // 100
RICH, POOR = 1_000_000 * EUR, 20 * EUR
TOO_MUCH = 1_000 * RICH


class Cast(Struct, frozen=True):
    """Who plays: a few hot players most of the time; the poor only bet, until they cannot.

    Attributes:
        plain: patrons at one time whose whole lives are audited.
        roving: patrons at one time who do more than that.
    """

    hot: int
    rich: int
    poor: int
    plain: int = 0
    roving: int = 0

    @property
    def purses(self) -> list[Purse]:
        return [Purse(f"rich-{number}", RICH) for number in range(self.rich)] + [
            Purse(f"poor-{number}", POOR) for number in range(self.poor)
        ]

    def draw(self, dice: random.Random) -> str:
        return f"rich-{dice.randrange(self.hot if dice.random() < 0.7 else self.rich)}"


class Pen:
    """Writes one story."""

    def __init__(self, cast: Cast, speaker: Speaker, dice: random.Random, number: int) -> None:
        self.cast = cast
        self.speaker = speaker
        self.dice = dice
        self.player = cast.draw(dice)
        self._number = number
        self._count = 0
        profile = speaker.profile
        self.late = OK if profile.late_original is LateOriginal.NOOP else "TOMBSTONED"
        reason = UNKNOWN_ROLLBACK[profile.unknown_rollback]
        self.unknown = reason.name if reason else OK

    def fresh(self) -> str:
        """Return a new id."""
        self._count += 1
        return f"{self._number}-{self._count}"

    def amount(self) -> int:
        """Return cents, mostly; sometimes the smallest there is."""
        return self.dice.randrange(1, 1000) * CENT if self.dice.random() < 0.9 else self.dice.randrange(1, 10 * EUR)

    def transaction(
        self, kind: Kind, identity: str, amount: int, *, worth: int = 0, player: str = "", **facts: bool
    ) -> Transaction:
        return Transaction(
            self.speaker.provider_id, player or self.player, kind, identity, amount, worth=worth, **facts
        )

    def one(self, transaction: Transaction, *expects: str, form: Form = Form.ONE, **facts: object) -> Request:
        facts = {"round_id": f"r-{self._number}"} | facts
        expected = frozenset(expects or (OK,))
        return Request(self.speaker.provider_id, form, transaction.id, (transaction,), expected, **facts)

    def bet(self, *expects: str, stands: bool = True, amount: int = 0, **facts: object) -> Request:
        amount = amount or self.amount()
        bet = self.transaction(Kind.BET, self.fresh(), amount, worth=-amount if stands else 0)
        return self.one(bet, *expects, **facts)

    def win(self, *expects: str, stands: bool = True, amount: int | None = None, close: bool = True) -> Request:
        amount = self.amount() if amount is None else amount
        win = self.transaction(Kind.WIN, self.fresh(), amount, worth=amount if stands else 0)
        return self.one(win, *expects, close=close)

    def rollback(self, original: Request, *expects: str, form: Form = Form.ONE) -> Request:
        (of,) = original.transactions
        return self.one(self.transaction(Kind.ROLLBACK, of.id, 0, player=of.player), *expects, form=form)

    def many(self, form: Form, transactions: Sequence[Transaction], *expects: str, close: bool = False) -> Request:
        expected = frozenset(expects or (OK,))
        round_id = f"r-{self._number}"
        return Request(
            self.speaker.provider_id, form, self.fresh(), tuple(transactions), expected, round_id=round_id, close=close
        )
