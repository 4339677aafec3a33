"""Photos leave upright, at full size, with nothing in them but pixels; a PNG loses none of them."""

import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from hazardlens.model.errors import ImageBrokenError, ImageTooLargeError
from hazardlens.model.images import decode_photo
from hazardlens.serve.exports.photos import export_photo
from support import pictures

PIXELS = 1_000_000
KINDS = {
    "JPEG": pictures.jpeg(),
    "sideways JPEG": pictures.oriented(6),
    "CMYK JPEG": pictures.cmyk_jpeg(),
    "PNG": pictures.saved(pictures.marked(), "PNG"),
    "transparent PNG": pictures.transparent_png(),
    "sideways PNG": pictures.png_with_late_exif(),
    "WebP": pictures.webp(),
    "HEIC": pictures.heic(),
    "AVIF": pictures.avif(),
}


@pytest.mark.parametrize("original", KINDS.values(), ids=KINDS)
def test_keeps_every_pixel_in_its_place(original: bytes) -> None:
    before = decode_photo(original)
    photo = export_photo(original, (before.width, before.height), max_pixels=PIXELS)
    assert photo.file == f"photos/{photo.sha256}.{'png' if before.format == 'png' else 'jpg'}"
    assert photo.sha256 == hashlib.sha256(photo.content).hexdigest()
    with Image.open(io.BytesIO(photo.content)) as picture:
        picture.load()
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert not picture.getexif()
        after = np.asarray(picture.convert("RGB"), np.int16)
    assert after.shape == before.pixels.shape
    difference = np.abs(after - before.pixels)
    assert difference.mean() < (1e-9 if before.format == "png" else 6)


def test_the_same_photo_gives_the_same_file() -> None:
    first, second = (export_photo(pictures.jpeg(), (96, 64), max_pixels=PIXELS) for _ in range(2))
    assert first == second


def test_a_photo_that_no_longer_has_the_size_of_its_boxes_is_refused() -> None:
    with pytest.raises(ImageBrokenError, match="96x64 pixels; its boxes are for 64x96"):
        export_photo(pictures.jpeg(), (64, 96), max_pixels=PIXELS)
    with pytest.raises(ImageTooLargeError):
        export_photo(pictures.jpeg(), (96, 64), max_pixels=100)
