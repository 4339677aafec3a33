"""One photo with what is known about it and what a detector found on it: all that a metric may look at.

Photos are only partly labelled: a label that nobody looked for on a photo is *unknown* there, not absent. `JudgedPhoto`
is where that rule lives, so that no metric can forget it.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hazardlens.model.detections import Detections

Boxes = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class JudgedPhoto:
    """A photo's truth beside a detector's answer.

    Attributes:
        photo: its name in photos.csv.
        source: the data set that it came from.
        group: the place, walk or video that it belongs to; intervals resample groups, not photos.
        looked_for: the labels that somebody searched for on this photo, completely.
        truth_labels: one label per true box.
        truth_xyxy: (N, 4) float32, pixels of the upright original image.
        detections: in the same frame; their labels may differ from the truth's.
        size_wh: width and height of the upright original, pixels; (0, 0) where nobody asks.
    """

    photo: str
    source: str
    group: str
    looked_for: frozenset[str]
    truth_labels: tuple[str, ...]
    truth_xyxy: Boxes
    detections: Detections
    size_wh: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        """Refuse truth whose boxes and labels do not pair up."""
        if self.truth_xyxy.shape != (len(self.truth_labels), 4):
            msg = f"truth_xyxy of {self.photo}: expected {(len(self.truth_labels), 4)}, found {self.truth_xyxy.shape}"
            raise ValueError(msg)

    def is_complete_for(self, labels: Collection[str]) -> bool:
        """Whether every one of `labels` was looked for here, so that a box which is not there is known to be absent."""
        return self.looked_for.issuperset(labels)

    def standing(self, labels: Collection[str]) -> bool | None:
        """True: shows one of `labels`; False: known to show none; None: nobody can say.

        One known box is enough to say yes, even where the search for the others was not complete.
        """
        if not set(labels).isdisjoint(self.truth_labels):
            return True
        return False if self.is_complete_for(labels) else None

    def true_boxes(self, labels: Collection[str]) -> Boxes:
        """(N, 4) true boxes of any of `labels`."""
        mask = np.asarray([label in labels for label in self.truth_labels], dtype=bool)
        return np.asarray(self.truth_xyxy[mask], np.float32)

    def found(self, labels: Collection[str]) -> tuple[Boxes, Scores]:
        """(N, 4) boxes and (N,) raw scores that the detector gave to any of `labels`."""
        wanted = [index for index, label in enumerate(self.detections.labels) if label in labels]
        mask = np.isin(self.detections.label_ids, wanted)
        return self.detections.boxes_xyxy[mask], self.detections.confidences[mask]

    def score(self, labels: Collection[str]) -> float:
        """The photo's score for a hazard: the highest raw score of any of its labels, 0 where there is no detection."""
        _, scores = self.found(labels)
        return float(scores.max(initial=0.0))
