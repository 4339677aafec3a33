"""The EXIF orientation, from good blocks and from bad ones."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazardlens.model.image_orientation import exif_orientation, is_sideways, turn_upright

TAG, SHORT, LONG = 0x0112, 3, 4


def exif(*entries: tuple[int, int, int], order: str = "<", prefix: bytes = b"Exif\x00\x00", start: int = 8) -> bytes:
    head = (b"II*\x00" if order == "<" else b"MM\x00*") + struct.pack(order + "I", start) + bytes(start - 8)
    body = struct.pack(order + "H", len(entries))
    for tag, kind, value in entries:
        packed = struct.pack(order + "H", value) + bytes(2) if kind == SHORT else struct.pack(order + "I", value)
        body += struct.pack(order + "HHI", tag, kind, 1) + packed
    return prefix + head + body + bytes(4)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("prefix", [b"", b"Exif\x00\x00"])
@pytest.mark.parametrize("kind", [SHORT, LONG])
@pytest.mark.parametrize("value", range(1, 9))
def test_reads_all_eight(value: int, kind: int, prefix: bytes, order: str) -> None:
    assert exif_orientation(exif((0x010F, SHORT, 7), (TAG, kind, value), order=order, prefix=prefix, start=20)) == value


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(None, id="none"),
        pytest.param("text", id="not bytes"),
        pytest.param(b"", id="empty"),
        pytest.param(b"Exif\x00\x00", id="nothing behind the mark"),
        pytest.param(b"Exif\x00\x00XX*\x00" + bytes(40), id="unknown byte order"),
        pytest.param(exif(), id="no entries"),
        pytest.param(exif((0x010F, SHORT, 6)), id="another tag"),
        pytest.param(exif((TAG, SHORT, 0)), id="zero"),
        pytest.param(exif((TAG, SHORT, 9)), id="nine"),
        pytest.param(exif((TAG, 2, 6)), id="a text"),
        pytest.param(exif((TAG, SHORT, 6))[:20], id="cut off"),
        pytest.param(b"II*\x00\xff\xff\xff\xff" + bytes(40), id="points behind its end"),
        pytest.param(b"II*\x00\x08\x00\x00\x00\xff\xff" + b"\x11" * 40, id="65535 entries announced"),
    ],
)
def test_anything_else_is_upright(block: object) -> None:
    assert exif_orientation(block) == 1


@given(st.binary(max_size=200))
def test_never_fails(noise: bytes) -> None:
    assert 1 <= exif_orientation(b"Exif\x00\x00II*\x00\x08\x00\x00\x00" + noise) <= 8


@given(st.integers(1, 8), st.integers(1, 5), st.integers(1, 5))
def test_turning_moves_every_pixel_and_loses_none(orientation: int, height: int, width: int) -> None:
    pixels = np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)

    upright = turn_upright(pixels, orientation)

    expected = (width, height, 3) if is_sideways(orientation) else (height, width, 3)
    assert upright.shape == expected
    assert upright.flags.c_contiguous
    assert sorted(map(tuple, upright.reshape(-1, 3))) == sorted(map(tuple, pixels.reshape(-1, 3)))
