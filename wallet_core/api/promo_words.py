"""Templates and bonuses as messages, and messages as promotions."""

from collections.abc import Sequence
from enum import Enum
from typing import Any, TypeVar

from google.protobuf.duration_pb2 import Duration
from wallet.v1 import promos_pb2 as pb
from wallet.v1.common_pb2 import Money

from wallet_core.api import convert, fields
from wallet_core.domain import endings
from wallet_core.domain.bonus_rules import WORDS
from wallet_core.domain.money import CURRENCIES, Currency
from wallet_core.domain.policies import Mode, Split
from wallet_core.domain.promos import (
    Base,
    Bonus,
    BonusTerms,
    Counts,
    MaxBetBasis,
    MaxBetScope,
    OnWithdrawal,
    OpenRounds,
    Timing,
)
from wallet_core.domain.takers import Per, UniqueKey, unique_key
from wallet_core.domain.templates import Amounts, Period, Promotion, Template, Tier, Trigger
from wallet_core.domain.wagering import BPS

KEYS_MAX = 16
"""How many unique keys a request may name."""

E = TypeVar("E", bound=Enum)

LIST_MAX = 1_000
"""How many of anything a promotion may name."""

# Field of BonusTerms: (field of the message, our enum, the message's, what its names begin with).
_CHOICES: dict[str, tuple[str, type[Enum], Any, str]] = {
    "mode": ("funding", Mode, pb.BonusFunding, "BONUS_FUNDING_"),
    "split": ("win_split", Split, pb.BonusWinSplit, "BONUS_WIN_SPLIT_"),
    "base": ("base", Base, pb.WageringBase, "WAGERING_BASE_"),
    "counts": ("counts", Counts, pb.WageringCounts, "WAGERING_COUNTS_"),
    "timing": ("timing", Timing, pb.WageringTiming, "WAGERING_TIMING_"),
    "max_bet_basis": ("max_bet_basis", MaxBetBasis, pb.MaxBetBasis, "MAX_BET_BASIS_"),
    "max_bet_scope": ("max_bet_scope", MaxBetScope, pb.MaxBetScope, "MAX_BET_SCOPE_"),
    "on_withdrawal": ("on_withdrawal", OnWithdrawal, pb.OnWithdrawal, "ON_WITHDRAWAL_"),
    "open_rounds": ("open_rounds", OpenRounds, pb.ExpiryOpenRounds, "EXPIRY_OPEN_ROUNDS_"),
}


def promotion(message: pb.Promotion) -> Promotion:
    """Return what a message promises.

    Raises:
        Refused: INVALID_REQUEST, INVALID_AMOUNT, INVALID_PRECISION, UNKNOWN_CURRENCY.
    """
    at = "promotion."
    return Promotion(
        title=fields.text(message.title, f"{at}title"),
        text=fields.words(message.text, f"{at}text"),
        amounts=tuple(
            _amounts(each, f"{at}amounts[{index}]") for index, each in enumerate(_few(message.amounts, f"{at}amounts"))
        ),
        terms=_terms(message.terms, f"{at}terms."),
        trigger=_chosen(Trigger, pb.BonusTrigger, "BONUS_TRIGGER_", message.trigger, f"{at}trigger") or Trigger.CLAIM,
        percent=message.percent,
        cap_of_bonus=message.cap_of_bonus,
        cap_of_deposit=message.cap_of_deposit,
        max_bet_of_bonus=message.max_bet_of_bonus,
        pack=fields.text(message.pack, f"{at}pack"),
        opt_in=not message.automatic,
        period=_chosen(Period, pb.BonusPeriod, "BONUS_PERIOD_", message.period, f"{at}period") or Period.ONCE,
        brands=tuple(fields.party_id(each, f"{at}brand_ids") for each in _few(message.brand_ids, f"{at}brand_ids")),
        segment=fields.text(message.segment, f"{at}segment"),
        group=fields.text(message.group, f"{at}group"),
        places=message.places or 1,
        exclusive=message.exclusive,
        priority=message.priority,
        claim_within=_seconds(message.claim_within, f"{at}claim_within") if message.HasField("claim_within") else None,
        ends_at=fields.moment(message.ends_at, f"{at}ends_at"),
        campaign=fields.party_id(message.campaign, f"{at}campaign") if message.campaign else "",
        unique_per=tuple(sorted({_per(each, f"{at}unique_per") for each in message.unique_per})),
    )


def unsaid(message: pb.Promotion) -> frozenset[str]:
    """Return the terms that a message leaves to policies."""
    return frozenset(name for name in WORDS if not getattr(message.terms, _CHOICES[name][0]))


def unique_keys(messages: Sequence[pb.BonusUniqueKey]) -> tuple[UniqueKey, ...]:
    """Return for whom, and for what, a bonus is taken.

    Raises:
        Refused: INVALID_REQUEST.
    """
    if len(messages) > KEYS_MAX:
        raise fields.invalid(f"unique_keys: at most {KEYS_MAX}.")
    found = {
        unique_key(
            _per(each.uniqueness, f"unique_keys[{index}].uniqueness"),
            fields.key(each.value, f"unique_keys[{index}].value"),
        )
        for index, each in enumerate(messages)
    }
    return tuple(sorted(found, key=lambda key: key.words))


def _per(value: int, field: str) -> Per:
    if value not in set(Per):
        raise fields.invalid(f"{field}: one of {', '.join(f'BONUS_UNIQUENESS_{per.name}' for per in Per)}.")
    return Per(value)


def _terms(message: pb.BonusTerms, at: str) -> BonusTerms:
    chosen: dict[str, Any] = {}
    for name, (field, kind, wire, prefix) in _CHOICES.items():
        found = _chosen(kind, wire, prefix, getattr(message, field), at + field)
        if found is not None:
            chosen[name] = found
    _few(list(message.contributions), f"{at}contributions")
    if message.HasField("max_bet") or message.HasField("cap") or message.HasField("dust"):
        raise fields.invalid(f"{at}max_bet, {at}cap, {at}dust: output only; they stand in the amounts.")
    return BonusTerms(
        **chosen,
        multiplier=message.multiplier,
        contributions=tuple(
            (fields.key(key, f"{at}contributions"), bps) for key, bps in sorted(message.contributions.items())
        ),
        products=tuple(fields.key(each, f"{at}products") for each in _few(message.products, f"{at}products")),
        excluded_games=tuple(
            fields.key(each, f"{at}excluded_game_ids")
            for each in _few(message.excluded_game_ids, f"{at}excluded_game_ids")
        ),
        excluded_rtps=tuple(
            fields.key(each, f"{at}excluded_rtp_profiles")
            for each in _few(message.excluded_rtp_profiles, f"{at}excluded_rtp_profiles")
        ),
        duration=_seconds(message.duration, f"{at}duration") if message.HasField("duration") else None,
        sticky=message.sticky,
        tranches=message.tranches or 1,
        min_odds=message.min_odds,
        stops=not message.runs_while_frozen,
    )


def _amounts(message: pb.PromotionAmounts, at: str) -> Amounts:
    currency = fields.currency(message.currency_code)

    def units(value: Money, field: str) -> int:
        if value.currency_code not in {"", currency.code}:
            raise fields.invalid(f"{at}.{field}: the amounts are in {currency.code}.")
        return fields.amount(value, currency, f"{at}.{field}")

    return Amounts(
        currency=currency.code,
        tiers=tuple(
            Tier(units(tier.deposit, "tiers"), tier.percent, units(tier.fixed, "tiers"))
            for tier in _few(message.tiers, f"{at}.tiers")
        ),
        **{field: units(getattr(message, field), field) for field in _AMOUNTS},
    )


_AMOUNTS = ("fixed", "most", "least_deposit", "most_deposit", "max_bet", "cap", "dust")


def _chosen(kind: type[E], wire: Any, prefix: str, value: int, field: str) -> E | None:
    """Return the member that a number means; none for the default."""
    if not value:
        return None
    if value not in wire.values():
        raise fields.invalid(f"{field}: one of {', '.join(name for name, number in wire.items() if number)}.")
    return kind[wire.Name(value).removeprefix(prefix)]


def _few(values: Sequence[Any], field: str) -> Sequence[Any]:
    if len(values) > LIST_MAX:
        raise fields.invalid(f"{field}: at most {LIST_MAX:,}.")
    return values


def _seconds(value: Duration, field: str) -> int:
    if value.nanos or not 0 < value.seconds < fields.YEAR_10000:
        raise fields.invalid(f"{field}: whole seconds, more than none.")
    return value.seconds


def template(row: Template) -> pb.Template:
    """Return a version of a template."""
    return pb.Template(
        template_id=row.template_id,
        version=row.version,
        promotion=_promised(row.promotion),
        digest=row.digest,
        published_at=convert.moment(row.published_at),
        reason=row.reason,
        actor=row.actor,
    )


def _promised(row: Promotion) -> pb.Promotion:
    return pb.Promotion(
        title=row.title,
        text=row.text,
        amounts=[_promised_amounts(each) for each in row.amounts],
        terms=_shown_terms(row.terms, None),
        trigger=pb.BonusTrigger.Value(f"BONUS_TRIGGER_{row.trigger.name}"),
        percent=row.percent,
        cap_of_bonus=row.cap_of_bonus,
        cap_of_deposit=row.cap_of_deposit,
        max_bet_of_bonus=row.max_bet_of_bonus,
        pack=row.pack,
        automatic=not row.opt_in,
        period=pb.BonusPeriod.Value(f"BONUS_PERIOD_{row.period.name}"),
        brand_ids=row.brands,
        segment=row.segment,
        group=row.group,
        places=row.places,
        exclusive=row.exclusive,
        priority=row.priority,
        claim_within=Duration(seconds=row.claim_within) if row.claim_within else None,
        ends_at=convert.moment(row.ends_at) if row.ends_at else None,
        campaign=row.campaign,
        unique_per=[pb.BonusUniqueness.ValueType(per) for per in row.unique_per],
    )


def _promised_amounts(row: Amounts) -> pb.PromotionAmounts:
    currency = CURRENCIES[row.currency]

    def shown(amount: int) -> Money | None:
        return convert.money(currency, amount) if amount else None

    return pb.PromotionAmounts(
        currency_code=row.currency,
        tiers=[
            pb.PromotionTier(deposit=shown(tier.deposit), percent=tier.percent, fixed=shown(tier.fixed))
            for tier in row.tiers
        ],
        **{field: shown(getattr(row, field)) for field in _AMOUNTS},
    )


def _shown_terms(row: BonusTerms, currency: Currency | None) -> pb.BonusTerms:
    """Return terms; with the amounts of an instance, where its currency is given."""
    message = pb.BonusTerms(
        multiplier=row.multiplier,
        contributions=dict(row.contributions),
        products=row.products,
        excluded_game_ids=row.excluded_games,
        excluded_rtp_profiles=row.excluded_rtps,
        duration=Duration(seconds=row.duration) if row.duration else None,
        sticky=row.sticky,
        tranches=row.tranches,
        min_odds=row.min_odds,
        runs_while_frozen=not row.stops,
    )
    for name, (field, _, wire, prefix) in _CHOICES.items():
        chosen = getattr(row, name)
        if chosen is not None:
            setattr(message, field, wire.Value(f"{prefix}{chosen.name}"))
    if currency is not None:
        for field, amount in (("max_bet", row.max_bet), ("cap", row.cap), ("dust", row.dust or None)):
            if amount is not None:
                getattr(message, field).CopyFrom(convert.money(currency, amount))
    return message


def bonus(row: Bonus, balance: int) -> pb.Bonus:
    """Return a bonus with what is in its pocket: all that a bonus screen shows (R-BONUS-26)."""
    currency = CURRENCIES[row.currency]
    left = max(0, row.requirement - row.progress)
    moments = {
        field: convert.moment(getattr(row, field))
        for field in ("claimed_at", "activated_at", "expires_at", "frozen_at", "changed_at")
        if getattr(row, field)
    }
    return pb.Bonus(
        player_id=row.player_id,
        bonus_id=row.bonus_id,
        template_id=row.template_id,
        version=row.version,
        state=pb.BonusState.ValueType(row.state),
        terms=_shown_terms(row.terms, currency),
        digest=row.terms.accepted,
        granted=convert.money(currency, row.granted),
        deposit=convert.money(currency, row.deposit),
        balance=convert.money(currency, balance),
        requirement=convert.money(currency, row.requirement // BPS),
        progress=convert.money(currency, row.progress // BPS),
        remaining=convert.money(currency, -(-left // BPS)),
        converted=convert.money(currency, row.converted),
        staked=row.staked,
        open_rounds=row.rounds,
        priority=row.priority,
        group=row.slot,
        places=row.places,
        wagering_short=row.short,
        reason=row.reason,
        withdrawal_effect=_effect(row),
        campaign=row.campaign,
        **moments,
    )


def _effect(row: Bonus) -> pb.WithdrawalEffect.ValueType:
    if row.live and row.terms.on_withdrawal is OnWithdrawal.BLOCK:
        return pb.WITHDRAWAL_EFFECT_REFUSED
    return pb.WITHDRAWAL_EFFECT_FORFEITS if endings.forfeits(row) else pb.WITHDRAWAL_EFFECT_KEEPS
