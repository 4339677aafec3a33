"""JPEG to RGB, at a reduced size where the caller needs no more.

A JPEG decoder can leave out detail as it goes: at 1/4 of the size a 12-megapixel photo takes a quarter of the time.
simplejpeg gives the same pixels as Pillow, three times as fast at full size, but refuses anything odd; Pillow then has
the second word.
"""

import io
from typing import Final

import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import JpegImagePlugin

from hazardlens.model.errors import ImageBrokenError
from hazardlens.model.image_jpeg_header import JpegHeader

_END_OF_IMAGE: Final = b"\xff\xd9"


def decode_jpeg(header: JpegHeader, factor: int) -> npt.NDArray[np.uint8]:
    """Decode at 1/`factor` of the size, sides rounded up, as stored: orientation is not applied.

    Args:
        header: of the file.
        factor: 1, 2, 4 or 8.

    Returns:
        (ceil(H / factor), ceil(W / factor), 3) uint8, RGB.

    Raises:
        ImageBrokenError: a part of the picture is missing.
        Exception: whatever Pillow raises on a corrupt file; the caller translates it.
    """
    if header.components == 4:
        return _decode_slowly(header, factor)
    try:
        return _decode_strictly(header.plain, header.size, factor)
    except ValueError as error:
        complaint = str(error).lower()
    if "premature end of jpeg file" in complaint:
        return _decode_without_end(header.plain, header.size, factor)
    if "premature end" in complaint:
        raise ImageBrokenError("the JPEG is truncated: a part of the picture is missing")
    return _decode_slowly(header, factor)


def _decode_strictly(data: bytes, size_wh: tuple[int, int], factor: int) -> npt.NDArray[np.uint8]:
    stored_height, stored_width, _, _ = simplejpeg.decode_jpeg_header(data)
    if (stored_width, stored_height) != size_wh:
        # The size that was checked against the limit is the header's. Two readers of it must not disagree.
        raise ImageBrokenError("the JPEG's header is ambiguous")
    width, height = (-(-side // factor) for side in size_wh)
    pixels = simplejpeg.decode_jpeg(data, "RGB", min_width=width, min_height=height, strict=True)
    return np.asarray(pixels, np.uint8)


def _decode_without_end(data: bytes, size_wh: tuple[int, int], factor: int) -> npt.NDArray[np.uint8]:
    """Some programs leave out the end marker and nothing else: with one, such a file decodes without complaint."""
    try:
        return _decode_strictly(data + _END_OF_IMAGE, size_wh, factor)
    except ValueError as error:
        raise ImageBrokenError("the JPEG is truncated: a part of the picture is missing") from error


def _decode_slowly(header: JpegHeader, factor: int) -> npt.NDArray[np.uint8]:
    # Not `Image.open`, which would take another picture for the first one of a multi-picture file.
    with JpegImagePlugin.JpegImageFile(io.BytesIO(header.plain)) as image:
        if image.size != header.size:
            raise ImageBrokenError("the JPEG's header is ambiguous")
        if factor > 1:
            image.draft(None, (max(1, image.width // factor), max(1, image.height // factor)))
        return np.asarray(image.convert("RGB"), np.uint8)
