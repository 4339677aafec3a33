"""What a JPEG says before its pixels, read without a decoder.

Pillow reads each segment in Python and keeps what it holds; a file can have millions of empty ones, or fill bytes
without end. So the segments are counted here first, and a decoder gets those that it needs.
"""

import re
from dataclasses import dataclass
from typing import Final

from hazardlens.model.errors import ImageBrokenError

MAX_SCANS: Final = 40
"""Each goes over the whole picture, and one that changes nothing takes a few bytes; photos have a dozen at most."""

_MOST_SEGMENTS: Final = 2_000
"""A depth map in 20 MB of application segments makes 320."""

_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""Inside of a scan, FF is always followed by 00, by a restart marker, or by a marker that ends it."""
_MOST_FILL_BYTES: Final = 65_536
_NO_FILL: Final = re.compile(rb"[^\xff]")
_EXIF: Final = b"Exif\x00\x00"
_START_OF_SCAN, _END_OF_IMAGE, _EXIF_SEGMENT = 0xDA, 0xD9, 0xE1
_UNNEEDED: Final = frozenset({*range(0xE1, 0xF0), 0xFE}) - {0xEE}
"""All applications' but JFIF's and Adobe's, which say what the colours are; and comments."""
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """A JPEG's header.

    Attributes:
        width: in pixels, as stored.
        height: in pixels, as stored.
        components: 1 for grey, 3 for colour, 4 for print.
        exif: the EXIF block without its mark; None where there is none.
        plain: the file without what no decoder needs.
    """

    width: int
    height: int
    components: int
    exif: bytes | None
    plain: bytes

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height


def read_jpeg_header(data: bytes) -> JpegHeader:
    """Read up to the first scan, and count the scans.

    Raises:
        ImageBrokenError: cut off, no or two pictures, not of 8 bits, or more segments or scans than any photo.
    """
    frame: bytes | None = None
    exif: list[bytes] = []
    kept: list[bytes] = [data[:2]]
    at = 2
    for _ in range(_MOST_SEGMENTS):
        start, marker, at = _next_marker(data, at)
        if marker == _START_OF_SCAN:
            _check_scans(data, start)
            kept.append(data[start:])
            return _header(frame, b"".join(exif) if exif else None, b"".join(kept))
        if marker == _END_OF_IMAGE:
            break
        if marker in _STANDALONE:
            continue
        end = at + max(2, int.from_bytes(data[at : at + 2], "big"))
        body = data[at + 2 : end]
        if marker in _FRAMES:
            if frame is not None:
                raise ImageBrokenError("the JPEG's header is ambiguous")
            frame = body
        if marker == _EXIF_SEGMENT and body.startswith(_EXIF):
            exif.append(body.removeprefix(_EXIF))
        if marker not in _UNNEEDED:
            kept.append(data[start:end])
        at = end
    else:
        raise ImageBrokenError(f"the JPEG has more than {_MOST_SEGMENTS} segments before its pixels")
    raise ImageBrokenError("the JPEG has no pixels")


def _next_marker(data: bytes, at: int) -> tuple[int, int, int]:
    """Where the next marker starts, which it is, and where what follows it starts."""
    while True:
        start = data.find(b"\xff", at)
        found = _NO_FILL.search(data, start, start + _MOST_FILL_BYTES) if start >= 0 else None
        if found is None:
            raise ImageBrokenError("the JPEG is truncated: it ends before its pixels")
        at = found.end()
        if data[at - 1]:  # FF 00 is no marker
            return at - 2, data[at - 1], at


def _check_scans(data: bytes, at: int) -> None:
    if data.count(bytes((0xFF, _START_OF_SCAN)), at) <= MAX_SCANS:  # no more can there be
        return
    scans = 0
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.search(data, at)
        if found is None or found[0][1] == _END_OF_IMAGE:
            return  # what is behind a picture, like a film or another picture, is not decoded
        at, marker = found.end(), found[0][1]
        scans += marker == _START_OF_SCAN
        if scans > MAX_SCANS:
            raise ImageBrokenError(f"the JPEG has more than {MAX_SCANS} scans; photos have a dozen at most")
        at += 0 if marker in _STANDALONE else max(2, int.from_bytes(data[at : at + 2], "big"))
    raise ImageBrokenError(f"the JPEG has more than {_MOST_SEGMENTS} segments between its scans")


def _header(frame: bytes | None, exif: bytes | None, plain: bytes) -> JpegHeader:
    if frame is None or len(frame) < 6:
        raise ImageBrokenError("the JPEG's header is truncated or corrupt")
    if frame[0] != 8 or frame[5] not in {1, 3, 4}:
        raise ImageBrokenError(f"the JPEG has {frame[5]} components of {frame[0]} bits; photos have 1, 3 or 4 of 8")
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    return JpegHeader(width, height, frame[5], exif, plain)
