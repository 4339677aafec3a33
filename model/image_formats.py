"""Which format some bytes are in, judged by their first bytes and never by a name."""

from enum import StrEnum
from typing import Final

from hazardlens.model.errors import ImageEmptyError, ImageFormatError


class PhotoFormat(StrEnum):
    """The accepted formats, as stored and sent."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    HEIF = "heif"
    AVIF = "avif"


ACCEPTED: Final = "JPEG, PNG, WebP, HEIC/HEIF or AVIF"

_HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
# The container without a codec's name: the compatible brands behind it tell.
_ANY_CODEC_BRANDS: Final = frozenset({b"mif1", b"mif2", b"msf1", b"miaf"})
_MOST_BRAND_BYTES: Final = 256

# For a message that helps: what people send when they do not send a photo.
_REFUSED: Final[tuple[tuple[bytes, str], ...]] = (
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"II*\x00", "a TIFF"),
    (b"MM\x00*", "a TIFF"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"\x1aE\xdf\xa3", "a WebM or Matroska video"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000"),
    (b"\xff\x0a", "a JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL"),
)


def sniff_format(data: bytes) -> PhotoFormat:
    """The format of a photo's bytes.

    Raises:
        ImageEmptyError: there are no bytes.
        ImageFormatError: they are in no accepted format; the message names what was found where that is known.
    """
    if not data:
        raise ImageEmptyError("the photo is empty: 0 bytes")
    if data.startswith(b"\xff\xd8\xff"):
        return PhotoFormat.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PhotoFormat.PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return PhotoFormat.WEBP
    brands = _brands(data)
    if brands:
        return _from_brands(brands)
    found = next((name for magic, name in _REFUSED if data.startswith(magic)), "not an image that we know")
    raise ImageFormatError(f"expected {ACCEPTED}, found {found}")


def _brands(data: bytes) -> list[bytes]:
    """The major and the compatible brands of an ISO media file; none for anything else."""
    if data[4:8] != b"ftyp":
        return []
    end = min(int.from_bytes(data[:4], "big"), _MOST_BRAND_BYTES, len(data))
    return [data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))]


def _from_brands(brands: list[bytes]) -> PhotoFormat:
    # The major brand decides unless it leaves the codec open; a file may list the other codec as compatible.
    for brand in brands if brands[0] in _ANY_CODEC_BRANDS else brands[:1]:
        if brand in _AVIF_BRANDS:
            return PhotoFormat.AVIF
        if brand in _HEIF_BRANDS:
            return PhotoFormat.HEIF
    if brands[0] in _ANY_CODEC_BRANDS:
        return PhotoFormat.HEIF
    raise ImageFormatError(f"expected {ACCEPTED}, found a video or another ISO media file")
