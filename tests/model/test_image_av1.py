"""The sizes inside an AVIF, whatever its container says."""

import random
import struct
from collections.abc import Callable

import pytest

from hazardlens.model.errors import ImageBrokenError, ImageTooLargeError
from hazardlens.model.image_container import read_container
from hazardlens.model.image_formats import PhotoFormat
from hazardlens.model.images import decode_photo
from support import broken_pictures, huge_pictures, pictures


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def leb128(value: int) -> bytes:
    return bytes([value & 0x7F | 0x80, value >> 7]) if value > 0x7F else bytes([value])


def unit(kind: int, body: bytes, *, extension: bool = False) -> bytes:
    """One OBU with its size."""
    head = bytes([kind << 3 | (4 if extension else 0) | 2]) + (b"\x00" if extension else b"")
    return head + leb128(len(body)) + body


def sequence(width: int, height: int, before: str = "000" + "1" + "1" + "00000") -> bytes:
    """A sequence header; `before` are the bits in front of the sizes, by default those of a still picture."""
    bits = before + f"{15:04b}{15:04b}{width - 1:016b}{height - 1:016b}" + "1"
    return int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")


def container(stream: bytes, *, version: int = 0, in_idat: bool = False) -> bytes:
    """The least of an AVIF around a stream: one item, one extent."""
    wide = "I" if version == 2 else "H"
    method = struct.pack(">H", int(in_idat)) if version else b""

    def meta(offset: int) -> bytes:
        entry = struct.pack(">" + wide, 1) + method + struct.pack(">HHII", 0, 1, offset, len(stream))
        iloc = box(b"iloc", bytes([version, 0, 0, 0, 0x44, 0x00]) + struct.pack(">" + wide, 1) + entry)
        return box(b"meta", bytes(4) + iloc + (box(b"idat", stream) if in_idat else b""))

    head = box(b"ftyp", b"avif" + bytes(4))
    offset = 0 if in_idat else len(head) + len(meta(0)) + 8
    return head + meta(offset) + (b"" if in_idat else box(b"mdat", stream))


TALKATIVE = "".join(
    [
        "00000",  # profile, neither a still picture nor a reduced header
        "1" + "0" * 64 + "1" + "00101",  # timing: tick, scale, equal intervals of so many ticks
        "1" + "00111" + "0" * 42,  # decoder model: delays take 8 bits
        "1" + "00001",  # display delays, two operating points
        *["0" * 12 + "00001" + "1" + "0" * 17 + "1" + "0000"] * 2,
    ],
)
"""What a sequence header can hold in front of the sizes."""

PLAIN = unit(2, b"") + unit(1, sequence(4032, 3024)) + unit(6, bytes(9))


def sizes_wh(data: bytes) -> tuple[tuple[int, int], ...]:
    return read_container(data, PhotoFormat.AVIF).sizes_wh


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(pictures.avif, {(96, 64)}, id="still"),
        pytest.param(lambda: pictures.avif(1000, 777), {(1000, 777)}, id="odd size"),
        pytest.param(lambda: pictures.animated("AVIF"), {(96, 64)}, id="animated"),
        pytest.param(lambda: pictures.oriented(6, "AVIF"), {(64, 96)}, id="turned: sizes are as stored"),
        pytest.param(broken_pictures.truncated_avif, {(96, 64)}, id="truncated"),
        pytest.param(huge_pictures.lying_avif, {(96, 64), (1600, 1200)}, id="the container lies"),
        pytest.param(pictures.heic, {(96, 64)}, id="no AV1 in it: what the container says"),
        pytest.param(pictures.jpeg, set(), id="no container"),
    ],
)
def test_sizes_of_real_files(make: Callable[[], bytes], expected: set[tuple[int, int]]) -> None:
    assert set(sizes_wh(make())) == expected


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(PLAIN, id="plain"),
        pytest.param(unit(15, bytes(300)) + PLAIN, id="behind padding"),
        pytest.param(unit(1, sequence(4032, 3024), extension=True), id="with an extension"),
        pytest.param(bytes([1 << 3]) + sequence(4032, 3024), id="without a size"),
        pytest.param(
            unit(1, sequence(4032, 3024, "000" + "0" + "0" + "0" + "0" + "00000" + "0" * 12 + "01000" + "0")),
            id="full header, level 8 with a tier",
        ),
        pytest.param(
            unit(1, sequence(4032, 3024, TALKATIVE)),
            id="full header with timing, decoder model and two operating points",
        ),
    ],
)
@pytest.mark.parametrize(("version", "in_idat"), [(0, False), (1, False), (1, True), (2, False)])
def test_sizes_of_made_up_streams(stream: bytes, version: int, in_idat: bool) -> None:
    assert sizes_wh(container(stream, version=version, in_idat=in_idat)) == ((4032, 3024),)


def test_a_lie_about_the_size_does_not_get_past_the_limit() -> None:
    with pytest.raises(ImageTooLargeError, match=r"1600x1200 is 1\.9 megapixels; the limit is 1"):
        decode_photo(huge_pictures.lying_avif(), max_pixels=1_000_000)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(container(unit(15, b"") * 20_001 + PLAIN), "20000 parts", id="units"),
        pytest.param(box(b"free", b"") * 20_001 + container(PLAIN), "20000 parts", id="boxes"),
        pytest.param(
            box(b"meta", bytes(4) + box(b"iloc", bytes([0, 0, 0, 0, 0, 0, 0xFF, 0xFF]))),
            "1000 pictures",
            id="items",
        ),
    ],
)
def test_files_made_to_keep_us_busy_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(ImageBrokenError, match=f"more than {message}"):
        sizes_wh(data)


def test_a_header_behind_the_first_frame_counts_too() -> None:
    later = container(unit(1, sequence(64, 64)) + unit(6, bytes(9)) + unit(1, sequence(8704, 6528)))
    assert sizes_wh(later) == ((64, 64), (8704, 6528))


def test_damage_is_refused_or_read_and_never_fails() -> None:
    rng = random.Random(11)  # noqa: S311 - the same damage on every run
    read = 0
    for seed in (pictures.avif(), pictures.animated("AVIF"), container(PLAIN, version=1, in_idat=True)):
        for _ in range(400):
            data = bytearray(seed)
            for _ in range(rng.randrange(1, 6)):
                data[rng.randrange(min(len(data), 400))] = rng.randrange(256)
            try:
                read += bool(sizes_wh(bytes(data)))
            except ImageBrokenError:
                continue

    assert read > 100
