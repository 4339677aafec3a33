"""Damages files the way a fuzzer does: bytes, numbers, pieces, and two files crossed. Same seed, same damage.

Where a format has checksums, a decoder gives up at the first wrong one, so pieces of a PNG get right ones again.
"""

import random
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Final

Span = tuple[int, int]
"""Where a piece of a file starts and ends."""

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_ABSURD: Final = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_BOXES_WITH_BOXES: Final = {
    b"meta": 4,
    b"iprp": 0,
    b"ipco": 0,
    b"moov": 0,
    b"trak": 0,
    b"mdia": 0,
    b"minf": 0,
    b"stbl": 0,
}
"""Boxes of ISO media files that hold boxes -> bytes before the first of them."""
_MOST_GROWTH: Final = 3
_MOST_ROUNDS: Final = 4


def mutated(content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """A damaged copy of a file.

    Args:
        content: of any format.
        others: files that pieces may come from.
        rng: decides everything.

    Returns:
        At most three times as long as the longest of them, and 1 KiB more.
    """
    most = _MOST_GROWTH * max(map(len, (content, *others))) + 1024
    for _ in range(rng.randint(1, _MOST_ROUNDS)):
        content = rng.choice(_DAMAGES)(content, others, rng)[:most]
    return with_right_sums(content) if rng.random() < 0.8 else content


def with_right_sums(content: bytes) -> bytes:
    """A PNG with the checksum that each of its chunks should have; anything else as it is."""
    if not content.startswith(_PNG_SIGNATURE):
        return content
    fixed = bytearray(content)
    for start, end in _png_chunks(content):
        fixed[end - 4 : end] = struct.pack(">I", zlib.crc32(content[start + 4 : end - 4]))
    return bytes(fixed)


def pieces(content: bytes) -> list[Span]:
    """The pieces of a file, by its format: chunks, segments or boxes. Of any other file, runs of 16 bytes."""
    if content.startswith(_PNG_SIGNATURE):
        found = _png_chunks(content)
    elif content.startswith(b"\xff\xd8"):
        found = _jpeg_segments(content)
    elif content.startswith(b"RIFF"):
        found = _riff_chunks(content)
    elif content[4:8] == b"ftyp":
        found = _iso_boxes(content, 0, len(content))
    else:
        found = []
    return found or [(at, min(at + 16, len(content))) for at in range(0, len(content), 16)] or [(0, 0)]


def _png_chunks(content: bytes) -> list[Span]:
    found, at = [], len(_PNG_SIGNATURE)
    while at + 12 <= len(content):
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        if end > len(content):
            break
        found.append((at, end))
        at = end
    return found


def _jpeg_segments(content: bytes) -> list[Span]:
    found, at = [], 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        found.append((at, min(end, len(content))))
        if content[at + 1] == 0xDA:  # pixels, up to the next marker that is not one of theirs
            while end + 1 < len(content) and not (
                content[end] == 0xFF and content[end + 1] not in {0, *range(0xD0, 0xD8)}
            ):
                end += 1
        at = end
    return found


def _riff_chunks(content: bytes) -> list[Span]:
    found, at = [], 12
    while at + 8 <= len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        end = min(at + 8 + size + size % 2, len(content))
        found.append((at, end))
        at = end
    return found


def _iso_boxes(content: bytes, at: int, stop: int) -> list[Span]:
    found = []
    while at + 8 <= stop:
        end = at + int.from_bytes(content[at : at + 4], "big")
        if not at + 8 <= end <= stop:
            break
        found.append((at, end))
        head = _BOXES_WITH_BOXES.get(content[at + 4 : at + 8])
        if head is not None:
            found += _iso_boxes(content, at + 8 + head, end)
        at = end
    return found


def _flip_bits(content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8, 64)) if changed else 0):
        changed[_place(changed, rng)] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _set_bytes(content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 2, 16)) if changed else 0):
        changed[_place(changed, rng)] = rng.choice((0, 0xFF, 0x7F, 0x80, rng.randrange(256)))
    return bytes(changed)


def _set_number(content: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    """A number of 1, 2 or 4 bytes becomes an absurd one, in either order of bytes."""
    size = rng.choice((1, 2, 4))
    number = rng.choice((*_ABSURD, len(content), rng.randrange(1 << 32))) % (1 << 8 * size)
    at = _place(content, rng) if content else 0
    return content[:at] + number.to_bytes(size, rng.choice(("big", "little"))) + content[at + size :]


def _cut_off(content: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _take_out(content: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    start = rng.randrange(len(content) + 1)
    return content[:start] + content[start + rng.choice((1, 4, 64, 1024)) :]


def _put_in(content: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    at, count = rng.randrange(len(content) + 1), rng.choice((1, 4, 64, 1024))
    noise = rng.randbytes(count) if rng.random() < 0.5 else bytes([rng.choice((0, 0xFF, 0x41))]) * count
    return content[:at] + noise + content[at:]


def _drop_piece(content: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    start, end = rng.choice(pieces(content))
    return content[:start] + content[end:]


def _repeat_piece(content: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    start, end = rng.choice(pieces(content))
    return content[:end] + content[start:end] * rng.choice((1, 2, 50)) + content[end:]


def _swap_pieces(content: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    (start, end), (second, last) = sorted(rng.choice(pieces(content)) for _ in range(2))
    if end > second:
        return content
    return content[:start] + content[second:last] + content[end:second] + content[start:end] + content[last:]


def _borrow_piece(content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """A piece of another file takes the place of one, or stands beside it."""
    other = rng.choice(others or (content,))
    start, end = rng.choice(pieces(other))
    at, stop = rng.choice(pieces(content))
    return content[:at] + other[start:end] + content[rng.choice((at, stop)) :]


def _cross(content: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """The head of one and the tail of another."""
    other = rng.choice(others or (content,))
    return content[: rng.randrange(len(content) + 1)] + other[rng.randrange(len(other) + 1) :]


def _place(content: bytes | bytearray, rng: random.Random) -> int:
    """Half of the time near the beginning, where headers are."""
    return rng.randrange(min(len(content), 256) if rng.random() < 0.5 else len(content))


Damage = Callable[[bytes, Sequence[bytes], random.Random], bytes]
_DAMAGES: Final[tuple[Damage, ...]] = (
    *(_flip_bits, _set_bytes, _set_number, _set_number, _cut_off, _take_out, _put_in),
    *(_drop_piece, _repeat_piece, _swap_pieces, _borrow_piece, _cross),
)
