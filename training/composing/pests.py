"""Rats and cockroaches in real kitchens and by real heaps of rubbish: `kitchen_pest` round each."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hazardlens.training.composing.clutter_arrays import Floats, f32
from hazardlens.training.composing.clutter_layer import Layer
from hazardlens.training.composing.clutter_look import look_of
from hazardlens.training.composing.kitchens import DirtyKitchen, labelled, pick, tidy_kitchen
from hazardlens.training.composing.kitchens_surfaces import Surface, surfaces_of, zoomed
from hazardlens.training.composing.pests_cutouts import Rats
from hazardlens.training.composing.pests_drawn import draw_rat, draw_roach
from hazardlens.training.composing.scene import Box, Scene
from hazardlens.training.data.records import PhotoRecord

PEST: Final = "kitchen_pest"
_HEAP: Final = "stacked_clutter"
_RAT_M: Final = 0.2
_ROACH_M: Final = 0.033
_RAT_SHARE: Final = (0.07, 0.28)  # of the photo's long side
_ROACH_SHARE: Final = (0.035, 0.16)
_MOST_ZOOM: Final = 5.0
_HEAP_M: Final = 1.0  # a heap is about so high, which tells the scale of a street
_LEAST_PX: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class PestVisit:
    """Rats or cockroaches on the floor, the counter, the hob or the wall of a kitchen, clean or dirtied before."""

    rats: Rats
    dirty: DirtyKitchen
    name: str = "kitchen-pests"

    def suits(self, record: PhotoRecord) -> bool:
        """A tidy kitchen whose surfaces are marked."""
        return tidy_kitchen(record)

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Come close to one surface and let animals onto it."""
        roaches = rng.random() < 0.35
        surfaces = [item for item in surfaces_of(scene) if roaches or item.kind != "wall"]
        if not surfaces or scene.labels:
            return None
        surface = pick(surfaces, rng)
        share = float(rng.uniform(*(_ROACH_SHARE if roaches else _RAT_SHARE)))
        long_px = max(scene.width_px, scene.height_px)
        natural = (_ROACH_M if roaches else _RAT_M) * surface.px_per_m
        zoom = float(np.clip(share * long_px / natural, 1.0, _MOST_ZOOM))
        if zoom > 1.1:
            scene, surface = zoomed(scene, surface, zoom, rng)
        if rng.random() < 0.35:
            scene = self.dirty.dirtied(scene, [surface], rng) or scene
        # What cannot be come close to is drawn larger: a roach of two pixels teaches nothing.
        length_px = max(natural * zoom, (0.035 if roaches else 0.05) * long_px) * float(rng.uniform(0.85, 1.2))
        return self._let_in(scene, surface, length_px, rng, roaches=roaches)

    def _let_in(
        self, scene: Scene, surface: Surface, length_px: float, rng: np.random.Generator, *, roaches: bool
    ) -> Scene | None:
        layer = Layer.empty(scene.height_px, scene.width_px)
        count = int(rng.integers(1, 7)) if roaches else int(rng.choice((1, 1, 1, 2, 3)))
        numbers: list[int] = []
        edge = f32([0.6 * length_px, 0.7 * length_px])
        points = np.clip(surface.points(count, rng), edge, f32([scene.width_px, scene.height_px]) - edge)
        for point in _apart(f32(points), 0.75 * length_px):
            at, size = (float(point[0]), float(point[1])), length_px * float(rng.uniform(0.85, 1.15))
            if roaches:
                numbers.append(draw_roach(layer, at, size, surface.flatness(at[1]), rng))
            else:
                numbers.append(_rat(self.rats, layer, at, size, rng))
        return _with_pests(scene, layer, numbers, rng)


@dataclass(frozen=True, slots=True, eq=False)
class RatsAtHeap:
    """Rats on the ground before a real heap of rubbish."""

    rats: Rats
    name: str = "rats-at-heap"

    def suits(self, record: PhotoRecord) -> bool:
        """A photo with a heap, on which pests were looked for and not found."""
        return heap_without_pests(record)

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Put one or two rats at the foot of a heap, off all labelled boxes."""
        layer = Layer.empty(scene.height_px, scene.width_px)
        numbers: list[int] = []
        heap_px = [float(y_max - y_min) for _, y_min, _, y_max in _heaps(scene)]
        for _ in range(int(rng.integers(1, 3)) if heap_px else 0):
            natural = heap_px[int(rng.integers(0, len(heap_px)))] / _HEAP_M * _RAT_M * 1.3
            size = float(np.clip(natural, 0.05 * scene.width_px, 0.2 * scene.width_px))
            at = by_heap(scene, size, rng)
            if at is not None:
                numbers.append(_rat(self.rats, layer, at, size, rng))
        return _with_pests(scene, layer, numbers, rng) if numbers else None


def heap_without_pests(record: PhotoRecord) -> bool:
    """Whether a photo shows a heap of rubbish, and pests were looked for on it and not found."""
    return {PEST, _HEAP} <= record.looked_for and _HEAP in record.labels and PEST not in record.labels


def by_heap(scene: Scene, long_px: float, rng: np.random.Generator) -> tuple[float, float] | None:
    """Where an animal so long may stand before one of the scene's heaps, off all boxes: its foot in pixels, or None."""
    heaps = _heaps(scene)
    if not heaps:
        return None
    x_min, _, x_max, y_max = heaps[int(rng.integers(0, len(heaps)))]
    at = (float(rng.uniform(x_min - long_px, x_max + long_px)), y_max + long_px * float(rng.uniform(0.75, 1.6)))
    room = (at[0] - 1.1 * long_px, at[1] - 0.95 * long_px, at[0] + 1.1 * long_px, at[1] + 0.1 * long_px)
    return at if _free(scene, room) else None


def _heaps(scene: Scene) -> list[Box]:
    found = []
    for box, label in zip(scene.boxes_xyxy, scene.labels, strict=True):
        if label == _HEAP:
            x_min, y_min, x_max, y_max = (float(value) for value in box)
            found.append((x_min, y_min, x_max, y_max))
    return found


def _apart(points: Floats, least_px: float) -> list[Floats]:
    kept: list[Floats] = []
    for point in points:
        if all(float(np.hypot(*(point - other))) >= least_px for other in kept):
            kept.append(point)
    return kept


def _rat(rats: Rats, layer: Layer, at_px: tuple[float, float], length_px: float, rng: np.random.Generator) -> int:
    if rats.pictures and rng.random() < 0.6:
        return rats.draw(layer, at_px, length_px, rng)
    return draw_rat(layer, at_px, length_px, rng)


def _free(scene: Scene, box: Box) -> bool:
    inside = box[0] >= 0 and box[1] >= 0 and box[2] <= scene.width_px and box[3] <= scene.height_px
    return inside and not any(
        box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
        for other in scene.boxes_xyxy
    )


def _with_pests(scene: Scene, layer: Layer, numbers: list[int], rng: np.random.Generator) -> Scene | None:
    boxes = [box for number in numbers if (box := layer.box_of({number})) is not None]
    whole = layer.box_of(set(numbers))
    if whole is None or any(max(box[2] - box[0], box[3] - box[1]) < _LEAST_PX for box in boxes):
        return None
    pixels = layer.blend(scene.pixels, look_of(scene.pixels, whole, rng), rng)
    return labelled(scene, pixels, boxes, PEST, least=0.0)
