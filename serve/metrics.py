"""Prometheus metrics, in a registry of each app's own. Every label has a small, fixed set of values."""

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from hazardlens.model.pipeline import Classification
from hazardlens.model.taxonomy import Category, Urgency

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_BYTES: Final = tuple(float(4**power) for power in range(5, 14))


class Metrics:
    """What the service counts and times."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "hazardlens_requests", "Answered requests.", ("route", "method", "status"), registry=self._registry
        )
        self._request_seconds = Histogram(
            "hazardlens_request_seconds",
            "From the request's first byte to the answer's last.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._problems = Counter("hazardlens_problems", "Answered problems.", ("code",), registry=self._registry)
        self._stage_seconds = Histogram(
            "hazardlens_stage_seconds",
            "Time of one request's stages.",
            ("stage",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._body_bytes = Histogram(
            "hazardlens_body_bytes", "Size of received bodies.", buckets=_BYTES, registry=self._registry
        )
        self._photos = Counter("hazardlens_photos", "Classified photos.", registry=self._registry)
        self._decisions = Counter(
            "hazardlens_decisions", "Decisions.", ("category", "urgency", "needs_human"), registry=self._registry
        )
        self._reports = Counter(
            "hazardlens_reports",
            "Stored reports, as they were pre-filled; none: not looked at yet.",
            ("category", "urgency", "needs_human"),
            registry=self._registry,
        )
        self._store_seconds = Histogram(
            "hazardlens_report_store_seconds",
            "From a report's decision to photos and rows on disk.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._in_flight = Gauge("hazardlens_requests_in_flight", "Requests under way.", registry=self._registry)
        ProcessCollector(registry=self._registry)

    @property
    def registry(self) -> CollectorRegistry:
        """Where the parts of the service add metrics of their own."""
        return self._registry

    def watch(self, name: str, documentation: str, read: Callable[[], float]) -> None:
        """Add a gauge whose value is read when it is scraped."""
        Gauge(f"hazardlens_{name}", documentation, registry=self._registry).set_function(read)

    def started(self) -> None:
        """A request came in."""
        self._in_flight.inc()

    def ended(self, route: str, method: str, status: int, seconds: float, problem_code: str | None) -> None:
        """A request was answered."""
        self._in_flight.dec()
        known = method if method in _METHODS else "other"
        self._requests.labels(route, known, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)
        if problem_code is not None:
            self._problems.labels(problem_code).inc()

    def received(self, count_bytes: int) -> None:
        """A body was received."""
        self._body_bytes.observe(count_bytes)

    def waited(self, seconds: float) -> None:
        """A request left the queue."""
        self._stage_seconds.labels("queue").observe(seconds)

    def classified(self, answer: Classification) -> None:
        """A decision was made."""
        prefill = answer.prefill
        self._decisions.labels(prefill.category.value, prefill.urgency.value, str(prefill.needs_human).lower()).inc()
        self._photos.inc(len(answer.media))
        for stage, milliseconds in answer.timing_ms.model_dump().items():
            self._stage_seconds.labels(stage).observe(milliseconds / 1000)

    def report_stored(
        self, category: Category | None, urgency: Urgency | None, *, needs_human: bool, seconds: float
    ) -> None:
        """A report and its photos are on disk."""
        self._reports.labels(category or "none", urgency or "none", str(needs_human).lower()).inc()
        self._store_seconds.observe(seconds)

    def render(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self._registry)


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
