"""Small files that announce or unpack to far too many pixels. All functions give whole files as bytes."""

import re
import struct
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from PIL import Image

from support.pictures import avif, heic, png_of, saved


@cache
def png_bomb(side: int = 16384) -> bytes:
    """A true PNG of `side` squared that is a few kilobytes small: one bit a pixel, all black."""
    rows = bytes((1 + -(-side // 8)) * side)
    return png_of(side, side, depth=1, colour=0, rows=rows)


@cache
def huge_jpeg(width: int = 9643, height: int = 10328) -> bytes:
    """A true grey JPEG of 99.6 megapixels, written without an encoder: each block says "as before, and no more"."""
    small = saved(Image.new("L", (8, 8), 128), "JPEG")
    start = small.index(b"\xff\xda")
    start += 2 + int.from_bytes(small[start + 2 : start + 4], "big")
    head = re.sub(
        rb"(\xff\xc0\x00\x0b\x08)\x00\x08\x00\x08", rb"\g<1>" + struct.pack(">HH", height, width), small[:start]
    )
    blocks = -(-width // 8) * -(-height // 8)
    # 00 is "no change", 1010 is "end of block": four blocks are three bytes. What is left over are padding bits.
    scan = b"\x28\xa2\x8a" * (blocks // 4) + {0: b"", 1: b"\x2b", 2: b"\x28\xaf", 3: b"\x28\xa2\xbf"}[blocks % 4]
    return head + scan + b"\xff\xd9"


def huge_webp(width: int = 16383, height: int = 16383) -> bytes:
    """An extended WebP header that announces 268 megapixels, with no pixels behind it."""
    body = (
        b"VP8X"
        + struct.pack("<I", 10)
        + bytes(4)
        + (width - 1).to_bytes(3, "little")
        + (height - 1).to_bytes(3, "little")
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def huge_heic() -> bytes:
    """A HEIC whose header announces 30000 x 30000."""
    return _announce(heic(), 30000, 30000)


def huge_avif() -> bytes:
    """An AVIF whose header announces 30000 x 30000."""
    return _announce(avif(), 30000, 30000)


def lying_avif(width: int = 1600, height: int = 1200) -> bytes:
    """An AVIF whose container announces 96 x 64, while the stream inside is `width` x `height`."""
    return _announce(avif(width, height), 96, 64)


def _announce(container: bytes, width: int, height: int) -> bytes:
    """An ISO media file with another size in its `ispe` box."""
    return re.sub(rb"(ispe\x00{4}).{8}", lambda m: m[1] + struct.pack(">II", width, height), container, flags=re.DOTALL)


TOO_LARGE: Final[Mapping[str, Callable[[], bytes]]] = {
    "PNG of 16384x16384": png_bomb,
    "JPEG of 9643x10328": huge_jpeg,
    "WebP of 16383x16383": huge_webp,
    "HEIC of 30000x30000": huge_heic,
    "AVIF of 30000x30000": huge_avif,
}
"""More than 50 megapixels by their header: code image_too_large."""
