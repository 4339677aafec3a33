"""A clip in, the frames worth a look out: decoded in a child process, because a broken file can kill a decoder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from hazardlens.model.video import wire
from hazardlens.model.video.choosing import FrameChoice
from hazardlens.model.video.clip import ClipInfo, Frame
from hazardlens.model.video.limits import VideoLimits
from hazardlens.model.video.talking import Talk, babble, talk

DEFAULT_MAX_SIDE_PX: Final = 1280


class Clip:
    """An open clip; iterate over it once, in the thread that opened it.

    Attributes:
        info: what it is.
        decoded: frames decoded so far.
        progress: part of the clip that is decoded, 0..1.
    """

    def __init__(self, child: Talk, max_side_px: int) -> None:
        """Wait for the first frame.

        Raises:
            VideoError: the clip cannot be used.
        """
        self._child = child
        self._max_side_px = max_side_px
        self.decoded = 0
        self.progress = 0.0
        kind, length = child.next()
        if kind != wire.INFO:
            raise babble()
        self.info = _clip_info(child.text(length))

    def __iter__(self) -> Iterator[Frame]:
        """Frames in order of time, as they are decoded.

        Raises:
            VideoError: the rest of the clip cannot be used.
        """
        while True:
            kind, length = self._child.next()
            if kind == wire.PICTURE:
                yield self._frame(length)
            elif kind in {wire.STEP, wire.DONE} and length == wire.PROGRESS.size:
                self.decoded, self.progress = wire.PROGRESS.unpack(self._child.data(length, length))
                if kind == wire.DONE:
                    return
            else:
                raise babble()

    def _frame(self, length: int) -> Frame:
        if length <= wire.FRAME.size:
            raise babble()
        head = self._child.data(wire.FRAME.size, wire.FRAME.size)
        time_s, width, height, spare, shot = wire.FRAME.unpack(head)
        if length != wire.FRAME.size + width * height * 3 or not 0 < max(width, height) <= self._max_side_px:
            raise babble()
        pixels = np.empty((height, width, 3), np.uint8)
        self._child.data_into(pixels.data.cast("B"))
        self.progress = max(self.progress, min(1.0, time_s / max(self.info.duration_s, 1e-6)))
        return Frame(time_s, pixels, bool(spare), shot)


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
    with talk("frames", source, limits, choice, max_side_px) as child:
        yield Clip(child, max_side_px)


def _clip_info(values: Any) -> ClipInfo:  # noqa: ANN401 - JSON
    try:
        return ClipInfo(**values)
    except (TypeError, ValueError) as error:
        raise babble() from error
