"""Reads what the detector drew: per label the best score, per photo the boxes that count."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from hazardlens.model.taxonomy import LABEL_HAZARDS, Category
from hazardlens.model.triage.values import Evidence, LabelRule, ModelView

ROUNDING: Final = 1e-6
"""Scores are float32: 0.7 arrives as 0.69999999 and still meets a threshold of 0.7."""


class Seen(NamedTuple):
    """One box that counts: its label, raw score, and corners in pixels of the upright original."""

    label: str
    score: float
    box_xyxy: tuple[float, float, float, float]


class SeenPhoto(NamedTuple):
    """The boxes of one photo that reach their label's threshold, and the photo's area in pixels."""

    boxes: tuple[Seen, ...]
    area_px: float

    def of(self, labels: Iterable[str]) -> list[Seen]:
        """The boxes with one of these labels."""
        wanted = frozenset(labels)
        return [seen for seen in self.boxes if seen.label in wanted]


@dataclass(frozen=True, slots=True)
class PhotoFindings:
    """What all photos of a report show. Photos are combined by the maximum: one clear photo is enough.

    Attributes:
        photos: the boxes that count, photo by photo.
        best: label to its best raw score in any photo, below the threshold too.
        rules: what each of these labels stands for.
    """

    photos: tuple[SeenPhoto, ...]
    best: Mapping[str, float]
    rules: Mapping[str, LabelRule]

    def counts(self, label: str) -> bool:
        """Whether a label was seen at its threshold or above."""
        return label in self.best and self.best[label] >= self.rules[label].threshold - ROUNDING


def look(evidence: Sequence[Evidence], model: ModelView, *, default_threshold: float) -> PhotoFindings:
    """Sort the detections of all photos.

    A label that the model's own list lacks goes by the taxonomy; one that the taxonomy lacks too is only context.
    """
    known = {rule.name: rule for rule in model.labels}
    best: dict[str, float] = {}
    rules: dict[str, LabelRule] = {}
    photos: list[SeenPhoto] = []
    for photo in evidence:
        found = photo.detections
        for name in found.labels:
            if name not in rules:
                rules[name] = known.get(name) or LabelRule(name, LABEL_HAZARDS.get(name), default_threshold)
        boxes: list[Seen] = []
        rows = zip(found.label_ids.tolist(), found.confidences.tolist(), found.boxes_xyxy.tolist(), strict=True)
        for label_id, score, (x_min, y_min, x_max, y_max) in rows:
            name = found.labels[label_id]
            best[name] = max(best.get(name, 0.0), score)
            if score >= rules[name].threshold - ROUNDING:
                boxes.append(Seen(name, score, (x_min, y_min, x_max, y_max)))
        photos.append(SeenPhoto(tuple(boxes), max(1.0, float(photo.width) * photo.height)))
    return PhotoFindings(tuple(photos), best, rules)


def labels_by_hazard(findings: PhotoFindings) -> dict[Category, list[str]]:
    """Hazard to the labels seen of it, best score first."""
    grouped: dict[Category, list[str]] = {}
    for name in sorted(findings.best, key=lambda name: (-findings.best[name], name)):
        hazard = findings.rules[name].hazard
        if hazard is not None:
            grouped.setdefault(hazard, []).append(name)
    return grouped
