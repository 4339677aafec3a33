"""What the header of an exported photo says, without decoding it."""

from hazardlens.model.errors import ExportInvalidError, ImageError
from hazardlens.model.image_formats import PhotoFormat, sniff_format
from hazardlens.model.image_jpeg_header import read_jpeg_header
from hazardlens.model.image_orientation import exif_orientation
from hazardlens.model.image_pillow import open_photo


def upright_size_wh(name: str, content: bytes) -> tuple[int, int]:
    """Width and height in pixels of a photo whose file name tells its format, and which is upright as stored.

    Raises:
        ExportInvalidError: it is no photo, or one that a reader would have to turn first: boxes would be off.
    """
    try:
        size_wh, exif = _size_and_exif(content)
    except ImageError as error:
        raise ExportInvalidError(f"{name}: {error}") from error
    except Exception as error:  # decoders raise a dozen types on bytes that they cannot read
        raise ExportInvalidError(f"{name}: the photo's header cannot be read") from error
    orientation = exif_orientation(exif)
    if orientation != 1:
        raise ExportInvalidError(f"{name}: the photo is not upright as stored (EXIF orientation {orientation})")
    return size_wh


def _size_and_exif(content: bytes) -> tuple[tuple[int, int], object]:
    kind = sniff_format(content)
    if kind is PhotoFormat.JPEG:
        header = read_jpeg_header(content)
        return header.size, header.exif
    with open_photo(content, kind) as image:
        return image.size, image.info.get("exif")
