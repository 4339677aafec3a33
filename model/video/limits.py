"""How much one clip may cost. Each limit is enforced in the child that decodes, or on it."""

from dataclasses import dataclass, fields
from typing import Final

MEBI: Final = 1024 * 1024
DURATION_SLACK_S: Final = 0.5
"""Recorders stop a few frames late: a clip may be longer than the limit by this much."""


@dataclass(frozen=True, slots=True)
class VideoLimits:
    """What one clip may cost.

    Attributes:
        max_seconds: of the clip, from its first to the end of its last frame.
        max_file_bytes: of the file.
        max_frame_pixels: of one frame as it is stored; 4096 x 2304 by default.
        max_frames: that are decoded.
        max_cpu_s: of the child, over all its threads.
        max_memory_bytes: address space of the child, libraries and stacks included: 230 MiB before any clip.
        max_wall_s: that the caller waits for a sign of life from the child; ten times as long in all. Time in which the
            child waits for the caller does not count.

    Raises:
        ValueError: a limit is not positive.
    """

    max_seconds: float = 180.0
    max_file_bytes: int = 128 * MEBI
    max_frame_pixels: int = 9_437_184
    max_frames: int = 20_000
    max_cpu_s: float = 120.0
    max_memory_bytes: int = 1024 * MEBI
    max_wall_s: float = 90.0

    def __post_init__(self) -> None:
        """Check that each is positive."""
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise ValueError(f"{field.name}: expected more than 0, found {getattr(self, field.name)}")
