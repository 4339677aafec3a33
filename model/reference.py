"""What a model drew on the photos that it was measured on, as histograms: what serving compares its own photos with.

A bundle carries it in its manifest as `metrics.summary.reference`. How far two histograms are apart is one number, the
population stability index; docs/operations.md tells how to read it.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hazardlens.model.manifest import Count, Manifest, Sha256
from hazardlens.model.pipeline import MediaResult

REFERENCE_KEY: Final = "reference"
BOXES_FROM: Final = (1, 2, 3, 4, 6)
"""Lower ends of the bins of boxes per photo, after the bin of none."""
AREAS_FROM: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
"""Lower ends of the bins of a box's share of its photo, after the bin of everything smaller."""
SCORES_FROM: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Lower ends of the bins of raw scores, after the bin of everything lower."""

Figure = Literal["labels", "boxes_per_photo", "box_area", "confidence"]
_SMOOTHING: Final = 0.5


class Reference(BaseModel):
    """Counts over photos, of the boxes that are shown to people.

    Attributes:
        photos: how many.
        photos_sha256: of the manifest that names them, where they have one.
        labels: boxes of each label.
        boxes_per_photo: photos with so many boxes, see `BOXES_FROM`.
        box_area: boxes of this share of their photo, see `AREAS_FROM`.
        confidence: boxes with this raw score, see `SCORES_FROM`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    photos: Annotated[int, Field(ge=1)]
    photos_sha256: Sha256 | None = None
    labels: dict[str, Count]
    boxes_per_photo: tuple[Count, ...]
    box_area: tuple[Count, ...]
    confidence: tuple[Count, ...]

    @model_validator(mode="after")
    def _bins_fit(self) -> Self:
        for name, starts in (("boxes_per_photo", BOXES_FROM), ("box_area", AREAS_FROM), ("confidence", SCORES_FROM)):
            found = len(getattr(self, name))
            if found != len(starts) + 1:
                raise ValueError(f"{name}: expected {len(starts) + 1} bins, found {found}")
        return self

    @classmethod
    def of(cls, manifest: Manifest) -> Self | None:
        """A bundle's own; None where it has none, or one that this version cannot read."""
        try:
            return cls.model_validate(manifest.metrics.summary[REFERENCE_KEY])
        except (KeyError, ValidationError):
            return None


class PhotoFigures(BaseModel):
    """What one photo adds to the histograms: its labels, and bins by number."""

    model_config = ConfigDict(frozen=True)

    labels: tuple[str, ...]
    boxes_per_photo: int
    box_area: tuple[int, ...]
    confidence: tuple[int, ...]

    @classmethod
    def of(cls, photo: MediaResult) -> Self:
        """Of the boxes that are listed for a photo."""
        area_px = photo.width * photo.height
        boxes = [one.box for one in photo.detections]
        shares = [(box.x_max - box.x_min) * (box.y_max - box.y_min) / area_px for box in boxes]
        return cls(
            labels=tuple(one.label for one in photo.detections),
            boxes_per_photo=bisect_right(BOXES_FROM, len(boxes)),
            box_area=tuple(bisect_right(AREAS_FROM, share) for share in shares),
            confidence=tuple(bisect_right(SCORES_FROM, one.confidence) for one in photo.detections),
        )


class Histograms:
    """Counts that photos are added to, and taken out of again."""

    def __init__(self) -> None:
        self.photos = 0
        self.labels: dict[str, int] = {}
        self.boxes_per_photo = [0] * (len(BOXES_FROM) + 1)
        self.box_area = [0] * (len(AREAS_FROM) + 1)
        self.confidence = [0] * (len(SCORES_FROM) + 1)

    def add(self, photo: PhotoFigures, times: Literal[1, -1] = 1) -> None:
        """Count a photo, or take one out that was counted."""
        self.photos += times
        for label in photo.labels:
            self.labels[label] = self.labels.get(label, 0) + times
        self.boxes_per_photo[photo.boxes_per_photo] += times
        for bin_ in photo.box_area:
            self.box_area[bin_] += times
        for bin_ in photo.confidence:
            self.confidence[bin_] += times

    def distances(self, reference: Reference) -> dict[Figure, float]:
        """The population stability index of each figure against the reference's."""
        names = sorted(self.labels.keys() | reference.labels.keys())
        mix = [(reference.labels.get(name, 0), self.labels.get(name, 0)) for name in names]
        return {
            "labels": stability_index([before for before, _ in mix], [now for _, now in mix]),
            "boxes_per_photo": stability_index(reference.boxes_per_photo, self.boxes_per_photo),
            "box_area": stability_index(reference.box_area, self.box_area),
            "confidence": stability_index(reference.confidence, self.confidence),
        }


def make_reference(photos: Iterable[MediaResult], *, photos_sha256: str | None = None) -> Reference:
    """Count what a model drew on photos, each as `Classifier.classify` lists it without a `min_confidence`.

    Args:
        photos: those that the model was measured on; never those that it was trained on, which it knows too well.
        photos_sha256: of the manifest that names them.

    Raises:
        pydantic.ValidationError: there are no photos.
    """
    counted = Histograms()
    for photo in photos:
        counted.add(PhotoFigures.of(photo))
    fields: dict[str, Any] = dict(vars(counted))
    return Reference(**fields, photos_sha256=photos_sha256)


def stability_index(expected: Sequence[float], found: Sequence[float]) -> float:
    """The population stability index: the sum over bins of (q - p) ln(q / p), with p expected and q found shares.

    It is the symmetric Kullback-Leibler divergence of the two histograms. Half a count is added to every bin, so that
    an empty one gives no infinity. 0 where both are alike, or where one of them counts nothing at all.

    Args:
        expected: counts of the bins.
        found: as many.
    """
    if not sum(expected) or not sum(found):
        return 0.0
    pairs = zip(_shares(expected), _shares(found), strict=True)
    return sum((q - p) * math.log(q / p) for p, q in pairs)


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts) + _SMOOTHING * len(counts)
    return [(count + _SMOOTHING) / total for count in counts]
