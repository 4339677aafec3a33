"""A small labelled data set on disk, in the format of the real one, for tests that read, check or count such data."""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

POOL_LABELS = ("blocked_exit", "stacked_clutter", "exit_door")
POOL_COLUMNS = (
    "photo", "width", "height", "sha256", "source", "source_repo", "source_path", "licence", "licence_where",
    "attribution", "provenance", "group", "looked_for", "labels",
)  # fmt: skip
BoxLine = tuple[str, tuple[float, float, float, float]]
"""Label, and centre and size as shares of the photo."""


@dataclass(frozen=True)
class PoolPhoto:
    """One photo to write; each `motif` is a picture of its own."""

    name: str
    motif: int
    source: str = "first"
    group: str = ""
    looked_for: tuple[str, ...] = POOL_LABELS
    boxes: tuple[BoxLine, ...] = ()
    size_wh: tuple[int, int] = (96, 64)
    mirrored: bool = False


CLUTTER: BoxLine = ("stacked_clutter", (0.5, 0.5, 0.4, 0.4))
DOOR: BoxLine = ("exit_door", (0.2, 0.5, 0.2, 0.9))

POOL: tuple[PoolPhoto, ...] = (
    PoolPhoto("a1", 1, boxes=(CLUTTER,)),
    PoolPhoto("a2", 2, boxes=(CLUTTER, DOOR)),
    PoolPhoto("a3", 3, looked_for=("stacked_clutter",)),
    PoolPhoto("b1", 4, source="second", boxes=(DOOR,)),
    PoolPhoto("b2", 5, source="second", looked_for=("exit_door",)),
)


def picture(motif: int, size_wh: tuple[int, int] = (96, 64)) -> Image.Image:
    """Soft coloured blots that look like no other motif's."""
    blots = np.random.default_rng(motif).integers(0, 256, (6, 9, 3), dtype=np.uint8)
    return Image.fromarray(blots).resize(size_wh, Image.Resampling.BICUBIC)


def write_pool(root: Path, photos: Sequence[PoolPhoto] = POOL) -> Path:
    """Write photos.csv, labels.txt, labels/ and photos/ into `root`; gives `root`."""
    for folder in ("photos", "labels"):
        (root / folder).mkdir(parents=True)
    (root / "labels.txt").write_text("\n".join(POOL_LABELS) + "\n", "utf-8")
    rows = [_write_photo(root, photo) for photo in photos]
    with (root / "photos.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, POOL_COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return root


def edit_cell(root: Path, photo: str, column: str, value: str) -> None:
    """Change one cell of photos.csv."""
    path = root / "photos.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        if row["photo"] == f"photos/{photo}.jpg":
            row[column] = value
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, POOL_COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def _write_photo(root: Path, photo: PoolPhoto) -> dict[str, str]:
    name = f"photos/{photo.name}.jpg"
    image = picture(photo.motif, photo.size_wh)
    if photo.mirrored:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    image.save(root / name, quality=90)
    lines = [f"{POOL_LABELS.index(label)} {' '.join(map(str, box))}\n" for label, box in photo.boxes]
    (root / "labels" / f"{photo.name}.txt").write_text("".join(lines), "utf-8")
    return {
        "photo": name,
        "width": str(photo.size_wh[0]),
        "height": str(photo.size_wh[1]),
        "sha256": hashlib.sha256((root / name).read_bytes()).hexdigest(),
        "source": photo.source,
        "source_repo": "somebody/photos",
        "source_path": f"{photo.name}.jpg",
        "licence": "CC0-1.0",
        "licence_where": "LICENSE",
        "provenance": "own",
        "group": photo.group or photo.name,
        "looked_for": " ".join(photo.looked_for),
        "labels": " ".join(sorted({label for label, _ in photo.boxes})),
    }
