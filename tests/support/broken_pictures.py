"""Photos that are cut off or damaged, and files of formats that are not taken; all as bytes of whole files."""

from collections.abc import Callable, Mapping
from typing import Final

from PIL import Image

from support.pictures import avif, heic, jpeg, marked, saved, webp


def truncated_jpeg() -> bytes:
    """The connection broke in the middle of a photo."""
    whole = jpeg(960, 640)
    return whole[: len(whole) // 2]


def half_jpeg_with_end_marker() -> bytes:
    """The lower half is missing, but a careless program put the end marker on: decoders fill up with grey."""
    return truncated_jpeg() + b"\xff\xd9"


def jpeg_header_only() -> bytes:
    """Nothing after the tables."""
    whole = jpeg()
    return whole[: whole.index(b"\xff\xda")]


def truncated_png() -> bytes:
    """Cut off in the pixels."""
    whole = saved(Image.effect_noise((200, 200), 80), "PNG")
    return whole[: len(whole) // 2]


def truncated_webp() -> bytes:
    """Cut off in the pixels."""
    whole = webp()
    return whole[: len(whole) * 2 // 3]


def truncated_avif() -> bytes:
    """Cut off in the pixels."""
    whole = avif()
    return whole[: len(whole) - 60]


def broken_heic() -> bytes:
    """A HEIC whose pixels are noise."""
    whole = bytearray(heic())
    start = whole.index(b"mdat") + 4
    whole[start:] = b"\xa5" * (len(whole) - start)
    return bytes(whole)


def truncated_heic() -> bytes:
    """Cut off in the pixels."""
    whole = heic()
    return whole[: len(whole) - len(whole) // 3]


def gif() -> bytes:
    """A format we do not take."""
    return saved(marked(), "GIF")


def text_named_jpg() -> bytes:
    """Words."""
    return "这不是照片, this is no photo\n".encode() * 40


def mp4_header() -> bytes:
    """The start of a video, whose container is HEIC's too."""
    return b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41" + bytes(200)


BROKEN: Final[Mapping[str, Callable[[], bytes]]] = {
    "truncated JPEG": truncated_jpeg,
    "half JPEG with end marker": half_jpeg_with_end_marker,
    "JPEG header only": jpeg_header_only,
    "truncated PNG": truncated_png,
    "truncated WebP": truncated_webp,
    "truncated AVIF": truncated_avif,
    "broken HEIC": broken_heic,
    "truncated HEIC": truncated_heic,
}
"""The right format, but damaged: code image_broken."""

UNSUPPORTED: Final[Mapping[str, Callable[[], bytes]]] = {
    "GIF": gif,
    "text": text_named_jpg,
    "video": mp4_header,
}
"""Other formats: code image_format_unsupported."""
