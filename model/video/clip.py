"""What a clip is and what is seen of it: values without a decoder."""

import math
from dataclasses import dataclass

import numpy as np

from hazardlens.model.images import Pixels
from hazardlens.model.video.formats import VideoFormat


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """A clip as it is to be shown.

    Attributes:
        format: its container.
        codec: "h264", "hevc", "vp8", "vp9" or "av1".
        width: of the upright picture with square pixels. Boxes are in this frame.
        height: the same.
        duration_s: from the first frame to the end of the last.
        frame_rate: frames in a second, on average.
        rotation_deg: how far the stored picture was turned clockwise to be upright: 0, 90, 180 or 270.

    Raises:
        ValueError: a size or time is impossible.
    """

    format: VideoFormat
    codec: str
    width: int
    height: int
    duration_s: float
    frame_rate: float
    rotation_deg: int

    def __post_init__(self) -> None:
        """Check the sizes and times: they come from a process that a stranger's file may have taken over."""
        sizes = (self.width, self.height)
        if not all(type(side) is int and side > 0 for side in sizes):
            raise ValueError(f"size: expected whole numbers from 1, found {sizes}")
        if not (self.duration_s >= 0 and math.isfinite(self.duration_s) and self.frame_rate >= 0):
            raise ValueError(f"time: expected 0 or more, found {self.duration_s} s at {self.frame_rate}")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A frame that is worth a look.

    Attributes:
        time_s: after the clip's first frame.
        pixels: (H, W, 3) uint8, RGB, upright; smaller than the clip where its long side was limited.
        spare: only worth a look where its neighbours show something.
        shot: how many cuts came before it.

    Raises:
        ValueError: the pixels' shape or type differs.
    """

    time_s: float
    pixels: Pixels
    spare: bool = False
    shot: int = 0

    def __post_init__(self) -> None:
        """Check the shape."""
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or self.pixels.dtype != np.uint8 or not self.pixels.size:
            raise ValueError(f"pixels: expected (H, W, 3) of uint8, found {self.pixels.shape} of {self.pixels.dtype}")
