"""What a composition takes and gives: the pixels of a photo, its boxes, and what was looked for on it."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.errors import SceneError

Pixels = npt.NDArray[np.uint8]
Boxes = npt.NDArray[np.float32]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A photo in memory with its boxes.

    Attributes:
        pixels: (H, W, 3) uint8, RGB, upright.
        boxes_xyxy: (N, 4) float32, pixels of `pixels`.
        labels: one label per box.
        looked_for: labels that are known completely here; any other is unknown, not absent.
        photo: the record's name when `pixels` is that whole photo, neither mirrored nor cropped; else empty. Places
            that people marked in a photo (kitchen_surfaces.csv) are found by it.

    Raises:
        SceneError: when made with shapes, types or boxes that do not fit each other.
    """

    pixels: Pixels
    boxes_xyxy: Boxes
    labels: tuple[str, ...]
    looked_for: frozenset[str]
    photo: str = ""

    def __post_init__(self) -> None:
        """Refuse what does not fit together."""
        if self.pixels.dtype != np.uint8 or self.pixels.ndim != 3 or self.pixels.shape[2] != 3:
            raise SceneError(f"expected (H, W, 3) uint8 pixels, found {self.pixels.shape} {self.pixels.dtype}")
        if self.boxes_xyxy.dtype != np.float32 or self.boxes_xyxy.shape != (len(self.labels), 4):
            found = f"{self.boxes_xyxy.shape} {self.boxes_xyxy.dtype}"
            raise SceneError(f"expected ({len(self.labels)}, 4) float32 boxes, found {found}")
        height, width = self.pixels.shape[:2]
        low, high = self.boxes_xyxy[:, :2], self.boxes_xyxy[:, 2:]
        if not (np.all(low >= 0) and np.all(low < high) and np.all(high <= (width, height))):
            raise SceneError(f"a box is empty or leaves the {width} x {height} px photo: {self.boxes_xyxy.tolist()}")

    @property
    def height_px(self) -> int:
        """Height of the photo."""
        return int(self.pixels.shape[0])

    @property
    def width_px(self) -> int:
        """Width of the photo."""
        return int(self.pixels.shape[1])

    def with_part(
        self, pixels: Pixels, label: str | None, box_xyxy: tuple[float, float, float, float] | None
    ) -> "Scene":
        """The scene after something was put into it: new pixels, and one box more unless `label` is None.

        What was looked for stays as it was: a part that was added says nothing about what else the photo shows.
        """
        if label is None or box_xyxy is None:
            return replace(self, pixels=pixels)
        boxes = np.concatenate([self.boxes_xyxy, np.asarray([box_xyxy], np.float32)])
        return replace(self, pixels=pixels, boxes_xyxy=boxes, labels=(*self.labels, label))


class Composition(Protocol):
    """One way to put something into a real photo."""

    @property
    def name(self) -> str:
        """How reports and tests call it."""
        ...

    def suits(self, record: PhotoRecord) -> bool:
        """Whether this photo may be its background."""
        ...

    def compose(self, scene: Scene, rng: np.random.Generator) -> Scene | None:
        """The scene with the part in it, or None where this photo has no place for one.

        The same scene and the same state of `rng` give the same pixels and boxes.
        """
        ...
