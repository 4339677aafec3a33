"""A clip in, the frames worth a look out: decoded in a child process, because a broken file can kill a decoder."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from hazardlens.model import errors
from hazardlens.model.errors import VideoDecoderError, VideoError
from hazardlens.model.video import wire
from hazardlens.model.video.choosing import FrameChoice
from hazardlens.model.video.clip import ClipInfo, Frame
from hazardlens.model.video.limits import VideoLimits
from hazardlens.model.video.process import Child, open_source
from hazardlens.model.video.wire import Job, Kind

DEFAULT_MAX_SIDE_PX: Final = 1280

_ERRORS: Final = {
    kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, VideoError)
}
_MAX_MESSAGE_CHARS: Final = 300


class Clip:
    """An open clip; iterate over it once, in the thread that opened it.

    Attributes:
        info: what it is.
        decoded: frames decoded so far.
        progress: part of the clip that is decoded, 0..1.
    """

    def __init__(self, child: Child, max_side_px: int) -> None:
        """Wait for the first frame.

        Raises:
            VideoError: the clip cannot be used.
        """
        self._child = child
        self._max_side_px = max_side_px
        self.decoded = 0
        self.progress = 0.0
        kind, length = self._next()
        if kind != wire.INFO:
            raise _babble()
        self.info = _clip_info(self._text(length))

    def __iter__(self) -> Iterator[Frame]:
        """Frames in order of time, as they are decoded.

        Raises:
            VideoError: the rest of the clip cannot be used.
        """
        index = 0
        while True:
            kind, length = self._next()
            if kind == wire.PICTURE:
                yield self._frame(index, length)
                index += 1
            elif kind in {wire.STEP, wire.DONE} and length == wire.PROGRESS.size:
                self.decoded, self.progress = wire.PROGRESS.unpack(self._child.read(length))
                if kind == wire.DONE:
                    return
            else:
                raise _babble()

    def _next(self) -> tuple[bytes, int]:
        """Kind and length of the next message, unless it is an error."""
        kind, length = wire.HEADER.unpack(self._child.read(wire.HEADER.size))
        if kind == wire.PROBLEM:
            raise _error(self._text(length))
        return kind, length

    def _text(self, length: int) -> Any:  # noqa: ANN401 - JSON
        if length > wire.MAX_TEXT_BYTES:
            raise _babble()
        try:
            return json.loads(self._child.read(length))
        except ValueError as error:
            raise _babble() from error

    def _frame(self, index: int, length: int) -> Frame:
        if length <= wire.FRAME.size:
            raise _babble()
        time_s, width, height, spare, shot, sharpness = wire.FRAME.unpack(self._child.read(wire.FRAME.size))
        if length != wire.FRAME.size + width * height * 3 or max(width, height) > self._max_side_px:
            raise _babble()
        pixels = np.empty((height, width, 3), np.uint8)
        self._child.read_into(pixels.data.cast("B"))
        self.progress = max(self.progress, min(1.0, time_s / max(self.info.duration_s, 1e-6)))
        return Frame(index, time_s, pixels, bool(spare), shot, sharpness)


@contextmanager
def open_clip(
    source: bytes | Path,
    *,
    limits: VideoLimits = VideoLimits(),  # noqa: B008 - frozen
    choice: FrameChoice = FrameChoice(),  # noqa: B008 - frozen
    max_side_px: int = DEFAULT_MAX_SIDE_PX,
) -> Iterator[Clip]:
    """Open a clip in a child process; leaving the block ends the child, whatever it is doing.

    Args:
        source: the clip's bytes, or where it is.
        limits: what it may cost.
        choice: how densely it is looked at.
        max_side_px: frames are made smaller until their long side is no longer than this.

    Raises:
        OSError: the file is not there or may not be read, or no process can be started.
        VideoFormatError: not MP4, MOV or WebM by content, or a codec other than H.264, H.265, VP8, VP9 and AV1.
        VideoBrokenError: truncated or corrupt, or without a picture.
        VideoTooLongError: it lasts longer than `limits` allow; told before anything is decoded.
        VideoTooLargeError: more pixels in a frame, or more bytes in the file.
        VideoLimitError: it costs more than `limits` allow.
        VideoDecoderError: the decoder did not survive it.
    """
    with _started("frames", source, limits, choice, max_side_px) as child:
        yield Clip(child, max_side_px)


@contextmanager
def _started(
    kind: Kind, source: bytes | Path, limits: VideoLimits, choice: FrameChoice, max_side_px: int
) -> Iterator[Child]:
    opened, container = open_source(source, limits)
    try:
        child = Child(opened, Job(kind, container, limits, choice, max_side_px, parent=0))
    finally:
        os.close(opened)
    with child:
        yield child


def _clip_info(values: Any) -> ClipInfo:  # noqa: ANN401 - JSON
    try:
        return ClipInfo(**values)
    except TypeError as error:
        raise _babble() from error


def _error(values: Any) -> VideoError:  # noqa: ANN401 - JSON
    if not isinstance(values, dict) or values.get("code") not in _ERRORS:
        return _babble()
    message = "".join(letter for letter in str(values.get("message")) if letter.isprintable())
    return _ERRORS[values["code"]](message[:_MAX_MESSAGE_CHARS])


def _babble() -> VideoDecoderError:
    return VideoDecoderError("the decoder answers what nobody asked for")
