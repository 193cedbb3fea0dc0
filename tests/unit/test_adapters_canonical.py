"""RFC 8785: its published samples, and what has no canonical form."""

import json
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.canonical import canonical, form

# Appendix B: the bits of a double, and how it is written.
NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "text"), NUMBERS)
def test_a_number_of_appendix_b(bits, text):
    (value,) = struct.unpack(">d", bytes.fromhex(bits))

    assert form(value) == text.encode()


def test_the_sample_of_section_3_2_2():
    body = (
        rb'{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],'
        rb'"string": "\u20ac$\u000F\u000aA\u0027\u0042\u0022\u005c\\\"\/",'
        rb'"literals": [null, true, false]}'
    )

    assert canonical(body).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_the_sample_of_section_3_2_3_is_sorted_by_utf_16():
    body = (
        rb'{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",'
        rb'"\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}'
    )

    assert list(json.loads(canonical(body)).values()) == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{} {}",
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b"NaN",
        b"[Infinity]",
        b"1e400",
        b"9" * 400,
        b'"\\ud800"',
        b'{"\\udc00":1}',
        b'"\xff"',
        b"[" * 100_000,
    ],
)
def test_what_has_no_canonical_form(body):
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's, the text's and ours are alike
        canonical(body)


@pytest.mark.parametrize("value", [math.nan, math.inf, 10**400, "\ud800", {"\ud800": 1}, object(), {1, 2}])
def test_a_value_that_has_none(value):
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's, the text's and ours are alike
        form(value)


def test_members_that_are_no_text_cannot_come_of_json():
    assert form({"b": [1, True, None, {}], "a": -1.50}) == b'{"a":-1.5,"b":[1,true,null,{}]}'


values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_the_form_means_the_same_and_is_its_own_form(value):
    once = form(value)

    # Whole numbers beyond 2**53 are written out as ECMAScript does, and are doubles all the same.
    assert json.loads(once, parse_int=float) == value
    assert canonical(once) == once
    assert canonical(json.dumps(value, indent=2).encode()) == once
