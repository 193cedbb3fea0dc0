"""Counts and times of requests, for Prometheus."""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.9, 2, 5)


class Metrics:
    """One adapter's numbers, in a registry of their own so that several adapters may share a process."""

    def __init__(self, adapter: str) -> None:
        self._adapter = adapter
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "wallet_adapter_requests",
            "Answers by operation and code (OK, a reason of the core or a fault of the adapter).",
            ("adapter", "operation", "code"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "wallet_adapter_seconds",
            "Time from the request's first byte in the handler to its answer.",
            ("adapter", "operation"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        # Looking a label up takes longer than counting; operations and codes are few, and none is the caller's word.
        self._of = cache(self._labelled)

    def count(self, operation: str, code: str, seconds: float) -> None:
        requests, times = self._of(operation, code)
        requests.inc()
        times.observe(seconds)

    def _labelled(self, operation: str, code: str) -> tuple[Counter, Histogram]:
        return self._requests.labels(self._adapter, operation, code), self._seconds.labels(self._adapter, operation)

    def text(self) -> bytes:
        return generate_latest(self._registry)
