"""Rendered sets and a composition for tests: a few pictures, and a square that is pasted where there is room."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hazardlens.training.composing.scene import Scene
from hazardlens.training.data.records import PhotoRecord
from support.photo_pool import CLUTTER, BoxLine, PoolPhoto, edit_cell, write_pool

BLOCKED: BoxLine = ("blocked_exit", (0.4, 0.5, 0.5, 0.8))


def write_rendered(root: Path, hazard: str = "exits", scenes: int = 6, boxes: tuple[BoxLine, ...] = (BLOCKED,)) -> Path:
    """Two shots of each scene, the second one without the hazard; gives `root`."""
    photos = [
        PoolPhoto(
            f"{hazard}-{scene}-{shot}",
            100 + 2 * scene + shot,
            source=f"rendered-{hazard}",
            group=f"scene-{scene}",
            boxes=() if shot else boxes,
        )
        for scene in range(scenes)
        for shot in range(2)
    ]
    write_pool(root, photos)
    for photo in photos:
        edit_cell(root, photo.name, "provenance", "rendered")
    return root


@dataclass(frozen=True)
class Pasted:
    """A red square somewhere on photos that show a heap, with a box of `label` around it."""

    name: str = "pasted"
    label: str = "exit_door"
    finds_place: bool = True

    def suits(self, record: PhotoRecord) -> bool:
        return CLUTTER[0] in record.labels

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        if not self.finds_place:
            return None
        side = max(4, scene.height_px // 4)
        left, top = int(rng.integers(scene.width_px - side)), int(rng.integers(scene.height_px - side))
        pixels = scene.pixels.copy()
        pixels[top : top + side, left : left + side] = (255, 0, 0)
        return scene.with_part(pixels, self.label, (left, top, left + side, top + side))
