"""The keys of policies: what may be set, by whom, and how the layers' values merge (rulebook 26).

A key's default is what is in force where nobody has set it. Where that is a grant or a stake, it is the closed answer;
where it is a credit or a withdrawal, the open one (R-CFG-06).
"""

import re
from collections.abc import Callable
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

from msgspec import Struct

from wallet_core.domain.money import CURRENCIES, INT64_MAX
from wallet_core.domain.packs import VERTICALS

Value = bool | int | str | tuple[str, ...]

EVERYWHERE = "*"
"""The scope of a setting for all of its layer; the last word of an `of` for all games of a provider."""


class Layer(IntEnum):
    """Who sets a value, the strongest first; numbers of wallet.v1.PolicyLayer (R-CFG-01)."""

    REGULATOR = 1
    LICENCE = 2
    BRAND = 3
    PRODUCT = 4
    SEGMENT = 5
    PLAYER = 6


class Merge(Enum):
    """How the values of two layers become one. All but OVERRIDE keep the more restrictive (R-CFG-02)."""

    OVERRIDE = "OVERRIDE"  # the weaker layer's, unless the stronger has locked its own
    MIN = "MIN"
    MAX = "MAX"
    AND = "AND"
    OR = "OR"
    UNION = "UNION"


MERGES: dict[Merge, Callable[[Any, Any], Value]] = {
    Merge.OVERRIDE: lambda _above, below: below,
    Merge.MIN: min,
    Merge.MAX: max,
    Merge.AND: lambda above, below: above and below,
    Merge.OR: lambda above, below: above or below,
    Merge.UNION: lambda above, below: tuple(sorted({*above, *below})),
}


class Type(Enum):
    """What a value is, and how it is written."""

    BOOL = "BOOL"  # true, false
    INT = "INT"
    TIMES = "TIMES"  # 10 or 2.5; in hundredths
    AMOUNT = "AMOUNT"  # 12.50 of the currency it is of; in ledger units
    WORD = "WORD"  # one of the key's choices, or an id
    WORDS = "WORDS"  # some of them, with commas between


class Of(Enum):
    """What a value is of, beside its layer and scope."""

    NONE = "NONE"
    CURRENCY = "CURRENCY"
    ANY_CURRENCY = "ANY_CURRENCY"  # of one, or without one for all the others
    GAME = "GAME"  # <provider>/<game>, or <provider>/* for all of them
    BRAND = "BRAND"
    LICENCE = "LICENCE"


class Key(Struct, frozen=True):
    """One key of the catalogue.

    Attributes:
        default: where nothing is set; an amount in major units; none: no limit.
        layers: that may set it.
        choices: that a word may be; empty: any id.
        least, most: of a number.
        lock: the weakest layer that may freeze it (R-CFG-01); none: it needs none, for it can only be tightened.
        rule: of the rulebook, that stands behind it.
    """

    name: str
    type: Type
    merge: Merge
    layers: tuple[Layer, ...]
    default: Value | None
    rule: str
    of: Of = Of.NONE
    unit: str = ""
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = INT64_MAX
    lock: Layer | None = None

    @property
    def protects(self) -> bool:
        """Whether a weaker layer can only tighten it (R-CFG-02)."""
        return self.merge is not Merge.OVERRIDE


_LAW = (Layer.REGULATOR, Layer.LICENCE)
_HOUSE = (*_LAW, Layer.BRAND)
_PLACE = (*_HOUSE, Layer.PRODUCT)
_ALL = tuple(Layer)
_BPS = 10_000


def _word(name: str, choices: str, rule: str, layers: tuple[Layer, ...] = _PLACE) -> Key:
    """Return the key of a choice: its first is the default; the law may freeze it."""
    words = tuple(choices.split())
    return Key(name, Type.WORD, Merge.OVERRIDE, layers, words[0], rule, choices=words, lock=Layer.LICENCE)


def _switch(name: str, merge: Merge, rule: str, layers: tuple[Layer, ...] = _ALL, *, default: bool = False) -> Key:
    return Key(name, Type.BOOL, merge, layers, default, rule)


def _number(name: str, merge: Merge, default: int | None, unit: str, rule: str, **more: Any) -> Key:
    facts: dict[str, Any] = {"type": Type.INT, "layers": _ALL} | more
    return Key(name, merge=merge, default=default, unit=unit, rule=rule, **facts)


def _amount(name: str, merge: Merge, default: int | None, rule: str) -> Key:
    return Key(name, Type.AMOUNT, merge, _ALL, default, rule, of=Of.CURRENCY, unit="major units of the currency")


KEYS: dict[str, Key] = {
    key.name: key
    for key in (
        # How a stake is paid, and where its win goes.
        _word("funding.mode", "WATERFALL PROPORTIONAL NO_MIX PLAYER_CHOICE", "R-FUND-09"),
        Key(
            *("funding.order", Type.WORDS, Merge.OVERRIDE, _PLACE, ("CASH", "BONUS"), "R-FUND-04"),
            choices=("CASH", "BONUS"),
            lock=Layer.LICENCE,
        ),
        _word("win.split", "PRO_RATA ALL_TO_BONUS ALL_TO_CASH RETURN_BONUS_FIRST", "R-FUND-11"),
        _word("win.basis", "ROUND REFERENCE", "R-FUND-12"),
        _word("balance.expose", "PLAYABLE CASH_ONLY TOTAL", "R-FUND-14"),
        _switch("restricted_funds_prompt", Merge.OR, "R-FUND-15", _PLACE),
        # What is a player's own.
        _switch("own_money.free", Merge.OR, "R-FUND-16", _LAW),
        _switch("wagering_lock", Merge.AND, "R-FUND-16", _PLACE),
        _word("on_withdrawal", "KEEP_IF_UNTOUCHED KEEP FORFEIT BLOCK", "R-BONUS-22"),
        # Bonuses. A brand whose licence nobody has named grants none.
        _switch("bonus.allowed", Merge.AND, "R-BONUS-02"),
        _number("bonus.wagering.max_multiplier", Merge.MIN, None, "times the base", "R-BONUS-02", type=Type.TIMES),
        _amount("bonus.max_value", Merge.MIN, None, "R-BONUS-02"),
        _number("bonus.min_days", Merge.MAX, 0, "days", "R-BONUS-02", most=3_650),
        _switch("bonus.welcome_only_once", Merge.OR, "R-BONUS-02"),
        _switch("bonus.automatic", Merge.AND, "R-BONUS-04", default=True),
        _switch("bonus.alike", Merge.OR, "R-BONUS-02"),
        _switch("bonus.mixed_products", Merge.AND, "R-BONUS-02", default=True),
        _number("bonus.max_active", Merge.MIN, 1, "bonuses of a product group", "R-BONUS-07", most=100),
        _amount("max_bet.amount", Merge.MIN, None, "R-BONUS-20"),
        _word("max_bet.basis", "BONUS_TOUCHED WHILE_ACTIVE", "R-BONUS-20"),
        _word("max_bet.scope", "SINGLE_DEBIT ROUND_TOTAL", "R-BONUS-20"),
        _word("wager.basis", "BONUS_PART TOTAL CASH_PART CASH_THEN_BONUS", "R-WAGER-03"),
        _word("wager.timing", "ROUND_CLOSE BET", "R-WAGER-07"),
        _word("expiry.open_rounds", "HONOUR FORFEIT", "R-BONUS-12"),
        # What a player owes. Where nobody forbids it a debt stops withdrawals; whoever is above may let them through.
        _number("debt.recovery_win", Merge.MIN, 0, "percent of a win", "R-DEBT-03", most=100, layers=_HOUSE),
        _number("debt.recovery_deposit", Merge.MIN, 0, "percent of a deposit", "R-DEBT-03", most=100, layers=_HOUSE),
        _switch("debt.blocks_withdrawal", Merge.AND, "R-DEBT-04", _HOUSE, default=True),
        _switch("debt.blocks_bonus", Merge.OR, "R-BONUS-09", _HOUSE, default=True),
        # Conversions. A lower margin, a shorter time and a smaller volume are the stricter.
        _number(
            *("fx.margin_bps", Merge.MIN, 150, "basis points", "R-FX-05"), most=_BPS, layers=_HOUSE, of=Of.ANY_CURRENCY
        ),
        _number(
            *("fx.weekend_bps", Merge.MIN, 100, "basis points on top", "R-FX-11"),
            most=_BPS,
            layers=_HOUSE,
            of=Of.ANY_CURRENCY,
        ),
        _number("fx.ttl", Merge.MIN, 30, "seconds", "R-FX-04", least=1, most=3_600, layers=_HOUSE),
        _number("fx.max_age", Merge.MIN, 60, "seconds", "R-FX-09", least=1, most=86_400, layers=_HOUSE),
        _number("fx.daily_count", Merge.MIN, 5, "conversions a day", "R-FX-11"),
        _amount("fx.daily_volume", Merge.MIN, 5_000, "R-FX-11"),
        # What stakes earn beside what they win. Nothing, unless somebody says so (R-PTS-01, R-PTS-04).
        _number(
            *("points.rate", Merge.OVERRIDE, 0, "10,000ths of a point a display unit of cash staked", "R-PTS-01"),
            most=1_000_000,
            layers=_PLACE,
            lock=Layer.LICENCE,
            of=Of.CURRENCY,
        ),
        _number(
            *("points.expire_after", Merge.OVERRIDE, 0, "days; 0: never", "R-PTS-03"),
            most=36_500,
            layers=_HOUSE,
            lock=Layer.LICENCE,
        ),
        # What belongs to what.
        Key("brand.licence", Type.WORD, Merge.OVERRIDE, (Layer.LICENCE,), "", "R-CFG-01", of=Of.BRAND),
        Key("licence.regulator", Type.WORD, Merge.OVERRIDE, (Layer.LICENCE,), "", "R-CFG-01", of=Of.LICENCE),
        Key(
            *("game.product", Type.WORD, Merge.OVERRIDE, (Layer.PRODUCT,), "CASINO", "R-FUND-02"),
            of=Of.GAME,
            choices=tuple(VERTICALS),
        ),
        Key("game.category", Type.WORD, Merge.OVERRIDE, (Layer.PRODUCT,), "SLOTS", "R-WAGER-05", of=Of.GAME),
        Key("game.rtp", Type.WORD, Merge.OVERRIDE, (Layer.PRODUCT,), "", "R-FUND-02", of=Of.GAME),
    )
}
"""The catalogue. What is not here cannot be set."""

ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
GAME = re.compile(r"[A-Za-z0-9._:-]{1,64}/[^\x00-\x1f\x7f]{1,255}")
NUMBER = re.compile(r"(0|[1-9][0-9]{0,18})")
DECIMAL = re.compile(r"(0|[1-9][0-9]{0,18})(\.[0-9]{1,9})?")
HUNDREDTHS = 100


class Unreadable(ValueError):
    """A value that is not what its key takes; the message says what that is."""


def read(key: Key, of: str, text: str) -> Value:
    """Return what a text means as a value of the key.

    Raises:
        Unreadable.
    """
    match key.type:
        case Type.BOOL:
            if text not in {"true", "false"}:
                raise Unreadable("true or false")
            return text == "true"
        case Type.INT:
            if NUMBER.fullmatch(text) is None or not key.least <= int(text) <= key.most:
                raise Unreadable(f"a whole number from {key.least} to {key.most}")
            return int(text)
        case Type.TIMES:
            return _scaled(text, HUNDREDTHS, "a number with at most two decimals")
        case Type.AMOUNT:
            known = CURRENCIES[of]
            return _scaled(text, known.unit, f"an amount with at most {known.scale} decimals")
        case Type.WORD:
            return _chosen(key, text)
        case Type.WORDS:
            words = tuple(_chosen(key, word) for word in text.split(","))
            if len(set(words)) < len(words):
                raise Unreadable("each word once")
            return words


def _scaled(text: str, unit: int, what: str) -> int:
    scaled = Decimal(text) * unit if DECIMAL.fullmatch(text) else None
    if scaled is None or scaled != scaled.to_integral_value() or scaled > INT64_MAX:
        raise Unreadable(what)
    return int(scaled)


def _chosen(key: Key, word: str) -> str:
    if key.choices and word not in key.choices:
        raise Unreadable(f"one of {', '.join(key.choices)}")
    if ID.fullmatch(word) is None:
        raise Unreadable("1 to 64 characters of letters, digits and ._:-")
    return word


def written(key: Key, of: str, value: Value | None) -> str:
    """Return a value as it is written; nothing for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, int) and key.type in {Type.TIMES, Type.AMOUNT}:
        unit = HUNDREDTHS if key.type is Type.TIMES else CURRENCIES[of].unit
        return f"{Decimal(value) / unit:f}"
    return str(value)


def default(key: Key, of: str) -> Value | None:
    """Return what is in force where nobody has set a key; an amount in ledger units of the currency it is of."""
    if key.type is Type.AMOUNT and isinstance(key.default, int):
        return key.default * CURRENCIES[of].unit
    return key.default
