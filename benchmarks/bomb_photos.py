"""Small files that cost a careless reader seconds or gigabytes, one function each. All are made in code.

No file is larger than `max_file_bytes` allows.
"""

import struct
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from PIL import Image

from bomb_containers import CONTAINER_BOMBS
from bomb_parts import FILE_BYTES, SMALL_PX, chunk, png, riff, riff_chunk, saved, segment, tiff, tiff_entry, zeros

_SMALL: Final = (SMALL_PX, SMALL_PX)


# PNG


def png_of_60000_squared() -> bytes:
    """3.6 gigapixels of one bit, all black: half a megabyte."""
    return png(60000, 60000, colour=0, depth=1, idat=zeros(60000 * 7501))


def png_of_one_column() -> bytes:
    """Within the limit of pixels, but each row costs a decoder more than its pixel."""
    return png(1, 50_000_000, colour=0, depth=8, idat=zeros(100_000_000))


def png_with_surplus_rows() -> bytes:
    """A picture of 64 x 64 whose data inflate to a gigabyte."""
    return png(*_SMALL, colour=0, depth=8, idat=zeros(1 << 30))


def png_with_compressed_texts() -> bytes:
    """A thousand texts that inflate to a megabyte each."""
    text = zlib.compress(bytes(1_000_000), 9)
    return _png_with(b"".join(chunk(b"zTXt", b"k%d\x00\x00" % number + text) for number in range(1000)))


def png_with_international_texts() -> bytes:
    """The same by another chunk."""
    text = zlib.compress(bytes(1_000_000), 9)
    return _png_with(b"".join(chunk(b"iTXt", b"k%d\x00\x01\x00\x00\x00" % number + text) for number in range(1000)))


def png_with_inflated_profile() -> bytes:
    """A colour profile of a gigabyte."""
    return _png_with(chunk(b"iCCP", b"p\x00\x00" + zeros(1 << 30)))


def png_of_empty_chunks() -> bytes:
    """1.7 million chunks of nothing before the pixels."""
    return _png_with(chunk(b"teSt", b"") * (FILE_BYTES // 12))


def png_of_chunks_behind_the_pixels() -> bytes:
    """The same behind them."""
    whole = _png_with(b"")
    return whole[:-12] + chunk(b"teSt", b"") * (FILE_BYTES // 12) + whole[-12:]


def png_of_drops() -> bytes:
    """Pixels in chunks of no byte."""
    whole = _png_with(b"")
    at = whole.index(b"IDAT") - 4
    return whole[:at] + chunk(b"IDAT", b"") * (FILE_BYTES // 12) + whole[at:]


def png_of_100000_frames() -> bytes:
    """An animation."""
    frame = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, *_SMALL, 0, 0, 1, 10, 0, 0)) + chunk(b"fdAT", bytes(20))
    whole = _png_with(chunk(b"acTL", struct.pack(">II", 100_000, 0)) + frame[:38])
    return whole[:-12] + frame * 100_000 + whole[-12:]


def _png_with(chunks: bytes) -> bytes:
    rows = zlib.compress(bytes((1 + SMALL_PX) * SMALL_PX))
    return png(*_SMALL, colour=0, depth=8, idat=rows, before=chunks)


# EXIF, in the formats that allow a large block


def png_with_large_exif() -> bytes:
    """An EXIF block of 20 MB, all of it entries that none reads."""
    return _png_with(chunk(b"eXIf", tiff(*[tiff_entry(0x9999, 4, 1, 0)] * 65_535) + bytes(FILE_BYTES - 900_000)))


def png_with_circular_exif() -> bytes:
    """Directories that follow, and point to, themselves."""
    pointers = (tiff_entry(tag, 4, 1, 8) for tag in (0x8769, 0x8825, 0xA005))
    return _png_with(chunk(b"eXIf", tiff(*pointers, following=8)))


def webp_with_huge_counts() -> bytes:
    """Entries of four thousand million values."""
    entries = (tiff_entry(tag, 12, 0xFFFF_FFFF, 8) for tag in (0x0112, 0x8769, 0x8825))
    return _webp_with(riff_chunk(b"EXIF", tiff(*entries, count=65_535)), flags=8)


# WebP


def webp_of_16383_squared() -> bytes:
    """268 megapixels by its header."""
    return riff(_canvas(16383, 16383, 0))


def webp_with_larger_frame() -> bytes:
    """A canvas of 64 x 64 and a frame of 16383 x 16383 on it."""
    body = b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", 16383, 16383) + bytes(64)
    return riff(_canvas(*_SMALL, 0), riff_chunk(b"VP8 ", body))


@cache
def webp_of_100000_frames() -> bytes:
    """An animation."""
    still = saved(Image.new("RGB", (16, 16)), "WEBP", lossless=True)[12:]
    frame = riff_chunk(b"ANMF", bytes(6) + _u24(15) + _u24(15) + _u24(10) + b"\x00" + still)
    return riff(_canvas(16, 16, 2), riff_chunk(b"ANIM", bytes(6)), frame * 100_000)


def webp_of_empty_chunks() -> bytes:
    """2.6 million chunks of nothing."""
    return _webp_with(riff_chunk(b"TeSt", b"") * (FILE_BYTES // 8), flags=0)


def _webp_with(chunks: bytes, flags: int) -> bytes:
    still = saved(Image.new("RGB", _SMALL), "WEBP", lossless=True)[12:]
    return riff(_canvas(*_SMALL, flags), still, chunks)


def _canvas(width: int, height: int, flags: int) -> bytes:
    return riff_chunk(b"VP8X", struct.pack("<I", flags) + _u24(width - 1) + _u24(height - 1))


def _u24(number: int) -> bytes:
    return number.to_bytes(3, "little")


# JPEG


def jpeg_of_65535_squared() -> bytes:
    """4.3 gigapixels by its header."""
    return _jpeg_sized(65_535, 65_535)


def jpeg_of_65535_scans() -> bytes:
    """Progressive, 8 megapixels, and refined again and again: each time goes over the whole picture."""
    whole = saved(Image.new("L", (3264, 2448), 128), "JPEG", progressive=True)
    start = whole.rindex(b"\xff\xda")
    return whole[:start] + whole[start:-2] * min(65_535, FILE_BYTES // (len(whole) - start)) + b"\xff\xd9"


def jpeg_of_many_sequential_scans() -> bytes:
    """Not progressive, each component by itself, and all of them again and again, with hardly a byte in each."""
    whole = _jpeg_sized(3264, 2448, mode="RGB")
    scans = b"".join(segment(0xDA, bytes((1, part, 0, 0, 63, 0))) + b"\x00" * 2 for part in (1, 2, 3))
    return whole[: whole.index(b"\xff\xda")] + scans * 60_000 + b"\xff\xd9"


def jpeg_of_empty_segments() -> bytes:
    """Five million APP segments of nothing."""
    return _jpeg_with(segment(0xEF) * (FILE_BYTES // 4))


def jpeg_of_comments() -> bytes:
    """Five million empty comments."""
    return _jpeg_with(segment(0xFE) * (FILE_BYTES // 4))


def jpeg_of_fill_bytes() -> bytes:
    """Twenty million fill bytes before a marker."""
    return _jpeg_with(b"\xff" * FILE_BYTES)


def jpeg_of_stray_bytes() -> bytes:
    """Twenty million bytes of no segment."""
    return _jpeg_with(segment(0xEF) + bytes(FILE_BYTES))


def jpeg_of_photoshop_parts() -> bytes:
    """APP13 segments full of parts."""
    part = b"8BIM\x04\x04\x00\x00\x00\x00\x00\x00"
    return _jpeg_with(segment(0xED, b"Photoshop 3.0\x00" + part * 5000) * (FILE_BYTES // 60_100))


def jpeg_of_profile_parts() -> bytes:
    """A colour profile of 20 MB in parts of nothing."""
    return _jpeg_with(segment(0xE2, b"ICC_PROFILE\x00\x01\x01") * (FILE_BYTES // 18))


def jpeg_of_tables() -> bytes:
    """A hundred thousand quantisation tables and as many Huffman tables."""
    table = segment(0xC4, b"\x00\x01" + bytes(15) + b"\x00")
    return _jpeg_with((segment(0xDB, b"\x00" + bytes(range(1, 65))) + table) * (FILE_BYTES // 91))


def jpeg_of_restarts() -> bytes:
    """Ten million restart markers in place of pixels."""
    whole = _jpeg_with(segment(0xDD, b"\x00\x01"))
    markers = b"".join(bytes((0xFF, 0xD0 + number)) for number in range(8)) * (FILE_BYTES // 16)
    return whole[:-2] + markers + whole[-2:]


def _jpeg_with(middle: bytes) -> bytes:
    whole = saved(Image.new("L", _SMALL, 128), "JPEG")
    return whole[:2] + middle + whole[2:]


def _jpeg_sized(width: int, height: int, mode: str = "L") -> bytes:
    whole = saved(Image.new(mode, (8, 8)), "JPEG")
    at = whole.index(b"\xff\xc0") + 5
    return whole[:at] + struct.pack(">HH", height, width) + whole[at + 4 :]


def gif_of_frames() -> bytes:
    """An animation, in a format that is not accepted."""
    frames = [Image.new("L", _SMALL, shade) for shade in range(100)]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:])


BOMBS: Final[Mapping[str, Callable[[], bytes]]] = {
    "PNG 60000 x 60000": png_of_60000_squared,
    "PNG 1 x 50,000,000": png_of_one_column,
    "PNG with surplus rows": png_with_surplus_rows,
    "PNG zTXt": png_with_compressed_texts,
    "PNG iTXt": png_with_international_texts,
    "PNG iCCP": png_with_inflated_profile,
    "PNG empty chunks": png_of_empty_chunks,
    "PNG chunks behind": png_of_chunks_behind_the_pixels,
    "PNG drops": png_of_drops,
    "PNG 100,000 frames": png_of_100000_frames,
    "PNG large EXIF": png_with_large_exif,
    "PNG circular EXIF": png_with_circular_exif,
    "WebP huge EXIF counts": webp_with_huge_counts,
    "WebP 16383 x 16383": webp_of_16383_squared,
    "WebP larger frame": webp_with_larger_frame,
    "WebP 100,000 frames": webp_of_100000_frames,
    "WebP empty chunks": webp_of_empty_chunks,
    "JPEG 65535 x 65535": jpeg_of_65535_squared,
    "JPEG 65,535 scans": jpeg_of_65535_scans,
    "JPEG sequential scans": jpeg_of_many_sequential_scans,
    "JPEG empty segments": jpeg_of_empty_segments,
    "JPEG comments": jpeg_of_comments,
    "JPEG fill bytes": jpeg_of_fill_bytes,
    "JPEG stray bytes": jpeg_of_stray_bytes,
    "JPEG Photoshop parts": jpeg_of_photoshop_parts,
    "JPEG profile parts": jpeg_of_profile_parts,
    "JPEG tables": jpeg_of_tables,
    "JPEG restarts": jpeg_of_restarts,
    "GIF": gif_of_frames,
    **CONTAINER_BOMBS,
}
