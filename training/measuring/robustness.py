"""What a model loses when the same photos are worse: all figures again, and the losses with paired intervals."""

from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict

from hazardlens.model.images import decode_photo
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.measuring.alarms import KindAlarms, alarm_figures
from hazardlens.training.measuring.candidates import Candidate
from hazardlens.training.measuring.changes import Change, HazardChange, alarm_change, compare_models
from hazardlens.training.measuring.conditions import SEED, Condition, worsened
from hazardlens.training.measuring.curves import RESAMPLES
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import SubjectFigures, measure, subjects
from hazardlens.training.measuring.predict import Finder, pair
from hazardlens.training.measuring.prefill import PrefillFigures, prefill_figures, view_of

Advance = Callable[[int, int], None]


class ConditionFigures(BaseModel):
    """One condition.

    Attributes:
        name: of the condition.
        subjects: hazards and labels, measured on the worse photos.
        alarms: false alarms there, all harmless photos and kind by kind.
        prefill: the pre-filled category there.
        losses: per hazard, from the photos as they are to the worse ones.
        alarm_change: false alarms per 100 harmless photos, all hazards together, likewise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    subjects: tuple[SubjectFigures, ...]
    alarms: tuple[KindAlarms, ...]
    prefill: PrefillFigures
    losses: tuple[HazardChange, ...]
    alarm_change: Change


def judge_under(
    finder: Finder,
    records: Sequence[PhotoRecord],
    condition: Condition,
    *,
    seed: int = SEED,
    advance: Advance | None = None,
) -> list[JudgedPhoto]:
    """What the detector finds on each photo under a condition, beside what is known about it.

    Raises:
        ImageError: a photo cannot be decoded.
    """
    judged = []
    for done, record in enumerate(records, start=1):
        photo = decode_photo(record.path.read_bytes(), min_side_px=finder.input_size_px)
        (detections,) = finder.detect([worsened(photo, record.photo, condition, seed)])
        judged.append(pair(record, detections))
        if advance is not None:
            advance(done, len(records))
    return judged


def condition_figures(
    candidate: Candidate,
    clean: Sequence[JudgedPhoto],
    worse: Sequence[JudgedPhoto],
    name: str,
    *,
    resamples: int = RESAMPLES,
) -> ConditionFigures:
    """Measure the answers under one condition, and what they lose.

    Args:
        candidate: the model.
        clean: its answers to the photos as they are.
        worse: its answers to the same photos in the same order, under the condition.
        name: of the condition.
        resamples: for the intervals; 0 leaves them out.
    """
    rows = subjects(candidate.thresholds, candidate.hazards)
    hazards = [row for row in rows if row.kind == "hazard"]
    view = view_of(candidate.thresholds, candidate.hazards, candidate.curves)
    return ConditionFigures(
        name=name,
        subjects=tuple(measure(worse, row, resamples=resamples) for row in rows),
        alarms=alarm_figures(worse, hazards, resamples=resamples),
        prefill=prefill_figures(worse, view, resamples=resamples),
        losses=compare_models((candidate, clean), (candidate, worse), resamples=resamples),
        alarm_change=alarm_change((hazards, clean), (hazards, worse), resamples=resamples),
    )
