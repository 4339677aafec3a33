"""Where rays meet a cover: a flat prism, round or four-sided, standing anyhow over its hole."""

from dataclasses import dataclass

import numpy as np

from hazardlens.training.composing.arrays import Floats

_FAR = np.float32(1e6)


@dataclass(frozen=True, slots=True)
class Outline:
    """A circle of radius `half_width`, or a rectangle."""

    is_round: bool
    half_width: float
    half_depth: float

    def scaled(self, factor: float) -> "Outline":
        """The same outline, larger or smaller."""
        return Outline(self.is_round, self.half_width * factor, self.half_depth * factor)

    def distance(self, x: Floats, y: Floats) -> Floats:
        """How far outside a point lies; negative inside. Exact for circles, near enough for rectangles."""
        if self.is_round:
            return np.asarray(np.sqrt(x * x + y * y) - np.float32(self.half_width), np.float32)
        beside, behind = np.abs(x) - np.float32(self.half_width), np.abs(y) - np.float32(self.half_depth)
        return np.asarray(np.maximum(beside, behind), np.float32)

    def span(self, origin: Floats, rays: Floats) -> tuple[Floats, Floats]:
        """(near, far) along (3, N) rays from (3, 1) or (3, N) origins through the upright prism; near > far: missed."""
        if self.is_round:
            a = rays[0] ** 2 + rays[1] ** 2 + np.float32(1e-9)
            b = origin[0] * rays[0] + origin[1] * rays[1]
            c = origin[0] ** 2 + origin[1] ** 2 - np.float32(self.half_width**2)
            square = b * b - a * c
            root = np.sqrt(np.maximum(square, 0))
            near = np.where(square > 0, (-b - root) / a, _FAR)
            return near, np.where(square > 0, (-b + root) / a, -_FAR)
        spans = [_slab(origin[k], rays[k], half) for k, half in enumerate((self.half_width, self.half_depth))]
        return np.maximum(spans[0][0], spans[1][0]), np.minimum(spans[0][1], spans[1][1])

    def rim(self, count: int = 40) -> Floats:
        """(count, 2) points along the outline."""
        angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
        x, y = np.cos(angle), np.sin(angle)
        if not self.is_round:
            largest = np.maximum(np.abs(x), np.abs(y))
            x, y = x / largest * self.half_width, y / largest * self.half_depth
        else:
            x, y = x * self.half_width, y * self.half_width
        return np.asarray(np.stack([x, y], axis=1), np.float32)


def _slab(origin: Floats, rays: Floats, half: float) -> tuple[Floats, Floats]:
    speed = np.where(np.abs(rays) < 1e-6, np.float32(1e-6), rays)
    first, second = (-half - origin) / speed, (half - origin) / speed
    return np.asarray(np.minimum(first, second), np.float32), np.asarray(np.maximum(first, second), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """Where a cover is. Its own frame: x, y on its upper face, whose centre is the origin, z up out of it.

    Attributes:
        axes: (3, 3) columns: the cover's axes in the frame of the hole.
        centre: (3,) of the upper face, in the frame of the hole.
    """

    axes: Floats
    centre: Floats

    def points(self, points: Floats) -> Floats:
        """(3, N) points of the hole's frame in the cover's."""
        return np.asarray(self.axes.T @ (points - self.centre[:, None]), np.float32)

    def directions(self, rays: Floats) -> Floats:
        """(3, N) directions likewise."""
        return np.asarray(self.axes.T @ rays, np.float32)


def pose(turn_rad: float, tilt_rad: float, tilt_towards_rad: float, centre: tuple[float, float, float]) -> Pose:
    """A cover turned in its plane, then tilted so that the side at `tilt_towards_rad` rises."""
    cos, sin = np.cos(turn_rad), np.sin(turn_rad)
    turned = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    to_x, to_y = np.cos(tilt_towards_rad), np.sin(tilt_towards_rad)
    hinge = np.array([to_y, -to_x, 0.0])
    cross = np.array([[0, -hinge[2], hinge[1]], [hinge[2], 0, -hinge[0]], [-hinge[1], hinge[0], 0]])
    tilted = np.eye(3) + np.sin(tilt_rad) * cross + (1 - np.cos(tilt_rad)) * cross @ cross
    return Pose(np.asarray(tilted @ turned, np.float32), np.asarray(centre, np.float32))


def shade_of(points: Floats, towards: Floats, outline: Outline, at: Pose, softness: float) -> Floats:
    """How much of the light from one direction reaches points past a cover: 1 all, 0 none.

    Args:
        points: (3, N) in the hole's frame.
        towards: (3,) unit vector to the light.
        outline: of the cover.
        at: its pose.
        softness: width of the half-shadow for each unit of distance from the cover.
    """
    local = at.points(points)
    ray = at.directions(towards[:, None])
    speed = float(ray[2, 0])
    if abs(speed) < 1e-3:
        return np.ones(points.shape[1], np.float32)
    way = -local[2] / np.float32(speed)
    outside = outline.distance(local[0] + way * ray[0, 0], local[1] + way * ray[1, 0])
    shade = np.clip(outside / (np.float32(softness) * np.maximum(way, 0) + np.float32(0.012)) * 0.5 + 0.5, 0, 1)
    return np.asarray(np.where(way > 1e-4, shade, 1.0), np.float32)
