"""Builds what triage decides on: photos with boxes, and models that are calibrated or not."""

import functools
from dataclasses import dataclass, field

import numpy as np

from hazardlens.model.detections import Detections
from hazardlens.model.taxonomy import HAZARDS, LABEL_HAZARDS, Category, Urgency
from hazardlens.model.triage.decide import decide
from hazardlens.model.triage.policy import Policy, load_policy
from hazardlens.model.triage.values import Curve, Decision, Evidence, LabelRule, ModelView

Box = tuple[float, float, float, float]

ANYWHERE: Box = (100, 100, 300, 300)
WIDTH, HEIGHT = 1000, 800

UNMEASURED = ModelView.from_taxonomy()
MEASURED = ModelView(UNMEASURED.labels, {hazard: Curve((0.0, 1.0), (0.0, 1.0)) for hazard in HAZARDS})
"""Calibrated as if the raw score were the probability: tables then read easily."""


def seen(label: str, score: float = 0.9, box_xyxy: Box = ANYWHERE) -> tuple[str, float, Box]:
    """One detection, for `photo`."""
    return label, score, box_xyxy


def photo(*found: tuple[str, float, Box], width: int = WIDTH, height: int = HEIGHT, of_clip: bool = False) -> Evidence:
    """One photo, or look at a clip, with these detections; its model knows the taxonomy's labels and those found."""
    labels = tuple(dict.fromkeys([*LABEL_HAZARDS, *(label for label, _, _ in found)]))
    detections = Detections(
        np.asarray([box for _, _, box in found], np.float32).reshape(-1, 4),
        np.asarray([score for _, score, _ in found], np.float32),
        np.asarray([labels.index(label) for label, _, _ in found], np.int64),
        labels,
    )
    return Evidence(detections, width, height, of_clip)


def model_with(name: str, hazard: Category | None, threshold: float = 0.25) -> ModelView:
    """The measured model with one more label."""
    return ModelView((*MEASURED.labels, LabelRule(name, hazard, threshold)), MEASURED.curves)


def model_standing(hazard: Category, stands_from: float | None) -> ModelView:
    """The measured model, which may name `hazard` alone only from this raw score; None: never."""
    curve = Curve((0.0, 1.0), (0.0, 1.0), stands_from)
    return ModelView(MEASURED.labels, {**MEASURED.curves, hazard: curve})


@functools.cache
def shipped_policy() -> Policy:
    """The policy that ships, read once."""
    return load_policy()


@dataclass(frozen=True)
class Case:
    """One named row of the table: a report, and what the decision has to say about it.

    `human` and `route` are only compared where given; `why` must be among the reasons' codes, `not_why` must not.
    """

    name: str
    category: Category
    urgency: Urgency
    text: str = ""
    photos: tuple[Evidence, ...] = ()
    model: ModelView = field(default=MEASURED)
    human: bool | None = None
    why: tuple[str, ...] = ()
    not_why: tuple[str, ...] = ()
    route: str | None = None
    code: str | None = None
    alternatives: tuple[Category, ...] = ()
    confidence: float | None = None

    def decide(self) -> Decision:
        """What the shipped policy decides."""
        return decide(self.photos, self.text, policy=shipped_policy(), model=self.model)
