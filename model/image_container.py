"""What decoding a HEIF or AVIF will take, judged before a decoder sees it.

Such a file says its size several times: in the container, in what derives a picture from others, and in the codec's
streams, which is what a decoder sets memory aside for. And a small picture can be made of very many large ones. So all
sizes have to be within the limit, and the work as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hazardlens.model.errors import ImageBrokenError
from hazardlens.model.image_av1 import av1_sizes_wh, av1_track_sizes_wh
from hazardlens.model.image_formats import PhotoFormat
from hazardlens.model.image_hevc import hevc_sizes_wh
from hazardlens.model.image_iso import IsoFile, Size, announced_sizes

_DEEPEST: Final = 4
_TURNS: Final = (b"irot", b"imir", b"clap", b"iscl")


@dataclass(frozen=True, slots=True)
class Container:
    """What a file says about its pictures.

    Attributes:
        sizes_wh: all that is said anywhere, in pixels.
        work_pixels: that are moved for the most laborious picture: its own, and those of all that it is made of.
    """

    sizes_wh: tuple[Size, ...]
    work_pixels: int


def read_container(data: bytes, kind: PhotoFormat) -> Container:
    """Read a HEIF's or AVIF's boxes and the headers of the streams inside.

    Raises:
        ImageBrokenError: more parts than any photo, pictures of pictures of pictures, one in itself, or turned often.
    """
    file = IsoFile(data)
    announced = announced_sizes(file)
    sizes: list[Size] = []
    areas: dict[int, int] = {}
    for number, item in file.items.items():
        found = av1_sizes_wh(file, item) if kind is PhotoFormat.AVIF else hevc_sizes_wh(file, item)
        found += [announced[number]] if number in announced else []
        areas[number] = max((width * height for width, height in found), default=0)
        sizes += found
        kinds = [name for name, _ in item.properties]
        if any(kinds.count(turn) > 1 for turn in _TURNS):
            raise ImageBrokenError("a picture of the file is turned or cut more than once")
    if kind is PhotoFormat.AVIF:
        sizes += av1_track_sizes_wh(file)
    return Container(tuple(sizes), _most_work_pixels(file, areas))


def _most_work_pixels(file: IsoFile, areas: Mapping[int, int]) -> int:
    known: dict[int, tuple[int, int]] = {}

    def visit(number: int, above: int) -> tuple[int, int]:
        """Pixels of an item and of all below it, and how deep they go."""
        if number not in known:
            if above > _DEEPEST:
                raise ImageBrokenError(f"the file has pictures of pictures, more than {_DEEPEST} deep")
            item = file.items.get(number)
            below = [visit(one, above + 1) for one in item.inputs] if item else []
            work = areas.get(number, 0) + sum(pixels for pixels, _ in below)
            known[number] = work, max((1 + depth for _, depth in below), default=0)
        if above + known[number][1] > _DEEPEST:
            raise ImageBrokenError(f"the file has pictures of pictures, more than {_DEEPEST} deep")
        return known[number]

    return max((visit(number, 0)[0] for number in file.items), default=0)
