import struct
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hazardlens.model.image_place import place_of_exif, read_place
from support import pictures
from support.intake import exif_at, photo_of

GPS: Final = 0x8825


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_place_comes_out_as_it_went_in(latitude: float, longitude: float) -> None:
    found = place_of_exif(exif_at(latitude, longitude))
    if found is None:
        assert (abs(latitude), abs(longitude)) < (1e-5, 1e-5)
    else:
        assert found == pytest.approx((latitude, longitude), abs=1e-5)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_format_can_tell(kind: str) -> None:
    assert read_place(pictures.saved(pictures.marked(), kind, exif=exif_at(31.5, 121.25))) == (31.5, 121.25)


def test_the_byte_order_does_not_matter() -> None:
    directory = struct.pack(">HHHII", 1, GPS, 4, 1, 26) + struct.pack(">I", 0)
    value = struct.pack(">6I", 31, 1, 30, 1, 0, 1)
    east = struct.pack(">6I", 121, 1, 15, 1, 0, 1)
    entries = b"".join(
        (
            struct.pack(">HHI4s", 1, 2, 2, b"S\0\0\0"),
            struct.pack(">HHII", 2, 5, 3, 80),
            struct.pack(">HHI4s", 3, 2, 2, b"E\0\0\0"),
            struct.pack(">HHII", 4, 5, 3, 104),
        )
    )
    block = b"MM\x00*" + struct.pack(">I", 8) + directory + struct.pack(">H", 4) + entries + struct.pack(">I", 0)
    assert len(block) == 80
    assert place_of_exif(block + value + east) == (-31.5, 121.25)


def _with(tag: int, value: object) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(GPS).update({1: "N", 2: (31.0, 30.0, 0.0), 3: "E", 4: (121.0, 15.0, 0.0), tag: value})
    return exif.tobytes()


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(None, id="no block"),
        pytest.param(b"", id="an empty block"),
        pytest.param(b"Exif\0\0", id="a block without content"),
        pytest.param(b"Exif\0\0II*\0\xff\xff\xff\xff", id="pointing behind its end"),
        pytest.param(Image.Exif().tobytes(), id="no place"),
        pytest.param(exif_at(0, 0), id="a camera without a fix"),
        pytest.param(_with(2, (91.0, 0.0, 0.0)), id="beyond the pole"),
        pytest.param(_with(1, "X"), id="no half of the globe"),
        pytest.param(exif_at(31, 121)[:-30], id="cut off"),
    ],
)
def test_what_cannot_be_read_is_no_place(block: object) -> None:
    assert place_of_exif(block) is None


def test_a_zero_below_the_line_is_no_place() -> None:
    block = exif_at(31.5, 121.25)
    assert place_of_exif(block.replace(struct.pack("<I", 1), struct.pack("<I", 0))) is None


@pytest.mark.parametrize(
    "data", [pytest.param(photo_of(1), id="no EXIF"), pytest.param(pictures.jpeg_with_broken_exif(), id="broken EXIF")]
)
def test_photos_without_a_place(data: bytes) -> None:
    assert read_place(data) is None


@given(st.binary(max_size=200))
def test_noise_is_no_place(noise: bytes) -> None:
    place = place_of_exif(b"II*\0\x08\0\0\0" + noise)
    assert place is None or (abs(place[0]) <= 90 and abs(place[1]) <= 180)
    assert read_place(noise) is None
