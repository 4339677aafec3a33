"""PNG, WebP, HEIF and AVIF to RGB, through Pillow's own decoder classes.

The classes are used directly: `Image.open` would consult global lists of plugins, warn about sizes that a caller may
have allowed, and refuse above a limit of its own.
"""

import io
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import AvifImagePlugin, Image, ImageFile, PngImagePlugin, WebPImagePlugin
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
