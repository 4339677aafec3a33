"""Links what was detected on the frames of a clip into tracks, each one thing seen over time.

A small rule instead of a tracker made for every frame of a film: looks are a quarter of a second to a second apart,
the camera moves more than the things do, and what counts is how often a thing was there when it should have been.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from hazardlens.model.boxes import area_xyxy, iou_matrix
from hazardlens.model.detections import Detections

BoxXyxy = tuple[float, float, float, float]

BIRTH_SCORE: Final = 0.05
"""A weaker detection continues a track but begins none."""

LOOKS_THAT_COUNT: Final = 3
"""A track is as sure as the mean of its best three looks; a look at its place without it counts as 0."""

_MEMORY_S: Final = 2.5
_AROUND_S: Final = 0.4
"""What shows for a second is seen no longer half a second on: only looks right beside a track can speak against it."""

_MAX_PER_LOOK: Final = 40
_MAX_AREA_RATIO: Final = 6.0
_REACH: Final = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What one frame showed.

    Attributes:
        time_s: of the frame.
        shot: how many cuts came before it.
        detections: boxes in pixels of the upright clip.
        shift_xy: how far the picture moved since the look before, in the same pixels.
    """

    time_s: float
    shot: int
    detections: Detections
    shift_xy: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Hit:
    """A track's box on one look: which look, when, the detector's raw score, and the box in pixels of the clip."""

    look: int
    time_s: float
    score: float
    box_xyxy: BoxXyxy


@dataclass(slots=True)
class Track:
    """One thing over time, within one shot.

    Attributes:
        label: what the detector drew.
        shot: in which shot.
        hits: where it was seen, in order of time; at least one.
        expected: where it would be on the look at hand if only the camera moved; for linking.
        score: how sure the track is, 0..1; set when the shot is over.
    """

    label: str
    shot: int
    hits: list[Hit]
    expected: BoxXyxy
    score: float = field(default=0.0)

    @property
    def best(self) -> Hit:
        """The hit with the highest score, the first of these."""
        return max(self.hits, key=lambda hit: hit.score)

    @property
    def from_s(self) -> float:
        """When it was first seen."""
        return self.hits[0].time_s

    @property
    def until_s(self) -> float:
        """When it was last seen."""
        return self.hits[-1].time_s


class Tracker:
    """Takes looks in order of time and keeps all tracks."""

    def __init__(self) -> None:
        """Start without a look."""
        self.tracks: list[Track] = []
        self._times: list[tuple[int, float]] = []
        self._alive: list[Track] = []

    def add(self, look: Look) -> list[Track]:
        """Link one look's detections to the tracks, and begin new ones.

        Returns:
            The tracks that were hit, in the order of the detections that count: best first.
        """
        index = len(self._times)
        self._times.append((look.shot, look.time_s))
        self._alive = [
            track for track in self._alive if track.shot == look.shot and look.time_s - track.until_s <= _MEMORY_S
        ]
        for track in self._alive:
            track.expected = _moved(track.expected, look.shift_xy)
        return self._link(index, look)

    def confirmed(self, label: str, shot: int, time_s: float) -> bool:
        """Whether a track of the label that still lives has as many hits as a look more could ask for."""
        return any(
            track.label == label
            and track.shot == shot
            and time_s - track.until_s <= _MEMORY_S
            and len(track.hits) >= LOOKS_THAT_COUNT
            for track in self._alive
        )

    def finish(self) -> list[Track]:
        """All tracks, each with its score, best first."""
        for track in self.tracks:
            track.score = self._score(track)
        return sorted(self.tracks, key=lambda track: (-track.score, track.from_s))

    def _score(self, track: Track) -> float:
        """The mean of the best looks, where looks from just before to just after it that missed it count as 0."""
        begin, end = track.from_s - _AROUND_S, track.until_s + _AROUND_S
        looks = sum(shot == track.shot and begin <= time_s <= end for shot, time_s in self._times)
        return mean_of_best([hit.score for hit in track.hits], looks)

    def _link(self, index: int, look: Look) -> list[Track]:
        found = list(look.detections)[:_MAX_PER_LOOK]
        hit: list[Track] = []
        free = list(self._alive)
        # Best first, so that a strong detection takes the track and a weak one beside it does not.
        for one in sorted(found, key=lambda one: -one.confidence):
            here = Hit(index, look.time_s, one.confidence, one.box_xyxy)
            track = _nearest([track for track in free if track.label == one.label], one.box_xyxy)
            if track is not None:
                free.remove(track)
                track.hits.append(here)
                track.expected = one.box_xyxy
            elif one.confidence >= BIRTH_SCORE:
                track = Track(one.label, look.shot, [here], one.box_xyxy)
                self.tracks.append(track)
                self._alive.append(track)
            if track is not None:
                hit.append(track)
        return hit


def mean_of_best(scores: Sequence[float], looks: int) -> float:
    """The mean of the best three scores; of fewer where there were fewer looks in all.

    Args:
        scores: of the looks that saw it, in any order; at least one.
        looks: how many looks there were, those that missed it too; at least as many as scores.
    """
    counted = min(LOOKS_THAT_COUNT, max(looks, len(scores)))
    return sum(sorted(scores, reverse=True)[:counted]) / counted


def _moved(box: BoxXyxy, shift_xy: tuple[float, float]) -> BoxXyxy:
    return (box[0] + shift_xy[0], box[1] + shift_xy[1], box[2] + shift_xy[0], box[3] + shift_xy[1])


def _nearest(tracks: Iterable[Track], box: BoxXyxy) -> Track | None:
    """The track whose expected box lies closest; None where none is near and of a similar size."""
    candidates = list(tracks)
    if not candidates:
        return None
    expected = np.array([track.expected for track in candidates], np.float64)
    here = np.array([box], np.float64)
    nearness = iou_matrix(here, expected)[0] + _closeness(here[0], expected)
    best = int(nearness.argmax())
    return candidates[best] if nearness[best] > 0 else None


def _closeness(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(4,) and (N, 4) corners to (N,): 1 with the same centre, 0 a mean diagonal away; -2 where sizes differ."""
    centre, centres = (box[:2] + box[2:]) / 2, (others[:, :2] + others[:, 2:]) / 2
    diagonals = (np.hypot(*(box[2:] - box[:2])) + np.hypot(*(others[:, 2:] - others[:, :2]).T)) / 2
    distance = np.hypot(*(centres - centre).T)
    area, areas = max(1.0, float(area_xyxy(box[None])[0])), np.maximum(area_xyxy(others), 1.0)
    ratio = np.maximum(area / areas, areas / area)
    return np.where(ratio <= _MAX_AREA_RATIO, np.maximum(0, 1 - distance / np.maximum(_REACH * diagonals, 1)), -2.0)
