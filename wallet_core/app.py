"""The wiring: the one place that knows all the parts, and the only one that names a database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import structlog

from wallet_core.api.core import Core
from wallet_core.api.identify import Identities
from wallet_core.api.providers import Providers
from wallet_core.api.server import Server
from wallet_core.config import ConfigError, Fx, Settings, token_key
from wallet_core.domain.commands import Terms
from wallet_core.domain.fx_terms import SECOND, FxTerms, Source
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.policies import NotPublished
from wallet_core.engine import graves
from wallet_core.engine.batcher import Batcher, Expired, Overloaded
from wallet_core.engine.clock import Clock
from wallet_core.engine.in_force import InForce
from wallet_core.storage import migrate
from wallet_core.storage.postgres import open_postgres
from wallet_core.storage.sqlite import open_sqlite
from wallet_core.storage.store import Store, Unavailable
from wallet_core.streams import expiry, points, rates
from wallet_core.telemetry import Metrics

WATCH_AGAIN = 5.0
"""Seconds until a watch that failed is tried again."""

Watch = Callable[[], Awaitable[None]]

_log = structlog.get_logger("app")


@dataclass(frozen=True)
class Running:
    """A core that answers calls.

    Attributes:
        target: host:port.
        metrics_url: none where they are not asked for.
    """

    target: str
    store: Store
    metrics: Metrics
    metrics_url: str | None


async def open_store(database: str, *, lanes: int = 1) -> Store:
    """Open the database at `sqlite:///path` or `postgresql://…`.

    Raises:
        ConfigError: it is not migrated.
        Unavailable: it is not there.
    """
    if missing := await migrate.pending(database):
        raise ConfigError(f"the database lacks {', '.join(missing)}; run: python -m wallet_core migrate")
    if migrate.is_sqlite(database):
        return await open_sqlite(migrate.sqlite_path(database))
    return await open_postgres(database, lanes=lanes)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Running]:
    """Run a core while the block does. At its end: no new calls, those under way and the queue finished.

    Raises:
        ConfigError: the settings cannot be used, or the database is not migrated.
        Unavailable: the database is not there.
    """
    providers = Providers(settings.providers)
    metrics, clock = Metrics(), Clock()
    lanes = 1 if migrate.is_sqlite(settings.database) else settings.lanes  # SQLite has one writer
    async with AsyncExitStack() as stack:
        store = await open_store(settings.database, lanes=lanes)
        stack.push_async_callback(store.close)
        batcher = Batcher(
            store,
            clock,
            lanes=lanes,
            batch_max=settings.batch_max,
            queue_max=settings.queue_max,
            observe=metrics.observe_commit,
        )
        stack.push_async_callback(batcher.stop)
        metrics.watch_queue(lambda: batcher.depth)
        in_force = InForce(store, clock)
        await in_force.refresh()
        core = Core(
            store=store,
            batcher=batcher,
            clock=clock,
            providers=providers,
            identities=Identities(store),
            terms=Terms(settings.terms.debt_recovery_win, settings.terms.debt_recovery_deposit),
            token_key=token_key(settings),
            metrics=metrics,
            fx=fx_terms(settings.fx),
            in_force=in_force,
        )
        server = Server(core, settings)
        target = await server.start()
        stack.push_async_callback(server.stop)
        metrics_url = _serve_metrics(settings, metrics, stack)
        for name, watch in _watches(core, settings).items():
            task = asyncio.get_running_loop().create_task(_kept(name, watch))
            stack.push_async_callback(_cancelled, task)
        yield Running(target, store, metrics, metrics_url)


def fx_terms(fx: Fx) -> FxTerms:
    """Return the rules of conversions.

    Raises:
        ConfigError: limits count in a currency that is none.
    """
    if fx.reference not in CURRENCIES:
        raise ConfigError(f"fx.reference: {fx.reference!r} is not registered; use an upper-case ISO 4217 code")
    return FxTerms(
        margin_bps=fx.margin_bps,
        weekend_bps=fx.weekend_bps,
        ttl=fx.ttl * SECOND,
        deviation_bps=fx.deviation_bps,
        daily_count=fx.daily_count,
        daily_volume=fx.daily_volume,
        reference=fx.reference,
        min_holding=fx.min_holding * SECOND,
        round_trips=fx.round_trips,
        sources=tuple(Source(each.name, each.max_age * SECOND, each.weekend_max_age * SECOND) for each in fx.sources),
    )


def _serve_metrics(settings: Settings, metrics: Metrics, stack: AsyncExitStack) -> str | None:
    if settings.metrics is None:
        return None
    host, _, port = settings.metrics.rpartition(":")
    try:
        server, real_port = metrics.serve(host, int(port))
    except OSError as error:
        raise ConfigError(f"metrics: {settings.metrics} cannot be listened on: {error.strerror}") from None
    stack.callback(server.server_close)
    stack.push_async_callback(asyncio.to_thread, server.shutdown)  # it waits for its thread
    return f"http://{host}:{real_port}/metrics"


def _watches(core: Core, settings: Settings) -> dict[str, Watch]:
    """Return what runs beside the calls, for ever, by name."""
    often = {"interval": settings.watch_every, "patience": settings.default_deadline}
    files = {source.name: source.file for source in settings.fx.sources if source.file is not None}
    return {
        "rates": lambda: rates.watch(core.batcher, core.store, core.fx, files, **often),
        "graves": lambda: graves.watch(
            core.batcher, core.store, core.clock, core.providers.profiles(), core.in_force.now, **often
        ),
        "policies": core.in_force.watch,
        "expiry": lambda: expiry.watch(
            core.batcher, core.store, core.clock, core.in_force.now, observe=core.metrics.observe_due, **often
        ),
        "points": lambda: points.watch(
            core.batcher, core.store, core.clock, core.in_force.now, observe=core.metrics.observe_due, **often
        ),
    }


async def _kept(name: str, watch: Watch) -> None:
    """Keep a watch for as long as the core runs; a database that is away for a while does not end it."""
    while True:
        try:
            await watch()
        except (Unavailable, Overloaded, Expired, NotPublished):
            _log.warning("watch interrupted", watch=name, again_in=WATCH_AGAIN)
        except Exception:  # noqa: BLE001  the core serves on without its watch, and says so
            _log.exception("watch failed", watch=name, again_in=WATCH_AGAIN)
        await asyncio.sleep(WATCH_AGAIN)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
