"""The figures of one model on one set of photos, as they are written, read again and put into a model card."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from hazardlens.model.manifest import Basis, CalibrationCurve
from hazardlens.model.taxonomy import Category
from hazardlens.training.data.splits import SplitManifest, SplitName
from hazardlens.training.errors import EvaluationError
from hazardlens.training.measuring.alarms import KindAlarms, alarm_figures
from hazardlens.training.measuring.calibrate import reliability
from hazardlens.training.measuring.candidates import Candidate
from hazardlens.training.measuring.curves import RESAMPLES
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import Subject, SubjectFigures, measure, subjects
from hazardlens.training.measuring.prefill import PrefillFigures, prefill_figures, view_of
from hazardlens.training.measuring.robustness import ConditionFigures

METRICS_FILE = "metrics.json"
Kind: TypeAlias = Literal["run", "bundle"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceFigures(_Part):
    """The figures on the photos of one source.

    Attributes:
        source: its name.
        held_out: no photo of this source trained or validated.
        photos: how many were looked at.
        subjects: hazards and labels of the model for which some of the photos count.
    """

    source: str
    held_out: bool
    photos: int
    subjects: tuple[SubjectFigures, ...]


class CalibrationFigures(_Part):
    """How far a hazard's probabilities can be believed on these photos.

    Attributes:
        hazard: which.
        fitted_photos: validation photos that the curve was fitted on, `fitted_positives` of them with the hazard.
        photos: photos that it is judged on, `positives` of them with the hazard.
        error: expected calibration error over ten bins.
        brier: mean squared error of the probabilities.
        bins: (mean probability, share of positives, photos) of each bin.
    """

    hazard: Category
    fitted_photos: int
    fitted_positives: int
    photos: int
    positives: int
    error: float | None
    brier: float | None
    bins: tuple[tuple[float, float, int], ...]


class HazardRule(_Part):
    """From where on a hazard counts.

    Attributes:
        hazard: which.
        stands_from: raw score from which triage may name it without a person; None: it abstains.
        basis: what its probabilities were fitted on; None in bundles of schema version 1.
    """

    hazard: Category
    stands_from: float | None
    basis: Basis | None


class Evaluation(_Part):
    """All of it.

    Attributes:
        model: its name.
        version: its version; empty for a run.
        kind: whether a training run's network or a bundle's graph was measured.
        split: name of the split manifest, and `split_sha256` its hash.
        subset: which photos of the split.
        photos: how many, in `groups` places.
        thresholds: raw score per label from which a detection counts.
        subjects: the five hazards, then every label.
        sources: the same, source by source, largest first.
        calibration: per hazard of the model.
        prefill: how often the pre-filled category is given without a person, and right; None in older files.
        trained_on_split: whether the model was trained on the training side of this split; None where nobody knows.
        rules: per hazard of the model, what it takes to stand alone.
        alarms: false alarms by kind of harmless photo, all kinds first.
        strict: the five hazards, on photos of sources alone of which no photo trained or validated.
        conditions: the same photos under worse conditions.
    """

    model: str
    version: str
    kind: Kind
    split: str
    split_sha256: str
    subset: SplitName
    photos: int
    groups: int
    thresholds: dict[str, float]
    subjects: tuple[SubjectFigures, ...]
    sources: tuple[SourceFigures, ...]
    calibration: tuple[CalibrationFigures, ...]
    prefill: PrefillFigures | None = None
    trained_on_split: bool | None = None
    rules: tuple[HazardRule, ...] = ()
    alarms: tuple[KindAlarms, ...] = ()
    strict: tuple[SubjectFigures, ...] = ()
    conditions: tuple[ConditionFigures, ...] = ()

    def subject(self, kind: Literal["label", "hazard"], name: str) -> SubjectFigures:
        """The row of one hazard or label.

        Raises:
            KeyError: there is none of that name.
        """
        for row in self.subjects:
            if (row.kind, row.name) == (kind, name):
                return row
        raise KeyError(name)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read metrics.json from `folder`.

        Raises:
            EvaluationError: there is none, or it breaks the format.
        """
        path = folder / METRICS_FILE
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise EvaluationError(f"{path}: {error.strerror}") from error
        except ValidationError as error:
            first = error.errors()[0]
            raise EvaluationError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error

    def write(self, folder: Path) -> Path:
        """Write metrics.json into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / METRICS_FILE
        path.write_text(self.model_dump_json(indent=1) + "\n", "utf-8")
        return path


def evaluate(
    judged: Sequence[JudgedPhoto],
    candidate: Candidate,
    split: SplitManifest,
    subset: SplitName,
    *,
    kind: Kind,
    resamples: int = RESAMPLES,
) -> Evaluation:
    """Measure a model's answers.

    Args:
        judged: the photos of `subset`, with the model's answers.
        candidate: the model.
        split: that `judged` was chosen by.
        subset: which part of it.
        kind: what ran.
        resamples: for the intervals; 0 leaves them out.
    """
    rows = subjects(candidate.thresholds, candidate.hazards)
    by_name = {row.name: row for row in rows if row.kind == "hazard"}
    strict = [photo for photo in judged if photo.source in split.config.test_sources]
    return Evaluation(
        model=candidate.name,
        version=candidate.version,
        kind=kind,
        split=split.name,
        split_sha256=split.sha256,
        subset=subset,
        photos=len(judged),
        groups=len({photo.group for photo in judged}),
        thresholds=dict(candidate.thresholds),
        subjects=tuple(measure(judged, row, resamples=resamples) for row in rows),
        sources=tuple(_source_figures(judged, rows, split, resamples)),
        calibration=tuple(_calibration(judged, by_name[curve.hazard], curve) for curve in candidate.curves),
        prefill=prefill_figures(
            judged, view_of(candidate.thresholds, candidate.hazards, candidate.curves), resamples=resamples
        ),
        rules=tuple(
            HazardRule(hazard=curve.hazard, stands_from=curve.stands_from, basis=curve.basis)
            for curve in candidate.curves
        ),
        alarms=alarm_figures(judged, list(by_name.values()), resamples=resamples),
        strict=tuple(measure(strict, row, resamples=resamples) for row in by_name.values()),
    )


def _source_figures(
    judged: Sequence[JudgedPhoto], rows: Sequence[Subject], split: SplitManifest, resamples: int
) -> Iterable[SourceFigures]:
    by_source: dict[str, list[JudgedPhoto]] = {}
    for photo in judged:
        by_source.setdefault(photo.source, []).append(photo)
    for source, photos in sorted(by_source.items(), key=lambda item: -len(item[1])):
        figures = (measure(photos, row, resamples=resamples) for row in rows if row.model_thresholds)
        yield SourceFigures(
            source=source,
            held_out=source in split.config.test_sources,
            photos=len(photos),
            subjects=tuple(row for row in figures if row.photos.photos or row.boxes.photos),
        )


def _calibration(judged: Sequence[JudgedPhoto], hazard: Subject, curve: CalibrationCurve) -> CalibrationFigures:
    found = reliability(judged, hazard, curve)
    return CalibrationFigures(
        hazard=curve.hazard,
        fitted_photos=curve.photos,
        fitted_positives=curve.positives,
        photos=found.photos,
        positives=found.positives,
        error=found.error,
        brier=found.brier,
        bins=found.bins,
    )
