"""HEIC and AVIF files put together box by box, so that what they say and what they hold can differ."""

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

import pillow_heif
from PIL import Image

from bomb_parts import SMALL_PX, saved

_GRID_HEAD: Final = b"\x00\x00"  # version 0, sizes of 16 bits


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a file.

    Attributes:
        kind: four letters: a codec, or how it is derived from others.
        data: its content.
        properties: whole boxes that describe it.
        inputs: positions, from 0, of the items that it is derived from.
        repeats: in how many extents, all of them the same bytes, its content is said to lie.
    """

    kind: bytes
    data: bytes
    properties: Sequence[bytes] = ()
    inputs: Sequence[int] = ()
    repeats: int = 1


@dataclass(frozen=True, slots=True)
class Codec:
    """What one codec's files are made of.

    Attributes:
        brand: of the file.
        kind: of a coded item.
        config: the box that a decoder is set up with.
        data: a coded picture of `SMALL_PX` squared.
    """

    brand: bytes
    kind: bytes
    config: bytes
    data: bytes
    size_wh: tuple[int, int] = field(default=(SMALL_PX, SMALL_PX))

    def item(self, size_wh: tuple[int, int] | None = None, *more: bytes) -> Item:
        """A coded item that claims to have some size; None: the true one."""
        return Item(self.kind, self.data, (ispe(*(size_wh or self.size_wh)), self.config, *more))


@cache
def hevc(width: int = SMALL_PX, height: int = SMALL_PX) -> Codec:
    """HEVC of this size, all black."""
    whole = _heic(width, height)
    return Codec(b"heic", b"hvc1", _box_of(whole, b"hvcC"), _box_of(whole, b"mdat")[8:], (width, height))


@cache
def av1(width: int = SMALL_PX, height: int = SMALL_PX) -> Codec:
    """AV1 of this size, all black."""
    whole = saved(Image.new("RGB", (width, height)), "AVIF", speed=10)
    return Codec(b"avif", b"av01", _box_of(whole, b"av1C"), _box_of(whole, b"mdat")[8:], (width, height))


def resized(codec: Codec, width: int, height: int) -> Codec:
    """HEVC whose stream's header says another size; its data stay as they are."""
    start = codec.config.index(b"\x42\x01")  # the sequence parameter set, its length in the two bytes before
    end = start + int.from_bytes(codec.config[start - 2 : start], "big")
    plain = codec.config[start:end].replace(b"\x00\x00\x03", b"\x00\x00")
    bits = "".join(f"{byte:08b}" for byte in plain)
    old, new = (_exponential(w) + _exponential(h) for w, h in (codec.size_wh, (width, height)))
    at = bits.index(old, 16 + 8 + 96)
    bits = bits[:at] + new + bits[at + len(old) :]
    bits = bits.ljust(-(-len(bits) // 8) * 8, "0")
    raw = int(bits, 2).to_bytes(len(bits) // 8, "big")
    unit = re.sub(b"\x00\x00([\x00-\x03])", lambda found: b"\x00\x00\x03" + found[1], raw)
    config = codec.config[8 : start - 2] + struct.pack(">H", len(unit)) + unit + codec.config[end:]
    return replace(codec, config=box(b"hvcC", config), size_wh=(width, height))


def _exponential(number: int) -> str:
    """Bits of the Exp-Golomb code."""
    bits = f"{number + 1:b}"
    return "0" * (len(bits) - 1) + bits


def ispe(width: int, height: int) -> bytes:
    """The property that says how large an item is."""
    return box(b"ispe", struct.pack(">III", 0, width, height))


def grid(rows: int, columns: int, size_wh: tuple[int, int], inputs: Sequence[int], claim: tuple[int, int]) -> Item:
    """An item made of tiles; `claim` is what its `ispe` says, `size_wh` what its content says."""
    data = _GRID_HEAD + struct.pack(">BBHH", rows - 1, columns - 1, *size_wh)
    return Item(b"grid", data, (ispe(*claim),), inputs)


def overlay(size_wh: tuple[int, int], inputs: Sequence[int]) -> Item:
    """An item with others laid on it."""
    data = _GRID_HEAD + bytes(8) + struct.pack(">HH", *size_wh) + bytes(4 * len(inputs))
    return Item(b"iovl", data, (ispe(*size_wh),), inputs)


def iso_file(brand: bytes, items: Sequence[Item], primary: int = 0) -> bytes:
    """A whole file; the items' numbers are their positions and one."""
    head = box(b"ftyp", brand + bytes(4) + b"mif1" + brand)
    bare = _meta(items, primary, starts=[0] * len(items))
    at = len(head) + len(bare) + 8
    starts = []
    for item in items:
        starts.append(at)
        at += len(item.data)
    return head + _meta(items, primary, starts) + box(b"mdat", b"".join(item.data for item in items))


def box(kind: bytes, body: bytes) -> bytes:
    """A box."""
    return struct.pack(">I", 8 + len(body)) + kind + body


def _meta(items: Sequence[Item], primary: int, starts: Sequence[int]) -> bytes:
    known: dict[bytes, int] = {}
    for item in items:
        for one in item.properties:
            known.setdefault(one, len(known) + 1)
    parts = (
        box(b"hdlr", bytes(8) + b"pict" + bytes(13)),
        box(b"pitm", bytes(4) + struct.pack(">H", primary + 1)),
        _infos(items),
        _references(items),
        box(b"iprp", box(b"ipco", b"".join(known)) + _associations(items, known)),
        _locations(items, starts),
    )
    return box(b"meta", bytes(4) + b"".join(parts))


def _infos(items: Sequence[Item]) -> bytes:
    entries = [
        box(b"infe", b"\x02\x00\x00\x00" + struct.pack(">HH", number, 0) + item.kind + b"\x00")
        for number, item in enumerate(items, 1)
    ]
    return box(b"iinf", bytes(4) + struct.pack(">H", len(items)) + b"".join(entries))


def _references(items: Sequence[Item]) -> bytes:
    entries = [
        box(b"dimg", struct.pack(f">HH{len(item.inputs)}H", number, len(item.inputs), *(i + 1 for i in item.inputs)))
        for number, item in enumerate(items, 1)
        if item.inputs
    ]
    return box(b"iref", bytes(4) + b"".join(entries)) if entries else b""


def _associations(items: Sequence[Item], known: Mapping[bytes, int]) -> bytes:
    entries = [
        struct.pack(">HB", number, len(item.properties))
        + bytes(known[one] | _essential(one) for one in item.properties)
        for number, item in enumerate(items, 1)
    ]
    return box(b"ipma", bytes(4) + struct.pack(">I", len(items)) + b"".join(entries))


def _essential(one: bytes) -> int:
    """Whether a reader must understand a property: all but the size."""
    return 0 if one[4:8] == b"ispe" else 0x80


def _locations(items: Sequence[Item], starts: Sequence[int]) -> bytes:
    entries = [
        struct.pack(">HHH", number, 0, item.repeats) + struct.pack(">II", start, len(item.data)) * item.repeats
        for number, (item, start) in enumerate(zip(items, starts, strict=True), 1)
    ]
    return box(b"iloc", bytes(4) + b"\x44\x00" + struct.pack(">H", len(items)) + b"".join(entries))


def _heic(width: int, height: int) -> bytes:
    return saved(pillow_heif.from_pillow(Image.new("RGB", (width, height))), quality=20)


def _box_of(whole: bytes, kind: bytes) -> bytes:
    start = next(found.start() - 4 for found in re.finditer(re.escape(kind), whole))
    return whole[start : start + int.from_bytes(whole[start : start + 4], "big")]
