"""Publications: the rows of policies, and what stands in a version. Written once, and never changed."""

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Any

from wallet_core.domain.actors import Actor
from wallet_core.domain.entries import Keyed
from wallet_core.domain.layers import Setting, Standing, readable
from wallet_core.domain.packs import PACKS, Pack
from wallet_core.domain.policy_keys import EVERYWHERE, KEYS, Layer, written

Content = dict[tuple[str, str], tuple[Standing, ...]]
"""What stands in a version, by key and what it is of."""


class State(IntEnum):
    """What becomes of a publication; numbers of wallet.v1.PublicationState (R-CFG-04)."""

    VALIDATED = 1  # a draft
    SCHEDULED = 2
    ACTIVE = 3
    SUPERSEDED = 4


class Draft(Keyed, frozen=True):
    """A set of settings that was found sound, and waits for somebody's approval. Written once.

    Attributes:
        player_id: empty: it is no player's.
        effective_at: the microsecond it is to go into force; 0: when it is approved.
        base: the last publication its author knew.
        author_identity: as whom the core knows its author (actors.py).
    """

    player_id: str
    draft_id: str
    author: str
    reason: str
    settings: tuple[Setting, ...]
    effective_at: int
    base: int
    drafted_at: int
    author_identity: str = ""

    @property
    def drafted_by(self) -> Actor:
        """Its author; of one from before there were identities, by the stated name."""
        return Actor(self.author, self.author_identity or self.author)

    @property
    def key(self) -> tuple[str, ...]:
        """What it is found by."""
        return self.player_id, self.draft_id


class Publication(Keyed, frozen=True):
    """A set of settings that was approved. Written once.

    Attributes:
        player_id: empty: it is no player's.
        number: its version; they have no gaps.
        draft_id: empty for a rollback.
        approver: another than its author (R-CFG-04); empty for a rollback, whose version was approved when it was new.
        author_identity, approver_identity: as whom the core knows them (actors.py).
        effective_at: the microsecond it goes into force.
        restores: the version a rollback goes back to.
    """

    player_id: str
    number: int
    draft_id: str
    author: str
    approver: str
    reason: str
    settings: tuple[Setting, ...]
    effective_at: int
    published_at: int
    restores: int | None = None
    author_identity: str = ""
    approver_identity: str = ""

    @property
    def key(self) -> tuple[Any, ...]:
        """What it is found by."""
        return self.player_id, self.number


def settled(publications: Iterable[Publication]) -> list[Standing]:
    """Return what publications leave standing, in the order they went into force; what the packs ask is not among it.

    A setting that this release cannot read is left out: its key's default holds (R-CFG-06).
    """
    standing: dict[tuple[str, str, Layer, str], Standing] = {}
    for publication in publications:
        for setting in publication.settings:
            standing.pop(setting.place, None)
            if setting.value is not None and (value := readable(setting)) is not None:
                standing[setting.place] = Standing(
                    setting, value, publication.number, publication.author, publication.author_identity
                )
    return list(standing.values())


def content(publications: Iterable[Publication]) -> Content:
    """Return what stands after publications, in the order they went into force; the packs are always in it."""
    found: dict[tuple[str, str], list[Standing]] = {}
    for each in (*_PACKED, *settled(publications)):
        found.setdefault((each.setting.key, each.setting.of), []).append(each)
    return {place: tuple(there) for place, there in found.items()}


def products(standing: Content) -> frozenset[str]:
    """Return the products that settings are for; those of single games are left out of account."""
    scopes = (
        each.setting.scope for there in standing.values() for each in there if each.setting.layer is Layer.PRODUCT
    )
    return frozenset(scope.rpartition("/")[2] for scope in scopes if "game=" not in scope) - {EVERYWHERE}


def _asked(pack: Pack) -> Iterator[Setting]:
    """Yield what a pack asks, as its regulator's settings."""
    words = {
        "bonus.allowed": written(KEYS["bonus.allowed"], "", pack.allowed),
        "bonus.wagering.max_multiplier": written(KEYS["bonus.wagering.max_multiplier"], "", pack.max_multiplier),
        "bonus.automatic": written(KEYS["bonus.automatic"], "", pack.automatic),
        "bonus.alike": "true" if pack.alike else "",
        "bonus.mixed_products": written(KEYS["bonus.mixed_products"], "", pack.mixed),
        "bonus.min_days": str(pack.min_days or ""),
        "bonus.welcome_only_once": "true" if pack.once else "",
        "own_money.free": "true" if pack.own_money_free else "",
    }
    for key, value in words.items():
        if value:
            yield Setting(key, Layer.REGULATOR, pack.code, value, clause=pack.source)
    if pack.max_value is not None:
        currency, amount = pack.max_value
        yield Setting("bonus.max_value", Layer.REGULATOR, pack.code, str(amount), of=currency, clause=pack.source)


_PACKED = tuple(
    Standing(setting, value, 0, "rulebook 26.3")
    for pack in PACKS.values()
    if pack.code
    for setting in _asked(pack)
    if (value := readable(setting)) is not None
)
"""What the packs ask: in every version, and beside it what a regulator's settings say."""
