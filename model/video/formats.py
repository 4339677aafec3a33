"""Which kind of clip some bytes are, judged by their first bytes and never by a name."""

import re
from typing import Final, Literal

from hazardlens.model.errors import VideoFormatError

VideoFormat = Literal["mp4", "mov", "webm"]

HEAD_BYTES: Final = 4096
"""How much of a file is enough to tell."""
ACCEPTED: Final = "MP4, MOV or WebM"
CODECS: Final = ("H.264", "H.265", "VP8", "VP9", "AV1")

_PHOTO_BRANDS: Final = frozenset(
    {
        b"heic",
        b"heix",
        b"heim",
        b"heis",
        b"hevc",
        b"hevx",
        b"hevm",
        b"hevs",
        b"avif",
        b"avis",
        b"mif1",
        b"mif2",
        b"msf1",
    }
    | {b"miaf", b"crx ", b"jpeg", b"jpgs"}
)
_SOUND_BRANDS: Final = frozenset({b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "})
_QUICKTIME: Final = b"qt  "
# What old QuickTime files begin with: they have no ftyp.
_BARE_ATOMS: Final = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_EBML: Final = b"\x1aE\xdf\xa3"
_DOCTYPE: Final = re.compile(rb"\x42\x82(?:[\x84-\x88])(webm|matroska)")

_REFUSED: Final[tuple[tuple[int, bytes, str], ...]] = (
    (8, b"AVI ", "an AVI"),
    (0, b"FLV", "a Flash video"),
    (0, b"OggS", "an Ogg file"),
    (0, b"\x00\x00\x01\xba", "an MPEG program stream"),
    (0, b"G@", "an MPEG transport stream"),
    (0, b"\x30\x26\xb2\x75", "a Windows Media file"),
    (0, b"#EXTM3U", "a playlist"),
    (0, b"ID3", "a sound file"),
)


def video_format(head: bytes) -> VideoFormat | None:
    """The kind of clip that a file is.

    Args:
        head: its first 4 KiB, or all of it.

    Returns:
        None for anything else: photos in the same container (HEIC, AVIF) and sound alone among it.
    """
    if head.startswith(_EBML):
        return "webm" if _DOCTYPE.search(head, 0, 256) else None
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _PHOTO_BRANDS or brand in _SOUND_BRANDS:
            return None
        return "mov" if brand == _QUICKTIME else "mp4"
    return "mov" if head[4:8] in _BARE_ATOMS else None


def require_video_format(head: bytes) -> VideoFormat:
    """The same, where it must be a clip.

    Raises:
        VideoFormatError: it is none; the message names what was found where that is known.
    """
    found = video_format(head)
    if found is None:
        raise VideoFormatError(f"expected {ACCEPTED}, found {_what_it_is(head)}")
    return found


def _what_it_is(head: bytes) -> str:
    if not head:
        return "an empty file"
    if head[4:8] == b"ftyp":
        return "sound without a picture" if head[8:12] in _SOUND_BRANDS else "a photo"
    return next((name for at, magic, name in _REFUSED if head[at:].startswith(magic)), "not a video that we know")
