"""What is counted of the work on clips."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from hazardlens.serve.work.worker import Outcome

_SECONDS: Final = (0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300)


class ClipMetrics:
    """Of one app."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._outcomes = Counter(
            "hazardlens_clip_jobs",
            "Attempts to work on a report's clip, by what became of them: done (also where the clip cannot be used), "
            "retried, postponed, given_up, lost (nobody waits any more).",
            ("outcome",),
            registry=registry,
        )
        self._failures = Counter(
            "hazardlens_clips_failed",
            "Clips of reports that cannot be used, by the code.",
            ("code",),
            registry=registry,
        )
        self._seconds = Histogram("hazardlens_clip_seconds", "Time of an attempt.", buckets=_SECONDS, registry=registry)

    def ended(self, _task: str, outcome: Outcome) -> None:
        """An attempt ended."""
        self._outcomes.labels(outcome.value).inc()

    def failed(self, code: str) -> None:
        """A clip cannot be used."""
        self._failures.labels(code).inc()

    def took(self, seconds: float) -> None:
        """An attempt took so long."""
        self._seconds.observe(seconds)
