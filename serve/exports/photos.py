"""A photo as it leaves: upright, at full size, and with nothing in it but pixels."""

import hashlib
import io
from dataclasses import dataclass
from typing import Final

import simplejpeg
from PIL import Image

from hazardlens.model.errors import ImageBrokenError
from hazardlens.model.exports.reviewed import PHOTO_FOLDER
from hazardlens.model.image_formats import PhotoFormat
from hazardlens.model.images import decode_photo

JPEG_QUALITY: Final = 95


@dataclass(frozen=True, slots=True)
class ExportedPhoto:
    """A photo's file.

    Attributes:
        file: its name in an export.
        sha256: of its content.
        content: a PNG for a PNG, without loss; a JPEG for anything else.
    """

    file: str
    sha256: str
    content: bytes


def export_photo(original: bytes, size_wh: tuple[int, int], *, max_pixels: int) -> ExportedPhoto:
    """Encode a stored photo anew.

    Args:
        original: as it came in.
        size_wh: of the frame that its boxes are in, pixels.
        max_pixels: a photo with more is not decoded.

    Raises:
        ImageError: it can no longer be decoded, or not to the size that it had when it came in.
    """
    photo = decode_photo(original, max_pixels=max_pixels)
    found = (photo.pixels.shape[1], photo.pixels.shape[0])
    if found != size_wh:
        raise ImageBrokenError(f"decodes to {found[0]}x{found[1]} pixels; its boxes are for {size_wh[0]}x{size_wh[1]}")
    if photo.format == PhotoFormat.PNG:
        out = io.BytesIO()
        Image.fromarray(photo.pixels).save(out, "PNG")
        content, suffix = out.getvalue(), "png"
    else:
        content, suffix = bytes(simplejpeg.encode_jpeg(photo.pixels, JPEG_QUALITY, "RGB", "420")), "jpg"
    sha256 = hashlib.sha256(content).hexdigest()
    return ExportedPhoto(f"{PHOTO_FOLDER}/{sha256}.{suffix}", sha256, content)
