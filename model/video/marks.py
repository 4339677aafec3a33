"""What was followed through a clip, as marks to draw on its frames; `marking` draws them, in the child that decodes."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

Colour = tuple[int, int, int]
Corners = tuple[float, float, float, float]

MAX_MARKS: Final = 12
MAX_PLACES: Final = 64
"""Marks travel on the child's command line, which has an end; between two places a mark goes in a straight line."""

_LINGERS_S: Final = 0.15


@dataclass(frozen=True, slots=True)
class Mark:
    """One track, to be drawn.

    Attributes:
        text: on the box's plate.
        colour: of the box.
        times_s: when it was where, in order.
        boxes_xyxy: as many corners, pixels of the upright clip.
    """

    text: str
    colour: Colour
    times_s: tuple[float, ...]
    boxes_xyxy: tuple[Corners, ...]

    @staticmethod
    def from_json(values: dict[str, Any]) -> "Mark":
        """The same mark in the other process."""
        boxes = tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in values["boxes_xyxy"])
        red, green, blue = values["colour"]
        return Mark(values["text"], (red, green, blue), tuple(values["times_s"]), boxes)

    def at(self, time_s: float) -> Corners | None:
        """Where it is at a time; None before it came and after it went."""
        if not self.times_s[0] - _LINGERS_S <= time_s <= self.times_s[-1] + _LINGERS_S:
            return None
        boxes = np.array(self.boxes_xyxy)
        x_min, y_min, x_max, y_max = (float(np.interp(time_s, self.times_s, boxes[:, side])) for side in range(4))
        return x_min, y_min, x_max, y_max


def thinned(count: int) -> list[int]:
    """Which of `count` places to keep: at most 64, evenly, the first and the last among them."""
    return sorted({round(place) for place in np.linspace(0, count - 1, min(count, MAX_PLACES))})
