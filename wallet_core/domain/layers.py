"""Layers: a setting at its place, and how all that hold in a context become one value (R-CFG-01, R-CFG-02)."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from wallet_core.domain.policy_keys import EVERYWHERE, KEYS, MERGES, Key, Layer, Merge, Unreadable, Value, read, written


class Setting(Struct, frozen=True):
    """One value at one place.

    Attributes:
        of: the currency, game, brand or licence it is of; empty where its key is of none.
        scope: which regulator, licence, brand, segment or player; `*` for all. Of products: CASINO, <brand>/CASINO,
            game=<provider>/<game>, <brand>/game=<provider>/<game>; a game that is `*` is all of its provider's.
        value: as `policy_keys.read` takes it; none: what stands there is taken away.
        clause: of the law or the contract it rests on (R-CFG-05).
        locked: weaker layers cannot override it.
    """

    key: str
    layer: Layer
    scope: str
    value: str | None
    of: str = ""
    clause: str = ""
    locked: bool = False

    @property
    def place(self) -> tuple[str, str, Layer, str]:
        """Where it stands: at most one value does."""
        return self.key, self.of, self.layer, self.scope


class Context(Struct, frozen=True):
    """For whom and what a value is asked. What is left out is left out of account.

    Attributes:
        licence, regulator: empty: those of the brand.
        product: empty: that of the game.
        of: what the value is of, beside its place (`policy_keys.Of`); a game's is the game of the context.
    """

    brand_id: str = ""
    product: str = ""
    provider_id: str = ""
    game_id: str = ""
    segments: tuple[str, ...] = ()
    player_id: str = ""
    of: str = ""
    licence: str = ""
    regulator: str = ""


class Standing(Struct, frozen=True):
    """A setting that stands in a version, its value read, and the publication that put it there (R-CFG-05).

    Attributes:
        author, identity: of the publication (actors.py).
    """

    setting: Setting
    value: Value
    version: int
    author: str
    identity: str = ""

    @property
    def named(self) -> str:
        """The value, whose it is and what it rests on, for people."""
        setting = self.setting
        clause = f" ({setting.clause})" if setting.clause else ""
        of = f" {setting.of}" if setting.of else ""
        return f"{setting.value}{of} of {setting.layer.name} {setting.scope}{clause}"


class Cell(Struct, frozen=True):
    """A value on its way down the layers."""

    value: Value
    locked: bool = False


class Considered(Struct, frozen=True):
    """A setting that was looked at, and why it lost; empty for one that did not."""

    standing: Standing
    lost: str = ""


class Explained(Struct, frozen=True):
    """A value and all that was looked at for it, the strongest layer first (R-CFG-05)."""

    key: Key
    of: str
    value: Value | None
    version: int
    considered: tuple[Considered, ...]

    @property
    def winner(self) -> Standing | None:
        """The setting whose value it is; none for a default."""
        return next((each.standing for each in self.considered if not each.lost), None)

    @property
    def text(self) -> str:
        """The value as it is written."""
        return written(self.key, self.of, self.value)


def merged(key: Key, above: Cell | None, below: Cell | None) -> Cell | None:
    """Return what a layer's value and that of a weaker one come to (R-CFG-01, R-CFG-02). It is associative."""
    if above is None or below is None:
        return below if above is None else above
    if key.merge is Merge.OVERRIDE:
        return above if above.locked else below
    return Cell(MERGES[key.merge](above.value, below.value), above.locked or below.locked)


def folded(key: Key, standing: Iterable[Standing]) -> Cell | None:
    """Return what settings come to, in the order in which they merge; none where there are none."""
    cell: Cell | None = None
    for each in standing:
        cell = merged(key, cell, Cell(each.value, each.setting.locked))
    return cell


def considered(key: Key, standing: Sequence[Standing], value: Value | None) -> tuple[Considered, ...]:
    """Return why each setting won or lost."""
    looked, frozen, won = [], False, False
    for index, each in enumerate(standing):
        lost = ""
        if key.merge is Merge.OVERRIDE:
            weaker = not each.setting.locked and index < len(standing) - 1
            lost = "LOCKED" if frozen else "OVERRIDDEN" if weaker else ""
            frozen = frozen or each.setting.locked
        elif key.merge is not Merge.UNION:
            lost = "LOOSER" if each.value != value else "SAME" if won else ""
        won = won or not lost
        looked.append(Considered(each, lost))
    return tuple(looked)


def scopes(context: Context, regulator: str, licence: str, product: str) -> dict[Layer, dict[str, int]]:
    """Return the scopes of each layer that a context is in, and which merges before which: the general ones first."""
    brand = f"{context.brand_id}/" if context.brand_id else ""
    games = f"game={context.provider_id}/{EVERYWHERE}" if context.provider_id else ""
    game = f"game={context.provider_id}/{context.game_id}" if context.game_id else ""
    within = [place for each in (product, games, game) for place in (each, each and brand and brand + each)]
    places = {
        Layer.REGULATOR: (regulator,),
        Layer.LICENCE: (licence,),
        Layer.BRAND: (context.brand_id,),
        Layer.PRODUCT: within,
        Layer.SEGMENT: tuple(sorted(context.segments)),
        Layer.PLAYER: (context.player_id,),
    }
    return {
        layer: {scope: rank for rank, scope in enumerate((EVERYWHERE, *found)) if scope}
        for layer, found in places.items()
    }


def readable(setting: Setting) -> Value | None:
    """Return what a setting says; none where this release cannot read it."""
    key = KEYS.get(setting.key)
    if key is None or setting.value is None:
        return None
    try:
        return read(key, setting.of, setting.value)
    except (Unreadable, KeyError):
        return None
