"""Money: the currency table, the wire, splits (R-MONEY-01..06; E-21, E-22, E-63)."""

import pytest

from wallet_core.domain.money import (
    CURRENCIES,
    INT64_MAX,
    CurrencyKind,
    OutOfRange,
    Precision,
    from_nanos,
    from_wire,
    nanos_of,
    split,
    to_wire,
)

EUR, JPY, VND, BTC, ETH, KWD = (CURRENCIES[code] for code in ("EUR", "JPY", "VND", "BTC", "ETH", "KWD"))


@pytest.mark.parametrize("code", CURRENCIES)
def test_r_money_02_the_table_is_sane(code):
    currency = CURRENCIES[code]
    assert currency.code == code == code.upper()
    assert 0 <= currency.display <= currency.scale <= 9
    assert currency.unit == 10**currency.scale
    assert currency.nanos * currency.unit == 10**9
    assert currency.quantum == 10 ** (currency.scale - currency.display)
    assert (currency.scale >= 8) is (currency.kind is CurrencyKind.CRYPTO)


@pytest.mark.parametrize(
    ("code", "scale", "display"),
    [
        ("EUR", 6, 2),
        ("USD", 6, 2),
        ("JPY", 6, 0),
        ("KWD", 6, 3),
        ("IDR", 4, 2),
        ("VND", 4, 0),
        ("IRR", 4, 2),
        ("LBP", 4, 2),
        ("UZS", 4, 2),
        ("BTC", 8, 8),
        ("USDT", 8, 6),
        ("ETH", 9, 9),
    ],
)
def test_ledger_scales_are_those_of_the_design(code, scale, display):
    assert (CURRENCIES[code].scale, CURRENCIES[code].display) == (scale, display)


@pytest.mark.parametrize("code", ["eur", "EU", "XXX", "", "DEM"])
def test_r_money_02_what_is_not_listed_does_not_exist(code):
    assert code not in CURRENCIES


@pytest.mark.parametrize("amount", ["63727092.34", "9000000000000.00"])
def test_int64_holds_what_an_operator_meets(amount):
    assert int(amount.replace(".", "")) * 10**4 <= INT64_MAX


WIRE = [
    (EUR, (0, 0), 0),
    (EUR, (1, 0), 1_000_000),
    (EUR, (12, 340_000_000), 12_340_000),
    (EUR, (0, 1_000), 1),
    (EUR, (0, -1_000), -1),
    (EUR, (-12, -340_000_000), -12_340_000),
    (EUR, (0, 10_000), 10),
    (EUR, (63_727_092, 340_000_000), 63_727_092_340_000),
    (JPY, (500, 0), 500_000_000),
    (VND, (1, 100_000), 10_001),
    (KWD, (1, 1_000_000), 1_001_000),
    (BTC, (0, 10), 1),
    (ETH, (0, 1), 1),
    (ETH, (-1, -1), -1_000_000_001),
]


@pytest.mark.parametrize(("currency", "wire", "amount"), WIRE)
def test_the_wire_is_exact_both_ways(currency, wire, amount):
    assert from_wire(currency, *wire) == from_nanos(currency, nanos_of(*wire)) == amount
    assert to_wire(currency, amount) == wire


@pytest.mark.parametrize(("currency", "nanos"), [(EUR, 1), (EUR, 999), (EUR, -1), (VND, 10_000), (BTC, 1), (BTC, 15)])
def test_r_money_03_an_amount_finer_than_the_ledger_is_refused_never_rounded(currency, nanos):
    with pytest.raises(Precision):
        from_wire(currency, 0, nanos)
    with pytest.raises(Precision):
        from_nanos(currency, nanos)


@pytest.mark.parametrize(
    ("units", "nanos"),
    [(1, -1_000), (-1, 1_000), (0, 10**9), (0, -(10**9)), (1, 10**9)],
    ids=["plus minus", "minus plus", "a whole in nanos", "a negative whole in nanos", "one and a whole"],
)
def test_units_and_nanos_that_disagree_are_refused(units, nanos):
    with pytest.raises(OutOfRange):
        from_wire(EUR, units, nanos)
    with pytest.raises(OutOfRange):
        nanos_of(units, nanos)


@pytest.mark.parametrize("sign", [1, -1])
def test_r_money_05_overflow_is_refused_at_the_last_unit(sign):
    units, rest = divmod(INT64_MAX, EUR.unit)
    assert from_wire(EUR, sign * units, sign * rest * 1_000) == sign * INT64_MAX
    assert from_nanos(EUR, sign * INT64_MAX * 1_000) == sign * INT64_MAX
    with pytest.raises(OutOfRange):
        from_nanos(EUR, sign * (INT64_MAX + 1) * 1_000)
    with pytest.raises(OutOfRange):
        from_wire(EUR, sign * units, sign * (rest + 1) * 1_000)


CENT = 10_000

SPLITS = [
    ("GC-FUND-03: 3.33 over 6/4", 333 * CENT, (400, 600), [133 * CENT, 200 * CENT]),
    ("GC-FUND-04: 0.01 over 4/6, E-21", 1 * CENT, (400, 600), [0, 1 * CENT]),
    ("GC-FUND-02: 25.00 over 4/6", 2500 * CENT, (400, 600), [1000 * CENT, 1500 * CENT]),
    ("0.00001 is no cent: ledger units", 10, (400, 600), [4, 6]),
    ("0.000001 over 4/6", 1, (400, 600), [0, 1]),
    ("a tie goes to cash, first in the list", 1 * CENT, (1, 1), [1 * CENT, 0]),
    ("E-22: two units left go to the two largest remainders", 5 * CENT, (30, 35, 35), [1 * CENT, 2 * CENT, 2 * CENT]),
    ("a three-way tie", 2 * CENT, (1, 1, 1), [1 * CENT, 1 * CENT, 0]),
    ("nothing", 0, (1, 2), [0, 0]),
    ("one weight", 7, (3,), [7]),
    ("a weight of nothing takes nothing", 5 * CENT, (0, 3), [0, 5 * CENT]),
]


@pytest.mark.parametrize(("amount", "weights", "parts"), [row[1:] for row in SPLITS], ids=[row[0] for row in SPLITS])
def test_r_money_06_the_largest_remainder(amount, weights, parts):
    assert split(amount, weights, CENT) == parts
    assert sum(parts) == amount


@pytest.mark.parametrize("weights", [(0, 0), (), (-1, 2), (1, -1)])
def test_weights_that_say_nothing_are_a_fault(weights):
    with pytest.raises(ValueError, match="weights"):
        split(1, weights, 1)
