"""What the header of an exported photo says, without decoding it."""

import io

from PIL import ImageFile

from hazardlens.model.errors import ExportInvalidError, ImageError
from hazardlens.model.image_formats import PhotoFormat, sniff_format
from hazardlens.model.image_jpeg import JpegHeader
from hazardlens.model.image_orientation import exif_orientation
from hazardlens.model.image_pillow import OPENERS


def upright_size_wh(name: str, content: bytes) -> tuple[int, int]:
    """Width and height in pixels of a photo whose file name tells its format, and which is upright as stored.

    Raises:
        ExportInvalidError: it is no photo, or one that a reader would have to turn first: boxes would be off.
    """
    try:
        with _header(content) as image:
            size_wh, orientation = image.size, exif_orientation(image.info.get("exif"))
    except ImageError as error:
        raise ExportInvalidError(f"{name}: {error}") from error
    except Exception as error:  # decoders raise a dozen types on bytes that they cannot read
        raise ExportInvalidError(f"{name}: the photo's header cannot be read") from error
    if orientation != 1:
        raise ExportInvalidError(f"{name}: the photo is not upright as stored (EXIF orientation {orientation})")
    return size_wh


def _header(content: bytes) -> ImageFile.ImageFile:
    kind = sniff_format(content)
    if kind is PhotoFormat.JPEG:
        return JpegHeader(content)
    return OPENERS[kind](io.BytesIO(content))
