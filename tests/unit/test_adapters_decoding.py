"""Decoding: one reading of the bytes, exact decimals, and a clean no to everything else."""

import json
import time
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.decoding import Scientific, json_words, query_words
from adapters.faults import Fault, Rejected
from adapters.provider import Request


class Loose(msgspec.Struct):
    a: Any = None


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    a: str


def posted(body, content_type="application/json"):
    return Request("POST", "/", "", {"Content-Type": content_type}, body, 0.0)


def asked(query):
    return Request("GET", "/", query, {}, b"", 0.0)


def test_numbers_are_exact_whatever_their_length():
    assert Decimal("100001927.79") == json_words(posted(b'{"a":100001927.79}'), Loose).a
    assert str(json_words(posted(b'{"a":0.10000000000000000000000001}'), Loose).a) == "0.10000000000000000000000001"
    assert json_words(posted(b'{"a":9007199254740993}'), Loose).a == 9007199254740993


def test_an_exponent_is_told_from_a_decimal_and_does_no_harm_where_it_is_ignored():
    assert isinstance(json_words(posted(b'{"a":1e3}'), Loose).a, Scientific)
    assert isinstance(json_words(posted(b'{"a":1.5E-3}'), Loose).a, Scientific)
    assert json_words(posted(b'{"a":"x","b":1e3}'), Loose).a == "x"


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b" ", b"{", b'{"a":1', b"{'a':1}", b'{"a":1,}', b'{"a":1}{"a":2}', b"// c\n{}", b'{"a":01}'),
        *(b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}', b'{"a":+1}', b'{"a":.5}', b'{"a":1.}', b'{"a":"\n"}'),
        *(b'{"a":1,"a":1}', b'{"a":1,"\\u0061":2}', b'{"a":{"b":1,"b":2}}', b'{"a":[{"b":1,"b":2}]}'),
        *(b"\xff", b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', b"\xef\xbb\xbf{}", '{"a":1}'.encode("utf-16")),
        *(b'{"a":"\\ud800"}', b'{"a":"\\udc00\\ud800"}', b'{"\\ud800":1}', b'{"a":"\\u0000"}', b'{"a":["\\u0000"]}'),
        *(b"[]", b"null", b"1", b'"a"', b"[" * 100_000, b'{"a":' * 100_000, b"1" * 10_000, b"[" + b"1," * 1000),
    ],
    ids=lambda body: f"{len(body)}-{body[:40]!r}",
)
def test_a_malformed_body_is_refused(body):
    with pytest.raises(Rejected) as caught:
        json_words(posted(body), Loose)

    assert caught.value.code == "INVALID_REQUEST"


def test_a_refusal_names_the_member_but_not_its_value():
    with pytest.raises(Rejected) as caught:
        json_words(posted(b'{"a":["secret"]}'), Strict)

    assert "$.a" in caught.value.detail
    assert "secret" not in caught.value.detail


def test_surrogate_pairs_are_text():
    assert json_words(posted(b'{"a":"\\ud83d\\ude00"}'), Loose).a == "\N{GRINNING FACE}"


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON ; charset=UTF-8", "application/json;"])
def test_json_is_json_in_utf_8(content_type):
    assert json_words(posted(b'{"a":"x"}', content_type), Strict).a == "x"


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "application/jsonx"],
)
def test_another_content_type_is_refused(content_type):
    with pytest.raises(Rejected) as caught:
        json_words(posted(b'{"a":"x"}', content_type), Strict)

    assert caught.value.code == Fault.UNSUPPORTED_CONTENT_TYPE


def test_hostile_nesting_is_refused_at_once():
    body = b'{"a":' + b'[{"a":' * 40_000 + b"1" + b"}]" * 40_000 + b"}"
    started = time.perf_counter()
    with pytest.raises(Rejected):
        json_words(posted(body), Loose)

    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("query", ["a=x", "a=%78"])
def test_a_query_is_unquoted_once(query):
    assert query_words(asked(query), Strict).a == "x"
    assert query_words(asked("a=%2578"), Strict).a == "%78"


@pytest.mark.parametrize(
    "query", ["", "a", "a=1&a=2", "a=1&b=2", "a=%ff", "a=%00", "a=1&&", "&".join(f"b{n}=1" for n in range(100))]
)
def test_a_malformed_query_is_refused(query):
    with pytest.raises(Rejected) as caught:
        query_words(asked(query), Strict)

    assert caught.value.code == "INVALID_REQUEST"


@given(st.binary() | st.text().map(str.encode) | st.from_regex(rb'\{("a":|[\[{}\],:"\\ue0-9.+-]|NaN|null)*\}'))
def test_random_bytes_are_read_or_refused(body):
    try:
        read = json_words(posted(body), Loose)
    except Rejected:
        return

    assert isinstance(read, Loose)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_json_can_say_is_read_as_json_says_it(value):
    try:
        body = json.dumps({"a": value}).encode()
        read = json_words(posted(body), Loose).a
    except Rejected as rejected:
        assert rejected.detail == "text contains a character that is not allowed"  # noqa: PT017  keys may hold any text
        return

    assert value == read


@given(st.text())
def test_random_queries_are_read_or_refused(query):
    try:
        read = query_words(asked(query), Strict)
    except Rejected:
        return

    assert isinstance(read.a, str)
