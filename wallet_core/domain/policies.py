"""Policies: the operator's rules, in layers and in versions (rulebook 26).

A publication is a set of settings that goes into force at a moment, on top of what was in force before it; its number
is a version. What a version says never changes, so a round that keeps the version it began with is decided the same to
its end (R-FUND-09, R-CFG-03). What the packs ask stands above all of them (R-BONUS-02).
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, TypeVar, cast

from msgspec import Struct, field
from msgspec.structs import replace

from wallet_core.domain.layers import Context, Explained, Standing, considered, folded, scopes
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.policy_keys import EVERYWHERE, KEYS, Key, Of, Value, default
from wallet_core.domain.publications import Content, Publication, State, content, products

T = TypeVar("T")

EXPIRE_AFTER = "points.expire_after"

CACHE_MAX = 100_000
"""Answers that are remembered; then they are found anew."""


class Mode(Enum):
    """How a stake is paid from several pockets (R-FUND-05..08)."""

    WATERFALL = "WATERFALL"
    PROPORTIONAL = "PROPORTIONAL"
    NO_MIX = "NO_MIX"
    PLAYER_CHOICE = "PLAYER_CHOICE"


class Split(Enum):
    """Where a win goes (R-FUND-10, R-FUND-11)."""

    PRO_RATA = "PRO_RATA"
    ALL_TO_BONUS = "ALL_TO_BONUS"
    ALL_TO_CASH = "ALL_TO_CASH"
    RETURN_BONUS_FIRST = "RETURN_BONUS_FIRST"


class Basis(Enum):
    """Whose stakes a win is split by: all of the round, or those it names (R-FUND-12)."""

    ROUND = "ROUND"
    REFERENCE = "REFERENCE"


class Expose(Enum):
    """Which money a provider is shown (R-FUND-14): what a stake in the game could use, its cash alone, or all."""

    PLAYABLE = "PLAYABLE"
    CASH_ONLY = "CASH_ONLY"
    TOTAL = "TOTAL"


class Game(Struct, frozen=True):
    """What is known of a game; a product is a sub-wallet's name, too."""

    product: str = "CASINO"
    category: str = "SLOTS"
    rtp: str = ""


class WriteOff(Struct, frozen=True):
    """The write-off policy of a place.

    Attributes:
        order: of the classes of pockets, CASH and BONUS; within a class R-FUND-04 decides.
        version: of the policies it is from.
        mode_locked, split_locked: no bonus has its own instead (R-CFG-01).
    """

    mode: Mode = Mode.WATERFALL
    order: tuple[str, ...] = ("CASH", "BONUS")
    split: Split = Split.PRO_RATA
    basis: Basis = Basis.ROUND
    version: int = 0
    expose: Expose = Expose.PLAYABLE
    mode_locked: bool = False
    split_locked: bool = False


class NotPublished(LookupError):
    """A version that is not here: another process has published it. Look for new ones, and decide again."""


class Policies(Struct, frozen=True, eq=False):
    """All that is in force, was and will be: a value that is replaced when something is published.

    Attributes:
        version: the number of the publication in force; 0 before the first.
        publications: in the order they go into force.
        cache: what was asked before. Nothing in it ever changes.
    """

    version: int = 0
    publications: tuple[Publication, ...] = ()
    cache: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Say which they are: what they were ever asked is not worth telling."""
        return f"Policies(version={self.version}, last={self.last})"

    @classmethod
    def built(cls, publications: Iterable[Publication], moment: int) -> "Policies":
        """Return the policies of publications, in any order, as they are in force at a microsecond."""
        ordered = sorted(publications, key=lambda each: (each.effective_at, each.number))
        return cls(publications=tuple(ordered)).at(moment)

    @property
    def last(self) -> int:
        """The highest number."""
        return max((each.number for each in self.publications), default=0)

    def at(self, moment: int) -> "Policies":
        """Return the policies with the version that is in force at a microsecond."""
        return replace(self, version=self.version_at(moment))

    def version_at(self, moment: int) -> int:
        """Return the version that is in force at a microsecond."""
        passed = bisect_right(self.publications, moment, key=lambda each: each.effective_at)
        return self.publications[passed - 1].number if passed else 0

    def state_of(self, publication: Publication) -> State:
        """Return the state of a publication, these being the policies in force."""
        if publication.number == self.version:
            return State.ACTIVE
        return State.SUPERSEDED if publication in self.until(self.version) else State.SCHEDULED

    def next_after(self, moment: int) -> int:
        """Return when the version next changes after a microsecond, as far as is known."""
        passed = bisect_right(self.publications, moment, key=lambda each: each.effective_at)
        return self.publications[passed].effective_at if passed < len(self.publications) else INT64_MAX

    def game(self, provider_id: str, game_id: str, version: int | None = None) -> Game:
        """Return what is known of a game as of a version; none: the one in force.

        Raises:
            NotPublished: there is no such version here.
        """
        number = self.version if version is None else version
        found: Game | None = self.cache.get((number, provider_id, game_id))
        if found is None:
            context = Context(provider_id=provider_id, game_id=game_id)
            product, category, rtp = (
                str(self.value(name, context, number)) for name in ("game.product", "game.category", "game.rtp")
            )
            found = self._keep((number, provider_id, game_id), Game(product, category, rtp))
        return found

    def write_off(self, brand_id: str, provider_id: str, game_id: str, version: int) -> WriteOff:
        """Return the write-off policy of a game as of a version.

        Raises:
            NotPublished: there is no such version here.
        """
        found: WriteOff | None = self.cache.get((version, brand_id, provider_id, game_id))
        if found is None:
            context = Context(brand_id=brand_id, provider_id=provider_id, game_id=game_id)
            write_off = WriteOff(
                mode=Mode(self.value("funding.mode", context, version)),
                order=cast("tuple[str, ...]", self.value("funding.order", context, version)),
                split=Split(self.value("win.split", context, version)),
                basis=Basis(self.value("win.basis", context, version)),
                version=version,
                expose=Expose(self.value("balance.expose", context, version)),
                mode_locked=self._locked("funding.mode", context, version),
                split_locked=self._locked("win.split", context, version),
            )
            found = self._keep((version, brand_id, provider_id, game_id), write_off)
        return found

    def points_rate(self, brand_id: str, provider_id: str, game_id: str, currency: str, version: int) -> int:
        """Return what a game's cash stakes earn as of a version: 10,000ths of a point a display unit of the currency
        (R-PTS-01).

        Raises:
            NotPublished: there is no such version here.
        """
        if not version:
            return 0
        place = ("points", version, brand_id, provider_id, game_id, currency)
        found: int | None = self.cache.get(place)
        if found is None:
            context = Context(brand_id=brand_id, provider_id=provider_id, game_id=game_id, of=currency)
            found = self._keep(place, cast("int", self.value("points.rate", context, version)))
        return found

    def points_expire(self) -> bool:
        """Whether points of anybody's expire by themselves, as far as is set in the version in force."""
        return bool(self.content(self.version).get((EXPIRE_AFTER, "")))

    def points_days(self, brand_id: str) -> int:
        """Return after how many days the points of a brand's players expire; 0: never (R-PTS-03)."""
        return cast("int", self.value(EXPIRE_AFTER, Context(brand_id=brand_id)))

    def value(self, name: str, context: Context, version: int | None = None) -> Value | None:
        """Return a key's value: true or false, a word or words, a number in the key's unit, ledger units of an amount;
        none where there is no limit.

        Raises:
            KeyError: there is no such key.
            NotPublished: there is no such version here.
        """
        key = KEYS[name]
        cell = folded(key, self.standing(key, context, self.version if version is None else version))
        return default(key, _of(key, context)) if cell is None else cell.value

    def said(self, name: str, context: Context, otherwise: T) -> T:
        """Return a key's value in force where somebody has set it, else what the caller says."""
        found = self.explain(name, context)
        return otherwise if found.winner is None else cast("T", found.value)

    def products(self) -> frozenset[str]:
        """Return the products that anything in force sets apart from the others."""
        found: frozenset[str] | None = self.cache.get(("products", self.version))
        if found is None:
            found = self._keep(("products", self.version), products(self.content(self.version)))
        return found

    def _locked(self, name: str, context: Context, version: int) -> bool:
        """Whether nothing weaker may override a key's value."""
        key = KEYS[name]
        cell = folded(key, self.standing(key, context, version))
        return cell is not None and cell.locked

    def explain(self, name: str, context: Context, version: int | None = None) -> Explained:
        """Return a key's value, whose it is, and what lost to it (R-CFG-05). Raises what `value` does."""
        key = KEYS[name]
        number = self.version if version is None else version
        value = self.value(name, context, number)
        standing = self.standing(key, context, number)
        return Explained(key, _of(key, context), value, number, considered(key, standing, value))

    def standing(self, key: Key, context: Context, version: int) -> Sequence[Standing]:
        """Return the settings of a key that hold in a context, in the order in which they merge.

        Raises:
            NotPublished: there is no such version here.
        """
        of = _of(key, context)
        words = [of]
        if key.of is Of.ANY_CURRENCY and of:
            words = ["", of]
        elif key.of is Of.GAME:
            words = [f"{of.partition('/')[0]}/{EVERYWHERE}", of]
        stand = self.content(version)
        found = [(rank, each) for rank, word in enumerate(words) for each in stand.get((key.name, word), ())]
        if not found or key.of in _PLAIN:
            return [each for _, each in found]
        places = scopes(context, *self._owners(context, version))
        holding = [
            (each.setting.layer, place, rank, each.version, index)
            for index, (rank, each) in enumerate(found)
            if (place := places[each.setting.layer].get(each.setting.scope)) is not None
        ]
        return [found[index][1] for *_, index in sorted(holding)]

    def content(self, version: int) -> Content:
        """Return what stands in a version.

        Raises:
            NotPublished: there is no such version here.
        """
        found: Content | None = self.cache.get((version,))
        return self._keep((version,), content(self.until(version))) if found is None else found

    def until(self, version: int) -> Sequence[Publication]:
        """Return the publications that a version is made of, in the order they go into force.

        Raises:
            NotPublished: there is no such version here.
        """
        if not version:
            return ()
        for index, each in enumerate(self.publications, 1):
            if each.number == version:
                return self.publications[:index]
        raise NotPublished(version)

    def _owners(self, context: Context, version: int) -> tuple[str, str, str]:
        """Return the regulator and the licence of a context's brand, and the product of its game."""
        licence = context.licence or self._plain("brand.licence", Context(of=context.brand_id), version)
        regulator = context.regulator or self._plain("licence.regulator", Context(of=licence), version)
        product = context.product
        if not product and context.provider_id:
            product = self._plain("game.product", context, version)
        return regulator, licence, product

    def _plain(self, name: str, context: Context, version: int) -> str:
        return str(self.value(name, context, version))

    def _keep(self, key: tuple[Any, ...], found: T) -> T:
        if len(self.cache) >= CACHE_MAX:
            self.cache.clear()
        self.cache[key] = found
        return found


_PLAIN = frozenset({Of.GAME, Of.BRAND, Of.LICENCE})
"""What has one value for all: the place it is of says it all."""


def _of(key: Key, context: Context) -> str:
    """Return what a value asked for in a context is of."""
    match key.of:
        case Of.NONE:
            return ""
        case Of.GAME:
            return f"{context.provider_id}/{context.game_id}"
        case _:
            return context.of
