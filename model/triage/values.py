"""What goes into a triage decision and what comes out of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from hazardlens.model.detections import Detections
from hazardlens.model.taxonomy import LABEL_HAZARDS, Category, Urgency

DEFAULT_LABEL_THRESHOLD = 0.25


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one photo, or one look at a clip, showed.

    Attributes:
        detections: boxes in pixels of the upright original.
        width: of that, in pixels.
        height: of that, in pixels.
        of_clip: whether it is a look at a clip. A report has one clip at most, and any number of looks at it.
    """

    detections: Detections
    width: int
    height: int
    of_clip: bool = False


@dataclass(frozen=True, slots=True)
class LabelRule:
    """What a label stands for (None: context only) and the raw score from which one detection of it counts."""

    name: str
    hazard: Category | None
    threshold: float = DEFAULT_LABEL_THRESHOLD


@dataclass(frozen=True, slots=True)
class Curve:
    """Calibration of one hazard: a photo's best raw score to the probability that the hazard is there.

    Attributes:
        scores: strictly rising knots in 0..1.
        probabilities: as many, never falling, in 0..1.
        stands_from: raw score from which the hazard may be named without a person; None: from none, because the data
            support no threshold.

    Raises:
        ValueError: the knots are missing, unequal in number, out of order or out of range.
    """

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]
    stands_from: float | None = 0.0

    def __post_init__(self) -> None:
        """Check the knots."""
        if not self.scores or len(self.scores) != len(self.probabilities):
            raise ValueError(
                f"curve: {len(self.scores)} scores and {len(self.probabilities)} probabilities; need pairs"
            )
        if not all(0 <= value <= 1 for value in (*self.scores, *self.probabilities)):
            raise ValueError("curve: scores and probabilities must lie in 0..1")
        rising = all(a < b for a, b in zip(self.scores, self.scores[1:], strict=False))
        if not rising or any(a > b for a, b in zip(self.probabilities, self.probabilities[1:], strict=False)):
            raise ValueError("curve: scores must rise strictly and probabilities must never fall")

    def __call__(self, score: float) -> float:
        """The probability at `score`: linear between knots, flat outside them."""
        return float(np.interp(score, self.scores, self.probabilities))


@dataclass(frozen=True, slots=True)
class ModelView:
    """The little that triage has to know of a model: its labels, and how far its scores can be believed."""

    labels: tuple[LabelRule, ...] = ()
    curves: Mapping[Category, Curve] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def from_taxonomy(cls, names: Iterable[str] = tuple(LABEL_HAZARDS)) -> "ModelView":
        """The default hazards for these labels, uncalibrated; a name the taxonomy lacks is context only."""
        return cls(tuple(LabelRule(name, LABEL_HAZARDS.get(name)) for name in names))


class Answer(BaseModel):
    """Base of the values that leave through the API: frozen, and nothing unexpected in them."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Reason(Answer):
    """One rule that fired, for a person to read."""

    code: str = Field(description="Stable name of the rule.", examples=["open_manhole"])
    zh: str = Field(description="The reason in Chinese.", examples=["照片中有井盖缺失的井口（得分 0.93）"])
    en: str = Field(description="The reason in English.", examples=["The photo shows an open manhole (score 0.93)"])


class Alternative(Answer):
    """Another category that the report may be about."""

    category: Category
    confidence: float = Field(ge=0, le=1, examples=[0.05])


class ExternalCode(Answer):
    """The category's code in somebody else's catalogue."""

    code: str = Field(examples=["01023"])
    name: str = Field(examples=["不明井盖异常"])
    kind: Literal["component", "matter"] = Field(description="Components and matters reuse the same digits.")
    provisional: bool = Field(description="True while the code rests on one transcription of the standard.")


class Decision(Answer):
    """The pre-filled part of a report: what it is about, how urgent, how sure, and why."""

    category: Category
    urgency: Urgency
    confidence: float = Field(ge=0, le=1, description="Chance that the category is right.", examples=[0.91])
    needs_human: bool = Field(description="True when the machine abstains: take the category as a hint only.")
    route: str = Field(description="Who should act, as a key of the policy.", examples=["sub_district_grid"])
    codes: dict[str, ExternalCode] = Field(description="Codes of other catalogues, by catalogue.")
    alternatives: list[Alternative] = Field(description="Other categories in play, likeliest first.")
    reasons: list[Reason] = Field(description="Every rule that fired, weightiest first.")
