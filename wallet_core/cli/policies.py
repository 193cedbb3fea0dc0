"""`policies`: draft a file of settings, approve it, go back, and ask what is in force and why (R-CFG-04, R-CFG-05).

The file is TOML: a `reason`, perhaps `effective_at`, and `[[settings]]` of key, layer, scope and value. It is checked
and kept under an id that its text makes, so that the same file applied again is the same draft.
"""

import hashlib
import math
import time
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from wallet_core import app as wiring
from wallet_core.api import fields
from wallet_core.cli.running import FAILED, MISUSED, ConfigFile, Database, run, settings
from wallet_core.domain.actors import Actor
from wallet_core.domain.commands import Command
from wallet_core.domain.decision import Decision, Refused
from wallet_core.domain.entries import NO_PLAYER
from wallet_core.domain.layers import Context, Setting
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.packs import VERTICALS
from wallet_core.domain.policies import NotPublished, Policies
from wallet_core.domain.policy_commands import ApprovePolicies, DraftPolicies, RollBackPolicies
from wallet_core.domain.policy_keys import GAME, KEYS, Layer, Of
from wallet_core.domain.publications import Draft
from wallet_core.engine.batcher import Batcher
from wallet_core.engine.clock import Clock
from wallet_core.engine.in_force import InForce

SECOND = 1_000_000
PATIENCE = 30.0
"""Seconds to wait for the database."""

DRAFTS_MAX = 100

app = typer.Typer(help="The operator's rules, in layers and versions.", no_args_is_help=True)

_Brand = Annotated[str, typer.Option("--brand", help="A brand's id.")]
_Product = Annotated[str, typer.Option("--product", help="CASINO, LIVE, SPORTS …; default: that of the game.")]
_Game = Annotated[str, typer.Option("--game", help="<provider>/<game>.")]
_Player = Annotated[str, typer.Option("--player", help="A player's id.")]
_Of = Annotated[str, typer.Option("--of", help="The currency, brand or licence it is of.")]
_Version = Annotated[int | None, typer.Option("--version", help="Default: the one in force.")]


class Unusable(Exception):
    """A file that says no settings; the message says where."""


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(help="A TOML file of settings.")],
    author: Annotated[str, typer.Option(help="Who wants it.")],
    draft_id: Annotated[str, typer.Option("--id", help="Default: made of the file's name and text.")] = "",
    config_file: ConfigFile = None,
    database: Database = "",
) -> None:
    """Have a file of settings checked and kept as a draft; print its id."""
    try:
        name, reason, at, changes = read(file)
    except Unusable as unusable:
        raise _misused(f"{file}: {unusable}") from None
    draft_id = _said(fields.key, draft_id or name, "--id")
    who = _at_hand(author, "--author")
    _decide(
        config_file, database, lambda policies: DraftPolicies(NO_PLAYER, draft_id, who, reason, changes, at, policies)
    )
    typer.echo(draft_id)


@app.command()
def approve(
    draft_id: Annotated[str, typer.Argument(help="What `apply` printed.")],
    approver: Annotated[str, typer.Option(help="Who approves: another than its author.")],
    config_file: ConfigFile = None,
    database: Database = "",
) -> None:
    """Publish a draft; print its version."""
    who = _at_hand(approver, "--approver")
    policies = _decide(config_file, database, lambda known: ApprovePolicies(NO_PLAYER, known, draft_id, who))
    typer.echo(next(each.number for each in policies.publications if each.draft_id == draft_id))


@app.command("roll-back")
def roll_back(
    version: Annotated[int, typer.Argument(help="The one before that in force; 0: the defaults.")],
    actor: Annotated[str, typer.Option(help="Who goes back.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    config_file: ConfigFile = None,
    database: Database = "",
) -> None:
    """Go back at once to what a version said; print the new version."""
    who, request_id = _at_hand(actor, "--actor"), f"{actor}:{time.time_ns()}"
    why = _said(fields.words, reason, "--reason")
    policies = _decide(
        config_file, database, lambda known: RollBackPolicies(NO_PLAYER, known, version, who, why, request_id)
    )
    typer.echo(policies.last)


@app.command("list")
def list_(config_file: ConfigFile = None, database: Database = "") -> None:
    """Print drafts and publications, the newest first."""
    policies, drafts = run(_asked(database or settings(config_file).database))
    for draft in drafts:
        typer.echo(f"-  VALIDATED {draft.draft_id} by {draft.drafted_by.identity}: {draft.reason}")
    for each in sorted(policies.publications, key=lambda each: -each.number):
        what = each.draft_id or f"back to {each.restores}"
        who = (each.author_identity or each.author, each.approver_identity or each.approver)
        by = ", ".join(filter(None, who))
        state = policies.state_of(each).name
        moment = datetime.fromtimestamp(each.effective_at // SECOND, UTC).isoformat()
        typer.echo(f"{each.number}  {state} {moment} {what} by {by}: {each.reason}")


@app.command()
def show(
    *,
    brand: _Brand = "",
    product: _Product = "",
    game: _Game = "",
    player: _Player = "",
    of: _Of = "",
    version: _Version = None,
    config_file: ConfigFile = None,
    database: Database = "",
) -> None:
    """Print every value in a context, and whose it is."""
    policies, _ = run(_asked(database or settings(config_file).database))
    context = _context(brand, product, game, player, of)
    for key in KEYS.values():
        if _asked_for(key.of, context):
            _explained(policies, key.name, context, version, brief=True)


@app.command()
def explain(
    key: Annotated[str, typer.Argument(help="funding.mode, bonus.allowed …: `show` names them.")],
    *,
    brand: _Brand = "",
    product: _Product = "",
    game: _Game = "",
    player: _Player = "",
    of: _Of = "",
    version: _Version = None,
    config_file: ConfigFile = None,
    database: Database = "",
) -> None:
    """Print one value, whose it is, what it rests on, and what lost to it."""
    context = _context(brand, product, game, player, of)
    if key not in KEYS or not _asked_for(KEYS[key].of, context):
        wanted = (
            f"{key} is of a {KEYS[key].of.name.lower().removeprefix('any_')}: name it"
            if key in KEYS
            else f"there is no key {key}"
        )
        raise _misused(wanted)
    policies, _ = run(_asked(database or settings(config_file).database))
    _explained(policies, key, context, version)


def _at_hand(name: str, option: str) -> Actor:
    """Return who acts here: whoever reaches the database can do anything, so his word for who he is is taken."""
    return Actor.vouched("cli", _said(fields.key, name, option))


def _said(check: Callable[[str, str], str], value: str, option: str) -> str:
    """Return what an option says, if a call to the core could say it; or end with a sentence."""
    try:
        return check(value, option)
    except Refused as refused:
        raise _misused(refused.refusal.message) from None


def _misused(words: str) -> typer.Exit:
    typer.echo(f"policies: {words}", err=True)
    return typer.Exit(MISUSED)


def read(file: Path) -> tuple[str, str, int, tuple[Setting, ...]]:
    """Return a file's id, reason, moment in microseconds (0: on approval) and settings.

    Raises:
        Unusable.
    """
    try:
        raw = file.read_bytes()
        document = tomllib.loads(raw.decode(), parse_float=str)
    except OSError as error:
        raise Unusable(str(error.strerror)) from None
    except ValueError as error:  # TOML's and UTF-8's errors are such
        raise Unusable(f"it is not TOML: {error}") from None
    except RecursionError:
        raise Unusable("it is not TOML: nested too deeply") from None
    reason, at, found = document.pop("reason", ""), document.pop("effective_at", None), document.pop("settings", [])
    if document:
        raise Unusable(f"{', '.join(document)}: only reason, effective_at and settings are read")
    if not isinstance(reason, str) or not reason.strip():
        raise Unusable("reason: say why")
    if at is not None and (not isinstance(at, datetime) or at.tzinfo is None):
        raise Unusable("effective_at: a date and time with its offset, as 2026-01-19T00:00:00Z")
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Unusable("settings: a list of tables, [[settings]]")
    changes = tuple(_setting(each, f"settings[{index}]") for index, each in enumerate(found))
    name = f"{file.stem}-{hashlib.blake2b(raw, digest_size=6).hexdigest()}"
    return name, reason, math.ceil(at.timestamp()) * SECOND if at else 0, changes  # never before what was asked


def _setting(table: dict[str, Any], field: str) -> Setting:
    known = {"key", "layer", "scope", "of", "clause", "value", "locked", "remove"}
    if unknown := set(table) - known:
        raise Unusable(f"{field}: {', '.join(sorted(unknown))}: one of {', '.join(sorted(known))}")
    texts = {name: table.get(name, "") for name in ("key", "layer", "scope", "of", "clause")}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise Unusable(f"{field}.{name}: a text is needed")
    switches = {name: table.get(name, False) for name in ("locked", "remove")}
    for name, value in switches.items():
        if not isinstance(value, bool):
            raise Unusable(f"{field}.{name}: true or false")
    if texts["layer"] not in Layer.__members__:
        raise Unusable(f"{field}.layer: one of {', '.join(Layer.__members__)}")
    if switches["remove"] == ("value" in table):
        raise Unusable(f"{field}: either a value, or remove = true")
    return Setting(
        key=texts["key"],
        layer=Layer[texts["layer"]],
        scope=texts["scope"] or "*",
        value=_written(table["value"]) if "value" in table else None,
        of=texts["of"],
        clause=texts["clause"],
        locked=switches["locked"],
    )


def _written(value: Any) -> str:
    """Return a value of TOML as policies are written."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _decide(config_file: Path | None, database: str, build: Callable[[Policies], Command]) -> Policies:
    """Have a command decided; return the policies afterwards, or end with what it was refused for."""
    decision, policies = run(_decided(database or settings(config_file).database, build))
    if decision.refusal is not None:
        typer.echo(f"policies: {decision.refusal.reason.name}: {decision.refusal.message}", err=True)
        raise typer.Exit(FAILED)
    return policies


async def _decided(database: str, build: Callable[[Policies], Command]) -> tuple[Decision, Policies]:
    async with _opened(database) as (batcher, in_force):
        decision = await in_force.submit(build, lambda command: batcher.submit(command, time.monotonic() + PATIENCE))
        return decision, in_force.now()


async def _asked(database: str) -> tuple[Policies, list[Draft]]:
    async with _opened(database) as (_, in_force):
        return in_force.now(), await in_force.drafts(DRAFTS_MAX)


@asynccontextmanager
async def _opened(database: str) -> AsyncIterator[tuple[Batcher, InForce]]:
    """Work on the database as a core does: a core that runs on it sees what was published within a second."""
    store = await wiring.open_store(database)
    clock = Clock()
    batcher, in_force = Batcher(store, clock), InForce(store, clock)
    try:
        await in_force.refresh()
        yield batcher, in_force
    finally:
        await batcher.stop()
        await store.close()


def _context(brand: str, product: str, game: str, player: str, of: str) -> Context:
    if game and GAME.fullmatch(game) is None:
        raise _misused(f"--game: {game!r} is no game; write it <provider>/<game>")
    if product and product not in VERTICALS:
        raise _misused(f"--product: there is no {product!r}; one of {', '.join(VERTICALS)}")
    provider_id, _, game_id = game.partition("/")
    return Context(brand_id=brand, product=product, provider_id=provider_id, game_id=game_id, player_id=player, of=of)


def _asked_for(of: Of, context: Context) -> bool:
    """Whether a context says what values of that kind are of."""
    match of:
        case Of.NONE:
            return True
        case Of.ANY_CURRENCY:
            return context.of in {"", *CURRENCIES}
        case Of.CURRENCY:
            return context.of in CURRENCIES
        case Of.GAME:
            return bool(context.game_id)
        case Of.BRAND | Of.LICENCE:
            return bool(context.of)


def _explained(policies: Policies, key: str, context: Context, version: int | None, *, brief: bool = False) -> None:
    try:
        found = policies.explain(key, context, version)
    except NotPublished:
        typer.echo(f"policies: version {version} was never published", err=True)
        raise typer.Exit(FAILED) from None
    value = "no limit" if found.value is None else found.text or "nothing"
    whose = found.winner
    by = f"{whose.setting.layer.name} {whose.setting.scope}, version {whose.version}" if whose else "default"
    typer.echo(f"{key} = {value}  ({by})")
    for each in () if brief else found.considered:
        setting = each.standing.setting
        clause = f", {setting.clause}" if setting.clause else ""
        typer.echo(
            f"  {each.lost or 'IN FORCE'}: {setting.value} of {setting.layer.name} {setting.scope},"
            f" version {each.standing.version} by {each.standing.author}{clause}"
        )
