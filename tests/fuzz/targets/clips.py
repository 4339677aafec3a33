"""Clips: the bytes up to the frames, in this process, where the service has a child for it."""

import os
from typing import Final

from av.error import FFmpegError

from fuzz.contract import Target
from hazardlens.model.video.container import broken, open_container, picture_stream, read_packets
from hazardlens.model.video.formats import HEAD_BYTES, require_video_format
from hazardlens.model.video.limits import VideoLimits

_LIMITS: Final = VideoLimits(max_seconds=10, max_frame_pixels=1_000_000, max_frames=200)
_MOST_FRAMES: Final = 20


def read_head(data: bytes) -> None:
    """What kind of clip it is."""
    require_video_format(data[:HEAD_BYTES])


def read_clip(data: bytes) -> None:
    """The container, its packets, and some frames."""
    kind = require_video_format(data[:HEAD_BYTES])
    opened = os.memfd_create("clip")
    with os.fdopen(opened, "wb+", buffering=0) as file:
        file.write(data)
        with open_container(file, kind, _LIMITS) as container:
            stream = picture_stream(container, _LIMITS)
            read_packets(container, stream, _LIMITS)
            try:
                container.seek(0)
                for number, frame in enumerate(container.decode(stream)):
                    assert frame.width * frame.height > 0
                    if number == _MOST_FRAMES:
                        break
            except FFmpegError as error:
                raise broken(error) from error


CLIPS: Final = (Target("video", read_clip), Target("video-head", read_head, "video"))
