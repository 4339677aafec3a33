"""Real bottles, jars, bowls, cups, plates and food, as they stand in kitchens."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hazardlens.training.composing.clutter_layer import Layer
from hazardlens.training.composing.dishes import Pose, shade_foot
from hazardlens.training.composing.photo_parts import Piece

LONG_M: Final = {"bottle": 0.27, "jar": 0.15, "cup": 0.11, "bowl": 0.18, "plate": 0.25, "meal": 0.26, "food": 0.16}
"""Metres along the long side of each kind. `meal` is a filled plate, `food` lies about."""
_MOST_LARGER: Final = 1.7  # than in the photo that it comes from
_FOOT: Final = 0.4  # of its width that darkens what it stands on


@dataclass(frozen=True, slots=True, eq=False)
class Ware:
    """All pieces that there are; none at all where the photos are not at hand."""

    pieces: tuple[Piece, ...]

    def draw(self, layer: Layer, pose: Pose, rng: np.random.Generator, *, tilt_deg: float = 0.0) -> bool:
        """Stand a piece on its pose.

        Args:
            layer: to draw on.
            pose: where its foot is.
            rng: which, how large, and which way round.
            tilt_deg: how far it has tipped to one side.

        Returns:
            Whether there was one that is sharp enough for this place.
        """
        fitting = [item for item in self.pieces if LONG_M[item.kind] * pose.px_per_m < _MOST_LARGER * item.long_px]
        if not fitting:
            return False
        piece = fitting[int(rng.integers(0, len(fitting)))]
        long_m = LONG_M[piece.kind] * float(rng.uniform(0.85, 1.15))
        width, long_side = piece.picture.shape[1], max(piece.picture.shape[:2])
        shade_foot(layer, pose, _FOOT * long_m * width / long_side)
        piece.draw(layer, (pose.x_px, pose.y_px), long_m * pose.px_per_m, rng, tilt_deg=tilt_deg)
        return True
