"""How good a network is on validation photos, as one figure to choose by.

It is the mean AP50 over the labels that enough validation boxes can judge: boxes of real photos, or of made scenes of
the validation side where real ones are too few. Labels with few boxes weigh less, because their figure moves by points
when one box is missed. Test photos take no part in any choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.errors import ExportError
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import Subject, box_figures

MIN_BOXES: Final = 5
"""Labels with fewer validation boxes do not count: their figure is chance."""
FULL_BOXES: Final = 30
"""From so many boxes on a label has its full weight; with fewer, its share of it."""
RENDERED_SHARE: Final = 0.5
"""Of its weight, what a label has that only made scenes judge."""


@dataclass(frozen=True, slots=True)
class LabelAccuracy:
    """AP50 of a label on validation photos.

    Attributes:
        label: which.
        ap50: 0..1.
        weight: in a mean over labels.
        made: judged by made scenes, not by real photos.
    """

    label: str
    ap50: float
    weight: float
    made: bool


def can_judge(records: Sequence[PhotoRecord], labels: Sequence[str]) -> bool:
    """Whether real validation photos are enough for `accuracy`: one label has the boxes where it was looked for."""
    return any(
        sum(record.boxes_of(label) for record in records if label in record.looked_for) >= MIN_BOXES for label in labels
    )


def mean_ap50(found: Sequence[LabelAccuracy]) -> float:
    """Weighted mean over labels."""
    return sum(item.ap50 * item.weight for item in found) / sum(item.weight for item in found)


def accuracy(real: Sequence[JudgedPhoto], made: Sequence[JudgedPhoto], labels: Sequence[str]) -> list[LabelAccuracy]:
    """AP50 and weight of each label that real photos, or else made scenes, can judge.

    Raises:
        ExportError: no label has enough boxes.
    """
    found: list[LabelAccuracy] = []
    for label in labels:
        subject = Subject(label, "label", frozenset([label]), {label: 0.0})
        for photos in (real, made):
            figures = box_figures(photos, subject, resamples=0)
            if figures.ap50 is not None and figures.boxes >= MIN_BOXES:
                weight = min(1.0, figures.boxes / FULL_BOXES) * (RENDERED_SHARE if photos is made else 1.0)
                found.append(LabelAccuracy(label, figures.ap50, weight, photos is made))
                break
    if not found:
        raise ExportError(f"no label has {MIN_BOXES} validation boxes to choose a variant by")
    return found
