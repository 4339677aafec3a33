"""PNG, WebP, HEIF and AVIF to RGB, through Pillow's own decoder classes.

The classes are used directly: `Image.open` would consult global lists of plugins, warn about sizes that a caller may
have allowed, and refuse above a limit of its own.
"""

import io
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import AvifImagePlugin, ExifTags, Image, ImageFile, PngImagePlugin, WebPImagePlugin
from pillow_heif import HeifImageFile

from hazardlens.model.image_formats import PhotoFormat

Pixels = npt.NDArray[np.uint8]

OPENERS: Final[Mapping[PhotoFormat, Callable[[io.BytesIO], ImageFile.ImageFile]]] = {
    PhotoFormat.PNG: PngImagePlugin.PngImageFile,
    PhotoFormat.WEBP: WebPImagePlugin.WebPImageFile,
    PhotoFormat.HEIF: HeifImageFile,
    PhotoFormat.AVIF: AvifImagePlugin.AvifImageFile,
}

_WHITE: Final = (255, 255, 255)
_TURN: Final[Mapping[int, Callable[[Pixels], Pixels]]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.transpose(1, 0, 2),
    6: lambda pixels: pixels[::-1].transpose(1, 0, 2),
    7: lambda pixels: pixels[::-1, ::-1].transpose(1, 0, 2),
    8: lambda pixels: pixels.transpose(1, 0, 2)[::-1],
}
"""EXIF orientation to what makes the stored pixels upright; 1 and anything unknown is upright already."""


def decode_first_frame(image: ImageFile.ImageFile) -> Pixels:
    """Decode the first frame onto white, as stored.

    Returns:
        (H, W, 3) uint8, RGB.
    """
    image.load()
    if image.mode.startswith("I"):
        return _from_16_bit(image)
    if not image.has_transparency_data:
        return np.asarray(image.convert("RGB"), np.uint8)
    layer = image.convert("RGBA")
    canvas = Image.new("RGB", layer.size, _WHITE)
    canvas.paste(layer, mask=layer.getchannel("A"))
    return np.asarray(canvas, np.uint8)


def _from_16_bit(image: Image.Image) -> Pixels:
    """16-bit grey: Pillow would cut such values off at 255, which leaves a white photo."""
    grey = (np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def exif_orientation(exif_block: object) -> int:
    """1 to 8 from an EXIF block; 1 where the block is missing, broken or says something else."""
    if not isinstance(exif_block, bytes):
        return 1
    exif = Image.Exif()
    try:
        exif.load(exif_block)
        value = exif.get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001 - a side note of the photo: whatever is wrong with it, the photo stays good
        return 1
    return value if isinstance(value, int) and value in _TURN else 1


def turn_upright(pixels: Pixels, orientation: int) -> Pixels:
    """Stored pixels (H, W, 3) to upright ones, contiguous in memory."""
    turn = _TURN.get(orientation)
    return pixels if turn is None else np.ascontiguousarray(turn(pixels))


def is_sideways(orientation: int) -> bool:
    """Whether width and height trade places when the photo is turned upright."""
    return 5 <= orientation <= 8
