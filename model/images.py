"""From the bytes of a photo to upright RGB pixels.

The order matters: what is it, how large does it say it is, and only then decode. Nothing that a decoder does wrong
leaves here as anything but an `ImageError`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import ImageFile

from hazardlens.model.errors import HazardlensError, ImageBrokenError, ImageTooLargeError
from hazardlens.model.image_container import read_container
from hazardlens.model.image_formats import PhotoFormat, sniff_format
from hazardlens.model.image_jpeg import decode_jpeg
from hazardlens.model.image_jpeg_header import read_jpeg_header
from hazardlens.model.image_orientation import exif_orientation, is_sideways, turn_upright
from hazardlens.model.image_pillow import decode_first_frame, open_photo
from hazardlens.model.image_webp import webp_size_wh

Pixels = npt.NDArray[np.uint8]

DEFAULT_MAX_PIXELS: Final = 50_000_000
"""Phones take 12 to 50 megapixels; more is a panorama of a scanner or an attack."""

MAX_SIDE_PX: Final = 65_535
"""JPEG knows no longer side. A picture of one column costs a decoder far more than its pixels."""

WORK_FACTOR: Final = 4
"""How many times the limit's pixels may be moved for one HEIF or AVIF: a phone's tiles, their canvas and a gain map."""

_HEVC_PADDING_PX: Final = 63
"""A coded picture is padded to whole blocks, which are cut off again: a photo of just the limit is a little more."""

_FACTORS: Final = (8, 4, 2)


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A decoded photo.

    Attributes:
        pixels: (H, W, 3) uint8, RGB, upright; smaller than the original where it was decoded at a reduced size.
        width: of the upright original, in pixels. Boxes are in this frame, not in that of `pixels`.
        height: of the upright original, in pixels.
        format: what the bytes were.

    Raises:
        ValueError: the pixels' shape or type differs, or the original has no area.
    """

    pixels: Pixels
    width: int
    height: int
    format: str

    def __post_init__(self) -> None:
        """Check the shape."""
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or self.pixels.dtype != np.uint8 or not self.pixels.size:
            raise ValueError(f"pixels: expected (H, W, 3) of uint8, found {self.pixels.shape} of {self.pixels.dtype}")
        if self.width < 1 or self.height < 1:
            raise ValueError(f"size: expected at least 1x1, found {self.width}x{self.height}")


def decode_photo(data: bytes, *, min_side_px: int | None = None, max_pixels: int = DEFAULT_MAX_PIXELS) -> Photo:
    """Decode a photo: first frame, upright, on white where it is transparent.

    Args:
        data: the whole file.
        min_side_px: the caller needs no more than this along the long side. The photo is then decoded at 1/2, 1/4 or
            1/8, as long as its long side still has that many pixels; for a JPEG that saves most of the time, for other
            formats memory. None: full size.
        max_pixels: refuse more, by the header, before anything is decoded.

    Raises:
        ImageEmptyError: no bytes.
        ImageFormatError: not JPEG, PNG, WebP, HEIC/HEIF or AVIF by content.
        ImageTooLargeError: more than `max_pixels`.
        ImageBrokenError: truncated or corrupt.
    """
    kind = sniff_format(data)
    try:
        if kind is PhotoFormat.JPEG:
            return _decode_jpeg_photo(data, min_side_px, max_pixels)
        _check_early(data, kind, max_pixels)
        return _decode_pillow_photo(open_photo(data, kind), kind, min_side_px, max_pixels)
    except HazardlensError:
        raise
    # Five decoders on bytes from strangers: they raise a dozen types, from SyntaxError to struct.error, and add more
    # with each release. Whichever it is, the photo cannot be read.
    except Exception as error:
        raise ImageBrokenError(f"the {kind.name} file is truncated or corrupt and cannot be decoded") from error


def _check_early(data: bytes, kind: PhotoFormat, max_pixels: int) -> None:
    """Check what a decoder would set memory aside for before it says how much, or goes by another header for."""
    if kind is PhotoFormat.WEBP:
        _check_size(webp_size_wh(data), max_pixels)
    if kind in {PhotoFormat.HEIF, PhotoFormat.AVIF}:
        container = read_container(data, kind)
        for size_wh in container.sizes_wh:
            _check_size(size_wh, max_pixels, padding_px=_HEVC_PADDING_PX if kind is PhotoFormat.HEIF else 0)
        if container.work_pixels > WORK_FACTOR * max_pixels:
            raise ImageTooLargeError(
                f"the photo is made of {container.work_pixels / 1e6:.1f} megapixels of tiles and layers; "
                f"the limit is {WORK_FACTOR * max_pixels / 1e6:g}"
            )


def _decode_jpeg_photo(data: bytes, min_side_px: int | None, max_pixels: int) -> Photo:
    header = read_jpeg_header(data)
    _check_size(header.size, max_pixels)
    pixels = decode_jpeg(header, _reduction(header.size, min_side_px))
    return _upright_photo(pixels, header.size, exif_orientation(header.exif), PhotoFormat.JPEG)


def _decode_pillow_photo(
    image: ImageFile.ImageFile,
    kind: PhotoFormat,
    min_side_px: int | None,
    max_pixels: int,
) -> Photo:
    with image:
        _check_size(image.size, max_pixels)
        pixels = decode_first_frame(image, _reduction(image.size, min_side_px))
        # A PNG may carry its EXIF behind the pixels, so it is read last. HEIF's decoder has turned the photo already.
        orientation = 1 if kind is PhotoFormat.HEIF else exif_orientation(image.info.get("exif"))
        return _upright_photo(pixels, image.size, orientation, kind)


def _reduction(size_wh: tuple[int, int], min_side_px: int | None) -> int:
    """The greatest of 1, 2, 4, 8 by which the long side can shrink and still be `min_side_px`."""
    if min_side_px is None:
        return 1
    return next((factor for factor in _FACTORS if max(size_wh) >= min_side_px * factor), 1)


def _upright_photo(pixels: Pixels, size_wh: tuple[int, int], orientation: int, kind: PhotoFormat) -> Photo:
    width, height = reversed(size_wh) if is_sideways(orientation) else size_wh
    return Photo(turn_upright(pixels, orientation), width, height, kind.value)


def _check_size(size_wh: tuple[int, int], max_pixels: int, *, padding_px: int = 0) -> None:
    width, height = size_wh
    if width < 1 or height < 1:
        raise ImageBrokenError(f"the header announces {width}x{height} pixels")
    if max(1, width - padding_px) * max(1, height - padding_px) > max_pixels:
        found, limit = width * height / 1e6, max_pixels / 1e6
        raise ImageTooLargeError(f"{width}x{height} is {found:.1f} megapixels; the limit is {limit:g}")
    if max(size_wh) > MAX_SIDE_PX:
        raise ImageTooLargeError(f"{width}x{height} has a side of more than {MAX_SIDE_PX} pixels")
