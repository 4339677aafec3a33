"""What intake makes of each photo: is it one, how large, how does it look, and a small copy without metadata."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from PIL import Image

from hazardlens.model.errors import ImageError, MediaError
from hazardlens.model.image_place import read_place
from hazardlens.model.images import Photo, Pixels, decode_photo
from hazardlens.model.pipeline import Upload
from hazardlens.serve.reports.likeness import look_of

PREVIEW_MEDIA_TYPE: Final = "image/jpeg"
_QUALITY: Final = 82


@dataclass(frozen=True, slots=True)
class PreparedPhoto:
    """A photo that can be stored.

    Attributes:
        upload: as it came.
        width: of the upright original, in pixels.
        height: of the upright original, in pixels.
        media_type: of the original, by its content.
        look: perceptual hash; None for a picture of one tone.
        preview: a JPEG.
    """

    upload: Upload
    width: int
    height: int
    media_type: str
    look: str | None
    preview: bytes


def prepare_photo(index: int, upload: Upload, *, preview_side_px: int, max_pixels: int) -> PreparedPhoto:
    """Decode a photo and make what is stored beside it.

    Raises:
        MediaError: it cannot be used; it says which and why.
    """
    try:
        photo = decode_photo(upload.data, min_side_px=preview_side_px, max_pixels=max_pixels)
    except ImageError as error:
        raise MediaError(index, upload.name, error) from error
    return PreparedPhoto(
        upload,
        photo.width,
        photo.height,
        f"image/{photo.format}",
        look_of(photo.pixels),
        encode_jpeg(_shrunk(photo.pixels, preview_side_px)),
    )


def place_of(photos: Iterable[PreparedPhoto]) -> tuple[float, float] | None:
    """Latitude and longitude of the first photo that says where it was taken."""
    return next((place for photo in photos if (place := read_place(photo.upload.data)) is not None), None)


def open_preview(content: bytes, width: int, height: int) -> Photo:
    """A stored preview as a photo whose boxes are in pixels of the upright original, which is width x height."""
    small = decode_photo(content)
    return Photo(small.pixels, width, height, small.format)


def encode_jpeg(picture: Image.Image) -> bytes:
    """A progressive JPEG, which shows early on a slow line; nothing but pixels goes into it."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY, progressive=True)
    return out.getvalue()


def _shrunk(pixels: Pixels, side_px: int) -> Image.Image:
    picture = Image.fromarray(pixels)
    picture.thumbnail((side_px, side_px), Image.Resampling.HAMMING)  # as sharp as bicubic here, and faster
    return picture
