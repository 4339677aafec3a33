"""Prometheus metrics, in a registry of each app's own. Every label has a small, fixed set of values.

docs/operations.md lists them; a test compares the two.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Final, Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from hazardlens.model.pipeline import Classification
from hazardlens.model.stages import Stage, heard_by
from hazardlens.model.taxonomy import Category, Urgency
from hazardlens.model.triage.reasons import DOUBTS
from hazardlens.serve.pool import Refusal

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
Shortage = Literal[Refusal, "memory", "connections"]
"""What is used up where a request finds no place."""

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_BYTES: Final = tuple(float(4**power) for power in range(5, 14))


@dataclass(frozen=True, slots=True)
class Judged:
    """What a reviewer made of a pre-fill.

    Attributes:
        category: that the machine had said; "none" where it had not looked.
        model_version: of the model that had; "none" likewise.
        verdict: the reviewer's.
        changed: which of category, urgency and boxes are not what the machine had said.
    """

    category: str
    model_version: str
    verdict: str
    changed: tuple[str, ...]


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
            "Time of one request's stages, over all its photos: receive, queue, decode, preprocess, network, "
            "postprocess, triage, store; inference holds preprocess to postprocess, total holds decode to triage.",
            ("stage",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._body_bytes = Histogram(
            "hazardlens_body_bytes", "Size of received bodies.", buckets=_BYTES, registry=self._registry
        )
        self._photos = Counter("hazardlens_photos", "Classified photos.", registry=self._registry)
        self._clips = Counter("hazardlens_clips", "Classified clips.", registry=self._registry)
        self._decisions = Counter(
            "hazardlens_decisions", "Decisions.", ("category", "urgency", "needs_human"), registry=self._registry
        )
        self._abstentions = Counter(
            "hazardlens_abstentions",
            "Reasons for which the machine asked for a person, by the category it would have said.",
            ("category", "reason"),
            registry=self._registry,
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
        self._refused = Counter(
            "hazardlens_uploads_refused",
            "Photos and reports that were not taken, by the code of the problem.",
            ("code",),
            registry=self._registry,
        )
        self._overloaded = Counter(
            "hazardlens_overloaded",
            f"Requests without a place, by what was used up: {', '.join(get_args(Shortage))}.",
            ("reason",),
            registry=self._registry,
        )
        self._reviews = Counter(
            "hazardlens_reviews",
            "Decisions of reviewers, by the category and the model of the pre-fill.",
            ("category", "model_version", "verdict"),
            registry=self._registry,
        )
        self._overrides = Counter(
            "hazardlens_overrides",
            "What reviewers changed of a pre-fill: its category, urgency or boxes; one decision may change all three.",
            ("category", "model_version", "field"),
            registry=self._registry,
        )
        self._trace: Callable[[str], AbstractContextManager[object]] = nullcontext
        self._listeners: list[Callable[[Classification], None]] = []
        self._in_flight = Gauge("hazardlens_requests_in_flight", "Requests under way.", registry=self._registry)
        ProcessCollector(registry=self._registry)

    @property
    def registry(self) -> CollectorRegistry:
        """Where the parts of the service add metrics of their own."""
        return self._registry

    def watch(self, name: str, documentation: str, read: Callable[[], float]) -> None:
        """Add a gauge whose value is read when it is scraped."""
        Gauge(f"hazardlens_{name}", documentation, registry=self._registry).set_function(read)

    def tell_answers(self, listener: Callable[[Classification], None]) -> None:
        """Have `listener` called with each answer whose boxes are listed as usual, in whatever thread it was given."""
        self._listeners.append(listener)

    def trace_stages(self, trace: Callable[[str], AbstractContextManager[object]]) -> None:
        """Have each stage of work run inside a span of its name, too."""
        self._trace = trace

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
            if route in _UPLOADS and method == "POST":
                self._refused.labels(problem_code).inc()

    def received(self, count_bytes: int) -> None:
        """A body was received."""
        self._body_bytes.observe(count_bytes)

    def waited(self, seconds: float) -> None:
        """A request left the queue."""
        self._stage_seconds.labels("queue").observe(seconds)

    def refused(self, reason: Shortage) -> None:
        """A request found no place."""
        self._overloaded.labels(reason).inc()

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """A body is received in the block; one that is given up counts too."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self._stage_seconds.labels("receive").observe(time.perf_counter() - start)

    @contextmanager
    def working(self) -> Iterator[None]:
        """A request's photos are worked on in the block: each stage is summed up over all of them, and counted once."""
        seconds: dict[Stage, float] = {}

        @contextmanager
        def listen(stage: Stage) -> Iterator[None]:
            start = time.perf_counter()
            try:
                with self._trace(stage):
                    yield
            finally:
                seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - start

        try:
            with heard_by(listen):
                yield
        finally:
            for stage, spent in seconds.items():
                self._stage_seconds.labels(stage).observe(spent)

    def classified(self, answer: Classification, *, listed_as_usual: bool = True) -> None:
        """A decision was made; `listed_as_usual`: its boxes are those that the labels' thresholds let through."""
        if listed_as_usual:
            for listener in self._listeners:
                listener(answer)
        prefill = answer.prefill
        if prefill.needs_human:
            for reason in prefill.reasons:
                if reason.code in DOUBTS:
                    self._abstentions.labels(prefill.category.value, reason.code).inc()
        self._decisions.labels(prefill.category.value, prefill.urgency.value, str(prefill.needs_human).lower()).inc()
        photos = sum(one.kind == "image" for one in answer.media)
        self._photos.inc(photos)
        if photos < len(answer.media):
            self._clips.inc()
            return  # its time is that of a hundred photos, and would hide theirs
        for stage in ("inference", "total"):
            self._stage_seconds.labels(stage).observe(getattr(answer.timing_ms, stage) / 1000)

    def report_stored(
        self, category: Category | None, urgency: Urgency | None, *, needs_human: bool, seconds: float
    ) -> None:
        """A report and its photos are on disk."""
        self._reports.labels(category or "none", urgency or "none", str(needs_human).lower()).inc()
        self._store_seconds.observe(seconds)
        self._stage_seconds.labels("store").observe(seconds)

    def reviewed(self, judged: Judged) -> None:
        """A reviewer decided a report."""
        self._reviews.labels(judged.category, judged.model_version, judged.verdict).inc()
        for field in judged.changed:
            self._overrides.labels(judged.category, judged.model_version, field).inc()

    def render(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self._registry)


_UPLOADS: Final = frozenset({"/v1/classify", "/v1/reports"})
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
