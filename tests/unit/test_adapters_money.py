"""Amounts: exact in both directions, or refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wallet.v1.common_pb2 import Money

from adapters import money
from adapters.faults import Rejected

amounts = st.builds(
    lambda units, nanos, sign: Money(currency_code="EUR", units=sign * units, nanos=sign * nanos),
    st.integers(0, 2**63 - 1),
    st.integers(0, 10**9 - 1),
    st.sampled_from([1, -1]),
)


@given(amounts, st.integers(0, 9))
def test_text_and_parse_are_inverse(amount, digits):
    text = money.text(amount, digits)

    assert amount == money.parse(text, "EUR")
    assert len(text.partition(".")[2]) >= digits
    assert Decimal(text) == Decimal(amount.units) + Decimal(amount.nanos).scaleb(-9)


@given(amounts, st.integers(0, 9))
def test_a_number_is_the_text_without_quotes(amount, digits):
    assert money.text(amount, digits).encode() == bytes(money.number(amount, digits))


@pytest.mark.parametrize(
    ("units", "nanos", "digits", "text"),
    [
        (10, 0, 2, "10.00"),
        (10, 0, 0, "10"),
        (0, 0, 2, "0.00"),
        (0, 85_000_000, 2, "0.085"),
        (0, 10_000, 2, "0.00001"),
        (0, 1, 2, "0.000000001"),
        (-1, -500_000_000, 2, "-1.50"),
        (0, -10_000_000, 2, "-0.01"),
        (100_001_927, 790_000_000, 2, "100001927.79"),
        (63_727_092, 340_000_000, 2, "63727092.34"),
    ],
)
def test_text_has_the_digits_it_is_shown_with_and_loses_none(units, nanos, digits, text):
    assert text == money.text(Money(currency_code="EUR", units=units, nanos=nanos), digits)


@pytest.mark.parametrize("value", ["10.00", "10", "10.000000000000", 10, Decimal(10), Decimal("10.00")], ids=repr)
def test_one_amount_has_many_spellings(value):
    assert Money(currency_code="EUR", units=10) == money.parse(value, "EUR")


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            " ",
            "1.",
            ".5",
            "01",
            "00.5",
            "+1",
            "--1",
            "1e3",
            "1E3",
            "1,00",
            "1_000",
            " 1",
            "1 ",
            "1\n",
            "0x10",
            "\u0661\u0660",
        ),
        *("NaN", "Infinity", "-Infinity", "1.0.0", "1/2", "9223372036854775808", "1" * 65, "0." + "0" * 70),
        *(None, True, False, 1.5, [], {}, b"1", Decimal("NaN"), Decimal("Infinity"), 10**30),
    ],
    ids=repr,
)
def test_what_is_no_plain_decimal_is_refused(value):
    with pytest.raises(Rejected) as caught:
        money.parse(value, "EUR")

    assert caught.value.code == "INVALID_AMOUNT"


@pytest.mark.parametrize("value", ["0.0000000001", "1.0000000010000001", Decimal("0.0000000001")], ids=repr)
def test_a_tenth_decimal_is_refused_not_rounded(value):
    with pytest.raises(Rejected) as caught:
        money.parse(value, "EUR")

    assert caught.value.code == "INVALID_PRECISION"


@given(st.text() | st.decimals() | st.integers() | st.floats() | st.none() | st.booleans())
def test_anything_is_read_exactly_or_refused(value):
    try:
        amount = money.parse(value, "EUR")
    except Rejected:
        return

    assert Decimal(value) == Decimal(money.text(amount, 0))
