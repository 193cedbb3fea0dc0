"""Counts and times of requests, for Prometheus."""

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

    def count(self, operation: str, code: str, seconds: float) -> None:
        self._requests.labels(self._adapter, operation, code).inc()
        self._seconds.labels(self._adapter, operation).observe(seconds)

    def text(self) -> bytes:
        return generate_latest(self._registry)
