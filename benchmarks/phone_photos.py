"""Photos like a phone's, drawn by the program: the same bytes on every machine, and as hard to decode as real ones."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

PHONE_WH = (4032, 3024)
SMALL_WH = (680, 510)
ORIENTATIONS = (1, 6, 1, 8)  # phones store portrait photos on their side and say so in EXIF
_ORIENTATION_TAG = 0x0112
_COARSE = 4  # things and shade are drawn at a quarter of the size
_TILE = 1024


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """Photos of one kind, as files.

    Attributes:
        name: what the report calls them.
        paths: the files, encoded as a phone would.
    """

    name: str
    paths: tuple[Path, ...]

    @property
    def mean_bytes(self) -> int:
        """Mean size of a file."""
        return sum(path.stat().st_size for path in self.paths) // len(self.paths)


def make_set(folder: Path, name: str, size_wh: tuple[int, int], count: int) -> PhotoSet:
    """Draw `count` photos into `folder`."""
    paths = []
    for index in range(count):
        path = folder / f"{name}-{index}.jpg"
        path.write_bytes(phone_jpeg(size_wh, seed=index, orientation=ORIENTATIONS[index % len(ORIENTATIONS)]))
        paths.append(path)
    return PhotoSet(name, tuple(paths))


def phone_jpeg(size_wh: tuple[int, int], *, seed: int, orientation: int = 1, quality: int = 90) -> bytes:
    """One JPEG: 4:2:0 and tagged with its orientation, 3 to 5 MB at 12 megapixels."""
    exif = Image.Exif()
    exif[_ORIENTATION_TAG] = orientation
    buffer = io.BytesIO()
    image = Image.fromarray(scene(size_wh, seed))
    image.save(buffer, "JPEG", quality=quality, subsampling="4:2:0", exif=exif)
    return buffer.getvalue()


def scene(size_wh: tuple[int, int], seed: int) -> npt.NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB: light and shade, things with edges, texture at every scale, and a sensor's noise."""
    random = np.random.default_rng(seed)
    coarse_wh = (max(1, size_wh[0] // _COARSE), max(1, size_wh[1] // _COARSE))
    canvas = 118 + _octaves(random, coarse_wh, range(2, 9), strength=55.0)[:, :, None] * random.uniform(0.8, 1.2, 3)
    for _ in range(40):
        _draw_thing(canvas, random)
    coarse = Image.fromarray(canvas.clip(0, 255).astype(np.uint8))
    pixels = np.asarray(coarse.resize(size_wh, Image.Resampling.BICUBIC), np.int16)
    return (pixels + _grain(random, size_wh)[:, :, None]).clip(0, 255).astype(np.uint8)


def _octaves(
    random: np.random.Generator, size_wh: tuple[int, int], powers: range, *, strength: float
) -> npt.NDArray[np.float32]:
    """(H, W) noise: a smooth layer for each power, of 2 ** power blobs along the long side, finer ones fainter."""
    total = np.zeros(size_wh[::-1], np.float32)
    for power in powers:
        rows, columns = (max(2, 2**power * side // max(size_wh)) for side in size_wh[::-1])
        layer = Image.fromarray(random.standard_normal((rows, columns), np.float32))
        total += np.asarray(layer.resize(size_wh, Image.Resampling.BICUBIC), np.float32) * np.float32(strength)
        strength *= 0.7
    return total


def _grain(random: np.random.Generator, size_wh: tuple[int, int]) -> npt.NDArray[np.int16]:
    """(H, W) fine texture and noise: one tile, repeated, as drawing twelve million numbers takes seconds."""
    texture = _octaves(random, (_TILE, _TILE), range(7, 10), strength=8.0)
    tile = (texture + random.standard_normal((_TILE, _TILE), np.float32) * np.float32(4.5)).astype(np.int16)
    across, down = (-(-side // _TILE) for side in size_wh)
    return np.tile(tile, (down, across))[: size_wh[1], : size_wh[0]]


def _draw_thing(canvas: npt.NDArray[np.float64], random: np.random.Generator) -> None:
    """Lay a patch of another colour over a part of the scene, keeping some of its texture."""
    height, width = canvas.shape[:2]
    left, top = int(random.integers(0, width)), int(random.integers(0, height))
    part = canvas[
        top : top + int(random.integers(1, 2 + height // 4)), left : left + int(random.integers(1, 2 + width // 4))
    ]
    part += (random.uniform(20, 235, 3) - part.mean((0, 1))) * 0.7


def make_mixed(folder: Path, *, quick: bool = False) -> tuple[Path, ...]:
    """Photos from thumbnails to 48 megapixels in several formats: what a day brings, for looking at memory."""
    sizes = ((320, 240), SMALL_WH, (1280, 960), (3024, 4032), (2048, 1536), (8000, 6000))
    paths = []
    for index, size_wh in enumerate(sizes[:3] if quick else sizes):
        path = folder / f"mixed-{index}.jpg"
        path.write_bytes(phone_jpeg(size_wh, seed=index))
        paths.append(path)
    for suffix in ("png", "webp"):
        path = folder / f"mixed.{suffix}"
        Image.fromarray(scene((1600, 1200), seed=9)).save(path, compress_level=1)
        paths.append(path)
    return tuple(paths)
