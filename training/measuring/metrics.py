"""What a model is worth, per label and per hazard, on photos that are only partly labelled.

Boxes count on photos where the label was looked for, and nowhere else. Photos count for a hazard where all of the
labels that could raise it were looked for, or where a known box says yes. A figure without a positive test photo is
None, never 0.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from hazardlens.model.taxonomy import HAZARDS, LABEL_HAZARDS, Category
from hazardlens.training.measuring.coco import hits_at_each_iou, match_boxes
from hazardlens.training.measuring.curves import (
    RESAMPLES,
    Flags,
    PhotoScores,
    Weights,
    group_weights,
    interpolated_ap,
    interval,
    mean_ap,
    photo_ap,
    photo_curve,
    recall_at_precision,
)
from hazardlens.training.measuring.judged import JudgedPhoto

PRECISION_FLOOR = 0.9
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Subject:
    """A label, or a hazard with all of its labels.

    Attributes:
        name: the label's or hazard's name.
        kind: which of the two.
        truth_labels: a box of any of these makes a photo positive.
        model_thresholds: the labels that the model can draw, with the raw score above which a detection counts.
            Empty: the model does not know the subject.
    """

    name: str
    kind: Literal["label", "hazard"]
    truth_labels: frozenset[str]
    model_thresholds: Mapping[str, float]


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BoxFigures(_Figures):
    """Boxes, on photos where the subject was looked for."""

    photos: int
    positive_photos: int
    boxes: int
    ap50: float | None
    ap50_interval: Interval | None
    ap50_95: float | None
    ap50_95_interval: Interval | None = None


class PhotoFigures(_Figures):
    """Whole photos: does this one show the subject? Recall and alarms are taken at the model's own thresholds."""

    photos: int
    positive_photos: int
    average_precision: float | None
    average_precision_interval: Interval | None
    recall_at_90_precision: float | None
    recall: float | None
    harmless_photos: int
    false_alarms: int
    false_alarms_per_100: float | None
    false_alarms_interval: Interval | None
    recall_at_90_precision_interval: Interval | None = None
    recall_interval: Interval | None = None


class SubjectFigures(_Figures):
    """All figures of one label or hazard."""

    name: str
    kind: Literal["label", "hazard"]
    in_model: bool
    boxes: BoxFigures
    photos: PhotoFigures


def subjects(thresholds: Mapping[str, float], hazards: Mapping[str, Category | None]) -> list[Subject]:
    """The five hazards, then every label of the model or the taxonomy.

    Args:
        thresholds: raw score per label of the model.
        hazards: which hazard each label of the model stands for.
    """
    known = LABEL_HAZARDS | dict(hazards)
    rows = [
        Subject(
            name=hazard.value,
            kind="hazard",
            truth_labels=frozenset(label for label, stands_for in known.items() if stands_for is hazard),
            model_thresholds={label: value for label, value in thresholds.items() if known[label] is hazard},
        )
        for hazard in HAZARDS
    ]
    for label in known:
        own = {label: thresholds[label]} if label in thresholds else {}
        rows.append(Subject(label, "label", frozenset([label]), own))
    return rows


def measure(photos: Sequence[JudgedPhoto], subject: Subject, *, resamples: int = RESAMPLES) -> SubjectFigures:
    """All figures of one subject; `resamples` 0 leaves the intervals out."""
    return SubjectFigures(
        name=subject.name,
        kind=subject.kind,
        in_model=bool(subject.model_thresholds),
        boxes=box_figures(photos, subject, resamples=resamples),
        photos=photo_figures(photos, subject, resamples=resamples),
    )


def searched(subject: Subject) -> frozenset[str]:
    """The labels that must have been looked for before a missing box means absence."""
    return frozenset(subject.model_thresholds) or subject.truth_labels


def box_figures(photos: Sequence[JudgedPhoto], subject: Subject, *, resamples: int) -> BoxFigures:
    """AP50 and AP50-95 of the subject's boxes; labels of one hazard count as one kind of box."""
    complete = [photo for photo in photos if photo.is_complete_for(searched(subject))]
    truths = [photo.true_boxes(subject.truth_labels) for photo in complete]
    found = [photo.found(subject.model_thresholds) for photo in complete]
    matches = match_boxes(truths, found)
    weights = resampled(complete, resamples)
    bounds = bounds_of_mean = None
    if matches.boxes and weights is not None:
        hits = hits_at_each_iou(truths, found)
        bounds = interval(lambda row: interpolated_ap(matches, row), weights)
        bounds_of_mean = interval(lambda row: mean_ap(matches, hits, row), weights)
    return BoxFigures(
        photos=len(complete),
        positive_photos=sum(len(boxes) > 0 for boxes in truths),
        boxes=matches.boxes,
        ap50=matches.ap50,
        ap50_interval=bounds,
        ap50_95=matches.ap50_95,
        ap50_95_interval=bounds_of_mean,
    )


def resampled(photos: Sequence[JudgedPhoto], resamples: int) -> Weights | None:
    """How often each photo is drawn in each resample; None where there is a single place, which proves nothing."""
    groups = [photo.group for photo in photos]
    return group_weights(groups, resamples=resamples) if resamples and len(set(groups)) > 1 else None


def counted(photos: Sequence[JudgedPhoto], subject: Subject) -> tuple[list[JudgedPhoto], PhotoScores]:
    """The photos that count for a subject, with their scores and standings."""
    standings = [(photo, _standing(photo, subject)) for photo in photos]
    kept = [(photo, standing) for photo, standing in standings if standing is not None]
    scores = np.asarray([photo.score(subject.model_thresholds) for photo, _ in kept], dtype=np.float64)
    return [photo for photo, _ in kept], PhotoScores(scores, np.asarray([yes for _, yes in kept], dtype=bool))


def _standing(photo: JudgedPhoto, subject: Subject) -> bool | None:
    if photo.standing(subject.truth_labels):
        return True
    return photo.standing(searched(subject))


def photo_figures(photos: Sequence[JudgedPhoto], subject: Subject, *, resamples: int) -> PhotoFigures:
    """How well the highest score on a photo tells photos with the subject from photos without."""
    kept, scores = counted(photos, subject)
    alarms = np.asarray([_fires(photo, subject) for photo in kept], dtype=bool)
    harmless, positive = ~scores.positive, scores.positive
    both = bool(harmless.any() and positive.any())  # where all photos are alike there is nothing to tell apart
    weights = resampled(kept, resamples)

    def bounds(figure: Callable[[Weights], float | None], *, known: bool) -> Interval | None:
        return interval(figure, weights) if known and weights is not None else None

    def clean_recall(row: Weights | None) -> float:
        return recall_at_precision(photo_curve(scores, row), PRECISION_FLOOR)

    return PhotoFigures(
        photos=len(kept),
        positive_photos=int(positive.sum()),
        average_precision=photo_ap(scores) if both else None,
        average_precision_interval=bounds(lambda row: photo_ap(scores, row), known=both),
        recall_at_90_precision=clean_recall(None) if both else None,
        recall_at_90_precision_interval=bounds(clean_recall, known=both),
        recall=rate(alarms, positive),
        recall_interval=bounds(lambda row: rate(alarms, positive, row), known=bool(positive.any())),
        harmless_photos=int(harmless.sum()),
        false_alarms=int(alarms[harmless].sum()),
        false_alarms_per_100=per_100(rate(alarms, harmless)),
        false_alarms_interval=bounds(lambda row: per_100(rate(alarms, harmless, row)), known=True),
    )


def _fires(photo: JudgedPhoto, subject: Subject) -> bool:
    """Whether any of the subject's labels reaches its own threshold."""
    return any(photo.score([label]) >= threshold for label, threshold in subject.model_thresholds.items())


def rate(part: Flags, whole: Flags, weights: Weights | None = None) -> float | None:
    """Share of the photos of `whole` that are in `part` too; None without photos of `whole`.

    Args:
        part: (P,).
        whole: (P,).
        weights: (P,), how often each photo is drawn; by default once.
    """
    counts = np.ones(len(whole)) if weights is None else weights
    total = float(counts[whole].sum())
    return float(counts[whole & part].sum()) / total if total > 0 else None


def per_100(share: float | None) -> float | None:
    """A share as a count of 100."""
    return None if share is None else 100 * share
