"""HEIC and AVIF files that cost a careless reader seconds or gigabytes, one function each; see `bomb_photos`."""

import io
import struct
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Final

from bomb_iso import Codec, Item, av1, box, grid, hevc, iso_file, ispe, overlay, resized
from bomb_parts import FILE_BYTES, SMALL_PX, tiff, tiff_entry

_SMALL: Final = (SMALL_PX, SMALL_PX)


def avif_with_hungry_exif() -> bytes:
    """An AVIF that is turned, for which Pillow reads the whole block: 60,000 entries, each with all of it as value."""
    size = 1_000_000
    entries = (tiff_entry(number, 7, size, 8) for number in range(1, 60_000) if number != 0x0112)
    body = struct.pack(">I", 0) + tiff(*entries).ljust(size + 8, b"\x00")
    codec = av1()
    items = [codec.item(None, box(b"irot", b"\x01")), Item(b"Exif", body)]
    return iso_file(b"avif", items)


def huge_ispe(codec: Codec) -> bytes:
    """30000 x 30000 by its container."""
    return iso_file(codec.brand, [codec.item((30_000, 30_000))])


def small_ispe(codec: Codec) -> bytes:
    """A large stream whose container says 64 x 64."""
    return iso_file(codec.brand, [codec.item(_SMALL)])


def same_tile_65536_times(codec: Codec) -> bytes:
    """A grid of 256 x 256 tiles, all of them one item, of which 64 x 64 pixels are shown."""
    tiles = grid(256, 256, _SMALL, [1] * 65_535, _SMALL)
    return iso_file(codec.brand, [tiles, codec.item()])


def grid_of_grids(codec: Codec) -> bytes:
    """Five grids of 255 tiles, each tile the next grid: a billion tiles."""
    grids = [grid(15, 17, _SMALL, [depth + 1] * 255, _SMALL) for depth in range(5)]
    return iso_file(codec.brand, [*grids, codec.item()])


def large_grid_small_ispe(codec: Codec) -> bytes:
    """A grid that is 16320 x 16320 by its own content, and 64 x 64 by its container."""
    return iso_file(codec.brand, [grid(255, 255, (16_320, 16_320), [1] * 65_025, _SMALL), codec.item()])


def doubling_overlays(codec: Codec) -> bytes:
    """Thirty overlays, each of the next one twice."""
    layers = [overlay(_SMALL, [depth + 1] * 2) for depth in range(30)]
    return iso_file(codec.brand, [*layers, codec.item()])


def circle(codec: Codec) -> bytes:
    """A grid of which a grid is a tile, of which the first is a tile."""
    return iso_file(codec.brand, [grid(1, 1, _SMALL, [1], _SMALL), grid(1, 1, _SMALL, [0], _SMALL)])


def itself(codec: Codec) -> bytes:
    """A grid whose tile is the grid."""
    return iso_file(codec.brand, [grid(1, 1, _SMALL, [0], _SMALL)])


def many_items(codec: Codec) -> bytes:
    """60,000 items."""
    return iso_file(codec.brand, [codec.item()] * 60_000)


def many_turns(codec: Codec) -> bytes:
    """One item that is turned 250 times."""
    return iso_file(codec.brand, [codec.item(None, *[box(b"irot", b"\x01")] * 250)])


def overlapping_extents(codec: Codec) -> bytes:
    """An item in 30,000 extents, all of them the same megabyte."""
    one = codec.item()
    return iso_file(codec.brand, [Item(one.kind, one.data + bytes(1_000_000), one.properties, (), 30_000)])


def long_chain(codec: Codec) -> bytes:
    """Nine hundred items, each of them the next one unchanged, and turned."""
    links = [Item(b"iden", b"", (ispe(*_SMALL), box(b"irot", b"\x01")), [number + 1]) for number in range(900)]
    return iso_file(codec.brand, [*links, codec.item()])


def deep_boxes(codec: Codec) -> bytes:
    """A million boxes, one in the other."""
    out = io.BytesIO()
    head = iso_file(codec.brand, [codec.item()])
    out.write(head)
    for depth in range(FILE_BYTES // 8):
        out.write(struct.pack(">I", FILE_BYTES - 8 * depth) + b"moov")
    return out.getvalue()


def many_boxes(codec: Codec) -> bytes:
    """Two million empty boxes."""
    return iso_file(codec.brand, [codec.item()]) + box(b"free", b"") * (FILE_BYTES // 8)


@cache
def large_hevc() -> Codec:
    """900 megapixels by the header of its stream, with the data of 64 x 64 behind it."""
    return resized(hevc(), 30_000, 30_000)


@cache
def large_av1() -> Codec:
    """57 megapixels in a few kilobytes."""
    return av1(8704, 6528)


_ISO: Final[Mapping[str, Callable[[Codec], bytes]]] = {
    "huge ispe": huge_ispe,
    "same tile 65,536 times": same_tile_65536_times,
    "grid of grids": grid_of_grids,
    "large grid, small ispe": large_grid_small_ispe,
    "doubling overlays": doubling_overlays,
    "circle": circle,
    "itself": itself,
    "60,000 items": many_items,
    "250 turns": many_turns,
    "overlapping extents": overlapping_extents,
    "chain of 900": long_chain,
    "deep boxes": deep_boxes,
    "many boxes": many_boxes,
}


def _of(make: Callable[[Codec], bytes], codec: Callable[[], Codec]) -> bytes:
    return make(codec())


CONTAINER_BOMBS: Final[Mapping[str, Callable[[], bytes]]] = {
    "AVIF hungry EXIF": avif_with_hungry_exif,
    "HEIC small ispe": partial(_of, small_ispe, large_hevc),
    "AVIF small ispe": partial(_of, small_ispe, large_av1),
    **{f"HEIC {name}": partial(_of, make, hevc) for name, make in _ISO.items()},
    **{f"AVIF {name}": partial(_of, make, av1) for name, make in _ISO.items()},
}
