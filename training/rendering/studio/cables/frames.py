"""A wall's own directions: along it, out of it, up."""

import math
from dataclasses import dataclass

from hazardlens.training.rendering.studio.cables.curves import Point


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a wall stands; with no turn it runs along x and faces -y.

    Attributes:
        x_m, y_m: the foot of its middle.
        turn_rad: about the vertical.
        z_m: height of its foot.
    """

    x_m: float = 0.0
    y_m: float = 0.0
    turn_rad: float = 0.0
    z_m: float = 0.0

    @property
    def out(self) -> Point:
        """Unit vector out of the wall, towards the viewer."""
        return (math.sin(self.turn_rad), -math.cos(self.turn_rad), 0.0)

    def at(self, along_m: float, out_m: float, up_m: float) -> Point:
        """A point given by the wall's own directions."""
        cos, sin = math.cos(self.turn_rad), math.sin(self.turn_rad)
        return (self.x_m + along_m * cos + out_m * sin, self.y_m + along_m * sin - out_m * cos, self.z_m + up_m)

    def inside(self, point: Point) -> Point:
        """The other way round: along, out and up of a point."""
        cos, sin = math.cos(self.turn_rad), math.sin(self.turn_rad)
        x, y = point[0] - self.x_m, point[1] - self.y_m
        return (x * cos + y * sin, x * sin - y * cos, point[2] - self.z_m)
