"""Bodies put together from many small parts into one mesh: rings, lumps, flat blots, tapered limbs, blades."""

import math
import random
from collections.abc import Sequence
from typing import Any, Final

import bpy
from mathutils import Vector

Point = tuple[float, float, float]

_PHI: Final = (1 + 5**0.5) / 2
_ICO_POINTS: Final[tuple[Point, ...]] = (
    (-1, _PHI, 0), (1, _PHI, 0), (-1, -_PHI, 0), (1, -_PHI, 0), (0, -1, _PHI), (0, 1, _PHI),
    (0, -1, -_PHI), (0, 1, -_PHI), (_PHI, 0, -1), (_PHI, 0, 1), (-_PHI, 0, -1), (-_PHI, 0, 1),
)  # fmt: skip
_ICO_FACES: Final[tuple[tuple[int, int, int], ...]] = (
    (0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4), (11, 10, 2), (10, 7, 6),
    (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8), (3, 8, 9),
    (4, 9, 5), (2, 4, 11), (6, 2, 10), (8, 6, 7), (9, 8, 1),
)  # fmt: skip


class Clay:
    """A mesh that grows part by part; every part has the index of its material."""

    def __init__(self) -> None:
        self._points: list[Point] = []
        self._faces: list[tuple[int, ...]] = []
        self._skins: list[int] = []

    def rings(
        self,
        rings: Sequence[Sequence[Point]],
        *,
        skin: int = 0,
        skins: Sequence[int] = (),
        caps: tuple[bool, bool] = (False, False),
    ) -> None:
        """Join closed rings of equally many points; `skins` names the material of each step, `caps` closes the ends."""
        start, sides = len(self._points), len(rings[0])
        for ring in rings:
            self._points.extend((point[0], point[1], point[2]) for point in ring)
        for step in range(len(rings) - 1):
            low = start + step * sides
            for side in range(sides):
                after = (side + 1) % sides
                self._add(
                    (low + side, low + after, low + sides + after, low + sides + side), skins[step] if skins else skin
                )
        last = start + (len(rings) - 1) * sides
        if caps[0]:
            self._add(tuple(range(start + sides - 1, start - 1, -1)), skins[0] if skins else skin)
        if caps[1]:
            self._add(tuple(range(last, last + sides)), skins[-1] if skins else skin)

    def limb(
        self,
        path: Sequence[Sequence[float]],
        radii_m: Sequence[float],
        *,
        sides: int = 6,
        flat: float = 1.0,
        skin: int = 0,
    ) -> None:
        """A tapered tube along points; `flat` below 1 presses it flat from above."""
        points = [Vector(point) for point in path]
        rings = []
        for index, (point, radius) in enumerate(zip(points, radii_m, strict=True)):
            ahead = points[min(index + 1, len(points) - 1)] - points[max(index - 1, 0)]
            side = ahead.cross(Vector((0, 0, 1)))
            side = side.normalized() if side.length > 1e-6 else Vector((0, 1, 0))
            up = side.cross(ahead).normalized() * flat
            turns = [2 * math.pi * turn / sides for turn in range(sides)]
            rings.append([tuple(point + radius * (math.cos(turn) * side + math.sin(turn) * up)) for turn in turns])
        self.rings(rings, skin=skin, caps=(True, True))

    def lump(
        self,
        centre_m: Sequence[float],
        radii_m: Sequence[float],
        rng: random.Random,
        *,
        uneven: float = 0.25,
        skin: int = 0,
        finer: bool = False,
    ) -> None:
        """A roundish crumb or morsel, turned anyhow when it is `uneven`."""
        start = len(self._points)
        turn, points, faces = rng.uniform(0, 6.3), list(_ICO_POINTS), list(_ICO_FACES)
        if finer:
            points, faces = _split(points, faces)
        cos, sin = math.cos(turn), math.sin(turn)
        for point in points:
            length = math.sqrt(sum(value * value for value in point))
            x, y, z = (
                value / length * (1 + rng.uniform(-uneven, uneven)) * radius
                for value, radius in zip(point, radii_m, strict=True)
            )
            self._points.append((centre_m[0] + x * cos - y * sin, centre_m[1] + x * sin + y * cos, centre_m[2] + z))
        for a, b, c in faces:
            self._add((start + a, start + b, start + c), skin)

    def blot(
        self,
        centre_m: Sequence[float],
        radius_m: float,
        rng: random.Random,
        *,
        thick_m: float = 0.002,
        long: float = 1.0,
        skin: int = 0,
    ) -> None:
        """Something spilt on a level place: an irregular flat patch, highest in the middle."""
        outline = blot_outline(rng, radius_m, long)
        x, y, z = centre_m
        rings = [
            [(x + a * k, y + b * k, z + thick_m * h) for a, b in outline]
            for k, h in ((1.0, 0.15), (0.93, 0.75), (0.6, 1.0), (0.01, 1.0))
        ]
        self.rings(rings, skin=skin, caps=(False, True))

    def blade(self, corners: Sequence[Point], *, skin: int = 0) -> None:
        """One flat face: a hair, a leaf, a shred of paper."""
        start = len(self._points)
        self._points.extend(corners)
        self._add(tuple(range(start, start + len(corners))), skin)

    def thing(self, name: str, materials: Sequence[Any], *, smooth: bool = True) -> Any:
        """The object, on the stage."""
        thing = bpy.data.objects.new(name, self.mesh(name, materials, smooth=smooth))
        bpy.context.scene.collection.objects.link(thing)
        return thing

    def mesh(self, name: str, materials: Sequence[Any], *, smooth: bool = True) -> Any:
        """The mesh alone, for several objects."""
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata(self._points, [], self._faces)
        for material in materials:
            mesh.materials.append(material)
        mesh.polygons.foreach_set("material_index", self._skins)
        if smooth:
            mesh.polygons.foreach_set("use_smooth", [True] * len(self._faces))
        return mesh

    def _add(self, face: tuple[int, ...], skin: int) -> None:
        self._faces.append(face)
        self._skins.append(skin)


def circle(radius_m: float, z_m: float, sides: int = 36) -> list[Point]:
    """A level ring."""
    return oval(radius_m, radius_m, z_m, 2.0, sides)


def oval(half_x_m: float, half_y_m: float, z_m: float, square: float = 2.0, sides: int = 48) -> list[Point]:
    """A level ring between an ellipse (`square` 2) and a rectangle with round corners (`square` 8 and more)."""
    ring = []
    for side in range(sides):
        turn = 2 * math.pi * (side + 0.5) / sides
        cos, sin = math.cos(turn), math.sin(turn)
        reach = (abs(cos) ** square + abs(sin) ** square) ** (-1 / square)
        ring.append((half_x_m * cos * reach, half_y_m * sin * reach, z_m))
    return ring


def blot_outline(rng: random.Random, radius_m: float, long: float = 1.0, sides: int = 36) -> list[tuple[float, float]]:
    """The edge of a spill, `long` times longer than wide, turned anyhow."""
    waves = [(count, rng.uniform(0, 0.34) / count**0.5, rng.uniform(0, 6.3)) for count in (2, 3, 5, 8)]
    turn = rng.uniform(0, 6.3)
    outline = []
    for side in range(sides):
        angle = 2 * math.pi * side / sides
        reach = radius_m * (1 + sum(size * math.sin(count * angle + phase) for count, size, phase in waves))
        x, y = reach * math.cos(angle) * long**0.5, reach * math.sin(angle) / long**0.5
        outline.append((x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)))
    return outline


def _split(points: list[Point], faces: list[tuple[int, int, int]]) -> tuple[list[Point], list[tuple[int, int, int]]]:
    """Four triangles for each, on the sphere."""
    points, middles, finer = list(points), {}, []
    radius = math.sqrt(sum(value * value for value in points[0]))

    def middle(a: int, b: int) -> int:
        key = (min(a, b), max(a, b))
        if key not in middles:
            middles[key] = len(points)
            points.append(tuple((Vector(points[a]) + Vector(points[b])).normalized() * radius))
        return middles[key]

    for a, b, c in faces:
        ab, bc, ca = middle(a, b), middle(b, c), middle(c, a)
        finer += [(a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca)]
    return points, finer
