"""What is handed on to decoders of JPEG, PNG and WebP: all of the picture, and nothing that can be a bomb."""

import io
from collections.abc import Callable

import pytest
from PIL import Image

from bomb_parts import chunk, segment
from hazardlens.model.errors import ImageBrokenError
from hazardlens.model.image_jpeg_header import MAX_SCANS, read_jpeg_header
from hazardlens.model.image_png import plain_png
from hazardlens.model.image_webp import plain_webp
from hazardlens.model.images import decode_photo
from support import pictures


@pytest.mark.parametrize(
    ("make", "plain"),
    [
        (pictures.palette_png, plain_png),
        (pictures.grey_16_bit_png, plain_png),
        (pictures.png_with_late_exif, plain_png),
        (lambda: pictures.animated("PNG"), plain_png),
        (pictures.webp, plain_webp),
        (lambda: pictures.webp(lossless=True), plain_webp),
        (lambda: pictures.oriented(6, "WEBP"), plain_webp),
        (lambda: pictures.animated("WEBP"), plain_webp),
    ],
    ids=["palette", "16 bit", "late EXIF", "animated PNG", "lossy", "lossless", "turned", "animated WebP"],
)
def test_the_picture_stays_the_same(make: Callable[[], bytes], plain: Callable[[bytes], bytes]) -> None:
    whole = make()
    bare = plain(whole)
    assert plain(bare) == bare
    shown, expected = (Image.open(io.BytesIO(data)) for data in (bare, whole))
    assert shown.convert("RGBA").tobytes() == expected.convert("RGBA").tobytes()
    assert shown.getexif() == expected.getexif()


def test_only_the_first_frame_is_handed_on() -> None:
    whole = pictures.animated("WEBP")
    assert whole.count(b"ANMF") == 3
    assert plain_webp(whole).count(b"ANMF") == 1


def test_an_unknown_critical_chunk_is_no_png() -> None:
    whole = pictures.one_bit_png()
    with pytest.raises(ImageBrokenError, match="in no PNG"):
        plain_png(whole[:33] + chunk(b"BOMB", b"") + whole[33:])


def test_scans_are_counted_in_the_picture_and_not_behind_it() -> None:
    """A phone puts a film behind a photo, and any two bytes are somewhere in a film."""
    film = bytes((0xFF, 0xDA)) * 1000
    assert read_jpeg_header(pictures.jpeg() + film).size == (96, 64)
    assert decode_photo(pictures.progressive_jpeg() + film).width == 96


def test_an_end_that_is_hidden_in_a_segment_is_none() -> None:
    """Two bytes in a comment that look like the picture's end do not hide the scans behind it."""
    whole = pictures.progressive_jpeg()
    start = whole.rindex(b"\xff\xda")
    scans = whole[start:-2] * (MAX_SCANS + 1)
    with pytest.raises(ImageBrokenError, match="more than 40 scans"):
        read_jpeg_header(whole[:start] + segment(0xFE, b"\xff\xd9") + scans + b"\xff\xd9")


def test_colours_stay_what_their_markers_say() -> None:
    plain = read_jpeg_header(pictures.jpeg(exif=b"Exif\x00\x00II*\x00", comment=b"x" * 99, icc_profile=b"y" * 99)).plain
    assert b"JFIF" in plain
    assert not any(part in plain for part in (b"Exif", b"ICC_PROFILE", b"x" * 99))
    assert b"Adobe" in read_jpeg_header(pictures.cmyk_jpeg()).plain


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"\xff\xd8\xff", id="nothing"),
        pytest.param(b"\xff\xd8" + segment(0xC0, b"\x08\x00"), id="a frame cut off"),
        pytest.param(b"\xff\xd8" + segment(0xC0, b"\x0c\x00\x08\x00\x08\x03") + segment(0xDA), id="12 bits"),
        pytest.param(b"\xff\xd8" + segment(0xC0, b"\x08\x00\x08\x00\x08\x02") + segment(0xDA), id="two components"),
        pytest.param(b"\xff\xd8" + segment(0xC0, b"\x08\x00\x08\x00\x08\x03") * 2 + segment(0xDA), id="two frames"),
        pytest.param(b"\xff\xd8" + segment(0xDA), id="no frame"),
        pytest.param(b"\xff\xd8\xff\xd9", id="its end only"),
    ],
)
def test_a_header_that_says_nothing_of_use_is_broken(header: bytes) -> None:
    with pytest.raises(ImageBrokenError):
        read_jpeg_header(header)
