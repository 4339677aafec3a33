"""What a file is, by its first bytes."""

import pytest

from hazardlens.model.errors import VideoFormatError
from hazardlens.model.video.formats import require_video_format, video_format


def ftyp(brand: bytes, *others: bytes) -> bytes:
    body = b"ftyp" + brand + b"\x00\x00\x00\x00" + b"".join(others)
    return (4 + len(body)).to_bytes(4, "big") + body + b"\x00\x00\x00\x08free"


def ebml(doctype: bytes) -> bytes:
    entry = b"\x42\x82" + bytes([0x80 | len(doctype)]) + doctype
    return b"\x1aE\xdf\xa3" + bytes([0x80 | len(entry)]) + entry


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (ftyp(b"isom", b"avc1"), "mp4"),
        (ftyp(b"mp42"), "mp4"),
        (ftyp(b"3gp5"), "mp4"),
        (ftyp(b"qt  "), "mov"),
        (b"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat", "mov"),
        (ebml(b"webm"), "webm"),
        (ebml(b"matroska"), "webm"),
        (ebml(b"other"), None),
        (ftyp(b"heic", b"mif1"), None),
        (ftyp(b"avif", b"mif1"), None),
        (ftyp(b"avis", b"msf1"), None),
        (ftyp(b"mif1", b"heic"), None),
        (ftyp(b"M4A "), None),
        (b"\xff\xd8\xff\xe0", None),
        (b"RIFF\x00\x00\x00\x00AVI LIST", None),
        (b"", None),
        (b"\x00" * 16, None),
    ],
)
def test_the_kind_of_clip(head: bytes, expected: str | None) -> None:
    assert video_format(head) == expected


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"", "an empty file"),
        (ftyp(b"heic"), "a photo"),
        (ftyp(b"M4A "), "sound without a picture"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "an AVI"),
        (b"#EXTM3U\nfile:/etc/passwd", "a playlist"),
        (b"hello", "not a video that we know"),
    ],
)
def test_what_it_is_instead_is_named(head: bytes, name: str) -> None:
    with pytest.raises(VideoFormatError, match=f"expected MP4, MOV or WebM, found {name}"):
        require_video_format(head)
