"""Decoding no more of a clip than it takes to choose frames; runs in the child."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from hazardlens.model.errors import VideoBrokenError, VideoLimitError
from hazardlens.model.video.container import (
    Packets,
    broken,
    check_duration,
    check_size,
    codec_of,
    open_container,
    picture_stream,
    read_packets,
)
from hazardlens.model.video.formats import VideoFormat
from hazardlens.model.video.limits import VideoLimits
from hazardlens.model.video.picture import Pose, pose_of
from hazardlens.model.video.thrift import Thrift

_FRAMES_HELD: Final = 16
"""As many as H.264 lets a clip refer to."""
_THREADS: Final = 2
_ENOUGH_PER_S: Final = 20.0
"""From so many frames a second on, those that no other frame needs are left out: half of them or more remain."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A decoded frame, and its seconds after the first one."""

    time_s: float
    frame: VideoFrame


class Decoding:
    """One clip, being decoded.

    Attributes:
        codec: "h264" and the like.
        packets: what was found without decoding.
        decoded: frames so far.
        pose: how its frames are to be shown.
    """

    def __init__(self, file: io.FileIO, kind: VideoFormat, limits: VideoLimits, max_gap_s: float | None) -> None:
        """Open a clip, read its packets, and decode its first frame.

        Args:
            file: the clip.
            kind: its container.
            limits: what it may cost.
            max_gap_s: no moment is further than this from a frame that is decoded; None: each frame that another needs
                is decoded.

        Raises:
            VideoError: it cannot be used.
            MemoryError: it asks for more than there is.
        """
        self._limits = limits
        with open_container(file, kind, limits) as container:
            self.packets: Packets = read_packets(container, picture_stream(container, limits), limits)
        self._container: InputContainer = open_container(file, kind, limits)
        self._stream: VideoStream = picture_stream(self._container, limits)
        self.codec = codec_of(self._stream)
        self.decoded = 0
        self._max_gap_s = max_gap_s
        self._base_s = float(self._stream.time_base or 0)
        self._last_s = -1.0
        self._ready = self._decode()
        self._first: Timed | None = next(self._ready, None)
        if self._first is None:
            _require_room(self._stream.codec_context.width * self._stream.codec_context.height)
            raise VideoBrokenError("not one frame of it can be decoded")
        self.pose: Pose = pose_of(self._first.frame, float(self._stream.sample_aspect_ratio or 1))

    @property
    def frame_rate(self) -> float:
        """Frames in a second, on average."""
        return (
            self.packets.count / self.packets.duration_s if self.packets.duration_s > 0 else float(self.packets.count)
        )

    def __iter__(self) -> Iterator[Timed]:
        """Each frame that is decoded, once, in order of time."""
        if self._first is not None:
            first, self._first = self._first, None
            yield first
        yield from self._ready

    def _decode(self) -> Iterator[Timed]:
        context = self._stream.codec_context
        context.thread_type, context.thread_count = "AUTO", _THREADS
        context.options = {"max_pixels": str(self._limits.max_frame_pixels)}
        if self.frame_rate >= _ENOUGH_PER_S:
            context.skip_frame = "NONREF"
        failed: FFmpegError | None = None
        for packet in self._wanted_packets():
            try:
                frames = context.decode(packet)
                if packet is None:
                    context.flush_buffers()
            except FFmpegError as error:
                if isinstance(error, MemoryError):
                    raise
                failed = error
                continue
            for frame in frames:
                timed = self._take(frame)
                if timed is not None:
                    yield timed
        if self._last_s < 0 and failed is not None:
            raise broken(failed)

    def _wanted_packets(self) -> Iterator["Packet[VideoStream] | None"]:
        """Packets to decode; None where some are left out and the decoder has to begin anew, and at the end."""
        thrift = self._thrift()
        left_out = False
        for packet in self._packets():
            stamp = packet.pts if packet.pts is not None else packet.dts
            if stamp is not None and thrift and not thrift.wants(stamp * self._base_s, is_key=packet.is_keyframe):
                left_out = True
            elif packet.size:
                if left_out:
                    yield None
                left_out = False
                yield packet
        yield None

    def _thrift(self) -> Thrift | None:
        if self._max_gap_s is None:
            return None
        context = self._stream.codec_context
        pixels_per_s = context.width * context.height * self.frame_rate
        return Thrift(self.packets.keys_s, pixels_per_s, self._max_gap_s)

    def _packets(self) -> Iterator["Packet[VideoStream]"]:
        try:
            yield from self._container.demux(self._stream)
        except FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            # What there is of a truncated clip was worth a look; of a clip of no frame at all the caller tells.

    def _take(self, frame: VideoFrame) -> Timed | None:
        """Count a frame; None where it is not fit to be looked at."""
        self.decoded += 1
        if self.decoded > self._limits.max_frames:
            raise VideoLimitError(f"more than {self._limits.max_frames} frames were decoded, which is the limit")
        check_size(frame.width, frame.height, self._limits)
        # Not frame.time: PyAV does not know the clock of frames that come out at the end.
        if frame.pts is None:
            stamp_s = self._last_s + 1 / self.frame_rate
        else:
            stamp_s = frame.pts * self._base_s - self.packets.first_s
        check_duration(stamp_s, self._limits)
        if frame.is_corrupt or stamp_s <= self._last_s:
            return None
        self._last_s = stamp_s
        return Timed(stamp_s, frame)


def _require_room(pixels: int) -> None:
    """Whether the decoder could have held its frames: its threads do not say that they had no memory.

    Raises:
        MemoryError: it could not.
    """
    bytearray(_FRAMES_HELD * pixels * 3 // 2)
