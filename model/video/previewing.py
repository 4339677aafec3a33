"""Encoding a small copy of a clip; runs in the child."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Final

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from hazardlens.model.errors import VideoLimitError
from hazardlens.model.video.decoding import Decoding
from hazardlens.model.video.picture import Painter, Pixels, Pose
from hazardlens.model.video.wire import MAX_MADE_BYTES

Draw = Callable[[Pixels, float, tuple[int, int]], Pixels]

_MOST_PER_S: Final = 15
_CLOCK: Final = Fraction(1, 90_000)
_ENCODER: Final = {
    "preset": "veryfast",
    "crf": "27",
    "maxrate": "1200k",
    "bufsize": "2400k",
    "g": str(4 * _MOST_PER_S),  # a player can jump to each 4 s at least
    "bf": "0",
    "threads": "2",
}
_INDEX_BYTES: Final = 4096
_INDEX_BYTES_PER_FRAME: Final = 32


def encode_preview(
    decoding: Decoding, max_side_px: int, step: Callable[[float], None], draw: Draw | None = None
) -> bytes:
    """The whole MP4; its index stands in front, so that it plays while it arrives.

    Args:
        decoding: the clip.
        max_side_px: of the long side.
        step: called with the time of each frame, in seconds.
        draw: changes each frame: its pixels, its time in seconds, and width and height of the upright clip.

    Raises:
        VideoError: the clip cannot be used.
    """
    pose = _even(decoding.pose.scaled(max_side_px))
    painter = Painter(pose)
    upright_wh = decoding.pose.width, decoding.pose.height
    made = io.BytesIO()
    most_frames = decoding.packets.duration_s * _MOST_PER_S + 2
    index_bytes = _INDEX_BYTES + int(most_frames) * _INDEX_BYTES_PER_FRAME
    with av.open(
        made, "w", format="mp4", container_options={"moov_size": str(index_bytes), "fflags": "bitexact"}
    ) as file:
        stream: VideoStream = file.add_stream("libx264", rate=_MOST_PER_S, options=_ENCODER)
        stream.width, stream.height, stream.pix_fmt = pose.width, pose.height, "yuv420p"
        stream.codec_context.time_base = stream.time_base = _CLOCK
        for time_s, frame in _spread(decoding):
            pixels = painter.paint(frame)
            if draw is not None:
                pixels = draw(pixels, time_s, upright_wh)
            small = VideoFrame.from_ndarray(pixels, format="rgb24")
            small.pts, small.time_base = round(time_s / _CLOCK), _CLOCK
            file.mux(stream.encode(small))
            if made.tell() > MAX_MADE_BYTES:
                raise VideoLimitError("its small copy would be too large")
            step(time_s)
        file.mux(stream.encode(None))
    return made.getvalue()


def _spread(decoding: Decoding) -> Iterator[tuple[float, VideoFrame]]:
    """At most so many frames a second, evenly where the clip is even."""
    due_s = 0.0
    for timed in decoding:
        if timed.time_s + 1e-6 >= due_s:
            due_s = max(due_s + 1 / _MOST_PER_S, timed.time_s)
            yield timed.time_s, timed.frame


def _even(pose: Pose) -> Pose:
    """Sides that its colours, which are kept for two by two pixels, can be halved on."""
    return replace(pose, width=max(2, pose.width // 2 * 2), height=max(2, pose.height // 2 * 2))
