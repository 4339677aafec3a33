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
    validation: Sequence[JudgedPhoto], labels: Sequence[str], hazards: Mapping[str, Category | None] | None = None
) -> Calibration:
    """Fit thresholds for all labels, and a curve for each hazard that one of them stands for (by the taxonomy)."""
    thresholds = {label: choose_threshold(validation, label) for label in labels}
    values = {label: threshold.value for label, threshold in thresholds.items()}
    rows = subjects(values, label_hazards(labels) if hazards is None else hazards)
    known = [row for row in rows if row.kind == "hazard" and row.model_thresholds]
    return Calibration(thresholds, tuple(fit_curve(validation, row) for row in known))


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
