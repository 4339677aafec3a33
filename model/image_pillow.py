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
from hazardlens.model.image_png import plain_png
from hazardlens.model.image_webp import plain_webp

Pixels = npt.NDArray[np.uint8]

_OPENERS: Final[Mapping[PhotoFormat, Callable[[io.BytesIO], ImageFile.ImageFile]]] = {
    PhotoFormat.PNG: PngImagePlugin.PngImageFile,
    PhotoFormat.WEBP: WebPImagePlugin.WebPImageFile,
    PhotoFormat.HEIF: HeifImageFile,
    PhotoFormat.AVIF: AvifImagePlugin.AvifImageFile,
}

_PLAIN: Final[Mapping[PhotoFormat, Callable[[bytes], bytes]]] = {
    PhotoFormat.PNG: plain_png,
    PhotoFormat.WEBP: plain_webp,
}
_WHITE: Final = (255, 255, 255)


def open_photo(data: bytes, kind: PhotoFormat) -> ImageFile.ImageFile:
    """Read the header of a photo that is no JPEG.

    Raises:
        ImageBrokenError: it has more parts than any photo.
        Exception: whatever a decoder raises on a corrupt file; the caller translates it.
    """
    plain = _PLAIN.get(kind)
    return _OPENERS[kind](io.BytesIO(plain(data) if plain else data))


def decode_first_frame(image: ImageFile.ImageFile, factor: int = 1) -> Pixels:
    """Decode the first frame onto white, as stored.

    Args:
        image: from `open_photo`.
        factor: average squares of so many pixels into one.

    Returns:
        (ceil(H / factor), ceil(W / factor), 3) uint8, RGB.
    """
    image.load()
    picture = _to_rgb(image)
    return np.asarray(picture if factor == 1 else picture.reduce(factor), np.uint8)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # Pillow would cut 16-bit grey off at 255, which leaves a white photo
        return Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layer = _as_mode(image, "RGBA")
        canvas = Image.new("RGB", layer.size, _WHITE)
        canvas.paste(layer, mask=layer)
        return canvas
    return _as_mode(image, "RGB")


def _as_mode(image: Image.Image, mode: str) -> Image.Image:
    # Pillow's convert copies a picture that needs no converting: 200 MB for 50 megapixels.
    return image if image.mode == mode else image.convert(mode)
