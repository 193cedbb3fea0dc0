"""Amounts as whole subunits of a currency (cents, satoshis), and amounts cut to fewer digits than the ledger keeps."""

from collections.abc import Mapping

from babel.numbers import list_currencies
from wallet.v1.common_pb2 import Money

from adapters.faults import Rejected

_NANO_DIGITS = 9
_MAX_UNITS = 2**63 - 1
_ORDINARY = 2
# ISO 4217's minor units where they are not two; CLDR's digits are for showing, and differ (IDR, for one).
_EXPONENTS: dict[str, int] = {
    code: digits
    for digits, codes in {
        0: (
            *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
            *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
        ),
        3: ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"),
        4: ("CLF", "UYW"),
    }.items()
    for code in codes
}
_CURRENCIES = list_currencies()
_POWERS: tuple[int, ...] = tuple(10**digits for digits in range(_NANO_DIGITS + 1))


def exponent(currency_code: str, settings: Mapping[str, int]) -> int:
    """How many digits a subunit of the currency is below the major unit: what is set, else ISO 4217's.

    Raises Rejected UNKNOWN_CURRENCY where neither says it: a wrong guess would be a factor of a hundred.
    """
    known = settings.get(currency_code, _EXPONENTS.get(currency_code))
    if known is not None:
        return known
    if currency_code not in _CURRENCIES:
        raise Rejected("UNKNOWN_CURRENCY", "the subunit of this currency is not known")
    return _ORDINARY


def parse(amount: int, currency_code: str, digits: int) -> Money:
    """`amount` subunits of `digits` digits as Money. Raises Rejected INVALID_AMOUNT beyond int64 units."""
    units, subunits = divmod(abs(amount), _POWERS[digits])
    if units > _MAX_UNITS:
        raise Rejected("INVALID_AMOUNT", "the amount is too large")
    sign = -1 if amount < 0 else 1
    return Money(
        currency_code=currency_code, units=sign * units, nanos=sign * subunits * _POWERS[_NANO_DIGITS - digits]
    )


def whole(money: Money, digits: int) -> int:
    """The whole subunits in `money`; what is less than one is cut off, never rounded up."""
    nanos = abs(money.units) * _POWERS[_NANO_DIGITS] + abs(money.nanos)
    subunits: int = nanos // _POWERS[_NANO_DIGITS - digits]
    return -subunits if money.units < 0 or money.nanos < 0 else subunits


def truncated(money: Money, digits: int) -> str:
    """Plain decimal text with exactly `digits` decimals; further ones are cut off, never rounded."""
    subunits = whole(money, digits)
    units, fraction = divmod(abs(subunits), _POWERS[digits])
    sign = "-" if subunits < 0 else ""
    return f"{sign}{units}.{fraction:0{digits}d}" if digits else f"{sign}{units}"
