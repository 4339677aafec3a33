"""Heaps of things on a floor: what lies together, in which rows, and what is stacked on what."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from hazardlens.training.composing import obstacles_faces as faces
from hazardlens.training.composing.clutter_arrays import f32
from hazardlens.training.composing.clutter_layer import Layer
from hazardlens.training.composing.obstacles_cutouts import Cutouts
from hazardlens.training.composing.obstacles_drawn import Block, draw_bars, draw_block, ladder
from hazardlens.training.composing.obstacles_view import FloorView

BIKE: Final = "bicycle_parked"
HEAP: Final = "stacked_clutter"
SINGLE: Final = ""  # stands about without a label of its own


@dataclass(frozen=True, slots=True)
class Placed:
    """One thing of a heap before it is drawn.

    Attributes:
        y_m: distance from the wall: what is farther away is drawn first.
        z_m: height of its foot over the floor.
        label: `HEAP`, `BIKE` or `SINGLE`.
        draw: draws it and returns its number.
        shade_m: (x, y, half width, half depth) of what it darkens on the floor.
    """

    y_m: float
    z_m: float
    label: str
    draw: Callable[[], int]
    shade_m: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Stage:
    """Where and with what a heap is made."""

    layer: Layer
    view: FloorView
    cutouts: Cutouts
    rng: np.random.Generator

    def block(self, block: Block, face: faces.Face, label: str = HEAP) -> Placed:
        """A drawn box."""
        x, y, z = block.at_m
        reach = max(block.size_m[:2]) / 2
        return Placed(
            y, z, label, lambda: draw_block(self.layer, self.view, block, face, self.rng), (x, y, reach, reach * 0.8)
        )

    def cutout(self, kind: str, at_m: tuple[float, float, float], label: str = HEAP) -> Placed:
        """A cut-out of a real thing."""
        wide = {"bicycle": 0.8, "trash bag": 0.3, "dining table": 0.5}.get(kind, 0.3)
        return Placed(
            at_m[1],
            at_m[2],
            label,
            lambda: self.cutouts.draw(self.layer, self.view, kind, at_m, self.rng),
            (at_m[0], at_m[1], wide, 0.2),
        )


def draw_all(stage: Stage, things: list[Placed]) -> dict[int, str]:
    """Draw things from the wall forward, each with its shadow on the floor; their labels by number."""
    labels: dict[int, str] = {}
    for thing in sorted(things, key=lambda item: (item.y_m, item.z_m)):
        if thing.z_m < 0.05:
            _shade(stage, thing.shade_m)
        labels[thing.draw()] = thing.label
    _shade_behind(stage)
    return labels


def _shade(stage: Stage, shade_m: tuple[float, float, float, float]) -> None:
    x, y, half_width, half_depth = shade_m
    centre = stage.view.project(f32([[x, y, 0]]))[0]
    scale = stage.view.scale(y)
    edge = stage.view.project(f32([[x, y + half_depth, 0]]))[0]
    axes = (max(2.0, half_width * scale * 1.15), max(1.5, abs(float(edge[1] - centre[1])) * 1.25))
    pad = int(axes[0] * 0.5) + 4
    size = (int(axes[1]) * 2 + pad * 2, int(axes[0]) * 2 + pad * 2)
    if max(size) > 1500:
        return
    mask = np.zeros(size, np.float32)
    middle = (size[1] // 2, size[0] // 2)
    cv2.ellipse(mask, middle, (int(axes[0]), int(axes[1])), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    side = max(1, int(axes[1] * 0.6)) | 1
    soft = cv2.blur(cv2.blur(mask, (side, side)), (side, side)) * f32(0.5)
    stage.layer.dim(
        np.asarray(soft, np.float32), (round(float(centre[0])) - middle[0], round(float(centre[1])) - middle[1])
    )


def _shade_behind(stage: Stage) -> None:
    """What stands before a wall keeps some light from it."""
    layer, rng = stage.layer, stage.rng
    rows, columns = np.flatnonzero(layer.alpha.any(axis=1)), np.flatnonzero(layer.alpha.any(axis=0))
    if not rows.size:
        return
    side = max(3, round(0.12 * stage.view.scale(0)))
    x_0, y_0 = max(0, columns[0] - side), max(0, rows[0] - side)
    mask = layer.alpha[y_0 : rows[-1] + side, x_0 : columns[-1] + side]
    soft = cv2.blur(cv2.blur(mask, (side | 1, side | 1)), (side | 1, side | 1)) * f32(rng.uniform(0.12, 0.4))
    shift = round(float(rng.uniform(-0.7, 0.7)) * side)
    layer.dim(np.asarray(soft, np.float32), (int(x_0) + shift, int(y_0) + side // 3))


def heap(stage: Stage, x_m: tuple[float, float], depth_m: float, height_m: float) -> list[Placed]:
    """A heap of one of several kinds between two x, at most `depth_m` deep and about `height_m` high."""
    kinds = (_cartons, _cartons, _bags, _bags, _mixed, _mixed, _furniture, _goods)
    return kinds[int(stage.rng.integers(0, len(kinds)))](stage, x_m, depth_m, height_m)


def _cartons(stage: Stage, x_m: tuple[float, float], depth_m: float, height_m: float) -> list[Placed]:
    rng, things, x = stage.rng, list[Placed](), x_m[0]
    alike = faces.carton(rng) if rng.random() < 0.5 else None
    base = rng.uniform(0.32, 0.62)
    while x < x_m[1] - 0.12:
        width = float(np.clip(base * rng.uniform(0.8, 1.3), 0.25, 0.75))
        y, z = float(rng.uniform(0.2, max(0.25, depth_m))), 0.0
        top = height_m * rng.uniform(0.45, 1.1)
        while z < top and len(things) < 22:
            size = (width * rng.uniform(0.88, 1.04), width * rng.uniform(0.6, 0.9), base * rng.uniform(0.5, 0.95))
            at = (x + width / 2 + float(rng.normal(0, 0.025)), y, z)
            turn = float(rng.normal(0, 0.22))
            things.append(stage.block(Block(at, size, turn), alike or faces.carton(rng)))
            z += size[2]
        x += width * float(rng.uniform(0.9, 1.15))
    return things


def _bags(stage: Stage, x_m: tuple[float, float], depth_m: float, height_m: float) -> list[Placed]:
    rng, things = stage.rng, list[Placed]()
    if "trash bag" not in stage.cutouts.pictures:
        return _cartons(stage, x_m, depth_m, height_m)
    rows = max(1, min(round(height_m / 0.45), round((x_m[1] - x_m[0]) / 0.45)))
    for row in range(rows):
        inset = 0.16 * row * rng.uniform(0.5, 1.3)
        x = x_m[0] + inset + 0.12
        while x < x_m[1] - inset - 0.05:
            # What lies higher lies further back, on what was put there first.
            y = float(np.clip(depth_m * (1 - row / rows) * rng.uniform(0.5, 1.1), 0.12, None))
            things.append(stage.cutout("trash bag", (x, y, 0.36 * row * float(rng.uniform(0.8, 1.1)))))
            x += float(rng.uniform(0.24, 0.44))
    return things


def _mixed(stage: Stage, x_m: tuple[float, float], depth_m: float, height_m: float) -> list[Placed]:
    rng = stage.rng
    middle = x_m[0] + (x_m[1] - x_m[0]) * rng.uniform(0.35, 0.65)
    boxes = _cartons(stage, (x_m[0], middle), depth_m * 0.6, height_m)
    soft = _bags(stage, (middle - 0.1, x_m[1]), depth_m, height_m * 0.7)
    extra = _furniture(stage, x_m, depth_m * 0.4, height_m) if rng.random() < 0.4 else []
    return [*boxes, *soft, *extra[:2]]


def _furniture(stage: Stage, x_m: tuple[float, float], depth_m: float, height_m: float) -> list[Placed]:
    rng, things, x = stage.rng, list[Placed](), x_m[0]
    stand = [kind for kind in ("chair", "dining table", "refrigerator", "tv", "suitcase", "oven", "toilet", "bench")
             if kind in stage.cutouts.pictures]  # fmt: skip
    while x < x_m[1] - 0.1:
        y = float(rng.uniform(0.25, max(0.3, depth_m)))
        choice = rng.random()
        if choice < 0.35 and stand:
            things.append(stage.cutout(stand[int(rng.integers(0, len(stand)))], (x + 0.25, y, 0.0)))
            x += 0.5
        elif choice < 0.55:  # a mattress or board on edge, leaning back
            size = (float(rng.uniform(0.8, 1.3)), float(rng.uniform(0.12, 0.22)), float(rng.uniform(1.0, 1.8)))
            things.append(stage.block(Block((x + size[0] / 2, 0.15, 0), size, float(rng.normal(0, 0.06))),
                                      faces.mattress(rng)))  # fmt: skip
            x += size[0] * 0.6
        else:
            face = faces.cabinet(rng) if rng.random() < 0.65 else faces.appliance(rng)
            size = (float(rng.uniform(0.45, 0.9)), 0.45, float(rng.uniform(0.5, min(1.5, height_m + 0.3))))
            things.append(stage.block(Block((x + size[0] / 2, y, 0), size, float(rng.normal(0, 0.25))), face))
            x += size[0] * 0.95
    return things + _cartons(stage, (x_m[0] + 0.1, x_m[0] + 0.5), depth_m + 0.2, 0.4)


def _goods(stage: Stage, x_m: tuple[float, float], depth_m: float, height_m: float) -> list[Placed]:
    """Crates and cartons on a pallet, as shops leave them."""
    rng, things = stage.rng, list[Placed]()
    middle, wide = (x_m[0] + x_m[1]) / 2, max(0.8, x_m[1] - x_m[0])
    pallets = 1 if wide < 1.5 else 2
    for number in range(pallets):
        x = middle + (number - (pallets - 1) / 2) * 1.15
        y = float(rng.uniform(0.5, max(0.55, depth_m)))
        things.append(stage.block(Block((x, y, 0), (1.1, 0.8, 0.14), float(rng.normal(0, 0.08))), faces.planks(rng)))
        face = faces.crate(rng) if rng.random() < 0.55 else faces.carton(rng)
        high = max(1, round(height_m / 0.3 * float(rng.uniform(0.5, 1.1))))
        for column in range(int(rng.integers(2, 4))):
            for level in range(max(1, high - int(rng.integers(0, 2)))):
                at = (x - 0.36 + column * 0.37, y + 0.02 * column, 0.14 + level * 0.28)
                block = Block(at, (0.36, 0.5, 0.275), float(rng.normal(0, 0.03)))
                things.append(stage.block(block, face))
    return things


def singles(stage: Stage, x_m: tuple[float, float], depth_m: float) -> list[Placed]:
    """Things that block without being a heap: bins, bicycles, a ladder, a row of chairs."""
    rng = stage.rng
    middle = (x_m[0] + x_m[1]) / 2
    choice = rng.random()
    if choice < 0.3 and "bicycle" in stage.cutouts.pictures:
        count = int(rng.integers(1, 4))
        return [
            stage.cutout("bicycle", (middle + float(rng.normal(0, 0.3)), 0.3 + 0.35 * k, 0.0), BIKE)
            for k in range(count)
        ]
    if choice < 0.5:
        foot = (middle + float(rng.normal(0, 0.15)), float(rng.uniform(0.5, 0.9)))
        bars = ladder(foot, float(rng.uniform(0.3, foot[1] - 0.05)), float(rng.uniform(1.6, 2.6)))
        colour = ((176.0, 178.0, 182.0), (190.0, 140.0, 80.0), (200.0, 160.0, 40.0))[int(rng.integers(0, 3))]
        return [
            Placed(foot[1], 0.0, SINGLE, lambda: draw_bars(stage.layer, stage.view, bars, colour), (*foot, 0.25, 0.1)),
            bin_at(stage, middle - 0.35, depth_m),
        ]
    return [bin_at(stage, x_m[0] + 0.35 + k * 0.66, depth_m) for k in range(max(1, round((x_m[1] - x_m[0]) / 0.7)))]


def bin_at(stage: Stage, x_m: float, depth_m: float) -> Placed:
    """A wheeled bin."""
    rng = stage.rng
    large = rng.random() < 0.3
    size = (0.62, 0.72, float(rng.uniform(1.0, 1.12))) if not large else (1.2, 0.8, float(rng.uniform(1.1, 1.25)))
    at = (x_m, float(rng.uniform(0.45, max(0.5, depth_m))), 0.0)
    return stage.block(Block(at, size, float(rng.normal(0, 0.25)), 0.2), faces.wheelie_bin(rng), SINGLE)


def small_thing(stage: Stage, x_m: float) -> Placed:
    """Something small that people do leave by a door, and that blocks nothing."""
    rng = stage.rng
    kinds = [kind for kind in ("potted plant", "chair", "suitcase") if kind in stage.cutouts.pictures]
    if kinds and rng.random() < 0.75:
        return stage.cutout(kinds[int(rng.integers(0, len(kinds)))], (x_m, float(rng.uniform(0.2, 0.4)), 0.0), SINGLE)
    size = (0.3, 0.3, float(rng.uniform(0.3, 0.6)))
    at = (x_m, float(rng.uniform(0.2, 0.4)), 0.0)
    return stage.block(Block(at, size, float(rng.normal(0, 0.2)), 0.12), faces.wheelie_bin(rng), SINGLE)
