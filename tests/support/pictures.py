"""Good photos, plain and awkward, as people send them, built from nothing. All functions give whole files as bytes.

Most show the same corners: red top left, green top right, blue bottom left, yellow bottom right, when held upright.
"""

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pillow_heif
from PIL import Image, ImageDraw, ImageOps

CORNERS: Final[tuple[tuple[int, int, int], ...]] = ((220, 30, 30), (30, 200, 30), (30, 30, 220), (220, 220, 30))
"""Top left, top right, bottom left, bottom right."""

ORIENTATION_TAG: Final = 0x0112

# What has to be done to an upright picture so that a viewer who follows the tag shows it upright again.
_STORED_AS: Final[Mapping[int, Image.Transpose]] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def marked(width: int = 96, height: int = 64) -> Image.Image:
    """The upright picture: four corners, each a colour of its own, on grey."""
    picture = Image.new("RGB", (width, height), (128, 128, 128))
    draw = ImageDraw.Draw(picture)
    wide, tall = width * 3 // 8, height * 3 // 8
    lefts, tops = (0, width - wide, 0, width - wide), (0, 0, height - tall, height - tall)
    for left, top, colour in zip(lefts, tops, CORNERS, strict=True):
        draw.rectangle((left, top, left + wide - 1, top + tall - 1), fill=colour)
    return picture


def corners_of(pixels: npt.NDArray[np.uint8]) -> list[tuple[int, int, int]]:
    """Mean colours of the four corners of (H, W, 3) pixels, in the order of `CORNERS`."""
    tall, wide = max(1, pixels.shape[0] // 5), max(1, pixels.shape[1] // 5)
    patches = (pixels[:tall, :wide], pixels[:tall, -wide:], pixels[-tall:, :wide], pixels[-tall:, -wide:])
    return [tuple(patch.reshape(-1, 3).mean(axis=0).round().astype(int).tolist()) for patch in patches]


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401 - what Pillow's encoders take
    """A picture as a file of Pillow's format `kind`."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def jpeg(width: int = 96, height: int = 64, **options: Any) -> bytes:  # noqa: ANN401 - what Pillow's encoder takes
    """A plain JPEG with marked corners."""
    return saved(marked(width, height), "JPEG", **{"quality": 92, **options})


def oriented(orientation: int, kind: str = "JPEG") -> bytes:
    """A photo that is stored turned, with the EXIF orientation that says so."""
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    picture = marked().transpose(_STORED_AS[orientation]) if orientation in _STORED_AS else marked()
    return saved(picture, kind, exif=exif.tobytes(), quality=92)


def jpeg_with_broken_exif() -> bytes:
    """A good photo whose EXIF block is noise."""
    return jpeg(exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff" + b"\x12\x01\x03\x00" * 4)


def cmyk_jpeg() -> bytes:
    """As printers want it; Pillow writes the inverted values of Adobe, like Photoshop."""
    return saved(marked().convert("CMYK"), "JPEG", quality=92)


def grey_jpeg() -> bytes:
    """One channel."""
    return saved(ImageOps.grayscale(marked()), "JPEG")


def progressive_jpeg() -> bytes:
    """In several scans."""
    return jpeg(progressive=True)


def multi_picture_jpeg() -> bytes:
    """An MPO: a marked photo, then another of another size."""
    return saved(marked(), "MPO", save_all=True, append_images=[Image.new("RGB", (40, 90), "white")], quality=92)


def jpeg_without_end_marker() -> bytes:
    """Whole but for its last two bytes, as some cameras write it."""
    return jpeg()[:-2]


def jpeg_with_odd_marker_bytes() -> bytes:
    """Readable, but a strict decoder complains about stray bytes between two segments."""
    whole = jpeg()
    start = whole.index(b"\xff\xda")
    return whole[:start] + b"\x00\x01\x02" + whole[start:]


def grey_16_bit_png() -> bytes:
    """Red's value in the upper byte, noise in the lower: the left edge is bright, the middle is grey."""
    ramp = np.linspace(60000, 2000, 96).astype(np.uint16)
    return saved(Image.fromarray(np.tile(ramp, (64, 1))), "PNG")


def rgb_16_bit_png(width: int = 96, height: int = 64) -> bytes:
    """Three channels of 16 bits, which Pillow reads but cannot write."""
    pixels = np.asarray(marked(width, height)).astype(">u2") * 257
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1).view(np.uint8)], axis=1)
    return png_of(width, height, depth=16, colour=2, rows=rows.tobytes())


def palette_png() -> bytes:
    """256 colours, one of which is transparent: the grey ground."""
    picture = marked().quantize(16)
    return saved(picture, "PNG", transparency=picture.getpixel((48, 32)))


def transparent_png() -> bytes:
    """RGBA: marked corners on a ground that lets everything through, its hidden colour black."""
    picture = marked().convert("RGBA")
    pixels = np.array(picture)
    pixels[(pixels[:, :, :3] == 128).all(axis=2)] = (0, 0, 0, 0)
    return saved(Image.fromarray(pixels), "PNG")


def grey_transparent_png() -> bytes:
    """LA: grey with transparency."""
    return saved(marked().convert("LA"), "PNG")


def one_bit_png() -> bytes:
    """Black and white."""
    return saved(marked().convert("1"), "PNG")


def png_with_late_exif(orientation: int = 6) -> bytes:
    """Its eXIf chunk stands behind the pixels, as the standard allows."""
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    body = saved(marked().transpose(_STORED_AS[orientation]), "PNG")
    end = body.index(b"IEND") - 4
    return body[:end] + _chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\x00\x00")) + body[end:]


def animated(kind: str) -> bytes:
    """Several frames, the first one marked: WEBP, PNG or AVIF."""
    others = [Image.new("RGB", (96, 64), colour) for colour in ("black", "white")]
    return saved(marked(), kind, save_all=True, append_images=others, duration=100, lossless=True)


def webp(**options: Any) -> bytes:  # noqa: ANN401 - what Pillow's encoder takes
    """A lossy WebP with marked corners."""
    return saved(marked(), "WEBP", **{"quality": 92, **options})


@cache
def heic(width: int = 96, height: int = 64) -> bytes:
    """A HEIC as an iPhone sends it."""
    out = io.BytesIO()
    pillow_heif.from_pillow(marked(width, height)).save(out, quality=90)
    return out.getvalue()


@cache
def oriented_heic(orientation: int) -> bytes:
    """A HEIC that is stored turned and says so in the container, as its standard asks."""
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    picture = marked().transpose(_STORED_AS[orientation]) if orientation in _STORED_AS else marked()
    out = io.BytesIO()
    pillow_heif.encode("RGB", picture.size, picture.tobytes(), out, exif=exif.tobytes(), quality=90)
    return out.getvalue()


@cache
def avif(width: int = 96, height: int = 64) -> bytes:
    """An AVIF."""
    return saved(marked(width, height), "AVIF", quality=85, speed=9)


def one_pixel() -> bytes:
    """1 x 1."""
    return saved(Image.new("RGB", (1, 1), (10, 200, 30)), "PNG")


@cache
def panorama() -> bytes:
    """20000 x 200."""
    return saved(marked(20000, 200), "JPEG", quality=80)


@cache
def phone_jpeg(width: int = 4032, height: int = 3024) -> bytes:
    """12 megapixels, with enough detail to cost what a photo costs."""
    rng = np.random.default_rng(7)
    detail = Image.fromarray(rng.integers(60, 190, (height // 6, width // 6, 3), dtype=np.uint8))
    picture = Image.blend(detail.resize((width, height), Image.Resampling.BICUBIC), marked(width, height), 0.5)
    return saved(picture, "JPEG", quality=88)


def png_of(width: int, height: int, *, depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG from its raw rows, each led by its filter's byte."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


MARKED: Final[Mapping[str, Callable[[], bytes]]] = {
    "JPEG": jpeg,
    "progressive JPEG": progressive_jpeg,
    "CMYK JPEG": cmyk_jpeg,
    "multi-picture JPEG": multi_picture_jpeg,
    "JPEG without end marker": jpeg_without_end_marker,
    "JPEG with odd marker bytes": jpeg_with_odd_marker_bytes,
    "JPEG with broken EXIF": jpeg_with_broken_exif,
    "16-bit RGB PNG": rgb_16_bit_png,
    "palette PNG with transparency": palette_png,
    "RGBA PNG": transparent_png,
    "PNG with EXIF behind the pixels": png_with_late_exif,
    "animated PNG": lambda: animated("PNG"),
    "WebP": webp,
    "lossless WebP": lambda: webp(lossless=True),
    "animated WebP": lambda: animated("WEBP"),
    "HEIC": heic,
    "AVIF": avif,
    "animated AVIF": lambda: animated("AVIF"),
}
"""Awkward or plain, all good: 96 x 64 with the colours of `CORNERS` in the corners."""
