"""Check: the laws, asked of a live database. Each file of sql/check is a law, its rows what breaks it."""

from msgspec import Struct

from wallet_core.storage.reads import SQL
from wallet_core.storage.store import Store


class Violation(Struct, frozen=True):
    """A row that breaks a law."""

    law: str
    row: dict[str, object]


async def check(store: Store) -> list[Violation]:
    """Return everything in the books that breaks a law; nothing is good news."""
    found: list[Violation] = []
    for path in sorted((SQL / "check").glob("*.sql")):
        rows = await store.query(path.read_text(encoding="utf-8"))
        found.extend(Violation(path.stem, {name: _shown(value) for name, value in row.items()}) for row in rows)
    return found


def _shown(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value


def laws() -> list[str]:
    """Return the names of the laws."""
    return [path.stem for path in sorted((SQL / "check").glob("*.sql"))]
