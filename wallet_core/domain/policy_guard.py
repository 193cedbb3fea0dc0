"""The guard a publication passes: its shape, whose it is to say, and what the packs forbid (R-CFG-04).

What is refused names the rule that forbids it.
"""

import re
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.layers import Cell, Context, Setting, Standing, folded, merged
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.policies import Policies
from wallet_core.domain.policy_keys import EVERYWHERE, GAME, ID, KEYS, Key, Layer, Of, Unreadable, read
from wallet_core.domain.publications import Content, Publication

SETTINGS_MAX = 1_000
LAW = frozenset({Layer.REGULATOR, Layer.LICENCE})
PLAYER = re.compile(r"[A-Za-z0-9._:@-]{1,64}")
CLAUSE = re.compile(r"[^\x00-\x1f\x7f]{0,255}")
GAME_OF = "game="

_SHAPES_OF = {
    Of.NONE: lambda of: not of,
    Of.CURRENCY: lambda of: of in CURRENCIES,
    Of.ANY_CURRENCY: lambda of: not of or of in CURRENCIES,
    Of.GAME: lambda of: GAME.fullmatch(of) is not None,
    Of.BRAND: lambda of: ID.fullmatch(of) is not None,
    Of.LICENCE: lambda of: ID.fullmatch(of) is not None,
}

# What own money that stays free forbids (R-FUND-16, and the table under it): the key and the value, and why.
LOCKS_OWN_MONEY = (
    ("wagering_lock", True, "cash would be locked for wagering"),
    ("on_withdrawal", "BLOCK", "a bonus would block withdrawals"),
    ("win.split", "ALL_TO_BONUS", "what own money has won would be restricted"),
)


def check(policies: Policies, publication: Publication, *, rolling_back: bool = False) -> None:
    """Pass a publication that may go into force beside those there are, and all that go into force after it.

    Args:
        policies: without it.
        publication: whose settings are new.
        rolling_back: what it sets was in force before: only what the packs forbid is asked again.

    Raises:
        Refused: INVALID_REQUEST, POLICY_NOT_FOUND or POLICY_FORBIDDEN.
    """
    after = Policies.built((*policies.publications, publication), publication.effective_at)
    before = policies.at(publication.effective_at)
    if not rolling_back:
        _check_settings(publication.settings)
        for setting in publication.settings:
            if setting.value is None:
                _check_removed(before, setting)
            else:
                _check_place(after, setting, publication.number)
    place = (publication.effective_at, publication.number)
    for later in after.publications:
        if (later.effective_at, later.number) >= place:
            _check_packs(after, later.number)


def touched_since(policies: Policies, base: int, settings: Iterable[Setting]) -> Publication | None:
    """Return a publication after the one numbered `base` that set one of the same places; none where none did."""
    places = {setting.place for setting in settings}
    newer = (each for each in policies.publications if each.number > base)
    return next((each for each in newer if any(setting.place in places for setting in each.settings)), None)


def _check_settings(settings: Sequence[Setting]) -> None:
    """Pass settings whose shape is right, each at a place of its own."""
    if not 1 <= len(settings) <= SETTINGS_MAX:
        raise Refused(Reason.INVALID_REQUEST, f"settings: 1 to {SETTINGS_MAX} are needed.")
    for index, setting in enumerate(settings):
        field = f"settings[{index}]"
        key = KEYS.get(setting.key)
        if key is None:
            raise Refused(
                Reason.POLICY_NOT_FOUND, f"{field}: there is no key {setting.key!r}; one of {', '.join(KEYS)}."
            )
        if setting.layer not in key.layers:
            layers = ", ".join(layer.name for layer in key.layers)
            raise _forbidden(
                "R-CFG-01", f"{field}: {key.name} is not {setting.layer.name}'s to set; it is for {layers}."
            )
        _check_shape(key, setting, field)
    places = [setting.place for setting in settings]
    for index, place in enumerate(places):
        if place in places[:index]:
            raise _forbidden("R-CFG-04", f"settings[{index}]: {place[0]} is set twice at one place; say it once.")


def _check_shape(key: Key, setting: Setting, field: str) -> None:
    if not _SHAPES_OF[key.of](setting.of):
        raise Refused(Reason.INVALID_REQUEST, f"{field}.of: {key.name} is of {_OF_WORDS[key.of]}.")
    if not _scope_is_one(key, setting):
        raise Refused(Reason.INVALID_REQUEST, f"{field}.scope: {_SCOPE_WORDS[setting.layer]}, or * for all.")
    if CLAUSE.fullmatch(setting.clause) is None or (
        setting.value is not None and setting.layer in LAW and not setting.clause and key.of not in _STRUCTURE
    ):
        raise Refused(
            Reason.INVALID_REQUEST, f"{field}.clause: name what it rests on, in at most 255 characters (R-CFG-05)."
        )
    if setting.locked and (key.lock is None or setting.layer > key.lock):
        raise _forbidden("R-CFG-01", f"{field}: {setting.layer.name} cannot lock {key.name}.")
    if setting.value is not None:
        try:
            read(key, setting.of, setting.value)
        except Unreadable as wrong:
            raise Refused(Reason.INVALID_REQUEST, f"{field}.value: {key.name} is {wrong}.") from None


def _scope_is_one(key: Key, setting: Setting) -> bool:
    scope = setting.scope
    if scope == EVERYWHERE or key.of in _STRUCTURE:
        return scope == EVERYWHERE
    if setting.layer is Layer.PRODUCT:
        brand, product, game = _within(scope)
        products = KEYS["game.product"].choices
        return (not brand or ID.fullmatch(brand) is not None) and (
            GAME.fullmatch(game) is not None if game else product in products
        )
    return (PLAYER if setting.layer is Layer.PLAYER else ID).fullmatch(scope) is not None


def _within(scope: str) -> tuple[str, str, str]:
    """Return the brand, product and game of a product's scope; a brand's id has neither `=` nor `/`."""
    brand, rest = "", scope
    if not scope.startswith(GAME_OF) and "/" in scope:
        brand, _, rest = scope.partition("/")
    return (brand, "", rest.removeprefix(GAME_OF)) if rest.startswith(GAME_OF) else (brand, rest, "")


def _check_removed(before: Policies, setting: Setting) -> None:
    """Pass a removal of something that is there."""
    standing = before.content(before.version).get((setting.key, setting.of), ())
    if not any(each.setting.place == setting.place and each.version for each in standing):
        raise Refused(
            Reason.POLICY_NOT_FOUND,
            f"{setting.key}: {setting.layer.name} {setting.scope} has set nothing that could be taken away.",
        )


def _check_place(after: Policies, setting: Setting, number: int) -> None:
    """Pass a setting that holds at its place: it is not looser than what stands above it, nor is that locked."""
    key = KEYS[setting.key]
    if key.of in _STRUCTURE:
        return
    standing = after.standing(key, context_of(setting), number)
    at = next(index for index, each in enumerate(standing) if each.setting == setting)
    above, own = folded(key, standing[:at]), Cell(standing[at].value, setting.locked)
    found = merged(key, above, own)
    if above is None or found == own or found is None:
        return
    if key.protects and found.value != own.value:
        stronger = _strictest(standing[:at], above)
        raise _forbidden(
            f"{key.rule}, R-CFG-02",
            f"{key.name} = {setting.value} is looser than {stronger}; a weaker layer can only tighten.",
        )
    if not key.protects:
        lock = next(each for each in standing[:at] if each.setting.locked)
        raise _forbidden("R-CFG-01", f"{key.name} is locked by {lock.named}.")


def _strictest(standing: Sequence[Standing], above: Cell) -> str:
    return (next((each for each in standing if each.value == above.value), standing[-1])).named


def context_of(setting: Setting) -> Context:
    """Return the widest context that a setting is for."""
    scope = "" if setting.scope == EVERYWHERE else setting.scope
    match setting.layer:
        case Layer.REGULATOR:
            return Context(regulator=scope, of=setting.of)
        case Layer.LICENCE:
            return Context(licence=scope, of=setting.of)
        case Layer.BRAND:
            return Context(brand_id=scope, of=setting.of)
        case Layer.PRODUCT:
            brand, product, game = _within(scope)
            provider_id, _, game_id = game.partition("/")
            return Context(brand_id=brand, product=product, provider_id=provider_id, game_id=game_id, of=setting.of)
        case Layer.SEGMENT:
            return Context(segments=(scope,) if scope else (), of=setting.of)
        case Layer.PLAYER:
            return Context(player_id=scope, of=setting.of)


def _check_packs(policies: Policies, version: int) -> None:
    """Pass a version in which nothing locks own money where a pack says that it stays free (R-FUND-16).

    Where such a value is in force, it is so at the very place of a setting that says it; no other need be looked at.
    """
    content = policies.content(version)
    for name, value, why in LOCKS_OWN_MONEY:
        for each in content.get((name, ""), ()):
            if each.value != value:
                continue
            place = context_of(each.setting)
            for context in (replace(place, **owner) for owner in _owners(content, place)):
                free = policies.explain("own_money.free", context, version)
                if free.value is True and policies.value(name, context, version) == value:
                    where = f": {free.winner.named}" if free.winner else ""
                    raise _forbidden("R-FUND-16", f"{name} = {each.named}: {why}, and own money is free{where}.")


def _owners(content: Content, place: Context) -> list[dict[str, str]]:
    """Return the brands, licences and regulators that a place is of: its own, else all."""
    own = {name: found for name in ("brand_id", "licence", "regulator") if (found := getattr(place, name))}
    brands = [{"brand_id": of} for name, of in content if name == "brand.licence"]
    licences = [{"licence": of} for name, of in content if name == "licence.regulator"]
    return [own, *([] if place.brand_id else [own | owner for owner in (*brands, *licences)])]


def _forbidden(rules: str, why: str) -> Refused:
    return Refused(Reason.POLICY_FORBIDDEN, f"{rules}: {why}")


_STRUCTURE = frozenset({Of.GAME, Of.BRAND, Of.LICENCE})

_OF_WORDS = {
    Of.NONE: "nothing: leave it out",
    Of.CURRENCY: "a currency",
    Of.ANY_CURRENCY: "a currency, or of all: then leave it out",
    Of.GAME: "a game, <provider>/<game>, or <provider>/* for all of a provider's",
    Of.BRAND: "a brand",
    Of.LICENCE: "a licence",
}

_SCOPE_WORDS = {
    Layer.REGULATOR: "a pack's code",
    Layer.LICENCE: "a licence",
    Layer.BRAND: "a brand",
    Layer.PRODUCT: "CASINO, <brand>/CASINO, game=<provider>/<game> or <brand>/game=<provider>/<game>",
    Layer.SEGMENT: "a segment",
    Layer.PLAYER: "a player's id",
}
