"""How far the photos that come in have moved from those that the model was measured on, over the last of them."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final, get_args

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from hazardlens.model.pipeline import Classification, MediaResult, ModelRef
from hazardlens.model.reference import Figure, Histograms, PhotoFigures, Reference

FIGURES: Final[tuple[Figure, ...]] = get_args(Figure)
LEAST_PHOTOS: Final = 200
"""Below so many, chance alone moves the index: among alike photos it is about (bins - 1) (1 / n + 1 / m)."""


class DriftWatch(Collector):
    """Histograms of the last photos, and their distance from the reference of the model in service.

    Every server counts what it saw itself, and begins anew with another model.
    """

    def __init__(
        self, reference_of: Callable[[ModelRef], Reference | None], *, window: int, registry: CollectorRegistry
    ) -> None:
        """Count nothing yet.

        Args:
            reference_of: what there is for a model, asked when another one answers.
            window: photos.
            registry: where the metrics go.
        """
        self._reference_of = reference_of
        self._window = window
        self._lock = threading.Lock()
        self._model: ModelRef | None = None
        self._reference: Reference | None = None
        self._photos: deque[PhotoFigures] = deque()
        self._counted = Histograms()
        registry.register(self)

    def saw(self, answer: Classification) -> None:
        """Count an answer's photos, whose boxes are listed as usual; the scores of a clip are those of tracks."""
        figures = [PhotoFigures.of(photo) for photo in answer.media if isinstance(photo, MediaResult)]
        with self._lock:
            if answer.model != self._model:
                self._model, self._reference = answer.model, self._reference_of(answer.model)
                self._photos.clear()
                self._counted = Histograms()
            for photo in figures:
                self._photos.append(photo)
                self._counted.add(photo)
            while len(self._photos) > self._window:
                self._counted.add(self._photos.popleft(), -1)

    def distances(self) -> dict[Figure, float]:
        """Figure -> population stability index; empty without a reference, or with too few photos to say."""
        with self._lock:
            if self._reference is None or self._counted.photos < min(LEAST_PHOTOS, self._window):
                return {}
            return self._counted.distances(self._reference)

    def describe(self) -> list[GaugeMetricFamily]:
        """The names, for the registry."""
        return self.collect()

    def collect(self) -> list[GaugeMetricFamily]:
        """For Prometheus, whenever it asks."""
        index = GaugeMetricFamily(
            "hazardlens_drift_index",
            "Population stability index of the last photos against the model's reference; none: no reference, or too "
            "few photos.",
            labels=("figure",),
        )
        for figure, value in self.distances().items():
            index.add_metric((figure,), value)
        photos = GaugeMetricFamily(
            "hazardlens_drift_photos", "Photos that the index is taken over.", value=self._counted.photos
        )
        reference = GaugeMetricFamily(
            "hazardlens_drift_reference_photos",
            "Photos in the reference of the model that answered last; 0: its bundle has none.",
            value=self._reference.photos if self._reference else 0,
        )
        boxes = GaugeMetricFamily("hazardlens_drift_boxes", "Boxes on those photos, by label.", labels=("label",))
        with self._lock:
            for label, count in sorted(self._counted.labels.items()):
                boxes.add_metric((label,), count)
        return [index, photos, reference, boxes]
