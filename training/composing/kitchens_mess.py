"""What makes a kitchen look dirty: heaps of dishes in and round the sink, leftovers, waste on the floor."""

from typing import Final

import numpy as np

from hazardlens.training.composing import dishes, obstacles_faces
from hazardlens.training.composing.clutter_arrays import Floats, f32
from hazardlens.training.composing.clutter_layer import Layer
from hazardlens.training.composing.dishes import Pose, Shape, draw_solid
from hazardlens.training.composing.kitchens_surfaces import Surface
from hazardlens.training.composing.kitchens_ware import Ware
from hazardlens.training.composing.obstacles_cutouts import Cutouts
from hazardlens.training.composing.obstacles_drawn import Block, draw_block
from hazardlens.training.composing.obstacles_view import FloorView

_WARE: Final = (
    (240, 240, 236), (232, 228, 215), (225, 230, 235), (196, 205, 214), (190, 150, 110), (70, 95, 140), (150, 60, 50),
    (120, 150, 120), (235, 220, 170), (60, 62, 66),
)  # fmt: skip
_METAL: Final = ((160, 162, 166), (45, 45, 48), (120, 122, 126), (95, 60, 50))
_GLASS: Final = ((205, 215, 212), (60, 100, 60), (110, 70, 35), (180, 200, 215), (200, 60, 50))
_SHAPES: Final = (
    (dishes.PLATE, _WARE, 4.0), (dishes.SMALL_PLATE, _WARE, 2.0), (dishes.BOWL, _WARE, 3.0),
    (dishes.BASIN, _METAL + _WARE[:4], 0.8), (dishes.PAN, _METAL, 1.6), (dishes.POT, _METAL, 1.4),
    (dishes.MUG, _WARE, 1.6), (dishes.GLASS, _GLASS[:1], 1.2), (dishes.BOTTLE, _GLASS, 1.0),
    (dishes.CAN, _METAL + _WARE[5:8], 0.7), (dishes.TUB, _WARE, 0.8),
)  # fmt: skip
_BALL: Final = ((0.3, 0.0), (0.75, 0.3), (1.0, 0.9), (0.75, 1.5), (0.3, 1.8))  # radius and height
_SHARES: Final = f32([share for _, _, share in _SHAPES])
_REAL: Final = 0.6  # share of things that are cut out of photos, where there are such


def any_ware(rng: np.random.Generator) -> tuple[Shape, Floats]:
    """A thing of a kitchen and its colour."""
    shape, colours, _ = _SHAPES[int(rng.choice(len(_SHAPES), p=_SHARES / _SHARES.sum()))]
    return shape, f32(colours[int(rng.integers(0, len(colours)))]) * f32(rng.uniform(0.8, 1.03))


def pose_on(surface: Surface, point: Floats) -> Pose:
    """Standing at a point of a surface, in pixels."""
    row = float(point[1])
    return Pose(float(point[0]), row, surface.scale(row), surface.flatness(row))


def dirty_dishes(layer: Layer, surface: Surface, ware: Ware, rng: np.random.Generator) -> None:
    """A crowd of used dishes, some stacked, some tipped over."""
    crowd = float(rng.uniform(0.1, 0.6) if surface.kind != "sink" else rng.uniform(0, 0.35))
    piled = float(rng.uniform(0, 0.14))
    for point in surface.points(int(rng.integers(7, 22)), rng, crowd=crowd):
        # What is thrown on a pile stands on what lies there already.
        pose = pose_on(surface, point).raised(piled * float(rng.random() ** 2))
        if rng.random() < 0.3:
            _stack(layer, pose, rng)
            continue
        tilt = float(rng.normal(0, 14)) if rng.random() < 0.4 else 0.0
        if rng.random() < _REAL and ware.draw(layer, pose, rng, tilt_deg=tilt):
            continue
        shape, colour = any_ware(rng)
        draw_solid(layer, pose, shape, colour, rng, food=float(rng.uniform(0.2, 1.1)), tilt_deg=tilt)


def _stack(layer: Layer, pose: Pose, rng: np.random.Generator) -> None:
    shape = (dishes.PLATE, dishes.SMALL_PLATE, dishes.BOWL)[int(rng.choice(3, p=(0.55, 0.15, 0.3)))]
    base = f32(_WARE[int(rng.integers(0, len(_WARE)))])
    count = int(rng.integers(2, 9))
    for number in range(count):
        colour = base if rng.random() < 0.7 else f32(_WARE[int(rng.integers(0, len(_WARE)))])
        food = float(rng.uniform(0.3, 1)) if number == count - 1 else float(rng.uniform(0, 0.3))
        at = Pose(pose.x_px + float(rng.normal(0, 0.006)) * pose.px_per_m, pose.y_px, pose.px_per_m, pose.flatness)
        tilt = float(rng.normal(0, 3))
        draw_solid(layer, at, shape, colour * f32(rng.uniform(0.9, 1)), rng, food=food, tilt_deg=tilt)
        pose = pose.raised(0.013 if shape is not dishes.BOWL else 0.026)
    if rng.random() < 0.3:
        top, colour = any_ware(rng)
        draw_solid(layer, pose, top, colour, rng, food=0.6, tilt_deg=float(rng.normal(0, 8)))


def pans(layer: Layer, surface: Surface, rng: np.random.Generator) -> None:
    """Used pots and pans on a hob."""
    for point in surface.points(int(rng.integers(1, 4)), rng):
        shape = (dishes.PAN, dishes.POT)[int(rng.integers(0, 2))]
        colour = f32(_METAL[int(rng.integers(0, len(_METAL)))])
        draw_solid(layer, pose_on(surface, point), shape, colour, rng, food=float(rng.uniform(0.5, 1.2)))


def floor_waste(layer: Layer, surface: Surface, cutouts: Cutouts, ware: Ware, rng: np.random.Generator) -> None:
    """Bags, cartons, bottles and leftovers on the floor."""
    middle = surface.middle
    scale = surface.scale(middle[1])
    size_wh = (layer.alpha.shape[1], layer.alpha.shape[0])
    view = FloorView.before(size_wh, middle[1], scale, 1.5, focal=0.85)
    crowd = float(rng.uniform(0.3, 0.75))
    for point in surface.points(int(rng.integers(5, 14)), rng, crowd=crowd):
        pose = pose_on(surface, point)
        y_m = _depth(view, float(point[1]))
        at = ((float(point[0]) - view.centre_px) * (view.distance_m - y_m) / view.focal_px, y_m, 0.0)
        choice = rng.random()
        if choice < 0.3 and "trash bag" in cutouts.pictures:
            cutouts.draw(layer, view, "trash bag", at, rng)
        elif choice < 0.5:
            size = (float(rng.uniform(0.15, 0.45)), float(rng.uniform(0.12, 0.35)), float(rng.uniform(0.05, 0.3)))
            draw_block(layer, view, Block(at, size, float(rng.normal(0, 0.5))), obstacles_faces.carton(rng), rng)
        elif rng.random() >= _REAL or not ware.draw(layer, pose, rng, tilt_deg=float(rng.choice((-80, 80, 0)))):
            shape, colour = any_ware(rng)
            tipped = float(rng.choice((-80, 80, 0))) if shape.radius_m < 0.06 else 0.0
            draw_solid(layer, pose, shape, colour, rng, food=0.7, tilt_deg=tipped)


def _depth(view: FloorView, row_px: float) -> float:
    below = max(row_px - view.horizon_px, 1.0)
    return view.distance_m - view.focal_px * view.eye_m / below


def clean_dishes(layer: Layer, surface: Surface, ware: Ware, rng: np.random.Generator) -> None:
    """A few clean things side by side, or one neat stack: what every kitchen shows."""
    points = surface.points(int(rng.integers(1, 5)), rng)
    points = points[np.argsort(points[:, 0])]
    shape, colour = any_ware(rng)
    if rng.random() < 0.35:
        pose = pose_on(surface, points[0])
        for _ in range(int(rng.integers(2, 7))):
            draw_solid(layer, pose, dishes.PLATE, colour, rng)
            pose = pose.raised(0.012)
        return
    for point in sorted(points, key=lambda place: float(place[1])):
        pose = pose_on(surface, point)
        if rng.random() < _REAL and ware.draw(layer, pose, rng):
            continue
        if rng.random() < 0.6:
            shape, colour = any_ware(rng)
        draw_solid(layer, pose, shape, colour, rng)


def harmless(layer: Layer, surface: Surface, rng: np.random.Generator) -> None:
    """Small dark or bright things that are no animals: olives, fruit, a ball."""
    for point in surface.points(int(rng.integers(1, 5)), rng):
        pose = pose_on(surface, point)
        radius = float(rng.uniform(0.012, 0.03) if rng.random() < 0.7 else rng.uniform(0.03, 0.05))
        ball = Shape(tuple((radius * w, radius * h) for w, h in _BALL), 0, closed=True)
        dark = rng.random() < 0.6
        colour = f32(rng.uniform(15, 70) * np.ones(3)) if dark else f32(rng.uniform(60, 240, 3))
        draw_solid(layer, pose, ball, colour, rng)
