"""Decimal amounts of the providers to Money and back, exactly."""

import re
from decimal import Decimal

import msgspec
from wallet.v1.common_pb2 import Money

from adapters.faults import Rejected

# JSON's number grammar without the exponent, for strings as for numbers; [0-9] because \d also means other scripts.
_AMOUNT = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?")
_MAX_LENGTH = 64
_MAX_UNITS = 2**63 - 1
_NANO_DIGITS = 9
# By how many digits are shown, the nanos of the last of them.
_BELOW = tuple(10 ** (_NANO_DIGITS - digits) for digits in range(_NANO_DIGITS + 1))


def parse(value: object, currency_code: str) -> Money:
    """An amount as it was decoded (`str`, `int` or `Decimal`, never `float`) as Money in `currency_code`.

    Raises Rejected: INVALID_AMOUNT for anything that is not a plain decimal or has more than int64 units,
    INVALID_PRECISION for a digit other than 0 beyond the ninth. Sign, scale and currency are the core's to judge.
    """
    if isinstance(value, Decimal):
        text = format(value, "f")
    elif isinstance(value, int) and not isinstance(value, bool):
        text = str(value)
    elif isinstance(value, str):
        text = value
    else:
        raise Rejected("INVALID_AMOUNT", "an amount is a plain decimal such as 10.00")
    match = _AMOUNT.fullmatch(text) if len(text) <= _MAX_LENGTH else None
    if match is None:
        raise Rejected("INVALID_AMOUNT", "an amount is a plain decimal such as 10.00")
    sign, whole, fraction = match[1], match[2], (match[3] or "").rstrip("0")
    if len(fraction) > _NANO_DIGITS:
        raise Rejected("INVALID_PRECISION", "an amount has at most 9 decimals")
    units, nanos = int(whole), int(fraction.ljust(_NANO_DIGITS, "0"))
    if units > _MAX_UNITS:
        raise Rejected("INVALID_AMOUNT", "the amount is too large")
    return Money(currency_code=currency_code, units=-units if sign else units, nanos=-nanos if sign else nanos)


def text(money: Money, display_digits: int) -> str:
    """Plain decimal text with at least `display_digits` decimals and as many more as the amount has."""
    units, nanos = money.units, money.nanos
    sign = ""
    if units < 0 or nanos < 0:
        sign, units, nanos = "-", -units, -nanos
    if nanos or display_digits:
        fraction = f"{nanos:09d}"
        if nanos % _BELOW[display_digits]:
            return f"{sign}{units}.{fraction.rstrip('0')}"
        if display_digits:
            return f"{sign}{units}.{fraction[:display_digits]}"
    return f"{sign}{units}"


def number(money: Money, display_digits: int) -> msgspec.Raw:
    """The same digits as a JSON number; raw, because encoders write small Decimals with an exponent."""
    return msgspec.Raw(text(money, display_digits).encode())
