"""A model that is to be measured: a run's network or a bundle's graph, with all that its answers mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from hazardlens.model.bundle import Bundle, CalibrationCurve, Manifest, read_bundle
from hazardlens.model.detector import OnnxDetector
from hazardlens.model.taxonomy import LABEL_HAZARDS, Category
from hazardlens.training.measuring.calibrate import (
    BLIND_RULE,
    Threshold,
    choose_threshold,
    fit_curve,
    is_cautious,
)
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import subjects
from hazardlens.training.measuring.predict import Finder
from hazardlens.training.measuring.thresholds import Alarms, Goal, hazard_thresholds, hold_together, stands_from

MIN_CONFIDENCE: Final = 0.01
"""Raw score below which a bundle reports nothing: low enough to leave the precision-recall curve whole."""

IOU_THRESHOLD: Final = 0.5
"""For suppression: on the validation photos 0.45 to 0.7 are equally good, and a lower one shows fewer boxes twice."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A model under measurement.

    Attributes:
        name: of the model.
        version: of the bundle; empty for a run.
        finder: finds boxes.
        hazards: what each label stands for.
        thresholds: raw score per label from which a detection counts.
        curves: from a hazard's raw score to its probability.
    """

    name: str
    version: str
    finder: Finder
    hazards: Mapping[str, Category | None]
    thresholds: Mapping[str, float]
    curves: tuple[CalibrationCurve, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What validation photos taught about a network's scores."""

    thresholds: Mapping[str, Threshold]
    curves: tuple[CalibrationCurve, ...]
    goal: Goal
    alarms: Alarms

    @property
    def values(self) -> dict[str, float]:
        """The thresholds without how they were chosen."""
        return {label: threshold.value for label, threshold in self.thresholds.items()}

    def filled_from(self, parent: Manifest) -> Self:
        """Where validation photos taught nothing, what the model knew that this one started from."""
        known = {label.name: label.threshold for label in parent.labels}
        rule = f"as in {parent.version}: too few validation photos"
        thresholds = {
            label: Threshold(known[label], rule) if found.rule == BLIND_RULE and label in known else found
            for label, found in self.thresholds.items()
        }
        fitted = {curve.hazard: curve for curve in parent.calibration if not is_cautious(curve)}
        curves = (fitted.get(curve.hazard, curve) if is_cautious(curve) else curve for curve in self.curves)
        return replace(self, thresholds=thresholds, curves=tuple(curves))


def label_hazards(labels: Sequence[str]) -> dict[str, Category | None]:
    """What each label stands for, by the taxonomy; a label that it lacks is context."""
    return {label: LABEL_HAZARDS.get(label) for label in labels}


def calibrate(
    validation: Sequence[JudgedPhoto],
    labels: Sequence[str],
    hazards: Mapping[str, Category | None] | None = None,
    *,
    stand_ins: Sequence[JudgedPhoto] = (),
    goal: Goal | None = None,
) -> Calibration:
    """Fit thresholds for all labels, and a curve for each hazard that one of them stands for.

    Args:
        validation: real photos.
        labels: of the model.
        hazards: what they stand for; by default the taxonomy says it.
        stand_ins: made scenes of the validation side, which stand in where real photos of a hazard are too few.
        goal: for the thresholds of hazards.
    """
    goal = goal or Goal()
    rows = subjects(dict.fromkeys(labels, 0.0), label_hazards(labels) if hazards is None else hazards)
    named = [row for row in rows if row.kind == "hazard"]
    known = [(row, fit_curve(validation, row, stand_ins)) for row in named if row.model_thresholds]
    chosen = {
        label: found
        for row, curve in known
        for label, found in hazard_thresholds(validation, stand_ins, row, curve.basis, goal).items()
    }
    held, alarms = hold_together(validation, chosen, [label for row in named for label in row.truth_labels], goal)
    thresholds = {label: held[label] if label in held else choose_threshold(validation, label) for label in labels}
    curves = tuple(
        curve.model_copy(update={"stands_from": stands_from(validation, stand_ins, row, curve.basis, goal, thresholds)})
        for row, curve in known
    )
    return Calibration(thresholds, curves, goal, alarms)


def from_bundle(path: Path, *, threads: int = 2) -> tuple[Candidate, Bundle]:
    """The model of a bundle, with the thresholds and curves that it ships.

    Raises:
        BundleError: it must not be loaded.
    """
    bundle = read_bundle(path)
    manifest = bundle.manifest
    candidate = Candidate(
        name=manifest.name,
        version=manifest.version,
        finder=OnnxDetector(bundle, threads=threads),
        hazards={label.name: label.hazard for label in manifest.labels},
        thresholds={label.name: label.threshold for label in manifest.labels},
        curves=manifest.calibration,
    )
    return candidate, bundle


def from_finder(name: str, finder: Finder, calibration: Calibration) -> Candidate:
    """A model that is no bundle yet."""
    return Candidate(
        name=name,
        version="",
        finder=finder,
        hazards=label_hazards(finder.labels),
        thresholds=calibration.values,
        curves=calibration.curves,
    )
