"""Photos: all that is done with the bytes of one, on the way to the network and into the store."""

from typing import Final

from fuzz.contract import Target
from fuzz.mutating import with_right_sums
from hazardlens.model.exports.photos import upright_size_wh
from hazardlens.model.image_orientation import exif_orientation
from hazardlens.model.image_place import place_of_exif, read_place
from hazardlens.model.images import decode_photo
from hazardlens.model.pipeline import Upload
from hazardlens.model.preprocess import letterbox
from hazardlens.serve.reports.previews import prepare_photo

_MAX_PIXELS: Final = 4_000_000
_CANVAS_PX: Final = 640
_PREVIEW_PX: Final = 320


def read_photo(data: bytes) -> None:
    """Classify's way of reading a photo, and a report's."""
    content = with_right_sums(data)
    photo = decode_photo(content, min_side_px=_CANVAS_PX, max_pixels=_MAX_PIXELS)
    tensor, placement = letterbox(photo, _CANVAS_PX)
    assert tensor.shape == (3, _CANVAS_PX, _CANVAS_PX)
    assert 1 <= photo.width * photo.height == placement.width * placement.height <= _MAX_PIXELS
    prepared = prepare_photo(0, Upload("a", content), preview_side_px=_PREVIEW_PX, max_pixels=_MAX_PIXELS)
    assert (prepared.width, prepared.height) == (photo.width, photo.height)
    assert max(decode_photo(prepared.preview).pixels.shape) <= _PREVIEW_PX


def read_place_and_header(data: bytes) -> None:
    """What is read of a photo beside its pixels."""
    content = with_right_sums(data)
    _check_place(read_place(content))
    upright_size_wh("a.jpg", content)


def read_exif(data: bytes) -> None:
    """A photo's EXIF block."""
    assert 1 <= exif_orientation(data) <= 8
    _check_place(place_of_exif(data))


def _check_place(place: tuple[float, float] | None) -> None:
    if place is not None:
        latitude, longitude = place
        assert abs(latitude) <= 90
        assert abs(longitude) <= 180


PHOTOS: Final = (
    *(Target(name, read_photo) for name in ("jpeg", "png", "webp", "heif", "avif")),
    *(Target(f"{name}-header", read_place_and_header, name) for name in ("jpeg", "png", "webp", "heif", "avif")),
    Target("exif", read_exif),
)
