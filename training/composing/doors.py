"""Blocked exits: real doors with real and drawn things before them, and the same things beside them."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from hazardlens.training.composing.clutter_arrays import f32
from hazardlens.training.composing.clutter_heaps import (
    BIKE,
    HEAP,
    Placed,
    Stage,
    bin_at,
    draw_all,
    heap,
    singles,
    small_thing,
)
from hazardlens.training.composing.clutter_layer import Layer
from hazardlens.training.composing.clutter_look import look_of
from hazardlens.training.composing.doors_openings import Opening, find_openings
from hazardlens.training.composing.obstacles_cutouts import Cutouts
from hazardlens.training.composing.scene import Box, Scene
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.errors import DatasetInvalidError, DatasetMissingError

_TRIES: Final = 3
_WIDTH_BLOCKED: Final = 0.5  # of the opening's width, at knee height, from which on it counts as blocked


@dataclass(frozen=True, slots=True, eq=False)
class BlockedDoor:
    """Things before a clear door: `blocked_exit` round both, and a box for the heap or the bicycles.

    The door itself is no `exit_door` any more: that is how the real photos of blocked exits are labelled.
    """

    cutouts: Cutouts
    photos: frozenset[str]
    name: str = "blocked-door"

    def suits(self, record: PhotoRecord) -> bool:
        """A listed photo of a clear door, on which blocked exits were looked for and not found."""
        return _clear_door(record, self.photos)

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Block one opening of the photo."""
        openings = find_openings(scene)
        for _ in range(_TRIES if openings else 0):
            opening = openings[int(rng.integers(0, len(openings)))]
            composed = self._block(scene, opening, rng)
            if composed is not None:
                return composed
        return None

    def _block(self, scene: Scene, opening: Opening, rng: np.random.Generator) -> Scene | None:
        view = opening.view(scene, rng)
        stage = Stage(Layer.empty(scene.height_px, scene.width_px), view, self.cutouts, rng)
        x_m = (view.at_wall(opening.box[0]), view.at_wall(opening.box[2]))
        spread = (x_m[0] - rng.uniform(-0.15, 0.5), x_m[1] + rng.uniform(-0.15, 0.5))
        depth_m = float(rng.uniform(0.25, 1.2))
        if rng.random() < 0.75:
            things = heap(stage, spread, depth_m, float(rng.uniform(0.5, 1.7)))
            if rng.random() < 0.15:
                things.append(bin_at(stage, x_m[0] + 0.3, depth_m))
        else:
            things = singles(stage, spread, depth_m)
        labels = draw_all(stage, things)
        others = [i for i in range(len(scene.labels)) if i not in opening.leaves]
        if _touches(stage.layer, scene, others) or not _blocks(stage.layer, opening):
            return None
        return _labelled(_without(scene, opening.leaves), stage, labels, opening, rng)


@dataclass(frozen=True, slots=True, eq=False)
class ClutterBesideDoor:
    """The same things beside a door, not before it: a heap keeps its label, and the exit is not blocked."""

    cutouts: Cutouts
    photos: frozenset[str]
    name: str = "clutter-beside-door"

    def suits(self, record: PhotoRecord) -> bool:
        """As for `BlockedDoor`."""
        return _clear_door(record, self.photos)

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """Put things to the left or right of an opening, clear of all of them."""
        openings = find_openings(scene)
        for _ in range(_TRIES if openings else 0):
            opening = openings[int(rng.integers(0, len(openings)))]
            view = opening.view(scene, rng)
            stage = Stage(Layer.empty(scene.height_px, scene.width_px), view, self.cutouts, rng)
            things = _beside(stage, opening, scene)
            labels = draw_all(stage, things)
            if (
                things
                and not _touches(stage.layer, scene, list(range(len(scene.labels))))
                and (stage.layer.owner >= 0).any()
            ):
                return _labelled(scene, stage, labels, None, rng)
        return None


def _beside(stage: Stage, opening: Opening, scene: Scene) -> list[Placed]:
    rng, view = stage.rng, stage.view
    gap, width = float(rng.uniform(0.12, 0.45)), float(rng.uniform(0.5, 1.4))
    right = rng.random() < 0.5
    start = view.at_wall(opening.box[2]) + gap if right else view.at_wall(opening.box[0]) - gap - width
    middle = view.project(f32([[start + width / 2, 0, 0]]))[0, 0]
    # Two leaves that stand open are two boxes with the way out between them.
    between = any(
        (float(box[0]) > opening.box[0]) if right else (float(box[0]) < opening.box[0])
        for index, (box, label) in enumerate(zip(scene.boxes_xyxy, scene.labels, strict=True))
        if label == "exit_door" and index not in opening.leaves
    )
    if between or not 0.03 * scene.width_px < middle < 0.97 * scene.width_px:
        return []
    choice = rng.random()
    if choice < 0.3:
        return [small_thing(stage, start + width / 2)]
    if choice < 0.45:
        return singles(stage, (start, start + width), 0.5)
    return heap(stage, (start, start + width), float(rng.uniform(0.25, 0.6)), float(rng.uniform(0.4, 1.6)))


def doors(parts: Path, cutouts: Cutouts) -> tuple[BlockedDoor, ClutterBesideDoor]:
    """The compositions of doors.

    Args:
        parts: folder with `door_backgrounds.csv`, whose column `photo` names photos of clear doors.
        cutouts: what stands about.

    Raises:
        DatasetMissingError: there is no such table.
        DatasetInvalidError: it lacks the column.
    """
    table = parts / "door_backgrounds.csv"
    if not table.is_file():
        raise DatasetMissingError(f"{table}: there is no such file")
    with table.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        if "photo" not in (reader.fieldnames or ()):
            raise DatasetInvalidError(f"{table}: the header lacks photo")
        photos = frozenset(row["photo"] for row in reader)
    return BlockedDoor(cutouts, photos), ClutterBesideDoor(cutouts, photos)


def _clear_door(record: PhotoRecord, photos: frozenset[str]) -> bool:
    known = {"blocked_exit", "exit_door", HEAP} <= record.looked_for
    return known and record.photo in photos and "blocked_exit" not in record.labels and "exit_door" in record.labels


def _touches(layer: Layer, scene: Scene, others: list[int]) -> bool:
    boxes: list[Box] = [tuple(float(value) for value in scene.boxes_xyxy[i]) for i in others]  # type: ignore[misc]
    return any(layer.covers(box) > 0 for box in boxes)


def _blocks(layer: Layer, opening: Opening) -> bool:
    x_min, y_min, x_max, y_max = opening.box
    height = y_max - y_min
    rows = slice(max(0, int(y_max - 0.22 * height)), max(1, min(layer.owner.shape[0], int(y_max - 0.04 * height))))
    knee = layer.owner[rows, max(0, int(x_min)) : int(x_max)].max(axis=0, initial=-1)
    return bool(knee.size) and float((knee >= 0).mean()) >= _WIDTH_BLOCKED


def _without(scene: Scene, dropped: tuple[int, ...]) -> Scene:
    kept = [i for i in range(len(scene.labels)) if i not in dropped]
    labels = tuple(scene.labels[i] for i in kept)
    return Scene(scene.pixels, scene.boxes_xyxy[kept], labels, scene.looked_for, scene.photo)


def _labelled(
    scene: Scene, stage: Stage, labels: dict[int, str], opening: Opening | None, rng: np.random.Generator
) -> Scene | None:
    layer = stage.layer
    whole = layer.box_of(set(labels))
    if whole is None:
        return None
    look = look_of(scene.pixels, whole, rng)
    composed = scene.with_part(layer.blend(scene.pixels, look, rng), None, None)
    if opening is not None:
        composed = composed.with_part(composed.pixels, "blocked_exit", _before(layer, labels, opening))
    things = {number for number, label in labels.items() if label == HEAP}
    box = layer.box_of(things) if things else None
    if box is not None:
        composed = composed.with_part(composed.pixels, HEAP, box)
    return _with_bikes(composed, layer, labels)


def _with_bikes(scene: Scene, layer: Layer, labels: dict[int, str]) -> Scene:
    bikes = {number for number, label in labels.items() if label == BIKE}
    box = layer.box_of(bikes) if bikes and BIKE in scene.looked_for else None
    return scene if box is None else scene.with_part(scene.pixels, BIKE, box)


def _before(layer: Layer, labels: dict[int, str], opening: Opening) -> Box:
    """One box round the opening and all that stands in it; what only stands beside it is left out."""
    box = opening.box
    for number in labels:
        part = layer.box_of({number})
        if part is not None and part[0] < opening.box[2] and part[2] > opening.box[0]:
            box = (min(box[0], part[0]), min(box[1], part[1]), max(box[2], part[2]), max(box[3], part[3]))
    return box
