"""The first bytes tell the format, whatever the name says."""

import struct

import pytest

from hazardlens.model.errors import ImageBrokenError, ImageEmptyError, ImageFormatError
from hazardlens.model.image_formats import PhotoFormat, sniff_format
from hazardlens.model.image_webp import webp_size_wh
from support import pictures


def ftyp(*brands: bytes) -> bytes:
    body = brands[0] + bytes(4) + b"".join(brands[1:])
    return struct.pack(">I", 8 + len(body)) + b"ftyp" + body + bytes(40)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"\xff\xd8\xff\xe0", PhotoFormat.JPEG, id="JPEG"),
        pytest.param(b"\x89PNG\r\n\x1a\n", PhotoFormat.PNG, id="PNG"),
        pytest.param(b"RIFF\x00\x00\x00\x00WEBPVP8 ", PhotoFormat.WEBP, id="WebP"),
        pytest.param(ftyp(b"heic", b"mif1", b"heic"), PhotoFormat.HEIF, id="iPhone"),
        pytest.param(ftyp(b"mif1", b"mif1", b"heic"), PhotoFormat.HEIF, id="HEIF with HEVC"),
        pytest.param(ftyp(b"mif1", b"miaf", b"avif"), PhotoFormat.AVIF, id="HEIF with AV1"),
        pytest.param(ftyp(b"msf1", b"hevc"), PhotoFormat.HEIF, id="HEIF sequence"),
        pytest.param(ftyp(b"mif1"), PhotoFormat.HEIF, id="HEIF of an unnamed codec"),
        pytest.param(ftyp(b"avif", b"mif1", b"heic"), PhotoFormat.AVIF, id="the major brand decides"),
        pytest.param(ftyp(b"avis", b"avif"), PhotoFormat.AVIF, id="AVIF sequence"),
    ],
)
def test_accepted_formats(data: bytes, expected: PhotoFormat) -> None:
    assert sniff_format(data) is expected


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(b"GIF89a", "a GIF", id="GIF"),
        pytest.param(b"BM\x00\x00", "a BMP", id="BMP"),
        pytest.param(b"II*\x00\x08\x00", "a TIFF", id="TIFF, little-endian"),
        pytest.param(b"MM\x00*\x00\x00", "a TIFF", id="TIFF, big-endian"),
        pytest.param(b"%PDF-1.7", "a PDF", id="PDF"),
        pytest.param(b"PK\x03\x04", "a ZIP archive", id="office document"),
        pytest.param(b"\x1aE\xdf\xa3", "a WebM", id="WebM"),
        pytest.param(ftyp(b"isom", b"avc1"), "a video or another ISO media file", id="MP4"),
        pytest.param(ftyp(b"qt  "), "a video or another ISO media file", id="MOV"),
        pytest.param(b"RIFF\x00\x00\x00\x00WAVE", "not an image that we know", id="WAV"),
        pytest.param(b"<svg/>", "not an image that we know", id="SVG"),
        pytest.param(b"\x00", "not an image that we know", id="one byte"),
        pytest.param(b"\xff\xd8", "not an image that we know", id="two bytes of a JPEG"),
    ],
)
def test_other_formats_are_named_where_known(data: bytes, found: str) -> None:
    with pytest.raises(ImageFormatError, match=found):
        sniff_format(data)


def test_nothing_is_no_format() -> None:
    with pytest.raises(ImageEmptyError, match="0 bytes"):
        sniff_format(b"")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(pictures.webp(), id="lossy"),
        pytest.param(pictures.webp(lossless=True), id="lossless"),
        pytest.param(pictures.oriented(6, "WEBP"), id="extended"),
        pytest.param(pictures.animated("WEBP"), id="animated"),
    ],
)
def test_webp_sizes_are_read_from_every_kind_of_header(data: bytes) -> None:
    assert webp_size_wh(data) in {(96, 64), (64, 96)}


@pytest.mark.parametrize("length", [12, 16, 20, 29])
def test_a_webp_without_a_whole_header_is_broken(length: int) -> None:
    with pytest.raises(ImageBrokenError):
        webp_size_wh(pictures.webp()[:length])


def test_a_webp_of_an_unknown_kind_is_broken() -> None:
    with pytest.raises(ImageBrokenError):
        webp_size_wh(pictures.webp().replace(b"VP8 ", b"VP9 "))
