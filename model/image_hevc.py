"""How large the pictures of a HEIC really are, by the sequence parameter sets inside; see `image_av1` for why."""

from collections.abc import Iterator
from typing import Final

from hazardlens.model.errors import ImageBrokenError
from hazardlens.model.image_bits import Bits
from hazardlens.model.image_iso import IsoFile, Item, Size

_CODED: Final = frozenset({b"hvc1", b"hev1", b"lhv1", b""})
_SEQUENCE_SET: Final = 33
_MOST_SET_BYTES: Final = 1_000
_MOST_CONFIG_BYTES: Final = 65_536


def hevc_sizes_wh(file: IsoFile, item: Item) -> list[Size]:
    """Width and height in every sequence parameter set of an item, in pixels; what cannot be read is left out.

    Raises:
        ImageBrokenError: the file has more parts than any photo, or sets up a decoder twice for one.
    """
    if item.kind not in _CODED:
        return []
    configs = [
        file.data[start : min(end, start + _MOST_CONFIG_BYTES)]
        for kind, (start, end) in item.properties
        if kind == b"hvcC"
    ]
    if len(configs) > 1:
        raise ImageBrokenError("a picture of the file has two configurations")
    length_size = 1 + (configs[0][21] & 3) if configs and len(configs[0]) > 21 else 4
    sizes = [size_wh for config in configs for size_wh in _sizes(_config_units(file, config))]
    return sizes + _sizes(_units(file, file.content(item), length_size))


def _config_units(file: IsoFile, config: bytes) -> Iterator[bytes]:
    """The units that a decoder is set up with."""
    at = 23
    for _ in range(config[22] if len(config) > 22 else 0):
        count, at = int.from_bytes(config[at + 1 : at + 3], "big"), at + 3
        file.count(1)
        for _ in range(count):
            file.count(1)
            length = int.from_bytes(config[at : at + 2], "big")
            if at + 2 + length > len(config):
                return
            yield config[at + 2 : at + 2 + length]
            at += 2 + length


def _units(file: IsoFile, stream: bytes, length_size: int) -> Iterator[bytes]:
    """The units of a picture, only their starts."""
    at = 0
    while at + length_size < len(stream):
        file.count(1)
        length, at = int.from_bytes(stream[at : at + length_size], "big"), at + length_size
        yield stream[at : at + min(length, _MOST_SET_BYTES)]
        at += length


def _sizes(units: Iterator[bytes]) -> list[Size]:
    sizes = []
    for unit in units:
        if unit and unit[0] >> 1 & 0x3F == _SEQUENCE_SET:
            try:
                sizes.append(_sequence_size(unit[:_MOST_SET_BYTES].replace(b"\x00\x00\x03", b"\x00\x00")))
            except ValueError:
                continue
    return sizes


def _sequence_size(unit: bytes) -> Size:
    """The fields of HEVC's seq_parameter_set_rbsp up to the size, in the order of the standard (H.265, 7.3.2.2)."""
    bits = Bits(unit[2:])
    bits.take(4)
    layers = bits.take(3)
    bits.take(1)
    bits.take(96)  # general profile, tier and level
    present = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    if layers:
        bits.take(2 * (8 - layers))
    for profile, level in present:
        bits.take(88 * profile + 8 * level)
    _exponential(bits)
    if _exponential(bits) == 3:  # chroma format
        bits.take(1)
    return _exponential(bits), _exponential(bits)


def _exponential(bits: Bits) -> int:
    """A number in the Exp-Golomb code."""
    zeros = bits.take_zeros()
    return (1 << zeros) - 1 + bits.take(zeros)
