"""How the child that decodes speaks to its parent: messages of a kind, a length, and so many bytes.

Numbers and pixels have fixed places; the rest is JSON. Nothing that comes from the child is ever executed, and no
length is believed beyond what its kind can need.
"""

import struct
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from hazardlens.model.video.choosing import FrameChoice
from hazardlens.model.video.formats import VideoFormat
from hazardlens.model.video.limits import VideoLimits
from hazardlens.model.video.marks import Mark

HEADER: Final = struct.Struct("!cI")
"""Kind and length of what follows."""
FRAME: Final = struct.Struct("!dHHBI")
"""Time in seconds, width, height, spare, shot; then height x width x 3 bytes of RGB."""
PROGRESS: Final = struct.Struct("!Id")
"""Frames decoded, and the part of the clip that they cover."""

INFO: Final = b"I"
PICTURE: Final = b"F"
MADE: Final = b"M"
STEP: Final = b"P"
PROBLEM: Final = b"E"
DONE: Final = b"Z"

MAX_TEXT_BYTES: Final = 4096
MAX_MADE_BYTES: Final = 64 * 1024 * 1024

Kind = Literal["frames", "preview"]


@dataclass(frozen=True, slots=True)
class Job:
    """What the child is to do with the file at its standard input.

    Attributes:
        kind: "frames": choose frames and send them. "preview": make a small clip of it.
        format: the container, which decides on the demultiplexer.
        max_side_px: long side of what is sent.
        parent: process id; the child ends when it is no longer its parent.
        marks: "preview" only: to be drawn on it.
    """

    kind: Kind
    format: VideoFormat
    limits: VideoLimits
    choice: FrameChoice
    max_side_px: int
    parent: int
    marks: tuple[Mark, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values, for `from_json`."""
        return asdict(self)

    @staticmethod
    def from_json(values: dict[str, Any]) -> "Job":
        """The same job in the other process."""
        parts = {
            "limits": VideoLimits(**values["limits"]),
            "choice": FrameChoice(**values["choice"]),
            "marks": tuple(Mark.from_json(mark) for mark in values["marks"]),
        }
        return Job(**values | parts)
