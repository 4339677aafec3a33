"""A PNG without what nobody looks at: texts, profiles and the frames of animations, which can be bombs of their own.

Pillow inflates each compressed text and profile, and goes over all chunks one by one, before and behind the pixels.
"""

from typing import Final

from hazardlens.model.errors import ImageBrokenError

_SIGNATURE_BYTES: Final = 8
_MOST_CHUNKS: Final = 10_000
"""Encoders write pixels in chunks of 8 KB or more: 2,560 make 20 MB."""
_NEEDED: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"eXIf", b"IEND"})


def plain_png(data: bytes) -> bytes:
    """The same picture with its header, palette, transparency, pixels and EXIF, and nothing else.

    A file that is cut off keeps its last chunk as it is: it is the decoder's business to refuse it.

    Raises:
        ImageBrokenError: it has more chunks than any photo, or a critical one that is in no PNG.
    """
    kept, start, at, total = [data[:_SIGNATURE_BYTES]], _SIGNATURE_BYTES, _SIGNATURE_BYTES, 0
    while at + 8 <= len(data):
        total += 1
        if total > _MOST_CHUNKS:
            raise ImageBrokenError(f"the PNG has more than {_MOST_CHUNKS} chunks")
        kind = data[at + 4 : at + 8]
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if kind not in _NEEDED:
            if kind[0] & 0x20 == 0:
                raise ImageBrokenError(f"the PNG has a chunk that is in no PNG: {kind!r}")
            kept.append(data[start:at])
            start = end
        at = end
        if kind == b"IEND":
            break
    kept.append(data[start:at])
    return data if len(kept) == 2 and at >= len(data) else b"".join(kept)
