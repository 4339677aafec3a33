"""Metrics of the models in service and in the shadow."""

from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge

Outcome = Literal["activated", "followed", "refused"]
ShadowOutcome = Literal["answered", "failed", "dropped"]

_OUTCOMES: Final[tuple[Outcome, ...]] = ("activated", "followed", "refused")
_SHADOW_OUTCOMES: Final[tuple[ShadowOutcome, ...]] = ("answered", "failed", "dropped")


class ModelMetrics:
    """What is counted about models."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._info = Gauge(
            "hazardlens_model_info", "1 for the model that answers requests.", ("name", "version"), registry=registry
        )
        self._fallback = Gauge(
            "hazardlens_model_fallback",
            "1 while the chosen model cannot be used and another one answers in its place.",
            registry=registry,
        )
        self._swaps = Counter(
            "hazardlens_model_swaps", "Attempts to exchange the model.", ("outcome",), registry=registry
        )
        self._shadow = Counter(
            "hazardlens_shadow_reports", "Reports for the model in the shadow.", ("outcome",), registry=registry
        )
        self._waiting = Gauge(
            "hazardlens_shadow_waiting", "Reports that wait for the model in the shadow.", registry=registry
        )
        for outcome in _OUTCOMES:
            self._swaps.labels(outcome)
        for shadow_outcome in _SHADOW_OUTCOMES:
            self._shadow.labels(shadow_outcome)

    def in_service(self, name: str, version: str) -> None:
        """Another model answers requests now."""
        self._info.clear()
        self._info.labels(name, version).set(1)

    def fallback(self, *, on: bool) -> None:
        """Whether the model in service stands in for the chosen one."""
        self._fallback.set(int(on))

    def swap(self, outcome: Outcome) -> None:
        """Somebody asked for another model: here, or at another server of this database."""
        self._swaps.labels(outcome).inc()

    def shadow(self, outcome: ShadowOutcome, count: int = 1) -> None:
        """Reports were shown to the model in the shadow, or never will be."""
        self._shadow.labels(outcome).inc(count)

    def shadow_waiting(self, count: int) -> None:
        """So many reports wait for it."""
        self._waiting.set(count)
