"""Strategies for protobuf messages of any kind, from their descriptors: every field anything its type may hold."""

from functools import cache
from typing import TypeVar

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

T = TypeVar("T")

INT32, INT64 = 2**31, 2**63
DEEP = 3

KNOWN = (
    *("", "acme", "generic", "thrillgate", "p-1", "p-2", "nobody", "EUR", "JPY", "BTC", "XXX", "eur", "lucky"),
    *("k-1", "k-2", "r-1", "r-2", "a" * 255, "é" * 255, " "),
    *("test", "first", "2", "CASH", "IN_PLAY", "STAKES", "NO SUCH", "OPERATOR", "AAAA", "gA==", "kwEC", "DE", "de"),
)
hostile = st.sampled_from(("\0", "a\0", "\0a", "\n", "\x7f", "~own", "\u2028", "a" * 256))
texts = hostile | st.sampled_from(KNOWN) | st.text(max_size=300)
edges = st.sampled_from((0, 1, -1, 100, 10**6, 10**9, 10**9 - 1, -(10**9) + 1))


def mostly(usual: st.SearchStrategy[T], other: st.SearchStrategy[T], times: int) -> st.SearchStrategy[T]:
    """Return a strategy that draws the other once in so many times."""
    return st.integers(1, times).flatmap(lambda throw: other if throw == times else usual)


SCALARS = {
    FieldDescriptor.TYPE_STRING: texts,
    FieldDescriptor.TYPE_BYTES: st.binary(max_size=100),
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_INT32: edges | st.integers(-INT32, INT32 - 1),
    FieldDescriptor.TYPE_INT64: edges | st.integers(-INT64, INT64 - 1),
    FieldDescriptor.TYPE_UINT32: st.integers(0, 2 * INT32 - 1),
    FieldDescriptor.TYPE_UINT64: st.integers(0, 2 * INT64 - 1),
}

# What callers mostly say, by the name of the field.
KEYS = st.sampled_from([f"k-{number}" for number in range(20)])
LIKELY = {
    "player_id": st.sampled_from(("p-1", "p-2")),
    "provider_id": st.sampled_from(("thrillgate", "generic")),
    "operator_id": st.sampled_from(("", "acme")),
    "brand_id": st.sampled_from(("", "lucky")),
    "currency_code": st.sampled_from((*["EUR"] * 9, "JPY")),
    "currency_codes": st.sampled_from(("EUR", "JPY", "USD")),
    "units": st.integers(0, 20),
    "nanos": st.sampled_from((0, 0, 500_000_000, 10_000_000)),
    "seconds": st.integers(0, 2_000_000_000),
    "size": st.integers(0, 10),
    "token": mostly(st.just(""), texts, 3),
    "session_token": st.just(""),
    "original_key": st.just(""),
    "country": st.sampled_from(("", "DE")),
    "round_id": st.sampled_from([f"r-{number}" for number in range(5)]),
    "external_key": KEYS,
    "request_id": KEYS,
    "references": KEYS,
    "batch_id": st.sampled_from(("", "b-1")),
    "external_key_prefix": st.just("void:"),
    "psp_id": st.just("test"),
    "actor": st.just("somebody"),
    "reason": st.just("because"),
    "detail": st.just(""),
    "account": st.sampled_from(("CASH", "STAKES", "WINS", "PSP_CLEARING", "ADJUSTMENTS")),
}

RARE = {"minimum_balance", "occurred_at", "batch_id"}


def messages(kind: type[Message], *, likely: bool = False) -> st.SearchStrategy[Message]:
    """Return a strategy of messages; a likely one has all its fields, and mostly what callers say in them."""
    return _messages(kind.DESCRIPTOR, DEEP, likely=likely)


def parsed(kind: type[Message], raw: bytes) -> Message | None:
    """Return what the bytes say; none where they say nothing."""
    try:
        return kind.FromString(raw)
    except DecodeError:
        return None


@cache
def _messages(descriptor: Descriptor, depth: int, *, likely: bool) -> st.SearchStrategy[Message]:
    kind = GetMessageClass(descriptor)
    members = {
        field.name: _field(field, depth, likely=likely)
        for field in descriptor.fields
        if depth or not field.message_type
    }
    some = st.fixed_dictionaries({}, optional=members)
    if not likely:
        return some.map(lambda drawn: kind(**drawn))
    usual = st.fixed_dictionaries({name: member for name, member in members.items() if name not in RARE})
    return mostly(usual, some, 5).map(lambda drawn: kind(**drawn))


def _field(field: FieldDescriptor, depth: int, *, likely: bool) -> st.SearchStrategy[object]:
    nested = field.message_type
    if nested is not None and nested.GetOptions().map_entry:
        key, value = (_single(each, depth - 1, likely=likely) for each in nested.fields)
        return st.dictionaries(key, value, max_size=2)
    if field.is_repeated:
        return st.lists(
            _single(field, depth, likely=likely), max_size=1 if likely and field.name == "references" else 3
        )
    return _single(field, depth, likely=likely)


def _single(field: FieldDescriptor, depth: int, *, likely: bool) -> st.SearchStrategy[object]:
    if field.message_type is not None:
        return _messages(field.message_type, depth - 1, likely=likely)
    if field.type == FieldDescriptor.TYPE_ENUM:
        known = st.sampled_from([value.number for value in field.enum_type.values])
        return known if likely else known | st.integers(-INT32, INT32 - 1)
    if likely and field.name in LIKELY:
        return mostly(LIKELY[field.name], SCALARS[field.type], 40)
    return SCALARS[field.type]
