"""What bombs of several formats are made of."""

import io
import struct
import zlib
from typing import Any, Final, Protocol

SMALL_PX: Final = 64
FILE_BYTES: Final = 20 * 1024 * 1024 - 4096
"""As much as one photo may have by default, and a little less."""


class _Savable(Protocol):
    def save(self, fp: io.BytesIO, *args: Any, **options: Any) -> object:  # noqa: ANN401 - what encoders take
        """Write a picture."""


def saved(picture: _Savable, *kind: str, **options: Any) -> bytes:  # noqa: ANN401 - what encoders take
    """A picture as a file."""
    out = io.BytesIO()
    picture.save(out, *kind, **options)
    return out.getvalue()


def png(width: int, height: int, *, colour: int, depth: int, idat: bytes, before: bytes = b"") -> bytes:
    """A PNG of compressed rows `idat`, with chunks `before` them."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = (chunk(b"IHDR", header), before, chunk(b"IDAT", idat), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def zeros(count: int) -> bytes:
    """`count` zeros, compressed as far as zlib can: about a thousandth."""
    packer, block = zlib.compressobj(9), bytes(1 << 20)
    packed = [packer.compress(block[: count - start]) for start in range(0, count, len(block))]
    return b"".join(packed) + packer.flush()


def riff_chunk(kind: bytes, body: bytes) -> bytes:
    """A RIFF chunk, padded."""
    return kind + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) & 1)


def riff(*chunks: bytes) -> bytes:
    """A WebP file."""
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def segment(marker: int, body: bytes = b"") -> bytes:
    """A JPEG segment."""
    return bytes((0xFF, marker)) + struct.pack(">H", 2 + len(body)) + body


def tiff(*entries: bytes, count: int | None = None, following: int = 0) -> bytes:
    """An EXIF block of one directory, which says that it has `count` entries and which one follows it."""
    said = len(entries) if count is None else count
    return b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", said) + b"".join(entries) + struct.pack("<I", following)


def tiff_entry(tag: int, kind: int, count: int, value: int) -> bytes:
    """An entry of a directory."""
    return struct.pack("<HHII", tag, kind, count, value)
