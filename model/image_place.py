"""Where a photo was taken, as its EXIF block says."""

import math
import struct
from collections.abc import Mapping
from typing import Final

from hazardlens.model.image_formats import PhotoFormat, sniff_format
from hazardlens.model.image_jpeg_header import read_jpeg_header
from hazardlens.model.image_orientation import MOST_ENTRIES
from hazardlens.model.image_pillow import open_photo

_BYTE_ORDERS: Final = {b"II*\x00": "<", b"MM\x00*": ">"}
_GPS_TAG: Final = 0x8825
_LATITUDE_TAGS: Final = (1, 2)  # which half of the globe, and degrees, minutes, seconds
_LONGITUDE_TAGS: Final = (3, 4)
_SIGNS: Final = {b"N": 1, b"S": -1, b"E": 1, b"W": -1}


def read_place(data: bytes) -> tuple[float, float] | None:
    """Latitude and longitude in degrees, WGS 84; None where the photo does not say, or not what can be read.

    Args:
        data: a whole file that `decode_photo` has decoded.
    """
    try:
        return place_of_exif(_exif_block(data))
    # As in `decode_photo`: decoders raise what they like, and a photo whose place cannot be read has none.
    except Exception:  # noqa: BLE001
        return None


def place_of_exif(block: object) -> tuple[float, float] | None:
    """The place in an EXIF block; None where it is missing, broken, off the globe, or exactly 0, 0.

    Zeros are what a camera without a fix writes, and nobody reports a hazard from that spot in the Gulf of Guinea.
    """
    if not isinstance(block, bytes):
        return None
    body = block.removeprefix(b"Exif\x00\x00")
    order = _BYTE_ORDERS.get(body[:4])
    if order is None:
        return None
    try:
        (start,) = struct.unpack_from(order + "I", body, 4)
        (gps,) = struct.unpack(order + "I", _entries(body, order, start)[_GPS_TAG])
        entries = _entries(body, order, gps)
        latitude = _degrees(body, order, entries, _LATITUDE_TAGS)
        longitude = _degrees(body, order, entries, _LONGITUDE_TAGS)
    except (KeyError, ZeroDivisionError, struct.error):  # not there, not a number, or it points behind its end
        return None
    on_globe = abs(latitude) <= 90 and abs(longitude) <= 180
    return (latitude, longitude) if on_globe and (latitude, longitude) != (0, 0) else None


def _exif_block(data: bytes) -> object:
    kind = sniff_format(data)
    if kind is PhotoFormat.JPEG:
        return read_jpeg_header(data).exif
    with open_photo(data, kind) as image:
        return image.info.get("exif")


def _entries(body: bytes, order: str, start: int) -> Mapping[int, bytes]:
    """Tag to the four bytes of its value, or of where its value is, for one directory of the block."""
    (count,) = struct.unpack_from(order + "H", body, start)
    places = range(start + 2, start + 2 + 12 * min(count, MOST_ENTRIES), 12)
    return {struct.unpack_from(order + "H", body, at)[0]: body[at + 8 : at + 12] for at in places}


def _degrees(body: bytes, order: str, entries: Mapping[int, bytes], tags: tuple[int, int]) -> float:
    half, value = tags
    (at,) = struct.unpack(order + "I", entries[value])
    parts = struct.unpack_from(order + "6I", body, at)
    degrees, minutes, seconds = (parts[i] / parts[i + 1] for i in (0, 2, 4))
    return round(math.fsum((degrees, minutes / 60, seconds / 3600)) * _SIGNS[entries[half][:1]], 7)
