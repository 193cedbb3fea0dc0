"""The bonuses of the storm: what is promised, as a table, and how that is published. Short ones end while it rages."""

from google.protobuf.duration_pb2 import Duration
from msgspec import Struct
from wallet.v1 import promos_pb2 as pb

from tests.fault.cores import money
from tests.storage.books import EUR
from wallet_core.domain.policies import Mode, Split
from wallet_core.domain.promos import BonusTerms, Counts, MaxBetBasis, OnWithdrawal, OpenRounds, Timing

BRAND = "storm"
CENT = EUR // 100


class Gift(Struct, frozen=True):
    """A template of the storm.

    Attributes:
        amount: that is granted by hand; 0 where a deposit decides.
        percent: basis points of the deposit, at most `most`; such a bonus is offered and claimed first.
        group, places: so many of a group at a time, the others wait.
    """

    terms: BonusTerms
    amount: int = 0
    percent: int = 0
    most: int = 0
    group: str = "storm"
    places: int = 4

    def granted(self, deposit: int) -> int:
        """Return what is granted, for a deposit where it is for one: whole cents, rounded down."""
        if not self.percent:
            return self.amount
        found = min(deposit * self.percent // 10_000, self.most)
        return found - found % CENT


KEEP = OnWithdrawal.KEEP
GIFTS: dict[str, Gift] = {
    "easy": Gift(BonusTerms(multiplier=100, timing=Timing.BET, on_withdrawal=KEEP), 5 * EUR),
    "whole": Gift(BonusTerms(multiplier=200, counts=Counts.TOTAL, on_withdrawal=OnWithdrawal.FORFEIT), 10 * EUR),
    "brief": Gift(BonusTerms(multiplier=1_000, duration=2), 4 * EUR),
    "gone": Gift(BonusTerms(multiplier=1_000, duration=3, open_rounds=OpenRounds.FORFEIT), 4 * EUR),
    "sticky": Gift(
        BonusTerms(multiplier=100, sticky=True, cap=8 * EUR, split=Split.ALL_TO_BONUS, counts=Counts.CASH_THEN_BONUS),
        6 * EUR,
    ),
    "parts": Gift(BonusTerms(multiplier=150, tranches=4, counts=Counts.TOTAL, on_withdrawal=KEEP), 8 * EUR),
    "capped": Gift(
        BonusTerms(
            multiplier=100,
            cap=3 * EUR,
            max_bet=3 * EUR,
            max_bet_basis=MaxBetBasis.BONUS_TOUCHED,
            contributions=(("default", 10_000), ("game:table", 2_500)),
            split=Split.RETURN_BONUS_FIRST,
        ),
        7 * EUR,
    ),
    "mixed": Gift(BonusTerms(multiplier=300, mode=Mode.PROPORTIONAL, excluded_games=("table",)), 9 * EUR),
    "match": Gift(BonusTerms(multiplier=200, timing=Timing.BET), percent=5_000, most=15 * EUR),
    "alone": Gift(BonusTerms(multiplier=500, duration=4, on_withdrawal=KEEP), 3 * EUR, group="alone", places=1),
}
"""By template id."""

SPINS = Gift(BonusTerms(multiplier=100, timing=Timing.BET), EUR, group="spins", places=9)
"""What free rounds win becomes."""

TEMPLATES = GIFTS | {"spins": SPINS}


def promotion(gift: Gift, version: int) -> pb.Promotion:
    """Return a version of it as it is published; versions differ by their words."""
    terms = gift.terms
    said = pb.BonusTerms(
        funding=f"BONUS_FUNDING_{terms.mode.name}" if terms.mode else 0,
        win_split=f"BONUS_WIN_SPLIT_{terms.split.name}" if terms.split else 0,
        multiplier=terms.multiplier,
        counts=f"WAGERING_COUNTS_{terms.counts.name}",
        timing=f"WAGERING_TIMING_{terms.timing.name}",
        contributions=dict(terms.contributions),
        max_bet_basis=f"MAX_BET_BASIS_{terms.max_bet_basis.name}",
        excluded_game_ids=terms.excluded_games,
        duration=Duration(seconds=terms.duration) if terms.duration else None,
        sticky=terms.sticky,
        tranches=terms.tranches,
        on_withdrawal=f"ON_WITHDRAWAL_{terms.on_withdrawal.name}",
        open_rounds=f"EXPIRY_OPEN_ROUNDS_{terms.open_rounds.name}",
    )
    amounts = pb.PromotionAmounts(currency_code="EUR")
    for name, amount in (
        ("fixed", gift.amount),
        ("most", gift.most),
        ("cap", terms.cap),
        ("max_bet", terms.max_bet),
    ):
        if amount:
            getattr(amounts, name).CopyFrom(money(amount))
    return pb.Promotion(
        title="A gift of the storm",
        text=f"Version {version}.",
        amounts=[amounts],
        terms=said,
        trigger=pb.BONUS_TRIGGER_DEPOSIT if gift.percent else pb.BONUS_TRIGGER_CLAIM,
        percent=gift.percent,
        automatic=not gift.percent,
        period=pb.BONUS_PERIOD_DEPOSIT if gift.percent else pb.BONUS_PERIOD_GRANT,
        brand_ids=[BRAND],
        group=gift.group,
        places=gift.places,
    )
