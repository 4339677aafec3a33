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

_END_OF_IMAGE: Final = b"\xff\xd9"
_START_OF_SCAN: Final = b"\xff\xda"
MAX_SCANS: Final = 40
"""Each scan of a progressive JPEG goes over the whole picture, and one that changes nothing takes a hundred bytes."""


class JpegHeader(JpegImagePlugin.JpegImageFile):
    """A JPEG's header, not decoded. Of a multi-picture file it is the first picture's, unlike with `Image.open`."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))

    def _read_dpi_from_exif(self) -> None:
        """Leave the resolution unread: nobody needs it, and Pillow warns of broken EXIF blocks on the way."""


def decode_jpeg(data: bytes, header: JpegHeader, factor: int) -> npt.NDArray[np.uint8]:
    """Decode at 1/`factor` of the size, sides rounded up, as stored: orientation is not applied.

    Args:
        data: the file.
        header: of the same file, not yet loaded.
        factor: 1, 2, 4 or 8.

    Returns:
        (ceil(H / factor), ceil(W / factor), 3) uint8, RGB.

    Raises:
        ImageBrokenError: a part of the picture is missing.
        Exception: whatever Pillow raises on a corrupt file; the caller translates it.
    """
    if "progressive" in header.info and data.count(_START_OF_SCAN) > MAX_SCANS:
        raise ImageBrokenError(f"the JPEG has more than {MAX_SCANS} scans; photos have a dozen at most")
    if header.mode not in {"RGB", "L"}:
        return _decode_slowly(header, factor)
    try:
        return _decode_strictly(data, header.size, factor)
    except ValueError as error:
        complaint = str(error).lower()
    if "premature end of jpeg file" in complaint:
        return _decode_without_end(data, header.size, factor)
    if "premature end" in complaint:
        raise ImageBrokenError("the JPEG is truncated: a part of the picture is missing")
    return _decode_slowly(header, factor)


def _decode_strictly(data: bytes, size_wh: tuple[int, int], factor: int) -> npt.NDArray[np.uint8]:
    stored_height, stored_width, _, _ = simplejpeg.decode_jpeg_header(data)
    if (stored_width, stored_height) != size_wh:
        # The size that was checked against the limit is Pillow's. Two readers of one header must not disagree.
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
    if factor > 1:
        header.draft(None, (max(1, header.width // factor), max(1, header.height // factor)))
    return np.asarray(header.convert("RGB"), np.uint8)
