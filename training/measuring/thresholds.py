"""Thresholds of hazards, for a stated precision and a stated number of false alarms; both must hold.

They are fitted on validation photos, and judged photo by photo, because a report is about a photo: does one that
alarms show the hazard? Context labels raise no alarm; `calibrate.choose_threshold` has theirs.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hazardlens.model.manifest import Basis
from hazardlens.training.measuring.calibrate import (
    BLIND_RULE,
    BLIND_THRESHOLD,
    MIN_HARMLESS,
    Threshold,
    hazard_scores,
    label_best_f1,
    made_weight,
)
from hazardlens.training.measuring.curves import PhotoScores
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import Subject

LOWEST: Final = 0.1
"""No hazard's label is listed below this raw score, however well it parts the validation photos."""
_STEP: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Goal:
    """What thresholds are set for.

    Attributes:
        precision: share of the photos that alarm which show the hazard, at least.
        max_alarms: false alarms per 100 harmless photos, at most.
    """

    precision: float = 0.9
    max_alarms: float = 2.5

    def __str__(self) -> str:
        """In words for the card."""
        return f"{self.precision:.0%} of the photos right and at most {self.max_alarms:g} alarms per 100"


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Scores that a threshold is judged by.

    Attributes:
        real: of real validation photos.
        made: of made ones; none where real ones are enough.
    """

    real: PhotoScores
    made: PhotoScores

    @property
    def harmless(self) -> int:
        """Real photos known to be without the hazard."""
        return int((~self.real.positive).sum())

    def alarms_at(self, threshold: float) -> int:
        """Real photos without the hazard that reach the threshold."""
        return int((self.real.scores[~self.real.positive] >= threshold).sum())

    def lost_at(self, threshold: float) -> float:
        """Share of the positives, real and made, below the threshold."""
        scores = np.concatenate([part.scores[part.positive] for part in (self.real, self.made)])
        return float((scores < threshold).mean()) if len(scores) else 0.0

    def meets(self, goal: Goal, threshold: float) -> bool:
        """Whether precision and alarms both hold for photos that reach the threshold.

        Precision is smoothed by one photo of either kind, so that one right answer is no proof. A made positive
        counts for less than a photo, and made scenes must keep the precision among themselves: there the flush
        cover beside the raised one is a sterner test than photos of anything.
        """
        if not self.harmless or 100 * self.alarms_at(threshold) > goal.max_alarms * self.harmless:
            return False
        weight = made_weight(int(self.made.positive.sum()), self.harmless)
        right = _reached(self.real, threshold) + weight * _reached(self.made, threshold)
        if _smoothed(right, self.alarms_at(threshold)) < goal.precision:
            return False
        wrong = int((self.made.scores[~self.made.positive] >= threshold).sum())
        return not len(self.made.scores) or _smoothed(_reached(self.made, threshold), wrong) >= goal.precision


def evidence_for(
    photos: Sequence[JudgedPhoto], stand_ins: Sequence[JudgedPhoto], subject: Subject, basis: Basis | None
) -> Evidence:
    """The scores for a hazard or one of its labels; made ones only where the hazard's curve rests on them."""
    real, made, _ = hazard_scores(photos, stand_ins if basis == "made" else (), subject)
    return Evidence(real, made)


def lowest_that_meets(evidence: Evidence, goal: Goal) -> float | None:
    """The lowest score that meets the goal, which finds the most; None where none does."""
    candidates = np.unique(np.concatenate([evidence.real.scores, evidence.made.scores]))
    for threshold in map(_just_below, candidates.tolist()):
        if evidence.meets(goal, threshold):
            return threshold
    return None


def hazard_thresholds(
    photos: Sequence[JudgedPhoto],
    stand_ins: Sequence[JudgedPhoto],
    hazard: Subject,
    basis: Basis | None,
    goal: Goal,
) -> dict[str, tuple[Threshold, Evidence]]:
    """The threshold of each label of a hazard, before all hazards together are held to the goal."""
    chosen = {}
    for label in hazard.model_thresholds:
        own = Subject(label, "label", hazard.truth_labels, {label: 0.0})
        evidence = evidence_for(photos, stand_ins, own, basis)
        chosen[label] = (_label_threshold(photos, label, evidence, goal), evidence)
    return chosen


def stands_from(
    photos: Sequence[JudgedPhoto],
    stand_ins: Sequence[JudgedPhoto],
    hazard: Subject,
    basis: Basis | None,
    goal: Goal,
    thresholds: Mapping[str, Threshold],
) -> float | None:
    """The raw score from which triage may name a hazard alone; None where the data support none.

    Never lower than the lowest threshold of its labels, which answers for all hazards together.
    """
    if basis == "none":
        return None
    met = lowest_that_meets(evidence_for(photos, stand_ins, hazard, basis), goal)
    return None if met is None else max(met, min(thresholds[label].value for label in hazard.model_thresholds))


def _label_threshold(photos: Sequence[JudgedPhoto], label: str, evidence: Evidence, goal: Goal) -> Threshold:
    met = lowest_that_meets(evidence, goal)
    if met is not None:
        photos_seen = _counted(len(evidence.real.scores), len(evidence.made.scores))
        threshold = Threshold(_clamped(met, LOWEST), f"{goal} {photos_seen}")
    elif evidence.harmless >= MIN_HARMLESS:
        quiet = max(_quiet(part, goal) for part in (evidence.real, evidence.made))
        without = _counted(evidence.harmless, int((~evidence.made.positive).sum()))
        rule = f"no score is right often enough: at most {goal.max_alarms:g} alarms per 100 {without} without it"
        threshold = Threshold(_clamped(quiet, BLIND_THRESHOLD), f"{rule}, and at least {BLIND_THRESHOLD:g}")
    else:
        return Threshold(BLIND_THRESHOLD, BLIND_RULE)
    best = label_best_f1(photos, label)
    if best is not None and best.value > threshold.value:
        return Threshold(best.value, f"{best.rule}; {threshold.rule} already from {threshold.value:.2f}")
    return threshold


def _counted(real: int, made: int) -> str:
    return f"on {real} validation photos" + (f" and {made} made ones" if made else "")


def _quiet(photos: PhotoScores, goal: Goal) -> float:
    """The lowest score with few enough alarms on photos without the hazard."""
    harmless = np.sort(photos.scores[~photos.positive])[::-1]
    allowed = int(goal.max_alarms * len(harmless) / 100)
    return float(harmless[allowed]) + _STEP if allowed < len(harmless) else 0.0


@dataclass(frozen=True, slots=True)
class Alarms:
    """How often all hazards together alarm on photos known to show none, with the thresholds as they are.

    Attributes:
        photos: real validation photos without a box of a hazard, on which one was looked for.
        alarms: those of them on which a label that was looked for reaches its threshold.
    """

    photos: int
    alarms: int


def hold_together(
    photos: Sequence[JudgedPhoto],
    chosen: Mapping[str, tuple[Threshold, Evidence]],
    hazard_labels: Collection[str],
    goal: Goal,
) -> tuple[dict[str, Threshold], Alarms]:
    """Raise thresholds until all hazards together alarm no more often than the goal allows for one.

    Step by step, the label is raised past its weakest false alarm that loses the smallest share of its own positives.

    Args:
        photos: real validation photos.
        chosen: threshold and evidence per label of a hazard.
        hazard_labels: a box of any of these makes a photo one that is not harmless.
        goal: what to hold.
    """
    harmless = [row for photo in photos if (row := _harmless_scores(photo, chosen, hazard_labels))]
    values = {label: threshold.value for label, (threshold, _) in chosen.items()}
    allowed = int(goal.max_alarms * len(harmless) / 100)
    while len(firing := [row for row in harmless if _fires(row, values)]) > allowed:
        steps = {label: _past_weakest(firing, label, values[label]) for label in values}
        costs = {
            label: chosen[label][1].lost_at(step) - chosen[label][1].lost_at(values[label])
            for label, step in steps.items()
            if step is not None
        }
        cheapest = min(costs, key=lambda label: (costs[label], label))
        values[cheapest] = steps[cheapest] or 1.0
    raised = {label: _raised(threshold, values[label], goal) for label, (threshold, _) in chosen.items()}
    return raised, Alarms(len(harmless), len(firing))


def _harmless_scores(
    photo: JudgedPhoto, labels: Collection[str], hazard_labels: Collection[str]
) -> dict[str, float] | None:
    """Per label that was looked for the photo's score; None where it shows a hazard, or nobody looked."""
    if not set(hazard_labels).isdisjoint(photo.truth_labels):
        return None
    return {label: photo.score([label]) for label in labels if photo.is_complete_for([label])} or None


def _fires(scores: Mapping[str, float], values: Mapping[str, float]) -> bool:
    return any(score >= values[label] for label, score in scores.items())


def _past_weakest(firing: Sequence[Mapping[str, float]], label: str, value: float) -> float | None:
    """A threshold just above the label's weakest alarm; None where it raises none."""
    scores = [row[label] for row in firing if row.get(label, -1.0) >= value]
    return min(scores) + _STEP if scores else None


def _raised(threshold: Threshold, value: float, goal: Goal) -> Threshold:
    if value == threshold.value:
        return threshold
    rule = f"{threshold.rule}; raised from {threshold.value:.2f}: all hazards together, {goal.max_alarms:g} per 100"
    return replace(threshold, value=min(1.0, value), rule=rule)


def _reached(photos: PhotoScores, threshold: float) -> int:
    """Positives that reach the threshold."""
    return int((photos.scores[photos.positive] >= threshold).sum())


def _smoothed(right: float, wrong: float) -> float:
    return (right + 1) / (right + wrong + 2)


def _just_below(score: float) -> float:
    """Rounded down, so that the photo that sets a threshold reaches it."""
    return math.floor(score / _STEP) * _STEP


def _clamped(value: float, lowest: float) -> float:
    return min(1.0, max(lowest, value))
