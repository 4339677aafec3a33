"""How a photo was held: the EXIF orientation, and the turn that makes the pixels upright."""

import struct
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

MOST_ENTRIES: Final = 1_000
"""Of an EXIF directory, that are looked at; cameras write some dozens, and the standard asks to sort them."""

_BYTE_ORDERS: Final = {b"II*\x00": "<", b"MM\x00*": ">"}
_ORIENTATION_TAG: Final = 0x0112
_VALUE_FORMATS: Final = {3: "H", 4: "I"}  # EXIF's SHORT, as the standard asks, and LONG, as some write

_TURNS: Final[Mapping[int, Callable[[Pixels], Pixels]]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.transpose(1, 0, 2),
    6: lambda pixels: pixels[::-1].transpose(1, 0, 2),
    7: lambda pixels: pixels[::-1, ::-1].transpose(1, 0, 2),
    8: lambda pixels: pixels.transpose(1, 0, 2)[::-1],
}
"""EXIF orientation to what makes the stored pixels upright; 1 is upright already."""


def exif_orientation(block: object) -> int:
    """1 to 8 from a photo's EXIF block; 1 where it is missing, broken or says something else.

    Read here and not by Pillow: that one parses everything else in the block too, warns of what is broken there, and
    falls back on XMP, which browsers do not.
    """
    if not isinstance(block, bytes):
        return 1
    body = block.removeprefix(b"Exif\x00\x00")
    order = _BYTE_ORDERS.get(body[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", body, 4)
        (entries,) = struct.unpack_from(order + "H", body, start)
        for at in range(start + 2, start + 2 + 12 * min(entries, MOST_ENTRIES), 12):
            tag, kind = struct.unpack_from(order + "HH", body, at)
            if tag == _ORIENTATION_TAG and kind in _VALUE_FORMATS:
                (value,) = struct.unpack_from(order + _VALUE_FORMATS[kind], body, at + 8)
                return int(value) if value in _TURNS else 1
    except struct.error:  # it points behind its end
        pass
    return 1


def turn_upright(pixels: Pixels, orientation: int) -> Pixels:
    """Stored pixels (H, W, 3) to upright ones, contiguous in memory."""
    turn = _TURNS.get(orientation)
    return pixels if turn is None else np.ascontiguousarray(turn(pixels))


def is_sideways(orientation: int) -> bool:
    """Whether width and height trade places when the photo is turned upright."""
    return 5 <= orientation <= 8
