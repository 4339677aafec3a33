"""Where a cover's edge is, and how it turns up about it."""

import math

from mathutils import Matrix, Vector

from hazardlens.training.rendering.studio.covers.sites import Leaf, Site


def side(site: Site, leaf: Leaf) -> tuple[Vector, Vector]:
    """A point on the edge, seen from the middle, and the axis along the edge there."""
    turn = float(site.rng.uniform(0, 2 * math.pi)) if leaf.make.is_round else float(site.rng.integers(4)) * math.pi / 2
    out = Vector((math.cos(turn), math.sin(turn), 0.0))
    reach = leaf.make.half_m[0] if leaf.make.is_round or abs(out.x) > 0.5 else leaf.make.half_m[1]
    return out * reach, Vector((-out.y, out.x, 0.0))


def hinged(site: Site, leaf: Leaf, angle_rad: float) -> Matrix:
    """Turned up about a point of its edge."""
    edge, axis = side(site, leaf)
    foot = edge + Vector((0, 0, -leaf.make.thick_m))
    up = Matrix.Rotation(angle_rad, 4, axis)
    return Matrix.Translation(Vector((*leaf.middle_m, 0.004)) + foot) @ up @ Matrix.Translation(-foot)
