"""The boxes of an ISO media file (HEIF, AVIF), as far as they say what decoding it will take.

A container may point to the same bytes many times, make pictures of pictures of pictures, and have any number of parts.
What no photo needs, and a file made to keep us busy has, is refused here. What cannot be read is left out: it is the
decoder's business to refuse a broken file.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from hazardlens.model.errors import ImageBrokenError

Size = tuple[int, int]
Range = tuple[int, int]
Read = TypeVar("Read")

_MOST_PARTS: Final = 20_000
"""Boxes, pieces, tiles, properties and units of a stream, all together; a phone's photo has some hundreds."""
_MOST_ITEMS: Final = 1_000


@dataclass(slots=True)
class Item:
    """One picture of a file, or other content.

    Attributes:
        kind: four letters; empty where the file does not say.
        extents: start and end of each part of its content.
        properties: kind and content of each box that describes it.
        inputs: numbers of the items that it is derived from, each as often as it is used.
    """

    kind: bytes = b""
    extents: list[Range] = field(default_factory=list)
    properties: list[tuple[bytes, Range]] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)


class IsoFile:
    """An ISO media file's boxes and items.

    Raises:
        ImageBrokenError: it has more parts than any photo, or its items are larger than it is: they overlap.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._parts_left = _MOST_PARTS
        self.items: dict[int, Item] = {}
        for start, end in self.find(b"meta"):
            self._read_meta(start + 4, end)
        if len(self.items) > _MOST_ITEMS:
            raise ImageBrokenError(f"the file has more than {_MOST_ITEMS} pictures")
        held = sum(end - start for item in self.items.values() for start, end in item.extents)
        if held > 2 * len(data):  # a thumbnail may share bytes with its photo
            raise ImageBrokenError("the pictures of the file are larger than the file")

    def find(self, *path: bytes, within: Range | None = None) -> Iterator[Range]:
        """Start and end of the content of each box on this path."""
        for kind, inner in self.boxes(*(within or (0, len(self.data)))):
            if kind == path[0] and len(path) == 1:
                yield inner
            elif kind == path[0]:
                yield from self.find(*path[1:], within=inner)

    def boxes(self, start: int, end: int) -> Iterator[tuple[bytes, Range]]:
        """Kind and range of the content of each box, as far as they make sense."""
        while start + 8 <= end:
            self.count(1)
            size, kind, head = self.number(start, 4), self.data[start + 4 : start + 8], 8
            if size == 1:
                size, head = self.number(start + 8, 8), 16
            stop = start + size if size else end
            if (size and size < head) or stop > end:
                return
            yield kind, (start + head, stop)
            start = stop

    def count(self, parts: int) -> None:
        """Note that so many parts are about to be looked at.

        Raises:
            ImageBrokenError: that makes more than any photo has.
        """
        self._parts_left -= parts
        if self._parts_left < 0:
            raise ImageBrokenError(f"the file has more than {_MOST_PARTS} parts")

    def number(self, at: int, size: int) -> int:
        """A big-endian number; of what is behind the end, nothing."""
        return int.from_bytes(self.data[at : at + size], "big")

    def content(self, item: Item) -> bytes:
        """All parts of an item's content, one behind the other."""
        return b"".join(self.data[start:end] for start, end in item.extents)

    def _read_meta(self, start: int, end: int) -> None:
        inside: dict[bytes, list[Range]] = {}
        for kind, inner in self.boxes(start, end):
            inside.setdefault(kind, []).append(inner)
        idat = inside.get(b"idat", [(0, 0)])[0][0]
        for number, extents in _tolerant(inside.get(b"iloc"), lambda inner: self._locations(inner, idat)):
            self._item(number).extents += extents
        for number, kind in _tolerant(inside.get(b"iinf"), self._kinds):
            self._item(number).kind = kind
        for number, inputs in _tolerant(inside.get(b"iref"), self._inputs):
            self._item(number).inputs += inputs
        for number, properties in _tolerant(inside.get(b"iprp"), self._properties):
            self._item(number).properties += properties

    def _item(self, number: int) -> Item:
        return self.items.setdefault(number, Item())

    def _locations(self, inner: Range, idat: int) -> Iterator[tuple[int, list[Range]]]:
        reader = _Reader(self.data, inner)
        version = reader.take(4) >> 24
        sizes = reader.take(2)
        offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
        index_size = index_size if version > 0 else 0
        wide = 4 if version == 2 else 2
        count = reader.take(wide)
        if count > _MOST_ITEMS:
            raise ImageBrokenError(f"the file has more than {_MOST_ITEMS} pictures")
        for _ in range(count):
            number = reader.take(wide)
            in_idat = version > 0 and reader.take(2) & 15 == 1
            reader.take(2)
            base = reader.take(base_size) + (idat if in_idat else 0)
            extents, whole = [], len(self.data)
            for _ in range(self._counted(reader.take(2))):
                reader.take(index_size)
                start, length = min(whole, base + reader.take(offset_size)), reader.take(length_size)
                extents.append((start, min(whole, start + length) if length else whole))
            yield number, extents

    def _kinds(self, inner: Range) -> Iterator[tuple[int, bytes]]:
        start, end = inner
        skip = 8 if self.number(start, 1) else 6
        for _, (at, _) in self.boxes(start + skip, end):
            version = self.number(at, 1)
            wide = 4 if version == 3 else 2
            if version >= 2:
                yield self.number(at + 4, wide), self.data[at + 6 + wide : at + 10 + wide]

    def _inputs(self, inner: Range) -> Iterator[tuple[int, list[int]]]:
        start, end = inner
        wide = 4 if self.number(start, 1) else 2
        for kind, reference in self.boxes(start + 4, end):
            if kind == b"dimg":
                reader = _Reader(self.data, reference)
                number = reader.take(wide)
                yield number, [reader.take(wide) for _ in range(self._counted(reader.take(2)))]

    def _properties(self, inner: Range) -> Iterator[tuple[int, list[tuple[bytes, Range]]]]:
        known = [one for container in self.find(b"ipco", within=inner) for one in self.boxes(*container)]
        for at in self.find(b"ipma", within=inner):
            reader = _Reader(self.data, at)
            head = reader.take(4)
            wide, long = 4 if head >> 24 else 2, head & 1
            for _ in range(self._counted(reader.take(4))):
                number = reader.take(wide)
                indices = [reader.take(1 + long) for _ in range(self._counted(reader.take(1)))]
                places = [index & (0x7FFF if long else 0x7F) for index in indices]
                yield number, [known[place - 1] for place in places if 0 < place <= len(known)]

    def _counted(self, parts: int) -> int:
        self.count(parts)
        return parts


def _tolerant(
    ranges: Iterable[Range] | None, read: Callable[[Range], Iterator[tuple[int, Read]]]
) -> Iterator[tuple[int, Read]]:
    """What can be read of some boxes, each up to where it is cut off."""
    for inner in ranges or ():
        try:
            yield from read(inner)
        except IndexError:
            continue


class _Reader:
    """Big-endian numbers, one after the other."""

    def __init__(self, data: bytes, within: Range) -> None:
        self._data, (self._at, self._end) = data, within

    def take(self, size: int) -> int:
        self._at += size
        if self._at > self._end:
            raise IndexError("cut off")
        return int.from_bytes(self._data[self._at - size : self._at], "big")


def announced_sizes(file: IsoFile) -> Mapping[int, Size]:
    """Of each item the largest size that the container gives it, in `ispe` or in the content of a derived picture."""
    sizes: dict[int, Size] = {}
    for number, item in file.items.items():
        found: list[Size] = [
            (file.number(at + 4, 4), file.number(at + 8, 4)) for kind, (at, _) in item.properties if kind == b"ispe"
        ]
        if item.kind == b"grid":
            found += _canvas(file.content(item), 4)
        elif item.kind == b"iovl":
            found += _canvas(file.content(item), 10)
        if found:
            sizes[number] = max(found, key=lambda size_wh: size_wh[0] * size_wh[1])
    return sizes


def _canvas(content: bytes, at: int) -> list[Size]:
    form = ">II" if content[1:2] and content[1] & 1 else ">HH"
    if len(content) < at + struct.calcsize(form):
        return []
    width, height = struct.unpack_from(form, content, at)
    return [(width, height)]
