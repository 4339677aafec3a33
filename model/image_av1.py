"""How large an AVIF's pictures really are, by the AV1 headers inside.

An AVIF says its size twice: in the container, which is what a decoder's caller gets to see, and in the sequence header
of the AV1 stream, which is what the decoder sets memory aside for. Editing eight bytes of the container makes a small
photo of a huge one, so both have to be within the limit.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from hazardlens.model.image_bits import Bits
from hazardlens.model.image_iso import IsoFile, Item, Range, Size

_CODED: Final = frozenset({b"av01", b""})
_MOST_HEADER_BYTES: Final = 1_000

# Kinds of OBU, the units of an AV1 stream.
_SEQUENCE_HEADER: Final = 1
_FRAMES: Final = frozenset({3, 6, 7})


def av1_sizes_wh(file: IsoFile, item: Item) -> list[Size]:
    """Width and height in every sequence header of an item, in pixels; what cannot be read is left out.

    Raises:
        ImageBrokenError: the file has more parts than any photo.
    """
    if item.kind not in _CODED:
        return []
    stream = file.content(item)
    return _sizes(stream, _headers(file, stream, 0, to_the_end=True))


def av1_track_sizes_wh(file: IsoFile) -> list[Size]:
    """The same of the first pictures of a sequence's tracks.

    Raises:
        ImageBrokenError: the file has more parts than any photo.
    """
    starts = [
        file.number(start + 8, width)
        for kind, width in ((b"stco", 4), (b"co64", 8))
        for start, _ in file.find(b"moov", b"trak", b"mdia", b"minf", b"stbl", kind)
    ]
    headers = (one for start in starts for one in _headers(file, file.data, start, to_the_end=False))
    return _sizes(file.data, headers)


def _sizes(stream: bytes, headers: Iterable[Range]) -> list[Size]:
    sizes = []
    for start, end in headers:
        try:
            sizes.append(_sequence_size(stream[start:end]))
        except ValueError:
            continue
    return sizes


def _headers(file: IsoFile, stream: bytes, at: int, *, to_the_end: bool) -> Iterator[Range]:
    """Where the sequence headers are, before the first frame or in all of a stream."""
    while at < len(stream):
        file.count(1)
        try:
            kind, start, at = _unit(stream, at)
        except (ValueError, IndexError):
            return
        if kind == _SEQUENCE_HEADER:
            yield start, min(at, start + _MOST_HEADER_BYTES)
        if kind in _FRAMES and not to_the_end:
            return


def _unit(stream: bytes, at: int) -> tuple[int, int, int]:
    """Kind of the OBU there, and where its content starts and ends."""
    head = stream[at]
    at += 2 if head & 4 else 1
    length, at = _leb128(stream, at) if head & 2 else (len(stream) - at, at)
    return head >> 3 & 15, at, at + length


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
    bits = Bits(header)
    bits.take(4)  # profile, still picture
    if bits.take(1):  # reduced header of a still picture
        bits.take(5)
    else:
        _skip_operating_points(bits)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(width_bits) + 1, bits.take(height_bits) + 1


def _skip_operating_points(bits: Bits) -> None:
    delay_bits = 0
    if bits.take(1):  # timing information
        bits.take(64)
        if bits.take(1):
            zeros = bits.take_zeros()
            bits.take(zeros if zeros < 32 else 0)
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
