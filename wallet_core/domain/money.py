"""Money: exact integers at a currency's ledger scale, and how they split.

Inside the wallet an amount is an int counting *ledger units* of its currency: 10^-scale of the major unit. Nothing
here or above it ever holds a float (R-MONEY-01).
"""

from collections.abc import Sequence
from enum import Enum

from msgspec import Struct

INT64_MAX = 2**63 - 1
NANOS = 10**9
NANO_DIGITS = 9


class CurrencyKind(Enum):
    """What a currency's units are."""

    FIAT = "FIAT"
    CRYPTO = "CRYPTO"
    POINTS = "POINTS"


class Currency(Struct, frozen=True):
    """A registered currency (R-MONEY-02).

    Attributes:
        code: ISO 4217 code, or a crypto currency's; upper case.
        scale: decimal digits of a ledger unit.
        display: decimal digits people are shown; at most `scale`.
        unit: ledger units of one major unit.
        nanos: nanos of one ledger unit.
        quantum: ledger units of one display unit.
    """

    code: str
    scale: int
    display: int
    kind: CurrencyKind
    unit: int
    nanos: int
    quantum: int


def _currency(code: str, scale: int, display: int, kind: CurrencyKind) -> Currency:
    return Currency(code, scale, display, kind, 10**scale, 10 ** (NANO_DIGITS - scale), 10 ** (scale - display))


def _fiat(display: int, codes: str, scale: int = 6) -> list[Currency]:
    return [_currency(code, scale, display, CurrencyKind.FIAT) for code in codes.split()]


def _crypto(scale: int, display: int, codes: str) -> list[Currency]:
    return [_currency(code, scale, display, CurrencyKind.CRYPTO) for code in codes.split()]


# An explicit allow-list: a code that is not here does not exist for us. Display digits are ISO 4217's minor units,
# except where people no longer use them. Currencies whose everyday sums run to many millions get four ledger digits,
# so that int64 still holds any sum an operator will meet.
CURRENCIES: dict[str, Currency] = {
    currency.code: currency
    for currency in [
        *_fiat(
            2,
            "AED ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY"
            " COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF ILS"
            " INR JMD KES KGS KHR KYD KZT LKR LRD LSL MAD MDL MKD MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK"
            " NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SRD SSP STN SVC SYP SZL"
            " THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU VES WST XCD YER ZAR ZMW",
        ),
        *_fiat(0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VUV XAF XOF XPF"),
        *_fiat(3, "BHD IQD JOD KWD LYD OMR TND"),
        *_fiat(2, "IDR IRR LAK LBP MGA MMK UZS", scale=4),
        *_fiat(0, "VND", scale=4),
        *_crypto(8, 8, "BTC BCH LTC DOGE"),
        *_crypto(8, 6, "USDT USDC TRX XRP ADA"),
        *_crypto(9, 9, "ETH SOL TON BNB"),
        # Loyalty points are earned by the 10,000th, and spent whole (R-PTS-02). They are not money (R-CUR-04).
        _currency("PTS", 4, 0, CurrencyKind.POINTS),
    ]
}


class Precision(Exception):
    """An amount is finer than its currency's ledger scale (R-MONEY-03): refuse it INVALID_PRECISION, never round."""


class OutOfRange(Exception):
    """An amount does not fit, or its units and nanos disagree (R-MONEY-05): refuse it INVALID_AMOUNT."""


def from_wire(currency: Currency, units: int, nanos: int) -> int:
    """Return the ledger units of `units` and `nanos` (the shape of google.type.Money).

    Raises:
        OutOfRange: signs differ, nanos reach a whole unit, or the amount leaves int64 ledger units.
        Precision: a digit lies below the ledger scale.
    """
    if not -NANOS < nanos < NANOS or (units > 0 > nanos) or (units < 0 < nanos):
        raise OutOfRange
    fraction, rest = divmod(abs(nanos), currency.nanos)
    if rest:
        raise Precision
    amount = units * currency.unit + (fraction if nanos >= 0 else -fraction)
    if abs(amount) > INT64_MAX:
        raise OutOfRange
    return amount


def nanos_of(units: int, nanos: int) -> int:
    """Return the nanos of an amount whose currency is still to be known (see `from_nanos`).

    Raises:
        OutOfRange: signs differ, or nanos reach a whole unit.
    """
    if not -NANOS < nanos < NANOS or (units > 0 > nanos) or (units < 0 < nanos):
        raise OutOfRange
    return units * NANOS + nanos


def from_nanos(currency: Currency, nanos: int) -> int:
    """Return the ledger units of so many nanos of the major unit.

    Raises:
        OutOfRange: the amount leaves int64 ledger units.
        Precision: a digit lies below the ledger scale.
    """
    amount, rest = divmod(nanos, currency.nanos)
    if rest:
        raise Precision
    if abs(amount) > INT64_MAX:
        raise OutOfRange
    return amount


def to_wire(currency: Currency, amount: int) -> tuple[int, int]:
    """Return (units, nanos) of `amount` ledger units."""
    units, fraction = divmod(abs(amount), currency.unit)
    nanos = fraction * currency.nanos
    return (units, nanos) if amount >= 0 else (-units, -nanos)


def split(amount: int, weights: Sequence[int], quantum: int) -> list[int]:
    """Split `amount` over `weights` by the largest remainder; ties go to the earlier weight (R-MONEY-06).

    The parts are made in display units (`quantum` ledger units) when the amount is a whole number of them, else in
    ledger units. They always sum to the amount, and each is within one unit of its exact share.

    Raises:
        ValueError: a weight is negative, or all are zero.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        message = "weights must be non-negative and not all zero"
        raise ValueError(message)
    step = quantum if amount % quantum == 0 else 1
    pieces = amount // step
    shares = [divmod(pieces * weight, total) for weight in weights]
    parts = [whole for whole, _ in shares]
    largest = sorted(range(len(weights)), key=lambda index: -shares[index][1])
    for index in largest[: pieces - sum(parts)]:
        parts[index] += 1
    return [part * step for part in parts]
