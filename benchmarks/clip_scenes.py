"""Clips with known moments: a shaking camera goes along labelled photos, and where each box is on each frame is known.

Photos that hang side by side make a walk without a cut: the camera dwells on one, then swings to the next, and what it
shows in between is blurred as by a real shutter.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]
Boxes = npt.NDArray[np.float32]

MIN_VISIBLE: Final = 0.6
"""A box counts as seen while this much of its area is in view."""

_WALL_HEIGHT: Final = 720
_VIEW_SHARE: Final = 0.86
_SWING_S: Final = 0.4
_SHUTTER_S: Final = 1 / 30
_SHUTTER_STEPS: Final = 9
_DRIFT: Final = 0.05
_SHAKE: Final = 0.004


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """A photo on the wall, and for how long the camera dwells on it.

    Attributes:
        pixels: (H, W, 3) uint8, RGB.
        labels: one per box.
        boxes_xyxy: (N, 4) float32, pixels of the photo.
        seconds: in front of it.
        dark: the light is off meanwhile.
        source: name of the photo.
        looked_for: labels that were looked for on it; any other may be there unnamed.
    """

    pixels: Pixels
    labels: tuple[str, ...]
    boxes_xyxy: Boxes
    seconds: float
    dark: bool = False
    source: str = ""
    looked_for: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class ClipFrame:
    """One frame of a film, and what can be seen on it.

    Attributes:
        time_s: from the start.
        pixels: (H, W, 3) uint8, RGB.
        labels: one per visible box.
        boxes_xyxy: (N, 4) float32, pixels of the frame, cut to it.
        sight: which sight is dwelt on, counted over the film; -1 while the camera swings.
        walk: which walk it belongs to: how many cuts came before it.
    """

    time_s: float
    pixels: Pixels
    labels: tuple[str, ...]
    boxes_xyxy: Boxes
    sight: int
    walk: int = 0


def film(walks: Sequence[Sequence[Sight]], *, size_wh: tuple[int, int], rate: float, seed: int) -> Iterator[ClipFrame]:
    """Walks one after the other, with a cut between them.

    Args:
        walks: each is a row of sights; one sight is a plain shot.
        size_wh: of the frames.
        rate: frames in a second.
        seed: of the camera's shake and the sensor's noise.
    """
    rng = np.random.default_rng(seed)
    start_s, first = 0.0, 0
    for number, walk in enumerate(walks):
        wall = _Wall(walk, size_wh, rng)
        for index in range(max(1, round(wall.seconds * rate))):
            frame = wall.frame(index / rate)
            sight = frame.sight if frame.sight < 0 else frame.sight + first
            yield ClipFrame(start_s + index / rate, frame.pixels, frame.labels, frame.boxes_xyxy, sight, number)
        start_s += max(1, round(wall.seconds * rate)) / rate
        first += len(walk)


class _Wall:
    """One row of sights and the camera's way along it."""

    def __init__(self, walk: Sequence[Sight], size_wh: tuple[int, int], rng: np.random.Generator) -> None:
        self._walk, self._size_wh, self._rng = walk, size_wh, rng
        widths = [max(1, round(s.pixels.shape[1] * _WALL_HEIGHT / s.pixels.shape[0])) for s in walk]
        self._edges = np.concatenate([[0], np.cumsum(widths)])
        self._wall = Image.new("RGB", (int(self._edges[-1]), _WALL_HEIGHT))
        boxes: list[Boxes] = []
        for sight, left, width in zip(walk, self._edges, widths, strict=False):
            photo = Image.fromarray(sight.pixels).resize((width, _WALL_HEIGHT), Image.Resampling.BICUBIC)
            self._wall.paste(photo, (int(left), 0))
            scale = np.array([width / sight.pixels.shape[1], _WALL_HEIGHT / sight.pixels.shape[0]] * 2, np.float32)
            boxes.append(sight.boxes_xyxy * scale + np.array([left, 0, left, 0], np.float32))
        self._boxes = np.concatenate(boxes).astype(np.float32)
        self._labels = tuple(label for sight in walk for label in sight.labels)
        self._phase = rng.uniform(0, 2 * math.pi, 6)
        ends = np.cumsum([sight.seconds for sight in walk]) + _SWING_S * np.arange(len(walk))
        self._ends = ends
        self.seconds = float(ends[-1])

    def frame(self, time_s: float) -> ClipFrame:
        """What the camera sees at this time of the walk."""
        sight = self._sight(time_s)
        steps = _SHUTTER_STEPS if sight < 0 else 1
        views = [self._view(time_s + _SHUTTER_S * step / steps) for step in range(steps)]
        pixels = np.mean([self._shoot(view) for view in views], axis=0) if steps > 1 else self._shoot(views[0])
        nearest = min(int(np.searchsorted(self._ends, time_s)), len(self._walk) - 1)
        gain, noise = (0.12, 5.0) if self._walk[nearest].dark else (1.0, 2.0)
        grain = self._rng.normal(0, noise, (*pixels.shape[:2], 1))
        exposed = np.clip(pixels * gain + grain, 0, 255).astype(np.uint8)
        labels, boxes = self._visible(views[0])
        return ClipFrame(time_s, exposed, labels, boxes, sight)

    def _sight(self, time_s: float) -> int:
        index = min(int(np.searchsorted(self._ends, time_s, side="right")), len(self._walk) - 1)
        begin = self._ends[index] - self._walk[index].seconds
        return index if time_s >= begin - 1e-9 else -1

    def _view(self, time_s: float) -> tuple[float, float, float, float]:
        """Left, top, width and height of what the camera sees, in pixels of the wall."""
        index = min(int(np.searchsorted(self._ends, time_s, side="right")), len(self._walk) - 1)
        begin = float(self._ends[index] - self._walk[index].seconds)
        ahead = self._window(index, max(0.0, time_s - begin))
        if time_s >= begin or index == 0:
            return ahead
        behind = self._window(index - 1, self._walk[index - 1].seconds)
        done = (1 - math.cos(math.pi * (1 - (begin - time_s) / _SWING_S))) / 2
        left, top, width, height = (a + (b - a) * done for a, b in zip(behind, ahead, strict=True))
        return left, top, width, height

    def _window(self, index: int, since_s: float) -> tuple[float, float, float, float]:
        left, right = float(self._edges[index]), float(self._edges[index + 1])
        aspect = self._size_wh[0] / self._size_wh[1]
        height = min(_WALL_HEIGHT, (right - left) / aspect) * _VIEW_SHARE
        width = height * aspect
        drift = math.sin(0.5 * since_s + self._phase[0] + index) * _DRIFT
        rise = math.sin(0.35 * since_s + self._phase[1] + index) * _DRIFT
        shake = [
            math.sin(2 * math.pi * rate * since_s + self._phase[n]) for n, rate in enumerate((1.3, 1.7, 4.1, 3.7), 2)
        ]
        x = (left + right) / 2 + width * (drift + _SHAKE * (shake[0] + 0.4 * shake[2])) - width / 2
        y = _WALL_HEIGHT / 2 + height * (rise + _SHAKE * (shake[1] + 0.4 * shake[3])) - height / 2
        return x, min(max(0.0, y), _WALL_HEIGHT - height), width, height

    def _shoot(self, view: tuple[float, float, float, float]) -> npt.NDArray[np.float32]:
        left, top, width, height = view
        across, down = width / self._size_wh[0], height / self._size_wh[1]
        shot = self._wall.transform(
            self._size_wh, Image.Transform.AFFINE, (across, 0, left, 0, down, top), Image.Resampling.BILINEAR
        )
        return np.asarray(shot, np.float32)

    def _visible(self, view: tuple[float, float, float, float]) -> tuple[tuple[str, ...], Boxes]:
        left, top, width, height = view
        scale = np.array([self._size_wh[0] / width, self._size_wh[1] / height] * 2, np.float32)
        boxes = (self._boxes - np.array([left, top, left, top], np.float32)) * scale
        cut = np.clip(boxes, 0, np.array([*self._size_wh] * 2, np.float32))
        whole = np.maximum(1e-6, (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
        seen = (cut[:, 2] - cut[:, 0]) * (cut[:, 3] - cut[:, 1]) / whole >= MIN_VISIBLE
        return tuple(np.array(self._labels, object)[seen].tolist()), cut[seen]
