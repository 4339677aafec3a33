"""The seam between photos and a model: what a detector is, what may be known of it, and a scripted one for tests."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from hazardlens.model.bundle import CalibrationCurve, LabelEntry, model_view
from hazardlens.model.detections import Detections
from hazardlens.model.images import Photo
from hazardlens.model.taxonomy import LABEL_HAZARDS
from hazardlens.model.triage.values import DEFAULT_LABEL_THRESHOLD, ModelView


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What the rest of the program may know of a model without its bundle."""

    name: str
    version: str
    labels: tuple[LabelEntry, ...]
    calibration: tuple[CalibrationCurve, ...] = ()

    @property
    def view(self) -> ModelView:
        """The part of it that triage needs."""
        return model_view(self.labels, self.calibration)


class Detector(Protocol):
    """Finds labelled boxes on photos. One instance serves many threads."""

    @property
    def info(self) -> ModelInfo:
        """Labels, thresholds and calibration."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def version(self) -> str:
        """The model's version."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the labels, by label id."""

    @property
    def input_size_px(self) -> int:
        """Side of the model's canvas: photos need no more pixels than this along their long side."""

    def detect(self, photos: Sequence[Photo]) -> list[Detections]:
        """One `Detections` per photo, in order, in pixels of the upright originals.

        Raises:
            InferenceError: the runtime failed.
        """


Script = Callable[[Photo], Detections]


class ScriptedDetector:
    """A detector that answers what it was told: for tests of everything above the model."""

    def __init__(
        self,
        script: Sequence[Detections] | Script,
        *,
        labels: tuple[str, ...] = tuple(LABEL_HAZARDS),
        info: ModelInfo | None = None,
        input_size_px: int = 640,
    ) -> None:
        """Take the answers.

        Args:
            script: answers by order of the photos, again from the first after the last; or a function of the photo.
            labels: for a default `info`: hazards of the taxonomy, thresholds of 0.25, no calibration.
            info: labels, thresholds and calibration.
            input_size_px: how large photos are decoded at least.
        """
        self.info: ModelInfo = info or ModelInfo("scripted", "0", tuple(_default_entry(name) for name in labels))
        self.input_size_px: int = input_size_px
        self.photos: deque[Photo] = deque(maxlen=16)
        self._script = script
        self._turn = count()

    @property
    def name(self) -> str:
        """The name in `info`."""
        return self.info.name

    @property
    def version(self) -> str:
        """The version in `info`."""
        return self.info.version

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the labels, by label id."""
        return tuple(label.name for label in self.info.labels)

    def detect(self, photos: Sequence[Photo]) -> list[Detections]:
        """The scripted answers; the last photos are kept in `photos`."""
        self.photos.extend(photos)
        return [self._answer(photo) for photo in photos]

    def _answer(self, photo: Photo) -> Detections:
        if callable(self._script):
            return self._script(photo)
        return self._script[next(self._turn) % len(self._script)] if self._script else Detections.empty(self.labels)


def _default_entry(name: str) -> LabelEntry:
    hazard = LABEL_HAZARDS.get(name)
    return LabelEntry(name=name, hazard=hazard, threshold=DEFAULT_LABEL_THRESHOLD, train_boxes=0, test_photos=0)
