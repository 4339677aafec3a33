"""A phone's view of level ground: from a point on the ground to a pixel, and from a pixel to a ray."""

from dataclasses import dataclass

import numpy as np

from hazardlens.training.composing.arrays import Floats, vector


@dataclass(frozen=True, slots=True, eq=False)
class GroundCamera:
    """A camera over the ground plane z = 0, in a frame whose origin is a chosen point of the ground.

    Axes before turning: x right, y away from the camera, z up. The unit of length is what the caller says it is.

    Attributes:
        position: (3,) where the camera is.
        axes: (3, 3) rows: right, down, forward.
        focal_px: focal length.
        centre_px: (u, v) of the optical axis.
    """

    position: Floats
    axes: Floats
    focal_px: float
    centre_px: tuple[float, float]

    def rays(self, u: Floats, v: Floats) -> Floats:
        """(3, N) directions through the pixels (u, v), each with length 1 along the optical axis."""
        x = (u - self.centre_px[0]) / self.focal_px
        y = (v - self.centre_px[1]) / self.focal_px
        right, down, forward = self.axes
        return np.asarray(right[:, None] * x + down[:, None] * y + forward[:, None], np.float32)

    def project(self, points: Floats) -> Floats:
        """(N, 3) points to (N, 2) pixels; points behind the camera come out far away."""
        seen = (points - self.position) @ self.axes.T
        depth = np.maximum(seen[:, 2:], 1e-3)
        return np.asarray(seen[:, :2] / depth * self.focal_px + vector(self.centre_px), np.float32)


def camera_over(
    size_wh: tuple[int, int], horizon_px: float, at_px: tuple[float, float], half_width_px: float, turn_rad: float
) -> GroundCamera:
    """The camera that sees a thing of half width 1 on the ground at `at_px`, `half_width_px` wide to each side.

    Args:
        size_wh: of the photo.
        horizon_px: row of the horizon; above the photo (negative) when the camera looks down.
        at_px: pixel of the origin, below the horizon.
        half_width_px: how wide one unit of length is there.
        turn_rad: by which the frame is turned round the vertical.
    """
    width, height = size_wh
    focal = 0.85 * max(width, height)
    pitch = np.arctan2(height / 2 - horizon_px, focal)
    forward = np.array([0, np.cos(pitch), -np.sin(pitch)])
    down = np.array([0, -np.sin(pitch), -np.cos(pitch)])
    axes = np.stack([np.array([1.0, 0, 0]), down, forward])
    x, y = (at_px[0] - width / 2) / focal, (at_px[1] - height / 2) / focal
    position = -(axes[0] * x + axes[1] * y + axes[2]) * (focal / half_width_px)
    turned = np.array([[np.cos(turn_rad), -np.sin(turn_rad), 0], [np.sin(turn_rad), np.cos(turn_rad), 0], [0, 0, 1]])
    return GroundCamera(
        position=np.asarray(turned @ position, np.float32),
        axes=np.asarray(axes @ turned.T, np.float32),
        focal_px=focal,
        centre_px=(width / 2, height / 2),
    )
