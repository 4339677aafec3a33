"""How large an AVIF's pictures really are, by the AV1 headers inside.

An AVIF says its size twice: in the container, which is what a decoder's caller gets to see, and in the sequence header
of the AV1 stream, which is what the decoder sets memory aside for. Editing eight bytes of the container makes a small
photo of a huge one, so both have to be within the limit.
"""

from collections.abc import Iterator
from typing import Final

from hazardlens.model.errors import ImageBrokenError

Size = tuple[int, int]
Range = tuple[int, int]

# What no photo needs, and a file made to keep us busy has.
_MOST_BOXES: Final = 10_000
_MOST_ITEMS: Final = 1_000
_MOST_UNITS: Final = 1_000

# Kinds of OBU, the units of an AV1 stream.
_SEQUENCE_HEADER: Final = 1
_FRAMES: Final = frozenset({3, 6, 7})


def av1_sizes_wh(data: bytes) -> list[Size]:
    """Width and height of every AV1 stream that the container points to, in pixels.

    What cannot be read is left out: it is the decoder's business to refuse a broken file.

    Raises:
        ImageBrokenError: the file has more parts than any photo.
    """
    container = _Container(data)
    sizes: list[Size] = []
    for start, end in [*_item_starts(container), *_track_starts(container)]:
        try:
            sizes += _sequence_sizes(data[start:end])
        except (ValueError, IndexError):
            continue
    return sizes


class _Container:
    """The boxes of an ISO media file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._boxes_left = _MOST_BOXES

    def find(self, *path: bytes, within: Range | None = None, skip: int = 0) -> Iterator[Range]:
        """Start and end of the content of each box on this path, which begins `skip` bytes into `within`."""
        start, end = within or (0, len(self.data))
        for kind, inner in self._boxes(start + skip, end):
            if kind == path[0] and len(path) == 1:
                yield inner
            elif kind == path[0]:
                yield from self.find(*path[1:], within=inner)

    def _boxes(self, start: int, end: int) -> Iterator[tuple[bytes, Range]]:
        while start + 8 <= end:
            self._boxes_left -= 1
            if self._boxes_left < 0:
                raise ImageBrokenError(f"the AVIF has more than {_MOST_BOXES} parts")
            reader = _Reader(self.data, start)
            size, kind, head = reader.take(4), self.data[start + 4 : start + 8], 8
            if size == 1:
                size, head = int.from_bytes(self.data[start + 8 : start + 16], "big"), 16
            stop = start + size if size else end
            if (size and size < head) or stop > end:
                return
            yield kind, (start + head, stop)
            start = stop


def _item_starts(container: _Container) -> list[Range]:
    """The first part of each item: a stream's header is at its start."""
    starts: list[Range] = []
    for meta in container.find(b"meta"):
        idat = next(container.find(b"idat", within=meta, skip=4), (0, 0))[0]
        for start, _ in container.find(b"iloc", within=meta, skip=4):
            try:
                starts += _read_iloc(container.data, start, idat)
            except IndexError:
                continue
    return starts


def _read_iloc(data: bytes, at: int, idat: int) -> list[Range]:
    reader = _Reader(data, at)
    version = reader.take(4) >> 24
    sizes = reader.take(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    index_size = index_size if version > 0 else 0
    count = reader.take(4 if version == 2 else 2)
    if count > _MOST_ITEMS:
        raise ImageBrokenError(f"the AVIF has more than {_MOST_ITEMS} pictures")
    found = []
    for _ in range(count):
        reader.take(4 if version == 2 else 2)
        in_idat = version > 0 and reader.take(2) & 15 == 1
        reader.take(2)
        base = reader.take(base_size) + (idat if in_idat else 0)
        parts = reader.take(2)
        if parts:
            reader.take(index_size)
            start, length = base + reader.take(offset_size), reader.take(length_size)
            found.append((start, start + length if length else len(data)))
            reader.skip((parts - 1) * (index_size + offset_size + length_size))
    return found


def _track_starts(container: _Container) -> list[Range]:
    """Where the first samples of a sequence lie."""
    starts = []
    for kind, width in ((b"stco", 4), (b"co64", 8)):
        for start, _ in container.find(b"moov", b"trak", b"mdia", b"minf", b"stbl", kind):
            first = container.data[start + 8 : start + 8 + width]
            starts.append((int.from_bytes(first, "big"), len(container.data)))
    return starts


class _Reader:
    """Big-endian numbers, one after the other."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at

    def take(self, size: int) -> int:
        self.skip(size)
        return int.from_bytes(self._data[self._at - size : self._at], "big")

    def skip(self, size: int) -> None:
        self._at += size
        if self._at > len(self._data):
            raise IndexError("cut off")


def _sequence_sizes(stream: bytes) -> list[Size]:
    """Sizes in the sequence headers before the first frame of an AV1 stream."""
    sizes, at, units = [], 0, 0
    while at < len(stream):
        units += 1
        if units > _MOST_UNITS:
            raise ImageBrokenError(f"the AVIF has more than {_MOST_UNITS} headers before its first frame")
        head = stream[at]
        kind, at = head >> 3 & 15, at + (2 if head & 4 else 1)
        length, at = _leb128(stream, at) if head & 2 else (len(stream) - at, at)
        if kind in _FRAMES:
            break
        if kind == _SEQUENCE_HEADER:
            sizes.append(_sequence_size(stream[at : at + length]))
        at += length
    return sizes


def _leb128(stream: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(8):
        byte = stream[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, at + index + 1
    raise ValueError("a number without end")


def _sequence_size(header: bytes) -> Size:
    """The fields of AV1's sequence_header_obu up to the frame's largest size, in the order of the specification."""
    bits = _Bits(header)
    bits.take(4)  # profile, still picture
    if bits.take(1):  # reduced header of a still picture
        bits.take(5)
    else:
        _skip_operating_points(bits)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(width_bits) + 1, bits.take(height_bits) + 1


def _skip_operating_points(bits: "_Bits") -> None:
    delay_bits = 0
    if bits.take(1):  # timing information
        bits.take(64)
        if bits.take(1):
            bits.skip_uvlc()
        if bits.take(1):  # decoder model
            delay_bits = bits.take(5) + 1
            bits.take(42)
    initial_display_delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delay_bits and bits.take(1):
            bits.take(2 * delay_bits + 1)
        if initial_display_delay and bits.take(1):
            bits.take(4)


class _Bits:
    """Reads a header bit by bit."""

    def __init__(self, header: bytes) -> None:
        self._left = len(header) * 8
        self._value = int.from_bytes(header, "big")

    def take(self, count: int) -> int:
        if count > self._left:
            raise ValueError("the sequence header is cut off")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def skip_uvlc(self) -> None:
        zeros = 0
        while not self.take(1):
            zeros += 1
        if zeros < 32:
            self.take(zeros)
