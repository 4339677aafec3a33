"""Composed validation scenes: parts set into validation photos, where real photos of a hazard are too few to calibrate.

The training composes into training photos only, so the places are new to the network; what is set into them is not, and
that is why such scenes count at a discount (`measuring/calibrate.py`).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from hazardlens.model.boxes import xyxy_to_cxcywh
from hazardlens.training.composing.scene import Composition, Scene
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.fitting.composer import load_pixels, scene_of

PROVENANCE: Final = "composed"
SCENES: Final = 14
"""Of each composition: four compositions of covers give some fifty scenes, which is enough for a curve."""
_LONG_SIDE_PX: Final = 640
_SEED: Final = 20261127
_QUALITY: Final = 90


def composed_records(
    records: Sequence[PhotoRecord], compositions: Sequence[Composition], folder: Path, *, scenes: int = SCENES
) -> list[PhotoRecord]:
    """Compose scenes into photos and write them as JPEG files, so that they are judged from bytes as photos are.

    Args:
        records: real validation photos.
        compositions: the ways to compose; one that suits no photo gives nothing.
        folder: an empty folder for the pictures.
        scenes: of each composition at most; each photo is used once for it.

    Returns:
        One record a scene. Its group is that of the photo behind it, its source names the composition.
    """
    made = []
    for number, composition in enumerate(compositions):
        rng = np.random.default_rng((_SEED, number))
        suiting = [record for record in records if composition.suits(record)]
        left = scenes
        for index in rng.permutation(len(suiting)):
            if not left:
                break
            record = suiting[index]
            scene = composition.compose(scene_of(record, load_pixels(record, _LONG_SIDE_PX)), rng)
            if scene is not None:
                made.append(_written(record, scene, composition.name, folder))
                left -= 1
    return made


def _written(record: PhotoRecord, scene: Scene, name: str, folder: Path) -> PhotoRecord:
    path = folder / f"{name}__{record.path.stem}.jpg"
    Image.fromarray(scene.pixels).save(path, quality=_QUALITY)
    height, width = scene.pixels.shape[:2]
    size = np.asarray([width, height] * 2, np.float32)
    return PhotoRecord(
        path=path,
        photo=path.name,
        width=width,
        height=height,
        sha256="",
        source=f"composed-{name}",
        licence=record.licence,
        provenance=PROVENANCE,
        group=record.group,
        looked_for=scene.looked_for,
        labels=scene.labels,
        boxes_cxcywh=(xyxy_to_cxcywh(scene.boxes_xyxy) / size).astype(np.float32).reshape(-1, 4),
    )
