"""Draws composed scenes: a composition, a real training photo that suits it, and the scene that comes out."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from hazardlens.model.boxes import cxcywh_to_xyxy
from hazardlens.training.composing.scene import Composition, Scene
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.errors import DatasetInvalidError

Pixels = npt.NDArray[np.uint8]
_BACKGROUNDS: Final = 4
_CHOICES: Final = 2
_TRIAL_PX: Final = 416
_MIN_SIDE_PX: Final = 1.0


@dataclass(slots=True)
class Trial:
    """What one composition gave when it was tried before the training.

    Attributes:
        backgrounds: photos that suit it.
        tried: photos on which it was tried.
        made: scenes that came out.
        boxes: boxes per label that these have more than their photos.
    """

    backgrounds: int
    tried: int = 0
    made: int = 0
    boxes: Counter[str] = field(default_factory=Counter)

    def description(self) -> dict[str, Any]:
        """For the run's description."""
        boxes = dict(sorted(self.boxes.items()))
        return {"backgrounds": self.backgrounds, "tried": self.tried, "made": self.made, "boxes": boxes}


class Composer:
    """Makes scenes of real photos.

    Args:
        records: real training photos: what validates or tests is no background.
        compositions: the ways to compose.
        weights: by composition, what it gets of the draws; others weigh 1, and 0 leaves one out.
    """

    def __init__(
        self, records: Sequence[PhotoRecord], compositions: Sequence[Composition], weights: Mapping[str, float]
    ) -> None:
        self.records = records
        self.names = frozenset(item.name for item in compositions)
        chosen = [composition for composition in compositions if weights.get(composition.name, 1.0) > 0]
        suiting = {item.name: [i for i, record in enumerate(records) if item.suits(record)] for item in chosen}
        self.without_background = [name for name, found in suiting.items() if not found]
        self.compositions = [item for item in chosen if suiting[item.name]]
        self.backgrounds = [suiting[item.name] for item in self.compositions]
        shares = np.asarray([weights.get(item.name, 1.0) for item in self.compositions], np.float64)
        self.shares = shares / shares.sum() if len(shares) else shares

    def draw(self, rng: np.random.Generator, load: Callable[[int], Pixels]) -> tuple[int, Scene]:
        """One scene, and which photo is behind it.

        A photo without a place is exchanged for another, and after some of them the composition too; in the end any
        photo is shown as it is.

        Args:
            rng: the same state gives the same scene.
            load: (H, W, 3) uint8 RGB pixels of a record, by its index.
        """
        for _ in range(_CHOICES):
            number = int(rng.choice(len(self.compositions), p=self.shares))
            for _ in range(_BACKGROUNDS):
                index = int(rng.choice(self.backgrounds[number]))
                scene = scene_of(self.records[index], load(index))
                composed = self.compositions[number].compose(scene, rng)
                if composed is not None:
                    return index, composed
        index = int(rng.integers(len(self.records)))
        return index, scene_of(self.records[index], load(index))

    def trial(self, seed: int, scenes: int = 8) -> dict[str, Trial]:
        """What each composition gives on a few photos: which labels it teaches, and whether it works at all."""
        return {
            item.name: self._try(item, backgrounds, np.random.default_rng((seed, number)), scenes)
            for number, (item, backgrounds) in enumerate(zip(self.compositions, self.backgrounds, strict=True))
        }

    def _try(self, item: Composition, backgrounds: Sequence[int], rng: np.random.Generator, scenes: int) -> Trial:
        trial = Trial(len(backgrounds))
        while trial.made < scenes and trial.tried < _BACKGROUNDS * scenes:
            record = self.records[int(rng.choice(backgrounds))]
            scene = scene_of(record, load_pixels(record, _TRIAL_PX))
            composed = item.compose(scene, rng)
            trial.tried += 1
            if composed is not None:
                trial.made += 1
                trial.boxes.update(Counter(composed.labels) - Counter(scene.labels))
        return trial


def load_pixels(record: PhotoRecord, size_px: int) -> Pixels:
    """(H, W, 3) uint8 RGB pixels of a photo, its long side `size_px`.

    Raises:
        DatasetInvalidError: it cannot be decoded.
    """
    picture = cv2.imread(str(record.path), cv2.IMREAD_COLOR)
    if picture is None:
        raise DatasetInvalidError(f"{record.path}: cannot be decoded")
    scale = size_px / max(picture.shape[:2])
    size_wh = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return np.ascontiguousarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA)[..., ::-1], np.uint8)


def scene_of(record: PhotoRecord, pixels: Pixels) -> Scene:
    """A photo and what is known about it as a scene; boxes are cut at the photo's edge, slivers dropped."""
    height, width = pixels.shape[:2]
    limit = np.asarray([width, height] * 2, np.float32)
    boxes = np.clip(cxcywh_to_xyxy(record.boxes_cxcywh).astype(np.float32) * limit, 0, limit).astype(np.float32)
    kept = ((boxes[:, 2:] - boxes[:, :2]) >= _MIN_SIDE_PX).all(axis=1)
    labels = tuple(label for label, keep in zip(record.labels, kept, strict=True) if keep)
    return Scene(pixels, boxes[kept], labels, record.looked_for, record.photo)
