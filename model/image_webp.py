"""A WebP's size, and the file without what nobody looks at: profiles, texts, and all frames but the first.

The decoder sets its canvas aside when it opens a file, and keeps a list of all chunks: both can be bombs.
"""

import struct
from typing import Final

from hazardlens.model.errors import ImageBrokenError

_MOST_CHUNKS: Final = 10_000
_HEAD_BYTES: Final = 12
_FRAME: Final = b"ANMF"
_NEEDED: Final = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", _FRAME, b"EXIF"})


def webp_size_wh(data: bytes) -> tuple[int, int]:
    """Width and height that a WebP's header announces, in pixels.

    Raises:
        ImageBrokenError: the header is cut off or of an unknown kind.
    """
    kind, body = data[12:16], data[20:30]
    if len(body) == 10:
        if kind == b"VP8X":
            return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
        if kind == b"VP8L" and body[0] == 0x2F:
            bits = int.from_bytes(body[1:5], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
            width, height = struct.unpack("<HH", body[6:10])
            return width & 0x3FFF, height & 0x3FFF
    raise ImageBrokenError("the WebP's header is truncated or corrupt")


def plain_webp(data: bytes) -> bytes:
    """The same first picture with its transparency and EXIF, and nothing else.

    A file that is cut off keeps its last chunk as it is: it is the decoder's business to refuse it.

    Raises:
        ImageBrokenError: it has more chunks than any photo.
    """
    kept: list[bytes] = []
    at, total, framed = _HEAD_BYTES, 0, False
    while at + 8 <= len(data):
        total += 1
        if total > _MOST_CHUNKS:
            raise ImageBrokenError(f"the WebP has more than {_MOST_CHUNKS} chunks; an animation of so many is no photo")
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size + (size & 1)
        if kind in _NEEDED and not (framed and kind == _FRAME):
            kept.append(data[at:end])
        framed = framed or kind == _FRAME
        at = end
    if total == len(kept):
        return data
    body = b"".join(kept)
    return data[:4] + struct.pack("<I", 4 + len(body)) + data[8:12] + body
