"""The floor before a wall, as a person with a phone sees it: from metres to pixels, told by the height of a door."""

from dataclasses import dataclass

import numpy as np

from hazardlens.training.composing.clutter_arrays import Floats

_NEAREST_M = 0.7


@dataclass(frozen=True, slots=True)
class FloorView:
    """A level camera before a wall; verticals stay vertical.

    Axes: x right along the wall from the photo's middle, y from the wall towards the camera, z up from the floor.

    Attributes:
        focal_px: focal length.
        centre_px: column of the optical axis.
        horizon_px: row of the horizon.
        distance_m: from the camera to the wall.
        eye_m: height of the camera over the floor.
    """

    focal_px: float
    centre_px: float
    horizon_px: float
    distance_m: float
    eye_m: float

    @classmethod
    def before(
        cls, size_wh: tuple[int, int], floor_px: float, px_per_m: float, eye_m: float, *, focal: float = 0.9
    ) -> "FloorView":
        """The view in which the floor meets the wall at row `floor_px`, where a metre has `px_per_m`.

        Args:
            size_wh: of the photo.
            floor_px: row of the line between wall and floor.
            px_per_m: at the wall.
            eye_m: height of the camera.
            focal: focal length as a multiple of the photo's long side.
        """
        focal_px = focal * max(size_wh)
        horizon_px = floor_px - px_per_m * eye_m
        return cls(focal_px, size_wh[0] / 2, horizon_px, max(focal_px / px_per_m, 1.2), eye_m)

    def scale(self, y_m: float) -> float:
        """Pixels per metre at a distance from the wall."""
        return self.focal_px / max(self.distance_m - y_m, _NEAREST_M)

    def project(self, points: Floats) -> Floats:
        """(N, 3) metres to (N, 2) pixels."""
        depth = np.maximum(self.distance_m - points[:, 1], _NEAREST_M)
        columns = self.centre_px + self.focal_px * points[:, 0] / depth
        rows = self.horizon_px + self.focal_px * (self.eye_m - points[:, 2]) / depth
        return np.asarray(np.stack([columns, rows], axis=1), np.float32)

    def at_wall(self, column_px: float) -> float:
        """The x of a column of the photo on the wall, metres."""
        return (column_px - self.centre_px) * self.distance_m / self.focal_px
