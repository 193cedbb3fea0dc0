"""What each protocol can do, says and is set by: Markdown, written from the code and from nothing else."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from adapters import launches, providers
from adapters.conformance.dialect import DEFAULTS, Dialect, Says, Situation, row
from adapters.conformance.dialects import dialects

_HERE = Path(__file__).parent
README = _HERE / "README.md"
BEGINS, ENDS = "<!-- matrix -->\n", "<!-- /matrix -->\n"
REFRESH = "python -m adapters matrix --write"

_NONE = "-"
_YES = "yes"


def _endpoints(dialect: Dialect) -> str:
    module = providers.module(dialect.protocol)
    own = msgspec.convert(dict(dialect.settings), module.Settings)
    names = (endpoint.name for endpoint in module.connect(dialect.name, [dialect.keys("m").checks], own).endpoints)
    return ", ".join(dict.fromkeys(names))


def _has(function: str) -> Callable[[Dialect], str]:
    return lambda dialect: _YES if getattr(dialect, function) is not None and function not in dialect.lacks else _NONE


_ROWS: dict[str, Callable[[Dialect], str]] = {
    "calls": _endpoints,
    "bet and win in one call": _has("bet_and_win"),
    "close a round by itself": _has("close"),
    "batch of wins, an answer each": _has("batch"),
    "signature in": lambda dialect: f"`{dialect.signature}`",
    "signatures age": lambda dialect: _NONE if row(dialect, Situation.STALE_SIGNATURE) is None else _YES,
    "answers are signed": lambda dialect: _NONE if dialect.proves is None else _YES,
    "finest amount": lambda dialect: dialect.finest,
    "balance in a repeated answer": lambda dialect: dialect.replays.value,
    "the provider waits": lambda dialect: f"{dialect.waits:g} s",
    "policies in the core": lambda dialect: f"`{dialect.profile or dialect.protocol}`",
    "a game's URL": lambda dialect: "call" if dialect.name in launches.protocols() else "link",
}


def table() -> str:
    """All the tables, one after the other."""
    columns = list(dialects().values())
    names = ["", *(_linked(dialect) for dialect in columns)]
    able = [[name, *map(cell, columns)] for name, cell in _ROWS.items()]
    says = [[_spoken(situation), *(_said(dialect, situation) for dialect in columns)] for situation in Situation]
    # What is said to what is right everybody accepts, and nobody is in every situation.
    says = [cells for cells in says if len(set(cells[1:])) > 1]
    lacks = [[d.name, f"`{_spoken(what)}`", why] for d in columns for what, why in d.lacks.items()]
    settings = [[p, *each] for p in providers.protocols() for each in _settings(providers.module(p).Settings)]
    parts = [
        ("What each can do", names, able),
        ("What each says", names, says),
        ("What is not there, and why", ["", "what", "why"], lacks),
        ("What each can be told", ["", "setting", "default"], settings),
    ]
    return "\n".join(f"### {title}\n\n{_markdown(head, rows)}" for title, head, rows in parts)


def write() -> None:
    """Put the tables into the README, between their marks."""
    before, rest = README.read_text(encoding="utf-8").split(BEGINS)
    after = rest.split(ENDS)[1]
    README.write_text(f"{before}{BEGINS}\n{table()}\n{ENDS}{after}", encoding="utf-8")


def _linked(dialect: Dialect) -> str:
    page = f"pages/{dialect.protocol}.md"
    return f"[{dialect.name}]({page})" if (_HERE / page).exists() else dialect.name


def _said(dialect: Dialect, situation: Situation) -> str:
    choices = row(dialect, situation)
    if choices is None:
        return _NONE
    return " or ".join(dict.fromkeys(_word(says) for says in choices))


def _word(says: Says) -> str:
    if not says.word:
        return "accepted"
    word = "" if says.word == str(says.status) else f" `{says.word}`"
    return f"{says.status}{word}{' with balance' if says.balance else ''}"


def _spoken(what: str) -> str:
    return what.lower().replace("_", " ") if what in (*DEFAULTS, *Situation) else what


def _settings(struct: type[msgspec.Struct], prefix: str = "") -> Iterable[Sequence[str]]:
    for field in msgspec.structs.fields(struct):
        name = f"{prefix}{field.name}"
        default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
        if isinstance(default, msgspec.Struct):
            yield from _settings(type(default), f"{name}.")
        else:
            yield f"`{name}`", _default(default)


def _default(value: Any) -> str:
    if value is msgspec.NODEFAULT:
        return "(needed)"
    return f"`{value}`" if isinstance(value, str) and value else f"`{msgspec.json.encode(value).decode()}`"


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
