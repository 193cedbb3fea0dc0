"""Logs and metrics, set up once; and the garbage collector, set to rest.

Logs are lines of JSON on stderr: an event name that stays the same, its facts as members, never a token or a secret.
The hot path counts instead of logging; refusals are counted by reason, slow calls and faults get a line each.
"""

import gc
import sys
from collections.abc import Callable
from wsgiref.simple_server import WSGIServer

import msgspec
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

YOUNG = 20_000
"""How many more objects there may be than at the last look, before the collector looks at the new ones."""

_encoder = msgspec.json.Encoder(enc_hook=str)


def configure_logs(level: str = "info") -> None:
    """Send the process's log lines to stderr as JSON."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.format_exc_info,
            lambda _logger, _method, event: _encoder.encode(event),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


def rest_collector() -> None:
    """Have the garbage collector look seldom, and never again at what is there now: call it once all is set up.

    What a request makes is freed by its count, cycles are few; looking at every 700 new objects takes a tenth of a bet.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 50)


class Metrics:
    """One core's numbers, in a registry of their own."""

    def __init__(self) -> None:
        """Start all of them at nothing."""
        self.registry = CollectorRegistry()
        self.calls = Counter("wallet_calls", "Calls by method and status.", ("method", "code"), registry=self.registry)
        self.call_seconds = Histogram(
            "wallet_call_seconds", "Seconds of a call.", ("method",), buckets=SECONDS, registry=self.registry
        )
        self.refusals = Counter("wallet_refusals", "Refusals by reason.", ("reason",), registry=self.registry)
        self.batch_size = Histogram("wallet_batch_size", "Commands in a commit.", buckets=SIZES, registry=self.registry)
        self.commit_seconds = Histogram(
            "wallet_commit_seconds",
            "Seconds from loading a batch to its durable commit.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.due = Counter(
            "wallet_due", "What fell due by time, and what came of it.", ("due", "outcome"), registry=self.registry
        )
        self.queue_depth = Gauge("wallet_queue_depth", "Commands that wait.", registry=self.registry)

    def observe_commit(self, size: int, seconds: float) -> None:
        """Count one commit."""
        self.batch_size.observe(size)
        self.commit_seconds.observe(seconds)

    def observe_due(self, due: str, outcome: str) -> None:
        """Count one thing that fell due."""
        self.due.labels(due, outcome).inc()

    def watch_queue(self, depth: Callable[[], float]) -> None:
        """Ask `depth` whenever somebody reads the metrics."""
        self.queue_depth.set_function(depth)

    def serve(self, host: str, port: int) -> tuple[WSGIServer, int]:
        """Offer them at http://host:port/metrics; return the server and its port."""
        server, _ = start_http_server(port, addr=host, registry=self.registry)
        return server, server.server_port
