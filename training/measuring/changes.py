"""Two models on the same photos: what the one gains or loses against the other, with intervals paired by place.

Both answer the same photos, so most of what makes one sample differ from another falls out of the difference: whole
places are drawn with replacement, and each draw measures both models.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from pydantic import BaseModel, ConfigDict

from hazardlens.model.taxonomy import HAZARDS
from hazardlens.training.measuring.alarms import alarm_flags, harmless_photos
from hazardlens.training.measuring.candidates import Candidate
from hazardlens.training.measuring.coco import match_boxes
from hazardlens.training.measuring.curves import (
    RESAMPLES,
    Flags,
    PhotoScores,
    Weights,
    group_weights,
    interpolated_ap,
    interval,
    photo_ap,
)
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import Interval, Subject, per_100, rate, searched, subjects

Measure = Callable[[Weights], float | None]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Change(_Part):
    """One figure of both models.

    Attributes:
        before: of the model in service; None where it cannot be measured.
        after: of the candidate.
        difference: `after` - `before`.
        interval: of the difference, 95 %; None where there is a single place.
    """

    before: float | None
    after: float | None
    difference: float | None = None
    interval: Interval | None = None


class HazardChange(_Part):
    """One hazard on one set of photos.

    Attributes:
        hazard: which.
        known_before: the model in service can find it.
        known_after: the candidate can.
        positive_photos: photos that show it, of those that count for both models.
        harmless_photos: photos known not to show it.
        places: groups of photos.
        photo_ap: average precision of the photos' scores.
        box_ap50: average precision of boxes at IoU 0.5.
        recall: share of the photos that show it, at each model's own thresholds.
        alarms_per_100: false alarms per 100 harmless photos, at each model's own thresholds.
    """

    hazard: str
    known_before: bool
    known_after: bool
    positive_photos: int
    harmless_photos: int
    places: int
    photo_ap: Change
    box_ap50: Change
    recall: Change
    alarms_per_100: Change


Answers = Sequence[JudgedPhoto]


def compare_models(
    before: tuple[Candidate, Answers], after: tuple[Candidate, Answers], *, resamples: int = RESAMPLES
) -> tuple[HazardChange, ...]:
    """The changes of the five hazards.

    Args:
        before: the model in service, and its answers.
        after: the candidate, and its answers to the same photos in the same order.
        resamples: for the intervals; 0 leaves them out.
    """
    names = [hazard.value for hazard in HAZARDS]
    ours, theirs = (_hazards(model) for model, _ in (before, after))
    return tuple(
        compare_subject((ours[name], before[1]), (theirs[name], after[1]), resamples=resamples) for name in names
    )


def _hazards(model: Candidate) -> dict[str, Subject]:
    return {row.name: row for row in subjects(model.thresholds, model.hazards) if row.kind == "hazard"}


def compare_subject(
    before: tuple[Subject, Answers], after: tuple[Subject, Answers], *, resamples: int = RESAMPLES
) -> HazardChange:
    """The changes of one hazard, on the photos that count for both models."""
    (ours, our_photos), (theirs, their_photos) = before, after
    counted = [
        (one, other, standing)
        for one, other in zip(our_photos, their_photos, strict=True)
        if (standing := _standing(one, ours, theirs)) is not None
    ]
    positive = np.asarray([standing for _, _, standing in counted], dtype=bool)
    weights = _weights([one for one, _, _ in counted], resamples)
    pair = [[one for one, _, _ in counted], [other for _, other, _ in counted]]
    photo = [_photo_measures(photos, subject, positive) for photos, subject in zip(pair, (ours, theirs), strict=True)]
    return HazardChange(
        hazard=ours.name,
        known_before=bool(ours.model_thresholds),
        known_after=bool(theirs.model_thresholds),
        positive_photos=int(positive.sum()),
        harmless_photos=int((~positive).sum()),
        places=len({one.group for one, _, _ in counted}),
        photo_ap=_change(photo[0][0], photo[1][0], len(counted), weights),
        box_ap50=_box_change(before, after, resamples),
        recall=_change(photo[0][1], photo[1][1], len(counted), weights),
        alarms_per_100=_change(photo[0][2], photo[1][2], len(counted), weights),
    )


def alarm_change(
    before: tuple[Sequence[Subject], Answers], after: tuple[Sequence[Subject], Answers], *, resamples: int = RESAMPLES
) -> Change:
    """False alarms per 100 harmless photos, all hazards together, on the photos that are harmless for both models.

    Args:
        before: hazards of the one model, and its answers.
        after: of the other, to the same photos in the same order.
        resamples: for the interval; 0 leaves it out.
    """
    (ours, our_photos), (theirs, their_photos) = before, after
    counted = {photo.photo for photo in harmless_photos(our_photos, ours)}
    counted &= {photo.photo for photo in harmless_photos(their_photos, theirs)}
    pair = [[photo for photo in photos if photo.photo in counted] for photos in (our_photos, their_photos)]
    everything = np.ones(len(pair[0]), bool)
    alarms = [alarm_flags(photos, hazards) for photos, hazards in zip(pair, (ours, theirs), strict=True)]
    one, other = (partial(_alarms_per_100, flags, everything) for flags in alarms)
    return _change(one, other, len(pair[0]), _weights(pair[0], resamples))


def _alarms_per_100(fires: Flags, among: Flags, weights: Weights) -> float | None:
    return per_100(rate(fires, among, weights))


def _standing(photo: JudgedPhoto, ours: Subject, theirs: Subject) -> bool | None:
    if photo.standing(ours.truth_labels | theirs.truth_labels):
        return True
    return False if photo.is_complete_for(searched(ours) | searched(theirs)) else None


def _weights(photos: Answers, resamples: int) -> Weights | None:
    groups = [photo.group for photo in photos]
    return group_weights(groups, resamples=resamples) if resamples and len(set(groups)) > 1 else None


def _photo_measures(photos: Answers, subject: Subject, positive: Flags) -> tuple[Measure, Measure, Measure]:
    """Average precision, recall and false alarms per 100, as functions of the photos' weights."""
    scores = np.asarray([photo.score(subject.model_thresholds) for photo in photos], dtype=np.float64)
    fires = np.asarray(
        [any(photo.score([label]) >= least for label, least in subject.model_thresholds.items()) for photo in photos],
        dtype=bool,
    )
    both = bool(positive.any() and (~positive).any())
    pairs = PhotoScores(scores, positive)
    return (
        lambda row: photo_ap(pairs, row) if both else None,
        lambda row: rate(fires, positive, row),
        lambda row: _alarms_per_100(fires, ~positive, row),
    )


def _box_change(before: tuple[Subject, Answers], after: tuple[Subject, Answers], resamples: int) -> Change:
    needed = searched(before[0]) | searched(after[0])
    complete = [[photo for photo in photos if photo.is_complete_for(needed)] for _, photos in (before, after)]
    truth_labels = before[0].truth_labels | after[0].truth_labels
    matches = [
        match_boxes(
            [photo.true_boxes(truth_labels) for photo in photos],
            [photo.found(subject.model_thresholds) for photo in photos],
        )
        for photos, (subject, _) in zip(complete, (before, after), strict=True)
    ]
    ours, theirs = (partial(interpolated_ap, found) for found in matches)
    return _change(ours, theirs, len(complete[0]), _weights(complete[0], resamples))


def _change(before: Measure, after: Measure, photos: int, weights: Weights | None) -> Change:
    once = np.ones(photos)
    one, other = before(once), after(once)
    if one is None or other is None:
        return Change(before=one, after=other)

    def difference(row: Weights) -> float | None:
        ours, theirs = before(row), after(row)
        return None if ours is None or theirs is None else theirs - ours

    bounds = None if weights is None else interval(difference, weights)
    return Change(before=one, after=other, difference=other - one, interval=bounds)
