"""From a decoded frame to pixels, in the child: brightness as it lies there, and upright RGB of the size asked for."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
import numpy.typing as npt
from av.buffer import Buffer
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation, VideoReformatter

Pixels = npt.NDArray[np.uint8]

_HDR: Final = frozenset({ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67})
_UNSPECIFIED: Final = 2
_RGB: Final = 0
_HD_ROWS: Final = 720
_WIDEST_PIXEL: Final = 4.0
"""Pixels of another shape than 1:4 to 4:1 are a mistake in the header."""


@dataclass(frozen=True, slots=True)
class Pose:
    """How a stored picture becomes an upright one.

    Attributes:
        width: of the upright picture with square pixels.
        height: the same.
        turns: quarter turns, clockwise.
        mirrored: left and right change places before it is turned.
    """

    width: int
    height: int
    turns: int
    mirrored: bool

    def scaled(self, max_side_px: int) -> "Pose":
        """The same pose of a picture whose long side is at most so long; nothing grows."""
        factor = min(1.0, max_side_px / max(self.width, self.height))
        width, height = (max(1, round(side * factor)) for side in (self.width, self.height))
        return Pose(width, height, self.turns, self.mirrored)

    @property
    def stored_size_wh(self) -> tuple[int, int]:
        """Width and height before the turn."""
        return (self.height, self.width) if self.turns % 2 else (self.width, self.height)


def pose_of(frame: VideoFrame, pixel_aspect: float) -> Pose:
    """How to show a frame: its matrix says how it is turned, `pixel_aspect` how wide a pixel is for its height."""
    if not 1 / _WIDEST_PIXEL <= pixel_aspect <= _WIDEST_PIXEL:
        pixel_aspect = 1.0
    width, height = frame.width, frame.height
    if pixel_aspect > 1:
        width = max(1, round(width * pixel_aspect))
    else:
        height = max(1, round(height / pixel_aspect))
    turns, mirrored = _turns(frame)
    return Pose(height, width, turns, mirrored) if turns % 2 else Pose(width, height, turns, mirrored)


def _turns(frame: VideoFrame) -> tuple[int, bool]:
    """Quarter turns clockwise, and whether it is mirrored first; a matrix of another angle counts as the nearest."""
    try:
        matrix = np.frombuffer(bytes(cast("Mapping[str, Buffer]", frame.side_data)["DISPLAYMATRIX"]), np.int32)
    except KeyError:
        return 0, False
    except ValueError:  # side data of a kind that PyAV has no name for: then it gives the angle alone
        return round(-frame.rotation / 90) % 4, False
    # A point (x, y) of the stored picture is shown at (a x + c y, b x + d y); y points down.
    a, b, c, d = (float(matrix[place]) for place in (0, 1, 3, 4))
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    return round(math.degrees(math.atan2(b, a)) / 90) % 4, mirrored


def luma_of(frame: VideoFrame) -> Pixels:
    """Brightness of a frame as it is stored: (H, W) uint8, a view where that can be; of 10 bits every second pixel."""
    kind, plane = frame.format, frame.planes[0]
    bits = kind.components[0].bits
    if not kind.is_planar or kind.is_big_endian or bits < 8:
        plane, bits = frame.reformat(format="gray", threads=1).planes[0], 8
    lines = _lines(plane)
    if bits == 8:
        return lines[: frame.height, : frame.width]
    deep = lines.view(np.uint16)[: frame.height : 2, : frame.width : 2]
    brightness: Pixels = (deep >> (bits - 8)).astype(np.uint8)
    return brightness


class Painter:
    """Makes upright RGB of one size from the frames of one clip."""

    def __init__(self, pose: Pose) -> None:
        """Paint pictures of that size and pose."""
        self._pose = pose
        self._scaler = VideoReformatter()

    def paint(self, frame: VideoFrame) -> Pixels:
        """(H, W, 3) uint8, RGB of a screen (BT.709), whatever the clip's own colours are."""
        width, height = self._pose.stored_size_wh
        to_screen = frame.color_trc in _HDR
        rgb = self._scaler.reformat(
            frame,
            width,
            height,
            "rgb24",
            src_colorspace=Colorspace.ITU709 if _is_unsaid_hd(frame) else None,
            interpolation=Interpolation.BILINEAR,
            dst_color_range=ColorRange.JPEG,
            dst_color_trc=ColorTrc.IEC61966_2_1 if to_screen else None,
            dst_color_primaries=ColorPrimaries.BT709 if to_screen else None,
            threads=1,
        )
        pixels = _lines(rgb.planes[0])[:height, : width * 3].reshape(height, width, 3)
        if self._pose.mirrored:
            pixels = pixels[:, ::-1]
        return np.ascontiguousarray(np.rot90(pixels, -self._pose.turns))


def _lines(plane: VideoPlane) -> Pixels:
    """(H, bytes of a line) uint8, a view of the plane with what fills up its lines."""
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)


def _is_unsaid_hd(frame: VideoFrame) -> bool:
    """FFmpeg takes colours that nothing is said of for those of old television; everyone else goes by the size."""
    return frame.colorspace == _UNSPECIFIED and min(frame.width, frame.height) >= _HD_ROWS
