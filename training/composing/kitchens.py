"""Dirty kitchens made of tidy ones, and tidy ones with a few clean things more."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hazardlens.training.composing.clutter_layer import Layer
from hazardlens.training.composing.clutter_look import look_of
from hazardlens.training.composing.kitchens_mess import clean_dishes, dirty_dishes, floor_waste, harmless, pans
from hazardlens.training.composing.kitchens_stains import KINDS, stain
from hazardlens.training.composing.kitchens_surfaces import Surface, marked, surfaces_of, zoomed
from hazardlens.training.composing.kitchens_ware import Ware
from hazardlens.training.composing.obstacles_cutouts import Cutouts
from hazardlens.training.composing.scene import Box, Pixels, Scene
from hazardlens.training.data.records import PhotoRecord

DIRTY: Final = "kitchen_dirty"
_WEIGHTS: Final = {"sink": 4.0, "counter": 3.0, "hob": 1.5, "floor": 1.2, "wall": 0.6}
_MIN_SIDE: Final = 0.06  # of the photo's long side: smaller dirt is nothing a person would mark


@dataclass(frozen=True, slots=True, eq=False)
class DirtyKitchen:
    """A tidy kitchen with one to three of its surfaces dirtied: `kitchen_dirty` round each dirty part."""

    cutouts: Cutouts
    ware: Ware
    name: str = "dirty-kitchen"

    def suits(self, record: PhotoRecord) -> bool:
        """A tidy kitchen whose surfaces are marked."""
        return tidy_kitchen(record)

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Dirty a surface, and perhaps its neighbours."""
        surfaces = surfaces_of(scene)
        if not surfaces:
            return None
        first = pick(surfaces, rng)
        if rng.random() < 0.6 and not scene.labels:
            scene, first = zoomed(scene, first, float(rng.uniform(1.3, 3.2)), rng)
            chosen = [first]
        else:
            chosen = [first, *(item for item in surfaces if item is not first and rng.random() < 0.25)][:3]
        return self.dirtied(scene, chosen, rng)

    def dirtied(self, scene: Scene, surfaces: list[Surface], rng: np.random.Generator) -> Scene | None:
        """The scene with these surfaces dirtied, or None when hardly anything can be seen of it."""
        pixels, found = scene.pixels, list[Box]()
        for surface in sorted(surfaces, key=lambda item: item.middle[1]):
            around = surface.box
            for _ in range(int(rng.integers(1, 4)) + (surface.kind in {"hob", "wall"})):
                kinds = KINDS[surface.kind]
                pixels, dirt = stain(pixels, surface, kinds[int(rng.integers(0, len(kinds)))], rng)
                if dirt is not None:
                    found.append(dirt)
            layer = Layer.empty(scene.height_px, scene.width_px)
            self._strew(layer, surface, rng)
            pixels = layer.blend(pixels, look_of(scene.pixels, around, rng), rng)
            things = layer.box_of(set(range(layer.count)))
            if things is not None:
                found.append(things)
        return labelled(scene, pixels, merged(found), DIRTY, least=_MIN_SIDE)

    def _strew(self, layer: Layer, surface: Surface, rng: np.random.Generator) -> None:
        if surface.kind in {"sink", "counter"}:
            dirty_dishes(layer, surface, self.ware, rng)
        elif surface.kind == "hob":
            pans(layer, surface, rng)
        elif surface.kind == "floor":
            floor_waste(layer, surface, self.cutouts, self.ware, rng)


@dataclass(frozen=True, slots=True, eq=False)
class TidyKitchen:
    """A tidy kitchen with a few clean dishes: things that were added make no dirty kitchen."""

    ware: Ware
    name: str = "tidy-kitchen"

    def suits(self, record: PhotoRecord) -> bool:
        """As for `DirtyKitchen`."""
        return tidy_kitchen(record)

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Set clean things on one or two surfaces; no label."""
        surfaces = [item for item in surfaces_of(scene) if item.kind in {"counter", "sink"}]
        if not surfaces:
            return None
        surface = pick(surfaces, rng)
        if rng.random() < 0.5 and not scene.labels:
            scene, surface = zoomed(scene, surface, float(rng.uniform(1.3, 3.2)), rng)
        layer = Layer.empty(scene.height_px, scene.width_px)
        clean_dishes(layer, surface, self.ware, rng)
        if rng.random() < 0.4:
            harmless(layer, surface, rng)
        pixels = layer.blend(scene.pixels, look_of(scene.pixels, surface.box, rng), rng)
        return scene.with_part(pixels, None, None)


def tidy_kitchen(record: PhotoRecord) -> bool:
    """Whether a photo has marked surfaces, and nothing dirty was found on it."""
    known = {DIRTY, "kitchen_pest"} <= record.looked_for
    return known and record.photo in marked() and not record.labels


def pick(surfaces: list[Surface], rng: np.random.Generator) -> Surface:
    """One of the surfaces: those that are dirty more often in life are taken more often."""
    shares = np.asarray([_WEIGHTS[item.kind] for item in surfaces])
    return surfaces[int(rng.choice(len(surfaces), p=shares / shares.sum()))]


def merged(boxes: list[Box]) -> list[Box]:
    """Boxes that touch become one: a person marks a dirty sink and the plates beside it as one place."""
    rest, found = list(boxes), list[Box]()
    while rest:
        box = rest.pop()
        near = [other for other in rest if _touch(box, other)]
        if near:
            rest = [other for other in rest if other not in near]
            low = [min(values) for values in zip(box[:2], *(other[:2] for other in near), strict=True)]
            high = [max(values) for values in zip(box[2:], *(other[2:] for other in near), strict=True)]
            rest.append((low[0], low[1], high[0], high[1]))
        else:
            found.append(box)
    return found[::-1]


def _touch(first: Box, second: Box) -> bool:
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]


def labelled(scene: Scene, pixels: Pixels, boxes: list[Box], label: str, *, least: float) -> Scene | None:
    """The scene with these boxes; None when one is shorter than a share `least` of the photo's long side."""
    least_px = least * max(scene.width_px, scene.height_px)
    large = [box for box in boxes if max(box[2] - box[0], box[3] - box[1]) >= least_px]
    if not large or len(large) < len(boxes):
        return None
    composed = scene.with_part(pixels, None, None)
    for box in large:
        composed = composed.with_part(pixels, label, box)
    return composed
