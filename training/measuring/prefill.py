"""What the pre-fill is worth: how often triage names a category without asking a person, and how often it is right.

Each photo goes through the triage policy that ships, alone and without words, as a report of one photo would.

Only photos whose truth is known count:

- A photo with a true box of a hazard shows that hazard; one with several shows all of them, and each is a right answer.
- A photo without such a box shows none where every hazard label of the model was looked for. Elsewhere nobody knows.

An answer that names a hazard which nobody looked for on a photo is neither right nor wrong: it counts as an answer, and
not for the accuracy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from hazardlens.model.bundle import triage_curves
from hazardlens.model.manifest import CalibrationCurve
from hazardlens.model.taxonomy import HAZARDS, LABEL_HAZARDS, Category
from hazardlens.model.triage.decide import decide
from hazardlens.model.triage.policy import Policy, load_policy
from hazardlens.model.triage.values import Decision, Evidence, LabelRule, ModelView
from hazardlens.training.measuring.curves import RESAMPLES, Flags, Floats, Weights, group_weights, interval
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import Interval

_BINS: Final = 10


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PrefillShare(_Part):
    """One kind of photos.

    Attributes:
        photos: whose truth is known.
        answered: those on which the model does not abstain.
        judged: those of them whose answer is known to be right or wrong.
        right: those of them whose category is right.
        coverage: answered of photos; None without photos.
        accuracy: right of judged; None without any.
        coverage_interval: 95 % bootstrap interval over places.
        accuracy_interval: the same.
    """

    photos: int
    answered: int
    judged: int
    right: int
    coverage: float | None
    accuracy: float | None
    coverage_interval: Interval | None
    accuracy_interval: Interval | None


class PrefillFigures(_Part):
    """All of it.

    Attributes:
        policy: that decided.
        overall: all photos.
        with_hazard: those that show a hazard.
        hazards: by hazard, the photos that show it.
        error: expected calibration error of the stated confidence, over ten bins, where the model does not abstain.
        error_named: the same over all photos whose pre-fill names a hazard, abstained or not. Both leave out answers
            that cannot be judged.
    """

    policy: str
    overall: PrefillShare
    with_hazard: PrefillShare
    hazards: dict[Category, PrefillShare]
    error: float | None
    error_named: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """One photo's pre-fill beside its truth.

    Attributes:
        photo: with what is known about it.
        shown: the hazards that it shows; empty: none.
        decision: what triage says.
        judged: whether the answer is known to be right or wrong: its hazard is shown, or was looked for.
    """

    photo: JudgedPhoto
    shown: frozenset[Category]
    decision: Decision
    judged: bool

    @property
    def right(self) -> bool:
        """Whether the category is one that the photo shows, or rightly none."""
        return self.decision.category in (self.shown or {Category.NOT_A_HAZARD})


def view_of(
    thresholds: Mapping[str, float], hazards: Mapping[str, Category | None], curves: Sequence[CalibrationCurve]
) -> ModelView:
    """What triage has to know of a model that is measured."""
    rules = tuple(LabelRule(label, hazards[label], value) for label, value in thresholds.items())
    return ModelView(rules, triage_curves(curves))


def prefill_figures(
    photos: Sequence[JudgedPhoto], view: ModelView, *, policy: Policy | None = None, resamples: int = RESAMPLES
) -> PrefillFigures:
    """Send each photo through triage and count.

    Args:
        photos: with the model's answers, everything from its lowest raw score up.
        view: the model's labels, thresholds and curves.
        policy: the rules; by default those that ship.
        resamples: for the intervals; 0 leaves them out.
    """
    rules = policy or load_policy()
    hazards = LABEL_HAZARDS | {rule.name: rule.hazard for rule in view.labels}
    own = {rule.name for rule in view.labels if rule.hazard is not None}
    known = [
        _fill(photo, shown, rules, view)
        for photo in photos
        if (shown := shown_hazards(photo, hazards, own)) is not None
    ]
    return PrefillFigures(
        policy=rules.id,
        overall=_share(known, resamples),
        with_hazard=_share([filled for filled in known if filled.shown], resamples),
        hazards={
            hazard: _share([filled for filled in known if hazard in filled.shown], resamples) for hazard in HAZARDS
        },
        error=_error([filled for filled in known if filled.judged and not filled.decision.needs_human]),
        error_named=_error([filled for filled in known if filled.judged and filled.decision.category in HAZARDS]),
    )


def shown_hazards(
    photo: JudgedPhoto, hazards: Mapping[str, Category | None], own: set[str]
) -> frozenset[Category] | None:
    """The hazards that a photo is known to show; empty: known to show none of the model's; None: nobody knows.

    Args:
        photo: with its true boxes.
        hazards: what labels stand for.
        own: the model's labels that stand for a hazard.
    """
    shown = frozenset(hazard for label in photo.truth_labels if (hazard := hazards.get(label)) is not None)
    if shown or photo.is_complete_for(own):
        return shown
    return None


def _fill(photo: JudgedPhoto, shown: frozenset[Category], policy: Policy, view: ModelView) -> Filled:
    width, height = photo.size_wh
    decision = decide([Evidence(photo.detections, width, height)], "", policy=policy, model=view)
    category = decision.category
    labels = [rule.name for rule in view.labels if rule.hazard is category]
    judged = category in shown or category not in HAZARDS or photo.is_complete_for(labels)
    return Filled(photo, shown, decision, judged)


def _share(filled: Sequence[Filled], resamples: int) -> PrefillShare:
    answered = np.asarray([not item.decision.needs_human for item in filled], dtype=bool)
    judged = answered & np.asarray([item.judged for item in filled], dtype=bool)
    right = judged & np.asarray([item.right for item in filled], dtype=bool)
    groups = [item.photo.group for item in filled]
    several = bool(resamples) and len(set(groups)) > 1
    weights = group_weights(groups, resamples=resamples) if several else None
    everything = np.ones(len(filled), bool)
    return PrefillShare(
        photos=len(filled),
        answered=int(answered.sum()),
        judged=int(judged.sum()),
        right=int(right.sum()),
        coverage=_ratio(answered, everything),
        accuracy=_ratio(right, judged),
        coverage_interval=_interval(answered, everything, weights),
        accuracy_interval=_interval(right, judged, weights),
    )


def _ratio(part: Flags, whole: Flags, weights: Floats | None = None) -> float | None:
    counts = np.ones(len(whole)) if weights is None else weights
    total = float(counts[whole].sum())
    return float(counts[part].sum()) / total if total > 0 else None


def _interval(part: Flags, whole: Flags, weights: Weights | None) -> Interval | None:
    if weights is None or not whole.any():
        return None
    return interval(lambda row: _ratio(part, whole, row), weights)


def _error(filled: Sequence[Filled]) -> float | None:
    """Mean distance of stated confidence and share of right answers, bin by bin, weighted by photos."""
    if not filled:
        return None
    stated: npt.NDArray[np.float64] = np.asarray([item.decision.confidence for item in filled])
    right = np.asarray([item.right for item in filled], dtype=np.float64)
    places = np.minimum((stated * _BINS).astype(int), _BINS - 1)
    gaps = [abs(float((stated - right)[places == place].sum())) for place in np.unique(places)]
    return sum(gaps) / len(filled)
