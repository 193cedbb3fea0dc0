"""Strategies for what is nearly right: real bodies with something changed in their tree or in their bytes."""

import json
from collections.abc import Sequence

from hypothesis import strategies as st

from tests.fuzz.messages import mostly

DEEP = 5_000
LONG = 5_000

NUMBERS = (
    *("0", "-0", "-0.0", "1", "-1", "0.1", "10.00", "-10.00", "10.000000000000", "1.000000001", "1.0000000001"),
    *("1e3", "1E400", "-1e-400", "1.5E+2", "NaN", "Infinity", "-Infinity", "01", "1.", ".5", "+1", "0x10", "1_000"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775809", "9007199254740993", "9" * 70, "9" * 5_000),
    *("0." + "0" * 50 + "1", "100001927.79", "92233720368547.758070", "0.00001", "٣"),
)
TEXTS = (
    *('"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"a\\u0000b"', '"\\n"', '"\\u007f"', '"\\x"'),
    *('""', '" "', '"~x"', '"\u202e"', '"\u00e9"', '"'),
    *(f'"{"a" * 200}"', f'"{"a" * 256}"', f'"{"é" * LONG}"'),
    *('"EUR"', '"JPY"', '"eur"', '"XXX"', '"p-1"', '"b-run"', '"Debit"', '"Credit"', '"None"', '"jackpot"', '"bet"'),
)
OTHERS = (
    "null",
    "true",
    "false",
    "{}",
    "[]",
    "[null]",
    '{"a":1}',
    "[" * DEEP,
    '{"a":' * DEEP,
    "",
    ",",
    "//",
    "undefined",
)

numbers = st.sampled_from(NUMBERS) | st.integers().map(str) | st.decimals(allow_nan=False).map(str)
leaves = (
    numbers
    | numbers.map(lambda text: f'"{text}"')
    | st.sampled_from(TEXTS)
    | st.text(max_size=30).map(json.dumps)
    | st.sampled_from(OTHERS)
)
"""JSON as text, or nearly."""

plausible = st.decimals(0, 10**10, places=9).map(lambda number: f"{number:f}") | st.integers(0, 2**63).map(str)
quoted = st.text("abcXYZ019._:-", min_size=1, max_size=20).map(json.dumps) | plausible.map(json.dumps)


class _Leaf(str):
    """A value as it is written."""

    __slots__ = ()


class _Members(list[list[str]]):
    """An object as it is written: the same name may stand in it twice."""


@st.composite
def mutated(draw: st.DrawFn, body: bytes) -> bytes:
    """Draw a body of the same tree but for a few places."""
    holder = [_read(body)]
    for _ in range(draw(st.integers(0, 3))):
        places = _places(holder)
        container, index = places[draw(st.integers(0, len(places) - 1))]
        _change(draw, container, index)
    return _written(holder[0]).encode("utf-8", "surrogatepass")


@st.composite
def repriced(draw: st.DrawFn, body: bytes) -> bytes:
    """Draw a body that is the same but for its amounts."""
    holder = [_read(body)]
    for container, index in _places(holder):
        if isinstance(container, _Members) and container[index][0] == '"amount"':
            amount = draw(plausible | numbers)
            container[index][1] = _Leaf(draw(st.sampled_from((amount, json.dumps(amount)))))
    return _written(holder[0]).encode()


@st.composite
def damaged(draw: st.DrawFn, body: bytes) -> bytes:
    """Draw the bytes of a body with a few of them others, gone, or twice; never the body itself."""
    made = bytearray(body)
    for _ in range(draw(st.integers(1, 4))):
        place, length = draw(st.integers(0, len(made))), draw(st.integers(1, 8))
        match draw(st.sampled_from(("flip", "insert", "cut", "repeat", "truncate"))):
            case "flip" if place < len(made):
                made[place] ^= draw(st.integers(1, 255))
            case "insert":
                made[place:place] = draw(st.binary(min_size=1, max_size=8))
            case "cut":
                del made[place : place + length]
            case "repeat":
                made[place:place] = made[place : place + length]
            case _:
                del made[place:]
    if made == body:
        made.append(0x20)
    return bytes(made)


def bodies(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Return a strategy of bodies: nearly right, damaged, or anything at all."""
    trees = [seed for seed in seeds if seed.startswith((b"{", b"["))]
    damages = st.sampled_from(seeds).flatmap(damaged)
    others = st.one_of(damages, leaves.map(lambda text: text.encode()), st.binary())
    return mostly(st.sampled_from(trees).flatmap(mutated), others, 3) if trees else others


def _read(body: bytes) -> object:
    def members(pairs: list[tuple[str, object]]) -> _Members:
        return _Members([[json.dumps(name), _leaf(value)] for name, value in pairs])

    return _leaf(json.loads(body, parse_int=_Leaf, parse_float=_Leaf, object_pairs_hook=members))


def _leaf(value: object) -> object:
    if isinstance(value, _Members | _Leaf):
        return value
    return [_leaf(each) for each in value] if isinstance(value, list) else _Leaf(json.dumps(value))


def _written(value: object) -> str:
    if isinstance(value, _Members):
        return "{" + ",".join(f"{name}:{_written(inner)}" for name, inner in value) + "}"
    return "[" + ",".join(map(_written, value)) + "]" if isinstance(value, list) else str(value)


def _places(container: list) -> list[tuple[list, int]]:
    """Every place a value stands in, as its container and index."""
    found = []
    for index, each in enumerate(container):
        found.append((container, index))
        inner = each[1] if isinstance(container, _Members) else each
        if isinstance(inner, list):
            found += _places(inner)
    return found


def _change(draw: st.DrawFn, container: list, index: int) -> None:
    named = isinstance(container, _Members)
    match draw(st.sampled_from(("alike", "alike", "replace", "replace", "again", "drop", "add", "rename", "wrap"))):
        case "alike" if named:
            container[index][1] = _Leaf(draw(quoted if container[index][1][:1] == '"' else plausible))
        case "again":
            container.insert(index, [container[index][0], _Leaf(draw(leaves))] if named else container[index])
        case "drop" if len(container) > 1:
            del container[index]
        case "add" if named:
            container.insert(index, [draw(st.text(max_size=8).map(json.dumps)), _Leaf(draw(leaves))])
        case "rename" if named:
            container[index][0] = draw(st.sampled_from(TEXTS) | st.text(max_size=8).map(json.dumps))
        case "wrap":
            inner = container[index][1] if named else container[index]
            wrapped = draw(st.sampled_from(([inner], _Members([['"a"', inner]]))))
            container[index] = [container[index][0], wrapped] if named else wrapped
        case _ if named:
            container[index][1] = _Leaf(draw(leaves))
        case _:
            container[index] = _Leaf(draw(leaves))
